"""The main job in one go: stems in; mix, master, DAW project, stems and a report out.

It accepts every proposed move at full strength, says so, and leaves a project in which each can be reviewed, made
weaker or taken back.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.song.errors import RequestError
from bandmate.verbs.exporting import export_dawproject
from bandmate.verbs.importing import PRODUCTION_PROJECT, import_files, sorted_out
from bandmate.verbs.listening import Listening, listen
from bandmate.verbs.master_files import render_master
from bandmate.verbs.mix_reporting import write_mix_report
from bandmate.verbs.printing import Printed, render_mix, render_stems
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.projects import new_project
from bandmate.verbs.proposing import propose_master, propose_mix
from bandmate.verbs.results import Results

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.project.folder import Project
    from bandmate.stages.master.delivery import DeliveryProfile

RESULTS = (
    *(PRODUCTION_PROJECT, "before.wav", "mix.wav", "master.wav", "song.dawproject", "stems", "report.html"),
    *("report.json", "mix-report.html", "mix-report.json"),
)
"""Everything that a production writes into its folder."""


def produce(
    stems: Sequence[Path | str] | Path | str,
    folder: Path | str,
    *,
    master: str = "spotify",
    title: str = "",
    progress: Progress = silent,
) -> Results:
    """Import ``stems``, propose and accept a mix and a master, and write everything into ``folder``.

    Parameters
    ----------
    stems : path or several
        sound files, MIDI files, and folders of them; one mix will do too.
    folder : path
        is made where it is not there.
    master : str
        the delivery profile of the master, by id or name.
    title : str
        of the song; the name of the first of the stems by default.

    Raises
    ------
    RequestError
        if ``folder`` already holds something that a production writes, or there is nothing to import.
    UnknownName
        if there is no delivery profile ``master``.
    MediaError
        if a file cannot be used.
    ProjectError
        if the disk is full or the folder read-only.

    Whatever goes wrong, ``folder`` is then as it was.
    """
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.delivery import delivery_profile

    profile = delivery_profile(master)
    paths = [stems] if isinstance(stems, str | Path) else list(stems)
    sorted_out(paths)
    place = Path(folder)
    with production(place, title or title_from(Path(paths[0]))) as project:
        remarks = import_files(project, paths, progress=part(progress, 0.0, 0.15)).remarks
        heard = listen(project, progress=part(progress, 0.15, 0.3))
        before = render_mix(project, place / "before.wav", kind="wav-32f", progress=part(progress, 0.3, 0.38))
        mix_id = accepted(project, propose_mix(project, progress=part(progress, 0.38, 0.5)))
        brief = MasterBrief(profile=profile.id)
        master_id = accepted(project, propose_master(project, brief, progress=part(progress, 0.5, 0.65)))
        proposals = (project.proposal(mix_id), project.proposal(master_id))
        results = written(
            project, place, profile, before=before, proposals=proposals, progress=part(progress, 0.65, 0.9)
        )
        results = replace(results, remarks=remarks)
        write_report(project, results, heard, profile, progress=part(progress, 0.9, 0.95))
        write_mix_report(project, mix_id, place, players=False, progress=part(progress, 0.95, 1.0))
        return results


@contextmanager
def production(place: Path, title: str, names: Sequence[str] = RESULTS) -> Iterator[Project]:
    """A new project inside the folder of the production; when the block fails, all that it wrote is taken away again.
    ``names`` are all that it may write.

    Raises
    ------
    RequestError
        if something is there that a production would write over.
    """
    with disk_errors(place):
        there = [name for name in names if (place / name).exists()]
    if there:
        names = ", ".join(there[:3]) + (" …" if len(there) > 3 else "")
        raise RequestError(
            f'"{place}" has {names} already, which a production would write; choose another folder, or review what is '
            "there"
        )
    if place.is_file():
        raise RequestError(f'"{place}" is a file; the results need a folder, choose another name')
    new_folders = [folder for folder in (place, *place.absolute().parents) if not folder.exists()]
    try:
        with disk_errors(place):
            place.mkdir(parents=True, exist_ok=True)
        with new_project(place / PRODUCTION_PROJECT, title=title) as project:
            yield project
    except BaseException:
        taken_away(place, new_folders, names)
        raise


def taken_away(place: Path, new_folders: Sequence[Path], names: Sequence[str]) -> None:
    """Delete what a production that failed has written, and the folders that were made for it."""
    for name in names:
        shutil.rmtree(place / name, ignore_errors=True)
        with suppress(OSError):
            (place / name).unlink()
    for folder in new_folders:
        with suppress(OSError):
            folder.rmdir()


def title_from(path: Path) -> str:
    """The name of a folder, or of a file without its ending."""
    whole = path.resolve()
    return whole.name if whole.is_dir() else whole.stem


def accepted(project: Project, state: ProposalState) -> str:
    """Accept every move of a proposal; nothing to do where it has none."""
    if state.proposal.moves:
        project.accept(state.id)
    return state.id


def written(
    project: Project,
    place: Path,
    profile: DeliveryProfile,
    *,
    before: Printed,
    proposals: tuple[ProposalState, ...],
    progress: Progress,
) -> Results:
    """Mix, master, DAW project and stems."""
    from bandmate.stages.master.propose import without_mastering

    mix = render_mix(
        project,
        place / "mix.wav",
        kind="wav-32f",
        song=without_mastering(project.song),
        progress=part(progress, 0.0, 0.3),
    )
    master = render_master(project, place / "master.wav", profile, progress=part(progress, 0.3, 0.6))
    exported = export_dawproject(project, place / "song.dawproject", progress=part(progress, 0.6, 0.8))
    stems = render_stems(project, place / "stems", progress=part(progress, 0.8, 1.0))
    return Results(
        folder=place,
        before=before,
        mix=mix,
        master=master,
        dawproject=exported.path,
        stems=stems,
        report=place / "report.html",
        mix_report=place / "mix-report.html",
        proposals=proposals,
        remarks=(),
        left_out=exported.left_out,
    )


def write_report(
    project: Project, results: Results, heard: Listening, profile: DeliveryProfile, *, progress: Progress
) -> None:
    """Write the report as a page and as JSON."""
    from bandmate.report.page import report_html
    from bandmate.report.record import report_json
    from bandmate.verbs.reporting import report_data

    progress("writing the report", 0.0)
    data = report_data(project, results, heard, profile)
    write_whole(results.report, report_html(data).encode())
    write_whole(results.folder / "report.json", report_json(data))
    progress("done", 1.0)
