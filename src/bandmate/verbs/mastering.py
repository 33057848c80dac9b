"""Mastering in one go: one sound file or a project in; masters for every destination, and a report, out.

A lone file gets a project of its own, in which the first master is accepted and every move can be made weaker or taken
back. A project that is there already stays as it is: its proposals wait to be decided on, and the files let them be
heard.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bandmate.formats.atomic_file import disk_errors
from bandmate.project.store import DATABASE_FILE
from bandmate.song.errors import RequestError
from bandmate.verbs.importing import PRODUCTION_PROJECT, import_files
from bandmate.verbs.listening import ears_of
from bandmate.verbs.master_files import master_file, print_master
from bandmate.verbs.printing import Printed, check_sounds
from bandmate.verbs.producing import accepted, production, taken_away, title_from
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.projects import open_project
from bandmate.verbs.references import read_references
from bandmate.verbs.results import level_in_words, sound_facts
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.project.folder import Project
    from bandmate.song.song import Song
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.master.alternatives import Alternative
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.delivery import DeliveryProfile
    from bandmate.stages.master.finish import Mastered
    from bandmate.stages.master.study import Study

REPORT_NAMES = ("report.html", "report.json")
EXTRA_FOLDERS = ("ab", "codecs", "playback")
CODEC_ROOM_DB = 0.05
CODEC_ROUNDS = 4
"""Lowering the ceiling does not lower every decoded peak by as much, so it is looked at again, at most so often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterOptions:
    """What is written beside the masters, and with which tags.

    Attributes
    ----------
    alternatives : str
        ``loudness``, ``tone`` or ``width``: three masters that differ in it; empty for one.
    is_codec_safe : bool
        whether the ceiling goes down until no codec of the destination decodes above 0 dBTP.
    has_report, has_codecs, has_playback, has_ab : bool
        the report; codec previews; renders for other places; before and after as files of one loudness.
    tags : mapping
        title, artist, album, isrc …
    """

    alternatives: str = ""
    is_codec_safe: bool = False
    has_report: bool = True
    has_codecs: bool = False
    has_playback: bool = False
    has_ab: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMaster:
    """One master: for whom, in which way it differs, what was proposed, and the file.

    ``done`` is None where the song was silent or too short to be mastered; ``profile`` is None for the loudness of the
    references.
    """

    name: str
    sentence: str
    brief: MasterBrief
    profile: DeliveryProfile | None
    proposal: ProposalState
    done: Mastered | None
    printed: Printed


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
        read = read_references(references, memory=project.memory, progress=part(progress, 0.05, 0.2))
        asked = replace(asked, references=(*asked.references, *read))
        check_sounds(project.song)
        results = MasterResults(
            folder=place,
            project=project.folder,
            title=project.song.title,
            source=origin,
            **made(project, place, asked, names, wanted, part(progress, 0.2, 0.9)),
            remarks=remarks,
            is_new_project=is_new,
        )
        if is_new:
            accepted(project, results.masters[0].proposal)
        return results


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


def master_names(destination_ids: Sequence[str], direction: str) -> list[str]:
    """The name of every master: the destination, and the alternative where there are several."""
    from bandmate.stages.master.alternatives import alternatives
    from bandmate.stages.master.brief import MasterBrief

    first, *others = destination_ids
    named = [one.name for one in alternatives(MasterBrief(), direction, loudness_lufs=None)]
    return [f"master-{first}-{name}" if name else f"master-{first}" for name in named] + [
        f"master-{name}" for name in others
    ]


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


def made(
    project: Project,
    place: Path,
    asked: MasterBrief,
    names: Sequence[str],
    options: MasterOptions,
    progress: Progress,
) -> dict[str, Any]:
    """All masters, tried on one bench, proposed and written."""
    from bandmate.stages.master.propose import without_mastering
    from bandmate.stages.master.study import study_of

    song = project.song
    plan = planned(asked, names, options.alternatives)
    progress("listening to the mix", 0.0)
    with study_of(without_mastering(song), ears_of(project)) as study:
        masters = []
        for count, (name, one) in enumerate(zip(master_names(names, options.alternatives), plan, strict=True)):
            share = part(progress, count / len(plan), (count + 1) / len(plan))
            masters.append(made_master(project, study, place / f"{name}.wav", one, options, share))
        return {"before": study.before, "masters": tuple(masters)}


def planned(asked: MasterBrief, names: Sequence[str], direction: str) -> list[Alternative]:
    """What is tried: the alternatives for the first destination, and the other destinations as asked."""
    from bandmate.stages.master.alternatives import Alternative, alternatives
    from bandmate.stages.master.goal import goal_of
    from bandmate.stages.master.target import target_of

    first = replace(asked, profile=names[0])
    goal = goal_of(first, target_of(first.references))
    found = list(alternatives(first, direction, loudness_lufs=goal.loudness_lufs))
    return found + [Alternative("", "", replace(asked, profile=name)) for name in names[1:]]


def made_master(
    project: Project, study: Study, path: Path, one: Alternative, options: MasterOptions, progress: Progress
) -> MadeMaster:
    """One master: tried, proposed, written; with a lower ceiling where a codec of the destination asks for it."""
    from bandmate.stages.master.brief import REFERENCE
    from bandmate.stages.master.delivery import delivery_profile
    from bandmate.stages.master.propose import proposal_for, tried

    profile = None if one.brief.profile == REFERENCE else delivery_profile(one.brief.profile)
    brief, song = one.brief, project.song
    for count in range(CODEC_ROUNDS):
        share = part(progress, count / CODEC_ROUNDS, 1.0)
        share("trying a master", 0.0)
        done = tried(song, brief, study)
        share("writing the master", 0.6)
        printed = written(study, done, path, profile, song, options)
        ceiling_dbtp = codec_ceiling(printed, done, profile) if options.is_codec_safe else None
        if ceiling_dbtp is None:
            break
        brief = replace(brief, ceiling_dbtp=ceiling_dbtp)
    proposal = proposal_for(song, brief, study, done, version=__version__)
    state = project.proposal(project.add_proposal(proposal))
    return MadeMaster(
        name=path.stem,
        sentence=one.sentence,
        brief=brief,
        profile=profile,
        proposal=state,
        done=done,
        printed=printed,
    )


def written(
    study: Study, done: Mastered | None, path: Path, profile: DeliveryProfile | None, song: Song, options: MasterOptions
) -> Printed:
    """The file of a master; the piece as it came where nothing could be tried."""
    from bandmate.stages.master.nodes import LIMITER

    chain = done.chain if done else ()
    has_limiter = done is not None and done.node(LIMITER).state == "on"
    ceiling_dbtp = done.request.goal.ceiling_dbtp if done else 0.0
    file = master_file(profile, song, ceiling_dbtp=ceiling_dbtp, keeps_ceiling=has_limiter, tags=options.tags)
    return print_master(lambda _: study.played(chain), study.rate_hz, path, file)


def codec_ceiling(printed: Printed, done: Mastered | None, profile: DeliveryProfile | None) -> float | None:
    """A ceiling low enough for every codec of the destination to decode to at most 0 dBTP; None where all do already,
    and where no limiter could keep it."""
    from bandmate.stages.master.nodes import LIMITER
    from bandmate.verbs.codec_preview import margin_for, preview_codecs

    if done is None or profile is None or not profile.lossy_codecs or done.node(LIMITER).state != "on":
        return None
    margin_db = margin_for(preview_codecs(printed.path, profiles=[profile]))
    return round(done.request.goal.ceiling_dbtp - margin_db - CODEC_ROOM_DB, 2) if margin_db > 0.0 else None
