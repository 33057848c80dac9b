"""Equalizer bands as second-order sections: design, response, and what runs them.

Conventions: a *section* is a row ``b0 b1 b2 a1 a2`` (a0 = 1), sections run one after the other in float64. Bells and
shelves follow the analogue prototypes of the audio EQ cookbook (their Q and their symmetry: -6 dB undoes +6 dB
exactly), but keep the prototype's curve up to the top instead of being squeezed together below half the sample rate:
poles by impulse invariance, zeros by the prototype's magnitude at 0 Hz, at the band's frequency and at half the rate.
Passes are Butterworth (bilinear, exact at the corner; q does not count), the notch is bilinear too.

A band above what the rate can carry: a low-pass does nothing, a high-pass, bell or shelf acts with what reaches down.

Not covered: linear phase (``bandmate.sound.linear_phase``), coefficients that move while they run.

References: R. Bristow-Johnson, Audio EQ Cookbook; M. Vicanek, Matched Second Order Digital Filters (2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Band, BandScope, Equalizer
from bandmate.song.errors import RequestError
from bandmate.sound import section_loops
from bandmate.sound.audio import Samples
from bandmate.sound.blocks import BlockProcessor, Rows
from bandmate.sound.section_loops import filled_up, filter_channels, filter_mid_side, run_rows, writable

Sections = npt.NDArray[np.float64]
"""float64, shape (sections, 5): b0 b1 b2 a1 a2."""

LEAST_SPREAD = 0.02
"""Extreme bands near the top cannot be met exactly; their zeros are kept this far inside the unit circle, as a share of
how far the poles are."""

Polynomial = tuple[float, float, float]

HIGHEST_SHARE = 0.49
"""Corners are kept below this share of the sample rate."""

MATCH_SHARE = 0.35
"""A matched section meets its prototype at the band's frequency, or here when that is higher."""


