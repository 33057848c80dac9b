"""The family of the low end: kick and bass are equally strong where the kick has its weight.

It comes after the balance, as masking does. What is usual was fitted on balanced songs, and on the same songs with the
bass boosted where the kick is.
"""

from __future__ import annotations

import math

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.low_end import LowEnd, figure_at, low_end_of
from bandmate.stages.mix.low_end_answers import answers_to, centre_of, sides
from bandmate.stages.mix.roles import SURE_ENOUGH
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

USUAL_DB, SURE_PER_DB = -1.7, 1.5
LEAST_DB = 1.5

HALF_WIDTH = 2**0.5
"""The region is half an octave to each side of the kick's strongest band: the bands that the figure counts."""


def find_low_end(session: Session) -> list[Finding]:
    """One finding or none."""
    found = low_end_of(session)
    if found is None:
        return []
    confidence = 1 / (1 + math.exp(-SURE_PER_DB * (found.bass_over_kick_db - USUAL_DB)))
    confidence *= min(session.guess(i).confidence for i in (found.kicks[0], found.basses[0])) ** 0.25
    return [finding_of(found, session, confidence)] if confidence >= SURE_ENOUGH else []


def finding_of(found: LowEnd, session: Session, confidence: float) -> Finding:
    kicks, basses = (names_of(session, ids) for ids in (found.kicks, found.basses))
    low_hz, high_hz = (float(round(found.freq_hz * f)) for f in (1 / HALF_WIDTH, HALF_WIDTH))
    over_db = figure_at(session, found.kicks, found.basses, found.freq_hz) or found.bass_over_kick_db
    figure = Evidence(
        what=f"level of {basses} against {kicks} around the kick's strongest band, while it hits",
        unit="dB",
        before=over_db,
        target=-6.0,
        where=found.basses[0],
    )
    return Finding(
        id=f"low-end-conflict-{found.kicks[0]}-{found.basses[0]}",
        kind="low-end-conflict",
        tracks=(found.kicks[0], *found.basses, *found.kicks[1:]),
        end_seconds=max(heard.seconds for heard in session.hearings().values()),
        low_hz=low_hz,
        high_hz=high_hz,
        sentence=f"{basses} is {spoken_level(over_db)} {kicks} between {low_hz:.0f} and {high_hz:.0f} Hz while it hits",
        hint=f"listen to the lowest octaves of {kicks} and {basses} together: is each hit as clear as alone?",
        confidence=round(confidence, 2),
        evidence=(
            figure,
            Evidence(what="lower edge of the region", unit="Hz", before=low_hz),
            Evidence(what="upper edge of the region", unit="Hz", before=high_hz),
        ),
    )


def spoken_level(over_db: float) -> str:
    """``2.0 dB above`` or ``only 0.7 dB below``."""
    return f"{over_db:.1f} dB above" if over_db >= 0 else f"only {-over_db:.1f} dB below"


def names_of(session: Session, ids: tuple[str, ...]) -> str:
    return " and ".join(spoken_name(session.song.track(track_id)) for track_id in ids)


def gauge_low_end(session: Session, finding: Finding) -> float | None:
    """Level of the basses against the kicks in the finding's region while the kick hits, dB."""
    return figure_at(session, *sides(session, finding), centre_of(finding))


def because_low_end(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """The level before and after."""
    kicks, basses = (names_of(session, ids) for ids in sides(session, finding))
    before, after = spoken_level(figure.before or 0.0), spoken_level(figure.after or 0.0).removeprefix("only ")
    region = f"between {finding.low_hz:.0f} and {finding.high_hz:.0f} Hz"
    return f"{basses} is {before} {kicks} {region} while it hits; {answer.deed} makes that {after}"


LOW_END = Family(
    kinds=("low-end-conflict",),
    aspect="low-end",
    find=find_low_end,
    gauge=gauge_low_end,
    answers=answers_to,
    because=because_low_end,
    least=LEAST_DB,
)
"""Kick against bass."""
