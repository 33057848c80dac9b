"""Notes as tokens: one compound token for a note, in the key of C, and what is known when each part of it is guessed.

A note is four symbols, guessed one after the other: how long after the note before it begins, how long it is, its pitch
above the tonic, and how loud. After the last note the first of them is ``END``. Every step also has a row of columns
(`COLUMNS`): the note before, where in the bar and the piece we are, and hints from the piece itself: what stood one,
two, four, eight and sixteen bars earlier, and what followed when the last three notes came for the last time. Columns
from ``NEXT_PLACE`` on are only known once the first symbol is.

Conventions: times are places, twelve to a quarter note, rounded to the table `TIMES` (exact up to a bar of 4/4, sixths
up to four, then bars). Pitches are moved by less than a tritone so that the tonic is C. A line longer than `LONGEST`
notes is cut into stretches of equal memory. A line is sorted by start, then from the highest pitch down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.sound.kernel import kernel

Rows = NDArray[np.int32]
Ints = NDArray[np.int64]

TIMES = np.array([*range(49), *range(54, 193, 6), *range(240, 769, 48)], np.int64)
END = len(TIMES)
DELTAS, LENGTHS, PITCHES, VELOCITIES = END + 1, END, 128, 8
SYMBOLS = (DELTAS, LENGTHS, PITCHES, VELOCITIES)
HEADS = ("delta", "length", "pitch", "velocity")
LONGEST = 512
BACK = (1, 2, 4, 8, 16)
"""Bars back that the hints look at."""

SUFFIX = 3
MATCH_SIZES = 8
MOST_PLACES, MOST_BARS, PHRASE = 96, 64, 8
METERS = ((48, 12), (36, 12), (24, 12), (36, 6), (54, 6), (72, 6), (48, 24), (60, 12), (42, 6), (30, 6), (72, 12))
"""Length of bar and beat in places; any other meter is one class more."""

COLUMNS: tuple[tuple[str, int], ...] = (
    ("last delta", DELTAS + 1),
    ("last length", LENGTHS + 1),
    ("last pitch", PITCHES + 1),
    ("last velocity", VELOCITIES + 1),
    ("place", MOST_PLACES),
    ("meter", len(METERS) + 1),
    ("bar", MOST_BARS),
    ("mode", 7),
    *((f"delta {back} bars back", DELTAS + 1) for back in BACK),
    ("match delta", DELTAS + 1),
    ("match length", MATCH_SIZES),
    ("next place", MOST_PLACES),
    ("next bar of 8", PHRASE),
    *((f"pitch {back} bars back", PITCHES + 1) for back in BACK),
    *((f"length {back} bars back", LENGTHS + 1) for back in BACK),
    ("match pitch", PITCHES + 1),
    ("match note length", LENGTHS + 1),
    ("delta", DELTAS),
)
"""Name of each column and how many values it has; the last value of a note's part stands for "none"."""

NAMES = tuple(name for name, _ in COLUMNS)
BEFORE = NAMES.index("next place")
"""Columns before this one are known before the first symbol is."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A stretch of notes as tokens.

    Attributes
    ----------
    symbols : array, shape (notes + 1, 4)
        delta, length, pitch, velocity; the last row is ``END`` and zeros.
    columns : array, shape (notes + 1, len(COLUMNS))
        what is known at each step.
    """

    symbols: Ints
    columns: Ints

    def __len__(self) -> int:
        """Notes, without the end."""
        return len(self.symbols) - 1


def time_symbols(places: Ints) -> Ints:
    """The nearest symbol of `TIMES` for each length of time; of two equally near, the shorter."""
    places = np.clip(places, 0, TIMES[-1])
    above = np.searchsorted(TIMES, places)
    below = np.maximum(above - 1, 0)
    found: Ints = np.where(TIMES[above] - places < places - TIMES[below], above, below)
    return found


def key_shift(tonic: int) -> int:
    """Half steps that bring a key's tonic to C, at most a tritone either way."""
    return -tonic if tonic <= 6 else 12 - tonic


