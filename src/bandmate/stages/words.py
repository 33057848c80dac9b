"""Plain words for places, roles and times, the same in every reason and report."""

from __future__ import annotations

from bandmate.song.song import Song
from bandmate.song.tracks import Role, Track

SPOKEN_ROLES: dict[Role, str] = {
    "lead-vox": "lead vocal",
    "backing-vox": "backing vocal",
    "electric-guitar": "guitar",
    "hats": "hi-hat",
    "keys": "keyboard",
    "drums": "drum kit",
    "cymbals": "cymbal track",
    "toms": "tom track",
    "strings": "string part",
    "brass": "brass part",
    "woodwind": "woodwind part",
    "effects": "effect track",
    "unknown": "track",
}


def spoken_role(role: Role) -> str:
    """``lead-vox`` is a lead vocal."""
    return SPOKEN_ROLES.get(role, role.replace("-", " "))


def spoken_name(track: Track) -> str:
    """The track's name, or its id when it has none."""
    return track.name or track.id


def clock(seconds: float) -> str:
    """``1:05.2``: minutes, seconds and tenths."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def place(song: Song, seconds: float) -> str:
    """Where in the song: bar and beat when it has a tempo, else minutes and seconds."""
    if not song.tempo.points:
        return clock(seconds)
    return f"bar {song.meters.position_at(song.tempo.ticks_at(seconds)).bar} ({clock(seconds)})"
