"""Bleed: what one microphone heard of the source of another, found, subtracted, and the rest of it turned down.

The way from the other recording to this one is a short filter. It is fitted by least squares in which moments and
bins count the less the more of something else there is in them, so that it is learned where the other dominates. What
two halves of the recording do not agree on is left out of it band by band: of tracks that have nothing to do with
each other nothing is left. What the filter foretells is subtracted; what remains of it, mostly later reflections, is
turned down by a mask.

::

    other      ──o───────────o──────────     close to its source
    this one   ───.~~~~voice~~~.────────     the same, later, softer, coloured
                  └ delay, level by band

Conventions: samples are float32, shape (channels, frames), both of one rate; frame n of this recording was recorded
together with frame ``n + early_frames`` of the other. A stereo other counts as the mean of its channels. Each channel
of this recording has a way of its own.

Not covered: ways that change (a source that walks), later reflections than 40 ms but by the mask, clocks that drift,
a source that the other microphone does not hear at close range. Two microphones on one source are no bleed: where most
of a recording is foretold by the other, nothing is found.

References: Avargel & Cohen, System identification in the short-time Fourier transform domain (2007); Kokkinis, Reiss &
Mourjopoulos, A Wiener filter approach to microphone leakage reduction in close-microphone applications (2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, signal

from bandmate.sound.audio import Samples
from bandmate.sound.noise_reduction import spectra_of, subtract

Reals = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Bins = npt.NDArray[np.complex128]

WINDOW_SECONDS, LEAST_SECONDS = 0.16, 2.0
PIECE = 64
TURN_SECONDS = 1.0
"""The halves that have to agree take turns of that length."""

ROUNDS = 3
MOST_DELAY_SECONDS, BEFORE_SECONDS, AFTER_SECONDS = 0.045, 0.002, 0.04
"""How late a bleed may be, and what of its way is kept around its first arrival."""

LEAST_DELAY_SECONDS = -0.0005
SMOOTH_BINS = 9
LEAST_WEIGHT, LEAST_POWER = 1e-4, 1e-5
LOWEST_HZ, OCTAVES = 50.0, 1 / 3
LEAST_AGREEMENT = 0.8
"""Share of a band's way on which the halves must agree before it is believed."""

LEAST_BANDS, LEAST_PEAK, MOST_SHARE = 6, 9.5, 0.5
LEAST_LEVEL_DB, MOST_BELOW_DB = -90.0, 60.0
"""Bleed that is softer, or so far below what plays, is left alone."""

MASK_SECONDS, OVERLAP, MASK_PIECE, MARGIN = 0.046, 4, 512, 24
LOUD_SHARE, SOFT_SHARE, MOST_LEFT, TAIL = 0.3, 0.15, 0.1, 0.85
OVER = 3.0
MOST_REDUCTION_DB = 24.0
NOTHING = 1e-20


@dataclass(frozen=True, slots=True)
class BleedBand:
    """Bleed around ``freq_hz``: its level against the other recording, dB."""

    freq_hz: float
    gain_db: float


@dataclass(frozen=True, slots=True)
class Bleed:
    """How much of another recording is in this one.

    Attributes
    ----------
    delay_seconds : float
        by which it comes later than in the other recording, beyond ``early_frames``.
    level_db : float
        its mean square, dB of full scale.
    below_db : float
        how far it is below the mean square of what else is here.
    bands : tuple of BleedBand
        those in which it is known, from low to high.
    agreement : float
        0 … 1, how much the two halves of the recording agree on its way, mean of the known bands.
    confidence : float
        0 … 1.
    """

    delay_seconds: float
    level_db: float
    below_db: float
    bands: tuple[BleedBand, ...]
    agreement: float
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """Filters from the other recording to each channel of this one.

    ``taps`` (channels, taps) begin ``first`` frames late; ``bands`` and ``agreement`` are of the loudest channel, and
    ``peak`` is how far its first arrival stands out of what chance makes.
    """

    taps: Reals
    first: int
    delay: int
    peak: float
    bands: tuple[BleedBand, ...]
    agreement: float


