"""Where each sung note is to go, and how far of the way: the cheapest melody that could have been meant.

For each note the neighbouring semitones are possible targets. Each costs its distance, more outside of the scale, and
more where the interval from the note before becomes another than was sung; long notes weigh more. The natural style
then goes only part of the way: not at all within 7 cents, all the way from 15 on, less for short notes; and it leaves
slides, blue notes, short notes, notes between two targets and notes too far off or too unsure alone, saying why.

Conventions: pitches are MIDI numbers relative to ``reference_hz``, as in `bandmate.song.tuning`; deviations are in
cents, positive where the target is above.

Not covered: moving notes in time; harmonies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import UnknownName
from bandmate.song.tuning import TunedNote
from bandmate.sound.sung_notes import SungNote
from bandmate.stages.edit.scale import Scale

Reals = npt.NDArray[np.float64]
Why = Literal["moved", "in tune", "slide", "short", "blue", "far", "between", "unsure"]

AROUND = (-1, 0, 1, 2)
"""Candidates, counted from the semitone below or at the note's own pitch."""

OUTSIDE_COST = 0.35
"""Semitones that a note outside of a sure scale costs."""

INTERVAL_COST, INTERVAL_SECONDS = 0.3, 1.0
"""For each semitone that an interval changes, when the notes follow within a second."""

FULL_WEIGHT_SECONDS, LEAST_WEIGHT = 0.3, 0.2
BLUE_DEGREES = (3.0, 6.0, 10.0)
"""Between the low and the high third, fifth and seventh; so far above the tonic the gap begins."""

BLUE_INNER = (0.3, 0.7)


