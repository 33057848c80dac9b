"""Commands that make a project and bring sound in and out: new, import, render, export."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bandmate.cli.options import AsJson, InProject, opened
from bandmate.cli.output import out, print_json, progress_bar, say, table, text, write
from bandmate.song.errors import RequestError, UnknownName

if TYPE_CHECKING:
    from bandmate.formats.audio_write import Kind
    from bandmate.render.span import Span
    from bandmate.song.song import Song
    from bandmate.stages.hearing import Hearing

KIND_BY_NAME: dict[str, Kind] = {
    "wav": "wav-24",
    "wav16": "wav-16",
    "wav24": "wav-24",
    "wav32f": "wav-32f",
    "flac": "flac-24",
    "flac16": "flac-16",
    "mp3": "mp3",
    "m4a": "m4a",
    "opus": "opus",
}


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("new")(new)
    app.command("import")(import_)
    app.command("render")(render)
    app.command("export")(export)


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make the project in.", show_default=False)],
    title: Annotated[str, typer.Option(help="Title of the song; the folder's name by default.")] = "",
    json: AsJson = False,
) -> None:
    """Make an empty project."""
    from bandmate.verbs.projects import new_project

    with new_project(folder, title=title) as project:
        facts = {"folder": str(project.folder), "title": project.song.title}
    if json:
        print_json(facts)
    else:
        write(f"new project {facts['title']} in {facts['folder']}")
        say(f"next: bandmate import STEMS --project {shlex.quote(str(folder))}")


def import_(
    paths: Annotated[
        list[Path], typer.Argument(help="Sound files, MIDI, MusicXML, ABC, folders of them.", show_default=False)
    ],
    project: InProject = None,
    truncated: Annotated[bool, typer.Option("--truncated", help="Take files that were cut off.")] = False,
    json: AsJson = False,
) -> None:
    """Bring recordings and written music into the project."""
    from bandmate.verbs.importing import import_files

    with opened(project) as here, progress_bar() as progress:
        done = import_files(here, paths, progress=progress, allow_truncated=truncated)
        tracks = [here.song.track(name) for name in done.tracks]
    if json:
        print_json({"revision": done.revision, "tracks": list(done.tracks), "remarks": list(done.remarks)})
        return
    shown = table("", "track", "role", "address")
    for track in tracks:
        shown.add_row(text(track.name or track.id), track.role, f"tracks/{track.id}")
    out().print(shown)
    for remark in done.remarks:
        say(remark)


def render(
    path: Annotated[Path, typer.Argument(help="File to write; its ending tells the kind.", show_default=False)],
    project: InProject = None,
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(KIND_BY_NAME)}.")] = None,
    bars: Annotated[str | None, typer.Option(help="Only these bars, such as 9-16.")] = None,
    track: Annotated[list[str] | None, typer.Option(help="Only this track; may be given again.")] = None,
    master: Annotated[str | None, typer.Option(help="As a master for this delivery profile.")] = None,
    json: AsJson = False,
) -> None:
    """Write the song as it is now to a sound file."""
    from bandmate.stages.master.delivery import delivery_profile
    from bandmate.verbs.master_files import render_master
    from bandmate.verbs.printing import render_mix
    from bandmate.verbs.results import level_in_words

    if master is not None and (bars or track or kind):
        raise RequestError("a master is the whole song as its profile wants it; leave out --bars, --track and --kind")
    with opened(project) as here, progress_bar() as progress:
        if master is not None:
            done = render_master(here, path, delivery_profile(master), progress=progress)
        else:
            chosen = chosen_kind(path, kind)
            span = bars_span(here.song, bars) if bars else None
            tracks = tuple(here.song.track(name).id for name in track) if track else None
            done = render_mix(here, path, kind=chosen, span=span, tracks=tracks, progress=progress)
    heard = done.hearing
    if json:
        print_json({"path": str(done.path), "sha256": done.sha256, "measured": facts_of(heard)})
        return
    write(f"{done.path}: {level_in_words(heard)}, {heard.seconds:.1f} s, {heard.rate_hz} Hz")


def export(
    path: Annotated[
        Path, typer.Argument(help="song.dawproject, .mid, .musicxml, .abc, or a folder for stems.", show_default=False)
    ],
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Write the song for another program."""
    from bandmate.formats.scores import SCORE_ENDINGS
    from bandmate.verbs.exporting import export_dawproject, export_score
    from bandmate.verbs.printing import render_stems

    with opened(project) as here, progress_bar() as progress:
        if path.suffix.lower() == ".dawproject":
            done = export_dawproject(here, path, progress=progress)
            written, left_out = [done.path], done.left_out
        elif path.suffix.lower() in SCORE_ENDINGS:
            done = export_score(here, path)
            written, left_out = [done.path], done.left_out
        elif path.suffix == "":
            written, left_out = list(render_stems(here, path, progress=progress)), ()
        else:
            raise RequestError(
                f'cannot export "{path.name}"; end its name in .dawproject, .mid, .musicxml or .abc, or give a folder'
            )
    if json:
        print_json({"written": [str(p) for p in written], "left_out": list(left_out)})
        return
    for one in written:
        write(str(one))
    for line in left_out:
        say(f"did not travel: {line}")


def chosen_kind(path: Path, name: str | None) -> Kind:
    """The kind that was asked for, or that the ending tells.

    Raises
    ------
    RequestError
        if it is none of ours, or the ending tells another.
    """
    from bandmate.formats.audio_write import SUFFIXES

    wanted = (name or path.suffix.removeprefix(".")).lower()
    if not wanted:
        raise RequestError(f'"{path.name}" does not tell its kind; end it in .wav, .flac, .mp3, .m4a or .opus')
    if wanted not in KIND_BY_NAME:
        raise UnknownName("kind of file", wanted, KIND_BY_NAME)
    kind = KIND_BY_NAME[wanted]
    if path.suffix.lower() != SUFFIXES[kind]:
        raise RequestError(f'"{path.name}" would hold {wanted}; end its name in {SUFFIXES[kind]}')
    return kind


def bars_span(song: Song, bars: str) -> Span:
    """``9-16`` or ``9`` as a span of the song.

    Raises
    ------
    RequestError
        for anything else.
    """
    from bandmate.render.span import Span

    match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", bars)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise RequestError(f'"{bars}" is no range of bars; write it as 9-16, counted from 1')
    return Span.of_bars(song, first, last)


def facts_of(heard: Hearing) -> dict[str, Any]:
    """The figures of a hearing without its curves."""
    return {
        name: getattr(heard, name) for name in heard.__struct_fields__ if not name.endswith("_data") and name != "hops"
    }
