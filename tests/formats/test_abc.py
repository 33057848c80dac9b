"""ABC notation: what is written is what sounds."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.abc import AbcSong, abc_from_bytes, read_abc, write_abc
from bandmate.formats.abc_fields import chord_from, meter_from, signature_from, tempo_from
from bandmate.formats.abc_write import part_of, song_as_abc
from bandmate.song.clips import NoteClip
from bandmate.song.errors import BandmateError, MediaError, ProjectError
from bandmate.song.harmony import Key, Mode
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint
from bandmate.song.tracks import Track

HEAD = "X:1\nT:Test\nM:4/4\nL:1/8\nK:{key}\n"
KESH = """X:1
T:A jig
M:6/8
L:1/8
Q:3/8=120
K:G
D|"G"G2G GAB|"D7/F#"A2A ABd|edd gdd|(3efg dBA:|
|:"G"B2B dBd|{f}ege "Am"dBA|1 c3- c2B:|2 c3 G3|]
w:one two- three
"""
EIGHTH = Fraction(1, 8)
SIGNS = "ABCDEFGabcdefgzxZ|:[]()<>/1234567890,'^_=-~!\"{}&%\\ \nKLMQVwXT.+*"


def tune(music: str, key: str = "C") -> AbcSong:
    return abc_from_bytes((HEAD.format(key=key) + music).encode(), "t.abc")[0]


def sounding(read: AbcSong, track: int = 0) -> list[tuple[int, int, int]]:
    clip = read.song.tracks[track].clips[0]
    assert isinstance(clip, NoteClip)
    return [(note.start_ticks, note.length_ticks, note.pitch) for note in clip.notes]


def pitches(music: str, key: str = "C") -> list[int]:
    return [pitch for _, _, pitch in sounding(tune(music, key))]


def lengths(music: str) -> list[int]:
    return [length for _, length, _ in sounding(tune(music))]


def test_octaves_and_accidentals() -> None:
    assert pitches("C,CcC'c'") == [48, 60, 72, 72, 84]
    assert pitches("^F F f _B =F|F") == [66, 66, 78, 70, 65, 65]
    assert pitches("^^C __D") == [62, 60]


def test_an_accidental_holds_through_a_tie_and_then_ends() -> None:
    assert sounding(tune("z6 ^c2-|c2 c2")) == [(2880, 1920, 73), (4800, 960, 72)]


@pytest.mark.parametrize(
    ("key", "sharps"), [("G", [6]), ("Em", [6]), ("Dmix", [6]), ("D", [0, 6]), ("A Dorian", [6]), ("B phr", [6])]
)
def test_a_key_sharpens_its_letters(key: str, sharps: list[int]) -> None:
    assert [pitch % 12 for pitch in pitches("F", key)] == [6]
    signature = signature_from(key)
    assert signature is not None
    raised = {"F": 6, "C": 1}
    assert {letter for letter, shift in signature.shifts.items() if shift} == {
        letter for letter in raised if raised[letter] in [s or 1 for s in sharps]
    }


def test_keys_and_their_names() -> None:
    found = {text: signature_from(text) for text in ("Eb", "F#m", "none", "D ^c =f", "exp", "Hp", "Bn")}
    assert [s.key if s else None for s in found.values()][:2] == [Key(tonic=3), Key(tonic=6, mode="minor")]
    assert found["Eb"] is not None
    assert [letter for letter, shift in found["Eb"].shifts.items() if shift == -1] == ["E", "A", "B"]
    assert found["D ^c =f"] is not None
    assert found["D ^c =f"].shifts["F"] == 0
    assert found["Bn"] is None


def test_lengths_broken_rhythm_and_tuplets() -> None:
    assert lengths("C2 C C/ C// C3/2 C/4") == [960, 480, 240, 120, 720, 120]
    assert lengths("C>C C<C C>>C") == [720, 240, 240, 720, 840, 120]
    assert lengths("(3CDE (2CD (5:4:5CDEFG") == [320] * 3 + [720] * 2 + [384] * 5


def test_a_chord_is_notes_at_one_time() -> None:
    assert sounding(tune("[CEG]2 c2")) == [(0, 960, 60), (0, 960, 64), (0, 960, 67), (960, 960, 72)]


@pytest.mark.parametrize(
    ("music", "played"),
    [
        ("C8:|D8|]", "CCD"),
        ("C8|:D8:|E8", "CDDE"),
        ("C8::D8:|", "CCDD"),
        ("|:C8|1D8:|2E8|]F8", "CDCEF"),
        ("|:C8|1,3 D8:|2 E8:|", "CDCECD"),
        ("C8|[1D8:|[2E8|]F8:|", "CDCEFF"),
        ("C8||D8:|", "CDD"),
        ("|:C8||D8:|", "CDCD"),
        ("|::C8::|D8", "CCCD"),
    ],
)
def test_repeats_are_unfolded(music: str, played: str) -> None:
    names = {0: "C", 2: "D", 4: "E", 5: "F"}
    assert "".join(names[pitch % 12] for pitch in pitches(music)) == played


def test_a_tune_with_all_that() -> None:
    read = abc_from_bytes(KESH.encode(), "t.abc")[0]
    song = read.song
    assert song.title == "A jig"
    assert song.key == Key(tonic=7)
    assert [point.bpm for point in song.tempo.points] == [180.0]
    assert [(point.numerator, point.denominator) for point in song.meters.points] == [(6, 8)]
    assert sounding(read)[0] == (2400, 480, 62)
    assert [str(chord) for chord in song.chords][:3] == ["G", "D7/F#", "G"]
    assert sum(chord.length_ticks for chord in song.chords) == song.chords[-1].start_ticks + song.chords[
        -1
    ].length_ticks - (song.chords[0].start_ticks)
    assert [lyric.text for lyric in song.lyrics] == ["one", "two-", "three"] * 2
    assert "left out: 1 grace notes" in read.remarks


def test_each_pass_sings_its_verse() -> None:
    read = tune("|:C4 D4|E8:|\nw:one two~two|three\nw:four _ * five\n")
    assert [lyric.text for lyric in read.song.lyrics] == ["one", "two two", "three", "four"]
    assert any("1 syllables without a note" in remark for remark in read.remarks)


def test_voices_become_tracks() -> None:
    read = tune('V:1 name="Fiddle"\nC8|D8|\nV:2\nE,8|F,8|\n[V:1]E8|\n[V:2]G,8|\n')
    assert [track.name for track in read.song.tracks] == ["Fiddle", "Voice 2"]
    assert [pitch for _, _, pitch in sounding(read, 0)] == [60, 62, 64]
    assert [at for at, _, _ in sounding(read, 1)] == [0, 3840, 7680]
    assert not read.remarks


def test_meter_key_and_tempo_may_change_on_the_way() -> None:
    read = tune("C8|[M:3/4][Q:1/4=90]C6|\nK:D\nF6|\n")
    assert [(p.at_bar, p.numerator, p.denominator) for p in read.song.meters.points] == [(1, 4, 4), (2, 3, 4)]
    assert [(p.at_ticks, p.bpm) for p in read.song.tempo.points] == [(3840, 90.0)]
    assert [pitch for _, _, pitch in sounding(read)] == [60, 60, 66]
    assert read.remarks == ("the key changes; the first is kept for the whole song",)


def test_a_bar_that_does_not_add_up_is_named() -> None:
    assert tune("C8|D7|E8|").remarks == ("bars that do not add up to their meter, as written: 2",)


def test_several_tunes_and_text_between_them() -> None:
    text = "L:1/4\n\nX:1\nT:One\nK:C\nC\n\nSome words, not music.\n\nX:2\nT:Two\nL:1/2\nK:G\nF\n"
    first, second = abc_from_bytes(text.encode(), "t.abc")
    assert (first.song.title, second.song.title) == ("One", "Two")
    assert sounding(first) == [(0, 960, 60)]
    assert sounding(second) == [(0, 1920, 66)]


def test_fields() -> None:
    assert [meter_from(text) for text in ("C", "C|", "2+2+3/8", "none", "0/4", "3/5")] == [
        (4, 4),
        (2, 2),
        (7, 8),
        None,
        None,
        None,
    ]
    assert tempo_from("120", EIGHTH) == 60.0
    assert tempo_from('"Slow" 1/2=60', EIGHTH) == 120.0
    assert tempo_from('"Slow"', EIGHTH) is None
    assert [chord_from(text) is None for text in ("Bbm7", "F#dim/C", "D.C.", "Segno", "4", "Esus4")] == [
        False,
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no tune here\n", "line 1 on there is no X: field"),
        (b"X:1\nK:C\nC\0D", "line 3 has a zero byte"),
        (b"X:1\nM:128/1\nK:C\n" + b"Z9999|" * 300 + b"C|", "beyond what a song can hold"),
        (b"X:1\nK:C\nC99999", "line 3: a length of 99999 has more than 4 digits"),
    ],
)
def test_what_is_no_abc_is_refused_with_its_line(data: bytes, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        abc_from_bytes(data, "bad.abc")


def test_files_are_read_in_both_encodings(tmp_path: Path) -> None:
    for encoding in ("utf-8", "latin-1", "utf-8-sig"):
        path = tmp_path / "tune.abc"
        path.write_bytes("X:1\nT:Blåvals\nK:C\nC\n".encode(encoding))
        assert read_abc(path)[0].song.title == "Blåvals"
    with pytest.raises(MediaError, match="there is no file"):
        read_abc(tmp_path / "none.abc")


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(SIGNS, max_size=80), st.text(max_size=40)))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for whole in (text, HEAD.format(key="G") + text):
        try:
            abc_from_bytes(whole.encode("utf-8", "replace"), "any.abc")
        except BandmateError as refusal:
            assert "\n" not in str(refusal)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_a_damaged_tune_is_read_or_refused_in_words(seed: int) -> None:
    rng = random.Random(seed)
    signs = list(KESH)
    for _ in range(rng.randint(1, 12)):
        place = rng.randrange(len(signs))
        signs[place : place + rng.randint(0, 2)] = rng.choices(SIGNS, k=rng.randint(0, 3))
    try:
        abc_from_bytes("".join(signs).encode(), "any.abc")
    except BandmateError as refusal:
        assert "\n" not in str(refusal)


def heard(song: Song) -> list[list[tuple[int, int, int]]]:
    """Notes of every track, as they sound; of one pitch none overlap."""
    parts = [part_of(track) for track in song.tracks]
    return [part.notes for part in parts if part]


def test_a_song_comes_back_from_its_text(tmp_path: Path) -> None:
    song = abc_from_bytes(KESH.encode(), "t.abc")[0].song
    write_abc(song, tmp_path / "out.abc")
    (again,) = read_abc(tmp_path / "out.abc")
    assert again.remarks == ()
    assert heard(again.song) == heard(song)
    assert (again.song.title, again.song.key, again.song.lyrics) == (song.title, song.key, song.lyrics)
    assert [(c.start_ticks, str(c)) for c in again.song.chords] == [(c.start_ticks, str(c)) for c in song.chords]
    assert again.song.tempo.bpm_at(0) == song.tempo.bpm_at(0)
    assert again.song.meters == song.meters


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 5000), st.integers(0, 127)), min_size=1, max_size=12),
    st.one_of(st.none(), st.builds(Key, tonic=st.integers(0, 11), mode=st.sampled_from(get_args(Mode)))),
    st.sampled_from([(4, 4), (6, 8), (5, 4), (7, 16)]),
)
def test_any_notes_come_back(notes: list[tuple[int, int, int]], key: Key | None, meter: tuple[int, int]) -> None:
    written = tuple(
        Note(id=f"n{i}", start_ticks=start, length_ticks=length, pitch=pitch)
        for i, (start, length, pitch) in enumerate(notes)
    )
    clip = NoteClip(id="c", length_ticks=20_000, notes=written)
    meters = MeterMap(
        points=(
            MeterPoint(id="a", at_bar=1, numerator=meter[0], denominator=meter[1]),
            MeterPoint(id="b", at_bar=3, numerator=3, denominator=4),
        )
    )
    song = Song(title='100 % "it"', key=key, meters=meters, tracks=(Track(id="t", name="T", clips=(clip,)),))
    again = abc_from_bytes(song_as_abc(song).encode(), "t.abc")[0]
    assert heard(again.song) == heard(song)
    assert again.song.key == key
    assert again.song.title == song.title
    assert not again.remarks


def test_drums_and_silence_give_an_empty_bar() -> None:
    assert song_as_abc(Song(title="Rest")).splitlines()[-1].strip() == "z8 |"
    read = abc_from_bytes(song_as_abc(Song(title="Rest")).encode(), "t.abc")[0]
    assert (read.song.title, read.song.tracks, read.remarks) == ("Rest", (), ("there are no notes",))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="none"):
        write_abc(Song(), tmp_path / "none" / "out.abc")
