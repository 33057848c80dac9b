"""Clipping: flat tops found by their common ceiling, and drawn again as an autoregressive model of the sound would.

What is known of a clipped sample is that it was at the ceiling or beyond. So the samples are drawn from what is around
them (``lsar``); those that come to lie below the ceiling are put on it, counted as known, and the others drawn again.

Conventions: spans are frames of the recording, in order, apart from each other; a ceiling is a share of full scale.
What is drawn may lie above full scale, which floats can hold: turn the clip down before it leaves the program. Outside
of the spans, and on samples below the ceiling, every sample stays as it was.

Not covered: tops that were filtered, resampled or coded after they were clipped, and so are no longer flat; soft
clipping; square waves, which are meant to be flat.

References: A. Janssen, R. Veldhuis, L. Vries (1986), see ``lsar``; P. Záviška, P. Rajmic, A. Ozerov, L. Rencker, A
survey and an extensive evaluation of popular audio declipping methods (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.sound import lsar
from bandmate.sound.audio import Samples
from bandmate.sound.kernel import contracted_kernel
from bandmate.sound.lsar import Reals, fill, model

Flags = npt.NDArray[np.bool_]

STEP = 1.6 / 32_768
"""Samples that differ by no more are equally high: the last bit of 16 bits, and its dither."""

SHARPEST = 3.0
"""The edge of a flat top falls by at least this many steps; a slow wave's top does not."""

FLAT_FRAMES = 3
LEAST_TOPS = 3
QUIETEST_CEILING = 0.02
MOST_FLAT = 0.9
"""Where more of the loud samples are flat, as in a square wave, it is the sound itself."""

JOINED_FRAMES = 2
FRAME_SECONDS = 0.0464
ORDER = 40
ROUNDS, SWEEPS = 2, 3
FURTHEST = 4.0
"""What is drawn is at most so many times the ceiling: 12 dB above it."""

STEEPEST = 2.0
"""A top rises at most so many times as high as the parabola that goes on as steeply as its steeper edge."""


@dataclass(frozen=True, slots=True)
class Clipping:
    """What was found.

    Attributes
    ----------
    ceiling : float
        share of full scale at which the tops are flat; 0 where there is no clipping.
    spans : tuple of (start_frame, frames)
    clipped_frames : int
        samples at the ceiling, all channels together.
    tops : int
        flat tops of three samples or more.
    """

    ceiling: float
    spans: tuple[tuple[int, int], ...]
    clipped_frames: int
    tops: int


NOTHING = Clipping(0.0, (), 0, 0)


def find_clipping(samples: Samples, rate_hz: int) -> Clipping:
    """The flat tops at the ceiling of a recording; nothing for silence, clean sound and square waves.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    """
    loudest = float(np.abs(samples).max(initial=0.0))
    if not np.isfinite(loudest) or loudest < QUIETEST_CEILING or samples.shape[1] < FLAT_FRAMES + 2:
        return NOTHING
    flat = np.abs(samples) >= loudest - STEP
    tops = sum(count_tops(channel, row) for channel, row in zip(samples, flat, strict=True))
    is_loud = np.abs(samples) > 0.5 * loudest
    if tops < LEAST_TOPS or np.count_nonzero(flat) > MOST_FLAT * np.count_nonzero(is_loud):
        return NOTHING
    return Clipping(loudest - STEP, spans_of(np.logical_or.reduce(flat, axis=0)), int(np.count_nonzero(flat)), tops)


