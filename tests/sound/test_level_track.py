"""Level over time: what each column is about, and that cuts do not matter."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.level_track import LevelTrackMeter


def measured(samples: np.ndarray, rate_hz: int, cuts: list[int]) -> tuple[np.ndarray, np.ndarray]:
    meter = LevelTrackMeter(rate_hz, samples.shape[0])
    for piece in np.split(np.asarray(samples, np.float32), cuts, axis=1):
        block = piece.copy()
        block.flags.writeable = False
        meter.take(block)
    found = meter.result()
    return found.peak, found.power


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 192_000])
def test_the_cuts_do_not_matter(rate_hz: int) -> None:
    noise = np.random.default_rng(1).standard_normal((2, 30_000))
    whole = measured(noise, rate_hz, [])
    cut = measured(noise, rate_hz, [1, 7, 441, 442, 9_000, 9_000, 29_999])
    assert np.array_equal(whole[0], cut[0])
    np.testing.assert_allclose(whole[1], cut[1], rtol=1e-6)


def test_a_column_is_ten_milliseconds() -> None:
    samples = np.zeros((1, 48_000))
    samples[0, 480 * 3 : 480 * 4] = -0.5
    peak, power = measured(samples, 48_000, [])
    assert len(peak) == 100
    assert peak[3] == 0.5 and peak[[2, 4]].max() == 0.0
    assert power[3] == pytest.approx(0.25)


def test_nothing_and_silence() -> None:
    assert measured(np.zeros((1, 0)), 44_100, [])[0].shape == (0,)
    assert not measured(np.zeros((2, 1000)), 44_100, [])[0].any()


def test_the_last_column_is_measured_over_what_there_is() -> None:
    assert measured(np.full((2, 600), 0.5), 48_000, [])[1] == pytest.approx([0.25, 0.25])
