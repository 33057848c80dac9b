"""The main job in one go: stems in; mix, master, DAW project, stems and a report out.

It accepts every proposed move at full strength, says so, and leaves a project in which each can be reviewed, made
weaker or taken back.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.song.errors import RequestError
from bandmate.verbs.exporting import export_dawproject
from bandmate.verbs.importing import import_files
from bandmate.verbs.listening import Listening, listen
from bandmate.verbs.printing import Printed, before_mastering, render_master, render_mix, render_stems
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.projects import new_project
from bandmate.verbs.proposing import propose_master, propose_mix

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.project.folder import Project
    from bandmate.stages.master.delivery import DeliveryProfile

PROJECT_FOLDER = "project"


@dataclass(frozen=True, slots=True)
class Results:
    """What a production wrote, and what was proposed and accepted on the way.

    ``left_out`` is what did not travel to the DAW project, ``remarks`` what the import had to say.
    """

    folder: Path
    before: Printed
    mix: Printed
    master: Printed
    dawproject: Path
    stems: tuple[Path, ...]
    report: Path
    proposals: tuple[ProposalState, ...]
    remarks: tuple[str, ...]
    left_out: tuple[str, ...]

    def summary(self) -> tuple[str, ...]:
        """The outcome in a few lines."""
        made = sum(state.counts["accepted"] for state in self.proposals)
        lines = [f"{made} moves were proposed and all accepted at full strength; review them with the commands below"]
        for what, sound in (("mix", self.mix), ("master", self.master)):
            heard = sound.hearing
            peak = heard.true_peak_dbtp if heard.true_peak_16x_dbtp is None else heard.true_peak_16x_dbtp
            loudness = "silent" if heard.integrated_lufs is None else f"{heard.integrated_lufs:.1f} LUFS"
            lines.append(f"{what}: {sound.path}  {loudness}, {peak:.2f} dBTP")
        lines.append(f"DAW project: {self.dawproject}")
        lines.append(f"stems: {self.folder / 'stems'} ({len(self.stems)} files)")
        lines.append(f"report: {self.report}")
        project = self.folder / PROJECT_FOLDER
        lines += [f"review: bandmate show {state.id} --project {project}" for state in self.proposals]
        return tuple(lines)

    def facts(self) -> dict[str, Any]:
        """The outcome for programs."""
        sounds = (("before", self.before), ("mix", self.mix), ("master", self.master))
        return {
            "folder": str(self.folder),
            "files": {name: sound_facts(sound) for name, sound in sounds},
            "dawproject": str(self.dawproject),
            "stems": [str(path) for path in self.stems],
            "report": str(self.report),
            "proposals": [{"id": s.id, "stage": s.proposal.stage, "counts": s.counts} for s in self.proposals],
            "remarks": list(self.remarks),
            "left_out": list(self.left_out),
        }


def sound_facts(sound: Printed) -> dict[str, Any]:
    names = ("integrated_lufs", "range_lu", "true_peak_dbtp", "true_peak_16x_dbtp")
    measured = {name: getattr(sound.hearing, name) for name in names}
    return {"path": str(sound.path), "sha256": sound.sha256} | measured


def produce(
    stems: Sequence[Path | str] | Path | str,
    folder: Path | str,
    *,
    master: str = "spotify",
    title: str = "",
    progress: Progress = silent,
) -> Results:
    """Import ``stems``, propose and accept a mix and a master, and write everything into ``folder``.

    Raises
    ------
    RequestError
        if ``folder`` already holds a production, or there is nothing to import.
    UnknownName
        if there is no delivery profile ``master``.
    MediaError
        if a file cannot be used; ``folder`` is then as it was.
    """
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.delivery import delivery_profile

    profile = delivery_profile(master)
    paths = [stems] if isinstance(stems, str | Path) else list(stems)
    place = Path(folder)
    with started(place, title or Path(paths[0]).resolve().stem) as project:
        remarks = imported_or_nothing(project, place, paths, part(progress, 0.0, 0.15))
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
        write_report(project, results, heard, profile, progress=part(progress, 0.9, 1.0))
        return results


def started(place: Path, title: str) -> Project:
    """A new project inside the folder of the production."""
    inside = place / PROJECT_FOLDER
    if inside.exists():
        raise RequestError(f'"{place}" holds a production already; choose another folder, or review that one there')
    place.mkdir(parents=True, exist_ok=True)
    return new_project(inside, title=title)


def imported_or_nothing(
    project: Project, place: Path, paths: Sequence[Path | str], progress: Progress
) -> tuple[str, ...]:
    """Import; where that fails, take the empty project away again, so that the same command can be given again."""
    try:
        return import_files(project, paths, progress=progress).remarks
    except BaseException:
        project.close()
        shutil.rmtree(place / PROJECT_FOLDER, ignore_errors=True)
        if not any(place.iterdir()):
            place.rmdir()
        raise


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
    mix = render_mix(
        project,
        place / "mix.wav",
        kind="wav-32f",
        song=before_mastering(project.song),
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
    results.report.write_text(report_html(data), encoding="utf-8")
    (results.folder / "report.json").write_bytes(report_json(data))
    progress("done", 1.0)
