"""What was delivered: every track with its file, its figures, and what an engineer would say on opening it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandmate.song.clips import AudioClip
from bandmate.song.tracks import Role, Track
from bandmate.verbs.listening import ears_of
from bandmate.verbs.progress import Progress, part, silent

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.song.findings import Finding
    from bandmate.stages.mix.groups import Group
    from bandmate.stages.mix.session import Session


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A recording as it came. ``bits`` is None for lossy codecs."""

    name: str
    codec: str
    seconds: float
    rate_hz: int
    channels: int
    bits: int | None


@dataclass(frozen=True, slots=True)
class DeliveredTrack:
    """One track of a delivery.

    Attributes
    ----------
    files : tuple of DeliveredFile
        what it plays; none for written notes.
    peak_dbfs : float
        -inf for silence.
    active_lufs, first_sound_seconds : float or None
        None for silence.
    dc : float
        full scale 1.
    stereo_kind : str
        ``mono``, ``stereo``, ``dual mono``, ``left only``, ``right only`` or ``silent``.
    is_inverted : bool
        whether it is upside down against another track, as far as that can be heard.
    late_seconds : float
        by how much it lies later than it should, as far as that can be heard; negative is earlier.
    remarks : tuple of str
        the kinds of the findings that it is part of, in plain words.
    """

    id: str
    name: str
    role: Role
    role_confidence: float
    files: tuple[DeliveredFile, ...]
    seconds: float
    peak_dbfs: float
    active_lufs: float | None
    first_sound_seconds: float | None
    dc: float
    clipped_runs: int
    stereo_kind: str
    is_inverted: bool
    late_seconds: float
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """All tracks that play, the groups that they make, and what is wrong with them."""

    tracks: tuple[DeliveredTrack, ...]
    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]


def stems(project: Project, *, progress: Progress = silent) -> Delivery:
    """Look at every track as it was delivered. Nothing is proposed, nothing is changed.

    Nothing is measured twice: what was heard is remembered in the project. A song without tracks gives an empty
    delivery; muted tracks are left out.

    Raises
    ------
    MediaError, ProjectError
        if a recording cannot be read.
    """
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.delivered import delivery_findings
    from bandmate.stages.mix.groups import groups
    from bandmate.stages.mix.session import Session, plays

    session = Session(project.song, ears_of(project, part(progress, 0.0, 0.8)), MixBrief())
    session.listen()
    progress("comparing the tracks", 0.85)
    findings = delivery_findings(session)
    rows = tuple(row_of(project, session, track, findings) for track in project.song.tracks if plays(track))
    return Delivery(rows, groups(session), findings)


def row_of(project: Project, session: Session, track: Track, findings: tuple[Finding, ...]) -> DeliveredTrack:
    """One track, with what the findings say of it."""
    from bandmate.stages.words import spoken_name

    hearing, guess = session.hearing(track.id), session.guess(track.id)
    own = [finding for finding in findings if finding.tracks[0] == track.id]
    return DeliveredTrack(
        id=track.id,
        name=spoken_name(track),
        role=guess.role,
        role_confidence=guess.confidence,
        files=tuple(file_of(project, clip) for clip in track.clips if isinstance(clip, AudioClip)),
        seconds=hearing.seconds,
        peak_dbfs=hearing.sample_peak_dbfs,
        active_lufs=hearing.active_lufs,
        first_sound_seconds=hearing.first_sound_seconds,
        dc=hearing.dc,
        clipped_runs=hearing.clipped_runs,
        stereo_kind=hearing.stereo_kind,
        is_inverted=any(finding.kind == "polarity" for finding in own),
        late_seconds=sum(late_seconds(finding) for finding in own),
        remarks=tuple(dict.fromkeys(remark_of(finding, hearing.stereo_kind) for finding in own)),
    )


def file_of(project: Project, clip: AudioClip) -> DeliveredFile:
    """What is known of the recording that a clip plays."""
    from bandmate.formats.audio_files import probe

    known = project.media.recording(clip.audio)
    bits = probe(project.media.path(clip.audio)).bits
    return DeliveredFile(known.original_name, known.codec, known.seconds, known.rate_hz, known.channels, bits)


def late_seconds(finding: Finding) -> float:
    """By how much the first track of a finding is late; 0 for findings about something else."""
    if finding.kind in ("delay", "comb", "polarity"):
        return (finding.evidence[3].before or 0.0) / 1000
    if finding.kind == "offset":
        by = finding.evidence[1]
        return (by.before or 0.0) * (-1.0 if "earlier" in by.what else 1.0)
    return 0.0


def remark_of(finding: Finding, stereo_kind: str) -> str:
    """A finding in a word or two, for a table."""
    if finding.kind == "one-sided":
        return stereo_kind if stereo_kind.endswith("only") else "one-sided"
    words = {"dual-mono": "really mono", "polarity": "upside down", "delay": "late", "dc": "DC", "clipping": "clipped"}
    return words.get(finding.kind, finding.kind.replace("-", " "))
