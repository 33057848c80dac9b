"""Groove: when and how hard a part is played, as drummers would; its notes, their pitches and their order stay.

The middle of what drummers do at each stroke comes from trees (``models/drum_feel.py``); what they do around it is
drawn, with its drift, so that no two bars are played alike. ``amount`` scales both; 0 leaves every note as it is. A
part of another instrument follows the hat of a drummer, a bass the kick.

Conventions: notes move by at most ``MOST_MS`` and never past their neighbours or out of the bars; velocities by at
most ``MOST_VELOCITY``. A part whose velocities are all alike gets those of a drummer; one that has its own keeps them
and is only moved around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate.models.drum_feel import FAR, Score, facts_of, rest
from bandmate.models.drum_kit import GHOST, GHOST_VELOCITY, HAT, KICK, SNARE, STYLES, piece_of
from bandmate.models.drums import DrumModel
from bandmate.song.errors import RequestError
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.drum_clips import drumify_ideas
from bandmate.stages.compose.drum_plan import genre_of
from bandmate.stages.compose.drum_sheet import STYLE_OF_WRITTEN
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.measures_meter import PLACE_TICKS, place_of
from bandmate.stages.compose.passage import Passage, Tone

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_MS = 45.0
MOST_VELOCITY = 50
FLAT_VELOCITIES = 4.0
"""Spread of a piece's velocities below which a part counts as not played yet."""

KEPT_SHARE = 0.35
"""How much of a drummer's accents a part with velocities of its own takes on."""

__all__ = ["drumify_ideas", "groove_ideas"]


@dataclass(frozen=True, slots=True)
class Manner:
    """One way to play it: how much of the middle and of the rest, and how late on the whole (ms)."""

    says: str
    middle: float
    rest: float
    late_ms: float = 0.0


MANNERS = (
    Manner("as drummers play", 1.0, 0.6),
    Manner("tight", 0.8, 0.25),
    Manner("loose", 1.0, 1.0),
    Manner("laid back", 1.0, 0.5, 9.0),
    Manner("pushing", 1.0, 0.5, -7.0),
    Manner("accents stronger", 1.3, 0.6),
)


def groove_ideas(
    passage: Passage, brief: ComposeBrief, model: DrumModel, seed: int = 0, amount: float = 1.0
) -> tuple[Idea, ...]:
    """The notes in the bars as a drummer would time and weigh them; several manners, or one idea at amount 0.

    Raises
    ------
    RequestError
        if the bars are empty, or ``amount`` is not between 0 and 1.
    """
    tones = passage.inside()
    if not 0.0 <= amount <= 1.0:
        raise RequestError(f"amount of groove is {amount:g}; it goes from 0 (as it is) to 1 (as drummers play)")
    if not tones:
        raise RequestError("there are no notes in these bars to play differently; name a part that plays there")
    if amount == 0.0:
        return (Idea(tones=tones, says="as it was", models=(model.version,)),)
    chance = np.random.Generator(np.random.PCG64(seed))
    style = style_of(brief)
    piece, place = pieces_of(tones, passage, brief), places_of(tones, passage)
    middle = Middle(piece, place, *middle_of(model, Score(place, piece, style, passage.bpm, bar_places(passage))))
    found: list[Idea] = []
    for number in range(max(1, 4 * brief.alternatives)):
        manner = MANNERS[number % len(MANNERS)]
        played = played_by(passage, brief, model, middle, (manner, amount, chance))
        if all(played != idea.tones for idea in found):
            words = manner.says if number < len(MANNERS) else f"{manner.says}, another take"
            found.append(Idea(tones=played, says=f"{words} ({STYLES[style]})", models=(model.version,)))
    return tuple(found)


def style_of(brief: ComposeBrief) -> int:
    """The style of drummers that a genre is played in."""
    genre = genre_of(brief.genre)
    return STYLES.index(genre.styles[0] if genre.learned else STYLE_OF_WRITTEN[genre.name])


class Middle(NamedTuple):
    """Of every note what it is played like and its place, and how late (ms) and hard drummers play it in the middle."""

    piece: Ints
    place: Ints
    late_ms: Reals
    velocity: Reals


def played_by(
    passage: Passage,
    brief: ComposeBrief,
    model: DrumModel,
    middle: Middle,
    how: tuple[Manner, float, np.random.Generator],
) -> tuple[Tone, ...]:
    """The notes in one manner."""
    manner, amount, chance = how
    piece, place, late, velocity = middle
    tones, feel = passage.inside(), model.feel
    drawn_late, drawn_velocity = rest(feel.late_rest, piece, chance), rest(feel.velocity_rest, piece, chance)
    if brief.part != "drums":
        late, drawn_late = one_for_each(late, place), one_for_each(drawn_late, place)
    moved_ms = manner.middle * late + manner.rest * (drawn_late - drawn_late.mean()) + manner.late_ms
    moved_ms = np.clip(moved_ms, -MOST_MS, MOST_MS) * amount
    wanted = new_velocities(tones, piece, velocity, brief)
    wanted = wanted + manner.rest * 0.6 * (drawn_velocity - drawn_velocity.mean())
    if manner.middle > 1:
        wanted = wanted.mean() + manner.middle * (wanted - wanted.mean())
    return moved(tones, passage, moved_ms, amount * (wanted - [tone.velocity for tone in tones]))


