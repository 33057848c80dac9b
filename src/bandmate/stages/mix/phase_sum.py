"""What two tracks lose in their sum: against the best that turning one over and moving it could make of them.

Conventions: excerpts are one channel, float64, with polarity, delay and fader of the song as it is. A loss is in dB and
never negative: 0 where the two are as well together as they can be, 3 dB where they are equally loud and nothing adds
up that could, without limit where they cancel. Silence loses nothing.

Not covered: devices; they come after what is compared here.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import scipy.fft

from bandmate.song.tracks import Track
from bandmate.stages.mix.session import Session

Reals = npt.NDArray[np.float64]

REACH_MS = 25.0
MOST_LOST_DB = 40.0
"""Two equal tracks of which one is upside down lose everything, and a larger figure would measure rounding."""


def busiest(session: Session, track_ids: tuple[str, str], seconds: float) -> float:
    """Where the stretch begins in which both tracks play most; 0 for a song that is no longer than that."""
    first, second = (session.hearing(track_id) for track_id in track_ids)
    hops = min(first.hops, second.hops)
    one, other = (heard.power[:, :hops].sum(axis=0, dtype=np.float64) for heard in (first, second))
    length = max(1, round(seconds / first.hop_seconds))
    if hops <= length:
        return 0.0
    total = np.concatenate([[0.0], np.cumsum(np.sqrt(one * other))])
    return round(float(np.argmax(total[length:] - total[:-length])) * first.hop_seconds, 3)


def excerpt_of(session: Session, track: Track, start_seconds: float, seconds: float) -> Reals:
    """A stretch of a track as it reaches the sum, shape (frames,): as recorded, with polarity, delay and fader."""
    samples = session.ears.excerpt(session.song, track.id, start_seconds, seconds)
    found: Reals = samples.mean(axis=0, dtype=np.float64) * 10 ** (track.gain_db / 20)
    return found


def moved(samples: Reals, earlier_frames: int) -> Reals:
    """The same length, that many frames earlier, or later where it is negative; silence fills the gap."""
    if earlier_frames == 0:
        return samples
    if earlier_frames > 0:
        return np.pad(samples[earlier_frames:], (0, min(earlier_frames, len(samples))))
    return np.pad(samples, (-earlier_frames, 0))[: len(samples)]


def pair_sum_db(one: Reals, other: Reals) -> float:
    """RMS level of the sum, dBFS; -150 for silence."""
    frames = min(len(one), len(other))
    mono = one[:frames] + other[:frames]
    return 10 * math.log10(max(float(np.mean(mono**2)) if frames else 0.0, 1e-15))


def lost_db(one: Reals, other: Reals, rate_hz: int) -> float:
    """What the sum loses against the best polarity and delay within 25 ms, 0 to 40 dB."""
    frames = min(len(one), len(other))
    one, other = one[:frames], other[:frames]
    alone = float(np.einsum("i,i->", one, one) + np.einsum("i,i->", other, other))
    if alone <= 0:
        return 0.0
    curve = correlation(one, other, round(REACH_MS * rate_hz / 1000))
    now = alone + 2 * float(curve[len(curve) // 2])
    best = alone + 2 * float(np.abs(curve).max())
    return min(MOST_LOST_DB, 10 * math.log10(best / max(now, best * 10 ** (-MOST_LOST_DB / 10))))


def correlation(one: Reals, other: Reals, reach: int) -> Reals:
    """Sums of products for delays -reach to reach of the second."""
    size = scipy.fft.next_fast_len(len(one) + reach, real=True)
    cross = np.conj(scipy.fft.rfft(one, size)) * scipy.fft.rfft(other, size)
    curve: Reals = scipy.fft.irfft(cross, size)[np.arange(-reach, reach + 1)]
    return curve


def correlated(session: Session, track_ids: tuple[str, str], seconds: float) -> float:
    """Correlation of two tracks as they are, where both play most, -1 to 1; 0 for silence."""
    start = busiest(session, track_ids, seconds)
    one, other = (excerpt_of(session, session.song.track(i), start, seconds) for i in track_ids)
    frames = min(len(one), len(other))
    one, other = one[:frames], other[:frames]
    power = float(np.einsum("i,i->", one, one)) * float(np.einsum("i,i->", other, other))
    return float(np.einsum("i,i->", one, other)) / math.sqrt(power) if power > 0 else 0.0
