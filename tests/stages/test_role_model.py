"""The role model: its file is the one the manifest names, its posterior is one, and it knows what it was taught."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any, get_args

import numpy as np
import pytest

from bandmate.song.errors import MediaError, RequestError
from bandmate.song.tracks import Role
from bandmate.sound.audio import Audio
from bandmate.sound.timbre import Timbre, measure_timbre
from bandmate.sound.timbre_summary import FEATURES
from bandmate.stages.mix.role_model import MODEL, model_from, role_model, role_posterior

DATA = files("bandmate").joinpath("data")
RATE_HZ = 44_100


def manifest() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(DATA.joinpath("roles_model.manifest.json").read_text(encoding="utf-8"))
    return read


def hats() -> Timbre:
    """Short bright noise, four times a second."""
    clock = np.arange(6 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(1).standard_normal(len(clock))
    bright = np.diff(noise, 3, prepend=[0, 0, 0]) * np.exp(-(clock % 0.25) / 0.03)
    return measure_timbre(Audio((0.05 * bright)[None].astype(np.float32), RATE_HZ))


def bass() -> Timbre:
    """Low notes that ring, twice a second."""
    clock = np.arange(8 * RATE_HZ) / RATE_HZ
    hz = 41.2 * 2 ** (np.array([0, 0, 3, 5, 7, 5, 3, 0])[(clock / 0.5).astype(int) % 8] / 12)
    turn = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    wave = sum(np.sin(k * turn) / k**2 for k in range(1, 8)) * np.exp(-(clock % 0.5) / 0.6)
    return measure_timbre(Audio((0.2 * wave)[None].astype(np.float32), RATE_HZ))


def test_the_model_is_the_one_that_the_manifest_describes_and_small() -> None:
    data = DATA.joinpath(MODEL).read_bytes()
    said = manifest()
    assert hashlib.sha256(data).hexdigest() == said["sha256"]
    assert len(data) == said["bytes"] <= 5_000_000


def test_the_manifest_says_of_what_and_under_which_licence() -> None:
    said = manifest()
    assert {"date", "seed", "works", "corpora", "figures"} <= set(said)
    assert all(each["licence"] and len(each["sha256"]) == 64 for each in said["sound sets"])
    judging = {each["name"] for each in said["sound sets"] if each["use"] == "judge"}
    assert judging and all("GPL" not in each["licence"] for each in said["sound sets"] if each["name"] not in judging)
    assert "sha256" in DATA.joinpath("roles_model.card.md").read_text(encoding="utf-8")


def test_the_model_knows_every_role_and_its_posterior_adds_up_to_one() -> None:
    model = role_model()
    assert set(model.roles) == set(get_args(Role))
    for features in (np.zeros(len(FEATURES)), np.full(len(FEATURES), 1e6), hats().features):
        posterior = role_posterior(features)
        assert sum(posterior.values()) == pytest.approx(1.0) and min(posterior.values()) >= 0.0


def test_the_same_features_give_the_same_posterior() -> None:
    assert role_posterior(bass().features) == role_posterior(bass().features)


def test_the_clearest_sounds_are_known() -> None:
    assert max(role_posterior(bass().features).items(), key=lambda each: each[1])[0] == "bass"
    heard = role_posterior(hats().features)
    assert heard["hats"] + heard["percussion"] + heard["cymbals"] > 0.7


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((2, len(FEATURES))), np.full(len(FEATURES), np.nan)])
def test_features_of_another_shape_or_without_value_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(RequestError, match=f"needs {len(FEATURES)} finite features"):
        role_posterior(wrong)


def test_a_model_for_other_features_is_refused() -> None:
    import io

    with np.load(io.BytesIO(DATA.joinpath(MODEL).read_bytes())) as stored:
        parts = dict(stored)
    parts["features"] = parts["features"][::-1]
    out = io.BytesIO()
    np.savez(out, **parts)
    with pytest.raises(MediaError, match="other features"):
        model_from(out.getvalue())
