"""Harshness: a recording that is raised between 2.5 and 5 kHz, where ears are keenest, and the cut that eases it.

How it is heard and judged, and what is not covered, is in ``bandmate.stages.mix.tone_excess``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.stages.mix import tone_excess
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_excess import Region

HARSH = Region(
    kind="harshness",
    low_hz=2_500.0,
    high_hz=4_900.0,
    q=1.2,
    least_db=4.2,
    worth_db=-32.0,
    most_cut_db=7.0,
    word="harsh",
    hint="listen for an edge that tires the ears in loud moments",
    not_on=("kick", "hats", "cymbals", "percussion", "effects"),
)


def find(session: Session) -> Iterable[Finding]:
    return tone_excess.findings_of(session, (HARSH,))


def gauge(session: Session, finding: Finding) -> float | None:
    return tone_excess.gauge(session, finding, HARSH.q)


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    return tone_excess.broad_cut(session, finding, HARSH)


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    return tone_excess.because(session, finding, answer, figure, HARSH.word)


HARSHNESS = Family(("harshness",), "tone", find, gauge, answers, because, least=1.5)
