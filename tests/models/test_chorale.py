"""Laws of the chorale model: it knows nothing of what comes later, its chances sum to one, the file is whole."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.chorale import chorale_arrays, chorale_from, load_chorale
from bandmate.models.chorale_rows import COLUMN, MOST, ORDER, SYMBOLS, rows_of
from bandmate.song.errors import ModelError

DATA = files("bandmate").joinpath("data", "models")


def piece(seed: int, frames: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Four voices that move now and then, and their places in bars of four quarters."""
    rng = np.random.Generator(np.random.PCG64(seed))
    steps = rng.integers(-4, 5, (frames, 4)) * (rng.random((frames, 4)) < 0.25)
    return np.cumsum(steps, axis=0) + np.array([72, 67, 60, 50]), np.arange(frames) % 16


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(2, 39))
def test_no_step_knows_what_comes_later(seed: int, cut: int) -> None:
    pitches, places = piece(seed)
    changed = pitches.copy()
    changed[cut:] += 1
    rows, _ = rows_of(pitches, places)
    others, _ = rows_of(changed, places)
    assert (rows[: 4 * (cut - 1) + 1] == others[: 4 * (cut - 1) + 1]).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), turn=st.integers(0, 3))
def test_within_a_frame_a_voice_knows_only_those_before_it(seed: int, turn: int) -> None:
    pitches, places = piece(seed)
    changed = pitches.copy()
    for voice in ORDER[turn:]:
        changed[-1, voice] += 2
    step = 4 * (len(pitches) - 2) + turn
    rows, others = rows_of(pitches, places)[0], rows_of(changed, places)[0]
    assert (rows[step] == others[step]).all()


def test_symbols_are_moves() -> None:
    pitches, places = piece(3)
    rows, symbols = rows_of(pitches, places)
    moves = np.diff(pitches, axis=0)[:, ORDER].reshape(-1)
    assert (symbols - MOST == np.clip(moves, -MOST, MOST)).all()
    assert (rows[:4, COLUMN["voice"]] == ORDER).all()


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_chances_sum_to_one_and_nats_are_theirs(seed: int) -> None:
    model, (pitches, places) = load_chorale(), piece(seed, 12)
    rows, symbols = rows_of(pitches, places)
    memory, nats = model.voices.memory(), model.nats(pitches, places)
    lower = []
    for step, (row, symbol) in enumerate(zip(rows, symbols, strict=True)):
        logs = model.voices.predict(row, memory)
        assert logs.shape == (SYMBOLS,)
        assert np.exp(logs).sum() == pytest.approx(1.0)
        assert -logs[symbol] == pytest.approx(nats[step])
        if step % 4:
            lower.append(-logs[symbol])
        memory.add(row, int(symbol))
    assert model.lower_nats(pitches, places) == pytest.approx(np.mean(lower))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.integers(1, 11))
def test_a_hymn_costs_less_than_noise(seed: int, shift: int) -> None:
    model = load_chorale()
    chords = [(72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48)] * 3
    hymn = np.repeat(np.array(chords) + shift - 6, 4, axis=0)
    noise = hymn + np.random.Generator(np.random.PCG64(seed)).integers(-5, 6, hymn.shape)
    places = np.arange(len(hymn)) % 16
    assert model.nats(hymn, places).mean() < 0.5 * model.nats(noise, places).mean()


@pytest.mark.parametrize("frames", [0, 1])
def test_too_short_costs_nothing(frames: int) -> None:
    pitches, places = piece(1)
    assert len(load_chorale().nats(pitches[:frames], places[:frames])) == 0
    assert load_chorale().lower_nats(pitches[:frames], places[:frames]) == 0.0


def test_the_file_is_the_one_that_the_manifest_names_and_small() -> None:
    data = DATA.joinpath("chorale.npz").read_bytes()
    manifest = json.loads(DATA.joinpath("chorale.manifest.json").read_text(encoding="utf-8"))
    assert hashlib.sha256(data).hexdigest() == manifest["sha256"]
    assert len(data) == manifest["bytes"] <= 2_000_000
    assert manifest["version"] == load_chorale().version
    rows = DATA.joinpath("chorale.works.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) - 1 == manifest["corpora"][0]["works"] == sum(manifest["works_by_fold"].values())


def test_it_comes_back_from_its_arrays_byte_for_byte() -> None:
    arrays = chorale_arrays(load_chorale())
    again = chorale_arrays(chorale_from(arrays))
    assert {name: one.tobytes() for name, one in again.items()} == {name: one.tobytes() for name, one in arrays.items()}


def test_a_missing_or_broken_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.npz"):
        load_chorale(tmp_path / "gone.npz")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"broken\.npz"):
        load_chorale(broken)
    arrays = chorale_arrays(load_chorale())
    del arrays["parts"]
    with pytest.raises(ModelError, match="another version"):
        chorale_from(arrays)
