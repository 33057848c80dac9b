"""Clicks, mouth clicks and crackle: found one by one, and drawn again from the sound on both sides.

A click lies on top of the sound and leaves what follows as it was; strokes, plucks and glottal pulses do not (see
``click_scan``). How sure a find is comes from how far it sticks out, how much quieter the surprise becomes when it is
drawn again, and how it compares with other peaks nearby. Where a recording has several sure clicks, more of them are
believed; a lone one must be very sure.

Conventions: spans are frames of the recording, in order, apart from each other. Each channel is redrawn where the click
is in it. Outside of the spans every sample stays as it was.

Not covered: the first and last millisecond of a recording; clicks longer than ``LONGEST_MS`` (mouth clicks:
``LONGEST_MOUTH_MS``), dropouts, thumps.

References: S. Godsill and P. Rayner, Digital Audio Restoration (1998), chapter 5.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.sound import click_scan, lsar
from bandmate.sound.audio import Samples
from bandmate.sound.click_scan import COLUMNS, scan
from bandmate.sound.declip import find_clipping
from bandmate.sound.kernel import contracted_kernel
from bandmate.sound.lsar import Reals, Whole, model, redraw, residual
from bandmate.sound.pitch_curve import PitchCurve

LONGEST_MS, LONGEST_MOUTH_MS = 1.5, 4.0
LEAST_LONGEST = 24
"""Samples that a click may have at any rate."""

FRAME_SECONDS, LEAST_FRAME = 0.0464, 1_024
ORDER = 32
MOST_FINDS_PER_SECOND = 1_000

SURE_WEIGHTS = (0.79, -0.64, 0.51)
"""Of what redrawing mends, of the surprise and of how far it sticks out of other peaks, each in dB."""

SURE_AT = 2.19
LONE_CONFIDENCE, SURE_CONFIDENCE, USUAL_CONFIDENCE = 0.99, 0.97, 0.08
ENOUGH_SURE = 5
"""From so many sure clicks on, those of ``USUAL_CONFIDENCE`` are believed too."""

FAINT = 5e-4
"""What sticks out by less than this share of the loudest sample is left alone."""

ONSET_SECONDS, ONSET_POWER, ONSET_PEAK, FLOOR_POWER = 0.005, 15.0, 2.0, 1e-8
"""A find with so many times the power after it as before it, over so long, is an onset, unless its own peak is that
many times as high as what follows."""

CLIPPING_FRAMES = 3
VOICED_AROUND_SECONDS = 0.02
CONTEXT_SECONDS = 0.023
REDRAW_ORDER, REDRAW_ROUNDS = 48, 3
IS_THERE = 4.0
"""A channel is left alone when redrawing it lowers its residual's power by less than this factor."""


@dataclass(frozen=True, slots=True)
class Click:
    """One click.

    Attributes
    ----------
    start_frame, frames : int
    peak_db : float
        how far it sticks out of what the sound's model expects, dB of full scale.
    mended_db : float
        by how much the model's surprise falls when it is drawn again.
    confidence : float
        how sure it is that this is no part of the sound, 0 to 1.
    """

    start_frame: int
    frames: int
    peak_db: float
    mended_db: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Clicks:
    """What was found.

    Attributes
    ----------
    clicks : tuple of Click
        in order, none touching the next; empty for clean, silent or very short recordings.
    per_second : float
    """

    clicks: tuple[Click, ...]
    per_second: float

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """``(start_frame, frames)`` of each."""
        return tuple((click.start_frame, click.frames) for click in self.clicks)


def find_clicks(samples: Samples, rate_hz: int, *, heard: PitchCurve | None = None) -> Clicks:
    """The clicks of a recording.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    heard : PitchCurve, optional
        the pitch of a voice; with it, mouth clicks of up to ``LONGEST_MOUTH_MS`` are found within sung vowels.
    """
    loudest = float(np.abs(samples).max(initial=0.0))
    if not loudest or not np.isfinite(loudest):
        return Clicks((), 0.0)
    finds = [click for channel in samples for click in channel_finds(channel, rate_hz, FAINT * loudest, heard)]
    sure = sum(click.confidence >= SURE_CONFIDENCE for click in finds)
    least = USUAL_CONFIDENCE if sure >= ENOUGH_SURE else LONE_CONFIDENCE
    flat = find_clipping(samples, rate_hz).spans
    clicks = apart([click for click in finds if click.confidence >= least and not touches(click, flat)])
    return Clicks(clicks, len(clicks) * rate_hz / samples.shape[1])


