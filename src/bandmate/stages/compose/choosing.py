"""Choosing: of many candidates the few that are shown, each good and each different from the others.

Conventions: what comes first is better. The first one is taken, then again and again the next one that is far enough
from all that were taken. What sets each apart from the others is measured and said.

Not covered: copies of works (the copy gate goes before).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean

from bandmate.song.evidence import Evidence
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.chord_words import numerals
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.measures import METERS, UNITS, material_of
from bandmate.stages.compose.measures_scale import MEASURED_BY, Scale, dial_error, dial_value, scale_of, wanted
from bandmate.stages.compose.passage import Passage

FLOOR = 0.15
"""Mutual distance of what is shown, from 0 for the same notes to 1 for nothing in common."""

ERROR_STEP = 0.04
"""Candidates whose dials are off by about the same keep their order."""

NOTICED = 0.12
"""A difference on a dial from the mean of the others that is worth a word."""

MOST_WORDS = 3

WORDS: dict[str, tuple[str, str]] = {
    "density": ("busier", "sparser"),
    "register": ("higher", "lower"),
    "syncopation": ("more off the beat", "more on the beat"),
    "mode": ("brighter", "darker"),
    "tension": ("tenser", "calmer harmony"),
    "surprise": ("more surprising", "more expected"),
    "complexity": ("more varied", "more repetitive"),
}
CHORD_WORDS = {"density": ("more changes", "fewer changes"), "syncopation": ("pushed chords", "chords on the beat")}
DECIMALS = {"register": 1, "density": 1}


def chosen(
    ideas: Sequence[Idea], count: int, passage: Passage, brief: ComposeBrief, floor: float = FLOOR
) -> tuple[Idea, ...]:
    """The best ideas that differ from each other, best first.

    Parameters
    ----------
    ideas : sequence of Idea
        candidates, best first.
    count : int
        how many to show.
    floor : float
        least distance of any two of them, 0 to 1; the same notes are never shown twice, whatever it is.

    Returns
    -------
    tuple of Idea
        ``count`` of them, or fewer, with a note on the first, where no more differ enough; none of none. Where turned
        dials are missed by more, an idea goes behind those that are nearer. An idea without ``says`` is told what sets
        it apart from the others, with the figures as ``Evidence``.
    """
    kept: list[Idea] = []
    for idea in ranked(ideas, passage, brief):
        if len(kept) == count:
            break
        apart = [distance(idea, other) for other in kept]
        if all(gap >= floor and gap > 0 for gap in apart) and (idea.tones or idea.chords or not kept):
            kept.append(idea)
    told = [said(idea, at, kept, passage, brief) for at, idea in enumerate(kept)]
    if told and len(told) < count:
        note = f"{len(told)} of {count}: no other idea is at least {floor:g} away from these"
        short = Evidence(what="ideas shown", unit="ideas", after=len(told), target=count)
        least = Evidence(what="least distance asked for", unit="0..1", target=floor)
        told[0] = replace(told[0], notes=(*told[0].notes, note), evidence=(*told[0].evidence, short, least))
    return tuple(told)


def ranked(ideas: Sequence[Idea], passage: Passage, brief: ComposeBrief) -> list[Idea]:
    """Those that miss the dials by more go behind; else the order stays."""
    if not wanted(brief):
        return list(ideas)
    return sorted(ideas, key=lambda idea: round(dial_error(idea, passage, brief) / ERROR_STEP))


def said(idea: Idea, at: int, kept: Sequence[Idea], passage: Passage, brief: ComposeBrief) -> Idea:
    """An idea with what sets it apart from the others that are shown."""
    if idea.says or len(kept) < 2:
        return idea
    scale = scale_of(passage, brief)
    own = figures(idea, passage, brief, scale)
    others = [figures(other, passage, brief, scale) for number, other in enumerate(kept) if number != at]
    gaps: list[tuple[float, str, Evidence]] = []
    for name, (reads, figure) in own.items():
        rest = [other[name] for other in others if name in other]
        if not rest or abs(gap := reads - mean(one[0] for one in rest)) < NOTICED:
            continue
        usual = mean(one[1] for one in rest)
        digits = DECIMALS.get(name, 2)
        words = (CHORD_WORDS if brief.part == "chords" else {}).get(name, WORDS[name])
        evidence = Evidence(
            what=f"{name} of the others and of this one",
            unit=UNITS[name],
            before=round(usual, digits),
            after=round(figure, digits),
        )
        text = f"{words[0 if gap > 0 else 1]} ({figure:.{digits}f}, the others {usual:.{digits}f} {UNITS[name]})"
        gaps.append((abs(gap), text, evidence))
    gaps = sorted(gaps, key=lambda one: -one[0])[:MOST_WORDS]
    chords = f"{numerals(idea.chords, passage)}; " if brief.part == "chords" else ""
    if gaps:
        says = chords + ", ".join(gap[1] for gap in gaps)
        return replace(idea, says=says, evidence=(*idea.evidence, *(gap[2] for gap in gaps)))
    apart = min(distance(idea, other) for number, other in enumerate(kept) if number != at)
    evidence = Evidence(what="distance to the nearest of the others", unit="0..1", after=round(apart, 2))
    return replace(
        idea, says=f"{chords}alike in manner, {apart:.2f} away in its notes", evidence=(*idea.evidence, evidence)
    )


def figures(idea: Idea, passage: Passage, brief: ComposeBrief, scale: Scale) -> dict[str, tuple[float, float]]:
    """By dial where an idea stands on it, and its figure."""
    material = material_of(idea, passage, brief)
    events = len(material.chords) if material.of_chords else len(material.groups)
    found = {}
    for name in WORDS:
        figure = METERS[name](material)
        on_scale = figure if MEASURED_BY[name] == name else METERS[MEASURED_BY[name]](material)
        reads = dial_value(name, on_scale, scale, events)
        if reads is not None and figure is not None:
            found[name] = (reads, figure)
    return found
