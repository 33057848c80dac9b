"""Moves in the musician's words: where something is changed, and what it was and becomes.

``tracks/lead-vox/inserts/vocal-eq/bands/2/gain_db`` is "Lead Vox, vocal eq, band 2, gain"; ``-2.5`` there is "-2.5 dB".
"""

from __future__ import annotations

from typing import Any

from bandmate.song.address import ORDER, Absent, by_id, is_items, last_step, steps
from bandmate.song.devices import Device, Equalizer, Limiter
from bandmate.song.song import Song

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
    "freq_hz": "frequency",
    "role": "role",
}
SILENT_STEPS = frozenset(("tracks", "buses", "inserts", "bands", "clips", "notes", "sends", "automation", "points"))


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
    return SPOKEN_FIELDS.get(step, step.replace("_", " ").replace("-", " "))


def stepped(value: Any, step: str) -> Any:
    if isinstance(value, tuple):
        return by_id(value).get(step) if is_items(value) else None
    return getattr(value, step, None)


def spoken_device(device: Device) -> str:
    """``Equalizer`` is an equalizer."""
    name = "".join(f" {c.lower()}" if c.isupper() else c for c in type(device).__name__).strip()
    return {"de esser": "de-esser"}.get(name, name)


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
    return str(value) if isinstance(value, str) else spoken_item(value)


def spoken_item(item: Any) -> str:
    if isinstance(item, Device):
        return device_settings(item)
    return str(getattr(item, "name", "") or getattr(item, "id", item))


def spoken_switch(value: bool, field: str) -> str:
    if field == "polarity_inverted":
        return "turned over" if value else "as recorded"
    return "on" if value else "off"


def device_settings(device: Device) -> str:
    """What a musician would say of a device: ``high-pass 64 Hz, 24 dB/octave``."""
    if isinstance(device, Equalizer):
        bands = [
            f"{band.kind} {trimmed(band.freq_hz)} Hz, "
            + (f"{band.slope_db} dB/octave" if band.kind in ("high-pass", "low-pass") else f"{band.gain_db:+g} dB")
            for band in device.bands
        ]
        gain = [f"gain {trimmed(device.gain_db)} dB"] if device.gain_db or not bands else []
        return "; ".join([*bands, *gain])
    if isinstance(device, Limiter):
        return f"limiter, gain {trimmed(device.gain_db)} dB, ceiling {trimmed(device.ceiling_dbtp)} dBTP"
    return spoken_device(device)


def unit_of(field: str) -> str:
    return UNITS.get(field.rsplit("_", 1)[-1], "") if "_" in field else UNITS.get(field, "")


def trimmed(number: float) -> str:
    """At most two decimals, none that are zero."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
