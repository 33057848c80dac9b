"""The stereo picture: where known signals are drawn, how far they agree, and that blocks may be cut anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples
from bandmate.sound.stereo_picture import CELLS, PictureMeter, StereoPicture

RATE_HZ = 8_000


def noise(seconds: float, seed: int = 1) -> Samples:
    made = np.random.default_rng(seed).normal(0, 0.1, (1, round(seconds * RATE_HZ)))
    return made.astype(np.float32)


def picture(signal: Samples, cuts: tuple[int, ...] = (), *, edge_dbfs: float = 0.0) -> StereoPicture:
    meter = PictureMeter(RATE_HZ, signal.shape[0], edge_dbfs=edge_dbfs)
    for block in np.split(signal, sorted(cuts), axis=1):
        meter.feed(block)
    return meter.result()


def known(found: StereoPicture) -> list[float]:
    return [value for value in found.correlation if value is not None]


@pytest.mark.parametrize(("gain", "agreement"), [(1.0, 1.0), (0.3, 1.0), (-1.0, -1.0)])
def test_the_same_signal_agrees_whatever_its_level(gain: float, agreement: float) -> None:
    one = noise(2.0)
    found = picture(np.concatenate([one, gain * one]).astype(np.float32))
    assert len(found.band_hz) == len(found.correlation)
    assert known(found) == pytest.approx([agreement] * len(found.band_hz), abs=1e-5)


def test_unrelated_signals_do_not_agree() -> None:
    found = picture(np.concatenate([noise(20.0), noise(20.0, seed=2)]))
    upper = [one for hz, one in zip(found.band_hz, found.correlation, strict=True) if hz > 100 and one is not None]
    assert upper and max(map(abs, upper)) < 0.2


def test_bands_are_told_apart() -> None:
    time = np.arange(4 * RATE_HZ) / RATE_HZ
    low, high = np.sin(2 * np.pi * 200 * time), np.sin(2 * np.pi * 2_000 * time)
    found = picture(np.stack([low + high, low - high]).astype(np.float32) / 4)
    by_band = dict(zip(found.band_hz, found.correlation, strict=True))
    at = {hz: min(by_band, key=lambda band: abs(band - hz)) for hz in (200.0, 2_000.0)}
    assert by_band[at[200.0]] == pytest.approx(1.0, abs=1e-3)
    assert by_band[at[2_000.0]] == pytest.approx(-1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("left", "right", "row", "column"),
    [(0.5, 0.5, 12, 24), (-0.5, -0.5, 36, 24), (0.5, -0.5, 24, 12), (-0.5, 0.5, 24, 36), (1.9, 1.9, 0, 24)],
)
def test_a_frame_is_drawn_where_it_sounds(left: float, right: float, row: int, column: int) -> None:
    frames = np.tile(np.array([[left], [right]], np.float32), 5)
    counts = np.array(picture(frames).counts)
    assert counts.shape == (CELLS, CELLS)
    assert counts.sum() == counts[row, column] == 5


def test_the_edge_is_where_it_was_asked_for() -> None:
    frames = np.full((2, 3), 0.05, np.float32)
    assert np.array(picture(frames, edge_dbfs=-20.0).counts)[12, 24] == 3


def test_mono_is_a_pair_of_equals() -> None:
    one = noise(1.0)
    alone, pair = picture(one), picture(np.repeat(one, 2, axis=0))
    assert alone == pair


@pytest.mark.parametrize("frames", [0, 1, 3 * RATE_HZ])
def test_silence_draws_nothing_and_agrees_with_nothing(frames: int) -> None:
    found = picture(np.zeros((2, frames), np.float32))
    assert known(found) == [] and np.array(found.counts).sum() == 0


def test_one_silent_channel_has_no_correlation() -> None:
    found = picture(np.concatenate([noise(1.0), np.zeros((1, RATE_HZ), np.float32)]))
    assert known(found) == [] and np.array(found.counts).sum() > 0


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 2 * RATE_HZ), max_size=6))
def test_blocks_may_be_cut_anywhere(cuts: list[int]) -> None:
    signal = np.concatenate([noise(2.0), 0.5 * noise(2.0) + noise(2.0, seed=3)]).astype(np.float32)
    assert picture(signal, tuple(cuts)) == picture(signal)


def test_what_is_no_pair_and_no_number_is_refused() -> None:
    with pytest.raises(RequestError, match="a stereo picture has 1 or 2 channels, not 3; choose the pair to look at"):
        PictureMeter(RATE_HZ, 3, edge_dbfs=0.0)
    with pytest.raises(RequestError, match="nan"):
        PictureMeter(RATE_HZ, 2, edge_dbfs=0.0).feed(np.full((2, 4), np.nan, np.float32))