def find_bleed(own: Samples, other: Samples, rate_hz: int, early_frames: int = 0) -> Bleed | None:
    """What is heard of another recording in this one.

    Parameters
    ----------
    own, other : array (channels, frames)
    rate_hz : int
        of both.
    early_frames : int
        by how many frames the other began before this one.

    Returns
    -------
    Bleed or None
        None where there is none or none can be told: tracks that have nothing to do with each other, a source that is
        nearer to this microphone, two microphones on one source, silence, less than 2 s together.
    """
    heard = heard_of(own, other, rate_hz, early_frames)
    if heard is None:
        return None
    way, foretold = heard
    level_db = decibels(float(np.square(foretold, dtype=np.float64).mean()))
    below_db = decibels(float(np.square(own - foretold, dtype=np.float64).mean())) - level_db
    if level_db < LEAST_LEVEL_DB or below_db > MOST_BELOW_DB:
        return None
    sure = (1 - LEAST_PEAK / (2 * way.peak)) * way.agreement
    return Bleed(way.delay / rate_hz, level_db, below_db, way.bands, way.agreement, sure)


def bleed_reduced(
    own: Samples,
    other: Samples,
    rate_hz: int,
    early_frames: int = 0,
    reduction_db: float = 12.0,
    amount: float = 1.0,
) -> Samples:
    """The recording with the bleed of another turned down.

    Parameters
    ----------
    own, other : array (channels, frames)
    rate_hz : int
        of both.
    early_frames : int
        by how many frames the other began before this one.
    reduction_db : float
        how much the bleed is turned down at most; more than 24 dB counts as 24 dB.
    amount : float
        0 … 1, share of what would be taken that is taken; 0 gives the very same samples.

    Returns
    -------
    array (channels, frames)
        new float32 of the shape of ``own``; equal to it where no bleed can be told.
    """
    out = own.copy()
    reduction_db = min(reduction_db, MOST_REDUCTION_DB)
    if amount <= 0 or reduction_db <= 0:
        return out
    heard = heard_of(own, other, rate_hz, early_frames)
    if heard is None:
        return out
    foretold = heard[1]
    taken = foretold + rest_of(own - foretold, foretold, rate_hz)
    out -= np.float32(amount * (1 - 10 ** (-reduction_db / 20))) * taken
    return out


def heard_of(own: Samples, other: Samples, rate_hz: int, early_frames: int) -> tuple[Way, Samples] | None:
    """The way of the other's source to this microphone and what comes of it there; None where it is not believed."""
    source = beside(own, other, early_frames)
    way = way_between(own, source, rate_hz)
    if way is None or len(way.bands) < LEAST_BANDS or way.peak < LEAST_PEAK:
        return None
    # A source that arrives here earlier is nearer to this microphone: the other has bleed of it.
    if way.delay < LEAST_DELAY_SECONDS * rate_hz:
        return None
    foretold = through(source, way)
    rest = float(np.square(own - foretold, dtype=np.float64).sum())
    if rest < MOST_SHARE * float(np.square(own, dtype=np.float64).sum()):
        return None
    return way, foretold


def decibels(power: float) -> float:
    return 10 * float(np.log10(power + NOTHING))


def beside(own: Samples, other: Samples, early_frames: int) -> Samples:
    """The mean of the other's channels on the frames of ``own``, shape (frames,); silence where it was not running."""
    source = np.zeros(own.shape[1], np.float32)
    low, high = max(0, -early_frames), min(own.shape[1], other.shape[1] - early_frames)
    if high > low and len(other):
        source[low:high] = other[:, low + early_frames : high + early_frames].mean(axis=0)
    return source


def through(source: Samples, way: Way) -> Samples:
    """What comes of a sound on its way, shape (channels, frames)."""
    out = np.zeros((len(way.taps), len(source)), np.float32)
    if not len(source):
        return out
    for channel, taps in enumerate(way.taps):
        wave = signal.oaconvolve(source, taps.astype(np.float32))
        at = max(0, -way.first)
        part = wave[at : at + len(source) - max(0, way.first)]
        out[channel, max(0, way.first) : max(0, way.first) + len(part)] = part
    return out


