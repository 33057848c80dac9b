"""The loops that run second-order sections: four at a time, because one alone spends most of its time waiting.

Conventions: a *section* is a row ``b0 b1 b2 a1 a2`` (a0 = 1), run in float64 as a transposed direct form II. *Lanes*
are sections in order: the first ``in_first`` filter one signal, one after the other, the rest a second one. Four lanes
share a loop, each a frame behind the lane before it, so that none needs what another is just making. That changes when
a thing is worked out, and not a bit of what.

Not covered: the design of sections (``bandmate.sound.filters``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import FLUSH, kernel

Reals = npt.NDArray[np.float64]
"""Of sections: (sections, 5). Of their state, which goes on in the next block: (sections, 2)."""

TOGETHER = 4
AHEAD = TOGETHER - 1

CHUNK_FRAMES = 1_024
"""So many frames go through all lanes before the next: they stay in the fastest memory."""


def filled_up(lanes: Reals) -> Reals:
    """``lanes`` with sections that do nothing at the end, so that no more than one is left over from fours."""
    missing = -len(lanes) % TOGETHER
    idle = np.tile([1.0, 0.0, 0.0, 0.0, 0.0], (missing, 1)) if missing < AHEAD else np.empty((0, 5))
    return np.ascontiguousarray(np.concatenate([lanes, idle]))


def writable(samples: Samples) -> Samples:
    """``samples``, copied if they must not be written to.

    subtle: numba takes an array that is read-only for another kind of array, and would compile every loop once more.
    """
    return samples if samples.flags.writeable else samples.copy()


@kernel
def run_sections(row: Reals, sections: Reals, state: Reals) -> None:
    """Filter ``row`` in place, section after section."""
    for k in range(sections.shape[0]):
        b0, b1, b2, a1, a2 = sections[k, 0], sections[k, 1], sections[k, 2], sections[k, 3], sections[k, 4]
        s1, s2 = state[k, 0], state[k, 1]
        for i in range(row.shape[0]):
            x = row[i]
            y = b0 * x + s1
            s1 = (b1 * x + s2) - a1 * y
            s2 = ((b2 * x - a2 * y) + FLUSH) - FLUSH
            row[i] = y
        state[k, 0], state[k, 1] = s1, s2


@kernel
def run_four(first: Reals, second: Reals, in_first: int, lanes: Reals, state: Reals) -> None:
    """Filter ``first`` by ``in_first`` of four lanes (1 to 4) and ``second`` by the others, both in place.

    ``second`` is as long as ``first``, and may be ``first`` when nothing is left for it.

    subtle: the lane in place j of its signal starts 3 - j frames ahead and ends j frames short, before and after the
    loop, so that all lanes can move in step.
    """
    frames = first.shape[0]
    if frames <= AHEAD:
        run_sections(first, lanes[:in_first], state[:in_first])
        run_sections(second, lanes[in_first:], state[in_first:])
        return
    for k in range(TOGETHER):
        place, row = (k, first) if k < in_first else (k - in_first, second)
        run_sections(row[: AHEAD - place], lanes[k : k + 1], state[k : k + 1])
    run_in_step(first, second, in_first, lanes, state)
    for k in range(TOGETHER):
        place, row = (k, first) if k < in_first else (k - in_first, second)
        run_sections(row[frames - place :], lanes[k : k + 1], state[k : k + 1])


@kernel
def run_in_step(first: Reals, second: Reals, in_first: int, c: Reals, state: Reals) -> None:
    """The loop of `run_four`: all four lanes move on by one frame per round, from what they have left in place."""
    s10, s11, s12, s13 = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
    s20, s21, s22, s23 = state[0, 1], state[1, 1], state[2, 1], state[3, 1]
    b00, b10, b20, a10, a20 = c[0, 0], c[0, 1], c[0, 2], c[0, 3], c[0, 4]
    b01, b11, b21, a11, a21 = c[1, 0], c[1, 1], c[1, 2], c[1, 3], c[1, 4]
    b02, b12, b22, a12, a22 = c[2, 0], c[2, 1], c[2, 2], c[2, 3], c[2, 4]
    b03, b13, b23, a13, a23 = c[3, 0], c[3, 1], c[3, 2], c[3, 3], c[3, 4]
    x1 = first[2] if in_first > 1 else 0.0
    x2 = first[1] if in_first > 2 else second[2]
    x3 = first[0] if in_first > 3 else (second[2] if in_first == 2 else second[1])
    for i in range(AHEAD, first.shape[0]):
        x0 = first[i]
        if in_first == 1:
            x1 = second[i]
        elif in_first == 2:
            x2 = second[i]
        elif in_first == 3:
            x3 = second[i]
        y0, y1, y2, y3 = b00 * x0 + s10, b01 * x1 + s11, b02 * x2 + s12, b03 * x3 + s13
        s10, s11 = (b10 * x0 + s20) - a10 * y0, (b11 * x1 + s21) - a11 * y1
        s12, s13 = (b12 * x2 + s22) - a12 * y2, (b13 * x3 + s23) - a13 * y3
        s20, s21 = ((b20 * x0 - a20 * y0) + FLUSH) - FLUSH, ((b21 * x1 - a21 * y1) + FLUSH) - FLUSH
        s22, s23 = ((b22 * x2 - a22 * y2) + FLUSH) - FLUSH, ((b23 * x3 - a23 * y3) + FLUSH) - FLUSH
        if in_first == 4:
            first[i - 3] = y3
        elif in_first == 3:
            first[i - 2], second[i] = y2, y3
        elif in_first == 2:
            first[i - 1], second[i - 1] = y1, y3
        else:
            first[i], second[i - 2] = y0, y3
        x1, x2, x3 = y0, y1, y2
    hand_over(first, second, in_first, (x1, x2, x3))
    state[0, 0], state[1, 0], state[2, 0], state[3, 0] = s10, s11, s12, s13
    state[0, 1], state[1, 1], state[2, 1], state[3, 1] = s20, s21, s22, s23


@kernel
def hand_over(first: Reals, second: Reals, in_first: int, waiting: tuple[float, float, float]) -> None:
    """Lay down what each lane has just made for the lane behind it, at the end of its signal."""
    for k in range(1, TOGETHER):
        if k < in_first:
            first[first.shape[0] - k] = waiting[k - 1]
        elif k > in_first:
            second[second.shape[0] - k + in_first] = waiting[k - 1]


@kernel
def run_lanes(first: Reals, second: Reals, in_first: int, lanes: Reals, state: Reals) -> None:
    """Filter two signals in place by all lanes; ``lanes`` are `filled_up`, ``second`` may be ``first`` as above."""
    for k in range(0, lanes.shape[0], TOGETHER):
        stop = min(k + TOGETHER, lanes.shape[0])
        if stop - k == 1:
            run_sections(first if k < in_first else second, lanes[k:stop], state[k:stop])
        elif k < in_first:
            run_four(first, second, min(in_first - k, TOGETHER), lanes[k:stop], state[k:stop])
        else:
            run_four(second, second, TOGETHER, lanes[k:stop], state[k:stop])


@kernel
def run_rows(first: Reals, second: Reals, in_first: int, lanes: Reals, state: Reals) -> None:
    """As `run_lanes`, for signals of any length."""
    for start in range(0, first.shape[0], CHUNK_FRAMES):
        stop = min(start + CHUNK_FRAMES, first.shape[0])
        run_lanes(first[start:stop], second[start:stop], in_first, lanes, state)


@kernel
def filter_channels(samples: Samples, in_first: int, lanes: Reals, state: Reals, gain: float, done: Samples) -> None:
    """Filter one or two channels, times ``gain``, into ``done``."""
    scratch = np.empty((2, CHUNK_FRAMES))
    channels = samples.shape[0]
    for start in range(0, samples.shape[1], CHUNK_FRAMES):
        count = min(CHUNK_FRAMES, samples.shape[1] - start)
        for c in range(channels):
            for i in range(count):
                scratch[c, i] = samples[c, start + i]
        run_lanes(scratch[0, :count], scratch[channels - 1, :count], in_first, lanes, state)
        for c in range(channels):
            for i in range(count):
                done[c, start + i] = scratch[c, i] * gain


@kernel
def filter_mid_side(
    samples: Samples, in_mid: int, lanes: Reals, state: Reals, gains: tuple[float, float], done: Samples
) -> None:
    """Filter the middle by ``in_mid`` lanes and the sides by the others, and write left and right to ``done``.

    The middle is ``gains[0]`` times the sum of the channels, the sides ``gains[1]`` times their difference.
    """
    scratch = np.empty((2, CHUNK_FRAMES))
    for start in range(0, samples.shape[1], CHUNK_FRAMES):
        count = min(CHUNK_FRAMES, samples.shape[1] - start)
        mid, side = scratch[0, :count], scratch[1, :count]
        for i in range(count):
            left, right = np.float64(samples[0, start + i]), np.float64(samples[1, start + i])
            mid[i] = gains[0] * (left + right)
            side[i] = gains[1] * (left - right)
        run_lanes(mid, side, in_mid, lanes, state)
        for i in range(count):
            done[0, start + i] = mid[i] + side[i]
            done[1, start + i] = mid[i] - side[i]


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    lanes, state = np.zeros((TOGETHER, 5)), np.zeros((TOGETHER, 2))
    rows, samples = np.zeros((2, 4)), np.zeros((2, 4), dtype=np.float32)
    run_rows(rows[0], rows[1], 2, lanes, state)
    filter_channels(samples, 2, lanes, state, 1.0, samples)
    filter_mid_side(samples, 2, lanes, state, (0.5, 0.5), samples)
