"""A work on the grid: its notes at 12 places to a quarter note, with meters and key, as learning reads it.

Conventions: a place is a twelfth of a quarter note (sixteenths and triplets both fall on it); notes are rows of
start, length, pitch, velocity and part, sorted by start, then from the highest pitch down. The rounding is to the
nearest place, and no note is shorter than one. Where a file names no key, the key is heard: the one whose profile
the lengths of the pitch classes correlate with best.

Not covered: tempo, microtiming, chord symbols.

References: C. L. Krumhansl, Cognitive Foundations of Musical Pitch, 1990, for the profiles of keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Mode
from bandmate.song.song import Song
from bandmate.song.time import meter_steps

PLACES_PER_QUARTER = 12
TICKS_PER_PLACE = 80
MODES: tuple[Mode, ...] = get_args(Mode)

MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

START, LENGTH, PITCH, VELOCITY, PART = range(5)

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class GridWork:
    """A work to learn from.

    Attributes
    ----------
    notes : array, shape (notes, 5)
        start, length (places), pitch, velocity, part; drums are left out.
    meters : array, shape (changes, 3)
        place from which on, length of a bar and of a beat, in places.
    tonic, mode : int
        pitch class, and number in ``MODES``.
    """

    id: str
    title: str
    corpus: str
    notes: Rows
    meters: Rows
    tonic: int
    mode: int

    def __len__(self) -> int:
        return len(self.notes)


def grid_work(song: Song, work_id: str, corpus: str) -> GridWork:
    """The notes of a song on the grid."""
    rows: list[tuple[int, int, int, int, int]] = []
    part = 0
    for track in song.tracks:
        clips = [clip for clip in track.clips if isinstance(clip, NoteClip) and not clip.instrument.is_drums]
        for clip in clips:
            at = clip.start_ticks
            rows += [
                (
                    nearest_place(at + note.start_ticks),
                    max(1, nearest_place(note.length_ticks)),
                    note.pitch,
                    note.velocity,
                    part,
                )
                for note in clip.notes
            ]
        part += bool(clips)
    notes = sorted_notes(np.array(rows, np.int32).reshape(-1, 5))
    meters = np.array(
        [
            (nearest_place(step.start_ticks), nearest_place(step.bar_ticks) or 1, nearest_place(step.beat_ticks) or 1)
            for step in meter_steps(song.meters)
        ],
        np.int32,
    )
    tonic, mode = (song.key.tonic, MODES.index(song.key.mode)) if song.key else heard_key(notes)
    return GridWork(work_id, song.title, corpus, notes, meters, tonic, mode)


def nearest_place(ticks: int) -> int:
    """A time in places, halves up."""
    return (2 * ticks + TICKS_PER_PLACE) // (2 * TICKS_PER_PLACE)


def sorted_notes(notes: Rows) -> Rows:
    """By start, then from the highest pitch down; of two notes of one part at one place and pitch the longer stays."""
    if not len(notes):
        return notes
    notes = notes[np.lexsort((-notes[:, LENGTH], notes[:, PART], -notes[:, PITCH], notes[:, START]))]
    same = (notes[1:, [START, PITCH, PART]] == notes[:-1, [START, PITCH, PART]]).all(axis=1)
    return np.ascontiguousarray(notes[np.concatenate(([True], ~same))])


def heard_key(notes: Rows) -> tuple[int, int]:
    """Tonic and mode that the notes speak for; C major where there are none."""
    lengths = np.bincount(notes[:, PITCH] % 12, weights=np.minimum(notes[:, LENGTH], 48), minlength=12)
    if not lengths.any():
        return 0, 0
    found = []
    for mode, profile in ((MODES.index("major"), MAJOR_PROFILE), (MODES.index("minor"), MINOR_PROFILE)):
        centred = np.array(profile) - np.mean(profile)
        scale = np.linalg.norm(centred)
        for tonic in range(12):
            found.append((float(np.roll(centred, tonic) @ lengths / scale), -tonic, mode))
    _, tonic, mode = max(found)
    return -tonic, mode


def lines_of(work: GridWork, parts: str = "each") -> list[Rows]:
    """The sequences of notes that one learns from: every part by itself (``each``), or all notes in one (``all``)."""
    if parts == "all":
        return [work.notes] if len(work.notes) else []
    return [work.notes[work.notes[:, PART] == part] for part in np.unique(work.notes[:, PART])]


def packed_work(work: GridWork) -> dict[str, Any]:
    """A work as it lies in a shard."""
    return {
        "id": work.id,
        "title": work.title,
        "corpus": work.corpus,
        "notes": work.notes.astype("<i4").tobytes(),
        "meters": work.meters.astype("<i4").tobytes(),
        "tonic": work.tonic,
        "mode": work.mode,
    }


def unpacked_work(row: dict[str, Any]) -> GridWork:
    """The work in a row of a shard."""
    notes = np.frombuffer(row["notes"], "<i4").reshape(-1, 5)
    meters = np.frombuffer(row["meters"], "<i4").reshape(-1, 3)
    return GridWork(row["id"], row["title"], row["corpus"], notes, meters, row["tonic"], row["mode"])


def note_count(works: Sequence[GridWork]) -> int:
    """Notes of several works."""
    return sum(len(work) for work in works)
