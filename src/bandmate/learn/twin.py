"""The statistical twin: context mixing over the same tokens and the same works as the network, to measure it by.

Conventions: one mixing model for each part of a note (when, how long, which pitch, how loud), each knowing the parts
before it. Its rows are the network's own columns, and of the notes before a few more, which the network sees through
attention. A network is worth shipping where it needs at least `WORTH` fewer nats a note than its twin on works that
neither has seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bandmate.learn.batches import lines_of_work
from bandmate.learn.corpus import Corpus
from bandmate.learn.mixing import Pace, teach
from bandmate.models.mixing import Mixing, Plan
from bandmate.models.mixing_counts import arrays_from_file, arrays_of, file_bytes, model_from
from bandmate.models.note_tokens import END, HEADS, NAMES, PHRASE, SYMBOLS, Ints, Line
from bandmate.song.errors import ModelError, RequestError

WORTH = 0.05
PASSES = 3
EARLIER = 4
"""Notes before the last one that the twin's rows tell."""

MORE = (
    *(f"{part} {back} notes back" for back in range(2, EARLIER + 1) for part in ("delta", "pitch")),
    *("bar of 4", "bar of 8", "next bar of 4", "this length", "this pitch"),
)
ROW = (*NAMES, *MORE)


@dataclass(frozen=True, slots=True)
class Twin:
    """A mixing model for each part of a note."""

    models: tuple[Mixing, ...]
    parts: str = "each"

    def nats(self, line: Line) -> NDArray[np.float64]:
        """How surprising each part of each note is (steps, 4), as `models.network.Network.nats`."""
        rows = rows_of(line)
        found = np.zeros((len(rows), len(HEADS)))
        is_note = line.symbols[:, 0] != END
        for part, model in enumerate(self.models):
            taken = slice(None) if part == 0 else is_note
            found[taken, part] = model.nats(rows[taken], line.symbols[taken, part])
        return found


def rows_of(line: Line) -> Ints:
    """What the twin knows at each step (steps, len(ROW))."""
    steps = len(line.symbols)
    more = np.full((steps, len(MORE)), -1, np.int64)
    for number, back in enumerate(range(2, EARLIER + 1)):
        more[back:, 2 * number] = line.symbols[:-back, 0]
        more[back:, 2 * number + 1] = line.symbols[:-back, 2]
    bar = line.columns[:, NAMES.index("bar")]
    at = 2 * (EARLIER - 1)
    more[:, at], more[:, at + 1] = bar % 4, bar % PHRASE
    more[:, at + 2] = line.columns[:, NAMES.index("next bar of 8")] % 4
    more[:, at + 3], more[:, at + 4] = line.symbols[:, 1], line.symbols[:, 2]
    return np.concatenate([line.columns, more], axis=1)


def columns(*contexts: str) -> tuple[tuple[int, ...], ...]:
    """Contexts written as names with commas between them."""
    return tuple(tuple(ROW.index(name) for name in context.split(", ") if name) for context in contexts)


def plan_of(
    head: str, contexts: Sequence[str], parents: Sequence[int], piece: Sequence[str], selector: str, matches: int = 2
) -> Plan:
    """A plan; every piece context refines the one before it where it goes on from it."""
    known, own = columns(*contexts), columns(*piece)
    follows = [number > 0 and set(own[number - 1]) <= set(one) for number, one in enumerate(own)]
    size = {"place": 96, "next place": 96}[selector]
    return Plan(
        symbols=SYMBOLS[HEADS.index(head)],
        contexts=known,
        parents=tuple(parents),
        piece_contexts=own,
        piece_parents=tuple(len(known) + number - 1 if goes_on else 0 for number, goes_on in enumerate(follows)),
        matches=matches,
        selectors=((ROW.index(selector), size), (ROW.index("match length"), 8)),
    )


