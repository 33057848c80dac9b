from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.devices import Compressor, DeEsser, Gate
from bandmate.sound.dynamics import (
    CompressorProcessor,
    DeEsserProcessor,
    GateProcessor,
    static_reduction_db,
)
from tests.sound.running import level_db, run, sine

RATE = 48_000


def compressor(**settings: float) -> CompressorProcessor:
    return CompressorProcessor(Compressor(id="c", **settings), rate_hz=RATE, channels=1)


def held(level_dbfs: float, seconds: float) -> np.ndarray:
    """A constant level."""
    return np.full((1, round(RATE * seconds)), 10.0 ** (level_dbfs / 20.0))


@pytest.mark.parametrize("ratio", [1.5, 4.0, 100.0])
@pytest.mark.parametrize("knee_db", [0.0, 6.0, 24.0])
def test_a_steady_level_is_turned_down_by_the_static_curve(ratio: float, knee_db: float) -> None:
    for level in (-40.0, -21.0, -20.0, -18.0, -3.0):
        out = run(compressor(threshold_dbfs=-20.0, ratio=ratio, knee_db=knee_db), held(level, 1.0))
        wanted = level - static_reduction_db(level, threshold_dbfs=-20.0, ratio=ratio, knee_db=knee_db)
        assert level_db(out[:, -100:]) == pytest.approx(wanted, abs=1e-3)


def test_the_static_curve_is_the_published_one() -> None:
    curve = {"threshold_dbfs": -20.0, "ratio": 4.0}
    assert static_reduction_db(-10.0, knee_db=0.0, **curve) == pytest.approx(7.5)
    assert static_reduction_db(-20.0, knee_db=12.0, **curve) == pytest.approx(0.75 * 36.0 / 24.0)
    assert static_reduction_db(-26.0, knee_db=12.0, **curve) == 0.0
    assert static_reduction_db(-14.0, knee_db=12.0, **curve) == pytest.approx(0.75 * 6.0)


def test_a_tone_is_turned_down_by_what_its_peak_asks_for() -> None:
    processor = compressor(threshold_dbfs=-20.0, ratio=4.0, knee_db=0.0)
    run(processor, sine(1_000.0, rate_hz=RATE, seconds=1.0, peak=10.0 ** (-8.0 / 20.0)))
    assert processor.report()["max_reduction_db"] == pytest.approx(9.0, abs=0.1)


@pytest.mark.parametrize("attack_ms", [1.0, 10.0, 50.0])
def test_63_percent_of_the_attack_is_done_in_the_attack_time(attack_ms: float) -> None:
    loud = held(-8.0, 0.5)
    out = run(compressor(threshold_dbfs=-20.0, ratio=4.0, knee_db=0.0, attack_ms=attack_ms), loud)
    reduction = -20.0 * np.log10(out[0] / loud[0])
    assert np.argmax(reduction >= 9.0 * (1.0 - np.exp(-1.0))) / RATE * 1_000.0 == pytest.approx(attack_ms, abs=0.05)


@pytest.mark.parametrize("release_ms", [30.0, 200.0])
def test_63_percent_of_the_release_is_done_in_the_release_time(release_ms: float) -> None:
    steps = np.concatenate([held(-8.0, 0.2), held(-60.0, 1.0)], axis=1)
    processor = compressor(threshold_dbfs=-20.0, ratio=4.0, knee_db=0.0, attack_ms=0.0, release_ms=release_ms)
    reduction = -20.0 * np.log10(run(processor, steps)[0] / steps[0])[round(0.2 * RATE) :]
    assert np.argmax(reduction <= 9.0 * np.exp(-1.0)) / RATE * 1_000.0 == pytest.approx(release_ms, rel=0.01)


def test_both_channels_get_the_same_gain() -> None:
    loud, soft = held(-6.0, 0.3), held(-40.0, 0.3)
    processor = CompressorProcessor(Compressor(id="c"), rate_hz=RATE, channels=2)
    out = run(processor, np.concatenate([loud, soft]))
    assert out[1] / soft[0] == pytest.approx(out[0] / loud[0], rel=1e-5)


def test_a_detector_high_pass_does_not_hear_the_bass() -> None:
    bass = sine(40.0, rate_hz=RATE, seconds=0.5, peak=0.7)
    deaf = compressor(threshold_dbfs=-20.0, ratio=8.0, detector_high_pass_hz=400.0)
    assert np.array_equal(run(deaf, bass), bass.astype(np.float32))
    assert deaf.report()["working_share"] == 0.0


