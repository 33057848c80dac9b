"""The learned model that tells a track's role from its timbre: a few small networks, read from a file, run by numpy.

Conventions: a posterior is a probability for each role, ``unknown`` among them: that is what the model was taught to
say of instruments that no role names and of several tracks in one. The networks' scores are averaged and cooled by one
temperature, so that of the tracks that are called a bass with 0.8 about eight in ten are one. How the model was made
and what it is worth is in ``data/roles_model.card.md``; of what, in ``data/roles_model.manifest.json``.

Not covered: training (``training/roles``), listening (``bandmate.sound.timbre``).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import MediaError, RequestError
from bandmate.song.tracks import Role
from bandmate.sound.audio import Samples
from bandmate.sound.timbre_summary import FEATURES

MODEL = "roles_model.npz"
FARTHEST = 4.0
"""A feature counts as at most so many standard deviations from its mean."""


@dataclass(frozen=True, slots=True, eq=False)
class RoleModel:
    """The networks, and what goes in and comes out.

    Attributes
    ----------
    roles : tuple of Role
        in the order of the outputs.
    mean, spread : array (features,)
        of each feature in the material that the model was taught with.
    networks : tuple of tuple of (weights, offsets)
        layer by layer.
    temperature : float
        what the scores are divided by.
    """

    roles: tuple[Role, ...]
    mean: Samples
    spread: Samples
    networks: tuple[tuple[tuple[Samples, Samples], ...], ...]
    temperature: float

    def posterior(self, features: npt.ArrayLike) -> dict[Role, float]:
        """A probability for each role; they add up to 1.

        Raises
        ------
        RequestError
            for another number of features than the model was made for, or one that is not finite.
        """
        row = np.asarray(features, np.float32)
        if row.shape != self.mean.shape or not np.isfinite(row).all():
            raise RequestError(
                f"the role model needs {len(self.mean)} finite features and got an array {row.shape}; "
                "take them from a TimbreMeter of this version"
            )
        inputs = np.clip((row - self.mean) / self.spread, -FARTHEST, FARTHEST)
        scores = np.mean([scores_of(layers, inputs) for layers in self.networks], axis=0) / self.temperature
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        return {role: float(share) for role, share in zip(self.roles, shares, strict=True)}


def scores_of(layers: tuple[tuple[Samples, Samples], ...], inputs: Samples) -> npt.NDArray[np.float64]:
    """What one network makes of standardized features: the logarithm of its posterior, array (roles,)."""
    values = inputs
    for weights, offsets in layers[:-1]:
        values = np.maximum(values @ weights + offsets, 0.0)
    last = np.asarray(values @ layers[-1][0] + layers[-1][1], np.float64)
    last = last - last.max()
    return np.asarray(last - np.log(np.exp(last).sum()))


@cache
def role_model() -> RoleModel:
    """The model that comes with Bandmate.

    Raises
    ------
    MediaError
        if its file is missing from the installation, or was made for other features than this version's.
    """
    try:
        data = files("bandmate").joinpath("data", MODEL).read_bytes()
    except OSError as problem:
        raise MediaError(f"the role model {MODEL} is missing; install Bandmate again") from problem
    return model_from(data)


def model_from(data: bytes) -> RoleModel:
    """The model in the bytes of a file."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        parts: dict[str, Any] = {name: stored[name] for name in stored.files}
    if tuple(str(name) for name in parts["features"]) != FEATURES:
        raise MediaError(
            f"the role model {MODEL} was made for other features than this version's; install Bandmate again"
        )
    roles: Any = tuple(str(role) for role in parts["roles"])
    assert set(roles) <= set(get_args(Role)), "the role model and song.tracks.Role must name the same roles"
    count, depth = int(parts["networks"]), int(parts["layers"])
    networks = tuple(
        tuple((wide(parts[f"weights-{k}-{layer}"]), wide(parts[f"offsets-{k}-{layer}"])) for layer in range(depth))
        for k in range(count)
    )
    return RoleModel(roles, wide(parts["mean"]), wide(parts["spread"]), networks, float(parts["temperature"]))


def wide(stored: npt.NDArray[np.floating]) -> Samples:
    """Weights are stored in half precision."""
    return np.ascontiguousarray(stored, np.float32)


def role_posterior(features: npt.ArrayLike) -> dict[Role, float]:
    """The probability of each role, from the features of a ``Timbre``; as `RoleModel.posterior`."""
    return role_model().posterior(features)
