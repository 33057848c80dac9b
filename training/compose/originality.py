"""Make the indices of the works that the models learned from, and the scales of the genericness meter.

Run: ``python -m training.compose.originality --date 2026-11-22 --out src/bandmate/data/models``; with ``--check`` the
files are made again and compared with those that are there. Works that are held back are in no index; the scales come
from the works that settings are tuned on, which taught nothing either.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from bandmate.models.chords import load_chord_model
from bandmate.models.form import LABELS, load_form
from bandmate.models.line_steps import KINDS_OF_CHORD, chord_step, rhythm_line
from bandmate.models.mixing_counts import file_bytes
from bandmate.models.originality import ASPECTS, GRAMS, arrays_of_index
from bandmate.models.works_index import Line, WorksIndex, index_of
from bandmate.stages.compose.copy_gate import lines_of
from bandmate.stages.compose.genericness import form_cost, line_cost, symbols_cost
from bandmate.stages.compose.passage import Tone, tones_of_track
from training.compose.chord_charts import Chart, charts
from training.compose.form import pieces
from training.compose.model_files import works_csv, write_or_check
from training.compose.works import Work, billboard, folk_tunes, scores

KINDS = {0: 0, 4: 0, 1: 1, 3: 1, 2: 2, 7: 3, 8: 3, 5: 4, 6: 4, 9: 4}
"""Kinds of chords of the chord model as those of lines."""

WINDOW_STEPS = 40
"""Runs of a line are judged by about eight bars at a time."""

CARD = """# Index of works

What the copy gate and the genericness meter compare with. {bytes} bytes, {date}.

Hashed runs (16 bits each) of the lines of {works} works: {pitches} runs of {pitch_gram} steps between pitches,
{rhythms} of {rhythm_gram} lengths, {chords} of {chord_gram} changes of chords; bar numbers and titles. No notes: a run
of steps cannot be read back from its hash.

Scales: what {judged} works that taught nothing cost. Every work is in `originality.works.csv` with its licence.

Not in it: drums, inner voices, works of the last decades; a song that is not in any open corpus cannot be recognised.
"""


@dataclass(frozen=True)
class Lined:
    """A work as lines of pitches and of rhythms."""

    work: Work
    pitches: tuple[Line, ...]
    rhythms: tuple[Line, ...]


def name_of(work: Work) -> str:
    """A title to tell a musician, with where it is from."""
    place = work.id.rpartition("/")[2]
    return f"{work.title or place} ({work.corpus.replace('_', ' ')})".replace("\n", " ")


def lined(work: Work, parts: list[list[Tone]], bar_at: Callable[[int], int]) -> Lined:
    """The lines of a work's parts."""
    pitches, rhythms = [], []
    for tones in parts:
        pitches += [placed.line for placed in lines_of(tones, bar_at)]
        row = sorted(tones)
        rhythms.append(rhythm_line([t.start_ticks for t in row], [t.pitch for t in row], bar_at).line)
    return Lined(work, tuple(pitches), tuple(rhythms))


def tunes() -> Iterator[Lined]:
    """Every work with notes that a model learned from."""
    for work in folk_tunes():
        song = work.content
        parts = [list(tones_of_track(track)) for track in song.tracks]
        yield lined(work, parts, lambda at, song=song: song.meters.position_at(at).bar)  # type: ignore[misc]
    for corpus in ("openewld", "bach_chorales"):
        for work in scores(corpus):
            row = work.content
            borders = [round(at * 960) for at in row["measures"]]
            parts = [
                [Tone(round(n[0] * 960), max(1, round(n[1] * 960)), n[2]) for n in part["notes"]]
                for part in row["parts"]
            ]
            yield lined(work, parts, lambda at, borders=borders: max(1, bisect_right(borders, at)))  # type: ignore[misc]


