"""The brief in plain words: English and Russian, degree, negation, players, figures, and what is not understood."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.errors import RequestError
from bandmate.song.harmony import Key
from bandmate.stages.compose.brief import DIALS, GENRES, ChordPin, Dials
from bandmate.stages.compose.sketch_brief import SKETCH_PARTS, checked_brief
from bandmate.stages.compose.words import brief_from_words
from bandmate.stages.compose.words_table import forms, lookup, phrases, table


def turned(dials: Dials) -> dict[str, float]:
    return {name: value for name in DIALS if (value := getattr(dials, name)) is not None}


def test_the_example_of_the_brief() -> None:
    found = brief_from_words("slow hopeful verse, sparse piano")
    assert found.tempo_bpm is not None and found.tempo_bpm < 100
    assert turned(found.dials) == {"valence": 0.7, "mode": 0.6}
    assert found.part_dials == (("keys", Dials(density=0.2)),)
    assert (found.mood, found.section, found.programs, found.unknown) == ("hopeful", "verse", (("keys", 0),), ())
    sketch = found.sketch()
    assert sketch.wishes[0].part == "keys" and sketch.wishes[0].dials.density == 0.2
    brief = found.compose()
    assert (brief.part, brief.program, brief.section, brief.dials.density) == ("keys", 0, "verse", 0.2)


@pytest.mark.parametrize(
    ("words", "dial", "low", "high"),
    [
        ("busy", "density", 0.75, 0.85),
        ("very busy", "density", 0.9, 1.0),
        ("slightly busy", "density", 0.55, 0.7),
        ("a bit busy", "density", 0.55, 0.7),
        ("not too busy", "density", 0.25, 0.45),
        ("not busy", "density", 0.1, 0.3),
        ("less busy", "density", 0.2, 0.4),
        ("плотно", "density", 0.75, 0.85),
        ("очень плотная", "density", 0.9, 1.0),
        ("чуть плотнее", "density", 0.55, 0.7),
        ("не слишком плотный", "density", 0.25, 0.45),
        ("менее плотный", "density", 0.2, 0.4),
        ("спокойную", "arousal", 0.1, 0.3),
        ("весёлая", "valence", 0.8, 0.9),
        ("грустненько", "valence", 0.1, 0.2),
        ("тревожной", "tension", 0.75, 0.85),
        ("неожиданные", "surprise", 0.75, 0.85),
        ("синкопированный", "syncopation", 0.75, 0.85),
        ("простенький", "complexity", 0.1, 0.3),
        ("laid-back", "arousal", 0.1, 0.3),
        ("off the beat", "syncopation", 0.75, 0.85),
        ("высоко", "register", 0.75, 0.85),
        ("темного", "mode", 0.1, 0.3),
        ("too busy", "density", 0.2, 0.4),
        ("don't make it too busy", "density", 0.25, 0.45),
        ("слишком плотно", "density", 0.2, 0.4),
        ("попроще", "complexity", 0.1, 0.3),
        ("погромче", "arousal", 0.75, 0.85),
        ("потише", "arousal", 0.1, 0.3),
    ],
)
def test_words_turn_their_dial(words: str, dial: str, low: float, high: float) -> None:
    found = brief_from_words(words)
    assert found.unknown == ()
    assert low <= turned(found.dials)[dial] <= high


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("84 bpm", "tempo_bpm", 84.0),
        ("at 76.5 BPM", "tempo_bpm", 76.5),
        ("funk at 104", "tempo_bpm", 104.0),
        ("темп 120", "tempo_bpm", 120.0),
        ("120 ударов в минуту", "tempo_bpm", 120.0),
        ("16 bars", "bars", 16),
        ("a 12-bar blues", "bars", 12),
        ("sixteen bars", "bars", 16),
        ("thirty-two bars", "bars", 32),
        ("восемь тактов", "bars", 8),
        ("30 seconds", "seconds", 30.0),
        ("a 30-second clip", "seconds", 30.0),
        ("30s", "seconds", 30.0),
        ("1:30", "seconds", 90.0),
        ("2 min 30 s", "seconds", 150.0),
        ("3 minutes", "seconds", 180.0),
        ("полминуты", "seconds", 30.0),
        ("30 секунд", "seconds", 30.0),
        ("две минуты", "seconds", 120.0),
        ("3/4", "meter", (3, 4)),
        ("in 7/8", "meter", (7, 8)),
        ("a waltz", "meter", (3, 4)),
        ("на шесть восьмых", "meter", (6, 8)),
        ("in A minor", "key", Key(tonic=9, mode="minor")),
        ("in F#m", "key", Key(tonic=6, mode="minor")),
        ("Bb major", "key", Key(tonic=10)),
        ("in B flat major", "key", Key(tonic=10)),
        ("key of D", "key", Key(tonic=2)),
        ("E dorian", "key", Key(tonic=4, mode="dorian")),
        ("ля минор", "key", Key(tonic=9, mode="minor")),
        ("в до-диез миноре", "key", Key(tonic=1, mode="minor")),
        ("си бемоль мажор", "key", Key(tonic=10)),
        ("три варианта", "alternatives", 3),
        ("5 alternatives", "alternatives", 5),
        ("bossa nova", "genre", "latin"),
        ("лоу-фай", "genre", "lofi"),
        ("lo-fi hip hop", "genre", "lofi"),
        ("джазовый", "genre", "jazz"),
        ("daring", "daring", 0.75),
    ],
)
def test_figures_and_names(words: str, name: str, value: object) -> None:
    assert getattr(brief_from_words(words), name) == value


def test_adjectives_belong_to_their_player() -> None:
    found = brief_from_words("quiet, driving bass and busy drums, piano is high")
    parts = dict(found.part_dials)
    assert found.dials.arousal == 0.2
    assert parts["bass"].arousal == 0.8 and parts["drums"].density == 0.8 and parts["keys"].register == 0.8
    russian = dict(brief_from_words("редкое пианино и плотные барабаны").part_dials)
    assert russian["keys"].density == 0.2 and russian["drums"].density == 0.8


@pytest.mark.parametrize("words", ["without drums", "no drums", "без барабанов", "без ударных", "with no drums please"])
def test_who_does_not_play(words: str) -> None:
    found = brief_from_words(words)
    assert found.unknown == () and "drums" not in found.parts and "bass" in found.parts
    assert "drums" not in found.mentioned


def test_more_than_one_does_not_play_and_only_some_do() -> None:
    assert set(brief_from_words("без барабанов и баса").parts).isdisjoint({"drums", "bass"})
    assert set(brief_from_words("no drums or bass").parts).isdisjoint({"drums", "bass"})
    assert brief_from_words("only piano and bass").parts == ("bass", "keys")
    assert brief_from_words("solo piano").parts == ("keys",)
    assert brief_from_words("с барабанами").parts == ()


def test_sections_with_their_energy() -> None:
    found = brief_from_words("quiet verse, loud chorus, 16 bars")
    assert [(one.name, one.energy) for one in found.sections] == [("verse", 0.2), ("chorus", 0.8)]
    assert found.dials.arousal is None
    assert checked_brief(found.sketch()).bars == 16


def test_pins_and_what_is_nearest() -> None:
    found = brief_from_words("bar 3 is Fmaj7, dark techno")
    assert found.chord_pins == (ChordPin(bar=3, chord="Fmaj7"),)
    assert ("techno", "genre house, the nearest that is known") in found.understood


def test_what_is_not_understood_is_said() -> None:
    found = brief_from_words("a sad song about my grandmother's zeppelin, 900 bpm, 5/7")
    assert found.mood == "sad" and found.tempo_bpm is None and found.meter is None
    assert set(found.unknown) >= {"grandmother's", "zeppelin", "900"}
    assert "sad" in [words for words, _ in found.understood]


def test_contradictions_stay_with_the_dials() -> None:
    assert turned(brief_from_words("calm and energetic").dials)["arousal"] == 0.5
    assert turned(brief_from_words("very dark, happy").dials) == {"mode": 0.2, "valence": 0.55, "arousal": 0.6}


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="the brief is empty"):
        brief_from_words(text)


def test_a_novel_is_refused() -> None:
    with pytest.raises(RequestError, match="2001 letters; at most 2000"):
        brief_from_words("x" * 2001)


SOME = ["slow", "not", "very", "без", "и", "piano", "барабаны", "16 bars", "Am", ",", "verse", "sad", "x", "3/4", "0/0"]


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(SOME), min_size=1, max_size=12).map(" ".join))
def test_any_text_gives_a_brief(text: str) -> None:
    if not text.strip():
        return
    found = brief_from_words(text)
    assert found == brief_from_words(text)
    assert all(0 <= value <= 1 for value in turned(found.dials).values())
    assert found.sketch().parts == found.parts
    found.compose()


def test_the_table_is_sound() -> None:
    for row in table()["words"]:
        assert set(row.get("dials", {})) <= set(DIALS)
        assert all(abs(step) <= 0.4 for step in row.get("dials", {}).values())
    assert {row["genre"] for row in table()["genre"]} == set(GENRES)
    assert {row["part"] for row in table()["part"]} == {*SKETCH_PARTS, "chords"}
    exact, _ = phrases()
    for kind in ("words", "genre", "section", "part", "meter"):
        for row in table()[kind]:
            for form in forms(row.get("en", "")):
                plain = [word.rstrip("*") for word in form]
                entry, length = lookup(plain, 0)
                assert entry is not None and length == len(plain)
                assert entry.kind == kind, form
    assert len(exact) > 600
