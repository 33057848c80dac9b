"""Chord changes as rows of features for context mixing: what came before, where in the form, what came there last time.

Conventions: a chord is a symbol 0–119: ``degree * 10 + kind``, the degree in half steps above the tonic, the kind one
of ten classes. A change is a chord that is not the one before it; the first chord of a section counts as one always.
Places are known before the chord is: its section's name, its bar there, and its place in the bar in twelfths.
Everything else of a row comes from chords that have already sounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bandmate.models.mixing import Plan
from bandmate.song.chord_tones import tones_of

KINDS = ("maj", "min", "7", "min7", "maj7", "sus", "5", "dim", "hdim", "aug")
SYMBOLS = 12 * len(KINDS)
SECTIONS = ("", "intro", "verse", "pre-chorus", "chorus", "bridge", "solo", "interlude", "outro")
QUALITIES = ("", "m", "7", "m7", "maj7", "sus4", "5", "dim", "m7b5", "aug")
"""The plainest way to write each kind."""

SECTION_WORDS = {
    "prechorus": 3, "pre chorus": 3, "pre-chorus": 3, "pre": 3, "refrain": 4, "chorus": 4, "hook": 4, "drop": 4,
    "verse": 2, "bridge": 5, "middle": 5, "intro": 1, "theme": 2, "solo": 6, "instrumental": 6, "interlude": 7,
    "trans": 7, "break": 7, "outro": 8, "fade": 8, "coda": 8, "ending": 8, "tag": 8,
}  # fmt: skip
ORDERS = 10
FAR = 63
CHARTS, LEAD_SHEETS = 0, 1
UNKNOWN, MAJOR, MINOR = 0, 1, 2

# columns of a row
DEGREES = 10
SOURCE, MODE, SECTION, INDEX, BAR, SLOT, CELL, EIGHT, HELD = range(14, 23)
PREFIX, STOCK, ONCE, TWICE, BEFORE_SECTION, ROUND, RUN = range(23, 30)
COLUMNS = 30


class Place(NamedTuple):
    """Where a chord begins: the section's code, its bar there from 0, and twelfths of that bar."""

    section: int = 0
    bar: int = -1
    slot: int = 0
    starts_section: bool = False


def kind_of(quality: str) -> int:
    """The class of a suffix, by its tones; ``C6`` is major, ``C9`` a seventh, ``Cm6`` minor, ``C9sus4`` a sus."""
    tones = tones_of(quality)
    third = 4 if 4 in tones else 3 if 3 in tones else 0
    fifth = next((one for one in (7, 6, 8) if one in tones), 7)
    if third == 0:
        return 5 if 5 in tones or 2 in tones else 6
    if third == 3 and fifth == 6:
        return 8 if 10 in tones else 7
    if third == 4 and fifth == 8:
        return 9
    if 10 in tones:
        return 2 if third == 4 else 3
    return 1 if third == 3 else 4 if 11 in tones else 0


def symbol_of(root: int, quality: str, tonic: int) -> int:
    """The symbol of a chord in a key."""
    return (root - tonic) % 12 * len(KINDS) + kind_of(quality)


def section_code(name: str) -> int:
    """The code of a section's name; 0 for one that says nothing.

    >>> SECTIONS[section_code("Verse 2")], SECTIONS[section_code("pre-chorus")], section_code("C")
    ('verse', 'pre-chorus', 0)
    """
    plain = name.casefold()
    return next((code for word, code in SECTION_WORDS.items() if word in plain), 0)


