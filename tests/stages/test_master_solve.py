"""The solver: what it gives back was measured, is what was asked for, or says why not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.devices import Limiter, SoftClipper
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.loudness import measure_loudness
from bandmate.sound.processors import process_audio
from bandmate.sound.truepeak import measure_true_peak
from bandmate.stages.master import solve
from bandmate.stages.master.search import Bounds, crossing
from bandmate.stages.master.solve import (
    MOST_MEAN_REDUCTION_DB,
    Solved,
    cost_of,
    hardest_moments,
    played,
    solve_limiter,
)
from bandmate.stages.master.tape import taped

RATE = 44_100
STYLES = ("transparent", "balanced", "loud")


def band(seconds: float, *, rate_hz: int = RATE, seed: int = 1) -> Samples:
    """Drums, bass and a held chord; no two bars alike."""
    rng = np.random.default_rng(seed)
    clock = np.arange(round(rate_hz * seconds)) / rate_hz
    drums = rng.standard_normal((2, len(clock))) * np.exp(-40.0 * (clock * 2 % 1.0)) * (1 + np.sin(clock / 3))
    bass = 0.3 * np.sin(2 * np.pi * 55.0 * clock) * (clock % 2.0 < 1.2)
    chord = sum(np.sin(2 * np.pi * freq_hz * clock) for freq_hz in (220.0, 277.2, 329.6))
    return (0.1 * (drums + bass + 0.2 * chord)).astype(np.float32)


def heard_again(samples: Samples, limiter: Limiter, rate_hz: int = RATE) -> Audio:
    return process_audio(Audio(samples, rate_hz), limiter)


def blocks_of(samples: Samples) -> list[Samples]:
    return [samples[:, start : start + 50_000] for start in range(0, samples.shape[1], 50_000)]


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The gains of the real runs."""
    done: list[float] = []

    def counted(tape: object, limiter: Limiter, *arguments: object, **more: object) -> Solved:
        done.append(limiter.gain_db)
        return played(tape, limiter, *arguments, **more)

    monkeypatch.setattr(solve, "played", counted)
    return done


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("target_lufs", [-30.0, -16.0, -11.0])
def test_the_result_is_what_was_asked_for_and_measures_so(style: str, target_lufs: float, rounds: list[float]) -> None:
    samples = band(8.0)
    solved = solve_limiter(blocks_of(samples), Limiter(id="l", style=style), RATE, target_lufs)
    again = heard_again(samples, solved.limiter)
    assert solved.reached and solved.loudness_lufs == pytest.approx(target_lufs, abs=0.02)
    assert measure_loudness(again).integrated_lufs == pytest.approx(solved.loudness_lufs, abs=1e-9)
    assert measure_true_peak(again, oversample=16).dbtp <= -1.0
    assert len(rounds) <= 3


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), target_lufs=st.floats(-40.0, -2.0), style=st.sampled_from(STYLES))
def test_the_promise_holds_for_any_sound(seed: int, target_lufs: float, style: str) -> None:
    rng = np.random.default_rng(seed)
    samples = band(2.0, seed=seed) * np.float32(rng.exponential(1.0)) + rng.standard_normal((2, 2 * RATE)).astype(
        np.float32
    ) * np.float32(0.3 * rng.random() ** 4)
    solved = solve_limiter([samples], Limiter(id="l", style=style), RATE, target_lufs)
    assert solved.mean_reduction_db <= MOST_MEAN_REDUCTION_DB[style]
    if solved.reached:
        assert solved.loudness_lufs == pytest.approx(target_lufs, abs=0.02)
    else:
        assert solved.loudness_lufs < target_lufs
        assert solved.mean_reduction_db > MOST_MEAN_REDUCTION_DB[style] - 0.1


@pytest.mark.parametrize("style", STYLES)
def test_more_than_the_sound_can_bear_is_not_reached_and_stops_at_the_limit(style: str, rounds: list[float]) -> None:
    samples = band(6.0)
    solved = solve_limiter([samples], Limiter(id="l", style=style), RATE, -3.0)
    most = MOST_MEAN_REDUCTION_DB[style]
    assert not solved.reached and solved.loudness_lufs < -3.02
    assert most - 0.05 <= solved.mean_reduction_db <= most
    assert len(rounds) <= 4
    less = solve_limiter([samples], Limiter(id="l", style=style), RATE, -3.0, most_mean_reduction_db=1.0)
    assert 0.95 <= less.mean_reduction_db <= 1.0 and less.loudness_lufs < solved.loudness_lufs


def test_one_tape_serves_many_targets_and_styles() -> None:
    samples = band(4.0)
    with taped(blocks_of(samples)) as tape:
        for style in STYLES:
            limiter = Limiter(id="l", style=style)
            assert solve_limiter(tape, limiter, RATE, -14.0) == solve_limiter([samples], limiter, RATE, -14.0)


