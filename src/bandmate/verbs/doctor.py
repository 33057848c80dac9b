"""Is everything here that Bandmate needs, and does it work?"""

from __future__ import annotations

import importlib
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bandmate.song.errors import BandmateError
from bandmate.verbs.progress import Progress, silent
from bandmate.verbs.readiness import make_ready

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 37, 0)
LIBRARIES = (
    "numpy",
    "scipy",
    "numba",
    "soxr",
    "soundfile",
    "av",
    "msgspec",
    "lxml",
    "midirenderer",
    "onnxruntime",
    "swift_f0",
    "matplotlib",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: whether it is well, what was found, and what to do where it is not."""

    what: str
    ok: bool
    found: str
    advice: str = ""


def examine(*, progress: Progress = silent) -> tuple[Check, ...]:
    """All checks; none raises, what fails says so."""
    checks = [python_check(), sqlite_check(), *(library_check(name) for name in LIBRARIES)]
    checks.append(attempt("sound kernels", lambda: compiled(progress)))
    for count, (what, work) in enumerate(WORKS):
        progress(f"trying: {what}", count / len(WORKS))
        checks.append(attempt(what, work))
    return tuple(checks)


def python_check() -> Check:
    return Check(
        "Python", sys.version_info[:2] >= OLDEST_PYTHON, platform.python_version(), "Bandmate needs 3.11 or newer"
    )


def sqlite_check() -> Check:
    ok = sqlite3.sqlite_version_info >= OLDEST_SQLITE
    return Check("SQLite", ok, sqlite3.sqlite_version, "" if ok else "3.37 or newer is needed; update Python")


def library_check(name: str) -> Check:
    try:
        importlib.import_module(name)
        return Check(name, True, version(name))
    except (ImportError, OSError, PackageNotFoundError) as problem:
        return Check(name, False, str(problem), "install Bandmate again: pip install bandmate")


def attempt(what: str, work: Callable[[], str]) -> Check:
    """One thing that should work, done."""
    try:
        return Check(what, True, work())
    except BandmateError as problem:
        return Check(what, False, str(problem), "please report this")
    except Exception as problem:  # noqa: BLE001 - a doctor reports whatever goes wrong
        return Check(what, False, f"{type(problem).__name__}: {problem}", "please report this")


def compiled(progress: Progress) -> str:
    """The kernels, compiled now or earlier."""
    anew = [make_ready(progress), make_ready(progress, "edit"), make_ready(progress, "compose")]
    return "compiled just now" if any(anew) else "compiled before"


def write_and_read() -> str:
    """A file of each kind, written and read again."""
    import numpy as np

    from bandmate.formats.audio_files import probe
    from bandmate.formats.audio_write import SUFFIXES, Kind, write_audio
    from bandmate.sound.audio import Audio

    wave = 0.1 * np.sin(np.arange(48_000, dtype=np.float32) / 10)
    tone = Audio(wave[None, :].astype(np.float32), 48_000)
    kinds: tuple[Kind, ...] = ("wav-24", "flac-24", "mp3", "m4a", "opus")
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            path = Path(folder) / f"tone{SUFFIXES[kind]}"
            write_audio(path, tone, kind=kind)
            probe(path)
    return ", ".join(kind.split("-")[0] for kind in kinds)


def measure_a_tone() -> str:
    """997 Hz at -23 dBFS on both sides reads -23.0 LUFS."""
    import numpy as np

    from bandmate.sound.audio import Audio
    from bandmate.sound.loudness import measure_loudness

    tone = np.sin(2 * np.pi * 997 * np.arange(5 * 48_000) / 48_000).astype(np.float32) * np.float32(10 ** (-23 / 20))
    found = measure_loudness(Audio(np.stack([tone, tone]).astype(np.float32), 48_000)).integrated_lufs
    if found is None or abs(found + 23.0) > 0.1:
        raise BandmateError(f"a tone of -23 LUFS reads {found}")
    return f"{found:.2f} LUFS for a tone of -23"


def play_a_note() -> str:
    """One note through the sound set."""
    from bandmate.render.media import MemoryMedia
    from bandmate.render.rendering import render
    from bandmate.song.clips import NoteClip
    from bandmate.song.notes import Note
    from bandmate.song.song import Song
    from bandmate.song.tracks import Track

    note = Note(id="n", start_ticks=0, length_ticks=960, pitch=60)
    song = Song(tracks=(Track(id="t", clips=(NoteClip(id="c", length_ticks=960, notes=(note,)),)),))
    peak = float(abs(render(song, MemoryMedia({})).audio.samples).max())
    if peak < 0.001:
        raise BandmateError("the note is silent")
    return f"middle C peaks at {peak:.2f}"


WORKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("sound files", write_and_read),
    ("loudness meter", measure_a_tone),
    ("sound set", play_a_note),
)
