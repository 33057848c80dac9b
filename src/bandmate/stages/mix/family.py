"""A family of findings: how one kind of fault is heard, by which figure it is judged, and what answers it.

Every family is three questions to a session. *find*: what is wrong, and where. *gauge*: the one figure by which a
finding is judged, measured anew on any state of the song; it falls when the fault gets smaller. *answers*: what could
be done, best first, each with the figure that it is expected to come to. The trial (``bandmate.stages.mix.trial``) does
the rest alike for all of them: it makes the moves, hears what changed, and drops what does not help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding, FindingKind
from bandmate.song.moves import Move
from bandmate.stages.mix.brief import Aspect
from bandmate.stages.mix.session import Session


@dataclass(frozen=True, slots=True)
class Answer:
    """What could be done about a finding.

    Attributes
    ----------
    moves : tuple of Move
        bare: without reason, evidence and confidence. Several are made together, in this order.
    predicted : float
        what the gauge is expected to read afterwards, worked out on what was heard, before anything is played.
    deed : str
        what is done, in a few words that fit into "…: {deed}", such as "a cut at 320 Hz". Every number in it is in
        ``evidence``.
    confidence : float
        how sure that this is the right answer if the finding is right, 0 to 1.
    evidence : tuple of Evidence
        more figures that the deed or the reason names.
    """

    moves: tuple[Move, ...]
    predicted: float
    deed: str
    confidence: float = 1.0
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of fault, or several that are heard and answered alike.

    Attributes
    ----------
    kinds : tuple of str
        the kinds of its findings.
    aspect : str
        what the musician must allow to be moved.
    find : callable
        ``find(session)``: the findings, those that matter most first; a balanced song has none.
    gauge : callable
        ``gauge(session, finding)``: the figure on that state of the song, in the unit of ``finding.evidence[0]``; None
        where it cannot be measured any more.
    answers : callable
        ``answers(session, finding)``: best first; empty where nothing on a desk mends it.
    because : callable
        ``because(session, finding, answer, figure)``: the reason in one sentence, with what was measured
        (``figure.before``, ``figure.after``).
    least : float
        the least by which the gauge must fall for a move to be worth showing.
    others_may_lose : float
        by how much of its audible share any other track may be made worse, 0 to 1.
    """

    kinds: tuple[FindingKind, ...]
    aspect: Aspect
    find: Callable[[Session], Iterable[Finding]]
    gauge: Callable[[Session, Finding], float | None]
    answers: Callable[[Session, Finding], Sequence[Answer]]
    because: Callable[[Session, Finding, Answer, Evidence], str]
    least: float
    others_may_lose: float = 0.05


def no_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """For what no desk mends."""
    return ()
