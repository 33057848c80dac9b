"""Small stems for the stages: made of tones and noise, each with the spectrum and the rhythm of what it stands for."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np

from bandmate.render.media import MemoryMedia
from bandmate.song.clips import AudioClip
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.sound.audio import Audio
from bandmate.stages.ears import Ears, Forgetful

RATE_HZ = 44_100
SECONDS = 12.0

Reals = np.ndarray

HEARD = Forgetful()
"""What was heard in earlier tests: a recording is named by its hash, so nothing is mixed up."""


def times() -> Reals:
    return np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ


def hits(every_seconds: float, decay_seconds: float, shift_seconds: float = 0.0) -> Reals:
    """A decaying envelope that begins anew at every beat."""
    phase = (times() + shift_seconds) % every_seconds
    return np.exp(-phase / decay_seconds)


@cache
def noise(seed: int, low_hz: float, high_hz: float) -> Reals:
    """Noise between two frequencies, peak about 1."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(len(times())))
    freqs = np.fft.rfftfreq(len(times()), 1 / RATE_HZ)
    spectrum[(freqs < low_hz) | (freqs > high_hz)] = 0
    found = np.fft.irfft(spectrum, len(times()))
    return found / np.abs(found).max()


def tone(freq_hz: float, harmonics: int = 6) -> Reals:
    """A note with overtones that fall by 6 dB per octave."""
    return sum(np.sin(2 * np.pi * freq_hz * k * times()) / k for k in range(1, harmonics + 1)) / 2


def phrases(on_seconds: float, off_seconds: float) -> Reals:
    """1 while playing, 0 in the pauses, with soft edges."""
    playing = (times() % (on_seconds + off_seconds)) < on_seconds
    return np.convolve(playing.astype(float), np.ones(441) / 441, mode="same")


def stems() -> dict[str, Reals]:
    """Seven stems of a small band in a sensible balance."""
    return dict(made_stems())


@cache
def made_stems() -> dict[str, Reals]:
    return {
        "Kick": 0.50 * hits(0.5, 0.09) * tone(55.0, 3) + 0.05 * hits(0.5, 0.01) * noise(1, 2000, 6000),
        "Snare": 0.30 * hits(1.0, 0.12, 0.5) * noise(2, 180, 8000),
        "Bass": 0.16 * tone(82.4, 5) * hits(0.5, 0.6),
        "Guitar": 0.09 * tone(220.0, 8) * hits(0.25, 0.3),
        "Keys": 0.09 * tone(330.0, 6) * hits(1.0, 0.8),
        "Pad": 0.035 * (tone(440.0, 4) + tone(554.4, 4)),
        "Lead Vox": 0.14 * tone(494.0, 12) * phrases(2.0, 1.0),
    }


def audio_of(samples: Reals) -> Audio:
    return Audio(np.atleast_2d(np.asarray(samples, np.float32)), RATE_HZ)


def band(recordings: dict[str, Reals]) -> tuple[Song, Ears]:
    """A song with one track for each recording, and ears for it."""
    tracks, media = [], {}
    for name, samples in recordings.items():
        audio = audio_of(samples)
        digest = hashlib.sha256(audio.samples.tobytes()).hexdigest()
        media[digest] = audio
        clip = AudioClip(id="clip-1", audio=digest, source_frames=audio.frames, source_rate_hz=RATE_HZ)
        tracks.append(Track(id=name.lower().replace(" ", "-"), name=name, clips=(clip,)))
    return Song(title="small band", rate_hz=RATE_HZ, tracks=tuple(tracks)), Ears(MemoryMedia(media), memory=HEARD)
