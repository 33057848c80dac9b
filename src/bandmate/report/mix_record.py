"""The report of a mix as JSON: every number of the page, for programs.

Conventions: as in `record`. Field names are those of `MixReport`; ``derived`` holds what the page works out from them
(`MixNumbers`). Curves keep two decimals, shares over time three, waveforms four.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import msgspec

from bandmate.report.data import Curve
from bandmate.report.master_record import brief_stereo
from bandmate.report.mix_data import (
    FindingRow,
    Grid,
    MaskingMap,
    MixReport,
    MixState,
    PlayerGroup,
    Spectra,
    TrackHistory,
    TrackRow,
)
from bandmate.report.mix_numbers import mix_numbers
from bandmate.report.record import brief_curve, brief_measured, brief_number, decodable

FORMAT = "bandmate-mix-report/1"


def mix_json(report: MixReport) -> bytes:
    """The report as UTF-8 JSON on one line, ending in a line feed.

    ``null`` stands for None, NaN and infinities. Undecodable bytes in a file's name become U+FFFD.
    """
    facts = msgspec.to_builtins(shortened(report))
    for group, said in zip(report.groups, facts["groups"], strict=True):
        for player, row in zip(group.players, said["players"], strict=True):
            del row["data"]
            row |= {"bytes": len(player.data), "sha256": hashlib.sha256(player.data).hexdigest()}
    facts["derived"] = msgspec.to_builtins(mix_numbers(report))
    whole: dict[str, Any] = {"format": FORMAT} | facts
    return msgspec.json.encode(decodable(whole)) + b"\n"


def shortened(report: MixReport) -> MixReport:
    """The same report with curves as precise as they mean something, and no sound."""
    return replace(
        report,
        was=brief_state(report.was),
        now=brief_state(report.now),
        findings=tuple(brief_finding(row) for row in report.findings),
        tracks=tuple(brief_track(row) for row in report.tracks),
        lead=report.lead and brief_map(report.lead),
        stereo=report.stereo and brief_stereo(report.stereo),
        groups=tuple(without_sound(group) for group in report.groups),
    )


def brief_state(state: MixState) -> MixState:
    return replace(state, measured=state.measured and brief_measured(state.measured))


def brief_finding(row: FindingRow) -> FindingRow:
    return replace(
        row,
        masking=row.masking and brief_map(row.masking),
        spectra=row.spectra and brief_spectra(row.spectra),
        history=row.history and brief_history(row.history),
    )


def brief_map(one: MaskingMap) -> MaskingMap:
    return replace(one, lost_was=brief_grid(one.lost_was), lost_now=brief_grid(one.lost_now))


def brief_grid(grid: Grid) -> Grid:
    return tuple(brief_shares(row) for row in grid)


def brief_shares(row: Curve) -> Curve:
    return tuple(None if share is None else brief_number(share, 3) for share in row)


def brief_spectra(spectra: Spectra) -> Spectra:
    lines = (replace(one, was_db=brief_curve(one.was_db), now_db=brief_curve(one.now_db)) for one in spectra.tracks)
    return replace(spectra, tracks=tuple(lines))


def brief_history(history: TrackHistory) -> TrackHistory:
    return replace(history, was_lufs=brief_curve(history.was_lufs), now_lufs=brief_curve(history.now_lufs))


def brief_track(row: TrackRow) -> TrackRow:
    was, now = (replace(state, hidden=brief_shares(state.hidden)) for state in (row.was, row.now))
    return replace(row, was=was, now=now)


def without_sound(group: PlayerGroup) -> PlayerGroup:
    return replace(group, players=tuple(replace(player, data=b"") for player in group.players))
