"""What to do where kick and bass meet: a cut in the bass where the kick is, or a bass that ducks under each hit.

Both are forecast on what was heard: the cut on the bass's bands, the ducking on the peaks of every 10 ms of the kick,
which are what the compressor's detector hears. The cut comes first where the bass stands out of its own neighbourhood
there; else ducking does, for then the bass is needed between the hits. Where the musician cares most for the bass, the
kick gives way by the cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate.song.address import ABSENT
from bandmate.song.devices import Band, Compressor, Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.song.values import slug
from bandmate.sound.dynamics import Follower, share_per_frame
from bandmate.sound.filters import response_db
from bandmate.sound.spectrum import third_octave_bands
from bandmate.stages.mix.audible import padded
from bandmate.stages.mix.family import Answer
from bandmate.stages.mix.low_end import KICK_HZ, above_neighbours_db, band_hz, hits_of, of_role, over_db, together
from bandmate.stages.mix.session import Powers, Session, summed
from bandmate.stages.words import spoken_name

Curve = npt.NDArray[np.float64]

AIM_DB = -6.0
"""Where kick and bass are apart enough."""

CUT_RANGE_DB, STEP_DB = (2.0, 6.0), 0.5
CUT_Q = 1.0
STANDS_OUT_DB = 3.0

DUCK_RANGE_DB = (2.0, 6.0)
RATIO, ATTACK_MS, KNEE_DB = 4.0, 2.0, 6.0
RELEASE_RANGE_MS = (60.0, 250.0)
DECAYED_DB = -12.0
"""The bass comes back when the kick has fallen by so much."""

CUT_CONFIDENCE, DUCK_CONFIDENCE = 0.95, 0.9
POINTS_PER_BAND = 5


def answers_to(session: Session, finding: Finding) -> Sequence[Answer]:
    """The cut and the ducking, the better one first."""
    kicks, basses = sides(session, finding)
    if not kicks or not basses:
        return ()
    hits, strongest = place_of(session, finding)
    if not hits.any():
        return ()
    if any(bass in session.brief.focus for bass in basses):
        return [cut(session, finding, kicks, basses)]
    power = together(session, basses)
    stands_out = above_neighbours_db(padded(power, len(hits))[:, hits].mean(axis=1), strongest) >= STANDS_OUT_DB
    found = [cut(session, finding, basses, kicks), ducked(session, finding)]
    return found if stands_out else found[::-1]


def sides(session: Session, finding: Finding) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kicks and the basses of a finding that can still be heard."""
    sounding = {track.id for track in session.tracks}
    kicks = of_role(session, "kick") or of_role(session, "drums")
    ids = tuple(track_id for track_id in finding.tracks if track_id in sounding)
    return tuple(i for i in ids if i in kicks), tuple(i for i in ids if i not in kicks)


def place_of(session: Session, finding: Finding) -> tuple[npt.NDArray[np.bool_], int]:
    """The hits of the kicks, and the band of the finding."""
    kicks, basses = sides(session, finding)
    hz = band_hz(session, kicks[0])
    power = together(session, kicks)
    hops = max(power.shape[1], together(session, basses).shape[1])
    hits = hits_of(padded(power, hops), (hz >= KICK_HZ[0]) & (hz <= KICK_HZ[1]))
    return hits, int(np.argmin(np.abs(hz - centre_of(finding))))


def centre_of(finding: Finding) -> float:
    return math.sqrt((finding.low_hz or 20.0) * (finding.high_hz or 20_000.0))


def forecast(session: Session, finding: Finding, factors: dict[str, Powers]) -> float:
    """The figure with the powers of some tracks multiplied, shape (bands, 1) or (1, hops)."""
    kicks, basses = sides(session, finding)
    hits, strongest = place_of(session, finding)
    levels = []
    for ids in (basses, kicks):
        # subtle: multiplied before it is filled up, for a factor is as long as its track, and tracks differ in length.
        powers = [session.power(i) * factors.get(i, np.ones((1, 1), np.float32)) for i in ids]
        levels.append(padded(summed(powers), len(hits)))
    return over_db(levels[0], levels[1], strongest, hits)


def cut(session: Session, finding: Finding, yielding: tuple[str, ...], staying: tuple[str, ...]) -> Answer:
    """A bell on each of the tracks that give way."""
    freq_hz = float(round(centre_of(finding) if yielding[0] == finding.tracks[1] else bass_hz(session, finding)))
    sign = 1.0 if yielding[0] == finding.tracks[1] else -1.0

    def factors(cut_db: float) -> dict[str, Powers]:
        gains = response(session, Band(id="1", freq_hz=freq_hz, gain_db=-cut_db, q=CUT_Q))
        return dict.fromkeys(yielding, gains)

    now, cut_db = forecast(session, finding, {}), CUT_RANGE_DB[0]
    while cut_db < CUT_RANGE_DB[1] and sign * (forecast(session, finding, factors(cut_db)) - now) > AIM_DB - now:
        cut_db += STEP_DB
    moves = []
    for track_id in yielding:
        inserts = session.song.track(track_id).inserts
        name = slug(f"room-for-{staying[0]}", frozenset(device.id for device in inserts))
        device = Equalizer(id=name, bands=(Band(id="1", freq_hz=freq_hz, gain_db=-cut_db, q=CUT_Q),))
        moves.append(Move(address=f"tracks/{track_id}/inserts/{name}", before=ABSENT, after=device))
    names = " and ".join(spoken_name(session.song.track(i)) for i in yielding)
    return Answer(
        moves=tuple(moves),
        predicted=forecast(session, finding, factors(cut_db)),
        deed=f"a cut of {cut_db:.1f} dB at {freq_hz:.0f} Hz on {names}",
        confidence=CUT_CONFIDENCE,
        evidence=(
            *finding.evidence[1:],
            Evidence(what="depth of the cut", unit="dB", after=cut_db, where=yielding[0]),
            Evidence(what="centre of the cut", unit="Hz", after=freq_hz, where=yielding[0]),
        ),
    )