DELTA = plan_of(
    "delta",
    (
        *("", "meter", "meter, place", "meter, place, last length", "meter, place, last delta"),
        "meter, place, last delta, last length",
        "meter, place, last delta, last length, delta 2 notes back",
        "meter, place, last delta, last length, delta 2 notes back, delta 3 notes back, delta 4 notes back",
        *("place, delta 1 bars back, last length", "place, delta 2 bars back, delta 1 bars back, last length"),
        "place, delta 4 bars back, delta 8 bars back, last length",
        *("match delta, match length", "match delta, match length, delta 8 bars back, delta 4 bars back"),
        *("place, last pitch, last length", "meter, place, bar of 8, last length"),
        "delta 16 bars back, delta 8 bars back, place, bar of 8",
    ),
    (-1, 0, 1, 2, 2, 3, 5, 6, 2, 8, 2, 0, 11, 3, 3, 2),
    (
        *("place", "place, last delta", "place, last delta, delta 2 notes back", "bar of 4, place"),
        *("last delta, last pitch", "last delta, last pitch, pitch 2 notes back"),
        "last delta, last pitch, pitch 2 notes back, pitch 3 notes back, delta 2 notes back",
    ),
    "place",
)
LENGTH = plan_of(
    "length",
    (
        *("", "delta", "meter, next place", "meter, next place, last length", "meter, next place, last length, delta"),
        "meter, next place, last length, delta, last delta",
        *("length 1 bars back, next place", "length 2 bars back, length 1 bars back, next place"),
        *("length 4 bars back, length 8 bars back, next place", "match note length, match length"),
        "match note length, length 8 bars back, length 4 bars back, match length",
        *("length 16 bars back, length 8 bars back, next bar of 8", "meter, next place, next bar of 8"),
    ),
    (-1, 0, 0, 2, 3, 4, 2, 6, 2, 0, 9, 2, 2),
    (
        *("next place", "next place, last length", "next place, last length, delta 2 notes back"),
        *("last pitch, last length", "last pitch, pitch 2 notes back, last length"),
        "last pitch, pitch 2 notes back, pitch 3 notes back, last length",
    ),
    "next place",
)
PITCH = plan_of(
    "pitch",
    (
        *("", "mode", "mode, last pitch", "mode, last pitch, pitch 2 notes back"),
        "mode, last pitch, pitch 2 notes back, pitch 3 notes back",
        "last pitch, pitch 2 notes back, pitch 3 notes back, pitch 4 notes back",
        *("mode, next place, last pitch", "meter, next place, last pitch, pitch 2 notes back, mode"),
        *("delta, this length, last pitch", "delta, this length, last pitch, pitch 2 notes back"),
        *("last pitch, pitch 1 bars back", "last pitch, pitch 2 bars back, pitch 1 bars back"),
        *("last pitch, pitch 4 bars back", "last pitch, pitch 8 bars back", "pitch 4 bars back, pitch 8 bars back"),
        *("match pitch, match length", "match pitch, match length, pitch 8 bars back"),
        "match pitch, pitch 4 bars back, last pitch",
        *("next bar of 8, next place, last pitch", "pitch 16 bars back, pitch 8 bars back, last pitch"),
    ),
    (-1, 0, 1, 2, 3, 4, 2, 6, 2, 3, 2, 10, 2, 2, 0, 0, 15, 15, 6, 13),
    (
        *("last pitch", "last pitch, pitch 2 notes back", "next place", "next bar of 4, next place"),
        *("next place, last pitch", "last pitch, pitch 2 notes back, pitch 3 notes back"),
        "last pitch, pitch 2 notes back, pitch 3 notes back, pitch 4 notes back, delta",
    ),
    "next place",
)
VELOCITY = plan_of(
    "velocity",
    (
        *("", "last velocity", "last velocity, next place", "last velocity, delta", "this length, last velocity"),
        "this pitch, last velocity",
    ),
    (-1, 0, 1, 1, 1, 1),
    ("last velocity", "last velocity, next place", "this pitch"),
    "next place",
    matches=0,
)
PLANS = (DELTA, LENGTH, PITCH, VELOCITY)


def teach_twin(lines: Iterable[Line], works: Iterable[int], parts: str = "each", passes: int = PASSES) -> Twin:
    """The twin of a network that is taught these lines; lines of one work have one number and stand together."""
    rows, symbols, pieces, groups = [], [], [], []
    for number, (line, work) in enumerate(zip(lines, works, strict=True)):
        rows.append(rows_of(line).astype(np.int16))
        symbols.append(line.symbols)
        pieces.append(np.full(len(line.symbols), number))
        groups.append(np.full(len(line.symbols), work))
    if not rows:
        raise RequestError("there is nothing to teach the statistical twin with; add works")
    features, wanted, piece, group = (np.concatenate(one) for one in (rows, symbols, pieces, groups))
    is_note = wanted[:, 0] != END
    models = []
    for part, plan in enumerate(PLANS):
        taken = np.ones(len(wanted), np.bool_) if part == 0 else is_note
        pace = Pace(passes=min(passes, 1) if HEADS[part] == "velocity" else passes)
        taught = teach(plan, features[taken].astype(np.int64), wanted[taken, part], piece[taken], group[taken], pace)
        models.append(taught.model)
    return Twin(tuple(models), parts)


def twin_of(corpus: Corpus, parts: str = "each", passes: int = PASSES) -> Path:
    """The file of the twin that a corpus teaches, made on the first call and kept beside its shards."""
    path = corpus.folder / f"twin-{parts}-{passes}-{corpus.facts.made_of[:12]}.npz"
    if not path.exists():
        from bandmate.formats.atomic_file import write_whole

        works, lines = [], []
        for number, work in enumerate(corpus.works("teach")):
            own = list(lines_of_work(work, parts))
            lines += own
            works += [number] * len(own)
        write_whole(path, twin_bytes(teach_twin(lines, works, parts, passes)))
    return path


def twin_bytes(twin: Twin) -> bytes:
    """The twin as the bytes of a file."""
    arrays = {"facts": np.frombuffer(json.dumps({"twin": 1, "parts": twin.parts}).encode(), np.uint8)}
    for head, model in zip(HEADS, twin.models, strict=True):
        arrays |= arrays_of(head, model)
    return file_bytes(arrays)


def load_twin(path: Path | str) -> Twin:
    """A twin from its file.

    Raises
    ------
    ModelError
        if the file is missing, damaged or no twin.
    """
    path = Path(path)
    arrays = arrays_from_file(path)
    try:
        parts = json.loads(arrays["facts"].tobytes())["parts"]
    except (KeyError, ValueError) as damage:
        raise ModelError(f'"{path.name}" is no statistical twin; delete it and evaluate again') from damage
    return Twin(tuple(model_from(head, arrays) for head in HEADS), parts)
