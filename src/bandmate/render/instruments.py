"""Note clips, played: notes to MIDI to the synthesizer to sound at the song's rate.

Conventions: a note starts within 0.34 ms of its exact place in the tempo map (grid of the synthesizer, see
``soundset``), measured from the clip's own start, so that a clip sounds the same wherever it lies. A note that starts
outside the clip is not played; one that reaches beyond the clip's end is let go there and rings for as long as the
instrument's release takes. Of two overlapping notes of one pitch the second ends the first. Reverb and chorus of the
synthesizer are off; velocity is loudness as the sound set has it (40 log10(velocity / 127) dB).

Sound is made in windows of ``WINDOW_SECONDS`` by the notes' starts and laid over each other, so memory does not depend
on the length of the clip (it does on that of the longest note).

Not covered: controllers, pitch bend, sustain pedal, more than 64 voices at once.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bandmate.render.cache import RenderCache
from bandmate.render.feed import Feed, Notes, Recorded, Stored, silence
from bandmate.render.keys import key_of
from bandmate.render.soundset import DRUM_BANK, GRID_FRAMES, SOUND_HZ, bank_of, preset_of, sound_set_hash
from bandmate.render.synth import StepNote, synthesized
from bandmate.song.clips import NoteClip
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.sound.audio import Samples
from bandmate.sound.resample import Resampler, resampled_frames

WINDOW_SECONDS = 30
RING_SECONDS = 10
FIRST_RING_SECONDS = 3
WINDOW_STEPS = WINDOW_SECONDS * SOUND_HZ // GRID_FRAMES
RING_STEPS = RING_SECONDS * SOUND_HZ // GRID_FRAMES
FIRST_RING_STEPS = FIRST_RING_SECONDS * SOUND_HZ // GRID_FRAMES
CHOKE_STEPS = 4 * SOUND_HZ // GRID_FRAMES
GHOST_VELOCITY = 1


@dataclass(frozen=True, slots=True, order=True)
class PlayedNote:
    """A note on the synthesizer's grid: steps of 64 frames from the start of the clip."""

    start_step: int
    end_step: int
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class NoteSpan:
    """Where a note clip lies in the song, in frames; ``end`` is where its last note is let go at the latest."""

    start: int
    end: int


def note_frames(clip: NoteClip, song: Song) -> NoteSpan:
    """The frames of a note clip."""
    ends = (clip.start_ticks, clip.start_ticks + clip.length_ticks)
    start, end = (song.tempo.frame_at(ticks, song.rate_hz) for ticks in ends)
    return NoteSpan(start, end)


def played_notes(clip: NoteClip, song: Song) -> tuple[PlayedNote, ...]:
    """The notes of a clip on the synthesizer's grid, in order; each ends before the next of its pitch begins."""
    inside = [note for note in clip.notes if note.start_ticks < clip.length_ticks]
    last_start: dict[int, int] = {}
    found = []
    for note in sorted(inside, key=lambda one: (one.start_ticks, one.pitch, one.velocity), reverse=True):
        start, end = step_at(clip, note.start_ticks, song), step_at(clip, note_end(clip, note), song)
        following = last_start.get(note.pitch)
        if following is not None:
            end = min(end, following)
        if following is None or following > start:
            found.append(PlayedNote(start, max(end, start + 1), note.pitch, note.velocity))
            last_start[note.pitch] = start
    return tuple(sorted(found))


def note_end(clip: NoteClip, note: Note) -> int:
    """Where a note is let go, in ticks from the start of the clip."""
    return min(note.start_ticks + note.length_ticks, clip.length_ticks)


def step_at(clip: NoteClip, ticks: int, song: Song) -> int:
    """The grid step nearest to a place in the clip."""
    tempo = song.tempo
    seconds = tempo.seconds_at(clip.start_ticks + ticks) - tempo.seconds_at(clip.start_ticks)
    return round(seconds * SOUND_HZ / GRID_FRAMES)


def note_clip_parts(clip: NoteClip, song: Song) -> Any:
    """What the sound of a note clip in its track depends on."""
    return ["notes", note_frames(clip, song).start, sound_parts(clip, song)]


def sound_parts(clip: NoteClip, song: Song) -> Any:
    """What the sound of a note clip by itself depends on: not on where it lies."""
    notes = [[n.start_step, n.end_step, n.pitch, n.velocity] for n in played_notes(clip, song)]
    return [song.rate_hz, preset_of(clip.instrument), sound_set_hash(), notes]


