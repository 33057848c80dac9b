"""Devices in the musician's words: what each is, with the settings that matter."""

from __future__ import annotations

from bandmate.song.devices import (
    Band,
    ChannelTrim,
    Compressor,
    DeEsser,
    Delay,
    Device,
    DynamicBand,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    MultibandCompressor,
    Reverb,
    Ride,
    Saturator,
    SoftClipper,
    Width,
)
from bandmate.song.time import TICKS_PER_QUARTER


def spoken_device(device: Device) -> str:
    """``Equalizer`` is an equalizer."""
    name = "".join(f" {c.lower()}" if c.isupper() else c for c in type(device).__name__).strip()
    return {"de esser": "de-esser"}.get(name, name)


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
            return f"{words}{spoken_wet(device.wet)}"
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
        case Compressor():
            return compressor_settings(device)
        case Gate():
            range_db, threshold = trimmed(device.range_db), trimmed(device.threshold_dbfs)
            return f"gate {range_db} dB below {threshold} dBFS{spoken_key(device.key)}"
        case DeEsser():
            most, where = f"{trimmed(device.range_db)} dB", f"{trimmed(device.freq_hz)} Hz"
            return f"de-esser above {where}, up to {most}, over {trimmed(device.threshold_dbfs)} dBFS"
        case Saturator():
            return f"saturator, drive {trimmed(device.drive_db)} dB{spoken_wet(device.wet)}"
        case Reverb():
            before = f", {trimmed(device.predelay_ms)} ms before it" if device.predelay_ms else ""
            return f"reverb {trimmed(device.decay_seconds)} s{before}{spoken_wet(device.wet)}"
        case Delay():
            beats = trimmed(device.length_ticks / TICKS_PER_QUARTER)
            return f"delay, {beats} beats, feedback {device.feedback:.0%}{spoken_wet(device.wet)}"
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
    elif band.kind == "notch":
        return f"{scope}notch {trimmed(band.freq_hz)} Hz"
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


def compressor_settings(device: Compressor) -> str:
    """``compressor 3:1 over -20 dBFS, attack 10 ms, release 120 ms, +2 dB``; neutral ones do nothing."""
    if device.ratio == 1.0 and not device.makeup_db:
        return f"compressor{spoken_key(device.key)}"
    times = f"attack {trimmed(device.attack_ms)} ms, release {trimmed(device.release_ms)} ms"
    makeup = f", {device.makeup_db:+.3g} dB" if device.makeup_db else ""
    over = f"{trimmed(device.ratio)}:1 over {trimmed(device.threshold_dbfs)} dBFS"
    return f"compressor {over}, {times}{makeup}{spoken_wet(device.wet)}{spoken_key(device.key)}"


def spoken_wet(wet: float) -> str:
    return "" if wet == 1.0 else f", {wet:.0%} wet"


def spoken_key(key: str) -> str:
    return f", listening to {key}" if key else ""


def trimmed(number: float) -> str:
    """At most two decimals, none that are zero."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
