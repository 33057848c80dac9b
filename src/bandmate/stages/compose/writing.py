"""From an idea to moves: notes into the clips that are there or into new ones, chords into the chord track.

Only what begins inside the bars asked for is replaced; everything else keeps its very objects. A note that an idea
leaves as it was keeps its id, so that a move says what is really new.

::

    clip     [ n1 n2 | n3 n4 n5 | n6 ]        bars asked for between the lines
    idea             | n3 x  y  |
    after    [ n1 n2 | n3 x  y  | n6 ]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from bandmate.song.address import ABSENT
from bandmate.song.clips import NoteClip
from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Chord
from bandmate.song.moves import Move
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.tracks import Role, Track
from bandmate.song.values import slug
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.passage import Passage, Tone

SAME_NOTE_TICKS = 120


@dataclass(frozen=True, slots=True)
class Player:
    """Who plays what is written, where a new track is made for it."""

    name: str
    role: Role = "unknown"
    program: int = 0
    is_drums: bool = False
    gain_db: float = 0.0
    pan: float = 0.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What every move of one alternative says."""

    question: str
    number: int
    because: str
    evidence: tuple[Evidence, ...] = ()
    confidence: float = 0.5

    def move(self, address: str, before: object, after: object) -> Move:
        return Move(
            address=address,
            before=before,
            after=after,
            because=self.because,
            evidence=self.evidence,
            confidence=self.confidence,
            finding=self.question,
            choice=f"{self.question}#{self.number}",
        )


def moves_of(song: Song, passage: Passage, idea: Idea, player: Player | Track, offer: Offer) -> tuple[Move, ...]:
    """The moves that put an idea into a song: its notes on a track that is there or a new one, and its chords."""
    moves: list[Move] = []
    if idea.chords:
        moves.append(offer.move("chords", song.chords, chords_with(song.chords, passage, idea.chords)))
    if idea.tones and isinstance(player, Player):
        track = new_track(song, passage, idea.tones, player)
        moves.append(offer.move(f"tracks/{track.id}", ABSENT, track))
    elif isinstance(player, Track) and (idea.tones or not idea.chords):
        moves += track_moves(passage, idea.tones, player, offer)
    return tuple(move for move in moves if move.before != move.after)


def new_track(song: Song, passage: Passage, tones: Sequence[Tone], player: Player) -> Track:
    """A track with one clip over the bars asked for."""
    sound = Instrument(program=player.program, is_drums=player.is_drums)
    return Track(
        id=slug(player.name, {track.id for track in song.tracks}),
        name=player.name,
        role=player.role,
        clips=(new_clip(passage, tones, "part-1", sound),),
        gain_db=player.gain_db,
        pan=player.pan,
    )


def new_clip(passage: Passage, tones: Iterable[Tone], name: str, sound: Instrument) -> NoteClip:
    """A clip over the bars asked for."""
    start = passage.start_ticks
    return NoteClip(
        id=name,
        start_ticks=start,
        length_ticks=passage.end_ticks - start,
        notes=written((), tones, start),
        instrument=sound,
    )


def track_moves(passage: Passage, tones: Sequence[Tone], track: Track, offer: Offer) -> list[Move]:
    """What is written into the clips of a track that reach into the bars; what fits into none goes into a new one."""
    left, moves = sorted(tones), []
    clips = [clip for clip in track.clips if isinstance(clip, NoteClip) and not clip.mute]
    for clip in clips:
        start, end = clip.start_ticks, clip.start_ticks + clip.length_ticks
        if end <= passage.start_ticks or start >= passage.end_ticks:
            continue
        own = [tone for tone in left if start <= tone.start_ticks and tone.end_ticks <= end]
        left = [tone for tone in left if tone not in own]
        inside = [note for note in clip.notes if is_asked_for(start + note.start_ticks, clip, note, passage)]
        kept = tuple(note for note in clip.notes if note not in inside)
        notes = ordered(clip.notes, (*kept, *written(inside, own, start, {note.id for note in clip.notes})))
        moves.append(offer.move(f"tracks/{track.id}/clips/{clip.id}/notes", clip.notes, notes))
    if left:
        sound = clips[0].instrument if clips else Instrument()
        clip = new_clip(passage, left, slug("part", {clip.id for clip in track.clips}), sound)
        moves.append(offer.move(f"tracks/{track.id}/clips/{clip.id}", ABSENT, clip))
    return moves


