"""Names for sounds by what is in them: two songs in which a track sounds the same give it the same name.

Whoever measures sound remembers the result under these names, and never hears the same thing twice.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bandmate.render.instruments import note_clip_parts
from bandmate.render.keys import (
    audio_clip_parts,
    automation_parts,
    insert_parts,
    key_of,
    output_parts,
    strip_parts,
)
from bandmate.render.strip import switched_on
from bandmate.song.clips import AudioClip
from bandmate.song.song import Song
from bandmate.song.tracks import Bus, Main, Track


def track_content(song: Song, track: Track, point: Literal["clips", "inserts", "fader"]) -> str:
    """The name of what a track gives at that point of its strip.

    Before and after inserts that are all off it is one name.
    """
    dry = track if point != "clips" else msgspec.structs.replace(track, inserts=())
    place = "clips" if point == "inserts" and not switched_on(track.inserts) else point
    parts: list[Any] = [place, whole_strip_parts(song, dry)]
    if point == "fader":
        parts.append([output_parts(track, song), track.mute])
    return key_of("heard track", parts)


def main_content(song: Song) -> str:
    """The name of what the main bus gives."""
    tracks = [
        [whole_strip_parts(song, track), output_parts(track, song)]
        for track in song.tracks
        if track.clips and not track.mute
    ]
    buses = [[bus.id, bus.output, bus.pan, bus.mute, bus_parts(song, bus)] for bus in song.buses]
    return key_of("heard main", [song.rate_hz, tracks, buses, bus_parts(song, song.main)])


def whole_strip_parts(song: Song, track: Track) -> Any:
    """What a track after its inserts depends on, notes and recordings alike."""
    clips = [
        audio_clip_parts(clip, song.rate_hz) if isinstance(clip, AudioClip) else note_clip_parts(clip, song)
        for clip in track.clips
        if not clip.mute
    ]
    return strip_parts(track, clips, song)


def bus_parts(song: Song, bus: Bus | Main) -> Any:
    return [insert_parts(bus.inserts, song), bus.gain_db, automation_parts(bus.automation, song)]
