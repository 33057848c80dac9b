"""Edits of takes: proposed for what is asked only, at any strength, behind their gates, and nothing twice."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.render.engine import Renderer
from bandmate.render.media import MemoryMedia
from bandmate.render.rendering import collected
from bandmate.song.clip_edits import ClickRepair
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.moves import Move, apply
from bandmate.song.proposal import Proposal
from bandmate.song.song import Lock, Song
from bandmate.song.tracks import Track
from bandmate.song.tuning import Tuning
from bandmate.sound.audio import Audio
from bandmate.stages.ears import Ears
from bandmate.stages.edit.brief import EditBrief, checked_repairs
from bandmate.stages.edit.propose import propose_edit
from tests.sound.singer import contour, tone

RATE_HZ = 44_100
MELODY = ((0.3, 1.3, 57.3), (1.5, 2.4, 59.25), (2.6, 3.6, 60.72), (3.8, 4.8, 62.3))


def voice() -> np.ndarray:
    """Four notes that are off, with four clicks."""
    rng = np.random.default_rng(4)
    sound = tone(contour(MELODY, 5.2, RATE_HZ), RATE_HZ)
    for at in (0.8, 1.9, 2.9, 4.2):
        sound[0, int(at * RATE_HZ) : int(at * RATE_HZ) + 12] += 0.5 * rng.standard_normal(12)
    return sound.astype(np.float32)


def band() -> tuple[Song, Ears]:
    """A voice in two clips, and something else."""
    other = 0.1 * np.random.default_rng(1).standard_normal((1, 5 * RATE_HZ)).astype(np.float32)
    sounds = {hashlib.sha256(name.encode()).hexdigest(): sound for name, sound in (("v", voice()), ("o", other))}
    (v, sung), (o, _) = sounds.items()
    half = sung.shape[1] // 2
    plain = {"source_rate_hz": RATE_HZ}
    first = AudioClip(id="a", audio=v, source_frames=half, **plain)
    second = AudioClip(
        id="b", audio=v, source_start_frame=half, source_frames=half, start_seconds=half / RATE_HZ, **plain
    )
    beside = AudioClip(id="c", audio=o, source_frames=5 * RATE_HZ, **plain)
    tracks = (Track(id="vox", name="Vox", clips=(first, second)), Track(id="beside", name="Beside", clips=(beside,)))
    media = MemoryMedia({name: Audio(sound, RATE_HZ) for name, sound in sounds.items()})
    return Song(rate_hz=RATE_HZ, tracks=tracks), Ears(media)


BRIEF = EditBrief(tune=("vox",), clean=("vox",), repairs=("clicks",), scale="chromatic", reference_hz=440.0)


@pytest.fixture(scope="module")
def asked() -> tuple[Song, Ears, Proposal]:
    song, ears = band()
    return song, ears, propose_edit(song, BRIEF, ears=ears)


def sound_of(song: Song, ears: Ears, track: str) -> np.ndarray:
    return collected(Renderer(song, ears.media).track_blocks(track, "clips"), RATE_HZ, channels=1).samples


def made(song: Song, moves: tuple[Move, ...], strength: float) -> Song:
    for move in moves:
        song = apply(song, move, strength)
    return song


def test_both_clips_of_a_recording_get_the_same_edits(asked: tuple[Song, Ears, Proposal]) -> None:
    _, _, proposal = asked
    places = [move.address for move in proposal.moves]
    assert places == [f"tracks/vox/clips/{clip}/edits/{edit}" for edit in ("clicks", "tuning") for clip in "ab"]
    clicks, _, tuning, _ = (move.after for move in proposal.moves)
    assert isinstance(clicks, ClickRepair) and len(clicks.spans) == 4
    assert isinstance(tuning, Tuning) and sum(note.is_touched for note in tuning.notes) == 4


def test_every_number_of_a_reason_is_evidence(asked: tuple[Song, Ears, Proposal]) -> None:
    for move in asked[2].moves:
        told = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", move.because.replace("A4", ""))}
        known = {
            round(abs(value), places)
            for one in move.evidence
            for value in (one.before, one.after)
            if value is not None
            for places in (0, 1, 2)
        }
        assert told <= known, (told - known, move.because)


def test_nothing_but_the_asked_track_changes_and_no_strength_changes_nothing(
    asked: tuple[Song, Ears, Proposal],
) -> None:
    song, ears, proposal = asked
    assert made(song, proposal.moves, 0.0) is song
    whole = made(song, proposal.moves, 1.0)
    np.testing.assert_array_equal(sound_of(whole, ears, "beside"), sound_of(song, ears, "beside"))
    before, after = sound_of(song, ears, "vox"), sound_of(whole, ears, "vox")
    assert np.abs(before - after).max() > 0.1
    np.testing.assert_array_equal(before[:, : RATE_HZ // 100], after[:, : RATE_HZ // 100])


def test_half_a_strength_moves_notes_half_the_way(asked: tuple[Song, Ears, Proposal]) -> None:
    song, _, proposal = asked
    half = made(song, proposal.moves, 0.5)
    whole = {note.id: note.amount for note in proposal.moves[2].after.notes}
    edits = {edit.id: edit for edit in half.tracks[0].clips[0].edits}
    assert edits["clicks"].amount == 0.5
    assert all(note.amount == pytest.approx(0.5 * whole[note.id]) for note in edits["tuning"].notes)


def test_what_was_done_is_not_proposed_again(asked: tuple[Song, Ears, Proposal]) -> None:
    song, ears, proposal = asked
    again = propose_edit(made(song, proposal.moves, 1.0), BRIEF, ears=ears)
    assert again.moves == () and "tuned already" in again.remarks[0]


def test_a_locked_clip_is_left_out_and_named(asked: tuple[Song, Ears, Proposal]) -> None:
    song, ears, _ = asked
    locked = replace(song, locks=(Lock(id="l", address="tracks/vox/clips/a"),))
    proposal = propose_edit(locked, BRIEF, ears=ears)
    assert {move.address.split("/")[3] for move in proposal.moves} == {"b"}
    assert any("locked" in remark for remark in proposal.remarks)


def test_what_has_no_pitch_is_not_tuned_and_silence_is_left(asked: tuple[Song, Ears, Proposal]) -> None:
    song, ears, _ = asked
    proposal = propose_edit(song, EditBrief(tune=("beside",)), ears=ears)
    assert proposal.moves == () and "only one voice at a time" in proposal.remarks[0]
    empty = Song(rate_hz=RATE_HZ, tracks=(Track(id="x", name="X"),))
    assert propose_edit(empty, EditBrief(clean=("x",)), ears=ears).remarks == (
        "X: there is no recording on it to edit",
    )


def test_notes_are_offered_as_they_were_and_on_the_grid(asked: tuple[Song, Ears, Proposal]) -> None:
    song, ears, _ = asked
    proposal = propose_edit(song, EditBrief(notes=("vox",), grid="1/8"), ears=ears)
    loose, tight = (move.after.clips for move in proposal.moves)
    assert [isinstance(clip, NoteClip) and len(clip.notes) for clip in loose] == [2, 2]
    assert [clip.id for clip in loose] == ["a", "b"]
    assert all((clip.start_ticks + note.start_ticks) % 480 == 0 for clip in tight for note in clip.notes)
    begins = [song.tempo.seconds_at(clip.start_ticks + note.start_ticks) for clip in loose for note in clip.notes]
    assert [float(at) for at in begins] == pytest.approx([start for start, _, _ in MELODY], abs=0.06)
    assert [move.choice for move in proposal.moves] == ["notes-vox#1", "notes-vox#2"]


def test_repairs_are_named_in_the_order_of_the_work() -> None:
    assert checked_repairs(("hum", "clicks")) == ("clicks", "hum")
    assert "rests" not in checked_repairs(("all",)) and "rests" in checked_repairs(("all", "rests"))
