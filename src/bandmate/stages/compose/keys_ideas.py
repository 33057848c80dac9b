"""Comping: chords of a keyboard or a guitar in the rhythms of a genre, led from one to the next, with the drummer.

Chords change where the chord track changes, held ones too. Sections of one name share a rhythm, full ones have a
busier row. What the part already plays before the bars is one of the rows that are offered.

Conventions: song ticks; the bars asked for only. Rhythms are written (``data/compose/keys.toml``); nothing is learned.
The same passage, brief and seed give the same ideas.

Not covered: pedalling; two hands of a solo piano; solos.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from bandmate.stages.compose.band_ground import Ground, draws, ground_of, pinned_tones, reach
from bandmate.stages.compose.band_says import told
from bandmate.stages.compose.band_steering import Settings, figure, steered
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.genres import band_of, genre_of, program_in, usual_swing
from bandmate.stages.compose.groove_plan import Feel, Plan, own_row, planned, played
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.keys_voicing import HALF_SPAN, Colour, coloured, picked, shapes_of
from bandmate.stages.compose.measures_scale import Scale, scale_of, wanted
from bandmate.stages.compose.part_styles import PartStyle, Row, style_of
from bandmate.stages.compose.passage import Passage, Tone
from bandmate.stages.compose.pattern_rows import Hit
from bandmate.stages.compose.voicing_shapes import Shape

Manner = Literal["comp", "pad"]
MORE_THAN_ASKED = 4
SOURCE = "keys rhythms 1 (written)"
SOFT = 14
STRUM_TICKS = 8
EARLY_TICKS = 960
NEAR_CHANGE = 240
CENTRES = (None, 66.0, 58.0, None)
"""Where the candidates lie: where the style does, higher, lower."""

NOT_CHORDS = ("bass", "lead-vox", "lead-guitar")
PAD_AWAY, PAD_LOW, PAD_LOWEST = 9.0, 60.0, 50
"""A pad lies so far from other chords (below them where they lie higher), and never among the bass notes."""

PAD_ROW = Row("C--- ---- ---- ----", 0.2, "held chords")


@dataclass(frozen=True, slots=True)
class Keys:
    """One candidate's manner: its number, its luck, its style, who plays where, and whether it only holds."""

    number: int
    seed: str
    style: PartStyle
    lowest: int
    highest: int
    is_pad: bool

    @property
    def layout(self) -> str:
        other = self.is_pad or self.number % 4 == 3
        return self.style.pad_style if other and self.style.style not in ("power", "guitar") else self.style.style


def keys_ideas(passage: Passage, brief: ComposeBrief, seed: int, manner: Manner = "comp") -> tuple[Idea, ...]:
    """Comping for the bars of a passage, the nearest to the dials first, several times as many as are asked for.

    Parameters
    ----------
    passage : Passage
        the bars, with the chords, the drums and everything else that is heard.
    brief : ComposeBrief
        genre, dials, pins, instrument (``program``; the genre's usual one where none is named).
    manner : str
        ``pad`` holds its chords.

    Raises
    ------
    RequestError
        for no bars, or a pin that cannot be met.
    """
    genre = genre_of(brief.genre)
    ground = ground_of(passage, brief, usual_swing(genre))
    lowest, highest = reach("keys", brief.program, program_in(band_of(genre).sounds[0], "keys"))
    pins = pinned_tones(passage, brief, lowest, highest)
    if manner == "pad" and "register" not in wanted(brief) and highest - PAD_LOWEST >= 2 * HALF_SPAN:
        lowest = max(lowest, PAD_LOWEST)
    style = style_of("keys", genre)
    found: dict[tuple[Tone, ...], tuple[float, int, str]] = {}
    for number in range(MORE_THAN_ASKED * max(1, brief.alternatives)):
        keys = Keys(number, f"{manner}/{seed}/{number}", style, lowest, highest, manner == "pad")
        tones, error, says = candidate(keys, ground, brief, pins)
        if tones not in found:
            found[tones] = (round(error, 6), number, says)
    order = sorted(found, key=lambda tones: found[tones][:2])
    words = told(order, [found[tones][2] for tones in order], passage)
    return tuple(Idea(tones=tones, says=says, models=(SOURCE,)) for tones, says in zip(order, words, strict=True))


