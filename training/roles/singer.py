"""A singer of our own: real speech taken apart into throat and vocal tract, and put together on the notes of a melody.

How it works: the speech synthesizer Flite (its voices are cut from recordings of people) says words; linear prediction
in windows of 25 ms gives the tract, which is slowed down so that vowels last, and is driven by a glottal pulse train
with the melody's pitch, vibrato, slides, breath, and by noise where the speech was unvoiced. A part of the examples is
speech itself (rap, spoken word), and choirs are several singers with other pitches, timings and tract lengths.

References: B. Atal and S. Hanauer, Speech analysis and synthesis by linear prediction, JASA 50 (1971).
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.signal
import soundfile

from training.roles.sound_sets import Use
from training.roles.works import Note

RATE_HZ = 16_000
OUT_HZ = 48_000
ORDER = 18
STEP = 160
Signal = np.ndarray
VOICES = {"teach": ("awb", "kal16", "rms"), "judge": ("slt",)}
LYRICS = """
you and I will go down to the river again tonight my love is blue over every morning
rain away from here hold me now never leave the light alone we are falling slowly into fire
someone calls your name oh baby yeah where do all the lonely people run when summer turns to
gold and nothing stays the same for long believe dancing through shadows singing hallelujah stars above remember how
it feels to fly beneath an open sky
"""
WORDS = LYRICS.split()


@lru_cache(maxsize=64)
def spoken(voice: str, words: str) -> Signal:
    """The words, at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        if voice.startswith("espeak:"):
            subprocess.run(["espeak-ng", "-v", voice[7:], "-w", str(path), words], check=True, capture_output=True)
        else:
            subprocess.run(["flite", "-voice", voice, "-t", words, "-o", str(path)], check=True, capture_output=True)
        sound, rate_hz = soundfile.read(path, dtype="float64")
    return scipy.signal.resample_poly(sound, RATE_HZ, rate_hz) if rate_hz != RATE_HZ else sound


def some_words(rng: np.random.Generator, use: Use, count: int) -> tuple[str, Signal]:
    voice = str(rng.choice(VOICES[use]))
    first = int(rng.integers(0, 12)) * 5
    return voice, spoken(voice, " ".join((WORDS + WORDS)[first : first + count]))


