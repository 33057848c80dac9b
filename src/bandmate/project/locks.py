"""Locks: the places of the song that no proposal may touch."""

from __future__ import annotations

from msgspec.structs import replace

from bandmate.song.address import Absent, get, ids_of, steps
from bandmate.song.errors import RequestError, UnknownName, suggestion
from bandmate.song.song import Lock, Song
from bandmate.song.values import slug


def locked(song: Song, address: str) -> Song:
    """``song`` with a lock at ``address``; the same song where there is one already."""
    address = "/".join(steps(address))
    if not address:
        raise RequestError("a lock needs an address, such as tracks/lead-vox; the whole song cannot be locked")
    if isinstance(get(song, address), Absent):
        raise RequestError(f"there is nothing at {address} to lock; check the name{near(song, address)}")
    if any(lock.address == address for lock in song.locks):
        return song
    new = Lock(id=slug(address, frozenset(ids_of(song.locks))), address=address)
    return replace(song, locks=(*song.locks, new))


def unlocked(song: Song, address: str) -> Song:
    """``song`` without the lock at ``address``."""
    address = "/".join(steps(address))
    kept = tuple(lock for lock in song.locks if lock.address != address)
    if len(kept) == len(song.locks):
        raise UnknownName("lock", address, [lock.address for lock in song.locks])
    return replace(song, locks=kept)


def near(song: Song, address: str) -> str:
    """``. Did you mean "horns"?`` when something beside the missing item has almost its name."""
    parent, _, name = address.rpartition("/")
    beside = get(song, parent)
    return suggestion(name, ids_of(beside)) if isinstance(beside, tuple) else ""
