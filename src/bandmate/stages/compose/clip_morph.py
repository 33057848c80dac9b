"""From one clip to another in steps: each gives up a little more of the first and takes a little more of the second.

Conventions: notes that begin together are one place. A place of both clips changes its notes; a place of the first goes
together with the nearest one of the second. Every step is made of whole places, so the distance to the first clip never
falls on the way and that to the second never rises; both ends are the clips themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bandmate.models.melody import MelodyModel
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.clip_seed import share_of_seed
from bandmate.stages.compose.idea import SAME_ONSET_TICKS, Idea, tone_distance
from bandmate.stages.compose.melody_ground import strength_near, top_line
from bandmate.stages.compose.melody_listening import priced
from bandmate.stages.compose.passage import Passage, Tone

MOST_STEPS = 32
Places = dict[int, tuple[Tone, ...]]
Change = tuple[tuple[int, ...], tuple[int, ...]]
"""Places of the first clip that go, and of the second that come."""


def morph_ideas(
    passage: Passage,
    brief: ComposeBrief,
    model: MelodyModel | None = None,
    seed: int = 0,
    *,
    one: Sequence[Tone],
    other: Sequence[Tone],
    steps: int = 3,
) -> tuple[Idea, ...]:
    """The way from ``one`` to ``other``: both of them with ``steps`` ideas between, in this order.

    Parameters
    ----------
    one, other : sequence of Tone
        notes in the bars of the passage, in song ticks (`laid_in` moves a clip there).
    steps : int
        how many between, 1 to 32.

    Raises
    ------
    RequestError
        for an empty clip, notes outside of the bars, pinned notes, or another number of steps.
    """
    if not 1 <= steps <= MOST_STEPS:
        raise RequestError(f"a morph of {steps} steps is not possible; ask for 1 to {MOST_STEPS}")
    if brief.note_pins:
        raise RequestError(
            "a morph ends at two clips as they are; take the pinned notes out, or put them into both clips"
        )
    ends = [tuple(sorted(tones)) for tones in (one, other)]
    for tones, name in zip(ends, ("first", "second"), strict=True):
        if not tones:
            raise RequestError(f"the {name} clip is empty; a morph needs notes at both ends")
        if tones[0].start_ticks < passage.start_ticks or tones[-1].start_ticks >= passage.end_ticks:
            raise RequestError(
                f"the {name} clip does not lie in the bars asked for; move it there or ask for more bars"
            )
    changes = ordered_changes(passage, ends[0], ends[1], Random(f"morph {seed}"))
    ways = [way_between(ends[0], ends[1], changes, done, passage.end_ticks) for done in range(len(changes) + 1)]
    # subtle: clips that only differ in lengths have no change between them, and are two ends all the same.
    ways = [ends[0], *ways[1:-1], ends[1]]
    whole = tone_distance(*ends)
    gone = [tone_distance(ends[0], tones) for tones in ways]
    found, last = [], 0
    for number in range(steps + 2):
        wanted = whole * number / (steps + 1)
        at = min(range(last, len(ways)), key=lambda k: abs(gone[k] - wanted)) if 0 < number <= steps else 0
        at = len(ways) - 1 if number == steps + 1 else at
        last = max(last, at)
        found.append(step_idea(ends, ways[at], number, steps + 1))
    return tuple(priced(model, passage, idea) for idea in found)


def laid_in(tones: Sequence[Tone], start_ticks: int, passage: Passage) -> tuple[Tone, ...]:
    """A clip that begins at ``start_ticks`` moved to the start of the bars; what reaches out of them is cut."""
    moved = (tone._replace(start_ticks=tone.start_ticks - start_ticks + passage.start_ticks) for tone in tones)
    end = passage.end_ticks
    return tuple(
        tone._replace(length_ticks=min(tone.length_ticks, end - tone.start_ticks))
        for tone in moved
        if passage.start_ticks <= tone.start_ticks < end
    )


def step_idea(ends: Sequence[tuple[Tone, ...]], tones: tuple[Tone, ...], number: int, last: int) -> Idea:
    """A step of the way, with its distances to both ends."""
    rows = (("distance from the first clip", ends[0]), ("distance from the second clip", ends[1]))
    shares = (("notes of the first clip kept", ends[0]), ("notes of the second clip", ends[1]))
    evidence = [Evidence(what=what, unit="0 to 1", after=round(tone_distance(end, tones), 3)) for what, end in rows]
    evidence += [Evidence(what=what, unit="share", after=round(share_of_seed(end, tones), 3)) for what, end in shares]
    says = (
        "the first clip" if number == 0 else "the second clip" if number == last else f"{number} of {last - 1} between"
    )
    return Idea(tones=tones, says=says, evidence=tuple(evidence), models=("morph rules 1 (written)",))


def places_of(tones: Sequence[Tone]) -> Places:
    """Notes by place, as the distance counts places."""
    found: dict[int, list[Tone]] = {}
    for tone in tones:
        found.setdefault(round(tone.start_ticks / SAME_ONSET_TICKS), []).append(tone)
    return {place: tuple(row) for place, row in found.items()}


def ordered_changes(passage: Passage, one: Sequence[Tone], other: Sequence[Tone], rng: Random) -> list[Change]:
    """All changes, those of weak places first; ornaments go before the frame does."""
    first, second = places_of(one), places_of(other)
    changes: list[Change] = [
        ((at,), (at,)) for at in sorted(set(first) & set(second)) if pitches(first[at]) != pitches(second[at])
    ]
    going, coming = sorted(set(first) - set(second)), sorted(set(second) - set(first))
    for at in going:
        near = min(coming, key=lambda place: abs(place - at), default=None)
        if near is not None and abs(near - at) * SAME_ONSET_TICKS <= 1920:
            coming.remove(near)
            changes.append(((at,), (near,)))
        else:
            changes.append(((at,), ()))
    changes += [((), (at,)) for at in coming]

    def weight(change: Change) -> float:
        strengths = [strength_near(passage, place * SAME_ONSET_TICKS) for place in (*change[0], *change[1])]
        return max(strengths) + rng.gauss(0, 1.2)

    return sorted(changes, key=weight)


def pitches(tones: Sequence[Tone]) -> set[int]:
    return {tone.pitch for tone in tones}


def way_between(
    one: Sequence[Tone], other: Sequence[Tone], changes: Sequence[Change], done: int, end_ticks: int
) -> tuple[Tone, ...]:
    """The first clip with some changes made; places of both that need none keep the first one's notes."""
    first, second = places_of(one), places_of(other)
    state = dict(first)
    for going, _ in changes[:done]:
        for at in going:
            state.pop(at, None)
    for _, coming in changes[:done]:
        for at in coming:
            state[at] = second[at]
    tones = sorted(tone for row in state.values() for tone in row)
    is_line = not top_line(one)[1] and not top_line(other)[1]
    return cut_lengths(tones, is_line, end_ticks)


def cut_lengths(tones: Sequence[Tone], is_line: bool, end_ticks: int) -> tuple[Tone, ...]:
    """No note sounds into the next one of a line, into another of its pitch, or out of the bars."""
    found = []
    for at, tone in enumerate(tones):
        following = [
            then.start_ticks
            for then in tones[at + 1 :]
            if then.start_ticks > tone.start_ticks and (is_line or then.pitch == tone.pitch)
        ]
        end = min([tone.end_ticks, end_ticks, *following])
        found.append(tone._replace(length_ticks=max(1, end - tone.start_ticks)))
    return tuple(found)
