"""A repair as the edit stage sees it: how it is found, and what is said of it.

Every kind of repair is one row of ``repairs.REPAIRS``: a finder that looks at a take and gives a ``Found`` or nothing.
The trial is alike for all (``cleaning``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bandmate.song.clip_edits import AnyClipEdit
from bandmate.song.evidence import Evidence
from bandmate.stages.edit.brief import EditBrief, RepairKind
from bandmate.stages.edit.take import Take

MOST_SURE = 0.98
"""What a machine may say of its own finds."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a finder found.

    Attributes
    ----------
    edit : clip edit
        that takes it out.
    sentence : str
        what is wrong, in words; its numbers are fields of ``evidence``.
    evidence : tuple of Evidence
    confidence : float
        how sure it is that this is a fault, 0 to 1.
    spans : tuple of (first frame, last frame) or None
        what may change; None for everything.
    may_lower : bool
        it is meant to turn down what is performed (breaths, sibilants, rests): judged outside of its stretches only.
    only_rising : bool
        it takes out the performance's own echo: judged where the performance grows.
    """

    edit: AnyClipEdit
    sentence: str
    evidence: tuple[Evidence, ...]
    confidence: float
    spans: tuple[tuple[int, int], ...] | None = None
    may_lower: bool = False
    only_rising: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "confidence", min(MOST_SURE, self.confidence))


@dataclass(frozen=True, slots=True)
class RepairFinder:
    """One kind of repair: ``find`` gives what it found in a take, or in words why nothing (empty: nothing to say)."""

    kind: RepairKind
    find: Callable[[Take, EditBrief], Found | str]
