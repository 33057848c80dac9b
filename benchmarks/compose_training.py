"""Training speed beside a plain PyTorch reference of the same size, fine-tuning, and hours for a million works.

``python -m benchmarks.compose_training`` prints what one core does: reading works into a corpus, learning from notes,
judging them, one note in real time; how much of that two processes at once keep; and from it the hours that a million
works take on some nodes. Needs the extra ``train``; without it only what needs no torch is measured.

The plain reference is what one writes first: an embedding for each symbol, layers with `LayerNorm`, `Linear` and GELU
around PyTorch's own attention, lines padded to the longest of a batch in the order in which they come, fused AdamW,
float32. Ours learns from the same lines. A token is a note (or the end of a line), padding never counts. Both are
measured in turns, in CPU seconds of one thread.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.learn.batches import Batch, joined, lines_in, shuffled
from bandmate.learn.cluster import Throughput, hours_for
from bandmate.learn.corpus import Corpus, build_corpus
from bandmate.learn.network import train_extra_missing
from bandmate.learn.reading import read_job
from bandmate.learn.sources import listing_of, sources_in
from bandmate.learn.workers import Workers, mapped
from bandmate.models.network import SYMBOLS, Network, Shape, load_network, network_bytes, parameters, weight_shapes
from bandmate.models.note_tokens import COLUMNS, END, Line
from benchmarks.goals import reached

SHARED = Path(os.environ.get("BANDMATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
ABC = SHARED / "data" / "folk_abc"
FOLDER = "airdsAirs"
EQUAL = Shape(width=256, layers=5, heads=4)
PLAIN_LAYERS, PLAIN_LINES = 6, 32
STEPS, TURNS = 4, 3
PIECES = 100
MILLION = 1_000_000
NODES, CORES = (1, 4, 16), 16


def folk(to: Path) -> Corpus:
    """The corpus that speed is measured on: one collection of tunes."""
    return build_corpus([ABC / FOLDER], to, workers=Workers(processes=1))


def plain_network(width: int, layers: int, heads: int) -> Any:
    """The plain reference."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, state: Any) -> Any:
            lines, steps, _ = state.shape
            joint = self.qkv(self.one(state)).view(lines, steps, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            heard = functional.scaled_dot_product_attention(*joint, is_causal=True)
            state = state + self.out(heard.transpose(1, 2).reshape(lines, steps, width))
            return state + self.down(functional.gelu(self.up(self.other(state))))

    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.symbols = nn.ModuleList(nn.Embedding(size, width) for size in SYMBOLS)
            self.places = nn.Embedding(1024, width)
            self.blocks = nn.ModuleList(Block() for _ in range(layers))
            self.norm = nn.LayerNorm(width)
            self.heads = nn.ModuleList(nn.Linear(width, size) for size in SYMBOLS)

        def forward(self, symbols: Any, is_real: Any) -> Any:
            before = symbols[:, :-1]
            state = self.places(torch.arange(before.shape[1])).unsqueeze(0)
            for number, table in enumerate(self.symbols):
                state = state + table(before[..., number])
            for block in self.blocks:
                state = block(state)
            state, wanted = self.norm(state), symbols[:, 1:].masked_fill(~is_real[:, 1:, None], -100)
            lost = [
                functional.cross_entropy(head(state).flatten(0, 1), wanted[..., number].flatten())
                for number, head in enumerate(self.heads)
            ]
            return torch.stack(lost).sum()

    torch.manual_seed(0)
    return Plain()


def plain_learner(lines: Sequence[Line] | None) -> tuple[Callable[[], int], int]:
    """A step of the plain reference that gives the notes it learned from, and the reference's parameters."""
    import torch

    network = plain_network(256, PLAIN_LAYERS, 4)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-4, fused=True)
    rng = np.random.Generator(np.random.PCG64(0))

    def step() -> int:
        if lines is None:
            batch = full_batch(rng)
        else:
            batch = joined([lines[place] for place in rng.integers(0, len(lines), PLAIN_LINES)])
        lost = network(torch.from_numpy(batch.symbols), torch.from_numpy(batch.is_real))
        optimizer.zero_grad()
        lost.backward()
        optimizer.step()
        return batch.notes

    return step, sum(values.numel() for values in network.parameters())


