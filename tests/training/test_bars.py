"""The training of the bar patterns: what it makes of music, that its slope is right, and the form of what it writes."""

from __future__ import annotations

import hashlib
import json
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from bandmate.song.clips import NoteClip
from bandmate.song.notes import Instrument, Note
from bandmate.song.tracks import Track
from bandmate.sound.bars import BEATS_IN_BAR, PLACES, ROWS, SHIFTS_PER_BEAT
from bandmate.stages.counting import bar_patterns, count_bars
from benchmarks.structure_pieces import TICKS, Piece, played_at
from training.bars.features import Row, measured, rightness
from training.bars.fit import Fit, Weights, cooling, figures, likelihoods, manifest, surprise, written
from training.bars.material import CORPORA, SHA256_OF, Example, Work, faster, shortened, taught, without_fourth_beats
from training.bars.playing import COLUMN_SECONDS, PLAIN_BPM, plain_pattern, played

DATA = files("bandmate").joinpath("data")
TEMPO = 43
WORK = Work("groove_midi", "drummer0/one.mid", "0" * 64)


def beaten(bars: int = 12, bpm: float = 100.0) -> Piece:
    """Kick on one and three, snare on two and four, hats on every eighth."""
    hits = [(i * TICKS // 2, 42) for i in range(8 * bars)] + [(i * TICKS, 36 + i % 2 * 2) for i in range(4 * bars)]
    notes = tuple(
        Note(id=f"n{i}", start_ticks=at, length_ticks=100, pitch=pitch, velocity=100)
        for i, (at, pitch) in enumerate(sorted(hits))
    )
    clip = NoteClip(id="c", length_ticks=4 * bars * TICKS, notes=notes, instrument=Instrument(is_drums=True))
    beats = tuple(i * 60 / bpm for i in range(4 * bars))
    song = played_at(bpm, (Track(id="drums", name="drums", clips=(clip,)),))
    return Piece("beaten", "drums", song, bpm, beats, beats[::4], 4)


def row(seed: int, *, kind: str = "drums", is_held_out: bool = False) -> Row:
    """Features by chance, of which one reading is right: the one whose first feature is greatest."""
    rng = np.random.default_rng(seed)
    features, right = {}, {}
    for bar in BEATS_IN_BAR:
        shape = (2, SHIFTS_PER_BEAT * bar, TEMPO + len(ROWS) * len(PLACES) * bar)
        features[bar] = rng.normal(0, 1, shape)
        right[bar] = np.zeros(shape[:2])
    right[4][np.unravel_index(features[4][..., TEMPO].argmax(), right[4].shape)] = 1.0
    return Row(kind, (WORK,), is_held_out, 4, features, right, right)


def clip_of(piece: Piece) -> NoteClip:
    clip = piece.song.tracks[0].clips[0]
    assert isinstance(clip, NoteClip)
    return clip


def test_works_that_the_benchmark_measures_on_are_left_out_with_their_namesakes() -> None:
    works = [({"title": name}, name) for name in ("a", "b", "c", "a", "e", "f", "g", "f")]
    assert [line for _, line in taught(works, lambda work: work["title"])] == ["b", "c", "e", "g"]


def test_a_shortened_piece_is_the_beginning_of_the_whole_one() -> None:
    whole, short = beaten(), shortened(beaten(), 7.0)
    assert short.beats == whole.beats[: len(short.beats)] and short.beats[-1] < 7.0 <= whole.beats[len(short.beats)]
    kept = clip_of(short).notes
    assert kept == clip_of(whole).notes[: len(kept)]
    assert max(note.start_ticks for note in kept) < clip_of(short).length_ticks


def test_a_faster_piece_has_its_truth_earlier() -> None:
    quick = faster(beaten(), 1.25)
    assert quick.bpm == 125.0 and quick.song.tempo.bpm_at(0) == 125.0
    np.testing.assert_allclose(np.array(quick.bars) * 1.25, beaten().bars)
    assert clip_of(quick) == clip_of(beaten())


def test_without_fourth_beats_bars_begin_with_the_same_notes() -> None:
    three = without_fourth_beats(beaten())
    assert three.beats_per_bar == 3 and len(three.bars) == 12
    starts = [note.start_ticks for note in clip_of(three).notes if note.pitch == 36]
    assert starts == [i * 3 * TICKS + k * TICKS for i in range(12) for k in (0, 2)]
    assert clip_of(three).length_ticks == 36 * TICKS


def test_playing_is_the_same_for_the_same_seed_and_is_counted_as_it_was_written() -> None:
    piece = beaten()
    onsets, power = played(piece, np.random.default_rng(3))
    again, _ = played(piece, np.random.default_rng(3))
    np.testing.assert_array_equal(onsets["drums"].strength, again["drums"].strength)
    assert onsets["drums"].strength.dtype == power["drums"].dtype == np.float32
    found = count_bars(onsets, power, hop_seconds=COLUMN_SECONDS)
    assert found is not None and found.beats.bpm == pytest.approx(100.0, abs=0.5) and found.beats_per_bar == 4


@pytest.mark.parametrize("number", [0, 1])
def test_plain_patterns_come_in_four_and_in_three(number: int) -> None:
    piece, (onsets, power) = plain_pattern(number, np.random.default_rng(number))
    assert piece.beats_per_bar == 4 - number and not power
    assert PLAIN_BPM[0] <= piece.bpm <= PLAIN_BPM[1]
    assert piece.beats[-1] < onsets["drums"].seconds


def test_a_row_has_the_features_that_weights_are_for_and_a_right_reading() -> None:
    kept = measured(Example(0, beaten(), (WORK,)))
    weights, _ = bar_patterns()
    for bar in BEATS_IN_BAR:
        assert kept[f"features-{bar}"].shape[-1] == len(weights[bar])
        assert kept[f"features-{bar}"].shape[:2] == kept[f"beats-{bar}"].shape == kept[f"bars-{bar}"].shape
    assert kept["bars-4"].max() > 0.9


def test_no_reading_at_another_tempo_is_right() -> None:
    beats_f, bars_f = rightness(beaten(), [], 4, 30.0)
    assert beats_f.shape == bars_f.shape == (0, 16)


def test_the_slope_of_the_loss_is_that_of_its_values() -> None:
    fit = Fit([row(1), row(2, kind="openscore_lieder")], 0.01)
    count = TEMPO + sum(len(size) for size in fit.size.values()) + 1
    at = np.random.default_rng(4).normal(0, 0.3, count)
    for way in np.random.default_rng(5).normal(0, 1, (8, count)):
        rise = (fit.loss(at + 1e-5 * way)[0] - fit.loss(at - 1e-5 * way)[0]) / 2e-5
        assert fit.loss(at)[1] @ way == pytest.approx(rise, abs=1e-6)


def test_a_fit_finds_what_makes_readings_right() -> None:
    rows = [row(seed) for seed in range(60)]
    found = Fit(rows[:40], 0.005).fitted()
    nothing = Weights({bar: 0 * each for bar, each in found.weights.items()}, dict.fromkeys(BEATS_IN_BAR, 0.0))
    judges = rows[40:]
    assert surprise(found.by(cooling(found, judges)), judges) < 0.7 * surprise(nothing, judges)
    assert figures(found, judges)["all"]["bars right"] > figures(nothing, judges)["all"]["bars right"]
    assert sum(float(each.sum()) for each in likelihoods(found.scores(rows[0])).values()) == pytest.approx(1.0)


def test_what_is_written_has_the_form_of_the_present_file() -> None:
    weights, bias = bar_patterns()
    text = written(Weights(weights, bias), TEMPO, 7)
    read, present = (
        tomllib.loads(each)["bar"] for each in (text, DATA.joinpath("bar_patterns.toml").read_text("utf-8"))
    )
    assert read == present
    assert max(map(len, text.splitlines())) <= 120


def test_a_manifest_has_a_row_for_every_work() -> None:
    read = json.loads(manifest("text\n", "2026-11-22", [row(1), row(2, is_held_out=True)], {"bars": 0.5}))
    assert read["works"] == [
        {"source": WORK.source, "name": WORK.name, "licence": WORK.licence, "sha256": WORK.sha256},
    ]
    assert read["sha256"] == hashlib.sha256(b"text\n").hexdigest()


def test_every_corpus_has_a_licence_and_says_what_its_checksums_are_of() -> None:
    assert set(SHA256_OF) <= set(CORPORA) and all(CORPORA[source] for source in SHA256_OF)


def test_the_manifest_of_the_present_file_is_of_that_file_and_names_every_work() -> None:
    said = json.loads(DATA.joinpath("bar_patterns.manifest.json").read_text("utf-8"))
    text = DATA.joinpath("bar_patterns.toml").read_text("utf-8")
    assert said["sha256"] == hashlib.sha256(text.encode()).hexdigest() and said["bytes"] == len(text.encode())
    assert {each["source"] for each in said["works"]} == set(SHA256_OF)
    assert all(each["licence"] == CORPORA[each["source"]] and len(each["sha256"]) == 64 for each in said["works"])
    rows = [(each["source"], each["name"], each["sha256"]) for each in said["works"]]
    assert rows == sorted(set(rows))
