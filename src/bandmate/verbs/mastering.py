"""Mastering in one go: one sound file or a project in; masters for every destination, and a report, out.

A lone file gets a project of its own, in which the first master is accepted and every move can be made weaker or taken
back. A project that is there already stays as it is: its proposals wait to be decided on, and the files let them be
heard.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bandmate.formats.atomic_file import disk_errors
from bandmate.formats.isrc import normal_isrc
from bandmate.project.store import DATABASE_FILE
from bandmate.song.errors import OutOfRange, RequestError
from bandmate.verbs.importing import PRODUCTION_PROJECT, import_files
from bandmate.verbs.listening import ears_of
from bandmate.verbs.master_making import drafted, master_names
from bandmate.verbs.printing import Printed, check_sounds
from bandmate.verbs.producing import accepted, production, taken_away, title_from
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.projects import open_project
from bandmate.verbs.references import read_references
from bandmate.verbs.results import level_in_words, sound_facts

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.project.folder import Project
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.delivery import DeliveryProfile
    from bandmate.stages.master.finish import Mastered
    from bandmate.stages.master.medium_checks import CheckRow
    from bandmate.verbs.codec_preview import CodecPreview
    from bandmate.verbs.master_making import Draft

REPORT_NAMES = ("report.html", "report.json")
EXTRA_FOLDERS = ("ab", "codecs", "playback", "plots", "stages")
"""Everything beside the masters that may be written into the folder."""

AB_RANGE_SECONDS = (1.0, 3600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterOptions:
    """What is written beside the masters, and with which tags.

    Attributes
    ----------
    alternatives : str
        ``loudness``, ``tone`` or ``width``: three masters that differ in it; empty for one.
    is_codec_safe : bool
        whether the ceiling goes down until no codec of the destination decodes above 0 dBTP.
    has_report : bool
        ``report.html`` and ``report.json``.
    has_codecs, has_playback, has_ab, has_plots, has_stages : bool
        files in ``codecs``: what each codec makes of it; in ``playback``: what other places make of it; in ``ab``:
        before and after at one loudness; in ``plots``: the pictures of the report.
    ab_seconds : float or None
        only the loudest stretch of that length in ``ab``; None for the whole.
    tags : mapping
        title, artist, album, isrc …

    Raises
    ------
    OutOfRange
        if ``ab_seconds`` is not from 1 to 3600.
    """

    alternatives: str = ""
    is_codec_safe: bool = False
    has_report: bool = True
    has_codecs: bool = False
    has_playback: bool = False
    has_ab: bool = False
    has_plots: bool = False
    has_stages: bool = False
    ab_seconds: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        low, high = AB_RANGE_SECONDS
        if self.ab_seconds is not None and not low <= self.ab_seconds <= high:
            raise OutOfRange(f"A/B files of {self.ab_seconds:g} s were asked for; possible are {low:g} to {high:g} s")
        if self.tags.get("isrc"):
            normal_isrc(self.tags["isrc"])


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMaster:
    """One master: for whom, in which way it differs, what was proposed, and the file.

    ``done`` is None where the song was silent or too short to be mastered; ``profile`` is None for the loudness of the
    references. The last four are as in ``bandmate.verbs.master_making.Draft``.
    """

    name: str
    sentence: str
    brief: MasterBrief
    profile: DeliveryProfile | None
    proposal: ProposalState
    done: Mastered | None
    printed: Printed
    is_untouched: bool = False
    reduction_db: tuple[float, ...] = ()
    coded: CodecPreview | None = None
    medium: tuple[CheckRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterResults:
    """What mastering wrote. ``before`` is the piece as it came."""

    folder: Path
    project: Path
    title: str
    source: Path
    before: Hearing
    masters: tuple[MadeMaster, ...]
    report: Path | None = None
    remarks: tuple[str, ...] = ()
    is_new_project: bool = True
    extras: tuple[Path, ...] = ()

    def summary(self) -> tuple[str, ...]:
        """The outcome in a few lines."""
        lines = [f"before: {level_in_words(self.before)}"]
        for one in self.masters:
            count = len(one.proposal.moves)
            moves = (
                f"{count} {'move' if count == 1 else 'moves'}" if count else "no move, the file is the piece as it came"
            )
            direction = f" ({one.sentence})" if one.sentence else ""
            lines.append(f"{one.name}{direction}: {one.printed.path}  {level_in_words(one.printed.hearing)}; {moves}")
            lines += [f"  {row.text}" for row in one.medium if not row.is_met]
        if self.report is not None:
            lines.append(f"report: {self.report}")
        lines += [f"written too: {path}" for path in self.extras]
        place = shlex.quote(str(self.project))
        for nth, one in enumerate(self.masters):
            state = "accepted" if self.is_new_project and nth == 0 else "waiting for you"
            if one.proposal.moves:
                lines.append(f"review: bandmate show {one.proposal.id} --project {place} # {state}")
        return tuple(lines)

    def facts(self) -> dict[str, Any]:
        """The outcome for programs."""
        return {
            "folder": str(self.folder),
            "project": str(self.project),
            "masters": [
                {
                    "name": one.name,
                    "direction": one.sentence,
                    "proposal": one.proposal.id,
                    "moves": len(one.proposal.moves),
                    "remarks": list(one.proposal.proposal.remarks),
                    "checks": [
                        {
                            "check": row.check,
                            "value": row.value,
                            "unit": row.unit,
                            "limit": row.limit,
                            "met": row.is_met,
                        }
                        for row in one.medium
                    ],
                }
                | sound_facts(one.printed)
                for one in self.masters
            ],
            "report": str(self.report) if self.report else None,
            "extras": [str(path) for path in self.extras],
            "remarks": list(self.remarks),
        }


def master(
    source: Path | str,
    folder: Path | str,
    *,
    references: Sequence[Path | str] = (),
    targets: Sequence[str] = (),
    brief: MasterBrief | None = None,
    options: MasterOptions | None = None,
    progress: Progress = silent,
) -> MasterResults:
    """Master a sound file or a project for one or several destinations, and write files and a report into ``folder``.

    Parameters
    ----------
    source : path
        a sound file, or the folder of a project.
    folder : path
        is made where it is not there.
    references : sequence of path or str
        records to compare with; see ``bandmate.verbs.references``.
    targets : sequence of str
        delivery profiles by id or name, or ``reference``; without any, the loudness of the references, or ``spotify``
        where there are none.
    brief : MasterBrief, optional
        strengths and everything else that can be asked for; its profile gives way to ``targets``.
    options : MasterOptions, optional

    Raises
    ------
    RequestError
        if there is nothing to master, or ``folder`` already holds something that would be written.
    UnknownName
        if there is no such destination or direction.
    MediaError, ProjectError
        if a file cannot be used, or not be written.

    Whatever goes wrong, ``folder`` is then as it was.
    """
    from bandmate.stages.master.brief import MasterBrief

    asked, wanted, place, origin = brief or MasterBrief(), options or MasterOptions(), Path(folder), Path(source)
    names = destinations(targets, has_references=bool(references or asked.references))
    check_source(origin)
    with opened_for(origin, place, file_names(names, wanted, origin)) as project:
        is_new = not (origin / DATABASE_FILE).exists()
        remarks = import_files(project, [origin], progress=part(progress, 0.0, 0.05)).remarks if is_new else ()
        read = read_references(references, memory=project.memory, progress=part(progress, 0.05, 0.15))
        asked = replace(asked, references=(*asked.references, *read))
        check_sounds(project.song)
        order = Order(origin, place, asked, names, wanted, tuple(references), remarks)
        results = carried_out(project, order, part(progress, 0.15, 1.0))
        return dataclasses.replace(results, remarks=(*remarks, *results.remarks))


@dataclass(frozen=True, slots=True)
class Order:
    """What was ordered, with the references in the brief, and what the import had to say of it."""

    source: Path
    folder: Path
    brief: MasterBrief
    destinations: tuple[str, ...]
    options: MasterOptions
    references: tuple[Path | str, ...]
    remarks: tuple[str, ...]


def carried_out(project: Project, order: Order, progress: Progress) -> MasterResults:
    """Masters, everything beside them, and the report. The project gets its proposals when all else is there."""
    from bandmate.stages.master.propose import without_mastering
    from bandmate.stages.master.study import study_of
    from bandmate.verbs.master_extras import written_extras
    from bandmate.verbs.master_looks import looked_at
    from bandmate.verbs.master_reporting import write_report

    song, options = project.song, order.options
    progress("listening to the mix", 0.0)
    with study_of(without_mastering(song), ears_of(project)) as study:
        making = part(progress, 0.0, 0.65)
        drafts = drafted(song, study, order.folder, order.brief, order.destinations, options, making)
        before = study.before
        extras = written_extras(study, drafts, order.folder, options, part(progress, 0.65, 0.8))
        looks = looked_at(study, drafts, order, extras, project.memory, part(progress, 0.8, 0.99))
    # subtle: nothing is said from here on, so that nobody stops between the proposals and the last file.
    progress("putting everything in its place", 0.99)
    is_new = order.source.is_file()
    states = [project.proposal(project.add_proposal(one.proposal)) for one in drafts]
    if is_new:
        states[0] = project.proposal(accepted(project, states[0]))
    results = MasterResults(
        folder=order.folder,
        project=order.folder / PRODUCTION_PROJECT if is_new else project.folder,
        title=song.title,
        source=order.source,
        before=before,
        masters=tuple(made(one, state) for one, state in zip(drafts, states, strict=True)),
        is_new_project=is_new,
        extras=extras.folders,
        remarks=extras.remarks,
    )
    return results if looks is None else write_report(project, results, order, looks)


def made(one: Draft, state: ProposalState) -> MadeMaster:
    """A draft whose proposal is in the project."""
    return MadeMaster(
        name=one.name,
        sentence=one.sentence,
        brief=one.brief,
        profile=one.profile,
        proposal=state,
        done=one.done,
        printed=one.printed,
        is_untouched=one.is_untouched,
        reduction_db=one.reduction_db,
        coded=one.coded,
        medium=one.medium,
    )


def destinations(targets: Sequence[str], *, has_references: bool) -> tuple[str, ...]:
    """The ids of the destinations, each once.

    Raises
    ------
    UnknownName
        for one that is not there.
    RequestError
        for the loudness of references that are not there.
    """
    from bandmate.stages.master.brief import REFERENCE
    from bandmate.stages.master.delivery import delivery_profile

    named = [name.strip() for target in targets for name in target.split(",") if name.strip()]
    if not named:
        return (REFERENCE,) if has_references else ("spotify",)
    if REFERENCE in named and not has_references:
        raise RequestError("there is no reference whose loudness could be taken; name one, or a delivery profile")
    return tuple(dict.fromkeys(name if name == REFERENCE else delivery_profile(name).id for name in named))


def check_source(origin: Path) -> None:
    """Refuse what is neither a sound file nor a project."""
    if not origin.exists():
        raise RequestError(f'there is no "{origin}"; name a sound file or the folder of a project')
    if origin.is_dir() and not (origin / DATABASE_FILE).exists():
        raise RequestError(
            f'"{origin}" is a folder without a project; master one sound file, a project, or an album with: '
            "bandmate album FOLDER"
        )


def file_names(destination_ids: Sequence[str], options: MasterOptions, origin: Path) -> tuple[str, ...]:
    """Everything that will be written into the folder."""
    is_new = origin.is_file()
    masters = [f"{name}.wav" for name in master_names(destination_ids, options.alternatives)]
    return (*((PRODUCTION_PROJECT,) if is_new else ()), *masters, *REPORT_NAMES, *EXTRA_FOLDERS)


@contextmanager
def opened_for(origin: Path, place: Path, names: Sequence[str]) -> Iterator[Project]:
    """The project to work on: a new one inside ``place`` for a file, else the one that is there.

    When the block fails, everything that it wrote into ``place`` is taken away again.
    """
    if origin.is_file():
        with production(place, title_from(origin), names) as project:
            yield project
        return
    with disk_errors(place):
        there = [name for name in names if (place / name).exists()]
    if there:
        raise RequestError(f'"{place}" has {", ".join(there[:3])} already; choose another folder')
    new_folders = [one for one in (place, *place.absolute().parents) if not one.exists()]
    with disk_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    try:
        with open_project(origin) as project:
            yield project
    except BaseException:
        taken_away(place, new_folders, names)
        raise
