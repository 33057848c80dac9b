"""The names that ``import bandmate`` offers, and that they are what they say."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

import bandmate

NAMES = (
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
)
FIRST_PARAMETERS = {
    "new_project": ["folder"],
    "open_project": ["folder"],
    "import_files": ["project", "paths"],
    "listen": ["project"],
    "propose_mix": ["project", "brief"],
    "propose_master": ["project", "brief"],
    "render_mix": ["project", "path"],
    "render_master": ["project", "path", "profile"],
    "render_stems": ["project", "folder"],
    "export_dawproject": ["project", "path"],
    "export_midi": ["project", "path"],
    "export_score": ["project", "path"],
    "clean_file": ["path", "folder", "brief"],
    "tune_file": ["path", "folder", "brief"],
    "notes_of_file": ["path", "folder"],
    "propose_edit": ["project", "brief"],
    "write_residuals": ["project", "folder"],
    "compare": ["project", "proposal", "folder"],
    "diagnose": ["project"],
    "find_structure": ["project"],
    "propose_directions": ["project", "brief"],
    "propose_structure": ["project"],
    "roles": ["project"],
    "set_roles": ["project", "wanted"],
    "stems": ["project"],
    "write_mix_report": ["project", "proposal_id", "folder"],
    "produce": ["stems", "folder"],
    "master": ["source", "folder"],
    "keep_target": ["items", "path"],
    "run_demo": ["folder"],
    "examine": [],
    "learn_corpus": ["folders", "to"],
    "learn_train": ["corpus", "run", "settings"],
    "learn_evaluate": ["run", "corpus"],
    "learn_export": ["run", "to"],
    "learn_finetune": ["model", "folders", "run"],
    "installed_models": ["folder"],
    "brief_in_words": ["words", "given"],
    "compose": ["project", "brief"],
    "compose_file": ["path", "folder", "brief"],
    "compose_form": ["project", "brief"],
    "measure_file": ["path"],
    "measure_project": ["project"],
    "sketch": ["words", "folder", "brief"],
    "apply": ["song", "moves", "strength"],
    "diff": ["a", "b", "where"],
}
"""What may be given without its name; removing or reordering one of these breaks somebody's script."""


def test_the_public_names_are_these() -> None:
    assert tuple(sorted(bandmate.__all__, key=lambda name: (not name[0].isupper(), name))) == NAMES
    assert set(bandmate.WHERE) == set(bandmate.__all__)
    assert set(NAMES) <= set(dir(bandmate))


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_found_where_it_is_said_to_be_and_documented(name: str) -> None:
    found = getattr(bandmate, name)
    home = importlib.import_module(f"bandmate.{bandmate.WHERE[name]}")
    assert found is getattr(home, name) and found.__module__ == home.__name__
    assert inspect.getdoc(found)


@pytest.mark.parametrize(("name", "parameters"), FIRST_PARAMETERS.items())
def test_what_may_be_given_by_place_stays(name: str, parameters: list[str]) -> None:
    found = [
        parameter.name
        for parameter in inspect.signature(getattr(bandmate, name)).parameters.values()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    assert found == parameters


@pytest.mark.parametrize("name", [name for name in NAMES if name[0].islower()])
def test_every_public_function_is_typed_throughout(name: str) -> None:
    signature = inspect.signature(getattr(bandmate, name))
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'bandmate' has no attribute 'mastering'"):
        _ = bandmate.mastering


def test_the_example_of_the_package_uses_names_that_are_there() -> None:
    used = re.findall(r"bandmate\.(\w+)\(", bandmate.__doc__ or "")
    assert used and set(used) <= set(bandmate.__all__)
