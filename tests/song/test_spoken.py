"""Places and values in the musician's words."""

from __future__ import annotations

import pytest

from bandmate.song.address import ABSENT
from bandmate.song.clip_edits import (
    AnyClipEdit,
    Breaths,
    ClickRepair,
    HumLine,
    HumRemoval,
    NoiseReduction,
    Span,
    SpanGain,
)
from bandmate.song.devices import (
    Band,
    ChannelTrim,
    Compressor,
    DeEsser,
    Device,
    DynamicBand,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Limiter,
    MultibandCompressor,
    Ride,
    RidePoint,
    SoftClipper,
    Width,
)
from bandmate.song.song import Song
from bandmate.song.spoken import spoken_place, spoken_value
from bandmate.song.spoken_devices import spoken_device
from bandmate.song.tracks import Bus, Track
from bandmate.song.tuning import Tuning

EQ = Equalizer(id="vocal-eq", bands=(Band(id="2", gain_db=-2.5),))
SONG = Song(tracks=(Track(id="lead-vox", name="Lead Vox", inserts=(EQ,)),), buses=(Bus(id="plate", name="Plate"),))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tracks/lead-vox/inserts/vocal-eq/bands/2/gain_db", "Lead Vox, vocal eq, band 2, gain"),
        ("tracks/lead-vox/gain_db", "Lead Vox, fader"),
        ("tracks/lead-vox/polarity_inverted", "Lead Vox, polarity"),
        ("tracks/gone/gain_db", "gone, fader"),
        ("buses/plate/pan", "Plate, pan"),
        ("main/inserts/master-limiter", "main bus, master limiter"),
        ("tracks/@order", "order of the tracks"),
        ("tempo/points/a/bpm", "tempo, a, bpm"),
        ("", "the song"),
    ],
)
def test_a_place_is_said_as_on_a_desk(address: str, words: str) -> None:
    assert spoken_place(SONG, address) == words


@pytest.mark.parametrize(
    ("value", "address", "words"),
    [
        (-2.5, "tracks/a/gain_db", "-2.5 dB"),
        (-0.0, "tracks/a/gain_db", "0 dB"),
        (6.0, "tracks/a/delay_ms", "6 ms"),
        (92.0, "tempo/points/a/bpm", "92 bpm"),
        (True, "tracks/a/polarity_inverted", "turned over"),
        (False, "tracks/a/mute", "off"),
        (ABSENT, "main/inserts/x", "nothing"),
        ("kick", "tracks/a/role", "kick"),
        (("a", "b"), "tracks/@order", "a, b"),
        ((), "tracks/a/inserts", "nothing"),
    ],
)
def test_a_value_has_its_unit(value: object, address: str, words: str) -> None:
    assert spoken_value(value, address) == words


def test_a_device_is_said_by_what_matters() -> None:
    high_pass = Band(id="1", kind="high-pass", freq_hz=64.0, slope_db=24)
    assert spoken_value(Equalizer(id="e", bands=(high_pass,)), "x") == "high-pass 64 Hz, 24 dB/octave"
    assert spoken_value(EQ, "x") == "bell 1000 Hz, -2.5 dB"
    assert spoken_value(Equalizer(id="trim", gain_db=-6.0), "x") == "gain -6 dB"
    assert spoken_value(Limiter(id="l", gain_db=3.25), "x") == "limiter, gain 3.25 dB, ceiling -1 dBTP"
    both = "bell 1000 Hz, -2.5 dB, compressor 2:1 over -18 dBFS, attack 10 ms, release 120 ms"
    assert spoken_value((EQ, Compressor(id="c")), "x") == both
    assert spoken_device(DeEsser(id="d")) == "de-esser"


def test_what_listens_to_another_track_says_so() -> None:
    duck = Compressor(id="duck", key="kick")
    dip = DynamicEqBand(id="1", freq_hz=3_000.0, range_db=-4.0, key="lead-vox")
    song = Song(tracks=(Track(id="bass", name="Bass", inserts=(duck, DynamicEqualizer(id="dip", bands=(dip,)))),))
    assert spoken_value(duck, "x") == "compressor 2:1 over -18 dBFS, attack 10 ms, release 120 ms, listening to kick"
    said = "bell 3000 Hz, up to -4 dB, 2:1 over -30 dBFS, listening to lead-vox; low-shelf 1000 Hz as it is"
    shelf = DynamicEqBand(id="2", kind="low-shelf", range_db=0.0)
    assert spoken_value(DynamicEqualizer(id="d", bands=(dip, shelf)), "x") == said
    assert spoken_value(DynamicEqualizer(id="d"), "x") == "dynamic equalizer"
    assert spoken_place(song, "tracks/bass/inserts/duck/key") == "Bass, duck, side-chain"
    assert spoken_place(song, "tracks/bass/inserts/dip/bands/1/range_db") == "Bass, dip, band 1, range"
    assert spoken_value("", "tracks/bass/inserts/duck/key") == "its own signal"
    assert spoken_place(song, "key") == "key"


