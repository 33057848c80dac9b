"""Polarity and delay between tracks that heard the same source: two microphones, a DI and its amplifier.

Likely pairs are correlated as waveforms; what is related is judged together. A track is turned over where that leaves
fewest pairs against each other; a track is lined up only with the one that it shares most with, so that what bleeds in
from the next drum moves nothing. A fault is one only where the sum of the two gets clearly louder without it: what was
cancelling adds up again.

Conventions: ``late_frames`` > 0 means that the second track of a pair is late. Levels are those of the mono sum of the
pair with its faders.

Not covered: fractions of a frame; rooms and spaced microphones that are meant to be late; one source panned to both
sides with a delay, which is width.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bandmate.song.tracks import Track
from bandmate.sound.relation import relate
from bandmate.stages.mix.delivered_names import is_far, is_underside, side_of
from bandmate.stages.mix.phase_pairs import LikelyPair, likely_pairs, togetherness
from bandmate.stages.mix.phase_sum import Reals, busiest, excerpt_of, moved, pair_sum_db
from bandmate.stages.mix.session import Session

EXCERPT_SECONDS = 6.0
"""Long enough for a few bars, short enough to correlate in a moment."""

LEAST_GAIN_DB = 0.7
"""What the sum of the two must gain: less is not heard."""

LEAST_DELAY_MS, COMB_FROM_MS, COMB_TO_MS, MOST_DELAY_MS = 0.1, 0.3, 10.0, 20.0
"""From a few centimetres of air to 7 m: nearer is the same place, further is a room microphone, meant to be late. From
0.3 to 10 ms the notches of the sum lie where it is heard as a comb."""

LEAST_CONFIDENCE = 0.3
LEAST_TURNED, LEAST_LATE = 0.3, 0.5
"""The least correlation once lined up: to turn over, and to line up. What bleeds into a microphone has less."""

LEAST_TOGETHER = 0.7
"""A microphone that hears much else besides is no second one on that source, and late for a reason."""

FAR_MS = 5.0
"""The most that a microphone that stands away on purpose is lined up by."""

APART = 1.0
"""Tracks that are panned so far apart, or are the left and the right of a pair, have their delay for width."""


@dataclass(frozen=True, slots=True)
class Related:
    """Two tracks that heard one source; ``correlation`` is that of the two once turned and lined up, 0 to 1, and
    ``togetherness`` how far they are loud together, -1 to 1."""

    first: Track
    second: Track
    late_frames: int
    polarity: int
    correlation_before: float
    correlation: float
    confidence: float
    togetherness: float
    start_seconds: float

    def names(self, track_id: str) -> bool:
        """Whether that track is one of the two."""
        return track_id in (self.first.id, self.second.id)

    def other(self, track_id: str) -> Track:
        """The other one of the two."""
        return self.second if track_id == self.first.id else self.first

    def late(self, track_id: str) -> int:
        """By how many frames that track is late against the other."""
        return self.late_frames if track_id == self.second.id else -self.late_frames


@dataclass(frozen=True, slots=True)
class PhaseFault:
    """What is wrong with ``track`` against ``partner``, and what each remedy leaves of it.

    ``inverted``: upside down. ``late_frames``: how late it is (negative: early); 0 where that does not matter. Levels
    of the sum in dBFS: as it is, turned over only, and with everything put right.
    """

    track: Track
    partner: Track
    related: Related
    inverted: bool
    late_frames: int
    sum_db: float
    turned_db: float
    right_db: float

    @property
    def gain_db(self) -> float:
        """What the sum gains at most."""
        return max(self.turned_db, self.right_db) - self.sum_db


def find_phase_faults(session: Session, *, apart_from: Iterable[frozenset[str]] = ()) -> tuple[PhaseFault, ...]:
    """All faults between the tracks that are heard, the worst first; each track is at fault at most once.

    ``apart_from`` are pairs that are spoken of already: the same recording twice.
    """
    spoken = set(apart_from)
    new = (pair for pair in likely_pairs(session) if frozenset((pair.first.id, pair.second.id)) not in spoken)
    related = [one for one in (relation_of(session, pair) for pair in new) if one is not None]
    turned = upside_down(session, related)
    found = [*turned, *out_of_time(session, related, {fault.track.id for fault in turned})]
    return tuple(sorted(found, key=lambda fault: -fault.gain_db))


def relation_of(session: Session, pair: LikelyPair) -> Related | None:
    """How two tracks are related as waveforms; None where they are not."""
    first, second = pair.first, pair.second
    start = busiest(session, (first.id, second.id), EXCERPT_SECONDS)
    one, other = (excerpt_of(session, track, start, EXCERPT_SECONDS) for track in (first, second))
    found = relate(one[None], other[None], session.song.rate_hz, max_delay_ms=MOST_DELAY_MS)
    if not found.related or found.confidence < LEAST_CONFIDENCE or found.correlation_after < LEAST_TURNED:
        return None
    return Related(
        first,
        second,
        found.delay_frames,
        found.polarity,
        found.correlation_before,
        found.correlation_after,
        found.confidence,
        togetherness(session, first.id, second.id),
        start,
    )


def upside_down(session: Session, related: Sequence[Related]) -> list[PhaseFault]:
    """The tracks to turn over, until no pair gains by it."""
    left = list(related)
    found: list[PhaseFault] = []
    while True:
        against = [one for one in left if one.polarity < 0]
        votes = {
            track_id: disagreement(left, track_id) for one in against for track_id in (one.first.id, one.second.id)
        }
        fault = None
        for track_id in sorted(votes, key=lambda i: turned_first(session, i, votes[i])):
            mine = [one for one in against if one.names(track_id)]
            fault = turned_fault(session, track_id, max(mine, key=lambda one: one.correlation))
            if fault is not None:
                break
        if fault is None:
            return found
        found.append(fault)
        left = [turned_over(one) if one.names(fault.track.id) else one for one in left]
        left = [one for one in left if not (one.polarity < 0 and one.names(fault.track.id))]


def turned_first(session: Session, track_id: str, votes: float) -> tuple[float, bool, float]:
    """The order in which tracks are turned over: most against the others, below the skin, the quieter one."""
    return (-votes, not is_underside(session.song.track(track_id)), session.loudness_lufs(track_id))


def disagreement(related: Sequence[Related], track_id: str) -> float:
    """How far a track is against its relatives: what is against it less what is with it, in steps that ties leave to
    the loudness."""
    mine = (one for one in related if one.names(track_id))
    return round(sum(-one.polarity * one.correlation for one in mine), 1)


def turned_over(one: Related) -> Related:
    """The relation after one of the two was turned over."""
    return replace(one, polarity=-one.polarity, correlation_before=-one.correlation_before)


def turned_fault(session: Session, track_id: str, one: Related) -> PhaseFault | None:
    """A track that is upside down against another, if turning it over helps; late besides, if that counts too."""
    track, partner = session.song.track(track_id), one.other(track_id)
    late = one.late(track_id) if one.correlation >= LEAST_LATE and counts_as_late(session, one) else 0
    own, other = pair_of(session, track, partner, one.start_seconds)
    now, turned = pair_sum_db(own, other), pair_sum_db(-own, other)
    right = pair_sum_db(-moved(own, late), other) if late else turned
    fault = PhaseFault(track, partner, one, True, late, now, turned, right)
    return fault if fault.gain_db >= LEAST_GAIN_DB else None


def out_of_time(session: Session, related: Sequence[Related], done: set[str]) -> list[PhaseFault]:
    """The tracks to line up, each with the one that it shares most with."""
    found: list[PhaseFault] = []
    for one in sorted(related, key=lambda one: -one.correlation):
        if one.polarity < 0 or not counts_as_late(session, one) or one.correlation < LEAST_LATE:
            continue
        if done & {one.first.id, one.second.id}:
            continue
        late, early = (one.second, one.first) if one.late_frames > 0 else (one.first, one.second)
        track = next((each for each in (late, early) if strongest(related, each.id) is one), None)
        if track is None:
            continue
        own, other = pair_of(session, track, one.other(track.id), one.start_seconds)
        now, right = pair_sum_db(own, other), pair_sum_db(moved(own, one.late(track.id)), other)
        fault = PhaseFault(track, one.other(track.id), one, False, one.late(track.id), now, now, right)
        if fault.gain_db >= LEAST_GAIN_DB:
            found.append(fault)
            done = done | {track.id}
    return found


def strongest(related: Sequence[Related], track_id: str) -> Related:
    """What a track shares most with."""
    return max((one for one in related if one.names(track_id)), key=lambda one: one.correlation)


def counts_as_late(session: Session, one: Related) -> bool:
    """Whether the delay of a pair is one that somebody would want to take away."""
    late_ms = abs(one.late_frames) * 1000 / session.song.rate_hz
    if late_ms < LEAST_DELAY_MS or one.togetherness < LEAST_TOGETHER or are_sides(one.first, one.second):
        return False
    late = one.second if one.late_frames > 0 else one.first
    if session.guess(late.id).role == "cymbals":
        # What hangs over a drum hears it later by the distance: that is its sound.
        return False
    return late_ms <= FAR_MS or not (is_far(one.first) or is_far(one.second))


def are_sides(first: Track, second: Track) -> bool:
    """Whether two tracks are the left and the right of something: panned apart, or named so."""
    return abs(first.pan - second.pan) >= APART or {side_of(first), side_of(second)} == {"left", "right"}


def pair_of(session: Session, track: Track, partner: Track, start_seconds: float) -> tuple[Reals, Reals]:
    """An excerpt of both."""
    one, other = (excerpt_of(session, each, start_seconds, EXCERPT_SECONDS) for each in (track, partner))
    return one, other
