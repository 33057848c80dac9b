"""Fine-tuning: a network that was taught before learns from a musician's own folder, in minutes.

Conventions: the folder becomes a corpus first, with the same rules (licences, no repetitions, split by work). The
network goes on learning at a low rate in small batches; after each pass the works that are for tuning say which state
is best, and the network as it was is among those that can win. What it was worth is measured on works that are held
back, before and after; a folder of few works may have none.

Not covered: learning a few of the weights only; mixing in works that the network knew, so that it forgets less.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bandmate.formats.atomic_file import write_whole
from bandmate.learn.corpus import Corpus
from bandmate.learn.evaluating import scores_of
from bandmate.learn.training import NETWORK, TRAINING, Settings, train, training_facts
from bandmate.learn.workers import Workers
from bandmate.models.network import load_network, network_bytes

RATE = 5e-4
EPOCHS = 8
STEPS_AN_EPOCH = 16
SMALLEST, LARGEST = 1024, 4096
RESULT = "fine-tuning.json"


class FineTuned(msgspec.Struct, frozen=True, kw_only=True):
    """What fine-tuning came to: nats a note before and after on the fold ``judged`` (None where there are no works),
    and the seconds it took."""

    works: int
    notes: int
    judged: str
    before: float | None
    after: float | None
    is_changed: bool
    seconds: float
    cpu_seconds: float


def fine_tuning_settings(corpus: Corpus, network: Path, *, epochs: int = EPOCHS, seed: int = 6) -> Settings:
    """Settings for a folder: batches small enough for some steps an epoch."""
    shape = load_network(network).shape
    notes = sum(shard.notes for shard in corpus.facts.shards if shard.fold == "teach")
    places = min(LARGEST, max(SMALLEST, notes // STEPS_AN_EPOCH))
    return Settings(
        width=shape.width,
        layers=shape.layers,
        heads=shape.heads,
        places=places,
        epochs=epochs,
        rate=RATE,
        seed=seed,
    )


def fine_tune(
    model: Path | str,
    corpus: Corpus,
    run: Path | str,
    *,
    epochs: int = EPOCHS,
    seed: int = 6,
    say: Callable[[str, float], None] | None = None,
) -> FineTuned:
    """Teach a network on with a corpus; the run's folder has the network that is best.

    Raises
    ------
    ModelError
        if the model cannot be read.
    RequestError
        if torch is missing or there is nothing to teach with.
    """
    began, began_cpu = time.monotonic(), time.process_time()
    model, run = Path(model), Path(run)
    settings = fine_tuning_settings(corpus, model, epochs=epochs, seed=seed)
    train(corpus, run, settings, start=load_network(model), started_from=model.stem, say=say)
    before, after = (judged(corpus, "tune", path) for path in (model, run / NETWORK))
    keeps_old = before is not None and after is not None and after >= before
    if keeps_old:
        write_whole(run / NETWORK, network_bytes(load_network(model)))
        kept = msgspec.structs.replace(training_facts(run), best_epoch=0)
        write_whole(run / TRAINING, msgspec.json.format(msgspec.json.encode(kept)))
    fold = "held" if corpus.shards("held") else "tune"
    found = FineTuned(
        works=corpus.facts.works,
        notes=corpus.facts.notes,
        judged=fold,
        before=judged(corpus, fold, model),
        after=judged(corpus, fold, run / NETWORK),
        is_changed=not keeps_old,
        seconds=time.monotonic() - began,
        cpu_seconds=time.process_time() - began_cpu,
    )
    write_whole(run / RESULT, msgspec.json.format(msgspec.json.encode(found)))
    return found


def judged(corpus: Corpus, fold: str, model: Path) -> float | None:
    """Nats a note of a network on a fold; None where it has no works."""
    if not corpus.shards(fold):
        return None
    return scores_of(corpus, fold, ("network", model), "each", Workers(processes=1)).judgement(model.stem).nats
