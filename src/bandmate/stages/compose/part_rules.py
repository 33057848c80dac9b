"""Rules of part writing: what a strict ear would mark in two to four voices, each with its place and its voices.

Conventions: voices are rows of tones from the highest to the lowest, counted from 0; each is one line, no chords. A
*chord* is every moment at which a voice begins a note; rates are per 100 of them. A fault is told once, at the moment
at which it begins. Two voices are compared only where both sound. Rules that need a key are left out where none is
given; the key that counts is the last one that begins at or before the moment.

Not covered: fifths and octaves between beats with other notes in between, the fourth as a dissonance, false relations,
figured exceptions (horn fifths, the tenor's leading tone under a cadence). Bach himself breaks some of these rules; the
benchmark states how often, under this very checker.

References
----------
W. Piston, Harmony (voice leading, doubling); E. Aldwell and C. Schachter, Harmony and Voice Leading; ranges as usual
for choirs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

from bandmate.song.harmony import Key
from bandmate.stages.compose.passage import Tone

Kind = Literal[
    "range",
    "spacing",
    "crossing",
    "overlap",
    "parallel fifths",
    "parallel octaves",
    "hidden fifths",
    "hidden octaves",
    "doubled leading tone",
    "unresolved leading tone",
    "unresolved seventh",
    "augmented leap",
    "wide leap",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

SATB: tuple[tuple[int, int], ...] = ((60, 81), (53, 74), (47, 69), (38, 64))
"""Lowest and highest note of soprano, alto, tenor and bass: C4–A5, F3–D5, B2–A4, D2–E4."""

WIDEST = (12, 12, 24)
"""Half steps between neighbours, from the top down; the last also counts for the lowest pair of fewer voices."""

SILENT = -1
DOMINANT_SEVENTH = frozenset((0, 4, 7, 10))
Voices = Sequence[Sequence[Tone]]


class Violation(NamedTuple):
    """A fault: its kind, where it begins (ticks), and the voices that make it."""

    kind: Kind
    place: int
    voices: tuple[int, ...]


class Moment(NamedTuple):
    """A moment at which something begins: what sounds, what began, and what each voice sang before and sings next."""

    ticks: int
    pitches: tuple[int, ...]
    begins: tuple[bool, ...]
    key: Key | None

    @property
    def classes(self) -> frozenset[int]:
        return frozenset(pitch % 12 for pitch in self.pitches if pitch != SILENT)


Keys = Key | Sequence[tuple[int, Key]] | None


def violations(
    voices: Voices, keys: Keys = None, ranges: Sequence[tuple[int, int]] | None = SATB
) -> tuple[Violation, ...]:
    """Every fault of some voices, in the order of their places.

    Parameters
    ----------
    voices : rows of tones
        two to four, highest first; each without overlaps. Empty voices are silent.
    keys : Key, or pairs of ticks and Key, optional
        without them nothing is said about leading tones, apart from those of dominant sevenths, and augmented leaps.
    ranges : pairs of lowest and highest pitch, optional
        one for each voice; None leaves ranges alone.

    Returns
    -------
    tuple of Violation
        nothing for silence.
    """
    moments = moments_of(voices, keys)
    found: list[Violation] = []
    for moment in moments:
        found += standing_faults(moment, ranges)
    for before, now in pairwise(moments):
        found += moving_faults(before, now)
    found += tendency_faults(voices, moments)
    found += leap_faults(voices, keys)
    return tuple(sorted(newly(found, moments), key=lambda fault: (fault.place, KINDS.index(fault.kind), fault.voices)))


def chords_of(voices: Voices) -> int:
    """How many chords there are: moments at which a voice begins a note."""
    return len({tone.start_ticks for voice in voices for tone in voice})


def rate(faults: Sequence[Violation], chords: int) -> float:
    """Faults per 100 chords; 0 without chords."""
    return 100 * len(faults) / chords if chords else 0.0


def key_at(keys: Keys, ticks: int) -> Key | None:
    """The key that holds at a moment."""
    if keys is None or isinstance(keys, Key):
        return keys
    at = bisect_right([start for start, _ in keys], ticks) - 1
    return keys[at][1] if at >= 0 else None


def moments_of(voices: Voices, keys: Keys = None) -> list[Moment]:
    """What sounds whenever a voice begins a note."""
    places = sorted({tone.start_ticks for voice in voices for tone in voice})
    rows = [list(sounding(voice, places)) for voice in voices]
    return [
        Moment(place, tuple(row[at][0] for row in rows), tuple(row[at][1] for row in rows), key_at(keys, place))
        for at, place in enumerate(places)
    ]


def sounding(voice: Sequence[Tone], places: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """A voice's pitch at each place, and whether it begins there; ``SILENT`` where it rests."""
    at = -1
    for place in places:
        while at + 1 < len(voice) and voice[at + 1].start_ticks <= place:
            at += 1
        if at < 0 or voice[at].end_ticks <= place:
            yield SILENT, False
        else:
            yield voice[at].pitch, voice[at].start_ticks == place


def standing_faults(moment: Moment, ranges: Sequence[tuple[int, int]] | None) -> Iterator[Violation]:
    """What can be told from one chord: ranges, spacing, crossing, doubling."""
    pitches = moment.pitches
    for voice, pitch in enumerate(pitches):
        if ranges and pitch != SILENT and not ranges[voice][0] <= pitch <= ranges[voice][1]:
            yield Violation("range", moment.ticks, (voice,))
    for upper, lower in pairwise(range(len(pitches))):
        if SILENT in (pitches[upper], pitches[lower]):
            continue
        gap = pitches[upper] - pitches[lower]
        if gap < 0:
            yield Violation("crossing", moment.ticks, (upper, lower))
        elif gap > (WIDEST[2] if lower == len(pitches) - 1 else WIDEST[min(upper, 1)]):
            yield Violation("spacing", moment.ticks, (upper, lower))
    leading = leading_tone(moment.classes, moment.key)
    doubling = tuple(voice for voice, pitch in enumerate(pitches) if pitch != SILENT and pitch % 12 == leading)
    if len(doubling) > 1:
        yield Violation("doubled leading tone", moment.ticks, doubling)


