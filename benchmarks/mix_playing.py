"""From a score to balanced tracks: played, recorded, some with a second microphone, and each set to its place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks.mix_arranging import Part, Score
from benchmarks.mix_band import GENRES
from benchmarks.mix_songs import LEAD_LUFS, PEAK_DBFS, TASTE_DB
from benchmarks.mix_stems import (
    SOUND_SETS,
    SYNTH_HZ,
    amplified,
    bottom,
    played,
    recorded,
    sound_font,
    with_floor,
)

Samples = npt.NDArray[np.float32]

BLEED_DB, BLEED_SECONDS = -16.0, 0.0026
BOTH_SIDES_LU = 3.01
SAFE_PEAK = 0.97
DRUM_PARTS = ("kick", "snare", "hats", "toms")


@dataclass(frozen=True, slots=True)
class Stem:
    """One track as it is delivered."""

    id: str
    name: str
    role: str
    pan: float
    samples: Samples
    twin_of: str = ""


def tracks_of(written: Score, rng: np.random.Generator, number: int, rate_hz: int) -> list[Stem]:
    """Every part played and recorded; in half of the songs the bass has an amplifier too, in a third the snare a
    microphone below, in another third the overheads hear the whole kit."""
    sets = [name for name in SOUND_SETS if sound_font(name)]
    own = sets[number % len(sets)]
    kit = int(rng.choice(GENRES[written.genre].kits))
    names = renamed(written.parts, rng)
    found: list[Stem] = []
    kit_sound = np.zeros((2, round(written.seconds * SYNTH_HZ)))
    for part in written.parts:
        other = own if part.kind.drums or rng.random() < 0.7 else str(rng.choice(sets))
        sound = played(part, other, kit, written.seconds, rng)
        if part.kind.role in DRUM_PARTS:
            kit_sound += sound
        if part.kind.role == "cymbals" and number % 3 == 1:
            sound = sound + far_off(kit_sound)
        signal = recorded(part, sound, rng)
        stem = stem_of(names[part.name], part.kind.role, part.pan, signal, rng, rate_hz)
        found.append(stem)
        if part.kind.role == "bass" and "synth" not in stem.id and number % 2 == 0:
            twin = stem_of("Bass Amp", "bass", part.pan, amplified(signal), rng, rate_hz)
            found[-1] = replace(stem, id="bass-di", name="Bass DI")
            found.append(replace(twin, twin_of="bass-di"))
        if part.kind.role == "snare" and number % 3 == 2:
            twin = stem_of("Snare Bottom", "snare", part.pan, bottom(signal, rng), rng, rate_hz)
            found[-1] = replace(stem, id="snare-top", name="Snare Top")
            found.append(replace(twin, twin_of="snare-top"))
    return found


def far_off(kit: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The kit as the overheads hear it: softer and a little later."""
    late = round(BLEED_SECONDS * SYNTH_HZ)
    return 10 ** (BLEED_DB / 20) * np.pad(kit, ((0, 0), (late, 0)))[:, : kit.shape[1]]


def renamed(parts: tuple[Part, ...], rng: np.random.Generator) -> dict[str, str]:
    """A studio's name for each part, no two alike."""
    used: set[str] = set()
    names = {}
    for part in parts:
        wanted = str(rng.choice(part.kind.names))
        name = next(n for n in (wanted, *part.kind.names, f"{wanted} 2", f"{wanted} 3") if n.lower() not in used)
        used.add(name.lower())
        names[part.name] = name
    return names


def stem_of(
    name: str, role: str, pan: float, signal: npt.NDArray[np.float64], rng: np.random.Generator, rate_hz: int
) -> Stem:
    """A stem at the song's rate, not yet at its level."""
    from bandmate.song.values import slug
    from bandmate.sound.audio import Audio
    from bandmate.sound.resample import resample

    pan = 0.0 if signal.shape[0] == 2 else round(float(np.clip(pan, -0.8, 0.8)), 2)
    audio = resample(Audio(signal.astype(np.float32), SYNTH_HZ), rate_hz)
    return Stem(slug(name), name, role, pan, audio.samples)


def balanced(stems: list[Stem], rng: np.random.Generator, rate_hz: int) -> list[Stem]:
    """Each stem at its role's place, with taste; and the mix at its peak."""
    from bandmate.stages.mix.roles import role_table

    table, found = role_table(), []
    for stem in stems:
        sharing = sum(other.role == stem.role for other in stems)
        wanted = LEAD_LUFS + table[stem.role].relative_lu - 10 * np.log10(sharing) + rng.normal(0, TASTE_DB)
        gain_db = wanted - active_lufs(stem.samples, rate_hz)
        found.append(replace(stem, samples=stem.samples * np.float32(10 ** (gain_db / 20))))
    mix = np.zeros((2, max(stem.samples.shape[1] for stem in found)))
    for stem in found:
        left, right = np.sqrt(1 - stem.pan), np.sqrt(1 + stem.pan)
        rows = np.broadcast_to(stem.samples, (2, stem.samples.shape[1]))
        mix[:, : rows.shape[1]] += rows * (np.array([[left], [right]]) if len(stem.samples) == 1 else 1.0)
    highest = max(float(np.abs(mix).max()) / 10 ** (PEAK_DBFS / 20), *(loudest(stem) for stem in found))
    return [replace(stem, samples=with_floor(stem.samples / highest, rng)) for stem in found]


def loudest(stem: Stem) -> float:
    """How far a stem is above the highest peak that it may have."""
    return float(np.abs(stem.samples).max()) / SAFE_PEAK


def active_lufs(samples: Samples, rate_hz: int) -> float:
    """Loudness while it plays, of a mono stem as it comes out of both loudspeakers."""
    from bandmate.sound.audio import Audio
    from bandmate.sound.loudness import active_loudness, measure_loudness

    heard = active_loudness(measure_loudness(Audio(samples, rate_hz))).lufs
    return (heard if heard is not None else -70.0) + (BOTH_SIDES_LU if samples.shape[0] == 1 else 0.0)
