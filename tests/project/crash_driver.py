"""A program that works on a project until it is killed; after every finished step it says so on its standard output.

It is run as a script: ``crash_driver.py FOLDER RECORDING SEED``. A line is one step that has been acknowledged. WAV
files are looked at with the standard library, so that starting 200 times does not load numpy 200 times.
"""

from __future__ import annotations

import random
import sys
import wave
from pathlib import Path

from msgspec.structs import replace

from bandmate.formats.audio_files import FileFacts
from bandmate.project import Project, media
from bandmate.song.errors import ProjectError, RequestError
from bandmate.song.moves import Move
from bandmate.song.proposal import Proposal
from bandmate.song.song import Song
from bandmate.song.tracks import Track


def work(folder: Path, recording: Path, seed: int) -> None:
    rng = random.Random(seed)
    try:
        project = Project.open(folder)
    except ProjectError:
        project = Project.create(folder, song=Song(tracks=(Track(id="vox"), Track(id="bass"))))
    say("revision", project.head.id)
    steps = (commit, commit, propose, accept, refuse, undo, redo, name_version, import_recording)
    count = 0
    while True:
        count += 1
        rng.choice(steps)(project, rng, recording, f"{seed}-{count}")


def say(kind: str, what: str) -> None:
    sys.stdout.write(f"{kind} {what}\n")
    sys.stdout.flush()


def commit(project: Project, rng: random.Random, recording: Path, mark: str) -> None:
    say("revision", project.commit(replace(project.song, title=mark), f"commit {mark}").id)


def propose(project: Project, rng: random.Random, recording: Path, mark: str) -> None:
    tracks = project.song.tracks
    moves = tuple(Move(address=f"tracks/{t.id}/gain_db", before=t.gain_db, after=rng.uniform(-9, 9)) for t in tracks)
    say("proposal", project.add_proposal(Proposal(stage="mix", title=mark, moves=moves)))


def accept(project: Project, rng: random.Random, recording: Path, mark: str) -> None:
    for found in project.proposals()[-3:]:
        try:
            accepted = project.accept(found.id, [rng.randint(1, 2)], skip_stale=True)
        except RequestError:
            continue
        say("accepted", f"{found.id} {accepted.numbers[0]} {accepted.id}")
        return


def refuse(project: Project, rng: random.Random, recording: Path, mark: str) -> None:
    for found in project.proposals()[-3:]:
        if found.counts["open"]:
            project.refuse(found.id, reason=mark)
            say("refused", mark)
            return


def undo(project: Project, rng: random.Random, recording: Path, mark: str) -> None:
    if project.head.parent:
        say("head", project.undo().id)


def redo(project: Project, rng: random.Random, recording: Path, mark: str) -> None:
    try:
        say("head", project.redo().id)
    except RequestError:
        return


def name_version(project: Project, rng: random.Random, recording: Path, mark: str) -> None:
    say("version", project.name_version(mark).name)


def import_recording(project: Project, rng: random.Random, recording: Path, mark: str) -> None:
    """A recording of its own: one more frame of sound at the end of the given one."""
    data = bytearray(recording.read_bytes())
    data[-4:] = rng.randbytes(4)
    new = project.folder.parent / f"{project.folder.name}.wav"
    new.write_bytes(data)
    say("recording", project.media.add(new).sha256)


def light_probe(path: Path) -> FileFacts:
    with wave.open(str(path)) as file:
        return FileFacts(file.getnchannels(), file.getnframes(), file.getframerate(), "wav", "pcm", is_exact_seek=True)


if __name__ == "__main__":
    media.probed = light_probe
    work(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
