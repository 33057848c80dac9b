from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.audio import Audio
from bandmate.sound.levels import CLIP_STEP, LISTED_RUNS, ClippedRun, LevelMeter, Silence, measure_levels
from tests.sound.cuts import noise, pieces


def test_a_full_scale_sine_has_a_crest_of_3_db() -> None:
    wave = np.sin(2 * np.pi * 441 / 44_100 * np.arange(44_100))
    levels = measure_levels(Audio(wave[None], 44_100))
    assert levels.peak_dbfs == pytest.approx(0.0, abs=0.01)
    assert levels.rms_dbfs == pytest.approx(-3.01, abs=0.01)
    assert levels.crest_db == pytest.approx(3.01, abs=0.01)


def test_dc_is_the_mean_of_each_channel(rng: np.random.Generator) -> None:
    samples = 0.1 * rng.standard_normal((2, 50_000)) + np.array([[0.02], [-0.1]])
    levels = measure_levels(Audio(samples, 48_000))
    assert [channel.dc for channel in levels.channels] == pytest.approx(samples.mean(axis=1), abs=1e-8)


def test_the_figures_are_those_of_numpy(rng: np.random.Generator) -> None:
    audio = noise(rng, 3, 30_000, 48_000)
    levels = measure_levels(audio)
    exact = audio.samples.astype(float)
    for channel, row in zip(levels.channels, exact, strict=True):
        assert channel.peak_dbfs == pytest.approx(20 * np.log10(np.abs(row).max()), abs=1e-9)
        assert channel.rms_dbfs == pytest.approx(10 * np.log10((row**2).mean()), abs=1e-9)
    assert levels.rms_dbfs == pytest.approx(10 * np.log10((exact**2).mean()), abs=1e-9)


def test_a_clipped_sine_has_a_run_at_every_crest() -> None:
    wave = np.clip(1.5 * np.sin(2 * np.pi * 100 / 44_100 * np.arange(44_100)), -0.98, 0.98)
    levels = measure_levels(Audio(wave[None], 44_100))
    assert levels.channels[0].clipped_runs == 200
    assert levels.channels[0].clipped_frames == int(np.sum(np.abs(wave) == 0.98))
    first = levels.clipped[0]
    expected = np.flatnonzero(wave == 0.98)
    assert first.start_frame == expected[0]
    assert first.level_dbfs == pytest.approx(20 * np.log10(0.98), abs=1e-5)


@pytest.mark.parametrize("frequency_hz", [30, 50, 441])
def test_the_rounded_crest_of_a_16_bit_sine_is_not_clipping(frequency_hz: int) -> None:
    wave = np.round(32_767 * np.sin(2 * np.pi * frequency_hz / 44_100 * np.arange(44_100))) / 32_768
    assert measure_levels(Audio(wave[None], 44_100)).clipped == ()


def test_three_equal_frames_clip_and_two_do_not() -> None:
    two, three = np.zeros((1, 10)), np.zeros((1, 10))
    two[0, 4:6], three[0, 4:7] = 1.0, -1.0
    assert measure_levels(Audio(two, 44_100)).clipped == ()
    assert measure_levels(Audio(three, 44_100)).clipped == (ClippedRun(0, 4, 3, 0.0),)


def test_a_run_up_to_the_last_frame_counts() -> None:
    ended = np.zeros((2, 10))
    ended[1, 5:] = 1.0
    levels = measure_levels(Audio(ended, 44_100))
    assert levels.clipped == (ClippedRun(1, 5, 5, 0.0),)
    assert [channel.clipped_frames for channel in levels.channels] == [0, 5]


def test_the_list_of_runs_ends_but_the_count_goes_on() -> None:
    wave = np.tile([0.0, 1.0, 1.0, 1.0], LISTED_RUNS + 7)
    levels = measure_levels(Audio(wave[None], 44_100))
    assert len(levels.clipped) == LISTED_RUNS
    assert levels.channels[0].clipped_runs == LISTED_RUNS + 7


def test_quiet_equal_frames_are_not_clipping() -> None:
    assert measure_levels(Audio(np.tile([0.0, 0.5, 0.5, 0.5], 100)[None], 44_100)).clipped == ()


def test_silences_and_the_sounding_part_are_found() -> None:
    samples = np.zeros((2, 10_000))
    samples[0, 2_000:3_000] = 0.1
    samples[1, 3_400:6_000] = 0.1
    levels = measure_levels(Audio(samples, 1_000))
    assert levels.silences == (Silence(0, 2_000), Silence(6_000, 4_000))
    assert (levels.first_sounding_frame, levels.last_sounding_frame) == (2_000, 5_999)


