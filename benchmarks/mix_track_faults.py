"""Faults of one track: level, tone, noises, and what can be wrong with a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import mix_damage as damage
from benchmarks.mix_bench import (
    BRIGHT,
    CENTRES_HZ,
    MELODIC,
    WARM,
    Bench,
    Fault,
    Planted,
    Reals,
    is_active,
)


def gain(bench: Bench) -> Planted:
    """A fader in the wrong place: 5 to 14 dB either way."""
    track_id = bench.pick((*MELODIC, "bass", "kick", "snare", "hats", "toms", "cymbals", "percussion", "drums"))
    if track_id is None:
        return None
    sign = int(bench.rng.choice([-1, 1]))
    size = sign * bench.uniform(5, 14)
    fault = Fault("gain", (track_id,), ("sticking-out" if sign > 0 else "buried",), size, direction=sign)
    return bench.with_sound(track_id, bench.sound(track_id) * 10 ** (size / 20)), fault


def ride(bench: Bench) -> Planted:
    """The same in one section only, 6 to 12 dB."""
    for track_id in bench.rng.permutation(
        bench.free(("lead-vox", "bass", "snare", "kick", "piano", "electric-guitar"))
    ):
        sound = bench.sound(track_id)
        heard = [s for s in bench.song.sections if is_active(sound, bench.rate_hz, s.start_seconds, s.end_seconds)]
        if len(heard) < 3:
            continue
        section = heard[int(bench.rng.integers(len(heard)))]
        sign = int(bench.rng.choice([-1, 1]))
        size = sign * bench.uniform(6, 12)
        changed = damage.steps_of_level(sound, bench.rate_hz, [section.start_seconds, section.end_seconds], [size, 0.0])
        answers = ("sticking-out" if sign > 0 else "buried", "uneven")
        place = (section.start_seconds, section.end_seconds)
        fault = Fault("ride", (str(track_id),), answers, size, "dB", *place, direction=sign)
        return bench.with_sound(str(track_id), changed), fault
    return None


def toned(bench: Bench, kind: str, roles: Sequence[str], answers: tuple[str, ...], shape: tuple[float, ...]) -> Planted:
    """A broad boost: frequency from and to, gain from and to, Q."""
    track_id = bench.pick(roles)
    if track_id is None:
        return None
    freq_hz = float(np.exp(bench.uniform(np.log(shape[0]), np.log(shape[1]))))
    size = bench.uniform(shape[2], shape[3])
    song = bench.with_sound(track_id, damage.bell(bench.sound(track_id), bench.rate_hz, freq_hz, size, shape[4]))
    width = 2 ** (0.7 / shape[4])
    return song, Fault(kind, (track_id,), answers, size, low_hz=freq_hz / width, high_hz=freq_hz * width)


def harsh(bench: Bench) -> Planted:
    return toned(bench, "harsh", BRIGHT, ("harshness",), (2_600, 4_600, 6, 10, 1.2))


def boxy(bench: Bench) -> Planted:
    return toned(bench, "boxy", (*WARM, "snare", "toms"), ("boxiness", "mud"), (330, 560, 6, 9, 1.3))


def muddy(bench: Bench) -> Planted:
    return toned(bench, "muddy", WARM, ("mud", "boxiness"), (170, 280, 6, 9, 1.0))


def nasal(bench: Bench) -> Planted:
    return toned(bench, "nasal", (*WARM, "snare"), ("nasality", "boxiness", "harshness"), (800, 2_000, 6, 9, 1.2))


def resonance(bench: Bench) -> Planted:
    """A ring of 10 to 18 dB at a frequency where the track has something to ring with."""
    track_id = bench.pick((*MELODIC, "snare", "toms"))
    if track_id is None:
        return None
    sound = bench.sound(track_id)
    levels = damage.band_levels_db(sound, bench.rate_hz, CENTRES_HZ)
    inside = (CENTRES_HZ > 190) & (CENTRES_HZ < 4_200)
    fit = np.flatnonzero(inside & (levels > levels[inside].max() - 14))
    freq_hz = float(CENTRES_HZ[bench.rng.choice(fit)] * 2 ** bench.uniform(-1 / 6, 1 / 6))
    size, q = bench.uniform(10, 18), bench.uniform(18, 32)
    changed = damage.bell(sound, bench.rate_hz, freq_hz, size, q)
    edges = (freq_hz * 2 ** (-1 / 6), freq_hz * 2 ** (1 / 6))
    answers = ("resonance",)
    return bench.with_sound(track_id, changed), Fault("resonance", (track_id,), answers, size, "dB", 0, None, *edges)


def clipping(bench: Bench) -> Planted:
    """Clipped 3 to 9 dB below its peak; in half of the cases at full scale, else turned down afterwards."""
    track_id = bench.pick((*MELODIC, "bass", "snare", "kick", "drums"))
    if track_id is None:
        return None
    size = bench.uniform(3, 9)
    changed = damage.clipped(bench.sound(track_id), size)
    song = bench.with_sound(track_id, changed)
    if bench.rng.random() < 0.5:
        up_db = -20 * float(np.log10(np.abs(changed).max()))
        song = Bench(song, bench.rng, bench.used).with_sound(track_id, changed * 10 ** ((up_db - 0.001) / 20))
        song = song.with_track(track_id, gain_db=song.song.track(track_id).gain_db - up_db)
    return song, Fault("clipping", (track_id,), ("clipping",), size)


def added(
    bench: Bench, kind: str, roles: Sequence[str], below_db: tuple[float, float], make: Callable[[Reals], Reals]
) -> Planted:
    """A sound on top that runs all the time, that far below the track while it plays."""
    track_id = bench.pick(roles)
    if track_id is None:
        return None
    size = -bench.uniform(*below_db)
    sound = bench.sound(track_id)
    return bench.with_sound(track_id, sound + make(sound) * 10 ** (size / 20)), Fault(kind, (track_id,), (kind,), size)


def noise(bench: Bench) -> Planted:
    roles = ("lead-vox", "electric-guitar", "lead-guitar", "keys", "woodwind", "backing-vox", "acoustic-guitar")
    return added(bench, "noise", roles, (22, 32), lambda s: damage.noise_of(s, bench.rate_hz, bench.rng, 80, 14_000))


def hum(bench: Bench) -> Planted:
    roles = ("electric-guitar", "lead-guitar", "bass", "keys", "organ")
    mains = float(bench.rng.choice([50.0, 60.0]))
    return added(bench, "hum", roles, (18, 30), lambda s: damage.hum_of(s, bench.rate_hz, bench.rng, mains))


def rumble(bench: Bench) -> Planted:
    roles = (
        "lead-vox",
        "acoustic-guitar",
        "electric-guitar",
        "lead-guitar",
        "woodwind",
        "brass",
        "backing-vox",
        "keys",
    )
    return added(bench, "rumble", roles, (8, 18), lambda s: damage.noise_of(s, bench.rate_hz, bench.rng, 18, 38))


def sibilance(bench: Bench) -> Planted:
    track_id = bench.pick(("lead-vox",))
    if track_id is None:
        return None
    size = bench.uniform(8, 13)
    changed = damage.sibilant(bench.sound(track_id), bench.rate_hz, size)
    edges = damage.SIBILANT_HZ
    return bench.with_sound(track_id, changed), Fault(
        "sibilance", (track_id,), ("sibilance",), size, "dB", 0, None, *edges
    )


def dc(bench: Bench) -> Planted:
    track_id = bench.pick((*MELODIC, "bass", "snare"))
    if track_id is None:
        return None
    size = float(bench.rng.choice([-1, 1])) * bench.uniform(0.01, 0.05)
    return bench.with_sound(track_id, bench.sound(track_id) + size), Fault(
        "dc", (track_id,), ("dc",), size, "of full scale"
    )


def dual_mono(bench: Bench) -> Planted:
    """A stereo file with the same on both sides."""
    track_id = bench.pick((*MELODIC, "bass", "snare", "kick"), channels=1) or bench.pick(MELODIC)
    if track_id is None:
        return None
    mono = bench.sound(track_id).mean(axis=0)
    return bench.with_sound(track_id, np.stack([mono, mono])), Fault("dual-mono", (track_id,), ("dual-mono",), 0.0)


def one_sided(bench: Bench) -> Planted:
    """A stereo file that has lost one side, almost or altogether."""
    track_id = bench.pick(MELODIC, channels=2)
    if track_id is None:
        return None
    size = -bench.uniform(16, 40)
    sound = bench.sound(track_id)
    sound[int(bench.rng.integers(2))] *= 10 ** (size / 20)
    return bench.with_sound(track_id, sound), Fault("one-sided", (track_id,), ("one-sided",), size)


def offset(bench: Bench) -> Planted:
    """A file that begins with silence the others do not have: all of it is late."""
    track_id = bench.pick((*MELODIC, "bass", "percussion", "snare"))
    if track_id is None:
        return None
    size = bench.uniform(0.3, 1.9)
    sound = np.pad(bench.sound(track_id), ((0, 0), (round(size * bench.rate_hz), 0)))
    return bench.with_sound(track_id, sound), Fault("offset", (track_id,), ("offset",), size, "s")


def uneven(bench: Bench) -> Planted:
    """Phrases of two bars that jump by 8 to 12 dB."""
    track_id = bench.pick(("lead-vox",)) or bench.pick(("bass", "lead-guitar", "woodwind", "brass"))
    if track_id is None:
        return None
    size = bench.uniform(8, 12)
    phrase = 2 * bench.song.meter[0] * 4 / bench.song.meter[1] * 60 / bench.song.bpm
    sound = bench.sound(track_id)
    edges = list(np.arange(0, sound.shape[1] / bench.rate_hz, phrase))
    gains = [size / 2 if bench.rng.random() < 0.5 else -size / 2 for _ in edges]
    gains[1::3] = [-g for g in gains[0::3][: len(gains[1::3])]]
    changed = damage.steps_of_level(sound, bench.rate_hz, edges, gains)
    return bench.with_sound(track_id, changed), Fault("uneven", (track_id,), ("uneven",), size)


def room(bench: Bench) -> Planted:
    track_id = bench.pick(("lead-vox", "snare", "acoustic-guitar", "lead-guitar", "woodwind", "brass", "piano"))
    if track_id is None:
        return None
    size = bench.uniform(-4, 1)
    changed = damage.drenched(bench.sound(track_id), bench.rate_hz, bench.rng, bench.uniform(1.3, 2.2), size)
    return bench.with_sound(track_id, changed), Fault("room", (track_id,), ("too-much-room",), size)


def silent(bench: Bench) -> Planted:
    track_id = bench.pick(MELODIC)
    if track_id is None:
        return None
    fault = Fault("silent", (track_id,), ("silent",), 0.0)
    return bench.with_sound(track_id, np.zeros_like(bench.sound(track_id))), fault