def stretches(notes: Rows) -> Iterator[Rows]:
    """Lines of at most `LONGEST` notes, all about equally long."""
    parts = -(-len(notes) // LONGEST)
    for part in range(parts):
        yield notes[part * len(notes) // parts : (part + 1) * len(notes) // parts]


def line_of(notes: Rows, meters: Rows, tonic: int, mode: int) -> Line:
    """The tokens of one stretch.

    Parameters
    ----------
    notes : array, shape (notes, at least 4)
        start, length (places), pitch, velocity, sorted.
    meters : array, shape (changes, 3)
        place from which on, length of a bar and of a beat.
    """
    count = len(notes)
    starts, lengths = notes[:, 0].astype(np.int64), notes[:, 1].astype(np.int64)
    pitch = np.clip(notes[:, 2].astype(np.int64) + key_shift(tonic), 0, PITCHES - 1)
    bars, places, bar_lengths, kinds = where_in_bars(starts, meters)
    first = starts[0] - places[0] if count else 0
    deltas = time_symbols(np.diff(starts, prepend=first)) if count else np.zeros(0, np.int64)
    symbols = np.zeros((count + 1, 4), np.int64)
    symbols[:count, 0], symbols[count, 0] = deltas, END
    symbols[:count, 1] = np.maximum(1, time_symbols(lengths))
    symbols[:count, 2] = pitch
    symbols[:count, 3] = np.clip((notes[:, 3].astype(np.int64) - 1) // 16, 0, VELOCITIES - 1)
    columns = np.empty((count + 1, len(COLUMNS)), np.int64)
    here = np.stack([bars - (bars[0] if count else 0), places % MOST_PLACES, bar_lengths, kinds], axis=1)
    back = np.array(BACK, np.int64)
    fill_columns(symbols, starts, here.astype(np.int64), back, mode, columns)
    return Line(symbols, columns)


def where_in_bars(starts: Ints, meters: Rows) -> tuple[Ints, ...]:
    """Bar from 0, place in it, length of the bar and kind of meter, for each start."""
    begins, bar, beat = (meters[:, column].astype(np.int64) for column in range(3))
    step = np.maximum(0, np.searchsorted(begins, starts, side="right") - 1)
    whole = -(-np.diff(begins) // bar[:-1])
    before = np.concatenate([[0], np.cumsum(whole)])
    into = starts - begins[step]
    known = {meter: number for number, meter in enumerate(METERS)}
    kinds = np.array([known.get((int(a), int(b)), len(METERS)) for a, b in zip(bar, beat, strict=True)], np.int64)
    return before[step] + into // bar[step], into % bar[step], bar[step], kinds[step]


@kernel
def fill_columns(symbols: Ints, starts: Ints, here: Ints, back: Ints, mode: int, columns: Ints) -> None:
    """What is known at every step; ``here``: bar, place, length of the bar and meter of every note."""
    match = -1
    size = 0
    for step in range(len(symbols)):
        row = columns[step]
        match, size = next_match(symbols, step, match, size)
        before_delta(symbols, starts, here, back, step, row)
        row[7] = mode
        many = len(back)
        row[8 + many] = symbols[match, 0] if match >= 0 else DELTAS
        row[9 + many] = min(MATCH_SIZES - 1, size)
        after_delta(symbols, starts, here, back, step, row)
        at = 12 + 3 * many
        row[at] = symbols[match, 2] if match >= 0 else PITCHES
        row[at + 1] = symbols[match, 1] if match >= 0 else LENGTHS
        row[at + 2] = symbols[step, 0]


@kernel
def before_delta(symbols: Ints, starts: Ints, here: Ints, back: Ints, step: int, row: Ints) -> None:
    """The columns about the note before and the deltas that stood some bars back."""
    if step == 0:
        row[0], row[1], row[2], row[3] = DELTAS, LENGTHS, PITCHES, VELOCITIES
        row[4], row[6] = 0, 0
        row[5] = here[0, 3] if len(here) else 0
        for number in range(len(back)):
            row[8 + number] = DELTAS
        return
    last = step - 1
    for part in range(4):
        row[part] = symbols[last, part]
    row[4], row[5], row[6] = here[last, 1], here[last, 3], min(here[last, 0], MOST_BARS - 1)
    for number in range(len(back)):
        found = last_at(starts, last, starts[last] - back[number] * here[last, 2])
        row[8 + number] = symbols[found + 1, 0] if 0 <= found < last else DELTAS


@kernel
def after_delta(symbols: Ints, starts: Ints, here: Ints, back: Ints, step: int, row: Ints) -> None:
    """The columns about the place of the note that is guessed, and what stood there some bars back."""
    many = len(back)
    is_end = step == len(starts)
    row[10 + many] = 0 if is_end else here[step, 1]
    row[11 + many] = 0 if is_end else here[step, 0] % PHRASE
    for number in range(many):
        found = -1
        if not is_end:
            found = first_at(starts, step, starts[step] - back[number] * here[step, 2])
            # subtle: in a chord the second note is hinted at by the second note back then, and so on.
            if found >= 0:
                found += step - first_at(starts, step + 1, starts[step])
                if found >= step or starts[found] != starts[step] - back[number] * here[step, 2]:
                    found = -1
        row[12 + many + number] = symbols[found, 2] if found >= 0 else PITCHES
        row[12 + 2 * many + number] = symbols[found, 1] if found >= 0 else LENGTHS


@kernel
def first_at(starts: Ints, end: int, wanted: int) -> int:
    """The first note before ``end`` that begins at ``wanted``; -1 for none."""
    low, high = 0, end
    while low < high:
        middle = (low + high) >> 1
        if starts[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < end and starts[low] == wanted else -1


@kernel
def last_at(starts: Ints, end: int, wanted: int) -> int:
    """The last note before ``end`` that begins at ``wanted``; -1 for none."""
    low, high = 0, end
    while low < high:
        middle = (low + high) >> 1
        if starts[middle] <= wanted:
            low = middle + 1
        else:
            high = middle
    return low - 1 if low > 0 and starts[low - 1] == wanted else -1


@kernel
def same_note(symbols: Ints, one: int, other: int) -> bool:
    return bool(symbols[one, 0] == symbols[other, 0] and symbols[one, 2] == symbols[other, 2])


@kernel
def next_match(symbols: Ints, step: int, match: int, size: int) -> tuple[int, int]:
    """Where the last notes came before: the step that followed, and how many notes agree; -1 and 0 for nowhere."""
    if match >= 0 and same_note(symbols, match, step - 1):
        return match + 1, size + 1
    for end in range(step - 2, SUFFIX - 2, -1):
        length = 0
        while length < SUFFIX and same_note(symbols, end - length, step - 1 - length):
            length += 1
        if length == SUFFIX:
            return end + 1, SUFFIX
    return -1, 0


def compile_kernels() -> None:
    """Compile the loops, or load them from the disk."""
    notes = np.array([[0, 12, 60, 96], [12, 12, 62, 96]], np.int32)
    line_of(notes, np.array([[0, 48, 12]], np.int32), 0, 0)
