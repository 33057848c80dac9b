"""The report of a master as JSON: every number of the page, for programs.

Conventions: as in `record`. Field names are those of `MasterReport`; ``derived`` holds what the page works out from
them (`MasterNumbers`), one entry for each master. Curves keep two decimals, waveforms four.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import msgspec

from bandmate.report.data import FileRow
from bandmate.report.master_data import CodecRow, LimiterWork, MasterPart, MasterReport, StereoField, ToneSide
from bandmate.report.master_numbers import master_numbers
from bandmate.report.record import brief_curve, brief_measured, decodable

FORMAT = "bandmate-master-report/1"


def master_json(report: MasterReport) -> bytes:
    """The report as UTF-8 JSON on one line, ending in a line feed.

    ``null`` stands for None, NaN and infinities. Undecodable bytes in a file's name become U+FFFD.
    """
    facts = msgspec.to_builtins(shortened(report))
    for player, said in zip(report.players, facts["players"], strict=True):
        del said["data"]
        said |= {"bytes": len(player.data), "sha256": hashlib.sha256(player.data).hexdigest()}
    facts["derived"] = msgspec.to_builtins(master_numbers(report))
    whole: dict[str, Any] = {"format": FORMAT} | facts
    return msgspec.json.encode(decodable(whole)) + b"\n"


def shortened(report: MasterReport) -> MasterReport:
    """The same report with curves as precise as they mean something, and no sound."""
    return replace(
        report,
        source=report.source and brief_file(report.source),
        before=brief_measured(report.before),
        masters=tuple(brief_master(master) for master in report.masters),
        references=tuple(replace(row, measured=brief_measured(row.measured)) for row in report.references),
        codecs=tuple(brief_codec(row) for row in report.codecs),
        files=tuple(brief_file(row) for row in report.files),
        players=tuple(replace(player, data=b"") for player in report.players),
    )


def brief_master(master: MasterPart) -> MasterPart:
    tone = master.tone
    if tone is not None:
        tone = replace(tone, mid=brief_side(tone.mid), side=tone.side and brief_side(tone.side))
    return replace(
        master,
        after=brief_measured(master.after),
        tone=tone,
        stereo=master.stereo and brief_stereo(master.stereo),
        limiter=master.limiter and brief_limiter(master.limiter),
        files=tuple(brief_file(row) for row in master.files),
    )


def brief_side(side: ToneSide) -> ToneSide:
    return replace(
        side,
        was_db=brief_curve(side.was_db),
        now_db=brief_curve(side.now_db),
        target_db=brief_curve(side.target_db),
        tolerance_low_db=brief_curve(side.tolerance_low_db),
        tolerance_high_db=brief_curve(side.tolerance_high_db),
        response_db=brief_curve(side.response_db),
    )


def brief_stereo(field: StereoField) -> StereoField:
    return replace(
        field,
        was_db=brief_curve(field.was_db),
        target_db=brief_curve(field.target_db),
        now_db=brief_curve(field.now_db),
        correlation_was=brief_curve(field.correlation_was),
        correlation_now=brief_curve(field.correlation_now),
    )


def brief_limiter(work: LimiterWork) -> LimiterWork:
    return replace(work, history=replace(work.history, reduction_db=brief_curve(work.history.reduction_db)))


def brief_codec(row: CodecRow) -> CodecRow:
    return replace(row, noise_db=brief_curve(row.noise_db))


def brief_file(row: FileRow) -> FileRow:
    return replace(row, measured=row.measured and brief_measured(row.measured))
