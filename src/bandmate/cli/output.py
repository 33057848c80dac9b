"""What a command prints: data on stdout, progress and remarks on stderr, JSON on request.

Progress bars appear on a terminal only; ``NO_COLOR`` and pipes are honoured by rich.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bandmate.verbs.progress import Progress, silent


def out() -> Console:
    """Where data goes."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def err() -> Console:
    """Where progress, remarks and errors go."""
    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON document on stdout; infinite and missing numbers are null."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(plain(value)), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def plain(value: Any) -> Any:
    """A value as JSON can hold it: infinities and bytes become null, other objects their fields."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, bytes):
        return None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    return plain(msgspec.to_builtins(value, enc_hook=str))


def table(title: str, *columns: str) -> Table:
    """An empty table; columns that begin with ``>`` are right-aligned."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    return made


def text(value: object) -> str:
    """Anything as a cell, with rich's markup taken as plain characters."""
    return escape(str(value))


def number(value: float | None, decimals: int = 1, sign: bool = False) -> str:
    """A number for a cell; – where there is none, "silent" for minus infinity."""
    if value is None:
        return "–"
    if value == float("-inf"):
        return "silent"
    return f"{value:{'+' if sign else ''}.{decimals}f}"


def say(line: str) -> None:
    """A remark on stderr."""
    err().print(escape(line))


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress callback: a bar on a terminal, nothing elsewhere."""
    console = err()
    if not console.is_terminal:
        yield silent
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def report(what: str, share: float) -> None:
            bar.update(task, description=escape(what), completed=min(max(share, 0.0), 1.0))

        yield report
