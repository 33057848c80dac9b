"""What a command prints: data on stdout, progress and remarks on stderr, JSON on request.

On a terminal, long lines are folded at words under their own beginning, and progress is a bar; elsewhere a line stays
whole, a table is as wide as it needs, and of the progress only what explains a long wait is said. rich honours
``NO_COLOR``.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bandmate.verbs.progress import FIRST_RUN, Progress

UNFOLDED_COLUMNS = 10_000
"""The width of what is no terminal: a table does not fold there."""

LEAST_COLUMNS = 40


def out() -> Console:
    """Where data goes."""
    if sys.stdout.isatty():
        return Console(highlight=False, color_system=colours())
    return Console(highlight=False, color_system=None, soft_wrap=True, width=UNFOLDED_COLUMNS)


def err() -> Console:
    """Where progress, remarks and errors go."""
    return Console(stderr=True, highlight=False, color_system=colours())


def colours() -> Literal["auto"] | None:
    """None, and with it no bold or dim either, where ``NO_COLOR`` is set."""
    return None if os.environ.get("NO_COLOR") else "auto"


def write(line: str, *, indent: int = 0, hang: int = 0, style: str = "", console: Console | None = None) -> None:
    """A line, indented; where it is folded, the rest begins ``hang`` columns further in."""
    target = console or out()
    width = max(LEAST_COLUMNS, target.width) if target.is_terminal else UNFOLDED_COLUMNS
    folded = textwrap.fill(
        line,
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    target.print(escape(folded), style=style or None, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON document on stdout; infinite and missing numbers are null."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(plain(value)), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def plain(value: Any) -> Any:
    """A value as JSON can hold it: infinities and bytes become null, other objects their fields.

    What is no text in a file name becomes a question mark.
    """
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, bytes):
        return None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, int | bool):
        return value
    return plain(msgspec.to_builtins(value, enc_hook=str))


def table(title: str, *columns: str) -> Table:
    """An empty table; columns that begin with ``>`` are right-aligned figures, which are never folded."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        is_figure = column.startswith(">")
        made.add_column(
            column.lstrip(">"), justify="right" if is_figure else "left", overflow="fold", no_wrap=is_figure
        )
    return made


def text(value: object) -> str:
    """Anything as a cell, with rich's markup taken as plain characters."""
    return escape(str(value))


def number(value: float | None, decimals: int = 1) -> str:
    """A number for a cell; – where there is none, "silent" for minus infinity."""
    if value is None:
        return "–"
    if value == float("-inf"):
        return "silent"
    return f"{value:.{decimals}f}"


def say(line: str) -> None:
    """A remark on stderr."""
    write(line, console=err())


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress callback: a bar on a terminal; elsewhere one line where the first run on a machine makes one wait."""
    console = err()
    if not console.is_terminal:
        yield plain_progress()
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("getting ready", total=1.0)

        def report(what: str, share: float) -> None:
            bar.update(task, description=escape(what), completed=min(max(share, 0.0), 1.0))

        yield report


def plain_progress() -> Progress:
    """Says once that the first run takes longer, and nothing else."""
    said: set[str] = set()

    def report(what: str, share: float) -> None:
        if what == FIRST_RUN and what not in said:
            said.add(what)
            say(what)

    return report
