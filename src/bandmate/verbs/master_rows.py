"""The tables of a master's report: references, services, codecs, files.

Conventions: one row for each thing and each master, in the order in which they were made. Every number in a sentence is
a field of its row.

Not covered: other places to listen in (``bandmate.verbs.master_places``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.verbs.listening import measured
from bandmate.verbs.reporting import plain_row, sound_row

if TYPE_CHECKING:
    from bandmate.report.data import FileRow, Measured
    from bandmate.report.master_data import CodecRow, ReferenceRow, ServiceResult, ServiceRow
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.master import services
    from bandmate.stages.master.portrait import Portrait
    from bandmate.stages.master.target import Reference
    from bandmate.verbs.codec_preview import CodecPreview, CodedMaster
    from bandmate.verbs.master_extras import Extras
    from bandmate.verbs.master_looks import Looks
    from bandmate.verbs.mastering import MadeMaster

CODECS = {"aac": "AAC", "mp3": "MP3", "vorbis": "Vorbis", "opus": "Opus"}


def reference_rows(references: Sequence[Reference], looks: Looks) -> tuple[ReferenceRow, ...]:
    """Each reference with its weights, and what was heard of it where it is a file."""
    from bandmate.report.master_data import ReferenceRow

    heard = {one.sha256: one.hearing for one in looks.references}
    rows = []
    for one in references:
        portrait = one.portrait
        hearing = heard.get(portrait.sound)
        rows.append(
            ReferenceRow(
                name=portrait.name,
                tone_percent=percent(one.tone),
                dynamics_percent=percent(one.dynamics),
                width_percent=percent(one.width),
                loudness_percent=percent(one.loudness),
                measured=measured(hearing) if hearing else measured_portrait(portrait),
                loud_share=portrait.loud_share,
                loud_lufs=loud_lufs(hearing) if hearing else None,
                remarks=() if portrait.is_usable else ("not compared with: silent, or shorter than 3 seconds",),
            )
        )
    return tuple(rows)


def percent(share: float) -> float:
    return round(100.0 * share, 6)


def measured_portrait(portrait: Portrait) -> Measured:
    """What a kept target says of a record."""
    from bandmate.report.data import Measured

    return Measured(
        integrated_lufs=portrait.integrated_lufs,
        range_lu=portrait.range_lu,
        max_short_term_lufs=portrait.max_short_term_lufs,
        true_peak_dbtp=portrait.peak_dbtp,
        seconds=portrait.seconds,
        rate_hz=None,
        channels=None,
    )


def loud_lufs(heard: Hearing) -> float | None:
    """Mean loudness of the loud parts, by the meter; None for silence and for less than 3 seconds."""
    import numpy as np

    from bandmate.stages.master.portrait import LOUD_QUANTILE, SOUNDING_BELOW_LOUDEST_LU

    levels = heard.short_term_lufs[np.isfinite(heard.short_term_lufs)].astype(np.float64)
    if heard.integrated_lufs is None or not levels.size:
        return None
    sounding = levels[levels > levels.max() - SOUNDING_BELOW_LOUDEST_LU]
    loud = sounding[sounding >= np.quantile(sounding, LOUD_QUANTILE)]
    return float(10.0 * np.log10(np.mean(10.0 ** (loud / 10.0))))


def service_rows(masters: Sequence[MadeMaster], previews: Sequence[CodecPreview | None]) -> tuple[ServiceRow, ...]:
    """What every service that plays does to each master."""
    from bandmate.report.master_data import ServiceRow
    from bandmate.stages.master.services import MasterFigures, on_services

    figures = [
        MasterFigures(
            name=one.name,
            integrated_lufs=one.printed.hearing.integrated_lufs,
            true_peak_dbtp=one.printed.hearing.highest_peak_dbtp,
            decoded_dbtp=preview.decoded_dbtp if preview else {},
        )
        for one, preview in zip(masters, previews, strict=True)
    ]
    rows = []
    for row in on_services(figures):
        first = row.masters[0]
        rows.append(
            ServiceRow(
                service=row.name,
                loudness_lufs=first.target_lufs,
                codec=codec_label(first.codec) if first.codec and is_same_codec(row.masters) else "",
                origin=f"{row.source} (read {row.read.isoformat()})",
                is_official=row.official,
                results=tuple(service_result(one) for one in row.masters),
            )
        )
    return tuple(rows)


def service_result(one: services.OnService) -> ServiceResult:
    from bandmate.report.master_data import ServiceResult

    return ServiceResult(
        master=one.master,
        gain_db=one.gain_db,
        loudness_lufs=one.loudness_lufs,
        encoded_peak_dbtp=one.decoded_dbtp if one.codec else None,
        played_peak_dbtp=one.true_peak_dbtp,
        headroom_db=one.headroom_db,
        short_by_lu=one.short_by_lu,
        limited_db=one.limited_db,
        codec=codec_label(one.codec) if one.codec else "",
        is_clean=None if one.codec is None else not one.clips,
        verdict=one.sentence,
    )


def is_same_codec(found: Sequence[services.OnService]) -> bool:
    return len({one.codec for one in found}) == 1


def codec_label(label: str) -> str:
    """``aac 256`` as ``AAC 256 kbit/s``."""
    name, _, kbps = label.partition(" ")
    return f"{CODECS.get(name, name)} {kbps} kbit/s" if kbps else CODECS.get(name, name)


def codec_rows(masters: Sequence[MadeMaster], previews: Sequence[CodecPreview | None]) -> tuple[CodecRow, ...]:
    """What each codec makes of each master, where that was looked at."""
    return tuple(
        codec_row(master.name, one)
        for master, preview in zip(masters, previews, strict=True)
        if preview is not None
        for one in preview.codecs
    )


def codec_row(name: str, one: CodedMaster) -> CodecRow:
    from bandmate.report.master_data import CodecRow

    clips = one.level.true_peak_16x_dbtp > 0.0
    ceiling = "" if one.needed_ceiling_dbtp is None else f"{one.needed_ceiling_dbtp:.2f} dBTP"
    return CodecRow(
        master=name,
        codec=CODECS.get(one.codec, one.codec),
        kbps=float(one.kbps),
        loudness_lufs=one.level.integrated_lufs,
        true_peak_dbtp=one.level.true_peak_16x_dbtp,
        loudness_change_lu=one.loudness_change_lu,
        peak_change_db=one.peak_change_db,
        band_hz=tuple(band.centre_hz for band in one.noise),
        noise_db=tuple(band.noise_to_signal_db for band in one.noise),
        needed_ceiling_dbtp=one.needed_ceiling_dbtp,
        is_clean=not clips,
        sentence=f"A true peak of at most {ceiling} before the codec would keep it clean." if clips else "",
    )


def master_files(master: MadeMaster, folder: Path) -> tuple[FileRow, ...]:
    """The file of a master."""
    from dataclasses import replace

    row = sound_row(master.printed, "the master", folder)
    note = "the piece sample for sample, without dither" if master.is_untouched else ""
    return (replace(row, note=note),)


def extra_files(extras: Extras, folder: Path) -> tuple[FileRow, ...]:
    """What was written beside the masters."""
    return tuple(plain_row(one.path, one.what, "WAV", folder) for one in extras.files)