def full_batch(rng: np.random.Generator, lines: int = 32, steps: int = 256) -> Batch:
    """A batch without padding, of notes drawn at random."""
    columns = np.stack([rng.integers(0, size, (lines, steps)) for _, size in COLUMNS], axis=-1)
    symbols = np.stack([rng.integers(0, size, (lines, steps)) for size in (END, *SYMBOLS[1:])], axis=-1)
    return Batch(columns, symbols, np.ones((lines, steps), np.bool_))


def our_learner(shape: Shape, corpus: Corpus | None) -> Callable[[], int]:
    """A step of ours that gives the notes it learned from; clipping and all."""
    import torch

    from bandmate.learn.network import Learner, fresh_weights

    weights = fresh_weights(shape, 0)
    learner = Learner(shape, weights)  # no dropout, as in the plain reference
    optimizer = torch.optim.AdamW(list(weights.values()), lr=3e-4, fused=True)
    rng = np.random.Generator(np.random.PCG64(0))

    def batches() -> Iterator[Batch]:
        epoch = 0
        while True:
            epoch += 1
            if corpus is None:
                yield full_batch(rng)
            else:
                yield from shuffled(corpus.shards("teach"), "each", 8192, 0, epoch)

    walk = batches()

    def step() -> int:
        batch = next(walk)
        (learner.nats(batch, learning=True).sum() / batch.notes).backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return batch.notes

    return step


def notes_a_cpu_second(step: Callable[[], int], steps: int = STEPS) -> float:
    """Notes a step learns from in a CPU second; what is read meanwhile counts."""
    began = time.process_time()
    notes = sum(step() for _ in range(steps))
    return notes / (time.process_time() - began)


def against_plain(corpus: Corpus | None) -> tuple[float, float, float]:
    """Ours, the plain reference's, and the median of their ratios, in notes a CPU second, at about 4.9 M parameters."""
    import torch

    torch.set_num_threads(1)
    lines = None if corpus is None else list(lines_in(corpus.shards("teach"), "each"))
    plain, _ = plain_learner(lines)
    ours = our_learner(EQUAL, corpus)
    plain(), ours()
    pairs = [(notes_a_cpu_second(ours), notes_a_cpu_second(plain)) for _ in range(TURNS)]
    mine, theirs = (float(np.median(column)) for column in zip(*pairs, strict=True))
    return mine, theirs, float(np.median([one / other for one, other in pairs]))


def reading_speed() -> float:
    """Works that one core reads in a CPU second."""
    files = list(islice(sources_in([ABC / FOLDER], listing_of(None, None)), 2))
    began = time.process_time()
    from bandmate.learn.shards import unpacked

    works = len(unpacked(read_job(tuple(files)), "speed"))
    return works / (time.process_time() - began)


def judging_speed(corpus: Corpus, network: Network) -> float:
    """Notes that one core judges in a CPU second, with plain arrays."""
    lines = list(islice(lines_in(corpus.shards("held"), "each"), 40))
    network.nats(lines[0])
    began = time.process_time()
    for line in lines:
        network.nats(line)
    return sum(map(len, lines)) / (time.process_time() - began)


def step_milliseconds(network: Network, line: Line) -> float:
    """CPU milliseconds of one note in real time: all four parts, after the notes before it; the median."""
    past, took = network.past(), []
    for step, symbols in enumerate(line.symbols):
        row = line.columns[step : step + 1]
        began = time.process_time()
        state = network.read(row, past)
        network.delta(state, row)
        placed = network.placed(state, row)
        network.length(placed, row)
        network.pitch(placed, row, symbols[1])
        network.velocity(placed, row, symbols[1], symbols[2])
        took.append(time.process_time() - began)
    return 1000 * float(np.median(took))


def learning_job(folder: str) -> float:
    """Notes a CPU second that one process learns from at the usual size."""
    import torch

    from bandmate.learn.corpus import open_corpus

    torch.set_num_threads(1)
    step = our_learner(Shape(), open_corpus(folder))
    step()
    return notes_a_cpu_second(step)


def share_kept(corpus: Corpus, alone: float) -> float:
    """How much of a core's speed is kept where two processes learn at once."""
    both = list(mapped(learning_job, [str(corpus.folder)] * 2, Workers(processes=2)))
    return float(np.mean(both)) / alone


