"""Fitting the scales of the dials and the statistic of surprise to the corpora.

``python -m training.compose.dials --date 2026-11-22`` writes ``data/compose/dials.toml`` (quantiles of every measure,
by part) and ``data/models/expectation.npz`` (counts) with their manifest, list of works and card; ``--check`` makes
them again and compares. Works of the fold ``teach`` only (drums: the training takes of the set).

Conventions: excerpts of eight bars. Keys of lead sheets and songs are told from their signature and their last chord
or bass note; what fits neither relative is left out. Lead sheets have no tempo: 110 bpm is taken for feeling.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.models import expectation
from bandmate.song.scales import is_minor_like
from bandmate.stages.compose.measures import METERS, Material, chord_symbol, drum_steps, tone_steps
from training.compose.dial_material import excerpts
from training.compose.works import Work

DATA = Path(__file__).resolve().parents[2] / "src" / "bandmate" / "data"
POINTS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98)
EVENTS = (8, 16, 32, 64, 128)
PER_QUARTER = ("density", "syncopation")
BALANCED = ("mode", "valence")
"""Major and minor count alike, so that the middle lies between them."""

LEAST_STEP = 0.05
"""Of the whole row: where many excerpts have the same figure, most often none, the scale still goes on."""

WRITTEN: dict[str, dict[str, list[float]]] = {
    "bass": {"register_share": [0.08, 0.13, 0.19, 0.25, 0.3, 0.36, 0.42, 0.47, 0.53, 0.58, 0.64]},
    "chords": {"syncopation": [0.0, 0.06, 0.12, 0.18, 0.24, 0.3, 0.36, 0.42, 0.48, 0.54, 0.6]},
}
"""Where the corpora do not say it: the left hand of a piano lies higher than a bass, and the songs' chords were written
down on the beats."""

HEADER = """\
# Where every measure of bandmate.stages.compose.measures lies in the corpora, by part: quantiles 0.02, 0.1, 0.2 … 0.9,
# 0.98 of excerpts of eight bars. A dial of 0.5 is the middle one; where many excerpts have the same figure (no
# syncopation) the row goes on in even steps. density and syncopation are for a quarter; complexity has a row for 8, 16,
# 32, 64 and 128 events; mode and valence count major and minor alike. Written by us: the register of a bass, the
# syncopation of chords.
# melody: OpenEWLD (public domain); folk: dance tunes of O'Neill, Ryan, Aird; bass, keys: piano of OpenScore Lieder
# (CC0), lowest notes and all of them; harmony: Bach's chorales; chords: McGill Billboard (CC0); drums: training takes
# of the Groove MIDI Dataset (CC BY 4.0, Google LLC). Made by training/compose/dials.py; every work is in
# data/models/expectation.works.csv.
"""


def shapes() -> dict[str, tuple[int, ...]]:
    """Of the tables of counts."""
    lengths = len(expectation.LENGTHS)
    chords = 12 * expectation.KINDS
    return {
        "pitch": (12, 2, 12, 12),
        "low_pitch": (12, 2, 12, 12),
        "rhythm": (lengths,) * 3,
        "low_rhythm": (lengths,) * 3,
        "chord": (chords,) * 3,
        "stroke": (expectation.STROKES, expectation.DRUM_PLACES, expectation.STROKES),
    }


def counted(tables: dict[str, npt.NDArray[np.int64]], material: Material) -> None:
    """Add an excerpt to the counts."""
    if material.part == "drums":
        for (_, last), (place, here) in pairwise(drum_steps(material)):
            tables["stroke"][last, expectation.drum_place(place), here] += 1
        return
    if material.of_chords:
        classes = [expectation.chord_class(*chord_symbol(material, chord)) for chord in material.chords]
        for at in range(1, len(classes)):
            tables["chord"][classes[max(0, at - 2)], classes[at - 1], classes[at]] += 1
        return
    low = "low_" if material.part == "bass" else ""
    steps = tone_steps(material)
    minor = int(is_minor_like(material.bars[0].key))
    degrees = [step[0] for step in steps]
    lengths = [expectation.length_class(step[1]) for step in steps[1:]]
    for at in range(1, len(degrees)):
        tables[low + "pitch"][degrees[max(0, at - 2)], minor, degrees[at - 1], degrees[at]] += 1
    for at in range(1, len(lengths)):
        tables[low + "rhythm"][lengths[max(0, at - 2)], lengths[at - 1], lengths[at]] += 1


LEARNED = ("melody", "folk", "bass", "chords", "drums")
"""Scales whose excerpts are counted as well."""


def fitted() -> tuple[dict[str, Any], dict[str, Any], dict[str, Work]]:
    """Counts, quantiles by scale, and the works."""
    tables = {name: np.zeros(shape, dtype=np.int64) for name, shape in shapes().items()}
    materials: defaultdict[str, list[Material]] = defaultdict(list)
    works: dict[str, Work] = {}
    for scale, work, material in excerpts():
        works[f"{work.corpus}/{work.id}"] = work
        materials[scale].append(material)
        if scale in LEARNED:
            counted(tables, material)
    model = expectation.expectation_from(tables)
    expectation.load_expectation = lambda path=None: model  # type: ignore[assignment]
    from bandmate.stages.compose import measures

    measures.load_expectation = lambda path=None: model  # type: ignore[assignment]
    return tables, {scale: quantiles(found) for scale, found in sorted(materials.items())}, works


def quantiles(materials: list[Material]) -> dict[str, list[Any]]:
    """Of every measure over the excerpts of a scale."""
    found: dict[str, list[Any]] = {"excerpts": [len(materials)]}
    minor = np.array([is_minor_like(material.bars[0].key) for material in materials])
    for name, meter in METERS.items():
        if name in ("register", "complexity"):
            continue
        values = [meter(material) for material in materials]
        if all(value is None for value in values):
            continue
        quarters = [sum(bar.length_ticks for bar in one.bars) / 960 / len(one.bars) for one in materials]
        if name in PER_QUARTER:
            values = [value / length for value, length in zip(values, quarters, strict=True)]  # type: ignore[operator]
        there = np.array([value is not None for value in values])
        figures = np.array([value for value in values if value is not None], dtype=np.float64)
        found[name] = weighted(figures, balance(minor[there]) if name in BALANCED else np.ones(len(figures)))
    found["complexity"] = complexities(materials)
    return found | WRITTEN.get(materials[0].part, {})


def balance(minor: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Weights that make minor and major equal."""
    share = minor.mean()
    return np.where(minor, 0.5 / max(share, 1e-9), 0.5 / max(1 - share, 1e-9))


