"""The mix stage finds what was planted, tries it, and leaves a balanced song alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.clips import NoteClip
from bandmate.song.devices import Compressor, Equalizer
from bandmate.song.errors import LockedMove
from bandmate.song.moves import Move, apply
from bandmate.song.proposal import Proposal
from bandmate.song.song import Lock, Song
from bandmate.song.tracks import Automation, AutomationPoint, Role
from bandmate.stages.ears import Ears
from bandmate.stages.master.brief import MasterBrief
from bandmate.stages.master.propose import propose_master
from bandmate.stages.mix.brief import ASPECTS, Aspect, MixBrief
from bandmate.stages.mix.checks import remarks_on
from bandmate.stages.mix.headroom import trim_move
from bandmate.stages.mix.propose import propose_mix
from tests.stages.stems import RATE_HZ, band, noise, stems, tone


def without(*aspects: Aspect) -> tuple[Aspect, ...]:
    return tuple(aspect for aspect in ASPECTS if aspect not in aspects)


def proposal_for(recordings: dict[str, np.ndarray], brief: MixBrief | None = None) -> tuple[Song, Ears, Proposal]:
    song, ears = band(recordings)
    return song, ears, propose_mix(song, brief or MixBrief(), ears=ears)


def louder(recordings: dict[str, np.ndarray], name: str, gain_db: float) -> dict[str, np.ndarray]:
    return {**recordings, name: recordings[name] * 10 ** (gain_db / 20)}


def addresses(proposal: Proposal) -> list[str]:
    return [move.address for move in proposal.moves]


def numbers(text: str) -> Iterator[str]:
    """Numbers in a sentence that do not belong to a word."""
    return iter(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", text))


def assert_reason_rests_on_evidence(move: Move) -> None:
    """Every number in the reason is a field of the evidence, as it is rounded there."""
    facts = [abs(v) for e in move.evidence for v in (e.before, e.after, e.target) if v is not None]
    said = move.because
    for place in {e.where for e in move.evidence if e.where}:
        said = said.replace(place, "")
    for number in numbers(said):
        decimals = len(number.partition(".")[2])
        assert any(f"{fact:.{decimals}f}" == number for fact in facts), f"{number} in: {move.because}"


def test_a_balanced_song_gets_no_suggestion() -> None:
    _, _, proposal = proposal_for(stems())
    assert proposal.moves == ()
    assert proposal.title == "nothing to propose for the mix"
    assert proposal.remarks[-1] == "no suggestion: 7 tracks heard, nothing measured outside its tolerance"


def test_a_buried_vocal_is_brought_up_and_heard_more() -> None:
    song, ears, proposal = proposal_for(louder(stems(), "Lead Vox", -12.0))
    assert addresses(proposal) == ["tracks/lead-vox/clips/clip-1/gain_db"]
    (move,) = proposal.moves
    assert 7.0 <= move.after - move.before <= 14.0
    assert move.evidence[2].after > move.evidence[2].before
    assert_reason_rests_on_evidence(move)
    again = propose_mix(apply(song, move), MixBrief(), ears=ears)
    assert again.moves == ()


def test_a_pad_that_covers_the_song_is_turned_down() -> None:
    _, _, proposal = proposal_for(louder(stems(), "Pad", 12.0))
    assert addresses(proposal) == ["tracks/pad/gain_db"]
    (move,) = proposal.moves
    assert -14.0 <= move.after <= -8.0
    assert "above where a pad usually sits" in move.because
    assert_reason_rests_on_evidence(move)


def test_a_small_imbalance_is_the_musicians_taste() -> None:
    _, _, proposal = proposal_for(louder(stems(), "Keys", 3.0))
    assert proposal.moves == ()


def test_rumble_is_taken_away_and_the_music_stays() -> None:
    recordings = stems()
    recordings["Guitar"] = recordings["Guitar"] + 0.05 * noise(9, 22, 40)
    song, ears, proposal = proposal_for(recordings)
    assert addresses(proposal) == ["tracks/guitar/inserts/rumble-filter"]
    (move,) = proposal.moves
    assert_reason_rests_on_evidence(move)
    before, after = (ears.track(one, "guitar") for one in (song, apply(song, move)))
    assert abs(after.active_lufs - before.active_lufs) < 0.5
    assert before.share_below(50.0) > 0.05 and after.share_below(50.0) < 0.01


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be told from the sound of a track."""
    roles = get_args(Role)
    monkeypatch.setattr("bandmate.stages.mix.roles.role_posterior", lambda _: dict.fromkeys(roles, 1 / len(roles)))


