"""The yardstick of surprise: chances that add up to one, usual things cheaper than unusual ones, and broken files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandmate.models.expectation import TABLES, chord_class, load_expectation
from bandmate.song.errors import ModelError


@pytest.mark.parametrize("name", TABLES)
def test_chances_add_up_to_one(name: str) -> None:
    chances = np.exp(-getattr(load_expectation(), name))
    assert chances.sum(axis=-1) == pytest.approx(1.0, abs=1e-9)


def test_a_cadence_is_less_surprising_than_a_jump_to_the_tritone() -> None:
    model = load_expectation()
    major, seventh = (0, 4, 7), (0, 4, 7, 10)
    usual = model.of_chords([(0, major), (5, major), (7, seventh), (0, major)])
    unusual = model.of_chords([(0, major), (6, major), (1, seventh), (8, major)])
    assert usual is not None and unusual is not None and usual < unusual - 2


def test_steps_are_less_surprising_than_chromatic_leaps() -> None:
    model = load_expectation()
    usual = model.of_tones([(degree, 6, 60) for degree in (0, 2, 4, 5, 7, 5, 4, 2, 0)], minor=False)
    unusual = model.of_tones([(degree, 6, 60) for degree in (0, 6, 1, 8, 3, 10, 1, 6, 0)], minor=False)
    assert usual is not None and unusual is not None and usual < unusual - 1


def test_one_event_has_no_surprise() -> None:
    model = load_expectation()
    assert model.of_tones([(0, 0, 60)], minor=False) is None
    assert model.of_chords([(0, (0, 4, 7))]) is None
    assert model.of_drums([(0, 1)]) is None


def test_classes_of_chords() -> None:
    assert [chord_class(0, tones) for tones in ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 5, 7))] == [0, 1, 2, 3]
    assert chord_class(11, (0, 3, 6)) == 47


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no archive", b"text"])
def test_a_broken_file_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(data)
    with pytest.raises(ModelError, match="cannot be read as a statistic"):
        load_expectation(path)
    with pytest.raises(ModelError, match="cannot be read as a statistic"):
        load_expectation(tmp_path / "missing.npz")