def candidate(
    keys: Keys, ground: Ground, brief: ComposeBrief, pins: tuple[Tone, ...]
) -> tuple[tuple[Tone, ...], float, str]:
    """One way to comp: notes, distance from the dials, and the name of its rhythm."""
    scale = scale_of(ground.passage, brief)
    names: list[str] = []
    known: dict[float | None, tuple[Shape, ...]] = {}

    def shapes(centre: float | None) -> tuple[Shape, ...]:
        place = None if centre is None else float(round(centre))
        if place not in known:
            known[place] = shapes_of(ground, keys.layout, place, keys.lowest, keys.highest)
        return known[place]

    def make(settings: Settings) -> tuple[Tone, ...]:
        centre = middle(keys, ground, settings, scale)
        voices = sum(map(len, shapes(centre))) / len(ground.harmony)
        plan = keys_plan(keys, ground, settings, scale, voices)
        names[:] = [plan.says]
        return with_pins(comped(keys, ground, plan, settings, shapes(centre)), pins)

    tones, error = steered(make, ground.passage, brief)
    return tones, error, names[0]


def middle(keys: Keys, ground: Ground, settings: Settings, scale: Scale) -> float | None:
    """Around which pitch the chords lie; None where the style decides."""
    place = settings.get("register")
    if place is None and ("valence" in settings or "arousal" in settings):
        place = 0.6 + 0.7 * (settings.get("valence", 0.5) - 0.5) + 0.4 * (settings.get("arousal", 0.5) - 0.5)
    share = figure("register", place, scale)
    if share is None:
        return away_from_others(ground) if keys.is_pad else CENTRES[keys.number % len(CENTRES)]
    return min(max(scale.lowest + share * (scale.highest - scale.lowest), keys.lowest), keys.highest)


def away_from_others(ground: Ground) -> float | None:
    """Where a pad leaves room to the other chords: above them, or below where they lie high; None without any."""
    others = [part.tones for part in ground.passage.parts if not part.is_drums and part.role not in NOT_CHORDS]
    pitches = [tone.pitch for tones in others for tone in tones]
    if not pitches:
        return None
    mean = sum(pitches) / len(pitches)
    return mean + PAD_AWAY if mean < PAD_LOW else mean - PAD_AWAY


def keys_plan(keys: Keys, ground: Ground, settings: Settings, scale: Scale, voices: float) -> Plan:
    """Where the chords are struck."""
    pace = settings.get("density")
    if pace is None and "arousal" in settings:
        pace = 0.2 + 0.6 * settings["arousal"]
    notes = figure("density", pace, scale)
    own = own_row(ground, letter_of) if keys.number % 4 == 0 and not keys.is_pad else None
    feel = Feel(
        seed=keys.seed,
        chance=0.3,
        rank=keys.number % 4,
        own_row=PAD_ROW if keys.is_pad else own,
        onsets=None if notes is None else max(0.3, notes / voices),
        syncopation=figure("syncopation", settings.get("syncopation"), scale),
        change=0.0 if keys.is_pad else settings.get("complexity", 0.3),
        plain=2.4 * (0.5 - settings.get("surprise", 0.5)),
        plain_letter="C",
        letter="c",
        rings=keys.style.articulation > 0.65 or keys.is_pad,
        kick_letter="",
    )
    return planned(ground, keys.style, feel)


def letter_of(tones: Sequence[Tone], ground: Ground) -> str:
    """What notes that the part played stand for: a chord, or one of its notes."""
    return "C" if len(tones) > 1 else "3" if tones[0].pitch >= 60 else "1"


def comped(keys: Keys, ground: Ground, plan: Plan, settings: Settings, shapes: Sequence[Shape]) -> list[Tone]:
    """The hits of a plan with their notes."""
    hits = at_changes(plan.hits, ground)
    times = played(hits, ground, keys.style.lock >= 0.3)
    colour = colour_of(settings)
    by_start = dict(zip(ground.starts, shapes, strict=True))
    loud = keys.style.velocity + round(44 * (settings.get("arousal", 0.5) - 0.5)) - 8 * keys.is_pad
    found: list[Tone] = []
    for number, hit in enumerate(hits):
        start = times[number]
        end = times[number + 1] if number + 1 < len(hits) else ground.passage.end_ticks
        here, coming = ground.at(hit.at), ground.after(hit.at)
        is_early = hit.letter == "N" and coming.start in by_start and coming.start - hit.at <= EARLY_TICKS
        harmony = coming if is_early else here
        length = min(max(60, round(hit.length * (1.0 if keys.is_pad else keys.style.articulation))), end - start)
        if hit.letter.isdigit() or (keys.style.articulation >= 0.95 and hit.end >= end - 30):
            length = end - start if not hit.letter.isdigit() else min(hit.length, end - start)
        if not is_early and harmony.end > start:
            length = min(length, harmony.end - start)
        place = hit.at - ground.passage.bars[ground.bar_number(hit.at)].start_ticks
        fresh = ground.bar_number(hit.at) if draws(f"{keys.seed}/fresh/{hit.at}")[0] < colour.turns else -1
        shape = coloured(
            by_start[harmony.start], harmony, colour, f"{keys.seed}/{place}/{fresh}", (keys.lowest, keys.highest)
        )
        notes = picked(hit.letter, shape, harmony, keys.lowest)
        if length > 0:
            velocity = velocity_of(hit, ground, loud, keys.seed)
            found += struck(start, length, notes, velocity, keys.layout == "guitar" and not keys.is_pad)
    return found


