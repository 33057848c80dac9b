"""One track of an album: its project, and what was tried on it, remembered so that a stopped run goes on.

Every answer is kept under the hash of all that it depends on (the sound and the settings of the project's song, the
brief, the version), so the same question is worked out once, in this run or in the next, and a new question anew.

Conventions: a project is made under a hidden name and appears when its recording is in it. What is asked for in the
album's list (fades, silence cut off) is made by moves on the track's clip. A master is tried on the song without its
mastering devices, whatever an earlier run has left there.

Not covered: what all tracks have in common (``bandmate.verbs.album``).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from bandmate.formats.atomic_file import disk_errors
from bandmate.project.store import DATABASE_FILE
from bandmate.song.clips import AudioClip
from bandmate.song.moves import Move
from bandmate.song.song import Song
from bandmate.song.wire import proposal_from_json, proposal_to_json, song_to_json
from bandmate.verbs.album_sheet import AlbumTrack
from bandmate.verbs.importing import import_files
from bandmate.verbs.listening import ears_of
from bandmate.verbs.master_files import MasterFile, print_master
from bandmate.verbs.progress import Progress, silent
from bandmate.verbs.projects import new_project, open_project
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.project.memory import Memory
    from bandmate.sound.audio import Samples
    from bandmate.stages.master.album import Heard, Trial, WrittenTrack
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.study import Study

ANALYSER = "album"
KEPT_SECONDS = 0.05
"""Of the silence that is cut off, so much is left at either end."""

Answer = TypeVar("Answer", bound=msgspec.Struct)


class TrackBench:
    """A track on its way onto the album; to be worked on inside ``at_work``.

    Parameters
    ----------
    folder : Path
        of its project.
    sha256 : str
        of its sound file.
    memory
        where answers are kept.
    drafts : Path
        the folder for files that have no place yet.
    """

    def __init__(self, ask: AlbumTrack, folder: Path, sha256: str, memory: Memory, drafts: Path) -> None:
        self.ask, self.folder, self.sha256 = ask, folder, sha256
        self._memory, self._drafts = memory, drafts
        self._stack: ExitStack | None = None
        self._study: Study | None = None

    @contextmanager
    def at_work(self) -> Iterator[TrackBench]:
        """The bench, on which the sound stays on tape until the end."""
        with ExitStack() as stack:
            self._stack, self._study = stack, None
            try:
                yield self
            finally:
                self._stack = self._study = None

    @property
    def study(self) -> Study:
        """The song without mastering, on tape."""
        from bandmate.stages.master.study import study_of

        assert self._stack is not None, "a track is worked on inside at_work"
        if self._study is None:
            project = self._stack.enter_context(open_project(self.folder))
            self._study = self._stack.enter_context(study_of(self.song, ears_of(project)))
        return self._study

    @cached_property
    def song(self) -> Song:
        """The project's song without mastering."""
        from bandmate.stages.master.propose import without_mastering

        with open_project(self.folder) as project:
            return without_mastering(project.song)

    def tried(self, brief: MasterBrief, progress: Progress = silent, *, why: str = "") -> Trial:
        """The master that a brief gives; ``why`` is the first remark of its proposal."""
        from bandmate.stages.master.album import Trial

        return self._answer(Trial, ("trial", self._sound, brief, why), lambda: self._try(brief, why, progress))

    def heard(self) -> Heard:
        """The track as it comes."""
        from bandmate.stages.master.album import Heard, heard_lightly

        question = ("heard", self._sound)
        return self._answer(Heard, question, lambda: heard_lightly(self.study.before, self.ask.title))

    def strength(self, brief: MasterBrief, bound_db: float) -> float:
        """The least tone strength that is foretold to hold a bound; ``brief`` follows the mean last of all."""
        from bandmate.stages.master.album import Strength, strength_for

        mean = brief.references[-1].portrait
        return self._answer(
            Strength,
            ("strength", self._sound, brief, bound_db),
            lambda: Strength(share=strength_for(self.study.sketch, mean, bound_db=bound_db, guard=brief.guard)),
        ).share

    def written(
        self, trial: Trial, file: MasterFile, gap_seconds: float, place: Path, progress: Progress = silent
    ) -> tuple[WrittenTrack, Path]:
        """The file of a trial, as it is at ``place`` already or as a draft; and where it is.

        ``gap_seconds`` is the silence at its end.
        """
        from bandmate.stages.master.album import WrittenTrack

        question = ("file", self._sound, trial.chain, repr(file), gap_seconds)
        found = self._recalled(WrittenTrack, question)
        draft = self._drafts / f"{hashed(question)}.wav"
        if found is not None:
            for path in (place, draft):
                if path.is_file() and file_sha256(path) == found.sha256:
                    return found, path
        progress(f"writing {self.ask.title}", 0.6)
        made = self._write(trial, file, gap_seconds, draft)
        self._remember(question, made)
        return made, draft

    def settle(self, trial: Trial) -> None:
        """Put the proposal of a trial into the project and accept it; once is enough."""
        from bandmate.stages.master.propose import without_mastering

        proposal = proposal_from_json(trial.proposal)
        with open_project(self.folder) as project:
            bare = without_mastering(project.song)
            known = [one for one in project.proposals() if one.proposal == proposal]
            if project.song.main.inserts == (*bare.main.inserts, *trial.chain):
                if not known:
                    project.add_proposal(proposal)
                return
            if bare != project.song:
                project.commit(bare, "take the earlier master of the album out")
            waiting = [one.id for one in known if one.state == "open"]
            name = waiting[-1] if waiting else project.add_proposal(proposal)
            if proposal.moves:
                project.accept(name)

    @cached_property
    def _sound(self) -> str:
        """The hash of the song without mastering and without its title."""
        return hashlib.sha256(song_to_json(replace(self.song, title=""))).hexdigest()

    def _try(self, brief: MasterBrief, why: str, progress: Progress) -> Trial:
        from bandmate.stages.master.album import Trial, heard_lightly
        from bandmate.stages.master.nodes import LIMITER
        from bandmate.stages.master.propose import proposal_for, tried

        progress(f"trying {self.ask.title}", 0.0)
        study = self.study
        done = tried(self.song, brief, study)
        proposal = proposal_for(self.song, brief, study, done, version=__version__)
        if why:
            proposal = replace(proposal, remarks=(why, *proposal.remarks))
        before = self.heard()
        limiter = done.node(LIMITER).device if done and done.node(LIMITER).state == "on" else None
        solved = done.solved if done else None
        on = [node for node in done.nodes if node.state == "on"] if done else []
        return Trial(
            before=before,
            after=heard_lightly(done.after, self.ask.title) if done else before,
            chain=done.chain if done else (),
            proposal=proposal_to_json(proposal),
            ceiling_dbtp=done.request.goal.ceiling_dbtp if done else 0.0,
            has_limiter=limiter is not None,
            is_squashed=solved is not None and not solved.reached,
            limiter_db=solved.max_reduction_db if solved else None,
            limiter_gain_db=getattr(limiter, "gain_db", None),
            sentences=tuple(f"{node.name}: {node.sentence}" for node in on) or proposal.remarks[-1:],
        )

    def _write(self, trial: Trial, file: MasterFile, gap_seconds: float, draft: Path) -> WrittenTrack:
        from bandmate.stages.master.album import WrittenTrack, heard_lightly

        with disk_errors(draft):
            draft.parent.mkdir(parents=True, exist_ok=True)
        study, gap_frames = self.study, round(gap_seconds * self.song.rate_hz)
        study.tape(trial.chain)
        done = print_master(
            lambda _: followed_by(study.played(trial.chain), gap_frames), study.rate_hz, draft, file, progress=silent
        )
        return WrittenTrack(heard=heard_lightly(done.hearing, self.ask.title), sha256=done.sha256)

    def _answer(self, kind: type[Answer], question: object, work_out: Callable[[], Answer]) -> Answer:
        known = self._recalled(kind, question)
        if known is not None:
            return known
        answer = work_out()
        self._remember(question, answer)
        return answer

    def _recalled(self, kind: type[Answer], question: object) -> Answer | None:
        data = self._memory.recall(hashed(question), ANALYSER, __version__)
        try:
            return None if data is None else msgspec.msgpack.decode(data, type=kind)
        except msgspec.DecodeError:
            return None

    def _remember(self, question: object, answer: msgspec.Struct) -> None:
        self._memory.remember(hashed(question), ANALYSER, __version__, msgspec.msgpack.encode(answer))


