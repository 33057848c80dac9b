"""Projects: a song in a folder, with its recordings, its history, and what was proposed for it."""

from bandmate.project.branches import BranchInfo, VersionInfo
from bandmate.project.decisions import MoveState, ProposalState
from bandmate.project.folder import Project, find_project
from bandmate.project.history import RevisionInfo
from bandmate.project.media import MediaStore
from bandmate.project.proposals import Accepted, LeftOut
from bandmate.project.recordings import Recording
from bandmate.project.verify import Problem

__all__ = [
    "Accepted",
    "BranchInfo",
    "LeftOut",
    "MediaStore",
    "MoveState",
    "Problem",
    "Project",
    "ProposalState",
    "Recording",
    "RevisionInfo",
    "VersionInfo",
    "find_project",
]
