"""The edit stage: listens to the takes that are asked for, and proposes repairs and tunings that pass their gates.

Only the tracks of the brief are touched. Every recording is looked at once, however many clips play it; each clip gets
the same edits. What was left alone, and why, is in the remarks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from bandmate.render.clip_edits import edited, whole
from bandmate.song.address import ABSENT
from bandmate.song.clip_edits import AnyClipEdit
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, lock_at
from bandmate.song.notes import Note
from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.tuning import Tuning
from bandmate.song.values import slug
from bandmate.sound.audio import Samples
from bandmate.stages.ears import WORKERS, Ears, no_progress
from bandmate.stages.edit.backing import backing_chroma
from bandmate.stages.edit.bleed import bleed_finders
from bandmate.stages.edit.brief import REPAIR_KINDS, EditBrief
from bandmate.stages.edit.cleaning import cleaned, evidence_of
from bandmate.stages.edit.fades import fade_moves
from bandmate.stages.edit.repair import RepairFinder
from bandmate.stages.edit.repairs import REPAIRS
from bandmate.stages.edit.take import Take
from bandmate.stages.edit.tuning import tuned, tuning_evidence, tuning_words
from bandmate.stages.edit.written import written_notes
from bandmate.stages.words import spoken_name

STAGE = "edit"


@dataclass
class Edits:
    """What was found so far."""

    moves: list[Move] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def propose_edit(
    song: Song,
    brief: EditBrief,
    *,
    ears: Ears,
    version: str = "",
    seed: int = 0,
    progress: Callable[[str, float], None] = no_progress,
) -> Proposal:
    """Repairs and tunings of ``song``, each with what its gate measured. No moves where nothing is wrong.

    Two tracks are looked at together; the moves stand in the order of the song. ``seed`` is recorded; this stage uses
    no randomness.
    """
    asked = [track for track in song.tracks if track.id in (*brief.tune, *brief.clean, *brief.notes)]
    found = Edits()

    def look(track: Track) -> Edits:
        own = Edits()
        edit_track(own, song, track, brief, ears)
        return own

    with ThreadPoolExecutor(WORKERS) as pool:
        for count, (track, own) in enumerate(zip(asked, pool.map(look, asked), strict=True), 1):
            found.moves += own.moves
            found.remarks += own.remarks
            progress(f"listened to {spoken_name(track)}", count / len(asked))
    if not found.moves and not found.remarks:
        found.remarks.append("no suggestion: nothing was measured that a repair or a tuning would better")
    count = len(found.moves)
    return Proposal(
        stage=STAGE,
        title=f"{count} {'edit' if count == 1 else 'edits'} of takes" if count else "nothing to edit",
        moves=tuple(found.moves),
        remarks=tuple(found.remarks),
        brief=msgspec.to_builtins(brief),
        author=Author(kind="assistant", name=STAGE, version=version, seed=seed),
    )


def edit_track(found: Edits, song: Song, track: Track, brief: EditBrief, ears: Ears) -> None:
    """Look at every recording of a track."""
    name = spoken_name(track)
    clips = [clip for clip in track.clips if isinstance(clip, AudioClip) and not clip.mute]
    if not clips:
        found.remarks.append(f"{name}: there is no recording on it to edit")
    for alike in by_recording(clips):
        first = alike[0]

        def recorded(audio: str, rate_hz: int = first.source_rate_hz) -> Samples:
            return whole(ears.media, audio, rate_hz)

        sound = edited(recorded(first.audio), first.source_rate_hz, first.edits, recorded)
        take = Take(sound, first.source_rate_hz, ears.memory)
        if take.is_silent:
            found.remarks.append(f"{name}: silent; left alone")
            continue
        if track.id in brief.clean:
            finders = in_order_of_work(REPAIRS, bleed_finders(song, track, first, recorded))
            made, remarks = cleaned(take, finders, brief, recorded, first.edits)
            found.remarks += [f"{name}: {remark}" for remark in remarks]
            for one in made:
                assert one.edit is not None
                evidence = evidence_of(one, track.id)
                because = f"{name}: {one.found.sentence}; {taken_out(evidence)}"
                add(found, song, track, alike, one.edit, because, evidence, one.found.confidence)
                take = one.after
            if "fades" in brief.repairs:
                add_fades(found, song, track, alike, take)
        if track.id in brief.tune:
            tune_take(found, song, track, alike, take, brief, ears)
        if track.id in brief.notes:
            write_notes(found, song, track, alike, take, brief)


def add_fades(found: Edits, song: Song, track: Track, clips: list[AudioClip], take: Take) -> None:
    """Short fades where a clip begins or ends in the middle of a sound."""
    for clip in clips:
        others = [one for one in track.clips if isinstance(one, AudioClip) and one.id != clip.id and not one.mute]
        moves = fade_moves(track, clip, take.samples, take.rate_hz, others)
        found.moves += [move for move in moves if lock_at(song, move.address) is None]


def in_order_of_work(usual: Iterable[RepairFinder], more: Iterable[RepairFinder]) -> list[RepairFinder]:
    """All finders in the order in which what they find is played."""
    return sorted((*usual, *more), key=lambda finder: REPAIR_KINDS.index(finder.kind))


def tune_take(
    found: Edits, song: Song, track: Track, clips: list[AudioClip], take: Take, brief: EditBrief, ears: Ears
) -> None:
    """Tune one recording."""
    name = spoken_name(track)
    if any(isinstance(edit, Tuning) for edit in clips[0].edits):
        found.remarks.append(f"{name}: it is tuned already; change its notes, or take the tuning away first")
        return
    backing = None if brief.scale else backing_chroma(song, ears, track)
    result = tuned(take, brief, backing)
    found.remarks += [f"{name}: {remark}" for remark in result.remarks]
    if result.tuning is not None:
        evidence = tuning_evidence(result, track.id)
        add(found, song, track, clips, result.tuning, f"{name}: {tuning_words(result)}", evidence, result.confidence)


def write_notes(found: Edits, song: Song, track: Track, clips: list[AudioClip], take: Take, brief: EditBrief) -> None:
    """The notes of a recording on a track of their own: as they were, or on the song's grid; a clip for each clip."""
    name = spoken_name(track)
    heard = [written_notes(take, song.tempo, brief.grid, clip.recording_start_seconds) for clip in clips]
    first = heard[0]
    found.remarks += [f"{name}: {remark}" for remark in first.remarks]
    if not first.notes:
        return
    if not song.tempo.points:
        bpm = song.tempo.bpm_at(0)
        found.remarks.append(f"{name}: the song has no tempo of its own; the grid is that of {bpm:g} bpm")
    new = slug(f"{track.id}-notes", {other.id for other in song.tracks})
    question = f"notes-{track.id}"
    for number, how in enumerate(("as they were", "on the grid"), 1):
        written = [
            note_clip(song, clip, one.notes if number == 1 else one.on_grid, f"{name}, {how}")
            for clip, one in zip(clips, heard, strict=True)
        ]
        kept = tuple(clip for clip in written if clip is not None)
        count = sum(len(clip.notes) for clip in kept)
        found.moves.append(
            Move(
                address=f"tracks/{new}",
                before=ABSENT,
                after=Track(id=new, name=f"{name} notes", clips=kept),
                because=f"{name}: {count} notes were heard, {first.scale} with A4 at {first.reference_hz:.1f} Hz; "
                f"written down {how}",
                evidence=(
                    Evidence(what="notes heard", unit="notes", before=float(count), where=track.id),
                    Evidence(what="what A4 is", unit="Hz", before=first.reference_hz, where=track.id),
                ),
                confidence=round(first.confidence, 2),
                finding=question,
                choice=f"{question}#{number}",
            )
        )


