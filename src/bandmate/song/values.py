"""What every value of a song has in common.

Conventions: a value is frozen; a collection is a tuple; every item of a collection has an ``id`` that is unique there,
so that an address can name it. Limits stand beside the field, in its annotation, and are checked whenever a value is
made, by hand or from JSON. A whole number given for a float becomes a float. NaN and infinity are refused: JSON has
neither, and a fader has no such position.

Not covered: references between values (a send to a bus that does not exist); ``song.check_references`` finds those.
"""

from __future__ import annotations

import math
import types
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from bandmate.song.errors import OutOfRange, RequestError

Ticks = Annotated[int, msgspec.Meta(ge=0, le=2**40)]
"""Musical time, 960 to a quarter note."""

Decibels = Annotated[float, msgspec.Meta(ge=-150.0, le=60.0)]
"""A gain. -150 dB and below is silence in any format."""

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
"""A part of the whole."""

Frames = Annotated[int, msgspec.Meta(ge=0, le=2**40)]
"""Places and lengths in a recording, at its own rate."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[^\s/@][^\s/]*$", max_length=120)]
"""A short stable name inside one collection: no blank, no slash, not beginning with @."""


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all song values; checks the limits written in the annotations.

    Raises
    ------
    OutOfRange
        if a number is outside its limits, not finite, or two items of a collection share an id.
    RequestError
        if an id is empty or has a blank or a slash.
    """

    def __post_init__(self) -> None:
        for rule in rules_of(type(self)):
            value = getattr(self, rule.field)
            if rule.is_collection:
                check_unique_ids(type(self).__name__, rule.field, value)
            elif rule.max_length:
                check_text(rule, value)
            elif value is not None:
                msgspec.structs.force_setattr(self, rule.field, checked_number(rule, value))


class Rule(NamedTuple):
    """What one field must keep to."""

    owner: str
    field: str
    is_float: bool
    is_collection: bool
    low: float
    high: float
    max_length: int


@cache
def rules_of(cls: type[msgspec.Struct]) -> tuple[Rule, ...]:
    """The fields of ``cls`` that need a look, with their limits."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(rule for field in cls.__struct_fields__ if (rule := rule_for(cls.__name__, field, hints[field])))


def rule_for(owner: str, field: str, hint: Any) -> Rule | None:
    if get_origin(hint) is tuple:
        return Rule(owner, field, False, True, 0, 0, 0)
    low, high, max_length, wanted = -math.inf, math.inf, 0, None
    for part in union_members(hint):
        plain, meta = unwrapped(part)
        if plain in (int, float, str):
            wanted = plain
            if meta is not None:
                low = meta.ge if meta.ge is not None else low
                high = meta.le if meta.le is not None else high
                max_length = meta.max_length or 0
    if wanted is None or (wanted is str and not max_length):
        return None
    return Rule(owner, field, wanted is float, False, low, high, max_length)


def union_members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of ``A | B``, or the type itself."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def unwrapped(hint: Any) -> tuple[Any, msgspec.Meta | None]:
    """``Annotated[T, Meta(…)]`` taken apart."""
    if get_origin(hint) is Annotated:
        plain, *extras = get_args(hint)
        return plain, next((e for e in extras if isinstance(e, msgspec.Meta)), None)
    return (str, None) if get_origin(hint) is Literal else (hint, None)


def checked_number(rule: Rule, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or (not rule.is_float and value != int(value)):
        kind = "number" if rule.is_float else "whole number"
        raise RequestError(f"{rule.field} of {rule.owner} must be a {kind}, got {value!r}")
    if not rule.low <= value <= rule.high or not math.isfinite(value):
        raise OutOfRange(f"{rule.field} of {rule.owner} is {value:g}; possible are {rule.low:g} to {rule.high:g}")
    return float(value) if rule.is_float else int(value)


def check_text(rule: Rule, text: str) -> None:
    is_fit = isinstance(text, str) and 0 < len(text) <= rule.max_length
    if not is_fit or text[0] == "@" or "/" in text or any(c.isspace() for c in text):
        raise RequestError(
            f"{rule.field} {text!r} of {rule.owner} will not do: at least one character, no blank, no slash, "
            f"not beginning with @, at most {rule.max_length} characters"
        )


def check_unique_ids(owner: str, field: str, items: tuple[Any, ...]) -> None:
    ids = [getattr(item, "id", None) for item in items]
    if len(set(ids)) < len(ids) and None not in ids:
        twice = next(i for i in ids if ids.count(i) > 1)
        raise OutOfRange(f'{field} of {owner} has the id "{twice}" more than once; every item needs its own')


def slug(name: str, taken: frozenset[str] | set[str] = frozenset()) -> str:
    """An id made from a name: lower case, letters and digits of any script kept, everything else a hyphen.

    ``Lead Vox (dry)`` gives ``lead-vox-dry``; a name with nothing to keep gives ``item``. When the id is in ``taken``
    a number follows.
    """
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    first = "-".join(words)[:80] or "item"
    found, count = first, 2
    while found in taken:
        found, count = f"{first}-{count}", count + 1
    return found
