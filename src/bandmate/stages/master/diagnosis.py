"""What the checks of a master need to know beyond a hearing: faults of the recording, measured in one pass.

Levels of each channel with their flat tops, what lies below the audible range, how both channels balance in three bands
while the piece is loud, and where the top of the spectrum breaks off.

Conventions: as in the meters of ``bandmate.sound``; blocks of one or two channels. A sample that is not a number is
counted and, for all else, taken as 0. Memory: some dozen numbers per second.

Not covered: judging it (``bandmate.stages.master.checks``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.sound.audio import Samples
from bandmate.sound.band_pair import ALL, BandPair, PairMeter
from bandmate.sound.filters import HIGHEST_SHARE, Sections, high_pass_sections, low_pass_sections
from bandmate.sound.levels import LevelMeter, Levels
from bandmate.stages.hearing import peeked

Tape = Callable[[], Iterable[Samples]]
"""Gives the blocks of a signal from its beginning, shape (channels, frames), each time it is called."""

Reals = npt.NDArray[np.float64]

RUMBLE_BELOW_HZ = 22.0
RUMBLE_ORDER = 8
BALANCE_BANDS = (("bass", 60.0, 250.0), ("low mids", 250.0, 1_000.0), ("mids", 1_000.0, 4_000.0))
BALANCE_ORDER = 2
BALANCE_HOP_MS = 400.0
LOUD_QUANTILE = 0.7
"""Balance is taken from the loudest three tenths of the time."""

SOUNDING_SHARE = 0.01
"""A moment with less than this of the loudest one's energy does not count."""

EDGE_FRAMES_PER_HZ = 8_192 / 44_100
EDGE_SLICE_HZ = 250.0
EDGE_FROM_HZ = 10_000.0
EDGE_STEP_DB = 25.0
"""A filter of a codec or a converter falls by more within 1 kHz; instruments fall by some dB."""

EDGE_WIDTH_HZ = 1_000.0
EDGE_FLOOR_DB = -130.0


@dataclass(frozen=True, slots=True)
class BandBalance:
    """One band: right over left in dB and correlation in the loud parts, and by how much the middle half of all moments
    with sound differs from each other in dB; None where a channel has nothing."""

    band: str
    low_hz: float
    high_hz: float
    balance_db: float | None
    correlation: float | None
    spread_db: float | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found.

    Attributes
    ----------
    levels : Levels
    rumble_share : float
        share of the energy below 22 Hz, DC not counted, 0 to 1; 0 for silence.
    balance : tuple of BandBalance
        by band; empty for mono.
    low_correlation : float or None
        below 250 Hz, over the whole.
    top_edge_hz : float or None
        above this there is nothing: the level falls by more than 25 dB within 1 kHz and stays there. None without such
        an edge above 10 kHz.
    """

    levels: Levels
    rumble_share: float
    balance: tuple[BandBalance, ...]
    low_correlation: float | None
    top_edge_hz: float | None


def diagnose(tape: Tape, rate_hz: int) -> Diagnosis:
    """Look at a signal once; no block at all is mono silence of no length."""
    first, blocks = peeked(tape())
    channels = first.shape[0]
    levels, edge = LevelMeter(rate_hz, channels), TopMeter(rate_hz, channels)
    whole, loud = PairMeter(rate_hz, channels), PairMeter(rate_hz, channels, hop_ms=BALANCE_HOP_MS)
    rumble = PairMeter(rate_hz, channels, low_pass_sections(RUMBLE_BELOW_HZ, rate_hz, order=RUMBLE_ORDER))
    bands = balance_meters(rate_hz, channels)
    for block in blocks:
        levels.feed(block)
        clean = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        edge.feed(clean)
        for meter in (whole, loud, rumble, *bands):
            meter.feed(clean)
    found = levels.result()
    balance = balances(loud.result(), bands)
    return Diagnosis(
        levels=found,
        rumble_share=rumble_share(rumble.result(), whole.result(), found),
        balance=balance,
        low_correlation=bands[0].result().correlation if bands else None,
        top_edge_hz=edge.result(),
    )


def measured_balance(tape: Tape, rate_hz: int) -> tuple[BandBalance, ...]:
    """Only the balance by band, for a signal after a repair; empty for mono."""
    first, blocks = peeked(tape())
    channels = first.shape[0]
    loud, bands = PairMeter(rate_hz, channels, hop_ms=BALANCE_HOP_MS), balance_meters(rate_hz, channels)
    for block in blocks:
        for meter in (loud, *bands):
            meter.feed(block)
    return balances(loud.result(), bands)


def balances(whole: BandPair, meters: Sequence[PairMeter]) -> tuple[BandBalance, ...]:
    """The balance of every band."""
    energy = whole.left + whole.right
    loud = (energy >= np.quantile(energy, LOUD_QUANTILE)) & (energy > 0) if len(energy) else np.zeros(0, bool)
    pairs = [meter.result() for meter in meters]
    return tuple(
        balance_of(*band, pair.select(loud), spread_db(pair)) for band, pair in zip(BALANCE_BANDS, pairs, strict=False)
    )


def balance_meters(rate_hz: int, channels: int) -> list[PairMeter]:
    """One meter for each band that the rate carries; none for mono, which has no balance."""
    if channels == 1:
        return []
    bands = [(low, high) for _, low, high in BALANCE_BANDS if low < HIGHEST_SHARE * rate_hz]
    return [PairMeter(rate_hz, channels, band_pass(*band, rate_hz), hop_ms=BALANCE_HOP_MS) for band in bands]


def band_pass(low_hz: float, high_hz: float, rate_hz: int, *, order: int = BALANCE_ORDER) -> Sections:
    """High-pass and low-pass; only the high-pass where the rate ends before the band does."""
    high = low_pass_sections(high_hz, rate_hz, order=order)
    return np.concatenate([ALL, high_pass_sections(low_hz, rate_hz, order=order), high])


def balance_of(name: str, low_hz: float, high_hz: float, pair: BandPair, spread: float | None) -> BandBalance:
    """A band's balance in what was selected of it."""
    return BandBalance(name, low_hz, high_hz, pair.balance_db, pair.correlation, spread)