@dataclass(frozen=True, slots=True)
class Style:
    """How notes are corrected.

    Attributes
    ----------
    dead_cents, full_cents : float
        nothing is done up to the first, and all of the way gone from the second on.
    humanize_seconds : float
        shorter notes go less of the way; 0 for none.
    farthest_cents : float
        what is further off is listed and left.
    least_confidence, least_seconds : float
        what is less sure or shorter is left.
    least_gap : float
        what lies between two targets that cost about the same is left; semitones.
    leaves_gestures : bool
        whether slides and blue notes are left.
    retune_ms, drift_kept, vibrato_kept : float
        as in a `TunedNote`.
    """

    dead_cents: float = 7.0
    full_cents: float = 15.0
    humanize_seconds: float = 0.12
    farthest_cents: float = 70.0
    least_confidence: float = 0.6
    least_seconds: float = 0.09
    least_gap: float = 0.12
    leaves_gestures: bool = True
    retune_ms: float = 60.0
    drift_kept: float = 1.0
    vibrato_kept: float = 1.0


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "natural": Style(),
        "hard": Style(
            dead_cents=0.0,
            full_cents=0.0,
            humanize_seconds=0.0,
            farthest_cents=1e9,
            least_confidence=0.0,
            least_seconds=0.0,
            least_gap=0.0,
            leaves_gestures=False,
            retune_ms=0.0,
            drift_kept=0.0,
            vibrato_kept=0.0,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Aim:
    """A note with its edit, how far off it was, and why it is or is not moved."""

    note: TunedNote
    off_cents: float
    why: Why


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a note was sung, where it is to go, and how much dearer the next best target is, in semitones."""

    centre: float
    target: int
    gap: float


def aims(
    notes: Sequence[SungNote], scale: Scale, *, style: str = "natural", reference_hz: float = 440.0
) -> tuple[Aim, ...]:
    """What becomes of each note.

    Parameters
    ----------
    notes : sequence of SungNote
        in order of time; their pitches are at 440 Hz.
    scale : Scale
    style : str
        natural or hard.
    reference_hz : float
        what A4 is.

    Raises
    ------
    UnknownName
        for a style that there is not.
    """
    if style not in STYLES:
        raise UnknownName("style of tuning", style, tuple(STYLES))
    shift = 12 * np.log2(reference_hz / 440.0)
    centres = np.array([note.centre_pitch - shift for note in notes])
    goals, gaps = meant(notes, centres, scale)
    return tuple(
        aim(f"note-{index + 1}", note, Goal(float(centre), int(goal), float(gap)), scale, STYLES[style])
        for index, (note, centre, goal, gap) in enumerate(zip(notes, centres, goals, gaps, strict=True))
    )


def tuned_notes(
    notes: Sequence[SungNote], scale: Scale, *, style: str = "natural", reference_hz: float = 440.0
) -> tuple[TunedNote, ...]:
    """As ``aims``, the notes alone."""
    return tuple(found.note for found in aims(notes, scale, style=style, reference_hz=reference_hz))


def meant(notes: Sequence[SungNote], centres: Reals, scale: Scale) -> tuple[npt.NDArray[np.int64], Reals]:
    """The semitone each note was meant to be, by the cheapest path, and what the next best would cost more."""
    if not len(notes):
        return np.zeros(0, np.int64), np.zeros(0)
    goals = np.floor(centres)[:, None].astype(np.int64) + np.array(AROUND)
    weight = np.array([max(LEAST_WEIGHT, min(1.0, note.seconds / FULL_WEIGHT_SECONDS)) for note in notes])
    outside = np.array([[not scale.has(int(goal)) for goal in row] for row in goals])
    local = weight[:, None] * (np.abs(goals - centres[:, None]) + OUTSIDE_COST * scale.margin * outside)
    before, after = np.zeros(goals.shape), np.zeros(goals.shape)
    steps = [interval_costs(notes, centres, goals, weight, at) for at in range(1, len(notes))]
    for at, step in enumerate(steps, 1):
        before[at] = (before[at - 1] + local[at - 1] + step).min(axis=1)
    for at in range(len(notes) - 2, -1, -1):
        after[at] = (after[at + 1] + local[at + 1] + steps[at].T).min(axis=1)
    # What the whole melody costs at least when this note goes there.
    whole = before + local + after
    ranked = np.sort(whole, axis=1)
    chosen = goals[np.arange(len(notes)), whole.argmin(axis=1)]
    return chosen, (ranked[:, 1] - ranked[:, 0]) / weight


def interval_costs(
    notes: Sequence[SungNote], centres: Reals, goals: npt.NDArray[np.int64], weight: Reals, at: int
) -> Reals:
    """What it costs to change the interval between a note and the one before; array (goals here, goals before)."""
    changed = np.abs(goals[at][:, None] - goals[at - 1][None, :] - (centres[at] - centres[at - 1]))
    apart = notes[at].start_seconds - notes[at - 1].end_seconds
    near = max(0.0, 1.0 - apart / INTERVAL_SECONDS) * min(weight[at], weight[at - 1])
    costs: Reals = INTERVAL_COST * near * changed
    return costs


def aim(name: str, note: SungNote, goal: Goal, scale: Scale, style: Style) -> Aim:
    """One note's edit, from its centre and its goal."""
    off_cents = 100.0 * (goal.target - goal.centre)
    why = reason(note, goal, scale, style)
    amount = share_of_the_way(abs(off_cents), note.seconds, style) if why == "moved" else 0.0
    is_left = why not in ("moved", "in tune")
    tuned = TunedNote(
        id=name,
        start_seconds=note.start_seconds,
        end_seconds=note.end_seconds,
        centre_pitch=goal.centre,
        vibrato_cents=note.vibrato_cents,
        vibrato_hz=note.vibrato_hz,
        confidence=note.confidence,
        target_pitch=float(goal.target),
        amount=amount,
        retune_ms=style.retune_ms,
        drift_kept=1.0 if is_left else style.drift_kept,
        vibrato_kept=1.0 if is_left else style.vibrato_kept,
    )
    return Aim(tuned, off_cents, why)


def reason(note: SungNote, goal: Goal, scale: Scale, style: Style) -> Why:
    """Why a note is moved or left."""
    if note.seconds < style.least_seconds:
        return "short"
    if note.confidence < style.least_confidence and not note.is_glide:
        return "unsure"
    if style.leaves_gestures and note.is_glide:
        return "slide"
    if style.leaves_gestures and is_blue(goal.centre, scale):
        return "blue"
    off_cents = 100.0 * (goal.target - goal.centre)
    if goal.gap < style.least_gap:
        return "between"
    if abs(off_cents) > style.farthest_cents:
        return "far"
    return "in tune" if abs(off_cents) <= style.dead_cents else "moved"


def is_blue(centre: float, scale: Scale) -> bool:
    """Whether a note lies between the low and the high third, fifth or seventh of a scale that has a tonic."""
    if scale.tonic is None:
        return False
    above = (centre - scale.tonic) % 12
    return any(BLUE_INNER[0] <= above - degree <= BLUE_INNER[1] for degree in BLUE_DEGREES)


def share_of_the_way(off_cents: float, seconds: float, style: Style) -> float:
    """How much of the way a note goes, 0 to 1."""
    knee = style.full_cents - style.dead_cents
    pulled = min(1.0, (off_cents - style.dead_cents) / knee) if knee > 0 else 1.0
    human = min(1.0, seconds / style.humanize_seconds) if style.humanize_seconds > 0 else 1.0
    return max(0.0, pulled) * human
