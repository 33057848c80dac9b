"""What a band plays on: chords without gaps, the drummer's kick and swing, energies of sections, pinned notes.

Conventions: song ticks. Where a song has no chord, the one that fits what the other parts play is taken, and the
tonic where nothing sounds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import median
from typing import NamedTuple

from bandmate.song.chord_tones import chord_classes, symbol_from
from bandmate.song.errors import RequestError
from bandmate.song.harmony import Chord, Key
from bandmate.song.scales import is_minor_like, scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.form_length import energies
from bandmate.stages.compose.measures import window
from bandmate.stages.compose.passage import Bar, Passage, Tone

KICKS = (35, 36)
TOMS = (41, 43, 45, 47, 48, 50)
NEAR_TICKS = 70
LEAST_SWUNG = 4
MOST_SWING = 200


class Harmony(NamedTuple):
    """A chord, from where to where it holds (inside the bars asked for), and the key there."""

    start: int
    end: int
    chord: Chord
    key: Key

    @property
    def bass(self) -> int:
        """The pitch class that the bass has."""
        return self.chord.root if self.chord.bass is None else self.chord.bass


class Swing(NamedTuple):
    """Ticks that the second eighth of a beat and the second sixteenth of an eighth come late."""

    eighth: int = 0
    sixteenth: int = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """What one part is written on; see ``ground_of``."""

    passage: Passage
    harmony: tuple[Harmony, ...]
    kicks: tuple[int, ...]
    swing: Swing
    energy: tuple[float, ...]
    """For each of the bars asked for."""

    following: Harmony
    """What comes behind the bars: the next chord of the song, or the first chord again."""

    starts: tuple[int, ...] = ()
    bar_starts: tuple[int, ...] = ()

    def at(self, ticks: int) -> Harmony:
        """The harmony at a place; what follows the bars for a place behind them."""
        if ticks >= self.passage.end_ticks:
            return self.following
        return self.harmony[max(0, bisect_right(self.starts, ticks) - 1)]

    def after(self, ticks: int) -> Harmony:
        """The harmony that comes next after the one at a place."""
        at = bisect_right(self.starts, ticks)
        return self.harmony[at] if at < len(self.harmony) else self.following

    def kicks_in(self, bar: Bar) -> tuple[int, ...]:
        """The kicks of a bar."""
        return self.kicks[bisect_left(self.kicks, bar.start_ticks) : bisect_left(self.kicks, bar.end_ticks)]

    def bar_number(self, ticks: int) -> int:
        """Which of the bars asked for (from 0)."""
        return max(0, bisect_right(self.bar_starts, ticks) - 1)


def ground_of(passage: Passage, brief: ComposeBrief, swing: Swing) -> Ground:
    """Everything that a part of the band listens to.

    ``swing`` is what is usual for the genre; that of the drums is taken where they show one.

    Raises
    ------
    RequestError
        for a passage without bars, or a chord pinned outside of it.
    """
    if not passage.bars:
        raise RequestError("there are no bars to write in; ask for at least one")
    harmony = harmonies(passage, brief)
    drums = [tone for part in passage.parts if part.is_drums for tone in part.tones]
    kicks = tuple(sorted({tone.start_ticks for tone in drums if tone.pitch in KICKS and is_inside(passage, tone)}))
    # subtle: rushing hats are no swing; a straight beat keeps exactly straight.
    return Ground(
        passage,
        harmony,
        kicks,
        heard_swing(drums, passage.all_bars, swing) if drums else swing,
        bar_energies(passage, brief),
        following_harmony(passage, harmony),
        tuple(one.start for one in harmony),
        tuple(bar.start_ticks for bar in passage.bars),
    )


@lru_cache(maxsize=65536)
def draws(text: str) -> tuple[float, ...]:
    """Thirteen numbers between 0 and 1 that belong to a text: luck that is the same every time."""
    rng = Random(text)
    return tuple(rng.random() for _ in range(13))


def is_inside(passage: Passage, tone: Tone) -> bool:
    return passage.start_ticks <= tone.start_ticks < passage.end_ticks


def harmonies(passage: Passage, brief: ComposeBrief) -> tuple[Harmony, ...]:
    """The chords under the bars, without gaps, with what is pinned put over them."""
    start, end = passage.start_ticks, passage.end_ticks
    spans = [(max(start, c.start_ticks), min(end, c.start_ticks + c.length_ticks), c) for c in passage.chords]
    spans = sorted(((s, e, c) for s, e, c in spans if s < e), key=lambda span: span[:2])
    spans = with_pins(spans, passage, brief)
    found: list[Harmony] = []
    at = start
    for span_start, span_end, chord in spans:
        found += guessed(passage, brief, at, span_start)
        if span_end > max(at, span_start):
            begin = max(at, span_start)
            found.append(Harmony(begin, span_end, chord, brief.key or passage.bar_at(begin).key))
            at = span_end
    return (*found, *guessed(passage, brief, at, end))


def with_pins(
    spans: list[tuple[int, int, Chord]], passage: Passage, brief: ComposeBrief
) -> list[tuple[int, int, Chord]]:
    """Pinned chords hold from their place to the next chord, or to the end of their bar where there is none."""
    for number, pin in enumerate(brief.chord_pins):
        bar = next((bar for bar in passage.bars if bar.number == pin.bar), None)
        if bar is None or not 1 <= pin.beat < bar.numerator + 1:
            raise RequestError(
                f'"{pin.chord}" is pinned to bar {pin.bar}, beat {pin.beat:g}, outside of what is written'
            )
        symbol = symbol_from(pin.chord)
        at = bar.start_ticks + round((pin.beat - 1) * bar.beat_ticks)
        after = min((s for s, _, _ in spans if s > at), default=bar.end_ticks)
        chord = Chord(id=f"pin-{number + 1}", start_ticks=at, length_ticks=after - at, **symbol._asdict())
        cut = [(s, min(e, at) if s < at else e, c) for s, e, c in spans if s != at]
        spans = sorted([*(span for span in cut if span[1] > span[0]), (at, after, chord)], key=lambda span: span[:2])
    return spans


def guessed(passage: Passage, brief: ComposeBrief, start: int, end: int) -> list[Harmony]:
    """Chords for a stretch that has none, bar by bar: what the other parts play there, else the tonic."""
    found = []
    for bar in passage.bars:
        begin, until = max(start, bar.start_ticks), min(end, bar.end_ticks)
        if begin < until:
            key = brief.key or bar.key
            found.append(Harmony(begin, until, guessed_chord(passage, key, begin, until), key))
    return found


def guessed_chord(passage: Passage, key: Key, start: int, end: int) -> Chord:
    """The triad of the key that has most of what sounds between two places."""
    weights = [0.0] * 12
    for part in passage.parts:
        for tone in () if part.is_drums else part.tones:
            overlap = min(end, tone.end_ticks) - max(start, tone.start_ticks)
            if overlap > 0:
                weights[tone.pitch % 12] += overlap
    scale = scale_of(key)
    best, most = (scale[0], "m" if is_minor_like(key) else ""), 0.0
    for step, root in enumerate(scale):
        classes = tuple(scale[(step + skip) % 7] for skip in (0, 2, 4))
        third, fifth = ((one - root) % 12 for one in classes[1:])
        quality = "dim" if fifth == 6 else "m" if third == 3 else ""
        weight = sum(weights[one] for one in classes) + 0.3 * weights[root]
        if weight > most + 1e-9:
            best, most = (root, quality), weight
    return Chord(id="guess", start_ticks=start, length_ticks=end - start, root=best[0], quality=best[1])


def following_harmony(passage: Passage, harmony: Sequence[Harmony]) -> Harmony:
    """The chord behind the bars."""
    chord = passage.chord_at(passage.end_ticks)
    if chord is None:
        return harmony[0]
    return Harmony(passage.end_ticks, passage.end_ticks + 1, chord, passage.bar_at(passage.end_ticks).key)


def heard_swing(drums: Iterable[Tone], bars: Sequence[Bar], usual: Swing) -> Swing:
    """How late the drummer plays the second eighths and sixteenths; the usual where he plays too few of them."""
    quarters = bar_quarters(bars)
    inside = []
    starts = [bar.start_ticks for bar in bars]
    for tone in drums:
        bar = bars[max(0, bisect_right(starts, tone.start_ticks) - 1)]
        if bar.number in quarters:
            inside.append((tone.start_ticks - bar.start_ticks) % 960)
    eighths = [place - 480 for place in inside if 420 <= place <= 700]
    late = [place - 240 for place in inside if 180 < place < 330]
    late += [place - 720 for place in inside if 700 < place < 810]
    eighth = round(median(eighths)) if len(eighths) >= LEAST_SWUNG else usual.eighth
    sixteenth = round(median(late)) if len(late) >= LEAST_SWUNG and eighth < 80 else usual.sixteenth
    return Swing(settled(eighth), settled(sixteenth))


def settled(ticks: int) -> int:
    """Swing within sense: less than a 1/64 is none."""
    return 0 if abs(ticks) < 25 else max(0, min(MOST_SWING, ticks))


def bar_quarters(bars: Sequence[Bar]) -> set[int]:
    """Numbers of the bars that are counted in quarters."""
    return {bar.number for bar in bars if bar.denominator <= 4}


def swung(ticks_in_bar: int, swing: Swing) -> int:
    """A place of a bar in quarters as it is played."""
    beat, place = divmod(ticks_in_bar, 960)
    late = swing.eighth
    half, inside = divmod(place, 480)
    span = 480 + late if half == 0 else 480 - late
    start = 0 if half == 0 else 480 + late
    middle = span / 2 + (swing.sixteenth if not late else 0)
    moved = inside / 240 * middle if inside <= 240 else middle + (inside - 240) / 240 * (span - middle)
    return beat * 960 + start + round(moved)


def bar_energies(passage: Passage, brief: ComposeBrief) -> tuple[float, ...]:
    """How full each bar is to be, 0 to 1, by the names of its sections and the arousal asked for."""
    order: list[tuple[str, str]] = []
    for bar in passage.all_bars:
        if bar.section and (bar.section, bar.section_name) not in order:
            order.append((bar.section, bar.section_name))
    names = [name.casefold().strip() for _, name in order]
    by_id = dict(zip((one for one, _ in order), energies(names, brief.dials.arousal), strict=True)) if order else {}
    other = energies([brief.section.casefold() or "verse", "none"], brief.dials.arousal)[0]
    return tuple(by_id.get(bar.section, other) for bar in passage.bars)


def reach(part: str, program: int | None, default: int) -> tuple[int, int]:
    """Lowest and highest pitch of a part on its instrument."""
    return window(part, default if program is None else program)


def pinned_tones(passage: Passage, brief: ComposeBrief, lowest: int, highest: int) -> tuple[Tone, ...]:
    """The pinned notes as tones.

    Raises
    ------
    RequestError
        for a pin outside the bars, the beats of its bar or the range, or two pins of one pitch over each other.
    """
    found: list[Tone] = []
    for pin in brief.note_pins:
        bar = next((bar for bar in passage.bars if bar.number == pin.bar), None)
        place = f"the note pinned to bar {pin.bar}, beat {pin.beat:g}"
        if bar is None:
            first, last = passage.bars[0].number, passage.bars[-1].number
            raise RequestError(f"{place} is outside of bars {first}-{last}; pin it inside or ask for more bars")
        if not 1 <= pin.beat < bar.numerator + 1 or pin.beats <= 0:
            raise RequestError(f"{place} for {pin.beats:g} beats does not fit into a bar of {bar.numerator} beats")
        if not lowest <= pin.pitch <= highest:
            raise RequestError(f"{place} has pitch {pin.pitch}; the instrument goes from {lowest} to {highest}")
        start = bar.start_ticks + round((pin.beat - 1) * bar.beat_ticks)
        length = max(1, min(round(pin.beats * bar.beat_ticks), passage.end_ticks - start))
        found.append(Tone(start, length, pin.pitch))
    found.sort()
    for number, tone in enumerate(found):
        clash = [one for one in found[number + 1 :] if one.pitch == tone.pitch and one.start_ticks < tone.end_ticks]
        if clash:
            raise RequestError(f"two notes of pitch {tone.pitch} are pinned over each other; leave one of them out")
    return tuple(found)


def classes_of(harmony: Harmony) -> tuple[int, ...]:
    """The pitch classes of a chord, root first."""
    return chord_classes(harmony.chord)
