"""Asking a stage for a proposal, and keeping it in the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bandmate.project.folder import Project
from bandmate.verbs.listening import ears_of
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.references import files_of, heard_file, read_references
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.reference import MixReference


def propose_mix(
    project: Project,
    brief: MixBrief | None = None,
    *,
    references: Sequence[Path | str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> ProposalState:
    """Listen to the song and keep a proposal for its mix. The song stays as it is.

    Parameters
    ----------
    brief : MixBrief, optional
        which aspects and tracks may be moved; everything by default.
    references : sequence of path or str
        records to compare with: an earlier mix of this song, or other songs; sound files and folders of them.
    seed : int
        recorded with the proposal.

    Returns
    -------
    ProposalState
        the proposal with its id and its moves, all open; no moves for silence and for a balanced song, and the remarks
        say why.

    Raises
    ------
    RequestError
        if a reference is not there.
    MediaError, ProjectError
        if a recording or a reference cannot be read, or the project cannot be written to.
    """
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.propose import propose_mix as propose

    read = mix_references(project, references, part(progress, 0.0, 0.1))
    asked = replace(brief or MixBrief(), references=tuple(one.name for one in read))
    ears = ears_of(project, part(progress, 0.1, 0.9))
    proposal = propose(project.song, asked, ears=ears, references=read, version=__version__, seed=seed)
    return project.proposal(project.add_proposal(proposal))


def propose_directions(
    project: Project, brief: MixBrief | None = None, *, seed: int = 0, progress: Progress = silent
) -> tuple[ProposalState, ...]:
    """Keep three proposals: mixes that are vocal-forward, drum-forward and wide. The song stays as it is.

    Same parameters and errors as ``propose_mix``.
    """
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.propose import propose_directions as propose

    ears = ears_of(project, part(progress, 0.0, 0.9))
    proposals = propose(project.song, brief or MixBrief(), ears=ears, version=__version__, seed=seed)
    return tuple(project.proposal(project.add_proposal(proposal)) for proposal in proposals)


def mix_references(project: Project, items: Sequence[Path | str], progress: Progress) -> tuple[MixReference, ...]:
    """The references that are meant, heard; each file of a folder is one of its own."""
    from bandmate.stages.mix.reference import MixReference

    paths = [path for item in items for path, _ in files_of(item)]
    found = []
    for count, path in enumerate(paths):
        progress(f"listening to {path.name}", count / len(paths))
        found.append(MixReference(path.name, heard_file(path, project.memory)[0]))
    return tuple(found)


def propose_master(
    project: Project,
    brief: MasterBrief | None = None,
    *,
    references: Sequence[Path | str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> ProposalState:
    """Listen to the mix and keep a proposal for its master. The song stays as it is.

    Parameters
    ----------
    brief : MasterBrief, optional
        the destination and what replaces its figures; ``spotify`` by default, and with ``references`` as loud as
        those.
    references : sequence of path or str
        records to compare with, beside those in the brief; see ``bandmate.verbs.references``.
    seed : int
        recorded with the proposal.

    Returns
    -------
    ProposalState
        as for ``propose_mix``; no moves for silence and for a song that meets its destination already.

    Raises
    ------
    UnknownName
        if there is no such destination.
    RequestError
        if a reference is not there.
    MediaError, ProjectError
        if a recording or a reference cannot be read, or the project cannot be written to.
    """
    from bandmate.stages.master.brief import REFERENCE, MasterBrief
    from bandmate.stages.master.propose import propose_master as propose

    read = read_references(references, memory=project.memory, progress=part(progress, 0.0, 0.2))
    asked = brief or MasterBrief(profile=REFERENCE if read else "spotify")
    asked = replace(asked, references=(*asked.references, *read))
    progress("listening to the mix", 0.2)
    ears = ears_of(project, part(progress, 0.2, 0.9))
    proposal = propose(project.song, asked, ears=ears, version=__version__, seed=seed)
    return project.proposal(project.add_proposal(proposal))