def test_half_wet_is_half_the_compressed_and_half_the_dry_signal() -> None:
    tone = sine(300.0, rate_hz=RATE, seconds=0.3, peak=0.8)
    wet = run(compressor(ratio=6.0, makeup_db=4.0), tone)
    half = run(compressor(ratio=6.0, makeup_db=4.0, wet=0.5), tone)
    assert half == pytest.approx(0.5 * (wet + tone), abs=1e-6)


def test_the_report_says_how_much_and_where() -> None:
    steps = np.concatenate([held(-60.0, 1.0), held(-10.0, 0.5), held(-60.0, 0.5)], axis=1)
    processor = compressor(threshold_dbfs=-20.0, ratio=2.0, knee_db=0.0, attack_ms=5.0)
    run(processor, steps)
    report = processor.report()
    assert report["max_reduction_db"] == pytest.approx(5.0, abs=0.01)
    assert 1.0 < report["at_seconds"] < 1.5
    assert 0.0 < report["mean_reduction_db"] < 2.5
    assert 0.25 < report["working_share"] < 0.6


def test_silence_reports_nothing_done() -> None:
    processor = compressor()
    assert not run(processor, np.zeros((1, 1_000))).any()
    assert processor.report() == {
        "max_reduction_db": 0.0,
        "mean_reduction_db": 0.0,
        "at_seconds": 0.0,
        "working_share": 0.0,
    }


def gate(**settings: float) -> GateProcessor:
    return GateProcessor(Gate(id="g", **settings), rate_hz=RATE, channels=1)


def test_a_gate_turns_down_by_its_range_and_opens_to_the_very_bit() -> None:
    steps = np.concatenate([held(-80.0, 0.5), held(-20.0, 0.5)], axis=1)
    out = run(gate(threshold_dbfs=-60.0, range_db=-30.0), steps)
    assert level_db(out[:, :1_000]) == pytest.approx(-110.0, abs=1e-3)
    assert np.array_equal(out[:, -1_000:], steps[:, -1_000:].astype(np.float32))


def test_a_gate_closes_only_below_the_hysteresis_and_after_the_hold() -> None:
    loud, between, below = held(-50.0, 0.2), held(-63.0, 0.5), held(-65.0, 0.5)
    steps = np.concatenate([loud, between, below], axis=1)
    settings = {"threshold_dbfs": -60.0, "hysteresis_db": 4.0, "hold_ms": 100.0, "release_ms": 1.0, "range_db": -40.0}
    reduction = -20.0 * np.log10(run(gate(**settings), steps)[0] / steps[0])
    assert reduction[2_000 : round(0.799 * RATE)].max() < 1e-5
    assert reduction[round(0.81 * RATE)] > 39.0


def test_a_gate_does_not_chatter_on_a_low_note() -> None:
    note = sine(60.0, rate_hz=RATE, seconds=0.5, peak=10.0 ** (-50.0 / 20.0))
    out = run(gate(threshold_dbfs=-60.0, hold_ms=0.0, release_ms=0.0), note)
    assert np.array_equal(out[:, 1_000:], note[:, 1_000:].astype(np.float32))


def test_a_de_esser_turns_down_only_the_band_above() -> None:
    low = sine(500.0, rate_hz=RATE, seconds=0.5, peak=0.2)
    esses = sine(9_000.0, rate_hz=RATE, seconds=0.5, peak=0.3)
    processor = DeEsserProcessor(DeEsser(id="d", range_db=-8.0), rate_hz=RATE, channels=1)
    tail = run(processor, low + esses)[0, -RATE // 4 :]
    parts = np.abs(np.fft.rfft(tail)) / (RATE / 8)
    assert 20.0 * np.log10(parts[500 // 4] / 0.2) == pytest.approx(0.0, abs=0.1)
    assert -8.0 < 20.0 * np.log10(parts[9_000 // 4] / 0.3) < -4.5
    assert processor.report()["max_reduction_db"] == pytest.approx(8.0, abs=0.01)


def test_a_de_esser_leaves_what_has_no_esses_bit_for_bit() -> None:
    low = sine(300.0, rate_hz=RATE, seconds=0.2, peak=0.5).astype(np.float32)
    assert np.array_equal(run(DeEsserProcessor(DeEsser(id="d"), rate_hz=RATE, channels=1), low), low)
