"""Substitutions: what may stand for a chord between its neighbours, how daring that is, and why it works.

Conventions: ``daring`` goes from 0 (a seventh on top) to 1; it was written by us. A substitution stays within the span
of the chord that it stands for. Reasons are one sentence with the chords' names in them.

References: the substitutions are those that every book on jazz and pop harmony has; the words are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bandmate.song.chord_tones import Symbol, chord_classes, tones_of
from bandmate.song.harmony import Key
from bandmate.song.notes import PITCH_NAMES
from bandmate.song.roman import borrowed_from, roman
from bandmate.song.scales import is_minor_like, scale_of
from bandmate.stages.compose.passage import Bar

SECOND_HALF_LEAST_TICKS = 960


@dataclass(frozen=True, slots=True)
class Span:
    """A chord and where it sounds."""

    start_ticks: int
    end_ticks: int
    chord: Symbol
    bar: Bar

    @property
    def length_ticks(self) -> int:
        return self.end_ticks - self.start_ticks


@dataclass(frozen=True, slots=True)
class Setting:
    """A chord between its neighbours (None at the ends), in its key."""

    span: Span
    before: Symbol | None
    behind: Symbol | None
    key: Key
    is_last: bool = False

    @property
    def chord(self) -> Symbol:
        return self.span.chord

    @property
    def degree(self) -> int:
        return (self.chord.root - self.key.tonic) % 12

    def half(self) -> int | None:
        """Where the second half begins, on a beat; None for a chord that is too short to be parted."""
        span = self.span
        pulse = span.bar.pulse_ticks
        middle = span.start_ticks + max(1, span.length_ticks // 2 // pulse) * pulse
        fits = middle - span.start_ticks >= pulse and span.end_ticks - middle >= min(pulse, SECOND_HALF_LEAST_TICKS)
        return middle if fits and span.end_ticks > middle else None


@dataclass(frozen=True, slots=True)
class Substitution:
    """What stands for a chord, what it is called, and why it works."""

    kind: str
    daring: float
    spans: tuple[Span, ...]
    reason: str


Rule = Callable[[Setting], Iterator[Substitution]]


def name(chord: Symbol) -> str:
    """``F#m7b5/E``."""
    under = f"/{PITCH_NAMES[chord.bass]}" if chord.bass is not None else ""
    return f"{PITCH_NAMES[chord.root]}{chord.quality}{under}"


def is_dominant(chord: Symbol) -> bool:
    """A major third with a minor seventh."""
    return 4 in tones_of(chord.quality) and 10 in tones_of(chord.quality)


def is_minor(chord: Symbol) -> bool:
    return 3 in tones_of(chord.quality)


def is_diatonic(chord: Symbol, key: Key) -> bool:
    return all(one in scale_of(key) for one in chord_classes(chord, with_bass=False))


def whole(setting: Setting, chord: Symbol) -> tuple[Span, ...]:
    """Another chord in the same place."""
    span = setting.span
    return (Span(span.start_ticks, span.end_ticks, chord, span.bar),)


def parted(setting: Setting, first: Symbol, second: Symbol) -> tuple[Span, ...] | None:
    """One chord in the first half and another in the second; None for a chord that is too short."""
    middle, span = setting.half(), setting.span
    if middle is None:
        return None
    return Span(span.start_ticks, middle, first, span.bar), Span(middle, span.end_ticks, second, span.bar)


EXTENDED = {
    "": ("maj9", "add9", "6", "maj7"),
    "m": ("m9", "m7"),
    "7": ("13", "9"),
    "m7": ("m9", "m11"),
    "maj7": ("maj9", "69"),
    "dim": ("m7b5",),
    "sus4": ("9sus4", "7sus4"),
}


