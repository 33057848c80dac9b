"""Banks played: a part through one preset of a sound set, bent a little so that no two players are alike."""

from __future__ import annotations

import numpy as np

from bandmate.render.soundset import GRID_FRAMES
from bandmate.render.synth import StepNote, synthesized
from training.roles.sound_sets import bank, cut
from training.roles.works import Note

RATE_HZ = 48_000
Signal = np.ndarray


def played(
    rng: np.random.Generator,
    set_name: str,
    program: int,
    notes: list[Note],
    seconds: float,
    *,
    bank_number: int = 0,
    is_drums: bool = False,
) -> Signal:
    """Mono sound, float32 (frames,), peak at most 1; the preset's colour moved by up to three semitones."""
    known = bank(set_name).presets
    if (bank_number, program) not in known:
        bank_number, program = (128, 0) if is_drums else (0, 0)
    colour = 0 if is_drums and rng.random() < 0.5 else int(rng.integers(-3, 4))
    bank_bytes = cut(set_name, bank_number, program, colour, 0, int(rng.choice([0, -600, 600])))
    steps = round(seconds * RATE_HZ / GRID_FRAMES)
    at = [
        StepNote(
            round(n.start * RATE_HZ / GRID_FRAMES),
            max(round((n.start + n.length) * RATE_HZ / GRID_FRAMES), round(n.start * RATE_HZ / GRID_FRAMES) + 2),
            n.pitch if is_drums else int(np.clip(n.pitch - colour, 0, 127)),
            n.velocity,
        )
        for n in notes
    ]
    found = synthesized(bank_bytes, at, steps=steps, is_drums=is_drums)
    mono = found.mean(axis=0)
    out = np.zeros(round(seconds * RATE_HZ), np.float32)
    count = min(len(out), len(mono))
    out[:count] = mono[:count]
    return out


def bent(rng: np.random.Generator, sound: Signal, *, vibrato_cents: float, slides: int) -> Signal:
    """A line with vibrato that comes and goes, and some bends: read at a rate that changes."""
    frames = len(sound)
    clock = np.arange(frames) / RATE_HZ
    depth = vibrato_cents * np.clip(np.sin(2 * np.pi * clock * rng.uniform(0.1, 0.6) + rng.uniform(0, 6)) + 0.3, 0, 1)
    cents = depth * np.sin(2 * np.pi * rng.uniform(4.5, 6.8) * clock + rng.uniform(0, 6))
    for _ in range(slides):
        start, length = rng.uniform(0, clock[-1]), rng.uniform(0.06, 0.3)
        cents += rng.choice([-200, -100, -100]) * np.clip(1 - np.abs(clock - start) / length, 0, 1)
    speed = 2 ** (cents / 1200)
    place = np.cumsum(speed) - speed[0]
    return np.interp(place, np.arange(frames), sound).astype(np.float32)
