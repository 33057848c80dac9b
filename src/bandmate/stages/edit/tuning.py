"""Tuning a take: notes are heard, targets chosen, the result is played and judged by another tracker.

A tuning that fails its gate is backed off (every note goes less of the way) until it passes, and is not proposed where
it never does. Material that is not one voice is not tuned at all, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from bandmate.render.clip_edits import edited
from bandmate.song.evidence import Evidence
from bandmate.song.tuning import TunedNote, Tuning
from bandmate.sound.audio import Samples
from bandmate.sound.one_voice import OneVoice, is_one_voice
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.sung_notes import sung_notes
from bandmate.stages.edit.brief import EditBrief
from bandmate.stages.edit.gate_tuning import TuningReading, read_tuning, tuning_failures
from bandmate.stages.edit.scale import Scale, find_scale, named_scale, reference_hz
from bandmate.stages.edit.take import Take
from bandmate.stages.edit.targets import Aim, aims

BACKED_OFF = (1.0, 0.85, 0.7, 0.5)
REACH_SECONDS = 0.25
"""How far beyond a note its correction may reach: to the end of a breath, or into the next note of a slide."""

AGREED_SEMITONES = 0.7

SURE_SCALE, UNSURE_SCALE = 0.95, 0.7
LACKS = {
    "silence": "there is hardly any sound in it",
    "pitch": "it has hardly any pitch",
    "sureness": "its pitch is not clear enough",
    "steadiness": "its pitch jumps as of several voices",
    "agreement": "two ways of hearing its pitch do not agree, as with several voices",
}
LEFT = {
    "far": "too far from any note of the scale to say which was meant",
    "unsure": "not sure enough to be one note",
    "slide": "slides",
    "blue": "blue notes",
    "short": "short",
    "between": "between two notes",
}


@dataclass(frozen=True, slots=True)
class Tuned:
    """A tuning that passed its gate, or (``tuning`` None) why none is made, in ``remarks``."""

    tuning: Tuning | None
    remarks: tuple[str, ...]
    scale: Scale | None = None
    reading: TuningReading | None = None
    after: Take | None = None
    share: float = 1.0
    confidence: float = 0.0


def tuned(take: Take, brief: EditBrief, backing_chroma: Sequence[float] | None = None) -> Tuned:
    """Tune a take, or say why not.

    Parameters
    ----------
    backing_chroma : twelve numbers or None
        how strong each pitch class is in what is played with it.
    """
    is_one, figures = is_one_voice(take.curve, take.samples, take.rate_hz, take.judged)
    if not is_one:
        return Tuned(None, (not_one_voice(figures),))
    notes = sung_notes(take.curve, take.samples, take.rate_hz)
    reference = brief.reference_hz or reference_hz(notes)
    scale = named_scale(brief.scale) if brief.scale else find_scale(notes, backing_chroma, reference=reference)
    shift = 12.0 * float(np.log2(reference / 440.0))
    found = tuple(
        one if agrees(one.note, take.judged, shift) else unmoved(one)
        for one in aims(notes, scale, style=brief.style, reference_hz=reference)
    )
    remarks = left_alone(found)
    tuning = Tuning(
        id="tuning",
        hop_seconds=take.curve.hop_seconds,
        pitch_data=take.curve.to_data(),
        reference_hz=reference,
        scale=scale.name,
        notes=tuple(one.note for one in found),
        centre=brief.centre,
        drift_kept=brief.drift_kept,
        vibrato_kept=brief.vibrato_kept,
    )
    if not any(note.is_touched for note in tuning.notes):
        return Tuned(None, (f"{len(found)} notes, all near enough to {scale.name}; nothing to tune", *remarks), scale)
    return tried(take, tuning, brief, scale, remarks)


def agrees(note: TunedNote, judged: PitchCurve, shift: float) -> bool:
    """Whether the judge hears a note where the tracker does; else one of them may be an octave off."""
    first, last = (round(at / judged.hop_seconds) for at in (note.start_seconds, note.end_seconds))
    heard = judged.pitches[first : last + 1]
    heard = heard[np.isfinite(heard)]
    return not len(heard) or abs(float(np.median(heard)) - shift - note.centre_pitch) <= AGREED_SEMITONES


def unmoved(one: Aim) -> Aim:
    """A note as it was sung, for nobody is sure of it."""
    sung = replace(one.note, amount=0.0, drift_kept=1.0, vibrato_kept=1.0)
    return Aim(sung, one.off_cents, "unsure")


def tried(take: Take, tuning: Tuning, brief: EditBrief, scale: Scale, remarks: tuple[str, ...]) -> Tuned:
    """Play a tuning and judge it, with less and less of it until it passes."""
    is_natural = brief.style == "natural" and brief.drift_kept == 1.0 and brief.vibrato_kept == 1.0
    failures: tuple[str, ...] = ()
    for share in BACKED_OFF if is_natural else BACKED_OFF[:1]:
        less = with_share(tuning, share)
        after = take.become(edited(take.samples, take.rate_hz, (less,), nothing_else))
        judged = (take.judged, after.judged)
        reading = read_tuning(
            take.samples, after.samples, take.rate_hz, judged, less.notes, REACH_SECONDS, tuning.reference_hz
        )
        said = tuning_failures(reading, keeps_movement=is_natural)
        if not said:
            sure = confidence_of(less.notes, scale)
            return Tuned(less, remarks, scale, reading, after, share, sure)
        failures = failures or said
    return Tuned(None, (f"tuning it does not pass: {'; '.join(failures)}; left alone", *remarks), scale)


def nothing_else(name: str) -> Samples:
    """A tuning listens to no other recording."""
    raise KeyError(name)


def with_share(tuning: Tuning, share: float) -> Tuning:
    """The tuning with every note going less of its way."""
    if share == 1.0:
        return tuning
    return replace(tuning, notes=tuple(replace(note, amount=round(share * note.amount, 4)) for note in tuning.notes))


def confidence_of(notes: Sequence[TunedNote], scale: Scale) -> float:
    """How sure that the touched notes were meant so: how clearly they were heard, and how clear the scale is."""
    sure = float(np.mean([note.confidence for note in notes if note.is_touched]))
    known = SURE_SCALE if scale.tonic is not None else UNSURE_SCALE
    return sure * (known if scale.tonic is None else UNSURE_SCALE + (known - UNSURE_SCALE) * scale.margin)


def not_one_voice(figures: OneVoice) -> str:
    """Why it is not tuned."""
    return f"not tuned, for {LACKS[figures.lacks]}; only one voice at a time can be tuned"


def left_alone(found: Sequence[Aim]) -> tuple[str, ...]:
    """Which notes were left, counted by the reason."""
    counts = Counter(one.why for one in found if one.why in LEFT)
    if not counts:
        return ()
    told = ", ".join(f"{count} {LEFT[why]}" for why, count in counts.most_common())
    return (f"notes left as they are: {told}",)


def tuning_words(result: Tuned) -> str:
    """What is wrong and what is made of it, from the evidence alone."""
    assert result.tuning is not None and result.reading is not None
    reading, touched = result.reading, sum(note.is_touched for note in result.tuning.notes)
    key = f"{result.tuning.scale} with A4 at {result.tuning.reference_hz:.1f} Hz"
    return (
        f"{touched} of {len(result.tuning.notes)} notes are off {key}, nine in ten of them by up to "
        f"{reading.error_cents_before:.0f} cents; tuned, by up to {reading.error_cents_after:.0f}"
    )


def tuning_evidence(result: Tuned, where: str) -> tuple[Evidence, ...]:
    """What the judge measured."""
    assert result.tuning is not None and result.reading is not None and result.scale is not None
    r, notes = result.reading, result.tuning.notes
    figures = (
        ("distance from the target, nine in ten notes", "cents", r.error_cents_before, r.error_cents_after),
        ("notes touched", "notes", None, float(sum(note.is_touched for note in notes))),
        ("notes heard", "notes", float(len(notes)), None),
        ("what A4 is", "Hz", result.tuning.reference_hz, None),
        ("how much likelier this scale is than the next", "0 to 1", result.scale.margin, None),
        ("depth of the vibrato against before", "times", None, r.vibrato_ratio),
        ("likeness of the vibrato", "0 to 1", None, r.vibrato_correlation),
        ("how far movement strays", "cents", None, r.contour_cents),
        ("how far beginnings move", "ms", None, r.onset_ms),
        ("likeness of the loudness over time", "0 to 1", None, r.envelope_correlation),
        ("change of colour", "dB", None, r.timbre_db),
        ("change of level where it sounds", "dB", None, r.level_db),
        ("share of the way that was found", "%", None, None if result.share == 1.0 else 100 * result.share),
    )
    return tuple(
        Evidence(what=what, unit=unit, before=before, after=after, where=where)
        for what, unit, before, after in figures
        if before is not None or after is not None
    )
