"""What happens to a track on its way to a mix: amplifiers, rooms, codecs, bleed, noise, compressors, equalizers.

Conventions: mono float32 at 48 kHz in and out; every effect is drawn from the generator. Rooms and compressors are
Bandmate's own devices.
"""

from __future__ import annotations

import numpy as np
import scipy.signal

from bandmate.song.devices import Compressor, Reverb
from bandmate.sound.dynamics import CompressorProcessor
from bandmate.sound.space import ReverbProcessor

RATE_HZ = 48_000
Signal = np.ndarray
Rng = np.random.Generator


def filtered(sound: Signal, kind: str, hz: float | list[float], order: int = 2) -> Signal:
    return scipy.signal.sosfilt(scipy.signal.butter(order, hz, kind, fs=RATE_HZ, output="sos"), sound)


def peak(sound: Signal) -> Signal:
    return np.asarray(sound / max(1e-9, float(np.abs(sound).max())), np.float32)


def amplified(rng: Rng, sound: Signal, drive_db: float) -> Signal:
    """A guitar amplifier: tone, gain, tubes that clip unevenly, a loudspeaker in a cabinet."""
    lean = filtered(sound, "high", float(rng.uniform(60, 400)), 1)
    lean = peak(lean).astype(np.float64)
    loud = lean * 10 ** (drive_db / 20)
    over = scipy.signal.resample_poly(loud, 2, 1)
    bias = float(rng.uniform(0, 0.35))
    clipped = np.tanh(over + bias) - np.tanh(bias)
    if rng.random() < 0.4:
        clipped = np.clip(1.6 * clipped, -0.9, 1.0)
    out = scipy.signal.resample_poly(clipped, 1, 2)[: len(sound)]
    out = filtered(out, "low", float(rng.uniform(3200, 6500)), int(rng.choice([2, 4])))
    out = filtered(out, "high", float(rng.uniform(60, 130)), 2)
    for _ in range(int(rng.integers(2, 5))):
        out = bell(
            out,
            float(np.exp(rng.uniform(np.log(120), np.log(4500)))),
            float(rng.uniform(-7, 7)),
            float(rng.uniform(0.7, 3)),
        )
    return peak(out)


def bell(sound: Signal, hz: float, gain_db: float, quality: float) -> Signal:
    a, w = 10 ** (gain_db / 40), 2 * np.pi * hz / RATE_HZ
    alpha = np.sin(w) / (2 * quality)
    b = [1 + alpha * a, -2 * np.cos(w), 1 - alpha * a]
    return scipy.signal.lfilter(b, [1 + alpha / a, -2 * np.cos(w), 1 - alpha / a], sound)


def wah(rng: Rng, sound: Signal) -> Signal:
    """A filter that opens and closes with a foot or with the playing."""
    clock = np.arange(len(sound)) / RATE_HZ
    place = 0.5 + 0.5 * np.sin(2 * np.pi * float(rng.uniform(0.3, 4)) * clock + rng.uniform(0, 6))
    corners = (450, 800, 1400, 2200)
    parts = [scipy.signal.lfilter(*scipy.signal.iirpeak(hz, 3.0, fs=RATE_HZ), sound) for hz in corners]
    where = place * (len(parts) - 1)
    return peak(sum(part * np.clip(1 - np.abs(where - k), 0, 1) for k, part in enumerate(parts)) + 0.15 * sound)


def chorused(rng: Rng, sound: Signal) -> Signal:
    clock = np.arange(len(sound))
    depth, speed = float(rng.uniform(30, 250)), float(rng.uniform(0.2, 3))
    place = clock - 400 - depth * np.sin(2 * np.pi * speed * clock / RATE_HZ)
    return peak(sound + float(rng.uniform(0.3, 0.9)) * np.interp(place, clock, sound, left=0.0))


def echoed(rng: Rng, sound: Signal) -> Signal:
    """A delay whose echoes get darker, as on solos, voices and synthesizers."""
    step, level = round(float(rng.uniform(0.09, 0.55)) * RATE_HZ), float(rng.uniform(0.12, 0.5))
    out, echo = sound.astype(np.float64), np.asarray(sound, np.float64)
    for _ in range(3):
        if step >= len(sound):
            break
        echo = level * filtered(np.concatenate([np.zeros(step), echo[:-step]]), "low", 4500.0, 1)
        out = out + echo
    return peak(out)


def compressed(rng: Rng, sound: Signal) -> Signal:
    device = Compressor(
        id="made",
        threshold_dbfs=float(rng.uniform(-35, -12)),
        ratio=float(rng.uniform(1.5, 8)),
        attack_ms=float(rng.uniform(1, 40)),
        release_ms=float(rng.uniform(40, 300)),
    )
    return peak(CompressorProcessor(device, rate_hz=RATE_HZ, channels=1).process(peak(sound)[None])[0])


def in_a_room(rng: Rng, sound: Signal, *, much: bool) -> Signal:
    device = Reverb(
        id="made",
        decay_seconds=float(np.exp(rng.uniform(np.log(0.25), np.log(3.5 if much else 1.2)))),
        predelay_ms=float(rng.uniform(0, 40)),
        damping_hz=float(rng.uniform(2000, 10_000)),
        wet=float(rng.uniform(0.05, 0.45 if much else 0.2)),
    )
    return peak(
        ReverbProcessor(device, rate_hz=RATE_HZ, channels=1).process(np.ascontiguousarray(sound[None], np.float32))[0]
    )


