"""The small session, for the tests of this folder."""

from __future__ import annotations

from tests.verbs.studio import evening, made_once, stems

__all__ = ["evening", "made_once", "stems"]