def colour_of(settings: Settings) -> Colour:
    """What the dials make of the voicings."""
    tension, mode = settings.get("tension", 0.5) - 0.5, settings.get("mode", 0.5) - 0.5
    glad = settings.get("valence", 0.5) - 0.5
    share = 2.2 * max(abs(tension), abs(mode), abs(glad))
    turns = max(1.1 * (settings.get("complexity", 0.0) - 0.3), 1.1 * (settings.get("surprise", 0.0) - 0.3), 0.0)
    return Colour(3.0 * tension - 1.5 * glad, 2.4 * mode + 1.6 * glad, share, turns)


def at_changes(hits: Sequence[Hit], ground: Ground) -> list[Hit]:
    """Hits with those added where a held one meets a new chord."""
    found: list[Hit] = []
    starts = ground.starts
    for number, hit in enumerate(hits):
        following = hits[number + 1].at if number + 1 < len(hits) else ground.passage.end_ticks
        cuts = [at for at in starts if hit.at + NEAR_CHANGE <= at < min(hit.end, following - NEAR_CHANGE + 1)]
        if not cuts or hit.letter == "N" or hit.letter.isdigit():
            found.append(hit)
            continue
        edges = [hit.at, *cuts, max(hit.end, cuts[-1] + NEAR_CHANGE)]
        for start, end in pairwise(edges):
            found.append(Hit(start, end - start, hit.letter, hit.is_swung))
    return sorted(found)


def struck(start: int, length: int, notes: Shape, velocity: int, is_strummed: bool) -> list[Tone]:
    """The notes of a hit; a guitar's strings one after the other."""
    step = STRUM_TICKS if is_strummed and len(notes) > 2 else 0
    step = min(step, (length - 1) // max(1, len(notes)))
    return [
        Tone(start + step * at, length - step * at, pitch, max(1, velocity - (2 if at else 0)))
        for at, pitch in enumerate(notes)
    ]


def velocity_of(hit: Hit, ground: Ground, loud: int, seed: str) -> int:
    """Louder on the pulse, softer for soft chords and single notes."""
    number = ground.bar_number(hit.at)
    bar = ground.passage.bars[number]
    place = hit.at - bar.start_ticks
    accent = 4 if place == 0 else 1 if place % bar.pulse_ticks == 0 else -2
    soft = SOFT if hit.letter == "c" else 6 if hit.letter in "UL" or hit.letter.isdigit() else 0
    drift = int(7 * draws(f"{seed}/velocity/{place}/{number % 4}")[0]) - 3
    return max(1, min(127, loud + round(14 * (ground.energy[number] - 0.5)) + accent - soft + drift))


def with_pins(tones: Sequence[Tone], pins: Sequence[Tone]) -> tuple[Tone, ...]:
    """The chords with the pinned notes in them; no note sounds twice at one time."""
    found: list[Tone] = list(pins)
    ends: dict[int, int] = {}
    last: dict[int, Tone] = {}
    for tone in sorted(tones):
        if any(pin.pitch == tone.pitch and pin.start_ticks <= tone.start_ticks < pin.end_ticks for pin in pins):
            continue
        later = [pin.start_ticks for pin in pins if pin.pitch == tone.pitch and pin.start_ticks > tone.start_ticks]
        stop = min([tone.end_ticks, *later])
        if ends.get(tone.pitch, -1) > tone.start_ticks:
            before = last[tone.pitch]
            if before.start_ticks == tone.start_ticks:
                continue
            found.remove(before)
            found.append(before._replace(length_ticks=tone.start_ticks - before.start_ticks))
        tone = tone._replace(length_ticks=stop - tone.start_ticks)
        found.append(tone)
        ends[tone.pitch], last[tone.pitch] = tone.end_ticks, tone
    return tuple(sorted(found))
