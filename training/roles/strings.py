"""Plucked strings of our own: guitars, basses, clavinets, each with other string, pick, pickup and body.

How it works: a delay loop per note with a damping filter (Karplus and Strong), excited by a pick at some place along
the string, heard by a pickup at another; overlapping notes add up.

References: D. Jaffe and J. Smith, Extensions of the Karplus-Strong plucked-string algorithm, CMJ 7 (1983).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.signal

from bandmate.sound.kernel import kernel
from training.roles.works import Note

RATE_HZ = 48_000
Signal = np.ndarray


@kernel
def pluck(out: Signal, ring: Signal, period: float, feedback: float, damping: float, frames: int) -> None:
    """Let a string that holds ``ring`` sound into ``out``."""
    length = len(ring)
    share = period - length
    coefficient = (1.0 - share) / (1.0 + share)
    place, last_low, last_in, last_out = 0, 0.0, 0.0, 0.0
    for i in range(min(frames, len(out))):
        fresh = ring[place]
        out[i] += fresh
        low = (1.0 - damping) * fresh + damping * last_low
        last_low = low
        tuned = coefficient * low + last_in - coefficient * last_out
        last_in, last_out = low, tuned
        ring[place] = feedback * tuned
        place = place + 1 if place + 1 < length else 0


@dataclass(frozen=True, slots=True)
class Instrument:
    """A string instrument's settings."""

    decay_seconds: float
    damping: float
    pick_hz: float
    pick_place: float
    pickup_place: float
    noise: float
    body_hz: tuple[float, ...]


def instrument(rng: np.random.Generator, kind: str) -> Instrument:
    """An instrument of a kind: ``bass``, ``electric``, ``acoustic``, ``nylon`` or ``clav``."""
    ranges = {
        "bass": ((1.2, 7.0), (0.25, 0.8), (400, 3500)),
        "electric": ((1.5, 6.0), (0.1, 0.5), (1800, 9000)),
        "acoustic": ((1.0, 4.0), (0.05, 0.35), (2500, 12_000)),
        "nylon": ((0.6, 2.5), (0.3, 0.6), (1200, 5000)),
        "clav": ((0.4, 2.0), (0.05, 0.3), (3000, 10_000)),
    }[kind]
    body = tuple(float(rng.uniform(80, 900)) for _ in range(4)) if kind in ("acoustic", "nylon") else ()
    return Instrument(
        decay_seconds=float(rng.uniform(*ranges[0])),
        damping=float(rng.uniform(*ranges[1])),
        pick_hz=float(np.exp(rng.uniform(*np.log(ranges[2])))),
        pick_place=float(rng.uniform(0.06, 0.3)),
        pickup_place=float(rng.uniform(0.05, 0.28)),
        noise=float(rng.uniform(0.0, 0.6)),
        body_hz=body,
    )


def plucked(
    rng: np.random.Generator, made: Instrument, notes: list[Note], seconds: float, *, muted: float = 0.0
) -> Signal:
    """The notes on that instrument; ``muted`` is the share of notes that are damped by the palm."""
    frames = round(seconds * RATE_HZ)
    out = np.zeros(frames + RATE_HZ, np.float64)
    for note in notes:
        hz = 440.0 * 2 ** ((note.pitch - 69 + float(rng.normal(0, 0.04))) / 12)
        start = round(note.start * RATE_HZ)
        if start >= frames:
            continue
        damping = made.damping
        palm = rng.random() < muted
        decay = 0.12 if palm else made.decay_seconds * (220.0 / hz) ** 0.4
        period = RATE_HZ / hz - damping / (1 - damping + 1e-9) * 0.5 - 0.5
        length = max(2, int(period - 0.3))
        ring = excitation(rng, made, length, note.velocity, palm=palm)
        voice = np.zeros(min(round((note.length + 0.25) * RATE_HZ), len(out) - start))
        feedback = 10 ** (-3.0 / (hz * decay))
        pluck(voice, ring, float(period), float(feedback), float(damping if not palm else 0.75), len(voice))
        off = round(note.length * RATE_HZ)
        if off < len(voice):
            voice[off:] *= np.exp(-np.arange(len(voice) - off) / (0.02 * RATE_HZ))
        out[start : start + len(voice)] += voice * (note.velocity / 110.0)
    out = out[:frames]
    for hz in made.body_hz:
        b, a = scipy.signal.iirpeak(hz, 4.0, fs=RATE_HZ)
        out = out + 1.2 * scipy.signal.lfilter(b, a, out)
    return np.asarray(out / max(1e-9, np.abs(out).max()), np.float32)


def excitation(rng: np.random.Generator, made: Instrument, length: int, velocity: int, *, palm: bool) -> Signal:
    """The string's shape at the pluck, filtered by pick, pick place and pickup place."""
    place = max(1, int(made.pick_place * length))
    shape = np.where(
        np.arange(length) < place, np.arange(length) / place, (length - np.arange(length)) / (length - place)
    )
    wave = np.diff(np.append(shape, shape[0])) * length / 40 + made.noise * 0.3 * rng.standard_normal(length)
    wave -= wave.mean()
    for share in (made.pickup_place,):
        wave = wave - np.roll(wave, max(1, int(share * length)))
    cutoff = min(0.45 * RATE_HZ, made.pick_hz * (velocity / 90.0) * (0.5 if palm else 1.0))
    pole = np.exp(-2 * np.pi * cutoff / RATE_HZ)
    wave = scipy.signal.lfilter([1 - pole], [1, -pole], np.concatenate([wave, wave]))[length:]
    return np.ascontiguousarray(wave)
