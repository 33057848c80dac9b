"""Uneven phrases are ridden, uneven hits compressed, even playing is left alone; forecasts hold on the sound."""

from __future__ import annotations

import re

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import Compressor, Gate
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, apply
from bandmate.song.song import Song
from bandmate.song.time import TempoMap, TempoPoint
from bandmate.song.tracks import Automation, AutomationPoint
from bandmate.sound.compression_forecast import compressed_db, gated_db
from bandmate.sound.dynamics import CompressorProcessor, GateProcessor
from bandmate.sound.level_track import LevelTrackMeter
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.dynamics import UNEVEN_HITS, UNEVEN_PHRASES
from bandmate.stages.mix.dynamics_levels import hit_spread_db, hits_of, phrase_spread_db
from bandmate.stages.mix.dynamics_ride import MOST_DB, corners, ridden_db
from bandmate.stages.mix.dynamics_usual import ANYTHING, EVENNESS, at_most_db, limits_for, oddness, sureness, usual
from bandmate.stages.mix.family import Family
from bandmate.stages.mix.roles import Guess
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.trial import Trial, tried
from tests.stages.stems import RATE_HZ, SECONDS, band, noise, stems, times, tone

Reals = np.ndarray


def long(samples: Reals, count: int = 2) -> Reals:
    return np.tile(samples, count)


def sung() -> Reals:
    """Phrases of three seconds with a breath between them, 24 s long."""
    at = np.arange(round(2 * SECONDS * RATE_HZ)) / RATE_HZ
    sings = np.convolve((at % 4.0 < 3.2).astype(float), np.ones(882) / 882, mode="same")
    syllables = 0.75 + 0.25 * np.sin(2 * np.pi * 3.0 * at)
    return 0.14 * long(tone(494.0, 12), 2) * sings * syllables


def jumping(samples: Reals, size_db: float) -> Reals:
    """Every phrase of four seconds louder or softer."""
    steps = np.repeat([-0.5, 0.5, 0.5, -0.5, 0.5, -0.5], 4 * RATE_HZ)[: len(samples)] * size_db
    return samples * 10 ** (steps / 20)


def beaten(size_db: float, seed: int = 2, every_seconds: float = 0.5137) -> Reals:
    """Kick hits, each with a level of its own."""
    rng = np.random.default_rng(seed)
    phase = times() % every_seconds
    count = np.floor(times() / every_seconds).astype(int)
    found = []
    for _ in range(2):
        level = 10 ** (rng.uniform(-size_db, size_db, count[-1] + 1) / 20)
        found.append(0.25 * np.exp(-phase / 0.09) * tone(55.0, 3) * level[count])
    return np.concatenate(found)


def session_of(recordings: dict[str, Reals]) -> Session:
    song, ears = band(recordings)
    return heard(song, ears)


def heard(song: Song, ears: Ears) -> Session:
    tracks = tuple(replace(t, role="lead-vox") if t.name == "Take A" else t for t in song.tracks)
    session = Session(replace(song, tracks=tracks), ears, MixBrief())
    session.listen()
    return session


def trials(session: Session, family: Family) -> list[tuple[Trial, Evidence]]:
    found = []
    for finding in family.find(session):
        for answer in family.answers(session, finding):
            trial = tried(session, family, finding, answer)
            assert isinstance(trial, Trial), trial
            found.append((trial, trial.moves[0].evidence[0]))
    return found


def assert_forecast(figure: Evidence, within: float = 0.2) -> None:
    assert figure.before is not None and figure.after is not None and figure.predicted is not None
    change = figure.before - figure.after
    assert figure.before - figure.predicted == pytest.approx(change, rel=within)


def assert_numbers_are_evidence(said: str, evidence: tuple[Evidence, ...]) -> None:
    facts = [abs(v) for e in evidence for v in (e.before, e.after, e.target) if v is not None]
    for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", said):
        decimals = len(number.partition(".")[2])
        assert any(f"{fact:.{decimals}f}" == number for fact in facts), f"{number} in: {said}"


def test_even_playing_is_left_alone() -> None:
    session = session_of(
        {**{k: long(v) for k, v in stems().items() if k != "Pad"}, "Take A": sung(), "Kick 2": beaten(1.0)}
    )
    assert find_all(session) == []


def find_all(session: Session) -> list[str]:
    return [finding.id for family in (UNEVEN_PHRASES, UNEVEN_HITS) for finding in family.find(session)]


