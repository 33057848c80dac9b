"""A second voice that goes along with the lead: in thirds or sixths, in the key, bent to the chords.

Conventions: every note of the lead inside the bars has one of the second voice, with its start, length and a little
less velocity. All pitches are found together (the cheapest way through), by interval, chord and step. Uneven timing of
the lead stays; how strong its notes are is told by the places that they are meant for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from bandmate.models.melody import MelodyModel
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.song.scales import scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.clip_lead import lead_in
from bandmate.stages.compose.clip_vary import with_pins, without_overlaps
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures_scale import dial_error, wanted
from bandmate.stages.compose.melody_figures import mean
from bandmate.stages.compose.melody_ground import Reach, chord_at, strength_near
from bandmate.stages.compose.melody_ideas import spread_out, task_of
from bandmate.stages.compose.melody_line import Task
from bandmate.stages.compose.melody_listening import priced
from bandmate.stages.compose.passage import Passage, Tone

SOFTER = 10
SPAN = 19
"""Half steps that the second voice lies from the lead at the most."""

LEAST_APART_OF_VOICES = 0.15


@dataclass(frozen=True, slots=True)
class Way:
    """A way to go along: which intervals are liked, on which side."""

    says: str
    intervals: tuple[int, ...]
    """Half steps from the lead, liked first."""

    side: int
    chord_weight: float = 1.0


WAYS = (
    Way("thirds below", (-3, -4), -1),
    Way("sixths below", (-8, -9), -1),
    Way("thirds above", (3, 4), 1),
    Way("chord tones below", (-5, -4, -3, -7, -8, -9), -1, 2.5),
    Way("tenths below", (-15, -16), -1),
    Way("sixths above", (8, 9), 1),
    Way("chord tones above", (5, 4, 3, 7, 8, 9), 1, 2.5),
    Way("thirds and sixths below", (-3, -4, -8, -9), -1, 1.5),
)


def harmony_line_ideas(
    passage: Passage,
    brief: ComposeBrief,
    model: MelodyModel | None = None,
    seed: int = 0,
    *,
    lead: Sequence[Tone] | None = None,
) -> tuple[Idea, ...]:
    """Second voices that go along with a lead: ``lead``, or the part of the song that leads in the bars.

    Raises
    ------
    RequestError
        where nothing leads in the bars, or the instrument cannot come near the lead.
    """
    line = lead_in(passage, lead, "harmonise")
    task = task_of(passage, brief)
    inside = [tone for tone in line.tones if passage.start_ticks <= tone.start_ticks < passage.end_ticks]
    if not inside:
        raise RequestError("no note of the lead begins in the bars; there is nothing to harmonise: choose other bars")
    inside = [t._replace(length_ticks=min(t.length_ticks, passage.end_ticks - t.start_ticks)) for t in inside]
    reach = reach_near(task.reach, inside)
    found: dict[tuple[Tone, ...], tuple[float, int, Idea]] = {}
    for number in range(max(len(WAYS), 4 * brief.alternatives)):
        way = WAYS[number % len(WAYS)]
        rng = Random(f"harmony line {seed} {number}") if number >= len(WAYS) else None
        pitches = cheapest(task, inside, way, reach, rng)
        second = [
            tone._replace(pitch=pitch, velocity=max(1, tone.velocity - SOFTER))
            for tone, pitch in zip(inside, pitches, strict=True)
        ]
        tones = without_overlaps(with_pins(second, task.pins), task.pins)
        facts = facts_of(task, inside, pitches)
        idea = Idea(tones=tones, says=way.says, evidence=stated(facts), models=("harmony line rules 1 (written)",))
        cost = 1.5 - facts["thirds and sixths"] - 0.5 * facts["in chord on strong beats"] + 0.02 * number
        cost += 8.0 * dial_error(idea, task.passage, brief) if wanted(brief) else 0.0
        found.setdefault(tones, (cost, number, idea))
    ranked = [row[2] for row in sorted(found.values(), key=lambda row: row[:2])]
    return spread_out([priced(model, task.passage, idea) for idea in ranked], brief.alternatives, LEAST_APART_OF_VOICES)


def reach_near(reach: Reach, lead: Sequence[Tone]) -> Reach:
    """The pitches within reach of the lead.

    Raises
    ------
    RequestError
        where the instrument lies too far away from it.
    """
    low, high = min(tone.pitch for tone in lead), max(tone.pitch for tone in lead)
    if reach.highest < high - SPAN or reach.lowest > low + SPAN:
        raise RequestError(
            f"the lead lies at {low} to {high}, the instrument plays {reach.lowest} to {reach.highest}; "
            "choose an instrument nearer to it"
        )
    return reach


def cheapest(task: Task, lead: Sequence[Tone], way: Way, reach: Reach, rng: Random | None) -> list[int]:
    """The cheapest row of pitches: each note by itself, and each step by what the lead does."""
    rows = [own_costs(task, tone, way, reach, rng, at + 1 == len(lead)) for at, tone in enumerate(lead)]
    best = {pitch: (cost, [pitch]) for pitch, cost in rows[0].items()}
    for at in range(1, len(rows)):
        step = lead[at].pitch - lead[at - 1].pitch
        fresh = {}
        for pitch, cost in rows[at].items():
            total, path = min(
                (
                    known + step_cost(pitch - last, step, lead[at].pitch - pitch, lead[at - 1].pitch - last),
                    path,
                )
                for last, (known, path) in best.items()
            )
            fresh[pitch] = (total + cost, [*path, pitch])
        best = fresh
    return min(best.values())[1]


def own_costs(task: Task, tone: Tone, way: Way, reach: Reach, rng: Random | None, is_last: bool) -> dict[int, float]:
    """What each pitch in reach costs under (or over) one note of the lead; at most twelve."""
    bar = task.passage.bar_at(tone.start_ticks)
    chord, scale = chord_at(task.passage, tone.start_ticks), scale_of(bar.key)
    strong = strength_near(task.passage, tone.start_ticks) >= 2 or tone.length_ticks >= 960
    found = {}
    low, high = max(reach.lowest, tone.pitch - SPAN), min(reach.highest, tone.pitch + SPAN)
    for pitch in range(low, high + 1) if low <= high else (nearest(reach, tone.pitch),):
        inside = pitch % 12 in chord
        if not inside and pitch % 12 not in scale and tone.pitch % 12 in scale:
            continue
        gap = pitch - tone.pitch
        cost = 0.9 * min(abs(gap - liked) for liked in way.intervals) ** 0.8
        cost += 2.0 * (gap * way.side <= 0) + 3.0 * (gap == 0) + 1.6 * (abs(gap) % 12 in (1, 2, 10, 11, 6))
        cost += 0.0 if inside or not chord else way.chord_weight * (1.1 if strong or is_last else 0.25)
        found[pitch] = cost + (rng.uniform(0, 0.9) if rng else 0.0)
    if not found:
        found[nearest(reach, tone.pitch - 4)] = 0.0
    return dict(sorted(found.items(), key=lambda item: item[1])[:12])


def nearest(reach: Reach, pitch: int) -> int:
    return min(max(pitch, reach.lowest), reach.highest)


def step_cost(own: int, lead: int, interval: int, before: int) -> float:
    """What a step of the second voice costs, by the lead's step and the intervals after and before it."""
    cost = 0.25 * max(0, abs(own) - abs(lead) - 2) + 0.12 * (own != 0 and lead == 0) * abs(own)
    if own and interval % 12 in (0, 7) and interval == before:
        cost += 2.5
    return cost


def facts_of(task: Task, lead: Sequence[Tone], pitches: Sequence[int]) -> dict[str, float]:
    """What the second voice is like."""
    gaps = [abs(tone.pitch - pitch) % 12 for tone, pitch in zip(lead, pitches, strict=True)]
    strong = [
        pitch % 12 in chord_at(task.passage, tone.start_ticks)
        for tone, pitch in zip(lead, pitches, strict=True)
        if chord_at(task.passage, tone.start_ticks) and strength_near(task.passage, tone.start_ticks) >= 3
    ]
    scales = [
        pitch % 12 in scale_of(task.passage.bar_at(tone.start_ticks).key)
        for tone, pitch in zip(lead, pitches, strict=True)
    ]
    return {
        "thirds and sixths": mean([gap in (3, 4, 8, 9) for gap in gaps]),
        "in chord on strong beats": mean(strong) if strong else 1.0,
        "in the key": mean(scales),
    }


def stated(facts: Mapping[str, float]) -> tuple[Evidence, ...]:
    return tuple(Evidence(what=name, unit="share", after=round(value, 3)) for name, value in facts.items())
