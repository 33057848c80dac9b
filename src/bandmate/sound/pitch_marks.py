"""Pitch marks: one place in each period of a voice, the same place in all, to a fraction of a frame.

From the strongest moment of a voiced run marks are set to both sides: each period is laid upon the one before where the
two are most alike (normalised cross-correlation on a low-passed, decimated copy), near where the pitch curve expects
it. Beside each mark lies a centre, where the energy of the period is: grains are cut around centres and placed by
marks, because what is cut there has the least to lose.

Conventions: frames of the recording with fractions, float64. The marks of a run depend on the recording and the pitch
curve around it and on nothing else, so they are the same whichever notes are edited and however often they are asked
for. Both channels of a stereo recording have the same marks.

Not covered: finding the pitch (``pitch``), two voices at once.

References: Moulines and Charpentier, "Pitch-synchronous waveform processing techniques", Speech Communication 9 (1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.ndimage
import scipy.signal

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel
from bandmate.sound.pitch_curve import PitchCurve

Reals = npt.NDArray[np.float64]

SEARCH_HZ = 14_000
"""The copy that is searched has at least this rate; half of it is more than what makes periods alike."""
PASSED_HZ = 4_500.0

BRIDGED_SECONDS = 0.02
"""Gaps in the curve as short as that belong to the run."""

BEYOND_SECONDS = 0.04
BEYOND_LIKENESS = 0.8
"""Marks go on beyond a run so far, as long as periods are so much alike."""

SEARCHED = 0.12
"""Share of a period to both sides of where the next one is expected."""
COMPARED = 1.2
"""Periods that are laid upon each other."""
STRAYING = 0.15
"""What a place at the rim of the search loses of its likeness."""

CENTRED_PERIODS = 6.0
"""Centres move as slowly as that."""

LEAST_PERIOD_FRAMES = 6.0
"""What is faster than that in the copy that is searched is no voice, and is left alone."""

LEAST_LIKENESS, LONGEST_UNLIKE = 0.3, 3
"""So many periods in a row that are less alike are no voice: the run is cut there."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch with pitch: points ``first`` to ``last`` (left out) of the curve, and how far marks may stray."""

    first: int
    last: int
    from_seconds: float
    to_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Marks of a voiced stretch without a break.

    Attributes
    ----------
    places : float64 array (marks,)
        rising; from one to the next is one period.
    centres : float64 array (marks,)
        where the energy of each period is.
    """

    places: Reals
    centres: Reals


def voiced_runs(curve: PitchCurve, seconds: float) -> list[Run]:
    """The stretches with pitch, from front to back, of a recording that is so long."""
    points = np.flatnonzero(curve.voiced & (curve.seconds < seconds))
    if not len(points):
        return []
    breaks = np.flatnonzero(np.diff(points) * curve.hop_seconds > BRIDGED_SECONDS + curve.hop_seconds)
    firsts = points[np.concatenate([[0], breaks + 1])]
    lasts = points[np.concatenate([breaks, [len(points) - 1]])] + 1
    middles = 0.5 * (lasts[:-1] + firsts[1:]) * curve.hop_seconds
    froms = np.concatenate([[0.0], middles])
    tos = np.concatenate([middles, [seconds]])
    return [
        Run(int(a), int(b), float(low), float(high)) for a, b, low, high in zip(firsts, lasts, froms, tos, strict=True)
    ]


def marks_of(samples: Samples, rate_hz: int, curve: PitchCurve, run: Run) -> list[Marks]:
    """The marks of a run, cut where it turns out not to be a voice.

    Parameters
    ----------
    samples : float32 array (channels, frames)
        the whole recording.
    rate_hz : int
    curve : PitchCurve
    run : Run
        one of ``voiced_runs``.
    """
    hop = curve.hop_seconds
    known = np.flatnonzero(curve.voiced[run.first : run.last])
    hz = np.interp(np.arange(run.last - run.first), known, curve.hz[run.first : run.last][known])
    low = max(run.from_seconds, (run.first - 0.5) * hop - BEYOND_SECONDS)
    high = min(run.to_seconds, (run.last - 0.5) * hop + BEYOND_SECONDS)
    start = max(0, int((low - 2.0 / hz[0]) * rate_hz))
    end = min(samples.shape[1], int((high + 2.0 / hz[-1]) * rate_hz) + 1)
    step = max(1, rate_hz // SEARCH_HZ)
    searched = for_searching(samples[:, start:end], rate_hz, step)
    rate = rate_hz / step
    begin = start / rate_hz
    periods = rate / hz
    if float(periods.min()) < LEAST_PERIOD_FRAMES:
        return []
    limits = (
        np.array([low - begin, high - begin, (run.first - 0.5) * hop - begin, (run.last - 0.5) * hop - begin]) * rate
    )
    anchor = strongest(searched, limits, float(np.median(periods)))
    room = int((limits[1] - limits[0]) / (0.5 * float(periods.min()))) + 8
    places, likenesses = np.empty(2 * room), np.empty(2 * room)
    geometry = np.array([(run.first * hop - begin) * rate, hop * rate])
    first, last = follow(searched, periods, geometry, limits, anchor, places, likenesses)
    places, likenesses = places[first:last], likenesses[first:last]
    found = []
    for a, b in alike(likenesses):
        centres = centred(searched, places[a:b])
        found.append(Marks(start + places[a:b] * step, start + centres * step))
    return found


def for_searching(samples: Samples, rate_hz: int, step: int) -> Reals:
    """One channel, low-passed, every ``step``-th frame; of stereo what both have alike, or where that is nothing, what
    they have not."""
    sound = samples.astype(np.float64)
    one: Reals = sound.mean(axis=0)
    if len(sound) == 2:
        other = 0.5 * (sound[0] - sound[1])
        if float(np.dot(other, other)) > 2.0 * float(np.dot(one, one)):
            one = other
    if rate_hz <= 2.2 * PASSED_HZ:
        return one
    half = 8 * step
    taps = scipy.signal.firwin(2 * half + 1, min(PASSED_HZ, 0.4 * rate_hz / step), fs=rate_hz)
    passed: Reals = scipy.signal.upfirdn(taps, np.concatenate([one, np.zeros(half)]), 1, step)
    skipped = half // step
    return np.ascontiguousarray(passed[skipped : skipped + -(-len(one) // step)])


def strongest(sound: Reals, limits: Reals, period: float) -> float:
    """Where marks begin: the highest peak where the sound is loudest."""
    first, last = max(0, int(limits[2])), min(len(sound), int(limits[3]) + 1)
    if last - first < 2:
        return float(0.5 * (limits[2] + limits[3]))
    part = sound[first:last]
    loud = scipy.ndimage.uniform_filter1d(part * part, max(1, int(4 * period)), mode="constant")
    middle = first + int(np.argmax(loud))
    near = max(first, middle - int(period)), min(last, middle + int(period) + 1)
    return float(near[0] + int(np.argmax(np.abs(sound[near[0] : near[1]]))))


@kernel
def period_at(place: float, periods: Reals, geometry: Reals) -> float:
    """The period that the curve has there, between its points in a straight line."""
    at = min(max((place - geometry[0]) / geometry[1], 0.0), periods.shape[0] - 1.0)
    i = min(int(at), periods.shape[0] - 2) if periods.shape[0] > 1 else 0
    following = min(i + 1, periods.shape[0] - 1)
    return float(periods[i] + (at - i) * (periods[following] - periods[i]))


@kernel
def likeness(sound: Reals, one: int, other: int, half: int) -> float:
    """Normalised cross-correlation of the stretches around two frames; -1 where one of them is not all there."""
    if min(one, other) - half < 0 or max(one, other) + half >= sound.shape[0]:
        return -1.0
    dot, power, other_power = 0.0, 1e-30, 1e-30
    for k in range(-half, half + 1):
        x, y = sound[one + k], sound[other + k]
        dot += x * y
        power += x * x
        other_power += y * y
    return float(dot / np.sqrt(power * other_power))


@kernel
def next_mark(sound: Reals, mark: float, period: float, sign: int) -> tuple[float, float]:
    """Where the period after (or before) a mark is most like its own, and how much; NaN beyond the end."""
    one, half = round(mark), max(2, int(0.5 * COMPARED * period))
    reach = max(1, min(max(2, int(SEARCHED * period)), int(0.5 * period)))
    middle = round(one + sign * period)
    best, best_weighed, at = -1.0, -2.0, middle
    for candidate in range(middle - reach, middle + reach + 1):
        alike = likeness(sound, one, candidate, half)
        if alike <= -1.0:
            continue
        off = (candidate - one - sign * period) / reach
        weighed = alike - STRAYING * off * off
        if weighed > best_weighed:
            best, best_weighed, at = alike, weighed, candidate
    if best_weighed <= -2.0:
        return np.nan, -1.0
    left, right = likeness(sound, one, at - 1, half), likeness(sound, one, at + 1, half)
    bend = left - 2.0 * best + right
    shift = 0.0
    if left > -1.0 and right > -1.0 and bend < -1e-12:
        shift = min(max(0.5 * (left - right) / bend, -0.5), 0.5)
    return at + shift + (mark - one), best


@kernel
def follow(
    sound: Reals, periods: Reals, geometry: Reals, limits: Reals, anchor: float, places: Reals, likenesses: Reals
) -> tuple[int, int]:
    """Set marks from ``anchor`` to both sides within ``limits``; which part of ``places`` is filled.

    ``limits``: first and last place at all, then of the run itself, beyond which only likeness leads.
    """
    middle = places.shape[0] // 2
    places[middle], likenesses[middle] = anchor, 1.0
    ends = [middle, middle]
    for side in range(2):
        sign, i = 2 * side - 1, middle
        while 0 < i < places.shape[0] - 1:
            period = period_at(places[i], periods, geometry)
            period = period_at(places[i] + 0.5 * sign * period, periods, geometry)
            place, alike = next_mark(sound, places[i], period, sign)
            if not limits[0] <= place <= limits[1]:
                break
            if not limits[2] <= place <= limits[3] and alike < BEYOND_LIKENESS:
                break
            i += sign
            places[i], likenesses[i] = place, alike
        ends[side] = i
    return ends[0], ends[1] + 1


def alike(likenesses: Reals) -> list[tuple[int, int]]:
    """The parts in which periods are alike, each of three marks at least."""
    bad = likenesses < LEAST_LIKENESS
    labels, count = scipy.ndimage.label(bad)
    for number in range(1, count + 1):
        where = labels == number
        if where.sum() < LONGEST_UNLIKE:
            bad[where] = False
    labels, count = scipy.ndimage.label(~bad)
    parts = []
    for place in scipy.ndimage.find_objects(labels):
        if place[0].stop - place[0].start >= 3:
            parts.append((int(place[0].start), int(place[0].stop)))
    return parts


@kernel
def energy_turns(sound: Reals, places: Reals, turns: npt.NDArray[np.complex128]) -> None:
    """For each mark the first turn of the energy around it: its angle says where in the period the energy is."""
    for i in range(places.shape[0]):
        before = places[i] - places[i - 1] if i else places[1] - places[0]
        after = places[i + 1] - places[i] if i + 1 < places.shape[0] else before
        first, last = int(np.ceil(places[i] - 0.5 * before)), int(np.floor(places[i] + 0.5 * after))
        turns[i] = 0.0
        for n in range(max(first, 1), min(last, sound.shape[0] - 1) + 1):
            edge = sound[n] - sound[n - 1]
            period = before if n < places[i] else after
            turns[i] += edge * edge * np.exp(2j * np.pi * (n - 0.5 - places[i]) / period)


def centred(sound: Reals, places: Reals) -> Reals:
    """Where the energy of each period is, in the long run: it moves slowly against the marks."""
    turns = np.empty(len(places), np.complex128)
    energy_turns(sound, places, turns)
    smooth = scipy.ndimage.gaussian_filter1d(turns, CENTRED_PERIODS, mode="nearest")
    phases = np.unwrap(np.angle(smooth)) / (2 * np.pi)
    phases -= np.round(np.median(phases))
    periods = np.gradient(places)
    centres: Reals = places + phases * periods
    # subtle: grains are cut from centre to centre, so these must rise wherever the energy wanders.
    return centres if bool(np.all(np.diff(centres) > 0.25 * periods[1:])) else places.copy()


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first voice."""
    curve = PitchCurve(0.01, np.full(20, 200.0), np.ones(20))
    sound = np.sin(2 * np.pi * 200.0 / 8_000 * np.arange(1_600)).astype(np.float32)[None, :]
    for run in voiced_runs(curve, 0.2):
        marks_of(sound, 8_000, curve, run)