def weighted(figures: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> list[float]:
    """Quantiles at ``POINTS``, made to rise."""
    order = np.argsort(figures, kind="stable")
    places = np.cumsum(weights[order]) - weights[order] / 2
    found = np.interp(POINTS, places / weights.sum(), figures[order])
    return [round(float(value), 4) for value in rising(found)]


def rising(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values that never stand still, so that a dial can be read backwards."""
    least = max(1e-3, float(values[-1] - values[0]) * LEAST_STEP)
    for at in range(1, len(values)):
        values[at] = max(values[at], values[at - 1] + least)
    return values


def complexities(materials: list[Material]) -> list[list[float]]:
    """Quantiles of complexity of excerpts cut to so many events."""
    rows: list[list[float]] = []
    for count in EVENTS:
        figures = [value for one in materials if (value := complexity_of(one, count)) is not None]
        rows.append(weighted(np.array(figures), np.ones(len(figures))) if len(figures) >= 20 else [])
    there = [at for at, row in enumerate(rows) if row]
    return [rows[min(there, key=lambda other: abs(other - at))] for at in range(len(rows))]


def complexity_of(material: Material, count: int) -> float | None:
    """Complexity of the first ``count`` events; None where there are fewer."""
    import dataclasses

    if material.of_chords:
        cut = dataclasses.replace(material, chords=material.chords[:count])
        enough = len(material.chords) >= count
    else:
        cut = dataclasses.replace(material, tones=tuple(t for group in material.groups[:count] for t in group))
        enough = len(material.groups) >= count
    return METERS["complexity"](cut) if enough else None


def toml_of(scales: dict[str, dict[str, list[Any]]]) -> str:
    lines = [HEADER]
    for scale, rows in scales.items():
        lines.append(f"[{scale}]")
        for name, values in rows.items():
            if name == "excerpts":
                lines.append(f"excerpts = {values[0]}")
            elif name == "complexity":
                lines += ["complexity = [", *(f"    {row}," for row in values), "]"]
            else:
                lines.append(f"{name} = {values}")
        lines.append("")
    return "\n".join(lines)


def npz_of(tables: dict[str, Any]) -> bytes:
    """Bytes that depend on the counts alone."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(tables):
            member = io.BytesIO()
            np.lib.format.write_array(member, tables[name].astype(np.uint32), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue(), zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


CARD = """\
# Model card: expectation

An order-2 statistic of what follows what: half steps above the tonic and times between onsets of melodies and of bass
lines, chords relative to the tonic, strokes of a kit by their place in the bar. It measures surprise; it writes
nothing. The scales of all dials (`data/compose/dials.toml`) were fitted to the same excerpts.

- Data: excerpts of eight bars of {works} works (fold `teach`; drums: training takes), listed in
  `expectation.works.csv`: {corpora}.
- Held-out figures: none are claimed; it is a yardstick.
- Limits: bass lines and keys are the piano of 19th-century songs, because no openly licensed band corpus was found;
  feeling was fitted at 110 bpm, as lead sheets have no tempo; drums are read on a bar of sixteen sixteenths.
"""


def made(date: str) -> dict[Path, bytes]:
    """Every file by its path."""
    tables, scales, works = fitted()
    data, text = npz_of(tables), toml_of(scales).encode()
    corpora = {work.corpus: work.licence for work in works.values()}
    manifest = {
        "model": "expectation.npz",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "dials.toml sha256": hashlib.sha256(text).hexdigest(),
        "date": date,
        "seed": 0,
        "settings": {"bars": 8, "points": POINTS, "order": 2},
        "excerpts": {scale: rows["excerpts"][0] for scale, rows in scales.items()},
        "works": len(works),
        "corpora": dict(sorted(corpora.items())),
    }
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(("corpus", "id", "title", "licence", "sha256", "fold"))
    for work in sorted(works.values(), key=lambda one: (one.corpus, one.id)):
        fold = "train" if work.corpus == "groove_midi" else work.fold
        writer.writerow((work.corpus, work.id, work.title, work.licence, work.sha256, fold))
    named = "; ".join(f"{name} ({licence})" for name, licence in sorted(corpora.items()))
    models = DATA / "models"
    return {
        DATA / "compose" / "dials.toml": text,
        models / "expectation.npz": data,
        models / "expectation.manifest.json": (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode(),
        models / "expectation.works.csv": rows.getvalue().encode(),
        models / "expectation.card.md": CARD.format(works=len(works), corpora=named).encode(),
    }


def differing(files: dict[Path, bytes]) -> Iterator[Path]:
    """Files that are not as they are stored."""
    return (path for path, data in files.items() if not path.is_file() or path.read_bytes() != data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", required=True)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    files = made(asked.date)
    if asked.check:
        wrong = [path.name for path in differing(files)]
        print("as stored" if not wrong else f"differs: {', '.join(wrong)}")
        raise SystemExit(bool(wrong))
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        print(path.relative_to(DATA), len(data))


if __name__ == "__main__":
    main()
