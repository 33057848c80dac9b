"""Who plays what is written: the track that was named, or a new one with an instrument of the genre.

Conventions: levels and pans are a balance to begin with; the mix stage does the rest.
"""

from __future__ import annotations

from msgspec.structs import replace

from bandmate.song.clips import NoteClip
from bandmate.song.song import Song
from bandmate.song.tracks import Role, Track
from bandmate.stages.compose.brief import ComposeBrief, PartKind
from bandmate.stages.compose.genres import band_of, program_in
from bandmate.stages.compose.sketch_brief import SketchPart
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
LEVELS: dict[PartKind, tuple[float, float]] = {
    "chords": (-6.0, 0.15),
    "melody": (-3.0, 0.0),
    "bass": (-4.0, 0.0),
    "drums": (-3.0, 0.0),
    "keys": (-6.0, -0.2),
    "harmony": (-6.0, 0.25),
    "counter": (-6.0, -0.25),
}
"""Fader in dB, and pan."""

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
    part = brief.part
    sounds = band_of(brief.genre).sounds[0]
    program = program_in(sounds, SOUNDS[part])
    if part == "harmony" and brief.track:
        program = program_of_track(song.track(brief.track)) or program
    gain_db, pan = LEVELS[part]
    return Player(
        NAMES[part], role_of(part, program), brief.program if brief.program is not None else program,
        part == "drums", gain_db, pan,
    )  # fmt: skip


def role_of(part: PartKind, program: int) -> Role:
    """The role that a new track has."""
    if part in ("drums", "bass"):
        return "drums" if part == "drums" else "bass"
    families: dict[int, Role] = {
        0: "piano",
        1: "synth",
        2: "organ",
        3: "electric-guitar",
        4: "bass",
        5: "strings",
        6: "strings",
        7: "brass",
        8: "woodwind",
        9: "woodwind",
        10: "synth",
        11: "pad",
    }
    return families.get(program // 8, "keys")


def voice_player(number: int, program: int, level: Player) -> Player:
    """Who sings or plays one of four voices, from 0 for the highest."""
    return replace_player(level, VOICES[number], program, VOICE_PANS[number])


def replace_player(player: Player, name: str, program: int, pan: float) -> Player:
    return Player(name, player.role, program, player.is_drums, player.gain_db, pan)


def with_program(brief: ComposeBrief, track: Track | None) -> ComposeBrief:
    """The brief with the instrument of the track that it is for, where it names none."""
    if brief.program is not None or track is None:
        return brief
    return replace(brief, program=program_of_track(track))
