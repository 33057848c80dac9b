"""The works that composing is learned from: each with its corpus, licence, hash and fold.

Conventions: the content of a work is what its corpus has: a row of JSON as a dict, or a song read from ABC or MIDI.
Nothing of it goes into the repository; the manifests of models list every work.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bandmate.learn.folds import Fold, fold_of

SHARED = Path(os.environ.get("BANDMATE_SHARED", Path(__file__).resolve().parents[3] / "shared"))

LICENCES = {
    "folk_abc": "public-domain music, encodings distributed with permission",
    "openewld": "public-domain works, free redistribution as stated",
    "openscore_lieder": "CC0",
    "openscore_quartets": "CC0",
    "bach_chorales": "public-domain music, encodings distributed with permission",
    "mcgill_billboard": "CC0 as stated by the source's page",
    "groove_midi": "CC BY 4.0 (Google LLC, Groove MIDI Dataset)",
    "free_midi_chords": "MIT (Ludovic Drolez)",
}


@dataclass(frozen=True, slots=True)
class Work:
    """A work: ``id`` is its place in its corpus, ``sha256`` that of its text as the corpus has it."""

    corpus: str
    id: str
    title: str
    sha256: str
    content: Any

    @property
    def fold(self) -> Fold:
        """Whether it teaches, tunes or is held back."""
        return fold_of(self.corpus, self.title or self.id)

    @property
    def licence(self) -> str:
        return LICENCES[self.corpus]


def folder(corpus: str) -> Path:
    """Where a corpus lies."""
    path = SHARED / "data" / corpus
    if not path.is_dir():
        raise SystemExit(f"{path} is missing; set BANDMATE_SHARED to the folder with the corpora")
    return path


def scores(corpus: str) -> Iterator[Work]:
    """The rows of ``scores.jsonl`` of a corpus, as dicts (see the corpora's README)."""
    with (folder(corpus) / "scores.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            digest = hashlib.sha256(line.strip().encode()).hexdigest()
            title = row.get("title") or ""
            yield Work(corpus, row["file"], title if corpus != "bach_chorales" else "", digest, row)


def folk_tunes() -> Iterator[Work]:
    """The dance tunes: the content is a ``Song`` with repeats played out; a tune that cannot be read is left out."""
    from bandmate.formats.abc import abc_from_bytes
    from bandmate.song.errors import BandmateError

    root = folder("folk_abc")
    for path in sorted(root.rglob("*.abc")):
        name = path.relative_to(root).as_posix()
        data = path.read_bytes()
        try:
            tunes = abc_from_bytes(data, name)
        except BandmateError:
            continue
        for number, tune in enumerate(tunes, 1):
            place = f"{name}#{number}"
            digest = hashlib.sha256(data + place.encode()).hexdigest()
            yield Work("folk_abc", place, tune.song.title, digest, tune.song)


def billboard() -> Iterator[Work]:
    """Songs of the McGill Billboard annotations, each once."""
    path = folder("mcgill_billboard") / "billboard.json"
    seen = set()
    for row in json.loads(path.read_text(encoding="utf-8")):
        name = f"{row['title']} / {row['artist']}"
        if name not in seen:
            seen.add(name)
            digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
            yield Work("mcgill_billboard", name, name, digest, row)


def progressions() -> Iterator[Work]:
    """Mood-tagged progressions in roman numerals."""
    path = folder("free_midi_chords") / "progressions.json"
    for number, row in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
        digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
        yield Work("free_midi_chords", f"progression {number}", "", digest, row)


def grooves() -> Iterator[Work]:
    """Takes of drummers: the content is the row of ``info.csv`` with ``path`` of the MIDI file. The set's own test
    takes are not here; a drummer's take is held back where the set says ``validation``."""
    root = folder("groove_midi")
    with (root / "info.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            path = root / row["midi_filename"]
            if path.is_file():
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                yield Work("groove_midi", row["midi_filename"], row["id"], digest, {**row, "path": path})
