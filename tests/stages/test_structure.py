from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest
from msgspec.structs import replace

from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.harmony import Section
from bandmate.song.moves import apply
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Automation, AutomationPoint, Track
from bandmate.sound.onsets import OnsetMeter, Onsets
from bandmate.stages.structure import Structure, structure_of
from bandmate.stages.structure_moves import structure_moves, why_not
from tests.sound.rhythms import RATE_HZ, beat_times, between, drums, rows, sounding

Reals = npt.NDArray[np.float64]
HOP_SECONDS = 0.1
RNG_SEED = 11


def recorded(seconds: float, names: tuple[str, ...] = ("drums",)) -> Song:
    """A song of recordings without any musical time."""
    clip = AudioClip(id="c", audio="0" * 64, source_frames=round(seconds * 48_000), source_rate_hz=48_000)
    return Song(rate_hz=48_000, tracks=tuple(Track(id=name, clips=(clip,)) for name in names))


def heard(hits: list[tuple[Reals, float, float]], seconds: float) -> Onsets:
    return Onsets(*rows(hits, seconds))


def found_in(
    hits: list[tuple[Reals, float, float]], seconds: float, power: Mapping[str, npt.NDArray[np.float32]] | None = None
) -> Structure:
    return structure_of(recorded(seconds), {"drums": heard(hits, seconds)}, power or {}, hop_seconds=HOP_SECONDS)


def share_hit(truth: Reals, found: tuple[float, ...], reach: float = 0.03) -> float:
    return float((np.abs(truth[:, None] - np.array(found)).min(axis=1) <= reach).mean())


@pytest.mark.parametrize("bpm", [72.0, 90.0, 120.0, 140.0, 174.0])
def test_drums_have_their_tempo_beats_and_bars(bpm: float) -> None:
    truth = beat_times(bpm, 96, start=0.03)
    found = found_in(drums(truth), truth[-1] + 0.3)
    assert found.source == "audio"
    assert found.bpm == pytest.approx(bpm, abs=0.05)
    assert found.is_steady
    assert share_hit(truth, found.beat_seconds) > 0.97


def test_kicks_say_where_bars_begin_up_to_half_a_bar() -> None:
    truth = beat_times(104.0, 96, start=0.03)
    found = found_in(drums(truth), truth[-1] + 0.3)
    strong = truth[0::2]
    assert found.beats_per_bar == 4
    assert share_hit(np.array(found.bar_seconds[1:]), tuple(strong)) > 0.97


def test_three_in_a_bar() -> None:
    truth = beat_times(132.0, 120, start=0.02)
    found = found_in(drums(truth, per_bar=3), truth[-1] + 0.3)
    assert found.bpm == pytest.approx(132.0, abs=0.1)
    assert found.beats_per_bar == 3
    assert share_hit(truth, found.beat_seconds) > 0.97


def test_swung_eighths_are_no_other_tempo() -> None:
    truth = beat_times(110.0, 96, start=0.03)
    found = found_in(drums(truth, off_beat=0.66), truth[-1] + 0.3)
    assert found.bpm == pytest.approx(110.0, abs=0.1)
    assert share_hit(truth, found.beat_seconds) > 0.97


def test_a_band_that_sways_is_followed() -> None:
    truth = beat_times(96.0, 120, drift=0.06)
    found = found_in(drums(truth), truth[-1] + 0.3)
    assert not found.is_steady
    assert found.bpm == pytest.approx(96.0, rel=0.03)
    assert share_hit(truth, found.beat_seconds, 0.05) > 0.9
    assert structure_moves(recorded(truth[-1]), found) == ()
    assert "not steady" in why_not(recorded(truth[-1]), found)


def test_beats_in_sound_have_no_lead_or_lag() -> None:
    truth = beat_times(126.0, 64, start=0.25)
    samples = sounding(drums(truth), truth[-1] + 0.4)
    meter = OnsetMeter(RATE_HZ, 1)
    meter.feed(samples)
    found = structure_of(recorded(truth[-1] + 0.4), {"drums": meter.result()}, {}, hop_seconds=HOP_SECONDS)
    nearest = np.array(found.beat_seconds)[np.abs(truth[:, None] - np.array(found.beat_seconds)).argmin(axis=1)]
    assert found.bpm == pytest.approx(126.0, abs=0.05)
    assert np.abs(nearest - truth).max() < 0.012
    assert abs(np.median(nearest - truth)) < 0.006


