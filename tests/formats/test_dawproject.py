"""The DAWproject that is written, looked at as another program would: zip, XML, sound files."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from lxml import etree
from msgspec.structs import replace

from bandmate.formats.audio_write import write_audio
from bandmate.formats.dawproject import ExportedAudio, ExportReport, write_dawproject
from bandmate.formats.dawproject_check import check_semantics
from bandmate.song.clips import AudioClip
from bandmate.song.devices import (
    Band,
    ChannelTrim,
    Compressor,
    DeEsser,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    Plugin,
    Reverb,
    Ride,
    RidePoint,
    Saturator,
    SoftClipper,
)
from bandmate.song.errors import MediaError, ProjectError, RequestError, UnknownName
from bandmate.song.song import Song
from bandmate.song.tracks import Automation, AutomationPoint, Bus, Main, Send, Track
from bandmate.sound.audio import Audio
from tests.formats.dawproject_song import BASS, VOCAL, Recordings, full_song


def written(song: Song, folder: Path, **more: Any) -> tuple[Any, ExportReport]:
    """The project element of the file made of ``song``, and the report; the file must hold together."""
    path = folder / "song.dawproject"
    report = write_dawproject(song, path, Recordings(folder), **more)
    assert check_semantics(path) == ()
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read("project.xml")), report


def values(element: Any, *paths: str) -> list[float]:
    return [float(element.find(path).get("value")) for path in paths]


def test_faders_pan_and_mute_are_in_their_units(tmp_path: Path) -> None:
    root, _ = written(full_song(), tmp_path)
    vocal, bass, *_ = root.iter("Channel")
    assert values(vocal, "Volume", "Pan") == pytest.approx([10 ** (-3 / 20), 0.625], abs=1e-9)
    assert [vocal.find(tag).get("unit") for tag in ("Volume", "Pan")] == ["linear", "normalized"]
    assert (vocal.find("Mute").get("value"), bass.find("Mute").get("value")) == ("false", "true")


def test_devices_carry_explicit_units(tmp_path: Path) -> None:
    root, _ = written(full_song(), tmp_path)
    bell = root.findall(".//Equalizer/Band")[1]
    assert (bell.get("type"), *values(bell, "Freq", "Gain", "Q")) == ("bell", 2_800, -2.5, 1.4)
    assert [bell.find(tag).get("unit") for tag in ("Freq", "Gain", "Q")] == ["hertz", "decibel", "linear"]
    compressor = root.find(".//Compressor")
    assert values(compressor, "Threshold", "Ratio", "Attack", "OutputGain") == [-20, 4, 0.01, 3]
    assert [compressor.find(tag).get("unit") for tag in ("Threshold", "Ratio", "Attack")] == [
        "decibel",
        "linear",
        "seconds",
    ]
    assert values(root.find(".//Limiter"), "Threshold", "InputGain", "Release") == [-1, 4, 0.06]
    assert values(root.find(".//NoiseGate"), "Threshold", "Range") == [-60, -40]


def test_buses_say_what_they_are_and_where_they_go(tmp_path: Path) -> None:
    root, _ = written(full_song(), tmp_path)
    roles = {track.get("name"): track.find("Channel").get("role") for track in root.iter("Track")}
    assert roles == {
        "Lead Vox": "regular",
        "bass": "regular",
        "Keys": "regular",
        "Plate": "effect",
        "band": "submix",
        "Main": "master",
    }
    names = {track.find("Channel").get("id"): track.get("name") for track in root.iter("Track")}
    ways = {track.get("name"): names.get(track.find("Channel").get("destination")) for track in root.iter("Track")}
    assert ways == {
        "Lead Vox": "Main",
        "bass": "band",
        "Keys": "band",
        "Plate": "Main",
        "band": "Main",
        "Main": None,
    }
    sends = [(names[send.get("destination")], send.get("type")) for send in root.iter("Send")]
    assert sends == [("Plate", "post"), ("band", "pre")]


def test_clips_lie_where_the_song_has_them(tmp_path: Path) -> None:
    root, _ = written(full_song(), tmp_path)
    first, second, bass, keys = root.iter("Clip")
    # 90 bpm until beat 8 (5.333 s), then 120: 1.5 s is beat 2.25, 6.5 s is beat 10.333.
    assert float(first.get("time")) == 2.25
    assert float(first.get("time")) + float(first.get("duration")) == pytest.approx(31 / 3)
    assert [float(first.get(name)) for name in ("playStart", "fadeInTime", "fadeOutTime")] == [0.5, 0.01, 0.25]
    assert second.get("enable") == "false"
    assert bass.find("Audio").get("sampleRate") == "44100"
    notes = [tuple(float(note.get(name)) for name in ("time", "duration", "key")) for note in keys.iter("Note")]
    assert notes == [(0, 1, 60), (3.75, 0.25, 64)]


def test_volume_automation_follows_a_straight_line_of_decibels(tmp_path: Path) -> None:
    root, _ = written(full_song(), tmp_path)
    points = [(float(p.get("time")), float(p.get("value"))) for p in root.find(".//Points").iter("RealPoint")]
    for beat, decibel in ((0, -3), (1, -4.5), (2.5, -6.75), (4, -9)):
        at = np.interp(beat, *zip(*points, strict=True))
        assert 20 * np.log10(at) == pytest.approx(decibel, abs=0.03)


def test_sound_is_stored_and_is_the_recording(tmp_path: Path) -> None:
    _, report = written(full_song(), tmp_path)
    assert report.files == ("audio/вокал.wav", "audio/bass.wav")
    with zipfile.ZipFile(tmp_path / "song.dawproject") as archive:
        assert {archive.getinfo(name).compress_type for name in report.files} == {zipfile.ZIP_STORED}
        assert archive.read("audio/вокал.wav") == (tmp_path / "aaaaaaaa.wav").read_bytes()
        with archive.open("audio/bass.wav") as data:
            found, rate_hz = soundfile.read(data, dtype="float32")
    wanted, _ = soundfile.read(tmp_path / "bbbbbbbb.flac", dtype="float32")
    assert rate_hz == 44_100
    np.testing.assert_array_equal(found, wanted)


def test_what_does_not_travel_is_said_in_words(tmp_path: Path) -> None:
    _, report = written(full_song(), tmp_path)
    assert [str(item) for item in report.left_out] == [
        'track "lead-vox": the inverted polarity',
        'track "lead-vox": the side band "6" of the equalizer "eq"',
        'track "lead-vox": the knee of 6 dB of the compressor "comp"',
        'track "lead-vox": the reverb "room"',
        'track "bass": the delay of 1.5 ms',
        'track "bass": the gain of -2 dB of the clip "c"',
        'track "bass": the hold of 40 ms and the hysteresis of 4 dB of the gate "gate"',
        'track "keys": the instrument (General MIDI 5); choose a sound for the notes',
        'bus "plate": the reverb "plate"',
        'main: true-peak detection and the look-ahead of 4 ms of the limiter "lim"',
    ]
    assert [item.is_printable for item in report.left_out] == [True] * 9 + [False]


def test_devices_without_effect_are_not_missed(tmp_path: Path) -> None:
    inserts = (
        Reverb(id="r", wet=0),
        Saturator(id="s", enabled=False),
        Compressor(id="c", knee_db=0),
        DeEsser(id="d"),
        Plugin(id="p", format="vst3", identifier="x", name="Magic"),
    )
    song = Song(tracks=(Track(id="t", inserts=inserts),))
    _, report = written(song, tmp_path)
    assert [item.what for item in report.left_out] == ['the de-esser "d"', 'the plug-in "Magic"']


def test_what_a_master_is_made_of_is_said_to_stay(tmp_path: Path) -> None:
    inserts = (
        ChannelTrim(id="t", left_db=-1.0),
        Equalizer(id="e", bands=(Band(id="1", gain_db=2.0),), phase="linear"),
        Ride(id="r", points=(RidePoint(id="1", at_seconds=2.0, gain_db=1.0),)),
        SoftClipper(id="c"),
        Limiter(id="l", gain_db=2.0, style="loud"),
    )
    song = Song(main=Main(inserts=inserts))
    root, report = written(song, tmp_path)
    assert [item.what for item in report.left_out] == [
        'the channel trim "t"',
        'the linear phase of the equalizer "e"',
        'the ride "r"',
        'the soft clipper "c"',
        'true-peak detection and the look-ahead of 4 ms and the loud style of the limiter "l"',
    ]
    assert len(list(root.iter("Equalizer"))) == 1


def test_what_listens_to_another_track_travels_switched_off(tmp_path: Path) -> None:
    inserts = (
        Compressor(id="duck", knee_db=0, key="kick"),
        Gate(id="g", hold_ms=0, hysteresis_db=0, key="kick"),
        DynamicEqualizer(id="dip", bands=(DynamicEqBand(id="1", key="kick"),)),
        Compressor(id="own", knee_db=0),
    )
    root, report = written(Song(tracks=(Track(id="kick"), Track(id="bass", inserts=inserts))), tmp_path)
    side_chain = 'the side-chain from the track "kick" (it is switched off until it has one) of the'
    assert [str(item) for item in report.left_out] == [
        f'track "bass": {side_chain} compressor "duck"',
        f'track "bass": {side_chain} gate "g"',
        'track "bass": the dynamic equalizer "dip"',
    ]
    assert all(item.is_printable for item in report.left_out)
    enabled = [(made.get("name"), made.find("Enabled").get("value")) for made in root.find(".//Devices[Compressor]")]
    assert enabled == [("duck", "false"), ("g", "false"), ("own", "true")]


def test_printed_strips_travel_as_sound(tmp_path: Path) -> None:
    song = full_song()
    prints = {}
    for name in ("lead-vox", "keys", "plate"):
        path = tmp_path / f"{name}.wav"
        write_audio(path, Audio(np.full((2, 480_000), 0.1, np.float32), 48_000), kind="wav-32f")
        prints[name] = ExportedAudio(path, f"{name} printed")
    root, report = written(song, tmp_path, printed=prints)
    assert [item.strip for item in report.left_out] == ['track "bass"'] * 3 + ["main"]
    vocal, _, keys, plate, *_ = root.iter("Track")
    assert len(vocal.find("Channel/Devices")) == 0
    assert values(vocal, "Channel/Volume") == pytest.approx([10 ** (-3 / 20)])
    assert keys.get("contentType") == "audio"
    assert plate.find("Channel").get("role") == "regular"
    assert [send.get("type") for send in vocal.iter("Send")] == ["pre"]
    clips = root.findall("Arrangement/Lanes/Lanes/Clips")
    assert [clip.find("Audio/File").get("path") for clip in clips[0]] == ["audio/lead-vox-printed.wav"]
    assert VOCAL not in str(report.files) and "audio/вокал.wav" not in report.files


def test_a_bus_that_gets_whole_tracks_is_not_printed(tmp_path: Path) -> None:
    file = Recordings(tmp_path)(VOCAL)
    with pytest.raises(RequestError, match='bus "band" gets whole tracks and would be heard twice when printed; print'):
        written(full_song(), tmp_path, printed={"band": file})
    with pytest.raises(UnknownName, match='no track or bus named "ghost"; there are: band, bass'):
        written(full_song(), tmp_path, printed={"ghost": file})


def test_equal_songs_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_dawproject(full_song(), tmp_path / name, Recordings(tmp_path), {"Artist": "Me", "year": "2026"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        metadata = etree.fromstring(archive.read("metadata.xml"))
    assert [(item.tag, item.text) for item in metadata] == [
        ("Title", "Evening & <Tram>"),
        ("Artist", "Me"),
        ("Year", "2026"),
    ]


def test_one_recording_in_two_tracks_is_packed_once_and_names_do_not_clash(tmp_path: Path) -> None:
    clip = AudioClip(id="c", audio="0" * 64, source_frames=100, source_rate_hz=48_000)
    other = replace(clip, audio="1" * 64)
    song = Song(tracks=(Track(id="a", clips=(clip,)), Track(id="b", clips=(clip,)), Track(id="c", clips=(other,))))
    files = Recordings(tmp_path)
    report = write_dawproject(song, tmp_path / "x", lambda audio: ExportedAudio(files(audio).path, "Take 1"))
    assert report.files == ("audio/take-1.wav", "audio/take-1-2.wav")


def test_a_clip_beyond_its_recording_is_cut_to_it(tmp_path: Path) -> None:
    long = AudioClip(id="a", audio=VOCAL, source_frames=10**9, source_rate_hz=48_000, fade_in_ms=30_000)
    behind = AudioClip(id="b", audio=VOCAL, source_start_frame=10**9, source_frames=5, source_rate_hz=48_000)
    root, _ = written(Song(tracks=(Track(id="t", clips=(long, behind)),)), tmp_path)
    [clip] = root.iter("Clip")
    assert [float(clip.get(name)) for name in ("duration", "fadeInTime", "fadeOutTime")] == [20, 10, 0]


def test_an_empty_song_and_forbidden_characters_are_written(tmp_path: Path) -> None:
    root, report = written(Song(title="\x00\ufffe", tracks=(Track(id="t", name="a\x07b"),)), tmp_path)
    assert [track.get("name") for track in root.iter("Track")] == ["ab", "Main"]
    assert report == ExportReport((), ())


def test_a_fader_above_6_db_keeps_its_level(tmp_path: Path) -> None:
    root, _ = written(Song(tracks=(Track(id="t", gain_db=12),), main=Main(gain_db=-150)), tmp_path)
    loud, silent = (channel.find("Volume") for channel in root.iter("Channel"))
    assert (float(loud.get("value")), float(loud.get("max"))) == pytest.approx((3.981071706, 3.981071706))
    assert float(silent.get("value")) == 0


def test_a_second_automation_of_one_parameter_is_said(tmp_path: Path) -> None:
    moves = tuple(
        Automation(id=i, parameter="pan", points=(AutomationPoint(id="p", at_ticks=0, value=1.0),)) for i in "ab"
    )
    _, report = written(Song(tracks=(Track(id="t", automation=moves),)), tmp_path)
    assert [str(item) for item in report.left_out] == ['track "t": the second automation of pan, "b"']


def test_references_must_resolve_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match='no bus named "gone"; there are: main'):
        written(Song(tracks=(Track(id="t", output="gone"),)), tmp_path)
    circle = Song(buses=(Bus(id="a", output="b"), Bus(id="b", output="a")))
    with pytest.raises(RequestError, match="buses feed each other in a circle"):
        written(circle, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_recording_that_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("no sound")
    with pytest.raises(MediaError, match=r'"bad.wav" is not a sound file but text'):
        write_dawproject(full_song(), tmp_path / "x", lambda _: ExportedAudio(tmp_path / "bad.wav", "x"))
    with pytest.raises(ProjectError, match="there is no folder"):
        write_dawproject(Song(), tmp_path / "no" / "x", Recordings(tmp_path))
    assert [item.name for item in tmp_path.iterdir()] == ["bad.wav"]


def test_a_send_to_main_and_a_switched_off_limiter_are_held(tmp_path: Path) -> None:
    song = Song(
        tracks=(Track(id="t", sends=(Send(id="s", bus="main", enabled=False),)),),
        main=Main(inserts=(Limiter(id="l", enabled=False),)),
    )
    root, report = written(song, tmp_path)
    assert root.find(".//Send/Enable").get("value") == "false"
    assert root.find(".//Limiter/Enabled").get("value") == "false"
    assert report.left_out == ()


def test_a_recording_of_another_kind_goes_in_as_wav(tmp_path: Path) -> None:
    written(full_song(), tmp_path)
    with zipfile.ZipFile(tmp_path / "song.dawproject") as archive, archive.open("audio/bass.wav") as data:
        assert soundfile.info(data).subtype == "FLOAT"
    assert Recordings(tmp_path)(BASS).path.suffix == ".flac"
