"""A small network that guesses the next note, run with plain arrays: a line at once, or a note at a time.

How it guesses. A note's columns (`models.note_tokens`) are looked up in one table and added up; layers of causal
attention read the line up to here; the first symbol (when the next note begins) is told from that. With the columns
that are known by then come length, pitch and loudness, each knowing the one before. To every head the network may add
weight for what the hints say (the same place some bars back, the continuation of the longest match), so that it can
repeat without having learned the notes by heart.

Conventions: weights are float32, matrices (out, in); log-probabilities are natural. Equal input gives equal results on
one machine, and nearly equal ones (1e-4) wherever the sums are made in another order.

References: Su et al., RoFormer, 2021, for the positions; So et al., Primer, 2021, for the squared rectifier.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.models.mixing_counts import arrays_from_file, file_bytes
from bandmate.models.note_tokens import BEFORE, COLUMNS, END, HEADS, LONGEST, NAMES, SYMBOLS, Ints, Line
from bandmate.song.errors import ModelError

Floats = NDArray[np.float32]
Weights = dict[str, Floats]

LAYOUT = 1
MOST_STEPS = LONGEST + 1
HINTS = {
    "delta": (*(name for name in NAMES if name.startswith("delta ")), "match delta"),
    "length": (*(name for name in NAMES if name.startswith("length ")), "match note length"),
    "pitch": (*(name for name in NAMES if name.startswith("pitch ")), "match pitch"),
    "velocity": (),
}
"""Columns whose value a head may repeat; the last value of a column stands for no hint."""

SIZES = dict(zip(HEADS, SYMBOLS, strict=True))
OFFSETS = np.concatenate([[0], np.cumsum([size for _, size in COLUMNS])]).astype(np.int64)
LENGTH_ROWS = int(OFFSETS[-1])
PITCH_ROWS = LENGTH_ROWS + SIZES["length"]
TABLE_ROWS = PITCH_ROWS + SIZES["pitch"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a network is; ``heads`` divides ``width`` into even parts."""

    width: int = 192
    layers: int = 3
    heads: int = 3

    def __post_init__(self) -> None:
        if min(self.width, self.layers, self.heads) < 1 or self.width % (2 * self.heads):
            raise ModelError(
                f"a network of width {self.width} cannot have {self.heads} heads; the width must be a multiple of "
                f"{2 * max(1, self.heads)}"
            )


def weight_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Name and shape of every array of weights."""
    wide = shape.width
    found: dict[str, tuple[int, ...]] = {"table": (TABLE_ROWS, wide)}
    for layer in range(shape.layers):
        found |= {
            f"{layer}.before": (wide,),
            f"{layer}.qkv": (3 * wide, wide),
            f"{layer}.out": (wide, wide),
            f"{layer}.middle": (wide,),
            f"{layer}.up": (4 * wide, wide),
            f"{layer}.down": (wide, 4 * wide),
        }
    for head in HEADS:
        found |= {f"{head}.norm": (wide,), f"{head}.of": (SIZES[head], wide), f"{head}.bias": (SIZES[head],)}
        if HINTS[head]:
            found |= {f"{head}.gate": (len(HINTS[head]), wide), f"{head}.gate bias": (len(HINTS[head]),)}
    for head in ("length", "pitch"):
        found |= {f"{head}.inner": (wide,), f"{head}.up": (wide, wide), f"{head}.down": (wide, wide)}
    return found


def parameters(shape: Shape) -> int:
    """How many numbers a network of this shape has learned."""
    return sum(int(np.prod(one)) for one in weight_shapes(shape).values())


def turns(steps: int, size: int) -> tuple[Floats, Floats]:
    """Cosine and sine (steps, size / 2) that tell attention how far apart two notes are."""
    angles = np.arange(steps)[:, None] / 10_000.0 ** (np.arange(0, size, 2) / size)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


@dataclass(slots=True)
class Past:
    """What attention keeps of the notes of a line so far; ``length`` in notes."""

    keys: Floats
    values: Floats
    length: int = 0

    def cut(self, length: int) -> None:
        """Forget all but the first ``length`` notes."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot cut {self.length} notes to {length}")
        self.length = length


