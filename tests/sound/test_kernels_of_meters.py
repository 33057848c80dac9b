"""What the first-run warm-up must cover."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from bandmate.sound import k_weighting, levels, loudness, stereo, truepeak
from bandmate.sound.audio import Audio


@pytest.mark.parametrize(
    "module, warm_up, kernels, measure",
    [
        (k_weighting, loudness.compile_kernels, ["weigh_pair"], loudness.measure_loudness),
        (truepeak, truepeak.compile_kernels, ["_search"], truepeak.measure_true_peak),
        (levels, levels.compile_kernels, ["_follow", "_follow_runs", "_find_pauses"], levels.measure_levels),
        (stereo, stereo.compile_kernels, ["_add_products", "_add_low_products"], stereo.measure_stereo),
    ],
)
def test_nothing_is_left_to_compile_after_the_warm_up(
    module: ModuleType, warm_up: Callable[[], None], kernels: list[str], measure: Callable[[Audio], object]
) -> None:
    warm_up()
    versions = {kernel: len(getattr(module, kernel).signatures) for kernel in kernels}
    samples = np.zeros((2, 5_000), np.float32)
    measure(Audio(samples, 44_100))
    measure(Audio(samples.T.copy().T, 44_100))
    measure(Audio(samples[:, ::2], 44_100))
    assert {kernel: len(getattr(module, kernel).signatures) for kernel in kernels} == versions
    # Other tests of this process may have called a kernel with arrays of their own: several versions are no fault.
    assert 0 not in versions.values()
