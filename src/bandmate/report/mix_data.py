"""What the report of a mix shows: plain values, all of them already measured.

Conventions: as in `data`. ``was`` is the song without the moves of the proposal, ``now`` the song with them, both of
one meter. ``None`` is not measured, and an empty tuple is a part that the page leaves out. Shares are 0 to 1. Columns
over time are equally wide and begin at 0. Lists that run in parallel are equally long. Texts are shown as they are.

Not covered: measuring, and finding the words; whoever makes the report does both.
"""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.report.data import Curve, Measured, MoveRow, Player
from bandmate.report.master_data import SectionRow, StereoField
from bandmate.song.evidence import Evidence
from bandmate.song.findings import FindingKind

Grid = tuple[Curve, ...]
"""Rows of columns, each a share; None where there is nothing to speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoSums:
    """The stereo image of the mix in single numbers.

    ``width_db`` is side over mid (-inf for mono), ``low_correlation`` is below 120 Hz, ``mono_loss_db`` what the mono
    sum loses.
    """

    width_db: float | None = None
    correlation: float | None = None
    low_correlation: float | None = None
    mono_loss_db: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MixState:
    """The whole mix without or with the moves; ``measured`` is None where no track plays anything."""

    label: str
    measured: Measured | None = None
    stereo: StereoSums = StereoSums()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackState:
    """One track in one state of the song.

    Attributes
    ----------
    loudness_lufs : float or None
        while it plays, as it leaves the fader.
    true_peak_dbtp, crest_db, range_lu, width_db : float or None
        after its devices and before the fader; width is None for mono.
    heard_share : float or None
        of the moments and bands that matter to it, those in which it is at most 6 dB below everything else.
    gain_db, pan : float
        of the fader; pan is -1 (left) to 1.
    hidden : tuple (columns,)
        the rest of that share over time: 1 where nothing of it is heard; None where it rests.
    """

    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    crest_db: float | None = None
    range_lu: float | None = None
    width_db: float | None = None
    heard_share: float | None = None
    gain_db: float = 0.0
    pan: float = 0.0
    hidden: Curve = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRow:
    """One track without and with the moves.

    ``role_confidence`` is None where nothing was heard of it; ``findings`` are the numbers of those that name it.
    """

    id: str
    name: str
    role: str
    role_confidence: float | None = None
    channels: int | None = None
    was: TrackState
    now: TrackState
    findings: tuple[int, ...] = ()
    is_locked: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPart:
    """What is lost within the range of a map during one section."""

    name: str
    start_seconds: float
    end_seconds: float
    was: float | None
    now: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingMap:
    """How much of a track others take, by band and moment.

    Attributes
    ----------
    victim : str
    masker : str
        the one that is looked at; empty for all others together.
    band_hz : (bands,)
        centres, rising.
    lost_was, lost_now : (bands, columns)
        share of what would be heard of the victim without the masker; None where the victim has next to nothing.
    low_hz, high_hz, start_seconds, end_seconds : float or None
        the place that a finding names.
    share_was, share_now : float or None
        the same over that place, or over everything.
    """

    victim: str
    masker: str = ""
    band_hz: tuple[float, ...]
    column_seconds: float
    lost_was: Grid
    lost_now: Grid
    low_hz: float | None = None
    high_hz: float | None = None
    start_seconds: float | None = None
    end_seconds: float | None = None
    share_was: float | None = None
    share_now: float | None = None
    parts: tuple[MapPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumLine:
    """The spectrum of one track (bands,), as it leaves the fader, without and with the moves."""

    track: str
    was_db: Curve
    now_db: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectra:
    """The spectra of the tracks of a finding over its stretch, and the range that it is about.

    ``bands_an_octave`` is 3, or more for what is narrow.
    """

    band_hz: tuple[float, ...]
    tracks: tuple[SpectrumLine, ...]
    low_hz: float | None = None
    high_hz: float | None = None
    bands_an_octave: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackHistory:
    """Short-term loudness of one track as it leaves the fader: moments and both curves."""

    track: str
    seconds: tuple[float, ...]
    was_lufs: Curve
    now_lufs: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class RidePart:
    """Where the fader stands in one section, on average."""

    section: str
    was_db: float
    now_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FaderRide:
    """The fader of one track over time: corners joined by straight lines, the same moments for both."""

    track: str
    seconds: tuple[float, ...]
    was_db: tuple[float, ...]
    now_db: tuple[float, ...]
    parts: tuple[RidePart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One answer to a finding: the moves that make it up. ``number`` counts from 1; more than one are alternatives.

    ``stated`` is the figure of the finding as the proposal has it: before, predicted, after.
    """

    number: int
    moves: tuple[MoveRow, ...]
    stated: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding with what answers it.

    Attributes
    ----------
    number : int
        counts from 1.
    tracks : tuple of str
        names; the first is the one at fault or to be helped.
    where : str
        bars, or minutes and seconds; empty for all of the song.
    measured : Evidence or None
        its figure on the song as it is today, without (``before``) and with (``after``) all moves of the proposal.
    """

    number: int
    id: str
    kind: FindingKind
    tracks: tuple[str, ...]
    where: str = ""
    start_seconds: float = 0.0
    end_seconds: float = 0.0
    low_hz: float | None = None
    high_hz: float | None = None
    sentence: str
    hint: str = ""
    confidence: float = 1.0
    evidence: tuple[Evidence, ...] = ()
    answers: tuple[AnswerRow, ...] = ()
    measured: Evidence | None = None
    masking: MaskingMap | None = None
    spectra: Spectra | None = None
    history: TrackHistory | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerGroup:
    """Two sounds to be compared: without and with some moves, equally loud.

    Attributes
    ----------
    title : str
        what they are about: ``All moves``, a finding.
    moves : tuple of int
        the numbers of the moves that make the difference.
    start_seconds, end_seconds : float
        which stretch of the song.
    difference_lu : float
        how much louder the second one is, measured on what is played.
    """

    title: str
    players: tuple[Player, ...]
    moves: tuple[int, ...] = ()
    start_seconds: float = 0.0
    end_seconds: float = 0.0
    difference_lu: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MixReport:
    """Everything that the report of a mix says.

    Attributes
    ----------
    made_with : str
        name and version of the program, such as ``Bandmate 0.1.0``.
    created_at : str
        date and time as it shall be read; empty leaves it out, and then equal input gives equal bytes.
    proposal : str
        its id, such as ``P1``.
    moves_made : tuple of int
        the numbers of the moves that are in ``now``: those that were accepted, and of the open ones the first answers.
    other_moves : tuple of MoveRow
        those that answer no finding.
    column_seconds : float
        width of the columns of ``TrackState.hidden``; 0 without any.
    bar_seconds : tuple of float
        where each bar begins, from bar 1; empty where bars are not known.
    tempo_bpm : float or None
    lead : MaskingMap or None
        what the others take of the track that matters most.
    locks : tuple of str
        places that no proposal may touch, in words.
    notes : tuple of str
        what holds for the whole report, such as moves that could not be made.
    how_to_review : tuple of str
        commands; what stands behind ``" # "`` is shown as the explanation.
    """

    title: str
    made_with: str
    created_at: str = ""
    proposal: str
    moves_made: tuple[int, ...] = ()
    was: MixState
    now: MixState
    findings: tuple[FindingRow, ...] = ()
    other_moves: tuple[MoveRow, ...] = ()
    tracks: tuple[TrackRow, ...] = ()
    column_seconds: float = 0.0
    sections: tuple[SectionRow, ...] = ()
    bar_seconds: tuple[float, ...] = ()
    tempo_bpm: float | None = None
    rides: tuple[FaderRide, ...] = ()
    lead: MaskingMap | None = None
    stereo: StereoField | None = None
    groups: tuple[PlayerGroup, ...] = ()
    locks: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    how_to_review: tuple[str, ...] = ()
