"""Harmony in four parts for a melody: several settings, each another manner, by search over what Bach's chorales teach.

How it is done: every slot of the melody (a beat) gets all ways to set it in four voices; the best row of them is found
exactly, over learned scores and prices of the rules; then passing notes and suspensions come in where no rule is hurt;
then the mixing model says how usual the result is. The melody stays as it is.

Conventions: ``Idea.tones`` are the notes of the three lower voices, ``Idea.voices`` the rows of all four, highest
first. ``Idea.nats`` is for a sixteenth of a lower voice. Chords come back where the song has none for some of the bars.

Not covered: words; more or fewer than four voices.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bandmate.models.chorale import ChoraleModel
from bandmate.models.part_costs import QUALITIES, Rows
from bandmate.models.part_search import IMPOSSIBLE, Scores, cheapest_path
from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Chord
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.harmony_aims import Aims, aims_of
from bandmate.stages.compose.harmony_ground import HarmonyGround, harmony_ground
from bandmate.stages.compose.harmony_manner import Manner, manners_for, turned
from bandmate.stages.compose.harmony_surface import SUSPENSION, chances, decorate, lines_of, moments_of
from bandmate.stages.compose.harmony_words import Setting, figures_of, is_borne_out, says_of
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.passage import Passage, Tone

LEAST_DISTANCE = 0.15
MORE_THAN_ASKED = 4
FEWER_WITH_DIALS = 2
FRAME_TICKS = 240
NOISE = 0.4
REUSE_PRICE = 1.5
"""Of a state that a setting too much like this one has in the same slot."""

TRIES = 3


def harmonise_ideas(passage: Passage, brief: ComposeBrief, model: ChoraleModel, seed: int = 0) -> tuple[Idea, ...]:
    """Settings in four parts of the melody that the passage's own part has in the bars, the most usual manner first.

    Parameters
    ----------
    passage : Passage
        ``own`` is the melody; of notes that sound together the highest counts.
    brief : ComposeBrief
        chord pins and note pins are met exactly; ``key`` holds instead of the song's; dials turn every setting.
    model : ChoraleModel
        from ``load_chorale``.
    seed : int
        another number gives other settings; all but the first are moved a little by it.

    Returns
    -------
    tuple of Idea
        up to four times ``brief.alternatives``, at least ``LEAST_DISTANCE`` apart; nothing for bars without melody,
        but for one idea with the pinned notes where there are any.

    Raises
    ------
    RequestError
        if there are no bars, or a pin cannot be met.
    """
    ground = harmony_ground(passage, brief, model.parts)
    if not ground.slots:
        pins = tuple(sorted(pin.tone for pin in ground.pins))
        return (Idea(tones=pins, says="the pinned notes", voices=((), *rows_of_pins(ground))),) if pins else ()
    rng = np.random.Generator(np.random.PCG64(seed))
    found: list[tuple[Setting, Idea]] = []
    manners, aims = manners_for(ground), aims_of(passage, brief)
    wanted = (MORE_THAN_ASKED if aims is None else FEWER_WITH_DIALS) * max(1, brief.alternatives)
    for number in range(max(wanted, len(manners)) + TRIES):
        manner = manners[number % len(manners)]
        if number >= len(manners):
            manner = replace(manner, says=f"another way: {manner.says}".rstrip(": "))
        one = another(ground, manner, found, rng, aims)
        if one is not None:
            found.append((one, idea_of(ground, one)))
        if len(found) == wanted:
            break
    return tuple(
        replace(idea, nats=nats_of(ground, setting, model), models=(model.version,)) for setting, idea in found
    )


def nats_of(ground: HarmonyGround, setting: Setting, model: ChoraleModel) -> float:
    """What the model pays for a sixteenth of a lower voice."""
    return model.lower_nats(*frames_of(ground, setting.voices))


def another(
    ground: HarmonyGround,
    manner: Manner,
    others: Sequence[tuple[Setting, Idea]],
    rng: np.random.Generator,
    aims: Aims | None,
) -> Setting | None:
    """A setting in a manner that is what it says and far enough from the others; None where there is none."""
    count, kept = ground.unary.shape
    prices = np.zeros((count, kept))
    first = figures_of(ground, others[0][0]) if others else None
    for _ in range(TRIES):
        setting = aimed(ground, manner, prices, rng if others or aims else None, aims)
        mine = outline(ground, setting)
        near = [other for other, idea in others if distance(mine, idea) < LEAST_DISTANCE]
        if not near:
            return setting if is_borne_out(setting, figures_of(ground, setting), first) else None
        for other in near:
            same = (ground.states[:, :, :4] == other.chosen[:, None, :4]).all(axis=2)
            prices += REUSE_PRICE * same + rng.normal(0.0, NOISE, prices.shape)
    return None


def aimed(
    ground: HarmonyGround, manner: Manner, prices: Scores, rng: np.random.Generator | None, aims: Aims | None
) -> Setting:
    """A setting as near to the dials as it goes."""
    if aims is None:
        return set_in(ground, manner, prices, rng)
    return aims.nearest(ground, lambda turns: set_in(ground, turned(manner, turns), prices, rng))


def outline(ground: HarmonyGround, setting: Setting) -> Idea:
    """A setting's notes and chords, for its distance to others."""
    are_free = any(chord is None for chord in ground.chords)
    return Idea(tones=merged(setting.voices), chords=chords_of(ground, setting) if are_free else ())