@pytest.mark.usefixtures("deaf")
def test_rumble_on_a_track_of_unknown_role_is_less_sure() -> None:
    recordings = stems()
    guitar = recordings.pop("Guitar") + 0.05 * noise(9, 18, 25)
    known = proposal_for({**recordings, "Guitar": guitar})[2].moves[0]
    unknown = proposal_for({**recordings, "Audio 07": guitar})[2].moves[0]
    assert unknown.address.endswith("rumble-filter") and unknown.confidence < known.confidence - 0.1


@pytest.mark.usefixtures("deaf")
def test_lows_that_a_track_of_unknown_role_may_play_are_left_alone() -> None:
    recordings = stems()
    recordings["Audio 07"] = recordings.pop("Guitar") + 0.05 * noise(9, 30, 40)
    _, _, proposal = proposal_for(recordings)
    assert proposal.moves == ()


def test_a_bass_and_a_kick_keep_their_lows() -> None:
    _, _, proposal = proposal_for(stems(), MixBrief(aspects=without("balance", "phase", "headroom")))
    assert proposal.moves == ()


def test_a_hot_mix_gets_headroom_on_the_main_bus() -> None:
    hot = {name: samples * 2.2 for name, samples in stems().items()}
    song, ears, proposal = proposal_for(hot)
    assert addresses(proposal) == ["main/inserts/headroom"]
    (move,) = proposal.moves
    assert_reason_rests_on_evidence(move)
    assert ears.main(apply(song, move)).true_peak_dbtp == pytest.approx(-6.0, abs=0.51)


def test_a_trim_comes_before_everything_and_is_set_anew_the_next_time() -> None:
    compressor = Compressor(id="glue")
    first = trim_move((compressor,), -3.2)
    assert first.address == "main/inserts" and first.after == (Equalizer(id="headroom", gain_db=-3.5), compressor)
    again = trim_move(first.after, -1.0)
    assert (again.address, again.before, again.after) == ("main/inserts/headroom/gain_db", -3.5, -4.5)


def test_a_trim_leaves_a_device_alone_that_has_its_name() -> None:
    own = Compressor(id="headroom")
    assert trim_move((own,), -2.0).after == (Equalizer(id="headroom-2", gain_db=-2.0), own)


def test_a_mastered_song_is_not_turned_down() -> None:
    song, ears = band({name: samples * 2.2 for name, samples in stems().items()})
    done = apply(song, propose_mix(song, MixBrief(), ears=ears).moves)
    done = apply(done, propose_master(done, MasterBrief(tone=False), ears=ears).moves)
    assert propose_mix(done, MixBrief(), ears=ears).moves == ()


def test_half_the_headroom_is_half_its_decibels() -> None:
    hot = {name: samples * 2.2 for name, samples in stems().items()}
    song, ears, proposal = proposal_for(hot)
    whole, half = (ears.main(apply(song, proposal.moves, s)).integrated_lufs for s in (1.0, 0.5))
    plain = ears.main(song).integrated_lufs
    assert half - plain == pytest.approx((whole - plain) / 2, abs=0.02)


def test_only_the_asked_tracks_and_aspects_move() -> None:
    recordings = louder(louder(stems(), "Lead Vox", -12.0), "Pad", 14.0)
    _, _, proposal = proposal_for(recordings, MixBrief(tracks=("pad",)))
    assert addresses(proposal) == ["tracks/pad/gain_db"]
    _, _, proposal = proposal_for(recordings, MixBrief(aspects=without("balance", "headroom")))
    assert proposal.moves == ()


def test_a_locked_track_is_never_moved() -> None:
    song, ears = band(louder(stems(), "Lead Vox", -12.0))
    locked = replace(song, locks=(Lock(id="l", address="tracks/lead-vox"),))
    assert propose_mix(locked, MixBrief(), ears=ears).moves == ()
    with pytest.raises(LockedMove, match="tracks/lead-vox is locked"):
        apply(locked, Move(address="tracks/lead-vox/gain_db", before=0.0, after=9.0))