def chord_line_of(chart: Chart) -> Line:
    """The changes of a chart, without its key."""
    row: list[tuple[int, int]] = []
    bars, bar, last = [], 0, -1
    for symbol, place in zip(chart.symbols, chart.places, strict=True):
        if place.starts_section or place.bar != last:
            bar += 1 if place.starts_section or place.bar < last else place.bar - max(last, 0)
            last = place.bar
        one = (symbol // 10, KINDS[symbol % 10])
        if not row or row[-1] != one:
            row.append(one)
            bars.append(max(1, bar))
    steps = [chord_step(*a, *b) for a, b in pairwise(row)]
    assert all(0 <= step < 12 * KINDS_OF_CHORD**2 for step in steps)
    return Line(tuple(steps), tuple(bars))


def windows(line: Line) -> Iterator[Line]:
    """A line in pieces of about eight bars."""
    for at in range(0, max(1, len(line.steps) - WINDOW_STEPS // 2), WINDOW_STEPS):
        yield Line(line.steps[at : at + WINDOW_STEPS], line.bars[at : at + WINDOW_STEPS + 1])


def evenly(lines: list[tuple[str, tuple[Line, ...]]], index: WorksIndex) -> list[float | None]:
    """What windows cost, as many of songs as of dance tunes: there are ten times as many of these."""
    costs: dict[bool, list[float | None]] = {True: [], False: []}
    for corpus, own in lines:
        costs[corpus == "openewld"] += [line_cost(part, index) for line in own for part in windows(line)]
    fewer = min(len(costs[True]), len(costs[False]))
    return [row[at * len(row) // fewer] for row in costs.values() for at in range(fewer)]


def quantiles(costs: list[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.quantile(np.array(costs), np.linspace(0, 1, 101)).round(4)


def scales_of(rows: list[Lined], judged: list[Chart], pitches: WorksIndex, rhythms: WorksIndex) -> dict[str, Any]:
    """Quantiles of what works cost that taught nothing."""
    chords, form = load_chord_model(), load_form()
    tuned = [row for row in rows if row.work.fold == "tune"]
    costs: dict[str, list[float | None]] = {
        "chords": [
            symbols_cost(chart.symbols[at : at + 16], chords)
            for chart in judged
            if chart.work.fold == "tune"
            for at in range(0, len(chart.symbols), 16)
        ],
        "melody": evenly([(row.work.corpus, row.pitches[:1]) for row in tuned], pitches),
        "rhythm": evenly([(row.work.corpus, row.rhythms[:1]) for row in tuned], rhythms),
        "arrangement": [
            form_cost([LABELS[number] for number in labels], form)
            for work in billboard()
            if work.fold == "tune"
            for labels in [[piece.label for piece in pieces(work)]]
        ],
    }
    return {aspect: quantiles([cost for cost in costs[aspect] if cost is not None]) for aspect in ASPECTS}


def build(date: str) -> dict[str, bytes]:
    """All files by name."""
    rows, judged = list(tunes()), list(charts())
    known = [row for row in rows if row.work.fold != "held"]
    known_charts = [chart for chart in judged if chart.work.fold != "held"]
    teach = [row for row in known if row.work.fold == "teach"]
    version = f"originality {date}"
    pitches = index_of([(name_of(row.work), row.pitches) for row in known], GRAMS["pitches"], version=version)
    rhythms = index_of([(name_of(row.work), row.rhythms) for row in teach], GRAMS["rhythms"], version=version)
    chords = index_of(
        [(name_of(chart.work), (chord_line_of(chart),)) for chart in known_charts], GRAMS["chords"], version=version
    )
    of_teachers = index_of([(name_of(row.work), row.pitches) for row in teach], GRAMS["pitches"])
    scales = scales_of(rows, judged, of_teachers, rhythms)
    arrays: dict[str, Any] = {"about": np.frombuffer(json.dumps({"version": version}).encode(), np.uint8)}
    for name, index in (("pitches", pitches), ("rhythms", rhythms), ("chords", chords)):
        arrays |= arrays_of_index(name, index)
    arrays |= {f"scale.{aspect}": scale for aspect, scale in scales.items()}
    data = file_bytes(arrays)
    works = {work.id: work for work in [*(row.work for row in known), *(chart.work for chart in known_charts)]}
    sizes = {
        "works": len(works),
        "pitches": len(pitches.hashes),
        "rhythms": len(rhythms.hashes),
        "chords": len(chords.hashes),
        "judged": sum(row.work.fold == "tune" for row in rows) + sum(chart.work.fold == "tune" for chart in judged),
    }
    corpora = sorted({(work.corpus, work.licence) for work in works.values()})
    manifest = {
        "model": "originality",
        "version": version,
        "date": date,
        "seed": 0,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "settings": dict(GRAMS),
        "sizes": sizes,
        "corpora": [
            {"corpus": corpus, "licence": licence, "works": sum(work.corpus == corpus for work in works.values())}
            for corpus, licence in corpora
        ],
        "works": "originality.works.csv",
    }
    card = CARD.format(
        bytes=len(data), date=date, pitch_gram=GRAMS["pitches"], rhythm_gram=GRAMS["rhythms"],
        chord_gram=GRAMS["chords"], **sizes,
    )  # fmt: skip
    return {
        "originality.npz": data,
        "originality.manifest.json": (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode(),
        "originality.works.csv": works_csv(list(works.values())).encode(),
        "originality.card.md": card.encode(),
    }


if __name__ == "__main__":
    write_or_check("originality", __doc__, build)
