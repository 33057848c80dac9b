"""propose edit, clean, tune, notes and residual on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.calling import Caller
from tests.sound.singer import contour, tone

RATE_HZ = 44_100


@pytest.fixture
def vox(tmp_path: Path) -> Path:
    """Two notes that are off, and three clicks."""
    rng = np.random.default_rng(2)
    sound = tone(contour(((0.3, 1.3, 57.3), (1.5, 2.5, 59.3)), 3.0, RATE_HZ), RATE_HZ)
    for at in (0.7, 1.1, 1.9):
        sound[0, int(at * RATE_HZ) : int(at * RATE_HZ) + 10] += 0.6 * rng.standard_normal(10)
    path = tmp_path / "Вокал.wav"
    soundfile.write(path, sound.T, RATE_HZ, "PCM_24")
    return path


def test_a_lone_take_is_cleaned_and_tuned(call: Caller, vox: Path, tmp_path: Path) -> None:
    cleaned = call.ok("clean", str(vox), "--repairs", "clicks", "--out", str(tmp_path / "c"), "--json").json
    assert cleaned["edits"][0]["edit"] == "clicks drawn again, 3 places"
    tuned = call.ok("tune", cleaned["sound"], "--scale", "chromatic", "--a4", "440", "--out", str(tmp_path / "t"))
    assert "2 of 2 notes" in tuned.out and "Вокал.cleaned.tuned.wav" in tuned.out
    heard = call.ok("notes", str(vox), "--out", str(tmp_path / "n")).out
    assert heard.startswith("2 notes") and "on the grid" in heard


def test_detecting_writes_nothing(call: Caller, vox: Path, tmp_path: Path) -> None:
    said = call.ok("clean", str(vox), "--detect", "--out", str(tmp_path / "c"))
    assert "clicks drawn again" in said.out and not (tmp_path / "c").exists()


def test_edits_are_proposed_accepted_and_heard_alone(call: Caller, vox: Path, tmp_path: Path) -> None:
    place = tmp_path / "song"
    call.ok("new", str(place))
    call.ok("import", str(vox), "--project", str(place))
    options = ("--tune", "Вокал", "--clean", "all", "--repairs", "clicks", "--project", str(place))
    asked = call.ok("propose", "edit", *options, "--scale", "chromatic", "--json").json
    assert [move["address"].rpartition("/")[2] for move in asked["moves"]] == ["clicks", "tuning"]
    residuals = call.ok("residual", "P1", "--project", str(place), "--json").json
    assert [one["file"] and Path(one["file"]).name for one in residuals] == ["вокал.clip-1.clicks.taken-out.wav", None]
    call.ok("accept", "P1", "--project", str(place))
    again = call.ok("propose", "edit", *options, "--json").json
    assert again["moves"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--repairs", "humm"), 'no repair named "humm"'),
        (("--reduction", "99"), "--reduction is 99 dB; possible are 0 to 24 dB"),
    ],
)
def test_what_cannot_be_meant_is_said(call: Caller, vox: Path, options: tuple[str, ...], said: str) -> None:
    assert said in call("clean", str(vox), *options).error


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--style", "robot"), 'no style named "robot"'),
        (("--scale", "H dur"), 'no scale named "H dur"'),
        (("--vibrato", "300"), "--vibrato is 300 %; possible are 0 to 200 %"),
        (("--a4", "100"), "--a4 is 100 Hz; possible are 380 to 500 Hz"),
    ],
)
def test_a_tuning_that_cannot_be_meant_is_said(call: Caller, vox: Path, options: tuple[str, ...], said: str) -> None:
    assert said in call("tune", str(vox), *options).error


def test_nothing_named_is_nothing_to_edit(here: Caller) -> None:
    assert "nothing to edit was named" in here("propose", "edit").error
    assert "there is no edit whose residual could be written" in here("residual").error
