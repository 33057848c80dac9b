"""A song with everything that a DAWproject can hold, and sound files for any song."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from bandmate.formats.dawproject import ExportedAudio
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.devices import Band, Compressor, Equalizer, Gate, Limiter, Reverb
from bandmate.song.harmony import Marker, Section
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Automation, AutomationPoint, Bus, Main, Send, Track

VOCAL, BASS = "a" * 64, "b" * 64


class Recordings:
    """Ten seconds of noise for every hash that is asked for."""

    def __init__(self, folder: Path, seconds: float = 10.0) -> None:
        self._folder, self.seconds = folder, seconds

    def rate_hz(self, audio: str) -> int:
        return 44_100 if audio == BASS else 48_000

    def __call__(self, audio: str) -> ExportedAudio:
        is_bass = audio == BASS
        path = self._folder / f"{audio[:8]}{'.flac' if is_bass else '.wav'}"
        if not path.exists():
            rate_hz = self.rate_hz(audio)
            noise = np.random.default_rng(1).uniform(-0.1, 0.1, (round(self.seconds * rate_hz), 1 + (not is_bass)))
            soundfile.write(path, noise, rate_hz, subtype="PCM_16")
        return ExportedAudio(path, {VOCAL: "Вокал", BASS: "Bass"}.get(audio, audio[:4]))


def full_song() -> Song:
    """Two audio tracks, one of notes, two buses, tempo and meter changes, all built-in devices."""
    equalizer = Equalizer(
        id="eq",
        bands=(
            Band(id="1", kind="high-pass", freq_hz=80, slope_db=24),
            Band(id="2", kind="bell", freq_hz=2_800, gain_db=-2.5, q=1.4),
            Band(id="3", kind="high-shelf", freq_hz=9_000, gain_db=1.5),
            Band(id="4", kind="low-pass", freq_hz=96_000),
            Band(id="5", kind="notch", freq_hz=50, q=20, enabled=False),
            Band(id="6", kind="bell", gain_db=2, scope="side"),
        ),
    )
    vocal = Track(
        id="lead-vox",
        name="Lead Vox",
        role="lead-vox",
        clips=(
            AudioClip(
                id="c1",
                audio=VOCAL,
                start_seconds=1.5,
                source_start_frame=24_000,
                source_frames=240_000,
                source_rate_hz=48_000,
                fade_in_ms=10,
                fade_out_ms=250,
            ),
            AudioClip(id="c2", audio=VOCAL, start_seconds=7, source_frames=96_000, source_rate_hz=48_000, mute=True),
        ),
        inserts=(equalizer, Compressor(id="comp", threshold_dbfs=-20, ratio=4, makeup_db=3), Reverb(id="room")),
        gain_db=-3,
        pan=0.25,
        polarity_inverted=True,
        sends=(Send(id="s", bus="plate", gain_db=-12), Send(id="p", bus="band", gain_db=0, pre_fader=True)),
        automation=(
            Automation(
                id="ride",
                parameter="gain_db",
                points=(
                    AutomationPoint(id="1", at_ticks=0, value=0),
                    AutomationPoint(id="2", at_ticks=3_840, value=-6),
                ),
            ),
            Automation(id="move", parameter="pan", points=(AutomationPoint(id="1", at_ticks=960, value=-1),)),
        ),
    )
    bass = Track(
        id="bass",
        role="bass",
        clips=(AudioClip(id="c", audio=BASS, source_frames=441_000, source_rate_hz=44_100, gain_db=-2),),
        inserts=(Gate(id="gate"),),
        delay_ms=1.5,
        mute=True,
        output="band",
    )
    keys = Track(
        id="keys",
        name="Keys",
        clips=(
            NoteClip(
                id="n",
                start_ticks=1_920,
                length_ticks=3_840,
                notes=(
                    Note(id="1", start_ticks=0, length_ticks=960, pitch=60, velocity=100),
                    Note(id="2", start_ticks=3_600, length_ticks=960, pitch=64, velocity=127),
                    Note(id="3", start_ticks=4_000, length_ticks=10, pitch=65),
                ),
                instrument=Instrument(program=4),
            ),
        ),
        output="band",
    )
    return Song(
        title="Evening & <Tram>",
        tempo=TempoMap(points=(TempoPoint(id="a", at_ticks=0, bpm=90), TempoPoint(id="b", at_ticks=7_680, bpm=120))),
        meters=MeterMap(
            points=(
                MeterPoint(id="a", at_bar=1, numerator=4, denominator=4),
                MeterPoint(id="b", at_bar=3, numerator=6, denominator=8),
            )
        ),
        sections=(Section(id="v", name="Verse", start_bar=3, bars=4),),
        markers=(Marker(id="m", at_ticks=480, name="Pickup"),),
        tracks=(vocal, bass, keys),
        buses=(Bus(id="plate", name="Plate", inserts=(Reverb(id="plate"),)), Bus(id="band", gain_db=1)),
        main=Main(inserts=(Limiter(id="lim", gain_db=4),), gain_db=-1),
    )
