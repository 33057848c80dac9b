"""The drum model: what a context is, what a drawing may hold, and what a file must have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.drum_feel import FAR, Score, facts_of, rest
from bandmate.models.drum_kit import GHOST, HANDS, KICK, PIECES, SNARE, STYLES, piece_of
from bandmate.models.drum_patterns import (
    BEFORE_BARS,
    CONTEXTS,
    COUNT,
    Manner,
    Past,
    busyness_of,
    contexts_of,
    draw,
    lead_of,
    task_of,
    view_of,
)
from bandmate.models.drums import load_drums, model_from
from bandmate.song.errors import ModelError

MODEL = load_drums()


def manner(rows: int, style: int = 2) -> Manner:
    return Manner(*(np.full(rows, value, np.int64) for value in (style, 0, 1, 2, 1)))


def logistic(seed: int, rows: int, slots: int) -> np.ndarray:
    uniforms = np.random.default_rng(seed).random((rows, slots, COUNT))
    return np.log(uniforms) - np.log1p(-uniforms)


def test_pieces_are_told_by_number_and_velocity():
    assert piece_of(36) == KICK
    assert piece_of(38, 90) == SNARE
    assert piece_of(38, 30) == GHOST
    assert 0 <= piece_of(81) < len(PIECES)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, len(STYLES) - 1))
def test_the_compiled_loop_asks_the_contexts_that_were_taught(seed, style):
    """The loop and ``contexts_of``, which training uses, give the same logits."""
    rows, bars = 3, 3
    task = task_of([list(range(16))] * bars, [0] * bars)
    drawn = draw(MODEL.patterns, manner(rows, style), task, np.zeros((rows, 48, COUNT)), logistic(seed, rows, 48))
    struck = np.concatenate([np.zeros((rows, BEFORE_BARS, COUNT), np.bool_), drawn.struck], axis=1)
    rng = np.random.default_rng(seed)
    for slot in rng.integers(0, 48, 6).tolist():
        earlier = tuple(slot - 16 * back + BEFORE_BARS for back in range(1, slot // 16 + 1))
        view = view_of(Past(struck, slot + BEFORE_BARS, earlier))
        now = np.zeros(rows, np.int64)
        for piece in range(COUNT):
            contexts = contexts_of(piece, slot % 16, 0, manner(rows, style), view, now)
            wanted = MODEL.patterns.logits(piece, contexts, bool(earlier))
            found = drawn.logits[:, slot, piece]
            allowed = found > -29.0
            assert np.allclose(found[allowed], wanted[allowed], atol=1e-4)
            now |= drawn.struck[:, slot, piece].astype(np.int64) << piece


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.floats(-3, 6))
def test_two_hands_are_enough_and_what_is_held_stays(seed, push):
    rows, slots = 4, 32
    forced = np.full((rows, slots, COUNT), -1, np.int8)
    forced[:, 5, KICK], forced[:, 9, SNARE] = 1, 0
    bias = np.full((rows, slots, COUNT), push)
    task = task_of([list(range(16))] * 2, [0, 1])
    drawn = draw(MODEL.patterns, manner(rows), task, bias, logistic(seed, rows, slots), forced)
    assert (drawn.struck[:, :, list(HANDS)].sum(axis=2) <= 2).all()
    assert drawn.struck[:, 5, KICK].all()
    assert not drawn.struck[:, 9, SNARE].any()


def test_leads_and_busyness_are_counted():
    bar = np.zeros((2, 16, COUNT), np.bool_)
    bar[0, ::2, 3] = True
    bar[1, :, 5] = True
    bar[1, ::2, KICK] = True
    assert lead_of(bar).tolist() == [2, 9]
    assert busyness_of(bar).tolist() == [0, 2]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 10)), min_size=1, max_size=40, unique=True))
def test_facts_are_finite_and_one_row_a_stroke(pairs):
    place, piece = (np.array(column, np.int64) for column in zip(*sorted(pairs), strict=True))
    facts = facts_of(Score(place, piece, 0, 120.0, FAR))
    assert len(facts) == len(pairs)
    assert np.isfinite(facts).all()
    assert np.isfinite(MODEL.feel.late_ms.say(facts)).all()


def test_what_is_left_drifts():
    """Neighbours share their lateness, velocities hardly do; a take of drummers is not white noise."""
    chance = np.random.default_rng(4)
    piece = np.full(4000, 3)
    late = rest(MODEL.feel.late_rest, piece, chance)
    late = late - late.mean()
    assert np.mean(late[1:] * late[:-1]) > 0.2 * np.var(late)


def test_no_model_no_drums(tmp_path):
    wrong = tmp_path / "drums.npz"
    wrong.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="no drum model"):
        load_drums(wrong)
    with pytest.raises(ModelError, match="no drum model"):
        load_drums(tmp_path / "missing.npz")
    tables = {f"pattern_{at}": np.zeros(4, np.int8) for at in range(CONTEXTS)}
    tables |= {"pattern_weights": np.zeros((1, 1)), "manners": np.zeros(1)}
    with pytest.raises(ValueError, match="another version"):
        model_from(tables)
