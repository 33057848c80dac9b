"""Push away: the same idea, further from what everybody writes, in the same key, meter and bars.

A line is changed note by note, a progression chord by chord: of all changes that are allowed the one that makes it
rarest is made, then the next, until it is as rare as asked or a share of it has been changed. What is pinned stays.
Every step makes it rarer, so the result always is; where no change is allowed, nothing comes back.

Conventions: rhythm, length and velocity of notes stay; new pitches are in the key that holds and at most two steps of
the scale from the old ones; a long note that was in its chord stays in it. Chords keep their places.

Not covered: rhythm and form; ask for other ideas there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from bandmate.models.chords import ChordModel
from bandmate.models.line_steps import pitch_line
from bandmate.models.originality import OriginalityModel
from bandmate.song.chord_tones import chord_classes, symbol_from
from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Chord, Key
from bandmate.song.scales import is_minor_like, scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.clip_lead import leading_part
from bandmate.stages.compose.genericness import UNITS, chord_cost, line_cost
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.passage import Passage, Tone

MOST_CHANGED = 0.35
"""Share of notes or chords that are changed at the most; the rest is still the musician's."""

USUAL_PUSH = 0.25
LONG_TICKS = 960
MOST_STEPS = 2
HIGHEST, LOWEST = 108, 21

OF_MINOR = "0m 3 5m 7m 8 10 7 5 2m7b5 1 8maj7"
OF_MAJOR = "0 2m 4m 5 7 9m 5m 10 8 3 2 4 9 7m 1"
SUBSTITUTES = {
    is_minor: tuple((int(step), quality) for step, quality in re.findall(r"(\d+)(\S*)", words))
    for is_minor, words in ((True, OF_MINOR), (False, OF_MAJOR))
}
"""Half steps above the tonic, and quality: of the key itself, of the parallel key, dominants, and the Neapolitan."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of it: the idea, how usual it was and is (0 to 1), what it cost and costs, and what was changed."""

    idea: Idea
    before: float
    after: float
    cost_before: float
    cost_after: float
    changed: int
    of: int

    def sentence(self, aspect: str) -> str:
        """In plain words; every number is in the evidence."""
        return (
            f"the {aspect} was more usual than {self.before:.0%} of the works and is more usual than {self.after:.0%}; "
            f"{self.changed} of {self.of} changed, key, meter and pins kept"
        )

    def evidence(self, aspect: str) -> tuple[Evidence, ...]:
        """The figures of the sentence, and the musician's own share."""
        kept, unit = 1 - self.changed / self.of, "notes" if aspect == "melody" else "chords"
        return (
            Evidence(what=f"how usual the {aspect} is", unit="share of works", before=self.before, after=self.after),
            Evidence(what=UNITS[aspect], unit=UNITS[aspect].split()[0], before=self.cost_before, after=self.cost_after),
            Evidence(what="changed", unit=unit, before=self.of, after=self.changed),
            Evidence(what="share of it that stays as it was", unit="share", after=round(kept, 3)),
        )


def push_line(
    idea: Idea,
    passage: Passage,
    brief: ComposeBrief,
    works: OriginalityModel,
    *,
    by: float = USUAL_PUSH,
) -> Pushed | None:
    """An idea's notes, rarer by ``by`` (0 to 1, share of works); None where nothing can be changed, or no run is."""
    tones = sorted(idea.tones)
    index = works.indices["pitches"]

    def cost_of(row: Sequence[Tone]) -> float | None:
        line = pitch_line([t.start_ticks for t in row], [t.pitch for t in row], lambda at: 1).line
        return line_cost(line, index)

    begun = cost_of(tones)
    if begun is None:
        return None
    pinned = pinned_places(brief, passage)
    target = works.usualness("melody", begun) - by
    best, changed = begun, set[int]()
    while len(changed) < max(1, int(MOST_CHANGED * len(tones))) and works.usualness("melody", best) > max(0.0, target):
        tries = [
            (cost, at, tone)
            for at, tone in line_changes(tones, passage, pinned | changed)
            if (cost := cost_of([*tones[:at], tone, *tones[at + 1 :]])) is not None
        ]
        found = max(tries, key=lambda one: (one[0], -one[1], -one[2].pitch), default=None)
        if found is None or found[0] <= best + 1e-9:
            break
        best, at, tone = found
        tones[at] = tone
        changed.add(at)
    if not changed:
        return None
    new = replace(idea, tones=tuple(sorted(tones)), says=pushed_words(idea.says))
    return Pushed(
        new, works.usualness("melody", begun), works.usualness("melody", best), begun, best, len(changed), len(tones)
    )


def pinned_places(brief: ComposeBrief, passage: Passage) -> set[int]:
    """Ticks at which a note is pinned, as negative numbers, so that they stand beside places in a row."""
    starts = {bar.number: bar for bar in passage.all_bars}
    return {
        -1 - round(starts[pin.bar].start_ticks + (pin.beat - 1) * starts[pin.bar].beat_ticks)
        for pin in brief.note_pins
        if pin.bar in starts
    }


