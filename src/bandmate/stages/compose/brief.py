"""What the musician asks of the compose stage: where, which part, in what manner, and what must be as she says.

Conventions: a dial goes from 0 to 1, and 0.5 is what is usual for the style; None leaves it to the song. Bars are
counted from 1, beats from 1 with fractions (2.5 is the eighth after beat 2).
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from bandmate.song.harmony import Key

PartKind = Literal["chords", "melody", "bass", "drums", "keys", "harmony", "counter", "form"]
PARTS: tuple[PartKind, ...] = get_args(PartKind)

Verb = Literal[
    "generate",
    "next",
    "continue",
    "answer",
    "vary",
    "infill",
    "simplify",
    "enrich",
    "morph",
    "groove",
    "drumify",
    "harmonise",
    "reharmonise",
]
"""What is to be done: something new, or something with what is there."""

VERBS: tuple[Verb, ...] = get_args(Verb)
CHORD_VERBS: tuple[Verb, ...] = ("next", "reharmonise")
"""What works on the chord track of the song."""

Genre = Literal[
    "pop",
    "rock",
    "funk",
    "soul",
    "hip-hop",
    "jazz",
    "latin",
    "reggae",
    "folk",
    "chorale",
    "house",
    "lofi",
]
GENRES: tuple[Genre, ...] = get_args(Genre)

Voice = Literal["soprano", "mezzo", "alto", "tenor", "baritone", "bass"]
VOICES: tuple[Voice, ...] = get_args(Voice)

Dial = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Dials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be turned. Each does what it says to a figure that is measured on the result (``measures.py``)."""

    density: Dial | None = None
    """Notes in a bar."""

    register: Dial | None = None
    """Mean pitch, within the range of the instrument."""

    syncopation: Dial | None = None
    """Weight of onsets off the beat that are held over it."""

    mode: Dial | None = None
    """From dark (phrygian, minor) to bright (major, lydian)."""

    tension: Dial | None = None
    """Distance of chords and notes from the key, and dissonance."""

    valence: Dial | None = None
    """From sad to glad."""

    arousal: Dial | None = None
    """From calm to excited."""

    surprise: Dial | None = None
    """What the model pays for a note or a chord: from the expected to the unexpected."""

    complexity: Dial | None = None
    """How much of it cannot be told from the rest of it: rhythms, intervals, chords that are not repeated."""


DIALS: tuple[str, ...] = Dials.__struct_fields__


class ChordPin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``bar 3 is Fmaj7``: from ``beat`` of the bar on (1 where none is given), until the next chord."""

    bar: int
    chord: str
    beat: float = 1.0


class NotePin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note that must be there: its place, its length in beats, and its pitch."""

    bar: int
    beat: float
    beats: float
    pitch: int


class ComposeBrief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be written. Everything that is not asked for stays byte for byte as it is.

    Attributes
    ----------
    verb : str
        what is done with what is there; ``generate`` writes anew.
    part : str
        what is written.
    track : str
        the id of the track that it is for; empty for a new one.
    first_bar, last_bar : int
        the bars, both included.
    genre, mood, section : str
        manner; a mood is a word such as ``hopeful``; a section a name such as ``verse``. Empty: from the song.
    key : Key, optional
        instead of the song's.
    chord_pins, note_pins : tuple
        what must be there, exactly.
    daring : float
        0 is safe, 1 is daring; for chords and reharmonisation.
    alternatives : int
        how many to show.
    program : int, optional
        General MIDI instrument that plays it; its range is kept to.
    voice : str
        who sings it: soprano, mezzo, alto, tenor, baritone or bass; the voice's range is kept to.
    amount : float, optional
        how far to go: the distance of a variation, how much is thinned out or added, how much of the feel is taken
        on. None is what is usual for the verb.
    other : str
        id of the track that is morphed to; empty for the bars ``other_bar`` on of the same track.
    other_bar : int, optional
        the first bar of what is morphed to; the same bars where none is given.
    syllables : tuple of str
        words of a line, syllable by syllable, one note each; stressed ones begin with ``'``.
    """

    verb: Verb = "generate"
    part: PartKind = "melody"
    track: str = ""
    first_bar: int = 1
    last_bar: int = 8
    genre: Genre | Literal[""] = ""
    mood: str = ""
    section: str = ""
    key: Key | None = None
    dials: Dials = Dials()
    chord_pins: tuple[ChordPin, ...] = ()
    note_pins: tuple[NotePin, ...] = ()
    daring: Dial = 0.3
    alternatives: int = 3
    program: int | None = None
    voice: Voice | Literal[""] = ""
    amount: Dial | None = None
    other: str = ""
    other_bar: int | None = None
    syllables: tuple[str, ...] = ()
