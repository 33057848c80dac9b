"""An album from a folder of tracks: one step in loudness for all, tone held together, order, gaps, codes, and a CD.

Every track gets a project of its own below the results, in which each move can be made weaker or taken back. Tone,
dynamics and width of each are as the brief has them; then all are brought to the album's loudness by the same number of
LU, so that a quiet track stays quiet. A run that was stopped goes on where it was and ends with the same bytes, and one
that changes nothing works nothing out again.

Conventions: the loudness of a file is its own after it was written. A gap before a track is silence at the end of the
file before, or the pause of a CD.

Not covered: tracks that run into each other without a break: master those as one file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bandmate.project.memory import Memory
from bandmate.verbs.album_files import Finished, ResultsFolder
from bandmate.verbs.album_plan import REPORT_NAMES, AlbumOptions, Plan, planned, track_file_name
from bandmate.verbs.album_results import AlbumResults, TrackResult
from bandmate.verbs.album_tracks import TrackBench, project_names, set_up
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.readiness import make_ready
from bandmate.verbs.references import read_references

if TYPE_CHECKING:
    from bandmate.stages.master.album import Heard, Trial
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.verbs.master_files import MasterFile

MOST_ROUNDS, DRIFT_ROUNDS = 4, 3


@dataclass(frozen=True, slots=True)
class Levelled:
    """The album at its loudness: a trial and a file for each track, and the step that all have in common."""

    trials: tuple[Trial, ...]
    files: tuple[Finished, ...]
    heard: tuple[Heard, ...]
    step_lu: float | None
    target_lufs: float | None


def master_album(
    folder: Path | str,
    to: Path | str,
    *,
    references: Sequence[Path | str] = (),
    target: str = "",
    brief: MasterBrief | None = None,
    options: AlbumOptions | None = None,
    progress: Progress = silent,
) -> AlbumResults:
    """Master the tracks in a folder as an album, and write them into ``to``; the same again goes on where it stopped.

    Parameters
    ----------
    folder : path
        sound files, and an ``album.toml`` where there is one; see ``bandmate.verbs.album_sheet``.
    to : path
        is made where it is not there; what an earlier run for this album has put there is replaced where it changed.
    references, brief
        as for ``bandmate.verbs.mastering.master``; the same for every track.
    target : str
        one delivery profile by id or name, or ``reference``; ``cd`` writes a cue sheet and a DDP file set as well.
    options : AlbumOptions, optional

    Raises
    ------
    RequestError, OutOfRange, UnknownName
        for anything that cannot be, before anything is written.
    MediaError
        if one of the files cannot be used, before anything is written.
    ProjectError
        if something cannot be written.
    """
    wanted = options or AlbumOptions()
    plan, place = planned(Path(folder), Path(to), (target, references), brief, wanted, progress)
    make_ready(part(progress, 0.02, 0.04))
    place.begin()
    memory = Memory(place.work)
    read = read_references(references, memory=memory, progress=part(progress, 0.04, 0.08))
    asked = replace(plan.brief, references=(*plan.brief.references, *read))
    album_target(asked, 0.0)
    benches = laid_out(plan, place, memory, part(progress, 0.08, 0.12))
    middle = 0.12 if plan.options.drift_db is None else 0.5
    briefs = toned(benches, asked, plan.options.drift_db, part(progress, 0.12, middle))
    levelled = at_one_level(plan, benches, briefs, part(progress, middle, 0.95))
    results = finished(plan, place, benches, levelled, part(progress, 0.95, 1.0))
    progress("done", 1.0)
    return results


def laid_out(plan: Plan, place: ResultsFolder, memory: Memory, progress: Progress) -> tuple[TrackBench, ...]:
    """A project for each track."""
    names = project_names([track.path for track in plan.album.tracks])
    benches = []
    for count, (track, name, sha256) in enumerate(zip(plan.album.tracks, names, plan.hashes, strict=True)):
        progress(f"importing {track.path.name}", count / len(names))
        bench = TrackBench(track, place.projects / name, sha256, memory, place.drafts)
        set_up(bench)
        benches.append(bench)
    return tuple(benches)


def toned(
    benches: Sequence[TrackBench], asked: MasterBrief, bound_db: float | None, progress: Progress
) -> tuple[MasterBrief, ...]:
    """The brief of each track before its loudness: as asked, or nearer to the album's mean where it drifts too far."""
    from bandmate.stages.master.album import DRIFT_ROOM_DB, mean_portrait, nearer

    if bound_db is None:
        return tuple(asked for _ in benches)
    plain = replace(asked, loudness=0.0)
    briefs = [plain for _ in benches]
    heard = all_tried(benches, briefs, part(progress, 0.0, 0.6))
    mean = mean_portrait(trial.after.portrait for trial in heard)
    if mean is None:
        return tuple(asked for _ in benches)
    follows = nearer(plain, mean, 1.0)
    for turn in range(DRIFT_ROUNDS):
        far = [count for count in too_far(heard, bound_db - DRIFT_ROOM_DB / 2) if briefs[count].tone < 1.0 or not turn]
        if not far:
            break
        for count in far:
            with benches[count].at_work() as bench:
                strength = bench.strength(follows, bound_db - DRIFT_ROOM_DB * (1 + turn))
            briefs[count] = replace(follows, tone=strength)
        heard = all_tried(benches, briefs, part(progress, 0.6 + 0.4 * turn / DRIFT_ROUNDS, 1.0))
    return tuple(replace(brief, loudness=asked.loudness) for brief in briefs)