def note_playing(clip: NoteClip, song: Song, cache: RenderCache | None) -> NotePlaying:
    """A note clip on its way to sound, out of the cache where it is there."""
    start = note_frames(clip, song).start
    notes = played_notes(clip, song)
    preset = preset_of(clip.instrument)
    make = partial(NoteFeed, notes, preset, song.rate_hz)
    if cache is None or not notes:
        return NotePlaying(start, make())
    key = key_of("notes", sound_parts(clip, song))
    entry = cache.find(key)
    if entry is not None:
        return NotePlaying(start, Stored(entry, make))
    feed = make()
    return NotePlaying(start, Recorded(feed, cache.writer(key, 2), enough=feed.played_frames))


class NotePlaying:
    """A note clip that plays, ringing included."""

    channels = 2

    def __init__(self, start: int, feed: Feed) -> None:
        self.start, self.frames, self._feed = start, feed.frames, feed

    def read(self, offset: int, frames: int) -> Samples:
        return self._feed.read(offset, frames)

    def close(self) -> None:
        self._feed.close()


class NoteFeed:
    """Played notes as a feed: stereo, at ``rate_hz``, from the start of the clip to the end of the last ring."""

    channels = 2

    def __init__(self, notes: Sequence[PlayedNote], preset: tuple[int, int], rate_hz: int) -> None:
        self._notes, self._preset = tuple(notes), preset
        last = max((note.end_step for note in notes), default=-RING_STEPS)
        self._sound_frames = (last + RING_STEPS) * GRID_FRAMES
        self.played_frames = resampled_frames(max(0, last) * GRID_FRAMES, SOUND_HZ, rate_hz)
        self.frames = resampled_frames(self._sound_frames, SOUND_HZ, rate_hz)
        self._blocks = self._resampled(Resampler(SOUND_HZ, rate_hz, 2, "HQ"))
        self._block = silence(2, 0)
        self._position = 0

    def read(self, start: int, frames: int) -> Samples:
        found = silence(2, frames)
        while self._position < min(start + frames, self.frames):
            if not self._block.shape[1]:
                self._block = next(self._blocks)
                continue
            wanted = (start if self._position < start else start + frames) - self._position
            piece, self._block = self._block[:, :wanted], self._block[:, wanted:]
            if self._position >= start:
                at = self._position - start
                found[:, at : at + piece.shape[1]] = piece
            self._position += piece.shape[1]
        return found

    def notes(self) -> Notes:
        return []

    def close(self) -> None:
        # subtle: the generator refers back to the feed; closed, its windows go now and not with the next collection.
        self._blocks.close()
        self._block = silence(2, 0)

    def _resampled(self, resampler: Resampler) -> Generator[Samples, None, None]:
        for block in self._windows():
            yield resampler.feed(block)
        yield resampler.finish()

    def _windows(self) -> Iterator[Samples]:
        """The sound at ``SOUND_HZ``, window by window, each with what still rings from those before."""
        ringing = silence(2, 0)
        for first in range(0, self._sound_frames // GRID_FRAMES, WINDOW_STEPS):
            window = self._window(first)
            total = silence(2, max(window.shape[1], ringing.shape[1], WINDOW_STEPS * GRID_FRAMES))
            total[:, : ringing.shape[1]] = ringing
            total[:, : window.shape[1]] += window
            done = min(WINDOW_STEPS * GRID_FRAMES, self._sound_frames - first * GRID_FRAMES)
            yield total[:, :done]
            ringing = total[:, done:].copy()

    def _window(self, first: int) -> Samples:
        """The notes that start in one window, sounding to the end of their ring."""
        after = first + WINDOW_STEPS
        notes = [note for note in self._notes if first <= note.start_step < after]
        if not notes:
            return silence(2, 0)
        last = max(note.end_step for note in notes) - first
        is_drums = self._preset[0] == DRUM_BANK
        if is_drums:
            notes += ghosts(self._notes, after)
        events = [StepNote(n.start_step - first, n.end_step - first, n.pitch, n.velocity) for n in notes]
        sound = silence(2, 0)
        for ring in (FIRST_RING_STEPS, RING_STEPS):
            sound = synthesized(bank_of(*self._preset), events, steps=last + ring, is_drums=is_drums)
            if sound.shape[1] < (last + ring - 1) * GRID_FRAMES:
                break
        return sound


def ghosts(notes: Sequence[PlayedNote], after: int) -> list[PlayedNote]:
    """The first drum hits of the next window, inaudible: a closed hi-hat there still silences the open one here."""
    return [
        PlayedNote(note.start_step, note.end_step, note.pitch, GHOST_VELOCITY)
        for note in notes
        if after <= note.start_step < after + CHOKE_STEPS
    ]
