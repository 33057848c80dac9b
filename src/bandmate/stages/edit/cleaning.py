"""Cleaning: each repair is found, played, and judged by what it takes out; what fails is backed off or left.

Conventions: repairs are found and played one after the other, in the order of ``ORDER``, each on what the ones before
have left. The residual of a repair is what went in less what came out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_fields

from bandmate.render.clip_edits import edited
from bandmate.song.clip_edits import AnyClipEdit, BleedReduction
from bandmate.song.evidence import Evidence
from bandmate.song.moves import blend
from bandmate.sound.audio import Samples
from bandmate.stages.edit.brief import EditBrief
from bandmate.stages.edit.gate_repair import RepairReading, read_repair, repair_failures
from bandmate.stages.edit.repair import Found, RepairFinder
from bandmate.stages.edit.take import Take

BACKED_OFF = (1.0, 0.7, 0.5, 0.35)
"""How much of a repair is tried, until one passes the gate."""

LEAST_CONFIDENCE = 0.5
SILENT_RESIDUAL_DB = -90.0
"""A repair that takes out less than that of the recording takes out nothing."""

Recorded = Callable[[str], Samples]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A repair that passed its gate, or (``edit`` None) why none is made.

    Attributes
    ----------
    found : Found
    edit : clip edit or None
        what is proposed.
    share : float
        how much of what was found it takes, 1 for all.
    reading : RepairReading
        the gate's figures at that share.
    after : Take
        the take with it.
    failures : tuple of str
        why more, or any of it, did not pass.
    """

    found: Found
    edit: AnyClipEdit | None
    share: float
    reading: RepairReading
    after: Take
    failures: tuple[str, ...]


def cleaned(
    take: Take,
    finders: Sequence[RepairFinder],
    brief: EditBrief,
    recorded: Recorded,
    made_before: Sequence[AnyClipEdit] = (),
) -> tuple[list[Cleaned], list[str]]:
    """All repairs of a take that are asked for and pass, in order, and remarks about what was left.

    Parameters
    ----------
    recorded : callable
        gives another recording by its sha256, for repairs that listen to it.
    made_before : sequence of clip edits
        what the take has already; nothing is repaired twice in the same way.
    """
    made: list[Cleaned] = []
    remarks: list[str] = []
    for finder in finders:
        if finder.kind not in brief.repairs:
            continue
        found = finder.find(take, brief)
        if isinstance(found, str):
            remarks += [found] if found else []
            continue
        if any(is_like(edit, found.edit) for edit in made_before):
            continue
        if found.confidence < LEAST_CONFIDENCE:
            remarks.append(f"{found.sentence}, but that is only {found.confidence:.0%} sure; left alone")
            continue
        one = tried(take, found, recorded)
        if one.edit is None:
            remarks.append(f"{found.sentence}; left alone, for {why_not(one)}")
            continue
        made.append(one)
        take = one.after
    return made, remarks


def is_like(made: AnyClipEdit, found: AnyClipEdit) -> bool:
    """Whether a take has such an edit already; bleed of another source is another edit."""
    if isinstance(made, BleedReduction) and isinstance(found, BleedReduction):
        return made.source == found.source
    return type(made) is type(found)


def tried(take: Take, found: Found, recorded: Recorded) -> Cleaned:
    """Play a repair and judge it, with less and less of it until it passes."""
    failures: tuple[str, ...] = ()
    first: tuple[RepairReading, Take] | None = None
    for share in BACKED_OFF:
        edit = blend(found.edit.neutral(), found.edit, share)
        after = take.become(edited(take.samples, take.rate_hz, (edit,), recorded))
        reading = read_repair(
            take.samples, after.samples, take.rate_hz, take.judged, found.spans, only_rising=found.only_rising
        )
        if found.may_lower:
            # What these turn down is performed: only what lies beside may not change.
            reading = with_fields(reading, performance_db=-100.0, level_db=0.0)
        first = first or (reading, after)
        if reading.residual_db <= SILENT_RESIDUAL_DB:
            break
        said = repair_failures(reading)
        if not said:
            return Cleaned(found, edit, share, reading, after, failures)
        failures = failures or said
    assert first is not None
    return Cleaned(found, None, 0.0, first[0], take, failures)


def why_not(one: Cleaned) -> str:
    """Why a repair is not made, in words."""
    return "; ".join(one.failures) or "nothing that could be heard would be taken out"


def evidence_of(one: Cleaned, where: str) -> tuple[Evidence, ...]:
    """What was found, and what the gate measured."""
    return (
        *(with_where(figure, where) for figure in one.found.evidence),
        Evidence(what="taken out, against the recording", unit="dB", after=one.reading.residual_db, where=where),
        *(
            ()
            if one.found.may_lower
            else (
                Evidence(
                    what="performance in what is taken out", unit="dB", after=one.reading.performance_db, where=where
                ),
                Evidence(what="change of level where it sounds", unit="dB", after=one.reading.level_db, where=where),
            )
        ),
        *(
            ()
            if one.share == 1.0
            else (Evidence(what="share of the repair", unit="%", after=100 * one.share, where=where),)
        ),
    )


def with_where(figure: Evidence, where: str) -> Evidence:
    from msgspec.structs import replace

    return figure if figure.where else replace(figure, where=where)
