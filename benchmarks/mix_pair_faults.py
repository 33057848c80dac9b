"""Faults between tracks, and between the sides of one: twins, masking, low end, mono."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks import mix_damage as damage
from benchmarks.mix_bench import (
    CENTRES_HZ,
    LEADS,
    MASKERS,
    MELODIC,
    TWINNED,
    Bench,
    Fault,
    Planted,
    Reals,
)
from benchmarks.mix_songs import BenchSong

LEAST_LOST_DB, DRAWS = 1.0, 12


def twin(bench: Bench) -> tuple[BenchSong, str, str] | None:
    """A pair of tracks that heard one source: one that the song has, or a second microphone made for it."""
    from bandmate.sound.audio import Audio

    pairs = [pair for pair in bench.song.twins if not bench.used & set(pair)]
    if pairs:
        return bench.song, *pairs[int(bench.rng.integers(len(pairs)))]
    track_id = bench.pick(TWINNED) or bench.pick(("drums", "keys", "piano", "brass"))
    if track_id is None:
        return None
    second = damage.bell(bench.sound(track_id), bench.rate_hz, bench.uniform(700, 3_000), bench.uniform(-6, 5), 0.7)
    second = damage.bell(second, bench.rate_hz, bench.uniform(100, 300), bench.uniform(-4, 4), 0.7)
    made = Audio((second * 10 ** (bench.uniform(-5, -2) / 20)).astype(np.float32), bench.rate_hz)
    name = f"{bench.song.song.track(track_id).name} 2nd Mic"
    other = f"{track_id}-2nd-mic"
    return bench.song.with_new_track(other, name, made, like=track_id), track_id, other


def polarity(bench: Bench) -> Planted:
    found = twin(bench)
    if found is None:
        return None
    song, first, second = found
    changed = Bench(song, bench.rng, bench.used)
    fault = Fault("polarity", (second, first), ("polarity",), 180.0, "degrees")
    return changed.with_sound(second, -changed.sound(second)), fault


def delay(bench: Bench) -> Planted:
    """One of two microphones 0.3 to 10 ms late, by so much that their sum loses a decibel: less is no fault."""
    found = twin(bench)
    if found is None:
        return None
    song, first, second = found
    changed = Bench(song, bench.rng, bench.used)
    sound, other = changed.sound(second), changed.sound(first)
    for _ in range(DRAWS):
        size_ms = float(np.exp(bench.uniform(np.log(0.3), np.log(10))))
        late = damage.late(sound, bench.rate_hz, size_ms / 1000)
        if sum_db(other, sound) - sum_db(other, late) >= LEAST_LOST_DB:
            break
    else:
        return None
    fault = Fault("delay", (second, first), ("delay", "comb"), size_ms, "ms")
    return changed.with_sound(second, late), fault


def sum_db(one: Reals, other: Reals) -> float:
    """Level of two tracks together, in mono."""
    frames = min(one.shape[1], other.shape[1])
    together = one[:, :frames].mean(axis=0) + other[:, :frames].mean(axis=0)
    return 10 * float(np.log10(np.mean(together**2) + 1e-20))


def masking(bench: Bench) -> Planted:
    leads = [track_id for role in LEADS for track_id in bench.free((role,))]
    if not leads:
        return None
    lead = leads[0]
    voice = bench.sound(lead).mean(axis=0, keepdims=True)
    levels = damage.band_levels_db(voice, bench.rate_hz, CENTRES_HZ)
    levels[(CENTRES_HZ < 350) | (CENTRES_HZ > 3_000)] = -200
    centre = float(CENTRES_HZ[int(np.argmax(levels))])
    sings = gate_of(voice, bench.rate_hz)
    heard = {}
    for other in bench.free(MASKERS):
        if other != lead:
            sound = bench.sound(other).mean(axis=0, keepdims=True)
            heard[other] = level_in(sound, bench.rate_hz, centre, sings)
    if not heard:
        return None
    masker = max(heard, key=lambda other: heard[other])
    needed = level_in(voice, bench.rate_hz, centre, sings) - heard[masker]
    size = min(15.0, max(bench.uniform(6, 9), needed))
    changed = damage.bell(bench.sound(masker), bench.rate_hz, centre, size, 0.9)
    edges = (centre / 1.6, centre * 1.6)
    answers = ("masking", "boxiness", "mud", "nasality", "harshness")
    fault = Fault("masking", (masker, lead), answers, size, "dB", 0, None, *edges)
    return bench.with_sound(masker, changed), fault


def gate_of(sound: Reals, rate_hz: int) -> npt.NDArray[np.bool_]:
    """At which frames a track plays."""
    from scipy.ndimage import uniform_filter1d

    power = uniform_filter1d((sound**2).mean(axis=0), round(0.1 * rate_hz))
    return power > power.max() * 1e-2


def level_in(sound: Reals, rate_hz: int, centre_hz: float, when: npt.NDArray[np.bool_]) -> float:
    """Level in a band of an octave while another track plays."""
    part = damage.band(sound, rate_hz, centre_hz / 1.41, centre_hz * 1.41)[:, : len(when)]
    return 10 * float(np.log10((part[:, when[: part.shape[1]]] ** 2).mean() + 1e-20))


def duplicate(bench: Bench) -> Planted:
    """One track twice, the second a little softer or not."""
    track_id = bench.pick((*MELODIC, "snare", "percussion", "drums", "bass"))
    if track_id is None:
        return None
    from bandmate.sound.audio import Audio

    size = float(bench.rng.choice([0.0, -1.5]))
    copy = Audio((bench.sound(track_id) * 10 ** (size / 20)).astype(np.float32), bench.rate_hz)
    other = f"{track_id}-copy"
    song = bench.song.with_new_track(other, f"{bench.song.song.track(track_id).name} copy", copy, like=track_id)
    return song, Fault("duplicate", (other, track_id), ("duplicate",), size)


def low_end(bench: Bench) -> Planted:
    """The bass boosted right where the kick is, so that both are there at once."""
    kicks, basses = bench.free(("kick", "drums")), [t for t, role in bench.song.truth.items() if role == "bass"]
    basses = [track_id for track_id in basses if track_id not in bench.used]
    if not kicks or not basses:
        return None
    levels = damage.band_levels_db(bench.sound(kicks[0]), bench.rate_hz, CENTRES_HZ)
    levels[CENTRES_HZ > 110] = -200
    centre = float(CENTRES_HZ[int(np.argmax(levels))])
    size = bench.uniform(9, 12)
    changed = damage.bell(bench.sound(basses[0]), bench.rate_hz, centre, size, 0.9)
    answers = ("low-end-conflict", "masking")
    fault = Fault("low-end", (basses[0], kicks[0]), answers, size, "dB", 0, None, centre / 1.6, centre * 1.6)
    return bench.with_sound(basses[0], changed), fault


def wide_low(bench: Bench) -> Planted:
    """A bass, a kick or drums whose low end is on both sides, but not the same."""
    track_id = bench.pick(("bass",)) or bench.pick(("kick", "drums"))
    if track_id is None:
        return None
    sound = bench.sound(track_id).mean(axis=0, keepdims=True)
    late_ms = bench.uniform(5, 8)
    low = damage.band(sound, bench.rate_hz, 18, 150)
    other = sound - low + damage.late(low, bench.rate_hz, late_ms / 1000)
    changed = np.concatenate([sound, other]) / np.sqrt(2)
    answers = ("wide-low-end", "mono-loss")
    fault = Fault("wide-low", (track_id,), answers, late_ms, "ms", 0, None, 18, 150)
    return bench.with_sound(track_id, changed).with_track(track_id, pan=0.0), fault


def mono_loss(bench: Bench) -> Planted:
    """A stereo track whose sides are against each other."""
    track_id = bench.pick(("pad", "strings", "keys", "piano", "organ", "synth", "brass"), channels=2)
    if track_id is None:
        return None
    sound = bench.sound(track_id)
    share = bench.uniform(0.75, 0.95)
    changed = np.stack([sound[0], -share * sound[0] + (1 - share) * sound[1]])
    answers = ("mono-loss", "polarity")
    return bench.with_sound(track_id, changed), Fault("mono-loss", (track_id,), answers, share, "of the side")


def crowded(bench: Bench) -> Planted:
    """Everything in the middle: no pan, no stereo."""
    if bench.used:
        return None
    song = bench.song
    for track in bench.song.song.tracks:
        on = Bench(song, bench.rng, bench.used)
        sound = on.sound(track.id)
        if len(sound) == 2:
            song = on.with_sound(track.id, sound.mean(axis=0, keepdims=True))
        song = song.with_track(track.id, pan=0.0)
    return song, Fault("crowded", tuple(t.id for t in song.song.tracks), ("crowded-centre",), 0.0)
