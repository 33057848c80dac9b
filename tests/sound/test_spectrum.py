from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.spectrum import SpectrumMeter, erb_bands, measure_spectrum, third_octave_bands
from tests.sound.cuts import noise, pieces


def tone(rate_hz: int, frequency_hz: float, seconds: float = 2.0, channels: int = 1) -> Audio:
    wave = 0.5 * np.sin(2 * np.pi * frequency_hz / rate_hz * np.arange(round(rate_hz * seconds)))
    return Audio(np.tile(wave, (channels, 1)), rate_hz)


def coloured(rng: np.random.Generator, rate_hz: int, exponent: float) -> Audio:
    """Noise whose power density falls with frequency to the power of ``exponent``."""
    frequencies = np.fft.rfftfreq(20 * rate_hz, 1 / rate_hz)
    shape = np.maximum(frequencies, 10.0) ** (-exponent / 2)
    wave = np.fft.irfft(shape * np.exp(2j * np.pi * rng.random(len(frequencies))))
    return Audio((0.5 * wave / np.abs(wave).max())[None], rate_hz)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000, 192_000])
def test_bands_have_the_centres_of_the_standard(rate_hz: int) -> None:
    bands = third_octave_bands(rate_hz)
    assert len(bands.centre_hz) == 31
    assert bands.centre_hz[[0, 17, 20, 30]] == pytest.approx([19.953, 1000.0, 1995.26, 19_952.6], rel=1e-4)
    assert np.all(bands.high_hz <= rate_hz / 2)
    assert bands.low_hz[1:] == pytest.approx(bands.high_hz[:-1])


def test_bands_end_at_half_the_rate() -> None:
    assert third_octave_bands(8_000).centre_hz[-1] == pytest.approx(3_981, rel=1e-3)
    assert third_octave_bands(8_000).high_hz[-1] == 4_000
    assert len(erb_bands(8_000).centre_hz) == 27


def test_erb_bands_are_one_erb_wide() -> None:
    bands = erb_bands(48_000)
    assert len(bands.centre_hz) == 41
    assert bands.high_hz - bands.low_hz == pytest.approx(24.7 * (4.37e-3 * bands.centre_hz + 1), rel=0.02)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("frequency_hz", [100.0, 1_000.0, 3_162.0])
def test_a_tone_has_its_level_in_its_band(rate_hz: int, frequency_hz: float) -> None:
    levels = measure_spectrum(tone(rate_hz, frequency_hz)).third_octaves
    index = int(np.abs(np.log(levels.bands.centre_hz / frequency_hz)).argmin())
    assert levels.total_db[index] == pytest.approx(-9.03, abs=0.1)
    assert levels.total_db[index] - np.delete(levels.total_db, index).max() > 15


def test_all_bands_add_up_to_the_power_of_the_signal(rng: np.random.Generator) -> None:
    audio = noise(rng, 2, 100_000, 48_000)
    power = (audio.samples.astype(float) ** 2).mean()
    levels = measure_spectrum(audio).third_octaves
    inside = (levels.bands.high_hz[-1] - levels.bands.low_hz[0]) / 24_000
    assert (10 ** (levels.total_db / 10)).sum() == pytest.approx(power * inside, rel=0.01)


@pytest.mark.parametrize("frames", [1, 100, 5_000, 100_000])
def test_the_powers_over_time_add_up_to_the_long_term_power(rng: np.random.Generator, frames: int) -> None:
    for rate_hz in (44_100, 48_000):
        spectrum = measure_spectrum(noise(rng, 2, frames, rate_hz))
        for levels in (spectrum.third_octaves, spectrum.erb):
            energy = levels.power.astype(float).sum(axis=1) * rate_hz / 10
            assert energy / frames == pytest.approx(10 ** (levels.total_db / 10), rel=1e-5)


def test_a_moment_shows_at_its_time() -> None:
    samples = np.zeros((1, 48_000))
    samples[0, 24_000:24_100] = np.random.default_rng(3).standard_normal(100)
    power = measure_spectrum(Audio(samples, 48_000)).erb.power.sum(axis=0)
    assert power.argmax() == 5
    assert power[[0, 1, 2, 3, 7, 8, 9]].sum() == 0


def test_mid_and_side_are_told_apart() -> None:
    low, high = tone(48_000, 200.0).samples[0], tone(48_000, 5_000.0).samples[0]
    levels = measure_spectrum(Audio(np.stack([low + high, low - high]), 48_000)).third_octaves
    at_low, at_high = (int(np.abs(levels.bands.centre_hz - hz).argmin()) for hz in (200, 5_000))
    assert levels.mid_db[at_low] == pytest.approx(-9.03, abs=0.1)
    assert levels.side_db[at_high] == pytest.approx(-9.03, abs=0.1)
    assert levels.side_db[at_low] < -60
    assert levels.mid_db[at_high] < -60


def test_total_power_is_the_channels_mean_for_any_number_of_channels(rng: np.random.Generator) -> None:
    samples = noise(rng, 4, 48_000, 48_000).samples
    together = measure_spectrum(Audio(samples, 48_000)).erb
    alone = [measure_spectrum(Audio(row[None], 48_000)).erb.power for row in samples]
    assert together.power == pytest.approx(np.mean(alone, axis=0), rel=1e-4)


