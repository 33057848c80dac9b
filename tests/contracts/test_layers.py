"""Imports point down only: which package may import which is this table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "bandmate"

MAY_IMPORT: dict[str, set[str]] = {
    "song": set(),
    "sound": {"song"},
    "render": {"song", "sound"},
    "formats": {"song", "sound"},
    "project": {"song", "sound", "render", "formats"},
    "models": {"song", "sound"},
    "stages": {"song", "sound", "render", "models"},
    "learn": {"song", "sound", "render", "formats", "models", "stages"},
    "report": {"song"},
    "verbs": {"song", "sound", "render", "formats", "project", "models", "stages", "learn", "report"},
    "cli": {"song", "sound", "render", "formats", "project", "models", "stages", "learn", "report", "verbs"},
}

HEAVY_OUTSIDE_SOUND = {"torch", "librosa", "pedalboard", "matchering"}
HEAVY_IN_LEARNING = {"torch"}
"""Training may use these, inside functions; what it makes runs without."""


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import; write the whole name"
            yield node.module


def test_every_package_has_its_place_in_the_table() -> None:
    packages = {folder.name for folder in SOURCE.iterdir() if (folder / "__init__.py").exists()}
    assert packages == set(MAY_IMPORT)


def test_imports_point_down_only() -> None:
    wrong = []
    for package, allowed in MAY_IMPORT.items():
        for path in (SOURCE / package).rglob("*.py"):
            for module in imported_modules(path):
                parts = module.split(".")
                if parts[0] == "bandmate" and len(parts) > 1 and parts[1] not in allowed | {package, "version"}:
                    wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_nothing_heavy_or_copyleft_is_imported() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in SOURCE.rglob("*.py")
        for module in imported_modules(path)
        if module.split(".")[0] in HEAVY_OUTSIDE_SOUND - (HEAVY_IN_LEARNING if path.parent.name == "learn" else set())
    ]
    assert not wrong, "\n".join(wrong)


def test_training_loads_nothing_heavy_before_it_is_asked() -> None:
    wrong = [
        f"{path.name} imports {node.lineno}"
        for path in (SOURCE / "learn").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(name.split(".")[0] in HEAVY_IN_LEARNING | {"ray", "onnx"} for name in names_of(node))
    ]
    assert not wrong, "\n".join(wrong)


def names_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
