"""Commands that edit takes: propose edit, and clean, tune and notes for lone files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from bandmate.cli.deciding import print_proposal, proposal_facts
from bandmate.cli.depth import Depth, checked_depth
from bandmate.cli.listening import propose
from bandmate.cli.options import AsJson, InProject, opened
from bandmate.cli.output import print_json, progress_bar, say, write
from bandmate.song.errors import OutOfRange

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.stages.edit.brief import EditBrief
    from bandmate.verbs.lone_takes import EditedTake

File = Annotated[Path, typer.Argument(help="Sound file.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]
Detect = Annotated[bool, typer.Option("--detect", help="Only say what would be done.")]
Plots = Annotated[bool, typer.Option("--plots", help="Also pictures, as PNG files.")]
Repairs = Annotated[str, typer.Option(help="Which repairs: all, or clicks,hum,noise,breaths …")]
Reduction = Annotated[float, typer.Option(help="Most that noise and room are turned down, dB; 0 for what is usual.")]
Style = Annotated[str, typer.Option(help="natural, or hard for the effect.")]
ScaleName = Annotated[str, typer.Option("--scale", help="Such as 'C major' or chromatic; else what is heard.")]
A4 = Annotated[float, typer.Option("--a4", help="What A4 is, Hz; else what is heard.")]
Centre = Annotated[float, typer.Option(help="How much of the way notes go, %.")]
Drift = Annotated[float, typer.Option(help="How much of slow movement stays, %.")]
Vibrato = Annotated[float, typer.Option(help="How much of the vibrato stays, %.")]
Grid = Annotated[str, typer.Option(help="Lines for the notes on the grid: 1/8, 1/16, 1/8t …")]
EVERY_TRACK = "all"


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("clean")(clean)
    app.command("tune")(tune)
    app.command("notes")(notes)
    app.command("residual")(residual)


@propose.command("edit")
def propose_edit(
    project: InProject = None,
    tune: Annotated[list[str] | None, typer.Option(help="Tune this track; may be given again.")] = None,
    clean: Annotated[
        list[str] | None, typer.Option(help="Clean this track, or all of them; may be given again.")
    ] = None,
    notes: Annotated[list[str] | None, typer.Option(help="Write this track down as notes; may be given again.")] = None,
    grid: Grid = "1/16",
    repairs: Repairs = "all",
    style: Style = "natural",
    scale: ScaleName = "",
    a4: A4 = 0.0,
    centre: Centre = 100.0,
    drift: Drift = 100.0,
    vibrato: Vibrato = 100.0,
    reduction: Reduction = 0.0,
    depth: Depth = "show",
    json: AsJson = False,
) -> None:
    """Tune and clean takes; each edit must pass its gate."""
    from bandmate.verbs.editing import propose_edit as ask

    how_much = checked_depth(depth)
    with opened(project) as here, progress_bar() as progress:
        asked = asked_for(repairs, style, scale, a4, (centre, drift, vibrato), reduction)
        named_tracks = {"tune": named(here, tune), "clean": named(here, clean), "notes": named(here, notes)}
        brief = replace(asked, grid=checked_grid(grid), **named_tracks)
        state = ask(here, brief, progress=progress)
        if how_much == "do" and state.moves:
            here.accept(state.id)
            state = here.proposal(state.id)
        song = here.song
    print_json(proposal_facts(song, state)) if json else print_proposal(song, state, how_much)


def clean(
    file: File,
    to: Out = Path("cleaned"),
    repairs: Repairs = "all",
    reduction: Reduction = 0.0,
    detect: Detect = False,
    plots: Plots = False,
    json: AsJson = False,
) -> None:
    """Take faults out of a lone recording, and keep what was taken."""
    from bandmate.verbs.lone_takes import clean_file

    brief = asked_for(repairs, "natural", "", 0.0, (100.0, 100.0, 100.0), reduction)
    with progress_bar() as progress:
        done = clean_file(file, to, brief, detect=detect, plots=plots, progress=progress)
    print_json(done.facts()) if json else print_take(done)


def tune(
    file: File,
    to: Out = Path("tuned"),
    style: Style = "natural",
    scale: ScaleName = "",
    a4: A4 = 0.0,
    centre: Centre = 100.0,
    drift: Drift = 100.0,
    vibrato: Vibrato = 100.0,
    detect: Detect = False,
    plots: Plots = False,
    json: AsJson = False,
) -> None:
    """Tune a lone recording of one voice."""
    from bandmate.verbs.lone_takes import tune_file

    brief = asked_for("all", style, scale, a4, (centre, drift, vibrato), 0.0)
    with progress_bar() as progress:
        done = tune_file(file, to, brief, detect=detect, plots=plots, progress=progress)
    print_json(done.facts()) if json else print_take(done)


def notes(
    file: File,
    to: Out = Path("notes"),
    bpm: Annotated[float, typer.Option(help="The tempo it was played to.")] = 120.0,
    grid: Grid = "1/16",
    json: AsJson = False,
) -> None:
    """Write the notes of a lone recording as MIDI."""
    from bandmate.song.notes import pitch_name
    from bandmate.verbs.heard_notes import notes_of_file

    with progress_bar() as progress:
        heard = notes_of_file(file, to, bpm=bpm, grid=grid, progress=progress)
    if json:
        print_json(heard.facts())
        return
    if heard.notes:
        count = "1 note" if len(heard.notes) == 1 else f"{len(heard.notes)} notes"
        write(f"{count}, {heard.scale}, A4 at {heard.reference_hz:.1f} Hz")
        write(" ".join(pitch_name(note.pitch) for note in heard.notes))
        for path, what in zip(heard.files, ("as played", "on the grid"), strict=True):
            write(f"{what}: {path}")
    for remark in heard.remarks:
        say(remark)


def residual(
    proposal: Annotated[str, typer.Argument(help="Only edits of this proposal, such as P1.")] = "",
    folder: Annotated[
        Path | None, typer.Option(help="Where the files go; 'residuals' in the project by default.")
    ] = None,
    plots: Plots = False,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Write what the edits of the song take out, to listen to."""
    from bandmate.verbs.residuals import write_residuals

    with opened(project) as here, progress_bar() as progress:
        place = folder or here.folder / "residuals"
        made = write_residuals(here, place, proposal=proposal, plots=plots, progress=progress)
    if json:
        print_json([one.facts() for one in made])
        return
    for one in made:
        level = f"; {one.level_db:.1f} dB against the recording" if one.path else ""
        write(f"{one.track}: {one.edit}{level}")
        for path in (*([one.path] if one.path else []), *one.plots):
            say(f"   {path}")


