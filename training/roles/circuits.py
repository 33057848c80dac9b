"""Electronic instruments of our own: synthesizers, organs, electric pianos, drum machines, and effects.

Conventions: float32 at 48 kHz; each call is another patch, drawn from the generator.
"""

from __future__ import annotations

import numpy as np
import scipy.signal

from training.roles.works import Note

RATE_HZ = 48_000
Signal = np.ndarray
Rng = np.random.Generator


def hertz(pitch: float) -> float:
    return 440.0 * 2 ** ((pitch - 69) / 12)


def envelope(frames: int, held: int, attack: float, decay: float, sustain: float, release: float) -> Signal:
    """A classic envelope; times in seconds."""
    clock = np.arange(frames) / RATE_HZ
    level = np.where(
        clock < attack,
        clock / max(attack, 1e-4),
        sustain + (1 - sustain) * np.exp(-(clock - attack) / max(decay, 1e-3)),
    )
    if held < frames:
        level[held:] = level[held - 1 if held else 0] * np.exp(
            -np.arange(frames - held) / (max(release, 0.003) * RATE_HZ / 3)
        )
    return level


def wave(rng: Rng, shape: str, phase: Signal, hz: float, bright: float) -> Signal:
    """One cycle's shape, band-limited by adding up partials."""
    count = max(1, min(60, int(min(16_000.0, bright) / hz)))
    numbers = np.arange(1, count + 1)
    levels = {
        "saw": 1.0 / numbers,
        "square": np.where(numbers % 2 == 1, 1.0 / numbers, 0.0),
        "triangle": np.where(numbers % 2 == 1, 1.0 / numbers**2, 0.0),
        "pulse": np.sin(np.pi * numbers * 0.22) / numbers,
        "sine": np.where(numbers == 1, 1.0, 0.0),
    }[shape]
    cycle = np.zeros(2049)
    turn = np.linspace(0, 2 * np.pi, 2049)
    for number, level in zip(numbers, levels, strict=True):
        if level:
            cycle += level * np.sin(number * turn)
    return np.interp(phase % 1.0, np.linspace(0, 1, 2049), cycle)


def synth(rng: Rng, notes: list[Note], seconds: float, *, kind: str) -> Signal:
    """A subtractive synthesizer as ``lead``, ``pluck``, ``stab``, ``bass`` or ``pad``."""
    frames = round(seconds * RATE_HZ)
    out = np.zeros(frames + 4 * RATE_HZ)
    shape = str(
        rng.choice(
            ["saw", "saw", "square", "pulse", "triangle"] if kind != "bass" else ["saw", "square", "sine", "triangle"]
        )
    )
    voices = int(rng.choice([1, 2, 3, 5, 7])) if kind in ("pad", "stab", "lead") else int(rng.choice([1, 1, 2]))
    detune = float(rng.uniform(2, 25))
    attack = {"pad": rng.uniform(0.2, 1.5), "lead": rng.uniform(0.003, 0.08)}.get(kind, rng.uniform(0.001, 0.012))
    decay = {"pluck": rng.uniform(0.06, 0.4), "stab": rng.uniform(0.1, 0.6), "bass": rng.uniform(0.15, 1.5)}.get(
        kind, rng.uniform(0.3, 2)
    )
    sustain = {"pluck": 0.0, "stab": rng.uniform(0, 0.5), "bass": rng.uniform(0.2, 1)}.get(kind, rng.uniform(0.6, 1.0))
    release = rng.uniform(0.6, 2.5) if kind == "pad" else rng.uniform(0.02, 0.3)
    cutoff = float(np.exp(rng.uniform(np.log(300), np.log({"pad": 5000, "bass": 2500}.get(kind, 12_000)))))
    sweep = float(rng.uniform(0, 3)) if kind in ("pluck", "stab", "bass") else float(rng.uniform(0, 1))
    vibrato = float(rng.uniform(0, 25)) if kind == "lead" else 0.0
    glide = float(rng.choice([0.0, 0.0, 0.04, 0.1])) if kind in ("lead", "bass") else 0.0
    before = None
    for note in notes:
        start, held = round(note.start * RATE_HZ), round(note.length * RATE_HZ)
        count = min(held + round(release * RATE_HZ), len(out) - start)
        if start >= frames or count < 64:
            continue
        clock = np.arange(count) / RATE_HZ
        cents = vibrato * np.clip(clock / 0.4, 0, 1) * np.sin(2 * np.pi * 5.5 * clock)
        if glide and before is not None:
            cents += 100.0 * (before - note.pitch) * np.exp(-clock / glide)
        before = note.pitch
        turns = np.cumsum(hertz(note.pitch) * 2 ** (cents / 1200)) / RATE_HZ
        sound = np.zeros(count)
        for voice in range(voices):
            off = 2 ** (detune * (voice - (voices - 1) / 2) / max(1, voices - 1) / 1200) if voices > 1 else 1.0
            sound += wave(rng, shape, turns * off + rng.random(), hertz(note.pitch), cutoff * 3)
        amp = envelope(count, held, attack, decay, sustain, release)
        sound = swept(sound, envelope(count, held, attack, decay * 0.7, 0.2, release), cutoff, sweep)
        out[start : start + count] += sound * amp * note.velocity / 100 / voices**0.5
    return scaled(out[:frames])


