from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bandmate.sound.audio import Audio
from bandmate.sound.k_weighting import channel_weights, k_weighting
from bandmate.sound.loudness import measure_loudness

TABLE_1 = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1.0, -1.69065929318241, 0.73248077421585])
TABLE_2 = ([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621])


def response_db(rate_hz: int, frequencies_hz: np.ndarray) -> np.ndarray:
    b0, b1, b2, a1, a2, c1, c2 = k_weighting(rate_hz)
    shelf = signal.freqz([b0, b1, b2], [1, a1, a2], frequencies_hz, fs=rate_hz)[1]
    high_pass = signal.freqz([1, -2, 1], [1, c1, c2], frequencies_hz, fs=rate_hz)[1]
    return 20 * np.log10(np.abs(shelf * high_pass))


def test_the_48_khz_filters_are_those_of_the_standard() -> None:
    b0, b1, b2, a1, a2, c1, c2 = k_weighting(48_000)
    assert [b0, b1, b2] == pytest.approx(TABLE_1[0], abs=1e-8)
    assert [1.0, a1, a2] == pytest.approx(TABLE_1[1], abs=1e-8)
    assert [1.0, c1, c2] == pytest.approx(TABLE_2[1], abs=1e-8)


@pytest.mark.parametrize(
    "rate_hz, tolerance_db",
    [(1_000, 0.2), (8_000, 0.2), (11_025, 0.2), (16_000, 0.25), (44_100, 0.02), (96_000, 0.1), (768_000, 0.1)],
)
def test_every_rate_weighs_like_48_khz_up_to_eight_tenths_of_its_range(rate_hz: int, tolerance_db: float) -> None:
    frequencies_hz = np.geomspace(20, 0.4 * min(rate_hz, 48_000), 60)
    assert response_db(rate_hz, frequencies_hz) == pytest.approx(response_db(48_000, frequencies_hz), abs=tolerance_db)


@pytest.mark.parametrize("rate_hz", [1_000, 3_000, 5_512, 8_000, 15_999, 16_000, 22_050, 192_000, 768_000])
def test_the_filters_are_stable_at_any_rate(rate_hz: int) -> None:
    filters = k_weighting(rate_hz)
    assert np.all(np.abs(np.roots([1.0, *filters[3:5]])) < 1)
    assert np.all(np.abs(np.roots([1.0, *filters[5:7]])) < 1)


@pytest.mark.parametrize(
    "channels, weights",
    [
        (1, [1]),
        (2, [1, 1]),
        (5, [1, 1, 1, 1.41, 1.41]),
        (6, [1, 1, 1, 0, 1.41, 1.41]),
        (8, [1] * 8),
    ],
)
def test_channels_weigh_by_layout(channels: int, weights: list[float]) -> None:
    assert channel_weights(channels).tolist() == weights


def test_loudness_is_what_direct_filtering_gives(rng: np.random.Generator) -> None:
    samples = 0.1 * rng.standard_normal((3, 48_000))
    filtered = signal.lfilter(*TABLE_2, signal.lfilter(*TABLE_1, samples.astype(np.float32).astype(float)))
    power = (filtered[:, : 48_000 * 4 // 10] ** 2).mean(axis=1).sum()
    measured = measure_loudness(Audio(samples, 48_000)).momentary_lufs[0]
    assert measured == pytest.approx(-0.691 + 10 * np.log10(power), abs=1e-6)