def named(project: Project, names: list[str] | None) -> tuple[str, ...]:
    """Ids of the tracks that are meant; ``all`` is every track that plays a recording."""
    from bandmate.song.clips import AudioClip

    found: list[str] = []
    for name in names or ():
        if name == EVERY_TRACK:
            tracks = project.song.tracks
            found += [track.id for track in tracks if any(isinstance(clip, AudioClip) for clip in track.clips)]
        else:
            found.append(project.song.track(name).id)
    return tuple(dict.fromkeys(found))


def asked_for(
    repairs: str,
    style: str,
    scale: str,
    a4: float,
    percents: tuple[float, float, float],
    reduction: float,
) -> EditBrief:
    """The brief of these options.

    Raises
    ------
    UnknownName, OutOfRange
        for a repair, a style or a scale that there is not, and for a figure that cannot be meant.
    """
    from bandmate.song.errors import UnknownName
    from bandmate.stages.edit.brief import TUNE_STYLES, EditBrief, checked_repairs
    from bandmate.stages.edit.scale import named_scale

    if style not in TUNE_STYLES:
        raise UnknownName("style", style, TUNE_STYLES)
    if scale:
        named_scale(scale)
    limits = (("centre", percents[0], 100.0), ("drift", percents[1], 200.0), ("vibrato", percents[2], 200.0))
    for name, value, most in limits:
        if not 0.0 <= value <= most:
            raise OutOfRange(f"--{name} is {value:g} %; possible are 0 to {most:g} %")
    if a4 and not 380.0 <= a4 <= 500.0:
        raise OutOfRange(f"--a4 is {a4:g} Hz; possible are 380 to 500 Hz")
    if not 0.0 <= reduction <= 24.0:
        raise OutOfRange(f"--reduction is {reduction:g} dB; possible are 0 to 24 dB")
    kinds = checked_repairs(tuple(name.strip() for name in repairs.split(",") if name.strip()))
    return EditBrief(
        style="hard" if style == "hard" else "natural",
        scale=scale,
        reference_hz=a4,
        centre=percents[0] / 100,
        drift_kept=percents[1] / 100,
        vibrato_kept=percents[2] / 100,
        repairs=kinds,
        reduction_db=reduction,
    )


def checked_grid(grid: str) -> str:
    """The grid, if there is one of that name."""
    from bandmate.song.errors import UnknownName
    from bandmate.stages.edit.heard_notes import GRIDS

    if grid not in GRIDS:
        raise UnknownName("grid", grid, tuple(GRIDS))
    return grid


def print_take(done: EditedTake) -> None:
    """What was done to a lone file."""
    for edit in done.edits:
        write(f"{edit.name}  ({edit.confidence:.0%} sure)")
        write(f"   {edit.because}")
        for figure in edit.evidence:
            shown = [f"{value:.2f}" for value in (figure.before, figure.after) if value is not None]
            write(f"     {figure.what}: {' → '.join(shown)} {figure.unit}")
        if edit.residual is not None:
            write(f"     what was taken out: {edit.residual}")
    for remark in done.remarks:
        say(remark)
    if done.sound is not None:
        write(f"written: {done.sound}")
    for path in done.plots:
        say(f"picture: {path}")
