"""Laws of the rule checker: textbook faults are found, clean writing is not marked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.harmony import Key
from bandmate.stages.compose.part_rules import (
    SATB,
    Kind,
    chords_of,
    key_at,
    leading_tone,
    perfect_motion,
    rate,
    violations,
)
from bandmate.stages.compose.passage import Tone

C = Key(tonic=0, mode="major")
C_MINOR = Key(tonic=0, mode="minor")


def voices(*chords: tuple[int, ...], length: int = 960) -> list[list[Tone]]:
    """Chords from the top down, a quarter each."""
    return [[Tone(at * length, length, chord[voice]) for at, chord in enumerate(chords)] for voice in range(4)]


def kinds(*chords: tuple[int, ...], key: Key | None = C) -> list[Kind]:
    return [fault.kind for fault in violations(voices(*chords), key)]


CADENCE = ((72, 64, 55, 48), (72, 65, 57, 53), (71, 62, 55, 55), (72, 64, 55, 48))


@pytest.mark.parametrize(
    ("chords", "kind"),
    [
        (((72, 64, 55, 48), (74, 65, 57, 50)), "parallel octaves"),
        (((67, 64, 60, 48), (69, 65, 62, 50)), "parallel octaves"),
        (((67, 64, 60, 52), (69, 64, 62, 53)), "parallel fifths"),
        (((64, 60, 55, 52), (69, 60, 57, 53)), None),
        (((64, 60, 55, 48), (69, 62, 57, 50)), "hidden fifths"),
        (((83, 74, 67, 55),), "range"),
        (((79, 64, 60, 48),), "spacing"),
        (((64, 67, 60, 48),), "crossing"),
        (((67, 64, 60, 48), (72, 69, 60, 53)), "overlap"),
        (((71, 67, 62, 55), (71, 62, 59, 55)), "doubled leading tone"),
        (((71, 65, 62, 55), (67, 64, 60, 48)), "unresolved leading tone"),
        (((71, 65, 62, 55), (72, 67, 64, 48)), "unresolved seventh"),
        (((67, 62, 59, 55), (67, 64, 60, 45)), "wide leap"),
    ],
)
def test_textbook_faults(chords: tuple[tuple[int, ...], ...], kind: Kind | None) -> None:
    found = kinds(*chords)
    assert (kind in found) if kind else not [one for one in found if "parallel" in one]


def test_a_plain_cadence_is_clean() -> None:
    assert not violations(voices(*CADENCE), C)


def test_augmented_leaps_are_the_keys_own() -> None:
    line = [[Tone(0, 960, 68), Tone(960, 960, 71)], [Tone(0, 1920, 60)]]
    assert [fault.kind for fault in violations(line, C_MINOR)] == ["augmented leap"]
    assert not violations(line, Key(tonic=4, mode="major"))
    assert not violations(line)


def test_a_dominant_seventh_leads_without_a_key() -> None:
    assert leading_tone(frozenset((2, 6, 9, 0)), C) == 6
    assert leading_tone(frozenset((2, 6, 9)), C) is None
    assert leading_tone(frozenset((11, 2, 5)), C) == 11


def test_keys_change_on_their_way() -> None:
    keys = ((0, C), (1920, Key(tonic=7, mode="major")))
    assert key_at(keys, 1919) == C
    assert key_at(keys, 1920) == Key(tonic=7, mode="major")
    assert key_at(keys[1:], 0) is None
    assert key_at(None, 0) is None


def test_silence_and_rests() -> None:
    assert not violations([[], [], [], []])
    assert chords_of([[], []]) == 0
    assert rate((), 0) == 0.0
    rest = [[Tone(0, 480, 67), Tone(960, 480, 69)], [Tone(0, 480, 60), Tone(1440, 480, 62)]]
    assert not violations(rest, C, None)


def test_a_crossing_that_lasts_counts_once() -> None:
    found = kinds((64, 67, 60, 48), (64, 67, 60, 48), (67, 64, 60, 48), (64, 67, 60, 48))
    assert found.count("crossing") == 2


@given(st.lists(st.tuples(*[st.integers(low, high) for low, high in SATB]), min_size=1, max_size=6), st.integers(0, 11))
@settings(max_examples=30, deadline=None)
def test_faults_follow_a_transposition(chords: list[tuple[int, int, int, int]], steps: int) -> None:
    one = violations(voices(*chords), C, None)
    moved = [tuple(pitch + steps for pitch in chord) for chord in chords]
    assert one == violations(voices(*moved), Key(tonic=steps, mode="major"), None)
    assert list(one) == sorted(one, key=lambda fault: fault.place)
    assert {voice for fault in one for voice in fault.voices} <= {0, 1, 2, 3}


@given(*[st.integers(48, 80)] * 4)
def test_motion_to_perfect_intervals_has_a_direction(a: int, b: int, c: int, d: int) -> None:
    name = perfect_motion(a, b, c, d)
    if name:
        assert (c - d) % 12 in (0, 7)
        assert (c - a) * (d - b) > 0
