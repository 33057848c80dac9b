"""The statistics of a listening test against scipy's, and against what chance does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bandmate.verbs.abx_statistics import at_least, interval, needed_right, verdict


@pytest.mark.parametrize(("right", "trials"), [(0, 5), (5, 5), (8, 16), (12, 16), (16, 16), (60, 100)])
def test_figures_are_those_of_the_binomial_test(right: int, trials: int) -> None:
    peer = stats.binomtest(right, trials, 0.5, alternative="greater")
    assert at_least(right, trials, 0.5) == pytest.approx(peer.pvalue, abs=1e-12)
    wide = stats.binomtest(right, trials, 0.5).proportion_ci(0.95, method="exact")
    assert interval(right, trials) == pytest.approx((wide.low, wide.high), abs=1e-9)


def test_twelve_of_sixteen_is_the_known_limit() -> None:
    assert needed_right(16) == 12
    assert verdict(12, 16).is_heard and not verdict(11, 16).is_heard
    assert needed_right(4) is None


def test_guessing_passes_no_more_often_than_stated() -> None:
    tosses = np.random.default_rng(5).integers(0, 2, (20_000, 16)).sum(axis=1)
    passed = float(np.mean(tosses >= needed_right(16)))
    assert passed == pytest.approx(at_least(12, 16, 0.5), abs=0.006)


def test_a_failed_test_says_what_it_could_have_missed() -> None:
    found = verdict(9, 16)
    assert found.missed == pytest.approx(stats.binom.cdf(11, 16, 0.75))
    assert "no difference was shown" in found.sentence and "does not prove" in found.sentence
