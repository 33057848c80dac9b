"""A synthetic singer whose pitch, notes and shifted twin are known exactly, and noise to put under anything.

A harmonic tone with a glottal roll-off goes through five formants; it glides from note to note, shakes, drifts,
trembles a little, breathes and has consonants. Because harmonics are weighed by the formants' response at the frequency
they have, the same song can be sung any number of semitones higher through the same formants: what a perfect pitch
shifter would give.

Conventions: mono float32 (1, frames), the sung parts about 0.1 RMS; equal seeds give equal singing; the twin of a
seed differs in its pitch and nothing else.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.signal

Reals = npt.NDArray[np.float64]
Samples = npt.NDArray[np.float32]

RANGES = {"male": (45, 62), "female": (57, 77)}
HEAD = {"male": 1.0, "female": 1.17}
"""How much higher the formants lie."""

FORMANTS_HZ = {
    "ah": (760, 1180, 2640, 3350, 4300),
    "eh": (520, 1780, 2550, 3450, 4300),
    "ee": (310, 2150, 2900, 3500, 4400),
    "oh": (480, 860, 2600, 3300, 4200),
    "oo": (340, 740, 2450, 3250, 4150),
}
WIDTHS_HZ = (75, 95, 130, 170, 220)
CONTROL_HZ = 250
HIGHEST_HZ = 9_000.0
SOURCE_SLOPE = 1.4
LENGTHS_SECONDS = (0.18, 0.3, 0.5, 0.8, 1.4)
GAPS_SECONDS = (0.0, 0.0, 0.08, 0.2)
STEADY_CENTS, WANDER_CENTS, OFF_CENTS = 2.0, 12.0, 25.0
CONSONANT_HZ = (3_000.0, 8_500.0)


@dataclass(frozen=True, slots=True)
class TrueNote:
    """A note as it was sung: its pitch is where its middle lies, off as it may be from the ``written`` one."""

    start_seconds: float
    end_seconds: float
    written: int
    pitch: float
    vibrato_cents: float
    vibrato_hz: float


@dataclass(frozen=True, slots=True, eq=False)
class Singing:
    """The sound and the truth about it: ``hz`` is the pitch at every frame, 0 where nothing is sung."""

    samples: Samples
    rate_hz: int
    hz: Reals
    notes: tuple[TrueNote, ...]


def sing(
    seed: int, seconds: float, *, voice: str = "male", rate_hz: int = 44_100, shift_semitones: float = 0.0
) -> Singing:
    """A made-up song, sung.

    Parameters
    ----------
    seed : int
    seconds : float
    voice : str
        male or female.
    rate_hz : int
    shift_semitones : float
        how much higher all of it is sung, through the same formants.
    """
    rng = np.random.default_rng(seed)
    notes = melody(rng, seconds, *RANGES[voice])
    frames = round(seconds * rate_hz)
    pitches, level, vowels = contours(notes, frames, rate_hz, rng)
    hz = np.where(level > 0, 440.0 * 2.0 ** ((pitches + shift_semitones - 69.0) / 12.0), 0.0)
    # subtle: noise is drawn at one fixed place in the seed's stream, so that twins breathe alike.
    breath = rng.standard_normal(frames)
    gaps = rng.standard_normal(frames)
    tone = voiced(hz, level, vowels, rate_hz, HEAD[voice])
    sung_rms = float(np.sqrt(np.mean(tone[hz > 0] ** 2)))
    aired = 0.006 * scipy.signal.lfilter([1.0], [1.0, -0.5], breath) * level
    nyquist_hz = 0.5 * rate_hz
    band = [min(edge, 0.9 * nyquist_hz) / nyquist_hz for edge in CONSONANT_HZ]
    hiss = scipy.signal.sosfilt(scipy.signal.butter(2, [min(band[0], 0.6), band[1]], "band", output="sos"), gaps)
    between = smooth(((level == 0) & has_gap(notes, frames, rate_hz)).astype(float), 0.01, rate_hz)
    sound = 0.1 * tone / max(sung_rms, 1e-9) + 0.1 * aired + 0.012 * hiss * between
    return Singing(sound.astype(np.float32)[None, :], rate_hz, hz, notes)


def melody(rng: np.random.Generator, seconds: float, low: int, high: int) -> tuple[TrueNote, ...]:
    """Notes by a random walk, now and then one twice."""
    notes: list[TrueNote] = []
    at, pitch = 0.2, int(rng.integers(low + 3, high - 3))
    while at < seconds - 0.6:
        length, gap = float(rng.choice(LENGTHS_SECONDS)), float(rng.choice(GAPS_SECONDS))
        pitch = int(np.clip(pitch + rng.integers(-5, 6), low, high))
        shaken = length >= 0.5
        depth, rate = float(rng.uniform(20, 90)), float(rng.uniform(4.5, 6.8))
        off = float(rng.normal(0, OFF_CENTS))
        end = min(at + length, seconds - 0.1)
        notes.append(TrueNote(at, end, pitch, pitch + off / 100, depth * shaken, rate * shaken))
        at = end + gap
    return tuple(notes)


def contours(
    notes: tuple[TrueNote, ...], frames: int, rate_hz: int, rng: np.random.Generator
) -> tuple[Reals, Reals, npt.NDArray[np.int64]]:
    """Pitch, level and vowel at every frame."""
    pitches, level, vowels = np.full(frames, 60.0), np.zeros(frames), np.zeros(frames, np.int64)
    last_pitch, last_end = None, -1.0
    for note in notes:
        first, last = (min(frames, round(at * rate_hz)) for at in (note.start_seconds, note.end_seconds))
        clock = np.arange(last - first) / rate_hz
        length = note.end_seconds - note.start_seconds
        grown = np.clip((clock - 0.2) / 0.2, 0, 1) * note.vibrato_cents / 100
        curve = note.pitch + grown * np.sin(2 * np.pi * note.vibrato_hz * clock + rng.uniform(0, 6))
        curve += rng.normal(0, 1) * WANDER_CENTS / 100 * (clock / length - 0.5)
        glide, scoop = rng.uniform(0.03, 0.12), rng.uniform(0.5, 2.0)
        tied = last_pitch is not None and note.start_seconds - last_end < 0.01
        away = (last_pitch - curve[0]) if tied and last_pitch is not None else -scoop
        curve += away * np.exp(-clock / glide * 3)
        pitches[first:last], vowels[first:last] = curve, rng.integers(len(FORMANTS_HZ))
        loud = 10 ** (rng.uniform(-6, 0) / 20)
        dip = 0.15 if tied else 0.0
        rise = np.clip(clock / 0.03, 0, 1) * (1 - dip) + dip
        fall = np.clip((length - clock) / 0.05, 0, 1) * 0.85 + 0.15
        level[first:last] = loud * np.maximum(rise * fall, 0.02)
        last_pitch, last_end = float(curve[-1]), note.end_seconds
    tremble = scipy.signal.lfilter([1], [1, -np.exp(-2 * np.pi * 8 / rate_hz)], rng.standard_normal(frames))
    pitches += STEADY_CENTS / 100 * tremble / np.std(tremble)
    return pitches, level, vowels


def voiced(hz: Reals, level: Reals, vowels: npt.NDArray[np.int64], rate_hz: int, head: float) -> Reals:
    """The harmonics, each as strong and as late as source and formants make it at its frequency."""
    safe = np.where(hz > 0, hz, 100.0)
    stride = max(1, rate_hz // CONTROL_HZ)
    marks = np.arange(0, len(hz) + stride, stride)
    at = np.minimum(marks, len(hz) - 1)
    weights = np.array(
        [smooth((vowels == index).astype(float), 0.03, rate_hz)[at] for index in range(len(FORMANTS_HZ))]
    )
    turn = np.exp(2j * np.pi * np.cumsum(safe / rate_hz))
    harmonic, sound, frames = np.ones(len(hz), complex), np.zeros(len(hz)), np.arange(len(hz))
    highest = min(HIGHEST_HZ, 0.45 * rate_hz)
    for number in range(1, int(highest / float(safe[hz > 0].min())) + 1 if (hz > 0).any() else 1):
        harmonic = harmonic * turn
        if number % 16 == 0:
            harmonic /= np.abs(harmonic)
        there = number * safe[at]
        fade = np.clip((highest - there) / 500.0, 0.0, 1.0)
        gain = (
            fade
            * number**-SOURCE_SLOPE
            * sum(
                weight * response(there, [head * f for f in formants])
                for weight, formants in zip(weights, FORMANTS_HZ.values(), strict=True)
            )
        )
        real, imag = (np.interp(frames, marks, part) for part in (gain.real, gain.imag))
        sound += real * harmonic.real - imag * harmonic.imag
    return sound * smooth(level, 0.004, rate_hz)


def response(hz: Reals, formants_hz: list[float]) -> npt.NDArray[np.complex128]:
    """What five resonances after one another do to a frequency; 1 at 0 Hz."""
    passed = np.ones(len(hz), complex)
    for centre, width in zip(formants_hz, WIDTHS_HZ, strict=True):
        pole = -np.pi * width + 2j * np.pi * centre
        passed *= (pole * pole.conjugate()) / ((2j * np.pi * hz - pole) * (2j * np.pi * hz - pole.conjugate()))
    return passed


def has_gap(notes: tuple[TrueNote, ...], frames: int, rate_hz: int) -> npt.NDArray[np.bool_]:
    """Where consonants are: in the short breaks between notes."""
    inside = np.zeros(frames, bool)
    for one, other in itertools.pairwise(notes):
        if other.start_seconds - one.end_seconds > 0.05:
            inside[round(one.end_seconds * rate_hz) : round(other.start_seconds * rate_hz)] = True
    return inside


def smooth(values: Reals, seconds: float, rate_hz: int) -> Reals:
    """Rounded over about so long."""
    sos = scipy.signal.butter(1, min(0.9, 0.5 / seconds / (rate_hz / 2)), output="sos")
    rounded: Reals = scipy.signal.sosfiltfilt(sos, values)
    return np.clip(rounded, 0.0, None)


def pink_noise(frames: int, seed: int) -> Reals:
    """Noise of equal power in each octave, RMS 1."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(frames))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0))
    noise = np.fft.irfft(spectrum, frames)
    return np.asarray(noise / max(float(np.std(noise)), 1e-12))


def with_noise(samples: Samples, snr_db: float, seed: int = 7) -> Samples:
    """The same with pink noise that lies so far below the RMS of all of it."""
    power = float(np.mean(samples.astype(np.float64) ** 2))
    noise = np.sqrt(power) * 10 ** (-snr_db / 20) * pink_noise(samples.shape[1], seed)
    return (samples + noise).astype(np.float32)