def note_clip(song: Song, clip: AudioClip, notes: tuple[Note, ...], name: str) -> NoteClip | None:
    """The notes that begin inside of a clip, as a clip in its place; None for none."""
    from_ticks = song.tempo.ticks_at(max(0.0, clip.recording_start_seconds))
    start = song.tempo.ticks_at(clip.start_seconds)
    end = song.tempo.ticks_at(clip.start_seconds + clip.source_frames / clip.source_rate_hz)
    inside = tuple(
        msgspec.structs.replace(note, start_ticks=note.start_ticks + from_ticks - start)
        for note in notes
        if start <= note.start_ticks + from_ticks < end
    )
    if not inside:
        return None
    return NoteClip(id=clip.id, name=name, start_ticks=start, length_ticks=max(1, end - start), notes=inside)


def by_recording(clips: Iterable[AudioClip]) -> list[list[AudioClip]]:
    """Clips that play one recording with the same edits, together."""
    found: dict[tuple[str, tuple[AnyClipEdit, ...]], list[AudioClip]] = {}
    for clip in clips:
        found.setdefault((clip.audio, clip.edits), []).append(clip)
    return list(found.values())


def add(
    found: Edits,
    song: Song,
    track: Track,
    clips: list[AudioClip],
    edit: AnyClipEdit,
    because: str,
    evidence: tuple[Evidence, ...],
    confidence: float,
) -> None:
    """A move for each clip that plays the recording, unless its place is locked."""
    for clip in clips:
        free = slug(edit.id, {other.id for other in clip.edits})
        address = f"tracks/{track.id}/clips/{clip.id}/edits/{free}"
        if lock_at(song, address) is not None:
            found.remarks.append(f"{spoken_name(track)}: locked; {edit.id} left out")
            continue
        after = edit if free == edit.id else msgspec.structs.replace(edit, id=free)
        found.moves.append(
            Move(
                address=address,
                before=ABSENT,
                after=after,
                because=because,
                evidence=evidence,
                confidence=round(confidence, 2),
            )
        )


def taken_out(evidence: tuple[Evidence, ...]) -> str:
    """What is taken out, in words."""
    figure = next(one for one in evidence if one.what.startswith("taken out"))
    return f"what is taken out lies {abs(figure.after or 0.0):.0f} dB below the recording"