def way_between(own: Samples, source: Samples, rate_hz: int) -> Way | None:
    """The way from ``source`` to each channel; None for silence and what is too short to tell."""
    length = int(fft.next_fast_len(2 * round(WINDOW_SECONDS * rate_hz / 2), real=True))
    too_short = own.shape[1] < LEAST_SECONDS * rate_hz or not len(own)
    if too_short or length < 64 or not own.any() or not source.any():
        return None
    taps, delay = np.zeros((len(own), length)), None
    loudest = int(np.argmax(np.square(own, dtype=np.float64).sum(axis=1)))
    halves = np.zeros((2, len(own), length))
    peak = 0.0
    rest = own
    for _ in range(ROUNDS):
        halves = taps + steps(rest, source, rate_hz, length)
        if delay is None:
            delay, peak = first_arrival(halves[:, loudest], rate_hz)
        inside = kept(length, delay, rate_hz)
        halves *= inside
        taps = halves.mean(axis=0)
        rest = own - through(source, Way(np.fft.fftshift(taps, axes=1), -(length // 2), delay, peak, (), 0.0))
    assert delay is not None
    believed = [agreed(halves[:, channel], rate_hz) for channel in range(len(own))]
    taps = np.fft.fftshift(np.array([one * inside for one, _, _ in believed]), axes=1)
    first, last = used(np.fft.fftshift(inside))
    return Way(taps[:, first:last], first - length // 2, delay, peak, believed[loudest][1], believed[loudest][2])


def steps(rest: Samples, source: Samples, rate_hz: int, length: int) -> Reals:
    """What each half of the recording would add to the way, shape (2, channels, taps), negative delays last."""
    window = np.hanning(length + 1)[:-1].astype(np.float32)
    hop, bins = length // 2, length // 2 + 1
    moments = max((rest.shape[1] - length) // hop + 1, 1)
    turn = max(round(TURN_SECONDS * rate_hz / hop), 1)
    cross, power = np.zeros((2, len(rest), bins), np.complex128), np.zeros((2, len(rest), bins))
    mean = np.square(rest, dtype=np.float64).mean(axis=1) * float(np.square(window, dtype=np.float64).sum())
    for first in range(0, moments, PIECE):
        at = hop * np.arange(first, min(first + PIECE, moments))[:, None] + np.arange(length)
        half = (np.arange(first, first + len(at)) // turn) % 2
        given = fft.rfft(source[at] * window, axis=1)
        for channel, one in enumerate(rest):
            seen = fft.rfft(one[at] * window, axis=1)
            around = ndimage.uniform_filter1d(np.abs(seen) ** 2, SMOOTH_BINS, axis=1, mode="nearest")
            weight = 1 / (around + LEAST_WEIGHT * mean[channel] + NOTHING)
            for side in range(2):
                mine = half == side
                cross[side, channel] += (weight[mine] * seen[mine] * given[mine].conj()).sum(axis=0)
                power[side, channel] += (weight[mine] * np.abs(given[mine]) ** 2).sum(axis=0)
    least = LEAST_POWER * power.mean(axis=2, keepdims=True) + NOTHING
    return np.asarray(np.fft.irfft(cross / (power + least), n=length, axis=2))


def first_arrival(halves: Reals, rate_hz: int) -> tuple[int, float]:
    """Delay of the strongest arrival in both halves, in frames, and how far it stands above what is far from it."""
    most = round(MOST_DELAY_SECONDS * rate_hz)
    one, other = np.concatenate([halves[:, -most:], halves[:, : most + 1]], axis=1)
    size = np.sqrt(np.maximum(one * other, 0))
    at = int(np.argmax(size))
    far = np.ones(len(size), bool)
    reach = round(0.005 * rate_hz)
    far[max(0, at - reach) : at + reach + 1] = False
    return at - most, float(size[at] / (np.sqrt(np.mean(np.abs(one * other)[far])) + NOTHING))


def kept(length: int, delay: int, rate_hz: int) -> Reals:
    """1 for the taps that are kept, with soft ends, negative delays last, shape (taps,)."""
    late = (np.arange(length) + length // 2) % length - length // 2 - delay
    before, after = BEFORE_SECONDS * rate_hz, AFTER_SECONDS * rate_hz
    rise = np.clip((late + before) / max(before / 2, 1), 0, 1)
    return np.asarray(rise * np.clip((after - late) / max(after / 4, 1), 0, 1))


def used(inside: Reals) -> tuple[int, int]:
    places = np.flatnonzero(inside)
    return int(places[0]), int(places[-1]) + 1


def agreed(halves: Reals, rate_hz: int) -> tuple[Reals, tuple[BleedBand, ...], float]:
    """The part of a way on which both halves agree, its bands, and how much they agree there."""
    length = halves.shape[1]
    one, other = np.fft.rfft(halves, axis=1)
    hz = np.fft.rfftfreq(length, 1 / rate_hz)
    mean, gain = (one + other) / 2, np.zeros(len(hz))
    bands, shares = [], []
    low_hz = LOWEST_HZ
    while low_hz < rate_hz / 2:
        high_hz = low_hz * 2**OCTAVES
        inside = (hz >= low_hz) & (hz < high_hz)
        common = float((one[inside] * other[inside].conj()).real.sum())
        both = float((np.abs(one[inside]) ** 2 + np.abs(other[inside]) ** 2).sum()) / 2
        share = common / both if both > 0 else 0.0
        if share >= LEAST_AGREEMENT:
            gain[inside] = 1
            shares.append(share)
            bands.append(BleedBand(float(np.sqrt(low_hz * high_hz)), decibels(common / inside.sum())))
        low_hz = high_hz
    gain = ndimage.uniform_filter1d(gain, 5)
    taps = np.fft.irfft(mean * gain, n=length)
    return taps, tuple(bands), float(np.mean(shares)) if shares else 0.0


def rest_of(rest: Samples, foretold: Samples, rate_hz: int) -> Samples:
    """What a mask takes of what is left after subtracting, where little else than bleed can be in it."""
    length = OVERLAP * round(MASK_SECONDS * rate_hz / OVERLAP)
    hop = length // OVERLAP
    out = np.zeros_like(rest)
    if hop < 2:
        return out
    window = signal.windows.hann(length, sym=False).astype(np.float32)
    moments = -(-(rest.shape[1] + length) // hop)
    for channel in range(len(rest)):
        one, told = rest[channel : channel + 1], foretold[channel : channel + 1]
        share = share_left(one, told, hop, moments, window, rate_hz)
        if not share.any():
            continue
        for first in range(0, moments, MASK_PIECE):
            count = min(MASK_PIECE, moments - first)
            seen = spectra_of(one, hop * (first - MARGIN), hop, count + 2 * MARGIN, window)[0]
            bleed = np.abs(spectra_of(told, hop * (first - MARGIN), hop, count + 2 * MARGIN, window)[0]) ** 2
            power = ndimage.uniform_filter(np.abs(seen) ** 2, (3, 3), mode="nearest")
            left = OVER * share * lasting(bleed) / (power + NOTHING)
            taken = np.clip(left, 0, 1)[MARGIN : MARGIN + count].astype(np.float32)
            wave = fft.irfft(seen[MARGIN : MARGIN + count] * taken, n=length, axis=1)
            subtract(
                out[channel : channel + 1], -wave[None] * (window / (0.375 * OVERLAP)), hop * first - length + hop, hop
            )
    return out


def lasting(power: Singles) -> Singles:
    """Power with a tail in time, shape (moments, bins)."""
    out = power.copy()
    for moment in range(1, len(out)):
        out[moment] = np.maximum(out[moment], TAIL * out[moment - 1])
    return out


def share_left(one: Samples, told: Samples, hop: int, moments: int, window: Singles, rate_hz: int) -> Singles:
    """How much of the bleed is left in each bin after subtracting, by power: that of moments with little else."""
    hz = np.fft.rfftfreq(len(window), 1 / rate_hz)
    edges = LOWEST_HZ * 2 ** (OCTAVES * np.arange(0, max(int(np.log2(rate_hz / 2 / LOWEST_HZ) / OCTAVES) + 2, 2)))
    cuts = np.searchsorted(hz, edges)
    cuts = cuts[np.concatenate([[True], np.diff(cuts) > 0])]
    powers = []
    for sound in (one, told):
        rows = []
        for first in range(0, moments, MASK_PIECE):
            seen = np.abs(spectra_of(sound, hop * first, hop, min(MASK_PIECE, moments - first), window)[0]) ** 2
            rows.append(np.add.reduceat(seen, cuts[:-1], axis=1)[:, : len(cuts) - 1])
        powers.append(np.concatenate(rows))
    share = np.zeros(len(hz), np.float32)
    for band in range(len(cuts) - 1):
        bleed = powers[1][:, band]
        loud = (bleed >= np.quantile(bleed, 1 - LOUD_SHARE)) & (bleed > 0)
        if loud.sum() >= 8:
            ratio = float(np.quantile(powers[0][loud, band] / bleed[loud], SOFT_SHARE))
            share[cuts[band] : cuts[band + 1]] = min(ratio, MOST_LEFT)
    return share
