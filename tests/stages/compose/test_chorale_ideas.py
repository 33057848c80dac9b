"""Laws of harmony in four parts: the melody stays, voices keep to ranges and rules, pins and chords are met."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.models.chorale import load_chorale
from bandmate.song.chord_tones import chord_classes
from bandmate.song.errors import RequestError
from bandmate.song.harmony import Chord, Key
from bandmate.stages.compose.brief import ChordPin, ComposeBrief, Dials, NotePin
from bandmate.stages.compose.chorale_ideas import LEAST_DISTANCE, harmonise_ideas
from bandmate.stages.compose.harmony_slots import melody_line, phrase_ends, pulses_of, slots_of
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.part_rules import SATB, violations
from bandmate.stages.compose.passage import Bar, Passage, Tone

C = Key(tonic=0)
PROBABLY = settings(max_examples=6, deadline=None)
MAJOR = (0, 2, 4, 5, 7, 9, 11)
HYMN = (67, 69, 71, 72, 71, 69, 67, 67, 72, 71, 69, 67, 69, 67, 65, 64)


def bars(count: int, numerator: int = 4, denominator: int = 4, key: Key = C, first: int = 1) -> tuple[Bar, ...]:
    length = numerator * 3840 // denominator
    return tuple(Bar(first + at, (first - 1 + at) * length, numerator, denominator, key) for at in range(count))


def passage(
    pitches: tuple[int, ...] = HYMN,
    where: tuple[Bar, ...] | None = None,
    long: int = 960,
    chords: tuple[Chord, ...] = (),
) -> Passage:
    where = where or bars(-(-len(pitches) * long // 3840))
    start = where[0].start_ticks
    own = tuple(Tone(start + at * long, long, pitch) for at, pitch in enumerate(pitches) if pitch)
    return Passage(bars=where, all_bars=where, bpm=100.0, own=own, chords=chords)


def ideas(where: Passage, seed: int = 0, **asked: object) -> tuple[Idea, ...]:
    return harmonise_ideas(where, ComposeBrief(part="harmony", **asked), load_chorale(), seed)  # type: ignore[arg-type]


def sounding(idea: Idea, ticks: int) -> list[int]:
    return [tone.pitch for voice in idea.voices for tone in voice if tone.start_ticks <= ticks < tone.end_ticks]


@st.composite
def melodies(draw: st.DrawFn) -> Passage:
    """Tunes in a scale that go by steps and small leaps, in several meters and keys."""
    meter = draw(st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (5, 8), (2, 2)]))
    tonic, at = draw(st.integers(0, 11)), draw(st.integers(0, 6))
    long = draw(st.sampled_from([480, 960]))
    where = bars(2, *meter, key=Key(tonic=tonic, mode=draw(st.sampled_from(["major", "minor", "dorian"]))), first=3)
    found = []
    for _ in range(2 * where[0].length_ticks // long):
        at = max(0, min(10, at + draw(st.integers(-2, 2))))
        found.append(62 + tonic % 7 + 12 * (at // 7) + MAJOR[at % 7])
    return passage(tuple(found), where, long)


@PROBABLY
@given(where=melodies(), seed=st.integers(0, 99))
def test_the_melody_stays_and_the_others_are_in_the_bars_and_their_ranges(where: Passage, seed: int) -> None:
    found = ideas(where, seed, alternatives=1)
    assert found
    for idea in found:
        assert idea.voices[0] == melody_line(where.own, where.start_ticks, where.end_ticks)
        assert idea.tones == tuple(sorted(idea.tones))
        assert set(idea.tones) <= {tone for voice in idea.voices[1:] for tone in voice} | set(idea.tones)
        for voice, (low, high) in zip(idea.voices[1:], SATB[1:], strict=True):
            for tone in voice:
                assert low <= tone.pitch <= high
                assert where.start_ticks <= tone.start_ticks < tone.end_ticks <= where.end_ticks
            assert all(one.end_ticks <= other.start_ticks for one, other in pairwise(voice))
        assert idea.nats is not None
        assert idea.says


@PROBABLY
@given(where=melodies(), seed=st.integers(0, 99))
def test_the_same_request_gives_the_same_notes(where: Passage, seed: int) -> None:
    assert ideas(where, seed, alternatives=1) == ideas(where, seed, alternatives=1)


def test_settings_are_apart_and_called_by_different_names() -> None:
    found = ideas(passage())
    assert len(found) == 12
    assert len({idea.says for idea in found}) > 6
    assert all(distance(one, other) >= LEAST_DISTANCE for one, other in combinations(found, 2))


def test_rules_are_kept() -> None:
    for idea in ideas(passage()):
        assert len(violations(idea.voices, C)) <= 1


def test_it_ends_at_home() -> None:
    pitches = (64, 65, 67, 64, 65, 64, 62, 60)
    first = ideas(passage(pitches), alternatives=1)[0]
    assert first.chords[-1].root == 0
    assert "cadence" in first.says


@PROBABLY
@given(
    chords=st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from(["", "m", "7", "maj9", "sus4", "m7b5", "6", "5", "aug", "13"])),
        min_size=4,
        max_size=4,
    )
)
def test_the_chords_of_the_song_are_obeyed(chords: list[tuple[int, str]]) -> None:
    track = tuple(
        Chord(id=f"c{at}", start_ticks=at * 3840, length_ticks=3840, root=root, quality=quality)
        for at, (root, quality) in enumerate(chords)
    )
    for idea in ideas(passage(chords=track), alternatives=1):
        assert idea.chords == ()
        for at, chord in enumerate(track):
            # subtle: suspensions may hold tones of the chord before for half a beat, as may a melody note that rubs.
            settled = [[pitch % 12 for pitch in sounding(idea, at * 3840 + beat * 960)[1:]] for beat in range(4)]
            assert max(sum(one in chord_classes(chord) for one in lower) for lower in settled) >= 2


def test_a_pinned_chord_with_its_bass_is_there_and_comes_back() -> None:
    for idea in ideas(passage(), chord_pins=(ChordPin(bar=2, chord="Am7/G"),)):
        pinned = [chord for chord in idea.chords if str(chord) == "Am7/G"]
        assert [chord.start_ticks for chord in pinned] == [3840]
        assert min(sounding(idea, 3840 + 720)) % 12 == 7


@PROBABLY
@given(pitch=st.integers(40, 60), beat=st.sampled_from([1.0, 1.5, 2.0, 3.0]), beats=st.sampled_from([0.5, 1.0, 2.0]))
def test_a_pinned_note_is_there_exactly(pitch: int, beat: float, beats: float) -> None:
    pin = NotePin(bar=2, beat=beat, beats=beats, pitch=pitch)
    start, length = 3840 + round((beat - 1) * 960), round(beats * 960)
    for idea in ideas(passage(), note_pins=(pin,), alternatives=1):
        assert (start, length, pitch) in {tone[:3] for voice in idea.voices[1:] for tone in voice}
        assert (start, length, pitch) in {tone[:3] for tone in idea.tones}


@pytest.mark.parametrize(
    ("pin", "match"),
    [
        (NotePin(bar=9, beat=1, beats=1, pitch=50), "outside of the bars"),
        (NotePin(bar=2, beat=7, beats=1, pitch=50), "outside of the bars"),
        (NotePin(bar=4, beat=4, beats=9, pitch=50), "goes on behind the last bar"),
        (NotePin(bar=2, beat=1, beats=1, pitch=90), "above the melody"),
        (NotePin(bar=2, beat=1, beats=1, pitch=20), "fits no free voice"),
    ],
)
def test_impossible_pins_are_refused(pin: NotePin, match: str) -> None:
    with pytest.raises(RequestError, match=match):
        ideas(passage(), note_pins=(pin,))


def test_no_melody_and_no_bars() -> None:
    empty = passage((0, 0, 0, 0))
    assert ideas(empty) == ()
    pinned = ideas(empty, note_pins=(NotePin(bar=1, beat=2, beats=1, pitch=55),))
    assert [tone[:3] for tone in pinned[0].tones] == [(960, 960, 55)]
    with pytest.raises(RequestError, match="no bars"):
        ideas(Passage((), (), 100.0))


def test_too_much_at_once_is_refused() -> None:
    with pytest.raises(RequestError, match="fewer bars at a time"):
        ideas(passage((67,) * 2400))


@pytest.mark.parametrize("pitch", [30, 48, 60, 75, 96, 120])
def test_one_note(pitch: int) -> None:
    for idea in ideas(passage((pitch,))):
        assert idea.voices[0][0].pitch == pitch
        assert [len(voice) for voice in idea.voices] == [1, 1, 1, 1]


def test_notes_from_before_and_chords_in_the_melody() -> None:
    where = bars(2, first=2)
    own = (Tone(3000, 2000, 72), Tone(5760, 960, 67), Tone(5760, 960, 76), Tone(7000, 9999, 74))
    found = ideas(Passage(where, bars(4), 200.0, own=own), alternatives=1)
    assert [tone.pitch for tone in found[0].voices[0]] == [72, 76, 74]
    assert found[0].tones[0].start_ticks == 3840
    assert max(tone.end_ticks for tone in found[0].tones) == where[-1].end_ticks


@pytest.mark.parametrize("dial", ["density", "register", "mode", "valence", "tension"])
def test_dials_move_the_setting_their_way(dial: str) -> None:
    low, high = (ideas(passage(), alternatives=1, dials=Dials(**{dial: value}))[0] for value in (0.0, 1.0))

    def figure(idea: Idea) -> float:
        pitches = [tone.pitch for tone in idea.tones]
        minor = [chord.quality[:1] in ("m", "d") and chord.quality != "maj7" for chord in idea.chords]
        return {
            "density": len(pitches),
            "register": sum(pitches) / len(pitches),
            "mode": -sum(minor) / len(minor),
            "valence": -sum(minor) / len(minor),
            "tension": sum("7" in chord.quality for chord in idea.chords) / len(idea.chords),
        }[dial]

    assert figure(low) < figure(high)


def test_a_key_of_the_brief_holds_instead_of_the_songs() -> None:
    found = ideas(passage((69, 71, 72, 69, 68, 71, 69, 69)), key=Key(tonic=9, mode="minor"), alternatives=1)
    assert found[0].chords[-1].root == 9


@pytest.mark.parametrize(
    ("meter", "pulses"),
    [
        ((4, 4), 4),
        ((3, 4), 3),
        ((6, 8), 2),
        ((12, 8), 4),
        ((7, 8), 3),
        ((5, 8), 2),
        ((2, 2), 4),
        ((3, 8), 1),
        ((1, 4), 1),
    ],
)
def test_pulses(meter: tuple[int, int], pulses: int) -> None:
    bar = bars(1, *meter)[0]
    found = pulses_of(bar)
    assert len(found) == pulses
    assert found[0] == (0, 0)
    assert all(ticks < bar.length_ticks for ticks, _ in found)


def test_phrases_end_on_long_notes_and_before_rests() -> None:
    tones, at = [], 0
    for long in (960,) * 7 + (1920,) + (960,) * 6 + (2880,):
        tones.append(Tone(at, long, 67))
        at += long
    assert phrase_ends(tones, bars(5)) == (7, 14)
    assert phrase_ends((), ()) == ()


@PROBABLY
@given(where=melodies())
def test_slots_follow_each_other_and_cover_the_melody(where: Passage) -> None:
    line = melody_line(where.own, where.start_ticks, where.end_ticks)
    slots = slots_of(line, where.bars)
    assert slots[0].start == line[0].start_ticks
    assert slots[-1].end == line[-1].end_ticks
    assert all(one.end == other.start for one, other in pairwise(slots))
    assert all(slot.start < slot.middle < slot.end for slot in slots)
    assert all(abs(sum(slot.shares) - 1000) <= 6 for slot in slots)
