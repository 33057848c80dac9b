"""Drafts of progressions: many are drawn, measured, and pulled toward the dials; the nearest are worked over.

Conventions: a draft is rated in nats, the lower the better: what the model pays for a chord, what the melody loses,
and how far it is from the dials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import exp, log
from random import Random

from bandmate.models.chord_steps import symbol_of
from bandmate.song.chord_tones import Symbol
from bandmate.song.harmony import Chord, Key
from bandmate.song.roman import from_roman
from bandmate.stages.compose.chord_colour import chords_of, coloured
from bandmate.stages.compose.chord_fit import in_chord_share
from bandmate.stages.compose.chord_manner import loops_in
from bandmate.stages.compose.chord_memory import remembered_starts, slots_at
from bandmate.stages.compose.chord_pushes import pushed
from bandmate.stages.compose.chord_slots import RhythmWish, Slot, pins_of, plan_slots, slots_from, with_pins
from bandmate.stages.compose.chord_walk import ChordGround, Tilt, Walk, walk
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures import AROUSAL, measured_idea
from bandmate.stages.compose.measures_scale import dials_of, figure_for, scale_of, wanted

PLAIN_DRAFTS, STEERED_DRAFTS, LEAST_DRAFTS, ROUNDS = 30, 14, 6, 3
OFF_DIALS, OFF_MELODY, OFF_MOOD = 14.0, 2.0, 1.5
OFF_RHYTHM = 0.4
LOOPS_UNDER_TUNES = 0.3
"""A tune that does not turn in a circle wants none under it."""

PREPARED, WELL_PREPARED = 0.6, 1.6
"""Share of the drafts that lead into a change of key by its dominant, and what that is worth."""

AS_BEFORE = 0.6
"""Share of the drafts that change chords when an earlier section of the name did."""

COST_SAFE, COST_DARING = 0.6, 1.3
"""Nats for a chord that is usual in a section heard for the first time (Billboard: median 1.0, three quarters 1.7)."""

COMMON_KINDS, DULL = 0.17, 0.45
"""What as many sections have as this is as good as any other; two chords in eight bars are shown later."""

TENSION_OF_DARING, USUAL_DARING = 4.0, 0.3
KINDS_IN_EIGHT = (0.072, 0.178, 0.28, 0.207, 0.121, 0.069, 0.036, 0.014, 0.009, 0.008, 0.004)
"""How many different chords sections of eight bars have (Billboard, teaching songs), from one up."""

NOT_RATED = ("syncopation", "register")
"""Charts are hardly syncopated: eight bars have no steps between none and much, so pushes are counted out instead."""

STEERED = ("density", "mode", "tension", "valence", "arousal", "surprise", "complexity")
STRENGTH = {"mode": 2.2, "tension": 9.0, "valence": 5.0, "surprise": 1.6, "complexity": 4.0}
"""Nats for a unit of the figure at the ends of a dial."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A progression with what it was made with and how it rates."""

    slots: tuple[Slot, ...]
    symbols: tuple[int, ...]
    chords: tuple[Chord, ...]
    nats: float
    loop: int
    fit: float = 0.0
    written: bool = False
    as_before: bool = False
    rating: float = 0.0
    off_dials: float = 0.0
    in_chord: float | None = None


@dataclass(slots=True)
class Steering:
    """Dials that are turned, and how hard each is pulled at present."""

    turned: dict[str, float]
    pull: dict[str, float] = field(default_factory=dict)

    def tilt(self, heat: float, variety: float) -> Tilt:
        """What the walk is pulled with."""
        return Tilt(
            heat=heat, variety=variety, **{name: STRENGTH[name] * self.pull.get(name, 0.0) for name in STRENGTH}
        )

    def learn(self, found: Sequence[dict[str, float]]) -> None:
        """Pull harder or less hard by how far the last drafts were off."""
        for name, value in self.turned.items():
            seen = [one[name] for one in found if name in one]
            if seen and name in STRENGTH:
                off = value - sum(seen) / len(seen)
                self.pull[name] = max(-3.0, min(3.0, self.pull.get(name, 0.0) + 1.8 * off))


def drafts(ground: ChordGround, rng: Random) -> list[Draft]:
    """Progressions from the best down, no two alike."""
    turned = {name: value for name, value in wanted(ground.brief).items() if name not in NOT_RATED}
    steering = Steering(turned, {name: value - 0.5 for name, value in turned.items()})
    found: list[Draft] = []
    for turn in range(ROUNDS if turned else 1):
        count = how_many(ground, steered=bool(turned))
        batch = [one_draft(ground, steering, number / count, rng) for number in range(count)]
        if not turned or turn == 0:
            batch += circles(ground, rng)
        rated_batch = [rated(ground, draft, turned) for draft in batch]
        found += [draft for draft, _ in rated_batch]
        steering.learn([dials for draft, dials in rated_batch if not draft.written])
    return unlike(sorted(found, key=lambda draft: draft.rating))


