from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from bandmate.song.devices import Limiter
from bandmate.sound.limiter import LimiterProcessor
from tests.sound.running import run, sine

RATE = 44_100
CEILING_DBTP = -1.0
LONG_SINC = signal.firwin(2 * 64 * 16 + 1, 1 / 16, window=("kaiser", 7.0)) * 16


def limiter(channels: int = 1, rate_hz: int = RATE, **device: float) -> LimiterProcessor:
    return LimiterProcessor(Limiter(id="l", **device), rate_hz=rate_hz, channels=channels)


def true_peak_dbtp(samples: np.ndarray) -> float:
    """The higher reading of two meters at 16 times the rate: soxr, and a long windowed sinc.

    subtle: soxr does not take what is before the first frame as silence, so silence is put there.
    """
    rows = np.pad(samples.astype(np.float64), ((0, 0), (400, 400)))
    peaks = [np.abs(soxr.resample(row, RATE, 16 * RATE, "VHQ")).max() for row in rows]
    peaks += [np.abs(signal.upfirdn(LONG_SINC, row, 16)).max() for row in rows]
    return 20.0 * np.log10(max(peaks))


def hot_signal(name: str, rng: np.random.Generator) -> np.ndarray:
    frames = np.arange(2 * RATE)
    if name == "white noise":
        return rng.standard_normal((2, len(frames))) * 0.5
    if name == "clipped noise":
        return np.clip(rng.standard_normal((2, len(frames))) * 3.0, -1.0, 1.0) * 1.5
    if name == "square":
        return 1.4 * np.sign(np.sin(2.0 * np.pi * 997.3 / RATE * frames))[None, :]
    freq_hz = 19_000.0 if name == "19 kHz bursts" else 11_025.0
    return 2.0 * (np.sin(2 * np.pi * freq_hz / RATE * frames + 0.7) * (np.sin(20.0 * frames / RATE) > 0.9))[None, :]


@pytest.mark.parametrize("name", ["white noise", "clipped noise", "square", "11 kHz bursts", "19 kHz bursts"])
def test_hot_signals_stay_under_the_ceiling(name: str, rng: np.random.Generator) -> None:
    samples = hot_signal(name, rng)
    out = run(limiter(len(samples), ceiling_dbtp=CEILING_DBTP), samples)
    assert CEILING_DBTP - 0.5 < true_peak_dbtp(out) <= CEILING_DBTP


@pytest.mark.parametrize("gain_db", [6.0, 14.0])
def test_real_stems_driven_hard_stay_under_the_ceiling(stems_folder, gain_db: float) -> None:
    import soundfile

    stems = [
        soundfile.read(path, dtype="float32")[0].T[:, 20 * RATE : 26 * RATE] for path in stems_folder.glob("*.mp3")
    ]
    processor = limiter(2, ceiling_dbtp=CEILING_DBTP, gain_db=gain_db)
    out = run(processor, np.sum(stems, axis=0))
    assert processor.report()["max_reduction_db"] > 4.0
    assert CEILING_DBTP - 0.1 < true_peak_dbtp(out) <= CEILING_DBTP


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    gain_db=st.floats(-6.0, 24.0),
    ceiling_dbtp=st.floats(-20.0, 0.0),
    lookahead_ms=st.floats(0.5, 10.0),
    release_ms=st.floats(1.0, 500.0),
)
def test_no_setting_lets_a_noisy_signal_over_the_ceiling(
    seed: int, gain_db: float, ceiling_dbtp: float, lookahead_ms: float, release_ms: float
) -> None:
    rng = np.random.default_rng(seed)
    noise = signal.lfilter([1.0], [1.0, -0.7], rng.standard_normal((1, 6_000))) * rng.exponential(0.2, 6_000)
    processor = limiter(gain_db=gain_db, ceiling_dbtp=ceiling_dbtp, lookahead_ms=lookahead_ms, release_ms=release_ms)
    assert true_peak_dbtp(run(processor, noise)) <= ceiling_dbtp


