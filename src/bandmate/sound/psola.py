"""Another pitch for a voice that keeps its colour: grains of two periods, set at other distances (TD-PSOLA).

A grain is what lies around a pitch mark, faded in and out over a period to each side. Marks are counted on as a phase,
one per period; the wanted phase runs faster or slower by the ratio, and wherever it reaches a whole number a grain is
set, to a fraction of a frame, taken from the mark that is nearest in time::

    marks       |       |       |       |       |        phase 0  1  2  3  4
    ratio 1.25  |     |     |     |     |     |          phase 0  1  2  3  4  5

Conventions: ``ratios`` belong to the periods between marks. Where ratio and formants are 1 over a stretch, the grains
add up to the recording. A stretch that is played begins and ends at the centres of marks; within its last moments
the phase is brought to a whole number, so that the recording goes on in step, without a click.

Not covered: length (time is kept), what is not periodic (it is copied), several voices at once.

References: Moulines and Charpentier, "Pitch-synchronous waveform processing techniques", Speech Communication 9 (1990);
Zoelzer (ed.), "DAFX", chapter 6.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel
from bandmate.sound.pitch_marks import Marks

Reals = npt.NDArray[np.float64]

TAPS, PHASES = 16, 512
"""Half the length of the interpolating filter in frames, and how finely it is tabled."""
SMOOTHNESS = 9.0

LEAST_SPEED = 0.25
"""The slowest that the phase runs while it is brought to a whole number."""


GRAIN = np.dtype(
    [
        ("mark", "i8"),
        ("source", "f8"),
        ("centre", "f8"),
        ("before", "f8"),
        ("after", "f8"),
        ("gain", "f8"),
        ("speed", "f8"),
    ]
)
"""A grain: the number of the mark it is cut around; where its middle is in the recording and where it comes to lie;
how long it fades in and out; its level; how fast it is read (2 moves formants up by an octave)."""
Grains = npt.NDArray[np.void]


def interpolator() -> Reals:
    """Half of a windowed sinc, tabled from its middle to its end."""
    at = np.arange(TAPS * PHASES + 2) / PHASES
    window = np.i0(SMOOTHNESS * np.sqrt(np.clip(1.0 - (at / TAPS) ** 2, 0.0, None))) / np.i0(SMOOTHNESS)
    table: Reals = np.sinc(at) * window
    table[-2:] = 0.0
    return table


TABLE = interpolator()


def set_grains(marks: Marks, ratios: Reals, speeds: Reals, settling: int) -> Grains:
    """Where the grains of a stretch are set.

    Parameters
    ----------
    marks : Marks
        those of the stretch; the first and the last are where it meets the recording.
    ratios : float64 array (marks - 1,)
        wanted pitch to sung pitch, period by period.
    speeds : float64 array (marks,)
        reading speed of the grain at each mark.
    settling : int
        in so many last periods the phase is brought to a whole number.
    """
    places = marks.places
    steps = settled(ratios, settling)
    phase = np.concatenate([[0.0], np.cumsum(steps)])
    count = round(float(phase[-1]))
    phase[-1] = count
    moments = np.interp(np.arange(count + 1), phase, places)
    mark = np.searchsorted(0.5 * (places[:-1] + places[1:]), moments, side="right")
    mark[0], mark[-1] = 0, len(places) - 1
    grains = np.zeros(count + 1, GRAIN)
    grains["mark"], grains["source"] = mark, marks.centres[mark]
    first, last = marks.centres[0], marks.centres[-1]
    grains["centre"] = np.clip(moments + (marks.centres - places)[mark], first, last)
    grains["speed"] = speeds[mark]
    grains["speed"][[0, -1]] = 1.0
    density = np.concatenate([steps[:1], 0.5 * (steps[:-1] + steps[1:]), steps[-1:]])[mark]
    grains["gain"] = np.sqrt(grains["speed"] / density)
    grains["gain"][[0, -1]] = 1.0
    set_widths(grains, np.diff(marks.centres))
    return grains


def set_widths(grains: Grains, periods: Reals) -> None:
    """Let each grain fade over a period to both sides, and none beyond the ends of the stretch."""
    centres, mark = grains["centre"], grains["mark"]
    grains["before"] = np.concatenate([[0.0], periods])[mark] / grains["speed"]
    grains["after"] = np.concatenate([periods, [0.0]])[mark] / grains["speed"]
    first, last = centres[0], centres[-1]
    # subtle: the grain at an end fades as its neighbour does, which has less than a period where the pitch rises.
    grains["before"][1:] = np.minimum(grains["before"][1:], centres[1:] - first)
    grains["after"][:-1] = np.minimum(grains["after"][:-1], last - centres[:-1])
    grains["after"][0] = min(grains["after"][0], centres[1] - first)
    grains["before"][-1] = min(grains["before"][-1], last - centres[-2])


def settled(ratios: Reals, settling: int) -> Reals:
    """The ratios, with the last of them bent so that their sum is a whole number, at least 1."""
    steps = ratios.copy()
    missing = max(1.0, np.round(steps.sum())) - steps.sum()
    bent = min(max(1, settling), len(steps))
    # Bent most in the middle of the way: no jump of pitch where it begins.
    shape = np.sin(np.pi * (np.arange(bent) + 0.5) / bent)
    steps[-bent:] += missing * shape / shape.sum()
    if steps.min() < LEAST_SPEED:
        steps = np.maximum(steps, LEAST_SPEED)
        steps *= max(1.0, np.round(steps.sum())) / steps.sum()
    return steps


def played(samples: Samples, marks: Marks, grains: Grains) -> tuple[int, Samples]:
    """First frame and sound of a stretch: what lies between the centres of its first and last mark.

    Parameters
    ----------
    samples : float32 array (channels, frames)
        the whole recording.
    marks : Marks
    grains : Grains
        as ``set_grains`` gave them for these marks.
    """
    first, last = int(np.ceil(marks.centres[0])), int(np.floor(marks.centres[-1]))
    first, last = max(first, 0), min(last, samples.shape[1] - 1)
    out = np.zeros((samples.shape[0], max(0, last + 1 - first)))
    add_grains(samples, grains, TABLE, out, first)
    return first, out.astype(np.float32)


@kernel
def add_grains(samples: Samples, grains: Grains, table: Reals, out: Reals, start: int) -> None:
    """Add each grain to ``out``, whose column 0 is frame ``start``."""
    taps = np.empty(2 * TAPS)
    for grain in grains:
        centre, before, after = grain["centre"], grain["before"], grain["after"]
        first = max(int(np.ceil(centre - before)), start)
        last = min(int(np.floor(centre + after)), start + out.shape[1] - 1)
        whole = int(np.floor(grain["source"] - centre))
        part = grain["source"] - centre - whole
        if part > 1.0 - 1e-9:
            whole, part = whole + 1, 0.0
        for k in range(2 * TAPS):
            at = abs(k - (TAPS - 1) - part) * PHASES
            i = int(at)
            taps[k] = table[i] + (at - i) * (table[i + 1] - table[i])
        for n in range(first, last + 1):
            off = n - centre
            width = before if off < 0.0 else after
            window = grain["gain"] * (0.5 + 0.5 * np.cos(np.pi * off / width)) if width > 0.0 else grain["gain"]
            for c in range(samples.shape[0]):
                if grain["speed"] != 1.0:
                    value = between(samples, c, grain["source"] + off * grain["speed"], grain["speed"], table)
                elif part < 1e-9:
                    value = samples[c, n + whole] if 0 <= n + whole < samples.shape[1] else 0.0
                else:
                    value = weighed(samples, c, n + whole - TAPS + 1, taps)
                out[c, n - start] += window * value


@kernel
def weighed(samples: Samples, channel: int, first: int, taps: Reals) -> float:
    """The sum of the frames from ``first`` on, each with its weight; nothing beyond the ends of the recording."""
    value = 0.0
    if first >= 0 and first + taps.shape[0] <= samples.shape[1]:
        for k in range(taps.shape[0]):
            value += taps[k] * samples[channel, first + k]
        return value
    for k in range(max(0, -first), min(taps.shape[0], samples.shape[1] - first)):
        value += taps[k] * samples[channel, first + k]
    return value


@kernel
def between(samples: Samples, channel: int, place: float, speed: float, table: Reals) -> float:
    """The recording at a fraction of a frame; without what would fold back when it is read faster."""
    narrowed = min(1.0, 1.0 / speed)
    reach = TAPS / narrowed
    value = 0.0
    for k in range(max(0, int(np.ceil(place - reach))), min(samples.shape[1] - 1, int(np.floor(place + reach))) + 1):
        at = abs(k - place) * narrowed * PHASES
        i = int(at)
        value += (table[i] + (at - i) * (table[i + 1] - table[i])) * samples[channel, k]
    return value * narrowed


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first note."""
    marks = Marks(np.arange(40.0, 200.0, 40.0), np.arange(40.0, 200.0, 40.0))
    for channels, speed in ((1, 1.0), (2, 1.1)):
        grains = set_grains(marks, np.full(3, 1.2), np.full(4, speed), 2)
        played(np.ones((channels, 240), np.float32), marks, grains)
