"""Editing: asking for tunings and repairs of a project's takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandmate.project.folder import Project
from bandmate.verbs.listening import ears_of
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.readiness import make_ready
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.stages.edit.brief import EditBrief


def propose_edit(project: Project, brief: EditBrief, *, seed: int = 0, progress: Progress = silent) -> ProposalState:
    """Look at the takes that the brief names, and keep a proposal for their edits. The song stays as it is.

    Raises
    ------
    RequestError
        if the brief names no track.
    MediaError, ProjectError
        if a recording cannot be read, or the project cannot be written to.
    """
    from bandmate.song.errors import RequestError
    from bandmate.stages.edit.propose import propose_edit as propose

    if not (brief.tune or brief.clean or brief.notes):
        raise RequestError("nothing to edit was named; say which tracks to tune, to clean, or to write down as notes")
    make_ready(progress, "edit")
    ears = ears_of(project, silent)
    proposal = propose(
        project.song, brief, ears=ears, version=__version__, seed=seed, progress=part(progress, 0.05, 0.95)
    )
    return project.proposal(project.add_proposal(proposal))
