"""Where a part of the band plays: a row of its genre for each kind of section, its bars, fills, and what the kick adds.

Sections of one name share a row, so that the second chorus is known again; full sections have busier rows. A wish for
density or syncopation is met bar by bar; fractions of a note are carried on from bar to bar.

Conventions: hits are on the grid of the meter; ``played`` moves them to where they sound (swing, and onto the kick).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bandmate.stages.compose.band_ground import NEAR_TICKS, Ground, draws, swung
from bandmate.stages.compose.part_styles import PartStyle, Row, chosen, rows_for, suitable
from bandmate.stages.compose.passage import Bar, Tone
from bandmate.stages.compose.pattern_rows import Hit, fitted_group, is_compound, laid_out, pulses
from bandmate.stages.compose.rhythm_aims import Aim, adapted

FREE_TICKS = 200
"""A kick with no note nearer than this may take one along."""

LEAST_FOR_FILL = 4
OWN_BARS = 2

PLAIN = ("{0}--- {0}--- {0}--- {0}---", "{0}----- {0}-----")
"""Nothing but the beats, in quarters and in threes; the part's own letter goes in."""

LetterOf = Callable[[Sequence[Tone], Ground], str]


@dataclass(frozen=True, slots=True)
class Feel:
    """What one candidate's rhythm is to be.

    ``onsets`` for a bar and ``syncopation`` are aims (None: as the row has it); ``change`` from 0 (one bar over and
    over) to 1 (no bar like another); ``letter`` is written where a row has nothing; ``fill`` says from which energy on
    which letters end a section; ``kick_letter`` is what a kick takes along (empty: nothing).
    """

    seed: str
    chance: float
    onsets: float | None = None
    syncopation: float | None = None
    change: float = 0.2
    letter: str = "w"
    rings: bool = True
    fill: Mapping[float, str] = field(default_factory=dict)
    kick_letter: str = "R"
    own_row: Row | None = None
    plain: float = 0.0
    """Share of bars that have nothing but their beats, each with ``plain_letter``."""

    plain_letter: str = "R"

    rank: int = 0
    """Which of the rows that suit is taken, the best (0) or one after it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All hits of the bars, and the name of the row that most of them are of."""

    hits: tuple[Hit, ...]
    says: str


def planned(ground: Ground, style: PartStyle, feel: Feel) -> Plan:
    """The hits of every bar asked for."""
    bars = ground.passage.bars
    hits: list[Hit] = []
    names: list[str] = []
    owed = 0.0
    mean = sum(bar.length_ticks for bar in bars) / len(bars)
    level = sum(ground.energy) / len(bars)
    main = {key_of(bar): number for number, bar in reversed(list(enumerate(bars)))}
    rows = {key: main_row(ground, style, feel, number) for key, number in main.items()}
    for number, bar in enumerate(bars):
        row, place = row_of_bar(bar, number, rows[key_of(bar)], rows_for(style, bar), feel)
        size = bar.length_ticks / mean
        onsets = None
        if feel.onsets is not None:
            owed += feel.onsets * size * (1 + 0.8 * (ground.energy[number] - level))
            onsets = max(0, round(owed))
            owed -= onsets
        aim = Aim(onsets, None if feel.syncopation is None else feel.syncopation * size)
        found = bar_hits(row, place, bar, ground.kicks_in(bar), (style, feel, aim))
        if onsets is None and is_section_end(bar, bars):
            found = filled(found, bar, ground.energy[number], feel)
        hits += found
        names.append(row.says)
    return Plan(tuple(hits), max(dict.fromkeys(names), key=names.count))


def bar_hits(row: Row, place: int, bar: Bar, kicks: Sequence[int], manner: tuple[PartStyle, Feel, Aim]) -> list[Hit]:
    """A bar of a row with what the kick takes along, brought to its aim."""
    style, feel, aim = manner
    found = with_kicks(laid_out(row.letters, place, bar), bar, kicks, style, feel)
    return adapted(found, bar, aim, step=style.grid, kicks=kicks, letter=feel.letter, rings=feel.rings)


def key_of(bar: Bar) -> tuple[str, int, int]:
    """Bars of one kind share a row."""
    return bar.section_name.casefold(), bar.numerator, bar.denominator


def main_row(ground: Ground, style: PartStyle, feel: Feel, number: int) -> Row:
    """The row of all bars like bar ``number``, the first of them."""
    bar = ground.passage.bars[number]
    if feel.own_row is not None and not is_compound(bar):
        return feel.own_row
    rows = rows_for(style, bar)
    marks = suitable(rows, bar, ground.kicks_in(bar), ground.energy[number], style.lock)
    return chosen(rows, marks, draws(f"{feel.seed}/row/{key_of(bar)}"), feel.chance, feel.rank)


def row_of_bar(bar: Bar, number: int, main: Row, rows: Sequence[Row], feel: Feel) -> tuple[Row, int]:
    """The row of a bar, and which of the row's bars it is."""
    place = bar.bar_in_section - 1 if bar.bars_in_section else number
    if draws(f"{feel.seed}/plain/{number}")[0] < feel.plain:
        return Row(PLAIN[is_compound(bar)].format(feel.plain_letter), 0.4, "on the beats"), 0
    if feel.change < 0.2:
        return main, 0
    luck = draws(f"{feel.seed}/other/{bar.section_name.casefold()}/{place}")
    if luck[0] < 1.2 * (feel.change - 0.35):
        return rows[int(luck[1] * len(rows))], place
    return main, place


