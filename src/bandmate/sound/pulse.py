"""The pulse: which tempi a piece may have, where the beats fall at each, and whether one tempo explains them all.

A tempo shows as a distance at which onsets come again. For each likely tempo the beats are the path through the onsets
that collects most of them while its steps change little, found for the whole piece at once; so they follow a player who
drifts. Where a grid of one tempo meets the onsets as well, the piece was made to a click, and the grid is the answer.

Conventions: times are seconds; onsets are a row of strengths ``hop_seconds`` apart, the first at 0. Beats lie where the
onsets do, without a lead or a lag. Silence, and what is shorter than `LEAST_SECONDS`, has no pulse.

Not covered: which of several tempi is felt, and where bars begin (``bandmate.sound.bars``).

References: D. Ellis, Beat Tracking by Dynamic Programming (2007), for the path; the steps' memory is added here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, median_filter, uniform_filter1d

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel

Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

LEAST_SECONDS = 4.0
BPM_RANGE = (42.0, 240.0)
BPM_STEP = 1.012
"""Tempi that are looked at are this far apart, as a ratio."""

WINDOW_SECONDS = 12.0
LONGEST_SECONDS = 8.0 * 60 / BPM_RANGE[0]
LOCAL_SECONDS = 1.0
BLUR_HOPS = 1.2
MOST_ACCENT = 5.0
COMB = (1.0, 2.0, 3.0, 4.0)
RELATED = (1.0, 0.5, 2.0, 2 / 3, 1.5, 1 / 3, 3.0)
MOST_CANDIDATES = 8
SAME_TEMPO = 0.04

STEP_RANGE = 0.12
"""A step of the path differs from the tempo by this share at most."""

STEP_COST = 0.10
"""Cost of a step that is one hundredth longer or shorter than the one before, in accents; it grows with the square."""

SNAP_SECONDS = 0.04
CHANCE_SECONDS = 60.0
STEADY_SECONDS = 0.012
GRID_SECONDS = 0.03
PLAIN_RATIOS = (1.0, 0.5, 2.0, 2 / 3, 1.5, 1 / 3, 3.0, 0.75, 4 / 3, 0.25, 4.0)
LEAST_BEATS = 8
GROUP_SECONDS = 8.0
MOST_GROUPS = 0.9
HARMONICS = (1, 2, 4)
SURE_ACCENT = 0.5
SMOOTHED_BEATS = 3
WHOLE_DRIFT_SECONDS = 0.004


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The beats of a piece at one tempo.

    Attributes
    ----------
    bpm : float
        the tempo; of a piece that is not steady the median.
    seconds : float array (beats,)
    reward : float
        mean accent on the beats, in units of the accents' own size: about 1.5 on noise, more on music.
    wander_seconds : float
        how far groups of beats lie from a grid of one tempo; infinite for beats that are on no grid.
    """

    bpm: float
    seconds: Reals
    reward: float
    wander_seconds: float = np.inf

    @property
    def is_steady(self) -> bool:
        """Whether one tempo explains all beats, as in music that was made to a click."""
        return self.wander_seconds <= STEADY_SECONDS


def accents(strength: Samples | Reals, hop_seconds: float) -> Reals:
    """Onsets with what is always there taken away, and great ones made smaller; of size 1 in the mean square.

    Zeros for silence and for a row without a rise.
    """
    row = np.asarray(strength, np.float64)
    if not row.size or row.max() <= 0:
        return np.zeros(len(row))
    blurred = gaussian_filter1d(row, BLUR_HOPS, mode="constant")
    usual = uniform_filter1d(blurred, max(1, round(LOCAL_SECONDS / hop_seconds)), mode="constant")
    left = np.sqrt(np.maximum(blurred - usual, 0.0))
    size = float(np.sqrt((left**2).mean()))
    return np.minimum(left / size, MOST_ACCENT) if size > 0 else np.zeros(len(row))


