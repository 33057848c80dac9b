"""Sketches: whole songs for a brief – form, chords, and a band that plays them – in a few alternatives.

An alternative has another form, other chords, another tempo or set of sounds, and another way to arrange; ``says``
states it. A chorale is written in four voices instead.

Conventions: the same brief, models and seed give the same songs. Lengths in bars are exact, and those in seconds within
what the tempo may move by (``form_length``).

Not covered: changes of tempo, meter or key inside a sketch; words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from msgspec.structs import replace

from bandmate.song.errors import RequestError
from bandmate.song.harmony import Key
from bandmate.song.song import Song
from bandmate.stages.compose.arrangement import Scene, kept, scenes, spoken_manner
from bandmate.stages.compose.form_ideas import EXCERPT_BARS, FormIdea, form_ideas
from bandmate.stages.compose.genres import Band, SourceRow, band_of, genre_of, sources
from bandmate.stages.compose.passage import bars_of
from bandmate.stages.compose.sketch_brief import SKETCH_PARTS, SketchBrief, SketchPart, checked_brief
from bandmate.stages.compose.sketch_parts import Draft, SketchModels, write_chords, write_parts
from bandmate.stages.compose.sketch_tracks import band_tracks, bare_song, chord_words
from bandmate.stages.compose.transitions import with_transitions

TEMPO_STEPS = (1.0, 1.05, 0.95, 1.1)
"""What the alternatives' tempos are of the usual one, where nobody asks for one."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A sketch: the song, what sets it apart, and what it came from."""

    song: Song
    says: str
    form: FormIdea
    scenes: tuple[Scene, ...]
    models: tuple[str, ...]
    seed: int
    genre: str
    sources: tuple[SourceRow, ...]
    notes: tuple[str, ...] = ()


def sketch_songs(brief: SketchBrief, models: SketchModels, seed: int) -> tuple[Sketch, ...]:
    """As many songs as the brief asks for.

    Raises
    ------
    RequestError
        if the wishes of the brief cannot go together, or something in it cannot be met.
    UnknownName
        if there is no such genre.
    """
    checked_brief(brief)
    genre = genre_of(brief.genre)
    if genre == "chorale":
        from bandmate.stages.compose.sketch_chorale import chorale_songs

        return chorale_songs(brief, models, seed)
    return tuple(one_sketch(brief, models, seed, number) for number in range(brief.alternatives))


def one_sketch(brief: SketchBrief, models: SketchModels, seed: int, number: int) -> Sketch:
    """One alternative."""
    genre = genre_of(brief.genre)
    band = band_of(genre)
    parts = parts_of(brief, band)
    own_seed = seed * 1009 + number
    key = brief.key or drawn_key(brief, band, Random(f"key/{genre}/{seed}/{number}"))
    forms = form_ideas(brief, models.form, tempo_bpm=tempo_of(brief, band, number), seed=seed)
    form = forms[number % len(forms)]
    check_pins(brief, form)
    song = bare_song(
        brief.title or f"{genre.capitalize()} sketch {number + 1}", form, key, (brief.numerator, brief.denominator)
    )
    draft = Draft(
        brief=brief,
        genre=genre,
        form=form,
        scenes=scenes(form.sections, parts, genre, number),
        bars=bars_of(song, form.bars),
        sounds=band.sounds[(number if brief.sounds is None else brief.sounds - 1) % len(band.sounds)],
        seed=own_seed,
        models=list(form.models),
        melody=models.melody,
    )
    write_chords(draft, models.chords)
    write_parts(draft, parts, models)
    return finished(song, draft, parts, seed, number)


def finished(song: Song, draft: Draft, parts: Sequence[SketchPart], seed: int, number: int) -> Sketch:
    """The draft arranged and put into the song."""
    laid: dict[str, Any] = {
        part: kept(tones, part, draft.scenes, draft.bars) if part != "lead" else tones
        for part, tones in draft.tones.items()
    }
    last = draft.form.sections[-1]
    laid = with_transitions(
        laid,
        draft.scenes,
        draft.bars,
        seed=draft.seed,
        is_looped=False,
        has_end=draft.form.bars > EXCERPT_BARS or last.name == "outro",
    )
    programs = {part: draft.program(part) for part in parts}
    tracks = band_tracks(laid, programs, draft.bars[-1].end_ticks)  # type: ignore[arg-type]
    whole = replace(song, chords=tuple(draft.chords), tracks=tracks)
    return Sketch(
        song=whole,
        says=said(whole, draft, number),
        form=draft.form,
        scenes=draft.scenes,
        models=tuple(draft.models),
        seed=seed,
        genre=draft.genre,
        sources=sources(draft.genre),
        notes=draft.form.notes,
    )


def said(song: Song, draft: Draft, number: int) -> str:
    """What sets it apart."""
    names = ", ".join(track.name.lower() for track in song.tracks)
    manner = spoken_manner(draft.scenes, number)
    words = [
        f"{song.key}, {draft.form.tempo_bpm:.4g} bpm",
        draft.form.says,
        f"begins {chord_words(draft.chords)}",
        names,
    ]
    return "; ".join([*words, manner] if manner else words)


def parts_of(brief: SketchBrief, band: Band) -> tuple[SketchPart, ...]:
    """Who plays, in the order of writing."""
    asked = brief.parts or (*band.parts, *(wish.part for wish in brief.wishes))
    return tuple(part for part in SKETCH_PARTS if part in asked)


def tempo_of(brief: SketchBrief, band: Band, number: int) -> float:
    """The tempo asked for, or the genre's: faster with more arousal, and a little different for each alternative."""
    if brief.tempo_bpm is not None:
        return brief.tempo_bpm
    arousal = brief.dials.arousal
    usual = band.tempo_bpm * (1 + 2 * band.tempo_span * ((0.5 if arousal is None else arousal) - 0.5))
    return float(round(usual * TEMPO_STEPS[number % len(TEMPO_STEPS)]))


def drawn_key(brief: SketchBrief, band: Band, rng: Random) -> Key:
    """A key that suits genre, mode and gladness."""
    bright = brief.dials.mode if brief.dials.mode is not None else brief.dials.valence
    chance = band.minor if bright is None else 1.0 if bright < 0.45 else 0.0 if bright > 0.55 else band.minor
    tonic = band.tonics[rng.randrange(len(band.tonics))]
    return Key(tonic=tonic, mode="minor" if rng.random() < chance else "major")


def check_pins(brief: SketchBrief, form: FormIdea) -> None:
    """A chord pinned behind the end of the form that was found cannot be met."""
    late = [pin for pin in brief.chord_pins if not 1 <= pin.bar <= form.bars]
    if late:
        raise RequestError(f'"{late[0].chord}" is pinned to bar {late[0].bar}; the sketch has {form.bars} bars')
