"""Whether a recording is one voice with a pitch, and if not, what it lacks: tuning anything else would harm it.

Conventions: figures are shares of time or of points, 0 to 1. The limits were set on singing, speech, winds, bowed and
plucked strings on one side, drums, chords, duets, orchestra and noise on the other.

Not covered: parting voices; a quiet second voice, which passes below about -12 dB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.sung_notes import level_db

SOUNDING_DB, SILENT_DB = -30.0, -75.0
"""What sounds lies no further below the loud moments, and above this."""

LOUD_QUANTILE = 0.95
LEAST_SECONDS, LEAST_SHARE, LEAST_CONFIDENCE, LEAST_AGREEMENT = 0.1, 0.45, 0.86, 0.85
MOST_LEAPS_PER_SECOND, LEAP_SEMITONES = 4.0, 0.8
AGREED_SEMITONES = 0.5


@dataclass(frozen=True, slots=True)
class OneVoice:
    """How much a recording is one voice.

    Attributes
    ----------
    sounding_seconds, pitched_seconds : float
        in which it is not silent, and has a pitch.
    pitched_share : float
        of what sounds.
    confidence : float
        of the pitch, the median.
    leaps_per_second : float
        how often the pitch jumps from one moment to the next; several voices make a tracker jump.
    agreement : float or None
        share of moments on which a second tracker agrees; None without one.
    lacks : str
        why it is not one voice: ``silence``, ``pitch``, ``sureness``, ``steadiness`` or ``agreement``; empty for one.
    """

    sounding_seconds: float
    pitched_seconds: float
    pitched_share: float
    confidence: float
    leaps_per_second: float
    agreement: float | None
    lacks: str

    @property
    def is_one(self) -> bool:
        return not self.lacks


def is_one_voice(
    curve: PitchCurve, samples: Samples, rate_hz: int, judged: PitchCurve | None = None
) -> tuple[bool, OneVoice]:
    """Whether a recording is one voice, and the figures that say so.

    Parameters
    ----------
    curve : PitchCurve
        what the tracker found.
    samples : float32 array (channels, frames)
    rate_hz : int
    judged : PitchCurve or None
        what the judge found, on the same points: two trackers that disagree hear several voices.
    """
    level = level_db(curve, samples, rate_hz)
    loud = float(np.quantile(level, LOUD_QUANTILE)) if len(level) else SILENT_DB
    sounding = level > max(loud + SOUNDING_DB, SILENT_DB)
    pitched = curve.voiced
    seconds = float(pitched.sum()) * curve.hop_seconds
    with np.errstate(invalid="ignore"):
        leaps = int((np.abs(np.diff(curve.pitches)) > LEAP_SEMITONES).sum())
    figures = OneVoice(
        sounding_seconds=float(sounding.sum()) * curve.hop_seconds,
        pitched_seconds=seconds,
        pitched_share=float(pitched[sounding].mean()) if sounding.any() else 0.0,
        confidence=float(np.median(curve.confidence[pitched])) if pitched.any() else 0.0,
        leaps_per_second=leaps / seconds if seconds else 0.0,
        agreement=agreement(curve, judged),
        lacks="",
    )
    figures = replace(figures, lacks=lacking(figures))
    return figures.is_one, figures


def lacking(figures: OneVoice) -> str:
    """The first thing it lacks to be one voice."""
    if figures.sounding_seconds < LEAST_SECONDS:
        return "silence"
    if figures.pitched_seconds < LEAST_SECONDS or figures.pitched_share < LEAST_SHARE:
        return "pitch"
    if figures.confidence < LEAST_CONFIDENCE:
        return "sureness"
    if figures.leaps_per_second > MOST_LEAPS_PER_SECOND:
        return "steadiness"
    if figures.agreement is not None and figures.agreement < LEAST_AGREEMENT:
        return "agreement"
    return ""


def agreement(curve: PitchCurve, judged: PitchCurve | None) -> float | None:
    """The share of the moments voiced to the tracker on which the judge hears the same pitch."""
    if judged is None or not curve.voiced.any():
        return None
    count = min(len(curve.hz), len(judged.hz))
    one, other = curve.pitches[:count], judged.pitches[:count]
    both = ~np.isnan(one) & ~np.isnan(other)
    if not both.any():
        return 0.0
    return float(np.mean(np.abs(one[both] - other[both]) < AGREED_SEMITONES))