def bass_hz(session: Session, finding: Finding) -> float:
    """Where the basses are strongest."""
    _, basses = sides(session, finding)
    return float(band_hz(session, basses[0])[int(np.argmax(together(session, basses).mean(axis=1)))])


def response(session: Session, band: Band) -> Powers:
    """The factor of an equalizer band on the power in each 1/3-octave band, shape (bands, 1)."""
    division = third_octave_bands(session.song.rate_hz)
    within = np.linspace(0.0, 1.0, POINTS_PER_BAND + 2)[1:-1]
    low, high = division.low_hz[:, None], division.high_hz[:, None]
    gains = 10 ** (response_db([band], low + (high - low) * within, session.song.rate_hz) / 10)
    return np.asarray(gains.mean(axis=1, keepdims=True), np.float32)


def ducked(session: Session, finding: Finding) -> Answer:
    """A compressor on each bass that listens to the strongest kick."""
    kicks, basses = sides(session, finding)
    peaks = session.closeup(kicks[0]).peaks.astype(np.float64)
    release_ms, hit_dbfs = hits_in(peaks)

    def device(depth_db: float, name: str) -> Compressor:
        threshold = hit_dbfs - depth_db / (1.0 - 1.0 / RATIO)
        return Compressor(
            id=name,
            threshold_dbfs=float(round(max(threshold, -100.0))),
            ratio=RATIO,
            knee_db=KNEE_DB,
            attack_ms=ATTACK_MS,
            release_ms=release_ms,
            key=kicks[0],
        )

    def left(depth_db: float) -> float:
        made = device(depth_db, "trial")
        return forecast(session, finding, {i: duck_factor(session, i, peaks, made) for i in basses})

    depth_db = DUCK_RANGE_DB[0]
    while depth_db < DUCK_RANGE_DB[1] and left(depth_db) > AIM_DB:
        depth_db += STEP_DB
    moves = []
    for track_id in basses:
        inserts = session.song.track(track_id).inserts
        name = slug(f"duck-under-{kicks[0]}", frozenset(device.id for device in inserts))
        moves.append(Move(address=f"tracks/{track_id}/inserts/{name}", before=ABSENT, after=device(depth_db, name)))
    names = " and ".join(spoken_name(session.song.track(i)) for i in basses)
    return Answer(
        moves=tuple(moves),
        predicted=left(depth_db),
        deed=f"ducking {names} by about {depth_db:.1f} dB under each hit",
        confidence=DUCK_CONFIDENCE,
        evidence=(
            *finding.evidence[1:],
            Evidence(what="depth of the ducking at a usual hit", unit="dB", after=depth_db, where=basses[0]),
            Evidence(what="time in which the kick falls by 12 dB", unit="ms", before=release_ms, where=kicks[0]),
        ),
    )


def hits_in(peaks: Curve) -> tuple[float, float]:
    """How long a hit takes to fall by 12 dB, ms (in the range of a release), and how high hits usually are, dBFS."""
    loud = float(np.quantile(peaks, 0.98)) if peaks.size else 0.0
    above = np.concatenate([[False], peaks > loud * 10 ** (DECAYED_DB / 20), [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return RELEASE_RANGE_MS[0], -60.0
    lengths_ms = 10.0 * (ends - starts)
    tops = [float(peaks[a:b].max()) for a, b in zip(starts, ends, strict=True)]
    release = float(np.clip(np.median(lengths_ms), *RELEASE_RANGE_MS))
    return float(round(release)), 20 * float(np.log10(max(float(np.median(tops)), 1e-6)))


def duck_factor(session: Session, track_id: str, peaks: Curve, device: Compressor) -> Powers:
    """What the compressor leaves of a track's power at each hop, shape (1, hops): its gain every 10 ms, weighted by the
    track's own level and the meter's window."""
    closeup = session.closeup(track_id)
    levels = closeup.levels.astype(np.float64)
    heard = np.zeros(len(levels))
    heard[: min(len(levels), len(peaks))] = peaks[: len(levels)]
    follower = Follower(
        threshold_dbfs=device.threshold_dbfs,
        ratio=device.ratio,
        knee_db=device.knee_db,
        attack=share_per_frame(device.attack_ms, 100),
        release=share_per_frame(device.release_ms, 100),
    )
    gains = follower.gains(heard) ** 2
    per_hop = max(1, round(closeup.hop_seconds / closeup.level_hop_seconds))
    window = np.sin(np.pi * (np.arange(2 * per_hop) + 0.5) / (2 * per_hop)) ** 2
    before, after = (np.convolve(row, window)[per_hop - 1 :: per_hop] for row in (levels, levels * gains))
    hops = session.hearing(track_id).hops
    factor = np.divide(after, before, out=np.ones_like(before), where=before > 0)[:hops]
    return np.asarray(np.pad(factor, (0, max(0, hops - len(factor))), constant_values=1.0)[None, :], np.float32)
