"""Training: a network learns from a corpus; stopped at any time, it goes on where it was.

::

    RUN/checkpoint.pt   weights and all that is needed to go on, at most half a minute old
        network.npz     the best network so far, judged by the works that are for tuning; rewritten after each epoch
        training.json   settings, what every epoch came to, speed; "finished" says that all epochs are done

Conventions: the same corpus, settings and number of learners give the same network on one machine, stopped or not.
The rate of learning rises over the first part of the notes and falls to zero along a cosine. Loss is nats a note. A
batch of several learners (`learn.cluster`) is the sum of what each of them had.

Not covered: other optimisers than AdamW; search for the best settings.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.learn.batches import Batch, in_order, shuffled, turns_of
from bandmate.learn.cluster import Team, team
from bandmate.learn.corpus import Corpus
from bandmate.learn.network import Learner, Tensors, as_network, fresh_weights, need_torch, taught_weights
from bandmate.models.network import Network, Shape, network_bytes, parameters
from bandmate.song.errors import MediaError, ModelError, OutOfRange, RequestError

CHECKPOINT, NETWORK, TRAINING = "checkpoint.pt", "network.npz", "training.json"
SAVE_SECONDS = 30.0
STEEPEST = 1.0
"""The longest gradient, as a vector of all weights, that is followed in full."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a network is taught.

    ``places`` is the size of a batch in notes, padding counted in; ``parts`` says whether each part of a work is a
    line of its own (``each``) or all notes are one line (``all``).
    """

    width: int = 192
    layers: int = 3
    heads: int = 3
    dropout: float = 0.1
    places: int = 4096
    epochs: int = 10
    rate: float = 2e-3
    warm_up: float = 0.05
    decay: float = 0.1
    seed: int = 6
    parts: str = "each"

    @property
    def shape(self) -> Shape:
        return Shape(self.width, self.layers, self.heads)

    def checked(self) -> Settings:
        """The same settings; refused where they make no sense."""
        limits = {"epochs": (1, 10_000), "places": (16, 10**6), "width": (16, 1024), "layers": (1, 24)}
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:
                raise OutOfRange(f"{getattr(self, name)} {name} are not possible; choose {least} to {most}")
        if not 0.0 < self.rate <= 0.1:
            raise OutOfRange(f"a rate of {self.rate:g} is not possible; choose one above 0 and at most 0.1")
        if not 0.0 <= self.dropout < 1.0:
            raise OutOfRange(f"a dropout of {self.dropout:g} is not possible; choose 0 or more and less than 1")
        if self.parts not in ("each", "all"):
            raise RequestError(f'parts "{self.parts}" are not known; choose each or all')
        return self


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """What an epoch came to: nats a note while learning, and on the tuning works after it (None without such works)."""

    number: int
    teach_nats: float
    tune_nats: float | None
    notes: int
    seconds: float
    cpu_seconds: float


class TrainingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``training.json``."""

    settings: Settings
    corpus: str
    corpus_made_of: str
    parameters: int
    learners: int
    finished: bool
    best_epoch: int
    epochs: tuple[Epoch, ...]
    torch: str
    started_from: str = ""


@dataclass(slots=True)
class State:
    """Where a run is."""

    weights: Tensors
    optimizer: Any
    epoch: int = 0
    batch: int = 0
    step: int = 0
    notes: int = 0
    lost: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    best: Tensors | None = None
    best_epoch: int = 0
    best_nats: float = math.inf
    epochs: list[Epoch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """A run: what is learned from, how, where it is kept, and who learns."""

    corpus: Corpus
    settings: Settings
    folder: Path
    team: Team
    say: Callable[[str, float], None]
    started_from: str = ""

    @property
    def epoch_notes(self) -> int:
        """About how many notes an epoch has."""
        return max(1, sum(shard.notes for shard in self.corpus.facts.shards if shard.fold == "teach"))


def train(
    corpus: Corpus,
    folder: Path | str,
    settings: Settings = Settings(),
    *,
    start: Network | None = None,
    started_from: str = "",
    say: Callable[[str, float], None] | None = None,
) -> TrainingFacts:
    """Teach a network, or go on where an earlier call stopped.

    Raises
    ------
    RequestError
        if torch is missing, the settings or the corpus are others than those the run began with, or there is nothing
        to teach with.
    ModelError
        if the loss is no number any more.
    ProjectError
        if the folder cannot be written.
    """
    need_torch("training")
    settings = settings.checked()
    if not corpus.shards("teach"):
        raise RequestError(f'the corpus "{corpus.folder}" has no works to teach with; add works')
    with team() as crew:
        quiet = crew.rank > 0 or say is None
        run = Run(corpus, settings, Path(folder), crew, silent if quiet or say is None else say, started_from)
        with disk_errors(run.folder):
            run.folder.mkdir(parents=True, exist_ok=True)
        state = state_of(run, start)
        if state.epoch < settings.epochs:
            try:
                learn_on(run, state)
            except KeyboardInterrupt:
                save(run, state)
                raise
        return facts_of(run, state)


def silent(what: str, share: float) -> None:
    """Says nothing."""


def state_of(run: Run, start: Network | None) -> State:
    """The state that was saved, or a new one."""
    import torch

    settings = run.settings
    if start is not None and start.shape != settings.shape:
        raise RequestError(f"the network to start from is {start.shape}, the settings ask for {settings.shape}")
    weights = taught_weights(start) if start else fresh_weights(settings.shape, settings.seed)
    groups = [
        {"params": [values for values in weights.values() if values.ndim > 1], "weight_decay": settings.decay},
        {"params": [values for values in weights.values() if values.ndim == 1], "weight_decay": 0.0},
    ]
    state = State(weights, torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.98), fused=True))
    path = run.folder / CHECKPOINT
    if path.exists():
        go_on(run, state, path)
    return state


