"""The form model: chances that sum to 1, and refusals of what is no model."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.form import END, LABELS, MOST_BARS, load_form
from bandmate.song.errors import ModelError


@given(st.lists(st.integers(0, END - 1), max_size=12))
@settings(max_examples=25, deadline=None)
def test_chances_sum_to_one_after_any_sections(history: list[int]) -> None:
    chances = load_form().following(history)
    assert chances.sum() == pytest.approx(1.0)
    assert (chances > 0).all()


@given(st.integers(0, END - 1), st.one_of(st.none(), st.integers(1, MOST_BARS)))
@settings(max_examples=20, deadline=None)
def test_lengths_have_chances_that_sum_to_one(label: int, before: int | None) -> None:
    assert load_form().length_chances(label, before).sum() == pytest.approx(1.0)


def test_songs_go_from_verse_to_chorus_rather_than_to_an_intro() -> None:
    chances = load_form().following([LABELS.index("intro"), LABELS.index("verse")])
    assert chances[LABELS.index("chorus")] > 5 * chances[LABELS.index("intro")]


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no form model"):
        load_form(tmp_path / "none.npz")
    (tmp_path / "broken.npz").write_bytes(b"broken")
    with pytest.raises(ModelError, match="is no form model"):
        load_form(tmp_path / "broken.npz")
