"""Corpora: every work has a licence, a hash and one side of the split; what cannot be read is named, not met."""

from __future__ import annotations

import hashlib
from pathlib import Path

import mido
import numpy as np
import pytest

from bandmate.formats.midi import write_midi
from bandmate.learn.corpus import Corpus, build_corpus, open_corpus
from bandmate.learn.folds import fold_of
from bandmate.learn.workers import Workers
from bandmate.song.errors import DeviceError, MediaError, RequestError
from tests.learn.tunes import folder_of, song, tune

ONE = Workers(processes=1)


def built(folder: Path, to: Path, **settings: object) -> Corpus:
    return build_corpus([folder], to, workers=ONE, **settings)  # type: ignore[arg-type]


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("music") / "mine", range(30))


def test_three_formats_become_one_corpus_with_a_row_for_every_work(music: Path, tmp_path: Path) -> None:
    corpus = built(music, tmp_path / "corpus")
    rows = corpus.manifest()
    assert len(rows) == corpus.facts.works == 30 and not corpus.facts.left_out
    assert {Path(row.id).suffix for row in rows} == {".abc", ".mid", ".musicxml"}
    for row in rows:
        assert row.licence == "MIT" and row.corpus == "mine"
        assert row.sha256 == hashlib.sha256((music / row.id).read_bytes()).hexdigest()
        assert row.fold == fold_of("mine", row.title or row.id) and row.notes > 30
    for fold in corpus.facts.folds:
        works = list(corpus.works(fold))
        assert {work.id for work in works} == {row.id for row in rows if row.fold == fold}
        assert all((np.diff(work.notes[:, 0]) >= 0).all() and work.tonic == 0 for work in works)


def test_two_processes_make_the_same_bytes_as_one(music: Path, tmp_path: Path) -> None:
    built(music, tmp_path / "one")
    build_corpus([music], tmp_path / "two", workers=Workers(processes=2))
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_a_second_run_reads_nothing_again_and_a_new_file_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = folder_of(tmp_path / "mine", range(6))
    first = built(music, tmp_path / "corpus").facts
    with monkeypatch.context() as patch:
        patch.setattr("bandmate.learn.corpus.read_all", None)
        assert built(music, tmp_path / "corpus").facts == first
    (music / "later.abc").write_text(tune(77), encoding="utf-8")
    assert built(music, tmp_path / "corpus").facts.works == 7


def test_the_same_notes_in_another_key_are_one_work(tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(3))
    write_midi(song(0, "C"), music / "y.mid")
    up = mido.MidiFile(music / "y.mid")
    for track in up.tracks:
        for message in track:
            if message.type in ("note_on", "note_off"):
                message.note += 5
    up.save(music / "z.mid")
    rows = {row.id: row for row in built(music, tmp_path / "corpus").manifest()}
    for name in ("y.mid", "z.mid"):
        assert rows[name].left_out == 'has the same notes as "tune 000.abc" of mine'
    assert not rows["tune 000.abc"].left_out


def test_tunes_that_share_most_of_their_bars_are_on_one_side(tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(1))
    for number in range(12):
        begin, _, end = tune(0).partition("]")
        (music / f"varied {number}.abc").write_text(
            begin.replace("Tune 0", f"Name {number}") + f"{tune(50 + number).splitlines()[-4]}\n{end}", encoding="utf-8"
        )
    rows = built(music, tmp_path / "corpus").manifest()
    assert len({row.fold for row in rows if not row.left_out}) == 1