@pytest.mark.parametrize("kind", ["noise", "silence", "short", "sparse"])
def test_no_pulse_no_bars(kind: str) -> None:
    rng = np.random.default_rng(RNG_SEED)
    strength = {
        "noise": rng.exponential(1.0, 6_000),
        "silence": np.zeros(6_000),
        "short": np.where(np.arange(300) % 50 == 0, 10.0, 0.1),
        "sparse": np.where(rng.random(6_000) < 0.01, rng.uniform(3, 12, 6_000), 0.1),
    }[kind].astype(np.float32)
    seconds = len(strength) * 0.01
    found = structure_of(recorded(seconds), {"drums": Onsets(strength, strength)}, {}, hop_seconds=HOP_SECONDS)
    assert found.bpm is None
    assert found.source == "none"
    assert found.bar_seconds == ()
    assert found.bar_at(1.0) == 0
    assert found.bars_text(1.0, 2.5) == "0:01.0–0:02.5"
    assert structure_moves(recorded(seconds), found) == ()
    assert why_not(recorded(seconds), found) == "no pulse was heard that could be counted by"


def test_an_empty_song() -> None:
    found = structure_of(Song(), {}, {}, hop_seconds=HOP_SECONDS)
    assert found.sections == ()
    assert found.section_at(1.0) is None


def test_the_songs_own_tempo_wins() -> None:
    truth = beat_times(120.0, 64, start=0.0)
    own = replace(
        recorded(32.0),
        tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=90.0),)),
        meters=MeterMap(points=(MeterPoint(id="m", at_bar=1, numerator=3, denominator=4),)),
    )
    found = structure_of(own, {"drums": heard(drums(truth), 32.0)}, {}, hop_seconds=HOP_SECONDS)
    assert (found.source, found.bpm, found.beats_per_bar) == ("song", 90.0, 3)
    assert found.bar_seconds[:3] == (0.0, 2.0, 4.0)
    assert found.bars_text(2.0, 6.0) == "bars 2–3"
    assert found.bars_text(2.0, 3.9) == "bar 2"
    assert structure_moves(own, found) == ()


def test_written_notes_lie_on_the_songs_ticks() -> None:
    note = Note(id="n", start_ticks=0, length_ticks=960, pitch=60)
    written = Song(tracks=(Track(id="a", clips=(NoteClip(id="c", length_ticks=960 * 16, notes=(note,)),)),))
    found = structure_of(written, {}, {}, hop_seconds=HOP_SECONDS)
    assert (found.source, found.bpm, len(found.bar_seconds)) == ("song", 120.0, 4)


def test_a_moment_just_before_a_bar_line_is_in_the_new_bar() -> None:
    found = Structure(120.0, True, (0.0, 0.5), (0.0, 2.0, 4.0), 4, 1.0, 1.0, (), "audio")
    assert [found.bar_at(at) for at in (0.0, 1.9, 1.99, 2.0, 99.0)] == [1, 1, 2, 2, 3]
    assert found.bars_text(2.0, 4.0) == "bar 2"
    assert found.bars_text(0.5, 4.5) == "bars 1–3"


def band_power(bars: int, bar_seconds: float, plays: dict[str, list[int]]) -> dict[str, npt.NDArray[np.float32]]:
    """Power of tracks that play in some bars, in a band of their own each."""
    hops = round(bars * bar_seconds / HOP_SECONDS)
    made = {}
    for number, (name, where) in enumerate(plays.items()):
        power = np.full((31, hops), 1e-9, np.float32)
        for bar in where:
            span = slice(round(bar * bar_seconds / HOP_SECONDS), round((bar + 1) * bar_seconds / HOP_SECONDS))
            power[6 + 3 * number, span] = 1e-2
        made[name] = power
    return made


def test_sections_begin_where_tracks_come_in_and_come_again() -> None:
    verse, chorus = [*range(4, 12), *range(20, 28)], [*range(12, 20), *range(28, 36)]
    plays = {"drums": list(range(4, 36)), "bass": verse + chorus, "keys": list(range(36)), "choir": chorus}
    power = band_power(36, 2.0, plays)
    song = replace(recorded(72.0, tuple(plays)), tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=120.0),)))
    found = structure_of(song, {}, power, hop_seconds=HOP_SECONDS)
    assert [(s.letter, s.start_bar, s.bars) for s in found.sections] == [
        ("A", 1, 4),
        ("B", 5, 8),
        ("C", 13, 8),
        ("B", 21, 8),
        ("C", 29, 8),
    ]
    assert [s.name for s in found.sections] == ["intro", "verse?", "chorus?", "verse?", "chorus?"]
    section = found.section_at(30.0)
    assert section is not None
    assert section.letter == "C"
    levels = [s.loudness_db for s in found.sections]
    assert levels[2] is not None
    assert levels[1] is not None
    assert levels[2] > levels[1]


