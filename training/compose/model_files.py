"""What every training script ends with: the files of a model written, or made again and compared; a row for each work.

Conventions: a script's ``build(date)`` gives all files by name; equal input gives equal bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from training.compose.works import Work

COLUMNS = ("corpus", "id", "title", "licence", "sha256", "fold")


def works_csv(works: Iterable[Work]) -> str:
    """A row for every work, with the fold that its title puts it into."""
    return works_in_folds((work, work.fold) for work in works)


def works_in_folds(works: Iterable[tuple[Work, str]]) -> str:
    """A row for every work, with the fold that is given."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows((w.corpus, w.id, w.title, w.licence, w.sha256, fold) for w, fold in works)
    return out.getvalue()


def write_or_check(
    name: str,
    about: str | None,
    build: Callable[[str], dict[str, bytes]],
    is_same: Callable[[dict[str, bytes], Path], bool] | None = None,
) -> None:
    """Train and write the files of the model ``name``, or with ``--check`` compare them with those that are there."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--date", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    made = build(asked.date)
    sys.stdout.write(made[f"{name}.manifest.json"].decode())
    if asked.check:
        sys.exit(not (is_same or are_same_bytes)(made, asked.out))
    asked.out.mkdir(parents=True, exist_ok=True)
    for file, data in made.items():
        (asked.out / file).write_bytes(data)


def are_same_bytes(made: dict[str, bytes], folder: Path) -> bool:
    """Whether all files are there, byte for byte; prints which are not."""
    wrong = [name for name, data in made.items() if (folder / name).read_bytes() != data]
    sys.stdout.write("reproduced\n" if not wrong else f"differs: {', '.join(wrong)}\n")
    return not wrong