def swept(sound: Signal, shape: Signal, cutoff: float, octaves: float) -> Signal:
    """A low-pass whose corner follows an envelope, in steps of 10 ms by crossfading three fixed ones."""
    corners = [cutoff, cutoff * 2 ** (octaves / 2), cutoff * 2**octaves]
    found = [
        scipy.signal.sosfilt(scipy.signal.butter(2, min(0.45 * RATE_HZ, c), fs=RATE_HZ, output="sos"), sound)
        for c in corners[: 1 if octaves < 0.2 else 3]
    ]
    if len(found) == 1:
        return found[0]
    place = np.clip(shape, 0, 1) * 2
    return (
        found[0] * np.clip(1 - place, 0, 1) + found[1] * (1 - np.abs(place - 1)) + found[2] * np.clip(place - 1, 0, 1)
    )


def horns(rng: Rng, notes: list[Note], seconds: float) -> Signal:
    """Brass: a bright pulse through the bell's formant, the louder the brighter, with lips that scoop and waver."""
    frames = round(seconds * RATE_HZ)
    out = np.zeros(frames + RATE_HZ)
    players, rise = int(rng.choice([1, 1, 2, 3])), float(rng.uniform(0.02, 0.09))
    formant, quality = float(np.exp(rng.uniform(np.log(350), np.log(3000)))), float(rng.uniform(0.6, 1.5))
    low, octaves = float(np.exp(rng.uniform(np.log(300), np.log(2500)))), float(rng.uniform(1.5, 3.2))
    depth, speed, fall = float(rng.uniform(0, 22)), float(rng.uniform(4.3, 6.0)), float(rng.choice([0, 0, 0, 300]))
    for note in notes:
        start, held = round(note.start * RATE_HZ), round(note.length * RATE_HZ)
        count = min(held + 3000, len(out) - start)
        if start >= frames or count < 64:
            continue
        clock, hard = np.arange(count) / RATE_HZ, (note.velocity / 110.0) ** 1.5
        sound = np.zeros(count)
        for _ in range(players):
            cents = rng.normal(0, 7) - rng.uniform(0, 60) * np.exp(-clock / 0.04) + 3 * np.sin(2 * np.pi * 9 * clock)
            cents += depth * np.clip((clock - 0.3) / 0.3, 0, 1) * np.sin(2 * np.pi * speed * clock)
            cents -= fall * np.clip((clock - note.length + 0.1) / 0.1, 0, 1)
            turns = np.cumsum(hertz(note.pitch) * 2 ** (cents / 1200)) / RATE_HZ
            sound += wave(rng, "saw", turns + rng.random(), hertz(note.pitch), 14_000)
        shape = envelope(count, held, rise, 0.25, float(rng.uniform(0.6, 0.9)), 0.06)
        breath = 0.03 * banded(rng.standard_normal(count), 800, 6000) if count > 100 else 0.0
        out[start : start + count] += hard * shape * (swept(sound, shape * min(1.0, hard), low, octaves) + breath)
    ringing = scipy.signal.lfilter(*scipy.signal.iirpeak(formant, quality, fs=RATE_HZ), out)
    return scaled((out + float(rng.uniform(0.5, 2.5)) * ringing)[:frames])


