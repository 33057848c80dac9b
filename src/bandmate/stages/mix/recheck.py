"""Checking a proposal on the song as it is now: does each move still do what its evidence says?

The figure of a move is measured anew, without it and with it, by the gauge of the finding that it answers. Moves that
answer no finding of a family have no gauge and are not listed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.song.proposal import Proposal
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.families import FAMILIES
from bandmate.stages.mix.family import Family
from bandmate.stages.mix.session import Session


@dataclass(frozen=True, slots=True)
class Rechecked:
    """The figure of a finding without and with the moves that answer it: as it was stated, and as it is now.

    ``stated_before`` and ``stated_after`` are those of the evidence, ``before`` and ``after`` those of the two songs.
    """

    finding: Finding
    stated_before: float
    stated_after: float
    before: float
    after: float

    @property
    def is_worse(self) -> bool:
        """Whether the moves make worse today what they were meant to mend."""
        return self.after > self.before

    @property
    def sentence(self) -> str:
        """The figures, in words."""
        first = self.finding.evidence[0]
        return (
            f"{first.what}: {self.before:.3g} without, {self.after:.3g} {first.unit} with the moves; "
            f"stated were {self.stated_before:.3g} and {self.stated_after:.3g}"
        )


def rechecked(
    proposal: Proposal, moves: Iterable[Move], *, before: Song, after: Song, ears: Ears
) -> tuple[Rechecked, ...]:
    """Measure the findings that ``moves`` answer on two states of the song; one row for each finding."""
    brief = MixBrief()
    without, with_moves = Session(before, ears, brief), Session(after, ears, brief)
    findings = {finding.id: finding for finding in proposal.findings}
    rows: dict[str, Rechecked] = {}
    for move in moves:
        finding = findings.get(move.finding)
        family = family_of(finding) if finding else None
        if finding is None or family is None or finding.id in rows or not move.evidence:
            continue
        first = move.evidence[0]
        now = (family.gauge(without, finding), family.gauge(with_moves, finding))
        if None not in (*now, first.before, first.after):
            rows[finding.id] = Rechecked(finding, *map(float, (first.before, first.after, *now)))  # type: ignore[arg-type]
    return tuple(rows.values())


def family_of(finding: Finding) -> Family | None:
    """The family that such findings come from."""
    return next((family for family in FAMILIES if finding.kind in family.kinds), None)
