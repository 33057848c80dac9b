"""Commands for folders of tracks: album, batch."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.master_options import (
    DEFAULT_PERCENT,
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
from bandmate.cli.options import AsJson, numbers
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text, write

if TYPE_CHECKING:
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.verbs.album_results import AlbumResults
    from bandmate.verbs.album_sheet import SheetChanges

Tracks = Annotated[Path, typer.Argument(help="Folder of sound files.", show_default=False)]
To = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]

Anchor = Annotated[str, typer.Option(help="What meets the loudness: album, or loudest: its loudest track.")]
Drift = Annotated[float | None, typer.Option(help="Most that a track's tone may be from the album's mean, in dB.")]
WriteToml = Annotated[bool, typer.Option("--write-toml", help="Write an album.toml to fill in, and do nothing else.")]


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("album")(album)
    app.command("batch")(batch)


def album(
    folder: Tracks,
    to: To = Path("mastered"),
    reference: References = None,
    target: Annotated[str, typer.Option("--target", "-t", help="One destination; cd writes cue sheet and DDP.")] = "",
    order: Annotated[str | None, typer.Option(help="Another order, by the tracks' numbers: 3,1,2.")] = None,
    gap: Annotated[float | None, typer.Option(help="Silence before each track, in seconds.")] = None,
    title: Annotated[str, typer.Option(help="Of the album.")] = "",
    artist: Annotated[str, typer.Option(help="Of the album.")] = "",
    ean: Annotated[str, typer.Option(help="Bar code of the album.")] = "",
    anchor: Anchor = "album",
    drift: Drift = None,
    write_toml: WriteToml = False,
    tone: Tone = DEFAULT_PERCENT,
    dynamics: Dynamics = DEFAULT_PERCENT,
    width: Width = DEFAULT_PERCENT,
    loudness: Loudness = DEFAULT_PERCENT,
    guard: Guard = DEFAULT_PERCENT,
    style: Style = "transparent",
    soft_clip: SoftClip = 0.0,
    linear_phase: LinearPhase = False,
    mono_below: MonoBelow = None,
    lufs: Lufs = None,
    ceiling: Ceiling = None,
    json: AsJson = False,
) -> None:
    """Master the tracks of a folder as an album.

    Run it again to go on where it was stopped.
    """
    from bandmate.verbs.album_sheet import SheetChanges

    changes = SheetChanges(title=title, artist=artist, ean=ean, gap_seconds=gap, order=numbers(order) or ())
    if write_toml:
        print_sheet(folder, changes, as_json=json)
        return
    from bandmate.verbs.album import master_album
    from bandmate.verbs.album_plan import AlbumOptions

    others = (soft_clip, linear_phase, mono_below, lufs, ceiling)
    brief = brief_of((tone, dynamics, width, loudness, guard), style, others)
    options = AlbumOptions(anchor=anchor, drift_db=drift, changes=changes)
    with progress_bar() as progress:
        done = master_album(
            folder, to, references=reference or (), target=target, brief=brief, options=options, progress=progress
        )
    print_album(done, as_json=json)


def batch(
    folder: Tracks,
    to: To = Path("mastered"),
    reference: References = None,
    target: Annotated[str, typer.Option("--target", "-t", help="Destinations, such as spotify,cd.")] = "",
    tone: Tone = DEFAULT_PERCENT,
    dynamics: Dynamics = DEFAULT_PERCENT,
    width: Width = DEFAULT_PERCENT,
    loudness: Loudness = DEFAULT_PERCENT,
    guard: Guard = DEFAULT_PERCENT,
    style: Style = "transparent",
    soft_clip: SoftClip = 0.0,
    linear_phase: LinearPhase = False,
    mono_below: MonoBelow = None,
    lufs: Lufs = None,
    ceiling: Ceiling = None,
    artist: Annotated[str, typer.Option(help="Tag of the files.")] = "",
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no reports.")] = False,
    json: AsJson = False,
) -> None:
    """Master every sound file of a folder on its own.

    Run it again to go on where it was stopped.
    """
    from bandmate.verbs.batch import master_batch
    from bandmate.verbs.mastering import MasterOptions

    brief = brief_of(
        (tone, dynamics, width, loudness, guard), style, (soft_clip, linear_phase, mono_below, lufs, ceiling)
    )
    options = MasterOptions(has_report=not no_report, tags={"artist": artist} if artist else {})
    with progress_bar() as progress:
        done = master_batch(
            folder,
            to,
            references=reference or (),
            targets=(target,),
            brief=brief,
            options=options,
            progress=progress,
        )
    if json:
        print_json(done.facts())
    else:
        for line in done.summary():
            write(line)
    if done.problems:
        raise typer.Exit(done.problems[0].exit_code)


def brief_of(
    percents: tuple[float, float, float, float, float],
    style: str,
    others: tuple[float, bool, float | None, float | None, float | None],
) -> MasterBrief:
    """The brief: strengths of tone, dynamics, width and loudness and the guard in percent; the limiter's style; soft
    clip, linear phase, mono below, loudness and ceiling."""
    soft_clip_db, is_linear_phase, mono_below_hz, loudness_lufs, ceiling_dbtp = others
    return asked_for(
        dict(zip(("tone", "dynamics", "width", "loudness", "guard"), percents, strict=True)),
        {
            "style": checked_style(style),
            "soft_clip_db": soft_clip_db,
            "is_linear_phase": is_linear_phase,
            "mono_below_hz": mono_below_hz,
            "loudness_lufs": loudness_lufs,
            "ceiling_dbtp": ceiling_dbtp,
        },
    )


def print_sheet(folder: Path, changes: SheetChanges, *, as_json: bool) -> None:
    """Write the list to be filled in, and say where it is."""
    from bandmate.verbs.album_sheet import write_sheet

    written = write_sheet(folder, changes)
    if as_json:
        print_json({"sheet": str(written)})
    else:
        write(f"album list: {written}; fill it in, then: bandmate album {shlex.quote(str(folder))}")


def print_album(done: AlbumResults, *, as_json: bool) -> None:
    """The tracks with their figures, and the outcome."""
    if as_json:
        print_json(done.facts())
        return
    shown = table("", ">no.", "title", ">LUFS was", ">is", ">gain dB", ">limiter dB", ">dBTP", ">tone drift dB")
    for row in done.tracks:
        shown.add_row(
            str(row.ask.number),
            text(row.ask.title),
            number(row.before.lufs),
            number(row.after.lufs),
            number(row.trial.limiter_gain_db),
            number(row.trial.limiter_db),
            number(row.after.hearing.highest_peak_dbtp, 2),
            number(row.drift_after_db),
        )
    out().print(shown)
    for line in done.summary():
        write(line)
    for line in done.remarks:
        say(line)