def line_changes(tones: Sequence[Tone], passage: Passage, kept: set[int]) -> Iterator[tuple[int, Tone]]:
    """Every single note that may be another, with what it may be."""
    taken = {(tone.start_ticks, tone.pitch) for tone in tones}
    for at, tone in enumerate(tones):
        if at in kept or -1 - tone.start_ticks in kept:
            continue
        key = passage.bar_at(tone.start_ticks).key
        classes = passage.classes_at(tone.start_ticks)
        was_in = tone.pitch % 12 in classes
        for pitch in neighbours_of(tone.pitch, key):
            stays = not was_in or tone.length_ticks < LONG_TICKS or pitch % 12 in classes
            if stays and (tone.start_ticks, pitch) not in taken and LOWEST <= pitch <= HIGHEST:
                yield at, tone._replace(pitch=pitch)


def neighbours_of(pitch: int, key: Key) -> list[int]:
    """Pitches of the key within two steps of its scale."""
    own = {(key.tonic + step) % 12 for step in scale_of(key)}
    below = [p for p in range(pitch - 1, pitch - 6, -1) if p % 12 in own][:MOST_STEPS]
    above = [p for p in range(pitch + 1, pitch + 6) if p % 12 in own][:MOST_STEPS]
    return [*below, *above]


def push_chords(
    idea: Idea,
    passage: Passage,
    brief: ComposeBrief,
    works: OriginalityModel,
    model: ChordModel,
    *,
    by: float = USUAL_PUSH,
) -> Pushed | None:
    """An idea's chords, rarer by ``by``; None where no chord may be changed, or there are fewer than three changes."""
    chords = sorted(idea.chords, key=lambda chord: chord.start_ticks)

    def key_at(ticks: int) -> Key:
        return passage.bar_at(ticks).key

    begun = chord_cost(chords, key_at, model)
    if begun is None:
        return None
    pinned = set(pinned_chords(brief, passage, chords))
    target = works.usualness("chords", begun) - by
    best, changed = begun, set[int]()
    most = max(1, int(MOST_CHANGED * len(chords)))
    while len(changed) < most and works.usualness("chords", best) > max(0.0, target):
        tries = [
            (cost, at, chord)
            for at, chord in chord_changes(chords, passage, pinned | changed)
            if (cost := chord_cost([*chords[:at], chord, *chords[at + 1 :]], key_at, model)) is not None
        ]
        found = max(tries, key=lambda one: (one[0], -one[1]), default=None)
        if found is None or found[0] <= best + 1e-9:
            break
        best, at, chord = found
        chords[at] = chord
        changed.add(at)
    if not changed:
        return None
    new = replace(idea, chords=tuple(chords), says=pushed_words(idea.says))
    return Pushed(
        new, works.usualness("chords", begun), works.usualness("chords", best), begun, best, len(changed), len(chords)
    )


def pinned_chords(brief: ComposeBrief, passage: Passage, chords: Sequence[Chord]) -> Iterator[int]:
    """Which chords a pin speaks of."""
    bars = {bar.number: bar for bar in passage.all_bars}
    for pin in brief.chord_pins:
        symbol_from(pin.chord)
        if pin.bar in bars:
            ticks = round(bars[pin.bar].start_ticks + (pin.beat - 1) * bars[pin.bar].beat_ticks)
            yield from (
                at
                for at, chord in enumerate(chords)
                if chord.start_ticks <= ticks < chord.start_ticks + chord.length_ticks
            )


def chord_changes(chords: Sequence[Chord], passage: Passage, kept: set[int]) -> Iterator[tuple[int, Chord]]:
    """Every single chord that may be another, with what it may be: nothing that clashes with long notes of the lead."""
    for at, chord in enumerate(chords):
        if at in kept:
            continue
        key = passage.bar_at(chord.start_ticks).key
        above = held_above(passage, chord)
        old = set(chord_classes(chord))
        for step, quality in SUBSTITUTES[is_minor_like(key)]:
            new = msgspec.structs.replace(chord, root=(key.tonic + step) % 12, quality=quality, bass=None)
            classes = set(chord_classes(new))
            beside = [chords[i] for i in (at - 1, at + 1) if 0 <= i < len(chords)]
            if any((other.root, other.quality) == (new.root, new.quality) for other in (chord, *beside)):
                continue
            if (above & old) <= classes:
                yield at, new


def held_above(passage: Passage, chord: Chord) -> set[int]:
    """Pitch classes of the long notes that the leading part has over a chord."""
    lead, end = leading_part(passage), chord.start_ticks + chord.length_ticks
    return {
        tone.pitch % 12
        for tone in (lead.tones if lead else ())
        if tone.length_ticks >= LONG_TICKS and tone.start_ticks < end and chord.start_ticks < tone.end_ticks
    }


def pushed_words(says: str) -> str:
    return f"{says}, pushed away" if says else "pushed away"