@pytest.mark.parametrize("size_db", [11.0, 13.0])
def test_jumping_phrases_are_ridden_as_foretold(size_db: float) -> None:
    session = session_of({"Take A": jumping(sung(), size_db)})
    (finding,) = UNEVEN_PHRASES.find(session)
    assert finding.kind == "uneven" and finding.tracks == ("take-a",) and finding.confidence > 0.5
    assert_numbers_are_evidence(finding.sentence, finding.evidence)
    assert not re.search(r"\d", finding.hint)
    (ride, figure), (compressor, second) = trials(session, UNEVEN_PHRASES)
    assert ride.moves[0].address == "tracks/take-a/automation/phrases"
    assert isinstance(compressor.moves[0].after, Compressor)
    assert figure.after is not None and figure.after < 0.55 * size_db
    assert_forecast(figure, 0.02)
    assert_forecast(second)
    assert_numbers_are_evidence(ride.moves[0].because, ride.moves[0].evidence)
    assert_numbers_are_evidence(compressor.moves[0].because, compressor.moves[0].evidence)


def test_a_ride_has_few_points_and_stays_in_bounds() -> None:
    session = session_of({"Take A": jumping(sung(), 16.0)})
    (ride, _), *_ = trials(session, UNEVEN_PHRASES)
    points = ride.moves[0].after.points
    assert len(points) <= 30
    assert max(abs(point.value) for point in points) <= MOST_DB


def test_a_ride_lies_on_the_music_at_any_tempo() -> None:
    song, ears = band({"Take A": jumping(sung(), 12.0)})
    fast = replace(song, tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=171.0),)))
    figures = [trials(heard(one, ears), UNEVEN_PHRASES)[0][1].after for one in (song, fast)]
    assert figures[0] == pytest.approx(figures[1], abs=0.1)


def test_a_track_that_is_ridden_already_is_not_ridden_again() -> None:
    song, ears = band({"Take A": jumping(sung(), 12.0)})
    own = Automation(id="mine", parameter="gain_db", points=(AutomationPoint(id="1", at_ticks=0, value=-1.0),))
    song = replace(song, tracks=(replace(song.tracks[0], automation=(own,)),))
    session = heard(song, ears)
    (finding,) = UNEVEN_PHRASES.find(session)
    assert all(isinstance(a.moves[0].after, Compressor) for a in UNEVEN_PHRASES.answers(session, finding))


