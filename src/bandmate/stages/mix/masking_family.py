"""The family of masking: the lead is covered in its main bands by a track that matters less.

It comes before what is said of the tone of single tracks, so that a bump that covers somebody is named for that. A
fader in the wrong place covers everything, and a cut would only hide that: a victim that is buried all through the song
and a masker that sticks out are matters of the balance.
"""

from __future__ import annotations

from collections.abc import Sequence

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding, FindingKind
from bandmate.stages.mix.balance_moves import find_balance
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.masking import Scene
from bandmate.stages.mix.masking_answers import answers_to, region_of
from bandmate.stages.mix.masking_find import Masked, masked_pairs
from bandmate.stages.mix.rides import sections_of
from bandmate.stages.mix.roles import SURE_ENOUGH
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

LEAST_POINTS = 5.0
"""By so many of 100 the share that is taken must fall."""

MOST_FINDINGS = 4
"""A mix in which more than that is covered has another fault."""


def find_masking(session: Session) -> list[Finding]:
    """The pairs with surely too much masking, the surest first."""
    found = [one for one in masked_pairs(session, sections_of(session)) if one.confidence >= SURE_ENOUGH]
    if not found:
        return []
    misplaced = {(finding.kind, finding.tracks[0]) for finding in find_balance(session)}
    kept = once_each([one for one in found if not is_of_balance(one, misplaced)])
    return [finding_of(one, session) for one in kept][:MOST_FINDINGS]


def is_of_balance(found: Masked, misplaced: set[tuple[FindingKind, str]]) -> bool:
    """Whether the fader of one of the two explains it: a cut would only hide that."""
    return ("buried", found.pair.victim) in misplaced or ("sticking-out", found.pair.masker) in misplaced


def once_each(found: Sequence[Masked]) -> list[Masked]:
    """The surest finding about each region of a masker: one cut there answers all of them."""
    kept: list[Masked] = []
    for one in found:
        alike = [other for other in kept if other.pair.masker == one.pair.masker]
        if not any(one.low_hz < other.high_hz and other.low_hz < one.high_hz for other in alike):
            kept.append(one)
    return kept


def finding_of(found: Masked, session: Session) -> Finding:
    victim, masker = (spoken_name(session.song.track(i)) for i in (found.pair.victim, found.pair.masker))
    start, end = found.stretch or (0.0, length_of(session))
    where = session.where(start, end) if found.stretch else ""
    share = 100 * found.taken
    taken = Evidence(
        what=f"share of what could be heard of {victim} there that {masker} takes",
        unit="%",
        before=share,
        where=found.pair.victim,
    )
    there = f"between {found.low_hz:.0f} and {found.high_hz:.0f} Hz"
    return Finding(
        id=f"masking-{found.pair.masker}-{found.pair.victim}",
        kind="masking",
        tracks=(found.pair.victim, found.pair.masker),
        start_seconds=start,
        end_seconds=end,
        where=where,
        low_hz=found.low_hz,
        high_hz=found.high_hz,
        sentence=f"{masker} takes {share:.0f} % of what could be heard of {victim} {there}{in_words(where)}",
        hint=f"listen to {victim} with and without {masker}{in_words(where)}: what comes out that was covered?",
        confidence=round(found.confidence, 2),
        evidence=(
            taken,
            Evidence(what="lower edge of the region", unit="Hz", before=found.low_hz),
            Evidence(what="upper edge of the region", unit="Hz", before=found.high_hz),
            Evidence(what=f"level of {masker} against {victim} there", unit="dB", before=found.excess_db),
        ),
    )


def in_words(where: str) -> str:
    return f", {where}" if where else ""


def length_of(session: Session) -> float:
    """Seconds to the end of the last track."""
    return max((heard.seconds for heard in session.hearings().values()), default=0.0)


def gauge_masking(session: Session, finding: Finding) -> float | None:
    """What the masker takes of the victim in the finding's region and stretch, %; None where one of them is gone."""
    victim, masker = finding.tracks[:2]
    scene = Scene(session, (finding.start_seconds, finding.end_seconds))
    if victim not in scene.ids or masker not in scene.ids:
        return None
    return 100 * scene.pair(victim, masker).taken(region_of(scene, finding))


def because_masking(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """What is taken before and after."""
    victim, masker = (spoken_name(session.song.track(i)) for i in finding.tracks[:2])
    there = f"between {finding.low_hz:.0f} and {finding.high_hz:.0f} Hz{in_words(finding.where)}"
    return (
        f"{masker} takes {figure.before:.0f} % of what could be heard of {victim} {there}; "
        f"{answer.deed} leaves {figure.after:.0f} %"
    )


MASKING = Family(
    kinds=("masking",),
    aspect="masking",
    find=find_masking,
    gauge=gauge_masking,
    answers=answers_to,
    because=because_masking,
    least=LEAST_POINTS,
)
"""Who covers the lead, and how it gives way."""
