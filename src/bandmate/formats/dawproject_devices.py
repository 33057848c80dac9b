"""Which of a strip's devices and settings a DAWproject can hold, as XML and, for the rest, in words.

Conventions: the neutral dialect: every number has its unit written beside it, hertz, decibel, seconds or linear, never
Bitwig's semitones and percent. A pass's ``order`` is its slope in steps of 6 dB per octave. A limiter's threshold is
its ceiling, its input gain the gain before it. The format cannot say what a side-chain listens to: a device with a key
travels switched off, ready to be given its key there, for without one it would act on the wrong sound.

Not covered: plug-in state; it stays in the song.

Reference: DAWproject 1.0, Project.xsd.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bandmate.song.devices import (
    AnyDevice,
    Band,
    ChannelTrim,
    Compressor,
    DeEsser,
    Delay,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    MultibandCompressor,
    Plugin,
    Reverb,
    Ride,
    Saturator,
    SoftClipper,
    Width,
    keys_of,
)

BAND_TYPES = {
    "bell": "bell",
    "low-shelf": "lowShelf",
    "high-shelf": "highShelf",
    "high-pass": "highPass",
    "low-pass": "lowPass",
    "notch": "notch",
}
ELEMENTS = {Equalizer: "Equalizer", Compressor: "Compressor", Gate: "NoiseGate", Limiter: "Limiter"}
WITHOUT_ELEMENT = {
    DeEsser: "de-esser",
    MultibandCompressor: "multiband compressor",
    DynamicEqualizer: "dynamic equalizer",
    Saturator: "saturator",
    SoftClipper: "soft clipper",
    ChannelTrim: "channel trim",
    Ride: "ride",
    Width: "width",
    Reverb: "reverb",
    Delay: "delay",
}


class Elements:
    """Makes elements with ids that count up, so that equal songs give equal files."""

    def __init__(self) -> None:
        self._count = 0

    def child(self, parent: Any, tag: str, /, **attributes: str | float | bool | None) -> Any:
        """A new element inside ``parent``; attributes that are None are left out."""
        from lxml import etree

        element = etree.SubElement(parent, tag)
        for name, value in attributes.items():
            if value is not None:
                element.set(name, text_of(value))
        return element

    def named(self, parent: Any, tag: str, /, **attributes: str | float | bool | None) -> Any:
        """A new element with an id of its own."""
        self._count += 1
        return self.child(parent, tag, **attributes, id=f"id{self._count}")

    def real(self, parent: Any, tag: str, value: float, unit: str, **limits: float) -> Any:
        """A numeric parameter."""
        return self.named(parent, tag, value=value, unit=unit, name=tag, **limits)


def text_of(value: str | float | bool) -> str:
    """A value as XML has it: no exponents, no characters that XML forbids."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    return "".join(
        c for c in value if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )


def number_text(value: float) -> str:
    """Up to nine places after the point, none that say nothing."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def add_device(elements: Elements, parent: Any, device: AnyDevice) -> None:
    """The device as a built-in one, or nothing where there is none."""
    tag = ELEMENTS.get(type(device))
    if tag is None:
        return
    made = elements.named(parent, tag, deviceName=tag, deviceRole="audioFX", loaded=True, name=device.id)
    elements.named(made, "Enabled", value=device.enabled and not keys_of(device))
    if isinstance(device, Equalizer):
        for band in device.bands:
            if band.scope == "stereo":
                add_band(elements, made, band)
        elements.real(made, "OutputGain", device.gain_db, "decibel")
    elif isinstance(device, Compressor):
        add_compressor(elements, made, device)
    elif isinstance(device, Gate):
        elements.real(made, "Attack", device.attack_ms / 1_000, "seconds")
        elements.real(made, "Range", device.range_db, "decibel")
        elements.real(made, "Release", device.release_ms / 1_000, "seconds")
        elements.real(made, "Threshold", device.threshold_dbfs, "decibel")
    elif isinstance(device, Limiter):
        elements.real(made, "InputGain", device.gain_db, "decibel")
        elements.real(made, "OutputGain", 0.0, "decibel")
        elements.real(made, "Release", device.release_ms / 1_000, "seconds")
        elements.real(made, "Threshold", device.ceiling_dbtp, "decibel")


def add_band(elements: Elements, parent: Any, band: Band) -> None:
    is_pass = band.kind in ("high-pass", "low-pass")
    made = elements.child(parent, "Band", type=BAND_TYPES[band.kind], order=band.slope_db // 6 if is_pass else None)
    elements.real(made, "Freq", band.freq_hz, "hertz")
    if not is_pass and band.kind != "notch":
        elements.real(made, "Gain", band.gain_db, "decibel")
    elements.real(made, "Q", band.q, "linear")
    # A pass that is wide open lies outside what other equalizers can be set to; switched off it does the same.
    elements.named(made, "Enabled", value=band.enabled and not (is_pass and band.is_neutral))


def add_compressor(elements: Elements, made: Any, device: Compressor) -> None:
    elements.real(made, "Attack", device.attack_ms / 1_000, "seconds")
    elements.named(made, "AutoMakeup", value=False)
    elements.real(made, "InputGain", 0.0, "decibel")
    elements.real(made, "OutputGain", device.makeup_db, "decibel")
    elements.real(made, "Ratio", device.ratio, "linear")
    elements.real(made, "Release", device.release_ms / 1_000, "seconds")
    elements.real(made, "Threshold", device.threshold_dbfs, "decibel")


def device_left_out(device: AnyDevice) -> Iterator[str]:
    """What of a device does not travel, in words; nothing for one that is off or does nothing."""
    if not device.enabled or device == device.neutral():
        return
    if isinstance(device, Plugin):
        yield f'the plug-in "{device.name or device.id}"'
    elif isinstance(device, Equalizer):
        for band in device.bands:
            if band.scope != "stereo" and not band.is_neutral:
                yield f'the {band.scope} band "{band.id}" of the equalizer "{device.id}"'
        if device.phase == "linear":
            yield f'the linear phase of the equalizer "{device.id}"'
    elif settings := settings_left_out(device):
        yield f'{" and ".join(settings)} of the {ELEMENTS_IN_WORDS[type(device)]} "{device.id}"'
    elif kind := WITHOUT_ELEMENT.get(type(device)):
        yield f'the {kind} "{device.id}"'


ELEMENTS_IN_WORDS: dict[type, str] = {Compressor: "compressor", Gate: "gate", Limiter: "limiter"}


def settings_left_out(device: AnyDevice) -> list[str]:
    """Settings that the built-in device of the same kind does not have."""
    if isinstance(device, Compressor):
        found = [
            (device.knee_db > 0, f"the knee of {device.knee_db:g} dB"),
            (device.detector_high_pass_hz > 0, f"the detector's high-pass at {device.detector_high_pass_hz:g} Hz"),
            (device.wet < 1, f"the blend of {device.wet:.0%} wet"),
            (device.key != "", side_chain_words(device.key)),
        ]
    elif isinstance(device, Gate):
        found = [
            (device.hold_ms > 0, f"the hold of {device.hold_ms:g} ms"),
            (device.hysteresis_db > 0, f"the hysteresis of {device.hysteresis_db:g} dB"),
            (device.key != "", side_chain_words(device.key)),
        ]
    elif isinstance(device, Limiter):
        found = [(True, f"true-peak detection and the look-ahead of {device.lookahead_ms:g} ms")]
        found.append((device.style != "transparent", f"the {device.style} style"))
    else:
        found = []
    return [words for is_used, words in found if is_used]


def side_chain_words(key: str) -> str:
    return f'the side-chain from the track "{key}" (it is switched off until it has one)'