@pytest.mark.parametrize(("rate_hz", "seconds"), [(8_000, 3.0), (192_000, 1.0), (RATE, 1.0), (RATE, 0.45)])
def test_other_rates_and_short_sounds(rate_hz: int, seconds: float) -> None:
    samples = band(seconds, rate_hz=rate_hz)
    solved = solve_limiter([samples], Limiter(id="l"), rate_hz, -18.0)
    assert solved.reached
    again = heard_again(samples, solved.limiter, rate_hz)
    assert measure_loudness(again).integrated_lufs == pytest.approx(-18.0, abs=0.02)


@pytest.mark.parametrize("samples", [np.zeros((2, RATE), np.float32), band(0.3), np.zeros((2, 0), np.float32)])
def test_silence_and_less_than_400_ms_give_the_limiter_back(samples: Samples) -> None:
    limiter = Limiter(id="l", gain_db=1.5)
    solved = solve_limiter([samples], limiter, RATE, -14.0)
    assert solved.limiter == limiter and not solved.reached and solved.loudness_lufs == -120.0
    with taped([samples]) as tape:
        (cost,) = cost_of(tape, limiter, RATE, [-14.0])
    assert cost.loudness_lufs is None and not cost.is_reachable and not cost.is_bearable


def test_sound_so_quiet_that_no_gain_reaches_the_target_gets_the_most_gain() -> None:
    solved = solve_limiter([band(2.0) * np.float32(1e-4)], Limiter(id="l"), RATE, -14.0)
    assert not solved.reached and solved.limiter.gain_db == 40.0


def test_the_hardest_moments_are_five_seconds_apart_and_hardest_first() -> None:
    history_db = np.zeros(200, np.float32)
    history_db[[10, 12, 60, 120, 170]] = [-6.0, -5.9, -2.0, -7.5, -0.05]
    assert hardest_moments(history_db) == ((12.0, 7.5), (1.0, 6.0), (6.0, 2.0))
    assert hardest_moments(np.zeros(0, np.float32)) == ()
    assert hardest_moments(np.full(50, -3.0, np.float32)) == ((0.0, 3.0),)


def test_where_it_works_hardest_is_told() -> None:
    samples = band(14.0) * np.float32(0.2)
    for at_seconds, level in ((2.0, 4.0), (9.0, 8.0)):
        first = round(at_seconds * RATE)
        samples[:, first : first + RATE // 20] *= level * 5
    solved = solve_limiter([samples], Limiter(id="l"), RATE, -16.0)
    assert len(solved.history_db) == 140
    assert [round(at_seconds) for at_seconds, _ in solved.reductions[:2]] == [9, 2]
    assert solved.reductions[0][1] == pytest.approx(solved.max_reduction_db, abs=1e-3)
    assert solved.reductions[0][0] == pytest.approx(solved.reduction_at_seconds, abs=0.1)


def test_the_cost_of_a_target_is_near_to_what_it_then_takes() -> None:
    samples = band(8.0)
    limiter = Limiter(id="l")
    with taped([samples]) as tape:
        easy, hard, absurd = cost_of(tape, limiter, RATE, [-18.0, -10.0, 0.0])
        solved = solve_limiter(tape, limiter, RATE, -18.0)
    assert easy.is_bearable and easy.mean_reduction_db == pytest.approx(solved.mean_reduction_db, abs=0.2)
    assert easy.gain_db == pytest.approx(solved.limiter.gain_db, abs=0.2)
    assert easy.mean_reduction_db < hard.mean_reduction_db
    assert not absurd.is_bearable and absurd.mean_reduction_db > MOST_MEAN_REDUCTION_DB["transparent"]


def test_devices_before_the_limiter_may_hang_on_its_gain() -> None:
    samples = band(6.0)

    def clipper(gain_db: float) -> tuple[SoftClipper, ...]:
        return (SoftClipper(id="clip", ceiling_dbfs=min(0.0, 1.0 - gain_db), knee_db=0.0),)

    plain = solve_limiter([samples], Limiter(id="l"), RATE, -13.0)
    solved = solve_limiter([samples], Limiter(id="l"), RATE, -13.0, chain_for=clipper)
    assert solved.reached and solved.max_reduction_db < plain.max_reduction_db - 1.0
    clipped = process_audio(Audio(samples, RATE), clipper(solved.limiter.gain_db)[0])
    again = process_audio(clipped, solved.limiter)
    assert measure_loudness(again).integrated_lufs == pytest.approx(-13.0, abs=0.02)


def test_a_crossing_is_found_and_an_end_where_there_is_none() -> None:
    assert crossing(lambda x: x**3 - 8.0, -40.0, 40.0) == pytest.approx(2.0, abs=1e-3)
    assert crossing(lambda x: x - 50.0, -40.0, 40.0) == 40.0
    assert crossing(lambda x: x + 50.0, -40.0, 40.0) == -40.0


def test_the_limit_counts_as_met_only_from_below() -> None:
    bounds = Bounds(target_lufs=-14.0, most_mean_reduction_db=4.0, within_db=0.05)
    assert bounds.is_at_limit(4.0) and bounds.is_at_limit(3.96)
    assert not bounds.is_at_limit(4.01) and not bounds.is_at_limit(3.9)