def band_sections(band: Band, rate_hz: int) -> Sections:
    """The sections of one band; none when the band is switched off or does nothing at this rate."""
    if band.is_neutral:
        return np.empty((0, 5))
    if band.kind == "high-pass":
        return high_pass_sections(band.freq_hz, rate_hz, order=band.slope_db // 6)
    if band.kind == "low-pass":
        return low_pass_sections(band.freq_hz, rate_hz, order=band.slope_db // 6)
    if band.kind == "notch":
        return notch_sections(band.freq_hz, rate_hz, q=band.q)
    return matched_sections(band, rate_hz)


def matched_sections(band: Band, rate_hz: int) -> Sections:
    """A bell or shelf that follows its analogue prototype up to half the rate.

    subtle: the prototype's poles must lie low to be matched well, so a cut bell, a cut low shelf and a boosted high
    shelf are made as the inverse of their mirror image.
    """
    inverse = (band.gain_db > 0.0) == (band.kind == "high-shelf")
    top, bottom = analogue_prototype(band.kind, -band.gain_db if inverse else band.gain_db, band.q)
    zeros, poles = matched_section(top, bottom, freq_hz=band.freq_hz, rate_hz=rate_hz)
    if inverse:
        zeros, poles = poles / zeros[0], zeros / zeros[0]
    return np.concatenate([zeros, poles[1:]])[None, :]


def analogue_prototype(kind: str, gain_db: float, q: float) -> tuple[Polynomial, Polynomial]:
    """Numerator and denominator in s / w0, highest power first (cookbook)."""
    a = 10.0 ** (gain_db / 40.0)
    slope = math.sqrt(a) / q
    if kind == "bell":
        return (1.0, a / q, 1.0), (1.0, 1.0 / (a * q), 1.0)
    if kind == "low-shelf":
        return (a, a * slope, a * a), (a, slope, 1.0)
    return (a * a, a * slope, a), (1.0, slope, a)


def matched_section(
    top: Polynomial, bottom: Polynomial, *, freq_hz: float, rate_hz: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Zeros and poles (three coefficients each) that follow ``top / bottom``."""
    a1, a2 = impulse_invariant_poles(bottom, 2.0 * math.pi * freq_hz / rate_hz)
    meet_hz = min(freq_hz, MATCH_SHARE * rate_hz)
    wanted = [squared_gain(top, bottom, hz / freq_hz) for hz in (0.0, meet_hz, rate_hz / 2.0)]
    high = math.sin(math.pi * meet_hz / rate_hz) ** 2
    low, cross = 1.0 - high, 4.0 * high * (1.0 - high)
    at_zero, at_top = (1.0 + a1 + a2) ** 2, (1.0 - a1 + a2) ** 2
    first = wanted[0] * at_zero
    second = wanted[2] * at_top
    third = (wanted[1] * (at_zero * low + at_top * high - 4.0 * a2 * cross) - first * low - second * high) / cross
    half_sum = 0.5 * (math.sqrt(first) + math.sqrt(second))
    spread = LEAST_SPREAD * (1.0 - a2) / (1.0 + a2)
    third = max(third, (spread * spread - 1.0) * half_sum * half_sum)
    b0 = 0.5 * (half_sum + math.sqrt(half_sum * half_sum + third))
    b1 = 0.5 * (math.sqrt(first) - math.sqrt(second))
    return np.array([b0, b1, -third / (4.0 * b0)]), np.array([1.0, a1, a2])


def impulse_invariant_poles(bottom: Polynomial, corner_radians: float) -> tuple[float, float]:
    """a1 and a2 whose poles are e^(s T) of the prototype's; poles above half the rate are kept just below it."""
    damping = bottom[1] / (2.0 * math.sqrt(bottom[0] * bottom[2]))
    radians = min(corner_radians * math.sqrt(bottom[2] / bottom[0]), 0.999 * math.pi)
    if damping <= 1.0:
        a1 = -2.0 * math.exp(-damping * radians) * math.cos(math.sqrt(1.0 - damping * damping) * radians)
    else:
        spread = math.sqrt(damping * damping - 1.0)
        a1 = -math.exp((spread - damping) * radians) - math.exp(-(spread + damping) * radians)
    return a1, math.exp(-2.0 * damping * radians)


def squared_gain(top: Polynomial, bottom: Polynomial, x: float) -> float:
    """|top / bottom|² at s = j x."""
    above = (top[2] - top[0] * x * x) ** 2 + (top[1] * x) ** 2
    below = (bottom[2] - bottom[0] * x * x) ** 2 + (bottom[1] * x) ** 2
    return above / below


def low_pass_sections(freq_hz: float, rate_hz: int, *, order: int) -> Sections:
    """Butterworth low-pass of 6 dB per octave and order; nothing when the corner is out of the rate's reach."""
    if freq_hz >= HIGHEST_SHARE * rate_hz:
        return np.empty((0, 5))
    corner = math.tan(math.pi * freq_hz / rate_hz)
    rows = [low_pass_row(corner, q) for q in butterworth_qs(order)]
    if order % 2:
        scale = 1.0 / (1.0 + corner)
        rows.append([corner * scale, corner * scale, 0.0, (corner - 1.0) * scale, 0.0])
    return np.array(rows)


def high_pass_sections(freq_hz: float, rate_hz: int, *, order: int) -> Sections:
    """Butterworth high-pass of 6 dB per octave and order."""
    corner = math.tan(math.pi * min(freq_hz / rate_hz, HIGHEST_SHARE))
    rows = [high_pass_row(corner, q) for q in butterworth_qs(order)]
    if order % 2:
        scale = 1.0 / (1.0 + corner)
        rows.append([scale, -scale, 0.0, (corner - 1.0) * scale, 0.0])
    return np.array(rows)


def butterworth_qs(order: int) -> list[float]:
    """The Q of each pole pair, gentlest first."""
    return [0.5 / math.cos(math.pi * (order - 1 - 2 * pair) / (2 * order)) for pair in reversed(range(order // 2))]


def low_pass_row(corner: float, q: float) -> list[float]:
    scale = 1.0 / (1.0 + corner / q + corner * corner)
    gain = corner * corner * scale
    return [gain, 2.0 * gain, gain, 2.0 * (corner * corner - 1.0) * scale, (1.0 - corner / q + corner * corner) * scale]


def high_pass_row(corner: float, q: float) -> list[float]:
    scale = 1.0 / (1.0 + corner / q + corner * corner)
    a2 = (1.0 - corner / q + corner * corner) * scale
    return [scale, -2.0 * scale, scale, 2.0 * (corner * corner - 1.0) * scale, a2]


def notch_sections(freq_hz: float, rate_hz: int, *, q: float) -> Sections:
    """A notch that is silent at ``freq_hz``; nothing when that is out of the rate's reach."""
    if freq_hz >= HIGHEST_SHARE * rate_hz:
        return np.empty((0, 5))
    corner = math.tan(math.pi * freq_hz / rate_hz)
    scale = 1.0 / (1.0 + corner / q + corner * corner)
    level, a1 = (1.0 + corner * corner) * scale, 2.0 * (corner * corner - 1.0) * scale
    return np.array([[level, a1, level, a1, (1.0 - corner / q + corner * corner) * scale]])


def response_db(bands: Sequence[Band], freqs_hz: npt.ArrayLike, rate_hz: int) -> npt.NDArray[np.float64]:
    """What the bands together do to the level, at each frequency.

    Parameters
    ----------
    bands : sequence of Band
        All are counted whatever their scope; pass those of the scope you ask for.
    freqs_hz : array of any shape
    rate_hz : int

    Returns
    -------
    array like ``freqs_hz``, in dB; the bottom of a notch is at most -300. No bands give 0 dB.
    """
    freqs = np.asarray(freqs_hz, dtype=np.float64)
    total = np.zeros(freqs.shape)
    for band in bands:
        total += sections_response_db(band_sections(band, rate_hz), freqs, rate_hz)
    return total


def sections_response_db(
    sections: Sections, freqs_hz: npt.NDArray[np.float64], rate_hz: int
) -> npt.NDArray[np.float64]:
    """As `response_db`, for ready sections.

    subtle: written with the sine of half the angle, because 1 - cos of a small angle loses all digits.
    """
    high = np.sin(np.pi * freqs_hz / rate_hz) ** 2
    total = np.zeros(freqs_hz.shape)
    for b0, b1, b2, a1, a2 in sections:
        above = (b0 + b1 + b2) ** 2 - 4.0 * high * (b1 * (b0 + b2) + 4.0 * b0 * b2 * (1.0 - high))
        below = (1.0 + a1 + a2) ** 2 - 4.0 * high * (a1 * (1.0 + a2) + 4.0 * a2 * (1.0 - high))
        total += 10.0 * np.log10(np.maximum(above, 1e-30) / np.maximum(below, 1e-30))
    return total


class Lanes:
    """Sections at work on two signals, the first some and the second others; one signal when there is no second.

    Attributes
    ----------
    in_first : int
        how many of the lanes filter the first signal.
    """

    def __init__(self, first: Sections, second: Sections | None = None) -> None:
        self.in_first = len(first)
        self.lanes = filled_up(first if second is None else np.concatenate([first, second]))
        self.state = np.zeros((len(self.lanes), 2))
        if second is None:
            self.in_first = len(self.lanes)


class Cascade:
    """The same sections on several channels, block after block."""

    def __init__(self, sections: Sections, channels: int) -> None:
        self.sections = np.ascontiguousarray(sections, dtype=np.float64).reshape(-1, 5)
        pairs, single = divmod(channels, 2)
        self.pairs = [Lanes(self.sections, self.sections) for _ in range(pairs)]
        self.pairs += [Lanes(self.sections) for _ in range(single)]

    def run(self, rows: Rows) -> Rows:
        """Filter ``rows`` (channels, frames), float64, in place and give them back."""
        if len(self.sections):
            for k, pair in enumerate(self.pairs):
                run_rows(rows[2 * k], rows[min(2 * k + 1, len(rows) - 1)], pair.in_first, pair.lanes, pair.state)
        return rows


def scopes_of(device: Equalizer, channels: int) -> tuple[BandScope, ...]:
    """What is filtered apart: middle and sides, or every channel alike as a middle.

    Raises
    ------
    RequestError
        for middle or side bands on more than two channels.
    """
    if channels > 2 and any(band.scope != "stereo" for band in device.bands):
        raise RequestError(
            f'equalizer "{device.id}" has bands for middle or side, the signal has {channels} channels; '
            "make those bands stereo, or use it on a stereo track"
        )
    apart = channels == 2 and any(b.scope != "stereo" and not b.is_neutral for b in device.bands)
    return ("mid", "side") if apart else ("mid",)


def bands_of(device: Equalizer, scope: BandScope) -> list[Band]:
    """The bands that act on the middle, or on the sides."""
    return [band for band in device.bands if band.scope in ("stereo", scope)]


def sections_of(bands: Sequence[Band], rate_hz: int) -> Sections:
    """The sections of all bands, one after the other."""
    return np.concatenate([np.empty((0, 5)), *(band_sections(band, rate_hz) for band in bands)])


class EqualizerProcessor(BlockProcessor):
    """A running `Equalizer`.

    Bands for the middle or the sides need a stereo signal. On mono the signal is the middle, and there are no sides.

    Raises
    ------
    RequestError
        for middle or side bands on more than two channels.
    """

    def __init__(self, device: Equalizer, *, rate_hz: int, channels: int) -> None:
        super().__init__(rate_hz=rate_hz, channels=channels)
        scopes = scopes_of(device, channels)
        self.is_mid_side = len(scopes) == 2
        self.gain = 10.0 ** (device.gain_db / 20.0)
        each = [sections_of(bands_of(device, scope), rate_hz) for scope in scopes]
        self.lanes = [Lanes(*each)] if self.is_mid_side else Cascade(each[0], channels).pairs

    def _run(self, samples: Samples) -> Samples:
        samples = writable(samples)
        done = np.empty_like(samples)
        if self.is_mid_side:
            lanes, half = self.lanes[0], 0.5 * self.gain
            filter_mid_side(samples, lanes.in_first, lanes.lanes, lanes.state, (half, half), done)
            return done
        for c, lanes in enumerate(self.lanes):
            pair = slice(2 * c, 2 * c + 2)
            filter_channels(samples[pair], lanes.in_first, lanes.lanes, lanes.state, self.gain, done[pair])
        return done


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first block."""
    section_loops.compile_kernels()