def test_a_folder_without_a_licence_is_refused(tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(3), licence="")
    with pytest.raises(RequestError, match=r'"tune 000\.abc" .* has no licence: no LICENSE or COPYING'):
        built(music, tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()
    (tmp_path / "mine" / "LICENSE").write_text("  \n", encoding="utf-8")
    with pytest.raises(MediaError, match="is empty; write into it what the music may be used for"):
        built(music, tmp_path / "corpus")


def test_a_licence_for_everything_may_be_named(tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(3), licence="")
    own = tmp_path / "mine.txt"
    own.write_text("----\nWritten by myself in 2026\n", encoding="utf-8")
    assert built(music, tmp_path / "corpus", licence_file=own).facts.licences == {"Written by myself in 2026": 3}


def test_a_file_that_the_manifest_does_not_list_stops_everything(tmp_path: Path) -> None:
    music, listed = folder_of(tmp_path / "mine", range(3)), tmp_path / "rows.csv"
    names = sorted(path.name for path in music.iterdir() if path.suffix)
    listed.write_text("path,licence,title\n" + "".join(f"{name},CC0,A name\n" for name in names[:2]), encoding="utf-8")
    with pytest.raises(RequestError, match=r'"tune 002\.musicxml" .* is not listed in "rows\.csv"; add a row'):
        built(music, tmp_path / "corpus", manifest=listed)
    listed.write_text("path,licence\n" + f"{names[0]},\n", encoding="utf-8")
    with pytest.raises(RequestError, match=r'line 2 of "rows\.csv" has no licence'):
        built(music, tmp_path / "corpus", manifest=listed)
    listed.write_text("file,licence\n", encoding="utf-8")
    with pytest.raises(MediaError, match='no column "path"'):
        built(music, tmp_path / "corpus", manifest=listed)


def test_empty_long_broken_and_foreign_files_are_left_out_and_named(tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(4))
    (music / "empty.mid").write_bytes(b"")
    (music / "noise.mid").write_bytes(b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk\x00\x00")
    (music / "text.musicxml").write_text("<score-partwise>", encoding="utf-8")
    long = mido.MidiFile(type=0, ticks_per_beat=480)
    long.tracks.append(mido.MidiTrack())
    for number in range(2 * 60 * 60):  # two hours: a note a second at 120 bpm
        long.tracks[0].append(mido.Message("note_on", note=40 + number % 40, velocity=64, time=480))
        long.tracks[0].append(mido.Message("note_off", note=40 + number % 40, velocity=0, time=480))
    long.save(music / "long.mid")
    rows = {row.id: row.left_out for row in built(music, tmp_path / "corpus").manifest()}
    assert rows["empty.mid"] == "is empty (0 bytes)"
    assert rows["long.mid"].startswith("lasts 120 min; works of at most 60 min are taken")
    assert rows["noise.mid"] and rows["text.musicxml"]
    assert sum(not reason for reason in rows.values()) == 4


def test_nothing_to_learn_from_says_why(tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(0))
    with pytest.raises(RequestError, match="has no music in it"):
        built(music, tmp_path / "corpus")
    (music / "empty.mid").write_bytes(b"")
    with pytest.raises(RequestError, match=r"nothing of 1 works can be learned from: empty\.mid: is empty"):
        built(music, tmp_path / "corpus")
    with pytest.raises(RequestError, match="there is no folder"):
        built(tmp_path / "nowhere", tmp_path / "corpus")
    with pytest.raises(MediaError, match="is no finished corpus"):
        open_corpus(tmp_path / "corpus")


def test_a_damaged_shard_is_named(music: Path, tmp_path: Path) -> None:
    corpus = built(music, tmp_path / "corpus")
    shard = corpus.shards("teach")[0]
    data = bytearray(shard.read_bytes())
    data[-9] ^= 0xFF
    shard.write_bytes(data)
    with pytest.raises(MediaError, match=r"is damaged: .*; delete it and build the corpus again"):
        list(corpus.works("teach"))


def test_ray_that_is_not_there_is_asked_for_by_name(music: Path, tmp_path: Path) -> None:
    from bandmate.learn.workers import ray_extra_missing

    if ray_extra_missing():
        with pytest.raises(RequestError, match=r'--ray local cannot be used: .* pip install "bandmate\[cluster\]"'):
            build_corpus([music], tmp_path / "corpus", workers=Workers(2, "local"))
    with pytest.raises(RequestError, match="-1 processes are asked for"):
        build_corpus([music], tmp_path / "corpus", workers=Workers(-1))


def test_a_killed_worker_is_told_and_what_was_read_stays() -> None:
    from bandmate.learn.workers import in_processes

    with pytest.raises(DeviceError, match="one of 2 worker processes was killed"):
        list(in_processes(leave, [1, 2], 2))


def leave(job: int) -> None:
    import os

    os._exit(job)
