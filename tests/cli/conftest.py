"""The small session and the ways to call, for the tests of this folder."""

from __future__ import annotations

from tests.cli.calling import call, here
from tests.verbs.studio import closed, evening, made_once, small_disk, stems

__all__ = ["call", "closed", "evening", "here", "made_once", "small_disk", "stems"]
