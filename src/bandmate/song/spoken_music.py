"""Changes of notes and chords in words: what goes and what comes, and nothing of what stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bandmate.song.address import is_items
from bandmate.song.harmony import Chord
from bandmate.song.notes import Note, pitch_name

MOST_NAMES = 16


def spoken_music(before: Any, after: Any) -> str | None:
    """``3 notes out, 4 in: D3 F#3 A3 D4`` or ``C G7 → C Db7``; None for what is neither notes nor chords.

    >>> one = Note(id="a", start_ticks=0, length_ticks=1, pitch=60, velocity=90)
    >>> spoken_music((one,), ())
    '1 note out, 0 in'
    """
    if not (is_items(before) and is_items(after)):
        return None
    both = (*before, *after)
    if not both or not (all(isinstance(x, Note) for x in both) or all(isinstance(x, Chord) for x in both)):
        return None
    gone = [item for item in before if item not in after]
    new = [item for item in after if item not in before]
    if isinstance(both[0], Chord):
        return f"{names(gone) or 'nothing'} → {names(new) or 'nothing'}"
    out = "1 note out" if len(gone) == 1 else f"{len(gone)} notes out"
    return f"{out}, {len(new)} in{': ' if new else ''}{names(new)}"


def names(items: Sequence[Note | Chord]) -> str:
    """Names in the order of time, the first sixteen of them."""
    row = [
        pitch_name(item.pitch) if isinstance(item, Note) else str(item)
        for item in sorted(items, key=lambda item: item.start_ticks)
    ]
    return " ".join(row[:MOST_NAMES]) + (" …" if len(row) > MOST_NAMES else "")
