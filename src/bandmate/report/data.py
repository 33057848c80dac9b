"""What a report shows: plain values, all of them already measured.

Conventions: units are in the names. A number that could not be measured is ``None``; digital silence may also be
``-inf``. Both, and NaN, are ``null`` in JSON; on the page silence is the word "silence" and the rest a dash. Texts are
shown as they are: nothing in them is taken for markup.

Not covered: measuring, and finding the words for a move; whoever makes the report does both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bandmate.song.evidence import Evidence

MoveState = Literal["open", "accepted", "refused", "stale"]
Curve = tuple[float | None, ...]
Envelope = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the meters say about one piece of sound.

    Attributes
    ----------
    integrated_lufs, range_lu, max_short_term_lufs, true_peak_dbtp : float or None
        BS.1770-5, Tech 3342, and the 4x true peak of BS.1770-5 annex 2.
    true_peak_16x_dbtp : float or None
        the check at 16x; None where it was not made.
    crest_db : float or None
        peak over RMS.
    seconds, rate_hz, channels
        length, frames per second, and how many channels; the last two are None where only the figures were kept.
    band_hz, band_db : tuple of float (bands,)
        1/3-octave centres and mid level; both empty where the spectrum was not measured.
    loudness_seconds, short_term_lufs, momentary_lufs : tuple (blocks,)
        one moment and its two loudness values; None where a window is not full yet. The momentary curve may be empty.
    envelope : tuple of (lowest, highest)
        about 1500 spans of equal length over the whole sound; 1.0 is full scale.
    """

    integrated_lufs: float | None = None
    range_lu: float | None = None
    max_short_term_lufs: float | None = None
    true_peak_dbtp: float | None = None
    true_peak_16x_dbtp: float | None = None
    crest_db: float | None = None
    seconds: float
    rate_hz: int | None
    channels: int | None
    band_hz: tuple[float, ...] = ()
    band_db: Curve = ()
    loudness_seconds: tuple[float, ...] = ()
    short_term_lufs: Curve = ()
    momentary_lufs: Curve = ()
    envelope: Envelope = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StemRow:
    """One stem as it came: the track's name, its file, the role it was taken for (confidence 0 to 1)."""

    name: str
    file: str
    role: str
    role_confidence: float | None
    measured: Measured
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """One proposed move in the musician's words. ``number`` counts from 1 within its proposal; confidence and
    strength are 0 to 1. ``why`` says why it was refused, no longer fits, or is locked; empty for the others."""

    number: int
    address: str
    place_in_words: str
    value_before_text: str
    value_after_text: str
    because: str
    evidence: tuple[Evidence, ...] = ()
    confidence: float
    strength: float = 1.0
    state: MoveState = "open"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPart:
    """One proposal. ``remarks`` is what was looked at and left alone, and why."""

    id: str
    stage: str
    title: str
    moves: tuple[MoveRow, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file that was written. ``measured`` is None for files that are not sound; ``kind`` is WAV, FLAC,
    DAWproject …; ``sha256`` is in hex, empty for a file whose hash is not known yet (the report itself)."""

    name: str
    what: str
    kind: str
    measured: Measured | None = None
    bits: int | None = None
    sha256: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A sound to be heard on the page.

    Attributes
    ----------
    mime : str
        such as ``audio/mpeg``; what every browser plays.
    data : bytes
        the encoded sound, with ``gain_db`` already in it.
    gain_db : float
        what was added so that all players are equally loud. The page states it and does not apply it again.
    loudness_lufs : float or None
        before that gain.
    """

    label: str
    mime: str
    data: bytes
    gain_db: float
    loudness_lufs: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the master was made for. ``loudness_lufs`` None is a profile without a target; ``origin`` says where the
    numbers are from, and when they were read."""

    name: str
    loudness_lufs: float | None
    ceiling_dbtp: float | None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GainReduction:
    """How far the limiter turned down: moments and decibels (0 or less, None where unknown), equally many; each is the
    mean of 100 ms."""

    seconds: tuple[float, ...]
    reduction_db: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """Everything that a report says.

    Attributes
    ----------
    made_with : str
        name and version of the program, such as ``Bandmate 0.1.0``.
    created_at : str
        date and time, as it shall be read.
    before_label, after_label : str
        what ``before`` and ``after`` were measured on: ``the stems as they came``, ``master.wav``.
    how_to_review : tuple of str
        commands; what stands behind ``" # "`` is shown as the explanation.
    left_out : tuple of str
        what did not travel to the DAW project.
    """

    title: str
    made_with: str
    created_at: str
    before: Measured
    after: Measured
    before_label: str = "before"
    after_label: str = "after"
    profile: Profile | None = None
    stems: tuple[StemRow, ...] = ()
    proposals: tuple[ProposalPart, ...] = ()
    files: tuple[FileRow, ...] = ()
    gain_reduction: GainReduction | None = None
    players: tuple[Player, ...] = ()
    how_to_review: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
