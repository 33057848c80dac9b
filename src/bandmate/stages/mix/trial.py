"""Trying an answer on the sound: its moves are made, what changed is heard again, and what does not help is dropped.

An answer is kept when the figure of its finding falls by at least what the family asks for, and no other track loses
more of what can be heard of it than the family allows.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move, apply
from bandmate.stages.mix.audible import shares_of_others
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name


@dataclass(frozen=True, slots=True)
class Trial:
    """An answer that helped: its moves with reason and evidence, and the song after them."""

    moves: tuple[Move, ...]
    session: Session


@dataclass(frozen=True, slots=True)
class Dropped:
    """An answer that was not kept, and why."""

    why: str


def tried(session: Session, family: Family, finding: Finding, answer: Answer) -> Trial | Dropped:
    """Make the moves of an answer, hear what they do, and keep them if they help."""
    before = family.gauge(session, finding)
    try:
        after_session = session.with_song(apply(session.song, answer.moves))
    except RequestError as refused:
        return Dropped(str(refused))
    after = family.gauge(after_session, finding)
    if before is None or after is None:
        return Dropped("its effect cannot be measured")
    first = finding.evidence[0]
    if before - after < family.least:
        return Dropped(f"{answer.deed} would bring {first.what} from {before:.3g} to {after:.3g} {first.unit} only")
    worst = worst_loss(session, after_session, finding)
    if worst is not None and lost_share(worst) > family.others_may_lose:
        return Dropped(f"{answer.deed} would leave less to be heard of another track: {worst.what}")
    figure = replace(first, before=before, after=after, predicted=answer.predicted)
    evidence = (figure, *answer.evidence, *((worst,) if worst else ()))
    because = family.because(after_session, finding, answer, figure)
    confidence = round(finding.confidence * answer.confidence, 2)
    moves = tuple(
        replace(move, because=because, evidence=evidence, confidence=confidence, finding=finding.id)
        for move in answer.moves
    )
    return Trial(moves, after_session)


def worst_loss(before: Session, after: Session, finding: Finding) -> Evidence | None:
    """The other track that loses most of what can be heard of it; None where none loses anything."""
    earlier, later = shares_of_others(before, after, finding.tracks)
    losses = {track_id: earlier[track_id] - later[track_id] for track_id in earlier}
    if not losses or max(losses.values()) <= 0.001:
        return None
    worst = max(losses, key=lambda track_id: losses[track_id])
    name = spoken_name(before.song.track(worst))
    return Evidence(
        what=f"share of {name} that can be heard, the most that another track loses",
        unit="%",
        before=100 * earlier[worst],
        after=100 * later[worst],
        where=worst,
    )


def lost_share(worst: Evidence) -> float:
    """What is lost, 0 to 1."""
    return ((worst.before or 0.0) - (worst.after or 0.0)) / 100.0
