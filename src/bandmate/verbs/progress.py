"""How a long verb says how far it is.

A ``Progress`` is called with what is going on and how much of the whole is done, 0 to 1. It may raise ``Cancelled`` to
stop the verb; whatever was finished stays.
"""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]

FIRST_RUN = "first run on this machine: compiling the inner loops, once (up to a minute)"
"""Said before a wait that nobody would expect; shells show it even where they show no progress."""


def silent(what: str, share: float) -> None:
    """Says nothing."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """A progress whose 0 to 1 is ``start`` to ``end`` of the whole."""

    def report(what: str, share: float) -> None:
        progress(what, start + (end - start) * min(max(share, 0.0), 1.0))

    return report
