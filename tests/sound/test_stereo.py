from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.stereo import StereoMeter, measure_stereo
from tests.sound.cuts import noise, pieces


def both(left: np.ndarray, right: np.ndarray) -> Audio:
    return Audio(np.stack([left, right]), 44_100)


@pytest.fixture
def one(rng: np.random.Generator) -> np.ndarray:
    return noise(rng, 1, 44_100, 44_100).samples[0].astype(float)


@pytest.fixture
def other(rng: np.random.Generator) -> np.ndarray:
    return noise(np.random.default_rng(7), 1, 44_100, 44_100).samples[0].astype(float)


def test_unrelated_channels_are_as_wide_as_mid(one: np.ndarray, other: np.ndarray) -> None:
    image = measure_stereo(both(one, other))
    assert image.kind == "stereo"
    assert image.correlation == pytest.approx(0.0, abs=0.02)
    assert image.width_db == pytest.approx(0.0, abs=0.2)
    assert image.mono_loss_db == pytest.approx(3.0, abs=0.1)
    assert image.balance_db == pytest.approx(0.0, abs=0.1)


def test_two_equal_channels_are_dual_mono(one: np.ndarray) -> None:
    image = measure_stereo(both(one, one))
    assert (image.kind, image.width_db) == ("dual mono", -np.inf)
    assert image.correlation == pytest.approx(1.0)
    assert image.mono_loss_db == pytest.approx(0.0, abs=1e-9)


def test_dual_mono_survives_a_little_coding_noise(one: np.ndarray, other: np.ndarray) -> None:
    assert measure_stereo(both(one, one + 1e-4 * other)).kind == "dual mono"
    assert measure_stereo(both(one, one + 1e-2 * other)).kind == "stereo"


def test_opposite_polarity_vanishes_in_mono(one: np.ndarray) -> None:
    image = measure_stereo(both(one, -one))
    assert image.correlation == pytest.approx(-1.0)
    assert (image.width_db, image.mono_loss_db) == (np.inf, np.inf)


def test_one_silent_channel_is_told(one: np.ndarray) -> None:
    left, right = measure_stereo(both(one, 0 * one)), measure_stereo(both(1e-4 * one, one))
    assert (left.kind, left.balance_db, left.correlation) == ("left only", -np.inf, None)
    assert right.kind == "right only"
    assert right.balance_db == pytest.approx(80.0, abs=0.01)


def test_balance_is_right_over_left(one: np.ndarray, other: np.ndarray) -> None:
    assert measure_stereo(both(one, 2 * other)).balance_db == pytest.approx(6.02, abs=0.1)


def test_low_correlation_listens_below_120_hz(one: np.ndarray, other: np.ndarray) -> None:
    bass = np.sin(2 * np.pi * 50 / 44_100 * np.arange(44_100))
    upside_down = measure_stereo(both(bass + 0.01 * one, -bass + 0.01 * one))
    assert upside_down.low_correlation == pytest.approx(-1.0, abs=0.01)
    high = np.sin(2 * np.pi * 5_000 / 44_100 * np.arange(44_100))
    mono_bass = measure_stereo(both(0.3 * bass + high, 0.3 * bass - high))
    assert mono_bass.correlation < 0
    assert mono_bass.low_correlation > 0.95


def test_mono_is_mono(one: np.ndarray) -> None:
    image = measure_stereo(Audio(one[None], 44_100))
    assert (image.kind, image.width_db, image.balance_db) == ("mono", -np.inf, 0.0)
    assert image.correlation == pytest.approx(1.0)


@pytest.mark.parametrize("frames", [0, 1, 1_000])
def test_silence_has_no_image(frames: int) -> None:
    image = measure_stereo(Audio(np.zeros((2, frames)), 44_100))
    assert (image.kind, image.correlation, image.width_db, image.mono_loss_db) == ("silent", None, None, None)


def test_more_channels_are_refused() -> None:
    with pytest.raises(RequestError, match="a stereo image has 1 or 2 channels, not 6; choose the pair to measure"):
        StereoMeter(48_000, 6)


def test_a_bad_frame_is_refused() -> None:
    with pytest.raises(RequestError, match=r"channel 2 is inf at frame 3 "):
        measure_stereo(Audio(np.array([[0, 0, 0, 0], [0, 0, 0, np.inf]]), 48_000))


def test_the_figures_are_those_of_numpy(one: np.ndarray, other: np.ndarray) -> None:
    left, right = one.astype(np.float32), (0.3 * one + 0.5 * other).astype(np.float32)
    image = measure_stereo(both(left, right))
    left, right = left.astype(float), right.astype(float)
    mid, side = (left + right) / 2, (left - right) / 2
    assert image.width_db == pytest.approx(10 * np.log10((side @ side) / (mid @ mid)), abs=1e-9)
    assert image.balance_db == pytest.approx(10 * np.log10((right @ right) / (left @ left)), abs=1e-9)
    assert image.correlation == pytest.approx((left @ right) / np.sqrt((left @ left) * (right @ right)), abs=1e-12)
    lows = signal.sosfilt(signal.butter(2, 120, fs=44_100, output="sos"), np.stack([left, right]))
    expected = (lows[0] @ lows[1]) / np.sqrt((lows[0] @ lows[0]) * (lows[1] @ lows[1]))
    assert image.low_correlation == pytest.approx(expected, abs=1e-9)


def test_the_cut_into_blocks_makes_no_difference_to_a_bit(rng: np.random.Generator) -> None:
    audio = noise(rng, 2, 50_000, 44_100)
    meter = StereoMeter(44_100, 2)
    for block in pieces(audio, rng, 999):
        meter.feed(block)
    assert meter.result() == measure_stereo(audio)
