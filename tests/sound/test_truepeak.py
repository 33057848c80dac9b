from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soxr
from scipy import optimize, signal

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.truepeak import (
    BOUNDS,
    MARGIN_FRAMES,
    TruePeak,
    TruePeakMeter,
    interpolator,
    measure_true_peak,
    true_peak_at_16x,
)
from tests.sound.cuts import noise, pieces


def looked_for_everywhere(audio: Audio, oversample: int) -> TruePeak:
    """The same meter with bounds so high that nothing is skipped."""
    meter = TruePeakMeter(audio.rate_hz, audio.channels, oversample)
    ladder = meter._ladder
    meter._ladder = replace(ladder, bounds=ladder.bounds + 1e6)
    meter.feed(audio.samples)
    return meter.result()


def music_like(rng: np.random.Generator, rate_hz: int) -> dict[str, Audio]:
    """Signals on which skipping could go wrong: noise, clipped noise, sparse clicks, a hot top octave, a swell."""
    plain = noise(rng, 2, rate_hz, rate_hz).samples
    high = signal.sosfilt(signal.butter(8, 0.8, "highpass", output="sos"), plain) * 8
    clicks = np.where(rng.random(plain.shape) < 1e-3, plain * 9, 0)
    kinds = {"noise": plain, "clipped": np.clip(plain * 20, -1, 1), "clicks": clicks, "high": high}
    kinds["swell"] = plain * np.linspace(0, 3, plain.shape[1])
    frames = np.arange(plain.shape[1])
    chirp = np.sin(np.pi * 0.5 * frames**2 / len(frames))
    kinds["chirp"] = np.stack([chirp, chirp[::-1] * (1 + 1e-5 * plain[0])])
    kinds["between"] = np.sin(np.pi / 2 * frames + np.pi / 4) * (1 + 1e-3 * plain)
    return {kind: Audio(samples, rate_hz) for kind, samples in kinds.items()}


@pytest.mark.parametrize("oversample", [4, 16])
@pytest.mark.parametrize("kind", ["noise", "clipped", "clicks", "high", "swell", "chirp", "between"])
def test_skipping_gives_exactly_what_looking_everywhere_gives(
    rng: np.random.Generator, kind: str, oversample: int
) -> None:
    audio = music_like(rng, 44_100)[kind]
    assert measure_true_peak(audio, oversample) == looked_for_everywhere(audio, oversample)


