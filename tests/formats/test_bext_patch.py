"""Loudness put into a finished WAV, read back by libsndfile and by ourselves."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from bandmate.formats.audio_files import probe, read_audio
from bandmate.formats.audio_write import Kind, WriteOptions, write_audio
from bandmate.formats.bext_patch import fill_loudness
from bandmate.formats.wav_write import Broadcast
from bandmate.song.errors import MediaError, ProjectError
from bandmate.sound.audio import Audio

FIGURES = {
    "loudness_lufs": -14.02,
    "range_lu": 6.5,
    "true_peak_dbtp": -1.0,
    "momentary_lufs": -9.87,
    "short_term_lufs": -11.24,
}
NOTHING = dict.fromkeys(FIGURES)
GET_BROADCAST_INFO = 0x10F0
"""libsndfile's command; its C struct pads the dates, so the loudness is at 414 and not at 412."""


def draft(path: Path, kind: Kind = "wav-24", *, has_broadcast: bool = True) -> Path:
    samples = np.random.default_rng(3).uniform(-0.5, 0.5, (2, 4_801)).astype(np.float32)
    tags = {"title": "T", "isrc": "GBAYE2600001"} if has_broadcast else {}
    write_audio(path, Audio(samples, 48_000), kind=kind, tags=tags)
    return path


def libsndfile_loudness(path: Path) -> tuple[int, ...]:
    with soundfile.SoundFile(path) as file:
        room = soundfile._ffi.new("char[]", 2_048)
        assert soundfile._snd.sf_command(file._file, GET_BROADCAST_INFO, room, 2_048)
        return struct.unpack_from("<5h", bytes(soundfile._ffi.buffer(room, 2_048)), 414)


@pytest.mark.parametrize("kind", ["wav-16", "wav-24", "wav-32f"])
def test_other_readers_see_the_figures_and_the_sound_is_untouched(tmp_path: Path, kind: Kind) -> None:
    path = draft(tmp_path / "a.wav", kind)
    before, sound = path.read_bytes(), read_audio(path).samples
    fill_loudness(path, **FIGURES)
    after = path.read_bytes()
    assert libsndfile_loudness(path) == (-1402, 650, -100, -987, -1124)
    tags = probe(path).tags
    assert {name: float(tags[name]) for name in FIGURES} == FIGURES
    changed = [at for at in range(len(after)) if before[at] != after[at]]
    assert len(before) == len(after) and changed[-1] - changed[0] < 10
    np.testing.assert_array_equal(read_audio(path).samples, sound)
    with av.open(str(path)) as file:
        assert file.metadata["originator_reference"] == file.metadata["ISRC"] == "GBAYE2600001"


def test_it_is_what_writing_with_the_figures_gives(tmp_path: Path) -> None:
    late, early = tmp_path / "late.wav", tmp_path / "early.wav"
    sound = Audio(np.zeros((2, 100), np.float32), 48_000)
    write_audio(late, sound, kind="wav-24", options=WriteOptions(broadcast=Broadcast()))
    write_audio(early, sound, kind="wav-24", options=WriteOptions(broadcast=Broadcast(**FIGURES)))
    fill_loudness(late, **FIGURES)
    assert late.read_bytes() == early.read_bytes()


def test_what_is_unknown_stays_open(tmp_path: Path) -> None:
    path = draft(tmp_path / "a.wav")
    plain = path.read_bytes()
    fill_loudness(path, **FIGURES)
    fill_loudness(path, **NOTHING)
    assert path.read_bytes() == plain
    strange = {"loudness_lufs": -math.inf, "true_peak_dbtp": math.nan, "momentary_lufs": -100.0, "range_lu": 0.0}
    fill_loudness(path, **(NOTHING | strange))
    assert libsndfile_loudness(path) == (0x7FFF, 0, 0x7FFF, 0x7FFF, 0x7FFF)
    assert "loudness_lufs" not in probe(path).tags and probe(path).tags["range_lu"] == "0.00"


def test_an_rf64_is_filled_in_as_well(tmp_path: Path) -> None:
    path = draft(tmp_path / "a.wav")
    data = path.read_bytes()
    # The place for ds64 is kept by our writer; lengths of 4 GB and more stand there.
    sound_bytes = 4_801 * 6
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, len(data) - 8, sound_bytes, 4_801, 0)
    at = data.index(b"data") + 4
    path.write_bytes(b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + data[48:at] + b"\xff" * 4 + data[at + 4 :])
    fill_loudness(path, **FIGURES)
    assert libsndfile_loudness(path) == (-1402, 650, -100, -987, -1124)
    assert probe(path).frames == 4_801


def test_a_file_without_a_place_for_it_is_refused_and_stays(tmp_path: Path) -> None:
    bare = draft(tmp_path / "bare.wav", has_broadcast=False)
    old = draft(tmp_path / "old.wav")
    data = bytearray(old.read_bytes())
    data[data.index(b"bext") + 8 + 346] = 1
    old.write_bytes(data)
    flac = draft(tmp_path / "a.flac", "flac-24")
    for path, said in (
        (bare, r'"bare.wav" has no broadcast extension \(bext\); write it with tags or a Broadcast'),
        (old, "has a broadcast extension of version 1, loudness needs 2"),
        (flac, r'"a.flac" is no WAV, so it has no place for loudness; write a WAV'),
        (tmp_path / "none.wav", "cannot be read"),
    ):
        there = path.read_bytes() if path.exists() else b""
        with pytest.raises(MediaError, match=said):
            fill_loudness(path, **FIGURES)
        assert (path.read_bytes() if path.exists() else b"") == there


def test_a_file_that_may_not_be_written_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = draft(tmp_path / "a.wav")
    opened = Path.open

    def guarded(self: Path, mode: str = "r", **more: object) -> object:
        if "+" in mode:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, mode, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", guarded)
    with pytest.raises(ProjectError, match=r'"a\.wav" cannot be written'):
        fill_loudness(path, **FIGURES)
