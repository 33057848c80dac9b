"""A small session for tests: four stems of a few seconds with one planted fault, and a project made of them once.

Conventions: stems are noise and tones from a fixed seed. ``pad`` is planted 18 dB above where it was balanced. The
project has them imported, and one proposal for the mix (P1); it is copied for each test that changes it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

import bandmate
from bandmate.project.folder import Project
from bandmate.sound.audio import Samples

RATE_HZ = 44_100
SECONDS = 6.0
TOO_LOUD_DB = 18.0
NOBODY = 65_534

PLACES: dict[str, Path] = {}
"""What was made in this run already."""


@pytest.fixture(scope="session")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four stems."""
    if "stems" not in PLACES:
        PLACES["stems"] = write_stems(tmp_path_factory.mktemp("session") / "Evening stems")
    return PLACES["stems"]


@pytest.fixture(scope="session")
def made_once(stems: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the stems with a proposal, which no test may change."""
    if "project" not in PLACES:
        folder = tmp_path_factory.mktemp("made") / "evening"
        with bandmate.new_project(folder) as project:
            bandmate.import_files(project, [stems])
            bandmate.propose_mix(project)
        PLACES["project"] = folder
    return PLACES["project"]


@pytest.fixture
def evening(made_once: Path, tmp_path: Path) -> Path:
    """A copy of the project for one test."""
    return Path(shutil.copytree(made_once, tmp_path / "evening"))


def write_stems(folder: Path) -> Path:
    """Drums, bass, lead vocal and a pad that is too loud; stereo and mono."""
    folder.mkdir(parents=True)
    for name, samples in stem_samples().items():
        soundfile.write(folder / f"{name}.wav", samples.T, RATE_HZ, subtype="PCM_24")
    return folder


def stem_samples() -> dict[str, Samples]:
    rng = np.random.default_rng(7)
    time = np.arange(round(RATE_HZ * SECONDS)) / RATE_HZ
    hits = np.exp(-14 * (time % 0.5)) * without_air(rng.normal(0, 1, (2, time.size)))
    bass = np.tanh(2 * np.sin(2 * np.pi * 62 * time)) * np.exp(-2 * (time % 1.0))
    vibrato = np.cumsum(220 + 4 * np.sin(2 * np.pi * 5 * time)) / RATE_HZ
    lead = sum(np.sin(2 * np.pi * k * vibrato) / k for k in range(1, 16)) * (np.sin(2 * np.pi * time / 3) > -0.6)
    pad = sum(np.sin(2 * np.pi * f * time + p) for p, f in enumerate((165, 196, 247, 330, 392, 494)))
    wide = np.stack([pad, np.roll(pad, 900)])
    raw = {"drums": hits, "bass": bass[None], "lead vocal": np.stack([lead, lead * 0.9]), "pad": wide}
    levels = {"drums": -24.0, "bass": -24.0, "lead vocal": -22.0, "pad": -30.0 + TOO_LOUD_DB}
    return {name: at_level(samples, levels[name]) for name, samples in raw.items()}


def without_air(samples: Samples) -> Samples:
    """Nothing above 15 kHz, where the filters of different meters differ."""
    spectrum = np.fft.rfft(samples)
    spectrum[:, round(15_000 * SECONDS) :] = 0.0
    return np.fft.irfft(spectrum, samples.shape[1])


def at_level(samples: Samples, rms_dbfs: float) -> Samples:
    rms = float(np.sqrt(np.mean(np.square(samples))))
    return np.clip(samples * (10 ** (rms_dbfs / 20) / rms), -0.99, 0.99).astype(np.float32)


def tone(
    path: Path, *, seconds: float = 1.0, rate_hz: int = RATE_HZ, channels: int = 2, subtype: str = "PCM_16"
) -> Path:
    """A file with a tone of 220 Hz and a little noise, which differs with the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = max(1, round(seconds * rate_hz))
    noise = np.random.default_rng(sum(path.name.encode())).normal(0, 0.001, (frames, channels))
    wave = 0.2 * np.sin(2 * np.pi * 220 * np.arange(frames) / rate_hz)[:, None] + noise
    soundfile.write(path, wave, rate_hz, subtype=subtype)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder and what is in it; without SQLite's lock files, which come and go by themselves."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".db-wal", ".db-shm") and not path.name.endswith(("-wal", "-shm"))
    }


def state_of(folder: Path) -> tuple[object, ...]:
    """Everything about a project that a failed command must leave alone."""
    with Project.open(folder) as project:
        names = [one.id for one in project.log(all=True)]
        decided = [[move.state for move in state.moves] for state in project.proposals()]
        recordings = [one.sha256 for one in project.media.recordings()]
        return names, decided, recordings, project.head.id, project.song


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written to, by root neither."""
    folder = tmp_path / "closed"
    folder.mkdir()
    if sys.platform == "win32":
        pytest.skip("a folder cannot be closed on Windows by its permissions")
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    mounted(folder, "size=64k")
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1.5 MB in memory."""
    folder = tmp_path / "small"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small disk can only be mounted by root on Linux")
    mounted(folder, "size=1500k")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mounted(folder: Path, options: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a disk in memory is not allowed here")


@contextmanager
def nobodys_folder() -> Iterator[Path]:
    """A folder in which permissions count: root, whom they do not stop, is somebody else meanwhile."""
    if sys.platform == "win32":
        pytest.skip("Windows has other permissions")
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o700)
        shutil.rmtree(folder)
