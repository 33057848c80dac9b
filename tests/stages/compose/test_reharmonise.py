"""Reharmonising: from safe to daring, with reasons, nothing that rubs with the tune, pins and borders kept."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.chords import load_chord_model
from bandmate.song.chord_tones import Symbol, chord_classes, symbol_from, tones_of
from bandmate.song.errors import RequestError
from bandmate.song.scales import key_from
from bandmate.stages.compose.brief import ChordPin, ComposeBrief
from bandmate.stages.compose.chord_fit import rubs
from bandmate.stages.compose.idea import Idea, chord_distance, distance
from bandmate.stages.compose.reharmonise import APART, reharmonise_ideas
from bandmate.stages.compose.substitutions import Setting, Span, substitutions
from tests.stages.compose.chord_songs import empty, with_chords, with_tune

MODEL = load_chord_model()
SONG = "C Am F G C Am Dm7,G7 C"
MINOR = "Am F C G Am Dm E7 Am"
METERS = ((4, 4), (3, 4), (6, 8), (7, 8), (12, 8))


def asked(**fields: Any) -> ComposeBrief:
    return ComposeBrief(part="chords", **fields)


def daring(idea: Idea) -> float:
    return next(one.after for one in idea.evidence if one.what == "daring" and one.after is not None)


@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from((SONG, MINOR)),
    st.sampled_from(METERS),
    st.sampled_from((0.0, 0.4, 1.0)),
    st.integers(0, 5),
)
def test_bars_stay_filled_and_alternatives_are_graded(
    song: str, meter: tuple[int, int], how_daring: float, seed: int
) -> None:
    passage = with_chords(empty("C" if song == SONG else "Am", 4, meter, first=3, total=8), song)
    brief = asked(daring=how_daring)
    ideas = reharmonise_ideas(passage, brief, MODEL, seed)
    assert ideas == reharmonise_ideas(passage, brief, MODEL, seed)
    assert len(ideas) >= brief.alternatives
    for idea in ideas:
        chords = idea.chords
        assert (chords[0].start_ticks, chords[-1].start_ticks + chords[-1].length_ticks) == (
            passage.start_ticks,
            passage.end_ticks,
        )
        assert all(one.start_ticks + one.length_ticks == other.start_ticks for one, other in pairwise(chords))
        assert idea.notes or "as it is" in idea.says
    first = ideas[: brief.alternatives]
    assert all(distance(one, other) >= APART for one, other in combinations(first, 2))
    assert [daring(idea) for idea in first] == sorted(daring(idea) for idea in first)


def test_more_daring_is_further_from_the_song() -> None:
    passage = with_chords(empty("C"), SONG)
    figures = []
    for how_daring in (0.0, 0.35, 0.7, 1.0):
        found = [
            reharmonise_ideas(passage, asked(daring=how_daring, alternatives=1), MODEL, seed)[0] for seed in range(4)
        ]
        figures.append(sum(chord_distance(idea.chords, passage.chords) for idea in found) / 4)
    assert figures == sorted(figures)


def test_nothing_rubs_with_the_tune() -> None:
    tune = [64, 67, 69, 72, 65, 69, 67, 71, 72, 67, 69, 64, 65, 67, 64, 60]
    passage = with_tune(with_chords(empty("C"), SONG), tune)
    tones = passage.parts[0].tones
    before = sum(rubs(tones, chord) for chord in passage.chords)
    for idea in reharmonise_ideas(passage, asked(daring=0.8), MODEL, 2):
        assert sum(rubs(tones, chord) for chord in idea.chords) <= before


def test_pinned_chords_stay() -> None:
    passage = with_chords(empty("C"), SONG)
    pins = (ChordPin(bar=3, chord="Abmaj7"), ChordPin(bar=5, beat=3, chord="F#m7b5"))
    for idea in reharmonise_ideas(passage, asked(daring=1.0, chord_pins=pins), MODEL, 1):
        at = {chord.start_ticks: chord for chord in idea.chords}
        assert (str(at[2 * 3840]), at[2 * 3840].length_ticks) == ("Abmaj7", 3840)
        assert (at[4 * 3840 + 1920].root, at[4 * 3840 + 1920].quality) == (6, "m7b5")


def test_bars_without_chords_are_refused() -> None:
    with pytest.raises(RequestError, match="no chords to reharmonise"):
        reharmonise_ideas(empty("C"), asked(), MODEL, 1)


def options(chord: str, behind: str, key: str = "C", before: str = "C") -> dict[str, tuple[list[str], str]]:
    """Of every kind of substitution the first chords and the reason."""
    bar = empty(key).bars[0]
    span = Span(0, 3840, symbol_from(chord), bar)
    setting = Setting(span, symbol_from(before), symbol_from(behind), key_from(key))
    found: dict[str, tuple[list[str], str]] = {}
    for one in substitutions(setting):
        assert (one.spans[0].start_ticks, one.spans[-1].end_ticks) == (0, 3840)
        found.setdefault(one.kind, ([text(each.chord) for each in one.spans], one.reason))
    return found


def text(chord: Symbol) -> str:
    from bandmate.stages.compose.substitutions import name

    return name(chord)


@pytest.mark.parametrize(
    ("chord", "behind", "kind", "wanted", "reason"),
    [
        ("G7", "C", "tritone", ["C#7"], "B and F are third and seventh of both"),
        ("G7", "C", "ii–V", ["Dm7", "G7"], "instead of the V alone"),
        ("G7", "C", "backdoor", ["Bb7"], "back door"),
        ("F", "G", "modal interchange", ["Fm6"], "borrowed from C minor"),
        ("C", "Am", "secondary dominant", ["C", "E7"], "leads to Am"),
        ("C", "Dm", "passing diminished", ["C", "C#dim7"], "up in half steps"),
        ("C", "F", "extension", ["Cmaj9"], "of the key on top"),
        ("F", "G", "relative", ["Dm"], "are in both"),
        ("G7", "C", "suspension", ["G7sus4", "G7"], "holds the third B back"),
    ],
)
def test_what_may_stand_for_what_and_why(chord: str, behind: str, kind: str, wanted: list[str], reason: str) -> None:
    chords, because = options(chord, behind)[kind]
    assert chords == wanted
    assert reason in because


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(("C", "Dm7", "G7", "Fmaj7", "Am", "Bdim", "E7", "Bb", "G/B", "Caug")),
    st.sampled_from(("C", "Dm7", "G7", "Fmaj7", "Am", "Bdim", "E7", "Bb")),
    st.sampled_from(("C", "Am", "D dorian")),
)
def test_every_substitute_is_a_chord_with_a_reason(chord: str, behind: str, key: str) -> None:
    bar = empty(key).bars[0]
    setting = Setting(Span(0, 1920, symbol_from(chord), bar), None, symbol_from(behind), key_from(key))
    for one in substitutions(setting):
        assert 0 < one.daring <= 1
        assert one.reason
        assert [span.chord for span in one.spans] != [setting.chord]
        assert all(len(chord_classes(span.chord)) >= 3 and tones_of(span.chord.quality) for span in one.spans)
