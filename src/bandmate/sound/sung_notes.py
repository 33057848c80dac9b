"""The notes in a pitch curve: where each begins and ends, its middle, drift and vibrato.

A voice never stands still, so the curve is not cut where it moves, but explained by steps as cheaply as can be: each
moment costs its distance from the step, each new step costs a fixed price. A vibrato around one step is cheaper than
the steps that would follow it; a new note is not. Breaks in the voice and dips of its level cut as well, so that a
note that is sung again counts again.

Conventions: pitches are MIDI note numbers with fractions; cents are around the note's own centre; vibrato depth is from
the middle to the top. A note that never rests on a pitch is marked as a glide.

Not covered: which note was meant (``bandmate.stages.edit.targets``); chords.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from bandmate.sound.audio import Samples
from bandmate.sound.pitch import one_channel
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.sung_steps import explained_by_steps

Reals = npt.NDArray[np.float64]
Spans = list[tuple[int, int]]

STEP_PRICE = 15.0
"""What a new step costs: so many cents for a second."""

FARTHEST_CENTS = 250.0
"""A moment costs no more than that, so that a slip of the tracker is not a note."""

BRIDGED_SECONDS = 0.03
"""A break in the voice up to this long, without a dip, does not part a note."""

LEAST_SECONDS = 0.05
DIP_DB, DIP_SECONDS = 4.0, 0.12
"""A level that falls so much, and comes back within that, begins a new note."""

DEEP_DB, SHAKEN_SECONDS, SHAKEN_CENTS = 8.0, 0.3, 25.0
"""In a vibrato the level falls too: there only a deeper dip counts."""

CORE_SHARE = 1 / 6
"""Of a note at both ends, what belongs to the way there."""

GLIDE_CENTS, GLIDE_SHARE, REST_SEMITONES = 120.0, 0.4, 0.3
"""A glide covers so much, and stays for less than that share of its length so near to any one pitch."""

VIBRATO_RANGE_HZ, LEAST_VIBRATO_CENTS, VIBRATO_SECONDS = (3.5, 9.0), 8.0, 0.3
VIBRATO_SHARE, SHAKEN_SHARE = 0.5, 0.8
"""How much of a movement must be in that range."""


@dataclass(frozen=True, slots=True)
class SungNote:
    """A note that was heard.

    Attributes
    ----------
    start_seconds, end_seconds : float
    centre_pitch : float
        the median of its core.
    drift_cents : float
        how far its middle line moves from the beginning of the core to its end; positive is up.
    vibrato_cents, vibrato_hz : float
        0 for none.
    is_glide : bool
        it never rests on a pitch.
    confidence : float
        how sure it is that it is one note of that pitch, 0 to 1.
    """

    start_seconds: float
    end_seconds: float
    centre_pitch: float
    drift_cents: float
    vibrato_cents: float
    vibrato_hz: float
    is_glide: bool
    confidence: float

    @property
    def seconds(self) -> float:
        return self.end_seconds - self.start_seconds


def sung_notes(curve: PitchCurve, samples: Samples, rate_hz: int) -> tuple[SungNote, ...]:
    """The notes of a pitch curve.

    Parameters
    ----------
    curve : PitchCurve
    samples : float32 array (channels, frames)
        the recording the curve was heard in, for its level; an empty one leaves the level out.
    rate_hz : int

    Returns
    -------
    tuple of SungNote
        in order of time, none overlapping; none where nothing is voiced.
    """
    level = level_db(curve, samples, rate_hz)
    spans: Spans = []
    for first, last in phrases(curve, level):
        for start, end in parted(level, curve, first, last):
            spans += steps(curve, start, end)
    notes = (note_of(curve, span) for span in spans if (span[1] - span[0]) * curve.hop_seconds >= LEAST_SECONDS)
    return tuple(note for note in notes if note is not None)


def level_db(curve: PitchCurve, samples: Samples, rate_hz: int) -> Reals:
    """Level around each point of the curve, RMS of 20 ms, dB; array (points,)."""
    points = len(curve.hz)
    if not samples.size:
        return np.zeros(points)
    power = np.concatenate([[0.0], np.cumsum(np.square(one_channel(samples), dtype=np.float64))])
    centre = np.arange(points) * curve.hop_seconds * rate_hz
    low, high = (np.clip(np.round(centre + at * rate_hz), 0, len(power) - 1).astype(int) for at in (-0.01, 0.01))
    levels: Reals = 10 * np.log10((power[high] - power[low]) / np.maximum(high - low, 1) + 1e-10)
    return levels


def phrases(curve: PitchCurve, level: Reals) -> Spans:
    """Stretches of voice; short breaks are bridged where the level stays."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], curve.voiced.astype(int), [0]])))
    found: Spans = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if found and (first - found[-1][1]) * curve.hop_seconds <= BRIDGED_SECONDS:
            before = found[-1][1]
            if level[before:first].min() > min(level[before - 1], level[first]) - DIP_DB:
                found[-1] = (found[-1][0], last)
                continue
        found.append((first, last))
    return found