def too_far(trials: Sequence[Trial], bound_db: float) -> list[int]:
    """Which tracks are further from the mean of all."""
    from bandmate.stages.master.album import drift_db, mean_portrait

    mean = mean_portrait(trial.after.portrait for trial in trials)
    return [count for count, trial in enumerate(trials) if (drift_db(trial.after.portrait, mean) or 0.0) > bound_db]


def all_tried(benches: Sequence[TrackBench], briefs: Sequence[MasterBrief], progress: Progress) -> tuple[Trial, ...]:
    """A trial of every track."""
    found = []
    for count, (bench, brief) in enumerate(zip(benches, briefs, strict=True)):
        share = part(progress, count / len(benches), (count + 1) / len(benches))
        with bench.at_work():
            found.append(bench.tried(brief, share))
    return tuple(found)


def at_one_level(
    plan: Plan, benches: Sequence[TrackBench], briefs: Sequence[MasterBrief], progress: Progress
) -> Levelled:
    """The album at its loudness: one step for all, tried until what was written has it."""
    from bandmate.stages.master.album import album_lufs, next_step_lu

    anchor, asked = plan.options.anchor, briefs[0]
    before = all_heard(benches, part(progress, 0.0, 0.1))
    now_lufs = album_lufs(before, anchor)
    target_lufs = album_target(asked, now_lufs)
    step_lu = None if target_lufs is None or now_lufs is None else target_lufs - now_lufs
    for turn in range(MOST_ROUNDS):
        share = part(progress, 0.1 + 0.9 * turn / MOST_ROUNDS if turn else 0.1, 1.0)
        wanted = [
            leveled_brief(bench, brief, heard, step_lu)
            for bench, brief, heard in zip(benches, briefs, before, strict=True)
        ]
        done = Levelled(
            *all_written(plan, benches, wanted, reason(step_lu, target_lufs, anchor), share), step_lu, target_lufs
        )
        reached = album_lufs(done.heard, anchor)
        if step_lu is None or target_lufs is None or reached is None:
            break
        is_squashed = any(trial.is_squashed for trial in done.trials)
        following = next_step_lu(step_lu, reached, target_lufs, is_squashed=is_squashed)
        if following is None:
            break
        step_lu = following
    return done


def reason(step_lu: float | None, target_lufs: float | None, anchor: str) -> str:
    """Why a track is to be as loud as it is asked to be: the album's reason, for the remarks of its proposal."""
    if step_lu is None or target_lufs is None:
        return ""
    which = "the loudest of them measures" if anchor == "loudest" else "together they measure"
    return f"album: all tracks are moved by {step_lu:+.2f} LU, so that {which} {target_lufs:.1f} LUFS"


def all_heard(benches: Sequence[TrackBench], progress: Progress) -> list[Heard]:
    """Every track as it comes."""
    found = []
    for count, bench in enumerate(benches):
        progress(f"listening to {bench.ask.title}", count / len(benches))
        with bench.at_work():
            found.append(bench.heard())
    return found


def album_target(asked: MasterBrief, now_lufs: float | None) -> float | None:
    """The loudness of the album that is aimed at; None where nobody asks for one.

    Raises
    ------
    RequestError
        if the references are to say how loud, and cannot.
    """
    from bandmate.stages.master.goal import goal_of
    from bandmate.stages.master.target import target_of

    goal = goal_of(asked, target_of(asked.references))
    return None if now_lufs is None or asked.loudness == 0.0 else goal.partly(now_lufs, asked.loudness)


def leveled_brief(bench: TrackBench, brief: MasterBrief, heard: Heard, step_lu: float | None) -> MasterBrief:
    """The brief of a track with the loudness that it has on the album: its own and the step.

    Where no loudness is asked for, a track keeps its own if its tone, dynamics or width was moved; repairs and the
    limiter, which then only holds peaks, are no reason to drive it.
    """
    from bandmate.stages.master.brief import LOUDNESS_RANGE_LUFS
    from bandmate.stages.master.nodes import LIMITER, REPAIR, SUBSONIC

    if heard.lufs is None or brief.loudness == 0.0:
        return brief
    if step_lu is None:
        with bench.at_work():
            chain = bench.tried(brief).chain
        if all(device.id in (REPAIR, SUBSONIC, LIMITER) for device in chain):
            return brief
    low, high = LOUDNESS_RANGE_LUFS
    return replace(brief, loudness=1.0, loudness_lufs=min(max(round(heard.lufs + (step_lu or 0.0), 2), low), high))


