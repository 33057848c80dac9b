"""Teaching the role model from rows of features, cooling it, and writing it with its manifest.

``python -m training.roles.learn --date 2026-11-22`` reads every file of teaching rows in the cache and writes
``src/bandmate/data/roles_model.npz`` and ``roles_model.manifest.json``. The temperature is fitted on sound sets that a
network was not taught with: once the public-domain bank is left out, once the two MIT banks are, and what the networks
then say of the set left out decides how sure the model may be. Judging rows are only measured with, never fitted to.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy.optimize

import bandmate
from bandmate.sound.timbre_summary import FEATURES
from training.roles.job import ROLES
from training.roles.network import Network, Settings, softmax, taught
from training.roles.shading import Shader
from training.roles.singer import VOICES
from training.roles.sound_sets import ALL, CACHE, digest
from training.roles.works import CORPORA

DATA = Path(bandmate.__file__).parent / "data"
NETWORKS, SEED = 4, 4
LEFT_OUT = (("csound",), ("fluid", "musescore"))
FARTHEST = 4.0
SHADED = 0.5
SURE_ENOUGH = 0.5

Rows = dict[str, np.ndarray]


def loaded(use: str) -> Rows:
    """All rows for teaching or judging, in the order of their files' names."""
    files = sorted(path for path in (CACHE / "rows").glob(f"{use}-*.npz") if ".part" not in path.name)
    parts = [np.load(path) for path in files]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0].files}


class Model:
    """Networks with what standardizes their inputs."""

    def __init__(self, rows: Rows, networks: int, settings: Settings) -> None:
        features = rows["features"]
        self.mean = features.mean(axis=0).astype(np.float32)
        self.spread = np.maximum(features.std(axis=0), 1e-5).astype(np.float32)
        numbers = np.array([ROLES.index(role) for role in rows["role"]])
        targets = np.eye(len(ROLES), dtype=np.float32)[numbers]
        counts = np.bincount(numbers, minlength=len(ROLES))
        weights = (len(numbers) / len(ROLES) / np.maximum(counts, 1))[numbers].astype(np.float32)
        inputs = self.inputs(features)
        shader = Shader(self.mean, self.spread, FARTHEST, share=SHADED, strength=1.0)
        self.networks = [taught(inputs, targets, weights, SEED + k, settings, shader) for k in range(networks)]
        self.temperature = 1.0

    def inputs(self, features: np.ndarray) -> np.ndarray:
        return np.clip((features - self.mean) / self.spread, -FARTHEST, FARTHEST).astype(np.float32)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """The mean of the networks' logarithms of the posterior, (rows, roles)."""
        inputs = self.inputs(features)
        return np.mean(
            [np.log(softmax(network.scores(inputs).astype(np.float64)) + 1e-12) for network in self.networks], 0
        )

    def posterior(self, features: np.ndarray) -> np.ndarray:
        return softmax(self.scores(features) / self.temperature)


def fitted_temperature(rows: Rows, settings: Settings) -> float:
    """What makes the posterior most likely on sets that were left out."""
    banks = np.array([source.split(":")[0] for source in rows["source"]])
    scores, numbers = [], []
    for sets in LEFT_OUT:
        out = np.isin(banks, sets)
        model = Model({name: values[~out] for name, values in rows.items()}, NETWORKS, settings)
        known = np.isin(rows["role"], np.unique(rows["role"][~out])) & out
        scores.append(model.scores(rows["features"][known]))
        numbers.append([ROLES.index(role) for role in rows["role"][known]])
        print(f"without {', '.join(sets)}: right {np.mean(scores[-1].argmax(1) == numbers[-1]):.3f}", flush=True)
    every, right = np.concatenate(scores), np.concatenate(numbers)

    def loss(heat: float) -> float:
        return -float(np.log(softmax(every / heat)[np.arange(len(right)), right] + 1e-12).mean())

    return float(scipy.optimize.minimize_scalar(loss, bounds=(0.3, 4.0), method="bounded").x)


