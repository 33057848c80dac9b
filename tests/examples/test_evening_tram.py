"""Evening Tram is a song and not an exercise: it is in tune with itself, playable, and complete."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import ModuleType

import pytest

from bandmate.song.clips import NoteClip
from bandmate.song.notes import Note
from bandmate.song.song import Song, check_references, length_seconds
from bandmate.song.tracks import Track
from bandmate.song.wire import song_from_json, song_to_json

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BAR_TICKS = 3840

RANGES = {
    "Bass": (28, 55),
    "Electric Piano": (28, 103),
    "Guitar": (40, 76),
    "Pad": (48, 84),
    "Lead Vox": (57, 79),
    "Strings": (55, 91),
}
"""What the players can reach: a four-string bass, a 73-key piano, a guitar without capo, an alto, a violin."""

KIT = {36, 37, 38, 42, 43, 46, 47, 49, 50}

QUALITIES = {
    "": (0, 4, 7),
    "maj7": (0, 4, 7, 11),
    "maj9": (0, 4, 7, 11, 2),
    "m7": (0, 3, 7, 10),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "7sus4": (0, 5, 7, 10),
}
"""Semitones above the root, from the books and not from the song."""


@pytest.fixture(scope="module")
def song() -> Song:
    return song_from_json((EXAMPLES / "evening_tram.song.json").read_bytes())


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import evening_tram  # type: ignore[import-not-found]

    module: ModuleType = evening_tram
    return module


def played(track: Track) -> list[tuple[int, Note]]:
    """The notes of a track, each with where it starts in the song."""
    clips = [clip for clip in track.clips if isinstance(clip, NoteClip)]
    return sorted(
        ((clip.start_ticks + note.start_ticks, note) for clip in clips for note in clip.notes),
        key=lambda placed: placed[0],
    )


def chord_tones(song: Song, ticks: int) -> set[int]:
    chord = next(c for c in song.chords if c.start_ticks <= ticks < c.start_ticks + c.length_ticks)
    bass = set() if chord.bass is None else {chord.bass}
    return {(chord.root + step) % 12 for step in QUALITIES[chord.quality]} | bass


def test_the_script_writes_exactly_the_file_that_is_kept(script: ModuleType) -> None:
    kept = (EXAMPLES / "evening_tram.song.json").read_bytes()
    assert song_to_json(script.make_song()) == kept, "run examples/evening_tram.py and commit what it writes"


def test_a_bar_that_is_not_full_is_refused_with_its_number(script: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"bar 2 is not full: D4:h r:q"):
        script.line({"verse": "r:w | D4:h r:q"}, {"verse": 80}, hold=1.0)
    with pytest.raises(ValueError, match=r"bar 1 is not full: 8\.\.\."):
        script.grid({"verse": "8..."}, 36)


def test_the_form_fills_one_minute_and_leaves_no_gap(song: Song) -> None:
    assert 55 <= length_seconds(song) <= 65
    bar = 1
    for section in song.sections:
        assert section.start_bar == bar
        bar += section.bars
    assert length_seconds(song) == song.tempo.seconds_at(song.meters.ticks_at_bar(bar))
    assert [marker.at_ticks for marker in song.markers] == [
        song.meters.ticks_at_bar(section.start_bar) for section in song.sections
    ]


def test_the_chords_follow_each_other_without_a_gap(song: Song) -> None:
    assert song.chords[0].start_ticks == 0
    for before, after in itertools.pairwise(song.chords):
        assert before.start_ticks + before.length_ticks == after.start_ticks
    last = song.chords[-1]
    assert last.start_ticks + last.length_ticks == 24 * BAR_TICKS


def test_there_are_eight_tracks_that_know_their_roles(song: Song) -> None:
    check_references(song)
    assert [(track.name, track.role) for track in song.tracks] == [
        ("Kick", "kick"),
        ("Drums", "drums"),
        ("Bass", "bass"),
        ("Electric Piano", "keys"),
        ("Guitar", "electric-guitar"),
        ("Pad", "pad"),
        ("Lead Vox", "lead-vox"),
        ("Strings", "strings"),
    ]


def test_every_note_lies_within_what_its_player_can_reach(song: Song) -> None:
    for track in song.tracks:
        pitches = {note.pitch for _, note in played(track)}
        if track.name in RANGES:
            low, high = RANGES[track.name]
            assert low <= min(pitches) and max(pitches) <= high, track.name
        else:
            assert pitches <= KIT, track.name


def test_no_note_sounds_into_the_next_of_its_own_pitch_or_out_of_its_clip(song: Song) -> None:
    for track in song.tracks:
        for clip in track.clips:
            assert isinstance(clip, NoteClip)
            ends: dict[int, int] = {}
            for note in clip.notes:
                assert note.start_ticks >= ends.get(note.pitch, 0), (track.name, clip.id, note)
                ends[note.pitch] = note.start_ticks + note.length_ticks
            assert max(ends.values()) <= clip.length_ticks, (track.name, clip.id)


def test_the_voice_and_the_strings_and_the_bass_play_one_note_at_a_time(song: Song) -> None:
    for name in ("Lead Vox", "Strings", "Bass"):
        for (first, note), (second, _) in itertools.pairwise(played(song.track(name))):
            assert first + note.length_ticks <= second, name


@pytest.mark.parametrize(
    ("name", "share"), [("Lead Vox", 0.85), ("Strings", 0.85), ("Bass", 0.85), ("Electric Piano", 0.95), ("Pad", 1.0)]
)
def test_what_falls_on_a_strong_beat_belongs_to_the_chord(song: Song, name: str, share: float) -> None:
    strong = [(at, note) for at, note in played(song.track(name)) if at % (BAR_TICKS // 2) == 0]
    fitting = [note for at, note in strong if note.pitch % 12 in chord_tones(song, at)]
    assert len(strong) >= 20
    assert len(fitting) / len(strong) >= share


def test_the_bass_takes_the_lowest_note_of_the_chord_where_a_chord_begins(song: Song) -> None:
    chords = {chord.start_ticks: chord for chord in song.chords}
    starts = [(chords[at], note) for at, note in played(song.track("Bass")) if at in chords]
    assert len(starts) >= 20
    for chord, note in starts:
        assert note.pitch % 12 == (chord.root if chord.bass is None else chord.bass), str(chord)


def test_the_melody_sings_in_steps_and_small_leaps_and_breathes(song: Song) -> None:
    line = played(song.track("Lead Vox"))
    leaps = [abs(after.pitch - before.pitch) for (_, before), (_, after) in itertools.pairwise(line)]
    assert max(leaps) <= 9
    assert sum(leap <= 4 for leap in leaps) / len(leaps) > 0.75
    assert len({note.pitch for _, note in line}) >= 10
    assert line[0][0] >= 3 * BAR_TICKS, "the intro is without words"


def test_the_pad_leads_its_voices_by_small_steps(song: Song) -> None:
    moves = []
    onsets = [sorted(n.pitch for at, n in sounding(song, half)) for half in range(48)]
    for before, after in itertools.pairwise(onsets):
        if len(before) == len(after):
            moves += [abs(b - a) for a, b in zip(before, after, strict=True)]
    assert sum(moves) / len(moves) < 1.5
    assert max(moves) <= 7


def sounding(song: Song, half: int) -> list[tuple[int, Note]]:
    """What the pad holds in the middle of a half bar."""
    middle = half * BAR_TICKS // 2 + BAR_TICKS // 4
    return [(at, note) for at, note in played(song.track("Pad")) if at <= middle < at + note.length_ticks]


def test_strokes_are_played_hard_and_soft(song: Song) -> None:
    for name, least in (("Kick", 4), ("Drums", 7), ("Electric Piano", 4), ("Lead Vox", 4), ("Bass", 4)):
        assert len({note.velocity for _, note in played(song.track(name))}) >= least, name
    every = [note.velocity for track in song.tracks for _, note in played(track)]
    assert min(every) >= 20 and max(every) <= 120


def test_every_syllable_falls_on_a_note_that_is_sung(song: Song) -> None:
    sung = [at for at, _ in played(song.track("Lead Vox"))]
    assert [lyric.at_ticks for lyric in song.lyrics] == sung
