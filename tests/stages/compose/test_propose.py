"""Every verb on a song: only what was asked for changes, the same comes out again, alternatives differ, bad input."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bandmate.song.clips import NoteClip
from bandmate.song.errors import OutOfRange, RequestError, UnknownName
from bandmate.song.harmony import Chord
from bandmate.song.moves import apply
from bandmate.song.notes import Note
from bandmate.song.song import Lock, Song
from bandmate.song.tracks import Track
from bandmate.stages.compose.brief import ChordPin, ComposeBrief, Dials, NotePin
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.passage import passage_of, tones_of_track
from bandmate.stages.compose.propose import moves_by_choice, propose_composition, propose_push
from tests.stages.compose.band_song import band_song

JOBS: dict[str, dict[str, Any]] = {
    "chords": {"part": "chords"},
    "melody": {"part": "melody", "track": "lead"},
    "new melody": {"part": "melody"},
    "bass": {"part": "bass", "track": "bass"},
    "keys": {"part": "keys", "track": "keys"},
    "drums": {"part": "drums", "track": "drums"},
    "harmony": {"part": "harmony", "track": "lead"},
    "counter": {"part": "counter", "track": "lead"},
    "continue": {"verb": "continue", "track": "lead"},
    "continue drums": {"verb": "continue", "track": "drums"},
    "answer": {"verb": "answer", "track": "lead"},
    "vary": {"verb": "vary", "track": "lead"},
    "vary bass": {"verb": "vary", "track": "bass"},
    "vary drums": {"verb": "vary", "track": "drums"},
    "infill": {"verb": "infill", "track": "lead"},
    "simplify": {"verb": "simplify", "track": "lead"},
    "simplify drums": {"verb": "simplify", "track": "drums"},
    "enrich": {"verb": "enrich", "track": "lead"},
    "enrich drums": {"verb": "enrich", "track": "drums"},
    "morph": {"verb": "morph", "track": "lead", "other": "bass"},
    "groove": {"verb": "groove", "track": "drums"},
    "groove keys": {"verb": "groove", "track": "keys"},
    "drumify": {"verb": "drumify", "track": "lead"},
    "harmonise": {"verb": "harmonise", "track": "lead"},
    "reharmonise": {"verb": "reharmonise"},
    "next": {"verb": "next"},
}
SAME_PLACE = ("groove", "groove keys", "morph")
"""Grooves differ by less than a place; steps of a morph are as far apart as the two clips let them be."""


def outside(song: Song, first: int, last: int) -> dict[str, Any]:
    """Everything of a song that begins outside of the bars, by name, with its very ids."""
    start, end = song.meters.ticks_at_bar(first), song.meters.ticks_at_bar(last + 1)

    def is_out(ticks: int) -> bool:
        return not start <= ticks < end

    found: dict[str, Any] = {}
    for track in song.tracks:
        found[track.id] = replace(track, clips=())
        for clip in track.clips:
            assert isinstance(clip, NoteClip)
            found[f"{track.id}/{clip.id}"] = replace(clip, notes=())
            for note in clip.notes:
                if is_out(clip.start_ticks + note.start_ticks):
                    found[f"{track.id}/{clip.id}/{note.id}"] = note
    for chord in song.chords:
        if is_out(chord.start_ticks):
            found[f"chord {chord.start_ticks}"] = replace(chord, length_ticks=1)
    return found


@pytest.mark.parametrize("job", JOBS)
@given(first=st.integers(1, 16), count=st.integers(1, 4), seed=st.integers(0, 3))
@settings(max_examples=3, deadline=None, derandomize=True)
def test_only_the_bars_that_were_asked_for_change(job: str, first: int, count: int, seed: int) -> None:
    song, last = band_song(), min(16, first + count - 1)
    brief = ComposeBrief(first_bar=first, last_bar=last, **JOBS[job])
    try:
        proposal = propose_composition(song, brief, seed=seed)
    except RequestError:
        return
    before = outside(song, first, last)
    for moves in moves_by_choice(proposal.moves).values():
        made = apply(song, moves)
        after = outside(made, first, last)
        new_clips = {track.id for track in made.tracks} - {track.id for track in song.tracks}
        assert {name: after.get(name) for name in before} == before
        added = {name.split("/")[0] for name in after.keys() - before.keys()}
        assert all(name in new_clips or f"{name}/part" in str(after) for name in added)
        assert apply(song, moves, 0.0) is song
        unchanged = replace(made, tracks=song.tracks, chords=song.chords)
        assert unchanged == song


@pytest.mark.parametrize("job", JOBS)
def test_alternatives_differ_and_come_out_again(job: str) -> None:
    song = band_song()
    bars = {"first_bar": 9, "last_bar": 12} if "continue" in job or job == "answer" else {"first_bar": 5, "last_bar": 8}
    brief = ComposeBrief(**{**JOBS[job], **bars})
    proposal = propose_composition(song, brief, version="1", seed=3)
    assert proposal == propose_composition(song, brief, version="1", seed=3)
    assert proposal.author.seed == 3
    assert "models" in proposal.brief
    choices = moves_by_choice(proposal.moves)
    assert choices, proposal.remarks
    assert all(move.because for move in proposal.moves)
    ideas = [made_idea(song, apply(song, moves)) for moves in choices.values()]
    if job not in SAME_PLACE:
        passage = passage_of(song, brief.first_bar, brief.last_bar)
        cut = [cut_to(idea, passage.start_ticks, passage.end_ticks) for idea in ideas]
        gaps = [distance(a, b) for i, a in enumerate(cut) for b in cut[:i]]
        assert all(gap >= 0.1 for gap in gaps), (job, gaps)


def made_idea(song: Song, made: Song) -> Idea:
    """What the tracks play that were changed or are new, and the chords where these were."""
    changed = [track for track in made.tracks if track not in song.tracks]
    tones = tuple(tone for track in changed for tone in tones_of_track(track))
    return Idea(tones=tones, chords=made.chords if made.chords != song.chords else ())


def cut_to(idea: Idea, start: int, end: int) -> Idea:
    return Idea(
        tones=tuple(t for t in idea.tones if start <= t.start_ticks < end),
        chords=tuple(c for c in idea.chords if start <= c.start_ticks < end),
    )


def test_pins_are_obeyed_in_every_alternative() -> None:
    song = band_song()
    chords = ComposeBrief(
        part="chords",
        first_bar=1,
        last_bar=4,
        chord_pins=(ChordPin(bar=3, chord="Fmaj7"), ChordPin(bar=2, beat=3, chord="E7/G#")),
    )
    for moves in moves_by_choice(propose_composition(song, chords).moves).values():
        made = {chord.start_ticks: (chord.root, chord.quality, chord.bass) for chord in apply(song, moves).chords}
        assert made[2 * 3840] == (5, "maj7", None)
        assert made[3840 + 1920] == (4, "7", 8)
    note = ComposeBrief(
        part="melody", track="lead", first_bar=5, last_bar=8, note_pins=(NotePin(bar=6, beat=2, beats=1, pitch=71),)
    )
    for moves in moves_by_choice(propose_composition(song, note).moves).values():
        tones = tones_of_track(apply(song, moves).track("lead"))
        assert (5 * 3840 + 960, 960, 71) in {tone[:3] for tone in tones}


@pytest.mark.parametrize("meter", [(3, 4), (6, 8), (7, 8), (5, 8)])
@pytest.mark.parametrize("job", ["chords", "melody", "bass", "drums", "keys", "vary", "harmonise", "drumify"])
def test_every_meter(job: str, meter: tuple[int, int]) -> None:
    song = band_song(*meter, bars=8)
    brief = ComposeBrief(**{**JOBS[job], "first_bar": 3, "last_bar": 6}, alternatives=2)
    proposal = propose_composition(song, brief)
    start, end = song.meters.ticks_at_bar(3), song.meters.ticks_at_bar(7)
    for moves in moves_by_choice(proposal.moves).values():
        made = apply(song, moves)
        for track in made.tracks:
            if track not in song.tracks:
                assert all(
                    start <= t.start_ticks < end or t in tones_of_track(old(song, track.id))
                    for t in tones_of_track(track)
                )


def old(song: Song, name: str) -> Track:
    return next((track for track in song.tracks if track.id == name), Track(id=name))


def test_a_lock_keeps_the_assistant_out() -> None:
    song = replace(band_song(), locks=(Lock(id="l", address="tracks/lead"),))
    proposal = propose_composition(song, ComposeBrief(part="melody", track="lead", first_bar=1, last_bar=4))
    assert proposal.moves == ()
    assert any("tracks/lead is locked" in remark for remark in proposal.remarks)


def test_a_dial_is_measured_on_what_is_shown() -> None:
    brief = ComposeBrief(part="melody", track="lead", first_bar=1, last_bar=8, dials=Dials(density=0.9))
    proposal = propose_composition(band_song(), brief)
    for moves in moves_by_choice(proposal.moves).values():
        dials = [fact for fact in moves[0].evidence if "density" in fact.what and fact.target is not None]
        assert dials
        assert dials[0].after == pytest.approx(0.9, abs=0.15)


def test_what_cannot_be_meant_is_refused() -> None:
    song = band_song()
    cases: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"first_bar": 0}, OutOfRange, "are no span"),
        ({"first_bar": 5, "last_bar": 4}, OutOfRange, "are no span"),
        ({"last_bar": 9_999}, OutOfRange, "the most at once"),
        ({"alternatives": 0}, OutOfRange, "possible are 1 to 16"),
        ({"track": "nobody"}, UnknownName, "nobody"),
        ({"part": "form"}, RequestError, "is not written into bars"),
        ({"part": "chords", "chord_pins": (ChordPin(bar=99, chord="C"),)}, RequestError, "99"),
        ({"part": "chords", "chord_pins": (ChordPin(bar=1, chord="H#9"),)}, RequestError, "H#9"),
        ({"verb": "morph", "track": "lead"}, RequestError, "needs a second clip"),
        ({"verb": "morph", "track": "lead", "other_bar": 99}, RequestError, "no bar 99"),
        ({"verb": "vary", "track": "lead", "first_bar": 40, "last_bar": 41}, RequestError, "nothing"),
    ]
    for fields, error, words in cases:
        with pytest.raises(error, match=words):
            propose_composition(song, ComposeBrief(**fields))


def test_empty_songs_and_single_notes() -> None:
    for part in ("chords", "melody", "bass", "drums", "keys"):
        made = propose_composition(Song(), ComposeBrief(part=part, last_bar=2))  # type: ignore[arg-type]
        assert made.moves, part
    one = NoteClip(
        id="c",
        start_ticks=0,
        length_ticks=3840,
        notes=(Note(id="n", start_ticks=0, length_ticks=960, pitch=60, velocity=90),),
    )
    song = Song(tracks=(Track(id="a", name="a", clips=(one,)),))
    for verb in ("vary", "enrich", "harmonise", "drumify", "groove"):
        proposal = propose_composition(song, ComposeBrief(verb=verb, track="a", last_bar=1))  # type: ignore[arg-type]
        assert proposal.moves or proposal.remarks
    empty = Song(tracks=(Track(id="a", name="a", clips=(replace(one, notes=()),)),))
    for verb in ("vary", "simplify", "enrich", "continue", "answer", "groove", "drumify"):
        with pytest.raises(RequestError):
            propose_composition(empty, ComposeBrief(verb=verb, track="a", last_bar=1))  # type: ignore[arg-type]


def test_pushing_a_song_away_keeps_pins() -> None:
    song = band_song()
    brief = ComposeBrief(part="chords", first_bar=1, last_bar=16, amount=0.4, chord_pins=(ChordPin(bar=1, chord="C"),))
    proposal = propose_push(song, brief)
    made = apply(song, proposal.moves)
    assert made.chords[0] == Chord(id="chord-1", start_ticks=0, length_ticks=3840, root=0)
    usual = proposal.moves[0].evidence[0]
    assert usual.before is not None
    assert usual.after is not None
    assert usual.after < usual.before
    lead = propose_push(song, ComposeBrief(part="melody", first_bar=1, last_bar=16, amount=0.3))
    assert [move.address for move in lead.moves] == ["tracks/lead/clips/one/notes", "tracks/lead/clips/two/notes"]