def test_music_that_does_not_change_is_one_section() -> None:
    power = band_power(40, 2.0, {"drums": list(range(40)), "bass": list(range(40))})
    song = replace(
        recorded(80.0, ("drums", "bass")), tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=120.0),))
    )
    found = structure_of(song, {}, power, hop_seconds=HOP_SECONDS)
    assert [(s.letter, s.name, s.bars) for s in found.sections] == [("A", "", 40)]


def test_the_musicians_sections_win() -> None:
    parts = (Section(id="a", name="Strophe", start_bar=1, bars=8), Section(id="b", name="Refrain", start_bar=9, bars=8))
    song = replace(recorded(32.0), sections=parts, tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=120.0),)))
    found = structure_of(song, {}, band_power(16, 2.0, {"drums": list(range(16))}), hop_seconds=HOP_SECONDS)
    assert [(s.letter, s.name, s.start_seconds, s.end_seconds) for s in found.sections] == [
        ("A", "Strophe", 0.0, 16.0),
        ("B", "Refrain", 16.0, 32.0),
    ]


def test_an_hour_of_bars_is_cut_without_a_square_of_memory() -> None:
    bars = 1_800
    power = band_power(bars, 2.0, {"drums": list(range(bars)), "bass": [bar for bar in range(bars) if bar // 16 % 2]})
    song = recorded(3_600.0, ("drums", "bass"))
    song = replace(song, tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=120.0),)))
    found = structure_of(song, {}, power, hop_seconds=HOP_SECONDS)
    assert len(found.sections) == pytest.approx(bars / 16, abs=2)


@pytest.mark.parametrize("lead_beats", [0.0, 0.05, 0.4, 0.7, 1.0, 2.0, 3.5, 3.97, 6.5])
@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_the_moves_put_bar_lines_where_they_were_heard(lead_beats: float, beats_per_bar: int) -> None:
    beat, bar = 60 / 117.3, beats_per_bar * 60 / 117.3
    first = lead_beats % beats_per_bar * beat
    lines = np.arange(first, 60.0, bar)
    bars = (0.0, *(lines[1:] if first < 0.75 * beat else lines))
    found = Structure(117.3, True, (), tuple(map(float, bars)), beats_per_bar, 0.95, 0.9, (), "audio")
    song = recorded(60.0)
    moves = structure_moves(song, found)
    assert all(move.because for move in moves)
    made = apply(song, moves)
    after = structure_of(made, {}, {}, hop_seconds=HOP_SECONDS)
    assert after.source == "song"
    assert np.array(after.bar_seconds[: len(bars)]) == pytest.approx(np.array(bars), abs=0.002)
    assert apply(song, moves, 0.0) is song


def test_moves_need_a_song_without_ticks() -> None:
    found = Structure(120.0, True, (), tuple(np.arange(0.0, 60.0, 2.0)), 4, 0.95, 0.9, (), "audio")
    song = recorded(60.0)
    assert [move.address for move in structure_moves(song, found)] == ["tempo"]
    point = AutomationPoint(id="p", at_ticks=0, value=-3.0)
    ride = Automation(id="r", parameter="gain_db", points=(point,))
    automated = replace(song, tracks=(replace(song.tracks[0], automation=(ride,)),))
    assert structure_moves(automated, found) == ()
    assert "lies on its ticks" in why_not(automated, found)
    unsure = Structure(120.0, True, (), found.bar_seconds, 4, 0.6, 0.9, (), "audio")
    assert structure_moves(song, unsure) == ()
    assert "only 60% sure" in why_not(song, unsure)


def test_every_number_of_a_reason_is_evidence() -> None:
    truth = beat_times(120.0, 128, start=0.02)
    power = band_power(32, 2.0, {"drums": list(range(32)), "bass": list(range(8, 16))})
    song = recorded(64.0, ("drums", "bass"))
    found = structure_of(song, {"drums": heard(drums(truth), 64.0)}, power, hop_seconds=HOP_SECONDS)
    moves = structure_moves(song, found)
    assert {move.address.split("/")[0] for move in moves} >= {"tempo"}
    for move in moves:
        values = [v for one in move.evidence for v in (one.before, one.after, one.target) if v is not None]
        said = [
            float(word.strip("s;,")) for word in move.because.split() if word.strip("s;,").replace(".", "").isdigit()
        ]
        assert all(any(abs(number - value) < 0.006 for value in values) for number in said), move.because


def test_off_beats_alone_do_not_crash() -> None:
    truth = beat_times(112.0, 64)
    found = found_in([(between(truth, 0.5), 10.0, 0.0)], truth[-1] + 0.3)
    assert found.bpm is not None
