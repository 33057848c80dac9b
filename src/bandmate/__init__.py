"""Bandmate: an assistant for making records that proposes, measures and explains; the musician decides.

The verbs are those of the command line::

    import bandmate

    with bandmate.new_project("my-song") as project:
        bandmate.import_files(project, ["stems"])
        proposal = bandmate.propose_mix(project)
        project.accept(proposal.id, [1, 3], {3: 0.5})
        bandmate.render_mix(project, "mix.wav")

Importing this package loads nothing heavy: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bandmate.version import __version__ as __version__

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.song.errors import BandmateError
    from bandmate.song.moves import Move, apply, blend, diff
    from bandmate.song.proposal import Proposal
    from bandmate.song.song import Song
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.delivery import delivery_profile
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.verbs.demo import run_demo
    from bandmate.verbs.doctor import examine
    from bandmate.verbs.exporting import export_dawproject, export_midi
    from bandmate.verbs.importing import import_files
    from bandmate.verbs.listening import listen
    from bandmate.verbs.master_files import render_master
    from bandmate.verbs.mastering import MasterOptions, MasterResults, master
    from bandmate.verbs.printing import render_mix, render_stems
    from bandmate.verbs.producing import produce
    from bandmate.verbs.projects import new_project, open_project
    from bandmate.verbs.proposing import propose_master, propose_mix
    from bandmate.verbs.references import keep_target

WHERE = {
    "BandmateError": "song.errors",
    "MasterBrief": "stages.master.brief",
    "MasterOptions": "verbs.mastering",
    "MasterResults": "verbs.mastering",
    "MixBrief": "stages.mix.brief",
    "Move": "song.moves",
    "Project": "project.folder",
    "Proposal": "song.proposal",
    "Song": "song.song",
    "apply": "song.moves",
    "blend": "song.moves",
    "delivery_profile": "stages.master.delivery",
    "diff": "song.moves",
    "examine": "verbs.doctor",
    "export_dawproject": "verbs.exporting",
    "export_midi": "verbs.exporting",
    "import_files": "verbs.importing",
    "keep_target": "verbs.references",
    "listen": "verbs.listening",
    "master": "verbs.mastering",
    "new_project": "verbs.projects",
    "open_project": "verbs.projects",
    "produce": "verbs.producing",
    "propose_master": "verbs.proposing",
    "propose_mix": "verbs.proposing",
    "render_master": "verbs.master_files",
    "render_mix": "verbs.printing",
    "render_stems": "verbs.printing",
    "run_demo": "verbs.demo",
}
"""Public name → module that has it."""

__all__ = [
    "BandmateError",
    "MasterBrief",
    "MasterOptions",
    "MasterResults",
    "MixBrief",
    "Move",
    "Project",
    "Proposal",
    "Song",
    "apply",
    "blend",
    "delivery_profile",
    "diff",
    "examine",
    "export_dawproject",
    "export_midi",
    "import_files",
    "keep_target",
    "listen",
    "master",
    "new_project",
    "open_project",
    "produce",
    "propose_master",
    "propose_mix",
    "render_master",
    "render_mix",
    "render_stems",
    "run_demo",
]


def __getattr__(name: str) -> Any:
    if name not in WHERE:
        raise AttributeError(f"module 'bandmate' has no attribute {name!r}")
    return getattr(importlib.import_module(f"bandmate.{WHERE[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
