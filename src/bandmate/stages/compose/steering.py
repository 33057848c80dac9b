"""Steering: small edits of an idea until the dials read what was asked for, as far as they go together.

Conventions: every part of notes is edited (melody, counter, bass, keys, drums; four-part harmony only in loudness), and
progressions of chords in ``steering_chords.py``. Pins, key, bars and range stay; what no dial asks for is left alone
as far as it goes. The same idea, brief and seed give the same notes.

Not covered: settings in voices (``Idea.voices``), which keep to rules of their own. A line with syllables keeps
its number of notes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from bandmate.song.evidence import Evidence
from bandmate.stages.compose.brief import DIALS, ComposeBrief
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import Scale, dial_of, scale_of, wanted
from bandmate.stages.compose.passage import Passage
from bandmate.stages.compose.steering_chords import steered_chords
from bandmate.stages.compose.steering_ground import Reals, ground_of, pinned_of, tones_from, work_of
from bandmate.stages.compose.steering_search import search

TOLERANCE = 0.08
"""A dial that is farther off than this is said not to be met."""

NEAR = 0.03
"""An idea whose dials are all nearer than this is left as it was written."""

ROUNDS, DEEP_ROUNDS = 1300, 700
"""Edits tried of one idea; fewer where complexity has to be measured each time."""

MANY_NOTES = 180
"""With more notes the rounds grow, so that there is time for all of them."""

MOST_WORK, MOST_DEEP_WORK = 3e6, 6e9
"""Notes, or pairs of notes, that are looked at in all rounds together."""

EDITS = ("add", "remove", "shift", "pitch", "move", "velocity", "copy", "rhythm", "voice")
ODDS: dict[str, dict[str, float]] = {
    "density": {"add": 4, "remove": 4, "voice": 2},
    "register": {"move": 3, "pitch": 1},
    "syncopation": {"shift": 5, "add": 0.5, "remove": 0.5},
    "mode": {"pitch": 4},
    "tension": {"pitch": 4, "voice": 1},
    "valence": {"pitch": 3, "move": 2},
    "arousal": {"velocity": 3, "add": 1.5, "remove": 1.5, "move": 0.5, "shift": 0.5},
    "surprise": {"pitch": 3, "shift": 2, "add": 0.5, "remove": 0.5},
    "complexity": {"copy": 3, "rhythm": 1.5, "pitch": 3, "shift": 2, "add": 0.3, "remove": 0.3},
}
PULLS: dict[str, dict[str, float]] = {
    "arousal": {"density": 1, "register": 1, "syncopation": 1},
    "valence": {"mode": 1, "register": 1, "tension": -1},
    "surprise": {"tension": 1, "complexity": 1},
    "density": {"arousal": 1},
    "syncopation": {"arousal": 1},
    "mode": {"valence": 1, "tension": 1},
    "tension": {"valence": -1, "mode": 1, "surprise": 1},
    "register": {"arousal": 1, "valence": 1},
    "complexity": {"surprise": 1},
}
"""Which dials move each other, and whether the same way."""

NAMES = {"valence": "gladness", "arousal": "excitement", "mode": "brightness"}


def steered(ideas: Iterable[Idea], passage: Passage, brief: ComposeBrief, *, seed: int = 0) -> tuple[Idea, ...]:
    """Ideas brought nearer to the dials that are turned; the same ideas where none is, or none makes sense.

    Parameters
    ----------
    ideas : iterable of Idea
        candidates for the bars of ``passage``.
    seed : int
        with the same one the same notes come out.

    Returns
    -------
    tuple of Idea
        one for each, in their order. Each has an ``Evidence`` for each dial (target, before, after) and a note for
        each that could not be met within 0.08; an idea of nothing stays as it is. An idea that was changed loses
        ``nats``, ``says`` and ``evidence``, which were of its old notes (chords: ``notes`` as well).
    """
    asked = wanted(brief)
    if not asked:
        return tuple(ideas)
    scale = scale_of(passage, brief)
    possible = {name: value for name, value in asked.items() if scale.row(name, 32) is not None}
    return tuple(
        one_steered(idea, passage, brief, (scale, possible), seed * 4099 + at) for at, idea in enumerate(ideas)
    )


def one_steered(
    idea: Idea, passage: Passage, brief: ComposeBrief, aim: tuple[Scale, dict[str, float]], seed: int
) -> Idea:
    """One idea, with its evidence and notes."""
    scale, wants = aim
    before = readings(idea, passage, brief, scale, tuple(wants))
    new = idea
    if before and not idea.voices and any(abs(wants[name] - value) > NEAR for name, value in before.items()):
        if brief.part == "chords" and idea.chords:
            new = steered_chords(idea, passage, brief, (scale, wants), seed)
        elif brief.part != "chords" and idea.tones:
            new = steered_tones(idea, passage, brief, (scale, wants), seed)
    after = readings(new, passage, brief, scale, tuple(wants))
    evidence = tuple(
        Evidence(what=f"dial {name}", unit="0..1", before=before.get(name), after=after[name], target=wants[name])
        for name in wants
        if name in after
    )
    if (new.tones, new.chords) != (idea.tones, idea.chords):
        # what was measured and said of the old notes does not hold for the new ones.
        new = replace(new, nats=None, says="", evidence=(), notes=() if brief.part == "chords" else idea.notes)
    return replace(
        new,
        evidence=(*new.evidence, *evidence),
        notes=(*new.notes, *complaints(after, brief, wants)),
    )


def readings(
    idea: Idea, passage: Passage, brief: ComposeBrief, scale: Scale, names: tuple[str, ...]
) -> dict[str, float]:
    """What some dials read."""
    material = material_of(idea, passage, brief)
    found = {name: dial_of(name, material, scale) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def steered_tones(
    idea: Idea, passage: Passage, brief: ComposeBrief, aim: tuple[Scale, dict[str, float]], seed: int
) -> Idea:
    """An idea's notes after the search."""
    scale, wants = aim
    ground = ground_of(material_of(idea, passage, brief), scale, wants, brief, passage.bpm)
    ground = ground._replace(odds=odds_of(brief, wants))
    work = work_of(idea.tones, pinned_of(idea.tones, passage, brief), ground, passage.start_ticks, seed)
    search(ground, work, rounds_for(len(idea.tones), "complexity" in wants))
    return replace(idea, tones=tones_from(work, passage.start_ticks))


