"""The chord model: chances that add up, a memory of the song, and files that are refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.chord_steps import (
    KINDS,
    QUALITIES,
    SECTIONS,
    SYMBOLS,
    Place,
    Progression,
    kind_of,
    section_code,
    symbol_of,
)
from bandmate.models.chords import load_chord_model
from bandmate.song.errors import ModelError

MODEL = load_chord_model()
places = st.builds(Place, st.integers(0, 8), st.integers(-1, 20), st.integers(0, 11), st.booleans())


def test_kinds_read_back() -> None:
    assert [kind_of(quality) for quality in QUALITIES] == list(range(len(KINDS)))
    assert symbol_of(7, "7", 0) == 72
    assert [KINDS[kind_of(one)] for one in ("6", "9", "m6", "9sus4", "maj9", "m11", "m7b5", "aug7")] == [
        *("maj", "7", "min", "sus", "maj7", "min7", "hdim", "aug")
    ]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, SYMBOLS - 1), places), max_size=12), places, st.integers(0, 2))
def test_chances_add_up_and_going_back_forgets(steps: list[tuple[int, Place]], place: Place, mode: int) -> None:
    song = MODEL.song(mode=mode)
    fresh = song.next(place)
    for symbol, where in steps:
        song.add(symbol, where)
    assert np.exp(song.next(place)).sum() == pytest.approx(1.0)
    song.cut(0)
    assert np.array_equal(song.next(place), fresh)
    assert song.progression == Progression(mode=mode)


def test_a_song_that_comes_back_is_remembered() -> None:
    odd = [symbol_of(*one, 0) for one in ((0, ""), (3, "maj7"), (1, "7"), (8, "m"), (6, ""), (7, "7"))]
    song = MODEL.song()
    paid: list[float] = []
    for _ in range(3):
        total = 0.0
        for number, symbol in enumerate(odd):
            place = Place(section_code("verse"), number, 0, number == 0)
            total -= float(song.next(place)[symbol])
            song.add(symbol, place)
        paid.append(total)
    assert paid[1] < 0.2 * paid[0]
    assert paid[2] < 0.2 * paid[0]


def test_tonic_and_dominant_are_what_ends_and_begins() -> None:
    for counts in (MODEL.beginnings, MODEL.endings):
        assert counts.shape == (2, len(SECTIONS), SYMBOLS)
        major = counts[0].sum(axis=0)
        assert int(major.argmax()) == 0
    assert MODEL.mood("sad") is not None
    assert MODEL.mood("hungry") is None
    sad, joyful = MODEL.mood("sad"), MODEL.mood("joyful")
    assert sad is not None and joyful is not None
    assert sad[symbol_of(0, "m", 0)] > sad[symbol_of(0, "", 0)]
    assert joyful[symbol_of(0, "m", 0)] < joyful[symbol_of(0, "", 0)]


def test_every_colour_reads_back_as_its_kind() -> None:
    for kind in range(len(KINDS)):
        for suffix, count in zip(MODEL.suffixes, MODEL.colours[:, kind].sum(axis=0), strict=True):
            assert not count or kind_of(suffix) == kind


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04broken"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chords.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        load_chord_model(path)
    with pytest.raises(ModelError):
        load_chord_model(tmp_path / "missing.npz")


def test_a_model_with_parts_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chords.npz"
    np.savez(path, about=np.zeros(3, np.uint8))
    with pytest.raises(ModelError, match=r"has no|cannot be read"):
        load_chord_model(path)


def test_rows_of_patterns_are_whole() -> None:
    assert MODEL.rhythm.shape[-1] == len(MODEL.masks)
    assert all(0 <= int(mask) < 4096 for mask in MODEL.masks)
    assert all(one != other for one, other in pairwise(sorted(int(mask) for mask in MODEL.masks)))
