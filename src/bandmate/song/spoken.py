"""Moves in the musician's words: where something is changed, and what it was and becomes.

``tracks/lead-vox/inserts/vocal-eq/bands/2/gain_db`` is "Lead Vox, vocal eq, band 2, gain"; ``-2.5`` there is "-2.5 dB".
"""

from __future__ import annotations

from typing import Any

from bandmate.song.address import ORDER, Absent, by_id, is_items, last_step, steps
from bandmate.song.devices import (
    Band,
    ChannelTrim,
    Compressor,
    Device,
    DynamicBand,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    MultibandCompressor,
    Ride,
    SoftClipper,
    Width,
)
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
    if step == "key" and i:
        return "side-chain"
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
    if value == "" and field == "key":
        return "its own signal"
    return str(value) if isinstance(value, str) else spoken_item(value)


def spoken_item(item: Any) -> str:
    if isinstance(item, Device):
        return device_settings(item)
    return str(getattr(item, "name", "") or getattr(item, "id", item))


def spoken_switch(value: bool, field: str) -> str:
    if field in ("polarity_inverted", "right_inverted"):
        return "turned over" if value else "as recorded"
    return "on" if value else "off"


def device_settings(device: Device) -> str:
    """What a musician would say of a device: ``high-pass 64 Hz, 24 dB/octave``."""
    match device:
        case Equalizer():
            return equalizer_settings(device)
        case Limiter():
            style = "" if device.style == "transparent" else f"{device.style} "
            return f"{style}limiter, gain {trimmed(device.gain_db)} dB, ceiling {trimmed(device.ceiling_dbtp)} dBTP"
        case SoftClipper():
            words = f"soft clipper, ceiling {trimmed(device.ceiling_dbfs)} dBFS, knee {trimmed(device.knee_db)} dB"
            return words if device.wet == 1.0 else f"{words}, {device.wet:.0%} wet"
        case ChannelTrim():
            return trim_settings(device)
        case Ride():
            return ride_settings(device)
        case Width():
            mono = f", mono below {trimmed(device.mono_below_hz)} Hz" if device.mono_below_hz else ""
            return f"width {device.side:.0%}{mono}"
        case MultibandCompressor():
            return multiband_settings(device)
        case DynamicEqualizer(bands=(_, *_)):
            return "; ".join(dynamic_eq_band_settings(band) for band in device.bands)
        case Compressor() | Gate():
            return f"{spoken_device(device)}{spoken_key(device.key)}"
        case _:
            return spoken_device(device)


def equalizer_settings(device: Equalizer) -> str:
    gain = [f"gain {trimmed(device.gain_db)} dB"] if device.gain_db or not device.bands else []
    phase = ["linear phase"] if device.phase == "linear" else []
    return "; ".join([*(band_settings(band) for band in device.bands), *gain, *phase])


def band_settings(band: Band) -> str:
    scope = "" if band.scope == "stereo" else f"{band.scope} "
    if band.kind in ("high-pass", "low-pass"):
        what = f"{band.slope_db} dB/octave"
    else:
        what = f"{band.gain_db:+g} dB"
    return f"{scope}{band.kind} {trimmed(band.freq_hz)} Hz, {what}"


def trim_settings(device: ChannelTrim) -> str:
    """The channels that are moved, or that none is."""
    moved = [
        f"{side} {gain_db:+.4g} dB"
        for side, gain_db in (("left", device.left_db), ("right", device.right_db))
        if gain_db
    ]
    turned = ["right turned over"] if device.right_inverted else []
    return ", ".join([*moved, *turned]) or "channel trim"


def ride_settings(device: Ride) -> str:
    """How many points, and between which gains."""
    gains = [point.gain_db for point in device.points]
    if not gains:
        return "ride"
    counted = "1 point" if len(gains) == 1 else f"{len(gains)} points"
    return f"ride, {counted}, {min(gains):+.3g} to {max(gains):+.3g} dB"


def multiband_settings(device: MultibandCompressor) -> str:
    """Each band with its ratio and threshold, lowest first; the highest has no upper edge."""
    bands = sorted(device.bands, key=lambda band: band.upper_hz)
    if not bands:
        return spoken_device(device)
    edges = [*(f"to {trimmed(band.upper_hz)} Hz" for band in bands[:-1]), "above"]
    words = [f"{edge} {dynamic_band_settings(band)}" for edge, band in zip(edges, bands, strict=True)]
    return f"{spoken_device(device)}, {'; '.join(words)}"


def dynamic_band_settings(band: DynamicBand) -> str:
    gain = f", {band.gain_db:+.3g} dB" if band.gain_db else ""
    if band.ratio == 1.0:
        return f"as it is{gain}"
    return f"{trimmed(band.ratio)}:1 over {trimmed(band.threshold_dbfs)} dBFS{gain}"


def dynamic_eq_band_settings(band: DynamicEqBand) -> str:
    """``bell 3000 Hz, up to -4 dB, 2:1 over -30 dBFS``."""
    if band.is_neutral:
        return f"{band.kind} {trimmed(band.freq_hz)} Hz as it is"
    over = f"{trimmed(band.ratio)}:1 over {trimmed(band.threshold_dbfs)} dBFS"
    return f"{band.kind} {trimmed(band.freq_hz)} Hz, up to {band.range_db:+.3g} dB, {over}{spoken_key(band.key)}"


def spoken_key(key: str) -> str:
    return f", listening to {key}" if key else ""


def unit_of(field: str) -> str:
    return UNITS.get(field.rsplit("_", 1)[-1], "") if "_" in field else UNITS.get(field, "")


def trimmed(number: float) -> str:
    """At most two decimals, none that are zero."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
