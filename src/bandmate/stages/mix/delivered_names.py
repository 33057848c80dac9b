"""What the names of delivered tracks say beside the instrument: which side, which microphone, whether it is a copy.

Conventions: names are split into words at blanks, signs, digits and capitals; case does not matter. A name that says
nothing gives an empty answer.
"""

from __future__ import annotations

import re
from typing import Literal

from bandmate.song.tracks import Track
from bandmate.stages.words import spoken_name

Side = Literal["left", "right", ""]

LEFT_WORDS = frozenset(("l", "lt", "left", "links", "gauche", "izquierda", "л", "лев", "левый", "левая"))
RIGHT_WORDS = frozenset(("r", "rt", "right", "rechts", "droite", "derecha", "п", "прав", "правый", "правая"))
COPY_WORDS = frozenset(("copy", "dup", "duplicate", "kopie", "copie", "copia", "копия", "дубль"))
DOUBLE_WORDS = frozenset(("double", "dbl", "dt", "doubled", "doppel", "дабл"))
FAR_WORDS = frozenset(("room", "rooms", "amb", "ambience", "ambient", "far", "hall", "комната", "зал"))
UNDERSIDE_WORDS = frozenset(("bottom", "btm", "bot", "under", "низ"))
MICROPHONE_WORDS = (
    FAR_WORDS
    | UNDERSIDE_WORDS
    | frozenset(("mic", "mike", "mikro", "микрофон", "микро", "di", "amp", "top", "in", "out", "inside"))
)
MICROPHONE_WORDS |= frozenset(
    ("outside", "sub", "close", "near", "oh", "overhead", "overheads", "ribbon", "front", "back", "верх")
)
"""Two tracks of which one has such a word are two microphones of one source, however alike they are."""


def words_of(name: str) -> tuple[str, ...]:
    """``GtrL_02`` is gtr, l, 02."""
    spaced = re.sub(r"(?<=[^\W\d_A-ZА-Я])(?=[A-ZА-Я])", " ", name)
    return tuple(word.casefold() for word in re.findall(r"[^\W\d_]+|\d+", spaced))


def side_of(track: Track) -> Side:
    """The side that the last word but numbers names."""
    spoken = [word for word in words_of(spoken_name(track)) if not word.isdigit()]
    if len(spoken) < 2:
        return ""
    return "left" if spoken[-1] in LEFT_WORDS else "right" if spoken[-1] in RIGHT_WORDS else ""


def name_without(track: Track, words: frozenset[str]) -> tuple[str, ...]:
    """The words of a name less those and less numbers."""
    return tuple(w for w in words_of(spoken_name(track)) if w not in words and not w.isdigit())


def are_named_sides(first: Track, second: Track) -> bool:
    """Whether two names differ in nothing but left and right."""
    sides, both = {side_of(first), side_of(second)}, LEFT_WORDS | RIGHT_WORDS
    return sides == {"left", "right"} and name_without(first, both) == name_without(second, both)


def are_named_takes(first: Track, second: Track) -> bool:
    """Whether two names differ in nothing but a number, a side or the word for a double."""
    less = LEFT_WORDS | RIGHT_WORDS | DOUBLE_WORDS
    return bool(name_without(first, less)) and name_without(first, less) == name_without(second, less)


def is_named_copy(first: Track, second: Track) -> bool:
    """Whether one name is the other with a word for a copy."""
    has_word = any(w in COPY_WORDS for t in (first, second) for w in words_of(spoken_name(t)))
    return has_word and name_without(first, COPY_WORDS) == name_without(second, COPY_WORDS)


def is_underside(track: Track) -> bool:
    """Whether the name says that the microphone looks at the skin from below, where everything is upside down."""
    return any(word in UNDERSIDE_WORDS for word in words_of(spoken_name(track)))


def names_microphone(track: Track) -> bool:
    """Whether the name says which microphone it is."""
    return any(word in MICROPHONE_WORDS for word in words_of(spoken_name(track)))


def is_far(track: Track) -> bool:
    """Whether the name says that the microphone stands away on purpose."""
    return any(word in FAR_WORDS for word in words_of(spoken_name(track)))
