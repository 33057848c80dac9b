"""Moves in the musician's words: where something is changed, and what it was and becomes.

``tracks/lead-vox/inserts/vocal-eq/bands/2/gain_db`` is "Lead Vox, vocal eq, band 2, gain"; ``-2.5`` there is "-2.5 dB".
"""

from __future__ import annotations

from typing import Any

from bandmate.song.address import ORDER, Absent, by_id, is_items, last_step, steps
from bandmate.song.clip_edits import Repair
from bandmate.song.devices import Device
from bandmate.song.song import Song
from bandmate.song.spoken_devices import device_settings, trimmed
from bandmate.song.spoken_edits import spoken_edit
from bandmate.song.time import MeterMap, TempoMap
from bandmate.song.tracks import Automation, Bus, Send
from bandmate.song.tuning import Tuning

UNITS = {
    "db": "dB",
    "dbfs": "dBFS",
    "dbtp": "dBTP",
    "hz": "Hz",
    "ms": "ms",
    "lu": "LU",
    "lufs": "LUFS",
    "ticks": "ticks",
    "seconds": "s",
    "bpm": "bpm",
}
SPOKEN_FIELDS = {
    "gain_db": "gain",
    "delay_ms": "delay",
    "polarity_inverted": "polarity",
    "threshold_dbfs": "threshold",
    "ceiling_dbtp": "ceiling",
    "ceiling_dbfs": "ceiling",
    "knee_db": "knee",
    "freq_hz": "frequency",
    "upper_hz": "upper edge",
    "mono_below_hz": "mono below",
    "side": "width",
    "left_db": "left level",
    "right_db": "right level",
    "right_inverted": "polarity of the right channel",
    "at_seconds": "moment",
    "range_db": "range",
    "role": "role",
}
SILENT_STEPS = frozenset(
    ("tracks", "buses", "inserts", "bands", "clips", "edits", "notes", "sends", "automation", "points")
)


def spoken_place(song: Song, address: str) -> str:
    """The place of an address: the track's or bus' name, then device, band and field."""
    path = steps(address)
    words: list[str] = []
    value: Any = song
    for i, step in enumerate(path):
        value = stepped(value, step)
        if step not in SILENT_STEPS:
            words.append(spoken_step(path, i, value))
    return ", ".join(words) or "the song"


def spoken_step(path: tuple[str, ...], i: int, value: Any) -> str:
    step, parent = path[i], path[i - 1] if i else ""
    if step == ORDER:
        return f"order of the {parent}"
    if parent in ("tracks", "buses"):
        return getattr(value, "name", "") or step
    if parent == "bands":
        return f"band {step}"
    if parent == "inserts":
        return step.replace("-", " ")
    if step == "main" and i == 0:
        return "main bus"
    if step == "gain_db" and path[0] in ("tracks", "buses") and i == 2:
        return "fader"
    if step == "key" and i:
        return "side-chain"
    return SPOKEN_FIELDS.get(step, step.replace("_", " ").replace("-", " "))


def stepped(value: Any, step: str) -> Any:
    if isinstance(value, tuple):
        return by_id(value).get(step) if is_items(value) else None
    return getattr(value, step, None)


def spoken_value(value: Any, address: str) -> str:
    """A value with its unit; a device with the settings that matter; nothing for an item that is not there."""
    field = last_step(address)
    if isinstance(value, Absent) or value is None:
        return "nothing"
    if isinstance(value, bool):
        return spoken_switch(value, field)
    if isinstance(value, int | float):
        return f"{trimmed(float(value))} {unit_of(field)}".strip()
    if isinstance(value, Device):
        return device_settings(value)
    if isinstance(value, tuple):
        return ", ".join(spoken_item(item) for item in value) or "nothing"
    if value == "" and field == "key":
        return "its own signal"
    return str(value) if isinstance(value, str) else spoken_item(value)


def spoken_item(item: Any) -> str:
    match item:
        case Device():
            return device_settings(item)
        case Repair() | Tuning():
            return spoken_edit(item)
        case Automation():
            return automation_settings(item)
        case Send():
            return f"send to {item.bus}, {trimmed(item.gain_db)} dB"
        case Bus(inserts=(_, *_)):
            return f"{item.name or item.id}: {'; '.join(device_settings(device) for device in item.inserts)}"
        case TempoMap():
            bpms = [point.bpm for point in item.points]
            return f"{trimmed(bpms[-1])} bpm" if bpms else "no tempo"
        case MeterMap():
            meters = [f"{point.numerator}/{point.denominator}" for point in item.points]
            return ", ".join(meters) or "no meter"
    return str(getattr(item, "name", "") or getattr(item, "id", item))


def spoken_switch(value: bool, field: str) -> str:
    if field in ("polarity_inverted", "right_inverted"):
        return "turned over" if value else "as recorded"
    return "on" if value else "off"


def automation_settings(item: Automation) -> str:
    """How many points, and between which values."""
    values = [point.value for point in item.points]
    unit = unit_of(item.parameter)
    if not values:
        return "automation without points"
    counted = "1 point" if len(values) == 1 else f"{len(values)} points"
    return f"{counted}, {min(values):+.3g} to {max(values):+.3g} {unit}".rstrip()


def unit_of(field: str) -> str:
    return UNITS.get(field.rsplit("_", 1)[-1], "") if "_" in field else UNITS.get(field, "")