def test_an_automated_fader_is_left_alone_and_named() -> None:
    song, ears = band(louder(stems(), "Pad", 14.0))
    ride = Automation(id="gain", parameter="gain_db", points=(AutomationPoint(id="1", at_ticks=0, value=-3.0),))
    automated = apply(song, Move(address="tracks/pad/automation", before=(), after=(ride,), by="human"))
    proposal = propose_mix(automated, MixBrief(aspects=without("headroom", "masking")), ears=ears)
    assert proposal.moves == ()
    assert "Pad: its fader is automated; its balance is left alone" in proposal.remarks


def test_silence_gets_no_suggestion_and_says_why() -> None:
    _, _, proposal = proposal_for({"Vox": np.zeros(RATE_HZ), "Bass": np.zeros(RATE_HZ)})
    assert proposal.moves == ()
    assert [finding.sentence for finding in proposal.findings] == [
        "Vox: silent; left alone",
        "Bass: silent; left alone",
    ]
    assert proposal.remarks == ("no suggestion: there is no track that sounds",)


def test_noise_gets_no_suggestion() -> None:
    _, _, proposal = proposal_for({f"Audio {i}": 0.1 * noise(i, 20, 20_000) for i in range(4)})
    assert proposal.moves == ()


def test_one_lone_mix_is_not_balanced_against_itself() -> None:
    _, _, proposal = proposal_for({"Mix": 0.2 * tone(220.0)})
    assert proposal.moves == ()


def test_one_track_is_counted_as_one() -> None:
    song, ears = band({"bass": 0.3 * tone(80)})
    assert propose_mix(song, MixBrief(), ears=ears).remarks[-1].startswith("no suggestion: 1 track heard")


def test_the_two_channels_of_a_synthesizer_are_no_stereo_file() -> None:
    song, ears = band({"bass": tone(80)})
    hearing = replace(ears.track(song, "bass"), channels=2, stereo_kind="dual mono", width_db=float("-inf"))
    played = replace(song.tracks[0], clips=(NoteClip(id="notes", length_ticks=960),))
    assert "stereo file" in " ".join(remarks_on(song, song.tracks[0], hearing))
    assert "stereo file" not in " ".join(remarks_on(song, played, hearing))


def test_a_whisper_is_not_called_silent() -> None:
    recordings = {"Vox": 1e-4 * tone(440.0), "Bass": stems()["Bass"]}
    _, _, proposal = proposal_for(recordings)
    (finding,) = proposal.findings
    assert finding.kind == "silent" and finding.sentence.startswith("Vox: too quiet or too short to measure, its peak")
    assert "balance: tracks to compare: 1, too few to say what is usual; left alone" in proposal.remarks


def test_dc_is_not_called_rumble() -> None:
    recordings = stems()
    recordings["Bass"] = recordings["Bass"] + 0.1
    _, _, proposal = proposal_for(recordings, MixBrief(aspects=without("balance", "headroom")))
    assert addresses(proposal) == ["tracks/bass/inserts/dc-filter"]
    assert [finding.sentence for finding in proposal.findings] == [
        "Bass: a constant offset (DC) of +0.100 of full scale"
    ]
    assert_reason_rests_on_evidence(proposal.moves[0])


def test_a_song_without_tracks_is_answered() -> None:
    _, _, proposal = proposal_for({})
    assert proposal.remarks == ("no suggestion: there is no track that sounds",)


def test_the_same_song_gets_the_same_proposal() -> None:
    recordings = louder(stems(), "Lead Vox", -12.0)
    assert proposal_for(recordings)[2] == proposal_for(recordings)[2]


def test_a_mono_stem_counts_as_loud_as_the_same_sound_on_both_sides() -> None:
    recordings = louder(stems(), "Pad", 12.0)
    mono = proposal_for(recordings)[2].moves[0]
    recordings = {
        name: np.stack([samples, samples]) if name == "Pad" else samples for name, samples in recordings.items()
    }
    stereo = proposal_for(recordings)[2].moves[0]
    assert stereo.address == mono.address and stereo.after == mono.after
    assert stereo.evidence[1].before == pytest.approx(mono.evidence[1].before, abs=0.01)
