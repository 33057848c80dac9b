"""Learn chords: ``python -m training.compose.chords --date 2026-11-22 --out src/bandmate/data/models``.

Chord changes come from the McGill Billboard annotations and from OpenEWLD's lead sheets, moods from 190 tagged
progressions. ``--check`` trains again and compares with the files that are there.

Conventions: counts and weights from "teach", settings were chosen on "tune", figures once on "held".
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.learn.mixing import Pace, Taught, teach
from bandmate.models.chord_steps import plan
from bandmate.models.chords import ChordModel, load_chord_model
from bandmate.models.mixing import Mixing
from bandmate.models.mixing_counts import arrays_of, file_bytes
from training.compose.chord_charts import Chart, charts
from training.compose.chord_colours import bass_counts, colour_counts, edge_counts, rhythm_counts
from training.compose.chord_moods import MoodFigures, mood_ratios, tagged
from training.compose.model_files import works_csv, write_or_check
from training.compose.works import Work

PACE = Pace(passes=3, seed=6)
LEAST_OF_SUFFIX = 20


def packed(found: Sequence[Chart]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows, symbols and numbers of the charts, one behind the other."""
    rows = np.concatenate([chart.rows() for chart in found])
    symbols = np.concatenate([np.array(chart.symbols) for chart in found])
    return rows, symbols, np.repeat(np.arange(len(found)), [len(chart.symbols) for chart in found])


def taught(found: Sequence[Chart]) -> Taught:
    """The mixing model of the charts."""
    return teach(plan(), *packed(found), pace=PACE)


def judged(model: Mixing, found: Sequence[Chart]) -> dict[str, float]:
    """Perplexity and how often the likeliest chords were right, each chord knowing those before in its song."""
    nats, hits, changes = 0.0, np.zeros(3), 0
    for chart in found:
        memory, rows = model.memory(), chart.rows()
        for row, symbol in zip(rows, chart.symbols, strict=True):
            said = model.predict(row, memory)
            nats -= said[symbol]
            place = int(np.count_nonzero(said > said[symbol]))
            hits += [place < 1, place < 3, place < 5]
            changes += 1
            memory.add(row, symbol)
    share = hits / changes
    return {
        "songs": len(found),
        "changes": changes,
        "nats": round(nats / changes, 4),
        "perplexity": round(math.exp(nats / changes), 4),
        "top_1": round(float(share[0]), 4),
        "top_3": round(float(share[1]), 4),
        "top_5": round(float(share[2]), 4),
    }


CARD = """# Chord model

What it is: context mixing over chord changes (which chord comes next, given the section, the place in it and the
chords of the song so far), and counts of when chords change, how sections end, how chords are coloured and which
chords go with a mood. {bytes} bytes, {date}.

Learned from: {teach} charts of the McGill Billboard annotations (CC0 as stated by the source's page) and of OpenEWLD
(public-domain songs), settings chosen on {tune} others; moods from {tagged} tagged progressions (MIT, Ludovic Drolez).
Every work is in `chords.works.csv`.

120 chord classes (12 steps above the tonic, ten kinds); a change is a chord unlike the one before it, and the first of
every section. Section and place of a change are known before the chord is.

| held back | songs | changes | perplexity | likeliest is right | one of five is |
|---|---|---|---|---|---|
{rows}

Moods, each progression judged by the others (area under the curve): {moods}.
One author's opinion on few progressions: take it as a hint.

Not in it: genres (no corpus names them), music after 1991, chords of house, lo-fi and hip-hop (written by us).
"""

ROW = "| {name} | {songs} | {changes} | {perplexity:.2f} | {top_1:.3f} | {top_5:.3f} |"


def build(date: str) -> dict[str, bytes]:
    """All files by name."""
    every = list(charts())
    by_fold = {fold: [one for one in every if one.work.fold == fold] for fold in ("teach", "tune", "held")}
    result = taught(by_fold["teach"])
    progressions = tagged()
    names, ratios, areas = mood_ratios(progressions)
    suffixes, colours = colour_counts(by_fold["teach"], LEAST_OF_SUFFIX)
    masks, rhythm = rhythm_counts(by_fold["teach"])
    beginnings, endings = edge_counts(by_fold["teach"])
    about = {"version": f"chords {date}", "suffixes": suffixes, "mood_names": names}
    tables: dict[str, NDArray[Any]] = {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "masks": masks.astype(np.uint16),
        "rhythm": rhythm.astype(np.uint16),
        "beginnings": beginnings.astype(np.uint16),
        "endings": endings.astype(np.uint16),
        "colours": colours.astype(np.uint16),
        "basses": bass_counts(by_fold["teach"]).astype(np.uint16),
        "moods": ratios.astype(np.float16),
    }
    data = file_bytes({**arrays_of("chords", result.model), **tables})
    return files_of(date, data, by_fold, result, areas, [one.work for one in [*every, *progressions]])


def files_of(
    date: str, data: bytes, by_fold: dict[str, list[Chart]], result: Taught, areas: MoodFigures, works: list[Work]
) -> dict[str, bytes]:
    """The model's bytes with its manifest, works and card."""
    stored = stored_model(data)
    held = {
        name: judged(stored.mixing, [one for one in by_fold["held"] if one.work.corpus == corpus])
        for name, corpus in (("billboard", "mcgill_billboard"), ("lead_sheets", "openewld"))
    }
    sizes = {fold: len(found) for fold, found in by_fold.items()}
    corpora = {
        corpus: [work for work in works if work.corpus == corpus]
        for corpus in ("mcgill_billboard", "openewld", "free_midi_chords")
    }
    manifest = {
        "model": "chords",
        "version": f"chords {date}",
        "date": date,
        "seed": PACE.seed,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "settings": {"passes": PACE.passes, "rates": [PACE.first_rate, PACE.last_rate], "symbols": plan().symbols},
        "teaching_nats": [round(one, 4) for one in result.nats],
        "held": held,
        "moods_area_leave_one_out": areas,
        "charts": sizes,
        "corpora": [
            {"corpus": name, "licence": found[0].licence, "works": len(found)} for name, found in corpora.items()
        ],
        "works": "chords.works.csv",
    }
    moods = ", ".join(f"{name} {area:.2f}" for name, area in areas.items())
    card = CARD.format(
        bytes=len(data),
        date=date,
        moods=moods,
        tagged=len(corpora["free_midi_chords"]),
        rows="\n".join(ROW.format(name=name.replace("_", " "), **one) for name, one in held.items()),
        **sizes,
    )
    return {
        "chords.npz": data,
        "chords.manifest.json": (json.dumps(manifest, indent=2) + "\n").encode(),
        "chords.works.csv": works_csv(works).encode(),
        "chords.card.md": card.encode(),
    }


def stored_model(data: bytes) -> ChordModel:
    """The model as it is read back: rounding on disk is part of the figures."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "chords.npz"
        path.write_bytes(data)
        return load_chord_model(path)


if __name__ == "__main__":
    write_or_check("chords", __doc__, build)
