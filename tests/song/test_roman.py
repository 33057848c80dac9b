"""Laws and standards of roman numerals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.chord_tones import TONES, Symbol, symbol_from, tones_of
from bandmate.song.errors import RequestError
from bandmate.song.harmony import Key
from bandmate.song.roman import borrowed_from, from_roman, roman, romans
from bandmate.song.scales import STEPS, key_from

QUALITIES = (*TONES, "7b9", "7#9", "7b5", "7b13", "maj7#11", "m9b5", "7sus2", "sus4add9", "m7b5b9", "6add11")
symbols = st.builds(Symbol, st.integers(0, 11), st.sampled_from(QUALITIES), st.none() | st.integers(0, 11))
keys = st.builds(Key, tonic=st.integers(0, 11), mode=st.sampled_from(tuple(STEPS)))


@given(symbols, keys, st.none() | symbols)
@settings(max_examples=300, deadline=None)
def test_there_and_back(symbol: Symbol, key: Key, following: Symbol | None) -> None:
    back = from_roman(roman(symbol, key, following), key)
    assert (back.root, back.bass) == (symbol.root, symbol.bass)
    assert tones_of(back.quality) == tones_of(symbol.quality)


@given(symbols, keys, symbols, st.integers(0, 11))
@settings(max_examples=60, deadline=None)
def test_the_same_in_every_key(symbol: Symbol, key: Key, following: Symbol, up: int) -> None:
    def moved(one: Symbol) -> Symbol:
        return Symbol((one.root + up) % 12, one.quality, None if one.bass is None else (one.bass + up) % 12)

    there = Key(tonic=(key.tonic + up) % 12, mode=key.mode)
    assert roman(moved(symbol), there, moved(following)) == roman(symbol, key, following)


@pytest.mark.parametrize(
    ("key", "chords", "wanted"),
    [
        ("C", "C Am7 Dm7 G7", "I vi7 ii7 V7"),
        ("C", "C A7 D7 G7 C", "I V7/ii V7/V V7 I"),
        ("C", "Fmaj7 F#dim7 G7 Db7 C", "IVmaj7 vii°7/V V7 subV7/I I"),
        ("C", "C/E Fm Bb Ab C", "I/3 iv bVII bVI I"),
        ("Am", "Am F C G E7 Am", "i VI III VII V7 i"),
        ("Am", "Bm7b5 E7 Am(maj7) Bb", "iiø7 V7 i(maj7) bII"),
        ("Bb", "Bb/F Gm Cm7 F7sus4", "I/5 vi ii7 V7sus4"),
    ],
)
def test_as_musicians_write_it(key: str, chords: str, wanted: str) -> None:
    assert " ".join(romans([symbol_from(one) for one in chords.split()], key_from(key))) == wanted


@pytest.mark.parametrize("text", ["", "H", "VIII", "V7/X", "I/9", "Vhello", "/3", "7"])
def test_what_is_no_numeral_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="no roman numeral"):
        from_roman(text, Key(tonic=0))


def test_where_a_chord_is_borrowed_from() -> None:
    c = Key(tonic=0)
    assert borrowed_from(symbol_from("Fm"), c) == "minor"
    assert borrowed_from(symbol_from("Dm"), c) is None
    assert borrowed_from(symbol_from("Bb"), c) == "minor"
    assert borrowed_from(symbol_from("C#m"), c) is None
