"""The small session, for the tests of this folder."""

from __future__ import annotations

from tests.verbs.studio import closed, evening, made_once, small_disk, stems

__all__ = ["closed", "evening", "made_once", "small_disk", "stems"]
