"""Addresses: where in a song a value is.

An address is the path of field names and item ids, joined by slashes: ``tracks/lead-vox/inserts/eq/bands/2/gain_db``.
``@order`` at the end of a collection stands for the order of its ids.

The functions here look things up, put a new value in (sharing everything that was not touched), and answer which type
belongs at an address, so that a move read from JSON is checked like everything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import replace

from bandmate.song.errors import RequestError, StaleMove, listing, suggestion
from bandmate.song.song import Song
from bandmate.song.values import union_members, unwrapped

ORDER = "@order"


class Absent(msgspec.Struct, frozen=True, tag="absent"):
    """Stands for "no such item": the ``before`` of an insertion, the ``after`` of a removal."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = Absent()


def steps(address: str) -> tuple[str, ...]:
    """The address taken apart."""
    return tuple(step for step in address.split("/") if step)


def last_step(address: str) -> str:
    """The field or item that an address ends at; empty for the whole song."""
    return steps(address)[-1] if steps(address) else ""


def covers(prefix: str, address: str) -> bool:
    """Whether ``address`` is at or below ``prefix``."""
    return steps(address)[: len(steps(prefix))] == steps(prefix)


def is_items(value: Any) -> bool:
    """Whether ``value`` is a collection whose items have ids; the empty tuple is."""
    return isinstance(value, tuple) and all(hasattr(item, "id") for item in value)


def ids_of(items: Iterable[Any]) -> tuple[str, ...]:
    return tuple(item.id for item in items)


def by_id(items: Iterable[Any]) -> dict[str, Any]:
    return {item.id: item for item in items}


def get(song: Song, address: str) -> Any:
    """The value at ``address``; ``ABSENT`` where the last step names an item that is not there.

    Raises
    ------
    StaleMove
        if an item on the way is not in the song.
    RequestError
        if no song could have anything at this address.
    """
    value_type_at(address)
    value: Any = song
    path = steps(address)
    for i, step in enumerate(path):
        if isinstance(value, Absent):
            raise StaleMove(address, f'there is no "{path[i - 1]}" in {"/".join(path[: i - 1])}')
        value = child(value, step, address)
    return value


def child(value: Any, step: str, address: str) -> Any:
    if isinstance(value, tuple):
        return ids_of(value) if step == ORDER else by_id(value).get(step, ABSENT)
    if step in getattr(value, "__struct_fields__", ()):
        return getattr(value, step)
    what = "nothing" if value is None else type(value).__name__.lower()
    raise StaleMove(address, f"{what} has no {step}")


def put(value: Any, path: tuple[str, ...], new: Any) -> Any:
    """``value`` with ``new`` at ``path``: new objects on the way there, the same objects everywhere else."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if not isinstance(value, tuple):
        return replace(value, **{step: put(getattr(value, step), rest, new)})
    if step == ORDER:
        return tuple(by_id(value)[i] for i in new)
    old = by_id(value).get(step, ABSENT)
    item = put(old, rest, new)
    if isinstance(item, Absent):
        return tuple(x for x in value if x.id != step)
    if isinstance(old, Absent):
        return (*value, item)
    return tuple(item if x.id == step else x for x in value)


@cache
def value_type_at(address: str) -> Any:
    """The type that belongs at ``address``.

    Raises
    ------
    RequestError
        if no song could have anything there; the message lists what would be possible at the step that fails.
    """
    hint: Any = Song
    path = steps(address)
    for i, step in enumerate(path):
        hint = child_type(hint, step, address, "/".join(path[:i]) or "the song")
    return hint


def check_fits(value: Any, address: str) -> None:
    """Refuse a value that no song could have at ``address``, so that a song is never made that cannot be read again.

    Raises
    ------
    RequestError
        if the type is wrong, or an item has another id than its address.
    """
    path = steps(address)
    is_item = len(path) > 0 and path[-1] != ORDER and is_collection_type(value_type_at("/".join(path[:-1])))
    if isinstance(value, Absent) and is_item:
        return
    if isinstance(value, list):
        raise RequestError(f"{address} cannot hold a list; a collection is a tuple")
    try:
        msgspec.convert(value, value_type_at(address))
    except msgspec.ValidationError as problem:
        raise RequestError(f"{address} cannot hold {value!r:.60}: {f'{problem}'.lower()}") from problem
    if is_item and value.id != path[-1]:
        raise RequestError(f'{address} cannot hold an item named "{value.id}"; its id must be "{path[-1]}"')


def is_collection_type(hint: Any) -> bool:
    """Whether items with ids belong there."""
    return any(get_origin(unwrapped(part)[0]) is tuple for part in union_members(hint))


def child_type(hint: Any, step: str, address: str, parent: str) -> Any:
    alternatives = [unwrapped(part)[0] for part in union_members(hint)]
    if is_collection_type(hint):
        return tuple[str, ...] if step == ORDER else united([get_args(part)[0] for part in alternatives])
    found = [fields[step] for part in alternatives if step in (fields := struct_fields(part))]
    if not found:
        known = sorted({name for part in alternatives for name in struct_fields(part)})
        near = f"{listing(known)}{suggestion(step, known)}"
        raise RequestError(f'{address} leads nowhere: no "{step}" in {parent}; {near}')
    return united(found)


def united(hints: list[Any]) -> Any:
    """``A | B | …`` of the types, each once.

    subtle: numbers with different limits become one number without: which limits count is for the value to check that
    the number goes into, and msgspec would take those of the last.
    """
    distinct = list(dict.fromkeys(hints))
    plain = {unwrapped(hint)[0] for hint in distinct}
    if len(distinct) > 1 and len(plain) == 1:
        return plain.pop()
    union = distinct[0]
    for other in distinct[1:]:
        union = union | other
    return union


@cache
def struct_fields(part: Any) -> dict[str, Any]:
    """Field name → type, for a struct; empty for anything else."""
    if not (isinstance(part, type) and issubclass(part, msgspec.Struct)):
        return {}
    hints = get_type_hints(part, include_extras=True)
    return {name: hints[name] for name in part.__struct_fields__}
