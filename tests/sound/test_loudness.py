from __future__ import annotations

import time

import numpy as np
import pytest

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.loudness import (
    Loudness,
    LoudnessMeter,
    active_loudness,
    album_loudness,
    loudness_range,
    measure_loudness,
)
from tests.sound.cuts import noise, pieces


def sine(rate_hz: int, seconds: float, amplitude: float, channels: int = 2) -> Audio:
    wave = amplitude * np.sin(2 * np.pi * 997 / rate_hz * np.arange(round(seconds * rate_hz)))
    return Audio(np.tile(wave, (channels, 1)), rate_hz)


def same(one: Loudness, other: Loudness) -> bool:
    return (
        (one.integrated_lufs, one.range_lu, one.max_momentary_lufs, one.max_short_term_lufs)
        == (other.integrated_lufs, other.range_lu, other.max_momentary_lufs, other.max_short_term_lufs)
        and np.array_equal(one.momentary_lufs, other.momentary_lufs)
        and np.array_equal(one.short_term_lufs, other.short_term_lufs)
    )


@pytest.mark.parametrize("rate_hz, channels", [(44_100, 2), (11_025, 1), (12_347, 3), (96_000, 6)])
@pytest.mark.parametrize("most_frames", [7, 900, 30_000])
def test_the_cut_into_blocks_makes_no_difference_to_a_bit(
    rng: np.random.Generator, rate_hz: int, channels: int, most_frames: int
) -> None:
    audio = noise(rng, channels, rate_hz // 2 if most_frames == 7 else 4 * rate_hz, rate_hz)
    meter = LoudnessMeter(rate_hz, channels)
    for block in pieces(audio, rng, most_frames):
        meter.feed(block)
    assert same(meter.result(), measure_loudness(audio))


def test_feeding_goes_on_after_a_result(rng: np.random.Generator) -> None:
    audio = noise(rng, 2, 200_000, 48_000)
    meter = LoudnessMeter(48_000, 2)
    for block in audio.blocks(33_333):
        meter.feed(block)
        meter.result()
    assert same(meter.result(), measure_loudness(audio))


def test_mono_counts_as_one_channel() -> None:
    mono, stereo = (measure_loudness(sine(48_000, 2, 0.1, channels)) for channels in (1, 2))
    assert mono.integrated_lufs == pytest.approx(-23.01, abs=0.05)
    assert stereo.integrated_lufs == pytest.approx(-20.0, abs=0.05)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 192_000])
def test_a_tone_reads_the_same_at_any_rate(rate_hz: int) -> None:
    assert measure_loudness(sine(rate_hz, 1.0, 0.1)).integrated_lufs == pytest.approx(-20.0, abs=0.1)


def test_silence_is_no_measurement() -> None:
    silent = measure_loudness(Audio(np.zeros((2, 480_000)), 48_000))
    assert (silent.integrated_lufs, silent.range_lu) == (None, None)
    assert (silent.max_momentary_lufs, silent.max_short_term_lufs) == (None, None)
    assert np.all(silent.momentary_lufs == -np.inf)
    assert len(silent.momentary_lufs) == 97


def test_what_is_below_the_absolute_gate_has_maxima_but_no_integrated_loudness() -> None:
    faint = measure_loudness(sine(48_000, 5, 1e-4))
    assert faint.integrated_lufs is None
    assert faint.range_lu is None
    assert faint.max_momentary_lufs == pytest.approx(-80.0, abs=0.05)


@pytest.mark.parametrize("frames", [0, 1, 19_199])
def test_less_than_400_ms_is_no_measurement(frames: int) -> None:
    short = measure_loudness(Audio(np.full((1, frames), 0.5), 48_000))
    assert (short.integrated_lufs, short.max_momentary_lufs) == (None, None)
    assert len(short.momentary_lufs) == len(short.short_term_lufs) == 0


def test_exactly_400_ms_is_one_block_and_3_s_is_one_short_term_value() -> None:
    assert len(measure_loudness(sine(48_000, 0.4, 0.1)).momentary_lufs) == 1
    loudness = measure_loudness(sine(48_000, 3, 0.1))
    assert len(loudness.short_term_lufs) == 1
    assert loudness.range_lu == 0.0


