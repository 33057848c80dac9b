"""Evaluating: how surprised a network and its statistical twin are by works that neither has seen.

Conventions: the measure is nats a note: all parts of a note, and the ends of lines, over the number of notes. Models
are judged note by note on the same lines, by plain arrays, so that what is judged is what is shipped; the jobs are
shards of the corpus and run here, in processes or on Ray with equal results. How sure a difference is comes from
drawing whole works again and again (bootstrap).

References: B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bandmate.learn.corpus import Corpus
from bandmate.learn.grid import unpacked_work
from bandmate.learn.shards import rows_in
from bandmate.learn.workers import Workers, mapped
from bandmate.models.note_tokens import HEADS, Line
from bandmate.song.errors import RequestError

DRAWS = 2000
SURE = (2.5, 97.5)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """How a model did on works: nats a note in all, and of each part; notes and works that were judged."""

    model: str
    nats: float
    parts: dict[str, float]
    notes: int
    works: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A network beside its twin.

    ``gain`` is the share of the twin's nats that the network saves (negative where it needs more), ``least`` and
    ``most`` are where it lies with 95 % chance; ``is_worth_it`` says that it reaches the floor.
    """

    fold: str
    network: Judgement
    twin: Judgement
    gain: float
    least: float
    most: float
    floor: float
    is_worth_it: bool


@dataclass(frozen=True, slots=True)
class JudgeJob:
    """A shard, and the model that it is judged by."""

    model: str
    kind: str
    shard: str
    parts: str


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Of every work of a fold: its notes (works,) and nats of each part (works, 4)."""

    notes: NDArray[np.int64]
    nats: NDArray[np.float64]

    def judgement(self, model: str) -> Judgement:
        """The figures of all works together."""
        notes = int(self.notes.sum())
        return Judgement(
            model=model,
            nats=float(self.nats.sum() / notes),
            parts={head: float(value / notes) for head, value in zip(HEADS, self.nats.sum(axis=0), strict=True)},
            notes=notes,
            works=len(self.notes),
        )


@lru_cache(maxsize=4)
def nats_by(kind: str, model: str, changed_ns: int) -> Callable[[Line], NDArray[np.float64]]:
    """What tells the nats of a line, from a model's file; kept for the next shard."""
    if kind == "twin":
        from bandmate.learn.twin import load_twin

        return load_twin(model).nats
    from bandmate.models.network import load_network

    return load_network(model).nats


def judge_shard(job: JudgeJob) -> list[tuple[int, list[float]]]:
    """Notes and nats of each part of every work in a shard."""
    from bandmate.learn.batches import lines_of_work

    nats_of = nats_by(job.kind, job.model, Path(job.model).stat().st_mtime_ns)
    found = []
    for row in rows_in(Path(job.shard)):
        lines = list(lines_of_work(unpacked_work(row), job.parts))
        if lines:
            nats = sum(nats_of(line).sum(axis=0) for line in lines)
            found.append((sum(map(len, lines)), [float(value) for value in np.asarray(nats)]))
    return found


def scores_of(
    corpus: Corpus, fold: str, model: tuple[str, Path], parts: str, workers: Workers, say: Any = None
) -> Scores:
    """Every work of a fold, judged by a model (kind ``network`` or ``twin``, and its file)."""
    shards = corpus.shards(fold)
    if not shards:
        raise RequestError(f'the corpus has no works in the fold "{fold}"; it has: {", ".join(corpus.facts.folds)}')
    kind, path = model
    jobs = (JudgeJob(str(path.resolve()), kind, str(shard.resolve()), parts) for shard in shards)
    rows = []
    for number, found in enumerate(mapped(judge_shard, jobs, workers)):
        rows += found
        if say:
            say(f"judging the {kind}", (number + 1) / len(shards))
    if not rows:
        raise RequestError(f'no work of the fold "{fold}" is long enough to be judged; add works')
    return Scores(np.array([notes for notes, _ in rows], np.int64), np.array([nats for _, nats in rows]))


def compared(fold: str, network: Scores, twin: Scores, names: Sequence[str], floor: float, seed: int = 6) -> Comparison:
    """A network beside its twin on the same works."""
    mine, theirs = network.nats.sum(axis=1), twin.nats.sum(axis=1)
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = rng.integers(0, len(mine), (DRAWS, len(mine)))
    gains = 1.0 - mine[drawn].sum(axis=1) / theirs[drawn].sum(axis=1)
    gain = float(1.0 - mine.sum() / theirs.sum())
    least, most = (float(value) for value in np.percentile(gains, SURE))
    return Comparison(
        fold=fold,
        network=network.judgement(names[0]),
        twin=twin.judgement(names[1]),
        gain=gain,
        least=least,
        most=most,
        floor=floor,
        is_worth_it=gain >= floor,
    )


def figures_of(judgements: Mapping[str, Judgement]) -> dict[str, float]:
    """Nats a note by fold, for a manifest."""
    return {f"{fold} nats a note": round(one.nats, 4) for fold, one in judgements.items()}
