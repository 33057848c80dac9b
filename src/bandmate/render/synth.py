"""The synthesizer: notes on its grid in, sound out.

Conventions: steps of 64 frames at 48 kHz. The synthesizer acts on an event at the first step that begins at or after
it, so events are written half a step early and rounding cannot move them. It answers in 16 bit and clips at full scale:
banks are made ``BANK_BOOST_DB`` hot, and where that clips the notes are played again with less channel volume; all of
it is taken back afterwards, so the level is that of volume and expression 127 and the noise lies below -95 dBFS. What
the synthesizer takes for inaudible (a gain below -60 dB) it leaves out; the boost makes that -72 dB.

Measured: a note begins exactly on its step. What silence its sample begins with is part of the sound and left alone.

References: midirenderer 0.1.3 (rustysynth 1.3.1); Standard MIDI Files 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from bandmate.render.soundset import BANK_BOOST_DB, GRID_FRAMES
from bandmate.sound.audio import Samples

DRIVES_DB = (0.0, -12.0, -24.0, -48.0)
"""Channel volumes to try, until nothing clips."""
FULL_VOLUME = 2**14 - 1
TICKS_PER_QUARTER = 24_000
MICROSECONDS_PER_QUARTER = 500_000
"""Together one tick is one frame of the synthesizer."""
DRUM_CHANNEL = 9
WAV_HEADER_BYTES = 44
"""The synthesizer always writes the same plain header: 48 kHz, stereo, 16 bit."""
FIXED_CONTROLLERS = ((11, 127), (43, 127), (91, 0), (93, 0))
"""Expression full, reverb and chorus off."""


class StepNote(NamedTuple):
    """A note in steps of ``GRID_FRAMES``."""

    start_step: int
    end_step: int
    pitch: int
    velocity: int


def synthesized(bank: bytes, notes: Sequence[StepNote], *, steps: int, is_drums: bool) -> Samples:
    """The notes as the synthesizer plays them with the one preset of ``bank``.

    Parameters
    ----------
    bank : bytes
        from ``soundset.bank_of``.
    notes : sequence of StepNote
    steps : int
        how long to play.
    is_drums : bool
        whether the preset is a drum kit.

    Returns
    -------
    array (2, frames)
        float32, without the silence at the end.
    """
    import midirenderer

    wave = np.zeros(0, np.int16)
    volume = FULL_VOLUME
    for drive_db in DRIVES_DB:
        volume = round(FULL_VOLUME * 10.0 ** (drive_db / 40.0))
        midi = midi_file(notes, volume, steps=steps, channel=DRUM_CHANNEL if is_drums else 0)
        wave = np.frombuffer(midirenderer.render_wave_from(bank, midi), "<i2", offset=WAV_HEADER_BYTES)
        if not wave.size or (wave.max() < 2**15 - 1 and wave.min() > -(2**15)):
            break
    sounding = np.flatnonzero(wave.view("<i4"))
    frames = int(sounding[-1]) + 1 if sounding.size else 0
    taken_back = (FULL_VOLUME / volume) ** 2 / 10.0 ** (BANK_BOOST_DB / 20.0) / 2**15
    heard = np.empty((2, frames), np.float32)
    np.multiply(wave[: 2 * frames].reshape(-1, 2).T, np.float32(taken_back), out=heard)
    return heard


def midi_file(notes: Iterable[StepNote], volume: int, *, steps: int, channel: int) -> bytes:
    """The notes as a Standard MIDI File of one track, ``steps`` long; of events on one step, ends come first."""
    controllers = [(7, volume >> 7), (39, volume & 127), *FIXED_CONTROLLERS]
    body = bytearray(b"\0\xff\x51\x03" + MICROSECONDS_PER_QUARTER.to_bytes(3, "big"))
    for number, value in controllers:
        body += bytes((0, 0xB0 | channel, number, value))
    events = [(note.end_step, 0, note.pitch, 0) for note in notes]
    events += [(note.start_step, 1, note.pitch, note.velocity) for note in notes]
    tick = 0
    for step, _, pitch, velocity in sorted(events):
        at = max(0, step * GRID_FRAMES - GRID_FRAMES // 2)
        if step <= steps:
            body += variable_length(at - tick) + bytes((0x90 | channel, pitch, velocity))
            tick = at
    body += variable_length(max(0, steps * GRID_FRAMES - tick)) + b"\xff\x2f\0"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_QUARTER)
    return header + b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def variable_length(number: int) -> bytes:
    """A number as MIDI writes it: seven bits a byte, the last byte below 128."""
    digits = [number & 127]
    while number := number >> 7:
        digits.append(number & 127 | 128)
    return bytes(reversed(digits))