def how_many(ground: ChordGround, *, steered: bool) -> int:
    """Drafts of a round: more under a tune and for more alternatives, fewer for more than sixteen bars."""
    count = STEERED_DRAFTS if steered else PLAIN_DRAFTS * (2 if ground.tones else 1)
    most = max(LEAST_DRAFTS, count * 16 // max(16, len(ground.passage.bars)))
    return max(most, 5 * ground.brief.alternatives // (ROUNDS if steered else 1))


def one_draft(ground: ChordGround, steering: Steering, share: float, rng: Random) -> Draft:
    """A progression drawn; ``share`` of the way through a round it is drawn hotter."""
    loop = loop_bars(ground, steering, rng)
    wish = RhythmWish(changes_wanted(ground, steering.turned), ground.manner.pace, loop)
    known = remembered_starts(ground.passage, ground.brief) if wish.changes is None and share < AS_BEFORE else None
    if known is not None:
        slots, loop = slots_at(known, ground.passage, ground.brief), 0
    else:
        slots = plan_slots(ground.passage, ground.brief, ground.model, wish, ground.manner.source, rng)
    variety = 0.0 if ground.comes_back or ground.tones else min(1.0, 2 * steering.turned.get("complexity", 0.5))
    leads = dominants(slots) if rng.random() < PREPARED else {}
    tilt = steering.tilt((0.5 if ground.tones else 0.7) + 0.6 * share, variety)
    if "tension" not in steering.turned:
        tilt = replace(tilt, tension=tilt.tension + TENSION_OF_DARING * max(0.0, ground.brief.daring - USUAL_DARING))
    gone = walk(ground, slots, tilt, loop, rng, leads)
    draft = finished(ground, slots, gone, loop, rng)
    return replace(draft, as_before=known is not None)


def dominants(slots: Sequence[Slot]) -> dict[int, int]:
    """Before each change of key the dominant of the new one, by slot."""
    return {
        number: symbol_of((later.bar.key.tonic + 7) % 12, "7", slot.bar.key.tonic)
        for number, (slot, later) in enumerate(pairwise(slots))
        if slot.bar.key != later.bar.key and number
    }


def loop_bars(ground: ChordGround, steering: Steering, rng: Random) -> int:
    """After how many bars the progression comes back; 0 for never."""
    bars, share = len(ground.passage.bars), ground.manner.loop
    if "complexity" in steering.turned:
        share = max(0.0, min(1.0, 1.1 - 1.2 * (steering.turned["complexity"] + 0.5 * steering.pull["complexity"])))
    if rng.random() >= (share * LOOPS_UNDER_TUNES if ground.tones else share):
        return 0
    options = [length for length in (1, 2, 4, 8) if length < bars]
    weights = [(0.0, 1.0, 4.0, 1.0)[(1, 2, 4, 8).index(length)] for length in options]
    if steering.turned.get("complexity", 0.5) < 0.25:
        weights = [(1.0, 3.0, 2.0, 0.2)[(1, 2, 4, 8).index(length)] for length in options]
    return rng.choices(options, weights=weights)[0] if options and sum(weights) else 0


def changes_wanted(ground: ChordGround, turned: dict[str, float]) -> float | None:
    """Chords for a bar that density, or else arousal, asks for; None where neither is turned."""
    scale, passage = scale_of(ground.passage, ground.brief), ground.passage
    if "density" in turned:
        return figure_for("density", turned["density"], scale)
    if "arousal" not in turned:
        return None
    figure = figure_for("arousal", turned["arousal"], scale) or 0.0
    rest = AROUSAL["tempo"] * log(passage.bpm / 100) + AROUSAL["velocity"] * 96 / 127 + AROUSAL["register"] * 0.5
    bar_seconds = scale.bar_quarters * 60 / passage.bpm
    return min(4.0, exp((figure - rest) / AROUSAL["pace"]) * bar_seconds)


def finished(ground: ChordGround, slots: tuple[Slot, ...], gone: Walk, loop: int, rng: Random) -> Draft:
    """Symbols coloured and written down."""
    complexity = ground.brief.dials.complexity
    colour = rng.choice((0.0, 0.6, 1.4)) if complexity is None else 2 * complexity * rng.random()
    chords = chords_of(slots, coloured(ground, slots, gone.symbols, colour, rng))
    return Draft(slots, gone.symbols, pushed(ground, chords, rng), gone.nats, loop, gone.fit)


def circles(ground: ChordGround, rng: Random) -> list[Draft]:
    """The genre's written circles, in the bars and with the pins."""
    found = []
    for text in loops_in(ground.manner, ground.passage.key):
        for turned in (0, 2):
            bars = [bar.split("-") for bar in text.split()]
            bars = bars[turned:] + bars[:turned]
            slots, chords = circle_slots(ground, bars)
            fixed = {n: symbol_of(c.root, c.quality, slots[n].bar.key.tonic) for n, c in enumerate(chords)}
            gone = walk(ground, slots, Tilt(), 0, rng, fixed)
            exact = [slot.pin or chord for slot, chord in zip(slots, chords, strict=True)]
            found.append(
                Draft(
                    slots,
                    gone.symbols,
                    pushed(ground, chords_of(slots, exact), rng),
                    gone.nats,
                    len(bars),
                    written=True,
                )
            )
    return found


def circle_slots(ground: ChordGround, bars: Sequence[Sequence[str]]) -> tuple[tuple[Slot, ...], list[Symbol]]:
    """Where the chords of a circle begin, and which they are."""
    from bandmate.stages.compose.chord_slots import offsets

    passage, pins = ground.passage, pins_of(ground.passage, ground.brief)
    at: dict[int, str] = {}
    for number, bar in enumerate(passage.bars):
        places = offsets(bar)
        for index, text in enumerate(bars[number % len(bars)]):
            at[bar.start_ticks + places[index * len(places) // len(bars[number % len(bars)])]] = text
    slots = slots_from(with_pins(sorted(at), pins, passage.bars), passage, ground.brief, pins)
    chords = [read(at[max(one for one in at if one <= slot.start_ticks)], slot.bar.key) for slot in slots]
    return slots, chords


def read(text: str, key: Key) -> Symbol:
    """A numeral of a circle."""
    return from_roman(text, key)


def rated(ground: ChordGround, draft: Draft, turned: dict[str, float]) -> tuple[Draft, dict[str, float]]:
    """A draft with its rating, and where it stands on the dials."""
    dials: dict[str, float] = {}
    off = 0.0
    if turned:
        scale = scale_of(ground.passage, ground.brief)
        dials = dials_of(measured_idea(Idea(chords=draft.chords), ground.passage, ground.brief), scale)
        errors = [
            abs(value - dials[name]) if name in dials else 1.0 for name, value in turned.items() if name in STEERED
        ]
        off = sum(errors) / len(errors) if errors else 0.0
    share = in_chord_share(ground.tones, draft.chords)
    rating = (unusual if share is None else beside_tune)(ground, draft)
    rating = rating * (0.3 if turned else 1.0) + OFF_DIALS * off
    rating += 0.0 if share is None else OFF_MELODY * (1 - share)
    return replace(draft, rating=rating, off_dials=off, in_chord=share), dials


def unusual(ground: ChordGround, draft: Draft) -> float:
    """How far a progression is from what sections usually are: in what its chords cost, and in how many there are.

    Where the song has had a section of this name, what costs less is better: it may come back.
    """
    usual = COST_SAFE + COST_DARING * ground.brief.daring
    cost = draft.nats if ground.comes_back else 0.3 if draft.written else abs(draft.nats - usual)
    kinds = len({(chord.root, chord.quality) for chord in draft.chords})
    bars = len(draft.slots) if len(ground.passage.bars) < 4 else len(ground.passage.bars)
    shift = 0 if bars > 6 else 1
    share = KINDS_IN_EIGHT[min(len(KINDS_IN_EIGHT), max(1, kinds + shift)) - 1]
    few = max(0.0, 0.6 * log(COMMON_KINDS / share)) + DULL * (kinds + shift < 3)
    few = 0.0 if draft.written or bars < 3 or ground.comes_back else few
    ratios = ground.model.mood(ground.manner.mood)
    mood = 0.0 if ratios is None else float(ratios[list(draft.symbols)].mean())
    lead = dominants(draft.slots)
    cost -= WELL_PREPARED * sum(draft.symbols[number] // 10 == symbol // 10 for number, symbol in lead.items())
    return min(cost, 3.0) + few - OFF_MOOD * mood + OFF_RHYTHM * (ground.comes_back and not draft.as_before)


def beside_tune(ground: ChordGround, draft: Draft) -> float:
    """How little likely a progression is under a tune, for a bar: what the model pays less what the tune gives."""
    return (draft.nats * len(draft.symbols) - draft.fit) / len(ground.passage.bars)


def unlike(found: Sequence[Draft]) -> list[Draft]:
    """Each progression once."""
    seen: set[tuple[tuple[int, int, str, int | None], ...]] = set()
    kept = []
    for draft in found:
        name = tuple((c.start_ticks, c.root, c.quality, c.bass) for c in draft.chords)
        if name not in seen:
            seen.add(name)
            kept.append(draft)
    return kept
