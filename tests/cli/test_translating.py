"""``bandmate translate``, called as a musician would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from tests.cli.calling import Caller
from tests.stages.test_translation import balanced, tone


def written(call: Caller, name: str, samples: np.ndarray) -> Path:
    path = call.folder / name
    soundfile.write(path, samples.T, 44_100, subtype="PCM_24")
    return path


def test_a_balanced_file_has_a_table_and_nothing_stands_out(call: Caller) -> None:
    answer = call.ok("translate", written(call, "song.wav", balanced(4.0)))
    lines = answer.out.splitlines()
    assert [line.split("  ")[0] for line in lines[2:]] == ["one speaker", "phone", "earbuds", "car", "club"]
    assert "nothing stands out" in answer.err and "rough simulations" in answer.err
    assert [path.name for path in call.folder.iterdir()] == ["song.wav"]


def test_what_stands_out_is_said_and_the_folder_is_named(call: Caller) -> None:
    bass = tone(60.0, 4.0, peak=0.3)
    song = written(call, "song.wav", balanced(4.0) + np.concatenate([bass, -bass]))
    answer = call.ok("translate", song, "--to", "out", "--system", "mono")
    assert "look at this: in mono the bass below 120 Hz loses " in answer.err
    assert "to listen to, all at -" in answer.err and "LUFS: out" in answer.err
    assert sorted(path.name for path in (call.folder / "out").iterdir()) == ["mono.wav", "original.wav"]


def test_json_is_one_document_with_every_figure(call: Caller) -> None:
    found = call.ok("translate", written(call, "song.wav", balanced(4.0)), "--json", "--to", "out").json
    assert [row["system"] for row in found["systems"]] == ["mono", "phone", "earbuds", "car", "club"]
    assert found["systems"][0]["mono"]["low_correlation"] > 0.9 and found["systems"][3]["drowned"]["share"] == 0.0
    assert {one["system"]: Path(one["path"]).name for one in found["files"]}["car"] == "car.wav"


def test_silence_is_said(call: Caller) -> None:
    answer = call.ok("translate", written(call, "silence.wav", np.zeros((2, 10_000))), "--to", "out")
    assert "phone: silent or too short to measure" in answer.err and "nothing stands out" not in answer.err


def test_a_missing_file_and_an_unknown_system_are_errors(call: Caller) -> None:
    assert "no.wav" in call("translate", "no.wav").error
    song = written(call, "song.wav", balanced(1.0))
    assert call("translate", song, "--system", "fone").error.startswith('no playback system named "fone"; there are: ')