def extension(setting: Setting) -> Iterator[Substitution]:
    """Sevenths, ninths and thirteenths of the key on top."""
    chord, key = setting.chord, setting.key
    options: tuple[str, ...] = EXTENDED.get(chord.quality, ())
    if chord.quality == "" and setting.degree == 7:
        options = ("9", "7", "13")
    for quality in options:
        new = Symbol(chord.root, quality, chord.bass)
        if is_diatonic(new, key) or (is_dominant(chord) and quality in ("9", "13")):
            added = [PITCH_NAMES[one] for one in chord_classes(new) if one not in chord_classes(chord)]
            reason = f"{name(new)} for {name(chord)}: {' and '.join(added)} of the key on top, the function stays"
            yield Substitution("extension", 0.1, whole(setting, new), reason)
            return


def suspension(setting: Setting) -> Iterator[Substitution]:
    """The fourth held back before the third."""
    chord = setting.chord
    if 4 not in tones_of(chord.quality) or setting.degree not in (0, 2, 7):
        return
    if (chord.root + 5) % 12 not in scale_of(setting.key):
        return
    held = Symbol(chord.root, "7sus4" if is_dominant(chord) else "sus4", chord.bass)
    spans = parted(setting, held, chord)
    third = PITCH_NAMES[(chord.root + 4) % 12]
    if spans:
        reason = f"{name(held)} before {name(chord)}: the fourth holds the third {third} back"
        yield Substitution("suspension", 0.2, spans, reason)


def slash(setting: Setting) -> Iterator[Substitution]:
    """Another tone of the chord in the bass, for a line by step."""
    chord, before, behind = setting.chord, setting.before, setting.behind
    if chord.bass is not None or before is None or behind is None:
        return
    low = before.root if before.bass is None else before.bass
    high = behind.root if behind.bass is None else behind.bass
    for tone in tones_of(chord.quality)[1:]:
        bass = (chord.root + tone) % 12
        steps = [min((bass - other) % 12, (other - bass) % 12) for other in (low, high)]
        if tone in (3, 4, 7, 10) and all(0 < step <= 2 for step in steps):
            new = Symbol(chord.root, chord.quality, bass)
            line = ", ".join(PITCH_NAMES[one] for one in (low, bass, high))
            yield Substitution("slash", 0.22, whole(setting, new), f"{name(new)}: the bass goes by step, {line}")
            return


def pedal(setting: Setting) -> Iterator[Substitution]:
    """The bass of the chord before stays."""
    chord, before, key = setting.chord, setting.before, setting.key
    if chord.bass is not None or before is None:
        return
    low = before.root if before.bass is None else before.bass
    if low not in (key.tonic, (key.tonic + 7) % 12) or low == chord.root or low in chord_classes(chord):
        return
    new = Symbol(chord.root, chord.quality, low)
    which = "tonic" if low == key.tonic else "fifth of the key"
    yield Substitution("pedal", 0.38, whole(setting, new), f"{name(new)}: the {which} stays in the bass as a pedal")


def relative(setting: Setting) -> Iterator[Substitution]:
    """The chord a third away that shares two tones."""
    chord, key = setting.chord, setting.key
    if chord.bass is not None or (setting.is_last and setting.degree == 0):
        return
    for up in (9, 4) if not is_minor(chord) else (3, 8):
        new = Symbol((chord.root + up) % 12, "" if is_minor(chord) else "m", None)
        if is_dominant(chord) or not is_diatonic(new, key):
            continue
        shared = [PITCH_NAMES[one] for one in chord_classes(new) if one in chord_classes(chord)]
        neighbours = [one.root for one in (setting.before, setting.behind) if one is not None]
        if len(shared) >= 2 and new.root not in neighbours:
            reason = f"{name(new)} for {name(chord)}: a third away, {' and '.join(shared)} are in both"
            yield Substitution("relative", 0.3, whole(setting, new), reason)


