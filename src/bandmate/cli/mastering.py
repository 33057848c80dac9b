"""Commands for masters: master, target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.options import AsJson
from bandmate.cli.output import print_json, progress_bar, say, write
from bandmate.song.errors import OutOfRange

if TYPE_CHECKING:
    from bandmate.stages.master.brief import MasterBrief

DEFAULT_PERCENT = 100.0

References = Annotated[
    list[str] | None,
    typer.Option(
        "--reference",
        "-r",
        help="Record to compare with: a file, a folder or a kept target; weights behind it: song.wav@tone=100,width=0.",
    ),
]


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("master")(master)
    app.command("target")(target)


def master(
    source: Annotated[Path, typer.Argument(help="Sound file, or project folder.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("mastered"),
    reference: References = None,
    target: Annotated[
        str, typer.Option("--target", "-t", help="Destinations, such as spotify,cd; or reference: as loud as those.")
    ] = "",
    tone: Annotated[float, typer.Option(help="How far the tone may go, in percent.")] = DEFAULT_PERCENT,
    dynamics: Annotated[float, typer.Option(help="How far the dynamics may go, in percent.")] = DEFAULT_PERCENT,
    width: Annotated[float, typer.Option(help="How far the width may go, in percent.")] = DEFAULT_PERCENT,
    loudness: Annotated[float, typer.Option(help="How far the loudness may go, in percent.")] = DEFAULT_PERCENT,
    guard: Annotated[float, typer.Option(help="Never further towards the references than this, in percent.")] = 100.0,
    style: Annotated[str, typer.Option(help="Limiter: transparent, balanced or loud.")] = "transparent",
    soft_clip: Annotated[float, typer.Option(help="Decibels that a soft clipper rounds off before the limiter.")] = 0.0,
    linear_phase: Annotated[bool, typer.Option("--linear-phase", help="An equalizer that keeps phases.")] = False,
    by_passage: Annotated[
        bool, typer.Option("--by-passage", help="A gain for each passage, as verse and chorus.")
    ] = False,
    mono_below: Annotated[float | None, typer.Option(help="Bass in one channel below this frequency, in Hz.")] = None,
    lufs: Annotated[float | None, typer.Option(help="Loudness in LUFS instead of the destination's.")] = None,
    ceiling: Annotated[float | None, typer.Option(help="Ceiling in dBTP instead of the destination's.")] = None,
    alternatives: Annotated[str, typer.Option(help="Three masters that differ in loudness, tone or width.")] = "",
    codec_safe: Annotated[
        bool, typer.Option("--codec-safe", help="Lower the ceiling until no codec of the destination clips.")
    ] = False,
    codecs: Annotated[
        bool, typer.Option("--codecs", help="Write what each codec makes of it, and the difference.")
    ] = False,
    playback: Annotated[
        bool, typer.Option("--playback", help="Write it as a phone, a car and a club play it.")
    ] = False,
    ab: Annotated[bool, typer.Option("--ab", help="Write before and after at one loudness.")] = False,
    artist: Annotated[str, typer.Option(help="Tag of the files.")] = "",
    title: Annotated[str, typer.Option(help="Tag of the files.")] = "",
    isrc: Annotated[str, typer.Option(help="Tag of the files, such as QZ-ABC-26-00001.")] = "",
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.")] = False,
    json: AsJson = False,
) -> None:
    """Master a sound file or a project, for one or several destinations."""
    from bandmate.verbs.mastering import MasterOptions
    from bandmate.verbs.mastering import master as make

    brief = asked_for(
        {"tone": tone, "dynamics": dynamics, "width": width, "loudness": loudness, "guard": guard},
        {
            "style": checked_style(style),
            "soft_clip_db": soft_clip,
            "is_linear_phase": linear_phase,
            "is_by_passage": by_passage,
            "mono_below_hz": mono_below,
            "loudness_lufs": lufs,
            "ceiling_dbtp": ceiling,
        },
    )
    options = MasterOptions(
        alternatives=alternatives,
        is_codec_safe=codec_safe,
        has_report=not no_report,
        has_codecs=codecs,
        has_playback=playback,
        has_ab=ab,
        tags={"title": title, "artist": artist, "isrc": isrc},
    )
    with progress_bar() as progress:
        done = make(
            source, to, references=reference or (), targets=(target,), brief=brief, options=options, progress=progress
        )
    if json:
        print_json(done.facts())
        return
    for line in done.summary():
        write(line)
    for line in done.remarks:
        say(line)


def target(
    references: Annotated[list[str], typer.Argument(help="Sound files and folders of them.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", "-o", help="File that ends in .target.json.")] = Path("my.target.json"),
) -> None:
    """Measure records and keep their figures as a target to master towards."""
    from bandmate.verbs.references import keep_target

    with progress_bar() as progress:
        kept = keep_target(references, to, progress=progress)
    write(f"target: {kept}; use it with: bandmate master SONG --reference {kept}")


def asked_for(percents: dict[str, float], others: dict[str, object]) -> MasterBrief:
    """The brief out of percentages and other settings."""
    from bandmate.stages.master.brief import MasterBrief

    for name, percent in percents.items():
        if not 0.0 <= percent <= 100.0:
            raise OutOfRange(f"{name} is {percent:g} %; possible are 0 to 100 %")
    return MasterBrief(**{name: percent / 100.0 for name, percent in percents.items()}, **others)  # type: ignore[arg-type]


def checked_style(style: str) -> str:
    """A style of the limiter.

    Raises
    ------
    UnknownName
        listing those there are.
    """
    from typing import get_args

    from bandmate.song.devices import LimiterStyle
    from bandmate.song.errors import UnknownName

    if style not in get_args(LimiterStyle):
        raise UnknownName("limiter style", style, get_args(LimiterStyle))
    return style