def same_meter(one: Bar, other: Bar) -> bool:
    return (one.numerator, one.denominator) == (other.numerator, other.denominator)


def is_section_end(bar: Bar, bars: Sequence[Bar]) -> bool:
    """Whether a section of some length ends with a bar; without sections the last of at least four bars."""
    if bar.bars_in_section:
        return bar.bars_in_section >= LEAST_FOR_FILL and bar.bar_in_section == bar.bars_in_section
    return bar is bars[-1] and len(bars) >= LEAST_FOR_FILL


def with_kicks(hits: list[Hit], bar: Bar, kicks: Sequence[int], style: PartStyle, feel: Feel) -> list[Hit]:
    """Hits with notes added where the kick is alone: at the same places of every bar, as often as the style locks."""
    if not feel.kick_letter or feel.onsets is not None or not hits:
        return hits
    found = list(hits)
    for kick in kicks:
        place = round((kick - bar.start_ticks) / style.grid) * style.grid
        at = bar.start_ticks + place
        alone = all(abs(hit.at - kick) > FREE_TICKS for hit in found)
        if alone and 0 <= place < bar.length_ticks and draws(f"{feel.seed}/kick/{place}")[0] < 0.7 * style.lock:
            found.append(Hit(at, style.grid, feel.kick_letter))
    found.sort()
    return [
        hit._replace(length=min(hit.length, after.at - hit.at))
        for hit, after in zip(found, [*found[1:], Hit(bar.end_ticks, 1, "")], strict=True)
    ]


def filled(hits: list[Hit], bar: Bar, energy: float, feel: Feel) -> list[Hit]:
    """The last beat of a section written anew, so that it leads on."""
    letters = [feel.fill[least] for least in sorted(feel.fill) if energy >= least]
    if not letters:
        return hits
    pulse = pulses(bar.numerator, bar.denominator)[-1]
    start = bar.start_ticks + pulse.at
    if pulse.at == 0:
        return hits
    group, step = fitted_group(letters[-1], pulse.length)
    found = [hit._replace(length=min(hit.length, start - hit.at)) for hit in hits if hit.at < start]
    for place, letter in enumerate(group):
        if letter == "-" and found and found[-1].end == start + place * step:
            found[-1] = found[-1]._replace(length=found[-1].length + step)
        elif letter not in "-.":
            found.append(Hit(start + place * step, step, letter))
    return found


def played(hits: Sequence[Hit], ground: Ground, is_locked: bool) -> list[int]:
    """Where each hit sounds, in rising order: swung as the drummer swings, and with a kick that is near."""
    passage = ground.passage
    found: list[int] = []
    kicks = ground.kicks if is_locked else ()
    at_kick = 0
    for hit in hits:
        bar = passage.bars[ground.bar_number(hit.at)]
        place = hit.at - bar.start_ticks
        at = bar.start_ticks + (swung(place, ground.swing) if hit.is_swung and bar.denominator <= 4 else place)
        while at_kick + 1 < len(kicks) and kicks[at_kick + 1] <= at:
            at_kick += 1
        near = [kick for kick in kicks[at_kick : at_kick + 2] if abs(kick - at) <= NEAR_TICKS]
        if near:
            at = min(near, key=lambda kick: (abs(kick - at), kick))
        at = max(at, passage.start_ticks, found[-1] + 1 if found else 0)
        found.append(min(at, passage.end_ticks - 1))
    return found


def own_row(ground: Ground, letter_of: LetterOf) -> Row | None:
    """What the part played in the bars before as a row, where it played sixteenths in quarters; else None."""
    passage = ground.passage
    before = [bar for bar in passage.all_bars if bar.end_ticks <= passage.start_ticks][-OWN_BARS:]
    before = [bar for bar in before if same_meter(bar, passage.bars[0]) and bar.denominator == 4]
    texts = [text for bar in before if (text := row_text(bar, ground, letter_of)).strip(". |")]
    return Row(" | ".join(texts), ground.energy[0], "as in the bars before") if texts else None


def row_text(bar: Bar, ground: Ground, letter_of: LetterOf) -> str:
    """A bar of the part as letters, four to a beat."""
    letters = ["."] * (bar.length_ticks // 240)
    groups: dict[int, list[Tone]] = {}
    for tone in ground.passage.own:
        if bar.start_ticks <= tone.start_ticks < bar.end_ticks:
            place = min(len(letters) - 1, round((tone.start_ticks - bar.start_ticks) / 240))
            groups.setdefault(place, []).append(tone)
    for place, tones in groups.items():
        letters[place] = letter_of(tones, ground)
        held = place + max(1, round(max(tone.length_ticks for tone in tones) / 240))
        for later in range(place + 1, min(held, len(letters))):
            if letters[later] == "." and later not in groups:
                letters[later] = "-"
            else:
                break
    return " ".join("".join(letters[at : at + 4]) for at in range(0, len(letters), 4))
