"""A mix proposal in the making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from bandmate.song.address import steps
from bandmate.song.findings import Finding
from bandmate.song.moves import Move, apply, lock_at
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.family import Family
from bandmate.stages.mix.roles import SURE_ENOUGH, Guess
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.trial import Dropped, Trial, tried


@dataclass
class Draft:
    """A proposal in the making: the session with the moves so far, what was found, and what was said."""

    session: Session
    moves: list[Move] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def song(self) -> Song:
        """The song with the moves so far."""
        return self.session.song

    @property
    def ears(self) -> Ears:
        return self.session.ears

    @property
    def brief(self) -> MixBrief:
        return self.session.brief

    @property
    def hearings(self) -> Mapping[str, Hearing]:
        """Of the tracks that sound."""
        return self.session.hearings()

    @property
    def guesses(self) -> Mapping[str, Guess]:
        """Of the tracks that sound."""
        return self.session.guesses()

    def make(self, move: Move) -> None:
        """Take a move into the proposal and make it on the draft's song."""
        self.session = self.session.with_song(apply(self.song, move))
        self.moves.append(move)

    def may_move(self, address: str) -> bool:
        """Whether brief and locks leave that place free."""
        collection, name, *_ = steps(address)
        is_meant = collection != "tracks" or self.brief.allows(name)
        return is_meant and lock_at(self.song, address) is None

    def answer(self, family: Family, finding: Finding) -> None:
        """Try what could be done about a finding; the first that helps is made, others are offered instead of it."""
        session, kept, dropped = self.session, list[Trial](), list[str]()
        for answer in family.answers(session, finding):
            if not all(self.may_move(move.address) for move in answer.moves):
                dropped.append("a lock or the brief keeps its tracks as they are")
                continue
            trial = tried(session, family, finding, answer)
            if isinstance(trial, Dropped):
                dropped.append(trial.why)
            elif trial.moves[0].confidence < SURE_ENOUGH:
                dropped.append(f"{answer.deed} may be right, but that is not sure enough")
            else:
                kept.append(trial)
        if not kept:
            if dropped:
                self.remarks.append(f"{finding.sentence}; left alone: {dropped[0]}")
            return
        for number, trial in enumerate(kept, 1):
            choice = f"{finding.id}#{number}" if len(kept) > 1 else ""
            self.moves += [replace(move, choice=choice) for move in trial.moves]
        self.session = kept[0].session