def organ(rng: Rng, notes: list[Note], seconds: float) -> Signal:
    """A drawbar organ with a turning loudspeaker."""
    frames = round(seconds * RATE_HZ)
    out = np.zeros(frames + RATE_HZ)
    ratios = np.array([0.5, 1.5, 1, 2, 3, 4, 5, 6, 8])
    bars = rng.integers(0, 9, 9) / 8.0 * (rng.random(9) < 0.75)
    bars[2] = max(bars[2], 0.5)
    click = float(rng.uniform(0, 0.3))
    for note in notes:
        start, held = round(note.start * RATE_HZ), round(note.length * RATE_HZ)
        count = min(held + 600, len(out) - start)
        if start >= frames or count < 64:
            continue
        turn = 2 * np.pi * hertz(note.pitch) * np.arange(count) / RATE_HZ
        sound = sum(
            bar * np.sin(ratio * turn + rng.random() * 6) for bar, ratio in zip(bars, ratios, strict=True) if bar
        )
        edge = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 200)
        sound = sound * edge
        burst = min(count, 300)
        sound[:burst] += click * rng.standard_normal(burst)
        out[start : start + count] += sound
    speed = float(rng.choice([0.0, 0.8, 6.6]))
    if speed:
        clock = np.arange(len(out)) / RATE_HZ
        place = np.arange(len(out)) + 20 * np.sin(2 * np.pi * speed * clock)
        out = np.interp(place, np.arange(len(out)), out) * (1 + 0.25 * np.sin(2 * np.pi * speed * clock + 1))
    out = scaled(out[:frames]).astype(np.float64)
    drive = float(rng.uniform(0.2, 3))
    return scaled(np.tanh(drive * out))


def electric_piano(rng: Rng, notes: list[Note], seconds: float) -> Signal:
    """Tines and bells by frequency modulation, with tremolo."""
    frames = round(seconds * RATE_HZ)
    out = np.zeros(frames + 4 * RATE_HZ)
    index, ratio = float(rng.uniform(0.3, 2.2)), float(rng.choice([1.0, 1.0, 2.0, 3.0, 14.0]))
    decay, bell = float(rng.uniform(0.8, 4)), float(rng.uniform(0, 0.35))
    for note in notes:
        start, held = round(note.start * RATE_HZ), round(note.length * RATE_HZ)
        count = min(held + 4000, len(out) - start)
        if start >= frames or count < 64:
            continue
        clock = np.arange(count) / RATE_HZ
        turn = 2 * np.pi * hertz(note.pitch) * clock
        hard = note.velocity / 100
        depth = index * hard * np.exp(-clock / (decay * 0.35))
        sound = np.sin(turn + depth * np.sin(ratio * turn)) * np.exp(-clock / decay)
        sound += bell * hard * np.sin(14 * turn if hertz(note.pitch) < 800 else 5 * turn) * np.exp(-clock / 0.12)
        if held < count:
            sound[held:] *= np.exp(-np.arange(count - held) / 1200)
        out[start : start + count] += sound * hard * np.minimum(1, np.arange(count) / 60)
    clock = np.arange(frames) / RATE_HZ
    tremolo = 1 + float(rng.choice([0.0, 0.0, 0.4])) * np.sin(2 * np.pi * float(rng.uniform(3, 7)) * clock)
    return scaled(out[:frames] * tremolo)


