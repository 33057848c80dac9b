"""Keys of the render cache: the sha256 of everything a signal depends on, and of nothing else.

Conventions: names and ids do not count, nor does where a track is in the song; ticks count only where something is
bound to them. Every key holds the version of the code that makes sound, so that an update never plays old sound.

Not covered: strips with their devices (``bandmate.render.content``).
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from bandmate.song.song import Song
from bandmate.song.tracks import Automation, Track


def key_of(kind: str, parts: Any) -> str:
    """The key of a signal of that kind that depends on ``parts`` (anything JSON can hold)."""
    text = msgspec.json.encode([kind, sound_version(), parts], order="deterministic")
    return hashlib.sha256(text).hexdigest()


@cache
def sound_version() -> str:
    """A hash over the source of every module that makes sound; changes whenever any of them does."""
    found = hashlib.sha256()
    for package in ("bandmate.sound", "bandmate.render"):
        for module in sorted(files(package).iterdir(), key=lambda item: item.name):
            if module.name.endswith(".py"):
                found.update(module.name.encode())
                found.update(module.read_bytes())
    return found.hexdigest()[:16]


def output_parts(track: Track, song: Song) -> Any:
    """What a track does after its inserts: fader, pan, sends, output."""
    return {
        "gain_db": track.gain_db,
        "pan": track.pan,
        "automation": automation_parts(track.automation, song),
        "sends": [[send.bus, send.gain_db, send.pre_fader] for send in track.sends if send.enabled],
        "output": track.output,
    }


def automation_parts(automation: tuple[Automation, ...], song: Song) -> Any:
    """The points of an automation by the second."""
    return [
        [one.parameter, [[str(song.tempo.seconds_at(point.at_ticks)), point.value] for point in one.points]]
        for one in automation
        if one.points
    ]