def spread_db(pair: BandPair) -> float | None:
    """How far the balance of the middle half of the moments reaches.

    subtle: over all moments that are not far below the loudest, for those that one loud side makes the loudest lean to
    that side by themselves.
    """
    energy = pair.left + pair.right
    heard = (energy > SOUNDING_SHARE * energy.max(initial=0.0)) & (pair.left > 0) & (pair.right > 0)
    if not heard.any():
        return None
    quarter, three_quarters = np.quantile(10 * np.log10(pair.right[heard] / pair.left[heard]), (0.25, 0.75))
    return float(three_quarters - quarter)


def rumble_share(rumble: BandPair, whole: BandPair, levels: Levels) -> float:
    """Share of the energy below 22 Hz without that of the DC."""
    if whole.energy <= 0:
        return 0.0
    steady = [channel.dc**2 * levels.frames for channel in levels.channels]
    dc_energy = sum(steady) * (2 if len(steady) == 1 else 1)
    moving = whole.energy - dc_energy
    return min(1.0, max(0.0, (rumble.energy - dc_energy) / moving)) if moving > 0 else 0.0


class TopMeter:
    """Finds where the top of a spectrum breaks off, from windows of about 190 ms side by side."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._frames = rate_hz, scipy.fft.next_fast_len(round(rate_hz * EDGE_FRAMES_PER_HZ), True)
        self._window = np.hanning(self._frames)
        self._rest = np.zeros((channels, 0), np.float32)
        self._power: Reals = np.zeros(self._frames // 2 + 1)

    def feed(self, block: Samples) -> None:
        """Take the next block of finite samples, shape (channels, frames)."""
        joined = np.concatenate([self._rest, block], axis=1)
        whole = joined.shape[1] // self._frames * self._frames
        for start in range(0, whole, self._frames):
            bins = scipy.fft.rfft(joined[:, start : start + self._frames] * self._window, axis=1)
            self._power += (bins.real**2 + bins.imag**2).sum(axis=0)
        self._rest = joined[:, whole:].copy()

    def result(self) -> float | None:
        """The lowest frequency above 10 kHz from which on there is nothing, in steps of 250 Hz; None without one."""
        bins = max(1, round(EDGE_SLICE_HZ * self._frames / self._rate_hz))
        slices = len(self._power) // bins
        power = self._power[: slices * bins].reshape(slices, bins).mean(axis=1)
        if not power.any():
            return None
        level = 10 * np.log10(np.maximum(power / power.max(), 10 ** (EDGE_FLOOR_DB / 10)))
        slice_hz = bins * self._rate_hz / self._frames
        width = round(EDGE_WIDTH_HZ / slice_hz)
        for k in range(int(EDGE_FROM_HZ / slice_hz), slices - 2):
            before, after = level[max(0, k - width) : k], level[min(k + width // 2, slices - 1) :]
            if len(before) and before.mean() - after.max() > EDGE_STEP_DB:
                return float(k * slice_hz)
        return None
