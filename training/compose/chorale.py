"""Learn the chorale model: ``python -m training.compose.chorale --date 2026-11-22 --out src/bandmate/data/models``.

Four-part chorales on a grid of sixteenths; ``models/chorale.py`` says what is known of each step. Chorales that share
music with one that is held back or used for tuning do not teach (``chorale_scores.teaching``). ``--check`` trains again
and compares with the files that are there, byte for byte and in their figures.

Conventions: counts and weights from "teach", settings chosen on "tune", figures once on "held". The first frame of a
piece costs log 46 a voice, as if every pitch were as likely.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bandmate.learn.mixing import Pace, Taught, teach
from bandmate.models.chorale import ChoraleModel, chorale_arrays, chorale_from
from bandmate.models.chorale_rows import COLUMN, SYMBOLS, rows_of
from bandmate.models.mixing import Plan
from bandmate.models.mixing_counts import file_bytes
from training.compose.chorale_parts import PartPace, judged_parts, taught_parts
from training.compose.chorale_scores import Chorale, chorales, teaching
from training.compose.chorale_states import lesson_of
from training.compose.model_files import works_in_folds, write_or_check

TOLERANCE = 0.01
FIRST_FRAME = 4 * float(np.log(46))

CONTEXTS = (
    ("voice", -1),
    ("voice quarter moved", 0),
    ("voice quarter held moved", 1),
    ("voice place held moved", 2),
    ("voice quarter moves", 1),
    ("voice quarter moves sounds", 4),
    ("voice quarter moves sounds others held", 5),
    ("voice moved quarter held last held_last", 2),
    ("voice key_class moved quarter", 1),
    ("voice key_class set quarter held", 8),
    ("voice key_class set last held", 9),
    ("voice last last2 held quarter moved", 7),
    ("voice classes moves key_class held", 4),
    ("voice moved others key_class quarter", 8),
    ("voice others_began quarter moved held", 2),
    ("voice key_class held moved quarter last", 8),
    ("voice moves others key_class", 4),
    ("voice others_held moved quarter", 2),
    ("voice rhythm moved place", 17),
    ("voice pitch moved quarter", 1),
    ("voice harmony key_class quarter moved", 8),
    ("voice beat_harmony key_class set quarter", 9),
    ("voice room_up room_down moved quarter", 1),
    ("voice figure quarter moved held", 2),
    ("voice since_long moved quarter", 1),
    ("voice last last2 last3 own_rhythm quarter moved", 11),
    ("voice beat_root quarter set", 8),
    ("voice root classes moved quarter", 1),
)
"""Features of each corpus context, and the context that it refines."""

PIECE_CONTEXTS = (
    "voice key_class set quarter",
    "voice last last2 own_rhythm pitch quarter",
    "voice harmony pitch sounds",
    "voice others pitch sounds",
    "voice others pitch sounds rhythm",
)
SELECTORS = (("voice", 4), ("quarter", 4), ("held", 16), ("moved", 8))


def plan() -> Plan:
    """The plan of the model."""
    return Plan(
        SYMBOLS,
        tuple(columns(names) for names, _ in CONTEXTS),
        tuple(parent for _, parent in CONTEXTS),
        tuple(columns(names) for names in PIECE_CONTEXTS),
        (-1,) * len(PIECE_CONTEXTS),
        1,
        tuple((COLUMN[name], size) for name, size in SELECTORS),
    )


def columns(names: str) -> tuple[int, ...]:
    return tuple(COLUMN[name] for name in names.split())


def taught_voices(pieces: list[Chorale], groups: list[int], pace: Pace) -> Taught:
    """The mixing model of some chorales."""
    steps = [rows_of(piece.pitches, piece.places) for piece in pieces]
    numbers = [np.full(len(symbols), number) for number, (_, symbols) in enumerate(steps)]
    of_group = [np.full(len(symbols), group) for group, (_, symbols) in zip(groups, steps, strict=True)]
    rows, symbols = (np.concatenate([step[part] for step in steps]) for part in (0, 1))
    return teach(plan(), rows, symbols, np.concatenate(numbers), np.concatenate(of_group), pace)


def voice_nats(model: ChoraleModel, pieces: list[Chorale]) -> float:
    """Nats a voice and sixteenth, the first frame included."""
    lost = steps = 0.0
    for piece in pieces:
        lost += float(model.nats(piece.pitches, piece.places).sum()) + FIRST_FRAME
        steps += 4 * len(piece.pitches)
    return lost / steps


def works_csv(pieces: Iterable[Chorale], left_out: Iterable[Chorale]) -> str:
    """A row for every work; what shares music with another fold is marked ``none``."""
    not_taught = {piece.work.id for piece in left_out}
    works = (piece.work for piece in pieces)
    return works_in_folds((work, "none" if work.id in not_taught else work.fold) for work in works)


CARD = """# Chorale model

