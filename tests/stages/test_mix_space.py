"""Too much room is found on what cannot stop, too little only where there is none at all; forecasts hold."""

from __future__ import annotations

import re

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import Delay, Gate, Plugin, Reverb
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import apply
from bandmate.song.song import Song
from bandmate.song.time import TempoMap, TempoPoint
from bandmate.song.tracks import Bus
from bandmate.sound.decay import fall_seconds
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.family import Family
from bandmate.stages.mix.roles import Guess
from bandmate.stages.mix.room_design import ROOM_BELOW_MIX_DB, echo_bus, room_bus
from bandmate.stages.mix.room_family import TOO_LITTLE_ROOM
from bandmate.stages.mix.room_return import NOTHING_DB, room_below_mix_db
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.space_family import TOO_MUCH_ROOM
from bandmate.stages.mix.space_tails import USUAL_SECONDS, longest_usual_seconds, usual_seconds
from bandmate.stages.mix.trial import Trial, tried
from tests.stages.stems import RATE_HZ, band, hits, noise, phrases, stems, tone

Reals = np.ndarray


def voice() -> Reals:
    return 0.14 * tone(494.0, 12) * phrases(1.1, 0.9)


def horns() -> Reals:
    return 0.1 * tone(330.0, 10) * phrases(0.6, 1.4)


def snare() -> Reals:
    return 0.3 * hits(1.0, 0.03, 0.5) * noise(2, 180, 8000)


def in_a_hall(samples: Reals, seconds: float = 1.8, wet_db: float = -1.0) -> Reals:
    """The sound with decaying noise behind it, as much below it as is said."""
    length = round(seconds * RATE_HZ)
    tail = np.random.default_rng(3).standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    size = 1 << (len(samples) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[: len(samples)]
    return samples + wet * np.sqrt(np.mean(samples**2) / np.mean(wet**2)) * 10 ** (wet_db / 20)


def dry_band() -> dict[str, Reals]:
    made = {name: samples for name, samples in stems().items() if name in ("Kick", "Bass", "Keys")}
    return {**made, "Take A": voice(), "Horns": horns()}


def session_of(recordings: dict[str, Reals]) -> Session:
    return heard(*band(recordings))


def heard(song: Song, ears: Ears) -> Session:
    voices = tuple(replace(t, role="lead-vox") if t.name == "Take A" else t for t in song.tracks)
    session = Session(replace(song, tracks=voices), ears, MixBrief())
    session.listen()
    return session


def trial_of(session: Session, family: Family, finding: Finding, number: int = 0) -> tuple[Trial, Evidence]:
    trial = tried(session, family, finding, family.answers(session, finding)[number])
    assert isinstance(trial, Trial), trial
    figure = trial.moves[0].evidence[0]
    assert figure.before is not None and figure.after is not None and figure.predicted is not None
    assert figure.before - figure.predicted == pytest.approx(figure.before - figure.after, rel=0.2)
    for said, evidence in ((finding.sentence, finding.evidence), (trial.moves[0].because, trial.moves[0].evidence)):
        facts = [abs(v) for e in evidence for v in (e.before, e.after, e.target) if v is not None]
        for digits in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", said):
            decimals = len(digits.partition(".")[2])
            assert any(f"{fact:.{decimals}f}" == digits for fact in facts), f"{digits} in: {said}"
    assert not re.search(r"\d", finding.hint)
    return trial, figure


def test_dry_tracks_have_not_too_much_room() -> None:
    assert TOO_MUCH_ROOM.find(session_of({"Take A": voice(), "Snare": snare(), "Horns": horns()})) == []


@pytest.mark.parametrize("name", ["Take A", "Snare"])
def test_a_hall_on_one_track_is_found_and_taken_back(name: str) -> None:
    made = {"Take A": voice(), "Snare": snare()}
    session = session_of({**made, name: in_a_hall(made[name])})
    (finding,) = TOO_MUCH_ROOM.find(session)
    assert finding.kind == "too-much-room" and finding.tracks == (name.lower().replace(" ", "-"),)
    trial, _ = trial_of(session, TOO_MUCH_ROOM, finding)
    assert isinstance(trial.moves[0].after, Gate)
    before, after = (s.loudness_lufs(finding.tracks[0]) for s in (session, trial.session))
    assert after == pytest.approx(before, abs=0.7)


def test_what_rings_by_itself_is_not_judged() -> None:
    assert TOO_MUCH_ROOM.find(session_of({"Piano": in_a_hall(voice()), "Pad": in_a_hall(horns())})) == []


def test_a_dry_mix_gets_a_room_as_loud_as_foretold() -> None:
    session = session_of(dry_band())
    (finding,) = TOO_LITTLE_ROOM.find(session)
    assert finding.kind == "too-little-room" and finding.evidence[0].before == NOTHING_DB
    trial, figure = trial_of(session, TOO_LITTLE_ROOM, finding)
    assert figure.after == pytest.approx(ROOM_BELOW_MIX_DB, abs=1.0)
    assert figure.predicted == pytest.approx(figure.after, abs=1.0)
    bus, *sends = trial.moves
    assert bus.address == "buses/room" and isinstance(bus.after, Bus)
    assert {move.address for move in sends} == {f"tracks/{i}/sends/room" for i in ("keys", "take-a", "horns")}
    assert TOO_LITTLE_ROOM.find(trial.session) == []


def test_an_echo_on_the_lead_is_the_other_answer() -> None:
    session = session_of(dry_band())
    (finding,) = TOO_LITTLE_ROOM.find(session)
    trial, _ = trial_of(session, TOO_LITTLE_ROOM, finding, 1)
    assert [move.address for move in trial.moves] == ["buses/echo", "tracks/take-a/sends/echo"]


def test_a_mix_with_some_room_gets_none() -> None:
    recordings = dry_band()
    recordings["Take A"] = in_a_hall(recordings["Take A"], 0.35, -24.0)
    assert TOO_LITTLE_ROOM.find(session_of(recordings)) == []


def test_few_tracks_get_no_room() -> None:
    assert TOO_LITTLE_ROOM.find(session_of({"Take A": voice(), "Horns": horns()})) == []


@pytest.mark.parametrize(
    "device",
    [Reverb(id="r"), Delay(id="d"), Plugin(id="p", format="vst3", identifier="x", name="Plate")],
    ids=["reverb", "delay", "plugin"],
)
def test_a_song_that_has_a_room_gets_no_other(device: Reverb | Delay | Plugin) -> None:
    song, ears = band(dry_band())
    song = replace(song, buses=(Bus(id="own", inserts=(device,)),))
    assert TOO_LITTLE_ROOM.find(heard(song, ears)) == []


def test_room_and_echo_are_in_time_at_any_tempo_of_the_song() -> None:
    song, ears = band(dry_band())
    for bpm in (60.0, 97.0, 180.0):
        session = heard(replace(song, tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=bpm),))), ears)
        _, echo = echo_bus(session)
        _, room = room_bus(session)
        assert echo.length_ticks == 720
        assert room.decay_seconds == pytest.approx(min(max(180.0 / bpm, 0.8), 2.2), abs=0.01)


