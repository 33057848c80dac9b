"""``bandmate codecs``: a table for people, figures for programs, and one line for what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandmate.formats.audio_write import write_audio
from bandmate.sound.audio import Audio, Samples
from tests.cli.calling import Caller

RATE_HZ = 44_100


def noise(seconds: float, rate_hz: int = RATE_HZ, channels: int = 2, level: float = 0.9) -> Samples:
    made = np.random.default_rng(2).uniform(-level, level, (channels, round(seconds * rate_hz)))
    return made.astype(np.float32)


@pytest.fixture
def song(call: Caller) -> Path:
    path = call.folder / "song.wav"
    write_audio(path, Audio(noise(1.0), RATE_HZ), kind="wav-24")
    return path


def test_a_table_with_a_row_for_each_codec(call: Caller, song: Path) -> None:
    said = call.ok("codecs", song, "--codec", "aac:128,mp3:320", "--codec", "opus:96")
    lines = said.out.splitlines()
    rows = [line for line in lines if line.startswith(("original", "aac 128", "mp3 320", "opus 96"))]
    assert len(rows) == 5 and "clips" in rows[1]
    assert lines[-1].startswith(("aac 128 comes", "mp3 320 comes", "opus 96 comes"))
    assert "lower the ceiling of the master to" in lines[-1]
    assert "neither Apple's nor Fraunhofer's" in said.err


def test_a_quiet_song_is_fine(call: Caller) -> None:
    write_audio(call.folder / "quiet.wav", Audio(noise(1.0, level=0.2), RATE_HZ), kind="wav-24")
    said = call.ok("codecs", "quiet.wav", "--codec", "mp3:192")
    assert said.out.splitlines()[-1] == "nothing decodes above 0 dBTP" and "fine" in said.out


def test_json_has_every_figure(call: Caller, song: Path) -> None:
    found = call.ok("codecs", song, "--for", "youtube", "--json").json
    assert [(coded["codec"], coded["kbps"]) for coded in found["codecs"]] == [
        ("aac", 128),
        ("opus", 128),
        ("opus", 160),
    ]
    assert found["margin_db"] > 0 and found["original"]["true_peak_16x_dbtp"] is not None
    for coded in found["codecs"]:
        assert coded["services"] == ["youtube"] and coded["level"]["integrated_lufs"] < 0
        assert len(coded["noise"]) > 25 and coded["files"] is None


def test_the_folder_gets_the_files(call: Caller, song: Path) -> None:
    found = call.ok("codecs", song, "--codec", "vorbis:160", "--out", "listen", "--json").json
    files = found["codecs"][0]["files"]
    for name in ("decoded", "original", "matched", "difference"):
        assert (call.folder / files[name]).is_file()
    assert abs(files["original_lufs"] - files["matched_lufs"]) <= 0.1
    assert "files to listen to: listen" in call.ok("codecs", song, "--codec", "mp3:64", "--out", "listen").err


@pytest.mark.parametrize(("channels", "rate_hz", "seconds"), [(1, 8_000, 1.0), (2, 192_000, 1.0), (1, 44_100, 0.2)])
def test_mono_short_and_other_rates(call: Caller, channels: int, rate_hz: int, seconds: float) -> None:
    write_audio(call.folder / "odd.wav", Audio(noise(seconds, rate_hz, channels), rate_hz), kind="wav-24")
    assert "mp3 128" in call.ok("codecs", "odd.wav", "--codec", "mp3:128").out


def test_silence(call: Caller) -> None:
    write_audio(call.folder / "silence.wav", Audio(np.zeros((2, RATE_HZ), np.float32), RATE_HZ), kind="wav-24")
    said = call.ok("codecs", "silence.wav", "--codec", "mp3:128")
    assert "the file is silent" in said.err and "silent" in said.out and "decodes above" not in said.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["none.wav"], 3, "there is no file"),
        (["song.wav", "--codec", "acc:128"], 2, 'no lossy codec named "acc"; there are: aac, mp3, vorbis, opus.'),
        (["song.wav", "--codec", "mp3"], 2, '"mp3" is no codec with a bit rate; write it as mp3:128'),
        (["song.wav", "--codec", "mp3:1000"], 2, "mp3 at 1000 kbit/s is not possible; take 32 to 320"),
        (["song.wav", "--for", "spotfy"], 2, 'no delivery profile named "spotfy"'),
        (["song.wav", "--for", "vinyl"], 2, "Vinyl pre-master streams nothing lossy"),
        (["song.wav", "--peak", "20"], 2, "a decoded peak of 20 dBTP cannot be asked for; take -6 to 3"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(call: Caller, song: Path, words: list[str], code: int, message: str) -> None:
    answer = call("codecs", *words)
    assert answer.code == code and message in answer.error
