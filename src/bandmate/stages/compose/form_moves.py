"""Forms for a song that is there: an arrangement of its loop, or sections for a song without notes.

Conventions: the alternatives answer one question, and each is a set of moves; what a loop plays outside of its bars
gives way to the arrangement, and nothing is lost by undoing it.

Not covered: songs that are longer than a loop and have sections already; they are edited by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, diff, lock_at
from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.stages.compose.form_ideas import form_ideas
from bandmate.stages.compose.loop_arrangement import arrangement_ideas
from bandmate.stages.compose.sketch_brief import SketchBrief
from bandmate.stages.compose.toolbox import Toolbox
from bandmate.stages.compose.writing import Offer

EVEN_CHANCE = 0.5
QUESTION = "form"


def propose_form(
    song: Song,
    brief: SketchBrief,
    *,
    first_bar: int = 1,
    last_bar: int | None = None,
    tools: Toolbox | None = None,
    version: str = "",
    seed: int = 0,
) -> Proposal:
    """Alternatives for the form of a song: its loop arranged, or sections where it has no notes.

    Parameters
    ----------
    first_bar, last_bar : int
        the loop; None: to where the music ends.

    Raises
    ------
    RequestError
        if the wishes cannot go together, or there is no loop in the bars.
    """
    tools = tools or Toolbox()
    is_empty = not any(track.clips and not track.mute for track in song.tracks)
    offers = (
        sections_only(song, brief, tools, seed)
        if is_empty
        else loop_arranged(song, brief, tools, seed, first_bar, last_bar)
    )
    moves: list[Move] = []
    remarks: list[str] = []
    for number, (made, says, evidence) in enumerate(offers, 1):
        offer = Offer("", number, says, evidence, EVEN_CHANCE)
        own = [one_of(offer, move, number) for move in diff(song, made)]
        locked = [lock for move in own if (lock := lock_at(song, move.address)) is not None]
        if locked:
            remarks.append(f"an alternative was left out: {locked[0]} is locked")
        else:
            moves += own
    count = len({move.choice for move in moves})
    return Proposal(
        stage="compose",
        title=f"{count} form{'s' if count > 1 else ''}" if count else "no form",
        moves=tuple(moves),
        remarks=tuple(dict.fromkeys(remarks)),
        brief=msgspec.to_builtins(brief) | {"models": [tools.form.version]},
        author=Author(kind="assistant", name="compose", version=version, seed=seed),
    )


Offered = tuple[Song, str, tuple[Evidence, ...]]


def one_of(offer: Offer, move: Move, number: int) -> Move:
    """A move of one alternative."""
    return replace(offer.move(move.address, move.before, move.after), choice=f"{QUESTION}#{number}")


def loop_arranged(
    song: Song, brief: SketchBrief, tools: Toolbox, seed: int, first_bar: int, last_bar: int | None
) -> Sequence[Offered]:
    """The loop as whole songs."""
    found = arrangement_ideas(song, brief, tools.form, seed, first_bar=first_bar, last_bar=last_bar)
    return [(one.song, one.says, length_of(one.form.bars, one.form.seconds)) for one in found]


def sections_only(song: Song, brief: SketchBrief, tools: Toolbox, seed: int) -> Sequence[Offered]:
    """Sections for a song that has none of its notes yet."""
    tempo_bpm = brief.tempo_bpm or song.tempo.bpm_at(0)
    found = form_ideas(brief, tools.form, tempo_bpm=tempo_bpm, seed=seed)[: brief.alternatives]
    return [(replace(song, sections=one.song_sections()), one.says, length_of(one.bars, one.seconds)) for one in found]


def length_of(bars: int, seconds: float) -> tuple[Evidence, ...]:
    """How long it gets."""
    return (
        Evidence(what="length", unit="bars", after=float(bars)),
        Evidence(what="length", unit="s", after=round(seconds, 3)),
    )
