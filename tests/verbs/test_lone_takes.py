"""Lone takes: cleaned, tuned and written down; what is not touched keeps its bits, and what cannot be done is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bandmate.formats.midi import read_midi
from bandmate.song.errors import MediaError, OutOfRange, UnknownName
from bandmate.stages.edit.brief import EditBrief
from bandmate.verbs.heard_notes import notes_of_file
from bandmate.verbs.lone_takes import clean_file, tune_file
from tests.sound.singer import contour, tone

RATE_HZ = 44_100
SONG = ((0.3, 1.3, 57.3), (1.5, 2.4, 59.25), (2.6, 3.6, 60.72), (3.8, 4.8, 62.3))
"""Four notes that are 25 to 30 cents off."""


def take(name: str, folder: Path, sound: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    path = folder / f"{name}.wav"
    soundfile.write(path, sound.T, rate_hz, "FLOAT")
    return path


def sung(seconds: float = 5.2) -> np.ndarray:
    return tone(contour(SONG, seconds, RATE_HZ), RATE_HZ)


def clicked() -> tuple[np.ndarray, list[int]]:
    """A voice with clicks."""
    rng = np.random.default_rng(4)
    sound = sung()
    places = [int(at * RATE_HZ) for at in (0.8, 1.9, 2.9, 4.2)]
    for at in places:
        sound[0, at : at + 12] += 0.5 * rng.standard_normal(12)
    return sound.astype(np.float32), places


def test_clicks_are_taken_out_and_nothing_else(tmp_path: Path) -> None:
    sound, places = clicked()
    done = clean_file(take("Певица", tmp_path, sound), tmp_path / "out", EditBrief(repairs=("clicks",)))
    (edit,) = done.edits
    assert edit.name == f"clicks drawn again, {len(places)} places" and edit.confidence > 0.5
    assert done.sound is not None and edit.residual is not None
    after, _ = soundfile.read(done.sound, dtype="float32", always_2d=True)
    residual, _ = soundfile.read(edit.residual, dtype="float32", always_2d=True)
    changed = np.flatnonzero(after[:, 0] != sound[0])
    assert all(min(abs(frame - at) for at in places) < 120 for frame in changed)
    np.testing.assert_allclose(after[:, 0] + residual[:, 0], sound[0], atol=1e-6)
    facts = json.loads((tmp_path / "out" / "Певица.cleaned.json").read_text())
    assert [one["edit"] for one in facts["edits"]] == [edit.name]


def test_detecting_writes_nothing(tmp_path: Path) -> None:
    done = clean_file(take("vox", tmp_path, clicked()[0]), tmp_path / "out", EditBrief(), detect=True)
    assert done.edits and done.sound is None and not (tmp_path / "out").exists()


def test_a_clean_take_stays_as_it_is_and_that_is_said(tmp_path: Path) -> None:
    done = clean_file(take("vox", tmp_path, sung()), tmp_path / "out", EditBrief(repairs=("hum", "noise")))
    assert done.sound is None and done.remarks == ("nothing was found that should be taken out",)


def test_four_notes_are_tuned_with_their_pictures(tmp_path: Path) -> None:
    path = take("vox", tmp_path, sung())
    done = tune_file(path, tmp_path / "out", EditBrief(scale="chromatic", reference_hz=440.0), plots=True)
    (edit,) = done.edits
    figures = {one.what: one for one in edit.evidence}
    assert figures["notes touched"].after == 4
    off = figures["distance from the target, nine in ten notes"]
    assert off.before == pytest.approx(30.0, abs=3.0) and off.after < 8.0
    assert [picture.suffix for picture in done.plots] == [".png"] and done.plots[0].stat().st_size > 5_000


@pytest.mark.parametrize("what", ["silence", "noise", "chord", "short"])
def test_what_is_not_one_voice_is_not_tuned(tmp_path: Path, what: str) -> None:
    chord = sum(tone(contour(((0.1, 2.9, pitch),), 3.0, RATE_HZ), RATE_HZ) for pitch in (57.0, 61.0, 64.0))
    sound = {
        "silence": np.zeros((1, RATE_HZ)),
        "noise": 0.1 * np.random.default_rng(1).standard_normal((1, 2 * RATE_HZ)),
        "chord": chord,
        "short": sung()[:, : RATE_HZ // 50],
    }[what]
    done = tune_file(take(what, tmp_path, np.asarray(sound, np.float32)), tmp_path / "out", EditBrief())
    assert done.sound is None and done.edits == () and "only one voice at a time" in done.remarks[0]


def test_a_hummed_line_becomes_notes_as_played_and_on_the_grid(tmp_path: Path) -> None:
    heard = notes_of_file(take("hum", tmp_path, sung()), tmp_path / "out", bpm=120.0, grid="1/8")
    assert [note.pitch - heard.notes[0].pitch for note in heard.notes] in ([0, 2, 4, 5], [0, 2, 3, 5])
    loose, tight = (read_midi(path).song for path in heard.files)
    assert len(loose.tracks[0].clips[0].notes) == len(tight.tracks[0].clips[0].notes) == 4
    assert all(note.start_ticks % 480 == 0 for note in heard.on_grid)


def test_a_drum_is_not_written_down(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    hits = np.zeros((1, 2 * RATE_HZ), np.float32)
    for at in range(0, 2 * RATE_HZ, RATE_HZ // 4):
        hits[0, at : at + 4_000] = rng.standard_normal(4_000) * np.exp(-np.arange(4_000) / 500)
    heard = notes_of_file(take("drum", tmp_path, 0.3 * hits), tmp_path / "out")
    assert heard.notes == () and heard.files == () and heard.remarks[0].startswith("no notes, for")


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    path = take("vox", tmp_path, sung())
    with pytest.raises(UnknownName, match='no grid named "1/5"'):
        notes_of_file(path, tmp_path, grid="1/5")
    with pytest.raises(OutOfRange, match="bpm of TempoPoint is 0"):
        notes_of_file(path, tmp_path, bpm=0.0)
    with pytest.raises(MediaError, match="there is no file"):
        clean_file(tmp_path / "nope.wav", tmp_path, EditBrief())
    wide = take("wide", tmp_path, np.zeros((3, 1_000), np.float32))
    with pytest.raises(MediaError, match="has 3 channels; a take has 1 or 2"):
        clean_file(wide, tmp_path, EditBrief())
