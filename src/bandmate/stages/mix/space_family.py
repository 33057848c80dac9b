"""Too much room on a track: voices, snares and horns that cannot stop, answered by a gate that closes a little.

What is recorded with its room cannot be had without it. A gate that closes by some decibels when the sound itself stops
takes the tail back and leaves the room that is heard with the sound; where even that would take from the music, the
finding stays without an answer.

Not covered: taking room away from under the sound; sends that are too high (they are heard in
``bandmate.stages.mix.room_return``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bandmate.song.address import ABSENT
from bandmate.song.devices import Gate
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.sound.compression_forecast import gated_db
from bandmate.sound.decay import fall_seconds
from bandmate.stages.mix.dynamics import faded_levels
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.roles import SURE_ENOUGH
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.space_tails import (
    DROP_DB,
    FAST_SHARE,
    FEWEST_FALLS,
    LONGEST_SECONDS,
    fast_fall_seconds,
    longest_usual_seconds,
    usual_seconds,
)
from bandmate.stages.words import spoken_name, spoken_role

DEVICE_ID = "room-gate"
EASING_SECONDS = 0.03
MOST_SURE = 0.9
GATE_SURENESS = 0.68
RANGES_DB = (-6.0, -8.0, -10.0)
BELOW_LOUD_DB = (16.0, 12.0, 9.0)
HOLD_MS, RELEASE_MS, ATTACK_MS, HYSTERESIS_DB = 40.0, 90.0, 2.0, 4.0
MOST_LOST_DB = 0.5
LEAST_SECONDS = 0.05


def find(session: Session) -> list[Finding]:
    """The tracks with surely more room on them than is usual, the wettest first."""
    found = []
    for track in session.tracks:
        guess = session.guess(track.id)
        usual = longest_usual_seconds(guess)
        seconds = fast_fall_seconds(session, track.id) if usual is not None else None
        if usual is None or seconds is None or not usual < seconds < LONGEST_SECONDS:
            continue
        sure = MOST_SURE * sum(
            share / (1.0 + math.exp(-(seconds - limit) / EASING_SECONDS)) for limit, share in usual_seconds(guess)
        )
        if sure >= SURE_ENOUGH:
            found.append(finding_of(session, track, seconds, usual, sure))
    return sorted(found, key=lambda finding: -finding.confidence)


def finding_of(session: Session, track: Track, seconds: float, usual: float, sure: float) -> Finding:
    name, known = spoken_name(track), session.guess(track.id).role
    role = f"a {spoken_role(known)}" if known != "unknown" else "such a track"
    end = session.hearing(track.id).seconds
    return Finding(
        id=f"too-much-room-{track.id}",
        kind="too-much-room",
        tracks=(track.id,),
        end_seconds=end,
        where=session.where(0.0, end),
        sentence=f"{name} cannot stop: it takes {seconds:.2f} s to fall by {DROP_DB:.0f} dB, where {usual:.2f} s is "
        f"long for {role}",
        hint=f"listen to how {name} stops: how long do you hear the room after it?",
        confidence=round(sure, 2),
        evidence=(
            Evidence(what="how long the faster falls take", unit="s", before=seconds, where=track.id),
            Evidence(what="the longest that is usual", unit="s", before=usual),
            Evidence(what="how deep these falls are", unit="dB", before=DROP_DB),
        ),
    )


def gauge(session: Session, finding: Finding) -> float | None:
    """How long the faster falls take, in seconds."""
    return fast_fall_seconds(session, finding.tracks[0])


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """The gentlest gate that brings the falls to what is usual, else the one that comes nearest."""
    track = session.song.track(finding.tracks[0])
    usual = longest_usual_seconds(session.guess(track.id))
    if usual is None or any(device.id == DEVICE_ID for device in track.inserts):
        return ()
    if finding.confidence * GATE_SURENESS < SURE_ENOUGH:
        return ()
    best: tuple[float, Gate] | None = None
    for range_db, below_db in ((r, b) for r in RANGES_DB for b in BELOW_LOUD_DB):
        device = gate_at(session, track.id, range_db, below_db)
        seconds = with_gate(session, track.id, device)
        if seconds is not None and (best is None or seconds < best[0]) and (best is None or best[0] > usual):
            best = seconds, device
    if best is None:
        return ()
    seconds, device = best
    return (
        Answer(
            moves=(Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device),),
            predicted=seconds,
            deed=f"a gate at {device.threshold_dbfs:.1f} dBFS that closes by {-device.range_db:.0f} dB",
            confidence=GATE_SURENESS,
            evidence=(
                Evidence(what="threshold of the gate", unit="dBFS", after=device.threshold_dbfs),
                Evidence(what="range of the gate", unit="dB", after=device.range_db),
            ),
        ),
    )


def gate_at(session: Session, track_id: str, range_db: float, below_db: float) -> Gate:
    """A gate whose threshold is that far below the loud peaks of a track."""
    peaks = session.closeup(track_id).peaks.astype(np.float64)
    loud = math.sqrt(float((peaks**4).sum() / max(float((peaks**2).sum()), 1e-30)))
    threshold_dbfs = round(20 * math.log10(max(loud, 1e-7)) - below_db, 1)
    return Gate(
        id=DEVICE_ID,
        threshold_dbfs=threshold_dbfs,
        range_db=range_db,
        hysteresis_db=HYSTERESIS_DB,
        attack_ms=ATTACK_MS,
        hold_ms=HOLD_MS,
        release_ms=RELEASE_MS,
    )


def with_gate(session: Session, track_id: str, device: Gate) -> float | None:
    """How long the falls would take behind a gate; None where it would take from the music."""
    closeup, levels = session.closeup(track_id), faded_levels(session, track_id)
    gated = levels * 10 ** (-gated_db(closeup.peaks, device, closeup.level_hop_seconds) / 10)
    lost_db = -10 * math.log10(max(float(gated.sum()), 1e-30) / max(float(levels.sum()), 1e-30))
    falls = fall_seconds(gated, closeup.level_hop_seconds, DROP_DB)
    if lost_db > MOST_LOST_DB or len(falls) < FEWEST_FALLS:
        return None
    return float(np.quantile(falls, FAST_SHARE))


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """The reason in one sentence."""
    name = spoken_name(session.song.track(finding.tracks[0]))
    return (
        f"{name} has more room on it than such tracks have; {answer.deed} shortens its tails from {figure.before:.2f} "
        f"to {figure.after:.2f} s"
    )


TOO_MUCH_ROOM = Family(("too-much-room",), "space", find, gauge, answers, because, LEAST_SECONDS)
