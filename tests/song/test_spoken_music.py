"""Changes of notes and chords in words."""

from __future__ import annotations

from bandmate.song.harmony import Chord
from bandmate.song.notes import Note
from bandmate.song.spoken_music import spoken_music


def note(number: int, pitch: int) -> Note:
    return Note(id=f"n{number}", start_ticks=number * 480, length_ticks=480, pitch=pitch, velocity=90)


def test_only_what_changes_is_said() -> None:
    before = tuple(note(i, 60 + i) for i in range(5))
    assert spoken_music(before, (*before[:3], note(9, 62), note(7, 67))) == "2 notes out, 2 in: G4 D4"
    assert spoken_music(before, before) == "0 notes out, 0 in"
    many = tuple(note(i, 60) for i in range(40))
    assert spoken_music((), many) == f"0 notes out, 40 in: {'C4 ' * 16}…"


def test_chords_are_said_by_their_symbols() -> None:
    one = Chord(id="a", start_ticks=0, length_ticks=960, root=0)
    two = Chord(id="b", start_ticks=960, length_ticks=960, root=7, quality="7", bass=11)
    assert spoken_music((one,), (one, two)) == "nothing → G7/B"
    assert spoken_music((one, two), ()) == "C G7/B → nothing"


def test_other_things_are_left_to_others() -> None:
    assert spoken_music(1.0, 2.0) is None
    assert spoken_music((), ()) is None
    assert spoken_music((note(1, 60),), 3) is None
