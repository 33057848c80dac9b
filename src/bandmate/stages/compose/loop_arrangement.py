"""A whole song from one loop: its tracks come and go with the sections of a form, with fills, breaks and an end.

Nothing new is composed but drum fills and crashes: every section repeats the loop, in the tracks that its energy calls
for. Notes and recordings are both repeated; recordings hold the tempo, so a length in seconds is then met to the bar.

Conventions: the loop is some bars of a song in one meter and tempo; strips (faders, inserts, sends) stay as they are.

Not covered: loops over changes of tempo or meter; automation, which is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from msgspec.structs import replace

from bandmate.models.form import FormModel
from bandmate.song.clips import AnyClip, AudioClip, NoteClip
from bandmate.song.errors import RequestError
from bandmate.song.harmony import Chord
from bandmate.song.song import Song, clip_end_seconds
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Track
from bandmate.stages.compose.arrangement import Scene, enters_at, kept, playing_bars, scenes, spoken_manner
from bandmate.stages.compose.form_ideas import EXCERPT_BARS, FormIdea, form_ideas
from bandmate.stages.compose.passage import Bar, Tone, bars_of, tones_of_track
from bandmate.stages.compose.sketch_brief import SKETCH_PARTS, SketchBrief, SketchPart
from bandmate.stages.compose.sketch_tracks import whole_clip
from bandmate.stages.compose.transitions import with_transitions

KINDS: dict[str, SketchPart] = {
    "kick": "drums", "snare": "drums", "hats": "drums", "toms": "drums", "cymbals": "drums", "drums": "drums",
    "percussion": "drums", "bass": "bass", "electric-guitar": "keys", "acoustic-guitar": "keys", "piano": "keys",
    "keys": "keys", "organ": "pad", "pad": "pad", "strings": "pad", "brass": "lead",
    "woodwind": "lead", "lead-guitar": "lead", "lead-vox": "lead", "backing-vox": "pad", "effects": "pad",
}  # fmt: skip
"""What kind of part a role is."""

LATER = 0.15
"""How much more energy each further track of a kind asks for."""

LOW_PITCH = 50
MOST_LOOP_BARS = 64


@dataclass(frozen=True, slots=True)
class Arranged:
    """A song built from a loop: who plays where, and what sets it apart."""

    song: Song
    says: str
    form: FormIdea
    scenes: tuple[Scene, ...]
    seed: int
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loop:
    """The bars that are repeated."""

    song: Song
    first: Bar
    bars: int

    @property
    def ticks(self) -> int:
        return self.bars * self.first.length_ticks

    @property
    def end(self) -> int:
        return self.first.start_ticks + self.ticks


def arrangement_ideas(
    song: Song, brief: SketchBrief, model: FormModel, seed: int, *, first_bar: int = 1, last_bar: int | None = None
) -> tuple[Arranged, ...]:
    """Songs from the bars ``first_bar`` to ``last_bar`` (None: to where the music ends), as many as are asked for.

    Parameters
    ----------
    brief : SketchBrief
        length, sections, genre (when parts come in), alternatives. Meter, key and tempo are the loop's own.

    Raises
    ------
    RequestError
        for a loop without music, one over a change of meter, or a length that cannot be met.
    """
    loop = loop_of(song, first_bar, last_bar)
    meter = (loop.first.numerator, loop.first.denominator)
    tempo = song.tempo.bpm_at(loop.first.start_ticks)
    has_sound = any(isinstance(clip, AudioClip) for track in song.tracks for clip in track.clips)
    fixed = replace(
        brief, numerator=meter[0], denominator=meter[1], tempo_bpm=tempo, chord_pins=(),
        tempo_tolerance=0.0 if has_sound else brief.tempo_tolerance,
    )  # fmt: skip
    forms = form_ideas(fixed, model, tempo_bpm=tempo, seed=seed)
    return tuple(
        arranged(loop, fixed, forms[number % len(forms)], seed, number) for number in range(brief.alternatives)
    )


def loop_of(song: Song, first_bar: int, last_bar: int | None) -> Loop:
    """The bars of a loop, checked."""
    ends = [tone.end_ticks for track in song.tracks for tone in tones_of_track(track)]
    ends += [
        song.tempo.ticks_at(clip_end_seconds(song, clip))
        for track in song.tracks
        for clip in track.clips
        if isinstance(clip, AudioClip) and not clip.mute
    ]
    if not ends:
        raise RequestError("there is nothing to arrange: the song has no notes and no recordings")
    last = last_bar or song.meters.position_at(max(0, max(ends) - 1)).bar
    if not 1 <= first_bar <= last or last - first_bar >= MOST_LOOP_BARS:
        raise RequestError(f"bars {first_bar}-{last} are no loop; name 1 to {MOST_LOOP_BARS} bars in their order")
    every = bars_of(song, last)[first_bar - 1 :]
    if len({(bar.numerator, bar.denominator) for bar in every}) > 1:
        raise RequestError(f"bars {first_bar}-{last} change their meter; choose a loop in one meter")
    return Loop(song, every[0], len(every))


def arranged(loop: Loop, brief: SketchBrief, form: FormIdea, seed: int, number: int) -> Arranged:
    """One alternative."""
    tracks = [track for track in loop.song.tracks if track.clips and not track.mute]
    kinds = {track.id: kind_of(track) for track in tracks}
    parts = tuple(part for part in SKETCH_PARTS if part in kinds.values())
    found = scenes(form.sections, parts, brief.genre, number)
    song = replace(
        loop.song,
        tempo=TempoMap(points=(TempoPoint(id="tempo", at_ticks=0, bpm=form.tempo_bpm),)),
        meters=MeterMap(
            points=(MeterPoint(id="meter", at_bar=1, numerator=loop.first.numerator,
                               denominator=loop.first.denominator),)
        ),
        key=loop.song.key_at_bar(loop.first.number),
        key_changes=(), markers=(), lyrics=(),
        sections=form.song_sections(),
    )  # fmt: skip
    bars = bars_of(song, form.bars)
    chords = looped_chords(loop, found, bars)
    tones = laid_out(loop, tracks, kinds, found, bars, brief, seed)
    new = tuple(
        with_clips(track, tones.get(track.id), loop, found, bars, kinds, form.tempo_bpm)
        if track.id in kinds
        else replace(track, clips=(), automation=())
        for track in loop.song.tracks
    )
    says = "; ".join(words for words in (form.says, spoken_manner(found, number)) if words)
    return Arranged(replace(song, chords=chords, tracks=new), says, form, found, seed, form.models, form.notes)


def kind_of(track: Track) -> SketchPart:
    """What kind of part a track is: by its role, or by what it plays."""
    if track.role in KINDS:
        return KINDS[track.role]
    clips = [clip for clip in track.clips if isinstance(clip, NoteClip)]
    if any(clip.instrument.is_drums for clip in clips):
        return "drums"
    tones = tones_of_track(track)
    if not tones:
        return "keys"
    if sum(tone.pitch for tone in tones) / len(tones) < LOW_PITCH:
        return "bass"
    together = sum(one.start_ticks == other.start_ticks for one, other in pairwise(tones))
    return "keys" if together > len(tones) / 4 else "lead"


def laid_out(
    loop: Loop, tracks: Sequence[Track], kinds: Mapping[str, SketchPart], found: Sequence[Scene],
    bars: Sequence[Bar], brief: SketchBrief, seed: int,
) -> dict[str, tuple[Tone, ...]]:  # fmt: skip
    """The notes of every track over the form, with transitions."""
    laid: dict[str, tuple[Tone, ...]] = {}
    names: dict[str, str] = {}
    for track in tracks:
        own = looped(tones_of_track(track), loop, found, bars)
        kind = kinds[track.id]
        own = kept(own, kind, found, bars)
        turn = [one.id for one in tracks if kinds[one.id] == kind].index(track.id)
        least = enters_at(brief.genre, kind) + LATER * turn
        own = tuple(tone for tone in own if not turn or energy_at(tone, found, bars) >= least)
        is_kit = any(isinstance(clip, NoteClip) and clip.instrument.is_drums for clip in track.clips)
        names[track.id] = "drums" if is_kit and "drums" not in names.values() else f"{kind}/{track.id}"
        if kind == "lead":
            names[track.id] = "lead" if "lead" not in names.values() else names[track.id]
        laid[names[track.id]] = own
    ended = with_transitions(
        laid, found, bars, seed=seed, is_looped=True, has_end=len(bars) > EXCERPT_BARS and len(found) > 1
    )
    return {track.id: ended[names[track.id]] for track in tracks}


def energy_at(tone: Tone, found: Sequence[Scene], bars: Sequence[Bar]) -> float:
    """The energy of the section that a note begins in."""
    starts = [bars[scene.section.start_bar - 1].start_ticks for scene in found]
    return found[max(0, sum(start <= tone.start_ticks for start in starts) - 1)].section.energy


def looped(tones: Sequence[Tone], loop: Loop, found: Sequence[Scene], bars: Sequence[Bar]) -> tuple[Tone, ...]:
    """A loop's notes in every section, from its beginning."""
    own = [tone for tone in tones if loop.first.start_ticks <= tone.start_ticks < loop.end]
    result = []
    for scene in found:
        start, end = bars[scene.section.start_bar - 1].start_ticks, bars[scene.last_bar - 1].end_ticks
        for times in range(-(-(end - start) // loop.ticks)):
            border = min(end, start + (times + 1) * loop.ticks)
            for tone in own:
                at = tone.start_ticks - loop.first.start_ticks + start + times * loop.ticks
                if at < border:
                    result.append(tone._replace(start_ticks=at, length_ticks=min(tone.length_ticks, border - at)))
    return tuple(sorted(result))


def looped_chords(loop: Loop, found: Sequence[Scene], bars: Sequence[Bar]) -> tuple[Chord, ...]:
    """The loop's chords in every section."""
    result: list[Chord] = []
    for scene in found:
        start, end = bars[scene.section.start_bar - 1].start_ticks, bars[scene.last_bar - 1].end_ticks
        for times in range(-(-(end - start) // loop.ticks)):
            for chord in loop.song.chords:
                begin = max(chord.start_ticks, loop.first.start_ticks)
                until = min(chord.start_ticks + chord.length_ticks, loop.end)
                at = begin - loop.first.start_ticks + start + times * loop.ticks
                if begin < until and at < end:
                    length = min(until - begin, end - at)
                    name = f"chord-{len(result) + 1}"
                    result.append(replace(chord, id=name, start_ticks=at, length_ticks=length))
    return tuple(result)


def with_clips(
    track: Track, tones: tuple[Tone, ...] | None, loop: Loop, found: Sequence[Scene], bars: Sequence[Bar],
    kinds: Mapping[str, SketchPart], tempo_bpm: float,
) -> Track:  # fmt: skip
    """A track with its notes in one clip, and its recordings repeated."""
    clips: list[AnyClip] = []
    notes = [clip for clip in track.clips if isinstance(clip, NoteClip)]
    if notes and tones:
        clips.append(whole_clip(tones, bars[-1].end_ticks, notes[0].instrument))
    for clip in track.clips:
        if isinstance(clip, AudioClip) and not clip.mute:
            clips += repeated(clip, kinds[track.id], loop, found, bars, tempo_bpm)
    return replace(track, clips=tuple(clips), automation=())


def repeated(
    clip: AudioClip, kind: SketchPart, loop: Loop, found: Sequence[Scene], bars: Sequence[Bar], tempo_bpm: float
) -> list[AnyClip]:
    """A recording at every turn of the loop in which its part plays, cut where the section ends."""
    playing = playing_bars(found, kind)
    second = 60 / (tempo_bpm * 960)
    offset = clip.start_seconds - float(loop.song.tempo.seconds_at(loop.first.start_ticks))
    if not 0 <= offset < loop.ticks * second:
        return []
    result: list[AnyClip] = []
    for scene in found:
        start, end = bars[scene.section.start_bar - 1].start_ticks, bars[scene.last_bar - 1].end_ticks
        for times in range(-(-(end - start) // loop.ticks)):
            at = (start + times * loop.ticks) * second + offset
            border = min(end, start + (times + 1) * loop.ticks) * second
            frames = min(clip.source_frames, round((border - at) * clip.source_rate_hz))
            bar = scene.section.start_bar + times * loop.bars
            if frames > 0 and bar in playing:
                name = f"{clip.id}-{len(result) + 1}"
                result.append(replace(clip, id=name, start_seconds=at, source_frames=frames))
    return result
