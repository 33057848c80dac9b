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
from scipy.ndimage import uniform_filter1d

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel
from bandmate.sound.pitch_marks import Marks

Reals = npt.NDArray[np.float64]

TAPS, PHASES = 12, 512
"""Half the length of the interpolating filter in frames, and how finely it is tabled."""
SMOOTHNESS = 7.0

WIDENED_HZ = (120.0, 240.0)
"""From the one to the other, grains that are set farther apart than they were are widened as far."""

LEVEL_SECONDS, MOST_LEVEL_DB, QUIET_POWER = 0.03, 3.0, 1e-10
"""Levels are kept over so long, by so much at most, and not where there is next to nothing."""

LEAST_SPEED = 0.25
"""The slowest that the phase runs while it is brought to a whole number."""


GRAIN = np.dtype([(name, "f8") for name in ("source", "centre", "before", "after", "gain", "speed")])
"""A grain: where its middle is in the recording, and where it comes to lie; how long it fades in and out; its level;
how fast it is read (2 moves formants up by an octave)."""
Grains = npt.NDArray[np.void]


def interpolator() -> Reals:
    """Half of a windowed sinc, tabled from its middle to its end."""
    at = np.arange(TAPS * PHASES + 2) / PHASES
    window = np.i0(SMOOTHNESS * np.sqrt(np.clip(1.0 - (at / TAPS) ** 2, 0.0, None))) / np.i0(SMOOTHNESS)
    table: Reals = np.sinc(at) * window
    table[-2:] = 0.0
    return table


TABLE = interpolator()