def go_on(run: Run, state: State, path: Path) -> None:
    """Put what was saved into a state."""
    import pickle

    import torch

    try:
        saved = torch.load(path, weights_only=True)
        was = msgspec.json.decode(saved["settings"], type=Settings)
        made_of = saved["made_of"]
    except (OSError, RuntimeError, KeyError, EOFError, pickle.UnpicklingError, msgspec.DecodeError) as damage:
        raise MediaError(f'"{path}" is damaged: {str(damage).splitlines()[0]}; delete it to begin again') from damage
    # subtle: more epochs than before would bend the curve of the rate in the middle, so they are refused as well.
    differ = [name for name in Settings.__struct_fields__ if getattr(was, name) != getattr(run.settings, name)]
    if differ:
        name = differ[0]
        raise RequestError(
            f'"{run.folder}" was begun with {name} {getattr(was, name)}, not {getattr(run.settings, name)}; ask for '
            "the same, or name another folder"
        )
    if made_of != run.corpus.facts.made_of:
        raise RequestError(f'"{run.folder}" was begun with another corpus; name another folder')
    with torch.no_grad():
        for name, values in saved["weights"].items():
            state.weights[name].copy_(values)
    state.optimizer.load_state_dict(saved["optimizer"])
    state.best = saved["best"]
    state.epochs = msgspec.json.decode(saved["epochs"], type=list[Epoch])
    for name in ("epoch", "batch", "step", "notes", "lost", "seconds", "cpu_seconds", "best_epoch", "best_nats"):
        setattr(state, name, saved[name])


def save(run: Run, state: State) -> None:
    """Write a checkpoint; the first learner does."""
    import torch

    if run.team.rank:
        return
    whole = io.BytesIO()
    numbers = ("epoch", "batch", "step", "notes", "lost", "seconds", "cpu_seconds", "best_epoch", "best_nats")
    torch.save(
        {
            "settings": msgspec.json.encode(run.settings),
            "made_of": run.corpus.facts.made_of,
            "weights": {name: values.detach() for name, values in state.weights.items()},
            "optimizer": state.optimizer.state_dict(),
            "best": state.best,
            "epochs": msgspec.json.encode(state.epochs),
            **{name: getattr(state, name) for name in numbers},
        },
        whole,
    )
    write_whole(run.folder / CHECKPOINT, whole.getvalue())


def learn_on(run: Run, state: State) -> None:
    """Epoch after epoch."""
    settings = run.settings
    learner = Learner(settings.shape, state.weights, settings.dropout)
    while state.epoch < settings.epochs:
        one_epoch(run, state, learner)
        tuned = tune_nats(run, learner)
        teach = state.lost / max(1, state.notes)
        made = Epoch(
            number=state.epoch + 1,
            teach_nats=teach,
            tune_nats=tuned,
            notes=state.notes,
            seconds=state.seconds,
            cpu_seconds=state.cpu_seconds,
        )
        state.epochs.append(made)
        judged = teach if tuned is None else tuned
        if tuned is None or judged < state.best_nats:
            state.best_nats, state.best_epoch = judged, made.number
            state.best = {name: values.detach().clone() for name, values in state.weights.items()}
        state.epoch, state.batch, state.notes = state.epoch + 1, 0, 0
        state.lost = state.seconds = state.cpu_seconds = 0.0
        if run.team.rank == 0:
            save(run, state)
            write_network(run, state)
    run.say("trained", 1.0)


