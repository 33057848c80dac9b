"""Groups: which tracks of a delivery belong together: the drums, the guitars, the voices, doubles, left and right.

Conventions: a track may be in several groups (a left guitar is one of the guitars, one of a pair and one of two takes).
A group of one source or section needs two tracks. Tracks of unknown role are in no section.

Not covered: buses that the musician made; they are groups already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from bandmate.song.tracks import Track
from bandmate.stages.mix.delivered_names import are_named_sides, are_named_takes, side_of
from bandmate.stages.mix.phase import LEAST_LATE, relation_of
from bandmate.stages.mix.phase_pairs import LikelyPair, Pattern, likeness, pattern_of
from bandmate.stages.mix.roles import SURE_ENOUGH, role_table
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

GroupKind = Literal["section", "left-right", "doubles", "microphones"]

SECTIONS = {
    "drums": "drums",
    "bass": "bass",
    "guitar": "guitars",
    "keys": "keys",
    "synth": "synths",
    "strings": "strings",
    "winds": "winds",
    "voice": "vocals",
    "effects": "effects",
}
"""What the families of roles are called where several tracks are of one."""

TAKES_ALIKE, NAMED_TAKES_ALIKE = 0.6, 0.35
"""How alike two takes of one part are in their bands and moments; less where their names say so too."""


@dataclass(frozen=True, slots=True)
class Group:
    """Tracks that belong together, and why."""

    name: str
    kind: GroupKind
    track_ids: tuple[str, ...]
    because: str


def groups(session: Session) -> tuple[Group, ...]:
    """All groups of a song: sections first, then pairs; none for a song of strangers."""
    return (*sections(session), *pairs(session))


def sections(session: Session) -> Iterator[Group]:
    """Tracks whose roles are of one family."""
    table = role_table()
    for family, name in SECTIONS.items():
        mine = [t for t in session.tracks if sure_family(session, t) == family]
        if len(mine) >= 2:
            roles = dict.fromkeys(table[session.guess(track.id).role].role for track in mine)
            yield Group(name, "section", ids(mine), f"roles: {', '.join(roles)}")


def sure_family(session: Session, track: Track) -> str:
    """The family of a track's role; unknown where the role is not sure."""
    guess = session.guess(track.id)
    return role_table()[guess.role].family if guess.confidence >= SURE_ENOUGH else "unknown"


def pairs(session: Session) -> Iterator[Group]:
    """Left and right, two microphones of one source, two takes of one part; every track in one of them at most."""
    patterns = {track.id: pattern_of(session.hearing(track.id)) for track in session.tracks}
    used: set[str] = set()
    for find in (left_and_right, microphones, doubles):
        for group in find(session, patterns):
            if not used & set(group.track_ids):
                used |= set(group.track_ids)
                yield group


def left_and_right(session: Session, patterns: dict[str, Pattern]) -> Iterator[Group]:
    """Two tracks whose names differ in the side only."""
    for first, second in combinations(session.tracks, 2):
        if are_named_sides(first, second):
            left, right = (first, second) if side_of(first) == "left" else (second, first)
            yield Group(pair_name(left, right), "left-right", ids((left, right)), "their names differ in the side only")


def microphones(session: Session, patterns: dict[str, Pattern]) -> Iterator[Group]:
    """Two tracks that heard one source."""
    for first, second, alike in by_likeness(session, patterns, TAKES_ALIKE):
        related = relation_of(session, LikelyPair(first, second, alike))
        if related is not None and related.correlation >= LEAST_LATE:
            because = f"their waveforms are the same sound (correlation {related.correlation:.2f})"
            yield Group(pair_name(first, second), "microphones", ids((first, second)), because)


def doubles(session: Session, patterns: dict[str, Pattern]) -> Iterator[Group]:
    """Two takes of one part: alike in role, bands and moments, and not the same sound."""
    for first, second, alike in by_likeness(session, patterns, NAMED_TAKES_ALIKE):
        named = are_named_takes(first, second)
        role = session.guess(first.id).role
        if role == "unknown" or role != session.guess(second.id).role:
            continue
        if (named or alike >= TAKES_ALIKE) and sure_family(session, first) in ("guitar", "voice", "winds", "strings"):
            because = f"one part played twice: alike by {alike:.2f}, and not the same sound"
            yield Group(pair_name(first, second), "doubles", ids((first, second)), because)


def by_likeness(session: Session, patterns: dict[str, Pattern], least: float) -> list[tuple[Track, Track, float]]:
    """Pairs that are so much alike, the most alike first."""
    found = [
        (first, second, alike)
        for first, second in combinations(session.tracks, 2)
        if (alike := likeness(patterns[first.id], patterns[second.id])) >= least
    ]
    return sorted(found, key=lambda one: -one[2])


def pair_name(first: Track, second: Track) -> str:
    return f"{spoken_name(first)} and {spoken_name(second)}"


def ids(tracks: list[Track] | tuple[Track, ...]) -> tuple[str, ...]:
    return tuple(track.id for track in tracks)
