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
    from bandmate.stages.compose.brief import ComposeBrief
    from bandmate.stages.compose.sketch_brief import SketchBrief
    from bandmate.stages.edit.brief import EditBrief
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.delivery import delivery_profile
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.verbs.comparing import compare
    from bandmate.verbs.composing import brief_in_words, compose, compose_form
    from bandmate.verbs.demo import run_demo
    from bandmate.verbs.diagnosing import diagnose, roles, set_roles
    from bandmate.verbs.doctor import examine
    from bandmate.verbs.editing import propose_edit
    from bandmate.verbs.exporting import export_dawproject, export_midi, export_score
    from bandmate.verbs.heard_notes import notes_of_file
    from bandmate.verbs.importing import import_files
    from bandmate.verbs.learning import (
        installed_models,
        learn_corpus,
        learn_evaluate,
        learn_export,
        learn_finetune,
        learn_train,
    )
    from bandmate.verbs.listening import listen
    from bandmate.verbs.lone_scores import compose_file
    from bandmate.verbs.lone_takes import clean_file, tune_file
    from bandmate.verbs.master_files import render_master
    from bandmate.verbs.mastering import MasterOptions, MasterResults, master
    from bandmate.verbs.mix_reporting import write_mix_report
    from bandmate.verbs.originality import measure_file, measure_project
    from bandmate.verbs.printing import render_mix, render_stems
    from bandmate.verbs.producing import produce
    from bandmate.verbs.projects import new_project, open_project
    from bandmate.verbs.proposing import propose_directions, propose_master, propose_mix
    from bandmate.verbs.references import keep_target
    from bandmate.verbs.residuals import write_residuals
    from bandmate.verbs.sketching import sketch
    from bandmate.verbs.stems import stems
    from bandmate.verbs.structuring import find_structure, propose_structure

WHERE = {
    "BandmateError": "song.errors",
    "ComposeBrief": "stages.compose.brief",
    "EditBrief": "stages.edit.brief",
    "MasterBrief": "stages.master.brief",
    "MasterOptions": "verbs.mastering",
    "MasterResults": "verbs.mastering",
    "MixBrief": "stages.mix.brief",
    "Move": "song.moves",
    "Project": "project.folder",
    "Proposal": "song.proposal",
    "SketchBrief": "stages.compose.sketch_brief",
    "Song": "song.song",
    "apply": "song.moves",
    "blend": "song.moves",
    "brief_in_words": "verbs.composing",
    "clean_file": "verbs.lone_takes",
    "compare": "verbs.comparing",
    "compose": "verbs.composing",
    "compose_file": "verbs.lone_scores",
    "compose_form": "verbs.composing",
    "delivery_profile": "stages.master.delivery",
    "diagnose": "verbs.diagnosing",
    "diff": "song.moves",
    "examine": "verbs.doctor",
    "export_dawproject": "verbs.exporting",
    "export_midi": "verbs.exporting",
    "export_score": "verbs.exporting",
    "find_structure": "verbs.structuring",
    "import_files": "verbs.importing",
    "installed_models": "verbs.learning",
    "keep_target": "verbs.references",
    "learn_corpus": "verbs.learning",
    "learn_evaluate": "verbs.learning",
    "learn_export": "verbs.learning",
    "learn_finetune": "verbs.learning",
    "learn_train": "verbs.learning",
    "listen": "verbs.listening",
    "master": "verbs.mastering",
    "measure_file": "verbs.originality",
    "measure_project": "verbs.originality",
    "new_project": "verbs.projects",
    "notes_of_file": "verbs.heard_notes",
    "open_project": "verbs.projects",
    "produce": "verbs.producing",
    "propose_directions": "verbs.proposing",
    "propose_edit": "verbs.editing",
    "propose_master": "verbs.proposing",
    "propose_mix": "verbs.proposing",
    "propose_structure": "verbs.structuring",
    "render_master": "verbs.master_files",
    "render_mix": "verbs.printing",
    "render_stems": "verbs.printing",
    "roles": "verbs.diagnosing",
    "run_demo": "verbs.demo",
    "set_roles": "verbs.diagnosing",
    "sketch": "verbs.sketching",
    "stems": "verbs.stems",
    "tune_file": "verbs.lone_takes",
    "write_mix_report": "verbs.mix_reporting",
    "write_residuals": "verbs.residuals",
}
"""Public name → module that has it."""

__all__ = [
    "BandmateError",
    "ComposeBrief",
    "EditBrief",
    "MasterBrief",
    "MasterOptions",
    "MasterResults",
    "MixBrief",
    "Move",
    "Project",
    "Proposal",
    "SketchBrief",
    "Song",
    "apply",
    "blend",
    "brief_in_words",
    "clean_file",
    "compare",
    "compose",
    "compose_file",
    "compose_form",
    "delivery_profile",
    "diagnose",
    "diff",
    "examine",
    "export_dawproject",
    "export_midi",
    "export_score",
    "find_structure",
    "import_files",
    "installed_models",
    "keep_target",
    "learn_corpus",
    "learn_evaluate",
    "learn_export",
    "learn_finetune",
    "learn_train",
    "listen",
    "master",
    "measure_file",
    "measure_project",
    "new_project",
    "notes_of_file",
    "open_project",
    "produce",
    "propose_directions",
    "propose_edit",
    "propose_master",
    "propose_mix",
    "propose_structure",
    "render_master",
    "render_mix",
    "render_stems",
    "roles",
    "run_demo",
    "set_roles",
    "sketch",
    "stems",
    "tune_file",
    "write_mix_report",
    "write_residuals",
]


def __getattr__(name: str) -> Any:
    if name not in WHERE:
        raise AttributeError(f"module 'bandmate' has no attribute {name!r}")
    return getattr(importlib.import_module(f"bandmate.{WHERE[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
