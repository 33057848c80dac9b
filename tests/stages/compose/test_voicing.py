"""Voicings: inside the range, with the tones that make the chord, led with little movement."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.chord_tones import TONES, chord_classes, symbol_from, tones_of
from bandmate.song.errors import RequestError, UnknownName
from bandmate.song.harmony import Chord, Key
from bandmate.stages.compose.voicing import voiced, voicings
from bandmate.stages.compose.voicing_shapes import LAYOUTS, STRINGS, VOICING_STYLES, shapes

C_MAJOR = Key(tonic=0)


def row(text: str) -> tuple[Chord, ...]:
    found = []
    for at, word in enumerate(text.split()):
        symbol = symbol_from(word)
        found.append(
            Chord(
                id=f"c{at}",
                start_ticks=at * 3840,
                length_ticks=3840,
                root=symbol.root,
                quality=symbol.quality,
                bass=symbol.bass,
            )
        )
    return tuple(found)


chords = st.builds(
    lambda root, quality, bass: Chord(
        id="c", start_ticks=0, length_ticks=960, root=root, quality=quality, bass=None if bass == root else bass
    ),
    st.integers(0, 11),
    st.sampled_from(sorted(TONES)),
    st.none() | st.integers(0, 11),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(chords, min_size=1, max_size=6), st.sampled_from(VOICING_STYLES))
def test_every_voicing_lies_in_the_range_and_rises(given_chords: list[Chord], style: str) -> None:
    layout = LAYOUTS[style]  # type: ignore[index]
    rows = voicings(given_chords, style, keys=C_MAJOR)  # type: ignore[arg-type]
    assert len(rows) == len(given_chords)
    for shape in rows:
        assert layout.low <= shape[0] and shape[-1] <= layout.high
        assert all(low < high for low, high in pairwise(shape))


@settings(max_examples=60, deadline=None)
@given(chords, st.sampled_from(("close", "open", "drop-2", "pad", "guitar")))
def test_third_and_seventh_are_there(chord: Chord, style: str) -> None:
    (shape,) = voicings([chord], style)  # type: ignore[arg-type]
    classes = {pitch % 12 for pitch in shape}
    for tone in tones_of(chord.quality):
        if tone in (3, 4, 10, 11):
            assert (chord.root + tone) % 12 in classes
    assert classes <= set(chord_classes(chord))


@pytest.mark.parametrize("style", ["pad", "guitar"])
def test_styles_with_a_bass_have_the_written_bass_lowest(style: str) -> None:
    for chord, shape in zip(row("C G/B F/A C7/Bb"), voicings(row("C G/B F/A C7/Bb"), style), strict=True):  # type: ignore[arg-type]
        assert shape[0] % 12 == (chord.root if chord.bass is None else chord.bass)


def test_close_triads_move_little() -> None:
    rows = voicings(row("C F G C Am Dm G C"), "close", keys=C_MAJOR)
    moves = [abs(one - other) for old, new in pairwise(rows) for one, other in zip(old, new, strict=True)]
    assert sum(moves) / len(moves) <= 1.7
    assert max(moves) <= 4


def test_the_leading_tone_is_not_doubled() -> None:
    for style in ("open", "drop-2", "pad", "guitar"):
        for shape in voicings(row("C G7 C G C E7 Am"), style, keys=C_MAJOR)[1:4:2]:  # type: ignore[arg-type]
            assert [pitch % 12 for pitch in shape].count(11) == 1


def test_rootless_voicings_of_a_two_five_one_leave_out_the_roots() -> None:
    rows = voicings(row("Dm7 G7 Cmaj7"), "rootless", keys=C_MAJOR)
    for chord, shape in zip(row("Dm7 G7 Cmaj7"), rows, strict=True):
        assert chord.root not in {pitch % 12 for pitch in shape}
        assert len(shape) == 4
    assert all(abs(one - other) <= 2 for old, new in pairwise(rows) for one, other in zip(old, new, strict=True))


def test_the_dominant_of_a_minor_key_takes_its_flat_ninth() -> None:
    (shape,) = voicings(row("B7"), "rootless", keys=Key(tonic=4, mode="minor"))
    assert 0 in {pitch % 12 for pitch in shape}


def test_power_chords_are_root_and_fifth() -> None:
    for chord, shape in zip(row("A C/E F#m7b5"), voicings(row("A C/E F#m7b5"), "power"), strict=True):
        fifth = 6 if chord.quality == "m7b5" else 7
        assert {(pitch - chord.root) % 12 for pitch in shape} == {0, fifth}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 11), st.sampled_from(["", "m", "7", "maj7", "m7", "sus4", "m7b5"]))
def test_guitar_shapes_can_be_held(root: int, quality: str) -> None:
    for shape in shapes(root, quality, None, "guitar", (40, 76)):
        fits = []
        for lowest in range(3):
            strings = STRINGS[lowest : lowest + len(shape)]
            frets = [pitch - opened for pitch, opened in zip(shape, strings, strict=False)]
            pressed = [fret for fret in frets if fret > 0]
            fits.append(
                len(strings) == len(shape)
                and min(frets) >= 0
                and max(pressed, default=0) - min(pressed, default=0) <= 3
            )
        assert any(fits)


def test_it_goes_on_from_what_was_played_before() -> None:
    low = voicings(row("F"), "close", before=(52, 55, 60))
    high = voicings(row("F"), "close", before=(67, 72, 76))
    assert sum(low[0]) < sum(high[0])


def test_a_left_hand_is_added_below() -> None:
    for chord, shape in zip(row("C Am Dm G/B"), voicings(row("C Am Dm G/B"), "close", has_bass=True), strict=True):
        assert shape[0] % 12 == (chord.root if chord.bass is None else chord.bass)
        assert shape[0] < shape[1] - 2


def test_held_notes_last_as_long_as_their_chords() -> None:
    for tone in voiced(row("C F"), "close"):
        assert tone.length_ticks == 3840 and tone.start_ticks in (0, 3840)


def test_no_chords_no_voicings_and_bad_wishes_are_refused() -> None:
    assert voicings((), "pad") == ()
    with pytest.raises(RequestError, match="does not fit between the notes 60 and 62"):
        voicings(row("C"), "close", lowest=60, highest=62)
    with pytest.raises(UnknownName, match='no voicing style named "wide"'):
        voicings(row("C"), "wide")  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None)
@given(st.lists(chords, min_size=1, max_size=5), st.sampled_from(VOICING_STYLES))
def test_the_same_chords_give_the_same_voicings(given_chords: list[Chord], style: str) -> None:
    assert voicings(given_chords, style) == voicings(given_chords, style)  # type: ignore[arg-type]
