"""What follows from the numbers of a mix by counting and subtracting, for the page and for the JSON alike.

Conventions: as in `mix_data`; None where a number is missing or silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bandmate.report.data import MoveRow
from bandmate.report.master_numbers import difference
from bandmate.report.mix_data import Grid, MaskingMap, MixReport, MixState
from bandmate.report.page import METERS


@dataclass(frozen=True, slots=True)
class MixMeter:
    """A number of the whole mix: what it is called, its field, its unit and that of its change."""

    what: str
    field: str
    unit: str
    step: str
    decimals: int = 1
    is_main: bool = False


MIX_METERS = (
    *(MixMeter(m.what, m.field, m.unit, m.step, m.decimals, m.is_main) for m in METERS if not m.is_optional),
    MixMeter("Width, side over mid", "width_db", "dB", "dB", is_main=True),
    MixMeter("Correlation", "correlation", "", "", 2),
    MixMeter("Correlation below 120 Hz", "low_correlation", "", "", 2),
    MixMeter("Lost in mono", "mono_loss_db", "dB", "dB"),
)


@dataclass(frozen=True, slots=True)
class MixChange:
    """One number of the whole mix, without and with the moves."""

    field: str
    unit: str
    was: float | None
    now: float | None
    change: float | None


@dataclass(frozen=True, slots=True)
class WorstPlace:
    """Where in a map most is lost."""

    share: float
    hz: float
    seconds: float


@dataclass(frozen=True, slots=True)
class MapNumbers:
    """The worst place of a map without and with the moves; None where nothing is lost."""

    victim: str
    masker: str
    worst_was: WorstPlace | None
    worst_now: WorstPlace | None


@dataclass(frozen=True, slots=True)
class MixNumbers:
    """Everything that the page works out.

    ``findings_answered`` counts those with an answer; ``states`` is how many moves are in each state, ``maps`` goes
    through the findings' maps in their order, the lead's last.
    """

    findings: int
    findings_answered: int
    moves: int
    states: dict[str, int]
    changes: tuple[MixChange, ...]
    maps: tuple[MapNumbers, ...]


def mix_numbers(report: MixReport) -> MixNumbers:
    """What the page says beyond what the report has."""
    moves = list(all_moves(report))
    states = [move.state for move in moves]
    return MixNumbers(
        findings=len(report.findings),
        findings_answered=sum(bool(row.answers) for row in report.findings),
        moves=len(moves),
        states={state: states.count(state) for state in ("open", "accepted", "refused", "stale")},
        changes=tuple(change_of(report, meter) for meter in MIX_METERS),
        maps=tuple(map_numbers(one) for one in maps_of(report)),
    )


def all_moves(report: MixReport) -> Iterator[MoveRow]:
    """Every move of the proposal, those of findings first."""
    for row in report.findings:
        for answer in row.answers:
            yield from answer.moves
    yield from report.other_moves


def maps_of(report: MixReport) -> Iterator[MaskingMap]:
    """Every map of the report."""
    for row in report.findings:
        if row.masking:
            yield row.masking
    if report.lead:
        yield report.lead


def change_of(report: MixReport, meter: MixMeter) -> MixChange:
    was, now = field_of(report.was, meter.field), field_of(report.now, meter.field)
    return MixChange(meter.field, meter.step, was, now, difference(was, now))


def field_of(state: MixState, field: str) -> float | None:
    """A number of the whole mix by its name."""
    owner = state.stereo if hasattr(state.stereo, field) else state.measured
    value: float | None = getattr(owner, field) if owner is not None else None
    return value


def map_numbers(one: MaskingMap) -> MapNumbers:
    return MapNumbers(one.victim, one.masker, worst_place(one, one.lost_was), worst_place(one, one.lost_now))


def worst_place(one: MaskingMap, grid: Grid) -> WorstPlace | None:
    """Where most is lost; the first of equal places."""
    cells = (
        (share, -band, -column)
        for band, row in enumerate(grid)
        for column, share in enumerate(row)
        if share is not None and share > 0
    )
    worst = max(cells, default=None)
    if worst is None:
        return None
    share, band, column = worst
    return WorstPlace(share, one.band_hz[-band], -column * one.column_seconds)