LOW_ROLES = ("bass", "kick", "toms", "drums")
DARKEST_HZ = {"bass": 180.0, "kick": 400.0, "toms": 500.0, "hats": 6000.0, "cymbals": 5000.0}


def toned(rng: Rng, sound: Signal) -> Signal:
    """A tilt and a few bells, as recordings and engineers make them."""
    tilt = float(rng.normal(0, 2.0))
    out = bell(sound, 150.0, -tilt * 1.5, 0.4)
    out = bell(out, 6000.0, tilt * 1.5, 0.4)
    for _ in range(int(rng.integers(0, 4))):
        hz = float(np.exp(rng.uniform(np.log(60), np.log(12_000))))
        out = bell(out, hz, float(rng.normal(0, 4)), float(rng.uniform(0.5, 3)))
    if rng.random() < 0.25:
        out = filtered(out, "high", float(rng.uniform(25, 120)))
    return out


def toned_hard(rng: Rng, role: str, sound: Signal) -> Signal:
    """As ``toned``, but farther than engineers go: passes that take away half of a sound. Only for teaching."""
    tilt = float(rng.normal(0, 3.0))
    out = bell(sound, 150.0, -tilt * 1.5, 0.4)
    out = bell(out, 6000.0, tilt * 1.5, 0.4)
    for _ in range(int(rng.integers(0, 5))):
        hz = float(np.exp(rng.uniform(np.log(60), np.log(12_000))))
        out = bell(out, hz, float(np.clip(rng.normal(0, 5), -15, 12)), float(rng.uniform(0.5, 3)))
    if rng.random() < 0.45:
        highest = 110.0 if role in LOW_ROLES else 450.0
        out = filtered(out, "high", float(np.exp(rng.uniform(np.log(30), np.log(highest)))), int(rng.integers(1, 5)))
    if rng.random() < (0.45 if role == "bass" else 0.3):
        darkest = DARKEST_HZ.get(role, 1300.0)
        out = filtered(out, "low", float(np.exp(rng.uniform(np.log(darkest), np.log(10_000)))), int(rng.integers(1, 4)))
    return out


def coded(rng: Rng, sound: Signal) -> Signal:
    """The band limit of a lossy codec or of a low rate."""
    return filtered(sound, "low", float(rng.choice([7000, 10_000, 11_000, 15_000, 16_000, 18_000])), 8)


def noise_floor(rng: Rng, sound: Signal) -> Signal:
    noise = rng.standard_normal(len(sound))
    if rng.random() < 0.5:
        noise = filtered(noise, "low", float(rng.uniform(800, 6000)), 1)
    level = 10 ** (float(rng.uniform(-75, -42)) / 20)
    hum = 0.0
    if rng.random() < 0.25:
        clock = np.arange(len(sound)) / RATE_HZ
        hum = sum(np.sin(2 * np.pi * float(rng.choice([50, 60])) * k * clock) / k for k in (1, 2, 3, 4)) * level * 2
    return sound + level * noise / max(1e-9, noise.std()) + hum


ECHOED = ("lead-guitar", "lead-vox", "synth", "woodwind", "brass")
GUITARS = ("electric-guitar", "lead-guitar")
DRUMS = ("kick", "snare", "hats", "toms", "cymbals", "drums", "percussion")


def damaged(rng: Rng, role: str, sound: Signal, others: list[Signal], *, hard: bool) -> Signal:
    """A track as it may arrive.

    Parameters
    ----------
    role : str
        what it is; amplifiers are for guitars and basses, bleed is strongest in drum microphones.
    others : list of signals
        what may be heard in the background.
    hard : bool
        with equalizers beyond what is usual, so that a model learns not to lean on the spectrum alone.
    """
    out = peak(sound)
    if role not in (*GUITARS, "bass") and rng.random() < 0.06:
        out = np.tanh(float(rng.uniform(1, 6)) * out)
    if rng.random() < (0.85 if hard else 0.8):
        out = toned_hard(rng, role, out) if hard else toned(rng, out)
    if rng.random() < 0.45:
        out = compressed(rng, out)
    if hard and role not in DRUMS and rng.random() < (0.3 if role in ECHOED else 0.06):
        out = echoed(rng, peak(out))
    if rng.random() < 0.5:
        out = in_a_room(rng, peak(out), much=rng.random() < 0.35)
    if others and rng.random() < (0.6 if role in DRUMS else 0.3):
        out = with_bleed(rng, out, others, loudest_db=-14.0 if role in DRUMS else -20.0)
    if rng.random() < 0.35:
        out = coded(rng, out)
    if rng.random() < 0.5:
        out = noise_floor(rng, peak(out))
    if rng.random() < 0.1:
        out = np.clip(out, -0.6 * np.abs(out).max(), 0.6 * np.abs(out).max())
    return np.asarray(peak(out) * 10 ** (float(rng.uniform(-30, 0)) / 20), np.float32)


def with_bleed(rng: Rng, sound: Signal, others: list[Signal], *, loudest_db: float) -> Signal:
    other = others[int(rng.integers(len(others)))]
    bleed = np.resize(np.roll(other, int(rng.integers(len(other)))), len(sound)).astype(np.float64)
    bleed = filtered(bleed, "low", float(rng.uniform(1500, 12_000)), 1)
    level = 10 ** (float(rng.uniform(-38, loudest_db)) / 20)
    return sound + level * bleed * rms(sound) / max(1e-9, rms(bleed))


def rms(sound: Signal) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
