from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.devices import Width
from bandmate.song.errors import RequestError
from bandmate.sound.width import WidthProcessor
from tests.sound.running import level_db, run, sine

RATE = 44_100


def widened(samples: np.ndarray, **settings: float) -> np.ndarray:
    return run(WidthProcessor(Width(id="w", **settings), rate_hz=RATE, channels=2), samples)


def test_the_side_is_scaled_and_the_middle_is_not(rng: np.random.Generator) -> None:
    samples = rng.uniform(-0.3, 0.3, (2, 2_000))
    for side in (0.0, 0.5, 2.0):
        out = widened(samples, side=side)
        assert out.sum(axis=0) == pytest.approx(samples.sum(axis=0), abs=1e-6)
        assert out[0] - out[1] == pytest.approx(side * (samples[0] - samples[1]), abs=1e-6)


def test_side_zero_is_mono(rng: np.random.Generator) -> None:
    out = widened(rng.uniform(-0.3, 0.3, (2, 500)), side=0.0, mono_below_hz=100.0)
    assert np.array_equal(out[0], out[1])


@pytest.mark.parametrize(("freq_hz", "side_db"), [(30.0, -48.2), (120.0, -6.02), (1_000.0, 0.0)])
def test_bass_becomes_mono_below_the_frequency(freq_hz: float, side_db: float) -> None:
    tone = sine(freq_hz, rate_hz=RATE, seconds=1.0, peak=0.5)
    out = widened(np.concatenate([tone, -tone]), mono_below_hz=120.0)[:, RATE // 2 :]
    assert level_db(out) - level_db(tone) == pytest.approx(side_db, abs=0.2)


def test_mono_bass_keeps_the_level_of_the_sum_at_every_frequency() -> None:
    impulse = np.zeros((2, 1 << 15))
    impulse[:, 0] = 1.0
    out = widened(impulse, mono_below_hz=200.0)
    spectrum = np.abs(np.fft.rfft(out.sum(axis=0).astype(np.float64))) / 2.0
    assert np.abs(20.0 * np.log10(spectrum)).max() < 1e-3


def test_the_low_end_is_in_phase_after_mono_bass_and_the_rest_is_not_touched(rng: np.random.Generator) -> None:
    samples = rng.uniform(-0.3, 0.3, (2, 1 << 16))
    out = widened(samples, mono_below_hz=200.0)
    before, after = (np.fft.rfft(rows.astype(np.float64), axis=1) for rows in (samples, out))
    freqs = np.fft.rfftfreq(1 << 16, 1.0 / RATE)

    def correlation(rows: np.ndarray, from_hz: float, to_hz: float) -> float:
        left, right = rows[:, (freqs >= from_hz) & (freqs < to_hz)]
        power = np.sum(np.abs(left) ** 2) * np.sum(np.abs(right) ** 2)
        return float(np.real(np.vdot(left, right)) / np.sqrt(power))

    assert abs(correlation(before, 20.0, 80.0)) < 0.3 and correlation(after, 20.0, 80.0) > 0.999
    assert correlation(after, 1_000.0, 20_000.0) == pytest.approx(correlation(before, 1_000.0, 20_000.0), abs=0.01)


def test_only_stereo_has_a_width() -> None:
    with pytest.raises(RequestError, match='width "w" needs a stereo signal, this one has 6 channels'):
        WidthProcessor(Width(id="w", side=0.5), rate_hz=RATE, channels=6)
