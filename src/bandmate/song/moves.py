"""The one idea: a move says "at this address, this value becomes that value".

``apply`` is a three-way merge: the change from ``before`` to ``after`` is carried over to what the song has *now*. Two
moves that touch different notes of one clip both apply; a move whose ground has changed is refused by name.

::

    before   n1  n2  n3          the song now   n1' n2  n3
    after    n1  n2  n3+2   ->   applied        n1' n2  n3+2

Laws (``tests/laws``): the old song stays as it was and shares what was not touched; ``apply(a, diff(a, b)) == b``;
strength 0 returns the same song object; a number goes monotonically from ``before`` to ``after``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from bandmate.song.address import (
    ABSENT,
    ORDER,
    Absent,
    by_id,
    check_fits,
    covers,
    get,
    ids_of,
    is_items,
    last_step,
    put,
    steps,
)
from bandmate.song.errors import LockedMove, OutOfRange, StaleMove
from bandmate.song.evidence import Evidence
from bandmate.song.song import Song

STEPPED_FIELDS = frozenset(
    ("pitch", "program", "root", "bass", "tonic", "numerator", "denominator", "rate_hz", "source_rate_hz", "slope_db")
)
"""Numbers that have no meaningful middle: they switch at half strength."""


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change, with its reason.

    ``by`` says whose it is; a lock stops what an assistant or an import proposes and never the musician's own hand.
    ``confidence`` is the probability, 0 to 1, that the musician will find the move right. ``finding`` is the id of the
    finding that it answers. Moves with the same ``choice`` are different answers to one question: one of them is made
    at most, and the first is made where none is named.
    """

    address: str
    before: Any
    after: Any
    because: str = ""
    evidence: tuple[Evidence, ...] = ()
    confidence: float = 1.0
    by: Literal["human", "assistant", "import"] = "assistant"
    finding: str = ""
    choice: str = ""


def apply(song: Song, moves: Move | Iterable[Move], strength: float = 1.0) -> Song:
    """``song`` with the moves made, in their order, each at ``strength``.

    Parameters
    ----------
    strength : float, 0 to 1
        0 returns ``song`` itself, 1 makes the whole change, between them numbers are blended and everything else
        switches at one half.

    Raises
    ------
    StaleMove
        if what the song has now is not what a move stands on.
    LockedMove
        if a lock covers the place and the move is not the musician's own.
    OutOfRange
        if the strength is not from 0 to 1.
    RequestError
        if no song could have what a move would put there.
    """
    if not 0.0 <= strength <= 1.0:
        raise OutOfRange(f"strength is {strength:g}; possible are 0 to 1 (0 to 100 %)")
    for move in (moves,) if isinstance(moves, Move) else moves:
        song = apply_one(song, move, strength)
    return song


def apply_one(song: Song, move: Move, strength: float) -> Song:
    if move.by != "human":
        check_locks(song, move.address)
    path = steps(move.address)
    now = get(song, move.address)
    new = merge(move.before, move.after, now, strength, "/".join(path))
    if new is now:
        return song
    changed: Song = put(song, path, new)
    check_fits(new, move.address)
    return changed


def check_locks(song: Song, address: str) -> None:
    """Refuse an address at which only the musician may change something."""
    lock = lock_at(song, address)
    if lock is not None:
        raise LockedMove(address, lock)


def lock_at(song: Song, address: str) -> str | None:
    """What keeps proposals from moving ``address``: the lock at it, above it or below it; None where it is free.

    The list of locks itself is always locked.
    """
    for lock in song.locks:
        if covers(lock.address, address) or covers(address, lock.address):
            return lock.address
    return "the list of locks" if covers("locks", address) else None


def merge(before: Any, after: Any, now: Any, strength: float, where: str) -> Any:
    """Carry the change before → after over to ``now``; refuse where ``now`` is not what the change stands on."""
    if strength == 0 or before == after:
        return now
    if last_step(where) == ORDER:
        check_order(before, after, now, where)
        return merge_order(before, after, now, strength)
    if is_items(before) and is_items(after) and is_items(now):
        return merge_items(before, after, now, strength, where)
    if now == before:
        return blend(now, after, strength, last_step(where))
    if is_same_struct(before, after, now):
        changed = {
            f: merge(getattr(before, f), getattr(after, f), getattr(now, f), strength, f"{where}/{f}")
            for f in before.__struct_fields__
            if getattr(before, f) != getattr(after, f)
        }
        return replace(now, **changed)
    raise StaleMove(where, f"it stands on {brief(before)}, the song now has {brief(now)}")


def is_same_struct(*values: Any) -> bool:
    first = type(values[0])
    return issubclass(first, msgspec.Struct) and first is not Absent and all(type(v) is first for v in values)


def merge_items(
    before: tuple[Any, ...], after: tuple[Any, ...], now: tuple[Any, ...], strength: float, where: str
) -> tuple[Any, ...]:
    """The merge of a collection: changed, removed, added and reordered items."""
    b, a, n = by_id(before), by_id(after), by_id(now)
    for gone in b.keys() - n.keys():
        if gone in a and a[gone] != b[gone]:
            raise StaleMove(f"{where}/{gone}", "it is no longer in the song")
    merged: dict[str, Any] = {}
    for item in now:
        old, new = b.get(item.id, ABSENT), a.get(item.id, ABSENT)
        is_there_already = isinstance(old, Absent) and item == new
        merged[item.id] = item if is_there_already else merge(old, new, item, strength, f"{where}/{item.id}")
    for item in after:
        if item.id not in b and item.id not in n:
            merged[item.id] = blend(ABSENT, item, strength)
    order = merge_order(ids_of(before), ids_of(after), ids_of(now), strength)
    result = tuple(merged[i] for i in order if not isinstance(merged[i], Absent))
    return now if len(result) == len(now) and all(x is y for x, y in zip(result, now, strict=True)) else result


