"""Learn the form of songs: ``python -m training.compose.form --date 2026-11-22 --out src/bandmate/data/models``.

Sections, labels, lengths and chords come from the McGill Billboard annotations. Names that mean the same are one label
(``NAMES``); sections without a name are left out; an outro that is annotated in pieces (outro, fade-out) is one.
``--check`` trains again and compares with the files that are there.

Conventions: counts from "teach", mixing weights by expectation maximisation on "tune", figures once on "held".
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bandmate.models.form import (
    CONTEXTS,
    END,
    LABELS,
    MOST_BARS,
    FormModel,
    empty_counts,
    indices,
    place_after,
)
from training.compose.model_files import works_csv, write_or_check
from training.compose.works import Work, billboard

NAMES = {
    "refrain": "chorus", "prechorus": "pre-chorus", "pre chorus": "pre-chorus", "trans": "interlude",
    "transition": "interlude", "pre-verse": "interlude", "instrumental": "solo", "instrumental break": "solo",
    "main theme": "verse", "theme": "verse", "secondary theme": "bridge", "spoken verse": "verse",
    "coda": "outro", "ending": "outro", "fadeout": "outro", "pre-intro": "intro", "fade in": "intro", "fadein": "intro",
}  # fmt: skip
NUMBERS = (" two", " three", " four", " five", " one", " a", " b", "-a", "-b")
ALIKE = 0.8
"""So much of the shared bars must have the same chords for the chords to count as brought back."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A section of a song: label, bars, and the chords of each bar relative to the tonic as text."""

    label: int
    bars: int
    chords: tuple[str, ...]


def label_of(words: list[str]) -> int | None:
    """The label of an annotated section; None for one that says nothing of its part in the form."""
    for word in words[1:]:
        name = next((word.removesuffix(number) for number in NUMBERS if word.endswith(number)), word)
        name = NAMES.get(name, name)
        if name in LABELS:
            return LABELS.index(name)
    return None


def pieces(work: Work) -> list[Piece]:
    """The sections of a song in their order."""
    found: list[Piece] = []
    for section in work.content["sections"]:
        label = label_of(section["label"])
        if label is None or not section["bars"]:
            continue
        chords = tuple(" ".join(bar) for bar in section["bars"])
        if found and found[-1].label == label == LABELS.index("outro"):
            found[-1] = Piece(label, found[-1].bars + len(chords), found[-1].chords + chords)
        else:
            found.append(Piece(label, len(chords), chords))
    return found


def repeats(one: Piece, other: Piece) -> bool:
    """Whether the bars that both have are filled with the same chords."""
    shared = min(one.bars, other.bars)
    alike = sum(a == b for a, b in zip(one.chords, other.chords, strict=False))
    return alike >= ALIKE * shared


def learned(songs: list[list[Piece]], tuning: list[list[Piece]]) -> FormModel:
    """Counts of ``songs``, weights fitted on ``tuning``."""
    counts, lengths = empty_counts(), np.zeros((len(LABELS), MOST_BARS))
    pairs, same_length, same_chords = (np.zeros(len(LABELS)) for _ in range(3))
    for song in songs:
        row = [piece.label for piece in song]
        for at, symbol in enumerate([*row, END]):
            for table, index in zip(counts, ((), *indices(place_after(row[:at]))), strict=True):
                table[(*index, symbol)] += 1
        last: dict[int, Piece] = {}
        for piece in song:
            if piece.bars <= MOST_BARS:
                lengths[piece.label, piece.bars - 1] += 1
            if piece.label in last:
                pairs[piece.label] += 1
                same_length[piece.label] += piece.bars == last[piece.label].bars
                same_chords[piece.label] += repeats(last[piece.label], piece)
            last[piece.label] = piece
    shares = ((same_length + 1) / (pairs + 2), (same_chords + 1) / (pairs + 2))
    even = np.full(len(CONTEXTS), 1 / len(CONTEXTS))
    model = FormModel(counts, even, lengths, *shares)
    return FormModel(counts, fitted_weights(model, tuning), lengths, *shares)


def fitted_weights(model: FormModel, songs: list[list[Piece]]) -> np.ndarray:
    """Mixing weights by expectation maximisation."""
    said = np.array([answer for song in songs for answer in chances(model, song)])
    weights = model.weights.copy()
    for _ in range(200):
        shares = said * weights
        weights = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return np.round(weights, 6) / np.round(weights, 6).sum()


