"""Played notes against their exact times, pitches and levels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from bandmate.render import instruments
from bandmate.render.cache import RenderCache
from bandmate.render.engine import Renderer
from bandmate.render.rendering import render
from bandmate.render.soundset import GRID_FRAMES, SOUND_HZ, bank_of, preset_of, sound_set
from bandmate.render.synth import StepNote, midi_file, synthesized, variable_length
from bandmate.song.clips import NoteClip
from bandmate.song.errors import MediaError
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import TempoMap, TempoPoint
from bandmate.song.tracks import Track
from bandmate.sound.audio import Samples
from tests.render.songs import clip, media, noise, song, track

DRUMS = Instrument(is_drums=True)
SIDE_STICK, CLOSED_HAT, OPEN_HAT, KICK = 37, 42, 46, 36
FLUTE = 73


def note(start: int, length: int, pitch: int, velocity: int = 100) -> Note:
    return Note(id=f"{start}-{pitch}-{length}", start_ticks=start, length_ticks=length, pitch=pitch, velocity=velocity)


def notes(*written: Note, length: int = 9600, start: int = 0, instrument: Instrument = DRUMS) -> NoteClip:
    return NoteClip(id="n", start_ticks=start, length_ticks=length, notes=written, instrument=instrument)


def played(made: NoteClip, each: Song | None = None, frames: int | None = None) -> Samples:
    """A clip by itself; all of it unless ``frames`` says less."""
    playing = instruments.note_playing(made, each or Song(rate_hz=48_000), None)
    return playing.read(0, playing.frames if frames is None else frames)


def rms_db(samples: Samples) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(samples, dtype=np.float64))) + 1e-12))


@pytest.fixture
def short_windows() -> Iterator[None]:
    with patch.object(instruments, "WINDOW_STEPS", SOUND_HZ // GRID_FRAMES):
        yield


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_notes_start_within_half_a_millisecond_of_the_tempo_map(rate_hz: int) -> None:
    points = tuple(
        TempoPoint(id=str(i), at_ticks=at, bpm=bpm)
        for i, (at, bpm) in enumerate([(0, 97.3), (1111, 61.7), (2500, 143)])
    )
    each = Song(rate_hz=rate_hz, tempo=TempoMap(points=points))
    hit = played(notes(note(0, 100, SIDE_STICK)), each)[0, : rate_hz // 50]
    starts = [1000, 1777, 2639, 3500, 4801, 5555]
    made = notes(*(note(at, 50, SIDE_STICK) for at in starts), start=480)
    sound = played(made, each)[0]
    for at in starts:
        exact = float(each.tempo.seconds_at(480 + at) - each.tempo.seconds_at(480)) * rate_hz
        low = int(exact) - 200
        likeness = np.correlate(sound[low : low + 400 + len(hit)], hit, "valid")
        assert abs(low + int(likeness.argmax()) - exact) / rate_hz < 0.0005


def test_a_note_clip_lies_where_its_ticks_say_in_the_mix() -> None:
    made = notes(note(0, 100, SIDE_STICK), start=960)
    each = Song(rate_hz=48_000, tracks=(Track(id="t", clips=(made,)),))
    mix = render(each, media()).audio.samples
    assert not mix[:, : 24_000 - 16].any()
    assert np.abs(mix[:, 24_000:24_480]).max() > 0.01


def test_pitch_is_equal_tempered_at_440() -> None:
    for pitch in (57, 69, 76):
        sound = played(notes(note(0, 1920, pitch), instrument=Instrument(program=FLUTE)))[0, 9600:43_200]
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**19))
        exact = 440 * 2 ** ((pitch - 69) / 12)
        near = slice(int(exact * 0.9 * 2**19 / 48_000), int(exact * 1.1 * 2**19 / 48_000))
        found = (near.start + int(spectrum[near].argmax())) * 48_000 / 2**19
        assert abs(1200 * np.log2(found / exact)) < 12


def test_velocity_is_loudness() -> None:
    loud, soft = (played(notes(note(0, 100, KICK, velocity)))[:, :9600] for velocity in (120, 60))
    # The kit is a little duller, too, when it is hit softly.
    assert rms_db(loud) - rms_db(soft) == pytest.approx(40 * np.log10(2), abs=1.0)


def test_levels_are_sane() -> None:
    assert -16 < 20 * np.log10(np.abs(played(notes(note(0, 100, KICK, 110)))).max()) < -4


def test_loud_notes_add_up_without_clipping() -> None:
    horns = Instrument(program=61)
    pitches = (40, 47, 52, 56, 59, 64)
    chord = played(notes(*(note(0, 480, pitch, 127) for pitch in pitches), instrument=horns), frames=24_000)
    alone = [played(notes(note(0, 480, pitch, 127), instrument=horns), frames=24_000) for pitch in pitches]
    # The synthesizer is driven 12 dB hot: this would clip, and is played again with less.
    assert np.abs(chord).max() > 0.55
    np.testing.assert_allclose(chord, sum(alone), atol=1e-3)


def test_notes_outside_the_clip_are_not_played() -> None:
    assert instruments.played_notes(notes(note(960, 100, KICK), length=960), Song()) == ()
    assert not played(notes(note(960, 100, KICK), length=960)).any()
    assert not played(notes()).any()


def test_a_note_is_let_go_where_the_clip_ends() -> None:
    cut = notes(note(0, 3840, 60), length=960, instrument=Instrument(program=FLUTE))
    short = notes(note(0, 960, 60), length=3840, instrument=Instrument(program=FLUTE))
    np.testing.assert_array_equal(played(cut), played(short))
    assert not played(cut)[:, 4 * 48_000 :].any()


def test_a_second_note_of_one_pitch_ends_the_first() -> None:
    each = Song()
    found = instruments.played_notes(notes(note(0, 960, 60), note(480, 240, 60), note(480, 100, 60, 30)), each)
    assert [(n.start_step, n.end_step) for n in found] == [(0, 375), (375, found[1].end_step)]


def test_the_cut_into_blocks_changes_no_bit(short_windows: None) -> None:
    made = notes(note(0, 100, KICK), note(3000, 100, OPEN_HAT), note(7000, 100, KICK), length=9000)
    whole = played(made)
    for size in (999, 65_536):
        playing = instruments.note_playing(made, Song(rate_hz=48_000), None)
        blocks = [playing.read(at, min(size, playing.frames - at)) for at in range(0, playing.frames, size)]
        np.testing.assert_array_equal(np.concatenate(blocks, axis=1), whole)
    playing = instruments.note_playing(made, Song(rate_hz=48_000), None)
    np.testing.assert_array_equal(playing.read(70_000, 5000), whole[:, 70_000:75_000])


def test_windows_are_not_heard(short_windows: None) -> None:
    made = notes(*(note(at, 700, 48 + at // 150 % 24) for at in range(0, 9000, 450)), instrument=Instrument(program=0))
    in_windows = played(made)
    with patch.object(instruments, "WINDOW_STEPS", 60 * SOUND_HZ // GRID_FRAMES):
        at_once = played(made)
    assert rms_db(in_windows - at_once) < -95


def test_a_closed_hi_hat_silences_the_open_one_across_windows(short_windows: None) -> None:
    # A window is one second, 1920 ticks: the closed hi-hat is in the second.
    choked = played(notes(note(1800, 50, OPEN_HAT), note(1930, 50, CLOSED_HAT)))
    open_only = played(notes(note(1800, 50, OPEN_HAT)))
    closed_only = played(notes(note(1930, 50, CLOSED_HAT)))
    later = slice(52_000, 62_000)
    assert rms_db(open_only[:, later]) > -70
    assert rms_db(choked[:, later] - closed_only[:, later]) < rms_db(open_only[:, later]) - 20


def test_played_notes_are_kept_wherever_the_clip_lies(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path)
    made = notes(note(0, 100, KICK), note(480, 100, SIDE_STICK), length=1920)
    moved = notes(note(0, 100, KICK), note(480, 100, SIDE_STICK), length=1920, start=1920)
    with patch.object(instruments, "synthesized", wraps=synthesized) as synthesizer:
        first = render(song(Track(id="t", clips=(made,))), media(), cache=cache)
        assert synthesizer.call_count == 1
        again = render(song(Track(id="t", clips=(moved,))), media(), cache=cache)
        assert synthesizer.call_count == 1
    np.testing.assert_array_equal(again.audio.samples[:, 48_000:], first.audio.samples)


def test_what_is_played_twice_is_the_same_to_the_bit() -> None:
    made = notes(note(0, 480, 60), note(100, 480, 64), instrument=Instrument(program=48))
    np.testing.assert_array_equal(played(made), played(made))


def test_a_track_with_notes_and_a_mono_recording_is_stereo() -> None:
    mixed = track("a", 500, clips=(clip("a", 500), notes(note(0, 100, KICK))))
    assert next(Renderer(song(mixed), media(a=noise(0, 500, channels=1))).track_blocks("a", "clips")).shape[0] == 2


def test_the_song_ends_with_its_last_clip_and_what_rings_on() -> None:
    rendered = render(song(Track(id="t", clips=(notes(note(0, 960, 49), length=960),))), media())
    assert rendered.report.song_frames == 24_000
    assert 24_000 < rendered.report.tail_frames < 10 * 48_000


def test_every_program_has_a_preset_and_every_kit_one_near_it() -> None:
    assert [preset_of(Instrument(program=program)) for program in range(128)] == [(0, p) for p in range(128)]
    assert preset_of(DRUMS) == (128, 0)
    for kit in range(128):
        bank, program = preset_of(Instrument(program=kit, is_drums=True))
        assert (bank, program) in sound_set().presets
        assert program <= kit


def test_presets_sound_and_are_small() -> None:
    for bank, program in ((0, 12), (0, 24), (0, 40), (0, 61), (0, 89), (128, 25)):
        data = bank_of(bank, program)
        assert len(data) < 15e6
        sound = synthesized(data, [StepNote(0, 400, 60, 100)], steps=800, is_drums=bank == 128)
        assert np.abs(sound).max() > 0.01


def test_a_file_that_is_no_sound_set_is_refused() -> None:
    from bandmate.render.soundfont import SoundFont

    with pytest.raises(MediaError, match="the sound set is no SoundFont; install Bandmate again"):
        SoundFont(b"RIFF....WAVE")


def test_midi_is_read_back_by_another_program() -> None:
    import io

    import mido

    written = [StepNote(0, 10, 60, 100), StepNote(10, 4000, 60, 90)]
    read = mido.MidiFile(file=io.BytesIO(midi_file(written, 2**14 - 1, steps=5000, channel=9)))
    assert read.ticks_per_beat == 24_000
    assert read.length == pytest.approx(5000 * 64 / 48_000)
    at, found = 0, []
    for message in read.tracks[0]:
        at += message.time
        if message.type == "note_on":
            found.append((at, message.channel, message.note, message.velocity))
    assert found == [(0, 9, 60, 100), (608, 9, 60, 0), (608, 9, 60, 90), (255_968, 9, 60, 0)]
    assert [variable_length(n) for n in (0, 127, 128, 2**21)] == [b"\0", b"\x7f", b"\x81\0", b"\x81\x80\x80\0"]


def test_the_sound_is_dry() -> None:
    # Brass has a chorus in the sound set's own preset, which would be left out when the synthesizer is turned down.
    brass, short = bank_of(0, 61), [StepNote(0, 200, 60, 100)]
    with patch("bandmate.render.synth.DRIVES_DB", (0.0,)):
        hot = synthesized(brass, short, steps=4000, is_drums=False)[:, : 200 * GRID_FRAMES]
    with patch("bandmate.render.synth.DRIVES_DB", (-24.0,)):
        turned_down = synthesized(brass, short, steps=4000, is_drums=False)[:, : 200 * GRID_FRAMES]
    np.testing.assert_allclose(turned_down, hot, atol=3e-4)
