"""What the musician asks of the edit stage."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from bandmate.song.errors import UnknownName

RepairKind = Literal[
    "clipping",
    "clicks",
    "hum",
    "bleed",
    "plosives",
    "noise",
    "speech",
    "room",
    "breaths",
    "sibilance",
    "rests",
    "fades",
]
REPAIR_KINDS: tuple[RepairKind, ...] = get_args(RepairKind)
"""In the order of the work: damage first, then noise, then taste."""

USUAL_REPAIRS: tuple[RepairKind, ...] = (
    *("clipping", "clicks", "hum", "plosives", "noise", "breaths", "sibilance"),
    "fades",
)
"""What ``all`` means. Bleed, speech, room and rests are asked for by name: they are a matter of the arrangement."""

TuneStyle = Literal["natural", "hard"]
TUNE_STYLES: tuple[TuneStyle, ...] = get_args(TuneStyle)


class EditBrief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tracks are tuned, which are cleaned of what. Everything else stays byte for byte as it is.

    Attributes
    ----------
    tune, clean, notes : tuple of str
        track ids; the last are written down as notes on tracks of their own.
    grid : str
        lines that notes are offered on, beside as they were played.
    style : str
        ``natural`` keeps vibrato, slides and small movements; ``hard`` is the effect, and only when asked by name.
    scale : str
        such as ``C major``, ``A minor``, ``chromatic``; empty is what is heard.
    reference_hz : float
        what A4 is; 0 is what is heard.
    centre, drift_kept, vibrato_kept : float
        how much of the way notes go, and how much of their movement stays.
    repairs : tuple of str
        what is taken out.
    reduction_db : float
        most that noise and room are turned down; 0 is what is usual for each.
    """

    tune: tuple[str, ...] = ()
    clean: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    grid: str = "1/16"
    style: TuneStyle = "natural"
    scale: str = ""
    reference_hz: float = 0.0
    centre: float = 1.0
    drift_kept: float = 1.0
    vibrato_kept: float = 1.0
    repairs: tuple[RepairKind, ...] = USUAL_REPAIRS
    reduction_db: float = 0.0


def checked_repairs(names: tuple[str, ...]) -> tuple[RepairKind, ...]:
    """The repairs of these names, in the order of the work; ``all`` is the usual ones.

    Raises
    ------
    UnknownName
        if there is no such repair.
    """
    wanted = {other for name in names for other in (USUAL_REPAIRS if name == "all" else (name,))}
    for name in wanted:
        if name not in REPAIR_KINDS:
            raise UnknownName("repair", name, ("all", *REPAIR_KINDS))
    chosen: Any = tuple(kind for kind in REPAIR_KINDS if kind in wanted)
    found: tuple[RepairKind, ...] = chosen
    return found
