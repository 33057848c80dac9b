"""Forms: which sections a song has, in what order, how long and how full each is, for a length that is met exactly.

Orders are drawn from the form model, lengths are the most likely ones that add up to the bars asked for. Short pieces
(up to ``EXCERPT_BARS``) are taken out of a song: they need no beginning and no end.

Conventions: bars are counted from 1. The same brief, model and seed give the same forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from bandmate.models.form import END, LABELS, MOST_BARS, FormModel
from bandmate.song.errors import RequestError
from bandmate.song.harmony import Section
from bandmate.song.values import slug
from bandmate.stages.compose.form_length import Length, energies, fitted_length, seconds_of
from bandmate.stages.compose.sketch_brief import SectionWish, SketchBrief, checked_brief

EXCERPT_BARS = 36
USUAL_BARS = (56, 112)
"""Of a song whose length nobody asked for."""

DRAWS = 90
MORE_THAN_ASKED = 4
ODD_COST = 3.0
"""Nats that a section of an odd number of bars costs besides; in songs they are slips of the form, here a choice."""

SHORT_COST = 2.5
LONG_FROM, LONG_COST = {"intro": 8, "outro": 12}, 0.5
"""Nats for each bar beyond: what fades out on a record, or waits for a singer, is cut short here."""

EXCERPT_STARTS = np.array([0.12, 0.5, 0.01, 0.3, 0.03, 0.03, 0.005, 0.005, 1e-9])
"""Chances of the labels to begin a short piece: written."""

Reals = npt.NDArray[np.float64]
Formed = tuple[tuple[tuple[str, int], ...], tuple[float, Length]]


@dataclass(frozen=True, slots=True)
class FormSection:
    """A section: its name, where it begins, its bars, how full it is (0 to 1), and the section whose chords it has.

    ``same_as`` is the place in the form (from 0) of an earlier section of that name; None brings new chords.
    """

    name: str
    start_bar: int
    bars: int
    energy: float
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class FormIdea:
    """One form, with its tempo and its length in seconds; ``nats`` for a section, the lower the more usual."""

    sections: tuple[FormSection, ...]
    tempo_bpm: float
    seconds: float
    says: str = ""
    nats: float = 0.0
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def bars(self) -> int:
        return sum(section.bars for section in self.sections)

    def song_sections(self) -> tuple[Section, ...]:
        """As the song keeps them."""
        taken: set[str] = set()
        found = []
        for section in self.sections:
            name = slug(section.name, taken)
            taken.add(name)
            found.append(Section(id=name, name=section.name, start_bar=section.start_bar, bars=section.bars))
        return tuple(found)


def form_ideas(brief: SketchBrief, model: FormModel, *, tempo_bpm: float, seed: int) -> tuple[FormIdea, ...]:
    """Forms for a brief, the most usual first, several times as many as are asked for.

    Raises
    ------
    RequestError
        if the sections wished for cannot have the length wished for.
    """
    checked_brief(brief)
    rng = Random(f"form/{seed}")
    length = fitted_length(brief, tempo_bpm)
    found: dict[tuple[tuple[str, int], ...], tuple[float, Length]] = {}
    for names in orders(brief, model, length.bars if length else None, rng):
        own = length or free_length(names, model, brief, tempo_bpm, rng)
        bars = fitted_bars(names, brief.sections, model, own.bars, rng)
        if bars is not None:
            row = tuple(zip(names, bars, strict=True))
            cost = form_nats(row, model, own.bars)
            if row not in found or cost < found[row][0]:
                found[row] = (cost, own)
    if not found:
        raise RequestError("no form fits the sections and the length asked for; leave a length open")
    best = apart(sorted(found.items(), key=lambda item: (item[1][0], item[0])), MORE_THAN_ASKED * brief.alternatives)
    return tuple(form_idea(row, own, cost, brief, model, rng) for row, (cost, own) in best)


def orders(brief: SketchBrief, model: FormModel, bars: int | None, rng: Random) -> list[tuple[str, ...]]:
    """Rows of section names; the one that is wished for, as often as lengths may differ."""
    if brief.sections:
        return [tuple(wish.name for wish in brief.sections)] * (4 * MORE_THAN_ASKED)
    found = [drawn_order(model, bars, rng) for _ in range(DRAWS)]
    if bars is not None and bars <= EXCERPT_BARS:
        found += [("verse",), ("chorus",), ("verse", "chorus"), ("intro", "verse"), ("intro", "verse", "chorus")]
    return found


def drawn_order(model: FormModel, bars: int | None, rng: Random) -> tuple[str, ...]:
    """Sections drawn one after the other until the song ends or the bars are used up."""
    history: list[int] = []
    wanted = bars if bars is not None else rng.uniform(*USUAL_BARS)
    used = 0.0
    usual = [typical_bars(model, label) for label in range(len(LABELS))]
    while used < wanted - 2 and len(history) < 40:
        chances = model.following(history).copy()
        chances[END] = 0.0
        if wanted <= EXCERPT_BARS and not history:
            chances = EXCERPT_STARTS.copy()
        room = wanted - used
        chances[:END] *= [1.0 if size <= room * 1.7 + 2 else 0.05 for size in usual]
        # subtle: an outro before the end has come would leave the rest of the bars to what never follows an outro.
        chances[LABELS.index("outro")] *= 6.0 if room < 20 else 0.02
        history.append(rng.choices(range(len(chances)), chances.tolist())[0])
        used += usual[history[-1]]
        if LABELS[history[-1]] == "outro":
            break
    return tuple(LABELS[label] for label in history)


def typical_bars(model: FormModel, label: int) -> float:
    """Half of the sections of that label are no longer."""
    row = np.cumsum(model.lengths[label])
    return float(np.searchsorted(row, row[-1] / 2) + 1) if row[-1] else 8.0


def free_length(names: tuple[str, ...], model: FormModel, brief: SketchBrief, tempo_bpm: float, rng: Random) -> Length:
    """A length for a row of sections where none is asked for: what they have usually, in whole fours."""
    total = float(sum(wish.bars for wish in brief.sections))
    total += sum(typical_bars(model, label_number(name)) for name, wish in paired(names, brief) if not wish)
    bars = max(1, round(total)) if brief.sections else max(8, 4 * round((total + rng.choice((-4, 0, 0, 4))) / 4))
    return Length(bars, tempo_bpm, seconds_of(bars, brief.bar_quarters, tempo_bpm))


def paired(names: Sequence[str], brief: SketchBrief) -> list[tuple[str, int]]:
    """Each name with the bars that are wished for it; 0 where they are open."""
    wishes = [wish.bars for wish in brief.sections] or [0] * len(names)
    return list(zip(names, wishes, strict=True))


def label_number(name: str) -> int:
    """The model's number of a section's name; a verse's for names that it does not know."""
    return LABELS.index(name) if name in LABELS else LABELS.index("verse")


