"""Learn drumming: ``python -m training.compose.drums --date 2026-11-22 --out src/bandmate/data/models``.

Takes of the Groove MIDI Dataset (CC BY 4.0). Counts come from the takes of its training part that teach, weights and
settings from the rest of its training part, figures once from its validation part. ``--check`` trains again and
compares with the files that are there.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bandmate.models.drum_patterns import LEADS, PatternModel, busyness_of, lead_of
from bandmate.models.drums import MANNERS, feel_from, feel_tables
from training.compose import drum_feel
from training.compose.drum_patterns import (
    STEPS,
    STRENGTH,
    Barred,
    barred,
    counted,
    decisions,
    fitted,
    loudness_edges,
    nats,
    nats_by_place,
)
from training.compose.drum_takes import Take, takes
from training.compose.model_files import works_in_folds, write_or_check

CARD = """# Drum model

What it is: counts of what drummers strike in which context, and mixing weights. {bytes} bytes, {date}. No bar of a
drummer is kept.

Learned from: {teach} takes of the Groove MIDI Dataset (Google LLC, CC BY 4.0); weights and settings from {tune} others
of its training part; judged once on the {held} takes of its validation part. Every take is in `drums.works.csv`.

| held back | nats for a slot (a sixteenth, all pieces) |
|---|---|
| mixed contexts | {pattern_nats:.4f} |
| style, loudness, piece and place alone | {place_nats:.4f} |

| held back, {strokes:.0f} strokes | this model | mean by style | mean by style, piece and place |
|---|---|---|---|
| early or late on sixteenths, mean absolute error, ms | {late_ms_error:.2f} | {late_ms_style_mean_error:.2f} | \
{late_ms_place_mean_error:.2f} |
| the same on a grid with thirds of a beat, ms | {fine_late_ms_error:.2f} | {fine_late_ms_style_mean_error:.2f} | \
{fine_late_ms_place_mean_error:.2f} |
| velocity, mean absolute error | {velocity_error:.2f} | {velocity_style_mean_error:.2f} | \
{velocity_place_mean_error:.2f} |

The drummers of the validation part also drum in the training part; the set has no others here. About 12 ms of a
take's lateness is the drummer's own lean on that day, which no score tells.

Not in it: house, techno, trap, lo-fi (written in `data/compose/drums.toml`); meters other than 4/4 borrow its beats.
Ten drummers; pop and reggae rest on few takes.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What training gave: tables for the file, and figures."""

    tables: dict[str, Any]
    held: dict[str, float]


def manners_of(items: Iterable[Barred], edges: Any) -> Any:
    """Bars that are no fills, by style, feel, loudness, what keeps time, and busyness."""
    counts = np.zeros(MANNERS, np.uint16)
    for item in items:
        plain = ~item.fills
        loud = np.searchsorted(edges[item.take.style], item.loudness)[plain]
        lead, busy = lead_of(item.bars)[plain], busyness_of(item.bars)[plain]
        assert lead.max(initial=0) < LEADS
        np.add.at(counts, (item.take.style, int(item.take.swung), loud, lead, busy), 1)
    return counts


def patterns(every: list[Take]) -> Made:
    """The counts and weights of what is struck."""
    items = barred(every)
    teach = [item for item in items if not item.take.is_held and not item.take.tunes]
    tune = [item for item in items if item.take.tunes]
    edges = loudness_edges(item for item in items if not item.take.is_held)
    tables = counted(decisions(teach, edges, alone=True))
    weights = fitted(tables, decisions(tune, edges, alone=True))
    model = PatternModel(tuple((table / STEPS).astype(np.float32) for table in tables), weights)
    held = decisions([item for item in items if item.take.is_held], edges)
    named: dict[str, Any] = {f"pattern_{at}": table for at, table in enumerate(tables)}
    named["pattern_weights"] = weights
    named["manners"] = manners_of(teach + tune, edges)
    return Made(named, {"pattern_nats": nats(model, held), "place_nats": nats_by_place(tables, held)})


def feel(every: list[Take]) -> Made:
    """The trees for how it is played. Figures on sixteenths, as scores are written, and on the finer grid."""
    teach = [take for take in every if not take.is_held and not take.tunes]
    tune, held = [take for take in every if take.tunes], [take for take in every if take.is_held]
    model = drum_feel.learned(teach, tune, sys.stderr.write)
    tables = feel_tables(model)
    kept = feel_from(tables)
    found: dict[str, float] = {}
    for name, fine in (("", False), ("fine_", True)):
        known = drum_feel.rows_of(teach + tune, fine)
        for fold, takes_of in (("tune_", tune), ("", held)):
            measured = drum_feel.figures(kept, known, drum_feel.rows_of(takes_of, fine))
            found |= {f"{fold}{name}{key}": value for key, value in measured.items()}
    return Made(dict(tables), found)


def fold_of_take(take: Take) -> str:
    """The set's own split, and of what it has for training a part for settings."""
    return "held" if take.is_held else "tune" if take.tunes else "teach"


def build(date: str) -> dict[str, bytes]:
    """All files by name."""
    every = list(takes())
    made, played = patterns(every), feel(every)
    out = io.BytesIO()
    np.savez_compressed(out, **made.tables, **played.tables, about=np.array(json.dumps({"version": f"drums {date}"})))
    data = out.getvalue()
    sizes = {
        "teach": sum(not take.is_held and not take.tunes for take in every),
        "tune": sum(take.tunes for take in every),
        "held": sum(take.is_held for take in every),
    }
    manifest = {
        "model": "drums",
        "version": f"drums {date}",
        "date": date,
        "seed": 0,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "settings": {
            "trees": [len(played.tables["late_leaf"]), len(played.tables["velocity_leaf"])],
            "most_trees": drum_feel.MOST_TREES,
            "rate": drum_feel.RATE,
            "depth": drum_feel.DEPTH,
            "share": drum_feel.SHARE,
            "strength": STRENGTH,
        },
        "held": {name: round(value, 4) for name, value in (made.held | played.held).items()},
        "takes": sizes,
        "corpora": [{"corpus": "groove_midi", "licence": every[0].work.licence, "works": len(every)}],
        "works": "drums.works.csv",
    }
    return {
        "drums.npz": data,
        "drums.manifest.json": (json.dumps(manifest, indent=2) + "\n").encode(),
        "drums.works.csv": works_in_folds((take.work, fold_of_take(take)) for take in every).encode(),
        "drums.card.md": CARD.format(bytes=len(data), date=date, **sizes, **made.held, **played.held).encode(),
    }


if __name__ == "__main__":
    write_or_check("drums", __doc__, build)