def set_grains(marks: Marks, rate_hz: int, ratios: Reals, speeds: Reals, settling: int) -> Grains:
    """Where the grains of a stretch are set.

    Parameters
    ----------
    marks : Marks
        those of the stretch; the first and the last are where it meets the recording.
    rate_hz : int
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
    local = np.concatenate([steps[:1], 0.5 * (steps[:-1] + steps[1:]), steps[-1:]])[mark]
    high = np.clip((rate_hz / np.gradient(places) - WIDENED_HZ[0]) / (WIDENED_HZ[1] - WIDENED_HZ[0]), 0.0, 1.0)[mark]
    grains = np.zeros(count + 1, GRAIN)
    grains["source"] = marks.centres[mark]
    grains["centre"] = np.clip(moments + (marks.centres - places)[mark], marks.centres[0], marks.centres[-1])
    grains["speed"] = speeds[mark]
    grains["speed"][[0, -1]] = 1.0
    grains["gain"] = np.sqrt(grains["speed"] / local)
    grains["gain"][[0, -1]] = 1.0
    wide = np.maximum(1.0, 1.0 / local) ** high / grains["speed"]
    grains["before"] = np.concatenate([[0.0], np.diff(marks.centres)])[mark] * wide
    grains["after"] = np.concatenate([np.diff(marks.centres), [0.0]])[mark] * wide
    keep_within(grains)
    return grains


def keep_within(grains: Grains) -> None:
    """Let no grain fade beyond the ends of the stretch."""
    centres = grains["centre"]
    grains["before"][1:] = np.minimum(grains["before"][1:], centres[1:] - centres[0])
    grains["after"][:-1] = np.minimum(grains["after"][:-1], centres[-1] - centres[:-1])
    # subtle: the grain at an end fades as its neighbour does, which has less than a period where the pitch rises.
    grains["after"][0] = min(grains["after"][0], centres[1] - centres[0])
    grains["before"][-1] = min(grains["before"][-1], centres[-1] - centres[-2])


def settled(ratios: Reals, settling: int) -> Reals:
    """The ratios, with the last of them bent so that their sum is a whole number, at least 1."""
    steps = ratios.copy()
    missing = max(1.0, np.round(steps.sum())) - steps.sum()
    bent = min(max(1, settling), len(steps))
    # Risen and fallen within a quarter of the way each: no jump of pitch, and no more bending than needed.
    along = (np.arange(bent) + 0.5) / bent
    shape = 0.5 - 0.5 * np.cos(np.pi * np.minimum(1.0, 4.0 * np.minimum(along, 1.0 - along)))
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
    margin = int((max(grains["before"].max(), grains["after"].max()) + 2 * TAPS) * grains["speed"].max()) + 4
    begin = max(0, first - margin)
    # A copy, because what is read-only or cut out of stereo would be compiled for anew.
    around = samples[:, begin : last + 1 + margin].copy()
    moved = grains.copy()
    moved["source"] -= begin
    moved["centre"] -= begin
    add_grains(around, moved, TABLE, out, first - begin)
    return first, out.astype(np.float32)


def with_level(before: Samples, after: Samples, rate_hz: int) -> Samples:
    """What was set anew as loud as it was sung, moment by moment; at both ends it is left as it is.

    subtle: harmonics that come to lie beside a formant are softer, and in the singer's mouth they would be so too; but
    then the singer would sing louder.
    """
    frames = min(round(LEVEL_SECONDS * rate_hz), after.shape[1] // 2)
    if frames < 2:
        return after
    was, now = (smooth_power(each, frames) for each in (before, after))
    most = 10.0 ** (MOST_LEVEL_DB / 10.0)
    power = np.clip((was + QUIET_POWER) / (now + QUIET_POWER), 1.0 / most, most)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / frames)
    share = np.ones(after.shape[1])
    share[:frames], share[-frames:] = rise, rise[::-1]
    return (after * (1.0 + share * (np.sqrt(power) - 1.0))).astype(np.float32)


def smooth_power(sound: Samples, frames: int) -> Reals:
    """Power around each frame, of all channels together; a triangle, in which single periods do not show."""
    power = np.square(sound[0], dtype=np.float64)
    for channel in sound[1:]:
        power += np.square(channel, dtype=np.float64)
    smooth: Reals = uniform_filter1d(uniform_filter1d(power, frames), frames)
    return smooth


@kernel
def add_grains(samples: Samples, grains: Grains, table: Reals, out: Reals, start: int) -> None:
    """Add each grain to ``out``, whose column 0 is frame ``start``."""
    taps, longest = np.empty(2 * TAPS), 0.0
    for grain in grains:
        longest = max(longest, grain["before"] + grain["after"])
    window, sound = np.empty(int(longest) + 3), np.empty(int(longest) + 3)
    for grain in grains:
        centre = grain["centre"]
        first = max(int(np.ceil(centre - grain["before"])), start)
        frames = min(int(np.floor(centre + grain["after"])), start + out.shape[1] - 1) + 1 - first
        if frames <= 0:
            continue
        fade(window, frames, first - centre, grain["before"], grain["after"])
        whole = int(np.floor(grain["source"] - centre))
        part = grain["source"] - centre - whole
        if part > 1.0 - 1e-9:
            whole, part = whole + 1, 0.0
        for k in range(2 * TAPS):
            at = abs(k - (TAPS - 1) - part) * PHASES
            i = int(at)
            taps[k] = table[i] + (at - i) * (table[i + 1] - table[i])
        for c in range(samples.shape[0]):
            if grain["speed"] != 1.0:
                for n in range(frames):
                    off = first + n - centre
                    sound[n] = between(samples, c, grain["source"] + off * grain["speed"], grain["speed"], table)
            elif part < 1e-9:
                copy(samples, c, first + whole, sound, frames)
            else:
                weigh(samples, c, first + whole - TAPS + 1, taps, sound, frames)
            gain, here = grain["gain"], out[c, first - start : first - start + frames]
            for n in range(here.shape[0]):
                here[n] += gain * window[n] * sound[n]


@kernel
def fade(window: Reals, frames: int, off: float, before: float, after: float) -> None:
    """Half a cosine up and half a cosine down, from ``off`` on; 0 is the middle."""
    rising = min(frames, max(0, int(np.ceil(-off))))
    for side in range(2):
        low, high, width = (0, rising, before) if side == 0 else (rising, frames, after)
        if width <= 0.0:
            window[low:high] = 1.0
            continue
        turn = np.exp(1j * np.pi * (off + low) / width)
        step = np.exp(1j * np.pi / width)
        for n in range(low, high):
            window[n] = 0.5 + 0.5 * turn.real
            turn *= step


@kernel
def copy(samples: Samples, channel: int, first: int, sound: Reals, frames: int) -> None:
    """``frames`` frames of the recording from ``first`` on; silence beyond its ends."""
    sound[:frames] = 0.0
    for n in range(max(0, -first), min(frames, samples.shape[1] - first)):
        sound[n] = samples[channel, first + n]


@kernel
def weigh(samples: Samples, channel: int, first: int, taps: Reals, sound: Reals, frames: int) -> None:
    """As ``copy``, each the sum of as many frames as there are taps, from the one at ``first`` on."""
    sound[:frames] = 0.0
    for k in range(taps.shape[0]):
        tap, begin = taps[k], first + k
        low = max(0, -begin)
        high = max(low, min(frames, samples.shape[1] - begin))
        # Slices counted from 0, which the compiler makes vectors of.
        there, here = samples[channel, begin + low : begin + high], sound[low:high]
        for n in range(here.shape[0]):
            here[n] += tap * there[n]


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
        grains = set_grains(marks, 8_000, np.full(3, 1.2), np.full(4, speed), 2)
        played(np.ones((channels, 240), np.float32), marks, grains)
