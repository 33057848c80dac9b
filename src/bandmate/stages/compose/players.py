"""Who plays what is written: the track that was named, or a new one with an instrument of the genre.

Conventions: levels and pans are a balance to begin with; the mix stage does the rest.
"""

from __future__ import annotations

from msgspec.structs import replace

from bandmate.song.clips import NoteClip
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.compose.brief import ComposeBrief, PartKind
from bandmate.stages.compose.genres import band_of, program_in
from bandmate.stages.compose.sketch_brief import SketchPart
from bandmate.stages.compose.sketch_parts import role_of
from bandmate.stages.compose.sketch_tracks import fader_db
from bandmate.stages.compose.writing import Player

NEW_TRACK_PARTS: tuple[PartKind, ...] = ("harmony", "counter")
"""What is written to a track goes onto another one."""

NAMES: dict[PartKind, str] = {
    "chords": "Chords",
    "melody": "Lead",
    "bass": "Bass",
    "drums": "Drums",
    "keys": "Keys",
    "harmony": "Second Voice",
    "counter": "Counter-melody",
}
SOUNDS: dict[PartKind, SketchPart] = {
    "chords": "keys",
    "melody": "lead",
    "bass": "bass",
    "drums": "drums",
    "keys": "keys",
    "harmony": "lead",
    "counter": "pad",
}
PANS: dict[PartKind, float] = {"chords": 0.15, "keys": -0.2, "harmony": 0.25, "counter": -0.25}
"""Everything else stands in the middle."""

VOICES = ("Soprano", "Alto", "Tenor", "Bass")
VOICE_PANS = (-0.15, 0.15, -0.3, 0.0)


def kind_of_track(track: Track) -> PartKind:
    """What a track plays: drums, a bass, or a melody."""
    clips = [clip for clip in track.clips if isinstance(clip, NoteClip)]
    if any(clip.instrument.is_drums for clip in clips):
        return "drums"
    is_bass = track.role == "bass" or any(32 <= clip.instrument.program <= 39 for clip in clips)
    return "bass" if is_bass else "melody"


def program_of_track(track: Track) -> int | None:
    """The General MIDI program that a track plays with; None for no notes, and for drums."""
    for clip in track.clips:
        if isinstance(clip, NoteClip):
            return None if clip.instrument.is_drums else clip.instrument.program
    return None


def new_player(brief: ComposeBrief, song: Song) -> Player:
    """Somebody for a part that no track was named for. A second voice has the sound of what it goes with."""
    part, sound = brief.part, SOUNDS[brief.part]
    program = program_in(band_of(brief.genre).sounds[0], sound)
    if part == "harmony" and brief.track:
        program = program_of_track(song.track(brief.track)) or program
    program = program if brief.program is None else brief.program
    gain_db, pan = fader_db(sound, program), PANS.get(part, 0.0)
    return Player(NAMES[part], role_of(sound, program), program, part == "drums", gain_db, pan)


def voice_player(number: int, program: int, level: Player) -> Player:
    """Who sings or plays one of four voices, from 0 for the highest."""
    return Player(VOICES[number], level.role, program, level.is_drums, level.gain_db, VOICE_PANS[number])


def with_program(brief: ComposeBrief, track: Track | None) -> ComposeBrief:
    """The brief with the instrument of the track that it is for, where it names none."""
    if brief.program is not None or track is None:
        return brief
    return replace(brief, program=program_of_track(track))
