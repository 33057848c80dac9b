"""The scan for clicks: where a model of the sound is surprised from both sides, and is content once a gap is redrawn.

A frame is predicted forwards and backwards by one autoregressive model; a click surprises both at the same samples. A
stroke, a pluck or a glottal pulse does so too, but it also changes what comes after: so the samples are drawn again
from both sides (``lsar``), and only where the model is no more surprised after that than elsewhere was there something
that did not belong to the sound.

Conventions: kernels; one channel, float64; a find is a row ``start, frames, surprise_db, mended_db, usual, over_db``:
how far it sticks out of the usual residual, by how much redrawing lowers the residual, what the usual residual is (of
full scale), and how far it sticks out of other peaks nearby.

Not covered: which finds are clicks (``click_repair``).
"""

from __future__ import annotations

import numpy as np

from bandmate.sound.kernel import contracted_kernel
from bandmate.sound.lsar import Reals, fill, model, residual

STARTING, REACHING = 5.0, 2.0
"""Times the usual residual: where a find starts, and how far it reaches around that."""

OUTSTANDING = 8.0
"""What sticks out so far is left out when the model is made for the second time."""

FUSED = 8
"""Finds with fewer samples between them are one."""

QUIETEST = 3e-6
"""The usual residual is at least this, a tenth of a step of 16 bits."""

GROWN = 14
"""Most samples that a find is widened by at either end."""

TIGHT_MARGIN = 2
"""Samples around what needs to be redrawn that are redrawn too: a click fades in and out."""

WORTH_TIGHTENING = 4.0
"""Finds that redrawing calms less, in power, are no clicks and stay as they are."""

LOOSE, SPARED = 1.1, 3.0
"""How much less calm a tighter find may be: a factor, and times the usual power for each sample that is spared."""

COLUMNS = 6


@contracted_kernel
def scan(row: Reals, window: Reals, order: int, longest: int, finds: Reals) -> int:
    """Write the finds of a channel into ``finds``; how many there are, at most its rows."""
    frame = window.shape[0]
    core = frame // 2
    edge = frame // 4
    count = 0
    sound = np.zeros(frame)
    start = -edge
    while start + edge < row.shape[0]:
        for n in range(frame):
            at = start + n
            sound[n] = row[at] if 0 <= at < row.shape[0] else 0.0
        count = scan_frame(sound, window, order, longest, start, finds, count)
        start += core
    return count


@contracted_kernel
def surprise(sound: Reals, made: Reals, forward: Reals, both: Reals) -> float:
    """What both directions are surprised by at each sample, into ``both``; the usual size of it is returned."""
    frame, order = sound.shape[0], made.shape[0] - 1
    residual(sound, made, forward)
    turned = np.zeros(frame)
    residual(sound[::-1].copy(), made, turned)
    sizes = np.abs(forward)
    turned = np.abs(turned[::-1])
    for n in range(order, frame - order):
        ahead = max(sizes[n - 1], sizes[n], sizes[n + 1])
        back = max(turned[n - 1], turned[n], turned[n + 1])
        both[n] = min(ahead, back)
    return max(float(np.median(sizes)) / 0.6745, QUIETEST)


