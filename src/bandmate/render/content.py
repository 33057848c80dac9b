"""Names for sounds by what is in them: two songs in which a track sounds the same give it the same name.

Whoever measures sound remembers the result under these names, and never hears the same thing twice. A strip with a
device that listens to another track depends on that track's sound too, and not on its name.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bandmate.render.clips import audio_clip_parts, delay_frames
from bandmate.render.instruments import note_clip_parts
from bandmate.render.keys import automation_parts, key_of, output_parts
from bandmate.render.strip import seconds_per_tick, switched_on
from bandmate.song.clips import AudioClip
from bandmate.song.devices import AnyDevice, Delay, keys_of
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
    return {
        "rate_hz": song.rate_hz,
        "clips": clips,
        "inverted": track.polarity_inverted,
        "delay_frames": delay_frames(track, song.rate_hz),
        "inserts": insert_parts(track.inserts, song),
    }


def insert_parts(inserts: tuple[AnyDevice, ...], song: Song) -> Any:
    """What the devices of a strip do: settings, the tempo for those that follow it, and the tracks they listen to."""
    parts = []
    for device in switched_on(inserts):
        heard = {key: key_of("key track", whole_strip_parts(song, song.track(key))) for key in keys_of(device)}
        settings = {**named_keys(msgspec.to_builtins(device), heard), "id": ""}
        parts.append([settings, seconds_per_tick(song) if isinstance(device, Delay) else 0])
    return parts


def named_keys(settings: Any, names: dict[str, str]) -> Any:
    """The settings of a device with other names for the tracks that it and its bands listen to."""
    if isinstance(settings, list):
        return [named_keys(one, names) for one in settings]
    if not isinstance(settings, dict):
        return settings
    return {
        field: names.get(value, value) if field == "key" else named_keys(value, names)
        for field, value in settings.items()
    }


def bus_parts(song: Song, bus: Bus | Main) -> Any:
    return [insert_parts(bus.inserts, song), bus.gain_db, automation_parts(bus.automation, song)]