def count_tops(channel: Samples, flat: Flags) -> int:
    """How many flat tops with sharp edges a channel has."""
    edges = np.flatnonzero(np.diff(flat.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    edges = edges[(edges[:, 1] - edges[:, 0] >= FLAT_FRAMES) & (edges[:, 0] > 0) & (edges[:, 1] < len(channel))]
    before = np.abs(channel[edges[:, 0]] - channel[edges[:, 0] - 1])
    after = np.abs(channel[edges[:, 1] - 1] - channel[edges[:, 1]])
    steepest = np.maximum(before, after)
    # What falls further than to zero at once is the edge of a square wave, and no slope of a sound.
    is_slope = (steepest > SHARPEST * STEP) & (steepest < np.abs(channel[edges[:, 0]]))
    return int(np.count_nonzero(is_slope))


def spans_of(flagged: Flags) -> tuple[tuple[int, int], ...]:
    """Runs of flags as spans, those with no more than ``JOINED_FRAMES`` between them joined."""
    at = np.flatnonzero(flagged)
    if not len(at):
        return ()
    breaks = np.flatnonzero(np.diff(at) > JOINED_FRAMES + 1)
    starts, ends = at[np.concatenate([[0], breaks + 1])], at[np.concatenate([breaks, [len(at) - 1]])]
    return tuple((int(start), int(end - start + 1)) for start, end in zip(starts, ends, strict=True))


def declipped(
    samples: Samples, rate_hz: int, ceiling: float, spans: Sequence[tuple[int, int]], amount: float = 1.0
) -> Samples:
    """The recording with its flat tops in these spans drawn again; the same object where nothing changes.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    ceiling : float
        samples of this size or more, of full scale, are drawn again.
    spans : sequence of (start_frame, frames)
        what lies outside of the recording counts for nothing.
    amount : float
        0 to 1, the share of what is added.
    """
    frames = samples.shape[1]
    chosen = np.zeros(frames, np.bool_)
    for start, length in spans:
        chosen[max(0, start) : max(0, start + length)] = True
    if amount == 0.0 or not chosen.any() or frames < 2 * ORDER:
        return samples
    frame = 4 * max(ORDER, round(FRAME_SECONDS * rate_hz / 4))
    window = np.hanning(frame + 2)[1:-1]
    made = samples
    for row, channel in enumerate(samples):
        clipped = chosen & (np.abs(channel) >= ceiling)
        if not clipped.any():
            continue
        drawn = np.zeros(frames)
        redraw_tops(channel.astype(np.float64), clipped, ceiling, window, drawn)
        if made is samples:
            made = samples.copy()
        dry = channel[clipped].astype(np.float64)
        made[row, clipped] = dry + amount * (drawn[clipped] - dry)
    return made


@contracted_kernel
def redraw_tops(channel: Reals, clipped: Flags, ceiling: float, window: Reals, drawn: Reals) -> None:
    """Draw the clipped samples of a channel into ``drawn``: frames that overlap by half, faded into each other."""
    frame = window.shape[0]
    half = frame // 2
    fade = np.sin(np.pi * (np.arange(frame) + 0.5) / frame) ** 2
    sound, flags = np.zeros(frame), np.zeros(frame, np.bool_)
    start = -half
    while start < channel.shape[0]:
        for n in range(frame):
            at = start + n
            inside = 0 <= at < channel.shape[0]
            sound[n] = channel[at] if inside else 0.0
            flags[n] = clipped[at] if inside else False
        places = np.flatnonzero(flags)
        if places.shape[0] > 0:
            redraw_frame(sound, places, ceiling, window)
            for place in places:
                drawn[start + place] += fade[place] * sound[place]
        start += half


@contracted_kernel
def redraw_frame(sound: Reals, places: npt.NDArray[np.int64], ceiling: float, window: Reals) -> None:
    """Draw a frame's clipped samples, beyond the ceiling and on their own side of it."""
    signs = np.sign(sound[places])
    most = np.zeros(places.shape[0])
    highest(sound, places, ceiling, most)
    made = np.zeros(ORDER + 1)
    for _ in range(ROUNDS):
        model(sound, window, made)
        free = places
        for _ in range(SWEEPS):
            fill(sound, free, made)
            is_free = np.ones(places.shape[0], np.bool_)
            below = 0
            for k in range(places.shape[0]):
                size = sound[places[k]] * signs[k]
                if size <= ceiling:
                    below += 1 if size < ceiling - 1e-9 else 0
                    sound[places[k]] = signs[k] * ceiling
                    is_free[k] = False
                elif size > most[k]:
                    sound[places[k]] = signs[k] * most[k]
            free = places[is_free]
            if below == 0 or free.shape[0] == 0:
                break


@contracted_kernel
def highest(sound: Reals, places: npt.NDArray[np.int64], ceiling: float, most: Reals) -> None:
    """How high each clipped sample can have been, by the slopes at the edges of its flat top."""
    first = 0
    while first < places.shape[0]:
        last = first
        while (
            last + 1 < places.shape[0]
            and places[last + 1] == places[last] + 1
            and sound[places[last + 1]] * sound[places[first]] > 0
        ):
            last += 1
        low, high = places[first], places[last]
        slope = 0.0
        if low >= 2:
            slope = max(abs(sound[low] - sound[low - 1]), abs(sound[low - 1] - sound[low - 2]))
        if high + 2 < sound.shape[0]:
            slope = max(slope, abs(sound[high] - sound[high + 1]), abs(sound[high + 1] - sound[high + 2]))
        rise = STEEPEST * slope * (high - low + 2) / 4
        for k in range(first, last + 1):
            most[k] = min(FURTHEST * ceiling, ceiling + rise)
        first = last + 1


def compile_kernels() -> None:
    """Compile the loops of this module and of those it needs."""
    lsar.compile_kernels()
    sound = np.clip(1.5 * np.sin(np.arange(1_024.0) / 20), -1, 1).astype(np.float32)[None]
    declipped(sound, 8_000, 0.99, [(0, 1_024)])
