"""Added noise: known noise at a known level is found, level changes are none, and the ratio ranks as it should."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.errors import RequestError
from bandmate.sound.added_noise import AddedNoise, AddedNoiseMeter, masked, measure_added_noise, quiet_power
from bandmate.sound.audio import Samples
from bandmate.sound.spectrum import erb_bands

RATE_HZ = 48_000


def noise(seed: int, level_db: float, frames: int = 2 * RATE_HZ, channels: int = 2) -> Samples:
    """White noise of that RMS."""
    made = np.random.default_rng(seed).standard_normal((channels, frames)) * 10 ** (level_db / 20)
    return made.astype(np.float32)


def tone(freq_hz: float, level_db: float, rate_hz: int = RATE_HZ, frames: int = 2 * RATE_HZ) -> Samples:
    phase = 2 * np.pi * freq_hz * np.arange(frames) / rate_hz
    return (10 ** (level_db / 20) * np.sqrt(2) * np.sin(phase, dtype=np.float64)).astype(np.float32)[None]


@pytest.mark.parametrize("below_db", [10.0, 30.0, 60.0])
@pytest.mark.parametrize("scale", ["third-octave", "erb"])
def test_noise_of_known_level_is_found_in_every_band(below_db: float, scale: str) -> None:
    original = noise(1, -20.0)
    found = measure_added_noise(original, original + noise(2, -20.0 - below_db), RATE_HZ, scale)  # type: ignore[arg-type]
    assert found.total_noise_to_signal_db == pytest.approx(-below_db, abs=0.1)
    assert found.noise_to_signal_db == pytest.approx(-below_db, abs=3.0)
    assert found.noise_to_signal_db[10:] == pytest.approx(-below_db, abs=0.8)


@pytest.mark.parametrize("gain", [0.3, 1.0, 1.7])
def test_a_change_of_level_is_no_noise(gain: float) -> None:
    original = noise(1, -20.0)
    found = measure_added_noise(original, (gain * original).astype(np.float32), RATE_HZ)
    assert found.total_noise_to_signal_db is not None and found.total_noise_to_signal_db < -120
    assert found.level_change_db == pytest.approx(20 * np.log10(gain), abs=0.01)
    assert found.nmr_p95_db is not None and found.nmr_p95_db < -80 and found.nmr_over_share == 0.0


def test_noise_is_found_where_it_is() -> None:
    original = tone(200.0, -20.0)
    found = measure_added_noise(original, original + tone(4_000.0, -50.0), RATE_HZ)
    loudest = int(found.noise_db.argmax())
    assert found.bands.centre_hz[loudest] == pytest.approx(3_981, rel=0.01)
    assert found.noise_db[loudest] == pytest.approx(-50.0, abs=0.2)
    assert found.total_noise_to_signal_db == pytest.approx(-30.0, abs=0.1)


def test_what_is_missing_counts() -> None:
    low, high = tone(300.0, -20.0), tone(16_500.0, -40.0)
    found = measure_added_noise(low + high, low, RATE_HZ)
    band = int(np.abs(found.bands.centre_hz - 16_500).argmin())
    assert found.noise_to_signal_db[band] == pytest.approx(0.0, abs=0.1)
    assert found.level_change_db[band] < -40


def test_masked_noise_ranks_below_noise_in_the_open() -> None:
    original = tone(1_000.0, -20.0)
    beside = measure_added_noise(original, original + tone(1_040.0, -50.0), RATE_HZ)
    far = measure_added_noise(original, original + tone(4_000.0, -50.0), RATE_HZ)
    assert beside.nmr_mean_db is not None and far.nmr_mean_db is not None
    assert beside.nmr_mean_db < far.nmr_mean_db - 20


def test_nothing_above_hearing_is_in_the_ratio() -> None:
    original = tone(1_000.0, -20.0)
    found = measure_added_noise(original, original + tone(18_500.0, -45.0), RATE_HZ)
    assert found.nmr_p95_db is not None and found.nmr_p95_db < -10


def test_more_noise_ranks_higher() -> None:
    original = noise(3, -20.0)
    ratios = [measure_added_noise(original, original + noise(4, -20.0 - b), RATE_HZ).nmr_mean_db for b in (40, 20, 5)]
    assert ratios[0] is not None and ratios == sorted(ratios, key=lambda ratio: ratio or 0.0)


def fields(found: AddedNoise) -> list[object]:
    arrays = (found.signal_db, found.noise_db, found.noise_to_signal_db, found.level_change_db)
    numbers = (found.total_noise_to_signal_db, found.nmr_mean_db, found.nmr_p95_db, found.nmr_over_share)
    return [*(tuple(array.tolist()) for array in arrays), *numbers]


def test_the_blocks_make_no_difference() -> None:
    original = noise(1, -20.0, 200_003)
    changed = original + noise(2, -50.0, 200_003)
    whole = measure_added_noise(original, changed, RATE_HZ)
    cut = AddedNoiseMeter(RATE_HZ, 2)
    for start, end in ((0, 1), (1, 1), (1, 70_000), (70_000, 131_072), (131_072, 200_003)):
        cut.feed(original[:, start:end], changed[:, start:end])
        cut.result()
    assert fields(cut.result()) == fields(whole)


def test_memory_does_not_grow() -> None:
    meter = AddedNoiseMeter(RATE_HZ, 1)
    for seed in range(20):
        block = noise(seed, -30.0, 30_000, 1)
        meter.feed(block, block)
        assert meter._pending.shape[2] < 80_000


@pytest.mark.parametrize("frames", [0, 1, 5_000])
def test_silence_and_next_to_nothing(frames: int) -> None:
    nothing = np.zeros((2, frames), np.float32)
    found = measure_added_noise(nothing, nothing, RATE_HZ)
    assert found.total_noise_to_signal_db is None and found.nmr_mean_db is None and found.nmr_p95_db is None
    assert found.nmr_over_share == 0.0 and np.isneginf(found.noise_db).all() and np.isnan(found.level_change_db).all()


def test_noise_on_silence_has_a_level_and_no_ratio() -> None:
    found = measure_added_noise(np.zeros((2, 48_000), np.float32), noise(1, -60.0, 48_000), RATE_HZ)
    assert found.noise_db.max() > -90 and found.total_noise_to_signal_db is None and found.nmr_mean_db is None


@pytest.mark.parametrize("rate_hz", [1_000, 8_000, 44_100, 96_000, 192_000])
def test_every_rate(rate_hz: int) -> None:
    original = noise(1, -20.0, rate_hz)
    found = measure_added_noise(original, original + noise(2, -50.0, rate_hz), rate_hz)
    assert found.total_noise_to_signal_db == pytest.approx(-30.0, abs=0.3)
    assert np.isfinite(found.noise_db).all() and found.bands.centre_hz[-1] < rate_hz / 2


def test_a_mono_signal_measures_like_each_of_two_equal_channels() -> None:
    mono, added = noise(1, -20.0, channels=1), noise(2, -50.0, channels=1)
    one = measure_added_noise(mono, mono + added, RATE_HZ)
    two = measure_added_noise(np.repeat(mono, 2, axis=0), np.repeat(mono + added, 2, axis=0), RATE_HZ)
    assert one.noise_db == pytest.approx(two.noise_db, abs=1e-6) and one.nmr_p95_db == two.nmr_p95_db


def test_the_threshold_spreads_further_up_than_down() -> None:
    bands = erb_bands(RATE_HZ)
    power = np.zeros(len(bands.centre_hz))
    power[20] = 1.0
    level = 10 * np.log10(masked(power, np.full(len(power), 1e-12)))
    assert level[20] == pytest.approx(-14) and level[22] == pytest.approx(-34) and level[18] == pytest.approx(-64)
    quiet_db = 10 * np.log10(2 * quiet_power(np.array([1_000.0, 3_300.0, 16_000.0])))
    assert quiet_db == pytest.approx([-96.6, -104.0, -34.0], abs=1.0)


def test_wrong_blocks_are_refused() -> None:
    meter = AddedNoiseMeter(RATE_HZ, 2)
    fine = np.zeros((2, 10), np.float32)
    with pytest.raises(
        RequestError, match=r"the original has 10 frames and the changed signal 9; feed blocks that are"
    ):
        meter.feed(fine, fine[:, :9])
    with pytest.raises(RequestError, match=r"block has 1 channels, the meter was made for 2"):
        meter.feed(fine[:1], fine[:1])
    bad = fine.copy()
    bad[1, 4] = np.inf
    with pytest.raises(RequestError, match=r"channel 2 is inf at frame 4"):
        meter.feed(fine, bad)
