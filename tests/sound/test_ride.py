from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.devices import Ride, RidePoint
from bandmate.sound.ride import RideProcessor, compile_kernels
from tests.sound.running import run

RATE = 1_000
POINTS = st.lists(st.tuples(st.floats(0.0, 4.0), st.floats(-12.0, 12.0)), min_size=1, max_size=8)


def ride(*points: tuple[float, float], rate_hz: int = RATE, channels: int = 1, late_frames: int = 0) -> RideProcessor:
    made = [RidePoint(id=str(k), at_seconds=moment, gain_db=gain) for k, (moment, gain) in enumerate(points)]
    device = Ride(id="r", points=tuple(made))
    return RideProcessor(device, rate_hz=rate_hz, channels=channels, late_frames=late_frames)


def gains_db(processor: RideProcessor, frames: int) -> np.ndarray:
    return 20.0 * np.log10(run(processor, np.ones((1, frames)))[0].astype(np.float64))


def test_the_gain_moves_in_straight_lines_of_decibels_and_stands_still_outside() -> None:
    found = gains_db(ride((1.0, -6.0), (2.0, 3.0)), 3_000)
    assert found[:1_001] == pytest.approx(-6.0, abs=1e-6)
    assert found[1_000:2_001] == pytest.approx(np.linspace(-6.0, 3.0, 1_001), abs=1e-5)
    assert found[2_000:] == pytest.approx(3.0, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(points=POINTS, seed=st.integers(0, 9))
def test_it_is_what_numpy_says_of_the_sorted_points(points: list[tuple[float, float]], seed: int) -> None:
    moments = [moment for moment, _ in points]
    if len(set(moments)) < len(moments):
        return
    wanted = np.interp(np.arange(5_000) / RATE, *zip(*sorted(points), strict=True))
    assert gains_db(ride(*points), 5_000) == pytest.approx(wanted, abs=1e-4)


def test_two_points_at_one_moment_are_a_step() -> None:
    found = gains_db(ride((1.0, 0.0), (1.0, -6.0)), 2_000)
    assert found[:1_000].tolist() == [0.0] * 1_000
    assert found[1_000:] == pytest.approx(-6.0, abs=1e-6)


def test_where_the_gain_is_0_db_no_bit_changes(rng: np.random.Generator) -> None:
    samples = rng.uniform(-1.0, 1.0, (2, 3_000)).astype(np.float32)
    out = run(ride((1.0, 0.0), (2.0, 4.0), channels=2), samples)
    assert np.array_equal(out[:, :1_001], samples[:, :1_001])
    assert not np.array_equal(out[:, 1_001:], samples[:, 1_001:])


def test_a_signal_that_comes_late_is_ridden_late() -> None:
    late = gains_db(ride((0.1, 0.0), (0.2, 6.0), late_frames=70), 400)
    assert np.array_equal(late[70:], gains_db(ride((0.1, 0.0), (0.2, 6.0)), 330))
    assert not late[:170].any()


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_moments_are_seconds_at_every_rate(rate_hz: int) -> None:
    found = gains_db(ride((0.0, 0.0), (0.1, 10.0), rate_hz=rate_hz), rate_hz // 20 + 1)
    assert found[-1] == pytest.approx(5.0, abs=0.01)


def test_compiling_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    compile_kernels()
    assert capsys.readouterr() == ("", "")