What it is: how each of four voices goes on from one sixteenth to the next, mixed from contexts counted over Bach's
chorales and over the piece so far (28 and 5 contexts); and weights for setting chords in four parts under a melody.
{bytes} bytes, {date}.

Learned from: {teach} four-part chorales (public-domain music, encodings distributed with permission); settings chosen
on {tune} others; judged on {held} that were kept back. {left} chorales that share music with those were left out. Every
work is in `chorale.works.csv`.

| | nats |
|---|---|
| a voice and sixteenth, held back | {held_nats:.4f} |
| the same, tuning | {tune_nats:.4f} |
| a chord in four parts, given the melody and the chord before, held back | {held_part_nats:.3f} |

Of the held-back chords {held_part_tried:.0%} are among those that the search tries, and of these {held_part_right:.0%}
are, note for note, the one it likes best.

What is conditioned on what: each step knows all earlier frames, the voices of its own frame that come before it
(soprano, bass, alto, tenor) and its place in the bar, nothing later. The weights for chords also know the melody's
next slot and where its phrases end, which is told from the melody.

Not in it: repeated notes as notes of their own, words, instruments, music other than chorales.
"""


def build(date: str) -> dict[str, bytes]:
    """All files by name."""
    every = list(chorales())
    teach_on, groups, left = teaching(every)
    others = {fold: [piece for piece in every if piece.work.fold == fold] for fold in ("tune", "held")}
    pace, part_pace = Pace(), PartPace()
    taught = taught_voices(teach_on, groups, pace)
    parts, _ = taught_parts([lesson_of(piece) for piece in teach_on], part_pace)
    version = f"chorale {date}"
    # subtle: figures are those of the weights as they are stored, in half precision.
    model = chorale_from(chorale_arrays(ChoraleModel(taught.model, parts, version)))
    data = file_bytes(chorale_arrays(model))
    figures = {"held_nats": voice_nats(model, others["held"]), "tune_nats": voice_nats(model, others["tune"])}
    judged = judged_parts([lesson_of(piece) for piece in others["held"]], model.parts)
    figures |= dict(zip(("held_part_nats", "held_part_tried", "held_part_right"), judged, strict=True))
    sizes = {"teach": len(teach_on), "left": len(left), **{fold: len(pieces) for fold, pieces in others.items()}}
    manifest = {
        "model": "chorale",
        "version": version,
        "date": date,
        "seed": pace.seed,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "settings": {"contexts": CONTEXTS, "piece_contexts": PIECE_CONTEXTS, "selectors": SELECTORS}
        | {"pace": asdict(pace), "part_pace": asdict(part_pace)},
        "figures": {name: round(float(value), 4) for name, value in figures.items()},
        "works_by_fold": sizes,
        "corpora": [{"corpus": "bach_chorales", "licence": every[0].work.licence, "works": len(every)}],
        "works": "chorale.works.csv",
    }
    return {
        "chorale.npz": data,
        "chorale.manifest.json": (json.dumps(manifest, indent=2) + "\n").encode(),
        "chorale.works.csv": works_csv(every, left).encode(),
        "chorale.card.md": CARD.format(bytes=len(data), date=date, **sizes, **figures).encode(),
    }


def is_reproduced(made: dict[str, bytes], folder: Path) -> bool:
    """Print whether the files are the same, or at least the figures (``TOLERANCE``); another processor may round
    otherwise."""
    wrong = [name for name, data in made.items() if (folder / name).read_bytes() != data]
    if not wrong:
        sys.stdout.write("reproduced byte for byte\n")
        return True
    stated = json.loads((folder / "chorale.manifest.json").read_bytes())["figures"]
    found = json.loads(made["chorale.manifest.json"])["figures"]
    off = max(abs(found[name] - value) for name, value in stated.items())
    sys.stdout.write(f"differs: {', '.join(wrong)}; the figures by {off:.4f} at most, {TOLERANCE} is allowed\n")
    return off <= TOLERANCE


if __name__ == "__main__":
    write_or_check("chorale", __doc__, build, is_reproduced)
