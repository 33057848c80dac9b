"""The same recording on two tracks: exported twice, imported twice, or copied to make it louder.

What plays the same content is a duplicate whatever it is called. What is the same up to its level (and for true copies,
polarity and delay) is one too, unless the names say that these are two microphones: those are alike by nature.

Conventions: of two, the softer one is the duplicate; of many, all but the loudest.

Not covered: copies that were processed so far that they sound different; those are layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from bandmate.render.content import track_content
from bandmate.song.tracks import Track
from bandmate.stages.mix.delivered_names import is_named_copy, names_microphone
from bandmate.stages.mix.phase import APART, relation_of
from bandmate.stages.mix.phase_pairs import likely_pairs
from bandmate.stages.mix.phase_sum import correlated
from bandmate.stages.mix.session import Session

LEAST_LIKENESS = 0.97

COPY_CORRELATION, SAME_CORRELATION, TRUE_CORRELATION = 0.98, 0.999, 0.9998
"""The least correlation of a copy that is named so; of any two tracks; of two that are turned over or late against each
other, or that are named as microphones."""

MEASURED_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Duplicate:
    """``track`` plays what ``original`` plays already; ``correlation`` as waveforms, 1 for the very same recording."""

    track: Track
    original: Track
    correlation: float
    is_exact: bool


def find_duplicates(session: Session) -> tuple[Duplicate, ...]:
    """Every track that another one makes superfluous, in the order of the song."""
    same = {frozenset((one.id, other.id)): (1.0, True) for one, other in exact_pairs(session)}
    for pair in likely_pairs(session):
        ids = frozenset((pair.first.id, pair.second.id))
        if pair.likeness < LEAST_LIKENESS:
            break
        if ids not in same:
            correlation = copied(session, pair.first, pair.second) if (related := relation_of(session, pair)) else 0.0
            late = bool(related and (related.late_frames or related.polarity < 0))
            alike = max(correlation, related.correlation if related and late else 0.0)
            if alike >= needed(pair.first, pair.second, late=late):
                same[ids] = (alike, False)
    found = []
    gone: set[str] = set()
    for ids, (correlation, is_exact) in sorted(same.items(), key=lambda one: sorted(one[0])):
        if gone & ids or panned_apart(session, ids):
            continue
        track, original = ordered(session, ids)
        gone.add(track.id)
        found.append(Duplicate(track, original, correlation, is_exact))
    places = {track.id: number for number, track in enumerate(session.song.tracks)}
    return tuple(sorted(found, key=lambda one: places[one.track.id]))


def exact_pairs(session: Session) -> list[tuple[Track, Track]]:
    """Tracks that play the very same, before their devices."""
    named = [(track_content(session.song, track, "clips"), track) for track in session.tracks]
    return [(one, other) for (a, one), (b, other) in combinations(named, 2) if a == b]


def needed(first: Track, second: Track, *, late: bool) -> float:
    """The least correlation at which two tracks are one recording."""
    if late or names_microphone(first) or names_microphone(second):
        return TRUE_CORRELATION
    return COPY_CORRELATION if is_named_copy(first, second) else SAME_CORRELATION


def copied(session: Session, first: Track, second: Track) -> float:
    """Correlation of the two as they are, over a longer stretch."""
    return correlated(session, (first.id, second.id), MEASURED_SECONDS)


def panned_apart(session: Session, ids: frozenset[str]) -> bool:
    """Whether the two stand on different sides."""
    pans = [session.song.track(track_id).pan for track_id in ids]
    return abs(pans[0] - pans[1]) >= APART


def ordered(session: Session, ids: frozenset[str]) -> tuple[Track, Track]:
    """The softer one first; of two that are equally loud, the later one."""
    order = [track for track in session.song.tracks if track.id in ids]
    loud = [round(session.loudness_lufs(track.id), 1) for track in order]
    return (order[0], order[1]) if loud[0] < loud[1] else (order[1], order[0])
