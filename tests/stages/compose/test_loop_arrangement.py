"""Arrangements: a loop over a form, exactly as long as asked, with parts that come and go."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from bandmate.models.form import load_form
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.errors import RequestError
from bandmate.song.song import Song, length_seconds
from bandmate.song.tracks import Track
from bandmate.stages.compose.arrangement import scenes
from bandmate.stages.compose.form_ideas import FormSection
from bandmate.stages.compose.loop_arrangement import arrangement_ideas, kind_of
from bandmate.stages.compose.passage import DEFAULT_KEY, Bar, Tone, tones_of_track
from bandmate.stages.compose.sketch import sketch_songs
from bandmate.stages.compose.sketch_brief import SketchBrief
from bandmate.stages.compose.sketch_parts import load_sketch_models
from bandmate.stages.compose.transitions import ended, filled, silenced


@pytest.fixture(scope="module")
def loop() -> Song:
    return sketch_songs(SketchBrief(genre="house", bars=4, alternatives=1), load_sketch_models(), 3)[0].song


def test_a_loop_fills_a_form_of_the_length_asked_for(loop: Song) -> None:
    found = arrangement_ideas(loop, SketchBrief(genre="house", bars=48), load_form(), 1)
    assert found == arrangement_ideas(loop, SketchBrief(genre="house", bars=48), load_form(), 1)
    assert len({one.says for one in found}) == 3
    for one in found:
        end = one.song.meters.ticks_at_bar(49)
        assert one.form.bars == 48
        for track in one.song.tracks:
            assert all(tone.end_ticks <= end for tone in tones_of_track(track))
        keys = [tone for tone in tones_of_track(one.song.track("keys")) if tone.start_ticks < end - 3840]
        own = {(tone.start_ticks, tone.pitch) for tone in tones_of_track(loop.track("keys"))}
        assert {(tone.start_ticks % (4 * 3840), tone.pitch) for tone in keys} <= own or one.form.sections[0].bars % 4


def test_seconds_are_met(loop: Song) -> None:
    one = arrangement_ideas(loop, SketchBrief(genre="house", seconds=60.0), load_form(), 2)[0]
    assert float(length_seconds(one.song)) == pytest.approx(60.0, abs=1e-6)


def test_recordings_are_repeated_and_hold_the_tempo(loop: Song) -> None:
    clip = AudioClip(id="a", audio="0" * 64, source_frames=48_000 * 8, source_rate_hz=48_000)
    song = replace(loop, tracks=(*loop.tracks, Track(id="vox", role="lead-vox", clips=(clip,))))
    one = arrangement_ideas(song, SketchBrief(genre="house", seconds=61.3), load_form(), 1, last_bar=4)[0]
    assert one.form.tempo_bpm == pytest.approx(loop.tempo.bpm_at(0))
    clips = one.song.track("vox").clips
    bar = 240 / one.form.tempo_bpm
    assert len(clips) > 1
    for found in clips:
        assert isinstance(found, AudioClip)
        assert found.start_seconds / bar == pytest.approx(round(found.start_seconds / bar), abs=1e-6)
        assert found.source_frames <= clip.source_frames


def test_nothing_and_broken_meters_are_refused(loop: Song) -> None:
    with pytest.raises(RequestError, match="nothing to arrange"):
        arrangement_ideas(Song(), SketchBrief(), load_form(), 1)
    with pytest.raises(RequestError, match="no loop"):
        arrangement_ideas(loop, SketchBrief(), load_form(), 1, first_bar=5, last_bar=2)


def test_quiet_sections_have_fewer_players() -> None:
    rows = [("intro", 4, 0.3), ("verse", 8, 0.45), ("chorus", 8, 0.85), ("outro", 4, 0.3)]
    sections, start = [], 1
    for name, bars, energy in rows:
        sections.append(FormSection(name, start, bars, energy))
        start += bars
    found = scenes(sections, ("drums", "bass", "keys", "pad", "lead"), "pop", 1)
    counts = [len(scene.parts) for scene in found]
    assert counts[2] == 5 and counts[3] < 5
    assert found[2].has_crash and found[1].silence == 1 and not found[2].silence
    assert "lead" not in found[0].parts


def test_roles_are_guessed_by_what_is_played(loop: Song) -> None:
    for name in ("bass", "keys", "lead"):
        clip = loop.track(name).clips[0]
        assert isinstance(clip, NoteClip)
        assert kind_of(Track(id="x", clips=(clip,))) == name


def test_transitions_take_away_and_end() -> None:
    bar = Bar(2, 3840, 4, 4, DEFAULT_KEY)
    tones = tuple(Tone(at, 480, 60) for at in range(0, 2 * 3840, 480))
    quiet = silenced(tones, bar, 1)
    assert max(tone.end_ticks for tone in quiet) == 2 * 3840 - 960
    last = [tone for tone in ended(tones, bar, "keys") if tone.start_ticks >= 3840]
    assert [(tone.start_ticks, tone.end_ticks) for tone in last] == [(3840, 7680)]
    drums = tuple(Tone(at, 100, 42) for at in range(0, 2 * 3840, 480))
    with_fill = filled(drums, bar, 0.9, Random(1))
    assert {tone.pitch for tone in with_fill if tone.start_ticks >= 7680 - 960} & {38, 43, 45, 48, 50}
    assert [tone for tone in with_fill if tone.start_ticks < 3840] == [
        tone for tone in drums if tone.start_ticks < 3840
    ]
