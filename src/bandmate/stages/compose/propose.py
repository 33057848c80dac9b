"""The compose stage: from a song and what is asked to a proposal of alternatives, each a set of moves with its reason.

::

    song  →  key and chords, read where none are written  →  passage
          →  ideas of a generator  →  nearer to the dials  →  copy gate  →  the best that differ  →  moves

Conventions: the alternatives answer one question (``Move.choice``), so that one of them is made at most. Only what
begins in the bars asked for is changed. The proposal keeps the brief, the models with their versions and the seed;
with these it comes out the same again.

Not covered: whole songs (``sketch``), orders of sections (``form_moves``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from bandmate.song.errors import OutOfRange
from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Chord, Key
from bandmate.song.moves import Move, lock_at
from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.compose.brief import ComposeBrief, PartKind, Verb
from bandmate.stages.compose.choosing import FLOOR, chosen
from bandmate.stages.compose.clip_lead import leading_part
from bandmate.stages.compose.copy_gate import Likeness
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.passage import Passage, Tone, passage_of
from bandmate.stages.compose.players import (
    NEW_TRACK_PARTS,
    kind_of_track,
    new_player,
    program_of_track,
    voice_player,
    with_program,
)
from bandmate.stages.compose.push_away import USUAL_PUSH, push_chords, push_line
from bandmate.stages.compose.reading import with_reading
from bandmate.stages.compose.steering import steered
from bandmate.stages.compose.tasks import ideas_for
from bandmate.stages.compose.toolbox import Toolbox
from bandmate.stages.compose.writing import Offer, Player, moves_of

STAGE = "compose"
MOST_BARS = 256
STEERED_EACH = 2
"""Candidates that are steered for every alternative that is asked for."""

EVEN_CHANCE = 0.5
"""Where taste decides, no alternative is surer than another."""

GATED: tuple[tuple[Verb, tuple[PartKind, ...]], ...] = (
    ("generate", ("melody", "bass", "counter")),
    ("continue", ("melody", "bass")),
    ("answer", ("melody", "bass")),
    ("infill", ("melody", "bass")),
)
"""What the copy gate looks at: new lines. What is made of the musician's own notes is hers."""

DEEDS: dict[Verb, tuple[str, str]] = {
    "next": ("next chord", "next chords"),
    "continue": ("way on", "ways on"),
    "answer": ("answer", "answers"),
    "vary": ("variation", "variations"),
    "infill": ("filling", "fillings"),
    "simplify": ("simpler version", "simpler versions"),
    "enrich": ("richer version", "richer versions"),
    "morph": ("step of a morph", "steps of a morph"),
    "groove": ("groove", "grooves"),
    "drumify": ("drum part", "drum parts"),
    "harmonise": ("setting in four parts", "settings in four parts"),
    "reharmonise": ("reharmonisation", "reharmonisations"),
}
NOUNS: dict[PartKind, tuple[str, str]] = {
    "chords": ("progression", "progressions"),
    "melody": ("melody", "melodies"),
    "bass": ("bass line", "bass lines"),
    "drums": ("drum part", "drum parts"),
    "keys": ("keys part", "keys parts"),
    "harmony": ("second voice", "second voices"),
    "counter": ("counter-melody", "counter-melodies"),
    "form": ("form", "forms"),
}
"""Of one, and of several."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the ideas are made for: the song, the passage as it is heard, the brief with what follows from the song."""

    song: Song
    passage: Passage
    brief: ComposeBrief
    track: Track | None
    remarks: tuple[str, ...]

    def bar_at(self, ticks: int) -> int:
        """The number of the bar at ``ticks``."""
        return self.passage.bar_at(ticks).number


def propose_composition(
    song: Song, brief: ComposeBrief, *, tools: Toolbox | None = None, version: str = "", seed: int = 0
) -> Proposal:
    """Alternatives for what the brief asks. The song stays as it is.

    Parameters
    ----------
    tools : Toolbox, optional
        models and the musician's catalogue; the installed models by default.
    seed : int
        another number gives other ideas; the same gives the same.

    Raises
    ------
    RequestError, OutOfRange
        for bars that there cannot be, a part with nothing to work on, or a pin that cannot be met.
    UnknownName
        for a track or a genre that there is not.
    ModelError
        if a model is missing or damaged.
    """
    tools = tools or Toolbox()
    ground = ground_of(song, brief)
    found = ideas_for(ground.passage, ground.brief, tools, seed)
    near = steered(found[: STEERED_EACH * brief.alternatives], ground.passage, ground.brief, seed=seed)
    kept, copies = without_copies(near, ground, tools)
    moves, remarks = offered(ground, kept, tools)
    remarks = [*ground.remarks, *copies, *remarks]
    if not moves:
        remarks.append("no suggestion: nothing was found that differs from what is there")
    models = sorted({model for idea in kept for model in idea.models})
    return Proposal(
        stage=STAGE,
        title=title_of(ground, len(kept)),
        moves=tuple(moves),
        remarks=tuple(remarks),
        brief=msgspec.to_builtins(brief) | {"models": models},
        author=Author(kind="assistant", name=STAGE, version=version, seed=seed),
    )


