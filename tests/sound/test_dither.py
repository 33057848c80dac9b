from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.sound.dither import SHAPING, Quantiser

STEPS = 2.0**15


def quantised(samples: np.ndarray, dither: str, *, bits: int = 16, seed: int = 1) -> np.ndarray:
    return Quantiser(bits, len(samples), seed, dither).process(samples)


@pytest.fixture
def ramp() -> np.ndarray:
    """Slow enough to stand on every fraction of a step."""
    return np.linspace(-100.0, 100.0, 200_000, dtype=np.float32)[None, :] / np.float32(STEPS)


def test_without_dither_24_bit_material_comes_back_as_it_was() -> None:
    whole = np.array([[-(2**23), -5, 0, 1, 123_456, 2**23 - 1]])
    samples = (whole / 2.0**23).astype(np.float32)
    assert np.array_equal(quantised(samples, "none", bits=24), whole)


def test_without_dither_the_error_is_at_most_half_a_step(ramp: np.ndarray) -> None:
    assert np.abs(quantised(ramp, "none") - ramp * STEPS).max() <= 0.5


def test_triangular_dither_makes_an_error_of_constant_power_and_no_mean(ramp: np.ndarray) -> None:
    error = quantised(ramp, "tpdf") - ramp.astype(np.float64) * STEPS
    for part in np.array_split(error[0], 10):
        assert part.mean() == pytest.approx(0.0, abs=0.02)
        assert part.var() == pytest.approx(0.25, rel=0.03)
    fraction = (ramp.astype(np.float64) * STEPS)[0] % 1.0
    for low in np.arange(0.0, 1.0, 0.1):
        inside = error[0, (fraction >= low) & (fraction < low + 0.1)]
        assert inside.mean() == pytest.approx(0.0, abs=0.02)
        assert inside.var() == pytest.approx(0.25, rel=0.05)


def test_the_error_is_white_and_channels_are_strangers() -> None:
    error = quantised(np.zeros((2, 100_000), dtype=np.float32), "tpdf").astype(np.float64)
    assert abs(np.corrcoef(error)[0, 1]) < 0.02
    for lag in (1, 2, 3, 100):
        assert abs(np.corrcoef(error[0, lag:], error[0, :-lag])[0, 1]) < 0.02
    assert not np.array_equal(quantised(np.zeros((1, 100)), "tpdf"), quantised(np.zeros((1, 100)), "tpdf", seed=2))


def test_a_tone_below_half_a_step_survives_dither_and_nothing_else() -> None:
    tone = 0.4 * np.sin(np.arange(1 << 17) * 2.0 * np.pi / 64.0)[None, :] / STEPS
    assert not quantised(tone, "none").any()
    spectrum = np.abs(np.fft.rfft(quantised(tone, "tpdf")[0])) / (1 << 16)
    assert spectrum[1 << 11] == pytest.approx(0.4, rel=0.05)
    assert spectrum[3 << 11] < 0.02


def test_shaped_noise_lies_above_10_khz() -> None:
    error = quantised(np.zeros((1, 1 << 17), dtype=np.float32), "shaped")[0].astype(np.float64)
    power = np.abs(np.fft.rfft(error)) ** 2 / (1 << 17)
    freqs = np.fft.rfftfreq(1 << 17, 1.0 / 44_100.0)
    ear = 10.0 * np.log10(power[(freqs > 2_000.0) & (freqs < 5_000.0)].mean() / 0.25)
    top = 10.0 * np.log10(power[freqs > 15_000.0].mean() / 0.25)
    assert ear < -12.0 and top > 8.0


@pytest.mark.parametrize("dither", ["none", "tpdf", "shaped"])
def test_where_the_signal_is_cut_makes_no_difference(dither: str, rng: np.random.Generator) -> None:
    samples = rng.uniform(-1.1, 1.1, (2, 5_000)).astype(np.float32)
    quantiser, pieces, start = Quantiser(16, 2, 5, dither), [], 0
    for size in (1, 1, 2, 700, 0, 4_296):
        pieces.append(quantiser.process(samples[:, start : start + size]))
        start += size
    assert np.array_equal(np.concatenate(pieces, axis=1), quantised(samples, dither, seed=5))
    assert np.array_equal(quantised(samples[:1], dither, seed=5)[0], quantised(samples, dither, seed=5)[0])


def rounded_by_hand(samples: np.ndarray, dither: str, *, bits: int, seed: int) -> tuple[np.ndarray, int]:
    """The definition, sample by sample, in whole numbers of any size and float64."""
    scrambled, full, held = [], 2.0 ** (bits - 1), 0

    def scramble(number: int) -> int:
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
            number = ((number ^ (number >> shift)) * factor) % 2**64
        return number

    for channel, row in enumerate(samples.astype(float)):
        key, errors, whole = scramble(seed * 0x1000 + channel) % 2**63, [0.0] * 5, []
        for frame, sample in enumerate(row):
            number = scramble((key + frame * 0x9E3779B97F4A7C15) % 2**64)
            noise = (number // 2**32 - number % 2**32) / 2**32 if dither != "none" else 0.0
            wanted = sample * full
            for weight, error in zip(SHAPING, errors, strict=True):
                wanted -= weight * error if dither == "shaped" else 0.0
            value = np.floor(wanted + noise + 0.5)
            kept = min(max(value, -full), full - 1)
            held += value != kept
            errors = [min(max(kept - wanted, -2.0), 2.0), *errors[:4]]
            whole.append(int(kept))
        scrambled.append(whole)
    return np.array(scrambled), held


@pytest.mark.parametrize("dither", ["none", "tpdf", "shaped"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_every_number_is_that_of_the_definition(dither: str, channels: int, rng: np.random.Generator) -> None:
    samples = rng.uniform(-1.05, 1.05, (channels, 1_500)).astype(np.float32)
    quantiser = Quantiser(16, channels, 9, dither)
    expected, held = rounded_by_hand(samples, dither, bits=16, seed=9)
    assert np.array_equal(quantiser.process(samples), expected)
    assert quantiser.held_samples == held > 0


def test_too_loud_samples_are_held_at_full_scale_and_counted() -> None:
    quantiser = Quantiser(16, 1, 0, "none")
    assert quantiser.process(np.array([[1.0, -1.0, 2.0, -3.0]])).tolist() == [[32_767, -32_768, 32_767, -32_768]]
    assert quantiser.held_samples == 3


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(OutOfRange, match="32 bits cannot be written; possible are 8 to 24"):
        Quantiser(32, 1)
    with pytest.raises(RequestError, match="channel 1 is nan at frame 1; a device needs finite samples"):
        Quantiser(16, 1).process(np.array([[0.0, np.nan]]))