def thd_n_db(freq_hz: float) -> float:
    """Everything but the tone, against the tone, 4 dB above the ceiling, in the third second."""
    out = run(limiter(), sine(freq_hz, rate_hz=RATE, seconds=4.0, peak=10.0 ** (3.0 / 20.0)))[0, 2 * RATE : 3 * RATE]
    angle = 2.0 * np.pi * freq_hz / RATE * np.arange(RATE)
    basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    weights = np.linalg.lstsq(basis, out.astype(np.float64), rcond=None)[0]
    return float(10.0 * np.log10(np.mean((out - basis @ weights) ** 2) / np.mean((basis @ weights) ** 2)))


@pytest.mark.parametrize(("freq_hz", "limit_db"), [(30.0, -40.0), (50.0, -100.0), (1_000.0, -120.0), (5_000.0, -120.0)])
def test_a_tone_stays_clean(freq_hz: float, limit_db: float) -> None:
    assert thd_n_db(freq_hz) <= limit_db


def test_a_loud_passage_is_held_without_pumping() -> None:
    tone = sine(100.0, rate_hz=RATE, seconds=2.0, peak=1.6)
    out = run(limiter(), tone)[0]
    gain = np.abs(out[RATE // 2 : -RATE // 4]).reshape(-1, 441).max(axis=1)
    assert np.ptp(20.0 * np.log10(gain)) < 0.01


def test_after_a_single_peak_the_gain_is_back_soon() -> None:
    tone = sine(1_000.0, rate_hz=RATE, seconds=2.0, peak=0.5)
    hit = tone.copy()
    hit[0, RATE] = 2.0
    change_db = 20.0 * np.log10(np.abs(run(limiter(release_ms=60.0), hit)[0]).reshape(-1, 441).max(axis=1) / 0.5)
    assert change_db[:98] == pytest.approx(0.0, abs=0.01)
    assert change_db[130:] == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize(("channels", "rate_hz"), [(1, 44_100), (2, 48_000), (8, 192_000)])
def test_what_stays_below_the_ceiling_comes_out_bit_for_bit(
    channels: int, rate_hz: int, rng: np.random.Generator
) -> None:
    samples = (rng.uniform(-0.2, 0.2, (channels, 5_000))).astype(np.float32)
    assert np.array_equal(run(limiter(channels, rate_hz), samples), samples)


def test_below_the_ceiling_again_the_bits_are_the_old_ones_again() -> None:
    tone = sine(440.0, rate_hz=RATE, seconds=8.0, peak=0.3).astype(np.float32)
    tone[0, 1_000] = 3.0
    out = run(limiter(), tone)
    assert np.array_equal(out[:, -RATE:], tone[:, -RATE:])


def test_the_delay_is_the_latency_it_states() -> None:
    for lookahead_ms in (0.5, 4.0, 20.0):
        processor = limiter(lookahead_ms=lookahead_ms)
        impulse = np.zeros((1, 4_000))
        impulse[0, 10] = 0.5
        out = run(processor, impulse, aligned=False)
        assert np.flatnonzero(out[0]).tolist() == [10 + processor.latency_frames]


def test_channels_are_turned_down_together(rng: np.random.Generator) -> None:
    loud, soft = rng.standard_normal(20_000), rng.standard_normal(20_000) * 0.01
    out = run(limiter(2), np.stack([loud, soft]))
    assert out[1] * loud == pytest.approx(out[0] * soft, abs=1e-7)


def test_the_report_says_how_far_the_gain_went_down_and_where() -> None:
    quiet = sine(1_000.0, rate_hz=RATE, seconds=3.0, peak=0.1)
    quiet[:, RATE : RATE + 4_410] *= 20.0
    processor = limiter(ceiling_dbtp=0.0)
    run(processor, quiet)
    report = processor.report()
    assert report["max_reduction_db"] == pytest.approx(6.1, abs=0.1)
    assert report["at_seconds"] == pytest.approx(1.05, abs=0.06)
    assert 0.0 < report["mean_reduction_db"] < 2.0
    assert 0.03 < report["working_share"] < 0.9


def test_silence_and_one_frame_and_nothing() -> None:
    processor = limiter()
    assert processor.process(np.zeros((1, 0), dtype=np.float32)).shape == (1, 0)
    assert processor.process(np.zeros((1, 1), dtype=np.float32)).tolist() == [[0.0]]
    assert not processor.process(np.zeros((1, 3_000), dtype=np.float32)).any()
    assert processor.report()["max_reduction_db"] == 0.0
