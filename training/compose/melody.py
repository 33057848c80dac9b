"""Trains the melody model: rhythm and pitch of dance tunes and of the songs of lead sheets.

``python -m training.compose.melody --date 2026-11-22 --out src/bandmate/data/models`` writes ``melody.npz`` with its
manifest, works and card; ``--check`` trains again and says whether the stated figures come out.

Conventions: tunes with their repeats played out; of several parts the first, of notes at once the highest. A bar
before the first bar line is no bar of the phrase. The bars count of a group are all settings of one title.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.learn.folds import Fold, plain_name
from bandmate.models.melody_features import PITCH_NAMES, RHYTHM_NAMES, rows_of_melody
from bandmate.models.melody_log import NONE, Ground, Ints
from bandmate.models.melody_state import GroundBar, events_of, ground_of
from bandmate.song.clips import NoteClip
from bandmate.song.song import Song
from training.compose.works import Work, folk_tunes


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A melody as events, and what it stands on."""

    work: Work
    group: str
    ground: Ground
    first_ticks: int
    events: Ints

    @property
    def notes(self) -> int:
        return int(np.count_nonzero(self.events[:, 2] != NONE))


def bars_of_song(song: Song, notes: Sequence[tuple[int, int, int]]) -> list[GroundBar]:
    """The bars under the notes."""
    end = max(start + length for start, length, _ in notes)
    pickup = int(notes[0][0] > 0)
    bars: list[GroundBar] = []
    while not bars or bars[-1].start_ticks + bars[-1].ticks < end:
        number = len(bars) + 1
        start = song.meters.ticks_at_bar(number)
        meter = song.meters.step_at(start)
        key = song.key_at_bar(number)
        tonic, mode = (key.tonic, key.mode) if key else (0, "major")
        bars.append(GroundBar(start, meter.numerator, meter.denominator, tonic, mode, (number - 1 - pickup) % 8))
    return bars


def folk_pieces() -> Iterator[Piece]:
    """The dance tunes of all folds."""
    for work in folk_tunes():
        song: Song = work.content
        notes = sorted(
            (clip.start_ticks + note.start_ticks, note.length_ticks, note.pitch)
            for track in song.tracks[:1]
            for clip in track.clips
            if isinstance(clip, NoteClip)
            for note in clip.notes
        )
        if len(notes) < 2:
            continue
        events, first = events_of(notes, 0)
        yield Piece(work, plain_name(work.title), ground_of(bars_of_song(song, notes)), first, events)


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Rows and symbols of all events and of all notes of some pieces, and the number of the piece of each."""

    rhythm_rows: Ints
    rhythms: Ints
    rhythm_pieces: Ints
    pitch_rows: Ints
    intervals: Ints
    pitch_pieces: Ints


def steps_of(pieces: Sequence[Piece]) -> Steps:
    """What the model is taught by."""
    events, notes = sum(len(one.events) for one in pieces), sum(one.notes for one in pieces)
    rhythm_rows, pitch_rows = (
        np.zeros((events, len(RHYTHM_NAMES)), np.int64),
        np.zeros((notes, len(PITCH_NAMES)), np.int64),
    )
    intervals, at, note = np.zeros(notes, np.int64), 0, 0
    for one in pieces:
        stop, last = at + len(one.events), note + one.notes
        rows_of_melody(
            one.events, one.ground, one.first_ticks, rhythm_rows[at:stop], pitch_rows[note:last], intervals[note:last]
        )
        at, note = stop, last
    number = np.arange(len(pieces))
    return Steps(
        rhythm_rows,
        np.concatenate([one.events[:, 0] for one in pieces]),
        np.repeat(number, [len(one.events) for one in pieces]),
        pitch_rows,
        intervals,
        np.repeat(number, [one.notes for one in pieces]),
    )


def of_fold(pieces: Sequence[Piece], fold: Fold) -> list[Piece]:
    """The pieces of a fold, settings of one title together."""
    return sorted((one for one in pieces if one.work.fold == fold), key=lambda one: (one.group, one.work.id))
