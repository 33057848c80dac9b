"""Short tracks for the tests of albums and batches: noise with the fall of music, of different level and tone.

Conventions: from a fixed seed; equal arguments give equal files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 44_100
ALBUM = {"01 Dawn": (-30.0, 0.0), "02 Noon": (-16.0, 1.5), "03 Ночь": (-21.0, -0.5)}
"""RMS in dBFS and a tilt in dB per octave by file name."""


def write_track(
    path: Path,
    *,
    seconds: float = 5.0,
    rms_dbfs: float = -20.0,
    tilt_db: float = 0.0,
    rate_hz: int = RATE_HZ,
    channels: int = 2,
    silent_seconds: float = 0.0,
) -> Path:
    """A file with noise that swells and falls, with silence before and after it."""
    frames = round(seconds * rate_hz)
    rng = np.random.default_rng(sum(path.name.encode()))
    spectrum = np.fft.rfft(rng.normal(0, 1, (channels, frames)))
    hz = np.fft.rfftfreq(frames, 1 / rate_hz)
    spectrum *= (np.maximum(hz, 20.0) / 1000.0) ** (-0.75 + tilt_db / 6.02) * (hz < 0.4 * rate_hz)
    sound = np.fft.irfft(spectrum, frames) * (1.0 + 0.5 * np.sin(2 * np.pi * np.arange(frames) / frames))
    sound *= 10 ** (rms_dbfs / 20) / np.sqrt(np.mean(sound**2))
    pause = np.zeros((channels, round(silent_seconds * rate_hz)))
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = np.concatenate([pause, np.clip(sound, -0.99, 0.99), pause], axis=1)
    soundfile.write(path, whole.T, rate_hz, subtype="PCM_24")
    return path


def write_album(folder: Path) -> Path:
    """Three tracks: quiet, loud and bright, one with a name in Cyrillic."""
    for name, (rms_dbfs, tilt_db) in ALBUM.items():
        write_track(folder / f"{name}.wav", rms_dbfs=rms_dbfs, tilt_db=tilt_db)
    return folder


def visible(folder: Path) -> dict[str, bytes]:
    """Every file of some results and what is in it, without projects and what is hidden."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") or part in ("project", "projects") for part in path.relative_to(folder).parts)
    }