def hashed(question: object) -> str:
    """The name of a question."""
    from bandmate.stages.hearing import ANALYSER_VERSION

    return hashlib.sha256(msgspec.json.encode((ANALYSER_VERSION, question))).hexdigest()


def file_sha256(path: Path) -> str:
    with disk_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def followed_by(blocks: Iterable[Samples], silent_frames: int) -> Iterator[Samples]:
    """The blocks, and silence after them."""
    import numpy as np

    yield from blocks
    while silent_frames > 0:
        now = min(silent_frames, 65_536)
        yield np.zeros((2, now), np.float32)
        silent_frames -= now


def project_names(paths: Sequence[Path]) -> list[str]:
    """A name for the project of each file: the file's, with its ending where two files differ in nothing else."""
    from bandmate.verbs.printing import file_name

    found: list[str] = []
    for path in paths:
        name = file_name(path.stem)
        if sum(file_name(other.stem).casefold() == name.casefold() for other in paths) > 1:
            name = file_name(path.name)
        count = 2
        while name.casefold() in {one.casefold() for one in found}:
            name, count = f"{file_name(path.name)} {count}", count + 1
        found.append(name)
    return found


def set_up(bench: TrackBench, progress: Progress = silent) -> None:
    """The track's project with its recording, its fades and its ends as the list has them."""
    if not (bench.folder / DATABASE_FILE).exists():
        made_project(bench, progress)
    with open_project(bench.folder) as project:
        if bench.sha256 not in {clip.audio for clip in audio_clips(project.song)}:
            project.commit(Song(title=project.song.title), "another recording for the album")
            import_files(project, [bench.ask.path], progress=progress)
        moves = clip_moves(project, bench.ask, bench.sha256)
        if moves:
            project.revise(moves, "fades and ends, as the list of the album has them")


