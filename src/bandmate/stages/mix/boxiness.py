"""Mud, boxiness and nasality: a recording that is raised somewhere from 150 Hz to 2.2 kHz, and the broad cut for it.

How they are heard and judged, and what is not covered, is in ``bandmate.stages.mix.tone_excess``. The three are
neighbours; a track is called by the one that is the highest bump.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.stages.mix import tone_excess
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_excess import Region

BOXY = Region(
    kind="boxiness",
    low_hz=310.0,
    high_hz=600.0,
    q=1.2,
    least_db=4.0,
    worth_db=-20.0,
    most_cut_db=6.0,
    word="boxy",
    hint="listen for the sound of a cardboard box around its notes",
    not_on=("kick", "hats", "cymbals", "percussion", "effects"),
)
MUDDY = Region(
    kind="mud",
    low_hz=160.0,
    high_hz=290.0,
    q=1.0,
    least_db=4.4,
    worth_db=-20.0,
    most_cut_db=6.0,
    word="muddy",
    hint="listen for a thick fog under its notes",
    not_on=("kick", "snare", "toms", "drums", "hats", "cymbals", "percussion", "effects", "bass"),
)
NASAL = Region(
    kind="nasality",
    low_hz=700.0,
    high_hz=2_200.0,
    q=1.2,
    least_db=4.2,
    worth_db=-26.0,
    most_cut_db=6.0,
    word="nasal",
    hint="listen for a sound as if it came through a nose or a telephone",
    not_on=("kick", "hats", "cymbals", "percussion", "effects"),
)
REGIONS = {region.kind: region for region in (MUDDY, BOXY, NASAL)}


def find(session: Session) -> Iterable[Finding]:
    return tone_excess.findings_of(session, tuple(REGIONS.values()))


def gauge(session: Session, finding: Finding) -> float | None:
    return tone_excess.gauge(session, finding, REGIONS[finding.kind].q)


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    return tone_excess.broad_cut(session, finding, REGIONS[finding.kind])


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    return tone_excess.because(session, finding, answer, figure, REGIONS[finding.kind].word)


BOXINESS = Family(("boxiness", "mud", "nasality"), "tone", find, gauge, answers, because, least=1.5)
