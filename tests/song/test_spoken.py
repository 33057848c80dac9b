"""Places and values in the musician's words."""

from __future__ import annotations

import pytest

from bandmate.song.address import ABSENT
from bandmate.song.devices import Band, Compressor, DeEsser, Equalizer, Limiter
from bandmate.song.song import Song
from bandmate.song.spoken import spoken_device, spoken_place, spoken_value
from bandmate.song.tracks import Bus, Track

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
    assert spoken_value((EQ, Compressor(id="c")), "x") == "bell 1000 Hz, -2.5 dB, compressor"
    assert spoken_device(DeEsser(id="d")) == "de-esser"