@dataclass(frozen=True, eq=False)
class Network:
    """A network that was taught.

    A line at once: `log_chances`, `nats`. A note at a time::

        past = network.past()
        state = network.read(columns, past)              # the columns before "next place"
        delta = network.delta(state, columns)            # log-probabilities; choose, then complete the columns
        state = network.placed(state, columns)
        length = network.length(state, columns)
        pitch = network.pitch(state, columns, chosen_length)
        velocity = network.velocity(state, columns, chosen_length, chosen_pitch)
    """

    shape: Shape
    weights: Weights

    @cached_property
    def turning(self) -> tuple[Floats, Floats]:
        return turns(MOST_STEPS, self.shape.width // self.shape.heads)

    def past(self) -> Past:
        """An empty memory for a line of at most `MOST_STEPS` notes."""
        size = (self.shape.layers, self.shape.heads, MOST_STEPS, self.shape.width // self.shape.heads)
        return Past(np.zeros(size, np.float32), np.zeros(size, np.float32))

    def log_chances(self, line: Line) -> dict[str, Floats]:
        """Log-probabilities of every head (steps, symbols) along a line, each step knowing what came before it."""
        columns, symbols = line.columns, line.symbols
        state = self.read(columns, self.past())
        placed = self.placed(state, columns)
        return {
            "delta": self.delta(state, columns),
            "length": self.length(placed, columns),
            "pitch": self.pitch(placed, columns, symbols[:, 1]),
            "velocity": self.velocity(placed, columns, symbols[:, 1], symbols[:, 2]),
        }

    def nats(self, line: Line) -> NDArray[np.float64]:
        """How surprising each part of each note is (steps, 4); the end has only the first part, the others are 0."""
        found = np.zeros((len(line.symbols), len(HEADS)))
        chances = self.log_chances(line)
        steps = np.arange(len(line.symbols))
        for part, head in enumerate(HEADS):
            found[:, part] = -chances[head][steps, line.symbols[:, part]]
        found[line.symbols[:, 0] == END, 1:] = 0.0
        return found

    def read(self, columns: Ints, past: Past) -> Floats:
        """What is known (steps, width) before each note of ``columns`` (steps, columns) is guessed; ``past`` grows."""
        columns = np.atleast_2d(columns)
        state = self.looked_up(columns, 0, BEFORE)
        for layer in range(self.shape.layers):
            state = state + self.attention(layer, state, past)
            inner = norm(state, self.weights[f"{layer}.middle"]) @ self.weights[f"{layer}.up"].T
            state = state + rectified(inner) @ self.weights[f"{layer}.down"].T
        past.length += len(columns)
        return state

    def attention(self, layer: int, state: Floats, past: Past) -> Floats:
        """What the notes so far say to each of the new ones."""
        steps, heads, size = len(state), self.shape.heads, self.shape.width // self.shape.heads
        first, last = past.length, past.length + steps
        if last > MOST_STEPS:
            raise ValueError(f"a line has at most {MOST_STEPS} steps, not {last}")
        joined = norm(state, self.weights[f"{layer}.before"]) @ self.weights[f"{layer}.qkv"].T
        query, key, value = np.moveaxis(joined.reshape(steps, 3, heads, size), (1, 2), (0, 1))
        cosine, sine = (table[first:last] for table in self.turning)
        past.keys[layer, :, first:last] = turned(key, cosine, sine)
        past.values[layer, :, first:last] = value
        scores = turned(query, cosine, sine) @ past.keys[layer, :, :last].swapaxes(1, 2) / np.float32(size**0.5)
        if steps > 1:
            scores += np.triu(np.full((steps, last), -np.inf, np.float32), first + 1)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        heard = (scores @ past.values[layer, :, :last]).swapaxes(0, 1).reshape(steps, -1)
        told: Floats = heard @ self.weights[f"{layer}.out"].T
        return told

    def placed(self, state: Floats, columns: Ints) -> Floats:
        """What is known once it is clear when the note begins."""
        return state + self.looked_up(np.atleast_2d(columns), BEFORE, len(COLUMNS))

    def delta(self, state: Floats, columns: Ints) -> Floats:
        """Log-probabilities of when the next note begins."""
        return self.head("delta", state, columns)

    def length(self, placed: Floats, columns: Ints) -> Floats:
        """Log-probabilities of how long it is."""
        return self.head("length", self.thought("length", placed), columns)

    def pitch(self, placed: Floats, columns: Ints, lengths: Ints) -> Floats:
        """Log-probabilities of its pitch above the tonic."""
        return self.head("pitch", self.with_length(placed, lengths), columns)

    def velocity(self, placed: Floats, columns: Ints, lengths: Ints, pitches: Ints) -> Floats:
        """Log-probabilities of how loud it is."""
        state = self.with_length(placed, lengths) + self.weights["table"][PITCH_ROWS + np.atleast_1d(pitches)]
        return self.head("velocity", state, columns)

    def with_length(self, placed: Floats, lengths: Ints) -> Floats:
        state = self.thought("length", placed) + self.weights["table"][LENGTH_ROWS + np.atleast_1d(lengths)]
        return self.thought("pitch", state)

    def thought(self, head: str, state: Floats) -> Floats:
        inner = norm(state, self.weights[f"{head}.inner"]) @ self.weights[f"{head}.up"].T
        return state + rectified(inner) @ self.weights[f"{head}.down"].T

    def head(self, head: str, state: Floats, columns: Ints) -> Floats:
        state = norm(state, self.weights[f"{head}.norm"])
        scores = state @ self.weights[f"{head}.of"].T + self.weights[f"{head}.bias"]
        if HINTS[head]:
            hints = np.atleast_2d(columns)[:, [NAMES.index(name) for name in HINTS[head]]]
            gates = state @ self.weights[f"{head}.gate"].T + self.weights[f"{head}.gate bias"]
            wide = np.concatenate([scores, np.zeros((len(scores), 1), np.float32)], axis=1)
            np.add.at(wide, (np.arange(len(wide))[:, None], hints), gates)
            scores = wide[:, :-1]
        scores = scores - scores.max(axis=-1, keepdims=True)
        found: Floats = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        return found

    def looked_up(self, columns: Ints, first: int, last: int) -> Floats:
        found: Floats = self.weights["table"][columns[:, first:last] + OFFSETS[first:last]].sum(axis=1)
        return found


def norm(values: Floats, weight: Floats) -> Floats:
    """Values of each step about their mean, brought to unit variance, times the weight."""
    centred = values - values.mean(axis=-1, keepdims=True)
    found: Floats = centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(1e-5)) * weight
    return found


def rectified(values: Floats) -> Floats:
    """The square of what is above zero."""
    above = np.maximum(values, 0)
    return above * above


def turned(values: Floats, cosine: Floats, sine: Floats) -> Floats:
    """Both halves of the last axis turned against each other."""
    one, other = np.split(values, 2, axis=-1)
    return np.concatenate([one * cosine - other * sine, other * cosine + one * sine], axis=-1)


def network_bytes(network: Network, *, half: bool = False) -> bytes:
    """The network as the bytes of an npz; with ``half`` the weights take two bytes each."""
    facts = json.dumps({"layout": LAYOUT, "shape": asdict(network.shape)}, sort_keys=True)
    arrays: dict[str, NDArray[Any]] = {"facts": np.frombuffer(facts.encode(), np.uint8)}
    for name, values in network.weights.items():
        arrays[name] = values.astype(np.float16 if half else np.float32)
    return file_bytes(arrays)


def load_network(path: Path | str) -> Network:
    """A network from its file.

    Raises
    ------
    ModelError
        if the file is missing, damaged, of another layout, or no network.
    """
    path = Path(path)
    arrays = arrays_from_file(path)
    try:
        facts = json.loads(arrays.pop("facts").tobytes())
        shape, layout = Shape(**facts["shape"]), facts["layout"]
    except (KeyError, TypeError, ValueError) as damage:
        raise ModelError(f'"{path.name}" is no network of Bandmate; make one with: bandmate learn train') from damage
    if layout != LAYOUT:
        raise ModelError(f'"{path.name}" has layout {layout}, this Bandmate reads {LAYOUT}; train or export it again')
    return network_of(shape, arrays, path.name)


def network_of(shape: Shape, arrays: Mapping[str, NDArray[Any]], name: str = "network") -> Network:
    """A network of arrays, which must be those of its shape and finite."""
    weights: Weights = {}
    for key, wanted in weight_shapes(shape).items():
        if key not in arrays or arrays[key].shape != wanted:
            raise ModelError(f'"{name}" has no weights "{key}" of shape {wanted}; train or export it again')
        weights[key] = np.ascontiguousarray(arrays[key], np.float32)
        if not np.isfinite(weights[key]).all():
            raise ModelError(f'"{name}" has weights "{key}" that are no numbers; train it again with a lower rate')
    return Network(shape, weights)