def recurrence(row: Reals, hop_seconds: float) -> Reals:
    """How far a row of accents comes again after each lag, from 0 to `LONGEST_SECONDS`: 1 at lag 0, about 0 by chance.

    The mean over windows of some seconds, so that a drifting tempo does not wash it out.
    """
    lags = round(LONGEST_SECONDS / hop_seconds)
    window = min(len(row), round(WINDOW_SECONDS / hop_seconds))
    size = 1 << int(2 * window + lags).bit_length()
    total = np.zeros(lags + 1)
    whole = 0.0
    for start in range(0, max(1, len(row) - window // 2), max(1, window // 2)):
        part = row[start : start + window]
        part = part - part.mean()
        spectrum = np.fft.rfft(part, size)
        found = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[: lags + 1]
        total += found / np.maximum(1.0 - np.arange(lags + 1) / max(1, window), 0.25)
        whole += float(found[0])
    return total / whole if whole > 0 else total


def at_lag(found: Reals, seconds: float | Reals, hop_seconds: float) -> Reals:
    """The recurrence at lags between hops; 0 beyond the longest."""
    lag = np.asarray(seconds, np.float64) / hop_seconds
    return np.interp(lag, np.arange(len(found)), found, right=0.0)


def likely_tempi(found: Reals, hop_seconds: float) -> tuple[float, ...]:
    """Tempi at whose beats the accents come again, and those that are half, twice, two thirds … of the clearest."""
    count = int(np.log(BPM_RANGE[1] / BPM_RANGE[0]) / np.log(BPM_STEP))
    bpm = np.asarray(BPM_RANGE[0] * BPM_STEP ** np.arange(count + 1), np.float64)
    comb = comb_strength(found, bpm, hop_seconds)
    inside = (comb[1:-1] >= comb[:-2]) & (comb[1:-1] > comb[2:])
    peaks = 1 + np.flatnonzero(inside)
    best = peaks[np.argsort(-comb[peaks], kind="stable")][:MOST_CANDIDATES]
    chosen: list[float] = []
    wanted = [ratio * bpm[best[0]] for ratio in RELATED] if len(best) else []
    for tempo in [*map(float, bpm[best[:3]]), *wanted, *map(float, bpm[best[3:]])]:
        sharp = sharpened(found, tempo, hop_seconds)
        is_new = all(abs(np.log(sharp / other)) > SAME_TEMPO for other in chosen)
        if BPM_RANGE[0] <= sharp <= BPM_RANGE[1] and is_new:
            chosen.append(sharp)
    return tuple(chosen[:MOST_CANDIDATES])


def comb_strength(found: Reals, bpm: Reals, hop_seconds: float) -> Reals:
    """The mean recurrence after one, two, three and four beats."""
    teeth = [at_lag(found, tooth * 60 / bpm, hop_seconds) for tooth in COMB]
    strength: Reals = np.mean(teeth, axis=0)
    return strength


def sharpened(found: Reals, bpm: float, hop_seconds: float) -> float:
    """The tempo near ``bpm`` at which the comb is strongest."""
    near = np.asarray(np.linspace(0.975 * bpm, 1.025 * bpm, 51), np.float64)
    return float(near[int(comb_strength(found, near, hop_seconds).argmax())])


def follow(row: Reals, bpm: float, hop_seconds: float) -> Beats:
    """The beats at about ``bpm``: the path that collects most accents, whether the tempo stays or drifts."""
    step = 60 / bpm / hop_seconds
    shortest, longest = max(2, round(step * (1 - STEP_RANGE))), round(step * (1 + STEP_RANGE)) + 1
    if len(row) <= longest:
        return Beats(bpm, np.zeros(0), 0.0)
    came_from = np.zeros((len(row), longest - shortest + 1), np.int8)
    score = np.zeros((longest + 1, longest - shortest + 1))
    path = np.zeros(len(row) // shortest + 2, np.int64)
    count = best_path(row, shortest, STEP_COST * (100 / step) ** 2, came_from, score, path)
    hops = path[:count][::-1]
    reward = float(row[hops].mean()) if count else 0.0
    median = 60 / (float(np.median(np.diff(hops))) * hop_seconds) if count > 1 else bpm
    seconds = np.asarray(hops * hop_seconds, np.float64)
    return Beats(median, seconds, reward)


def chance_reward(row: Reals, bpm: float, hop_seconds: float) -> float:
    """The reward of `follow` where the same accents come without any order.

    Stretches of a tenth of a second are dealt anew, always in the same way.
    """
    stretch = max(1, round(0.1 / hop_seconds))
    whole = row[: len(row) // stretch * stretch].reshape(-1, stretch)
    whole = np.random.default_rng(0).permutation(whole)[: round(CHANCE_SECONDS / hop_seconds / stretch)]
    return follow(whole.reshape(-1), bpm, hop_seconds).reward


def paced(row: Reals, tempi: tuple[float, ...], hop_seconds: float) -> list[Beats]:
    """The beats at about each tempo: a grid where the piece keeps to one tempo, else the path through the onsets.

    subtle: a grid may lie a half or a quarter of a beat off. A path through syncopated music changes over between on
    and off the beat, and then no part of it can be put right; of a grid all beats are wrong by the same.
    """
    paths = [follow(row, bpm, hop_seconds) for bpm in tempi]
    grids = [nearest_grid(row, path.bpm, hop_seconds) for path in paths if len(path.seconds) >= LEAST_BEATS]
    if not grids:
        return paths
    best = max(grids, key=lambda grid: grid.strength)
    if best.wander_seconds > GRID_SECONDS:
        return paths
    return [on_grid(path, best, row, hop_seconds) for path in paths]


@dataclass(frozen=True, slots=True)
class Grid:
    """One tempo for the whole piece, how much of the accents is in step with it, and how far they wander from it."""

    bpm: float
    strength: float
    wander_seconds: float


def on_grid(path: Beats, grid: Grid, row: Reals, hop_seconds: float) -> Beats:
    """The path's beats on a grid whose tempo is in a plain ratio to that of ``grid``; the path where none is near."""
    ratios = [grid.bpm * ratio for ratio in PLAIN_RATIOS if abs(np.log(grid.bpm * ratio / path.bpm)) < SAME_TEMPO]
    if not ratios or len(path.seconds) < 2:
        return path
    bpm = min(ratios, key=lambda one: abs(np.log(one / path.bpm)))
    # Where on it: the mean phase of the path's beats, all multiples of half a beat taken for one.
    phase = float(np.angle(np.exp(4j * np.pi * bpm / 60 * path.seconds).sum())) / (4 * np.pi)
    seconds = np.arange(phase % 1.0, bpm / 60 * len(row) * hop_seconds, 1.0) * 60 / bpm
    return Beats(bpm, seconds, path.reward, grid.wander_seconds)


def nearest_grid(row: Reals, bpm: float, hop_seconds: float) -> Grid:
    """The tempo near ``bpm`` that the accents keep in step with best, from end to end."""
    length = len(row) * hop_seconds
    near = STEP_RANGE / 2
    rates = bpm / 60 * np.arange(1 - near, 1 + near, 0.02 / (bpm / 60 * length))
    size = 1 << int(8 * len(row)).bit_length()
    spectrum = np.abs(np.fft.rfft(row, size))
    places = rates * size * hop_seconds
    total = sum(np.interp(times * places, np.arange(len(spectrum)), spectrum) for times in HARMONICS)
    rate = float(rates[int(np.argmax(total))])
    times = np.arange(len(row)) * hop_seconds
    group = (times / GROUP_SECONDS).astype(np.int64)
    best = Grid(60 * rate, 0.0, np.inf)
    for harmonic in HARMONICS:
        turned = row * np.exp(-2j * np.pi * harmonic * rate * times)
        sums = np.bincount(group, turned.real) + 1j * np.bincount(group, turned.imag)
        weight, strength = np.abs(sums), float(np.abs(sums.sum()))
        if strength > best.strength:
            late = np.abs(np.angle(sums * np.conj(sums.sum()))) / (2 * np.pi * harmonic * rate)
            order = np.argsort(late)
            reached = np.cumsum(weight[order]) >= MOST_GROUPS * weight.sum()
            best = Grid(60 * rate, strength, float(late[order][reached.argmax()]))
    return best


def settled(beats: Beats, row: Reals, hop_seconds: float) -> Beats:
    """The same beats to the millisecond: a grid laid through its onsets, else each beat at its own onset."""
    if len(beats.seconds) < LEAST_BEATS:
        return beats
    return laid(beats, row, hop_seconds) if beats.is_steady else snapped(beats, row, hop_seconds)


def laid(beats: Beats, row: Reals, hop_seconds: float) -> Beats:
    """The grid that lies in the middle of its onsets, over the whole piece."""
    start, step = float(beats.seconds[0]), 60 / beats.bpm
    length = len(row) * hop_seconds
    for _ in range(3):
        numbers = np.arange(int(np.ceil(-start / step - 1e-9)), int((length - start) / step) + 1)
        grid = np.asarray(start + step * numbers, np.float64)
        found, weight = centroids(grid, row, hop_seconds)
        sure = weight > SURE_ACCENT
        if sure.sum() < LEAST_BEATS:
            break
        step, start = (float(x) for x in np.polyfit(numbers[sure], found[sure], 1, w=np.sqrt(weight[sure])))
    start, step = rounded_tempo(start, step, length)
    numbers = np.arange(int(np.ceil(-start / step - 0.01)), int((length - start) / step) + 1)
    return Beats(60 / step, np.maximum(start + step * numbers, 0.0), beats.reward, beats.wander_seconds)


def rounded_tempo(start: float, step: float, length: float) -> tuple[float, float]:
    """The grid with a tempo in whole, half or hundredth beats a minute, where that moves no beat to speak of."""
    middle = start + step * round((length / 2 - start) / step)
    for unit in (1.0, 0.5, 0.01):
        bpm = round(60 / step / unit) * unit
        moved = abs(60 / bpm - step) * length / 2 / step
        if moved <= WHOLE_DRIFT_SECONDS:
            return middle - 60 / bpm * round((middle - start) / step), 60 / bpm
    return start, step


def snapped(beats: Beats, row: Reals, hop_seconds: float) -> Beats:
    """Each beat at the centre of the onset that it met; a beat without one stays between its neighbours."""
    found, weight = centroids(beats.seconds, row, hop_seconds)
    sure = weight > SURE_ACCENT
    if sure.sum() < 2:
        return beats
    numbers = np.arange(len(found))
    late = median_filter(np.interp(numbers, numbers[sure], (found - beats.seconds)[sure]), SMOOTHED_BEATS)
    seconds = np.maximum(beats.seconds + late, 0.0)
    return Beats(60 / float(np.median(np.diff(seconds))), seconds, beats.reward)


def centroids(seconds: Reals, row: Reals, hop_seconds: float) -> tuple[Reals, Reals]:
    """The centre of the onset around each moment, and the accent there."""
    reach = round(SNAP_SECONDS / hop_seconds)
    padded = np.pad(row, 2 * reach + 2)
    near = np.rint(seconds / hop_seconds).astype(int) + 2 * reach + 2
    near = np.clip(near, reach + 1, len(padded) - reach - 2)
    around = padded[near[:, None] + np.arange(-reach, reach + 1)]
    peak = near + around.argmax(axis=1) - reach
    close = padded[peak[:, None] + np.arange(-1, 2)]
    total = close.sum(axis=1)
    offset = (close * np.arange(-1, 2)).sum(axis=1) / np.maximum(total, 1e-9)
    return (peak + offset - 2 * reach - 2) * hop_seconds, around.max(axis=1)


@kernel
def best_path(row: Reals, shortest: int, cost: float, came_from: npt.NDArray[np.int8], score: Reals, path: Rows) -> int:
    """Hops of the beats, last first, into ``path``; returns how many.

    A state is a hop and the step that led to it. ``score`` keeps the last hops in a ring, ``came_from`` by how much the
    step before was longer; a change by one hop is free, because steps are counted in whole hops.
    """
    hops, steps = came_from.shape
    ring = score.shape[0]
    reach = 1 + max(1, (shortest + steps) // 40)
    begin = shortest + steps - 1
    for t in range(hops):
        for s in range(steps):
            before = t - shortest - s
            best, come = 0.0, 127
            if before >= 0:
                best = -1.0e300
                for other in range(max(0, s - reach), min(steps, s + reach + 1)):
                    change = max(0, abs(other - s) - 1)
                    value = score[before % ring, other] - cost * change * change - 0.02 * abs(other - s)
                    if value > best:
                        best, come = value, other - s
            elif t > begin:
                best = -1.0e300
            score[t % ring, s] = best + row[t]
            came_from[t, s] = come
    t, s, most = hops - 1, 0, -1.0e300
    for back in range(min(begin, hops)):
        for step in range(steps):
            if score[(hops - 1 - back) % ring, step] > most:
                most = score[(hops - 1 - back) % ring, step]
                t, s = hops - 1 - back, step
    count = 0
    while t >= 0 and count < path.shape[0]:
        path[count] = t
        count += 1
        come = came_from[t, s]
        if come == 127:
            break
        t -= shortest + s
        s += come
    return count


def compile_kernels() -> None:
    """Compile the kernel (or load it from the cache)."""
    follow(np.ones(400), 120.0, 0.01)
