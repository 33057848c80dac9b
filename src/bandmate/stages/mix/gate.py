"""Bleed: close microphones on drums that hear the rest of the kit between their hits, answered by a gate.

A gate is proposed only where its threshold has room: nearly everything between the hits must stay below it, and nearly
every hit above. The hits must come through: where the gate takes more than ``MOST_LOST_DB`` off them on the sound, it
is no answer. It closes by no more than is needed, for a kit whose microphones fall silent sounds like a machine.

Not covered: gates that listen to another track, expanders, bleed outside the kit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bandmate.song.address import ABSENT
from bandmate.song.devices import Gate
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move, apply
from bandmate.song.tracks import Role, Track
from bandmate.sound.compression_forecast import gated_db
from bandmate.stages.mix.compress_design import decay_of
from bandmate.stages.mix.dynamics import faded_levels
from bandmate.stages.mix.dynamics_levels import Hits
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.gate_bleed import Between, between_hits, likeness, soft_gap_db
from bandmate.stages.mix.roles import SURE_ENOUGH, role_table
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

DEVICE_ID = "bleed-gate"
CLOSE_ROLES: tuple[Role, ...] = ("kick", "snare", "toms")
LOUD_DB, EASING_DB = -22.0, 1.2
ALIKE, SURELY_ALIKE = 0.55, 0.85
RINGING_SURENESS = 0.85
GATE_SURENESS = 0.85
LEAST_GAP_DB = 3.0
THRESHOLD_SHARE = 0.35
"""Where in the gap the threshold lies: nearer to the bleed, so that soft hits open the gate too."""

WANTED_DB = -38.0
RANGE_DB = (-24.0, -10.0)
HOLD_MS, RELEASE_MS = (30.0, 150.0), (60.0, 200.0)
HYSTERESIS_DB = 4.0
MOST_LOST_DB = 0.5
LEAST_DB = 4.0


def find(session: Session) -> list[Finding]:
    """The close microphones with loud bleed or ringing between their hits, the loudest first."""
    found = []
    for track in session.tracks:
        if session.guess(track.id).role in CLOSE_ROLES and session.guess(track.id).confidence >= SURE_ENOUGH:
            finding = finding_on(session, track)
            if finding is not None and finding.confidence >= SURE_ENOUGH:
                found.append(finding)
    return sorted(found, key=lambda finding: -(finding.evidence[0].before or 0.0))


def finding_on(session: Session, track: Track) -> Finding | None:
    between = between_hits(faded_levels(session, track.id))
    if between is None or between.loud_db < LOUD_DB - 3 * EASING_DB:
        return None
    name, loud = spoken_name(track), between.loud_db
    heard, alike = what_bleeds(session, track, between)
    if alike >= ALIKE:
        sure = 0.6 + 0.35 * min(1.0, (alike - ALIKE) / (SURELY_ALIKE - ALIKE))
        what = f"it hears {heard}" if heard else "it hears the other drums"
    elif between.is_steady:
        sure, what = RINGING_SURENESS, "something rings or hums on"
    else:
        return None
    confidence = sure / (1.0 + math.exp(-(loud - LOUD_DB) / EASING_DB)) * session.guess(track.id).confidence
    end = session.hearing(track.id).seconds
    return Finding(
        id=f"bleed-{track.id}",
        kind="bleed",
        tracks=(track.id,),
        end_seconds=end,
        where=session.where(0.0, end),
        sentence=f"{name}: between its hits {what}, only {-loud:.1f} dB below them",
        hint=f"listen to {name} alone: what is there between its own hits?",
        confidence=round(confidence, 2),
        evidence=(
            Evidence(what="loud moments between the hits beside the hits", unit="dB", before=loud, where=track.id),
            Evidence(what="likeness of what is between the hits to the other drums", unit="of 1", before=alike),
        ),
    )


def what_bleeds(session: Session, track: Track, between: Between) -> tuple[str, float]:
    """The drum that goes up and down with what is between the hits, and how much so; no name where it is several."""
    own, together = session.guess(track.id).role, np.zeros(0)
    best, name = 0.0, ""
    for other in session.tracks:
        role = session.guess(other.id).role
        if other.id == track.id or role == own or role_table()[role].family != "drums":
            continue
        levels = faded_levels(session, other.id)
        size = max(len(levels), len(together))
        together = np.pad(together, (0, size - len(together))) + np.pad(levels, (0, size - len(levels)))
        alike = likeness(between, levels)
        if alike > best:
            best, name = alike, spoken_name(other)
    several = likeness(between, together)
    return ("", several) if several > best else (name, best)


def gauge(session: Session, finding: Finding) -> float | None:
    """How loud what is between the hits is beside the hits, in dB; None where no hits are left to compare with."""
    between = between_hits(faded_levels(session, finding.tracks[0]))
    return None if between is None else between.loud_db


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """A gate; nothing where hits and bleed are too near to each other, where the hits would lose, or where it is not
    sure enough."""
    if finding.confidence * GATE_SURENESS < SURE_ENOUGH:
        return ()
    track = session.song.track(finding.tracks[0])
    between = between_hits(faded_levels(session, track.id))
    if between is None or any(device.id == DEVICE_ID for device in track.inserts):
        return ()
    device = gate_for(session, track.id, between)
    if device is None:
        return ()
    closeup = session.closeup(track.id)
    levels = faded_levels(session, track.id)
    reductions = gated_db(closeup.peaks, device, closeup.level_hop_seconds)
    after = between_hits(levels * 10 ** (-reductions / 10))
    move = Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device)
    lost_db = lost_by_hits(session, move, track.id, between.own)
    if after is None or lost_db > MOST_LOST_DB:
        return ()
    return (
        Answer(
            moves=(move,),
            predicted=after.loud_db,
            deed=f"a gate at {device.threshold_dbfs:.1f} dBFS that closes by {-device.range_db:.0f} dB",
            confidence=GATE_SURENESS,
            evidence=(
                Evidence(what="threshold of the gate", unit="dBFS", after=device.threshold_dbfs),
                Evidence(what="range of the gate", unit="dB", after=device.range_db),
                Evidence(what="what the hits themselves lose", unit="dB", after=lost_db, target=0.0),
            ),
        ),
    )


def gate_for(session: Session, track_id: str, between: Between) -> Gate | None:
    """A gate between bleed and hits; None where there is no room for its threshold."""
    closeup = session.closeup(track_id)
    bleed, hits = soft_gap_db(between, closeup.peaks)
    if hits - bleed < LEAST_GAP_DB:
        return None
    decay_ms = decay_of(closeup.levels, between.own, closeup.level_hop_seconds)
    return Gate(
        id=DEVICE_ID,
        threshold_dbfs=round(bleed + THRESHOLD_SHARE * (hits - bleed), 1),
        range_db=float(round(np.clip(WANTED_DB - between.loud_db, *RANGE_DB))),
        hysteresis_db=HYSTERESIS_DB,
        attack_ms=0.5,
        hold_ms=float(round(np.clip(decay_ms, *HOLD_MS))),
        release_ms=float(round(np.clip(1.5 * decay_ms, *RELEASE_MS))),
    )


def lost_by_hits(session: Session, move: Move, track_id: str, own: Hits) -> float:
    """What the hits lose on the sound, dB, on average."""
    before = faded_levels(session, track_id)
    after = faded_levels(session.with_song(apply(session.song, move)), track_id)
    around = np.clip(own.column[:, None] + np.arange(-1, 3), 0, min(len(before), len(after)) - 1)
    change = after[around].sum(axis=1) / np.maximum(before[around].sum(axis=1), 1e-15)
    return float(-10 * np.log10(np.maximum(change, 1e-9)).mean())


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """The reason in one sentence."""
    name = spoken_name(session.song.track(finding.tracks[0]))
    return (
        f"between the hits of {name} other sound is only {-(figure.before or 0.0):.1f} dB below them; {answer.deed} "
        f"brings that to {-(figure.after or 0.0):.1f} dB"
    )


BLEED = Family(("bleed",), "dynamics", find, gauge, answers, because, LEAST_DB)