def test_mono_and_dual_mono_have_no_side() -> None:
    for channels in (1, 2):
        levels = measure_spectrum(tone(44_100, 440.0, channels=channels)).third_octaves
        assert np.all(levels.side_db == -np.inf)
        assert levels.mid_db == pytest.approx(levels.total_db)


@pytest.mark.parametrize("exponent, slope", [(0.0, 3.01), (1.0, 0.0), (2.0, -3.01)])
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_tilt_of_coloured_noise(rng: np.random.Generator, rate_hz: int, exponent: float, slope: float) -> None:
    assert measure_spectrum(coloured(rng, rate_hz, exponent)).tilt_db_per_octave == pytest.approx(slope, abs=0.1)


def test_the_centroid_of_two_equal_tones_is_between_them() -> None:
    both = tone(48_000, 1_000.0).samples + tone(48_000, 3_000.0).samples
    assert measure_spectrum(Audio(both, 48_000)).centroid_hz == pytest.approx(2_000, abs=10)


@pytest.mark.parametrize("frames, hops", [(0, 0), (1, 2), (48_000, 11)])
def test_silence_has_neither_levels_nor_colour(frames: int, hops: int) -> None:
    spectrum = measure_spectrum(Audio(np.zeros((2, frames)), 48_000))
    assert np.all(spectrum.third_octaves.total_db == -np.inf)
    assert (spectrum.centroid_hz, spectrum.tilt_db_per_octave) == (None, None)
    assert spectrum.erb.power.shape == (41, hops)


def test_a_tone_has_no_tilt() -> None:
    few = measure_spectrum(tone(8_000, 1_000.0, seconds=0.0001))
    assert few.third_octaves.total_db.shape == (24,)
    assert measure_spectrum(Audio(np.zeros((1, 10)), 44_100)).tilt_db_per_octave is None


@pytest.mark.parametrize("rate_hz, channels, most_frames", [(44_100, 2, 9_000), (11_025, 1, 333), (48_000, 3, 60_000)])
def test_the_cut_into_blocks_makes_no_difference_to_a_bit(
    rng: np.random.Generator, rate_hz: int, channels: int, most_frames: int
) -> None:
    audio = noise(rng, channels, 2 * rate_hz + 17, rate_hz)
    meter = SpectrumMeter(rate_hz, channels)
    for number, block in enumerate(pieces(audio, rng, most_frames)):
        meter.feed(block)
        if number % 5 == 0:
            meter.result()
    cut, whole = meter.result(), measure_spectrum(audio)
    for one, other in ((cut.third_octaves, whole.third_octaves), (cut.erb, whole.erb)):
        assert np.array_equal(one.power, other.power)
        assert np.array_equal(one.mid_db, other.mid_db)
        assert np.array_equal(one.side_db, other.side_db)
    assert cut.centroid_hz == whole.centroid_hz


def test_another_hop_is_possible_within_limits() -> None:
    assert measure_spectrum(tone(48_000, 440.0), hop_ms=200).erb.power.shape == (41, 11)
    with pytest.raises(OutOfRange, match="spectrum hop 5 ms is not from 20 to 1000 ms"):
        SpectrumMeter(48_000, 1, hop_ms=5)


def test_erb_bands_can_be_left_out(rng: np.random.Generator) -> None:
    audio = noise(rng, 2, 50_000, 44_100)
    meter = SpectrumMeter(44_100, 2, erb=False)
    meter.feed(audio.samples)
    alone, both = meter.result(), measure_spectrum(audio)
    assert alone.erb is None
    assert np.array_equal(alone.third_octaves.side_power, both.third_octaves.side_power)
    assert (alone.centroid_hz, alone.tilt_db_per_octave) == (both.centroid_hz, both.tilt_db_per_octave)


@pytest.mark.parametrize("hops", [1, 2, 3, 4, 5, 9])
def test_each_hop_is_the_power_of_its_own_window(rng: np.random.Generator, hops: int) -> None:
    """Whatever other windows are transformed along with it."""
    rate_hz, half = 8_000, 800
    samples = noise(rng, 2, (hops - 1) * half, rate_hz).samples if hops > 1 else np.full((2, 1), 0.25, np.float32)
    spectrum = measure_spectrum(Audio(samples, rate_hz)).third_octaves
    padded = np.pad(samples.astype(float), ((0, 0), (half, 2 * half)))
    shape = np.sin(np.pi * (np.arange(2 * half) + 0.5) / (2 * half))
    edges = np.append(spectrum.bands.low_hz, spectrum.bands.high_hz[-1]) / (rate_hz / (2 * half)) + 0.5
    for hop in range(spectrum.power.shape[1]):
        window = padded[:, hop * half : (hop + 2) * half] * shape
        power = (np.abs(np.fft.rfft(window)) ** 2).mean(axis=0) / half**2
        power[[0, -1]] /= 2
        within = np.interp(edges, np.arange(len(power) + 1), np.append(0.0, np.cumsum(power)))
        assert spectrum.power[:, hop] == pytest.approx(np.diff(within), rel=1e-4, abs=1e-9)


def test_a_bad_frame_is_refused() -> None:
    with pytest.raises(RequestError, match=r"channel 1 is nan at frame 1 "):
        measure_spectrum(Audio(np.array([[0.0, np.nan]]), 48_000))


def test_results_are_read_only() -> None:
    levels = measure_spectrum(tone(48_000, 440.0)).erb
    for array in (levels.power, levels.total_db, levels.bands.centre_hz):
        assert not array.flags.writeable
