"""Reharmonising: other chords for those that are there, from safe to daring, each with its reason.

How it is used: ``reharmonise_ideas(passage, brief, load_chord_model(), seed)``. The alternatives go from safer than
``brief.daring`` to more daring; dials choose among those of one daring. A substitute that would rub with a held note
of the melody, where the chord did not, is never taken; pinned chords stay.

Conventions: the daring of an alternative is the mean over its chords, a chord that stays counting 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from bandmate.models.chord_steps import symbol_of
from bandmate.models.chords import ChordModel
from bandmate.song.chord_tones import Symbol
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Chord
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.chord_fit import in_chord_share, rubs
from bandmate.stages.compose.chord_ideas import in_key, tones_for
from bandmate.stages.compose.chord_slots import pins_of, place_at
from bandmate.stages.compose.chord_walk import ChordGround, ground_of
from bandmate.stages.compose.chord_words import numerals
from bandmate.stages.compose.idea import Idea, chord_distance
from bandmate.stages.compose.measures_scale import dial_error
from bandmate.stages.compose.passage import Passage
from bandmate.stages.compose.substitutions import Setting, Span, Substitution, substitutions

APART, LEAST_CHANGED = 0.15, 0.08
DRAWS = 26
BELOW, ABOVE = 0.25, 0.45
OFF_DARING, OFF_MELODY, OFF_DIALS = 6.0, 4.0, 8.0


@dataclass(frozen=True, slots=True)
class Version:
    """The bars with some chords replaced."""

    spans: tuple[Span, ...]
    taken: tuple[Substitution, ...]
    chords: tuple[Chord, ...]
    daring: float
    nats: float
    in_chord: float | None
    rating: float


def reharmonise_ideas(passage: Passage, brief: ComposeBrief, model: ChordModel, seed: int) -> tuple[Idea, ...]:
    """Other chords for the bars, the first ``brief.alternatives`` from safe to daring.

    Each idea's ``notes`` say, chord by chord, what stands for what and why.

    Raises
    ------
    RequestError
        if the bars have no chords, or a pin cannot be met.
    """
    passage = in_key(passage, brief)
    base = with_pins(spans_of(passage), passage, brief)
    ground = ground_of(passage, brief, model)
    fixed = {pin.at_ticks for pin in pins_of(passage, brief)}
    own = chords_from(spans_of(passage))
    rng = Random(seed)
    graded: list[Version] = []
    rest: list[Version] = []
    for level in levels(brief):
        drawn = [version(ground, base, fixed, level, rng) for _ in range(DRAWS)]
        changed = [one for one in drawn if chord_distance(one.chords, own) >= LEAST_CHANGED or fixed]
        found = sorted(unlike(changed or drawn), key=lambda one: one.rating)
        pick = next((one for one in found if is_apart(one, graded, APART)), None)
        pick = pick or next((one for one in found if is_apart(one, graded, 1e-9)), None)
        if pick is not None:
            graded.append(pick)
        rest += [one for one in found if one is not pick][:3]
    graded.sort(key=lambda one: one.daring)
    more = [one for one in unlike(rest) if is_apart(one, graded, 1e-9)]
    return tuple(idea_of(ground, one) for one in [*graded, *more][: 4 * brief.alternatives])


def levels(brief: ComposeBrief) -> list[float]:
    """How daring each alternative is to be, from safe to daring."""
    low, high = max(0.05, brief.daring - BELOW), min(1.0, brief.daring + ABOVE)
    count = brief.alternatives
    return [low + (high - low) * number / max(1, count - 1) for number in range(count)] if count > 1 else [brief.daring]


def spans_of(passage: Passage) -> tuple[Span, ...]:
    """The chords that sound in the bars, cut at their borders.

    Raises
    ------
    RequestError
        if there are none.
    """
    found = []
    for chord in passage.chords:
        start = max(chord.start_ticks, passage.start_ticks)
        end = min(chord.start_ticks + chord.length_ticks, passage.end_ticks)
        if start < end:
            found.append(Span(start, end, Symbol(chord.root, chord.quality, chord.bass), passage.bar_at(start)))
    if not found:
        first, last = passage.bars[0].number, passage.bars[-1].number
        raise RequestError(f"bars {first}-{last} have no chords to reharmonise; ask for chords instead")
    return tuple(found)


def with_pins(spans: tuple[Span, ...], passage: Passage, brief: ComposeBrief) -> tuple[Span, ...]:
    """The chords with the pinned ones in their places, each to the end of its bar or the next pin."""
    pins = pins_of(passage, brief)
    ends = [*(pin.at_ticks for pin in pins[1:]), passage.end_ticks]
    for pin, next_pin in zip(pins, ends, strict=False):
        bar = passage.bar_at(pin.at_ticks)
        end = min(bar.end_ticks, next_pin)
        kept = []
        for span in spans:
            if span.start_ticks < pin.at_ticks:
                kept.append(replace(span, end_ticks=min(span.end_ticks, pin.at_ticks)))
            if span.end_ticks > end:
                start = max(span.start_ticks, end)
                kept.append(replace(span, start_ticks=start, bar=passage.bar_at(start)))
        spans = tuple(sorted((*kept, Span(pin.at_ticks, end, pin.chord, bar)), key=lambda span: span.start_ticks))
    return spans


def version(ground: ChordGround, base: Sequence[Span], fixed: set[int], level: float, rng: Random) -> Version:
    """Chords replaced from the last to the first, about as daringly as ``level`` says."""
    done: list[tuple[Span, ...]] = []
    taken: list[Substitution] = []
    behind = ground.after[0] if ground.after else None
    is_end = ground.ends_section
    share = min(0.95, 0.35 + 0.6 * level)
    for number in range(len(base) - 1, -1, -1):
        span = base[number]
        before = base[number - 1].chord if number else chord_before(ground)
        setting = Setting(span, before, behind, span.bar.key, is_end and number == len(base) - 1)
        spans: tuple[Span, ...] = (span,)
        if span.start_ticks not in fixed and rng.random() < share:
            options = [one for one in substitutions(setting) if one.daring <= level + 0.22]
            options = [one for one in options if is_clean(ground, one, span)]
            if options:
                weights = [2.0 ** (-8 * abs(one.daring - min(0.9, level + 0.1))) for one in options]
                one = rng.choices(options, weights=weights)[0]
                taken.append(one)
                spans = one.spans
        done.append(spans)
        behind = spans[0].chord
    return rated(ground, tuple(span for spans in done[::-1] for span in spans), tuple(taken[::-1]), level, len(base))


def chord_before(ground: ChordGround) -> Symbol | None:
    """The chord that the bars come from."""
    before = [chord for chord in ground.passage.chords if chord.start_ticks < ground.passage.start_ticks]
    return Symbol(before[-1].root, before[-1].quality, before[-1].bass) if before else None


def is_clean(ground: ChordGround, one: Substitution, old: Span) -> bool:
    """Whether no held note of the melody rubs with it that did not rub before, and half the melody stays in it."""
    if not ground.tones:
        return True
    new, own = chords_from(one.spans), chords_from((old,))
    start, end = new[0].start_ticks, max(chord.start_ticks + chord.length_ticks for chord in (*new, *own))
    tones = [tone for tone in ground.tones if tone.end_ticks > start and tone.start_ticks < end]
    if any(rubs(tones, chord) for chord in new) and not any(rubs(tones, chord) for chord in own):
        return False
    share, before = in_chord_share(tones, new), in_chord_share(tones, own)
    return share is None or before is None or share >= min(before, 0.5) - 0.01


def rated(
    ground: ChordGround, spans: tuple[Span, ...], taken: tuple[Substitution, ...], level: float, count: int
) -> Version:
    """A version with what the model pays for it, and how well it meets level and melody."""
    chords = chords_from(spans)
    song, begin, paid = ground.song, ground.song.length, 0.0
    for span in spans:
        place = place_at(span.start_ticks, span.bar, ground.passage, ground.brief)
        symbol = symbol_of(span.chord.root, span.chord.quality, span.bar.key.tonic)
        paid -= float(song.next(place)[symbol])
        song.add(symbol, place)
    song.cut(begin)
    nats = paid / len(spans)
    daring = sum(one.daring for one in taken) / max(1, count)
    share = in_chord_share(ground.tones, chords)
    rating = OFF_DARING * abs(daring - 0.75 * level) + 0.4 * min(nats, 6.0)
    rating += 0.0 if share is None else OFF_MELODY * (1 - share)
    rating += OFF_DIALS * dial_error(Idea(chords=chords), ground.passage, ground.brief)
    rating -= 0.25 * len({one.kind for one in taken})
    return Version(spans, taken, chords, daring, nats, share, rating)


def chords_from(spans: Sequence[Span]) -> tuple[Chord, ...]:
    """Chords of the song."""
    return tuple(
        Chord(
            id=f"chord-{number}",
            start_ticks=span.start_ticks,
            length_ticks=span.length_ticks,
            root=span.chord.root,
            quality=span.chord.quality,
            bass=None if span.chord.bass == span.chord.root else span.chord.bass,
        )
        for number, span in enumerate(spans, 1)
    )


def is_apart(one: Version, others: Sequence[Version], floor: float) -> bool:
    return all(chord_distance(one.chords, other.chords) >= floor for other in others)


def unlike(found: Sequence[Version]) -> list[Version]:
    """Each version once, as first met."""
    kept: dict[tuple[Chord, ...], Version] = {}
    for one in found:
        kept.setdefault(one.chords, one)
    return list(kept.values())


def idea_of(ground: ChordGround, one: Version) -> Idea:
    """A version as an idea with its reasons."""
    kinds = list(dict.fromkeys(sub.kind for sub in sorted(one.taken, key=lambda sub: -sub.daring)))
    grade = "safe" if one.daring < 0.15 else "mild" if one.daring < 0.32 else "bold" if one.daring < 0.5 else "daring"
    notes = tuple(f"bar {sub.spans[0].bar.number}: {sub.reason}" for sub in one.taken)
    evidence = [
        Evidence(what="daring", unit="share", after=round(one.daring, 3)),
        Evidence(what="nats for a chord", unit="nats", after=round(one.nats, 3)),
    ]
    if one.in_chord is not None:
        evidence.append(Evidence(what="melody in the chords", unit="share", after=round(one.in_chord, 3)))
    return Idea(
        tones=tones_for(one.chords, ground.passage, ground.brief),
        chords=one.chords,
        says=f"{grade}: {', '.join(kinds[:3]) or 'as it is'}; {numerals(one.chords, ground.passage)}",
        nats=one.nats,
        evidence=tuple(evidence),
        models=(ground.model.version,),
        notes=notes,
    )