def pieces_of(tones: tuple[Tone, ...], passage: Passage, brief: ComposeBrief) -> Ints:
    """What each note is played like: drums as themselves, a bass as the kick, everything else as the hat."""
    if brief.part == "drums":
        return np.array([piece_of(tone.pitch, tone.velocity) for tone in tones], np.int64)
    return np.full(len(tones), KICK if brief.part == "bass" else HAT, np.int64)


def places_of(tones: tuple[Tone, ...], passage: Passage) -> Ints:
    """The place of every note, in twelfths of a quarter from the first bar asked for."""
    begin = passage.start_ticks
    found = []
    for tone in tones:
        bar = passage.bar_at(tone.start_ticks)
        found.append((bar.start_ticks - begin) // PLACE_TICKS + place_of(tone.start_ticks - bar.start_ticks))
    return np.array(found, np.int64)


def bar_places(passage: Passage) -> int:
    """How many places a bar has; those of a bar of four where meters change."""
    lengths = {bar.length_ticks // PLACE_TICKS for bar in passage.bars}
    return max(1, lengths.pop()) if len(lengths) == 1 else FAR


def middle_of(model: DrumModel, score: Score) -> tuple[Reals, Reals]:
    """How late (ms, on the whole neither early nor late) and how hard each stroke is in the middle."""
    order = np.lexsort((score.piece, score.place))
    facts = facts_of(score._replace(place=score.place[order], piece=score.piece[order]))
    late, velocity = np.zeros(len(order)), np.zeros(len(order))
    late[order], velocity[order] = model.feel.late_ms.say(facts), model.feel.velocity.say(facts)
    return late - np.median(late), velocity


def one_for_each(figures: Reals, place: Ints) -> Reals:
    """The mean for each place, so that the notes of a chord stay together."""
    _, at = np.unique(place, return_inverse=True)
    return np.asarray((np.bincount(at, figures) / np.bincount(at))[at])


def new_velocities(tones: tuple[Tone, ...], piece: Ints, velocity: Reals, brief: ComposeBrief) -> Reals:
    """The velocity that each note is wanted at: a drummer's where a piece has none of its own, else its own, moved."""
    own = np.array([tone.velocity for tone in tones], np.float64)
    found = own.copy()
    for one in np.unique(piece):
        rows = piece == one
        said = velocity[rows]
        if one == GHOST:
            said = np.minimum(said, GHOST_VELOCITY - 3)
        elif one == SNARE and (piece == GHOST).any():
            said = np.maximum(said, GHOST_VELOCITY + 15)
        if brief.part == "drums" and float(own[rows].std()) < FLAT_VELOCITIES:
            found[rows] = said
        else:
            found[rows] = own[rows] + KEPT_SHARE * (said - said.mean())
    loud = piece != GHOST
    if loud.any():
        # drummers who were recorded played softer than most parts are written; the part keeps its own level.
        found[loud] += own[loud].mean() - found[loud].mean()
    return found


def moved(tones: tuple[Tone, ...], passage: Passage, ms: Reals, louder: Reals) -> tuple[Tone, ...]:
    """Notes moved in time and velocity within their bounds; order and pitches stay."""
    ticks_per_ms = passage.bpm * 960 / 60000
    starts = sorted({tone.start_ticks for tone in tones})
    at = {start: number for number, start in enumerate(starts)}
    edges = [passage.start_ticks - 1, *starts, passage.end_ticks]
    found = []
    for tone, step, change in zip(tones, ms.tolist(), louder.tolist(), strict=True):
        number = at[tone.start_ticks]
        early = (tone.start_ticks - edges[number] - 1) // 2 if number else tone.start_ticks - passage.start_ticks
        late = (edges[number + 2] - tone.start_ticks - 1) // 2
        shift = max(-early, min(late, round(step * ticks_per_ms)))
        change = max(-MOST_VELOCITY, min(MOST_VELOCITY, round(change)))
        velocity = max(1, min(127, tone.velocity + change))
        found.append(tone._replace(start_ticks=tone.start_ticks + shift, velocity=velocity))
    return clear_of_each_other(found, passage.end_ticks)


def clear_of_each_other(tones: list[Tone], end_ticks: int) -> tuple[Tone, ...]:
    """Sorted notes that end where the next of their pitch begins, where they ran into it only by being moved."""
    following: dict[int, int] = {}
    found = []
    for tone in sorted(tones, reverse=True):
        limit = following.get(tone.pitch, max(end_ticks, tone.end_ticks)) - tone.start_ticks
        following[tone.pitch] = tone.start_ticks
        found.append(tone._replace(length_ticks=max(1, min(tone.length_ticks, limit))))
    return tuple(sorted(found))
