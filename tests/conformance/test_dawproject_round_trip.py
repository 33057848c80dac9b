"""Any song, written as a DAWproject and read by a second reader that knows only the format, says the same."""

from __future__ import annotations

import math
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from bandmate.formats.dawproject import write_dawproject
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.devices import Compressor, Equalizer, Gate, Limiter
from bandmate.song.song import Song
from bandmate.song.time import meter_steps, tempo_steps
from tests.conformance.test_dawproject_schema import connected
from tests.formats.dawproject_song import Recordings, full_song
from tests.songs import songs

FILE_SECONDS = 0.5
KINDS = {"Equalizer": Equalizer, "Compressor": Compressor, "NoiseGate": Gate, "Limiter": Limiter}


def decibel(gain: float) -> float:
    return 20 * math.log10(gain) if gain > 0 else -150.0


class Reader:
    """Reads back what a song's strips are, by place and not by name."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.root = etree.fromstring(archive.read("project.xml"))
        self.tracks = list(self.root.find("Structure"))
        self.places = {track.find("Channel").get("id"): i for i, track in enumerate(self.tracks)}

    def strips(self) -> list[dict[str, Any]]:
        return [self.strip(track) for track in self.tracks]

    def strip(self, track: Any) -> dict[str, Any]:
        channel = track.find("Channel")
        lanes = self.root.find(f'Arrangement/Lanes/Lanes[@track="{track.get("id")}"]')
        return {
            "gain_db": decibel(value(channel, "Volume")),
            "pan": value(channel, "Pan") * 2 - 1,
            "mute": channel.find("Mute").get("value") == "true",
            "output": self.places.get(channel.get("destination")),
            "sends": [
                (self.places[send.get("destination")], send.get("type"), decibel(value(send, "Volume")))
                for send in channel.iterfind("Sends/Send")
            ],
            "devices": [device(found) for found in channel.find("Devices")],
            "clips": [clip(found) for found in lanes.find("Clips")],
            "moves": sorted(
                (points.get("unit"), len({float(p.get("time")) for p in points.iter("RealPoint")}) > 0)
                for points in lanes.iterfind("Points")
            ),
        }

    def steps(self, tag: str) -> list[tuple[float, ...]]:
        names = ("time", "value") if tag == "TempoAutomation" else ("time", "numerator", "denominator")
        points = [p for p in self.root.iterfind(f"Arrangement/{tag}/*") if p.tag != "Target"]
        return [tuple(float(point.get(name)) for name in names) for point in points]


def value(parent: Any, tag: str) -> float:
    return float(parent.find(tag).get("value"))


def device(found: Any) -> tuple[Any, ...]:
    enabled = found.find("Enabled").get("value") == "true"
    if found.tag == "Equalizer":
        return (Equalizer, enabled, [(value(band, "Freq"), value(band, "Q")) for band in found.iterfind("Band")])
    numbers = {
        "Compressor": ("Threshold", "Ratio", "OutputGain", "Attack"),
        "NoiseGate": ("Threshold", "Range", "Release"),
        "Limiter": ("Threshold", "InputGain", "Release"),
    }[found.tag]
    return (KINDS[found.tag], enabled, [value(found, number) for number in numbers])


def wanted_device(one: Any) -> tuple[Any, ...] | None:
    if isinstance(one, Equalizer):
        return (Equalizer, one.enabled, [(band.freq_hz, band.q) for band in one.bands if band.scope == "stereo"])
    if isinstance(one, Compressor):
        return (Compressor, one.enabled, [one.threshold_dbfs, one.ratio, one.makeup_db, one.attack_ms / 1_000])
    if isinstance(one, Gate):
        return (Gate, one.enabled, [one.threshold_dbfs, one.range_db, one.release_ms / 1_000])
    if isinstance(one, Limiter):
        return (Limiter, one.enabled, [one.ceiling_dbtp, one.gain_db, one.release_ms / 1_000])
    return None


def clip(found: Any) -> tuple[Any, ...]:
    if (audio := found.find("Audio")) is not None:
        return ("audio", float(found.get("time")), float(found.get("playStart")), int(audio.get("sampleRate")))
    notes = [
        (
            round(float(n.get("time")) * 960),
            round(float(n.get("duration")) * 960),
            int(n.get("key")),
            round(float(n.get("vel")) * 127),
        )
        for n in found.iter("Note")
    ]
    return ("notes", float(found.get("time")), float(found.get("duration")), notes)


def wanted_clip(song: Song, one: AudioClip | NoteClip, files: Recordings) -> tuple[Any, ...] | None:
    if isinstance(one, NoteClip):
        notes = [
            (note.start_ticks, min(note.length_ticks, one.length_ticks - note.start_ticks), note.pitch, note.velocity)
            for note in one.notes
            if note.start_ticks < one.length_ticks
        ]
        return ("notes", one.start_ticks / 960, one.length_ticks / 960, notes)
    begin = Fraction(one.source_start_frame, one.source_rate_hz)
    if not one.source_frames or begin >= files.seconds:
        return None
    start = song.tempo.exact_ticks_at(one.start_seconds) / 960
    return ("audio", float(start), float(begin), files.rate_hz(one.audio))


def check_same(song: Song, path: Path, files: Recordings) -> None:
    reader = Reader(path)
    strips = [*song.tracks, *song.buses, song.main]
    buses = {bus.id: len(song.tracks) + i for i, bus in enumerate(song.buses)} | {"main": len(strips) - 1}
    for strip, found in zip(strips, reader.strips(), strict=True):
        assert found["gain_db"] == pytest.approx(max(strip.gain_db, -150.0), abs=1e-3)
        assert found["pan"] == pytest.approx(getattr(strip, "pan", 0.0), abs=1e-8)
        assert found["mute"] == getattr(strip, "mute", False)
        assert found["output"] == (buses[strip.output] if strip is not song.main else None)
        sends = [(buses[s.bus], "pre" if s.pre_fader else "post", s.gain_db) for s in getattr(strip, "sends", ())]
        assert [send[:2] for send in found["sends"]] == [send[:2] for send in sends]
        assert [send[2] for send in found["sends"]] == pytest.approx([send[2] for send in sends], abs=1e-3)
        devices = [one for one in map(wanted_device, strip.inserts) if one is not None]
        assert [one[:2] for one in found["devices"]] == [one[:2] for one in devices]
        for got, one in zip(found["devices"], devices, strict=True):
            for a, b in zip(got[2], one[2], strict=True):
                assert a == pytest.approx(b, abs=1e-8)
        clips = [one for c in getattr(strip, "clips", ()) if (one := wanted_clip(song, c, files)) is not None]
        assert [(one[0], one[3]) for one in found["clips"]] == [(one[0], one[3]) for one in clips]
        for got, one in zip(found["clips"], clips, strict=True):
            assert got[1:3] == pytest.approx(one[1:3], abs=1e-8)
        moved = {"linear" if a.parameter == "gain_db" else "normalized" for a in strip.automation if a.points}
        assert found["moves"] == sorted((unit, True) for unit in moved)
    check_time(song, reader)


def check_time(song: Song, reader: Reader) -> None:
    starts = tempo_steps(song.tempo).starts
    assert value(reader.root, "Transport/Tempo") == pytest.approx(song.tempo.bpm_at(0))
    tempo = [(at / 960, song.tempo.bpm_at(at)) for at in starts] if len(starts) > 1 else []
    assert reader.steps("TempoAutomation") == [pytest.approx(step) for step in tempo]
    steps = meter_steps(song.meters)
    meters = [(s.start_ticks / 960, s.numerator, s.denominator) for s in steps] if len(steps) > 1 else []
    assert reader.steps("TimeSignatureAutomation") == meters
    markers = [round(float(marker.get("time")) * 960) for marker in reader.root.iter("Marker")]
    sections = [song.meters.ticks_at_bar(section.start_bar) for section in song.sections]
    assert markers == sorted([*(marker.at_ticks for marker in song.markers), *sections])


def test_a_full_song_comes_back(tmp_path: Path) -> None:
    files = Recordings(tmp_path)
    write_dawproject(full_song(), tmp_path / "x", files)
    check_same(full_song(), tmp_path / "x", files)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_song_comes_back(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    folder = tmp_path_factory.getbasetemp() / "round-trip"
    folder.mkdir(exist_ok=True)
    files = Recordings(folder, FILE_SECONDS)
    song = connected(data.draw(songs()), data.draw)
    write_dawproject(song, folder / "x", files)
    check_same(song, folder / "x", files)
