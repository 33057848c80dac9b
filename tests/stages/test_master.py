"""The master stage meets its profile, says how hard it was, and leaves what meets it already alone."""

from __future__ import annotations

import errno
import io
import tempfile

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.address import get
from bandmate.song.devices import Limiter
from bandmate.song.errors import OutOfRange, ProjectError, UnknownName
from bandmate.song.moves import apply
from bandmate.song.song import Lock, Song
from bandmate.stages.ears import Ears
from bandmate.stages.master.brief import MasterBrief
from bandmate.stages.master.delivery import delivery_profile, delivery_profiles
from bandmate.stages.master.goal import goal_of
from bandmate.stages.master.propose import propose_master
from bandmate.stages.master.solve import solve_limiter
from tests.stages.stems import RATE_HZ, band, noise, stems, tone
from tests.stages.test_mix import assert_reason_rests_on_evidence

NO_TONE = MasterBrief(tone=False)


@pytest.fixture(scope="module")
def song_and_ears() -> tuple[Song, Ears]:
    return band(stems())


@pytest.mark.parametrize("profile", ["spotify", "apple-music", "amazon", "deezer", "ebu-r128", "podcast"])
def test_the_result_measures_what_the_profile_asks_for(song_and_ears: tuple[Song, Ears], profile: str) -> None:
    song, ears = song_and_ears
    proposal = propose_master(song, MasterBrief(profile=profile, tone=False), ears=ears)
    (move,) = proposal.moves
    heard = ears.main(apply(song, move), check=True)
    wanted = delivery_profile(profile)
    assert heard.integrated_lufs == pytest.approx(wanted.loudness_lufs, abs=0.05)
    assert heard.true_peak_16x_dbtp <= wanted.ceiling_dbtp
    assert_reason_rests_on_evidence(move)
    assert move.evidence[0].after == heard.integrated_lufs


def test_a_destination_without_a_target_gets_its_ceiling_only() -> None:
    song, ears = band({name: samples * 3 for name, samples in stems().items()})
    moves = propose_master(song, MasterBrief(profile="cd", tone=False), ears=ears).moves
    assert moves[-1].after.gain_db == 0.0
    assert ears.main(apply(song, moves), check=True).true_peak_16x_dbtp <= -0.3


def test_a_master_that_meets_its_profile_gets_no_suggestion(song_and_ears: tuple[Song, Ears]) -> None:
    song, ears = song_and_ears
    done = apply(song, propose_master(song, NO_TONE, ears=ears).moves)
    again = propose_master(done, NO_TONE, ears=ears)
    assert again.moves == () and again.remarks[-1] == "no suggestion: the master meets the profile"


def test_another_profile_changes_the_limiter_that_is_there(song_and_ears: tuple[Song, Ears]) -> None:
    song, ears = song_and_ears
    done = apply(song, propose_master(song, NO_TONE, ears=ears).moves)
    (move,) = propose_master(done, MasterBrief(profile="ebu-r128", tone=False), ears=ears).moves
    assert isinstance(move.before, Limiter) and isinstance(move.after, Limiter)
    quieter = apply(done, move)
    assert len(quieter.main.inserts) == 1
    assert ears.main(quieter).integrated_lufs == pytest.approx(-23.0, abs=0.05)


def test_a_limiter_that_works_hard_says_so_and_is_less_sure() -> None:
    song, ears = band(stems())
    proposal = propose_master(song, MasterBrief(loudness_lufs=-9.0, tone=False), ears=ears)
    (move,) = proposal.moves
    assert move.confidence <= 0.7
    assert any("limiter is working hard" in remark for remark in proposal.remarks)
    gentle = propose_master(song, MasterBrief(loudness_lufs=-20.0, tone=False), ears=ears).moves[0]
    assert gentle.confidence > move.confidence


def test_a_loudness_that_would_squash_the_song_is_not_reached_and_this_is_said() -> None:
    song, ears = band(stems())
    hopeless = propose_master(song, MasterBrief(loudness_lufs=-4.0, tone=False), ears=ears)
    assert hopeless.remarks[-1].endswith("no gain would make the transparent limiter reach the target")
    proposal = propose_master(song, MasterBrief(loudness_lufs=-8.0, tone=False), ears=ears)
    (move,) = proposal.moves
    assert any("more would squash the song: the target would take" in remark for remark in proposal.remarks)
    taken, cost = move.evidence[-3], move.evidence[-2]
    assert taken.what == "what it takes off on average" and cost.after > taken.after
    assert taken.after <= 4.5 and move.evidence[0].after < -8.0


def test_half_a_master_keeps_the_whole_ceiling(song_and_ears: tuple[Song, Ears]) -> None:
    song, ears = song_and_ears
    (move,) = propose_master(song, MasterBrief(loudness_lufs=-9.0, tone=False), ears=ears).moves
    half = apply(song, move, 0.5)
    assert get(half, "main/inserts/master-limiter/ceiling_dbtp") == move.after.ceiling_dbtp
    assert ears.main(half, check=True).true_peak_16x_dbtp <= -1.0


