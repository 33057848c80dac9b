"""The network while it learns: the same as `models.network`, with torch, for batches of lines.

Conventions: weights are a dict of tensors under the names of `models.network.weight_shapes`. A batch is padded on the
right; what is padding reaches no head and no loss. Dropout comes from torch's own random numbers, which the caller
seeds before each step.

Not covered: graphics cards. Half precision is slower than float32 on processors without instructions for it, and off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bandmate.learn.batches import Batch
from bandmate.models.network import (
    HINTS,
    LENGTH_ROWS,
    MOST_STEPS,
    OFFSETS,
    PITCH_ROWS,
    Network,
    Shape,
    network_of,
    turns,
    weight_shapes,
)
from bandmate.models.note_tokens import BEFORE, COLUMNS, END, NAMES
from bandmate.song.errors import RequestError

Tensors = dict[str, Any]

START_SCALE = 0.02


def train_extra_missing() -> str:
    """What to install for training; empty where it is there."""
    from importlib.util import find_spec

    return "" if find_spec("torch") else 'PyTorch is not installed; pip install "bandmate[train]"'


def need_torch(what: str) -> None:
    """Refuse what cannot be done without torch; called before torch is loaded for the first time."""
    import os

    # subtle: threads that wait by spinning cost a machine with other work more than they give.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if missing := train_extra_missing():
        raise RequestError(f"{what} is not possible yet: {missing}")


def fresh_weights(shape: Shape, seed: int) -> Tensors:
    """Weights to begin with, from a seed; the same on every machine."""
    import torch

    rng = np.random.Generator(np.random.PCG64(seed))
    weights: Tensors = {}
    for name, size in weight_shapes(shape).items():
        if name.endswith((".before", ".middle", ".norm", ".inner")):
            values = np.ones(size)
        elif name.endswith(("bias", ".down", ".out", ".gate")):
            values = np.zeros(size)
        else:
            scale = START_SCALE if name == "table" or name.endswith(".of") else size[-1] ** -0.5
            values = rng.normal(0.0, scale, size)
        weights[name] = torch.tensor(values, dtype=torch.float32, requires_grad=True)
    return weights


def taught_weights(network: Network) -> Tensors:
    """The weights of a network that was taught, to be taught on."""
    import torch

    return {name: torch.tensor(values, requires_grad=True) for name, values in network.weights.items()}


def as_network(shape: Shape, weights: Tensors) -> Network:
    """The network of these weights, for plain arrays."""
    return network_of(shape, {name: values.detach().numpy() for name, values in weights.items()})


@dataclass(frozen=True, slots=True)
class Places:
    """Where the steps of a batch stand in its lines, and how far their attention is turned."""

    lines: int
    longest: int
    real: Any
    cosine: Any
    sine: Any

    @property
    def is_full(self) -> bool:
        """Whether there is no padding."""
        return int(self.real.numel()) == self.lines * self.longest

    def as_steps(self, values: Any) -> Any:
        """Values of all places of the lines as those of the steps."""
        return values if self.is_full else values[self.real]

    def as_lines(self, values: Any) -> Any:
        """Values of the steps (steps, …) at their places in the lines, zeros in between."""
        if self.is_full:
            return values
        wide = values.new_zeros((self.lines * self.longest, values.shape[1]))
        return wide.index_copy(0, self.real, values)


def turned(values: Any, places: Places) -> Any:
    """Both halves of the last axis of (steps, 2, heads, size) turned against each other."""
    import torch

    one, other = values.chunk(2, -1)
    return torch.cat([one * places.cosine - other * places.sine, other * places.cosine + one * places.sine], -1)


class Learner:
    """The network of a shape with tensors as weights."""

    def __init__(self, shape: Shape, weights: Tensors, dropout: float = 0.0) -> None:
        import torch

        self.shape, self.weights, self.dropout = shape, weights, dropout
        cosine, sine = turns(MOST_STEPS, shape.width // shape.heads)
        self.cosine, self.sine = torch.from_numpy(cosine), torch.from_numpy(sine)
        self.offsets = torch.from_numpy(OFFSETS)

    def nats(self, batch: Batch, *, learning: bool) -> Any:
        """The nats of each head over all notes of a batch (4,), as a tensor."""
        import torch
        from torch.nn.functional import cross_entropy

        columns = torch.from_numpy(batch.columns)
        symbols = torch.from_numpy(batch.symbols)
        real = torch.from_numpy(batch.is_real).flatten().nonzero()[:, 0]
        rows, wanted = columns.flatten(0, 1)[real], symbols.flatten(0, 1)[real]
        state = self.looked_up(rows, 0, BEFORE)
        lines, longest = columns.shape[:2]
        places = Places(lines, longest, real, *self.turning(real % longest))
        for layer in range(self.shape.layers):
            state = self.layer(layer, state, places, self.dropout if learning else 0.0)
        lost = [cross_entropy(self.head("delta", state, rows), wanted[:, 0], reduction="sum")]
        notes = (wanted[:, 0] != END).nonzero()[:, 0]
        state, rows, wanted = state[notes], rows[notes], wanted[notes]
        state = self.thought("length", state + self.looked_up(rows, BEFORE, len(COLUMNS)))
        lost.append(cross_entropy(self.head("length", state, rows), wanted[:, 1], reduction="sum"))
        state = self.thought("pitch", state + self.weights["table"][LENGTH_ROWS + wanted[:, 1]])
        lost.append(cross_entropy(self.head("pitch", state, rows), wanted[:, 2], reduction="sum"))
        state = state + self.weights["table"][PITCH_ROWS + wanted[:, 2]]
        lost.append(cross_entropy(self.head("velocity", state, rows), wanted[:, 3], reduction="sum"))
        return torch.stack(lost)

    def layer(self, layer: int, state: Any, places: Places, drop: float) -> Any:
        """One layer over all steps of a batch (steps, width); only attention sees them as lines, with padding."""
        from torch import cat
        from torch.nn.functional import dropout, linear, relu, scaled_dot_product_attention

        steps, wide = state.shape
        heads = self.shape.heads
        joined = linear(self.norm(state, f"{layer}.before"), self.weights[f"{layer}.qkv"])
        near, value = joined[:, : 2 * wide].view(steps, 2, heads, -1), joined[:, 2 * wide :]
        apart = places.as_lines(cat([turned(near, places).flatten(1), value], 1))
        query, key, value = apart.view(places.lines, places.longest, 3, heads, -1).permute(2, 0, 3, 1, 4)
        heard = scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2)
        told = linear(places.as_steps(heard.reshape(-1, wide)), self.weights[f"{layer}.out"])
        state = state + told
        inner = relu(linear(self.norm(state, f"{layer}.middle"), self.weights[f"{layer}.up"])).square()
        return state + dropout(linear(inner, self.weights[f"{layer}.down"]), drop, drop > 0)

    def turning(self, steps: Any) -> tuple[Any, Any]:
        """Cosine and sine at each step, shaped for (steps, 2, heads, size)."""
        return self.cosine[steps][:, None, None], self.sine[steps][:, None, None]

    def thought(self, head: str, state: Any) -> Any:
        from torch.nn.functional import linear, relu

        inner = relu(linear(self.norm(state, f"{head}.inner"), self.weights[f"{head}.up"])).square()
        return state + linear(inner, self.weights[f"{head}.down"])

    def head(self, head: str, state: Any, rows: Any) -> Any:
        """Scores (steps, symbols) with what the hints add."""
        from torch.nn.functional import linear, pad

        state = self.norm(state, f"{head}.norm")
        scores = linear(state, self.weights[f"{head}.of"], self.weights[f"{head}.bias"])
        if not HINTS[head]:
            return scores
        hints = rows[:, [NAMES.index(name) for name in HINTS[head]]]
        gates = linear(state, self.weights[f"{head}.gate"], self.weights[f"{head}.gate bias"])
        return pad(scores, (0, 1)).scatter_add(1, hints, gates)[:, :-1]

    def looked_up(self, rows: Any, first: int, last: int) -> Any:
        from torch.nn.functional import embedding_bag

        return embedding_bag(rows[:, first:last] + self.offsets[first:last], self.weights["table"], mode="sum")

    def norm(self, values: Any, name: str) -> Any:
        from torch.nn.functional import layer_norm

        return layer_norm(values, (self.shape.width,), self.weights[name])
