"""Rumble as findings, and the high-passes that answer them; how it is told from music is in ``rumble``.

The gauge is the level below the rumble's upper end. What a filter would do to it, and to the loudness of the track, is
worked out on the fine spectrum before it is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.sound.filters import response_db
from bandmate.stages.closeup import Closeup
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.hum import find_hum, summed_db
from bandmate.stages.mix.roles import role_table
from bandmate.stages.mix.rumble import (
    LEAST_REDUCTION_DB,
    MOST_LOUDNESS_CHANGE_LU,
    find_rumble,
    insert_first,
    rumble_filter,
)
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_levels import free_id
from bandmate.stages.words import spoken_name

Reals = npt.NDArray[np.float64]

UNKNOWN_ROLE_SHARE = 0.7
"""What is left of the confidence where it is not known how low the track can play."""

K_CORNER_HZ = 38.0
"""Loudness meters leave out what is below about this."""


def find(session: Session) -> Iterable[Finding]:
    """Every track that rumbles."""
    for track in session.tracks:
        guess, hearing = session.guess(track.id), session.hearing(track.id)
        rumble = find_rumble(hearing, role_table()[guess.role].lowest_hz)
        if rumble is None or is_hum(session.closeup(track.id), rumble.below_hz):
            continue
        name = spoken_name(track)
        level_db = level_below_db(session.closeup(track.id), rumble.below_hz)
        certainty = min(0.95, 0.75 + max(0.0, rumble.share_db + 24.0) / 100.0)
        certainty *= UNKNOWN_ROLE_SHARE if guess.role == "unknown" else 1.0
        yield Finding(
            id=f"rumble-{track.id}",
            kind="rumble",
            tracks=(track.id,),
            end_seconds=hearing.seconds,
            where=session.where(0.0, hearing.seconds),
            low_hz=20.0,
            high_hz=rumble.below_hz,
            sentence=f"{name}: rumble below {rumble.below_hz:.0f} Hz of {level_db:.0f} dBFS, also while it rests",
            hint=f"{name}: listen for a rumble under everything it plays, best on large loudspeakers",
            confidence=round(certainty, 2),
            evidence=(
                Evidence(what=f"level below {rumble.below_hz:.0f} Hz", unit="dBFS", before=level_db),
                Evidence(what="highest frequency of the rumble", unit="Hz", before=rumble.below_hz),
                Evidence(what="quiet moments of the rumble against its mean", unit="dB", before=rumble.steady_db),
                Evidence(what="rumble against the whole track", unit="dB", before=rumble.share_db),
            ),
        )


def is_hum(closeup: Closeup, below_hz: float) -> bool:
    """Whether what is below a frequency is mostly the lowest lines of a hum (``bandmate.stages.mix.hum``)."""
    hum = find_hum(closeup)
    if hum is None:
        return False
    low = [line.level_db for line in hum.lines if line.number * hum.mains_hz < below_hz * 2 ** (1 / 6)]
    return bool(low) and summed_db(low) > level_below_db(closeup, below_hz) - 3.0


def gauge(session: Session, finding: Finding) -> float | None:
    """The level of the rumble."""
    return level_below_db(session.closeup(finding.tracks[0]), finding.evidence[1].before or 0.0)


def level_below_db(closeup: Closeup, below_hz: float, response: Reals | float = 0.0) -> float:
    """Mean level below a frequency, dBFS, after a response in dB; -150 for nothing."""
    low = np.array(closeup.fine_hz) < below_hz
    if not low.any() or not closeup.fine_db.shape[1]:
        return -150.0
    power = (10 ** (closeup.fine_db.astype(np.float64) / 10)).mean(axis=1) * 10 ** (response / 10)
    return 10 * float(np.log10(max(float(power[low].sum()), 1e-15)))


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """A high-pass a little below the lowest note, unless it would take music with it."""
    track = session.song.track(finding.tracks[0])
    closeup, below_hz = session.closeup(track.id), finding.evidence[1].before or 0.0
    plain = rumble_filter(role_table()[session.guess(track.id).role].lowest_hz)
    device = Equalizer(id=free_id(track, plain.id), bands=plain.bands)
    response = response_db(device.bands, np.array(closeup.fine_hz), session.song.rate_hz)
    change_lu = loudness_change_lu(closeup, response)
    if abs(change_lu) > MOST_LOUDNESS_CHANGE_LU:
        return ()
    predicted = level_below_db(closeup, below_hz, response)
    corner_hz = device.bands[0].freq_hz
    facts = (
        *finding.evidence[1:3],
        Evidence(what="corner of the filter", unit="Hz", after=corner_hz),
        Evidence(what="what the filter takes off the loudness", unit="LU", after=-change_lu),
    )
    deed = f"a high-pass at {corner_hz:.0f} Hz"
    return (Answer((insert_first(track, device),), predicted, deed, 1.0, facts),)


def loudness_change_lu(closeup: Closeup, response: Reals) -> float:
    """What a filter does to the loudness of a track, about."""
    hz = np.array(closeup.fine_hz)
    power = (10 ** (closeup.fine_db.astype(np.float64) / 10)).mean(axis=1) if closeup.fine_db.shape[1] else 0 * hz
    weighted = power * (hz**2 / (hz**2 + K_CORNER_HZ**2)) ** 2
    total = float(weighted.sum())
    return 10 * float(np.log10(float((weighted * 10 ** (response / 10)).sum()) / total)) if total > 0 else 0.0


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name, below_hz = spoken_name(session.song.track(finding.tracks[0])), finding.evidence[1].before or 0.0
    return (
        f"{name} has a steady rumble below {below_hz:.0f} Hz, under anything it plays: {figure.before:.0f} dBFS; "
        f"{answer.deed} leaves {figure.after:.0f} dBFS"
    )


RUMBLE = Family(("rumble",), "noise", find, gauge, answers, because, least=LEAST_REDUCTION_DB)
