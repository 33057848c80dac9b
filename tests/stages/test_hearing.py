"""A hearing notes what the meters say, whatever the blocks, and survives the way to disk and back."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.errors import RequestError
from bandmate.song.moves import Move, apply
from bandmate.sound.loudness import measure_loudness
from bandmate.stages.ears import Ears, Forgetful
from bandmate.stages.hearing import Hearing, hear, hearing_from_bytes, hearing_to_bytes
from tests.stages.stems import RATE_HZ, audio_of, band, stems, tone


def heard(samples: np.ndarray, *, block: int = 65_536) -> Hearing:
    return hear(audio_of(samples).blocks(block), RATE_HZ, check_peak=True)


def test_the_figures_are_those_of_the_meters() -> None:
    samples = stems()["Lead Vox"]
    found = heard(samples)
    loudness = measure_loudness(audio_of(samples))
    assert found.integrated_lufs == loudness.integrated_lufs and found.range_lu == loudness.range_lu
    assert found.frames == len(samples) and found.seconds == pytest.approx(12.0)
    assert found.active_lufs > found.integrated_lufs - 1.0 and 0.5 < found.active_share < 0.9
    assert found.true_peak_16x_dbtp >= found.true_peak_dbtp - 0.01


def test_the_blocks_do_not_matter() -> None:
    samples = stems()["Snare"]
    assert heard(samples) == heard(samples, block=1000) == heard(samples, block=len(samples))


def test_a_long_signal_has_a_short_envelope() -> None:
    samples = np.tile(stems()["Kick"], 40)
    found = heard(samples)
    assert found.envelope.shape[0] == 2 and 1500 <= found.envelope.shape[1] <= 3000
    assert found.envelope.max() == pytest.approx(samples.max(), abs=1e-6)


def test_there_and_back_is_the_identity() -> None:
    found = heard(stems()["Pad"])
    assert hearing_from_bytes(hearing_to_bytes(found)) == found


@pytest.mark.parametrize("samples", [np.zeros(RATE_HZ), np.zeros(1), np.zeros(0)])
def test_silence_one_frame_and_nothing_are_answered(samples: np.ndarray) -> None:
    found = heard(samples)
    assert found.integrated_lufs is None and found.active_lufs is None
    assert found.true_peak_dbtp == float("-inf") and found.share_below(100.0) == 0.0


def test_nan_is_refused_by_name() -> None:
    with pytest.raises(RequestError, match="is nan at frame 1"):
        heard(np.array([0.1, np.nan, 0.2]))


def test_a_bad_frame_is_named_by_its_place_in_the_whole_signal() -> None:
    samples = np.zeros((2, 5_000), np.float32)
    samples[1, 4_321] = np.inf
    blocks = (samples[:, start : start + 1_000] for start in range(0, 5_000, 1_000))
    with pytest.raises(RequestError, match=r"channel 2 is inf at frame 4321 \(0.432 s\)"):
        hear(blocks, 10_000)


def test_another_number_of_channels_in_the_middle_is_refused() -> None:
    with pytest.raises(RequestError, match="block has 1 channels, the meter was made for 2"):
        hear([np.zeros((2, 100), np.float32), np.zeros((1, 100), np.float32)], 10_000)


def test_nothing_is_heard_twice() -> None:
    song, shared = band(stems())
    ears = Ears(shared.media)
    ears.tracks(song, [track.id for track in song.tracks])
    listens = 0

    class Deaf(Ears):
        def renderer(self, song):  # type: ignore[no-untyped-def]
            nonlocal listens
            listens += 1
            return super().renderer(song)

    again = Deaf(ears.media, memory=ears.memory)
    again.tracks(song, [track.id for track in song.tracks])
    assert listens == 0
    moved = apply(song, Move(address="tracks/pad/polarity_inverted", before=False, after=True))
    again.tracks(moved, [track.id for track in moved.tracks])
    assert listens == 1


def test_a_fader_changes_the_mix_and_not_the_track_before_it() -> None:
    song, ears = band(stems())
    moved = apply(song, Move(address="tracks/pad/gain_db", before=0.0, after=6.0))
    assert ears.track(moved, "pad") == ears.track(song, "pad")
    assert ears.track(moved, "pad", "fader").integrated_lufs == pytest.approx(
        ears.track(song, "pad", "fader").integrated_lufs + 6.0, abs=0.01
    )
    assert ears.main(moved) != ears.main(song)


def test_a_memory_for_one_run_remembers_by_content_analyser_and_version() -> None:
    memory = Forgetful()
    memory.remember("content", "hearing", "1", b"answer")
    assert memory.recall("content", "hearing", "1") == b"answer"
    assert memory.recall("content", "hearing", "2") is None


def test_an_excerpt_is_what_the_track_plays_there() -> None:
    samples = tone(100.0)
    song, ears = band({"Tone": samples})
    found = ears.excerpt(song, "tone", 1.0, 0.5)
    np.testing.assert_array_equal(found[0], samples[RATE_HZ : RATE_HZ + RATE_HZ // 2].astype(np.float32))