def newly(found: list[Violation], moments: Sequence[Moment]) -> Iterator[Violation]:
    """Each fault only where it begins: what goes on from one chord to the next, or stands still, counts once."""
    order = {moment.ticks: at for at, moment in enumerate(moments)}
    lasting = {(fault.kind, fault.voices, order[fault.place]) for fault in found}
    for fault in found:
        at = order[fault.place]
        goes_on = (fault.kind, fault.voices, at - 1) in lasting
        if fault.kind == "range":
            # subtle: a note out of range that is held counts once, the next one counts again.
            if moments[at].begins[fault.voices[0]]:
                yield fault
        elif fault.kind in ("spacing", "crossing", "doubled leading tone") and goes_on:
            continue
        else:
            yield fault


def leading_tone(classes: frozenset[int], key: Key | None) -> int | None:
    """The pitch class that leads: the third of a dominant seventh, or of the key's own dominant or its diminished
    chord; None for any other chord."""
    for root in classes:
        above = {(one - root) % 12 for one in classes}
        if above <= DOMINANT_SEVENTH and {4, 10} <= above:
            return (root + 4) % 12
    if key is None:
        return None
    above = {(one - key.tonic) % 12 for one in classes}
    return (key.tonic + 11) % 12 if {11, 2} <= above and above <= {7, 11, 2, 5, 8} else None


def moving_faults(before: Moment, now: Moment) -> Iterator[Violation]:
    """What can be told from two chords in a row: parallels, hidden ones between the outer voices, overlap."""
    count = len(now.pitches)
    for upper in range(count):
        for lower in range(upper + 1, count):
            pair = (before.pitches[upper], before.pitches[lower], now.pitches[upper], now.pitches[lower])
            if SILENT in pair:
                continue
            name = perfect_motion(*pair)
            is_outer = upper == 0 and lower == count - 1
            if name and (name.startswith("parallel") or is_outer):
                yield Violation(name, now.ticks, (upper, lower))
            if lower == upper + 1 and (pair[2] < pair[1] or pair[3] > pair[0]):
                yield Violation("overlap", now.ticks, (upper, lower))


def perfect_motion(upper: int, lower: int, next_upper: int, next_lower: int) -> Kind | None:
    """Whether two voices move alike into a fifth or an octave, and whether they come from one of the same kind.

    Hidden ones count only where the upper voice leaps.

    >>> perfect_motion(67, 60, 69, 62), perfect_motion(64, 60, 69, 62), perfect_motion(65, 60, 67, 60)
    ('parallel fifths', 'hidden fifths', None)
    """
    rise, other_rise = next_upper - upper, next_lower - lower
    if rise * other_rise <= 0:
        return None
    interval, was = (next_upper - next_lower) % 12, (upper - lower) % 12
    if interval not in (0, 7):
        return None
    if was == interval:
        return "parallel octaves" if interval == 0 else "parallel fifths"
    if abs(rise) <= 2:
        return None
    return "hidden octaves" if interval == 0 else "hidden fifths"


def tendency_faults(voices: Voices, moments: Sequence[Moment]) -> Iterator[Violation]:
    """Leading tones of the highest voice that do not rise into a tonic chord, and sevenths of dominants that go up or
    leap while the chord changes."""
    for before, now in pairwise(moments):
        leading = leading_tone(before.classes, before.key)
        if leading is None or before.classes == now.classes:
            continue
        tonic = (leading + 1) % 12
        is_home = tonic in now.classes and {(tonic + 3) % 12, (tonic + 4) % 12} & now.classes
        top, after = before.pitches[0], now.pitches[0]
        if is_home and top % 12 == leading and SILENT not in (top, after) and after not in (top, top + 1):
            yield Violation("unresolved leading tone", now.ticks, (0,))
        seventh = (leading + 6) % 12
        if not is_home or seventh in now.classes or (leading + 8) % 12 not in before.classes:
            continue
        for voice in range(len(voices)):
            falls = before.pitches[voice] - now.pitches[voice]
            silent = SILENT in (before.pitches[voice], now.pitches[voice])
            if not silent and before.pitches[voice] % 12 == seventh and falls not in (0, 1, 2):
                yield Violation("unresolved seventh", now.ticks, (voice,))


def leap_faults(voices: Voices, keys: Keys) -> Iterator[Violation]:
    """Leaps that are hard to sing: sevenths and more than an octave; augmented seconds and fourths of the key."""
    for number, voice in enumerate(voices):
        for one, other in pairwise(voice):
            if other.start_ticks > one.end_ticks:
                continue
            size = abs(other.pitch - one.pitch)
            if size in (10, 11) or size > 12:
                yield Violation("wide leap", other.start_ticks, (number,))
            key = key_at(keys, other.start_ticks)
            if key is not None and is_augmented(min(one.pitch, other.pitch), size, key):
                yield Violation("augmented leap", other.start_ticks, (number,))


def is_augmented(lower: int, size: int, key: Key) -> bool:
    """Whether a leap from (or to) ``lower`` is an augmented second or fourth in the key.

    >>> is_augmented(68, 3, Key(tonic=0, mode="minor")), is_augmented(71, 6, Key(tonic=0))
    (True, False)
    """
    degree = (lower - key.tonic) % 12
    return (size == 3 and degree == 8) or (size == 6 and degree in (5, 8))
