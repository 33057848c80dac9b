"""The parts of a sketch, one after the other, each hearing those before it: chords, drums, bass, keys, pad, lead.

Sections that share their chords share their material: chords are copied, bass, keys and drums have one rhythm for all
sections of a name, and the lead's tune comes back with another end.

Conventions: song ticks; bars from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from bandmate.models.chorale import ChoraleModel, load_chorale
from bandmate.models.chords import ChordModel, load_chord_model
from bandmate.models.drums import DrumModel, load_drums
from bandmate.models.form import FormModel, load_form
from bandmate.models.melody import MelodyModel, load_melody_model
from bandmate.song.harmony import Chord
from bandmate.song.tracks import Role
from bandmate.stages.compose.arrangement import Scene, is_playing
from bandmate.stages.compose.bass_ideas import bass_ideas
from bandmate.stages.compose.brief import ComposeBrief, Dials, PartKind
from bandmate.stages.compose.chord_ideas import chord_ideas
from bandmate.stages.compose.drum_ideas import drum_ideas
from bandmate.stages.compose.form_ideas import FormIdea, FormSection
from bandmate.stages.compose.genres import groove_of, program_in
from bandmate.stages.compose.groove_ideas import groove_ideas
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.keys_ideas import keys_ideas
from bandmate.stages.compose.melody_ideas import melody_ideas
from bandmate.stages.compose.passage import Bar, Part, Passage, Tone
from bandmate.stages.compose.sketch_brief import SketchBrief, SketchPart
from bandmate.stages.compose.transitions import picked_up

CHORD_DIALS = ("mode", "tension", "valence", "surprise", "complexity")
"""What of a sketch's dials its chords hear; density and the like are the players'."""

NEW_ENDING = 2
HEARD_BARS = 8
"""So much of the tune so far is gone on from."""

LEAST_FOR_ENDING = 4
ROLES: dict[SketchPart, Role] = {"drums": "drums", "bass": "bass", "keys": "keys", "pad": "pad", "lead": "synth"}
FAMILY_ROLES: tuple[Role, ...] = (
    "piano", "keys", "organ", "acoustic-guitar", "bass", "strings", "strings", "brass", "woodwind", "woodwind",
    "synth", "pad", "synth", "acoustic-guitar", "percussion", "effects",
)  # fmt: skip
"""By family of General MIDI."""


@dataclass(frozen=True, slots=True)
class SketchModels:
    """The models that a sketch is written with."""

    form: FormModel
    chords: ChordModel
    drums: DrumModel
    chorale: ChoraleModel
    melody: MelodyModel | None = None
    """None writes tunes by the written worths alone."""


def load_sketch_models() -> SketchModels:
    """The models that come with Bandmate.

    Raises
    ------
    ModelError
        if one of them is missing or is of another version.
    """
    return SketchModels(load_form(), load_chord_model(), load_drums(), load_chorale(), load_melody_model())


@dataclass(slots=True)
class Draft:
    """A sketch while it is written."""

    brief: SketchBrief
    genre: str
    form: FormIdea
    scenes: tuple[Scene, ...]
    bars: tuple[Bar, ...]
    sounds: tuple[int, ...]
    seed: int
    chords: list[Chord] = field(default_factory=list)
    tones: dict[SketchPart, tuple[Tone, ...]] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    melody: MelodyModel | None = None

    def passage(self, first: int, last: int, own: Sequence[Tone] = ()) -> Passage:
        """Bars of the sketch with everything that is written so far."""
        parts = tuple(
            Part(part, part.capitalize(), role_of(part, self.program(part)), self.program(part), part == "drums", tones)
            for part, tones in self.tones.items()
        )
        return Passage(
            self.bars[first - 1 : last], self.bars, self.form.tempo_bpm, tuple(self.chords), parts, tuple(own)
        )

    def program(self, part: SketchPart) -> int:
        """Who plays a part: the program wished for, or the genre's."""
        wished = self.brief.program_of(part)
        return program_in(self.sounds, part) if wished is None else wished

    def asked(self, kind: PartKind, part: SketchPart | None, first: int, last: int, section: str = "") -> ComposeBrief:
        """What is asked of one part in some bars."""
        dials = self.brief.dials_of(part) if part else chord_dials(self.brief.dials)
        program = self.program(part) if part and part != "drums" else None
        return ComposeBrief(
            part=kind,
            first_bar=first,
            last_bar=last,
            genre=self.genre,  # type: ignore[arg-type]
            mood=self.brief.mood,
            section=section,
            dials=dials,
            daring=self.brief.daring,
            alternatives=1,
            program=program,
            chord_pins=tuple(pin for pin in self.brief.chord_pins if kind == "chords" and first <= pin.bar <= last),
        )

    def used(self, idea: Idea) -> tuple[Tone, ...]:
        """The notes of an idea; where it came from is kept."""
        self.models += [name for name in idea.models if name not in self.models]
        return idea.tones


