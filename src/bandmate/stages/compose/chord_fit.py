"""How well chords fit notes that already sound: which notes count, and what every chord is worth under them.

Conventions: worth goes from 1 (every note is a chord tone) down to -1.5 (every note rubs a half step above a chord
tone). Notes count by their length, those on a pulse twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bandmate.models.chord_steps import SYMBOLS
from bandmate.song.chord_tones import chord_classes
from bandmate.song.harmony import Chord
from bandmate.song.tracks import Role
from bandmate.stages.compose.chord_manner import symbol_tones
from bandmate.stages.compose.passage import Part, Passage, Tone

Reals = npt.NDArray[np.float64]

MELODIC: tuple[Role, ...] = ("lead-vox", "backing-vox", "lead-guitar", "woodwind", "brass")
IN_CHORD, RUB, BESIDE = 1.0, -1.5, -0.35
LOWEST_TUNE = 52
SHARE_OF_ONE_LINE = 0.15


def is_line(part: Part) -> bool:
    """Whether a part is one voice, and not a bass."""
    if not part.tones or part.is_drums or part.role == "bass":
        return False
    over = sum(
        later.start_ticks < earlier.end_ticks - 60 for earlier, later in zip(part.tones, part.tones[1:], strict=False)
    )
    mean = sum(tone.pitch for tone in part.tones) / len(part.tones)
    return over <= SHARE_OF_ONE_LINE * len(part.tones) and mean >= LOWEST_TUNE


def sounding(passage: Passage) -> tuple[Tone, ...]:
    """The notes in the bars that chords must go with: tunes; what accompanies them only where no chords are known."""
    pitched = [part for part in passage.parts if not part.is_drums]
    tunes = [part for part in pitched if part.role in MELODIC or is_line(part)]
    has_chords = any(passage.start_ticks <= chord.start_ticks < passage.end_ticks for chord in passage.chords)
    parts = tunes if tunes or has_chords else pitched
    return tuple(
        sorted(
            tone
            for part in parts
            for tone in part.tones
            if tone.start_ticks < passage.end_ticks and tone.end_ticks > passage.start_ticks
        )
    )


def heard(tones: Sequence[Tone], start: int, end: int, passage: Passage) -> Reals:
    """How much of each pitch class sounds from ``start`` to ``end`` (12,)."""
    out = np.zeros(12)
    for tone in tones:
        length = min(end, tone.end_ticks) - max(start, tone.start_ticks)
        if length > 0:
            bar = passage.bar_at(tone.start_ticks)
            is_strong = (tone.start_ticks - bar.start_ticks) % bar.pulse_ticks == 0
            out[tone.pitch % 12] += length * (2.0 if is_strong else 1.0)
    return out


@lru_cache(maxsize=1)
def templates() -> Reals:
    """What a pitch class above the tonic is worth in each symbol (120, 12)."""
    has = symbol_tones()
    rubs = np.roll(has, 1, axis=1) & ~has
    out: Reals = np.where(has, IN_CHORD, np.where(rubs, RUB, BESIDE))
    assert out.shape == (SYMBOLS, 12)
    return out


def worths(weights: Reals, tonic: int) -> Reals:
    """What every symbol is worth under notes (120,); zeros where nothing sounds."""
    total = weights.sum()
    if total <= 0:
        return np.zeros(SYMBOLS)
    out: Reals = templates() @ np.roll(weights, -tonic) / total
    return out


def in_chord_share(tones: Sequence[Tone], chords: Sequence[Chord]) -> float | None:
    """Share of the notes' time that they are tones of the chord under them; None where nothing sounds."""
    inside = total = 0
    for chord in chords:
        classes = chord_classes(chord)
        for tone in tones:
            end = min(tone.end_ticks, chord.start_ticks + chord.length_ticks)
            length = end - max(tone.start_ticks, chord.start_ticks)
            if length > 0:
                total += length
                inside += length * (tone.pitch % 12 in classes)
    return inside / total if total else None


def rubs(tones: Sequence[Tone], chord: Chord) -> bool:
    """Whether a note held for an eighth or longer lies a half step above a tone of the chord."""
    classes = chord_classes(chord)
    end = chord.start_ticks + chord.length_ticks
    for tone in tones:
        length = min(tone.end_ticks, end) - max(tone.start_ticks, chord.start_ticks)
        if length >= 480 and tone.pitch % 12 not in classes and (tone.pitch - 1) % 12 in classes:
            return True
    return False
