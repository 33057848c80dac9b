"""Another octave: where a track that covers another one is written in notes, it can play out of the way.

The notes of the stretch move by an octave, down or up, whichever leaves less masking; only if all of them stay in the
range that the instrument is written in (``data/ranges.toml``, by General MIDI program). What it does is heard on the
notes played anew, so forecast and measurement are one. Drums have no octaves.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from msgspec.structs import replace

from bandmate.song.clips import NoteClip
from bandmate.song.errors import RequestError
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move, apply
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.mix.family import Answer
from bandmate.stages.mix.masking import Scene, bands_between
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

OCTAVE = 12
OCTAVE_CONFIDENCE = 0.6
"""Another octave changes the music and not only its sound: rarer to be what is wanted."""


def octave_answers(session: Session, finding: Finding) -> list[Answer]:
    """The better of an octave down and an octave up; empty for a track with recordings, and out of range."""
    track = session.song.track(finding.tracks[1])
    found = []
    for step in (-OCTAVE, OCTAVE):
        moves = octave_moves(session.song, track, step, finding.start_seconds, finding.end_seconds)
        if not moves:
            continue
        taken = taken_after(session, finding, moves)
        direction = "down" if step < 0 else "up"
        evidence = (*finding.evidence[1:], Evidence(what="step of the notes", unit="octaves", after=step / OCTAVE))
        deed = f"{spoken_name(track)} an octave {direction}"
        if taken is not None:
            found.append(Answer(moves, taken, deed, OCTAVE_CONFIDENCE, evidence))
    return sorted(found, key=lambda answer: answer.predicted)[:1]


def octave_moves(song: Song, track: Track, step: int, start_seconds: float, end_seconds: float) -> tuple[Move, ...]:
    """One move for each clip with notes in the stretch; empty where a note would leave the range."""
    if not track.clips or not all(isinstance(clip, NoteClip) for clip in track.clips):
        return ()
    start, end = song.tempo.ticks_at(start_seconds), song.tempo.ticks_at(end_seconds)
    moves = []
    for clip in track.clips:
        assert isinstance(clip, NoteClip)
        if clip.instrument.is_drums:
            return ()
        low, high = range_of(clip.instrument.program)
        changed = tuple(moved(note, clip.start_ticks, step, start, end) for note in clip.notes)
        if changed == clip.notes:
            continue
        if any(new is not old and not low <= new.pitch <= high for old, new in zip(clip.notes, changed, strict=True)):
            return ()
        moves.append(Move(address=f"tracks/{track.id}/clips/{clip.id}/notes", before=clip.notes, after=changed))
    return tuple(moves)


def moved(note: Note, clip_start: int, step: int, start: int, end: int) -> Note:
    """The note, moved if it begins in the stretch."""
    if not start <= clip_start + note.start_ticks < end or not 0 <= note.pitch + step <= 127:
        return note
    return replace(note, pitch=note.pitch + step)


def taken_after(session: Session, finding: Finding, moves: tuple[Move, ...]) -> float | None:
    """The figure of the finding with the notes played anew; None where the song cannot have them."""
    try:
        after = session.with_song(apply(session.song, moves))
    except RequestError:
        return None
    victim, masker = finding.tracks[:2]
    scene = Scene(after, (finding.start_seconds, finding.end_seconds))
    if victim not in scene.ids or masker not in scene.ids:
        return None
    bands = bands_between(scene.centre_hz, finding.low_hz or 0.0, finding.high_hz or 1e9)
    return 100 * scene.pair(victim, masker).taken(bands)


def range_of(program: int) -> tuple[int, int]:
    """Lowest and highest note that is written for a General MIDI program."""
    return range_table()[program // 8]


@cache
def range_table() -> tuple[tuple[int, int], ...]:
    """Ranges of the sixteen families of General MIDI, from ``data/ranges.toml``."""
    text = files("bandmate").joinpath("data", "ranges.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["family"]
    return tuple((int(row["lowest"]), int(row["highest"])) for row in rows)
