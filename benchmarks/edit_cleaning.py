"""What the benchmarks of noise and hum share: recordings, planted noise, errors, and jobs for the peers."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from bandmate.sound.audio import Samples
from benchmarks.peers import ONE_THREAD

HERE = Path(__file__).parent
RATE_HZ = 44_100
MOST_SECONDS = 6.0
VOICES = ("speech-female", "speech-male", "singing-female", "carnatic")
INSTRUMENTS = (
    *("piano", "sax-phrase", "cello-phrase", "flute-A4", "vibraphone-C6", "mridangam", "orchestra", "violin-B3"),
)
HUM_LINES = {1: 1.0, 2: 0.5, 3: 0.6, 4: 0.2, 5: 0.35, 7: 0.2, 9: 0.12, 11: 0.08, 13: 0.06, 15: 0.05}
NOISES = ("white", "pink", "room", "fan", "hum")


def recordings_folder() -> Path:
    """The shared recordings; SystemExit where they are not."""
    folder = Path(os.environ.get("BANDMATE_SHARED", HERE.parent.parent / "shared")) / "audio"
    if not folder.exists():
        raise SystemExit(f"no recordings in {folder}; set BANDMATE_SHARED to the folder that has audio/")
    return folder


def recording(name: str) -> Samples:
    """One of the voices and instruments, mono, 44.1 kHz, peak at 0.5, no longer than some seconds."""
    samples, rate_hz = soundfile.read(
        recordings_folder() / "voices_instruments" / f"{name}.wav", dtype="float32", always_2d=True
    )
    assert rate_hz == RATE_HZ
    mono = samples.mean(axis=1)[: int(MOST_SECONDS * RATE_HZ)]
    return np.asarray(mono / np.abs(mono).max() * 0.5, np.float32)


def hum(frames: int, freq_hz: float = 50.03) -> Samples:
    """A mains hum of ten lines, mean square 1."""
    at = np.arange(frames) / RATE_HZ
    lines = sum(level * np.sin(2 * np.pi * freq_hz * number * at + number) for number, level in HUM_LINES.items())
    return np.asarray(lines / np.std(lines), np.float32)


def noise(kind: str, frames: int) -> Samples:
    """White or pink hiss, a room, a fan that swells slowly, or hum, mean square 1."""
    if kind == "hum":
        return hum(frames)
    random = np.random.default_rng(3)
    sound = random.normal(0, 1, frames)
    if kind == "pink":
        spectrum = np.fft.rfft(sound)
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        sound = filtered(np.fft.irfft(spectrum, frames), 1, 30, "high")
    elif kind == "room":
        low = filtered(sound, 1, 250, "low")
        high = filtered(random.normal(0, 1, frames), 1, 1500, "high")
        sound = filtered(low / low.std() + 0.15 * high, 1, 40, "high")
    elif kind == "fan":
        low = filtered(sound, 2, 600, "low")
        high = filtered(random.normal(0, 1, frames), 1, 3000, "high")
        sound = (low / low.std() + 0.1 * high) * (1 + 0.15 * np.sin(2 * np.pi * 0.4 * np.arange(frames) / RATE_HZ))
    return np.asarray(sound / sound.std(), np.float32)


def filtered(sound: np.ndarray, order: int, corner_hz: float, kind: str) -> np.ndarray:
    return np.asarray(signal.sosfilt(signal.butter(order, corner_hz, kind, fs=RATE_HZ, output="sos"), sound))


def si_sdr_db(truth: Samples, got: Samples) -> float:
    """Scale-invariant ratio of signal to distortion; 150 dB at most."""
    truth, got = (sound.astype(np.float64) - sound.mean(dtype=np.float64) for sound in (truth, got))
    wanted = truth * (truth @ got) / (truth @ truth)
    return 10 * float(np.log10((wanted @ wanted) / max(np.square(got - wanted).sum(), 1e-15 * (wanted @ wanted))))


def with_noise(clean: Samples, sound: Samples, ratio_db: float) -> Samples:
    """Noise so far below the recording."""
    return np.asarray(clean + sound * (clean.std() * np.float32(10 ** (-ratio_db / 20))), np.float32)


class PeerJobs:
    """Sounds for the peers, done in one process of theirs."""

    def __init__(self, python: Path) -> None:
        self.python = python
        self.folder = tempfile.TemporaryDirectory()
        self.jobs: list[dict[str, str]] = []

    def file(self, sound: Samples) -> str:
        path = str(Path(self.folder.name) / f"{len(list(Path(self.folder.name).iterdir()))}.npy")
        np.save(path, sound)
        return path

    def clean(self, peer: str, sound: Samples, alone: Samples | None = None) -> int:
        """Let a peer clean a sound; the number of the job."""
        out = str(Path(self.folder.name) / f"out{len(self.jobs)}.npy")
        told = "" if alone is None else self.file(alone)
        self.jobs.append({"clean": peer, "sound": self.file(sound), "noise": told, "out": out})
        return len(self.jobs) - 1

    def pesq(self, sound: Samples, truth: Samples) -> int:
        self.jobs.append({"pesq": self.file(sound), "against": self.file(truth)})
        return len(self.jobs) - 1

    def run(self) -> list[dict[str, float]]:
        """The answers of all jobs so far."""
        (Path(self.folder.name) / "jobs.json").write_text(json.dumps(self.jobs))
        command: Sequence[str] = [str(self.python), str(HERE / "edit_noise_peer.py"), self.folder.name]
        subprocess.run(command, env=os.environ | ONE_THREAD, check=True)
        answers: list[dict[str, float]] = json.loads((Path(self.folder.name) / "answers.json").read_text())
        return answers

    def sound(self, job: int) -> Samples:
        """What came of a job."""
        return np.asarray(np.load(self.jobs[job]["out"]), np.float32)