def propose_push(song: Song, brief: ComposeBrief, *, tools: Toolbox | None = None, version: str = "") -> Proposal:
    """The bars' own melody or chords, pushed away from the usual by ``brief.amount``; everything else stays.

    No moves where nothing may be changed, or there is too little to judge.
    """
    tools = tools or Toolbox()
    if brief.part == "melody" and not brief.track:
        read, _ = with_reading(song)
        lead = leading_part(passage_of(read, brief.first_bar, brief.last_bar))
        brief = msgspec.structs.replace(brief, track=lead.track if lead else "")
    ground = ground_of(song, brief)
    by = USUAL_PUSH if brief.amount is None else brief.amount
    own = Idea(tones=ground.passage.inside()) if brief.part == "melody" else Idea(chords=chords_in(ground.passage))
    if brief.part == "melody":
        done = push_line(own, ground.passage, ground.brief, tools.originality, by=by)
    else:
        done = push_chords(own, ground.passage, ground.brief, tools.originality, tools.chords, by=by)
    moves: list[Move] = []
    remarks = list(ground.remarks)
    if done is not None:
        offer = Offer("", 1, done.sentence(brief.part), done.evidence(brief.part), EVEN_CHANCE)
        player = ground.track or new_player(ground.brief, song)
        made = moves_of(song, ground.passage, done.idea, player, offer)
        moves = [msgspec.structs.replace(move, choice="") for move in made]
    if not moves:
        remarks.append("nothing may be changed, or there is too little to judge")
    elif brief.part == "chords" and any(not part.is_drums for part in ground.passage.parts):
        remarks.append("parts that play the old chords do so still; ask for new ones: bandmate propose keys, and bass")
    return Proposal(
        stage=STAGE,
        title=f"{brief.part} pushed away from the usual" if moves else f"the {brief.part} stays as it is",
        moves=tuple(moves),
        remarks=tuple(remarks),
        brief=msgspec.to_builtins(brief) | {"models": [tools.originality.version]},
        author=Author(kind="assistant", name=STAGE, version=version, seed=0),
    )


def chords_in(passage: Passage) -> tuple[Chord, ...]:
    """The chords that begin in the bars."""
    return tuple(chord for chord in passage.chords if passage.start_ticks <= chord.start_ticks < passage.end_ticks)


def ground_of(song: Song, brief: ComposeBrief) -> Ground:
    """The passage that is meant, with key and chords, and the brief with what follows from the song."""
    check_bars(brief)
    track = song.track(brief.track) if brief.track else None
    if track is not None and brief.verb != "generate" and brief.part == "melody":
        brief = msgspec.structs.replace(brief, part="drums" if brief.verb == "drumify" else kind_of_track(track))
    read, said = with_reading(song)
    goes_along = brief.verb == "generate" and brief.part in NEW_TRACK_PARTS
    passage = passage_of(read, brief.first_bar, brief.last_bar, None if goes_along or track is None else track.id)
    if brief.key is not None:
        passage = in_key(passage, brief.key)
    is_new = goes_along or brief.verb == "drumify"
    return Ground(song, passage, brief if is_new else with_program(brief, track), None if is_new else track, said)


def check_bars(brief: ComposeBrief) -> None:
    """Refuse bars that there cannot be."""
    if brief.first_bar < 1 or brief.last_bar < brief.first_bar:
        raise OutOfRange(
            f"bars {brief.first_bar} to {brief.last_bar} are no span; bars are counted from 1, the first one first"
        )
    if brief.last_bar - brief.first_bar + 1 > MOST_BARS:
        raise OutOfRange(
            f"{brief.last_bar - brief.first_bar + 1} bars were asked for; the most at once are {MOST_BARS}. Ask for a "
            "part of them, or for a sketch"
        )
    if not 1 <= brief.alternatives <= 16:
        raise OutOfRange(f"{brief.alternatives} alternatives were asked for; possible are 1 to 16")


def in_key(passage: Passage, key: Key) -> Passage:
    """The passage with another key in the bars asked for."""
    numbers = {bar.number for bar in passage.bars}
    every = tuple(replace(bar, key=key) if bar.number in numbers else bar for bar in passage.all_bars)
    return replace(passage, bars=tuple(bar for bar in every if bar.number in numbers), all_bars=every)


def shown(ideas: Sequence[Idea], ground: Ground) -> tuple[Idea, ...]:
    """The ideas that are shown. Steps of a morph stay in their order, and grooves differ by less than a place."""
    count = ground.brief.alternatives
    if ground.brief.verb in ("morph", "groove"):
        return tuple(dict.fromkeys(ideas))[:count]
    return chosen(ideas, count, ground.passage, ground.brief)


