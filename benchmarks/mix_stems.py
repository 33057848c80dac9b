"""From notes to stems as a studio delivers them: several sound sets, a little room, a noise floor, a second microphone.

Conventions: float32 (channels, frames). The sound sets are ours and two out of Debian's archive, fetched and unpacked
into the benchmarks' cache (``benchmarks.music``); where one cannot be had the songs do without it. What is on the stems
of a clean song is no fault: a room more than 18 dB below, noise 65 dB below the peak and at most -75 dBFS, drums that
the overheads hear from afar.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.mix_arranging import Hit, Part
from benchmarks.mix_singer import sung

Samples = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]

SOUND_SETS = {
    "ours": ("", ""),
    "timgm": ("timgm6mb-soundfont", "TimGM6mb.sf2"),
    "musescore": ("musescore-general-soundfont-small", "MuseScore_General_Lite.sf3"),
}
SYNTH_HZ = 48_000
RING_SECONDS = 3.0
NOISE_DBFS, NOISE_BELOW_PEAK_DB = -75.0, -65.0
VOICES = {-1: 1.0, -2: 1.12, -3: 0.96}
"""Programs below zero are sung, by singers of several sizes; the last is noise."""
NOISE_PROGRAM = -9
AMP_DRIVE, AMP_LOW_PASS_HZ = 6.0, 3_500.0
BOTTOM_HIGH_PASS_HZ = 250.0


@cache
def sound_font(name: str) -> Any | None:
    """A sound set, or None where it cannot be had."""
    from bandmate.render.soundfont import SoundFont
    from bandmate.render.soundset import sound_set
    from benchmarks.music import cache_folder, unpacked

    package, file = SOUND_SETS[name]
    if not package:
        return sound_set()
    folder = cache_folder() / "packages" / package
    try:
        if not (folder.exists() or unpacked(package, folder)):
            return None
    except SystemExit:
        return None
    found = list(folder.rglob(file))
    return SoundFont(with_pads(found[0].read_bytes())) if found else None


def with_pads(data: bytes) -> bytes:
    """A RIFF file whose chunks of odd length are followed by a byte, as they must be; not all writers know."""
    found, at = [data[:12]], 12
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        found += [data[at:end], bytes((end - at) % 2)]
        has_pad = (end - at) % 2 and data[end : end + 4] != b"LIST"
        at = end + (1 if has_pad else 0)
    return b"".join(found)


@lru_cache(maxsize=6)
def bank_of(name: str, bank: int, program: int) -> tuple[bytes, bool]:
    """One preset, as loud as the synthesizer wants it; of our own set where the other lacks it."""
    from bandmate.render.soundset import ATTENUATION, BANK_BOOST_DB, CENTIBELS_PER_DB, RELEASE, SHORTEST_RELEASE_CENTS

    font = sound_font(name) or sound_font("ours")
    if bank == 128 and (bank, program) not in font.presets:
        program = 0
    if (bank, program) not in font.presets:
        font = sound_font("ours")
    added = {ATTENUATION: -round(BANK_BOOST_DB * CENTIBELS_PER_DB)}
    return font.cut(bank, program, added, {RELEASE: SHORTEST_RELEASE_CENTS}), bank == 128


def played(part: Part, sound_set: str, kit: int, seconds: float, rng: np.random.Generator) -> Reals:
    """What a part sounds like at 48 kHz before any microphone, (2, frames)."""
    from bandmate.render.synth import synthesized

    frames = round(seconds * SYNTH_HZ)
    if part.program == NOISE_PROGRAM:
        return risers(part.hits, frames, rng)
    if part.program < 0:
        voice = sung(part.hits, seconds, SYNTH_HZ, rng, size=VOICES[part.program] * float(rng.uniform(0.95, 1.08)))
        return np.stack([voice, voice])
    is_drums = bool(part.kind.drums)
    bank, is_drums = bank_of(sound_set, 128 if is_drums else 0, kit if is_drums else part.program)
    steps = synth_steps(part.hits)
    sound = synthesized(bank, steps, steps=round((seconds + RING_SECONDS) * SYNTH_HZ / 64), is_drums=is_drums)
    found = np.zeros((2, frames))
    length = min(frames, sound.shape[1])
    found[:, :length] = sound[:, :length]
    return found


def synth_steps(hits: Sequence[Hit]) -> list[Any]:
    """Notes on the synthesizer's grid; a note ends before the next of its pitch begins."""
    from bandmate.render.synth import StepNote

    last: dict[int, int] = {}
    found = []
    for hit in sorted(hits, reverse=True):
        start, end = (round(s * SYNTH_HZ / 64) for s in (hit.start_seconds, hit.end_seconds))
        end = min(end, last.get(hit.pitch, end))
        if hit.pitch not in last or last[hit.pitch] > start:
            found.append(StepNote(start, max(end, start + 1), hit.pitch, hit.velocity))
            last[hit.pitch] = start
    return sorted(found)


