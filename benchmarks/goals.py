"""What a benchmark promises: one line for each goal as it is measured, and a table of all at the end.

A benchmark that runs on its own prints its lines; run by ``python -m benchmarks`` it also notes them in the file that
the environment variable ``BANDMATE_GOALS`` names, one JSON value on a line.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "BANDMATE_GOALS"


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that was measured, and where it has to lie; a bound that is None does not count."""

    what: str
    measured: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the figure is where it has to be; NaN never is."""
        above = self.at_least is None or self.measured >= self.at_least
        below = self.at_most is None or self.measured <= self.at_most
        return above and below and self.measured == self.measured

    @property
    def wanted(self) -> str:
        """The bounds in words."""
        if self.at_least is not None and self.at_most is not None:
            return f"{self.at_least:g} to {self.at_most:g} {self.unit}"
        if self.at_least is not None:
            return f"at least {self.at_least:g} {self.unit}"
        return f"at most {self.at_most:g} {self.unit}"


def reached(
    what: str, measured: float, unit: str, *, at_least: float | None = None, at_most: float | None = None
) -> bool:
    """Print how a goal was met or missed, and note it for the table; whether it was met."""
    goal = Goal(what, float(measured), unit, at_least, at_most)
    print(
        f"  {'met   ' if goal.is_met else 'MISSED'} {what}: {goal.measured:.4g} {unit} (goal {goal.wanted})", flush=True
    )
    if VARIABLE in os.environ:
        with Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(goal)) + "\n")
    return goal.is_met


def noted(path: Path) -> list[Goal]:
    """The goals that the benchmarks noted in a file."""
    if not path.exists():
        return []
    return [Goal(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def table(goals: list[Goal]) -> str:
    """Goal, measured, met: one line each."""
    rows = [("", "goal", "measured", "met")]
    rows += [(g.what, g.wanted, f"{g.measured:.4g} {g.unit}", "yes" if g.is_met else "NO") for g in goals]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
