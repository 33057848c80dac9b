"""The statistics of a blind listening test, stated so that nobody fools herself.

In an ABX test X is A or B by the toss of a coin, and the listener says which. Whoever hears nothing is right half of
the time. The number of trials is fixed before the first, for looking at the result and stopping when it suits makes
chance look like skill.

References: H. Burstein, Approximation formulas for error risk and sample size in ABX testing, JAES 36 (1988): why the
chance to miss an audible difference must be stated too; C. Clopper and E. Pearson (1934): the interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

SIGNIFICANT = 0.05
FAIR_SHARE_RIGHT = 0.75
"""Somebody who hears a difference half of the time, and guesses otherwise, is right this often."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a finished test says.

    Attributes
    ----------
    right, trials : int
    chance : float
        how likely it is to be right at least as often by guessing alone, 0 to 1.
    lowest_share, highest_share : float
        between these the share of right answers lies that the listener would have in the long run, at 95 %.
    missed : float
        how likely this test was to find nothing although the listener hears the difference half of the time, 0 to 1.
    """

    right: int
    trials: int
    chance: float
    lowest_share: float
    highest_share: float
    missed: float

    @property
    def is_heard(self) -> bool:
        """Whether guessing is too unlikely an explanation."""
        return self.chance < SIGNIFICANT

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        score = f"{self.right} of {self.trials} right"
        range_ = f"in the long run between {self.lowest_share:.0%} and {self.highest_share:.0%}"
        guessing = f"guessing alone does as well in {self.chance:.1%} of tests"
        if self.is_heard:
            return f"{score}: you hear the difference ({guessing}; {range_})"
        return (
            f"{score}: no difference was shown ({guessing}; {range_}). That does not prove that there is "
            f"none: a listener who hears it half of the time would have failed this test in {self.missed:.0%} of cases"
        )


def verdict(right: int, trials: int) -> Verdict:
    """What ``right`` right answers in ``trials`` planned and finished trials say; for 0 trials, nothing at all."""
    lowest, highest = interval(right, trials)
    needed = needed_right(trials)
    missed = 1.0 if needed is None else 1.0 - at_least(needed, trials, FAIR_SHARE_RIGHT)
    return Verdict(right, trials, at_least(right, trials, 0.5), lowest, highest, missed)


def at_least(right: int, trials: int, share: float) -> float:
    """How likely ``right`` or more right answers are, where each is right with the probability ``share``."""
    return math.fsum(math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(right, trials + 1))


def needed_right(trials: int) -> int | None:
    """How many right answers it takes for guessing to be too unlikely; None where no number suffices."""
    return next((k for k in range(trials + 1) if at_least(k, trials, 0.5) < SIGNIFICANT), None)


def interval(right: int, trials: int) -> tuple[float, float]:
    """The exact interval of Clopper and Pearson at 95 %, found by halving."""
    lowest = 0.0 if right == 0 else halved(lambda share: at_least(right, trials, share) < 0.025)
    highest = 1.0 if right == trials else halved(lambda share: at_least(right + 1, trials, share) < 0.975)
    return lowest, highest


def halved(is_below: Callable[[float], bool]) -> float:
    """Where a condition that holds for small shares stops to hold."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if is_below(middle):
            low = middle
        else:
            high = middle
    return low