def two_five(setting: Setting) -> Iterator[Substitution]:
    """The second step before a dominant."""
    chord, behind = setting.chord, setting.behind
    is_five = is_dominant(chord) or (setting.degree == 7 and chord.quality == "")
    if not is_five or chord.bass is not None:
        return
    to_minor = behind is not None and is_minor(behind)
    two = Symbol((chord.root + 7) % 12, "m7b5" if to_minor else "m7", None)
    five = Symbol(chord.root, chord.quality if is_dominant(chord) else "7", None)
    spans = parted(setting, two, five)
    if spans and (setting.before is None or setting.before.root != two.root):
        reason = f"{name(two)} {name(five)} for {name(chord)}: a ii–V instead of the V alone"
        yield Substitution("ii–V", 0.42, spans, reason)


def secondary_dominant(setting: Setting) -> Iterator[Substitution]:
    """The dominant of the chord behind, in the second half."""
    chord, behind, key = setting.chord, setting.behind, setting.key
    if behind is None or behind.root == key.tonic or behind.root not in scale_of(key):
        return
    new = Symbol((behind.root + 7) % 12, "7", None)
    if new.root == chord.root and is_dominant(chord):
        return
    if 6 in tones_of(behind.quality):
        return
    spans = whole(setting, new) if new.root == chord.root else parted(setting, chord, new)
    if spans:
        reason = f"{name(new)} leads to {name(behind)}: its dominant ({roman(new, key, behind)})"
        yield Substitution("secondary dominant", 0.48, spans, reason)


def approach_two_five(setting: Setting) -> Iterator[Substitution]:
    """A whole ii–V that leads to the chord behind."""
    behind, key = setting.behind, setting.key
    if behind is None or behind.root == key.tonic or behind.root not in scale_of(key) or 6 in tones_of(behind.quality):
        return
    two = Symbol((behind.root + 2) % 12, "m7b5" if is_minor(behind) else "m7", None)
    five = Symbol((behind.root + 7) % 12, "7b9" if is_minor(behind) else "7", None)
    spans = parted(setting, two, five)
    if spans and setting.chord.root not in (two.root, five.root):
        reason = f"{name(two)} {name(five)}: a ii–V of its own leads to {name(behind)}"
        yield Substitution("ii–V of the next", 0.66, spans, reason)


BORROWED_MAJOR = {
    5: ((5, "m6"), (5, "m7")),
    9: ((8, "maj7"),),
    2: ((2, "m7b5"),),
    7: ((10, ""), (7, "m7")),
    4: ((3, "maj7"),),
}
BORROWED_MINOR = {
    5: ((5, "7"), (5, "")),
    8: ((9, "m7b5"),),
    7: ((7, "7"),),
    2: ((1, "maj7"),),
    0: ((0, ""),),
    10: ((1, "maj7"),),
}


def modal_interchange(setting: Setting) -> Iterator[Substitution]:
    """A chord of another mode on the same tonic."""
    table = BORROWED_MINOR if is_minor_like(setting.key) else BORROWED_MAJOR
    chord = setting.chord
    if not is_diatonic(chord, setting.key) or (setting.degree == 0 and not setting.is_last):
        return
    for degree, quality in table.get(setting.degree, ()):
        new = Symbol((setting.key.tonic + degree) % 12, quality, None)
        mode = borrowed_from(new, setting.key)
        source = f"from {PITCH_NAMES[setting.key.tonic]} {mode}" if mode else "from outside the key"
        daring = 0.72 if setting.degree == 0 else 0.55
        reason = f"{name(new)} for {name(chord)}: borrowed {source}"
        yield Substitution("modal interchange", daring, whole(setting, new), reason)


