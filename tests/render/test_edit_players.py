"""Every clip edit: at nothing it leaves every bit, outside of its places too; any rate gives as many frames."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.render.clip_edits import edited
from bandmate.render.edit_players import PLAYERS
from bandmate.song.clip_edits import (
    ORDER,
    AnyClipEdit,
    BandLevel,
    Breaths,
    ClickRepair,
    Declip,
    HumLine,
    HumRemoval,
    NoiseReduction,
    PlosiveRepair,
    RoomReduction,
    Sibilance,
    Silences,
    Span,
    SpanGain,
    SpeechCleaning,
)
from bandmate.song.moves import blend
from bandmate.song.tuning import TunedNote, Tuning
from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.speech import speech_extra_missing
from tests.sound.singer import contour, tone

RATE_HZ = 44_100
FIRST, FRAMES = 40_000, 9_000
GAINS = (SpanGain(id="1", start_frame=FIRST, frames=FRAMES, gain_db=-9.0),)
SPANS = (Span(id="1", start_frame=FIRST, frames=40),)
NOTE = TunedNote(id="n", start_seconds=0.5, end_seconds=1.5, centre_pitch=57.3, target_pitch=57.0, amount=1.0)


def voice(rate_hz: int = RATE_HZ, channels: int = 1) -> Samples:
    sound = tone(contour(((0.3, 2.2, 57.3),), 2.5, rate_hz), rate_hz)
    noise = 0.002 * np.random.default_rng(3).standard_normal(sound.shape)
    return np.ascontiguousarray(np.repeat(sound + noise, channels, axis=0), np.float32)


def curve() -> PitchCurve:
    hz = np.zeros(500)
    hz[60:440] = 440 * 2 ** ((57.3 - 69) / 12)
    return PitchCurve(0.005, hz, (hz > 0).astype(float))


EDITS: tuple[AnyClipEdit, ...] = (
    Declip(id="e", ceiling=0.05, spans=SPANS),
    ClickRepair(id="e", spans=SPANS),
    HumRemoval(id="e", freq_hz=50.0, lines=(HumLine(id="1", number=1), HumLine(id="3", number=3))),
    PlosiveRepair(id="e", corner_hz=110.0, spans=GAINS),
    NoiseReduction(id="e", profile=tuple(BandLevel(id=str(hz), freq_hz=hz, level_db=-70.0) for hz in range(100, 900))),
    RoomReduction(id="e", decay_seconds=0.8),
    Breaths(id="e", spans=GAINS),
    Sibilance(id="e", spans=GAINS),
    Tuning(id="e", hop_seconds=0.005, pitch_data=curve().to_data(), notes=(NOTE,)),
    Silences(id="e", spans=GAINS),
)
LOCAL = tuple(edit for edit in EDITS if hasattr(edit, "spans"))
by_kind = pytest.mark.parametrize("edit", EDITS, ids=lambda edit: type(edit).__name__)


def played(sound: Samples, rate_hz: int, *edits: AnyClipEdit) -> Samples:
    def nothing(name: str) -> Samples:
        raise KeyError(name)

    return edited(sound, rate_hz, edits, nothing)


@pytest.mark.skipif(bool(speech_extra_missing()), reason=f"{speech_extra_missing()}")
def test_speech_cleaning_at_nothing_leaves_every_bit() -> None:
    edit, sound = SpeechCleaning(id="s"), voice()
    assert np.array_equal(played(sound, RATE_HZ, edit.neutral()), sound)
    assert played(sound, RATE_HZ, edit).shape == sound.shape


def test_every_kind_of_edit_has_a_place_in_the_order_and_a_player() -> None:
    assert set(ORDER) == set(get_args(AnyClipEdit)) == set(PLAYERS)


@by_kind
def test_an_edit_changes_something(edit: AnyClipEdit) -> None:
    assert not np.array_equal(played(voice(), RATE_HZ, edit), voice())


@by_kind
def test_at_nothing_or_off_every_bit_stays(edit: AnyClipEdit) -> None:
    sound = voice()
    for still in (edit.neutral(), replace(edit, enabled=False), blend(edit.neutral(), edit, 0.0)):
        assert np.array_equal(played(sound, RATE_HZ, still), sound)


@by_kind
def test_less_of_an_edit_takes_less(edit: AnyClipEdit) -> None:
    sound = voice()
    half, whole = (played(sound, RATE_HZ, blend(edit.neutral(), edit, share)) for share in (0.5, 1.0))
    if not isinstance(edit, Tuning):
        assert 0 < float(np.abs(sound - half).sum()) < float(np.abs(sound - whole).sum())


@pytest.mark.parametrize("edit", LOCAL, ids=lambda edit: type(edit).__name__)
def test_outside_of_its_places_every_bit_stays(edit: AnyClipEdit) -> None:
    sound = voice(channels=2)
    made = played(sound, RATE_HZ, edit)
    span = edit.spans[0]
    np.testing.assert_array_equal(made[:, : span.start_frame], sound[:, : span.start_frame])
    np.testing.assert_array_equal(made[:, span.start_frame + span.frames :], sound[:, span.start_frame + span.frames :])


@by_kind
@pytest.mark.parametrize("rate_hz", [8_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_either_width_gives_as_many_frames(edit: AnyClipEdit, rate_hz: int, channels: int) -> None:
    sound = voice(rate_hz, channels)
    made = played(sound, rate_hz, edit)
    assert made.shape == sound.shape and made.dtype == np.float32 and np.isfinite(made).all()


@by_kind
@pytest.mark.parametrize("frames", [0, 1, 500])
def test_hardly_any_sound_is_no_fault(edit: AnyClipEdit, frames: int) -> None:
    for sound in (np.zeros((1, frames), np.float32), voice()[:, :frames]):
        assert played(sound, RATE_HZ, edit).shape == sound.shape
