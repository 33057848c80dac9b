"""Runs that lines share with works: found in any key, with gaps, and nothing where there is nothing."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.line_steps import chord_line, chord_step, kind_of, pitch_line, rhythm_line, skyline
from bandmate.models.originality import ASPECTS, load_originality
from bandmate.models.works_index import Line, hashes_of, index_of
from bandmate.song.errors import ModelError
from bandmate.song.harmony import Chord

ROWS = random.Random(4)
WORKS = [
    (f"work {number}", [Line(tuple(ROWS.randrange(-5, 6) for _ in range(80)), tuple(1 + i // 8 for i in range(81)))])
    for number in range(30)
]
INDEX = index_of(WORKS, 5)


@given(work=st.integers(0, 29), at=st.integers(0, 60))
@settings(max_examples=25, deadline=None)
def test_a_run_names_its_work_and_bars(work: int, at: int) -> None:
    found = INDEX.shared(WORKS[work][1][0].steps[at : at + 19])[0]
    assert found.work == f"work {work}"
    assert (found.first, found.last, found.notes) == (0, 19, 20)
    assert (found.first_bar, found.last_bar) == (1 + at // 8, 1 + (at + 19) // 8)


def test_an_altered_note_breaks_no_run() -> None:
    steps = list(WORKS[3][1][0].steps[10:40])
    steps[14] += 1
    steps[15] -= 1
    found = INDEX.shared(steps)[0]
    assert found.work == "work 3"
    assert found.last - found.first == 30
    assert 20 < found.notes < 31


def test_a_note_put_in_breaks_no_run() -> None:
    steps = list(WORKS[7][1][0].steps[10:40])
    steps[15:16] = [steps[15] - 2, 2]
    found = INDEX.shared(steps)[0]
    assert (found.work, found.first, found.last) == ("work 7", 0, 31)


def test_a_work_can_be_left_out_and_nothing_is_shared_by_chance() -> None:
    found = INDEX.shared(WORKS[5][1][0].steps, without=("work 5",))
    assert all(run.notes < 12 for run in found)
    assert INDEX.shared([1, 2, 3]) == ()
    assert INDEX.shared([]) == ()
    assert index_of([], 5).shared([1] * 30) == ()


def test_hashes_tell_runs_apart() -> None:
    row = np.random.default_rng(1).integers(-12, 13, 20_000)
    hashes = hashes_of(row, 5)
    assert len(hashes) == 20_000 - 4
    assert len(np.unique(hashes)) > 0.9 * 65_536 * (1 - np.exp(-20_000 / 65_536))
    assert (hashes_of(row[100:120], 5) == hashes[100:116]).all()


def test_lines_are_the_same_in_every_key_and_rhythm() -> None:
    starts, pitches = [0, 480, 960, 960, 1440, 1920], [60, 62, 55, 64, 64, 65]
    line = pitch_line(starts, pitches, lambda at: 1 + at // 1920)
    assert line.line.steps == (2, 2, 1)
    assert line.notes == (0, 1, 3, 5)
    assert line.line.bars == (1, 1, 1, 2)
    assert skyline(starts, pitches) == [0, 1, 3, 4, 5]
    assert pitch_line([2 * s for s in starts], [p + 5 for p in pitches], lambda at: 1).line.steps == (2, 2, 1)
    assert rhythm_line(starts, pitches, lambda at: 1).line.steps == (2, 2, 2, 2)
    assert pitch_line([], [], lambda at: 1).line.steps == ()


def test_chords_are_the_same_in_every_key() -> None:
    def row(up: int) -> list[Chord]:
        kinds = ((0, ""), (0, "maj7"), (7, "7"), (9, "m7"), (5, "sus4"))
        return [
            Chord(id=f"c{i}", start_ticks=i * 100, length_ticks=100, root=(root + up) % 12, quality=quality)
            for i, (root, quality) in enumerate(kinds)
        ]

    assert chord_line(row(0), lambda at: 1).line.steps == chord_line(row(7), lambda at: 1).line.steps
    assert chord_line(row(0), lambda at: 1).line.steps[0] == chord_step(0, 0, 7, 2)
    assert [kind_of(q) for q in ("", "m", "7", "m7b5", "5")] == [0, 1, 2, 3, 4]


def test_the_installed_index_is_small_and_whole() -> None:
    model = load_originality()
    assert sum(len(index.hashes) for index in model.indices.values()) > 1_000_000
    for index in model.indices.values():
        assert index.line_starts[-1] == len(index.hashes) == len(index.bars)
        assert index.bars.min() >= 0
        assert index.line_works.max() < len(index.works)
    for aspect in ASPECTS:
        assert (np.diff(model.scales[aspect]) >= 0).all()
        assert model.usualness(aspect, -1.0) == 1.0
        assert model.usualness(aspect, 1e9) == 0.0


def test_a_file_that_is_no_index_is_refused(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "x.npz"
    path.write_bytes(b"no")
    with pytest.raises(ModelError, match="is no index of works"):
        load_originality(path)