def check_order(before: tuple[str, ...], after: tuple[str, ...], now: tuple[str, ...], where: str) -> None:
    """Refuse an order of things of which one is not there to be put in order."""
    for name in after:
        if name not in before and name not in now:
            raise StaleMove(where, f'it puts "{name}" in order, which is not in the song')


def merge_order(
    before: tuple[str, ...], after: tuple[str, ...], now: tuple[str, ...], strength: float
) -> tuple[str, ...]:
    """The order of ``now`` with the re-ordering before → after made; added ids follow their neighbour in ``after``.

    Ids that only ``now`` has keep following the one they follow now.
    """
    if strength == 0:
        return now
    both = set(before) & set(after)
    reordered = strength >= 0.5 and [i for i in before if i in both] != [i for i in after if i in both]
    if reordered:
        known = set(after)
        order = [i for i in after if i in now or i not in before]
        extra = [i for i in now if i not in known]
        return tuple(inserted_behind(order, extra, now))
    added = [i for i in after if i not in before and i not in now]
    return tuple(inserted_behind(list(now), added, after))


def inserted_behind(order: list[str], extra: list[str], model: tuple[str, ...]) -> list[str]:
    """``order`` with each of ``extra`` put behind the id that precedes it in ``model``."""
    for item in extra:
        place = 0
        for previous in reversed(model[: model.index(item)]):
            if previous in order:
                place = order.index(previous) + 1
                break
        order.insert(place, item)
    return order


def blend(before: Any, after: Any, strength: float, field: str = "") -> Any:
    """The value between ``before`` (strength 0, the same object) and ``after`` (strength 1, the same object).

    Numbers are interpolated: frequencies (``…_hz``) in octaves, everything else in its own unit. Words, switches and
    numbers without a middle (pitch, program …) change at one half. An added device or ride fades in from its neutral
    setting, an added send from silence.
    """
    if strength == 0 or before == after:
        return before
    if strength == 1:
        return after
    if isinstance(before, Absent) and hasattr(after, "faded"):
        return after.faded(strength)
    if isinstance(after, Absent) and hasattr(before, "faded"):
        return before.faded(1.0 - strength)
    if isinstance(before, Absent) and hasattr(after, "neutral"):
        return blend(after.neutral(), after, strength)
    if isinstance(after, Absent) and hasattr(before, "neutral"):
        return blend(before, before.neutral(), strength)
    if is_quantity(before) and is_quantity(after) and field not in STEPPED_FIELDS:
        return blend_numbers(before, after, strength, field)
    if is_items(before) and is_items(after):
        return merge_items(before, after, before, strength, field)
    if is_same_struct(before, after):
        changed = {
            f: blend(getattr(before, f), getattr(after, f), strength, f)
            for f in before.__struct_fields__
            if getattr(before, f) != getattr(after, f)
        }
        return replace(before, **changed)
    return after if strength >= 0.5 else before


def is_quantity(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def blend_numbers(before: float, after: float, strength: float, field: str) -> float:
    if field.endswith("_hz") and before > 0 and after > 0:
        between = before * math.pow(after / before, strength)
    else:
        between = before + (after - before) * strength
    inside = min(max(between, min(before, after)), max(before, after))
    # subtle: a fader moved by hand from 0 to -3 is written in whole numbers, but the 0.0 of the song is none.
    return round(inside) if isinstance(before, int) and isinstance(after, int) else inside


def diff(a: Any, b: Any, where: str = "") -> tuple[Move, ...]:
    """The smallest moves that turn ``a`` into ``b``: one for each leaf that differs, one for each item added or
    removed, one for each collection whose order changes. They are the musician's own (``by="human"``)."""
    return tuple(differences(a, b, where))


def differences(a: Any, b: Any, where: str) -> list[Move]:
    if a is b or a == b:
        return []
    if is_items(a) and is_items(b):
        x, y = by_id(a), by_id(b)
        found = [
            m for i in dict.fromkeys([*x, *y]) for m in differences(x.get(i, ABSENT), y.get(i, ABSENT), f"{where}/{i}")
        ]
        kept = tuple([i for i in x if i in y] + [i for i in y if i not in x])
        if kept != ids_of(b):
            found.append(Move(address=f"{where}/{ORDER}".lstrip("/"), before=kept, after=ids_of(b), by="human"))
        return found
    if is_same_struct(a, b):
        return [m for f in a.__struct_fields__ for m in differences(getattr(a, f), getattr(b, f), f"{where}/{f}")]
    return [Move(address=where.lstrip("/"), before=a, after=b, by="human")]


def brief(value: Any) -> str:
    """A value short enough for a message."""
    text = f"{value:g}" if is_quantity(value) else repr(value)
    return text if len(text) <= 60 else f"{type(value).__name__.lower()} {getattr(value, 'id', '')}".strip()
