"""Diagnosis and roles: what is wrong with a mix, and what each track is taken for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandmate.song.errors import UnknownName
from bandmate.song.moves import Move
from bandmate.song.tracks import Role
from bandmate.verbs.listening import ears_of
from bandmate.verbs.progress import Progress, silent

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.song.findings import Finding


@dataclass(frozen=True, slots=True)
class HeardRole:
    """What a track is taken for.

    Attributes
    ----------
    sure : float
        0 to 1; 1 where the musician says so.
    because : str
        what it rests on.
    others : tuple of (Role, float)
        what else it could be by its sound, likeliest first.
    """

    track_id: str
    name: str
    role: Role
    sure: float
    because: str
    others: tuple[tuple[Role, float], ...]


def diagnose(project: Project, *, focus: tuple[str, ...] = (), progress: Progress = silent) -> tuple[Finding, ...]:
    """What there is to say about the song as it is. Nothing is proposed, nothing is changed.

    Parameters
    ----------
    focus : tuple of str
        names or ids of the tracks that matter most.

    Raises
    ------
    UnknownName
        if there is no such track.
    MediaError, ProjectError
        if a recording cannot be read.
    """
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.diagnose import diagnose as findings_of

    brief = MixBrief(focus=tuple(project.song.track(name).id for name in focus))
    return findings_of(project.song, brief, ears=ears_of(project, progress))


def roles(project: Project, *, progress: Progress = silent) -> tuple[HeardRole, ...]:
    """What each track is taken for: what the musician said, else its name, else its sound.

    Raises
    ------
    MediaError, ProjectError
        if a recording cannot be read.
    """
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.session import Session, plays
    from bandmate.stages.words import spoken_name

    session = Session(project.song, ears_of(project, progress), MixBrief())
    session.listen()
    rows = []
    for track in project.song.tracks:
        if not plays(track):
            continue
        guess = session.guess(track.id)
        others = tuple((role, share) for role, share in guess.posterior if role != guess.role)
        rows.append(HeardRole(track.id, spoken_name(track), guess.role, guess.confidence, guess.because, others))
    return tuple(rows)


def set_roles(project: Project, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Say what tracks are, by name or id; remembered with the song, and never guessed again. Ids of the tracks changed.

    Raises
    ------
    UnknownName
        if there is no such track or role; then nothing is changed.
    """
    from typing import get_args

    moves = []
    for name, role in wanted.items():
        if role not in get_args(Role):
            raise UnknownName("role", role, get_args(Role))
        track = project.song.track(name)
        if track.role != role:
            moves.append(Move(address=f"tracks/{track.id}/role", before=track.role, after=role, by="human"))
    if moves:
        changed = tuple(move.address.split("/")[1] for move in moves)
        project.revise(moves, f"{'role' if len(moves) == 1 else 'roles'} of {', '.join(changed)}")
        return changed
    return ()
