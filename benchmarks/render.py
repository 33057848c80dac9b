"""How fast a mix of 24 stereo tracks of 4 minutes renders, and again after one fader has moved.

Everything in one run, so that the ratios hold on any machine: the first render (reading the WAV files, an equalizer of
four bands on each track, writing the cache), the same without a cache, the render after one fader has changed, and the
peak memory of the process.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from msgspec.structs import replace

from bandmate.render.cache import RenderCache
from bandmate.render.engine import Renderer
from bandmate.song.clips import AudioClip
from bandmate.song.devices import Band, Equalizer
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.sound.audio import Samples
from benchmarks.goals import reached

TRACKS, MINUTES, RATE_HZ = 24, 4, 48_000
TIMES_REAL_TIME, TIMES_FASTER = 20, 5
BANDS = (
    Band(id="1", kind="high-pass", freq_hz=40),
    Band(id="2", kind="bell", freq_hz=300, gain_db=-2),
    Band(id="3", kind="bell", freq_hz=2500, gain_db=1.5),
    Band(id="4", kind="high-shelf", freq_hz=8000, gain_db=1),
)


class WavSource:
    """One WAV file."""

    def __init__(self, path: Path) -> None:
        self._file = soundfile.SoundFile(path)
        self.channels, self.frames, self.rate_hz = self._file.channels, self._file.frames, self._file.samplerate
        self._position = 0

    def read(self, start_frame: int, frames: int) -> Samples:
        if start_frame != self._position:
            self._file.seek(start_frame)
        block = self._file.read(frames, dtype="float32", always_2d=True, fill_value=0.0)
        self._position = min(self.frames, start_frame + frames)
        return np.ascontiguousarray(block.T)

    def close(self) -> None:
        self._file.close()


class WavMedia:
    """A folder of WAV files named by their hashes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def source(self, audio: str, rate_hz: int) -> WavSource:
        source = WavSource(self._folder / f"{audio}.wav")
        assert source.rate_hz == rate_hz
        return source


def loops() -> list[Samples]:
    """The shared stems where there are any, else ten seconds of tones and noise."""
    base = Path(os.environ.get("BANDMATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    found = []
    for path in sorted((base / "audio" / "stems_cc0").glob("*.mp3")):
        audio, _ = soundfile.read(path, dtype="float32", always_2d=True, frames=30 * RATE_HZ)
        found.append(np.repeat(audio[:, :1], 2, axis=1) if audio.shape[1] == 1 else audio)
    if found:
        return found
    rng = np.random.default_rng(1)
    seconds = np.arange(10 * RATE_HZ) / RATE_HZ
    tones = [np.sin(2 * np.pi * 55.0 * (k + 1) * seconds) * 0.1 for k in range(4)]
    return [(tone[:, None] + rng.standard_normal((len(tone), 2)) * 0.01).astype(np.float32) for tone in tones]


def write_tracks(folder: Path) -> list[str]:
    """24 files, each a loop from another place at another level; their names."""
    sources, frames, names = loops(), MINUTES * 60 * RATE_HZ, []
    for index in range(TRACKS):
        loop = np.roll(sources[index % len(sources)], index * 12_345, axis=0) * np.float32(0.3 + 0.02 * index)
        name = hashlib.sha256(str(index).encode()).hexdigest()
        with soundfile.SoundFile(folder / f"{name}.wav", "w", RATE_HZ, 2, "PCM_24") as file:
            for start in range(0, frames, len(loop)):
                file.write(loop[: frames - start])
        names.append(name)
    return names


def song_of(names: list[str]) -> Song:
    """One track for each file, with an equalizer, a level and a place."""
    frames = MINUTES * 60 * RATE_HZ
    tracks = tuple(
        Track(
            id=f"t{index}",
            clips=(AudioClip(id="c", audio=name, source_frames=frames, source_rate_hz=RATE_HZ),),
            inserts=(Equalizer(id="eq", bands=BANDS),),
            gain_db=-12.0 - index / 10,
            pan=(index - TRACKS / 2) / TRACKS,
        )
        for index, name in enumerate(names)
    )
    return Song(rate_hz=RATE_HZ, tracks=tracks)


class Timed(NamedTuple):
    """How long a render took, by the clock and in seconds of processor time (which a busy machine does not change)."""

    seconds: float
    cpu_seconds: float


def timed(song: Song, media: WavMedia, cache: RenderCache | None) -> Timed:
    """Render all of it, block by block."""
    start, cpu_start = time.perf_counter(), time.process_time()
    for _ in Renderer(song, media, cache).blocks():
        pass
    return Timed(time.perf_counter() - start, time.process_time() - cpu_start)


def peak_megabytes() -> float:
    """The most memory this process has had."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        song, media = song_of(write_tracks(folder)), WavMedia(folder)
        warm_up = replace(song, tracks=song.tracks[:1])
        next(Renderer(warm_up, media).blocks())
        if hasattr(os, "sync"):
            os.sync()  # the disk must not be busy with the files just written
        cache = RenderCache(folder / "cache")
        length = MINUTES * 60
        first = timed(song, media, cache)
        moved = replace(song, tracks=(replace(song.tracks[0], gain_db=-3.0), *song.tracks[1:]))
        again = timed(moved, media, cache)
        bare = timed(song, media, None)
        print(f"{TRACKS} stereo tracks x {MINUTES} min, an equalizer of {len(BANDS)} bands on each")
        for what, took in (("first render", first), ("without a cache", bare), ("one fader moved", again)):
            speed, core_speed = length / took.seconds, length / took.cpu_seconds
            print(f"{what}: {speed:.1f}x real time ({took.seconds:.2f} s); {core_speed:.1f}x on each core that is free")
        print(f"cache on disk: {cache.used_bytes() / 1e9:.2f} GB; peak memory {peak_megabytes():.0f} MB")
    goal = "24 tracks with an equalizer each"
    reached(f"{goal}: first render, without a cache", length / bare.seconds, "x real time", at_least=TIMES_REAL_TIME)
    reached(f"{goal}: one fader", first.seconds / again.seconds, "x faster", at_least=TIMES_FASTER)


if __name__ == "__main__":
    main()