def test_a_bus_is_heard_anew_only_when_what_feeds_it_changes() -> None:
    song, ears = band(dry_band())
    session = heard(song, ears)
    (finding,) = TOO_LITTLE_ROOM.find(session)
    sent = apply(song, TOO_LITTLE_ROOM.answers(session, finding)[0].moves)
    first = ears.bus(sent, "room")
    kick = replace(sent, tracks=tuple(replace(t, gain_db=-3.0) if t.id == "kick" else t for t in sent.tracks))
    softer = replace(sent, tracks=tuple(replace(t, gain_db=-20.0) if t.id == "take-a" else t for t in sent.tracks))
    assert ears.bus(kick, "room") == first
    assert ears.bus(softer, "room") != first


def test_a_silent_mix_has_no_room_to_speak_of() -> None:
    session = session_of({"Take A": np.zeros(RATE_HZ)})
    assert room_below_mix_db(session) is None
    assert TOO_LITTLE_ROOM.find(session) == [] and TOO_MUCH_ROOM.find(session) == []


@pytest.mark.parametrize("seconds", [0.1, 0.3, 1.2])
def test_falls_take_as_long_as_they_were_made(seconds: float) -> None:
    """A level that falls by 60 dB within a time falls by 20 dB in a third of it, 3 dB of which are the top."""
    clock = np.arange(200) * 0.01
    power = np.tile(10 ** (-6 * np.maximum(clock - 0.5, 0) / seconds) + 1e-9, 5)
    falls = fall_seconds(power, 0.01, 20.0)
    assert len(falls) >= 4
    assert np.median(falls) == pytest.approx(seconds * 17 / 60, abs=0.015)


@pytest.mark.parametrize(
    "power", [np.zeros(0), np.zeros(2), np.zeros(500), np.full(500, 0.1)], ids=["empty", "short", "silence", "tone"]
)
def test_what_does_not_fall_has_no_falls(power: Reals) -> None:
    assert len(fall_seconds(power, 0.01, 20.0)) == 0


def test_what_a_track_may_be_says_how_long_it_may_ring() -> None:
    snare = Guess("snare", 0.9, "", (("snare", 0.9), ("piano", 0.1)))
    assert usual_seconds(snare) == ((USUAL_SECONDS["snare"], 0.9),)
    open_one = Guess("unknown", 0.4, "", (("lead-vox", 0.4), ("woodwind", 0.2), ("piano", 0.2)))
    assert longest_usual_seconds(open_one) == max(USUAL_SECONDS["lead-vox"], USUAL_SECONDS["woodwind"])
    assert sum(share for _, share in usual_seconds(open_one)) == pytest.approx(0.6)
    for rings in (Guess("piano", 0.6, "", (("piano", 0.6), ("snare", 0.4))), Guess("unknown", 0.0, "")):
        assert usual_seconds(rings) == () and longest_usual_seconds(rings) is None
