"""Heard notes as written ones: what was sung or played, in ticks, as it was or on the grid.

Conventions: a note keeps the nearest semitone of the song's tuning; its velocity follows its level, the usual note of a
take at 88. On the grid beginnings and ends go to the nearest line, and a note is at least one line long; two notes
never begin on one line, the later (or longer) of them gives way to the next line or, where that is taken, is left out.

Not covered: chords, drums; choosing a tempo.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bandmate.song.notes import Note
from bandmate.song.time import TICKS_PER_QUARTER, TempoMap
from bandmate.sound.audio import Samples
from bandmate.sound.sung_notes import SungNote

USUAL_VELOCITY, VELOCITY_PER_DB, VELOCITY_RANGE = 88, 3.0, (24, 124)
LEAST_CONFIDENCE = 0.3
GRIDS = {"1/4": 4, "1/8": 8, "1/16": 16, "1/32": 32, "1/8t": 12, "1/16t": 24}
"""Lines to a whole note."""


def heard_notes(
    notes: Sequence[SungNote],
    samples: Samples,
    rate_hz: int,
    *,
    tempo: TempoMap,
    start_seconds: float = 0.0,
    reference_hz: float = 440.0,
    grid: str = "",
) -> tuple[Note, ...]:
    """Written notes from heard ones, counted from the start of the clip.

    Parameters
    ----------
    start_seconds : float
        where in the song the recording begins; what it has before the song is left out.
    reference_hz : float
        what A4 is: a take that was sung a quarter tone flat is written as it was meant.
    grid : str
        one of ``GRIDS``; empty leaves every note where it was.
    """
    offset = 12.0 * float(np.log2(reference_hz / 440.0))
    first = tempo.ticks_at(max(0.0, start_seconds))
    notes = [n for n in notes if n.confidence >= LEAST_CONFIDENCE and start_seconds + n.start_seconds >= 0]
    levels = [level_db(note, samples, rate_hz) for note in notes]
    usual = float(np.median(levels)) if levels else 0.0
    found: list[Note] = []
    for note, level in zip(notes, levels, strict=True):
        starts, ends = (tempo.ticks_at(start_seconds + at) - first for at in (note.start_seconds, note.end_seconds))
        velocity = round(USUAL_VELOCITY + VELOCITY_PER_DB * (level - usual))
        found.append(
            Note(
                id=f"n{len(found) + 1}",
                start_ticks=max(0, starts),
                length_ticks=max(1, ends - starts),
                pitch=int(np.clip(round(note.centre_pitch - offset), 0, 127)),
                velocity=int(np.clip(velocity, *VELOCITY_RANGE)),
            )
        )
    return on_grid(found, first, grid) if grid else tuple(found)


def on_grid(notes: Sequence[Note], first_ticks: int, grid: str) -> tuple[Note, ...]:
    """The notes at the nearest lines of the song's grid; ``first_ticks`` is where their clip begins in the song."""
    from msgspec.structs import replace

    line = 4 * TICKS_PER_QUARTER // GRIDS[grid]
    found: list[Note] = []
    taken = -1
    for note in notes:
        start = round((note.start_ticks + first_ticks) / line)
        end = max(start + 1, round((note.start_ticks + note.length_ticks + first_ticks) / line))
        if start <= taken:
            start = taken + 1
            if start >= end:
                continue
        taken = start
        begins = max(0, start * line - first_ticks)
        found.append(replace(note, start_ticks=begins, length_ticks=max(1, end * line - first_ticks - begins)))
    return tuple(found)


def level_db(note: SungNote, samples: Samples, rate_hz: int) -> float:
    """How loud a note is on average, dB of full scale."""
    first, last = (round(at * rate_hz) for at in (note.start_seconds, note.end_seconds))
    part = samples[:, first:last]
    power = float(np.mean(np.square(part, dtype=np.float64))) if part.size else 0.0
    return 10 * float(np.log10(max(power, 1e-12)))
