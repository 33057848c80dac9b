"""Bass lines: a rhythm of the genre that goes with the kick, and a line through the chords that leads into each one.

Every chord begins with its bass (the note under the slash), early where the style has it so. Sections of one name
share a rhythm, full ones have a busier row, and a section's last bar leads on. What the part already plays before the
bars is one of the rows that are offered.

Conventions: song ticks; the bars asked for only. Rhythms are written (``data/compose/bass.toml``); nothing is learned.
The same passage, brief and seed give the same ideas.

Not covered: slides, bends, slap and pop as techniques; double stops but for pinned notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bandmate.song.errors import RequestError
from bandmate.stages.compose.band_ground import (
    Ground,
    Harmony,
    draws,
    ground_of,
    pinned_tones,
    reach,
)
from bandmate.stages.compose.band_says import told
from bandmate.stages.compose.band_steering import Settings, figure, steered
from bandmate.stages.compose.bass_lines import Costs, Line, fifth_of, line_pitches, seventh_of, third_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.genres import genre_of, usual_swing
from bandmate.stages.compose.groove_plan import Feel, Plan, own_row, planned, played
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures_scale import Scale, scale_of
from bandmate.stages.compose.part_styles import PartStyle, style_of
from bandmate.stages.compose.passage import Passage, Tone
from bandmate.stages.compose.pattern_rows import Hit

FINGERED_BASS = 33
MORE_THAN_ASKED = 4
SOURCE = "bass rhythms 1 (written)"
GHOST_VELOCITY, GHOST_TICKS = 42, 90
CENTRES = (0.0, -3.0, 3.0, 5.0)
"""Where the candidates lie from the style's own middle, in half steps."""

EARLY_TICKS = 960
"""A chord's bass comes no earlier than this before it."""


@dataclass(frozen=True, slots=True)
class Bass:
    """One candidate's manner: its number, its luck, and who plays where."""

    number: int
    seed: str
    style: PartStyle
    lowest: int
    highest: int


def bass_ideas(passage: Passage, brief: ComposeBrief, seed: int) -> tuple[Idea, ...]:
    """Bass lines for the bars of a passage, the nearest to the dials first, several times as many as are asked for.

    Parameters
    ----------
    passage : Passage
        the bars, with the chords, the drums and everything else that is heard.
    brief : ComposeBrief
        genre, dials, pins, instrument (``program``; a fingered bass where none is named).

    Raises
    ------
    RequestError
        for no bars, or a pin that cannot be met.
    """
    genre = genre_of(brief.genre)
    ground = ground_of(passage, brief, usual_swing(genre))
    lowest, highest = reach("bass", brief.program, FINGERED_BASS)
    pins = pinned_tones(passage, brief, lowest, highest)
    overlaps = [one for one, other in pairwise(pins) if other.start_ticks < one.end_ticks]
    if overlaps:
        raise RequestError("a bass plays one note at a time; two pinned notes sound together: shorten or move one")
    style = style_of("bass", genre)
    found: dict[tuple[Tone, ...], tuple[float, int, str]] = {}
    for number in range(MORE_THAN_ASKED * max(1, brief.alternatives)):
        bass = Bass(number, f"bass/{seed}/{number}", style, lowest, highest)
        tones, error, says = candidate(bass, ground, brief, pins)
        if tones not in found:
            found[tones] = (round(error, 6), number, says)
    order = sorted(found, key=lambda tones: found[tones][:2])
    words = told(order, [found[tones][2] for tones in order], passage)
    return tuple(Idea(tones=tones, says=says, models=(SOURCE,)) for tones, says in zip(order, words, strict=True))


def candidate(
    bass: Bass, ground: Ground, brief: ComposeBrief, pins: tuple[Tone, ...]
) -> tuple[tuple[Tone, ...], float, str]:
    """One line: notes, distance from the dials, and the name of its rhythm."""
    scale = scale_of(ground.passage, brief)
    names: list[str] = []

    def make(settings: Settings) -> tuple[Tone, ...]:
        plan = bass_plan(bass, ground, settings, scale)
        names[:] = [plan.says]
        return with_pins(line_of(bass, ground, plan, settings, scale), pins, ground.passage.end_ticks)

    tones, error = steered(make, ground.passage, brief)
    return tones, error, names[0]


