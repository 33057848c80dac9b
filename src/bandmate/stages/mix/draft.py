"""A mix proposal in the making."""

from __future__ import annotations

from dataclasses import dataclass, field

from bandmate.song.address import steps
from bandmate.song.moves import Move, apply, lock_at
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.roles import Guess


@dataclass
class Draft:
    """A proposal in the making: the song with the moves so far, and what is known of its tracks."""

    song: Song
    ears: Ears
    brief: MixBrief
    hearings: dict[str, Hearing]
    guesses: dict[str, Guess]
    moves: list[Move] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def make(self, move: Move) -> None:
        """Take a move into the proposal and make it on the draft's song."""
        self.song = apply(self.song, move)
        self.moves.append(move)

    def may_move(self, address: str) -> bool:
        """Whether brief and locks leave that place free."""
        collection, name, *_ = steps(address)
        is_meant = collection != "tracks" or self.brief.allows(name)
        return is_meant and lock_at(self.song, address) is None