def fitted_bars(
    names: tuple[str, ...], wishes: Sequence[SectionWish], model: FormModel, bars: int, rng: Random
) -> tuple[int, ...] | None:
    """Lengths that add up to ``bars``, the most likely ones with a little chance in it; None where there are none.

    Sections of one name are as long as each other as often as in songs: first one length for each name is chosen,
    and where that cannot add up each section for itself.
    """
    given = [wish.bars for wish in wishes] or [0] * len(names)
    chance = 3.0 if wishes else 0.7
    costs = [section_costs(name, model, rng, chance) for name in dict.fromkeys(names)]
    by_name = dict(zip(dict.fromkeys(names), costs, strict=True))
    kinds = list(dict.fromkeys(name for name, bars_given in zip(names, given, strict=True) if not bars_given))
    room = bars - sum(given)
    counts = [sum(name == kind and not own for name, own in zip(names, given, strict=True)) for kind in kinds]
    together = cheapest([by_name[kind] * count for kind, count in zip(kinds, counts, strict=True)], counts, room)
    if together is not None:
        chosen = dict(zip(kinds, together, strict=True))
        return tuple(own or chosen[name] for name, own in zip(names, given, strict=True))
    open_names = [name for name, own in zip(names, given, strict=True) if not own]
    alone = cheapest([by_name[name] for name in open_names], [1] * len(open_names), room)
    if alone is None:
        return None
    left = iter(alone)
    return tuple(own or next(left) for own in given)


