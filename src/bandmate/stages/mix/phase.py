"""Polarity and delay between tracks that heard the same source: two microphones, a DI and its amplifier.

Only tracks of one family are compared (drums with drums, bass with bass), and of those only pairs that rise and fall
together. A fix is proposed where the sum of the two gets clearly louder with it: what was cancelling adds up again.
The level of the sum is measured on the recordings themselves, before and after.

Not covered: fractions of a frame; spaced microphones that are meant to be late (delays over 20 ms are left alone).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.sound.audio import Samples
from bandmate.sound.relation import Relation, relate
from bandmate.stages.ears import Ears
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.roles import Guess, role_table

EXCERPT_SECONDS = 12.0
"""Long enough for a few bars, short enough to correlate in a moment."""

MOVE_TOGETHER = 0.5
"""The least correlation of two tracks' levels over time at which they are compared at all; that is cheap to know."""

UNKNOWN_MOVE_TOGETHER = 0.8
"""The same where a family is not known: of such pairs there are many, and few of them related."""

MOST_PAIRS = 120
"""At some hundredths of a second each."""

LEAST_HOPS = 10

LEAST_GAIN_DB = 0.5
"""What the sum of the two must gain: less is not heard."""

LEAST_DELAY_MS = 0.1
MOST_DELAY_MS = 20.0
"""From a few centimetres of air to 7 m: nearer is the same place, further is a room microphone, meant to be late."""

LEAST_CONFIDENCE = 0.3


Levels = npt.NDArray[np.float64]
"""Level of a track over time, shape (hops,)."""


@dataclass(frozen=True, slots=True)
class PhaseFault:
    """Two related tracks whose sum is weaker than it should be.

    ``invert`` is to be turned upside down; or, where ``delay_ms`` is not 0, ``late`` is to be moved earlier by as much.
    Levels are those of the pair's sum, dBFS.
    """

    track: Track
    partner: Track
    relation: Relation
    invert: bool
    delay_ms: float
    sum_before_db: float
    sum_after_db: float

    @property
    def gain_db(self) -> float:
        return self.sum_after_db - self.sum_before_db


def find_phase_faults(
    song: Song, hearings: Mapping[str, Hearing], guesses: Mapping[str, Guess], ears: Ears
) -> tuple[PhaseFault, ...]:
    """All faults between the tracks that were heard; each track is corrected at most once.

    Of many tracks only the ``MOST_PAIRS`` pairs that move most alike are compared: others share no source anyway.
    """
    found: list[PhaseFault] = []
    for first, second in likely_pairs(song, hearings, guesses)[:MOST_PAIRS]:
        if any(fault.track.id in (first.id, second.id) for fault in found):
            continue
        fault = pair_fault(song, first, second, hearings, ears)
        if fault is not None:
            found.append(fault)
    return tuple(found)


def likely_pairs(
    song: Song, hearings: Mapping[str, Hearing], guesses: Mapping[str, Guess]
) -> list[tuple[Track, Track]]:
    """The pairs that may have heard one source, those whose levels move most alike first.

    Tracks of one family have to rise and fall together, tracks of which one is unknown have to do so closely.
    """
    table = role_table()
    family = {track_id: table[guess.role].family for track_id, guess in guesses.items()}
    levels = {i: np.log10(heard.power.sum(axis=0, dtype=np.float64) + 1e-9) for i, heard in hearings.items()}
    heard = [track for track in song.tracks if track.id in hearings]
    found = []
    for first, second in combinations(heard, 2):
        families = {family[first.id], family[second.id]}
        if len(families) > 1 and "unknown" not in families:
            continue
        alike = likeness(levels[first.id], levels[second.id])
        if alike >= (UNKNOWN_MOVE_TOGETHER if "unknown" in families else MOVE_TOGETHER):
            found.append((alike, first, second))
    found.sort(key=lambda one: -one[0])
    return [(first, second) for _, first, second in found]


def likeness(first: Levels, second: Levels) -> float:
    """Correlation of two tracks' levels over time; 0 where it says nothing."""
    hops = min(len(first), len(second))
    a, b = first[:hops], second[:hops]
    if hops < LEAST_HOPS or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def pair_fault(
    song: Song, first: Track, second: Track, hearings: Mapping[str, Hearing], ears: Ears
) -> PhaseFault | None:
    """What is wrong between two tracks, if anything is."""
    start = busiest_seconds(hearings[first.id], hearings[second.id])
    a, b = (ears.excerpt(song, track.id, start, EXCERPT_SECONDS) for track in (first, second))
    relation = relate(a, b, song.rate_hz, max_delay_ms=MOST_DELAY_MS)
    if not relation.related or relation.confidence < LEAST_CONFIDENCE:
        return None
    delay_ms = relation.delay_frames * 1000 / song.rate_hz
    track, partner, own, other = second, first, b, a
    if relation.delay_frames < 0 or (relation.delay_frames == 0 and quieter(first, second, hearings)):
        track, partner, own, other = first, second, a, b
    own, other = own * linear(track.gain_db), other * linear(partner.gain_db)
    before = sum_level_db(own, other)
    flipped = sum_level_db(-own, other)
    if relation.polarity < 0 and flipped - before >= LEAST_GAIN_DB:
        return PhaseFault(track, partner, relation, True, 0.0, before, flipped)
    aligned = sum_level_db(moved_earlier(own, abs(relation.delay_frames)), other)
    if relation.polarity > 0 and abs(delay_ms) >= LEAST_DELAY_MS and aligned - before >= LEAST_GAIN_DB:
        return PhaseFault(track, partner, relation, False, abs(delay_ms), before, aligned)
    return None


def quieter(first: Track, second: Track, hearings: Mapping[str, Hearing]) -> bool:
    """Whether the first of two tracks is the quieter one."""
    loudness = [hearings[t.id].active_lufs or -100.0 for t in (first, second)]
    return loudness[0] + first.gain_db < loudness[1] + second.gain_db


def busiest_seconds(first: Hearing, second: Hearing) -> float:
    """Where the stretch begins in which both tracks play most."""
    hops = min(first.hops, second.hops)
    both = np.sqrt(
        first.power[:, :hops].sum(axis=0, dtype=np.float64) * second.power[:, :hops].sum(axis=0, dtype=np.float64)
    )
    length = max(1, round(EXCERPT_SECONDS / first.hop_seconds))
    if hops <= length:
        return 0.0
    total = np.concatenate([[0.0], np.cumsum(both)])
    return float(np.argmax(total[length:] - total[:-length])) * first.hop_seconds


def sum_level_db(one: Samples, other: Samples) -> float:
    """RMS level of the mono sum, dBFS; -150 for silence."""
    mono = one.mean(axis=0, dtype=np.float64) + other.mean(axis=0, dtype=np.float64)
    return 10 * float(np.log10(max(float(np.mean(mono**2)) if mono.size else 0.0, 1e-15)))


def moved_earlier(samples: Samples, frames: int) -> Samples:
    """The same length, ``frames`` frames earlier, silence at the end."""
    return np.pad(samples[:, frames:], ((0, 0), (0, frames))) if frames else samples


def linear(gain_db: float) -> np.float32:
    return np.float32(10 ** (gain_db / 20))