@lru_cache(maxsize=128)
def tract(voice: str, first: bytes, pre: float = 0.95) -> tuple[Signal, Signal, Signal]:
    """Prediction coefficients (hops, ORDER), gains (hops,) and how voiced (hops,) of some speech."""
    sound = np.frombuffer(first)
    lifted = np.append(sound[0], sound[1:] - pre * sound[:-1])
    size = 400
    hops = max(1, (len(lifted) - size) // STEP)
    window = np.hamming(size)
    rows, gains, voiced = np.zeros((hops, ORDER)), np.zeros(hops), np.zeros(hops)
    for k in range(hops):
        part = lifted[k * STEP : k * STEP + size] * window
        auto = np.correlate(part, part, "full")[size - 1 : size + ORDER]
        if auto[0] < 1e-9:
            continue
        auto[0] *= 1.0005
        rows[k] = scipy.linalg.solve_toeplitz(auto[:-1], auto[1:])
        gains[k] = np.sqrt(max(auto[0] - rows[k] @ auto[1:], 0.0) / size)
        plain = sound[k * STEP : k * STEP + size]
        crossings = np.mean(np.diff(np.signbit(plain).astype(np.int8)) != 0)
        voiced[k] = float(crossings < 0.22) * float(auto[0] > 1e-6)
    return rows, gains, voiced


def sung(rng: np.random.Generator, use: Use, notes: list[Note], seconds: float) -> Signal:
    """The melody sung on words, float32 at 48 kHz."""
    voice, sound = some_words(rng, use, 8 + int(rng.integers(0, 8)))
    rows, gains, voiced = tract(voice, np.ascontiguousarray(sound).tobytes())
    frames = round(seconds * RATE_HZ)
    pitch, loud = pitch_curve(rng, notes, frames)
    throat = glottis(rng, pitch)
    hops = frames // STEP
    place = syllables(rng, notes, voiced, gains, hops)
    size = np.arange(STEP)
    state, out = np.zeros(ORDER), np.zeros(frames)
    breath = float(rng.uniform(0.01, 0.12))
    last = np.zeros(ORDER)
    smooth = float(rng.uniform(0.3, 0.7))
    level = np.median(gains[gains > 0]) if (gains > 0).any() else 1.0
    for k in range(hops):
        row = rows[place[k]]
        last = smooth * last + (1 - smooth) * row
        share = voiced[place[k]]
        at = k * STEP
        source = share * throat[at : at + STEP] + (breath * share + 0.35 * (1 - share)) * rng.standard_normal(len(size))
        gain = (gains[place[k]] / level) ** 0.5
        out[at : at + STEP], state = scipy.signal.lfilter(
            [gain],
            np.concatenate([[1.0], -(0.995 ** np.arange(1, ORDER + 1)) * last]),
            source * loud[at : at + STEP],
            zi=state,
        )
    out = scipy.signal.lfilter([1.0], [1.0, -float(rng.uniform(0.7, 0.93))], out)
    out = scipy.signal.sosfilt(scipy.signal.butter(2, 70, "high", fs=RATE_HZ, output="sos"), out)
    return airy(rng, np.clip(out, -1e3, 1e3))


def airy(rng: np.random.Generator, out: Signal) -> Signal:
    """At 48 kHz, with the breath and the sibilants above 8 kHz that speech at 16 kHz has lost."""
    wide = scipy.signal.resample_poly(out, OUT_HZ // RATE_HZ, 1)
    wide = wide / max(1e-9, np.abs(wide).max())
    high = scipy.signal.sosfilt(scipy.signal.butter(2, [4500, 7500], "band", fs=OUT_HZ, output="sos"), wide)
    follow = scipy.signal.sosfilt(scipy.signal.butter(1, 40, fs=OUT_HZ, output="sos"), np.abs(high))
    air = scipy.signal.sosfilt(
        scipy.signal.butter(2, [7000, 15_000], "band", fs=OUT_HZ, output="sos"), rng.standard_normal(len(wide))
    )
    return np.asarray(wide + float(rng.uniform(0.3, 1.6)) * np.maximum(follow, 0) * air, np.float32)


def pitch_curve(rng: np.random.Generator, notes: list[Note], frames: int) -> tuple[Signal, Signal]:
    """Hertz and loudness per frame: slides into notes, vibrato on long ones, drift."""
    cents, loud = np.full(frames, np.nan), np.zeros(frames)
    depth, rate_hz, late = rng.uniform(0, 80), rng.uniform(4.6, 6.6), rng.uniform(0.15, 0.5)
    slide, scoop = rng.uniform(0.02, 0.12), rng.uniform(0, 220)
    before = None
    for note in notes:
        start, end = round(note.start * RATE_HZ), min(frames, round((note.start + note.length) * RATE_HZ))
        if end - start < 200:
            continue
        clock = np.arange(end - start) / RATE_HZ
        curve = (
            note.pitch * 100.0
            + float(rng.normal(0, 18))
            + depth * np.clip((clock - late) / 0.25, 0, 1) * np.sin(2 * np.pi * rate_hz * clock)
        )
        away = (before - curve[0]) if before is not None else -scoop
        cents[start:end] = curve + away * np.exp(-clock / slide)
        edge = np.minimum(1, np.minimum(clock / 0.03, clock[::-1] / 0.05))
        loud[start:end] = edge * (note.velocity / 100.0) * (1 - 0.25 * clock / max(clock[-1], 1e-3))
        before = curve[-1]
    known = np.flatnonzero(~np.isnan(cents))
    cents = np.interp(np.arange(frames), known, cents[known]) if known.size else np.full(frames, 6000.0)
    wander = np.interp(
        np.arange(frames), np.arange(0, frames + 800, 800), np.cumsum(rng.normal(0, 2.5, frames // 800 + 2)) * 0.5
    )
    return 440.0 * 2 ** ((cents + wander - 6900) / 1200), loud


def glottis(rng: np.random.Generator, pitch_hz: Signal) -> Signal:
    """A pulse train: the derivative of a flow that opens slowly and closes quickly."""
    phase = np.cumsum(pitch_hz * (1 + 0.004 * rng.standard_normal(len(pitch_hz))) / RATE_HZ) % 1.0
    opened, closed = float(rng.uniform(0.35, 0.6)), float(rng.uniform(0.06, 0.2))
    flow = np.where(
        phase < opened,
        0.5 * (1 - np.cos(np.pi * phase / opened)),
        np.where(phase < opened + closed, np.cos(np.pi / 2 * (phase - opened) / closed), 0.0),
    )
    return np.diff(flow, prepend=0.0) * 6.0


def syllables(rng: np.random.Generator, notes: list[Note], voiced: Signal, gains: Signal, hops: int) -> np.ndarray:
    """Which hop of the speech is heard at each hop: vowels wait until the note ends, consonants go by."""
    place, found = 0.0, np.zeros(hops, int)
    starts = {round(note.start * RATE_HZ / STEP) for note in notes}
    slow = float(rng.uniform(0.08, 0.3))
    usual = np.median(gains)
    for k in range(hops):
        index = int(place) % len(voiced)
        vowel = voiced[index] > 0.5 and gains[index] > usual
        place += slow if vowel and k not in starts else 1.0
        if k in starts and vowel:
            place += 4.0
        found[k] = index
    return found


def rapped(rng: np.random.Generator, use: Use, seconds: float) -> Signal:
    """Plain speech, at some other speed and size of the head."""
    _, sound = some_words(rng, use, 40)
    size = float(rng.uniform(0.85, 1.15))
    count = int(len(sound) / size)
    moved = np.interp(np.arange(count) * size, np.arange(len(sound)), sound)
    frames = round(seconds * RATE_HZ)
    return airy(rng, np.tile(moved, 1 + frames // max(1, len(moved)))[:frames])


def choir(rng: np.random.Generator, use: Use, parts: list[list[Note]], seconds: float) -> Signal:
    """Several singers: a part each, or several on one."""
    total = np.zeros(round(seconds * OUT_HZ), np.float32)
    for notes in parts:
        late = float(rng.uniform(0, 0.04))
        heard = sung(rng, use, [Note(n.start + late, n.length, n.pitch, n.velocity) for n in notes], seconds)
        count = min(len(total), len(heard))
        total[:count] += heard[:count] * float(rng.uniform(0.6, 1.0))
    return total / max(1e-9, float(np.abs(total).max()))
