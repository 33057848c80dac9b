"""A sketch as a chorale: a melody in phrases, set for four voices by the rules and the habits of Bach's chorales.

Conventions: as in ``sketch``. Tracks from the soprano down, one voice each.

Not covered: words; other ensembles than four equal voices (the sounds are choir, organ or strings).
"""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from bandmate.song.harmony import Key
from bandmate.song.notes import Instrument
from bandmate.song.tracks import Track
from bandmate.stages.compose.brief import ComposeBrief, Dials, NotePin
from bandmate.stages.compose.chorale_ideas import harmonise_ideas
from bandmate.stages.compose.form_ideas import FormIdea, form_ideas
from bandmate.stages.compose.genres import band_of, sources
from bandmate.stages.compose.melody_ideas import melody_ideas
from bandmate.stages.compose.passage import Passage, Tone, bars_of, passage_of
from bandmate.stages.compose.sketch import Sketch, check_pins, drawn_key, tempo_of
from bandmate.stages.compose.sketch_brief import SectionWish, SketchBrief
from bandmate.stages.compose.sketch_parts import SketchModels, role_of
from bandmate.stages.compose.sketch_tracks import bare_song, chord_words, fader_db, whole_clip

USUAL_BARS = 16
PHRASE_BARS = 4
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
PANS = (-0.3, 0.3, -0.15, 0.15)
HYMN_DENSITY = 0.72
SINGABLE = 52
"""A choir's program; its melody keeps to a soprano's range."""


def chorale_songs(brief: SketchBrief, models: SketchModels, seed: int) -> tuple[Sketch, ...]:
    """Chorales for a brief; each has another melody, and a setting of its own."""
    return tuple(one_chorale(brief, models, seed, number) for number in range(brief.alternatives))


def one_chorale(brief: SketchBrief, models: SketchModels, seed: int, number: int) -> Sketch:
    """One alternative."""
    band = band_of("chorale")
    form = chorale_form(brief, models, tempo_of(brief, band, number), seed)
    check_pins(brief, form)
    key = brief.key or drawn_key(brief, band, Random(f"key/chorale/{seed}/{number}"))
    song = bare_song(brief.title or f"Chorale sketch {number + 1}", form, key, (brief.numerator, brief.denominator))
    asked = ComposeBrief(
        part="melody", track="soprano", last_bar=form.bars, genre="chorale", mood=brief.mood, alternatives=1,
        dials=sung(brief.dials_of("lead")), note_pins=(last_note(brief, form, key),),
    )  # fmt: skip
    melody = melody_ideas(passage_of(song, 1, form.bars), asked, models.melody, seed * 1009 + number)[0]
    line = within(melody.tones)
    every = bars_of(song, form.bars)
    passage = Passage(every, every, form.tempo_bpm, (), (), line)
    harmony = replace(asked, part="harmony", chord_pins=brief.chord_pins, dials=brief.dials, track="")
    setting = harmonise_ideas(passage, harmony, models.chorale, seed * 1009 + number)[0]
    sounds = band.sounds[(number if brief.sounds is None else brief.sounds - 1) % len(band.sounds)]
    tracks = voice_tracks(setting.voices, sounds[1], every[-1].end_ticks)
    whole = replace(song, chords=setting.chords, tracks=tracks)
    says = f"{key}, {form.tempo_bpm:.4g} bpm; {form.says}; begins {chord_words(setting.chords)}; {setting.says}"
    names = tuple(dict.fromkeys((*form.models, *melody.models, *setting.models)))
    return Sketch(whole, says, form, (), names, seed, "chorale", sources("chorale"), (*form.notes, *setting.notes))


def chorale_form(brief: SketchBrief, models: SketchModels, tempo_bpm: float, seed: int) -> FormIdea:
    """Phrases of four bars in a row; the sections wished for where there are any."""
    if brief.sections:
        return form_ideas(brief, models.form, tempo_bpm=tempo_bpm, seed=seed)[0]
    if brief.seconds is None:
        bars = brief.bars or USUAL_BARS
    else:
        probe = form_ideas(replace(brief, sections=()), models.form, tempo_bpm=tempo_bpm, seed=seed)[0]
        bars = probe.bars
    phrases, rest = divmod(bars, PHRASE_BARS)
    lengths = [PHRASE_BARS] * phrases + ([rest] if rest else [])
    wishes = tuple(SectionWish(name="phrase", bars=length, energy=0.5) for length in lengths)
    sized = replace(brief, sections=wishes, bars=bars if brief.seconds is None else None)
    return form_ideas(sized, models.form, tempo_bpm=tempo_bpm, seed=seed)[0]


def last_note(brief: SketchBrief, form: FormIdea, key: Key) -> NotePin:
    """The tonic, held through the last bar."""
    pitch = min((one for one in range(60, 82) if one % 12 == key.tonic), key=lambda one: (abs(one - 69), one))
    return NotePin(bar=form.bars, beat=1.0, beats=float(brief.numerator), pitch=pitch)


def sung(dials: Dials) -> Dials:
    """The dials with a hymn's own where nothing is asked for: about a note to a beat, on the beat."""
    usual = {"density": HYMN_DENSITY, "syncopation": 0.0}
    return replace(dials, **{name: value for name, value in usual.items() if getattr(dials, name) is None})


def within(tones: tuple[Tone, ...]) -> tuple[Tone, ...]:
    """A melody where a soprano sings it: moved by octaves as a whole."""
    if not tones:
        return tones
    middle = sum(tone.pitch for tone in tones) / len(tones)
    shift = 12 * round((69 - middle) / 12)
    return tuple(tone._replace(pitch=tone.pitch + shift) for tone in tones)


def voice_tracks(voices: tuple[tuple[Tone, ...], ...], program: int, length_ticks: int) -> tuple[Track, ...]:
    """A track for each voice."""
    return tuple(
        Track(
            id=name.lower(),
            name=name,
            role="backing-vox" if program == SINGABLE else role_of("keys", program),
            clips=(whole_clip(tones, length_ticks, Instrument(program=program)),),
            gain_db=fader_db("voice", program),
            pan=pan,
        )
        for name, tones, pan in zip(VOICES, voices, PANS, strict=True)
    )