def all_written(
    plan: Plan, benches: Sequence[TrackBench], briefs: Sequence[MasterBrief], why: str, progress: Progress
) -> tuple[tuple[Trial, ...], tuple[Finished, ...], tuple[Heard, ...]]:
    """Every track, tried and written as a draft or found where it is: trials, files, and what the files measure."""
    trials, files, heard = [], [], []
    for count, (bench, brief) in enumerate(zip(benches, briefs, strict=True)):
        share = part(progress, count / len(benches), (count + 1) / len(benches))
        with bench.at_work():
            trial = bench.tried(brief, share, why=why)
            file = track_file(plan, bench, trial)
            place = bench.folder.parent.parent / track_file_name(plan, bench.ask)
            written, path = bench.written(trial, file, plan.gap_after_seconds(bench.ask), place, share)
        trials.append(trial)
        heard.append(written.heard)
        files.append(Finished(path, written.sha256))
    return tuple(trials), tuple(files), tuple(heard)


def track_file(plan: Plan, bench: TrackBench, trial: Trial) -> MasterFile:
    """How a track is written."""
    from bandmate.formats.isrc import normal_isrc
    from bandmate.verbs.master_files import master_file

    ask, album = bench.ask, plan.album
    tags = {
        "title": ask.title,
        "artist": ask.artist or album.artist,
        "album": album.title,
        "track": str(ask.number),
        "isrc": normal_isrc(ask.isrc) if ask.isrc.strip() else "",
    }
    file = master_file(
        plan.profile, bench.song, ceiling_dbtp=trial.ceiling_dbtp, keeps_ceiling=trial.has_limiter, tags=tags
    )
    return dataclasses.replace(file, rate_hz=plan.rate_hz)


def finished(
    plan: Plan, place: ResultsFolder, benches: Sequence[TrackBench], levelled: Levelled, progress: Progress
) -> AlbumResults:
    """Disc and report made, everything put in its place, and the moves accepted in the projects."""
    names = [track_file_name(plan, track) for track in plan.album.tracks]
    files = dict(zip(names, levelled.files, strict=True))
    remarks = list(plan.remarks)
    progress("writing the disc and the report", 0.0)
    if plan.is_cd:
        from bandmate.verbs.album_disc import disc_of, write_disc

        disc = disc_of(plan.album, [heard.hearing.frames for heard in levelled.heard])
        written = write_disc(place.drafts, plan.album, disc, [one.path for one in levelled.files])
        files |= written.files
        remarks += written.remarks
    results = album_results(plan, place, benches, levelled, tuple(remarks))
    files |= report_files(place, results)
    for bench, trial in zip(benches, levelled.trials, strict=True):
        bench.settle(trial)
    place.finish(files)
    return results


def report_files(place: ResultsFolder, results: AlbumResults) -> dict[str, Finished]:
    """The report as a page and as JSON, as drafts."""
    import hashlib

    from bandmate.formats.atomic_file import disk_errors, write_whole
    from bandmate.report.master_page import master_html
    from bandmate.report.master_record import master_json
    from bandmate.verbs.album_report import album_report

    report = album_report(results)
    found = {}
    with disk_errors(place.drafts):
        place.drafts.mkdir(parents=True, exist_ok=True)
    for name, data in zip(REPORT_NAMES, (master_html(report).encode(), master_json(report)), strict=True):
        write_whole(place.drafts / name, data)
        found[name] = Finished(place.drafts / name, hashlib.sha256(data).hexdigest())
    return found


def album_results(
    plan: Plan,
    place: ResultsFolder,
    benches: Sequence[TrackBench],
    levelled: Levelled,
    remarks: tuple[str, ...],
) -> AlbumResults:
    """What came of it, in numbers."""
    from bandmate.stages.master.album import drift_db, mean_portrait

    means = [
        mean_portrait(heard.portrait for heard in row)
        for row in ([trial.before for trial in levelled.trials], levelled.heard)
    ]
    rows = []
    for count, bench in enumerate(benches):
        trial, heard, file = levelled.trials[count], levelled.heard[count], levelled.files[count]
        name = track_file_name(plan, bench.ask)
        rows.append(
            TrackResult(
                ask=bench.ask,
                path=place.folder / name,
                project=bench.folder,
                sha256=file.sha256,
                before=trial.before,
                trial=trial,
                after=heard,
                drift_before_db=drift_db(trial.before.portrait, means[0]),
                drift_after_db=drift_db(heard.portrait, means[1]),
                pause_after_seconds=plan.pause_after_seconds(bench.ask),
            )
        )
    return AlbumResults(
        folder=place.folder,
        album=plan.album,
        profile=plan.profile,
        anchor=plan.options.anchor,
        bound_db=plan.options.drift_db,
        step_lu=levelled.step_lu,
        target_lufs=levelled.target_lufs,
        tracks=tuple(rows),
        remarks=remarks,
    )
