"""MAP.md names every package and every module, and nothing that is not there."""

from __future__ import annotations

import re

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "bandmate"


def test_the_map_names_every_module_and_nothing_else() -> None:
    text = (ROOT / "MAP.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([\w/]+\.py)` \|", text, re.MULTILINE))
    there = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if path.name != "__init__.py"}
    assert there - named == set(), "not in MAP.md"
    assert named - there == set(), "in MAP.md and not in the source"