def rounds_for(notes: int, deep: bool) -> int:
    """How many edits are tried of so many notes: more for more, as long as that takes a second or so."""
    rounds = (DEEP_ROUNDS if deep else ROUNDS) * max(1.0, notes / MANY_NOTES)
    return round(min(rounds, (MOST_DEEP_WORK if deep else MOST_WORK) / max(1, notes) ** (2 if deep else 1)))


def odds_of(brief: ComposeBrief, wants: dict[str, float]) -> Reals:
    """Running sum of the chances of the edits for the dials that are turned."""
    odds = dict.fromkeys(EDITS, 0.0)
    for name in wants:
        for edit, weight in ODDS[name].items():
            odds[edit] += weight
    if brief.part == "harmony":
        odds = {edit: weight if edit == "velocity" else 0.0 for edit, weight in odds.items()}
        odds["velocity"] += 1e-3
    running: Reals = np.cumsum([odds[edit] for edit in EDITS])
    return running


def complaints(after: dict[str, float], brief: ComposeBrief, wants: dict[str, float]) -> tuple[str, ...]:
    """What could not be met, and what stands against it."""
    found = []
    turned = wanted(brief)
    for name in turned:
        if name not in wants:
            found.append(f"{named(name)} means nothing for {brief.part} and was left aside")
        elif name not in after:
            found.append(f"{named(name)} cannot be measured on so few notes")
        elif abs(after[name] - wants[name]) > TOLERANCE:
            against = [other for other in PULLS[name] if pulls_away(name, other, after, wants)]
            why = f"; {' and '.join(named(other, wants) for other in against)} pulls the other way" if against else ""
            found.append(f"{named(name)} {wants[name]:.2f} could not be met and reads {after[name]:.2f}{why}")
    return tuple(found)


def pulls_away(name: str, other: str, after: dict[str, float], wants: dict[str, float]) -> bool:
    """Whether another dial that is turned keeps this one from its place."""
    if other not in wants:
        return False
    missing = wants[name] - after[name]
    return missing * (wants[other] - 0.5) * PULLS[name][other] < 0


def named(name: str, wants: dict[str, float] | None = None) -> str:
    """A dial in studio words, with what is asked of it."""
    word = NAMES.get(name, name)
    return word if wants is None else f"{word} {wants[name]:.2f}"


def compile_kernels() -> None:
    """Run the searches once on two notes and two chords."""
    from bandmate.song.harmony import Chord, Key
    from bandmate.stages.compose.brief import Dials
    from bandmate.stages.compose.passage import Bar, Tone

    bars = tuple(Bar(number + 1, number * 3840, 4, 4, Key(tonic=0)) for number in range(2))
    passage = Passage(bars, bars, 100.0)
    dials = Dials(density=0.9, complexity=0.1, arousal=0.5, mode=0.5)
    tones = (Tone(0, 960, 60), Tone(960, 960, 64))
    chords = tuple(Chord(id=f"c{at}", start_ticks=at * 3840, length_ticks=3840, root=at * 7) for at in range(2))
    steered([Idea(tones)], passage, ComposeBrief(dials=dials, last_bar=2))
    steered([Idea(chords=chords)], passage, ComposeBrief(part="chords", dials=dials, last_bar=2))


assert set(ODDS) == set(DIALS) == set(PULLS)