def test_a_dull_mix_gets_one_trim_that_helps() -> None:
    dull = 0.3 * noise(1, 40, 300) + 0.08 * noise(2, 300, 5000) + 0.008 * noise(3, 5000, 16_000)
    song, ears = band({"Mix": dull})
    proposal = propose_master(song, MasterBrief(loudness=False), ears=ears)
    (move,) = proposal.moves
    assert move.address == "main/inserts/master-tone" and move.after.bands[0].gain_db > 0
    assert abs(move.evidence[0].after) < abs(move.evidence[0].before)
    assert_reason_rests_on_evidence(move)


def test_a_lone_instrument_without_lows_is_not_called_faulty() -> None:
    song, ears = band({"Flute": 0.2 * tone(880.0, 4)})
    assert propose_master(song, MasterBrief(loudness=False), ears=ears).moves == ()


def test_a_lone_instrument_is_not_judged_against_records() -> None:
    dull = 0.3 * noise(1, 40, 300) + 0.08 * noise(2, 300, 5000) + 0.008 * noise(3, 5000, 16_000)
    song, ears = band({"Drums": dull})
    proposal = propose_master(song, MasterBrief(loudness=False), ears=ears)
    assert proposal.moves == ()
    assert "tone: Drums alone is not judged against whole records; left alone" in proposal.remarks


@pytest.mark.parametrize("seconds", [0.9, 3.0])
def test_a_song_of_a_few_seconds_gets_its_loudness_too(seconds: float) -> None:
    samples = (0.2 * tone(220.0) * np.exp(-np.arange(12 * RATE_HZ) / RATE_HZ))[: round(seconds * RATE_HZ)]
    song, ears = band({"Mix": samples})
    (move,) = propose_master(song, MasterBrief(profile="ebu-r128", tone=False), ears=ears).moves
    assert ears.main(apply(song, move)).integrated_lufs == pytest.approx(-23.0, abs=0.05)


def test_a_locked_main_bus_is_left_alone(song_and_ears: tuple[Song, Ears]) -> None:
    song, ears = song_and_ears
    locked = replace(song, locks=(Lock(id="l", address="main"),))
    proposal = propose_master(locked, MasterBrief(), ears=ears)
    assert proposal.moves == () and "gain and limiter: the main bus is locked" in proposal.remarks


@pytest.mark.parametrize("samples", [np.zeros(RATE_HZ), 0.1 * np.ones(1), 0.2 * tone(440.0)[: RATE_HZ // 4]])
def test_silence_and_what_is_too_short_get_no_suggestion(samples: np.ndarray) -> None:
    song, ears = band({"Mix": samples})
    proposal = propose_master(song, MasterBrief(), ears=ears)
    assert proposal.moves == ()
    assert "no suggestion: the song is silent or shorter than 400 ms" in proposal.remarks[-1]


def test_an_unknown_profile_lists_those_there_are(song_and_ears: tuple[Song, Ears]) -> None:
    song, ears = song_and_ears
    with pytest.raises(UnknownName, match=r'no delivery profile named "spotfy"; .*Did you mean "spotify"'):
        propose_master(song, MasterBrief(profile="spotfy"), ears=ears)


def test_every_profile_says_where_its_figures_are_from() -> None:
    profiles = delivery_profiles()
    assert set(profiles) >= {
        "spotify",
        "apple-music",
        "youtube",
        "tidal",
        "amazon",
        "deezer",
        "cd",
        "podcast",
        "ebu-r128",
    }
    for profile in profiles.values():
        assert profile.source and profile.read.year >= 2026
        assert profile.loudness_lufs is None or -30 < profile.loudness_lufs < -8
        assert -3 <= profile.ceiling_dbtp < 0
    assert delivery_profile("Apple Music").id == "apple-music"


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"loudness_lufs": 50.0}, r"the loudness asked for is 50 LUFS; possible are -60 to 0"),
        ({"loudness_lufs": float("nan")}, r"the loudness asked for is nan LUFS"),
        ({"ceiling_dbtp": 9.0}, r"the ceiling asked for is 9 dBTP; possible are -20 to 0"),
    ],
)
def test_what_no_master_can_have_is_refused(asked: dict[str, float], message: str) -> None:
    with pytest.raises(OutOfRange, match=message):
        MasterBrief(**asked)


def test_the_remark_says_what_was_asked_for_instead_of_the_profile() -> None:
    goal = goal_of(MasterBrief(loudness_lufs=-12.0, ceiling_dbtp=-2.0))
    assert goal.origin.endswith("; asked for instead: -12 LUFS, -2 dBTP")
    assert "asked" not in goal_of(MasterBrief()).origin


def test_a_full_folder_for_temporary_files_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(
        ProjectError, match=r'temporary files, ".+", cannot hold the mix: no space left on device; free'
    ):
        solve_limiter([np.zeros((2, 64), np.float32)], Limiter(id="limiter"), RATE_HZ, -14.0)
