"""Structure: tempo, bars and sections of a song, and the proposal that puts them into a song that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandmate.project.folder import Project
from bandmate.verbs.listening import ears_of
from bandmate.verbs.progress import Progress, part, silent
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.song.song import Song
    from bandmate.stages.ears import Ears
    from bandmate.stages.structure import Structure

STAGE = "structure"


def find_structure(project: Project, *, progress: Progress = silent) -> Structure:
    """Tempo, beats, bars and sections: the song's own where it has them, else as they are heard.

    Nothing is measured twice: a second call answers from the project's memory. A song without sound has no tempo and
    no sections.

    Raises
    ------
    MediaError, ProjectError
        if a recording cannot be read.
    """
    return heard_structure(project.song, ears_of(project, part(progress, 0.0, 0.95)))


def propose_structure(project: Project, *, progress: Progress = silent) -> ProposalState:
    """Listen to the song and keep a proposal for its tempo, meter and sections. The song stays as it is.

    Returns
    -------
    ProposalState
        no moves where the song has its own, where the tempo is not steady, and where it is not sure enough; a remark
        says why.

    Raises
    ------
    MediaError, ProjectError
        if a recording cannot be read, or the project cannot be written to.
    """
    from bandmate.song.proposal import Author, Proposal
    from bandmate.stages.structure_moves import structure_moves, why_not

    song = project.song
    structure = find_structure(project, progress=progress)
    moves = structure_moves(song, structure)
    proposal = Proposal(
        stage=STAGE,
        title="Tempo, bars and sections",
        moves=moves,
        remarks=() if moves else (why_not(song, structure),),
        author=Author(kind="assistant", name=STAGE, version=__version__),
    )
    return project.proposal(project.add_proposal(proposal))


def heard_structure(song: Song, ears: Ears) -> Structure:
    """The structure of any song, with what ``ears`` know of its tracks after their inserts."""
    from bandmate.sound.onsets import Onsets
    from bandmate.stages.structure import has_own_time, structure_of

    sounding = [track.id for track in song.tracks if track.clips and not track.mute]
    onsets: dict[str, Onsets] = {}
    if has_own_time(song):
        hearings = ears.tracks(song, sounding)
    else:
        closely = ears.all_closely(song, sounding)
        hearings = {name: hearing for name, (hearing, _) in closely.items()}
        onsets = {name: closeup.onsets for name, (_, closeup) in closely.items()}
    power = {name: hearing.power for name, hearing in hearings.items()}
    hop_seconds = next((hearing.hop_seconds for hearing in hearings.values()), 0.1)
    return structure_of(song, onsets, power, hop_seconds=hop_seconds)