@pytest.mark.parametrize("oversample, level", [(4, 1), (16, 1), (16, 2)])
def test_the_bounds_that_allow_skipping_hold(oversample: int, level: int) -> None:
    """Find weights for every later point that attain (reach, rest): then no signal whatever can break the bound."""
    ladder = interpolator(oversample)
    length = ladder.taps.shape[1]
    sample = np.zeros(length)
    sample[length // 2 - 1] = 1.0
    earlier = [sample, *ladder.taps[: ladder.level_ends[level]].astype(float)]
    width = length + 2 * MARGIN_FRAMES
    moved = np.array(
        [np.pad(row, (shift, 2 * MARGIN_FRAMES - shift)) for row in earlier for shift in range(2 * MARGIN_FRAMES + 1)]
    ).T
    count = moved.shape[1]
    reach, rest = BOUNDS[oversample][level - 1]
    cost = np.concatenate([np.zeros(2 * count), np.ones(2 * width)])
    reach_row = np.concatenate([np.ones(2 * count), np.zeros(2 * width)])[None]
    pieces_of_it = np.hstack([moved, -moved, np.eye(width), -np.eye(width)])
    for row in ladder.taps[ladder.level_ends[level] :].astype(float):
        target = np.pad(row, MARGIN_FRAMES)
        best = optimize.linprog(cost, reach_row, [reach], pieces_of_it, target, bounds=(0, None), method="highs")
        assert best.fun <= rest


@pytest.mark.parametrize("oversample", [4, 16])
def test_no_point_exceeds_the_samples_by_more_than_the_magnitude_of_its_taps(oversample: int) -> None:
    ladder = interpolator(oversample)
    reach, rest, bend = ladder.bounds[0]
    assert (reach, bend) == (0.0, 0.0)
    assert rest >= np.abs(ladder.taps).sum(axis=1).max()


@pytest.mark.parametrize("oversample", [4, 16])
def test_a_point_is_a_straight_line_and_second_differences(oversample: int) -> None:
    """Find both for every point: then no signal whatever can break the bound."""
    ladder = interpolator(oversample)
    length, (reach, _, bend) = ladder.taps.shape[1], ladder.bounds[1]
    second_differences = np.zeros((length, length - 2))
    for place in range(length - 2):
        second_differences[place : place + 3, place] = 1.0, -2.0, 1.0
    line = np.eye(length)[:, length // 2 - 1 : length // 2 + 1]
    for row in ladder.taps.astype(float):
        weights, *_ = np.linalg.lstsq(np.hstack([line, second_differences]), row)
        assert np.hstack([line, second_differences]) @ weights == pytest.approx(row, abs=1e-7)
        assert np.all(weights[:2] >= 0)
        assert weights[:2].sum() <= reach + 1e-6
        assert np.abs(weights[2:]).sum() <= bend + 1e-6


@pytest.mark.parametrize("oversample", [4, 16])
@pytest.mark.parametrize("most_frames", [50, 5_000])
def test_the_cut_into_blocks_makes_no_difference_to_a_bit(
    rng: np.random.Generator, oversample: int, most_frames: int
) -> None:
    audio = noise(rng, 2, 20_000, 44_100)
    meter = TruePeakMeter(44_100, 2, oversample)
    for block in pieces(audio, rng, most_frames):
        meter.feed(block)
        meter.result()
    assert meter.result() == measure_true_peak(audio, oversample)


@pytest.mark.parametrize("oversample, edge, tolerance_db", [(4, 0.45, 0.1), (16, 0.47, 0.1)])
def test_the_interpolators_are_flat_up_to_near_half_the_rate(oversample: int, edge: float, tolerance_db: float) -> None:
    ladder = interpolator(oversample)
    delays = np.arange(ladder.taps.shape[1])
    for frequency in np.linspace(0, edge, 40):
        gain = np.abs(ladder.taps @ np.exp(-2j * np.pi * frequency * delays))
        assert 20 * np.log10(gain) == pytest.approx(0, abs=tolerance_db)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("frequency", [0.01, 0.123, 0.31, 0.4])
def test_the_peak_of_a_sine_is_its_amplitude(rate_hz: int, frequency: float) -> None:
    """Annex 2: at 4x the grid may miss the crest by 20 log10 cos(pi f / 4)."""
    frames = np.arange(8_000)
    wave = 0.5 * np.hanning(8_000) * np.sin(2 * np.pi * frequency * frames + 0.3)
    audio = Audio(wave[None], rate_hz)
    assert measure_true_peak(audio).dbtp == pytest.approx(
        -6.02, abs=0.05 - 20 * np.log10(np.cos(np.pi * frequency / 4))
    )
    assert true_peak_at_16x(audio).dbtp == pytest.approx(-6.02, abs=0.03)


def test_16x_agrees_with_a_good_resampler_on_music_like_sound(rng: np.random.Generator) -> None:
    low_passed = signal.sosfilt(signal.butter(10, 0.85, output="sos"), noise(rng, 1, 44_100, 44_100).samples)
    audio = Audio(low_passed, 44_100)
    other = 20 * np.log10(np.abs(soxr.resample(audio.samples[0], 44_100, 16 * 44_100, quality="VHQ")).max())
    assert true_peak_at_16x(audio).dbtp == pytest.approx(other, abs=0.02)


def test_4x_reads_at_least_the_samples_and_little_more_than_16x(rng: np.random.Generator) -> None:
    for audio in music_like(rng, 44_100).values():
        four, sixteen = measure_true_peak(audio), true_peak_at_16x(audio)
        assert four.dbtp >= four.sample_peak_dbfs
        assert sixteen.dbtp >= four.dbtp - 0.1


def test_the_place_and_the_channel_of_the_peak_are_given() -> None:
    samples = np.zeros((2, 48_000))
    samples[1, 30_000] = -0.5
    peak = measure_true_peak(Audio(samples, 48_000))
    assert peak.at_seconds == 30_000 / 48_000
    assert peak.channel_dbtp == (-np.inf, pytest.approx(-6.02, abs=0.01))
    assert peak.sample_peak_dbfs == pytest.approx(-6.02, abs=0.01)


def test_a_peak_between_the_samples_is_placed_between_them() -> None:
    samples = np.zeros((1, 1_000))
    samples[0, [500, 501]] = 0.5
    for oversample in (4, 16):
        peak = measure_true_peak(Audio(samples, 1_000), oversample)
        assert peak.at_seconds == 0.5005
        assert peak.dbtp == pytest.approx(20 * np.log10(0.5 * 2 * np.sinc(0.5)), abs=0.05)


@pytest.mark.parametrize("frames", [0, 1, 10_000])
def test_silence_has_no_peak(frames: int) -> None:
    peak = measure_true_peak(Audio(np.zeros((1, frames)), 44_100))
    assert (peak.dbtp, peak.sample_peak_dbfs, peak.at_seconds) == (-np.inf, -np.inf, None)


def test_one_frame_reads_itself() -> None:
    assert measure_true_peak(Audio(np.array([[0.25]]), 44_100)).dbtp == pytest.approx(-12.04, abs=0.01)


def test_a_bad_frame_is_refused() -> None:
    meter = TruePeakMeter(44_100, 1)
    meter.feed(np.zeros((1, 100)))
    with pytest.raises(RequestError, match=r"channel 1 is nan at frame 101 \(0.002 s\)"):
        meter.feed(np.array([[0.0, np.nan]]))


def test_another_oversampling_is_refused() -> None:
    with pytest.raises(OutOfRange, match=r"oversampling of 8 is not made; use 4 .* or 16"):
        TruePeakMeter(44_100, 1, 8)
