"""The command that says what codecs make of a file: codecs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.options import AsJson
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text

if TYPE_CHECKING:
    from bandmate.verbs.codec_preview import CodecPreview, CodedMaster


def add_commands(app: typer.Typer) -> None:
    """Put this command into the app."""
    app.command("codecs")(codecs)


def codecs(
    file: Annotated[Path, typer.Argument(help="Master, as WAV or anything that Bandmate reads.", show_default=False)],
    profiles: Annotated[
        list[str] | None, typer.Option("--for", help="Destinations whose codecs to try: spotify,youtube.")
    ] = None,
    codec: Annotated[list[str] | None, typer.Option(help="Codec and kbit/s: aac:128,mp3:320.")] = None,
    peak: Annotated[float, typer.Option(help="Highest true peak after decoding that is still fine, in dBTP.")] = 0.0,
    to: Annotated[Path | None, typer.Option("--out", help="Folder for files to listen to.")] = None,
    difference_gain: Annotated[float, typer.Option(help="dB to raise the written difference by.")] = 0.0,
    json: AsJson = False,
) -> None:
    """Send a master through codecs and measure what comes out."""
    from bandmate.verbs.codec_preview import preview_codecs

    with progress_bar() as progress:
        preview = preview_codecs(
            file,
            profiles=names(profiles),
            codecs=names(codec),
            folder=to,
            wanted_dbtp=peak,
            difference_gain_db=difference_gain,
            progress=progress,
        )
    if json:
        print_json({**facts(preview), "codecs": [coded_facts(coded) for coded in preview.codecs]})
        return
    print_table(preview)
    if to is not None:
        say(f"files to listen to: {to}")


def print_table(preview: CodecPreview) -> None:
    """The original and each codec, then what to do about it."""
    level = preview.level
    units = (">change\nLU", ">peak\ndBTP", ">change\ndB", ">room\ndB", ">noise\ndB", ">NMR\ndB")
    shown = table("", "codec", ">kHz", ">LUFS", *units, "verdict")
    khz = f"{preview.rate_hz / 1000:g}"
    figures = number(level.integrated_lufs), "", number(level.true_peak_16x_dbtp, 2), "", *blank(4)
    shown.add_row("original", khz, *figures)
    for coded in preview.codecs:
        shown.add_row(*cells(coded))
    out().print(shown)
    if not preview.level.is_silent:
        out().print(text(advice(preview)), soft_wrap=True)
    for remark in preview.remarks:
        say(remark)


def cells(coded: CodedMaster) -> tuple[str, ...]:
    services = f" ({', '.join(coded.services)})" if coded.services else ""
    return (
        coded.label,
        f"{coded.rate_hz / 1000:g}",
        number(coded.level.integrated_lufs),
        signed(coded.loudness_change_lu),
        number(coded.level.true_peak_16x_dbtp, 2),
        signed(coded.peak_change_db),
        number(coded.headroom_db, 2) if coded.peak_change_db is not None else "–",
        number(coded.noise_to_signal_db),
        number(coded.nmr_p95_db),
        text(coded.verdict + services),
    )


def advice(preview: CodecPreview) -> str:
    """What the table means for the master, in one sentence."""
    from bandmate.verbs.codec_preview import excess_over, margin_for

    excess_db, wanted = excess_over(preview, preview.wanted_dbtp), f"{preview.wanted_dbtp:g} dBTP"
    if not excess_db:
        return f"nothing decodes above {wanted}"
    worst = max(preview.codecs, key=lambda coded: coded.level.true_peak_16x_dbtp)
    ceiling = preview.level.true_peak_16x_dbtp - margin_for(preview, preview.wanted_dbtp)
    return (
        f"{worst.label} comes {excess_db:.2f} dB above {wanted}: lower the ceiling of the master to {ceiling:.2f} "
        "dBTP, and look again"
    )


def facts(preview: CodecPreview) -> dict[str, object]:
    """The preview without the codecs."""
    from bandmate.verbs.codec_preview import excess_over, margin_for

    return {
        "file": str(preview.path),
        "rate_hz": preview.rate_hz,
        "channels": preview.channels,
        "seconds": preview.seconds,
        "original": preview.level,
        "wanted_dbtp": preview.wanted_dbtp,
        "excess_db": excess_over(preview, preview.wanted_dbtp),
        "margin_db": margin_for(preview, preview.wanted_dbtp),
        "needed_ceiling_dbtp": preview.needed_ceiling_dbtp,
        "remarks": list(preview.remarks),
    }


def coded_facts(coded: CodedMaster) -> dict[str, object]:
    """All figures of one codec, and the names of its files."""
    from dataclasses import fields

    found: dict[str, object] = {field.name: getattr(coded, field.name) for field in fields(coded)}
    if coded.files is not None:
        shown = {field.name: getattr(coded.files, field.name) for field in fields(coded.files)}
        found["files"] = {name: str(value) if isinstance(value, Path) else value for name, value in shown.items()}
    return found


def names(items: list[str] | None) -> tuple[str, ...]:
    """``["a,b", "c"]`` as a, b, c."""
    return tuple(name.strip() for item in items or () for name in item.split(",") if name.strip())


def signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def blank(count: int) -> tuple[str, ...]:
    return ("",) * count
