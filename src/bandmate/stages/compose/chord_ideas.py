"""Ideas for chords: a progression for some bars, and the next chord.

How it is used: ``chord_ideas(passage, brief, load_chord_model(), seed)``. Chords follow genre, mood and section, go
with a melody that already sounds in the bars, and lead into the chord behind them. Pinned chords are where they are
pinned, exactly. With a track in the brief the chords come as notes for it as well.

Conventions: ideas from the best down; the first ``brief.alternatives`` are at least ``APART`` from each other.

Not covered: parallel harmony without function; chords by the ear of a singer in real time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np

from bandmate.models.chord_steps import KINDS, QUALITIES
from bandmate.models.chords import ChordModel
from bandmate.song.chord_tones import Symbol
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Chord
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.chord_blocks import LONG, written_long
from bandmate.stages.compose.chord_colour import chord_at
from bandmate.stages.compose.chord_drafts import Draft, drafts
from bandmate.stages.compose.chord_slots import Slot, pins_of, place_at
from bandmate.stages.compose.chord_walk import ChordGround, ground_of
from bandmate.stages.compose.chord_words import differences, numerals
from bandmate.stages.compose.idea import Idea, chord_distance, distance
from bandmate.stages.compose.measures import window
from bandmate.stages.compose.passage import Passage, Tone
from bandmate.stages.compose.voicing import voiced
from bandmate.stages.compose.voicing_shapes import VoicingStyle

APART = 0.15
MORE = 4
NEXT = 12
STYLES: dict[str, VoicingStyle] = {
    "jazz": "rootless",
    "lofi": "rootless",
    "latin": "rootless",
    "house": "close",
    "chorale": "open",
    "soul": "drop-2",
}


def chord_ideas(passage: Passage, brief: ComposeBrief, model: ChordModel, seed: int) -> tuple[Idea, ...]:
    """Progressions for the bars, best first.

    Parameters
    ----------
    passage : Passage
        the bars; notes of tunes in them are harmonised, chords around them are gone on from and led into.
    brief : ComposeBrief
        genre, mood, section, pins, dials, key.
    seed : int
        the same gives the same.

    Raises
    ------
    RequestError
        if there are no bars, or a pin cannot be met.
    """
    passage = in_key(passage, brief)
    pins_of(passage, brief)
    if len(passage.bars) > LONG:
        return long_ideas(passage, brief, model, seed)
    ground = ground_of(passage, brief, model)
    found = drafts(ground, Random(seed))
    chosen = spread(found, brief.alternatives, MORE * brief.alternatives)
    says = differences([draft.chords for draft in chosen], passage)
    return tuple(idea_of(ground, draft, words) for draft, words in zip(chosen, says, strict=True))


def long_ideas(passage: Passage, brief: ComposeBrief, model: ChordModel, seed: int) -> tuple[Idea, ...]:
    """Progressions for many bars, section by section; ``brief.alternatives`` of them, and one or two more."""

    def write(part: Passage, asked: ComposeBrief, own_seed: int) -> tuple[Idea, ...]:
        return chord_ideas(part, asked, model, own_seed)

    found = [written_long(passage, brief, write, seed, number) for number in range(brief.alternatives + 1)]
    says = differences([idea.chords for idea in found], passage)
    return tuple(
        replace(idea, says=words, models=(model.version,), tones=tones_for(idea.chords, passage, brief))
        for idea, words in zip(found, says, strict=True)
    )


def in_key(passage: Passage, brief: ComposeBrief) -> Passage:
    """The passage with the brief's key in its bars, where it names one."""
    if not passage.bars:
        raise RequestError("there are no bars to write chords for; ask for at least one bar")
    if brief.key is None:
        return passage
    key, asked = brief.key, {bar.number for bar in passage.bars}
    return replace(
        passage,
        bars=tuple(replace(bar, key=key) for bar in passage.bars),
        all_bars=tuple(replace(bar, key=key) if bar.number in asked else bar for bar in passage.all_bars),
    )


def spread(found: Sequence[Draft], first: int, many: int) -> list[Draft]:
    """The best drafts; the first so many apart from each other, as far as there are such."""
    chosen: list[Draft] = []
    for floor in (APART, APART / 2, 0.0):
        for draft in found:
            if len(chosen) >= first:
                break
            if draft not in chosen and all(chord_distance(draft.chords, one.chords) >= floor for one in chosen):
                chosen.append(draft)
    return [*chosen, *(draft for draft in found if draft not in chosen)][:many]


def idea_of(ground: ChordGround, draft: Draft, says: str) -> Idea:
    """A draft as an idea, with notes where a track is asked for."""
    evidence = [Evidence(what="nats for a chord", unit="nats", after=round(draft.nats, 3))]
    if draft.in_chord is not None:
        evidence.append(Evidence(what="melody in the chords", unit="share", after=round(draft.in_chord, 3)))
    notes = (
        ground.manner.notes if draft.written else ground.manner.notes[1:] if ground.manner.says else ground.manner.notes
    )
    return Idea(
        tones=tones_for(draft.chords, ground.passage, ground.brief),
        chords=draft.chords,
        says=says,
        nats=draft.nats,
        evidence=tuple(evidence),
        models=(ground.model.version,),
        notes=notes,
    )


def tones_for(chords: Sequence[Chord], passage: Passage, brief: ComposeBrief) -> tuple[Tone, ...]:
    """The chords as notes for the brief's track, led from what it played before; none where no track is asked for."""
    if not brief.track and brief.program is None:
        return ()
    low, high = window(brief.part, brief.program)
    keys = [passage.bar_at(chord.start_ticks).key for chord in chords]
    style = STYLES.get(brief.genre, "close")
    before = sorted({tone.pitch for tone in passage.before()[-4:] if tone.end_ticks > passage.start_ticks - 1920})
    held = tuple(before) if len(before) > 2 else ()
    low, high = max(low, 48), min(high, 79)
    return voiced(chords, style, lowest=low, highest=max(high, low + 19), keys=keys, before=held)


def next_chord_ideas(passage: Passage, brief: ComposeBrief, model: ChordModel, seed: int) -> tuple[Idea, ...]:
    """The chords that may come at the beginning of the bars, likeliest first; each is held through them.

    ``says`` has the numeral and its chance. The seed changes nothing: the likeliest are the likeliest.
    """
    passage = in_key(passage, brief)
    pins = pins_of(passage, brief)
    ground = ground_of(passage, brief, model)
    bar, start = passage.bars[0], passage.start_ticks
    place = place_at(start, bar, passage, brief)
    said = ground.song.next(place) + ground.leanings[bar.key]
    said = said - np.log(np.exp(said).sum())
    slot = Slot(start, passage.end_ticks, bar, place)
    found: list[Idea] = []
    for symbol in np.argsort(-said, kind="stable")[: max(NEXT, MORE * brief.alternatives)]:
        root = (bar.key.tonic + int(symbol) // len(KINDS)) % 12
        chord = chord_at(slot, Symbol(root, QUALITIES[int(symbol) % len(KINDS)], None), "chord-1")
        if pins and pins[0].at_ticks == start:
            chord = chord_at(slot, pins[0].chord, "chord-1")
        idea = Idea(
            tones=tones_for((chord,), passage, brief),
            chords=(chord,),
            says=f"{numerals((chord,), passage)}: {np.exp(said[symbol]):.0%}",
            nats=-float(said[symbol]),
            evidence=(Evidence(what="chance", unit="share", predicted=round(float(np.exp(said[symbol])), 4)),),
            models=(model.version,),
        )
        if all(distance(idea, other) > 0 for other in found):
            found.append(idea)
    return tuple(found)