def chances(model: FormModel, song: list[Piece]) -> list[np.ndarray]:
    """What every context gave to each section that came, and to the end."""
    row = [piece.label for piece in song]
    return [model.answers(row[:at])[:, symbol] for at, symbol in enumerate([*row, END])]


def figures(model: FormModel, songs: list[list[Piece]]) -> dict[str, float]:
    """Perplexities of the order of sections (with the end) and of their lengths, and shares of what comes back."""
    said = np.array([answer for song in songs for answer in chances(model, song)])
    perplexity = {
        name: math.exp(-float(np.mean(np.log(column)))) for name, column in zip(CONTEXTS, said.T, strict=True)
    }
    mixed = math.exp(-float(np.mean(np.log(said @ model.weights))))
    with_memory, alone = [], []
    for song in songs:
        last: dict[int, int] = {}
        for piece in song:
            if piece.bars <= MOST_BARS:
                with_memory.append(model.length_chances(piece.label, last.get(piece.label))[piece.bars - 1])
                alone.append(model.length_chances(piece.label, None)[piece.bars - 1])
            last[piece.label] = piece.bars
    return {
        "sections": float(sum(map(len, songs))),
        "order_perplexity": mixed,
        "order_0_perplexity": perplexity["order 0"],
        "one_before_perplexity": perplexity["one before"],
        "two_before_perplexity": perplexity["two before"],
        "length_perplexity": math.exp(-float(np.mean(np.log(with_memory)))),
        "length_by_label_perplexity": math.exp(-float(np.mean(np.log(alone)))),
    }


def model_bytes(model: FormModel, date: str) -> bytes:
    """The file; the same model gives the same bytes."""
    tables: dict[str, Any] = {f"counts_{n}": table.astype(np.uint16) for n, table in enumerate(model.counts)}
    tables["weights"], tables["lengths"] = model.weights, model.lengths.astype(np.uint16)
    tables["same_length"], tables["same_chords"] = model.same_length, model.same_chords
    tables["about"] = np.array(json.dumps({"version": f"form {date}"}))
    out = io.BytesIO()
    np.savez_compressed(out, **tables)
    return out.getvalue()


CARD = """# Form model

What it is: counts of which section follows in pop and rock songs, how long sections are, and whether a section brings
back the chords of the one of its name before. {bytes} bytes, {date}.

Learned from: {teach} songs of the McGill Billboard annotations (CC0 as stated by the source's page); weights of the
contexts from {tune} others; judged on {held} that were kept back. Every work is in `form.works.csv`.

| held back, {sections:.0f} sections | perplexity |
|---|---|
| which section follows, or the end | {order_perplexity:.3f} |
| the same from frequencies alone (order 0) | {order_0_perplexity:.3f} |
| the same from the section before | {one_before_perplexity:.3f} |
| how many bars, knowing the last of that name | {length_perplexity:.3f} |
| how many bars, by label alone | {length_by_label_perplexity:.3f} |

Not in it: energy (written), music after 1991, music without verses. Annotators name sections differently; unnamed
ones are left out.
"""


def build(date: str) -> dict[str, bytes]:
    """All files by name."""
    works = list(billboard())
    folds = {fold: [pieces(w) for w in works if w.fold == fold and pieces(w)] for fold in ("teach", "tune", "held")}
    model = learned(folds["teach"], folds["tune"])
    held, data = figures(model, folds["held"]), model_bytes(model, date)
    sizes = {fold: len(songs) for fold, songs in folds.items()}
    manifest = {
        "model": "form",
        "version": f"form {date}",
        "date": date,
        "seed": 0,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "settings": {"contexts": list(CONTEXTS), "weights": [float(w) for w in model.weights]},
        "held": {name: round(value, 4) for name, value in held.items()},
        "songs": sizes,
        "corpora": [{"corpus": "mcgill_billboard", "licence": works[0].licence, "works": len(works)}],
        "works": "form.works.csv",
    }
    card = CARD.format(bytes=len(data), date=date, **sizes, **held)
    return {
        "form.npz": data,
        "form.manifest.json": (json.dumps(manifest, indent=2) + "\n").encode(),
        "form.works.csv": works_csv(works).encode(),
        "form.card.md": card.encode(),
    }


if __name__ == "__main__":
    write_or_check("form", __doc__, build)
