from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from bandmate.song.devices import Limiter
from bandmate.sound.audio import Audio
from bandmate.sound.limiter import LimiterProcessor
from bandmate.sound.loudness import measure_loudness
from bandmate.sound.truepeak import measure_true_peak
from tests.sound.plain_limiter import limited
from tests.sound.running import run, sine

RATE = 44_100
CEILING_DBTP = -1.0
STYLES = ("transparent", "balanced", "loud")
in_every_style = pytest.mark.parametrize("style", STYLES)
LONG_SINC = signal.firwin(2 * 64 * 16 + 1, 1 / 16, window=("kaiser", 7.0)) * 16


def limiter(channels: int = 1, rate_hz: int = RATE, **device: float | str) -> LimiterProcessor:
    return LimiterProcessor(Limiter(id="l", **device), rate_hz=rate_hz, channels=channels)


def true_peak_dbtp(samples: np.ndarray) -> float:
    """The highest reading of four meters: our own at 4x and 16x, soxr at 16x, and a long windowed sinc at 16x.

    subtle: soxr does not take what is before the first frame as silence, so silence is put there.
    """
    rows = np.pad(samples.astype(np.float64), ((0, 0), (400, 400)))
    peaks = [np.abs(soxr.resample(row, RATE, 16 * RATE, "VHQ")).max() for row in rows]
    peaks += [np.abs(signal.upfirdn(LONG_SINC, row, 16)).max() for row in rows]
    own = [measure_true_peak(Audio(samples, RATE), oversample=times).dbtp for times in (4, 16)]
    return max(20.0 * np.log10(max(peaks)), *own)


def hot_signal(name: str, rng: np.random.Generator) -> np.ndarray:
    frames = np.arange(RATE // 2)
    if name == "white noise":
        return rng.standard_normal((2, len(frames))) * 0.5
    if name == "clipped noise":
        return np.clip(rng.standard_normal((2, len(frames))) * 3.0, -1.0, 1.0) * 1.5
    if name == "square":
        return 1.4 * np.sign(np.sin(2.0 * np.pi * 997.3 / RATE * frames))[None, :]
    freq_hz = 19_000.0 if name == "19 kHz bursts" else 11_025.0
    return 2.0 * (np.sin(2 * np.pi * freq_hz / RATE * frames + 0.7) * (np.sin(20.0 * frames / RATE) > 0.9))[None, :]


@in_every_style
@pytest.mark.parametrize("name", ["white noise", "clipped noise", "square", "11 kHz bursts", "19 kHz bursts"])
def test_hot_signals_stay_under_the_ceiling(name: str, style: str, rng: np.random.Generator) -> None:
    samples = hot_signal(name, rng)
    out = run(limiter(len(samples), ceiling_dbtp=CEILING_DBTP, style=style), samples)
    assert CEILING_DBTP - 0.5 < true_peak_dbtp(out) <= CEILING_DBTP


@in_every_style
@pytest.mark.parametrize("gain_db", [4.0, 12.0, 20.0])
@pytest.mark.parametrize("freq_hz", [20.0, 45.0, 100.0])
def test_deep_notes_stay_under_the_ceiling_on_their_slopes_too(freq_hz: float, gain_db: float, style: str) -> None:
    tone = sine(freq_hz, rate_hz=RATE, seconds=0.2, peak=10.0 ** (CEILING_DBTP / 20.0))
    out = run(limiter(ceiling_dbtp=CEILING_DBTP, gain_db=gain_db, style=style), tone)
    assert CEILING_DBTP - 0.2 < true_peak_dbtp(out) <= CEILING_DBTP


@pytest.fixture(scope="module")
def stems(request: pytest.FixtureRequest) -> np.ndarray:
    """Four seconds of five stems added up."""
    import soundfile

    from tests.conftest import shared_folder

    paths = sorted(shared_folder("audio", "stems_cc0").glob("*.mp3"))
    return np.sum([soundfile.read(path, dtype="float32")[0].T[:, 20 * RATE : 24 * RATE] for path in paths], axis=0)


@in_every_style
def test_real_stems_driven_hard_stay_under_the_ceiling(stems: np.ndarray, style: str) -> None:
    processor = limiter(2, ceiling_dbtp=CEILING_DBTP, gain_db=10.0, style=style)
    out = run(processor, stems)
    assert processor.report()["max_reduction_db"] > 4.0
    assert CEILING_DBTP - 0.1 < true_peak_dbtp(out) <= CEILING_DBTP


def test_each_style_is_louder_than_the_one_before_it(stems: np.ndarray) -> None:
    loudness = [
        measure_loudness(Audio(run(limiter(2, gain_db=3.0, style=style), stems), RATE)).integrated_lufs
        for style in STYLES
    ]
    assert np.diff(loudness).min() > 0.2


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    gain_db=st.floats(-6.0, 24.0),
    ceiling_dbtp=st.floats(-20.0, 0.0),
    lookahead_ms=st.floats(0.5, 10.0),
    release_ms=st.floats(1.0, 500.0),
    style=st.sampled_from(STYLES),
    clicks=st.booleans(),
)
def test_no_setting_lets_a_noisy_signal_over_the_ceiling(
    seed: int, gain_db: float, ceiling_dbtp: float, lookahead_ms: float, release_ms: float, style: str, clicks: bool
) -> None:
    rng = np.random.default_rng(seed)
    noise = signal.lfilter([1.0], [1.0, -0.7], rng.standard_normal((1, 6_000))) * rng.exponential(0.2, 6_000)
    if clicks:
        noise *= rng.random(6_000) > 0.99
    processor = limiter(
        gain_db=gain_db, ceiling_dbtp=ceiling_dbtp, lookahead_ms=lookahead_ms, release_ms=release_ms, style=style
    )
    # Noise that jumps by 20 dB from frame to frame, with a look-ahead shorter than its wave: see the module.
    over_db = 0.08 if lookahead_ms < 3.0 else 0.02
    assert true_peak_dbtp(run(processor, noise)) <= ceiling_dbtp + over_db