def bass_plan(bass: Bass, ground: Ground, settings: Settings, scale: Scale) -> Plan:
    """Where the line plays."""
    arousal = settings.get("arousal", 0.5)
    pace = settings.get("density")
    if pace is None and "arousal" in settings:
        pace = 0.25 + 0.6 * arousal
    notes = figure("density", pace, scale)
    feel = Feel(
        seed=bass.seed,
        chance=0.3,
        rank=bass.number % 4,
        own_row=own_row(ground, letter_of) if bass.number % 4 == 0 else None,
        onsets=notes,
        syncopation=figure("syncopation", settings.get("syncopation"), scale),
        change=settings.get("complexity", 0.35 if bass.number % 3 else 0.15),
        plain=2.4 * (0.5 - settings.get("surprise", 0.5)),
        letter="w",
        rings=bass.style.articulation > 0.7,
        fill=FILL,
    )
    return planned(ground, bass.style, feel)


def letter_of(tones: Sequence[Tone], ground: Ground) -> str:
    """What a note that the bass played stands for in its chord."""
    tone = min(tones, key=lambda one: one.pitch)
    chord = ground.passage.chord_at(tone.start_ticks)
    if chord is None:
        return "w"
    harmony = Harmony(tone.start_ticks, tone.end_ticks, chord, ground.passage.bar_at(tone.start_ticks).key)
    one = tone.pitch % 12
    if one == harmony.bass:
        return "x" if tone.velocity < GHOST_VELOCITY + 8 and tone.length_ticks <= 2 * GHOST_TICKS else "R"
    named = {fifth_of(harmony): "5", third_of(harmony): "3", seventh_of(harmony): "7"}
    return named.get(one, "w")


FILL = {0.35: "w-a-", 0.6: "w-wa", 0.85: "wwwa"}
"""The last beat of a section, from that energy on."""


def line_of(bass: Bass, ground: Ground, plan: Plan, settings: Settings, scale: Scale) -> list[Tone]:
    """Pitches, lengths and velocities for the hits of a plan."""
    hits = freed(plan.hits, ground, settings, bass.seed)
    held = firsts(hits, ground)
    # subtle: a chord that has not sounded yet comes before the next one, even where a row would be early.
    hits = tuple(hit._replace(letter="R") if first else hit for hit, first in zip(hits, held, strict=True))
    line = line_for(bass, ground, settings, scale)
    centre = line.centre
    wanted = register_pitch(settings, scale)
    pitches: tuple[int, ...] = ()
    luck = fortune(bass, ground, hits, settings)
    for _ in range(1 if wanted is None else 2):
        pitches = line_pitches(hits, ground, replaced_centre(line, centre), luck, held)
        if wanted is None or not pitches:
            break
        centre += wanted - sum(pitches) / len(pitches)
    loud = bass.style.velocity + round(44 * (settings.get("arousal", 0.5) - 0.5))
    return sounded(hits, pitches, ground, bass, loud)


def line_for(bass: Bass, ground: Ground, settings: Settings, scale: Scale) -> Line:
    """What the dials make of the line."""
    energy = sum(ground.energy) / len(ground.energy)
    centre = bass.style.centre + CENTRES[bass.number % len(CENTRES)] + 2 * (energy - 0.5)
    wanted = register_pitch(settings, scale)
    strain = 3.2 * (settings.get("tension", 0.5) - 0.5) - 1.6 * (settings.get("valence", 0.5) - 0.5)
    bright = 2.4 * (settings.get("mode", 0.5) - 0.5) + 2.4 * (settings.get("valence", 0.5) - 0.5)
    chance = 0.6 + 5.0 * max(0.0, settings.get("surprise", 0.5) - 0.4) + 1.2 * settings.get("complexity", 0.3)
    if "surprise" in settings and settings["surprise"] < 0.5:
        chance *= max(0.0, 2 * settings["surprise"])
    return Line(
        bass.lowest,
        bass.highest,
        centre if wanted is None else wanted,
        strain,
        bright,
        chance,
        3.0 - 2.5 * max(0.0, settings.get("surprise", 0.5) - 0.5),
    )


def register_pitch(settings: Settings, scale: Scale) -> float | None:
    """The mean pitch that is asked for; gladness and excitement lift it where nobody asks for one."""
    place = settings.get("register")
    if place is None and ("valence" in settings or "arousal" in settings):
        place = 0.35 + 0.5 * (settings.get("valence", 0.5) - 0.5) + 0.4 * (settings.get("arousal", 0.5) - 0.5)
    share = figure("register", place, scale)
    return None if share is None else scale.lowest + share * (scale.highest - scale.lowest)


def replaced_centre(line: Line, centre: float) -> Line:
    return Line(line.lowest, line.highest, centre, line.strain, line.bright, line.chance, line.out)


