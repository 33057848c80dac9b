"""The family of what is too soft or too loud against the others: all through the song, or in some of its sections."""

from __future__ import annotations

from collections.abc import Sequence

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.stages.mix.balance_moves import answer_balance, because_balance, find_balance, gauge_balance
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.rides import answer_ride, because_ride, find_rides, gauge_ride, is_ride
from bandmate.stages.mix.session import Session

LEAST_LU = 2.0
"""By so much a track must come nearer to its usual place."""

OTHERS_MAY_LOSE = 0.5
"""A lead that comes out of hiding covers something; so much of another track at most."""


def find_levels(session: Session) -> list[Finding]:
    """What is off all through the song, then what is off in a section."""
    return find_balance(session) + find_rides(session)


def gauge_levels(session: Session, finding: Finding) -> float | None:
    return gauge_ride(session, finding) if is_ride(finding) else gauge_balance(session, finding)


def answer_levels(session: Session, finding: Finding) -> Sequence[Answer]:
    return answer_ride(session, finding) if is_ride(finding) else answer_balance(session, finding)


def because_levels(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    if is_ride(finding):
        return because_ride(session, finding, answer, figure)
    return because_balance(session, finding, answer, figure)


BALANCE = Family(
    kinds=("buried", "sticking-out"),
    aspect="balance",
    find=find_levels,
    gauge=gauge_levels,
    answers=answer_levels,
    because=because_levels,
    least=LEAST_LU,
    others_may_lose=OTHERS_MAY_LOSE,
)
