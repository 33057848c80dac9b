"""Density: a multiband compressor, only where a region is measurably more uneven than in the references.

Density is how far the loudest moments of a region stand above its mean (``portrait.density_db``). A region that is more
uneven than the references by `LEAST_EXCESS_DB` gets a compressor of at most 2:1, set so that the excess shrinks as far
as asked, with its level made up, so that the tone stays. A region that is denser than the references is left alone: no
compressor gives back what was squeezed out.

Conventions: thresholds are found on the sketch, whose levels are powers over 200 ms; what a compressor's detector reads
above that (the crest of the region) is measured on an excerpt of the sound.

Not covered: bringing transients back, and faults of single notes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.devices import DynamicBand, MultibandCompressor
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.crossover import BandSplitter
from bandmate.sound.processors import process_audio
from bandmate.sound.spectrum import measure_spectrum
from bandmate.stages.master.portrait import REGIONS, density_db, loud_hops
from bandmate.stages.master.sketch import FLOOR_DB, Sketch, from_db, to_db

Reals = npt.NDArray[np.float64]

DEVICE_ID = "master-multiband"
LEAST_EXCESS_DB = 1.0
RATIO = 2.0
KNEE_DB = 6.0
MOST_MEAN_REDUCTION_DB = 3.0
THRESHOLDS = 40
TUNING_ROUNDS = 3
ATTACK_MS = (30.0, 20.0, 12.0, 6.0)
RELEASE_MS = (220.0, 160.0, 120.0, 90.0)
TOP_HZ = 96_000.0


@dataclass(frozen=True, slots=True)
class RegionChange:
    """What is done in one region; densities in dB, foretold for ``foretold_db``."""

    region: str
    was_db: float
    target_db: float
    foretold_db: float
    mean_reduction_db: float


@dataclass(frozen=True, slots=True)
class DensityMatch:
    """A multiband compressor, what it does in each region that it touches, and its gain as foretold, (bands, hops)."""

    device: MultibandCompressor
    changes: tuple[RegionChange, ...]
    gain_db: Reals


def match_density(
    sketch: Sketch, target_db: tuple[float, ...], excerpt: Samples, *, strength: float
) -> DensityMatch | None:
    """A compressor for the regions that are more uneven than ``target_db``; None when there is no such region.

    Parameters
    ----------
    excerpt : array (2, frames)
        some seconds of a loud part, at the sketch's rate.
    """
    if strength <= 0.0 or not sketch.hops or not excerpt.shape[1]:
        return None
    loud = loud_hops(sketch)
    crests = crests_db(excerpt, sketch.rate_hz)
    bands, changes = [], []
    gain_db = np.zeros(sketch.mid.shape)
    now = density_db(sketch, loud)
    for n, region in enumerate(REGIONS):
        band = DynamicBand(
            id=str(n + 1),
            upper_hz=upper_hz(n, sketch.rate_hz),
            ratio=1.0,
            attack_ms=ATTACK_MS[n],
            release_ms=RELEASE_MS[n],
        )
        crest = crests[n]
        if now[n] - target_db[n] >= LEAST_EXCESS_DB and crest is not None:
            wanted = now[n] - strength * (now[n] - target_db[n])
            power = (sketch.mid + sketch.side)[region.of(sketch.band_hz)].sum(axis=0)
            threshold_db, foretold, mean_reduction = threshold_for(power, loud, wanted)
            if now[n] - foretold >= LEAST_EXCESS_DB * strength / 2:
                band = replace(
                    band,
                    ratio=RATIO,
                    threshold_dbfs=round(threshold_db + crest, 1),
                    gain_db=round(mean_reduction, 1),
                )
                changes.append(RegionChange(region.name, now[n], target_db[n], foretold, mean_reduction))
                gain_db[region.of(sketch.band_hz)] = mean_reduction - reductions_db(to_db(power), threshold_db)
        bands.append(band)
    if not changes:
        return None
    device = MultibandCompressor(id=DEVICE_ID, bands=tuple(bands))
    return DensityMatch(tuned(device, tuple(changes), excerpt, sketch.rate_hz), tuple(changes), gain_db)


def tuned(
    device: MultibandCompressor, changes: tuple[RegionChange, ...], excerpt: Samples, rate_hz: int
) -> MultibandCompressor:
    """The compressor with thresholds at which it really takes off what was foretold, and that much made up.

    Attack and release let through a part of what the static curve would take off; how much hangs on the music.
    """
    wanted = {change.region: change.mean_reduction_db for change in changes}
    for _ in range(TUNING_ROUNDS):
        plain = replace(device, bands=tuple(replace(band, gain_db=0.0) for band in device.bands))
        measured = region_levels_db(excerpt, rate_hz) - region_levels_db(processed(excerpt, plain, rate_hz), rate_hz)
        bands = []
        for region, band, taken in zip(REGIONS, device.bands, measured.tolist(), strict=True):
            if region.name in wanted:
                deeper = 1.5 * (wanted[region.name] - taken)
                threshold = max(band.threshold_dbfs - min(max(deeper, -3.0), 3.0), -100.0)
                band = replace(band, threshold_dbfs=round(threshold, 1), gain_db=round(max(taken, 0.0), 1))
            bands.append(band)
        last, device = device, replace(device, bands=tuple(bands))
    kept = zip(last.bands, device.bands, strict=True)
    return replace(device, bands=tuple(replace(old, gain_db=new.gain_db) for old, new in kept))


def processed(excerpt: Samples, device: MultibandCompressor, rate_hz: int) -> Samples:
    return process_audio(Audio(excerpt, rate_hz), device).samples


def region_levels_db(samples: Samples, rate_hz: int) -> Reals:
    """Mean level of each region."""
    heard = measure_spectrum(Audio(samples, rate_hz)).third_octaves
    power = from_db(heard.total_db)
    return to_db([power[region.of(heard.bands.centre_hz)].sum() for region in REGIONS])


def upper_hz(n: int, rate_hz: int) -> float:
    """Where a region ends; the last one goes on to the top."""
    return TOP_HZ if n == len(REGIONS) - 1 else min(REGIONS[n].high_hz, 0.45 * rate_hz)


def threshold_for(power: Reals, loud: npt.NDArray[np.bool_], wanted_db: float) -> tuple[float, float, float]:
    """Threshold (on the level over 200 ms), the density it leaves, and the mean reduction of the loud parts, dB."""
    levels = to_db(power)
    top, low = float(np.quantile(levels[loud], 0.999)), float(np.quantile(levels[loud], 0.10))
    best = (top, density_of(power[loud]), 0.0)
    for threshold in np.linspace(top, low, THRESHOLDS):
        reduction = reductions_db(levels[loud], float(threshold))
        after = power[loud] * from_db(-reduction)
        mean = float(to_db(power[loud].mean()) - to_db(after.mean()))
        if mean > MOST_MEAN_REDUCTION_DB:
            break
        found = (float(threshold), density_of(after), mean)
        if abs(found[1] - wanted_db) < abs(best[1] - wanted_db):
            best = found
        if found[1] <= wanted_db:
            break
    return best


def density_of(power: Reals) -> float:
    return float(to_db(np.quantile(power, 0.95)) - to_db(power.mean()))


def reductions_db(levels: Reals, threshold_db: float) -> Reals:
    """What the static curve takes off."""
    over = levels - threshold_db
    slope = 1.0 - 1.0 / RATIO
    in_knee = slope * (over + KNEE_DB / 2) ** 2 / (2.0 * KNEE_DB)
    return np.where(over <= -KNEE_DB / 2, 0.0, np.where(over < KNEE_DB / 2, in_knee, slope * over))


def crests_db(excerpt: Samples, rate_hz: int) -> tuple[float | None, ...]:
    """How far a detector of peaks reads above the mean power over 200 ms, for each region; None where it is silent."""
    splitter = BandSplitter([upper_hz(n, rate_hz) for n in range(len(REGIONS) - 1)], rate_hz=rate_hz, channels=2)
    hop = max(1, rate_hz // 5)
    count = excerpt.shape[1] // hop
    found: list[float | None] = []
    for rows in splitter.split(excerpt.astype(np.float64)):
        cut = rows[:, : count * hop].reshape(2, count, hop)
        peak = to_db(np.square(np.abs(cut).max(axis=(0, 2)))) if count else np.array([FLOOR_DB])
        mean = to_db(np.square(cut).mean(axis=(0, 2))) if count else np.array([FLOOR_DB])
        sounds = mean > max(float(mean.max()) - 30.0, FLOOR_DB / 2)
        found.append(float(np.median(peak[sounds] - mean[sounds])) if sounds.any() else None)
    return tuple(found)