@contracted_kernel
def scan_frame(sound: Reals, window: Reals, order: int, longest: int, start: int, finds: Reals, count: int) -> int:
    """The finds in the middle half of a frame, which begins at ``start``."""
    frame = sound.shape[0]
    made, forward, both = np.zeros(order + 1), np.zeros(frame), np.zeros(frame)
    model(sound, window, made)
    usual = surprise(sound, made, forward, both)
    if not np.any(both[frame // 4 : frame - frame // 4] > STARTING * usual):
        return count
    outstanding = np.flatnonzero(both > OUTSTANDING * usual)
    if 0 < outstanding.shape[0] < frame // 8:
        calmer = sound.copy()
        fill(calmer, outstanding, made)
        model(calmer, window, made)
        usual = surprise(sound, made, forward, both)
    n = frame // 4
    last = frame - frame // 4
    while n < last and count < finds.shape[0]:
        if both[n] <= STARTING * usual:
            n += 1
            continue
        least = REACHING * usual
        low, high = reach(both, n, least)
        following = high + 1
        # A click far above all else spoils the model around it: what sticks out of its own surroundings counts.
        while high - low + 1 > longest and least < 0.3 * np.max(both[low:following]):
            least *= 3.0
            low, high = reach(both, low + int(np.argmax(both[low:following])), least)
        n = following
        if high - low + 1 > longest:
            continue
        if mend(sound, made, forward, low, high, usual, finds[count]):
            peak = np.max(both[low : high + 1])
            finds[count, 0] += start
            finds[count, 2] = 20.0 * np.log10(peak / usual)
            finds[count, 4] = usual
            finds[count, 5] = 20.0 * np.log10(peak / max(around(both, low, high), usual))
            count += 1
    return count


@contracted_kernel
def reach(both: Reals, at: int, least: float) -> tuple[int, int]:
    """First and last sample of what sticks out around ``at``, small gaps bridged."""
    low = high = at
    n = at
    while n > 0 and at > 0 and low - n <= FUSED:
        n -= 1
        if both[n] > least:
            low = n
    n = at
    while n < both.shape[0] - 1 and n - high <= FUSED:
        n += 1
        if both[n] > least:
            high = n
    return low, high


@contracted_kernel
def mend(sound: Reals, made: Reals, forward: Reals, low: int, high: int, usual: float, find: Reals) -> bool:
    """Redraw a find with more around it, give back what did not need it, write it. Whether there was room."""
    order, frame = made.shape[0] - 1, sound.shape[0]
    first, end = max(low - GROWN, order), min(high + 1 + GROWN, frame - order)
    if end <= first:
        return False
    missed, outer = np.zeros(frame), (first, end)
    whole = left_over(sound, made, outer, first, end, missed)
    if np.sum(forward[first : end + order] ** 2) > WORTH_TIGHTENING * whole:
        # Halving: the latest start, then the earliest end, with which the residual is as calm but for chance.
        good, bad = first, high
        while bad - good > 1:
            middle = (good + bad) // 2
            after = left_over(sound, made, outer, middle, end, missed)
            good, bad = (middle, bad) if after < allowed(whole, usual, middle - first) else (good, middle)
        start = good
        good, bad = end, start
        while good - bad > 1:
            middle = (good + bad) // 2
            after = left_over(sound, made, outer, start, middle, missed)
            spared = start - first + end - middle
            good, bad = (middle, bad) if after < allowed(whole, usual, spared) else (good, middle)
        first, end = max(order, start - TIGHT_MARGIN), good + TIGHT_MARGIN
    after = left_over(sound, made, (first, end), first, end, missed)
    before = np.sum(forward[first : end + order] ** 2)
    find[0], find[1] = first, end - first
    find[3] = 10.0 * np.log10(before / max(after, 1e-30))
    return True


@contracted_kernel
def allowed(whole: float, usual: float, spared: int) -> float:
    """The residual's energy that is as calm as ``whole`` with so many samples fewer redrawn."""
    return LOOSE * whole + SPARED * spared * usual**2


@contracted_kernel
def left_over(sound: Reals, made: Reals, outer: tuple[int, int], first: int, end: int, missed: Reals) -> float:
    """The residual's energy in what ``outer`` reaches once ``[first, end)``, which is within it, is redrawn."""
    order = made.shape[0] - 1
    low, high = outer[0] - order, min(sound.shape[0], outer[1] + order)
    redrawn = sound[low:high].copy()
    fill(redrawn, np.arange(first - low, end - low), made)
    residual(redrawn, made, missed[: high - low])
    return float(np.sum(missed[order : high - low] ** 2))


@contracted_kernel
def around(both: Reals, low: int, high: int) -> float:
    """How far the strongest of the other surprises in half a frame around a find stick out: the third of 32 blocks."""
    frame = both.shape[0]
    width = frame // 64
    tops = np.zeros(32)
    for k in range(16):
        end = max(0, low - 8 - k * width)
        first = max(0, end - width)
        if end > first:
            tops[k] = np.max(both[first:end])
        first = min(frame, high + 9 + k * width)
        end = min(frame, first + width)
        if end > first:
            tops[16 + k] = np.max(both[first:end])
    return float(np.sort(tops)[29])


def compile_kernels() -> None:
    """Compile the loops of this module."""
    row = np.sin(np.arange(512.0) / 9)
    row[200] += 1
    scan(row, np.hanning(256), 8, 16, np.zeros((4, COLUMNS)))
