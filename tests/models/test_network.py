"""The network in plain arrays: note by note it says what it says at once, and nothing of what is to come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.network import (
    HEADS,
    Network,
    Shape,
    load_network,
    network_bytes,
    parameters,
    weight_shapes,
)
from bandmate.models.note_tokens import COLUMNS, END, LONGEST, Line, line_of, stretches
from bandmate.song.errors import ModelError

SMALL = Shape(width=16, layers=2, heads=2)
FOUR = np.array([[0, 48, 12]], np.int32)


def network(seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    return Network(SMALL, {k: rng.normal(0, 0.3, s).astype(np.float32) for k, s in weight_shapes(SMALL).items()})


def line(count: int, seed: int = 0, meters: np.ndarray = FOUR) -> Line:
    rng = np.random.default_rng(seed)
    starts = np.cumsum(rng.choice([0, 3, 6, 6, 12], count))
    rows = np.stack([starts, rng.choice([3, 6, 12], count), rng.integers(50, 80, count), np.full(count, 90)], axis=1)
    return line_of(rows.astype(np.int32), meters, 2, 0)


def test_the_usual_size_has_one_to_three_million_parameters() -> None:
    assert 1e6 < parameters(Shape()) < 3e6


@given(st.integers(1, 40), st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_note_by_note_is_the_same_as_at_once(count: int, seed: int) -> None:
    model, notes = network(), line(count, seed)
    whole, past = model.log_chances(notes), model.past()
    for step, symbols in enumerate(notes.symbols):
        row = notes.columns[step : step + 1]
        state = model.read(row, past)
        placed = model.placed(state, row)
        found = (
            model.delta(state, row),
            model.length(placed, row),
            model.pitch(placed, row, symbols[1]),
            model.velocity(placed, row, symbols[1], symbols[2]),
        )
        for head, chances in zip(HEADS, found, strict=True):
            np.testing.assert_allclose(chances[0], whole[head][step], atol=1e-4)
            assert np.exp(chances).sum() == pytest.approx(1.0, abs=1e-4)


def test_what_comes_later_changes_nothing_before_it() -> None:
    model, one = network(), line(20, 1)
    other = Line(one.symbols.copy(), one.columns.copy())
    other.symbols[12:], other.columns[12:] = line(20, 2).symbols[12:], line(20, 2).columns[12:]
    np.testing.assert_allclose(model.nats(one)[:12], model.nats(other)[:12], atol=1e-5)


def test_a_past_that_is_cut_takes_another_way() -> None:
    model, notes, past = network(), line(10), network().past()
    whole = model.read(notes.columns, past)
    past.cut(4)
    np.testing.assert_allclose(model.read(notes.columns[4:], past), whole[4:], atol=1e-4)
    with pytest.raises(ValueError, match="cannot cut 11 notes to 12"):
        past.cut(12)


def test_the_end_counts_once() -> None:
    notes = line(5)
    assert notes.symbols[-1, 0] == END and len(notes) == 5
    nats = network().nats(notes)
    assert (nats[-1, 1:] == 0).all() and (nats[:-1] > 0).all()


@given(
    st.integers(0, 60),
    st.sampled_from([[[0, 48, 12]], [[0, 30, 6]], [[0, 42, 6], [42, 36, 12]], [[0, 36, 6], [18, 48, 12]]]),
)
@settings(max_examples=25, deadline=None)
def test_columns_stay_in_their_bounds_in_any_meter(count: int, meters: list[list[int]]) -> None:
    found = line(count, count, np.array(meters, np.int32))
    for number, (name, size) in enumerate(COLUMNS):
        assert found.columns[:, number].min() >= 0 and found.columns[:, number].max() < size, name


def test_long_lines_come_in_stretches() -> None:
    notes = np.zeros((LONGEST + 1, 5), np.int32)
    assert [len(part) for part in stretches(notes)] == [256, 257]


def test_a_file_gives_the_network_back(tmp_path: Path) -> None:
    model, path = network(), tmp_path / "n.npz"
    data = network_bytes(model)
    assert data == network_bytes(model)
    path.write_bytes(data)
    again = load_network(path)
    assert again.shape == SMALL
    np.testing.assert_array_equal(again.nats(line(9)), model.nats(line(9)))
    path.write_bytes(network_bytes(model, half=True))
    assert path.stat().st_size < 0.6 * len(data)
    np.testing.assert_allclose(load_network(path).nats(line(9)), model.nats(line(9)), atol=0.02)


def test_files_that_are_no_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    with pytest.raises(ModelError, match=r"n\.npz cannot be read"):
        load_network(path)
    path.write_bytes(network_bytes(network())[:500])
    with pytest.raises(ModelError, match=r"n\.npz cannot be read"):
        load_network(path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(ModelError, match="is no network of Bandmate"):
        load_network(path)
    bad = network()
    bad.weights["0.qkv"][0, 0] = np.nan
    path.write_bytes(network_bytes(bad))
    with pytest.raises(ModelError, match=r'weights "0\.qkv" that are no numbers'):
        load_network(path)
    with pytest.raises(ModelError, match="width must be a multiple of 6"):
        Shape(width=20, heads=3)
