"""The network as an ONNX graph, written node by node, so that other programs can run it.

Conventions: inputs are ``columns`` (steps, columns) and ``symbols`` (steps, 4) of one line, int64; outputs are the
log-probabilities of the heads, float32 (steps, symbols of that head). What a head is told of the note it guesses is
only what comes before it, as in `models.network`. Opset 18; equal weights give equal bytes.

References: Open Neural Network Exchange, Operator Schemas.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.models.network import HINTS, LENGTH_ROWS, MOST_STEPS, OFFSETS, PITCH_ROWS, SIZES, Network, turns
from bandmate.models.note_tokens import BEFORE, COLUMNS, HEADS, NAMES
from bandmate.song.errors import RequestError

OPSET, FORMAT = 18, 9


def onnx_bytes(network: Network) -> bytes:
    """The network as the bytes of an ONNX file.

    Raises
    ------
    RequestError
        if onnx is not installed.
    """
    if not find_spec("onnx"):
        raise RequestError('ONNX files cannot be written: onnx is not installed; pip install "bandmate[train]"')
    from onnx import TensorProto, checker, helper

    graph = Graph(network)
    outputs = graph.build()
    whole = helper.make_graph(
        graph.nodes,
        "bandmate",
        [
            helper.make_tensor_value_info("columns", TensorProto.INT64, ["steps", len(COLUMNS)]),
            helper.make_tensor_value_info("symbols", TensorProto.INT64, ["steps", len(HEADS)]),
        ],
        [helper.make_tensor_value_info(head, TensorProto.FLOAT, ["steps", SIZES[head]]) for head in outputs],
        graph.constants,
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="bandmate")
    model.ir_version = FORMAT
    checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


class Graph:
    """Nodes and constants as they are added; every method returns the name of what it computes."""

    def __init__(self, network: Network) -> None:
        self.network, self.shape = network, network.shape
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.known: dict[str, str] = {}

    def build(self) -> tuple[str, ...]:
        """All of it; the names of the outputs."""
        self.steps = self.node("Gather", self.node("Shape", "columns"), self.whole("zero", [0]), axis=0)
        state = self.looked_up(0, BEFORE)
        for layer in range(self.shape.layers):
            state = self.node("Add", state, self.attention(layer, state))
            state = self.node("Add", state, self.twice(state, f"{layer}.middle", f"{layer}.up", f"{layer}.down"))
        self.head("delta", state)
        state = self.thought("length", self.node("Add", state, self.looked_up(BEFORE, len(COLUMNS))))
        self.head("length", state)
        state = self.thought("pitch", self.node("Add", state, self.told(1, LENGTH_ROWS)))
        self.head("pitch", state)
        self.head("velocity", self.node("Add", state, self.told(2, PITCH_ROWS)))
        return HEADS

    def node(self, kind: str, *inputs: str, **settings: Any) -> str:
        from onnx import helper

        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **settings))
        return name

    def constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        if name not in self.known:
            self.known[name] = name
            self.constants.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def whole(self, name: str, values: list[int]) -> str:
        return self.constant(name, np.array(values, np.int64))

    def weight(self, name: str) -> str:
        return self.constant(name, self.network.weights[name])

    def linear(self, state: str, name: str) -> str:
        """State times the transposed matrix of that name."""
        return self.node("MatMul", state, self.constant(f"{name} turned", self.network.weights[name].T))

    def norm(self, state: str, name: str) -> str:
        return self.node("LayerNormalization", state, self.weight(name), axis=-1, epsilon=1e-5)

    def twice(self, state: str, norm: str, up: str, down: str) -> str:
        """A squared rectifier between two matrices."""
        above = self.node("Relu", self.linear(self.norm(state, norm), up))
        return self.linear(self.node("Mul", above, above), down)

    def thought(self, head: str, state: str) -> str:
        return self.node("Add", state, self.twice(state, f"{head}.inner", f"{head}.up", f"{head}.down"))

    def picked(self, source: str, columns: list[int]) -> str:
        """Some columns of an input."""
        return self.node("Gather", source, self.whole(f"{source} {columns}", columns), axis=1)

    def looked_up(self, first: int, last: int) -> str:
        columns = self.picked("columns", list(range(first, last)))
        rows = self.node("Add", columns, self.whole(f"offsets {first}", [int(one) for one in OFFSETS[first:last]]))
        found = self.node("Gather", self.weight("table"), rows, axis=0)
        return self.node("ReduceSum", found, self.whole("one", [1]), keepdims=0)

    def told(self, part: int, first: int) -> str:
        """The rows of the table for a symbol that was chosen."""
        rows = self.node("Add", self.picked("symbols", [part]), self.whole(f"from {first}", [first]))
        return self.node("Squeeze", self.node("Gather", self.weight("table"), rows, axis=0), self.whole("one", [1]))

    def attention(self, layer: int, state: str) -> str:
        heads, size = self.shape.heads, self.shape.width // self.shape.heads
        joined = self.linear(self.norm(state, f"{layer}.before"), f"{layer}.qkv")
        apart = self.node("Reshape", joined, self.whole("apart", [-1, 3, heads, size]))
        parts = self.node("Transpose", apart, perm=[1, 2, 0, 3])
        query, key, value = (
            self.node("Gather", parts, self.constant(f"part {part}", np.array(part, np.int64)), axis=0)
            for part in range(3)
        )
        turned_key = self.node("Transpose", self.turned(key, size), perm=[0, 2, 1])
        scores = self.node("MatMul", self.turned(query, size), turned_key)
        scaled = self.node("Mul", scores, self.constant("scale", np.array(size**-0.5, np.float32)))
        chances = self.node("Softmax", self.node("Add", scaled, self.mask()), axis=-1)
        heard = self.node("Transpose", self.node("MatMul", chances, value), perm=[1, 0, 2])
        return self.linear(self.node("Reshape", heard, self.whole("joined", [-1, heads * size])), f"{layer}.out")

    def mask(self) -> str:
        """Minus infinity where a step would see a later one."""
        from onnx import numpy_helper

        if "mask" not in self.known:
            square = self.node("Concat", self.steps, self.steps, axis=0)
            never = numpy_helper.from_array(np.array([-np.inf], np.float32))
            full = self.node("ConstantOfShape", square, value=never)
            one = self.constant("one step", np.array(1, np.int64))
            self.known["mask"] = self.node("Trilu", full, one, upper=1)
        return self.known["mask"]

    def turned(self, values: str, size: int) -> str:
        """Both halves of the last axis turned against each other."""
        tables = dict(zip(("cosine", "sine"), turns(MOST_STEPS, size), strict=True))
        for name, table in tables.items():
            if f"{name} here" not in self.known:
                ends = (self.whole("zero", [0]), self.steps, self.whole("zero", [0]))
                self.known[f"{name} here"] = self.node("Slice", self.constant(name, table), *ends)
        cosine, sine = self.known["cosine here"], self.known["sine here"]
        one, other = (
            self.node(
                "Slice",
                values,
                self.whole(f"from {first}", [first]),
                self.whole(f"to {first + size // 2}", [first + size // 2]),
                self.whole("last axis", [2]),
            )
            for first in (0, size // 2)
        )
        left = self.node("Sub", self.node("Mul", one, cosine), self.node("Mul", other, sine))
        right = self.node("Add", self.node("Mul", other, cosine), self.node("Mul", one, sine))
        return self.node("Concat", left, right, axis=-1)

    def head(self, head: str, state: str) -> None:
        """The log-probabilities of a head, as an output."""
        from onnx import helper

        state = self.norm(state, f"{head}.norm")
        scores = self.node("Add", self.linear(state, f"{head}.of"), self.weight(f"{head}.bias"))
        if HINTS[head]:
            hints = self.picked("columns", [NAMES.index(name) for name in HINTS[head]])
            gates = self.node("Add", self.linear(state, f"{head}.gate"), self.weight(f"{head}.gate bias"))
            # subtle: the value behind the last symbol stands for no hint; what is added there is cut off again.
            wide = self.node("Pad", scores, self.whole("one more", [0, 0, 0, 1]))
            added = self.node("ScatterElements", wide, hints, gates, axis=1, reduction="add")
            ends = (self.whole("zero", [0]), self.whole(f"to {SIZES[head]}", [SIZES[head]]), self.whole("one", [1]))
            scores = self.node("Slice", added, *ends)
        self.nodes.append(helper.make_node("LogSoftmax", [scores], [head], axis=-1))
