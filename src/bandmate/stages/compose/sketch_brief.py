"""What the musician asks of a sketch: how long, in what manner, who plays, and in what form.

Conventions: a length is given in bars or in seconds, never both; neither leaves it to the form. Names of sections are
free; ``verse``, ``pre-chorus``, ``chorus``, ``bridge``, ``solo``, ``intro``, ``interlude`` and ``outro`` are known.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from bandmate.song.errors import RequestError
from bandmate.song.harmony import Key
from bandmate.stages.compose.brief import ChordPin, Dials, Genre

SketchPart = Literal["drums", "bass", "keys", "pad", "lead"]
SKETCH_PARTS: tuple[SketchPart, ...] = get_args(SketchPart)
"""In the order in which they are written: each hears those before it."""

MOST_BARS = 512
LEAST_SECONDS, MOST_SECONDS = 2.0, 1200.0
LEAST_BPM, MOST_BPM = 30.0, 300.0


class SectionWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section that the form has to have at this place; ``bars`` 0 and ``energy`` None leave these open."""

    name: str
    bars: Annotated[int, msgspec.Meta(ge=0, le=MOST_BARS)] = 0
    energy: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] | None = None
    """0 is as still as the genre gets, 1 as loud and full."""


class PartWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one part is to be: its dials instead of the sketch's, and the General MIDI program that plays it."""

    part: SketchPart
    dials: Dials = Dials()
    program: Annotated[int, msgspec.Meta(ge=0, le=127)] | None = None


class SketchBrief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sketch is to be. Nothing here has to be given; what is given is kept to.

    Attributes
    ----------
    bars : int, optional
        length of the whole, exact.
    seconds : float, optional
        length of the whole instead of ``bars``, to the second and its parts; bars and tempo are chosen for it.
    tempo_bpm : float, optional
        quarter notes a minute; None: what is usual for the genre, faster with more arousal.
    tempo_tolerance : float
        share that the tempo may move by to meet ``seconds``; 0 holds the tempo and meets the length to the bar.
    numerator, denominator : int
        the meter.
    key : Key, optional
        None: one that suits genre, valence and mode.
    parts : tuple of str
        who plays; empty: whoever the genre has.
    wishes : tuple of PartWish
        for single parts ("sparse piano").
    sections : tuple of SectionWish
        the form in its order; empty: forms are offered.
    chord_pins : tuple of ChordPin
        chords that must be there, by bar of the whole sketch.
    sounds : int, optional
        which of the genre's sets of instruments, from 1; None: one after the other over the alternatives.
    """

    title: str = ""
    genre: Genre | Literal[""] = ""
    mood: str = ""
    bars: Annotated[int, msgspec.Meta(ge=1, le=MOST_BARS)] | None = None
    seconds: Annotated[float, msgspec.Meta(ge=LEAST_SECONDS, le=MOST_SECONDS)] | None = None
    tempo_bpm: Annotated[float, msgspec.Meta(ge=LEAST_BPM, le=MOST_BPM)] | None = None
    tempo_tolerance: Annotated[float, msgspec.Meta(ge=0.0, le=0.25)] = 0.06
    numerator: Annotated[int, msgspec.Meta(ge=1, le=32)] = 4
    denominator: Literal[1, 2, 4, 8, 16] = 4
    key: Key | None = None
    dials: Dials = Dials()
    parts: tuple[SketchPart, ...] = ()
    wishes: tuple[PartWish, ...] = ()
    sections: tuple[SectionWish, ...] = ()
    chord_pins: tuple[ChordPin, ...] = ()
    daring: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.3
    alternatives: Annotated[int, msgspec.Meta(ge=1, le=16)] = 3
    sounds: Annotated[int, msgspec.Meta(ge=1, le=9)] | None = None

    @property
    def bar_quarters(self) -> float:
        """Quarter notes in a bar: 3 in 6/8."""
        return 4 * self.numerator / self.denominator

    def dials_of(self, part: SketchPart) -> Dials:
        """The sketch's dials with those that are wished for the part put over them."""
        found = self.dials
        for wish in self.wishes:
            if wish.part == part:
                turned = {
                    name: value for name in Dials.__struct_fields__ if (value := getattr(wish.dials, name)) is not None
                }
                found = msgspec.structs.replace(found, **turned)
        return found

    def program_of(self, part: SketchPart) -> int | None:
        """The program that is wished for a part; None where the genre's is to be taken."""
        return next((wish.program for wish in self.wishes if wish.part == part and wish.program is not None), None)


def checked_brief(brief: SketchBrief) -> SketchBrief:
    """The brief itself, if its wishes can go together.

    Raises
    ------
    RequestError
        if both a length in bars and one in seconds are asked for, if sections with given lengths do not fit into the
        bars, or a chord is pinned behind the end.
    """
    if brief.bars is not None and brief.seconds is not None:
        raise RequestError(
            f"a sketch of {brief.bars} bars and of {brief.seconds:g} s is asked for; leave one of the two out"
        )
    if brief.bars is None:
        return brief
    given = [wish.bars for wish in brief.sections]
    open_ones = given.count(0)
    if sum(given) + open_ones > brief.bars or (given and not open_ones and sum(given) != brief.bars):
        raise RequestError(
            f"the sections asked for have {sum(given)} bars and {open_ones} open lengths, the sketch has {brief.bars}; "
            "leave a length open or change the number of bars"
        )
    late = [pin for pin in brief.chord_pins if not 1 <= pin.bar <= brief.bars]
    if late:
        raise RequestError(f'"{late[0].chord}" is pinned to bar {late[0].bar}; the sketch has {brief.bars} bars')
    return brief