def machine_hit(rng: Rng, kind: str) -> Signal:
    """One sound of a drum machine."""
    seconds = {"kick": 0.5, "snare": 0.4, "hats": 0.3, "toms": 0.6, "cymbals": 2.0}.get(kind, 0.3)
    clock = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = rng.standard_normal(len(clock))
    if kind in ("kick", "toms"):
        low = rng.uniform(38, 65) if kind == "kick" else rng.uniform(75, 190)
        turn = (
            2 * np.pi * np.cumsum(low * (1 + rng.uniform(0.5, 6) * np.exp(-clock / rng.uniform(0.008, 0.05)))) / RATE_HZ
        )
        click = rng.uniform(0, 0.5) * noise * np.exp(-clock / 0.004)
        return (
            np.tanh(rng.uniform(1, 3) * np.sin(turn))
            * np.exp(-clock / rng.uniform(0.06, 0.4 if kind == "kick" else 0.25))
            + click
        )
    if kind == "snare":
        body = np.sin(2 * np.pi * rng.uniform(160, 260) * clock) * np.exp(-clock / rng.uniform(0.03, 0.12))
        rattle = banded(noise, rng.uniform(800, 2500), 14_000) * np.exp(-clock / rng.uniform(0.05, 0.2))
        return rng.uniform(0.3, 1) * body + rng.uniform(0.5, 1.5) * rattle
    if kind in ("hats", "cymbals"):
        metal = sum(np.sign(np.sin(2 * np.pi * f * clock + rng.random() * 6)) for f in rng.uniform(250, 900, 6))
        mixed = banded(
            0.4 * metal + rng.uniform(0.3, 2) * noise,
            rng.uniform(4000, 8000) if kind == "hats" else rng.uniform(2000, 5000),
            18_000,
        )
        return mixed * np.exp(-clock / (rng.uniform(0.015, 0.15) if kind == "hats" else rng.uniform(0.3, 1.2)))
    if rng.random() < 0.5:  # a shaker or a clap
        rise = np.minimum(1, clock / rng.uniform(0.005, 0.04))
        return banded(noise, rng.uniform(900, 5000), 15_000) * rise * np.exp(-clock / rng.uniform(0.03, 0.12))
    hz = rng.uniform(300, 2500)
    return np.sin(2 * np.pi * hz * clock + rng.uniform(0, 3) * np.sin(2 * np.pi * hz * 1.47 * clock)) * np.exp(
        -clock / rng.uniform(0.03, 0.2)
    )


def banded(sound: Signal, low_hz: float, high_hz: float) -> Signal:
    return scipy.signal.sosfilt(
        scipy.signal.butter(2, [low_hz, min(high_hz, 0.45 * RATE_HZ)], "band", fs=RATE_HZ, output="sos"), sound
    )


def effect(rng: Rng, seconds: float) -> Signal:
    """A riser, a fall, an impact, wind, rain, a scratch, a siren: things without notes or beat."""
    frames = round(seconds * RATE_HZ)
    clock = np.arange(frames) / RATE_HZ
    noise = rng.standard_normal(frames)
    kind = int(rng.integers(7))
    if kind in (0, 1):  # noise that sweeps up or down
        period = float(rng.uniform(2, 8))
        place = (clock % period) / period
        place = place if kind == 0 else 1 - place
        parts = [banded(noise, hz, hz * 1.8) for hz in (200, 500, 1200, 3000, 7000)]
        where = place * (len(parts) - 1)
        return scaled(
            sum(part * np.clip(1 - np.abs(where - k), 0, 1) for k, part in enumerate(parts)) * (0.1 + place**2)
        )
    if kind == 2:  # impacts
        out = np.zeros(frames)
        for at in np.arange(rng.uniform(0, 1), seconds, rng.uniform(2, 6)):
            tail = np.arange(frames - round(at * RATE_HZ)) / RATE_HZ
            out[-len(tail) :] += (
                np.sin(2 * np.pi * 45 * tail + 20 * np.exp(-tail * 6)) + 0.5 * rng.standard_normal(len(tail))
            ) * np.exp(-tail / rng.uniform(0.4, 1.5))
        return scaled(out)
    if kind == 3:  # wind, sea
        slow = np.interp(
            clock,
            np.arange(0, seconds + 1),
            rng.uniform(0.1, 1, int(seconds) + 1 + 1)[: len(np.arange(0, seconds + 1))],
        )
        return scaled(banded(noise, rng.uniform(60, 400), rng.uniform(700, 6000)) * slow)
    if kind == 4:  # rain, crackle
        drops = (rng.random(frames) < rng.uniform(30, 4000) / RATE_HZ) * rng.standard_normal(frames)
        return scaled(
            banded(drops, rng.uniform(500, 2000), rng.uniform(4000, 16_000)) + 0.02 * rng.uniform(0, 1) * noise
        )
    if kind == 5:  # siren, laser
        hz = 300 * 2 ** (rng.uniform(0.5, 2) * np.sin(2 * np.pi * rng.uniform(0.2, 4) * clock) + rng.uniform(0, 2))
        return scaled(np.tanh(3 * np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ)))
    return scaled(banded(noise, 100, 14_000) * (0.5 + 0.5 * np.sign(np.sin(2 * np.pi * rng.uniform(0.3, 3) * clock))))


def scaled(sound: Signal) -> Signal:
    return np.asarray(sound / max(1e-9, float(np.abs(sound).max())), np.float32)