RIDE = Ride(id="r", points=(RidePoint(id="a", at_seconds=1.0, gain_db=1.5), RidePoint(id="b", at_seconds=9.0)))
MULTIBAND = MultibandCompressor(
    id="m",
    bands=(
        DynamicBand(id="top", upper_hz=20_000.0, ratio=1.0, gain_db=-0.5),
        DynamicBand(id="low", upper_hz=150.0, ratio=2.5, threshold_dbfs=-24.0),
    ),
)


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (
            Equalizer(id="e", bands=(Band(id="1", gain_db=2.0, scope="side"),), phase="linear"),
            "side bell 1000 Hz, +2 dB; linear phase",
        ),
        (Limiter(id="l", style="loud"), "loud limiter, gain 0 dB, ceiling -1 dBTP"),
        (SoftClipper(id="s"), "soft clipper, ceiling -1 dBFS, knee 2 dB"),
        (SoftClipper(id="s", wet=0.4), "soft clipper, ceiling -1 dBFS, knee 2 dB, 40% wet"),
        (ChannelTrim(id="c", left_db=-1.25, right_inverted=True), "left -1.25 dB, right turned over"),
        (ChannelTrim(id="c", right_db=0.5), "right +0.5 dB"),
        (ChannelTrim(id="c"), "channel trim"),
        (RIDE, "ride, 2 points, +0 to +1.5 dB"),
        (Ride(id="r", points=RIDE.points[:1]), "ride, 1 point, +1.5 to +1.5 dB"),
        (Ride(id="r"), "ride"),
        (Width(id="w", side=1.2, mono_below_hz=120.0), "width 120%, mono below 120 Hz"),
        (Width(id="w", side=0.0), "width 0%"),
        (MULTIBAND, "multiband compressor, to 150 Hz 2.5:1 over -24 dBFS; above as it is, -0.5 dB"),
        (MultibandCompressor(id="m"), "multiband compressor"),
    ],
)
def test_what_a_master_is_made_of_is_said_in_its_own_numbers(device: Device, words: str) -> None:
    assert spoken_value(device, "main/inserts/x") == words


@pytest.mark.parametrize(
    ("address", "value", "place", "words"),
    [
        ("main/inserts/trim/right_inverted", True, "main bus, trim, polarity of the right channel", "turned over"),
        ("main/inserts/trim/left_db", -1.5, "main bus, trim, left level", "-1.5 dB"),
        ("main/inserts/clip/ceiling_dbfs", -1.0, "main bus, clip, ceiling", "-1 dBFS"),
        ("main/inserts/width/mono_below_hz", 120.0, "main bus, width, mono below", "120 Hz"),
        ("main/inserts/eq/phase", "linear", "main bus, eq, phase", "linear"),
        ("main/inserts/ride/points/a/at_seconds", 12.5, "main bus, ride, a, moment", "12.5 s"),
    ],
)
def test_the_fields_of_a_master_are_said_in_words(address: str, value: object, place: str, words: str) -> None:
    assert (spoken_place(SONG, address), spoken_value(value, address)) == (place, words)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (HumRemoval(id="h", freq_hz=50.0, lines=(HumLine(id="1", number=1), HumLine(id="3", number=3))),
         "hum taken out, 50 and 150 Hz"),
        (ClickRepair(id="c", spans=(Span(id="1", start_frame=5, frames=9),), amount=0.5),
         "clicks drawn again, 1 place, 50%"),
        (Breaths(id="b", spans=(SpanGain(id="1", start_frame=5, frames=9, gain_db=-8.0),), enabled=False),
         "breaths turned down, 1 place, -8 dB (off)"),
        (NoiseReduction(id="n", reduction_db=9.0), "noise turned down, by 9 dB at most"),
        (Tuning(id="t", hop_seconds=0.005), "tuning, 0 of 0 notes, chromatic, A4 at 440 Hz"),
    ],
)  # fmt: skip
def test_an_edit_says_what_it_takes_out(edit: AnyClipEdit, said: str) -> None:
    assert spoken_value(edit, "tracks/vox/clips/clip/edits/x") == said