def parted(level: Reals, curve: PitchCurve, first: int, last: int) -> Spans:
    """A stretch cut where its level dips and comes back."""
    reach = max(1, round(DIP_SECONDS / curve.hop_seconds))
    inside = level[first:last]
    if len(inside) < 3:
        return [(first, last)]
    before = scipy.ndimage.maximum_filter1d(inside, reach, origin=(reach - 1) // 2, mode="nearest")
    after = scipy.ndimage.maximum_filter1d(inside, reach, origin=-((reach - 1) // 2), mode="nearest")
    depth = np.minimum(before, after) - inside
    lowest = (depth >= DIP_DB) & (inside == scipy.ndimage.minimum_filter1d(inside, reach))
    cuts = [
        first + int(at)
        for at in np.flatnonzero(lowest)
        if depth[at] >= DEEP_DB or not is_shaken(curve.pitches[first:last], int(at), curve.hop_seconds)
    ]
    bounds = [first, *cuts, last]
    return list(itertools.pairwise(bounds))


def is_shaken(pitches: Reals, at: int, hop_seconds: float) -> bool:
    """Whether there is a vibrato around a point, whose harmonics make the level rise and fall as they pass formants."""
    reach = round(SHAKEN_SECONDS / hop_seconds)
    around = pitches[max(0, at - reach) : at + reach]
    there = ~np.isnan(around)
    return bool(there.mean() > 0.9) and vibrato(filled(around), hop_seconds, SHAKEN_SHARE)[0] >= SHAKEN_CENTS


def steps(curve: PitchCurve, first: int, last: int) -> Spans:
    """A stretch cut where its pitch steps."""
    pitches = filled(curve.pitches[first:last])
    cents = explained_by_steps(pitches * 100.0, STEP_PRICE / curve.hop_seconds, FARTHEST_CENTS)
    cuts = first + 1 + np.flatnonzero(np.diff(cents))
    bounds = [first, *cuts.tolist(), last]
    return list(itertools.pairwise(bounds))


def filled(pitches: Reals) -> Reals:
    """Without gaps: straight lines across what has no pitch."""
    there = np.flatnonzero(~np.isnan(pitches))
    return np.interp(np.arange(len(pitches)), there, pitches[there])


def note_of(curve: PitchCurve, span: tuple[int, int]) -> SungNote | None:
    """What a stretch of the curve is as a note; None where nothing of it is voiced."""
    first, last = span
    inside = curve.pitches[first:last]
    if np.isnan(inside).all():
        return None
    trim = int((last - first) * CORE_SHARE)
    core = inside[trim : len(inside) - trim]
    core = filled(inside if np.isnan(core).all() else core)
    depth, rate = vibrato(core, curve.hop_seconds)
    middle = middle_line(core, rate, curve.hop_seconds)
    centre = float(np.median(middle))
    slope = np.polyfit(np.linspace(-0.5, 0.5, len(middle)), middle, 1)[0] if len(middle) > 4 else 0.0
    glides = is_glide(filled(inside), depth)
    voiced = curve.voiced[first:last]
    sure = float(curve.confidence[first:last][voiced].mean()) * float(voiced.mean())
    return SungNote(
        start_seconds=first * curve.hop_seconds,
        end_seconds=last * curve.hop_seconds,
        centre_pitch=centre,
        drift_cents=100.0 * float(slope),
        vibrato_cents=depth,
        vibrato_hz=rate,
        is_glide=glides,
        confidence=min(1.0, sure) * (0.5 if glides else 1.0),
    )


def is_glide(pitches: Reals, depth_cents: float) -> bool:
    """Whether a note without gaps rests nowhere."""
    if 100 * float(np.ptp(pitches)) - 2 * depth_cents <= GLIDE_CENTS:
        return False
    ranked = np.sort(pitches)
    reach = 2 * (REST_SEMITONES + 0.01 * depth_cents)
    resting = np.searchsorted(ranked, ranked + reach, side="right") - np.arange(len(ranked))
    return bool(resting.max() < GLIDE_SHARE * len(ranked))


def middle_line(core: Reals, vibrato_hz: float, hop_seconds: float) -> Reals:
    """The pitch without its vibrato: means over whole turns, as far as they fit in; the pitch itself without one."""
    width = round(1 / (vibrato_hz * hop_seconds)) if vibrato_hz > 0 else 1
    if width >= len(core):
        return core
    middle: Reals = np.convolve(core, np.full(width, 1 / width), mode="valid")
    return middle


def vibrato(core: Reals, hop_seconds: float, least_share: float = VIBRATO_SHARE) -> tuple[float, float]:
    """Depth in cents and rate of a note's vibrato; 0 and 0 where there is none or the note is too short."""
    if len(core) * hop_seconds < VIBRATO_SECONDS:
        return 0.0, 0.0
    slow = np.polyval(np.polyfit(np.arange(len(core)), core, 2), np.arange(len(core)))
    moved = (core - slow) * np.hanning(len(core))
    power = np.abs(np.fft.rfft(moved, 8 * len(core))) ** 2
    hz = np.fft.rfftfreq(8 * len(core), hop_seconds)
    band = (hz >= VIBRATO_RANGE_HZ[0]) & (hz <= VIBRATO_RANGE_HZ[1])
    if not band.any() or power[band].sum() < least_share * power.sum():
        return 0.0, 0.0
    at = np.flatnonzero(band)[int(np.argmax(power[band]))]
    depth = 100.0 * 4.0 * float(np.sqrt(power[at])) / len(core)
    return (depth, float(hz[at])) if depth >= LEAST_VIBRATO_CENTS else (0.0, 0.0)