def chord_dials(dials: Dials) -> Dials:
    return Dials(**{name: getattr(dials, name) for name in CHORD_DIALS})


def role_of(part: SketchPart, program: int) -> Role:
    """What a part is to the mix stage."""
    if part in ("drums", "bass", "pad"):
        return ROLES[part]
    if program in range(26, 32):
        return "lead-guitar" if part == "lead" else "electric-guitar"
    return "keys" if program in range(2, 8) else FAMILY_ROLES[program // 8]


def write_chords(draft: Draft, model: ChordModel) -> None:
    """Chords for every section; those that share an earlier one's have them again, unless some are pinned."""
    found: list[tuple[Chord, ...]] = []
    for number, section in enumerate(draft.form.sections):
        first, last = section.start_bar, section.start_bar + section.bars - 1
        is_pinned = any(first <= pin.bar <= last for pin in draft.brief.chord_pins)
        if section.same_as is not None and not is_pinned:
            origin = draft.form.sections[section.same_as]
            new = copied_chords(found[section.same_as], origin, section, draft.bars)
        else:
            asked = draft.asked("chords", None, first, last, section.name)
            idea = chord_ideas(draft.passage(first, last), asked, model, draft.seed * 31 + number)[0]
            draft.used(idea)
            new = idea.chords
        found.append(new)
        draft.chords += [
            msgspec.structs.replace(chord, id=f"chord-{len(draft.chords) + at + 1}") for at, chord in enumerate(new)
        ]


def copied_chords(
    chords: Sequence[Chord], origin: FormSection, section: FormSection, bars: Sequence[Bar]
) -> tuple[Chord, ...]:
    """The chords of a section in another one, from its beginning again where that is longer."""
    start = bars[origin.start_bar - 1].start_ticks
    length = bars[origin.start_bar + origin.bars - 2].end_ticks - start
    begin, end = bars[section.start_bar - 1].start_ticks, bars[section.start_bar + section.bars - 2].end_ticks
    found = []
    for times in range(-(-(end - begin) // length)):
        for chord in chords:
            at = chord.start_ticks - start + begin + times * length
            if at < end:
                found.append(
                    msgspec.structs.replace(chord, start_ticks=at, length_ticks=min(chord.length_ticks, end - at))
                )
    return tuple(found)


def write_parts(draft: Draft, parts: Sequence[SketchPart], models: SketchModels) -> None:
    """The band, in the order in which they hear each other."""
    last = len(draft.bars)
    whole = draft.passage(1, last)
    if "drums" in parts:
        asked = draft.asked("drums", "drums", 1, last)
        on_grid = draft.used(drum_ideas(whole, asked, models.drums, draft.seed)[0])
        amount = groove_of(draft.genre)
        if on_grid and amount:
            own = draft.passage(1, last, on_grid)
            draft.tones["drums"] = groove_ideas(own, asked, models.drums, draft.seed, amount)[0].tones
        else:
            draft.tones["drums"] = on_grid
    if "bass" in parts:
        asked = draft.asked("bass", "bass", 1, last)
        draft.tones["bass"] = draft.used(bass_ideas(draft.passage(1, last), asked, draft.seed)[0])
    if "keys" in parts:
        asked = draft.asked("keys", "keys", 1, last)
        draft.tones["keys"] = draft.used(keys_ideas(draft.passage(1, last), asked, draft.seed)[0])
    if "pad" in parts:
        asked = draft.asked("keys", "pad", 1, last)
        draft.tones["pad"] = draft.used(keys_ideas(draft.passage(1, last), asked, draft.seed, "pad")[0])
    if "lead" in parts:
        draft.tones["lead"] = write_lead(draft)


def write_lead(draft: Draft) -> tuple[Tone, ...]:
    """A tune for each kind of section; sections that come back with their chords have it again with another end."""
    tunes: dict[int, tuple[Tone, ...]] = {}
    lead: list[Tone] = []
    for number, scene in enumerate(draft.scenes):
        section = scene.section
        if "lead" not in scene.parts:
            continue
        origin = origin_of(draft.form.sections, number, tunes)
        if origin is None:
            tune = tune_for(draft, section.start_bar, scene.last_bar, section.name, lead)
        else:
            tune = again(draft, tunes[origin], draft.form.sections[origin], section, lead)
        tunes[number] = tune
        if tune and number and not is_playing(draft.scenes, "lead", section.start_bar - 1):
            bar = draft.bars[section.start_bar - 2]
            if tune[0].start_ticks == bar.end_ticks:
                lead += picked_up(lead, tune[0], bar, lead[-1].end_ticks if lead else 0)
        lead += tune
    return tuple(sorted(lead))


def origin_of(sections: Sequence[FormSection], number: int, tunes: dict[int, tuple[Tone, ...]]) -> int | None:
    """The section whose tune comes back: an earlier one with the same chords that has one."""
    same = sections[number].same_as
    if same is None:
        return None
    family = [at for at in tunes if at == same or sections[at].same_as == same]
    return family[0] if family else None


def tune_for(draft: Draft, first: int, last: int, name: str, lead: Sequence[Tone], turn: int = 0) -> tuple[Tone, ...]:
    """A tune for some bars; a solo is busier."""
    asked = draft.asked("melody", "lead", first, last, name)
    if name == "solo":
        density = min(1.0, (0.5 if asked.dials.density is None else asked.dials.density) + 0.25)
        asked = msgspec.structs.replace(asked, dials=msgspec.structs.replace(asked.dials, density=density))
    since = draft.bars[max(0, first - 1 - HEARD_BARS)].start_ticks
    passage = draft.passage(first, last, [tone for tone in lead if tone.start_ticks >= since])
    found = melody_ideas(passage, asked, draft.melody, draft.seed * 17 + turn)
    return draft.used(found[0]) if found else ()


def again(
    draft: Draft, tune: Sequence[Tone], origin: FormSection, section: FormSection, lead: Sequence[Tone]
) -> tuple[Tone, ...]:
    """A tune in another section, over and over where that is longer, with a new end."""
    start = draft.bars[origin.start_bar - 1].start_ticks
    length = draft.bars[origin.start_bar + origin.bars - 2].end_ticks - start
    begin = draft.bars[section.start_bar - 1].start_ticks
    end = draft.bars[section.start_bar + section.bars - 2].end_ticks
    moved = [
        tone._replace(start_ticks=at, length_ticks=min(tone.length_ticks, end - at))
        for times in range(-(-(end - begin) // length))
        for tone in tune
        if (at := tone.start_ticks - start + begin + times * length) < end
    ]
    if section.bars < LEAST_FOR_ENDING:
        return tuple(moved)
    first_new = section.start_bar + section.bars - NEW_ENDING
    cut = draft.bars[first_new - 1].start_ticks
    kept = [
        tone._replace(length_ticks=min(tone.end_ticks, cut) - tone.start_ticks)
        for tone in moved
        if tone.start_ticks < cut
    ]
    last = section.start_bar + section.bars - 1
    turn = section.start_bar
    return (*kept, *tune_for(draft, first_new, last, section.name, [*lead, *kept], turn))
