from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bandmate.song.devices import Delay, Reverb
from bandmate.sound.space import DelayProcessor, ReverbProcessor, hadamard, line_lengths
from tests.sound.running import level_db, run

RATE = 32_000


def reverb(channels: int = 2, **settings: float) -> ReverbProcessor:
    return ReverbProcessor(Reverb(id="r", **settings), rate_hz=RATE, channels=channels)


def impulse(channels: int, seconds: float) -> np.ndarray:
    samples = np.zeros((channels, round(RATE * seconds)))
    samples[0, 0] = 1.0
    return samples


def decay_seconds(row: np.ndarray) -> float:
    """RT60 from the slope of the backward-integrated energy between -5 and -35 dB (ISO 3382)."""
    energy = np.cumsum(np.square(row, dtype=np.float64)[::-1])[::-1]
    curve = 10.0 * np.log10(energy / energy[0] + 1e-30)
    first, last = np.argmax(curve < -5.0), np.argmax(curve < -35.0)
    return float(2.0 * (last - first) / RATE)


@pytest.mark.parametrize("wanted", [0.4, 1.5])
def test_the_decay_is_the_one_asked_for(wanted: float) -> None:
    out = run(reverb(decay_seconds=wanted, damping_hz=96_000.0), impulse(2, 2.5))
    for row in out:
        assert decay_seconds(row) == pytest.approx(wanted, rel=0.1)


def test_at_the_damping_frequency_the_decay_is_half() -> None:
    out = run(reverb(decay_seconds=2.0, damping_hz=4_000.0), impulse(2, 3.0))
    for freq_hz, wanted in ((250.0, 2.0), (4_000.0, 1.0)):
        sos = signal.butter(4, [freq_hz / 1.12, freq_hz * 1.12], "bandpass", fs=RATE, output="sos")
        assert decay_seconds(signal.sosfilt(sos, out[0])) == pytest.approx(wanted, rel=0.15)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("decay", [0.5, 3.0])
def test_noise_comes_back_as_loud_as_it_went_in(channels: int, decay: float, rng: np.random.Generator) -> None:
    noise = rng.standard_normal((channels, 5 * RATE)) * 0.1
    out = run(reverb(channels, decay_seconds=decay, damping_hz=96_000.0), noise)[:, 3 * RATE :]
    assert level_db(out) == pytest.approx(level_db(noise), abs=1.5)


def test_the_room_is_dense_and_the_sides_differ() -> None:
    out = run(reverb(decay_seconds=1.5, predelay_ms=0.0), impulse(2, 1.0))
    late = out[:, RATE // 4 : RATE // 2]
    late = late * 10.0 ** (2.0 * np.arange(late.shape[1]) / RATE)
    kurtosis = np.mean(late**4, axis=1) / np.mean(late**2, axis=1) ** 2
    assert kurtosis.max() < 4.0
    assert abs(np.corrcoef(late)[0, 1]) < 0.15


def test_the_pre_delay_is_silent_and_the_tail_ends() -> None:
    processor = reverb(decay_seconds=0.3, predelay_ms=50.0)
    out = run(processor, impulse(2, 2.0))
    assert not out[:, : round(0.05 * RATE)].any()
    peak = np.abs(out).max()
    assert np.abs(out[:, processor.tail_frames :]).max() < peak * 10.0 ** (-75.0 / 20.0)


def test_a_reverb_dies_out_to_exact_silence() -> None:
    processor = reverb(1, decay_seconds=0.1)
    processor.process(impulse(1, 0.1))
    for _ in range(6):
        last = processor.process(np.zeros((1, RATE), dtype=np.float32))
    assert not last.any()


def test_the_matrix_loses_nothing_and_the_lines_are_prime() -> None:
    assert hadamard(16) @ hadamard(16).T == pytest.approx(np.eye(16))
    for rate_hz in (8_000, 44_100, 192_000):
        lengths = line_lengths(rate_hz)
        assert len(set(lengths)) == 16
        assert all(n % d for n in lengths for d in range(2, int(n**0.5) + 1))


def delay(**settings: float) -> DelayProcessor:
    return DelayProcessor(Delay(id="d", **settings), rate_hz=RATE, channels=1, seconds_per_tick=1.0 / 1_920.0)


def test_echoes_come_at_the_tempo_and_fall_by_the_feedback() -> None:
    out = run(delay(length_ticks=480, feedback=0.5, damping_hz=96_000.0), impulse(1, 1.1))[0]
    assert np.flatnonzero(np.abs(out) > 0.05).tolist() == [8_000, 16_000, 24_000, 32_000]
    assert out[[8_000, 16_000, 24_000]] == pytest.approx([1.0, 0.5, 0.25], rel=1e-6)


def test_each_echo_is_darker() -> None:
    out = run(delay(length_ticks=480, feedback=0.9, damping_hz=2_000.0), impulse(1, 1.0))[0]
    tops = [np.abs(np.fft.rfft(out[k * 8_000 : (k + 1) * 8_000]))[3_000] for k in (1, 2, 3)]
    assert tops[0] == pytest.approx(1.0) and tops[0] > 2.0 * tops[1] > 4.0 * tops[2] > 0.0


def test_half_wet_keeps_the_dry_signal_in_place() -> None:
    out = run(delay(length_ticks=96, wet=0.5), impulse(1, 0.1))[0]
    assert out[0] == pytest.approx(0.5)


def test_a_tail_is_stated_and_bounded() -> None:
    assert delay(length_ticks=480, feedback=0.0).tail_frames == 2 * 8_000
    assert delay(length_ticks=3_840, feedback=0.95).tail_frames == 30 * RATE
    processor = delay(length_ticks=480, feedback=0.5)
    out = run(processor, impulse(1, 6.0))[0]
    assert np.abs(out[processor.tail_frames :]).max() < 10.0 ** (-85.0 / 20.0)