def audio_clips(song: Song) -> list[AudioClip]:
    return [clip for track in song.tracks for clip in track.clips if isinstance(clip, AudioClip)]


def made_project(bench: TrackBench, progress: Progress) -> None:
    """A project with the recording in it; a run that was stopped on the way leaves nothing that is taken for one."""
    part = bench.folder.with_name(f".{bench.folder.name}.part")
    with disk_errors(part):
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
    with new_project(part, title=bench.ask.title) as project:
        import_files(project, [bench.ask.path], progress=progress)
    with disk_errors(bench.folder):
        part.rename(bench.folder)


def clip_of(song: Song, sha256: str) -> tuple[str, AudioClip] | None:
    """The address of the clip that plays a recording, and the clip; None where none does, or several do."""
    found = [
        (f"tracks/{track.id}/clips/{clip.id}", clip)
        for track in song.tracks
        for clip in track.clips
        if isinstance(clip, AudioClip) and clip.audio == sha256
    ]
    return found[0] if len(found) == 1 else None


def sounding_frames(project: Project, sha256: str) -> tuple[int, int]:
    """From the first to the last sound of a recording, with a little room; all of a silent one."""
    from bandmate.verbs.references import heard_file

    recording = project.media.recording(sha256)
    heard, _ = heard_file(project.media.path(sha256), project.memory)
    if heard.first_sound_seconds is None or heard.last_sound_seconds is None:
        return 0, recording.frames
    first, last = heard.first_sound_seconds - KEPT_SECONDS, heard.last_sound_seconds + KEPT_SECONDS
    return max(0, round(first * recording.rate_hz)), min(recording.frames, round(last * recording.rate_hz))


def clip_moves(project: Project, ask: AlbumTrack, sha256: str) -> list[Move]:
    """What has to change on the track's clip; nothing where the musician cut it into several."""
    found = clip_of(project.song, sha256)
    if found is None:
        return []
    address, clip = found
    frames = project.media.recording(sha256).frames
    first, last = sounding_frames(project, sha256) if ask.trim_start or ask.trim_end else (0, frames)
    start, end = first if ask.trim_start else 0, last if ask.trim_end else frames
    wanted: dict[str, tuple[float, str]] = {
        "fade_in_ms": (ask.fade_in_ms, "the fade-in"),
        "fade_out_ms": (ask.fade_out_ms, "the fade-out"),
        "source_start_frame": (start, "where the sound begins"),
        "source_frames": (end - start, "how long it sounds"),
    }
    return [
        Move(
            address=f"{address}/{name}",
            before=getattr(clip, name),
            after=value,
            because=f"{what}, as the list of the album has it",
        )
        for name, (value, what) in wanted.items()
        if getattr(clip, name) != value
    ]