def without_copies(ideas: Sequence[Idea], ground: Ground, tools: Toolbox) -> tuple[tuple[Idea, ...], list[str]]:
    """The ideas that are shown, each with its nearest work as evidence; what copies one gives its place to another."""
    kept = shown(ideas, ground)
    if not any(ground.brief.verb == verb and ground.brief.part in parts for verb, parts in GATED):
        return kept, []
    near: dict[tuple[Tone, ...], Likeness | None] = {}
    while True:
        for idea in kept:
            if idea.tones not in near:
                near[idea.tones] = tools.gate.nearest(idea.tones, ground.bar_at, is_bass=ground.brief.part == "bass")
        copied = {tones for tones, like in near.items() if like is not None and like.is_copy}
        if not any(idea.tones in copied for idea in kept):
            break
        kept = shown([idea for idea in ideas if idea.tones not in copied], ground)
    left = [f"left out: {like.sentence()}" for like in near.values() if like is not None and like.is_copy]
    told = [(idea, near[idea.tones]) for idea in kept]
    return tuple(
        replace(idea, evidence=(*idea.evidence, *(like.evidence() if like else ()))) for idea, like in told
    ), left


def offered(ground: Ground, ideas: Sequence[Idea], tools: Toolbox) -> tuple[list[Move], list[str]]:
    """Moves of all ideas, and what a lock kept out."""
    moves: list[Move] = []
    remarks: list[str] = []
    question = question_of(ground)
    for number, idea in enumerate(ideas, 1):
        apart = min((distance(idea, other) for other in ideas if other is not idea), default=None)
        offer = Offer(question, number, because_of(idea), evidence_of(idea, apart), EVEN_CHANCE)
        own = [replace_finding(move) for parts in placed(ground, idea) for move in moves_of(*parts, offer)]
        locked = [lock for move in own if (lock := lock_at(ground.song, move.address)) is not None]
        if locked:
            remarks.append(f"an alternative was left out: {locked[0]} is locked")
        else:
            moves += own
    return moves, list(dict.fromkeys(remarks))


def replace_finding(move: Move) -> Move:
    """A move that answers a wish and no finding."""
    return msgspec.structs.replace(move, finding="")


def placed(ground: Ground, idea: Idea) -> Iterator[tuple[Song, Passage, Idea, Player | Track]]:
    """An idea, or each of its voices, with who plays it."""
    song, passage = ground.song, ground.passage
    if not idea.voices:
        yield song, passage, idea, ground.track or new_player(ground.brief, song)
        return
    lead = ground.track
    program = (program_of_track(lead) if lead else None) or 52
    level = new_player(msgspec.structs.replace(ground.brief, part="harmony"), song)
    if idea.chords:
        yield song, passage, replace(idea, tones=(), voices=()), level
    for number, tones in enumerate(idea.voices[1:], 1):
        if tones:
            yield song, passage, Idea(tones=tones), voice_player(number, program, level)


def question_of(ground: Ground) -> str:
    """A name for what the alternatives answer."""
    what = ground.brief.part if ground.brief.verb == "generate" else ground.brief.verb
    where = ground.track.id if ground.track else "new"
    return f"{what}-{where}-bars-{ground.brief.first_bar}-{ground.brief.last_bar}"


def because_of(idea: Idea) -> str:
    """What sets an idea apart, and what the musician should know of it."""
    return "; ".join(part for part in (idea.says, *idea.notes) if part)


def evidence_of(idea: Idea, apart: float | None) -> tuple[Evidence, ...]:
    """An idea's figures: its own, what the model pays for it, and how far the nearest other alternative is."""
    found = list(idea.evidence)
    if idea.nats is not None and not any(fact.unit == "nats" for fact in found):
        found.append(Evidence(what="what the model pays for a note", unit="nats", after=round(idea.nats, 3)))
    if apart is not None:
        found.append(
            Evidence(what="distance to the nearest alternative", unit="0 to 1", after=round(apart, 3), target=FLOOR)
        )
    return tuple(found)


def title_of(ground: Ground, count: int) -> str:
    """``3 melodies for bars 5–8``."""
    brief = ground.brief
    one, several = NOUNS[brief.part] if brief.verb == "generate" else DEEDS[brief.verb]
    what = one if count == 1 else several
    where = (
        f"bar {brief.first_bar}" if brief.first_bar == brief.last_bar else f"bars {brief.first_bar}–{brief.last_bar}"
    )
    return f"{count} {what} for {where}" if count else f"no {what} for {where}"


def moves_by_choice(moves: Sequence[Move]) -> dict[str, tuple[Move, ...]]:
    """Moves by the alternative that they belong to, in their order."""
    found: dict[str, list[Move]] = {}
    for move in moves:
        found.setdefault(move.choice, []).append(move)
    return {choice: tuple(own) for choice, own in found.items()}
