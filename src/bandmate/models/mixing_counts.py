"""Counts and weights of context mixing on disk: sorted hashes, entries of small numbers, the same bytes every time.

Conventions: a model file is an npz that holds one or several models, each under a name of its own (``rhythm.hashes``).
Hashes are kept as differences of their sorted order, byte by byte in planes, which zip makes small. Counts above 65535
are scaled down with their whole row.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.models.mixing import Mixing, Plan
from bandmate.models.mixing_kernels import Table
from bandmate.song.errors import ModelError

Arrays = dict[str, NDArray[Any]]
DATE = (1980, 1, 1, 0, 0, 0)


def arrays_of(name: str, model: Mixing) -> Arrays:
    """The arrays of a model for a file."""
    table = model.table
    steps = np.diff(table.hashes.astype(np.int64), prepend=0)
    steps[table.edges[:-1][np.diff(table.edges) > 0]] = table.hashes[table.edges[:-1][np.diff(table.edges) > 0]]
    parts: Arrays = {
        "plan": np.frombuffer(json.dumps(asdict(model.plan)).encode(), np.uint8),
        "edges": table.edges.astype(np.int32),
        "hashes": planes(steps.astype(np.uint32)),
        "numbers": np.diff(table.starts).astype(np.uint16).view(np.uint8).reshape(-1, 2).T,
        "symbols": table.symbols,
        "counts": table.counts.astype(np.uint16).view(np.uint8).reshape(-1, 2).T,
        "weights": model.weights.astype(np.float16),
    }
    return {f"{name}.{key}": np.ascontiguousarray(value) for key, value in parts.items()}


def model_from(name: str, arrays: Mapping[str, NDArray[Any]]) -> Mixing:
    """A model out of a file's arrays; raises ModelError if it is not in there."""
    try:
        part = {
            key: arrays[f"{name}.{key}"]
            for key in ("plan", "edges", "hashes", "numbers", "symbols", "counts", "weights")
        }
    except KeyError as missing:
        raise ModelError(f"the model file has no {missing}; install Bandmate again") from missing
    plan = Plan(**{key: as_tuple(value) for key, value in json.loads(part["plan"].tobytes()).items()})
    edges = part["edges"].astype(np.int64)
    steps = from_planes(part["hashes"])
    hashes = np.empty(len(steps), np.uint32)
    for low, high in pairwise(edges):
        hashes[low:high] = np.cumsum(steps[low:high], dtype=np.uint32)
    numbers = np.ascontiguousarray(part["numbers"].T).view(np.uint16)[:, 0]
    starts = np.concatenate([[0], np.cumsum(numbers, dtype=np.int64)])
    counts = np.ascontiguousarray(part["counts"].T).view(np.uint16)[:, 0].astype(np.int32)
    table = Table(edges, hashes, starts, part["symbols"], counts)
    return Mixing(plan, table, part["weights"].astype(np.float64))


def as_tuple(value: Any) -> Any:
    """Lists of JSON as tuples, however deep."""
    return tuple(as_tuple(one) for one in value) if isinstance(value, list) else value


def planes(values: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The bytes of the numbers, all lowest ones first; (4, count)."""
    return np.ascontiguousarray(values.astype("<u4").view(np.uint8).reshape(-1, 4).T)


def from_planes(stored: NDArray[np.uint8]) -> NDArray[np.uint32]:
    return np.ascontiguousarray(stored.T).view("<u4")[:, 0].astype(np.uint32)


def file_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An npz of arrays without a date: equal arrays make equal bytes."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as file:
        for name in sorted(arrays):
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            file.writestr(info, part.getvalue(), compresslevel=9)
    return whole.getvalue()


def arrays_from_file(path: Path) -> Arrays:
    """All arrays of a model file; raises ModelError if it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as problem:
        raise ModelError(f"the model {path.name} cannot be read ({problem}); install Bandmate again") from problem
