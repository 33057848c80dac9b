"""Polarity and delay between two tracks that heard the same thing: two microphones, a DI and its amplifier.

Conventions: ``delay_frames`` > 0 means that the second track is late; to line them up, move it earlier by as much.
``polarity`` -1 means that its waveform is upside down. Channels are summed first. Both arrays begin together.

How: cross-correlation of one excerpt in which both play, its spectrum flattened to the fourth root (between plain
correlation and GCC-PHAT; Knapp and Carter 1976). Flattened, related tracks give one sharp peak and unrelated ones
noise, even when both play the same notes. Within 0.25 ms of that peak the plain correlation decides. Memory is bounded:
an excerpt of at most 2^18 frames is looked at, and what finds it reads the arrays in small pieces (they may be
memory-mapped).

Not covered: fractions of a frame, delays that change, more than one path (a room gives its strongest), tones: pure
tones of one pitch repeat, so their delay is anyone's guess and the confidence says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.sound.audio import Samples, checked_rate
from bandmate.sound.finite import finite_block

Reals = npt.NDArray[np.float64]

MAX_DELAY_MS = 50.0
EXCERPT_FRAMES = 2**18
HOP_MS = 100
GLANCE_SHARE = 0.1
FLATTENING = 0.75
FLOOR = 1e-6
"""Below this share of the strongest bin, bins are not flattened: there, coded files agree about nothing but silence."""
PEAK_MS = 2.0
REFINED_MS = 0.25
RELATED_DEVIATIONS = 10.0
RELATED_CORRELATION = 0.1
TONE_CORRELATION = 0.8
TONE_CONFIDENCE = 0.1


@dataclass(frozen=True, slots=True)
class Relation:
    """How the second track relates to the first.

    Attributes
    ----------
    related : bool
        False: leave both alone; the rest then says delay 0, polarity 1, confidence 0.
    delay_frames : int
        by how much the second is late; negative when it is early.
    polarity : int
        1 or -1.
    correlation_before, correlation_after : float
        -1 to 1, as the tracks are and as they would be when lined up; 0 for silence.
    confidence : float
        0 to 1: one minus the power of the next best delay over that of the found one. 0.1 for tones.
    """

    related: bool
    delay_frames: int
    polarity: int
    correlation_before: float
    correlation_after: float
    confidence: float


def relate(
    first: npt.ArrayLike, second: npt.ArrayLike, rate_hz: int, *, max_delay_ms: float = MAX_DELAY_MS
) -> Relation:
    """Find polarity and delay of ``second`` against ``first``.

    Parameters
    ----------
    first, second : array (channels, frames)
        may differ in channels and length; only the common length is looked at.
    rate_hz : int
    max_delay_ms : float
        how far to search, either way.

    Returns
    -------
    Relation
        "not related" for silence and for signals shorter than four times the search.

    Raises
    ------
    RequestError
        naming the first NaN or infinite frame of the excerpt.
    """
    reach = max(1, round(max_delay_ms * checked_rate(rate_hz) / 1000))
    one, other = _excerpts(np.asarray(first), np.asarray(second), rate_hz)
    if len(one) < 4 * reach or not one.any() or not other.any():
        return Relation(False, 0, 1, 0.0, 0.0, 0.0)
    before = _overlap_correlation(one, other, 0)
    curve = _flattened_correlation(one, other, 4 * reach)
    delay = int(np.abs(curve[3 * reach : 5 * reach + 1]).argmax()) - reach
    deviations, next_best = _prominence(curve, delay, round(PEAK_MS * rate_hz / 1000))
    polarity = 1 if curve[4 * reach + delay] > 0 else -1
    delay = _refined(one, other, delay, polarity, max(1, round(REFINED_MS * rate_hz / 1000)))
    after = polarity * _overlap_correlation(one, other, delay)
    if deviations < RELATED_DEVIATIONS or after < RELATED_CORRELATION:
        if abs(before) < TONE_CORRELATION:
            return Relation(False, 0, 1, before, before, 0.0)
        return Relation(True, 0, 1 if before > 0 else -1, before, abs(before), TONE_CONFIDENCE)
    return Relation(True, delay, polarity, before, after, confidence=1.0 - next_best**2)


def _excerpts(first: Samples, second: Samples, rate_hz: int) -> tuple[Reals, Reals]:
    """The stretch of both tracks, summed to one channel and without DC, in which both are busiest."""
    hop = max(1, rate_hz * HOP_MS // 1000)
    frames = min(first.shape[1], second.shape[1])
    both = np.sqrt(_hop_energies(first, frames, hop) * _hop_energies(second, frames, hop))
    hops = max(1, EXCERPT_FRAMES // hop)
    start = 0
    if len(both) > hops:
        total = np.concatenate([np.zeros(1), np.cumsum(both)])
        start = int((total[hops:] - total[:-hops]).argmax()) * hop
    end = min(frames, start + EXCERPT_FRAMES)
    return _summed(first, start, end, rate_hz), _summed(second, start, end, rate_hz)


def _hop_energies(track: Samples, frames: int, hop: int) -> Reals:
    """How loud each whole hop is, judged by a glance at its first tenth; NaN counts as nothing here."""
    glance = max(1, round(hop * GLANCE_SHARE))
    energies = np.zeros(frames // hop)
    for index in range(len(energies)):
        seen = track[:, index * hop : index * hop + glance].mean(axis=0, dtype=np.float64)
        energies[index] = _product(seen, seen)
    return np.nan_to_num(energies, posinf=0.0)


def _summed(track: Samples, start: int, end: int, rate_hz: int) -> Reals:
    """A stretch of a track as one channel without DC."""
    stretch = finite_block(track[:, start:end], track.shape[0], start_frame=start, rate_hz=rate_hz)
    mono: Reals = stretch.mean(axis=0, dtype=np.float64)
    return mono - mono.mean() if len(mono) else mono


def _flattened_correlation(one: Reals, other: Reals, reach: int) -> Reals:
    """Cross-correlation for delays -reach to reach, of the spectrum to the power of a quarter."""
    size = scipy.fft.next_fast_len(len(one) + reach, real=True)
    cross = np.conj(scipy.fft.rfft(one, size)) * scipy.fft.rfft(other, size)
    magnitude = np.abs(cross)
    cross /= (magnitude + FLOOR * float(magnitude.max())) ** FLATTENING
    curve: Reals = scipy.fft.irfft(cross, size)[np.arange(-reach, reach + 1)]
    return curve


def _refined(one: Reals, other: Reals, delay: int, polarity: int, reach: int) -> int:
    """The best plain correlation near ``delay``, if it is a summit and not the slope of a farther one."""
    around = range(delay - reach, delay + reach + 1)
    _, best = max((polarity * _overlap_correlation(one, other, lag), lag) for lag in around)
    return best if abs(best - delay) < reach else delay


def _overlap_correlation(one: Reals, other: Reals, delay: int) -> float:
    """Normalised correlation of what overlaps when ``other`` is moved earlier by ``delay``."""
    frames = len(one) - abs(delay)
    a, b = one[max(0, -delay) :][:frames], other[max(0, delay) :][:frames]
    power = _product(a, a) * _product(b, b)
    return max(-1.0, min(1.0, _product(a, b) / math.sqrt(power))) if power > 0 else 0.0


def _prominence(curve: Reals, delay: int, width: int) -> tuple[float, float]:
    """How far the peak at ``delay`` stands out: in deviations of the rest, and the next highest over it."""
    middle = len(curve) // 2 + delay
    peak = abs(float(curve[middle]))
    rest = np.concatenate([curve[: max(0, middle - width)], curve[middle + width + 1 :]])
    deviation = math.sqrt(float(np.mean(rest**2))) if len(rest) else 0.0
    if peak == 0 or deviation == 0:
        return 0.0, 1.0
    return peak / deviation, min(1.0, float(np.abs(rest).max()) / peak)


def _product(one: Reals, other: Reals) -> float:
    """Scalar product.

    subtle: the ``@`` of long arrays wakes the linear-algebra library's own threads, which fight those of a busy caller.
    """
    return float(np.einsum("i,i->", one, other))
