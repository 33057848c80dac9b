"""Noise: a floor that is loud enough to be heard in the rests, and the gate that shuts there.

Whether noise is heard is a matter of the track and of the mix: it must be no further below the track than noisy
recordings are, and no further below the whole mix than ears reach. Instruments that are noise themselves (cymbals,
shakers, effects) count only by what is left in their rests.

The gauge is the level of the floor, which is that in the rests where there are any.

Not covered: taking noise out from under what is played; that is work on the recording and not on a desk. Where a track
does not rest, it is said and left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.stages.closeup import Closeup
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.noise_gate import GATE_CONFIDENCE, gate_for
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_floor import noise_floor
from bandmate.stages.mix.tone_levels import playing_db
from bandmate.stages.mix.tone_words import logistic
from bandmate.stages.words import spoken_name

FLOOR_HZ = (250.0, 16_000.0)
LEAST_BELOW_TRACK_DB, MOST_BELOW_TRACK_DB = -35.0, -15.0
"""What is nearer to the track than that is what it plays."""

LEAST_BELOW_MIX_DB = -50.0
LEAST_LEVEL_DB = -85.0
LEAST_REST_SHARE = 0.08
NOISE_BY_NATURE = ("kick", "snare", "toms", "cymbals", "hats", "percussion", "effects", "drums")
LEAST_BELOW_DRUMS_DB = -22.0
"""What rings and rattles has soft moments that are no noise of the recording."""


def find_noise(closeup: Closeup, role: str) -> float | None:
    """The level of a track's floor, dB; None where no floor is seen, or where it is softer than noise that matters."""
    floor = noise_floor(closeup)
    if not floor.is_noise() or (role in NOISE_BY_NATURE and not floor.in_rests):
        return None
    level_db = floor.total_db(*FLOOR_HZ)
    least_db = LEAST_BELOW_DRUMS_DB if role in NOISE_BY_NATURE else LEAST_BELOW_TRACK_DB
    below_db = level_db - track_level_db(closeup)
    return level_db if level_db > LEAST_LEVEL_DB and least_db < below_db < MOST_BELOW_TRACK_DB else None


def track_level_db(closeup: Closeup) -> float:
    """The level of a track while it plays."""
    return 10 * float(np.log10(max(float((10 ** (playing_db(closeup) / 10)).sum()), 1e-15)))


def mix_level_db(session: Session) -> float:
    """The level of all tracks together at their faders, their mean over the song added up."""
    total = sum(float(session.power(track.id).sum(axis=0).mean()) for track in session.tracks)
    return 10 * float(np.log10(max(total, 1e-15)))


def find(session: Session) -> Iterable[Finding]:
    """Every track whose noise is heard."""
    mix_db: float | None = None
    for track in session.tracks:
        closeup, hearing = session.closeup(track.id), session.hearing(track.id)
        level_db = find_noise(closeup, session.guess(track.id).role)
        if level_db is None:
            continue
        mix_db = mix_level_db(session) if mix_db is None else mix_db
        fader = 10 * float(np.log10(max(float(session.fader_power(track.id, 1, 1.0)[0]), 1e-15)))
        below_mix_db, below_track_db = level_db + fader - mix_db, level_db - track_level_db(closeup)
        if below_mix_db < LEAST_BELOW_MIX_DB:
            continue
        name = spoken_name(track)
        yield Finding(
            id=f"noise-{track.id}",
            kind="noise",
            tracks=(track.id,),
            end_seconds=hearing.seconds,
            where=session.where(0.0, hearing.seconds),
            sentence=f"{name} has a noise of {level_db:.0f} dBFS, {-below_track_db:.0f} dB below what it plays",
            hint=f"{name}: listen to what is left when it rests",
            confidence=round(logistic(below_track_db, LEAST_BELOW_TRACK_DB - 1.0, 1.5, 0.93), 2),
            evidence=(
                Evidence(what="level of the noise", unit="dBFS", before=level_db),
                Evidence(what="noise below what the track plays", unit="dB", before=-below_track_db),
                Evidence(what="noise against the whole mix", unit="dB", before=below_mix_db),
            ),
        )


def gauge(session: Session, finding: Finding) -> float | None:
    """The level of the noise in the rests."""
    floor = noise_floor(session.closeup(finding.tracks[0]))
    return floor.total_db(*FLOOR_HZ) if floor.trusted.any() else None


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """A gate, where the track rests."""
    found = gate_for(session, finding.tracks[0], least_share=LEAST_REST_SHARE)
    if found is None:
        return ()
    predicted = (finding.evidence[0].before or 0.0) + found.device.range_db
    deed = f"a gate that turns the rests down by {-found.device.range_db:g} dB"
    return (Answer((found.move,), predicted, deed, GATE_CONFIDENCE, (*finding.evidence[1:2], *found.evidence)),)


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name = spoken_name(session.song.track(finding.tracks[0]))
    return (
        f"{name} is noisy: {figure.before:.0f} dBFS in its rests, {finding.evidence[1].before:.0f} dB below "
        f"what it plays; {answer.deed} leaves {figure.after:.0f} dBFS"
    )


NOISE = Family(("noise",), "noise", find, gauge, answers, because, least=6.0)
