"""The copy gate, the genericness meter, and pushing away from what is usual."""

from __future__ import annotations

import random

import pytest

from bandmate.models.chords import load_chord_model
from bandmate.models.form import load_form
from bandmate.models.originality import load_originality
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord, Key
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.compose.brief import ChordPin, ComposeBrief, NotePin
from bandmate.stages.compose.copy_gate import CopyGate, catalogue_index
from bandmate.stages.compose.genericness import Meter
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.passage import Passage, Tone, bars_of
from bandmate.stages.compose.push_away import push_chords, push_line

BARS = bars_of(Song(key=Key(tonic=0)), 8)
PASSAGE = Passage(BARS, BARS, 120.0)
STOCK = ((0, ""), (7, ""), (9, "m"), (5, ""))


def bar_at(ticks: int) -> int:
    return 1 + ticks // 3840


def random_tune(seed: int, count: int = 32) -> tuple[Tone, ...]:
    rng, degree, found = random.Random(seed), 7, []
    for i in range(count):
        degree = max(0, min(14, degree + rng.choice((-3, -2, -1, -1, 1, 1, 2, 3, 4))))
        pitch = 60 + 12 * (degree // 7) + (0, 2, 4, 5, 7, 9, 11)[degree % 7]
        found.append(Tone(i * 480, 480, pitch))
    return tuple(found)


def stock_chords(roots: tuple[tuple[int, str], ...] = STOCK) -> tuple[Chord, ...]:
    return tuple(
        Chord(id=f"c{i}", start_ticks=i * 3840, length_ticks=3840, root=root, quality=quality)
        for i, (root, quality) in enumerate(roots * 2)
    )


def song_of(tones: tuple[Tone, ...]) -> Song:
    notes = tuple(
        Note(id=f"n{i}", start_ticks=t.start_ticks, length_ticks=t.length_ticks, pitch=t.pitch, velocity=90)
        for i, t in enumerate(tones)
    )
    return Song(
        tracks=(Track(id="a", name="a", clips=(NoteClip(id="c", start_ticks=0, length_ticks=99_999, notes=notes),)),)
    )


@pytest.mark.parametrize("seed", range(6))
def test_twenty_notes_of_her_own_song_are_caught_in_any_key_and_rhythm(seed: int) -> None:
    tune = random_tune(seed, 60)
    gate = CopyGate(load_originality().indices["pitches"], catalogue_index([("Her Song", song_of(tune))]))
    rng = random.Random(seed)
    at, copied = 0, []
    for tone in tune[20:40]:
        length = rng.choice((240, 480, 720, 960))
        copied.append(Tone(at, length, tone.pitch - 5))
        at += length
    found = gate.nearest(copied, bar_at)
    assert found is not None
    assert found.is_copy
    assert found.is_own
    assert found.work == "Her Song"
    assert found.work_first_bar in (3, 4)
    assert '"Her Song"' in found.sentence()
    assert {f"{value:g}" for fact in found.evidence() for value in (fact.before, fact.after) if value is not None} >= {
        str(found.notes),
        str(found.work_first_bar),
        str(found.work_last_bar),
    }


def test_a_tune_of_nobody_passes() -> None:
    gate = CopyGate(load_originality().indices["pitches"])
    found = [gate.nearest(random_tune(seed), bar_at) for seed in range(12)]
    assert sum(one is not None and one.is_copy for one in found) == 0
    assert gate.nearest((), bar_at) is None
    assert gate.nearest(random_tune(1, 4), bar_at) is None


def meter(own: Song | None = None) -> Meter:
    index = catalogue_index([("Her Song", own)]) if own else None
    return Meter(load_originality(), load_chord_model(), load_form(), index)


def test_four_stock_chords_are_more_usual_than_rare_ones() -> None:
    def key_at(ticks: int) -> Key:
        return Key(tonic=0)

    stock = meter().of_chords(stock_chords(), key_at)
    rare = meter().of_chords(stock_chords(((0, "maj7"), (8, "7"), (1, "m"), (6, "dim"))), key_at)
    assert stock is not None
    assert rare is not None
    assert stock.share > 0.9
    assert rare.share < 0.3
    assert meter().of_chords(stock_chords()[:2], key_at) is None
    assert f"{stock.share:.0%}" in stock.sentence()


def test_lines_are_measured_against_all_works_and_her_own() -> None:
    tune = random_tune(3)
    found = meter(song_of(tune)).of_melody(tune, bar_at)
    assert found is not None
    assert found.own == 1.0
    other = meter(song_of(random_tune(4))).of_melody(tune, bar_at)
    assert other is not None
    assert other.own is not None
    assert other.own < 0.3
    rhythm = meter().of_rhythm(tune, bar_at)
    assert rhythm is not None
    assert rhythm.share > 0.8, "running eighths are what every tune has"
    assert meter().of_melody(tune[:3], bar_at) is None
    form = meter().of_form(["intro", "verse", "chorus", "verse", "chorus", "outro"])
    strange = meter().of_form(["outro", "solo", "intro", "bridge", "intro"])
    assert form is not None
    assert strange is not None
    assert form.share > strange.share
    assert meter().of_form(["A", "B"]) is None
    assert meter().of_form(["verse", "verse"]) is None, "eight bars are no form"


@pytest.mark.parametrize("seed", range(3))
def test_pushing_a_line_away_makes_it_rarer_and_keeps_what_is_to_stay(seed: int) -> None:
    scale = {0, 2, 4, 5, 7, 9, 11}
    idea = Idea(tones=random_tune(seed))
    pin = NotePin(bar=2, beat=1.0, beats=0.5, pitch=idea.tones[8].pitch)
    done = push_line(idea, PASSAGE, ComposeBrief(note_pins=(pin,)), load_originality())
    assert done is not None
    assert done.after < done.before or done.before == 0.0
    assert done.cost_after > done.cost_before
    new = done.idea.tones
    assert [t._replace(pitch=0) for t in new] == [t._replace(pitch=0) for t in idea.tones]
    assert new[8].pitch == pin.pitch
    assert all(tone.pitch % 12 in scale for tone in new)
    assert done.changed == sum(a != b for a, b in zip(new, idea.tones, strict=True)) <= 0.35 * len(new)


def test_pushing_chords_away_obeys_pins() -> None:
    idea = Idea(chords=stock_chords())
    brief = ComposeBrief(chord_pins=(ChordPin(bar=1, chord="C"), ChordPin(bar=5, chord="C")))
    done = push_chords(idea, PASSAGE, brief, load_originality(), load_chord_model())
    assert done is not None
    assert done.after < done.before
    assert (done.idea.chords[0], done.idea.chords[4]) == (idea.chords[0], idea.chords[4])
    assert [c.start_ticks for c in done.idea.chords] == [c.start_ticks for c in idea.chords]
    assert push_chords(Idea(), PASSAGE, brief, load_originality(), load_chord_model()) is None
    assert push_line(Idea(), PASSAGE, brief, load_originality()) is None


def test_roots_in_a_row_are_everybodys() -> None:
    bass = tuple(Tone(i * 480, 480, 36 + (0, 7, 0, 7, 5, 12, 5, 12)[i // 8 % 8]) for i in range(64))
    gate = CopyGate(load_originality().indices["pitches"], catalogue_index([("Her Song", song_of(bass))]))
    assert not getattr(gate.nearest(bass, bar_at, is_bass=True), "is_copy", False)