def freed(hits: Sequence[Hit], ground: Ground, settings: Settings, seed: str) -> tuple[Hit, ...]:
    """Hits whose letter is let go: the more, the more complexity, surprise, strain or brightness are asked for."""
    share = max(
        0.9 * (settings.get("complexity", 0.0) - 0.3),
        1.6 * abs(settings.get("tension", 0.5) - 0.5),
        1.6 * abs(settings.get("mode", 0.5) - 0.5),
        1.6 * abs(settings.get("valence", 0.5) - 0.5),
        1.2 * (settings.get("surprise", 0.0) - 0.3),
    )
    tied = 1.5 * (0.4 - min(settings.get("complexity", 0.4), settings.get("surprise", 0.4)))
    if share <= 0 and tied <= 0:
        return tuple(hits)
    found = []
    for hit in hits:
        bar = ground.passage.bars[ground.bar_number(hit.at)]
        draw = draws(f"{seed}/free/{hit.at - bar.start_ticks}")[0]
        if hit.letter in "wa53O76" and draw < tied:
            hit = hit._replace(letter="R")
        elif hit.letter in "R5O376x" and draw < share:
            hit = hit._replace(letter="w")
        found.append(hit)
    return tuple(found)


def firsts(hits: Sequence[Hit], ground: Ground) -> list[bool]:
    """Whether each hit is the first of its chord; one that came early and is held over the change counts for it."""
    found: list[bool] = []
    done: set[int] = set()
    for number, hit in enumerate(hits):
        here, coming = ground.at(hit.at), ground.after(hit.at)
        found.append(here.start not in done)
        done.add(here.start)
        if hit.letter == "N" and not found[-1] and coming.start - hit.at <= EARLY_TICKS:
            rings_over = number + 1 < len(hits) and hits[number + 1].at > coming.start
            done.update((coming.start,) if rings_over else ())
    return found


def fortune(bass: Bass, ground: Ground, hits: Sequence[Hit], settings: Settings) -> Costs:
    """Luck of every half step above the bass at every hit: the same at the same place of every bar, but for a share."""
    fresh = max(0.0, min(1.0, 0.1 + 0.9 * settings.get("complexity", 0.1)))
    rows = []
    for hit in hits:
        number = ground.bar_number(hit.at)
        place = (hit.at - ground.passage.bars[number].start_ticks) // 120
        own = draws(f"{bass.seed}/luck/{number}/{place}")
        rows.append(own[1:] if own[0] < fresh else draws(f"{bass.seed}/luck/{place}")[1:])
    return np.array(rows).reshape(len(rows), 12)


def sounded(hits: Sequence[Hit], pitches: Sequence[int], ground: Ground, bass: Bass, loud: int) -> list[Tone]:
    """Hits with pitches as notes one after the other: swung, on the kick, cut where the next one begins."""
    times = played(hits, ground, bass.style.lock > 0)
    found = []
    for number, (hit, pitch) in enumerate(zip(hits, pitches, strict=True)):
        start = times[number]
        end = times[number + 1] if number + 1 < len(hits) else ground.passage.end_ticks
        length = min(max(60, round(hit.length * bass.style.articulation)), end - start)
        if bass.style.articulation >= 0.95 and hit.end >= end - 30:
            length = end - start
        if hit.letter == "x":
            length = min(length, GHOST_TICKS)
        if hit.letter == "N":
            length = min(end, hit.at + ground.passage.bars[0].length_ticks) - start
        if length > 0:
            found.append(Tone(start, length, pitch, velocity_of(hit, start, ground, loud, bass.seed)))
    return found


def velocity_of(hit: Hit, start: int, ground: Ground, loud: int, seed: str) -> int:
    """Louder on the one and with the kick, softer for dead notes."""
    number = ground.bar_number(hit.at)
    bar = ground.passage.bars[number]
    place = hit.at - bar.start_ticks
    base = loud + round(14 * (ground.energy[number] - 0.5))
    accent = 6 if place == 0 else 2 if place % bar.pulse_ticks == 0 else -4
    kick = 3 if start in ground.kicks else 0
    drift = int(7 * draws(f"{seed}/velocity/{place}/{number % 4}")[0]) - 3
    value = GHOST_VELOCITY if hit.letter == "x" else base + accent + kick
    return max(1, min(127, value + drift))


def with_pins(tones: Sequence[Tone], pins: Sequence[Tone], end: int) -> tuple[Tone, ...]:
    """The line with the pinned notes in it: what they cover goes, what reaches into them is cut."""
    found = list(pins)
    for tone in tones:
        if any(pin.start_ticks <= tone.start_ticks < pin.end_ticks for pin in pins):
            continue
        stop = min((pin.start_ticks for pin in pins if tone.start_ticks < pin.start_ticks), default=end)
        length = min(tone.end_ticks, stop, end) - tone.start_ticks
        if length > 0:
            found.append(tone._replace(length_ticks=length))
    return tuple(sorted(found))