def passing_diminished(setting: Setting) -> Iterator[Substitution]:
    """A diminished chord between two that are a whole step apart, or below the chord behind."""
    chord, behind = setting.chord, setting.behind
    if behind is None or 6 in tones_of(behind.quality):
        return
    up = (behind.root - chord.root) % 12
    if up == 2:
        new = Symbol((chord.root + 1) % 12, "dim7", None)
        reason = f"{name(new)} in between: the bass goes up in half steps from {name(chord)} to {name(behind)}"
    elif up == 10 and is_minor(behind):
        new = Symbol((chord.root - 1) % 12, "dim7", None)
        reason = f"{name(new)} in between: the bass goes down in half steps from {name(chord)} to {name(behind)}"
    else:
        return
    spans = parted(setting, chord, new)
    if spans:
        yield Substitution("passing diminished", 0.6, spans, reason)


def altered_dominant(setting: Setting) -> Iterator[Substitution]:
    """Tensions that pull harder to the chord behind."""
    chord, behind = setting.chord, setting.behind
    if behind is None or (behind.root - chord.root) % 12 != 5 or 4 not in tones_of(chord.quality):
        return
    if chord.quality not in ("", "7", "9", "13"):
        return
    new = Symbol(chord.root, "7b9" if is_minor(behind) else "7b13", None)
    extra = PITCH_NAMES[(chord.root + (1 if is_minor(behind) else 8)) % 12]
    reason = f"{name(new)} for {name(chord)}: {extra} pulls by a half step into {name(behind)}"
    yield Substitution("altered dominant", 0.58, whole(setting, new), reason)


def backdoor(setting: Setting) -> Iterator[Substitution]:
    """The seventh chord a whole step below the tonic instead of the dominant."""
    chord, behind, key = setting.chord, setting.behind, setting.key
    if setting.degree != 7 or behind is None or behind.root != key.tonic or is_minor(behind):
        return
    new = Symbol((key.tonic + 10) % 12, "7", None)
    reason = f"{name(new)} for {name(chord)}: the back door, up a whole step to {name(behind)}"
    yield Substitution("backdoor", 0.68, whole(setting, new), reason)


def tritone(setting: Setting) -> Iterator[Substitution]:
    """The dominant three whole steps away, with the same third and seventh."""
    chord, behind = setting.chord, setting.behind
    is_five = is_dominant(chord) or (setting.degree == 7 and chord.quality == "")
    if not is_five or behind is None or (behind.root - chord.root) % 12 != 5:
        return
    new = Symbol((chord.root + 6) % 12, "7", None)
    third, seventh = PITCH_NAMES[(chord.root + 4) % 12], PITCH_NAMES[(chord.root + 10) % 12]
    reason = (
        f"{name(new)} for {name(chord)}: tritone substitute, {third} and {seventh} are third and seventh of both, "
        f"and the bass falls by a half step to {PITCH_NAMES[behind.root]}"
    )
    yield Substitution("tritone", 0.78, whole(setting, new), reason)


def mediant(setting: Setting) -> Iterator[Substitution]:
    """A major chord a third away, from outside the key."""
    chord, key = setting.chord, setting.key
    if chord.quality not in ("", "maj7", "6", "add9") or setting.degree not in (0, 5) or setting.is_last:
        return
    for up in (8, 3, 4):
        new = Symbol((chord.root + up) % 12, "", None)
        shared = [PITCH_NAMES[one] for one in chord_classes(new) if one in chord_classes(chord)]
        if not is_diatonic(new, key) and len(shared) == 1:
            reason = f"{name(new)} for {name(chord)}: a third away in another key, only {shared[0]} is in both"
            yield Substitution("chromatic mediant", 0.92, whole(setting, new), reason)


RULES: tuple[Rule, ...] = (
    extension,
    suspension,
    slash,
    relative,
    pedal,
    two_five,
    secondary_dominant,
    modal_interchange,
    altered_dominant,
    passing_diminished,
    approach_two_five,
    backdoor,
    tritone,
    mediant,
)
"""From safe to daring."""


def substitutions(setting: Setting) -> list[Substitution]:
    """Everything that may stand for a chord."""
    every = (found for rule in RULES for found in rule(setting))
    return [found for found in every if [span.chord for span in found.spans] != [setting.chord]]
