"""The desk: makes the feeds of a song's tracks and groups, out of the cache where they are there.

Conventions: a track after its inserts is kept when devices make it worth while, a group's sum when it has two tracks or
more. The dry sound of recordings is never kept: it is on disk already. A track that devices listen to is played once
more for each strip that does, out of the cache where it is there, so that no strip waits for another.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import NamedTuple

from bandmate.render.cache import RenderCache
from bandmate.render.clips import AudioPlaying, ClipSum, Playing, Recordings, delay_frames, window_of
from bandmate.render.content import whole_strip_parts
from bandmate.render.feed import Feed, ReadAhead, Recorded, Stored
from bandmate.render.instruments import note_frames, note_playing
from bandmate.render.keys import key_of, output_parts
from bandmate.render.media import Media
from bandmate.render.mixer import GROUP_TRACKS, GroupSum, TrackOutput
from bandmate.render.strip import Inserted, InsertRow, switched_on
from bandmate.song.clips import AnyClip, AudioClip
from bandmate.song.devices import AnyDevice
from bandmate.song.song import Song
from bandmate.song.tracks import MAIN, Track


class Group(NamedTuple):
    """Neighbouring tracks that sound, and the places that they feed."""

    tracks: tuple[Track, ...]
    places: tuple[str, ...]


class Desk:
    """Makes feeds for one song.

    Parameters
    ----------
    song : Song
    media : Media
    cache : RenderCache, optional
    """

    def __init__(self, song: Song, media: Media, cache: RenderCache | None) -> None:
        self.song, self._media, self._cache = song, media, cache

    def groups(self, heard: Collection[str] | None) -> tuple[Group, ...]:
        """The groups in which anything sounds; ``heard`` are the ids of the tracks to hear, None for all."""
        order = (MAIN, *(bus.id for bus in self.song.buses))
        found = []
        for first in range(0, len(self.song.tracks), GROUP_TRACKS):
            tracks = tuple(
                track
                for track in self.song.tracks[first : first + GROUP_TRACKS]
                if sounds(track) and (heard is None or track.id in heard)
            )
            fed = {place for track in tracks for place in places_of(track)}
            if tracks:
                found.append(Group(tracks, tuple(place for place in order if place in fed)))
        return tuple(found)

    def end_frame(self, groups: Collection[Group]) -> int:
        """Where the last clip of all tracks ends, delays included."""
        return max((self.track_end(track) for group in groups for track in group.tracks), default=0)

    def track_end(self, track: Track) -> int:
        """Where the last clip of a track ends, its delay included."""
        delay = delay_frames(track, self.song.rate_hz)
        return max([0, *(self._clip_end(clip) + delay for clip in playable(track))])

    def clips(self, track: Track) -> ClipSum:
        """What the track plays, before any device."""
        recordings = Recordings(self._media, self.song.rate_hz)
        playing = [self._playing(clip, recordings) for clip in playable(track)]
        return ClipSum(track, playing, recordings, self.song.rate_hz)

    def strip(self, track: Track) -> Feed:
        """The track after its inserts."""
        if self._cache is None or not switched_on(track.inserts):
            return self._live_strip(track)
        key = self._strip_key(track)
        entry = self._cache.find(key)
        if entry is not None:
            return Stored(entry, partial(self._live_strip, track))
        made = self._live_strip(track)
        # A row whose devices all do nothing is as quick to make again as to read.
        return Recorded(made, self._cache.writer(key, made.channels)) if isinstance(made, Inserted) else made

    def key_feed(self, track_id: str) -> Feed:
        """What a detector hears of a track: all that is after its inserts, whether the track is muted or not.

        It is read from the cache, and never written to it: the track's own strip does that.
        """
        track = self.song.track(track_id)
        entry = self._cache.find(self._strip_key(track)) if self._cache and switched_on(track.inserts) else None
        return self._live_strip(track) if entry is None else Stored(entry, partial(self._live_strip, track))

    def row(self, inserts: tuple[AnyDevice, ...], channels: int) -> InsertRow:
        """The devices of a strip, with what they listen to."""
        return InsertRow(inserts, channels, self.song, self.key_feed)

    def output(self, track: Track) -> TrackOutput:
        """The track after fader, pan and sends."""
        return TrackOutput(track, self.strip(track), self.song)

    def group(self, group: Group, ahead: ReadAhead) -> Feed:
        """The sum of a group; ``ahead`` makes its tracks."""
        if self._cache is None or len(group.tracks) < 2:
            return self._live_group(group, ahead)
        parts = [[whole_strip_parts(self.song, track), output_parts(track, self.song)] for track in group.tracks]
        key = key_of("group", [group.places, parts])
        entry = self._cache.find(key)
        if entry is not None:
            # subtle: a group that must be made again is made in one thread; workers that wait for workers would lock.
            return ahead.of(Stored(entry, partial(self._live_group, group, None)))
        made = self._live_group(group, ahead)
        return Recorded(made, self._cache.writer(key, made.channels))

    def _strip_key(self, track: Track) -> str:
        return key_of("strip", whole_strip_parts(self.song, track))

    def _live_strip(self, track: Track) -> Feed:
        dry = self.clips(track)
        row = self.row(track.inserts, dry.channels)
        return dry if row.is_empty else Inserted(dry, row, self.song.rate_hz)

    def _live_group(self, group: Group, ahead: ReadAhead | None) -> Feed:
        outputs: list[Feed] = [self.output(track) for track in group.tracks]
        if ahead is not None:
            outputs = [ahead.of(output) for output in outputs]
        return GroupSum(outputs, [places_of(track) for track in group.tracks], group.places)

    def _playing(self, clip: AnyClip, recordings: Recordings) -> Playing:
        if isinstance(clip, AudioClip):
            return AudioPlaying(clip, window_of(clip, self.song.rate_hz), recordings, self.song.rate_hz)
        return note_playing(clip, self.song, self._cache)

    def _clip_end(self, clip: AnyClip) -> int:
        if isinstance(clip, AudioClip):
            window = window_of(clip, self.song.rate_hz)
            return window.start + window.frames
        return note_frames(clip, self.song).end


def playable(track: Track) -> tuple[AnyClip, ...]:
    """The clips of a track that are not muted."""
    return tuple(clip for clip in track.clips if not clip.mute)


def sounds(track: Track) -> bool:
    """Whether anything of the track can be heard."""
    return not track.mute and bool(playable(track))


def places_of(track: Track) -> tuple[str, ...]:
    """Where a track goes: its output, and the buses of its sends that are on."""
    return (track.output, *(send.bus for send in track.sends if send.enabled))
