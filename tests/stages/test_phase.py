"""Polarity, delay and comb between tracks of one source are found and mended; what is not one source is left alone."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import pytest
from msgspec.structs import replace
from scipy.signal import butter, sosfilt

from bandmate.render.media import MemoryMedia
from bandmate.song.clips import AudioClip
from bandmate.song.findings import Finding
from bandmate.song.moves import apply
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.values import slug
from bandmate.sound.audio import Audio
from bandmate.stages.ears import Ears
from bandmate.stages.mix import phase_pairs
from bandmate.stages.mix.brief import ASPECTS, MixBrief
from bandmate.stages.mix.phase_family import PHASE
from bandmate.stages.mix.phase_pairs import likely_pairs
from bandmate.stages.mix.phase_sum import lost_db
from bandmate.stages.mix.propose import propose_mix
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.trial import Trial, tried
from tests.stages.stems import HEARD, RATE_HZ, Reals, band, hits, noise, stems
from tests.stages.test_mix import addresses, assert_reason_rests_on_evidence

BRIEF = MixBrief(aspects=("phase",))


def session_of(recordings: dict[str, Reals], *, pans: dict[str, float] | None = None) -> Session:
    song, ears = band(recordings)
    pans = pans or {}
    song = replace(song, tracks=tuple(replace(track, pan=pans.get(track.name, 0.0)) for track in song.tracks))
    session = Session(song, ears, MixBrief())
    session.listen()
    return session


def found(recordings: dict[str, Reals], **settings: dict[str, float]) -> list[Finding]:
    return list(PHASE.find(session_of(recordings, **settings)))


def kinds(findings: list[Finding]) -> list[tuple[str, ...]]:
    return [(finding.kind, *finding.tracks) for finding in findings]


@cache
def snare() -> Reals:
    return stems()["Snare"]


def two_microphones(
    shift_frames: int, sign: float, *, names: tuple[str, str] = ("Snare", "Snare Bottom")
) -> dict[str, Reals]:
    recordings = stems()
    bottom = sign * 0.7 * np.roll(snare(), shift_frames) + 0.002 * noise(5, 100, 9000)
    del recordings["Snare"]
    return {**recordings, names[0]: 0.6 * snare(), names[1]: 0.6 * bottom}


def toned(samples: Reals, low_hz: float, high_hz: float) -> Reals:
    """As another microphone would have it: a wide bell of about 5 dB."""
    return samples + 0.8 * sosfilt(butter(1, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"), samples)


def test_a_microphone_that_is_upside_down_is_turned_over() -> None:
    song, ears = band(two_microphones(0, -1.0))
    proposal = propose_mix(song, BRIEF, ears=ears)
    assert addresses(proposal) == ["tracks/snare-bottom/polarity_inverted"]
    (move,) = proposal.moves
    assert move.after is True and move.evidence[0].before > 6.0 and move.evidence[0].after < 0.1
    assert move.finding == "polarity-snare-bottom-snare" and move.confidence > 0.9
    assert_reason_rests_on_evidence(move)
    assert propose_mix(apply(song, move), BRIEF, ears=ears).moves == ()


def test_a_microphone_that_is_late_is_lined_up_to_the_frame() -> None:
    late_frames = 66
    song, ears = band(two_microphones(late_frames, 1.0))
    proposal = propose_mix(song, BRIEF, ears=ears)
    assert addresses(proposal) == ["tracks/snare-bottom/delay_ms"]
    (move,) = proposal.moves
    assert round(move.after * RATE_HZ / 1000) == -late_frames
    assert_reason_rests_on_evidence(move)
    assert propose_mix(apply(song, move), BRIEF, ears=ears).moves == ()


def test_one_that_is_both_is_turned_and_lined_up_together() -> None:
    song, ears = band(two_microphones(150, -1.0))
    proposal = propose_mix(song, BRIEF, ears=ears)
    assert addresses(proposal) == ["tracks/snare-bottom/polarity_inverted", "tracks/snare-bottom/delay_ms"]
    assert len({move.finding for move in proposal.moves}) == 1
    assert propose_mix(apply(song, proposal.moves), BRIEF, ears=ears).moves == ()


def test_two_microphones_in_phase_are_left_alone() -> None:
    assert found(two_microphones(0, 1.0)) == []


def test_the_forecast_is_what_is_measured() -> None:
    for frames, sign in ((0, -1.0), (66, 1.0), (150, -1.0)):
        session = session_of(two_microphones(frames, sign))
        (finding,) = PHASE.find(session)
        for answer in PHASE.answers(session, finding):
            trial = tried(session, PHASE, finding, answer)
            if isinstance(trial, Trial):
                figure = trial.moves[0].evidence[0]
                assert figure.before - figure.predicted == pytest.approx(figure.before - figure.after, rel=0.2)


@pytest.mark.parametrize(
    ("late_ms", "kind"), [(0.2, "delay"), (0.5, "comb"), (2.0, "comb"), (9.0, "comb"), (15.0, "delay")]
)
def test_a_comb_is_a_delay_whose_notches_are_heard(late_ms: float, kind: str) -> None:
    (finding,) = found(two_microphones(round(late_ms * RATE_HZ / 1000), 1.0))
    assert finding.kind == kind and finding.tracks == ("snare-bottom", "snare")
    assert (finding.evidence[-1].unit == "Hz") is (kind == "comb")


def test_a_room_or_a_side_is_late_on_purpose() -> None:
    late = round(12.0 * RATE_HZ / 1000)
    assert found(two_microphones(late, 1.0, names=("Snare", "Snare Room"))) == []
    assert found(two_microphones(late, 1.0, names=("Snare", "Overheads"))) == []
    near = round(2.6 * RATE_HZ / 1000)
    assert found(two_microphones(near, 1.0, names=("Snare", "Overheads"))) == []
    assert kinds(found(two_microphones(-near, 1.0, names=("Snare", "Overheads")))) == [("comb", "snare", "overheads")]
    assert found(two_microphones(late, 1.0, names=("Guitar L", "Guitar R"))) == []
    pans = {"Snare": -0.8, "Snare Bottom": 0.8}
    assert found(two_microphones(late, 1.0), pans=pans) == []
    assert kinds(found(two_microphones(0, -1.0), pans=pans)) == [("polarity", "snare-bottom", "snare")]


def test_what_bleeds_in_from_the_next_drum_moves_nothing() -> None:
    recordings = stems()
    hat = 0.1 * noise(31, 5000, 16000) * hits(0.25, 0.03)
    for bleed_db in (-26.0, -18.0):
        bleed = 10 ** (bleed_db / 20)
        kit = {
            "Snare": snare() + bleed * np.roll(hat, 60),
            "Hi-Hat": hat - bleed * np.roll(snare(), 40),
            "Kick": recordings["Kick"] + bleed * np.roll(snare(), 70),
        }
        assert found({**recordings, **kit}) == []


def test_the_one_that_is_against_all_others_is_turned() -> None:
    kick = stems()["Kick"]
    ins = {"Kick In": kick, "Kick Out": -toned(kick, 40, 90), "Kick Sub": 0.6 * toned(kick, 40, 60)}
    assert kinds(found({**stems(), **ins} | {"Kick": 0.2 * noise(8, 300, 900)})) == [
        ("polarity", "kick-out", "kick-in")
    ]


def unnamed_session(count: int) -> dict[str, Reals]:
    """Tracks that nobody named: notes and noises of many pitches and rhythms."""
    rng = np.random.default_rng(11)
    made: dict[str, Reals] = {}
    for number in range(1, count + 1):
        low = float(np.exp(rng.uniform(np.log(60), np.log(3000))))
        rhythm = hits(rng.choice([0.25, 0.5, 1.0, 1.5]), rng.uniform(0.05, 0.6), rng.uniform(0, 0.5))
        accents = np.repeat(rng.uniform(0.3, 1.0, 24), RATE_HZ // 2)[: len(rhythm)]
        made[f"Audio {number:02d}"] = (0.2 * noise(100 + number, low, 3 * low) * rhythm * accents)[: 5 * RATE_HZ]
    return made


def test_planted_twins_are_found_among_many_tracks_without_names() -> None:
    recordings = unnamed_session(10)
    recordings["Audio 11"] = -0.4 * toned(recordings["Audio 05"], 150, 500)
    recordings["Audio 12"] = 0.7 * np.roll(toned(recordings["Audio 08"], 900, 4000), 100)
    assert set(kinds(found(recordings))) == {
        ("polarity", "audio-11", "audio-05"),
        ("comb", "audio-12", "audio-08"),
    }


def test_tracks_that_share_nothing_are_left_alone() -> None:
    assert found(unnamed_session(10)) == []
    assert found(stems()) == []


def test_only_the_pairs_that_are_most_alike_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    other = noise(77, 100, 9000) * hits(0.7, 0.1)
    session = session_of({f"Snare {i}": 0.3 * snare() + 0.004 * i**2 * other for i in range(1, 6)})
    assert len(likely_pairs(session)) == 10
    every = [pair.likeness for pair in likely_pairs(session)]
    assert every == sorted(every, reverse=True)
    monkeypatch.setattr(phase_pairs, "MOST_PAIRS", 4)
    assert [pair.likeness for pair in likely_pairs(session)] == every[:4]


def test_a_locked_twin_and_a_stale_one_are_said_and_not_moved() -> None:
    session = session_of(two_microphones(0, -1.0))
    proposal = propose_mix(session.song, MixBrief(aspects=("phase",), tracks=("pad",)), ears=session.ears)
    assert proposal.moves == () and kinds(list(proposal.findings)) == [("polarity", "snare-bottom", "snare")]
    assert any("upside down" in remark and "left alone" in remark for remark in proposal.remarks)


def test_a_muted_partner_leaves_nothing_to_gauge() -> None:
    session = session_of(two_microphones(0, -1.0))
    (finding,) = PHASE.find(session)
    muted = replace(session.song, tracks=tuple(replace(t, mute=t.id == "snare") for t in session.song.tracks))
    assert PHASE.gauge(session.with_song(muted), finding) is None
    assert PHASE.gauge(session, finding) == finding.evidence[0].before


def song_at(recordings: dict[str, Reals], rates_hz: dict[str, int], song_rate_hz: int) -> Session:
    """Recordings at rates of their own in a song of another rate."""
    tracks, media = [], {}
    for name, samples in recordings.items():
        audio = Audio(np.atleast_2d(np.asarray(samples, np.float32)), rates_hz[name])
        digest = hashlib.sha256(audio.samples.tobytes() + bytes(name, "utf-8")).hexdigest()
        media[digest] = audio
        clip = AudioClip(id="clip-1", audio=digest, source_frames=audio.frames, source_rate_hz=audio.rate_hz)
        tracks.append(Track(id=slug(name, frozenset(t.id for t in tracks)), name=name, clips=(clip,)))
    session = Session(
        Song(rate_hz=song_rate_hz, tracks=tuple(tracks)), Ears(MemoryMedia(media), memory=HEARD), MixBrief()
    )
    session.listen()
    return session


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_any_rate_short_lengths_and_cyrillic_names(rate_hz: int) -> None:
    rng = np.random.default_rng(4)
    frames = 4 * rate_hz
    beat = np.exp(-(np.arange(frames) / rate_hz % 0.37) / 0.05)
    first = 0.2 * rng.standard_normal(frames) * beat
    second = -0.7 * first + 0.02 * rng.standard_normal(frames) * beat
    session = song_at(
        {"Малый верх": first, "Малый низ": second[: frames - rate_hz // 3]},
        {"Малый верх": rate_hz, "Малый низ": rate_hz},
        rate_hz,
    )
    (finding,) = PHASE.find(session)
    assert finding.sentence.startswith("Малый низ is upside down against Малый верх")


@pytest.mark.parametrize("samples", [np.zeros(RATE_HZ), np.zeros(1), 0.1 * np.ones(RATE_HZ // 2)])
def test_silence_and_very_little_are_answered(samples: Reals) -> None:
    assert found({"Snare Top": samples, "Snare Bottom": -samples}) == []
    assert found({"Snare Top": samples}) == [] and found({}) == []


def test_what_is_lost_is_nothing_for_silence_and_three_decibels_for_what_does_not_add_up() -> None:
    one = np.random.default_rng(1).standard_normal(48_000)
    assert lost_db(np.zeros(100), np.zeros(100), 48_000) == 0.0 and lost_db(one[:0], one[:0], 48_000) == 0.0
    assert lost_db(one, one, 48_000) == pytest.approx(0.0, abs=1e-9)
    assert lost_db(one, np.roll(one, 100), 48_000) == pytest.approx(3.0, abs=0.05)
    assert lost_db(one, -one, 48_000) == 40.0


def test_the_aspect_must_be_asked_for() -> None:
    song, ears = band(two_microphones(0, -1.0))
    aspects = tuple(aspect for aspect in ASPECTS if aspect not in ("phase", "balance"))
    proposal = propose_mix(song, MixBrief(aspects=aspects), ears=ears)
    assert "tracks/snare-bottom/polarity_inverted" not in addresses(proposal)