def is_asked_for(at_ticks: int, clip: NoteClip, note: Note, passage: Passage) -> bool:
    """Whether a note of a clip is heard, and begins inside the bars."""
    return note.start_ticks < clip.length_ticks and passage.start_ticks <= at_ticks < passage.end_ticks


def written(
    there: Iterable[Note], tones: Iterable[Tone], clip_start: int, taken: Iterable[str] = ()
) -> tuple[Note, ...]:
    """Tones as notes of a clip. A tone that is ``there`` as it is stays the same note; one that was only moved a little
    or is louder keeps its id, so that half a strength is half the way; a new one gets a free id."""
    left, used, number = list(there), set(taken), 0
    notes: list[Note] = []
    wanted = [replaced(tone, clip_start) for tone in sorted(tones)]
    exact = {(n.start_ticks, n.length_ticks, n.pitch, n.velocity) for n in wanted}
    free = [n for n in left if (n.start_ticks, n.length_ticks, n.pitch, n.velocity) not in exact]
    for want in wanted:
        same = next((n for n in left if replace(n, id=want.id) == want), None)
        known = same or nearest(want, free)
        if known is not None:
            left = [n for n in left if n is not known]
            free = [n for n in free if n is not known]
            notes.append(known if same else replace(want, id=known.id))
            continue
        number += 1
        while f"n{number}" in used:
            number += 1
        notes.append(replace(want, id=f"n{number}"))
    return tuple(notes)


def replaced(tone: Tone, clip_start: int) -> Note:
    """A tone as a note of a clip, without a name yet."""
    return Note(
        id="new",
        start_ticks=tone.start_ticks - clip_start,
        length_ticks=tone.length_ticks,
        pitch=tone.pitch,
        velocity=tone.velocity,
    )


def nearest(want: Note, notes: Iterable[Note]) -> Note | None:
    """The note of that pitch that begins within a 1/32 of it; None for none."""
    near = [n for n in notes if n.pitch == want.pitch and abs(n.start_ticks - want.start_ticks) <= SAME_NOTE_TICKS]
    return min(near, key=lambda n: abs(n.start_ticks - want.start_ticks), default=None)


def ordered(before: tuple[Note, ...], after: Iterable[Note]) -> tuple[Note, ...]:
    """Notes by where they begin; those that were there before keep their order among themselves."""
    place = {note.id: i for i, note in enumerate(before)}
    kept = sorted((note for note in after if note.id in place), key=lambda note: place[note.id])
    new = sorted((note for note in after if note.id not in place), key=lambda note: (note.start_ticks, note.pitch))
    found: list[Note] = []
    for note in kept:
        while new and new[0].start_ticks < note.start_ticks:
            found.append(new.pop(0))
        found.append(note)
    return (*found, *new)


def chords_with(chords: tuple[Chord, ...], passage: Passage, new: tuple[Chord, ...]) -> tuple[Chord, ...]:
    """The chord track with the bars asked for replaced; a chord that reaches over their border is cut there.

    ::

        before   |--C-----------|--G--|      bars asked for  [...]
        after    |--C--[ F  Am ]|--G--|
    """
    start, end = passage.start_ticks, passage.end_ticks
    before = [chord for chord in chords if chord.start_ticks < start]
    after = [chord for chord in chords if chord.start_ticks >= end]
    cut = [
        replace(chord, length_ticks=start - chord.start_ticks)
        if chord.start_ticks + chord.length_ticks > start
        else chord
        for chord in before
    ]
    over = [chord for chord in chords if chord.start_ticks < end < chord.start_ticks + chord.length_ticks]
    kept = [*cut, *after]
    inside = {(c.start_ticks, c.length_ticks, c.root, c.quality, c.bass): c for c in chords if c not in kept}
    taken = {chord.id for chord in chords}
    fresh: list[Chord] = []
    rest = (
        [replace(over[0], start_ticks=end, length_ticks=over[0].start_ticks + over[0].length_ticks - end)]
        if over
        else []
    )
    for chord in (*new, *rest):
        known = inside.get((chord.start_ticks, chord.length_ticks, chord.root, chord.quality, chord.bass))
        if known is None:
            name = slug("chord", taken)
            taken.add(name)
            known = replace(chord, id=name)
        fresh.append(known)
    return tuple(sorted((*kept, *fresh), key=lambda chord: chord.start_ticks))