def section_costs(name: str, model: FormModel, rng: Random, chance: float) -> Reals:
    """Nats of 1 to ``MOST_BARS`` bars, with a little chance."""
    costs = -np.log(model.length_chances(label_number(name), None))
    lengths = np.arange(1, MOST_BARS + 1)
    costs = costs + ODD_COST * (lengths % 2) + SHORT_COST * (lengths < 4) + 0.8 * (lengths % 4 != 0)
    if name in LONG_FROM:
        costs = costs + LONG_COST * np.maximum(0, lengths - LONG_FROM[name])
    return np.asarray(costs + chance * np.array([rng.random() for _ in range(MOST_BARS)]))


def cheapest(costs: list[Reals], counts: list[int], room: int) -> list[int] | None:
    """One length for each row of costs so that lengths times counts make ``room``; None where it cannot be."""
    if not costs:
        return [] if room == 0 else None
    if room < sum(counts):
        return None
    best = np.full(room + 1, np.inf)
    best[0] = 0.0
    picks = []
    for row, count in zip(costs, counts, strict=True):
        grid = np.full((MOST_BARS, room + 1), np.inf)
        for bars in range(1, min(MOST_BARS, room // count) + 1):
            grid[bars - 1, bars * count :] = best[: room + 1 - bars * count] + row[bars - 1]
        picks.append(np.argmin(np.round(grid, 9), axis=0))
        best = grid.min(axis=0)
    if not np.isfinite(best[room]):
        return None
    found, at = [], room
    for pick, count in zip(reversed(picks), reversed(counts), strict=True):
        found.append(int(pick[at]) + 1)
        at -= found[-1] * count
    return found[::-1]


def form_nats(row: tuple[tuple[str, int], ...], model: FormModel, bars: int) -> float:
    """What a form costs for a section: its order and its lengths; a whole song has to begin and end as songs do."""
    labels = [label_number(name) for name, _ in row]
    is_song = bars > EXCERPT_BARS
    cost = model.nats(labels, ends=is_song)
    if not is_song:
        cost += float(np.log(model.following([])[labels[0]])) - float(np.log(EXCERPT_STARTS[labels[0]]))
    last: dict[int, int] = {}
    for label, (_, size) in zip(labels, row, strict=True):
        chance = model.length_chances(label, last.get(label))[min(size, MOST_BARS) - 1]
        cost += -float(np.log(chance)) + (SHORT_COST if size < 3 else 0.0)
        last[label] = size
    return float(cost / len(row))


def apart(found: list[Formed], most: int) -> list[Formed]:
    """The best, each of another order of names first, then others of the same orders."""
    first: list[Formed] = []
    rest: list[Formed] = []
    seen: set[tuple[str, ...]] = set()
    for item in found:
        names = tuple(name for name, _ in item[0])
        (rest if names in seen else first).append(item)
        seen.add(names)
    return (first + rest)[:most]


def form_idea(
    row: tuple[tuple[str, int], ...], own: Length, cost: float, brief: SketchBrief, model: FormModel, rng: Random
) -> FormIdea:
    """A form as it is shown."""
    names = [name for name, _ in row]
    wished = [wish.energy for wish in brief.sections] or [None] * len(row)
    usual = energies(names, brief.dials.arousal)
    sections: list[FormSection] = []
    start = 1
    for at, (name, bars) in enumerate(row):
        earlier = next((number for number in range(at) if names[number] == name), None)
        chance = float(model.same_chords[label_number(name)])
        same = earlier if earlier is not None and rng.random() < chance else None
        energy = wished[at]
        sections.append(FormSection(name, start, bars, usual[at] if energy is None else energy, same))
        start += bars
    notes = (own.says,) if own.says else ()
    return FormIdea(
        tuple(sections), own.tempo_bpm, own.seconds, spoken_form(row), round(cost, 4), (model.version,), notes
    )


def spoken_form(row: tuple[tuple[str, int], ...]) -> str:
    """``intro 4, verse 8, chorus 8 (twice)``: sections with their bars; neighbours that are the same are counted."""
    found: list[tuple[str, int]] = []
    for name, bars in row:
        text = f"{name} {bars}"
        if found and found[-1][0] == text:
            found[-1] = (text, found[-1][1] + 1)
        else:
            found.append((text, 1))
    return ", ".join(text if count == 1 else f"{text} ×{count}" for text, count in found)