def one_epoch(run: Run, state: State, learner: Learner) -> None:
    """The batches of an epoch that are still to come."""
    saved_at = time.monotonic()
    wall, cpu = saved_at, time.process_time()
    for batch in batches_of(run, state):
        step(run, state, learner, batch)
        state.batch += 1
        now, now_cpu = time.monotonic(), time.process_time()
        state.seconds, state.cpu_seconds = state.seconds + now - wall, state.cpu_seconds + now_cpu - cpu
        wall, cpu = now, now_cpu
        done = state.epoch + min(1.0, state.notes / run.epoch_notes)
        nats = state.lost / state.notes
        run.say(f"epoch {state.epoch + 1} of {run.settings.epochs}: {nats:.3f} nats a note", done / run.settings.epochs)
        if now - saved_at >= SAVE_SECONDS:
            save(run, state)
            saved_at = now


def batches_of(run: Run, state: State) -> Iterator[Batch]:
    """This learner's batches of the epoch, without those that were done."""
    settings = run.settings
    every = shuffled(run.corpus.shards("teach"), settings.parts, settings.places, settings.seed, state.epoch)
    for number, batch in enumerate(turns_of(every, run.team.rank, run.team.count)):
        if number >= state.batch:
            yield batch


def step(run: Run, state: State, learner: Learner, batch: Batch) -> None:
    """Learn from one batch, together with the other learners."""
    import torch

    for group in state.optimizer.param_groups:
        group["lr"] = rate_at(run, state)
    torch.manual_seed((run.settings.seed * 1_000_003 + state.step) * run.team.count + run.team.rank)
    nats = learner.nats(batch, learning=True).sum()
    nats.backward()
    lost, notes = run.team.summed_gradients(list(state.weights.values()), float(nats.detach()), batch.notes)
    if not math.isfinite(lost):
        raise ModelError(f"the loss is no number after {state.step} steps; train again with a lower rate")
    with torch.no_grad():
        torch.nn.utils.clip_grad_norm_(state.weights.values(), STEEPEST)
    state.optimizer.step()
    state.optimizer.zero_grad()
    state.step, state.notes, state.lost = state.step + 1, state.notes + notes, state.lost + lost


def rate_at(run: Run, state: State) -> float:
    """The rate of learning at this place of the run."""
    share = (state.epoch + min(1.0, state.notes / run.epoch_notes)) / run.settings.epochs
    rising = min(1.0, (share + 1e-3) / run.settings.warm_up) if run.settings.warm_up else 1.0
    return run.settings.rate * rising * 0.5 * (1.0 + math.cos(math.pi * share))


def tune_nats(run: Run, learner: Learner) -> float | None:
    """Nats a note on the works that are for tuning; None where there are none."""
    import torch

    lost, notes = 0.0, 0
    with torch.no_grad():
        for number, batch in enumerate(in_order(run.corpus.shards("tune"), run.settings.parts, run.settings.places)):
            if number % run.team.count == run.team.rank:
                lost += float(learner.nats(batch, learning=False).sum())
                notes += batch.notes
    lost, notes = run.team.summed(lost, notes)
    return lost / notes if notes else None


def write_network(run: Run, state: State) -> None:
    """The best network so far, and what is known of it."""
    network = as_network(run.settings.shape, state.best or state.weights)
    write_whole(run.folder / NETWORK, network_bytes(network))
    write_whole(run.folder / TRAINING, msgspec.json.format(msgspec.json.encode(facts_of(run, state))))


def facts_of(run: Run, state: State) -> TrainingFacts:
    """What a run came to so far."""
    import torch

    return TrainingFacts(
        settings=run.settings,
        corpus=str(run.corpus.folder.resolve()),
        corpus_made_of=run.corpus.facts.made_of,
        parameters=parameters(run.settings.shape),
        learners=run.team.count,
        finished=state.epoch >= run.settings.epochs,
        best_epoch=state.best_epoch,
        epochs=tuple(state.epochs),
        torch=str(torch.__version__),
        started_from=run.started_from,
    )


def training_facts(folder: Path | str) -> TrainingFacts:
    """What is known of a run; refused where there is none."""
    path = Path(folder) / TRAINING
    try:
        return msgspec.json.decode(path.read_bytes(), type=TrainingFacts)
    except OSError as missing:
        raise MediaError(f'"{folder}" has no trained network yet; make one with: bandmate learn train') from missing
    except msgspec.DecodeError as damage:
        raise MediaError(f'"{path}" is damaged: {damage}; train again') from damage


def notes_a_cpu_second(facts: TrainingFacts) -> float:
    """Notes learned from in a second of one core."""
    seconds = sum(epoch.cpu_seconds for epoch in facts.epochs)
    return sum(epoch.notes for epoch in facts.epochs) / seconds if seconds else float(np.nan)
