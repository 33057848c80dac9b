"""What the report of a master shows: plain values, all of them already measured.

Conventions: as in `data`. Units are in the names; ``None`` is not measured (a dash on the page, ``null`` in JSON), and
an empty tuple is a part that the page leaves out. Shares of a request (strength, weights) are in per cent as the
musician typed them, 0 to 100. ``now`` is what came out (the "is" of the page), ``was`` what came in, both of one meter.
Lists that run in parallel are equally long. Texts are shown as they are: nothing in them is taken for markup.

Not covered: measuring, and finding the words; whoever makes the report does both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bandmate.report.data import Curve, FileRow, GainReduction, Measured, Player, Profile, ProposalPart
from bandmate.song.evidence import Evidence

StageState = Literal["on", "not needed", "off by request", "not asked for", "locked", "tried and dropped"]
Density = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow(Profile):
    """A delivery profile as it was used.

    Attributes
    ----------
    rate_hz, bits : int or None
        what the file has to be; None where any will do.
    is_official : bool or None
        True where the service itself states the numbers; None for the musician's own numbers.
    read_on : str
        ISO date on which the source was read, such as ``2026-11-21``; empty for own numbers.
    """

    rate_hz: int | None = None
    bits: int | None = None
    is_official: bool | None = None
    read_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """One node of the chain: what was aimed at, what was there, what came out.

    Attributes
    ----------
    name : str
        repair, tone, multiband dynamics, ride, width, soft clip, loudness and limiter, delivery.
    strength_percent : float or None
        0 to 100; None where the stage has no strength (delivery).
    measures : str
        what ``was``, ``target`` and ``now`` are numbers of: ``mean distance from the target curve, mid``.
    target_text : str
        the target in words where a number alone does not say it: ``inside the tolerance``, ``at most``; shown before
        the number.
    target, was, now : float or None
        all in ``unit``; a ``share`` is 0 to 1.
    sentence : str
        what was done, or why not.
    settings : tuple of str
        the device in words, one setting each: ``band 1: −2.0 dB at 240 Hz, Q 0.9, mid``.
    """

    name: str
    state: StageState
    strength_percent: float | None = None
    measures: str = ""
    target_text: str = ""
    target: float | None = None
    was: float | None = None
    now: float | None = None
    unit: str = ""
    sentence: str = ""
    settings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneSide:
    """The spectrum of mid or of side against its target, all at one loudness, and the equalizer that was used.

    Attributes
    ----------
    band_hz, was_db, now_db : (bands,)
        1/3-octave centres and levels.
    target_db, tolerance_low_db, tolerance_high_db : (bands,)
        empty where nothing was aimed at (no reference: only faults are looked for); a tolerance edge is a level.
    response_hz, response_db : (points,)
        what the equalizer does to this side; empty where there is none.
    """

    band_hz: tuple[float, ...] = ()
    was_db: Curve = ()
    now_db: Curve = ()
    target_db: Curve = ()
    tolerance_low_db: Curve = ()
    tolerance_high_db: Curve = ()
    response_hz: tuple[float, ...] = ()
    response_db: Curve = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneCurves:
    """Mid and side; ``side`` is None for mono. ``target_label`` says where the target is from: ``two references``."""

    mid: ToneSide
    side: ToneSide | None = None
    target_label: str = "target"


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoField:
    """Where the sound lies between the loudspeakers.

    Attributes
    ----------
    band_hz : (bands,)
    was_db, target_db, now_db : (bands,)
        side over mid; ``target_db`` empty without a target. -inf or None for a band without side.
    correlation_was, correlation_now : (bands,)
        left with right, -1 to 1; empty where not measured.
    density_was, density_now : (rows, columns)
        a count of frames in a square grid, 48 x 48 as a rule: rows from mid +1 (top) to mid -1, columns from hard left
        (side +1) to hard right (side -1), with mid = (L+R)/2 and side = (L-R)/2. Here 1 is 12 dB over the sound's own
        RMS of left and right together, so that shapes are compared and not levels; what lies beyond counts in the cells
        at the edge. Empty where not counted.
    mono_below_hz : float or None
        where the width device makes the low end mono.
    """

    band_hz: tuple[float, ...] = ()
    was_db: Curve = ()
    target_db: Curve = ()
    now_db: Curve = ()
    correlation_was: Curve = ()
    correlation_now: Curve = ()
    density_was: Density = ()
    density_now: Density = ()
    mono_below_hz: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRow:
    """One section of the song. ``ride_gain_db`` None: not ridden; ``transition_seconds`` is the way into it."""

    name: str
    start_seconds: float
    end_seconds: float
    was_lufs: float | None = None
    now_lufs: float | None = None
    ride_gain_db: float | None = None
    transition_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoudnessHistory:
    """The song's sections and the ride. The short-term curves are those of `MasterReport.before` and
    `MasterPart.after`. ``ride_seconds`` and ``ride_db`` are the corners of the ride, joined by straight lines."""

    sections: tuple[SectionRow, ...] = ()
    ride_seconds: tuple[float, ...] = ()
    ride_db: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HardestMoment:
    """Where the limiter worked hardest. ``place`` is ``bar 33`` where bars are known, else empty (the clock is
    shown); ``reduction_db`` is 0 or less."""

    seconds: float
    reduction_db: float
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterWork:
    """The limiter over time, the deepest of each tenth of a second, and its hardest moments, hardest first.
    ``active_share`` is 0 to 1 of the time with 0.1 dB or more of reduction."""

    history: GainReduction
    hardest: tuple[HardestMoment, ...] = ()
    active_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterPart:
    """One master: for one delivery target, or one alternative.

    Attributes
    ----------
    name : str
        unique in the report; service, codec and translation rows refer to it.
    direction : str
        in which stated direction it differs from the others; empty for a plain target.
    """

    name: str
    direction: str = ""
    profile: ProfileRow | None = None
    after: Measured
    stages: tuple[StageRow, ...] = ()
    tone: ToneCurves | None = None
    stereo: StereoField | None = None
    history: LoudnessHistory | None = None
    limiter: LimiterWork | None = None
    proposal: ProposalPart | None = None
    files: tuple[FileRow, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRow:
    """One reference: how much it counted for each aspect (0 to 100 %), and what was measured on it.

    ``loud_share`` (0 to 1) is the share of it that counted as its loud parts, ``loud_lufs`` their loudness.
    """

    name: str
    file: str = ""
    tone_percent: float = 100.0
    dynamics_percent: float = 100.0
    width_percent: float = 100.0
    loudness_percent: float = 100.0
    measured: Measured
    loud_share: float | None = None
    loud_lufs: float | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResult:
    """What one service does to one master.

    Attributes
    ----------
    gain_db : float or None
        what the service adds; 0 where it leaves the master alone.
    loudness_lufs : float or None
        as it is heard there.
    encoded_peak_dbtp, played_peak_dbtp : float or None
        true peak after the service's codec, and after its gain on top.
    headroom_db : float or None
        from ``played_peak_dbtp`` up to 0 dBTP; negative means clipping.
    short_by_lu, limited_db : float or None
        how far it stays below the others there; what the player's limiter takes off the highest peak.
    codec : str
        the one of the service's that makes the highest peak; empty where none was tried, and ``is_clean`` None then.
    verdict : str
        one sentence.
    """

    master: str
    gain_db: float | None = None
    loudness_lufs: float | None = None
    encoded_peak_dbtp: float | None = None
    played_peak_dbtp: float | None = None
    headroom_db: float | None = None
    short_by_lu: float | None = None
    limited_db: float | None = None
    codec: str = ""
    is_clean: bool | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One service and every master there, in the order of the masters. ``loudness_lufs`` None plays all as it is;
    ``codec`` is what was tried, such as ``AAC 256 kbit/s``, where it is the same for all masters."""

    service: str
    loudness_lufs: float | None = None
    codec: str = ""
    origin: str = ""
    is_official: bool | None = None
    results: tuple[ServiceResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecRow:
    """One master encoded and decoded again.

    Attributes
    ----------
    kbps : float or None
        the rate asked for; None where a quality was asked for, which ``codec`` then names.
    loudness_lufs, true_peak_dbtp : float or None
        after decoding.
    loudness_change_lu, peak_change_db : float or None
        against the master.
    band_hz, noise_db : (bands,)
        level of the difference signal against the master in that band: -30 dB is noise 30 dB under the music.
    needed_ceiling_dbtp : float or None
        the true peak that the master may have so that what is decoded stays under 0 dBTP, as ``is_clean`` says.
    """

    master: str
    codec: str
    kbps: float | None = None
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    loudness_change_lu: float | None = None
    peak_change_db: float | None = None
    band_hz: tuple[float, ...] = ()
    noise_db: Curve = ()
    needed_ceiling_dbtp: float | None = None
    is_clean: bool | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRow:
    """One master in one listening place: mono, phone speaker, earbuds, car, club.

    ``facts`` are what was measured there (``before``: the source, ``after``: the master); ``files`` the renders.
    """

    place: str
    master: str
    facts: tuple[Evidence, ...] = ()
    sentence: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumTrack:
    """One track of an album. ``tone_drift_db`` is its mean distance from the album's tone; ``gap_after_seconds`` None
    after the last track."""

    order: int
    title: str
    file: str = ""
    seconds: float
    was_lufs: float | None = None
    now_lufs: float | None = None
    true_peak_dbtp: float | None = None
    gain_db: float | None = None
    tone_drift_db: float | None = None
    gap_after_seconds: float | None = None
    isrc: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumPart:
    """The album: one gain for all where ``gain_db`` is a number; ``drift_limit_db`` bounds the tone drift."""

    title: str
    was_lufs: float | None = None
    now_lufs: float | None = None
    gain_db: float | None = None
    drift_limit_db: float | None = None
    sentence: str = ""
    tracks: tuple[AlbumTrack, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterReport:
    """Everything that the report of a master says.

    Attributes
    ----------
    made_with : str
        name and version of the program, such as ``Bandmate 0.1.0``.
    created_at : str
        date and time as it shall be read; empty leaves it out, and then equal input gives equal bytes.
    source : FileRow or None
        the file that came in; what was measured on it is ``before``.
    before_label : str
        what ``before`` was measured on: a file's name, or ``the mix``.
    masters : tuple of MasterPart
        in the order of asking. Nothing is ranked.
    remarks : tuple of str
        what holds for all: ``No reference was given: only measured faults were looked for.``
    how_to_review : tuple of str
        commands; what stands behind ``" # "`` is shown as the explanation.
    players : tuple of Player
        the source, each master, and where there is one a piece of the reference: equally loud and equally long.
        ``first_heard`` is the index of the one that the page starts with, ``players_note`` says what they have.
    """

    title: str
    made_with: str
    created_at: str = ""
    source: FileRow | None = None
    before: Measured
    before_label: str = "before"
    masters: tuple[MasterPart, ...] = ()
    references: tuple[ReferenceRow, ...] = ()
    services: tuple[ServiceRow, ...] = ()
    codecs: tuple[CodecRow, ...] = ()
    translation: tuple[TranslationRow, ...] = ()
    album: AlbumPart | None = None
    files: tuple[FileRow, ...] = ()
    players: tuple[Player, ...] = ()
    first_heard: int = 0
    players_note: str = ""
    how_to_review: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
