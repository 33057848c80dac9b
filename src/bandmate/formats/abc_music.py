"""The music lines of one voice of an ABC tune, as bars of sounds with exact lengths.

Conventions: lengths are fractions of a whole note; pitches are MIDI numbers (C = 60, c = 72). An accidental holds to
the bar line for its letter in every octave, and through a tie beyond it. Slurs, decorations and spacing are passed
over without a word; what would be heard and is left out is counted by kind in ``left_out``.

Not covered: grace notes, second voices in one bar (&), microtones, redefined symbols (U:), macros.

References: the ABC music standard 2.1, §4.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from bandmate.formats.abc_fields import (
    ACCIDENTALS,
    LETTERS,
    fraction_from,
    meter_from,
    signature_from,
    tempo_from,
    words_from,
)
from bandmate.song.errors import MediaError
from bandmate.song.harmony import Key

LENGTH = r"\d*(?:/+\d*)*"
LONGEST_NUMBER = 4
MOST_SLASHES = 8
MOST_PASSES = 16
TOKEN = re.compile(
    rf"""(?P<inline>\[[A-Za-z]:[^\[\]]*\])
    |(?P<ending>\[\s?(?P<numbers>\d[\d,.-]*))
    |(?P<bar>(?:\[\||[|:]+\]?|\|+\])(?P<more>[|:\]]*)(?P<first>\d[\d,.-]*)?)
    |(?P<text>"[^"]*"?)
    |(?P<grace>\{{[^}}]*\}}?)
    |(?P<mark>![A-Za-z0-9<>()+./^_~'-]{{1,30}}!|\+[A-Za-z0-9<>().]{{2,30}}\+)
    |(?P<tuplet>\((?P<p>\d)(?::(?P<q>\d?)(?::(?P<r>\d?))?)?)
    |(?P<chord>\[[^\[\]|]*\])(?P<chord_length>{LENGTH})(?P<chord_tie>\s*-)?
    |(?P<note>(?P<sign>\^\^|\^|=|__|_)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>{LENGTH})(?P<tie>\s*-)?)
    |(?P<rest>[zx])(?P<rest_length>{LENGTH})
    |(?P<bars>[ZX])(?P<many>\d*)
    |(?P<broken>>+|<+)
    |(?P<overlay>&+)
    |(?P<spacer>y{LENGTH})
    |(?P<passed>[\s()`.~H-Wh-w\\$*\-!;]|\#)
    |(?P<unknown>.)""",
    re.VERBOSE,
)
NOTE = re.compile(rf"(\^\^|\^|=|__|_)?([A-Ga-g])([,']*)({LENGTH})(\s*-)?")


@dataclass(slots=True)
class Sound:
    """Notes that begin together, or a rest when there are none; what is written above and below them."""

    length: Fraction
    pitches: tuple[int, ...] = ()
    tied: frozenset[int] = frozenset()
    texts: tuple[str, ...] = ()
    words: list[str] = field(default_factory=list)
    """One for each verse; empty for none."""


@dataclass(slots=True)
class Change:
    """From here on another meter (None: free time) or tempo."""

    meter: tuple[int, int] | None = None
    bpm: float | None = None


@dataclass(slots=True)
class Bar:
    """What stands between two bar lines, and what the lines say."""

    line: int
    meter: tuple[int, int] | None
    items: list[Sound | Change] = field(default_factory=list)
    starts_repeat: bool = False
    repeats: int = 0
    """How often more the stretch that ends here is played."""

    endings: frozenset[int] = frozenset()
    is_edge: bool = False
    """A double bar or the end of the tune follows."""

    @property
    def length(self) -> Fraction:
        return sum((item.length for item in self.items if isinstance(item, Sound)), Fraction(0))


@dataclass(slots=True)
class Voice:
    """One voice as it is read line by line."""

    name: str
    unit: Fraction
    meter: tuple[int, int] | None
    shifts: dict[str, int]
    semitones: int = 0
    program: int = 0
    bars: list[Bar] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    key_changes: list[Key | None] = field(default_factory=list)
    _accidentals: dict[str, int] = field(default_factory=dict)
    _held: dict[tuple[str, str], int] = field(default_factory=dict)
    _texts: list[str] = field(default_factory=list)
    _next_factor: Fraction = Fraction(1)
    _tuplet: tuple[Fraction, int] = (Fraction(1), 0)
    _is_overlay: bool = False
    _sung_from: tuple[int, int] = (0, 0)
    _verse: int = 0

    def take_music(self, text: str, line: int) -> None:
        """One line of music."""
        if not self.bars:
            self.bars.append(Bar(line, self.meter))
        if self._verse:
            self._sung_from = (len(self.bars) - 1, len(self.bars[-1].items))
            self._verse = 0
        for found in TOKEN.finditer(text):
            self._take(found, line)

    def take_field(self, letter: str, text: str) -> bool:
        """A K:, L:, M: or Q: field between or inside music lines; False for one that cannot be understood."""
        if letter == "K":
            signature = signature_from(text)
            if signature is not None and (signature.key or signature.shifts or text.strip().lower() == "none"):
                self.shifts, self._accidentals = signature.shifts, {}
                self.key_changes.append(signature.key)
            return signature is not None
        if letter == "L":
            unit = fraction_from(text)
            self.unit = unit or self.unit
            return unit is not None
        if letter == "M":
            return self._change_meter(text)
        bpm = tempo_from(text, self.unit)
        if bpm is not None:
            self._current(0).items.append(Change(meter=self.meter, bpm=bpm))
        return bpm is not None

    def take_words(self, text: str) -> None:
        """A w: line under the music since the last one; a second w: line is the second verse."""
        self._verse += 1
        bar, item = self._sung_from
        words = iter(words_from(text))
        for number in range(bar, len(self.bars)):
            items = self.bars[number].items[item if number == bar else 0 :]
            sounds = [sound for sound in items if isinstance(sound, Sound) and sound.pitches]
            for sound in sounds:
                word = next(words, None)
                if word == "|":
                    break
                sound.words += [""] * (self._verse - 1 - len(sound.words)) + [word or ""]
            else:
                # subtle: a "|" right after the bar's last syllable belongs to this bar line.
                words = after_bar_sign(list(words))
        self.left_out["syllables without a note"] += sum(word not in ("", "|") for word in words)

    def _change_meter(self, text: str) -> bool:
        meter = meter_from(text)
        if meter is None and text.strip().lower() not in ("none", ""):
            return False
        self.meter = meter
        bar = self._current(0)
        if not any(isinstance(item, Sound) for item in bar.items):
            bar.meter = meter
        bar.items.append(Change(meter=meter))
        return True

    def _current(self, line: int) -> Bar:
        if not self.bars:
            self.bars.append(Bar(line, self.meter))
        return self.bars[-1]

    def _take(self, found: re.Match[str], line: int) -> None:
        kind = found.lastgroup or ""
        kind = next(name for name in KINDS if found[name] is not None) if kind not in KINDS else kind
        if kind == "bar":
            self._end_bar(found[0], line)
        elif kind == "ending":
            self._start_ending(found["numbers"], line)
        elif self._is_overlay:
            return
        elif kind in SOUNDING:
            self._sound(kind, found, line)
        else:
            self._sign(kind, found, line)

    def _sign(self, kind: str, found: re.Match[str], line: int) -> None:
        if kind == "inline":
            if found[0][1] in "KLMQ" and not self.take_field(found[0][1], found[0][3:-1]):
                self.left_out["fields that cannot be understood"] += 1
        elif kind == "text":
            self._texts.append(found[0].strip('"').strip())
        elif kind == "grace":
            self.left_out["grace notes"] += len(re.findall("[A-Ga-g]", found[0]))
        elif kind == "tuplet":
            self._start_tuplet(int(found["p"]), int(found["q"] or 0), int(found["r"] or 0))
        elif kind == "broken":
            self._break(found[0])
        elif kind == "overlay":
            self._is_overlay = True
            self.left_out["second voices inside a bar"] += 1
        elif kind == "unknown":
            self.left_out[f'signs "{found[0]}"'] += 1

    def _sound(self, kind: str, found: re.Match[str], line: int) -> None:
        pitches: tuple[int, ...] = ()
        tied: set[int] = set()
        if kind == "bars":
            many = int(limited(found["many"] or "1", line))
            length = Fraction(*(self.meter or (4, 4))) * max(1, many)
            self._add(Sound(length))
            return
        held, self._held = self._held, {}
        if kind == "note":
            length = length_from(found["length"], line)
            pitches = self._pitches([found.group("sign", "letter", "octave", "tie")], held, tied)
        elif kind == "chord":
            notes = NOTE.findall(found["chord"])
            length = length_from(found["chord_length"], line) * length_from(notes[0][3] if notes else "", line)
            tie = found["chord_tie"] or ""
            parts = [(note[0], note[1], note[2], note[4] or tie) for note in notes]
            pitches = self._pitches(parts, held, tied)
            if not notes:
                return
        else:
            length = length_from(found["rest_length"], line)
        self._add(Sound(self.unit * length * self._factor(), pitches, frozenset(tied)))

    def _add(self, sound: Sound) -> None:
        sound.texts, self._texts = tuple(self._texts), []
        self.bars[-1].items.append(sound)

    def _pitches(
        self, notes: Sequence[tuple[str, ...]], held: dict[tuple[str, str], int], tied: set[int]
    ) -> tuple[int, ...]:
        """The pitches of notes written together; the tied ones go into ``tied``."""
        out: list[int] = []
        for sign, letter, octave, tie in notes:
            name = letter.upper()
            if sign:
                self._accidentals[name] = ACCIDENTALS[sign]
                shift = ACCIDENTALS[sign]
            else:
                shift = held.get((letter, octave), self._accidentals.get(name, self.shifts.get(name, 0)))
            octaves = letter.islower() + octave.count("'") - octave.count(",")
            pitch = 60 + LETTERS[name] + 12 * octaves + shift + self.semitones
            if not 0 <= pitch <= 127:
                self.left_out["notes outside MIDI's range"] += 1
                continue
            out.append(pitch)
            if tie:
                tied.add(pitch)
                self._held[letter, octave] = shift
        return tuple(dict.fromkeys(out))

    def _factor(self) -> Fraction:
        """What broken rhythm and a tuplet make of the next sound's length."""
        factor, self._next_factor = self._next_factor, Fraction(1)
        ratio, left = self._tuplet
        if left:
            self._tuplet = (ratio, left - 1)
            factor *= ratio
        return factor

    def _start_tuplet(self, p: int, q: int, r: int) -> None:
        if p < 2:
            self.left_out["tuplets of one note"] += 1
            return
        is_compound = self.meter is not None and self.meter[0] % 3 == 0 and self.meter[0] > 3
        usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(p, 3 if is_compound else 2)
        self._tuplet = (Fraction(q or usual, p), r or p)

    def _break(self, signs: str) -> None:
        """``>`` lengthens the sound before by half and halves the next; ``<`` is the other way round."""
        last = next((item for item in reversed(self.bars[-1].items) if isinstance(item, Sound)), None)
        if last is None:
            self.left_out["broken rhythms without a note before"] += 1
            return
        short = Fraction(1, 2 ** min(len(signs), 3))
        before, after = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        last.length *= before
        self._next_factor = after

    def _end_bar(self, text: str, line: int) -> None:
        numbers = re.search(r"\d[\d,.-]*$", text)
        signs = text[: numbers.start()] if numbers else text
        self._is_overlay = False
        self._accidentals = {}
        colons_before = len(signs) - len(signs.lstrip(":"))
        colons_after = len(signs) - len(signs.rstrip(":"))
        if colons_before == len(signs):
            colons_before, colons_after = (colons_before + 1) // 2, colons_before // 2
        bar = self.bars[-1]
        if bar.items:
            bar.repeats = max(bar.repeats, min(colons_before, MOST_PASSES - 1))
            bar.is_edge = bar.is_edge or "||" in signs or "]" in signs or "[" in signs
            bar = Bar(line, self.meter)
            self.bars.append(bar)
        elif len(self.bars) > 1:
            before = self.bars[-2]
            before.repeats = max(before.repeats, min(colons_before, MOST_PASSES - 1))
            before.is_edge = before.is_edge or "]" in signs or "||" in signs
        bar.starts_repeat = bar.starts_repeat or colons_after > 0
        if numbers:
            bar.endings = numbers_from(numbers[0])

    def _start_ending(self, numbers: str, line: int) -> None:
        if any(isinstance(item, Sound) for item in self.bars[-1].items):
            self.bars.append(Bar(line, self.meter))
        self.bars[-1].endings = numbers_from(numbers)


SOUNDING = ("chord", "note", "rest", "bars")
KINDS = (
    *("inline", "ending", "bar", "text", "grace", "mark", "tuplet", *SOUNDING),
    *("broken", "overlay", "spacer", "passed", "unknown"),
)


def after_bar_sign(words: list[str]) -> Iterator[str]:
    """The words from the next bar on."""
    return iter(words[1:] if words[:1] == ["|"] else words)


def limited(number: str, line: int) -> str:
    """A number short enough to be meant.

    Raises
    ------
    MediaError
        if it has more than four digits.
    """
    if len(number) > LONGEST_NUMBER:
        raise MediaError(f"line {line}: a length of {number[:12]} has more than {LONGEST_NUMBER} digits; correct it")
    return number


def length_from(text: str, line: int) -> Fraction:
    """``3``, ``/``, ``3/2``, ``//`` as a multiple of the unit length; 0 counts as 1."""
    out = Fraction(1)
    found = re.match(r"\d*", text)
    digits = limited(found[0] if found else "", line)
    if digits and int(digits):
        out *= int(digits)
    for slashes, slash in enumerate(re.finditer(r"/(\d*)", text), 1):
        number = int(limited(slash[1], line) or "2") or 1
        if slashes <= MOST_SLASHES:
            out /= number
    return out


def numbers_from(text: str) -> frozenset[int]:
    """The passes of an ending: ``1``, ``1,3``, ``1-3``."""
    out: set[int] = set()
    for part in re.split(r"[,.]", text):
        low, _, high = part.partition("-")
        if low.isdecimal() and len(low) < 3 and len(high) < 3:
            out.update(range(int(low), (int(high) if high.isdecimal() else int(low)) + 1))
    return frozenset(number for number in out if 1 <= number <= MOST_PASSES) or frozenset({1})
