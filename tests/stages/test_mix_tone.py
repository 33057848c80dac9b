"""Rings, bumps, hum, noise, sibilance and rumble: planted, they are found and answered as foretold; clean is clean."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy.signal import lfilter

from bandmate.song.devices import DeEsser, Equalizer, Gate
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.stages.mix import session as sessions
from bandmate.stages.mix.boxiness import BOXINESS
from bandmate.stages.mix.family import Family
from bandmate.stages.mix.harshness import HARSHNESS
from bandmate.stages.mix.hum import HUM, KEEPS_LOWS, is_of_mains
from bandmate.stages.mix.noise import NOISE
from bandmate.stages.mix.resonance import RESONANCE
from bandmate.stages.mix.roles import Guess
from bandmate.stages.mix.rumble_moves import RUMBLE
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.sibilance import SIBILANCE, voice_share
from bandmate.stages.mix.tone_bump import Bends, bell_db, bump_at
from bandmate.stages.mix.tone_floor import noise_floor
from tests.stages.sessions import first_trial, heard
from tests.stages.stems import RATE_HZ, SECONDS, hits, noise, phrases, stems, times, tone

Reals = np.ndarray
Spoil = Callable[[Reals], Reals]

FAMILIES = (RUMBLE, HUM, NOISE, RESONANCE, HARSHNESS, BOXINESS, SIBILANCE)


def floor(dbfs: float = -78.0, seed: int = 5) -> Reals:
    return 10 ** (dbfs / 20) * np.random.default_rng(seed).standard_normal(len(times()))


@cache
def melody(*notes_hz: float, each_seconds: float = 0.5) -> Reals:
    """Notes in turn, each with overtones."""
    turn = (times() / each_seconds).astype(int) % len(notes_hz)
    return sum((turn == k) * tone(freq_hz, 10) for k, freq_hz in enumerate(notes_hz))


@cache
def voice() -> Reals:
    """A voice in a room of its own: phrases, rests, a soft floor."""
    return 0.14 * melody(262.0, 294.0, 330.0, 392.0, 349.0) * phrases(2.0, 1.2) + floor()


def consonants(dbfs: float) -> Reals:
    """A sharp consonant at the start of every phrase and in its middle."""
    shape = (times() % 1.6 < 0.09).astype(float)
    return 10 ** (dbfs / 20) * 4 * noise(8, 5_200, 9_500) * np.convolve(shape, np.hanning(441) / 220, mode="same")


def bell(sound: Reals, freq_hz: float, gain_db: float, q: float) -> Reals:
    """A peak of an equalizer, by the cookbook, apart from our own filters."""
    root, turn = 10 ** (gain_db / 40), 2 * np.pi * freq_hz / RATE_HZ
    alpha = np.sin(turn) / (2 * q)
    top = [1 + alpha * root, -2 * np.cos(turn), 1 - alpha * root]
    return np.asarray(lfilter(top, [1 + alpha / root, -2 * np.cos(turn), 1 - alpha / root], sound))


def mains(freq_hz: float, dbfs: float) -> Reals:
    lines = ((1, 1.0), (2, 0.5), (3, 0.7), (4, 0.2), (5, 0.4))
    return 10 ** (dbfs / 20) * sum(level * np.sin(2 * np.pi * freq_hz * k * times() + k) for k, level in lines)


def all_findings(session: Session) -> list[Finding]:
    return [finding for family in FAMILIES for finding in family.find(session)]


def moved(session: Session, family: Family) -> tuple[Finding, Move]:
    """The one finding of a family, which must be the only one of all, and the first move that answers it."""
    (finding,) = all_findings(session)
    assert finding.kind in family.kinds
    move = first_trial(session, family, finding).moves[0]
    assert_numbers_are_evidence(finding.sentence, finding.evidence)
    assert_numbers_are_evidence(move.because, move.evidence)
    assert not re.search(r"\d", finding.hint.replace("Audio 07", ""))
    return finding, move


def assert_numbers_are_evidence(text: str, evidence: tuple) -> None:
    facts = [abs(v) for e in evidence for v in (e.before, e.after, e.target, e.predicted) if v is not None]
    for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", text.replace("Audio 07", "")):
        decimals = len(number.partition(".")[2])
        assert any(f"{fact:.{decimals}f}" == number for fact in facts), f"{number} in: {text}"


def test_clean_tracks_have_no_fault() -> None:
    recorded = {name: samples + floor(-80.0, seed) for seed, (name, samples) in enumerate(stems().items())}
    assert all_findings(heard(recorded)) == []
    assert all_findings(heard(stems())) == []
    assert all_findings(heard({"Vocal": voice() + consonants(-30.0)})) == []


@pytest.mark.parametrize("freq_hz, gain_db, q", [(740.0, 13.0, 22.0), (1_480.0, 16.0, 28.0), (2_600.0, 11.0, 18.0)])
def test_a_ring_is_found_where_it_is_and_cut(freq_hz: float, gain_db: float, q: float) -> None:
    session = heard({"Vocal": bell(voice(), freq_hz, gain_db, q)})
    finding, move = moved(session, RESONANCE)
    assert isinstance(move.after, Equalizer)
    (band,) = move.after.bands
    assert band.freq_hz == pytest.approx(freq_hz, rel=0.012)
    assert -8.0 <= band.gain_db <= -5.0 and 9.0 <= band.q <= 32.0
    assert finding.low_hz is not None and finding.low_hz < freq_hz < (finding.high_hz or 0.0)
    figure = move.evidence[0]
    assert figure.before is not None and figure.after is not None and figure.predicted is not None
    assert abs(figure.predicted - figure.after) < 0.12 * (figure.before - figure.after)


def test_a_note_that_is_played_all_the_time_is_no_ring() -> None:
    drone = 0.1 * tone(392.0, 3) * phrases(2.0, 1.2)
    assert all_findings(heard({"Vocal": voice() + drone})) == []


def test_a_ring_on_a_track_that_hums_is_found() -> None:
    session = heard({"Guitar": bell(voice(), 2_166.0, 15.0, 22.0) + mains(60.0, -50.0)})
    (finding,) = RESONANCE.find(session)
    assert finding.evidence[1].before == pytest.approx(2_166.0, rel=0.012)
    assert is_of_mains(session.closeup("guitar"), 180.5)


def test_a_second_ring_gets_a_device_of_its_own() -> None:
    session = heard({"Vocal": bell(bell(voice(), 740.0, 14.0, 24.0), 2_600.0, 13.0, 20.0)})
    first, second = RESONANCE.find(session)
    trial = first_trial(session, RESONANCE, first)
    again = first_trial(trial.session, RESONANCE, second)
    assert trial.moves[0].address != again.moves[0].address


@pytest.mark.parametrize(
    "family, kind, freq_hz, q",
    [
        (HARSHNESS, "harshness", 3_400.0, 1.2),
        (BOXINESS, "boxiness", 450.0, 1.3),
        (BOXINESS, "mud", 215.0, 1.0),
        (BOXINESS, "nasality", 1_300.0, 1.2),
    ],
)
def test_a_broad_bump_is_found_named_and_cut(family: Family, kind: str, freq_hz: float, q: float) -> None:
    session = heard({"Guitar": bell(voice(), freq_hz, 8.5, q)})
    finding, move = moved(session, family)
    assert finding.kind == kind
    assert isinstance(move.after, Equalizer)
    assert np.log2(move.after.bands[0].freq_hz / freq_hz) == pytest.approx(0.0, abs=0.35)
    assert -7.0 <= move.after.bands[0].gain_db <= -4.0


def test_a_bump_below_the_lowest_note_counts_for_what_it_raises() -> None:
    (finding,) = all_findings(heard({"Guitar": bell(voice(), 190.0, 8.5, 1.0)}))
    assert finding.kind == "mud"


def test_a_small_bump_is_taste() -> None:
    assert all_findings(heard({"Guitar": bell(voice(), 3_400.0, 2.5, 1.2)})) == []


def test_without_a_floor_nothing_is_said_of_tone() -> None:
    gated = np.where(np.abs(voice()) > 1e-3, voice(), 0.0) * (phrases(2.0, 1.2) > 0.5)
    session = heard({"Guitar": bell(gated, 3_400.0, 8.5, 1.2) * (phrases(2.0, 1.2) > 0.5)})
    assert not noise_floor(session.closeup("guitar")).in_rests
    assert all_findings(session) == []


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_hum_is_notched(mains_hz: float) -> None:
    session = heard({"Guitar": voice() + mains(mains_hz, -50.0)})
    finding, move = moved(session, HUM)
    assert isinstance(move.after, Equalizer)
    assert [band.freq_hz / mains_hz for band in move.after.bands] == [1, 2, 3, 4, 5]
    assert finding.evidence[0].before == pytest.approx(-50.0, abs=4.0)


@pytest.mark.parametrize("dbfs", [-40.0, -55.0])
def test_what_notches_leave_of_a_hum_is_foretold(dbfs: float) -> None:
    session = heard({"Guitar": voice() + mains(60.0, dbfs)})
    (finding,) = HUM.find(session)
    figure = first_trial(session, HUM, finding).moves[0].evidence[0]
    assert figure.before is not None and figure.after is not None and figure.predicted is not None
    assert abs(figure.predicted - figure.after) < 0.1 * (figure.before - figure.after)


def test_the_notes_of_a_bass_are_no_hum_and_its_hum_is_not_notched() -> None:
    notes = 0.2 * melody(49.0, 61.7, 98.0, each_seconds=1.0)
    assert all_findings(heard({"Bass": notes + floor()})) == []
    session = heard({"Bass": notes * phrases(2.0, 2.0) + floor() + mains(50.0, -50.0)})
    (finding,) = HUM.find(session)
    assert session.guess("bass").role in KEEPS_LOWS
    for answer in HUM.answers(session, finding):
        assert isinstance(answer.moves[0].after, Gate)


def test_hiss_is_gated_where_the_track_rests() -> None:
    session = heard({"Vocal": voice() + floor(-48.0, 9)})
    _, move = moved(session, NOISE)
    assert isinstance(move.after, Gate)
    figure = move.evidence[0]
    assert figure.before is not None and figure.after is not None and figure.before - figure.after > 10.0


def test_hiss_under_something_that_never_rests_is_said_and_left_alone() -> None:
    playing = 0.14 * melody(262.0, 294.0, 330.0, 392.0) + floor(-46.0, 9)
    session = heard({"Guitar": playing})
    for finding in NOISE.find(session):
        assert NOISE.answers(session, finding) == ()


def test_sharp_consonants_are_de_essed_as_foretold() -> None:
    session = heard({"Vocal": voice() + consonants(-9.0)})
    _, move = moved(session, SIBILANCE)
    assert isinstance(move.after, DeEsser)


def test_a_voice_that_only_its_sound_tells_is_de_essed(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = (("backing-vox", 0.3), ("woodwind", 0.2), ("lead-vox", 0.1))
    monkeypatch.setattr(sessions, "role_of", lambda *rest: Guess("unknown", 0.3, "not clear", shares))
    finding, _ = moved(heard({"Audio 07": voice() + consonants(-9.0)}), SIBILANCE)
    assert 0.6 < (finding.confidence or 0.0) < 0.9


def test_what_is_sharp_all_the_time_is_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = (("hats", 0.4), ("lead-vox", 0.3))
    monkeypatch.setattr(sessions, "role_of", lambda *rest: Guess("unknown", 0.3, "not clear", shares))
    sharp = 0.1 * noise(8, 5_200, 9_500) * (times() % 1.0 < 0.3)
    assert list(SIBILANCE.find(heard({"Audio 07": voice() + sharp}))) == []


@pytest.mark.parametrize(
    "guess, low, high",
    [
        (Guess("lead-vox", 0.95, "its name"), 0.95, 0.95),
        (Guess("lead-guitar", 0.6, "its sound", (("lead-guitar", 0.6), ("lead-vox", 0.3))), 0.0, 0.0),
        (Guess("unknown", 0.3, "its sound", (("lead-vox", 0.3), ("backing-vox", 0.3))), 0.85, 0.95),
        (Guess("unknown", 0.3, "its sound", (("woodwind", 0.5), ("lead-vox", 0.05))), 0.2, 0.3),
        (Guess("unknown", 0.0, "it is silent"), 0.0, 0.0),
    ],
)
def test_what_is_likely_for_voices_counts_together(guess: Guess, low: float, high: float) -> None:
    assert low <= voice_share(guess) <= high


def test_only_voices_hiss() -> None:
    session = heard({"Guitar": voice() + consonants(-9.0)})
    assert [finding.kind for finding in all_findings(session) if finding.kind == "sibilance"] == []


def test_rumble_is_filtered_as_foretold_and_less_surely_for_an_unknown_role(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = voice() + 0.02 * noise(9, 20, 30)
    _, known = moved(heard({"Guitar": spoiled}), RUMBLE)
    monkeypatch.setattr(sessions, "role_of", lambda *rest: Guess("unknown", 0.3, "nothing stands out"))
    _, unknown = moved(heard({"Audio 07": spoiled}), RUMBLE)
    assert known.confidence is not None and unknown.confidence is not None
    assert known.address.endswith("rumble-filter") and unknown.confidence < known.confidence - 0.1


def test_a_kick_and_a_bass_do_not_rumble() -> None:
    kick = 0.5 * hits(0.5137, 0.09) * tone(50.0, 3) + floor()
    assert all_findings(heard({"Kick": kick, "Bass": 0.2 * melody(41.2, 55.0, 61.7) + floor()})) == []


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_any_rate_silence_and_one_second_are_answered(rate_hz: int) -> None:
    second = 0.1 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)
    recordings = {"Vocal": second, "Guitar": np.stack([second, second]), "Bass": np.zeros(rate_hz), "Keys": np.zeros(0)}
    assert all_findings(heard(recordings, rate_hz=rate_hz)) == []


def test_a_bump_is_measured_with_its_error() -> None:
    hz = 1000.0 * 10 ** (np.arange(-100, 101) / 80)
    bends = Bends(bend_db=2.0, octaves=1.2, point_db=1.0)
    rng = np.random.default_rng(1)
    line = -90 + 3 * np.log2(hz / 1000) + rng.standard_normal(len(hz))
    plain, raised = (bump_at(hz, curve, 1_000.0, 1.2, bends) for curve in (line, line + bell_db(hz, 1_000.0, 7.0, 1.2)))
    assert abs(plain.gain_db) < 2 * plain.error_db
    assert raised.gain_db - plain.gain_db == pytest.approx(7.0, abs=0.4)
    assert raised.error_db == pytest.approx(plain.error_db)


def test_the_floor_of_noise_is_its_level_and_notes_are_not_trusted() -> None:
    session = heard({"Vocal": voice()})
    found = noise_floor(session.closeup("vocal"))
    assert found.in_rests and found.share(200, 12_000) > 0.8
    expected = -78.0 + 10 * np.log10((16_000 - 250) / (RATE_HZ / 2))
    assert found.total_db(250.0, 16_000.0) == pytest.approx(expected, abs=1.0)
    assert SECONDS > 10
