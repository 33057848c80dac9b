"""Heard notes written down: where they were, and on the grid."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandmate.song.time import TempoMap, TempoPoint
from bandmate.sound.sung_notes import SungNote
from bandmate.stages.edit.heard_notes import GRIDS, heard_notes

RATE_HZ = 8_000
SOUND = np.full((1, 20 * RATE_HZ), 0.1, np.float32)
TEMPO = TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=120.0),))


def sung(start: float, end: float, pitch: float = 60.0, sure: float = 0.9) -> SungNote:
    return SungNote(start, end, pitch, 0.0, 0.0, 0.0, False, sure)


def test_notes_stay_where_they_were_without_a_grid() -> None:
    first, second = heard_notes([sung(0.51, 0.98), sung(1.02, 1.9, 63.4)], SOUND, RATE_HZ, tempo=TEMPO)
    assert (first.start_ticks, first.length_ticks, first.pitch) == (979, 903, 60)
    assert second.pitch == 63 and first.velocity == second.velocity == 88


def test_notes_go_to_the_lines_of_the_song_and_not_of_the_clip() -> None:
    (note,) = heard_notes([sung(0.02, 0.45)], SOUND, RATE_HZ, tempo=TEMPO, start_seconds=0.49, grid="1/8")
    clip_start = TEMPO.ticks_at(0.49)
    assert (clip_start + note.start_ticks) % 480 == 0 and note.length_ticks % 480 == 0


def test_a_take_that_is_flat_as_a_whole_is_written_as_it_was_meant() -> None:
    flat = [sung(i, i + 0.8, 59.55 + i) for i in range(3)]
    written = heard_notes(flat, SOUND, RATE_HZ, tempo=TEMPO, reference_hz=440 * 2 ** (-0.45 / 12))
    assert [note.pitch for note in written] == [60, 61, 62]


def test_louder_notes_are_written_louder_and_unsure_ones_left_out() -> None:
    sound = SOUND.copy()
    sound[:, 2 * RATE_HZ :] *= 2
    notes = [sung(0.1, 0.9), sung(1.1, 1.9), sung(2.1, 2.9), sung(3.1, 3.2, sure=0.1)]
    written = heard_notes(notes, sound, RATE_HZ, tempo=TEMPO)
    assert [note.velocity for note in written] == [88, 88, 106]


@given(
    st.lists(st.tuples(st.floats(0.0, 15.0), st.floats(0.05, 2.0)), max_size=12),
    st.sampled_from(sorted(GRIDS)),
    st.floats(0.0, 3.0),
)
def test_no_two_notes_begin_on_one_line(spans: list[tuple[float, float]], grid: str, start: float) -> None:
    notes = [sung(at, at + length) for at, length in sorted(spans)]
    written = heard_notes(notes, SOUND, RATE_HZ, tempo=TEMPO, start_seconds=start, grid=grid)
    assert all(one.start_ticks < other.start_ticks for one, other in pairwise(written))
    line, first = 4 * 960 // GRIDS[grid], TEMPO.ticks_at(start)
    assert all((note.start_ticks + note.length_ticks + first) % line == 0 for note in written)


def test_what_lies_before_the_song_is_left_out() -> None:
    (note,) = heard_notes([sung(0.2, 0.6), sung(1.5, 1.9)], SOUND, RATE_HZ, tempo=TEMPO, start_seconds=-1.0)
    assert note.start_ticks == 960


def test_nothing_heard_is_nothing_written() -> None:
    assert heard_notes([], SOUND, RATE_HZ, tempo=TEMPO, grid="1/16") == ()
