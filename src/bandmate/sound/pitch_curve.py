"""A pitch curve: the fundamental frequency of one voice over time, as every tracker gives it and every editor takes it.

Conventions: point ``i`` stands for the moment ``i * hop_seconds``; 0 Hz where there is no pitch. Pitches are MIDI note
numbers with fractions, 69 for A4 at 440 Hz, whatever the song is tuned to.

Not covered: finding it (``pitch``, ``pitch_judge``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]

UNITS_PER_SEMITONE = 200
"""What is stored is to half a cent."""


@dataclass(frozen=True, eq=False)
class PitchCurve:
    """Pitch over time.

    Attributes
    ----------
    hop_seconds : float
    hz : float64 array (points,), read-only
        0 where there is no pitch.
    confidence : float64 array (points,), read-only
        how sure it is that there is one, 0 to 1.
    """

    hop_seconds: float
    hz: Reals
    confidence: Reals

    def __post_init__(self) -> None:
        self.hz.flags.writeable = False
        self.confidence.flags.writeable = False

    @cached_property
    def voiced(self) -> npt.NDArray[np.bool_]:
        """Where there is a pitch, array (points,)."""
        return self.hz > 0

    @cached_property
    def pitches(self) -> Reals:
        """MIDI note numbers; NaN where there is no pitch, array (points,)."""
        with np.errstate(divide="ignore"):
            pitches: Reals = np.where(self.voiced, 69.0 + 12.0 * np.log2(self.hz / 440.0), np.nan)
        return pitches

    @cached_property
    def seconds(self) -> Reals:
        """The moment of each point, array (points,)."""
        return np.arange(len(self.hz), dtype=np.float64) * self.hop_seconds

    def to_data(self) -> bytes:
        """The curve as it is kept in a song, to half a cent; confidence is not kept."""
        steps = np.where(self.voiced, np.round(np.nan_to_num(self.pitches) * UNITS_PER_SEMITONE), 0)
        return np.clip(steps, 0, 2**15 - 1).astype("<i2").tobytes()


def curve_from_data(data: bytes, hop_seconds: float) -> PitchCurve:
    """The curve that ``to_data`` wrote; all that is voiced is sure."""
    steps = np.frombuffer(data, "<i2").astype(np.float64)
    hz = np.where(steps > 0, 440.0 * 2.0 ** ((steps / UNITS_PER_SEMITONE - 69.0) / 12.0), 0.0)
    return PitchCurve(hop_seconds, hz, (steps > 0).astype(np.float64))