def set_in(ground: HarmonyGround, manner: Manner, prices: Scores, rng: np.random.Generator | None) -> Setting:
    """The best setting in a manner; without ``rng`` nothing is drawn but which chances of the surface are taken."""
    unary = ground.unary - prices
    if rng is not None:
        unary = unary + rng.normal(0.0, NOISE * (1 + 4 * manner.noise), unary.shape)
    for at, slot in enumerate(ground.slots):
        number = int(ground.numbers[at])
        if manner.lean is not None:
            unary[at, :number] += manner.lean(ground.states[at, :number], slot)
        unary[at, number:] = IMPOSSIBLE
    path = np.zeros(len(ground.slots), np.int64)
    cheapest_path(unary, leaning_steps(ground, manner.same), ground.numbers, path)
    chosen = ground.states[np.arange(len(path)), path]
    return with_surface(ground, manner, chosen, rng or np.random.Generator(np.random.PCG64(1)))


def leaning_steps(ground: HarmonyGround, same: float) -> Scores:
    """The scores of steps, with more for staying on a chord on weak beats."""
    if same == 0.0 or len(ground.slots) < 2:
        return ground.steps
    chords = ground.states[:, :, 4] * 16 + ground.states[:, :, 5]
    stays = np.zeros_like(ground.steps)
    stays[1:] = chords[:-1, :, None] == chords[1:, None, :]
    weak = np.array([slot.strength / 2 for slot in ground.slots])
    return ground.steps + same * weak[:, None, None] * stays


def with_surface(ground: HarmonyGround, manner: Manner, chosen: Rows, rng: np.random.Generator) -> Setting:
    """The chords as lines."""
    pitches, facts = moments_of(ground, chosen)
    options = chances(ground, chosen)
    options = options[rng.permutation(len(options))]
    shares = np.array([manner.passing, manner.suspending, 0.25 * manner.passing, manner.breaking])
    wanted = (rng.random(len(options)) < shares[options[:, 0]]).astype(np.int64)
    taken = np.zeros(len(options), np.int64)
    decorate(pitches, facts, options, wanted, taken)
    kinds = options[taken > 0]
    tied = {(int(one[1]), int(one[2])) for one in kinds if one[0] == SUSPENSION}
    voices = lines_of(ground, chosen, pitches, tied, holds=manner.holds, loudness=manner.loudness)
    return Setting(manner, chosen, voices, len(tied), len(kinds) - len(tied))