def hundred_pieces(folder: Path) -> Path:
    """A folder of a hundred tunes, one file each."""
    folder.mkdir()
    (folder / "LICENSE").write_text("public-domain music, encodings distributed with permission\n", encoding="utf-8")
    tunes: list[str] = []
    for path in sorted((ABC / "ryansMammoth").glob("*.abc")) if (ABC / "ryansMammoth").is_dir() else []:
        tunes += re.split(r"(?m)^(?=X:)", path.read_text(encoding="utf-8", errors="replace"))[1:]
    for number, tune in enumerate(tunes[:PIECES]):
        (folder / f"{number:03d}.abc").write_text(tune, encoding="utf-8")
    return folder


def fine_tuning(place: Path, network: Network) -> Any:
    """Fine-tuning a network of the usual size on a hundred pieces, reading them included."""
    from bandmate.verbs.learning import learn_finetune

    model = place / "model.npz"
    model.write_bytes(network_bytes(network))
    began = time.monotonic()
    found = learn_finetune(model, [hundred_pieces(place / "pieces")], place / "tuned")
    return found, time.monotonic() - began


def usual_network(path: str = "") -> Network:
    """The network at ``path``, or one of the usual size that has learned nothing (which is as fast)."""
    if path:
        return load_network(path)
    rng = np.random.Generator(np.random.PCG64(0))
    sizes = weight_shapes(Shape())
    return Network(Shape(), {name: rng.normal(0, 0.02, size).astype(np.float32) for name, size in sizes.items()})


def report(place: Path, model: str = "") -> bool:
    """Print every figure; whether all goals were met."""
    corpus, network = folk(place / "corpus"), usual_network(model)
    works, notes = corpus.facts.works, corpus.facts.notes
    print(f"corpus: {works} works, {notes} notes of {FOLDER}; a network of {parameters(network.shape):,} parameters")
    read, judged = reading_speed(), judging_speed(corpus, network)
    print(f"  one core reads {read:.1f} works and judges {judged:.0f} notes a CPU second")
    line = max(islice(lines_in(corpus.shards("held"), "each"), 40), key=len)
    met = [reached("one note of the network in real time", step_milliseconds(network, line), "ms CPU", at_most=5)]
    if missing := train_extra_missing():
        print(f"  training is not measured: {missing}")
        return all(met)
    met += training_goals(corpus)
    alone = learning_job(str(corpus.folder))
    kept = share_kept(corpus, alone)
    print(f"  one core learns from {alone:.0f} notes a CPU second at the usual size; two at once keep {kept:.0%}")
    print_hours(Throughput(read, notes / works, judged, alone, min(1.0, kept)))
    found, seconds = fine_tuning(place, network)
    print(f"  fine-tuning on {found.works} works, {found.notes} notes: {found.cpu_seconds:.0f} CPU s")
    met.append(reached("fine-tuning on 100 pieces", seconds / 60, "min", at_most=15))
    return all(met)


def training_goals(corpus: Corpus) -> list[bool]:
    """Speed against the plain reference, on tunes and on batches without any padding."""
    met = []
    for what, material in (("tunes", corpus), ("full batches", None)):
        ours, plain, ratio = against_plain(material)
        print(f"  {what}: ours {ours:.0f}, plain reference {plain:.0f} notes a CPU second, at {parameters(EQUAL):,}")
        if material is None:
            print(f"  without padding, which music never is, the ratio is {ratio:.2f}")
        else:
            met.append(reached("training speed over the plain reference, on tunes", ratio, "times", at_least=1.0))
    return met


def print_hours(measured: Throughput) -> None:
    """Hours for a million works like these."""
    for nodes in NODES:
        hours = hours_for(measured, MILLION, nodes, CORES)
        print(
            f"  a million works on {nodes} nodes of {CORES} cores: {hours.read:.2f} h to read, {hours.learn:.2f} h "
            f"for an epoch, {hours.judge:.2f} h to judge a tenth"
        )


def main() -> None:
    """Measure in a folder that goes away again; ``BANDMATE_MODEL`` may name a network to begin with."""
    with tempfile.TemporaryDirectory() as place:
        report(Path(place), os.environ.get("BANDMATE_MODEL", ""))


if __name__ == "__main__":
    main()
