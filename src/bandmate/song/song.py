"""The song: one immutable value that holds everything but the recordings themselves.

Two songs that share a track share the same object; a change makes a new song and leaves the old one as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated

import msgspec

from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.devices import keys_of
from bandmate.song.errors import RequestError, UnknownName
from bandmate.song.harmony import Chord, Key, KeyChange, Lyric, Marker, Section
from bandmate.song.time import MeterMap, TempoMap
from bandmate.song.tracks import MAIN, Bus, Main, Track
from bandmate.song.values import Id, Value

MOST_KEYS_IN_A_ROW = 8
"""A track that listens to a track that listens to a track …: each is played once more for the one before."""


class Lock(Value, frozen=True, kw_only=True):
    """An address that no proposal may move, with everything below it."""

    id: Id
    address: str


class Song(Value, frozen=True, kw_only=True, tag="song"):
    """A song. ``rate_hz`` is the rate that it is rendered at."""

    title: str = ""
    rate_hz: Annotated[int, msgspec.Meta(ge=8_000, le=384_000)] = 48_000
    tempo: TempoMap = TempoMap()
    meters: MeterMap = MeterMap()
    key: Key | None = None
    key_changes: tuple[KeyChange, ...] = ()
    sections: tuple[Section, ...] = ()
    chords: tuple[Chord, ...] = ()
    lyrics: tuple[Lyric, ...] = ()
    markers: tuple[Marker, ...] = ()
    tracks: tuple[Track, ...] = ()
    buses: tuple[Bus, ...] = ()
    main: Main = Main()
    locks: tuple[Lock, ...] = ()

    def key_at_bar(self, bar: int) -> Key | None:
        """The key that holds in ``bar`` (from 1): that of the last change, or of the song; None where none is known."""
        changes = [change for change in self.key_changes if change.at_bar <= bar]
        return max(changes, key=lambda change: change.at_bar).key if changes else self.key

    def track(self, name: str) -> Track:
        """The track with that id, or else the one track with that name (case does not count)."""
        for track in self.tracks:
            if track.id == name:
                return track
        named = [track for track in self.tracks if track.name.casefold() == name.casefold()]
        if len(named) == 1:
            return named[0]
        raise UnknownName("track", name, [track.id for track in self.tracks])


def clip_end_seconds(song: Song, clip: AudioClip | NoteClip) -> Fraction:
    """Where a clip ends in the song, exact."""
    if isinstance(clip, AudioClip):
        return Fraction(clip.start_seconds) + Fraction(clip.source_frames, clip.source_rate_hz)
    return song.tempo.seconds_at(clip.start_ticks + clip.length_ticks)


def length_seconds(song: Song) -> Fraction:
    """Where the last clip ends, exact; 0 for a song without clips. Delays and ringing devices do not count."""
    ends = [clip_end_seconds(song, clip) for track in song.tracks for clip in track.clips]
    return max(ends, default=Fraction(0))


def length_frames(song: Song) -> int:
    """The length in frames at the song's rate, rounded to the nearest frame."""
    return round(length_seconds(song) * song.rate_hz)


def audio_hashes(song: Song) -> tuple[str, ...]:
    """The recordings that the song uses, each once, in the order of the tracks."""
    clips = (clip for track in song.tracks for clip in track.clips)
    return tuple(dict.fromkeys(clip.audio for clip in clips if isinstance(clip, AudioClip)))


def check_references(song: Song) -> None:
    """Every bus and every key track that is named exists, no bus feeds itself, and no track listens to itself.

    Raises
    ------
    UnknownName
        if a track, a bus or a send goes to a bus that is not there, or a device listens to a track that is not there.
    RequestError
        if buses feed each other in a circle, or tracks listen to each other in a circle or too many in a row.
    """
    check_keys(song)
    outputs = {bus.id: bus.output for bus in song.buses}
    for named in references(song):
        if named != MAIN and named not in outputs:
            raise UnknownName("bus", named, [MAIN, *outputs])
    for bus in outputs:
        seen, at = [bus], outputs[bus]
        while at != MAIN:
            if at in seen:
                raise RequestError(f"buses feed each other in a circle: {' → '.join([*seen, at])}; send one to main")
            seen.append(at)
            at = outputs[at]


def references(song: Song) -> Iterator[str]:
    """Every bus that a strip names, main included."""
    for track in song.tracks:
        yield track.output
        yield from (send.bus for send in track.sends)
    yield from (bus.output for bus in song.buses)


def check_keys(song: Song) -> None:
    """The part of `check_references` about the tracks that devices listen to, whether those are switched on or not."""
    known = [track.id for track in song.tracks]
    buses = [(f'bus "{bus.id}"', bus.inserts) for bus in song.buses]
    for strip, inserts in [*((f'track "{t.id}"', t.inserts) for t in song.tracks), *buses, (MAIN, song.main.inserts)]:
        for device in inserts:
            for key in keys_of(device):
                if key not in known:
                    raise UnknownName(f'key track for "{device.id}" on {strip}', key, known)
    follow_keys({track.id: [key for device in track.inserts for key in keys_of(device)] for track in song.tracks})


def follow_keys(heard_by: dict[str, list[str]]) -> None:
    """Refuse circles and long rows of tracks that listen to tracks."""
    lengths: dict[str, int] = {}

    def length(at: str, way: tuple[str, ...]) -> int:
        """How many tracks come after ``at``, which is at the end of ``way``."""
        if at in way:
            circle = " → ".join((*way[way.index(at) :], at))
            raise RequestError(f"tracks listen to themselves by their keys: {circle}; leave one of these keys empty")
        if at not in lengths and len(way) <= MOST_KEYS_IN_A_ROW:
            lengths[at] = max((1 + length(key, (*way, at)) for key in heard_by[at]), default=0)
        if len(way) + lengths.get(at, 1) > MOST_KEYS_IN_A_ROW:
            row = " → ".join((*way, at))
            raise RequestError(
                f"tracks listen to each other by their keys, more than {MOST_KEYS_IN_A_ROW} in a row: {row} …; "
                "leave one of these keys empty"
            )
        return lengths[at]

    for track in heard_by:
        length(track, ())
