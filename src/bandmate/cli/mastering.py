"""Commands for masters: master, target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.master_options import (
    DEFAULT_PERCENT,
    ByPassage,
    Ceiling,
    Dynamics,
    Guard,
    LinearPhase,
    Loudness,
    Lufs,
    MonoBelow,
    References,
    SoftClip,
    Style,
    Tone,
    Width,
    asked_for,
    checked_style,
)
from bandmate.cli.options import AsJson
from bandmate.cli.output import print_json, progress_bar, say, write

if TYPE_CHECKING:
    from bandmate.verbs.mastering import MasterResults

__all__ = ["DEFAULT_PERCENT", "References", "add_commands", "asked_for", "checked_style", "master", "target"]

Targets = Annotated[
    str, typer.Option("--target", "-t", help="Destinations, such as spotify,cd; or reference: as loud as those.")
]
Alternatives = Annotated[str, typer.Option(help="Three masters that differ in loudness, tone or width.")]
CodecSafe = Annotated[
    bool, typer.Option("--codec-safe", help="Lower the ceiling until no codec of the destination clips.")
]
Codecs = Annotated[bool, typer.Option("--codecs", help="Write what each codec makes of it, and the difference.")]
Places = Annotated[bool, typer.Option("--playback", help="Write it as a phone, a car and a club play it.")]
Pairs = Annotated[bool, typer.Option("--ab", help="Write before and after at one loudness.")]
PairSeconds = Annotated[float | None, typer.Option(help="Only the loudest stretch of that length for --ab.")]
Plots = Annotated[bool, typer.Option("--plots", help="Write the pictures of the report as PNG files.")]

Stages = Annotated[bool, typer.Option("--stages", help="Write the sound after each device of the chain.")]


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("master")(master)
    app.command("target")(target)


def master(
    source: Annotated[Path, typer.Argument(help="Sound file, or project folder.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("mastered"),
    reference: References = None,
    target: Targets = "",
    tone: Tone = DEFAULT_PERCENT,
    dynamics: Dynamics = DEFAULT_PERCENT,
    width: Width = DEFAULT_PERCENT,
    loudness: Loudness = DEFAULT_PERCENT,
    guard: Guard = DEFAULT_PERCENT,
    style: Style = "transparent",
    soft_clip: SoftClip = 0.0,
    linear_phase: LinearPhase = False,
    by_passage: ByPassage = False,
    mono_below: MonoBelow = None,
    lufs: Lufs = None,
    ceiling: Ceiling = None,
    alternatives: Alternatives = "",
    codec_safe: CodecSafe = False,
    codecs: Codecs = False,
    playback: Places = False,
    ab: Pairs = False,
    ab_seconds: PairSeconds = None,
    plots: Plots = False,
    stages: Stages = False,
    artist: Annotated[str, typer.Option(help="Tag of the files.")] = "",
    title: Annotated[str, typer.Option(help="Tag of the files.")] = "",
    isrc: Annotated[str, typer.Option(help="Tag of the files, such as QZ-ABC-26-00001.")] = "",
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.")] = False,
    json: AsJson = False,
) -> None:
    """Master a sound file or a project, for any destinations."""
    from bandmate.verbs import mastering as verb

    percents = {"tone": tone, "dynamics": dynamics, "width": width, "loudness": loudness, "guard": guard}
    levels = {"soft_clip_db": soft_clip, "mono_below_hz": mono_below, "loudness_lufs": lufs, "ceiling_dbtp": ceiling}
    looks = {"style": checked_style(style), "is_linear_phase": linear_phase, "is_by_passage": by_passage}
    brief = asked_for(percents, levels | looks)
    wanted = {"has_codecs": codecs, "has_playback": playback, "has_ab": ab, "ab_seconds": ab_seconds}
    wanted |= {"has_plots": plots, "has_stages": stages, "has_report": not no_report, "is_codec_safe": codec_safe}
    tags = {"title": title, "artist": artist, "isrc": isrc}
    options = verb.MasterOptions(alternatives=alternatives, tags=tags, **wanted)  # type: ignore[arg-type]
    asked = {"references": reference or (), "targets": (target,), "brief": brief, "options": options}
    with progress_bar() as progress:
        done = verb.master(source, to, progress=progress, **asked)  # type: ignore[arg-type]
    print_json(done.facts()) if json else print_masters(done)


def print_masters(done: MasterResults) -> None:
    """What was made, and what is to be said of it."""
    for line in done.summary():
        write(line)
    for line in done.remarks:
        say(line)


def target(
    references: Annotated[list[str], typer.Argument(help="Sound files and folders of them.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", "-o", help="File that ends in .target.json.")] = Path("my.target.json"),
    json: AsJson = False,
) -> None:
    """Keep the figures of records, to master towards them."""
    from bandmate.verbs.references import keep_target

    with progress_bar() as progress:
        kept = keep_target(references, to, progress=progress)
    if json:
        print_json({"target": str(kept)})
        return
    write(f"target: {kept}; use it with: bandmate master SONG --reference {kept}")