@dataclass(slots=True)
class Progression:
    """Chords so far, and the row of features for the next one. ``cut`` goes back; a beam takes another way.

    ``mode`` is ``UNKNOWN`` where the chords themselves have to tell it.
    """

    source: int = CHARTS
    mode: int = UNKNOWN
    symbols: list[int] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    section_starts: list[int] = field(default_factory=list)
    prefixes: list[int] = field(default_factory=list)
    leaning: list[int] = field(default_factory=list)

    def add(self, symbol: int, place: Place) -> None:
        """A chord has come."""
        at = len(self.symbols)
        starts = place.starts_section or not at
        if starts:
            self.section_starts.append(at)
        before = 0 if starts else self.prefixes[-1]
        self.prefixes.append((before * 1_000_003 + symbol + 1) & 0x7FFF_FFFF_FFFF)
        self.leaning.append((self.leaning[-1] if at else 0) + lean(symbol))
        self.symbols.append(symbol)
        self.places.append(place)

    def cut(self, length: int) -> None:
        """Forget all but the first ``length`` chords."""
        for row in (self.symbols, self.places, self.prefixes, self.leaning):
            del row[length:]
        while self.section_starts and self.section_starts[-1] >= length:
            self.section_starts.pop()

    def row(self, place: Place) -> list[int]:
        """Features of the next chord at ``place``."""
        symbols, at = self.symbols, len(self.symbols)
        starts = place.starts_section or not at
        last = symbols[: -ORDERS - 1 : -1]
        row = [*last, *[-1] * (ORDERS - len(last))]
        row += [symbol // 10 if symbol >= 0 else -1 for symbol in row[:4]]
        begun = at if starts else self.section_starts[-1]
        index = min(at - begun, FAR)
        mode = self.mode or (0 if not at or self.leaning[-1] == 0 else MAJOR if self.leaning[-1] > 0 else MINOR)
        bar = min(place.bar, FAR)
        row += [self.source, mode, place.section, index, bar, place.slot]
        row += [bar % 4 if bar >= 0 else -1, bar % 8 if bar >= 0 else -1, self.held(place, starts)]
        once, twice = self.there_before(place.section, at - begun, at)
        row += [0 if starts else self.prefixes[-1], stock_of(symbols[-8:]), once, twice]
        earlier = self.section_starts if starts else self.section_starts[:-1]
        row += [self.places[earlier[-1]].section if earlier else -1, self.after_same_start(begun, at)]
        row.append(min(sum(1 for one in symbols[begun:] if one == row[0]), 7) if at > begun else 0)
        return row

    def held(self, place: Place, starts: bool) -> int:
        """How long the chord before has been held, in twelfths of a bar; -1 across sections."""
        if starts or not self.places or place.bar < 0:
            return -1
        before = self.places[-1]
        return min(48, (place.bar - before.bar) * 12 + place.slot - before.slot)

    def there_before(self, section: int, index: int, now: int) -> tuple[int, int]:
        """What came at the same place of the last section of this name, and of the one before that; -1 for nothing."""
        if section == 0:
            return -1, -1
        found = []
        starts = [*self.section_starts, now]
        for number in range(len(self.section_starts) - 1, -1, -1):
            begun, end = starts[number], starts[number + 1]
            if self.places[begun].section == section and not (end == now and begun + index == now):
                found.append(self.symbols[begun + index] if begun + index < end else -2)
                if len(found) == 2:
                    break
        return (*found, -1, -1)[:2]  # type: ignore[return-value]

    def after_same_start(self, begun: int, now: int) -> int:
        """What came, in any section before, behind the same chords since its beginning; -1 for nothing."""
        prefix, index = self.prefixes[now - 1] if now > begun else 0, now - begun
        if not index:
            return -1
        starts = [*self.section_starts, begun]
        for number in range(len(self.section_starts) - 1, -1, -1):
            start = starts[number]
            if start < begun and start + index < starts[number + 1] and self.prefixes[start + index - 1] == prefix:
                return self.symbols[start + index]
        return -1


def lean(symbol: int) -> int:
    """Whether a chord speaks for a major tonic (+) or a minor one (-)."""
    degree, kind = divmod(symbol, len(KINDS))
    minor = KINDS[kind] in ("min", "min7")
    if degree == 0:
        return -3 if minor else 3 if KINDS[kind] in ("maj", "maj7", "7") else 0
    if degree in (2, 4, 9):
        return 1 if minor else 0
    return -1 if (degree in (3, 8) and not minor) or (degree in (5, 7) and minor) else 0


def stock_of(symbols: Sequence[int]) -> int:
    """Which chords there were, without their order, as a number."""
    found = 0
    for symbol in sorted(set(symbols)):
        found = (found * 131 + symbol + 1) & 0x7FFF_FFFF_FFFF
    return found


CORPUS_CONTEXTS: tuple[tuple[tuple[int, ...], int, int], ...] = (
    ((), -1, 1),
    ((SOURCE, MODE), 0, 1),
    ((0,), 0, 1),
    ((0, SOURCE, MODE), 2, 1),
    ((0, 1), 2, 1),
    ((0, 1, MODE), 4, 1),
    ((0, 1, 2), 4, 1),
    ((0, 1, 2, 3), 6, 1),
    ((0, 1, 2, 3, 4), 7, 2),
    ((0, 1, 2, 3, 4, 5), 8, 2),
    ((0, SECTION, INDEX), 2, 1),
    ((0, SLOT, CELL), 2, 1),
    ((0, 1, SLOT, EIGHT), 4, 1),
    ((0, 1, SECTION), 4, 1),
    ((0, HELD, SLOT), 2, 1),
    ((10, 11, 12, 13), 2, 1),
    ((0, STOCK), 2, 1),
    ((0, PREFIX, SECTION), 2, 1),
    ((ONCE, ROUND), 0, 1),
    ((0, ONCE), 2, 1),
    ((0, 3, STOCK), 16, 1),
    ((SECTION, INDEX, MODE), 1, 1),
)
"""Columns, parent, and how often the corpus must have had it."""

C = len(CORPUS_CONTEXTS)
PIECE_CONTEXTS: tuple[tuple[tuple[int, ...], int], ...] = (
    ((), 0),
    ((0,), C),
    ((0, 1), C + 1),
    ((0, 1, 2), C + 2),
    (tuple(range(4)), C + 3),
    (tuple(range(5)), C + 4),
    (tuple(range(6)), C + 5),
    (tuple(range(8)), C + 6),
    (tuple(range(10)), C + 7),
    ((SECTION, INDEX), C),
    ((SECTION, INDEX, 0), C + 9),
    ((SECTION, PREFIX), C + 9),
    ((SECTION, BAR, SLOT), C),
    ((SECTION, BAR, SLOT, 0), C + 1),
    ((CELL, SLOT, 0), C + 1),
    ((EIGHT, SLOT, 0, 1), C + 2),
    ((0, HELD, SLOT), C + 1),
    ((1, 2), C),
    ((BEFORE_SECTION, SECTION, INDEX, 0), C + 10),
    ((PREFIX, 0), C + 1),
    ((0,), C + 1),
    ((SECTION, INDEX), C + 9),
)
"""Columns and parent, of the song alone."""


def plan() -> Plan:
    """Contexts over the rows."""
    return Plan(
        symbols=SYMBOLS,
        contexts=tuple(one[0] for one in CORPUS_CONTEXTS),
        parents=tuple(one[1] for one in CORPUS_CONTEXTS),
        least=tuple(one[2] for one in CORPUS_CONTEXTS),
        piece_contexts=tuple(one[0] for one in PIECE_CONTEXTS),
        piece_parents=tuple(one[1] for one in PIECE_CONTEXTS),
        matches=2,
        selectors=((INDEX, 8), (SOURCE, 2), (SECTION, len(SECTIONS))),
    )