def calibration_error(posterior: np.ndarray, roles: np.ndarray, bins: int = 10) -> float:
    """The mean distance between how sure the model is and how often it is right, over ten bins."""
    sure, right = posterior.max(axis=1), np.array(ROLES)[posterior.argmax(axis=1)] == roles
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return float(sum(abs(sure[place == k].mean() - right[place == k].mean()) * np.mean(place == k) for k in set(place)))


def figures(model: Model, rows: Rows) -> dict[str, Any]:
    """What the model is worth on rows."""
    posterior = model.posterior(rows["features"])
    top, sure = np.array(ROLES)[posterior.argmax(axis=1)], posterior.max(axis=1)
    said = np.where(sure >= SURE_ENOUGH, top, "unknown")
    right = said == rows["role"]
    return {
        "rows": len(top),
        "right": round(float(right.mean()), 4),
        "right or unknown": round(float((right | (said == "unknown")).mean()), 4),
        "first guess right": round(float((top == rows["role"]).mean()), 4),
        "expected calibration error": round(calibration_error(posterior, rows["role"]), 4),
        "recall": {role: round(float(right[rows["role"] == role].mean()), 3) for role in ROLES if role in rows["role"]},
    }


def stored(model: Model) -> bytes:
    """The model as the bytes of its file."""
    parts: dict[str, Any] = {
        "features": np.array(FEATURES),
        "roles": np.array(ROLES),
        "mean": model.mean,
        "spread": model.spread,
        "temperature": np.float64(model.temperature),
        "networks": np.int64(len(model.networks)),
        "layers": np.int64(len(model.networks[0].layers)),
    }
    for k, network in enumerate(model.networks):
        for layer, (weights, offsets) in enumerate(network.layers):
            parts[f"weights-{k}-{layer}"] = weights.astype(np.float16)
            parts[f"offsets-{k}-{layer}"] = offsets.astype(np.float16)
    out = io.BytesIO()
    np.savez_compressed(out, **parts)
    return out.getvalue()


def rounded(network: Network) -> Network:
    """The network with the precision that it is stored with."""
    return Network(
        tuple(
            (w.astype(np.float16).astype(np.float32), o.astype(np.float16).astype(np.float32))
            for w, o in network.layers
        )
    )


def manifest(model: bytes, date: str, teach: Rows, found: dict[str, Any], settings: Settings) -> dict[str, Any]:
    works = sorted({str(work) for work in teach["work"]})
    return {
        "model": "roles_model.npz",
        "sha256": hashlib.sha256(model).hexdigest(),
        "bytes": len(model),
        "date": date,
        "seed": SEED,
        "networks": NETWORKS,
        "settings": {name: getattr(settings, name) for name in settings.__slots__},
        "teaching rows": len(teach["role"]),
        "teaching takes": len(set(teach["seed"].tolist())),
        "sound sets": [
            {
                "name": each.name,
                "package": each.package or "part of Bandmate",
                "place": each.place,
                "licence": each.licence,
                "use": each.use,
                "sha256": digest(each.name),
            }
            for each in ALL
        ],
        "own instruments": "plucked strings, horns, synthesizers, organ, electric piano, drum machine, effects",
        "physical models": "bowed strings, reeds, flutes, organ, electric pianos, played by Csound (LGPL)",
        "voices": {
            "program": "Flite (BSD-like licence, voices of Carnegie Mellon University)",
            **{use: list(voices) for use, voices in VOICES.items()},
        },
        "corpora": CORPORA,
        "works": works,
        "figures": found,
    }


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--date", required=True)
    given = reader.parse_args()
    settings, teach = Settings(), loaded("teach")
    heat = fitted_temperature(teach, settings)
    model = Model(teach, NETWORKS, settings)
    model.networks, model.temperature = [rounded(network) for network in model.networks], heat
    judged = figures(model, loaded("judge"))
    data = stored(model)
    (DATA / "roles_model.npz").write_bytes(data)
    text = json.dumps(
        manifest(data, given.date, teach, {"judging renders": judged, "temperature": heat}, settings),
        indent=1,
        ensure_ascii=False,
    )
    (DATA / "roles_model.manifest.json").write_text(text + "\n", encoding="utf-8")
    print(json.dumps(judged, indent=1), f"temperature {heat:.3f}, {len(data)} bytes", sep="\n")


if __name__ == "__main__":
    main()