def thd_n_db(freq_hz: float, style: str) -> float:
    """Everything but the tone, against the tone, 4 dB above the ceiling, in the third second."""
    out = run(limiter(style=style), sine(freq_hz, rate_hz=RATE, seconds=4.0, peak=10.0 ** (3.0 / 20.0)))[
        0, 2 * RATE : 3 * RATE
    ]
    angle = 2.0 * np.pi * freq_hz / RATE * np.arange(RATE)
    basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    weights = np.linalg.lstsq(basis, out.astype(np.float64), rcond=None)[0]
    return float(10.0 * np.log10(np.mean((out - basis @ weights) ** 2) / np.mean((basis @ weights) ** 2)))


@in_every_style
@pytest.mark.parametrize(("freq_hz", "limit_db"), [(30.0, -40.0), (50.0, -100.0), (1_000.0, -120.0), (5_000.0, -120.0)])
def test_a_tone_stays_clean(freq_hz: float, limit_db: float, style: str) -> None:
    assert thd_n_db(freq_hz, style) <= limit_db


@in_every_style
def test_a_loud_passage_is_held_without_pumping(style: str) -> None:
    tone = sine(100.0, rate_hz=RATE, seconds=2.0, peak=1.6)
    out = run(limiter(style=style), tone)[0]
    gain = np.abs(out[RATE // 2 : -RATE // 4]).reshape(-1, 441).max(axis=1)
    assert np.ptp(20.0 * np.log10(gain)) < 0.01


def test_after_a_single_peak_the_gain_is_back_soon() -> None:
    tone = sine(1_000.0, rate_hz=RATE, seconds=2.0, peak=0.5)
    hit = tone.copy()
    hit[0, RATE] = 2.0
    change_db = 20.0 * np.log10(np.abs(run(limiter(release_ms=60.0), hit)[0]).reshape(-1, 441).max(axis=1) / 0.5)
    assert change_db[:98] == pytest.approx(0.0, abs=0.01)
    assert change_db[130:] == pytest.approx(0.0, abs=0.2)


def seconds_down_db(style: str, seconds: float) -> float:
    """For how long a quiet tone is down by more than 1 dB after a loud stretch of so many seconds has ended."""
    tone = sine(1_000.0, rate_hz=RATE, seconds=2.0, peak=0.1)
    loud = np.zeros(tone.shape[1])
    loud[RATE : RATE + round(seconds * RATE)] = 1.0
    shaped = tone + loud * sine(1_000.0, rate_hz=RATE, seconds=2.0, peak=1.7)
    ratio = np.abs(run(limiter(style=style), shaped)[0]).reshape(-1, 441).max(axis=1) / np.abs(shaped[0]).reshape(
        -1, 441
    ).max(axis=1)
    return float((20.0 * np.log10(ratio[round((1.0 + seconds) * 100) :]) < -1.0).sum() / 100)


@in_every_style
def test_the_gain_goes_back_slowly_after_a_long_reduction_and_soon_after_a_short_one(style: str) -> None:
    assert seconds_down_db(style, 0.5) >= seconds_down_db(style, 0.02) + 0.05


@pytest.mark.parametrize("style", ["balanced", "loud"])
def test_a_single_peak_leaves_no_trace_after_some_hundredths_of_a_second(style: str) -> None:
    assert seconds_down_db(style, 0.002) <= 0.03


def drums_and_bass(rng: np.random.Generator, frames: int) -> np.ndarray:
    clock = np.arange(frames) / RATE
    bass = 0.8 * np.sin(2 * np.pi * 55.0 * clock) * np.exp(-4.0 * (clock * 4 % 1.0))
    return bass + rng.standard_normal((2, frames)) * np.exp(-60.0 * (clock * 8 % 1.0))


@pytest.mark.parametrize("gain_db", [-6.0, 0.0, 6.0])
def test_the_transparent_style_is_bit_for_bit_what_measuring_everywhere_gives(
    gain_db: float, rng: np.random.Generator
) -> None:
    clicks = np.where(rng.random((2, 3_000)) > 0.99, 2.5, 0.1) * rng.standard_normal((2, 3_000))
    for samples in (clicks, drums_and_bass(rng, 3_000)):
        device = Limiter(id="l", gain_db=gain_db)
        out = run(LimiterProcessor(device, rate_hz=RATE, channels=2), samples)
        assert np.array_equal(out, limited(samples, device, RATE))


@in_every_style
@pytest.mark.parametrize("sizes", [(1, 7, 300), (4_096,)])
def test_where_blocks_are_cut_makes_no_difference(style: str, sizes: tuple[int, ...], rng: np.random.Generator) -> None:
    samples = drums_and_bass(rng, 12_000) + sine(25.0, rate_hz=RATE, seconds=12_000 / RATE)
    whole, cut = (limiter(2, gain_db=9.0, style=style) for _ in range(2))
    assert np.array_equal(run(whole, samples), run(cut, samples, sizes))
    assert np.array_equal(whole.history_db, cut.history_db)
    assert whole.report() == pytest.approx(cut.report(), rel=1e-12)


@in_every_style
@pytest.mark.parametrize(("channels", "rate_hz"), [(1, 8_000), (1, 44_100), (2, 48_000), (8, 192_000)])
def test_what_stays_below_the_ceiling_comes_out_bit_for_bit(
    channels: int, rate_hz: int, style: str, rng: np.random.Generator
) -> None:
    samples = (rng.uniform(-0.2, 0.2, (channels, 5_000))).astype(np.float32)
    assert np.array_equal(run(limiter(channels, rate_hz, style=style), samples), samples)


@in_every_style
@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_every_rate_is_held(rate_hz: int, style: str, rng: np.random.Generator) -> None:
    out = run(limiter(1, rate_hz, gain_db=12.0, style=style), rng.standard_normal((1, rate_hz // 4)) * 0.3)
    assert measure_true_peak(Audio(out, rate_hz), oversample=16).dbtp <= CEILING_DBTP


@in_every_style
def test_below_the_ceiling_again_the_bits_are_the_old_ones_again(style: str) -> None:
    tone = sine(440.0, rate_hz=RATE, seconds=8.0, peak=0.3).astype(np.float32)
    tone[0, 1_000] = 3.0
    out = run(limiter(style=style), tone)
    assert np.array_equal(out[:, -RATE:], tone[:, -RATE:])


@in_every_style
def test_the_delay_is_the_latency_it_states(style: str) -> None:
    for lookahead_ms in (0.5, 4.0, 20.0):
        processor = limiter(lookahead_ms=lookahead_ms, style=style)
        impulse = np.zeros((1, 4_000))
        impulse[0, 10] = 0.5
        out = run(processor, impulse, aligned=False)
        assert np.flatnonzero(out[0]).tolist() == [10 + processor.latency_frames]


def test_channels_are_turned_down_together(rng: np.random.Generator) -> None:
    loud, soft = rng.standard_normal(20_000), rng.standard_normal(20_000) * 0.01
    out = run(limiter(2), np.stack([loud, soft]))
    assert out[1] * loud == pytest.approx(out[0] * soft, abs=1e-7)


@in_every_style
def test_the_report_says_how_far_the_gain_went_down_and_where(style: str) -> None:
    quiet = sine(1_000.0, rate_hz=RATE, seconds=3.0, peak=0.1)
    quiet[:, RATE : RATE + 4_410] *= 20.0
    processor = limiter(ceiling_dbtp=0.0, style=style)
    run(processor, quiet)
    report, history_db = processor.report(), processor.history_db
    assert history_db.shape == (30,) and history_db.dtype == np.float32 and history_db.max() <= 0.0
    assert history_db[:9].tolist() == [0.0] * 9
    assert history_db[10] == pytest.approx(-report["max_reduction_db"], abs=1e-4)
    assert -history_db.min() == pytest.approx(report["max_reduction_db"], abs=1e-4)
    assert report["max_reduction_db"] == pytest.approx(6.1, abs=0.1)
    assert report["at_seconds"] == pytest.approx(1.05, abs=0.06)
    assert 0.0 < report["mean_reduction_db"] < 2.0
    assert 0.03 < report["working_share"] < 0.9


def test_a_rate_that_is_no_multiple_of_ten_has_a_history_too() -> None:
    processor = limiter(1, 11_025, ceiling_dbtp=-6.0)
    run(processor, np.where(np.arange(11_025) == 5_600, 1.0, 0.0)[None])
    assert len(processor.history_db) == 10 and int(processor.history_db.argmin()) == 5


def test_silence_and_one_frame_and_nothing() -> None:
    processor = limiter()
    assert processor.history_db.shape == (0,)
    assert processor.process(np.zeros((1, 0), dtype=np.float32)).shape == (1, 0)
    assert processor.process(np.zeros((1, 1), dtype=np.float32)).tolist() == [[0.0]]
    assert not processor.process(np.zeros((1, 3_000), dtype=np.float32)).any()
    assert processor.report()["max_reduction_db"] == 0.0