def risers(hits: Sequence[Hit], frames: int, rng: np.random.Generator) -> Reals:
    """Noise that swells to the end of each note, wide."""
    from scipy.signal import butter, sosfilt

    found = np.zeros((2, frames))
    sections = butter(2, (800, 9_000), "bandpass", fs=SYNTH_HZ, output="sos")
    for hit in hits:
        first, last = (min(frames, round(s * SYNTH_HZ)) for s in (hit.start_seconds, hit.end_seconds))
        swell = np.linspace(0, 1, last - first) ** 2.5
        found[:, first:last] += 0.1 * swell * sosfilt(sections, rng.standard_normal((2, last - first)))
    return found


def recorded(part: Part, sound: Reals, rng: np.random.Generator) -> Reals:
    """A part with its room, its width and its noise: one channel or two."""
    kind = part.kind
    signal = sound if kind.is_stereo else sound.mean(axis=0, keepdims=True)
    if kind.is_stereo and kind.style in ("hold", "arpeggio"):
        signal = chorused(signal, rng)
    signal = high_passed(signal, 22.0 if kind.role in ("kick", "bass") else 35.0)
    room_db = kind.room_db + float(rng.uniform(-3, 1))
    return signal + 10 ** (room_db / 20) * room_of(signal, float(rng.uniform(0.2, 0.45)), rng)


def chorused(signal: Reals, rng: np.random.Generator) -> Reals:
    """Two slowly moving delays, one for each side."""
    frames = signal.shape[1]
    clock, rate_hz = np.arange(frames), float(rng.uniform(0.25, 0.7))
    found = np.empty_like(signal)
    for side, row in enumerate(signal):
        late = SYNTH_HZ * (0.011 + 0.0025 * np.sin(2 * np.pi * rate_hz * clock / SYNTH_HZ + np.pi * side))
        found[side] = row + 0.6 * np.interp(clock - late, clock, row, left=0.0)
    return found


def room_of(signal: Reals, seconds: float, rng: np.random.Generator) -> Reals:
    """A small room alone: decaying noise from 8 ms on, of the signal's own energy, different on each side."""
    from scipy.signal import butter, oaconvolve, sosfilt

    length = round(1.2 * seconds * SYNTH_HZ)
    decay = 10 ** (-3 * np.arange(length) / (seconds * SYNTH_HZ))
    decay[: round(0.008 * SYNTH_HZ)] = 0
    noise = rng.standard_normal((signal.shape[0], length)) * decay
    noise = sosfilt(butter(1, (250, 6_000), "bandpass", fs=SYNTH_HZ, output="sos"), noise)
    noise /= np.sqrt((noise**2).sum(axis=1, keepdims=True))
    return oaconvolve(signal, noise, axes=1)[:, : signal.shape[1]]


def high_passed(signal: Reals, freq_hz: float) -> Reals:
    """Without what lies below everything that a part plays."""
    from scipy.signal import butter, sosfilt

    return sosfilt(butter(2, freq_hz, "highpass", fs=SYNTH_HZ, output="sos"), signal)


def amplified(direct: Reals) -> Reals:
    """A bass out of an amplifier with a dark loudspeaker, in phase with its direct signal at the low notes."""
    peak = max(1e-9, float(np.abs(direct).max()))
    driven = np.tanh(AMP_DRIVE * direct / peak) / AMP_DRIVE * peak
    return low_passed(driven, AMP_LOW_PASS_HZ)


def low_passed(signal: Reals, freq_hz: float) -> Reals:
    """The highs of a dark microphone or loudspeaker taken off, gently enough that nothing is late."""
    from scipy.signal import butter, sosfilt

    return sosfilt(butter(1, freq_hz, "lowpass", fs=SYNTH_HZ, output="sos"), signal)


def bottom(top: Reals, rng: np.random.Generator) -> Reals:
    """A snare from below: thinner, with the wires rattling."""
    from scipy.signal import butter, sosfilt

    wires = sosfilt(butter(1, (2_000, 9_000), "bandpass", fs=SYNTH_HZ, output="sos"), rng.standard_normal(top.shape))
    envelope = np.sqrt(low_passed(np.square(top), 30.0).clip(0))
    return sosfilt(butter(1, BOTTOM_HIGH_PASS_HZ, "highpass", fs=SYNTH_HZ, output="sos"), top) + 0.3 * envelope * wires


def with_floor(signal: Reals, rng: np.random.Generator) -> Samples:
    """The noise of a recording chain on top, as single precision."""
    peak = float(np.abs(signal).max(initial=0.0))
    level = min(10 ** (NOISE_DBFS / 20), peak * 10 ** (NOISE_BELOW_PEAK_DB / 20))
    return (signal + level * rng.standard_normal(signal.shape, np.float32)).astype(np.float32)