def test_edges_do_not_drift_where_100_ms_is_not_a_whole_number_of_frames() -> None:
    assert len(measure_loudness(sine(11_025, 60, 0.1, 1)).momentary_lufs) == 597
    assert len(measure_loudness(sine(12_347, 60, 0.1, 1)).momentary_lufs) == 597


def test_dc_is_not_loud() -> None:
    steady = LoudnessMeter(48_000, 1)
    steady.feed(np.full((1, 480_000), 0.9, np.float32))
    assert steady.result().momentary_lufs[-1] < -100


def test_digital_silence_after_sound_is_silence_and_fast() -> None:
    audio = Audio(np.concatenate([0.5 * np.ones((2, 4_800)), np.zeros((2, 4_800_000))], axis=1), 48_000)
    measure_loudness(Audio(np.zeros((2, 1)), 48_000))
    began = time.process_time()
    loudness = measure_loudness(audio)
    assert time.process_time() - began < 1.0, "the filters' tails must not run in denormal numbers"
    assert loudness.momentary_lufs[-1] == -np.inf


def test_a_bad_frame_is_refused_by_frame_and_time() -> None:
    meter = LoudnessMeter(48_000, 2)
    meter.feed(np.zeros((2, 48_000)))
    block = np.zeros((2, 1_000))
    block[0, 480] = np.nan
    with pytest.raises(RequestError, match=r"channel 1 is nan at frame 48480 \(1.010 s\)"):
        meter.feed(block)


def test_full_scale_infinity_is_refused() -> None:
    with pytest.raises(RequestError, match=r"channel 1 is inf at frame 5"):
        measure_loudness(Audio(np.array([[0, 0, 0, 0, 0, np.inf, 0]]), 44_100))


def test_histories_are_read_only() -> None:
    loudness = measure_loudness(sine(48_000, 4, 0.1))
    for history in (loudness.momentary_lufs, loudness.short_term_lufs):
        with pytest.raises(ValueError, match="read-only"):
            history[0] = 0.0


def test_active_loudness_does_not_care_for_pauses() -> None:
    playing = sine(48_000, 10, 0.1).samples
    with_pauses = np.concatenate([playing, np.zeros((2, 480_000)), playing, 1e-3 * playing], axis=1)
    active = active_loudness(measure_loudness(Audio(with_pauses, 48_000)))
    assert active.lufs == pytest.approx(-20.0, abs=0.1)
    assert active.share == pytest.approx(0.5, abs=0.02)
    assert active.blocks[:90].all()
    assert not active.blocks[105:195].any()


def test_a_click_does_not_silence_the_music_for_active_loudness() -> None:
    quiet = sine(48_000, 20, 0.01).samples.copy()
    quiet[:, 5_000:5_003] = 1.0
    assert active_loudness(measure_loudness(Audio(quiet, 48_000))).share > 0.95


def test_silence_is_never_active() -> None:
    for frames in (0, 1_000, 480_000):
        active = active_loudness(measure_loudness(Audio(np.zeros((1, frames)), 48_000)))
        assert (active.lufs, active.share) == (None, 0.0)


def test_an_album_is_gated_as_one() -> None:
    loud, quiet = (measure_loudness(sine(48_000, 10, level)) for level in (0.1, 0.01))
    silent = measure_loudness(Audio(np.zeros((2, 48_000)), 48_000))
    assert album_loudness([loud, quiet, silent]) == pytest.approx(loud.integrated_lufs, abs=1e-9)
    assert album_loudness([quiet]) == pytest.approx(quiet.integrated_lufs, abs=1e-9)
    assert album_loudness([silent]) is None
    assert album_loudness([]) is None


def test_loudness_range_takes_the_nearest_rank() -> None:
    assert loudness_range(np.array([-20.0, -21.0, -22.0])) == pytest.approx(2.0)
    assert loudness_range(np.array([-20.0, -80.0])) == pytest.approx(0.0)
    assert loudness_range(np.array([-80.0])) is None


def test_memory_is_one_number_per_hop() -> None:
    meter = LoudnessMeter(8_000, 1)
    for _ in range(600):
        meter.feed(np.zeros((1, 800)))
    assert sum(len(energy) for energy in meter._energies) == 600