def test_silence_sounds_nowhere() -> None:
    levels = measure_levels(Audio(np.zeros((1, 1_000)), 1_000))
    assert levels.silences == (Silence(0, 1_000),)
    assert (levels.first_sounding_frame, levels.last_sounding_frame) == (None, None)
    assert (levels.peak_dbfs, levels.rms_dbfs, levels.crest_db) == (-np.inf, -np.inf, None)


def test_nothing_at_all_has_no_silence_either() -> None:
    levels = measure_levels(Audio(np.zeros((1, 0)), 1_000))
    assert (levels.frames, levels.silences, levels.peak_dbfs) == (0, (), -np.inf)


def test_bad_samples_are_counted_and_left_out() -> None:
    samples = np.full((2, 1_000), 0.1)
    samples[0, 10], samples[1, 20:22] = np.nan, np.inf
    levels = measure_levels(Audio(samples, 44_100))
    assert levels.bad_samples == 3
    assert [channel.bad_samples for channel in levels.channels] == [1, 2]
    assert levels.peak_dbfs == pytest.approx(-20.0, abs=1e-5)


def told_frame_by_frame(row: np.ndarray, clip_level: float) -> list[tuple[int, int]]:
    """Start and length of each clipped run, by the definition and without haste."""
    value = np.where(np.isfinite(row), row, 0).astype(float)
    edges = np.flatnonzero(np.diff(value) != 0) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(value))
    padded = np.concatenate([[0.0], value, [0.0]])
    ends_of = list(zip(starts, ends, strict=True))
    steps = [max(abs(padded[a + 1] - padded[a]), abs(padded[b + 1] - padded[b])) for a, b in ends_of]
    found = zip(ends_of, steps, strict=True)
    return [(a, b - a) for (a, b), step in found if b - a >= 3 and step > CLIP_STEP and abs(value[a]) >= clip_level]


@pytest.mark.parametrize("clip_dbfs", [-1.0, -20.0])
def test_runs_are_found_wherever_they_lie(rng: np.random.Generator, clip_dbfs: float) -> None:
    """Also across the stretches in which frames are added up, and beside bad samples."""
    samples = np.clip(noise(rng, 1, 30_000, 44_100, level=1.5).samples, -0.95, 0.95)
    samples = np.round(samples * 8) / 8 + np.float32(0.01)
    samples[0, rng.integers(0, 30_000, 50)] = np.nan
    meter = LevelMeter(44_100, 1, clip_dbfs=clip_dbfs)
    meter.feed(samples)
    found = meter.result()
    expected = told_frame_by_frame(samples[0], 10 ** (clip_dbfs / 20))
    assert [(run.start_frame, run.frames) for run in found.clipped] == expected[:LISTED_RUNS]
    assert found.channels[0].clipped_runs == len(expected) > 20
    assert found.channels[0].clipped_frames == sum(frames for _, frames in expected)


@pytest.mark.parametrize("silence_ms", [0.0, 5.0, 3_000.0])
def test_pauses_of_any_length_are_found(rng: np.random.Generator, silence_ms: float) -> None:
    sounds = np.repeat(rng.random(400) < 0.3, rng.integers(1, 60, 400))
    meter = LevelMeter(1_000, 2, silence_ms=silence_ms)
    meter.feed(np.stack([0.1 * sounds, -0.2 * sounds]))
    frames = np.flatnonzero(sounds)
    edges = np.concatenate([[-1], frames, [len(sounds)]])
    gaps = zip(edges[:-1] + 1, np.diff(edges) - 1, strict=True)
    shortest = max(1, round(silence_ms))
    assert meter.result().silences == tuple(Silence(int(a), int(n)) for a, n in gaps if n >= shortest)


@pytest.mark.parametrize("most_frames", [5, 3_000])
def test_the_cut_into_blocks_makes_no_difference_to_a_bit(rng: np.random.Generator, most_frames: int) -> None:
    samples = np.clip(noise(rng, 2, 12_000, 1_000, level=0.8).samples, -1, 1) * (np.arange(12_000) % 3_000 > 700)
    audio = Audio(samples, 1_000)
    meter = LevelMeter(1_000, 2)
    for block in pieces(audio, rng, most_frames):
        meter.feed(block)
        meter.result()
    levels = meter.result()
    assert levels == measure_levels(audio)
    assert levels.clipped
    assert levels.silences