def test_a_louder_second_half_is_no_fault() -> None:
    voice = sung()
    voice[len(voice) // 2 :] *= 10 ** (6 / 20)
    assert find_all(session_of({"Take A": voice})) == []


def test_jumping_hits_are_compressed_as_foretold() -> None:
    session = session_of({"Bass": beaten(6.0)})
    (finding,) = UNEVEN_HITS.find(session)
    assert_numbers_are_evidence(finding.sentence, finding.evidence)
    (compressor, figure), *_ = trials(session, UNEVEN_HITS)
    device = compressor.moves[0].after
    assert isinstance(device, Compressor) and device.ratio > 1.5
    assert_forecast(figure)
    before, after = session.hearing("bass").active_lufs, compressor.session.hearing("bass").active_lufs
    assert before is not None and after == pytest.approx(before, abs=1.0)
    again = heard(apply(session.song, compressor.moves), session.ears)
    assert list(UNEVEN_HITS.find(again)) == []


def test_accents_that_come_again_are_meant() -> None:
    level = np.array([1.0, 0.35, 0.6, 0.3, 1.0, 0.35, 0.5, 0.45])
    count = np.floor(times() / 0.25).astype(int)
    kick = 0.3 * np.exp(-(times() % 0.25) / 0.06) * tone(55.0, 3) * level[count % 8]
    assert find_all(session_of({"Kick": long(kick)})) == []


def test_whole_kits_and_unknown_tracks_are_never_called_uneven() -> None:
    assert find_all(session_of({"Drum Kit": beaten(8.0)})) == []
    assert usual("unknown") == ANYTHING


@pytest.mark.parametrize(
    "power",
    [np.zeros(0), np.zeros(500), np.ones(50), np.full(2000, 1e-3), np.eye(1, 500)[0]],
    ids=["empty", "silence", "short", "steady", "one hit"],
)
def test_nothing_to_speak_of_has_no_spread(power: Reals) -> None:
    assert hit_spread_db(hits_of(power), 0.01) is None
    assert phrase_spread_db(power[:100], 0.1) is None
    assert np.all(np.abs(ridden_db(power, 0.1)) < 1e-9)


def test_spreads_do_not_depend_on_the_level() -> None:
    power = np.square(beaten(6.0)[: 24 * RATE_HZ]).reshape(-1, 441).mean(axis=1)
    first, second = (hit_spread_db(hits_of(power * gain), 0.01) for gain in (1.0, 1e-4))
    assert first == pytest.approx(second, abs=1e-6)


def test_corners_keep_a_line_within_bounds() -> None:
    curve = np.cumsum(np.random.default_rng(5).standard_normal(400)) / 3
    kept = corners(curve, 0.5)
    line = np.interp(np.arange(400), kept, curve[kept])
    assert np.abs(line - curve).max() <= 0.5 and len(kept) < 200
    assert corners(np.zeros(0), 1.0) == []


@pytest.mark.parametrize("ratio, attack_ms, release_ms", [(2.0, 10.0, 120.0), (4.0, 3.0, 60.0), (6.0, 20.0, 250.0)])
def test_the_forecast_of_a_compressor_is_near_its_report(ratio: float, attack_ms: float, release_ms: float) -> None:
    sound = np.asarray(beaten(6.0), np.float32)[None]
    device = Compressor(id="c", threshold_dbfs=-22.0, ratio=ratio, attack_ms=attack_ms, release_ms=release_ms)
    processor = CompressorProcessor(device, rate_hz=RATE_HZ, channels=1)
    processor.process(sound)
    measured = processor.report()["mean_reduction_db"]
    assert compressed_db(peaks_of(sound), device, 0.01).mean() == pytest.approx(measured, abs=0.5)


def test_the_forecast_of_a_gate_is_near_its_report() -> None:
    sound = np.asarray(beaten(2.0) + 0.002 * long(noise(9, 100, 8000)), np.float32)[None]
    device = Gate(id="g", threshold_dbfs=-30.0, range_db=-20.0)
    processor = GateProcessor(device, rate_hz=RATE_HZ, channels=1)
    processor.process(sound)
    measured = processor.report()["mean_reduction_db"]
    assert gated_db(peaks_of(sound), device, 0.01).mean() == pytest.approx(measured, abs=0.7)


def peaks_of(sound: Reals) -> Reals:
    meter = LevelTrackMeter(RATE_HZ, sound.shape[0])
    meter.take(sound)
    return meter.result().peak


def test_silence_is_neither_compressed_nor_judged() -> None:
    assert not compressed_db(np.zeros(100, np.float32), Compressor(id="c"), 0.01).any()
    assert len(compressed_db(np.zeros(0, np.float32), Compressor(id="c"), 0.01)) == 0
    assert np.allclose(gated_db(np.zeros(100, np.float32), Gate(id="g", range_db=-12.0), 0.01), 12.0)


def test_more_spread_is_surer() -> None:
    limit = EVENNESS["lead-vox"].phrases_db
    assert limit is not None and sureness(limit, limit) == 0.5
    assert sureness(limit - 1, limit) < 0.5 < sureness(limit + 1, limit) < sureness(limit + 4, limit) < 1.0


def test_what_a_track_may_be_counts_as_far_as_it_is_likely() -> None:
    bass = Guess("bass", 0.9, "", (("bass", 0.9), ("drums", 0.1)))
    limits = limits_for(bass, of_phrases=True)
    assert at_most_db(limits, bass) == EVENNESS["bass"].phrases_db and sum(share for _, share in limits) < 0.91
    open_one = Guess("unknown", 0.4, "", (("lead-vox", 0.4), ("synth", 0.3), ("pad", 0.2)))
    by_sound = limits_for(open_one, of_phrases=True, only_heard=True)
    assert oddness(30.0, by_sound) == pytest.approx(0.8) and oddness(3.0, by_sound) < 0.01
    assert min(limit for limit, _ in by_sound) < at_most_db(by_sound, open_one) < max(limit for limit, _ in by_sound)
    assert at_most_db(by_sound, open_one) > at_most_db(limits_for(open_one, of_phrases=True), open_one)
    assert limits_for(Guess("drums", 0.9, "", (("drums", 0.9), ("bass", 0.1))), of_phrases=False) == ()
    assert limits_for(Guess("unknown", 0.0, ""), of_phrases=True) == ()


def test_a_half_strength_ride_is_half_a_ride() -> None:
    session = session_of({"Take A": jumping(sung(), 12.0)})
    (ride, _), *_ = trials(session, UNEVEN_PHRASES)
    move: Move = ride.moves[0]
    assert apply(session.song, move, 0.0) is session.song