def merged(voices: Sequence[Sequence[Tone]]) -> tuple[Tone, ...]:
    """All notes of some voices in order; where two are on one pitch, the earlier ends when the later begins."""
    found: list[Tone] = []
    last: dict[int, int] = {}
    for tone in sorted(tone for voice in voices for tone in voice):
        at = last.get(tone.pitch)
        if at is not None and found[at].end_ticks > tone.start_ticks:
            if found[at].start_ticks == tone.start_ticks:
                found[at] = tone
                continue
            found[at] = found[at]._replace(length_ticks=tone.start_ticks - found[at].start_ticks)
        last[tone.pitch] = len(found)
        found.append(tone)
    return tuple(found)


def idea_of(ground: HarmonyGround, setting: Setting) -> Idea:
    """A setting as an idea, but for its nats."""
    melody_is_far = ("the melody is set as if it were in another octave, where the other voices fit it",)
    changes = figures_of(ground, setting)["changes"] / max(1, len(ground.passage.bars))
    return replace(
        outline(ground, setting),
        says=says_of(ground, setting),
        evidence=(
            Evidence(what="chords in a bar", unit="chords", after=round(changes, 2)),
            Evidence(what="suspensions", unit="notes", after=float(setting.suspensions)),
            Evidence(what="passing notes", unit="notes", after=float(setting.passing)),
        ),
        notes=melody_is_far if ground.shift else (),
        voices=(ground.line, *setting.voices),
    )


def chords_of(ground: HarmonyGround, setting: Setting) -> tuple[Chord, ...]:
    """The chords of a setting, those of the song among them; each until the next one."""
    found: list[tuple[int, int, tuple[int, str, int | None]]] = []
    for slot, state, given in zip(ground.slots, setting.chosen.tolist(), ground.chords, strict=True):
        bass = state[3] % 12
        name = (state[4], QUALITIES[state[5]], bass if bass != state[4] else None)
        if given is not None:
            name = (given.root, given.quality, given.bass)
        if found and found[-1][2] == name:
            found[-1] = (found[-1][0], slot.end, name)
        else:
            if found:
                found[-1] = (found[-1][0], slot.start, found[-1][2])
            found.append((slot.start, slot.end, name))
    return tuple(
        Chord(id=f"chord-{at}", start_ticks=start, length_ticks=end - start, root=root, quality=quality, bass=bass)
        for at, (start, end, (root, quality, bass)) in enumerate(found, 1)
    )


def frames_of(ground: HarmonyGround, lower: Sequence[Sequence[Tone]]) -> tuple[Rows, Rows]:
    """All four voices at each sixteenth from the first note to the last, and its place in the bar."""
    line = [tone._replace(pitch=tone.pitch + ground.shift) for tone in ground.line]
    voices = [line, *lower]
    start = ground.slots[0].start
    ticks = np.arange(start, max(start + 1, ground.slots[-1].end), FRAME_TICKS)
    frames = np.zeros((len(ticks), 4), np.int64)
    for number, voice in enumerate(voices):
        starts, pitches = np.array([tone.start_ticks for tone in voice]), np.array([tone.pitch for tone in voice])
        frames[:, number] = pitches[np.maximum(0, np.searchsorted(starts, ticks, side="right") - 1)]
    begins = [bar.start_ticks for bar in ground.passage.all_bars]
    bars = [begins[max(0, bisect_right(begins, int(at)) - 1)] for at in ticks]
    return frames, (ticks - np.array(bars)) // FRAME_TICKS


def rows_of_pins(ground: HarmonyGround) -> tuple[tuple[Tone, ...], ...]:
    """The pinned notes of alto, tenor and bass."""
    return tuple(tuple(sorted(pin.tone for pin in ground.pins if pin.voice == voice)) for voice in (1, 2, 3))