def channel_finds(channel: Samples, rate_hz: int, least: float, heard: PitchCurve | None) -> list[Click]:
    """What may be clicks in one channel, with how sure each is."""
    frame = 4 * max(LEAST_FRAME // 4, round(FRAME_SECONDS * rate_hz / 4))
    longest = round((LONGEST_MS if heard is None else LONGEST_MOUTH_MS) * rate_hz / 1000)
    if len(channel) < frame:
        return []
    room = np.zeros((64 + int(len(channel) / rate_hz * MOST_FINDS_PER_SECOND), COLUMNS))
    count = scan(channel.astype(np.float64), np.hanning(frame), ORDER, max(LEAST_LONGEST, longest), room)
    clicks = []
    for start, frames, surprise_db, mended_db, usual, over_db in room[:count]:
        peak = usual * 10 ** (surprise_db / 20)
        first, end = int(start), int(start + frames)
        if first < ORDER or end > len(channel) - ORDER or peak < least:
            continue
        if frames > max(LEAST_LONGEST, LONGEST_MS * rate_hz / 1000) + 2 * click_scan.GROWN and not within_voice(
            first, end, rate_hz, heard
        ):
            continue
        if is_onset(channel, first, end, rate_hz):
            continue
        confidence = sureness(surprise_db, mended_db, over_db)
        clicks.append(Click(first, int(frames), 20 * math.log10(peak), float(mended_db), confidence))
    return clicks


def is_onset(channel: Samples, first: int, end: int, rate_hz: int) -> bool:
    """Whether a stroke began at a find: much louder after it than before, and no softer than the find."""
    width = max(16, round(ONSET_SECONDS * rate_hz))
    before, find, after = channel[max(0, first - width) : first], channel[first:end], channel[end : end + width]
    powers = [float(np.mean(np.square(part, dtype=np.float64))) for part in (before, after)]
    is_louder = powers[1] > ONSET_POWER * max(powers[0], FLOOR_POWER)
    return is_louder and float(np.abs(find).max()) < ONSET_PEAK * float(np.abs(after).max())


def sureness(surprise_db: float, mended_db: float, over_db: float) -> float:
    """How sure it is that a find is a click."""
    capped = (min(mended_db, 40.0), min(surprise_db, 40.0), min(over_db, 30.0))
    score = sum(weight * value for weight, value in zip(SURE_WEIGHTS, capped, strict=True)) - SURE_AT
    return 1.0 / (1.0 + math.exp(-score))


def within_voice(first: int, end: int, rate_hz: int, heard: PitchCurve | None) -> bool:
    """Whether there is a pitch all around a find: consonants have none."""
    if heard is None:
        return False
    low = int((first / rate_hz - VOICED_AROUND_SECONDS) / heard.hop_seconds)
    high = math.ceil((end / rate_hz + VOICED_AROUND_SECONDS) / heard.hop_seconds)
    return low >= 0 and high < len(heard.hz) and bool(heard.voiced[low : high + 1].all())


def touches(click: Click, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a find lies at one of these spans, in order: the edges of flat tops surprise a model too."""
    at = bisect.bisect_left(spans, (click.start_frame + click.frames + CLIPPING_FRAMES, 0))
    return at > 0 and sum(spans[at - 1]) + CLIPPING_FRAMES >= click.start_frame


def apart(clicks: list[Click]) -> tuple[Click, ...]:
    """In order; where two touch, in one or in several channels, one that holds both."""
    joined: list[Click] = []
    for click in sorted(clicks, key=lambda click: (click.start_frame, click.frames)):
        last = joined[-1] if joined else None
        if last is None or click.start_frame > last.start_frame + last.frames:
            joined.append(click)
            continue
        end = max(last.start_frame + last.frames, click.start_frame + click.frames)
        surer = max(last, click, key=lambda click: click.confidence)
        joined[-1] = Click(last.start_frame, end - last.start_frame, surer.peak_db, surer.mended_db, surer.confidence)
    return tuple(joined)


def clicks_repaired(samples: Samples, rate_hz: int, spans: Sequence[tuple[int, int]], amount: float = 1.0) -> Samples:
    """The recording with these spans drawn again from what is around them; the same object where nothing changes.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    spans : sequence of (start_frame, frames)
        what lies outside of the recording counts for nothing.
    amount : float
        0 to 1, the share of what is taken out.
    """
    frames = samples.shape[1]
    inside = sorted((max(0, start), min(frames, start + length)) for start, length in spans)
    inside = [(start, end) for start, end in inside if start < end]
    if not inside or amount == 0.0 or frames < 4 * REDRAW_ORDER:
        return samples
    missing = np.zeros(frames, np.bool_)
    for start, end in inside:
        missing[start:end] = True
    edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=0, append=0))
    bounds = np.ascontiguousarray(edges.reshape(-1, 2), dtype=np.int64)
    context = max(4 * REDRAW_ORDER, round(CONTEXT_SECONDS * rate_hz))
    drawn = samples.astype(np.float64)
    mended = np.zeros((len(samples), len(bounds)))
    for row, channel in enumerate(samples.astype(np.float64)):
        redraw_spans(channel, missing, bounds, context, drawn[row], mended[row])
    # A span is given because there is something: the channel in which redrawing helps most is always redrawn.
    is_there = mended >= np.minimum(IS_THERE, mended.max(axis=0, keepdims=True))
    made = samples.copy()
    for row, chosen in enumerate(is_there):
        for start, end in bounds[chosen]:
            dry = samples[row, start:end].astype(np.float64)
            made[row, start:end] = dry + amount * (drawn[row, start:end] - dry)
    return made


@contracted_kernel
def redraw_spans(
    channel: Reals, missing: npt.NDArray[np.bool_], bounds: Whole, context: int, drawn: Reals, mended: Reals
) -> None:
    """Draw each span into ``drawn``, all missing samples near it unknown, and note how much calmer the model is."""
    for span in range(bounds.shape[0]):
        start, end = bounds[span, 0], bounds[span, 1]
        around = max(context, 2 * (end - start))
        first, last = max(0, start - around), min(channel.shape[0], end + around)
        while np.sum(missing[first:last]) > 0.5 * (last - first) and first < start and last > end:
            first, last = (first + start + 1) // 2, (last + end) // 2
        sound = channel[first:last].copy()
        places = np.flatnonzero(missing[first:last])
        window = np.hanning(last - first + 2)[1:-1]
        redraw(sound, places, window, REDRAW_ORDER, REDRAW_ROUNDS)
        drawn[start:end] = sound[start - first : end - first]
        mended[span] = calmer_by(channel[first:last], sound, window, start - first, end - first)


@contracted_kernel
def calmer_by(before: Reals, after: Reals, window: Reals, start: int, end: int) -> float:
    """The residual's power before over that after, in a span and what its samples reach."""
    made, missed = np.zeros(REDRAW_ORDER + 1), np.zeros(before.shape[0])
    model(after, window, made)
    stop = min(end + REDRAW_ORDER, before.shape[0])
    residual(after, made, missed)
    calm = np.sum(missed[start:stop] ** 2)
    residual(before, made, missed)
    return float(np.sum(missed[start:stop] ** 2) / max(calm, 1e-30))


def compile_kernels() -> None:
    """Compile the loops of this module and of those it needs."""
    lsar.compile_kernels()
    click_scan.compile_kernels()
    sound = np.sin(np.arange(512.0) / 5).astype(np.float32)[None]
    clicks_repaired(sound, 8_000, [(250, 4)])
