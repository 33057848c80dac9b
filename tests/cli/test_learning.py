"""learn and models on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandmate.learn.network import train_extra_missing
from tests.cli.calling import Caller
from tests.learn.tunes import folder_of

needs_extra = pytest.mark.skipif(bool(train_extra_missing()), reason=train_extra_missing() or "installed")


def test_models_are_listed_with_licence_size_data_and_date(call: Caller) -> None:
    listed = call.ok("models", "--json").json
    assert all(model["is_whole"] and model["date"] and model["corpora"] for model in listed)
    said = call.ok("models").out
    assert all(model["name"] in said for model in listed) and "CC0" in said
    assert call("models", "--folder", "nowhere").error == (
        '"nowhere" has no models; make one with: bandmate learn export [model]'
    )


def test_a_corpus_is_built_and_says_what_is_in_it(call: Caller, tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(6))
    (music / "empty.mid").write_bytes(b"")
    said = call.ok("learn", "corpus", music, "--out", "corpus", "--processes", 1).out
    assert "6 works with" in said and "6 under: MIT" in said and "1 left out: is empty" in said
    facts = call.ok("learn", "corpus", music, "--out", "corpus", "--processes", 1, "--json").json
    assert facts["works"] == 6 and facts["licences"] == {"MIT": 6}


def test_what_cannot_be_is_one_line_with_the_next_step(call: Caller, tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(2), licence="")
    assert "has no licence: no LICENSE or COPYING file" in call("learn", "corpus", music, "-o", "corpus").error
    assert (
        "is no finished corpus; build one with: bandmate learn corpus" in call("learn", "train", "x", "-o", "y").error
    )
    assert "has no trained network yet" in call("learn", "evaluate", "y").error
    assert (
        "cannot be the name of a model"
        not in call("learn", "export", "y", "-o", "z", "--name", "a", "--date", "b").error
    )


@needs_extra
def test_a_network_is_taught_judged_and_exported(call: Caller, tmp_path: Path) -> None:
    call.ok("learn", "corpus", folder_of(tmp_path / "mine", range(40)), "-o", "corpus", "--processes", 1)
    small = ("--epochs", 2, "--width", 16, "--layers", 1, "--heads", 1, "--batch", 512)
    assert "parameters; epoch" in call.ok("learn", "train", "corpus", "-o", "run", *small).out
    judged = call.ok("learn", "evaluate", "run", "--fold", "held").out
    assert "statistical twin" in judged and "not worth using: keep the statistics" in judged
    export = ("learn", "export", "run", "-o", "out", "--name", "mine", "--date", "2026-11-22")
    assert "mine.card.md" in call.ok(*export, "--form", "numpy", "--form", "onnx").out
    assert "mine" in call.ok("models", "--folder", "out").out
    again = call.ok("learn", "evaluate", "run", "--stated", "out/mine.manifest.json").out
    assert "the stated figure is met again" in again
