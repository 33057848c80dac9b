"""The families of findings about the stereo field: a pair that plays in the centre, a centre where everything plays.

What the musician panned stays, and so does everything else in such a song: nobody pans half a mix. The figure is how
far the sides of the whole mix are below its middle, measured on the mix as it is played.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.stages.mix.delivered_names import are_named_sides, side_of
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.groups import pairs
from bandmate.stages.mix.pan import MIDDLE_HZ, is_central, side_share, spread, spreadable
from bandmate.stages.mix.phase_sum import correlated
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

FEWEST = 4
"""Three instruments in the centre of a small band are a style."""

EMPTY_SIDES_DB = -20.0
MOST_DB = 40.0
"""Sides so far below the middle are empty; beyond the second nobody hears a difference."""

LEAST_DB = 6.0
LEAST_PAIR_PERCENT = 10.0
MOST_ALIKE = 0.9
MEASURED_SECONDS = 20.0
NAMED_LISTED = 4


def named_pairs(session: Session) -> Iterator[Finding]:
    """Left and right by their names, both in the centre and not the same sound."""
    for first, second in combinations(session.tracks, 2):
        if not are_named_sides(first, second) or not all(is_central(session, each) for each in (first, second)):
            continue
        if any(session.hearing(each.id).channels != 1 for each in (first, second)):
            continue
        left, right = (first, second) if side_of(first) == "left" else (second, first)
        alike = correlated(session, (left.id, right.id), MEASURED_SECONDS)
        if alike > MOST_ALIKE:
            continue
        names = f"{spoken_name(left)} and {spoken_name(right)}"
        evidence = (
            Evidence(what=f"share of {names} that both sides play", unit="%", before=100.0, where=left.id),
            Evidence(what="correlation of the two", unit="-1 to 1", before=alike),
        )
        yield Finding(
            id=f"crowded-centre-{left.id}-{right.id}",
            kind="crowded-centre",
            tracks=(left.id, right.id),
            sentence=f"{names} are the two sides of one thing by their names, and both play in the centre",
            hint=f"listen where {names} stand",
            confidence=0.85,
            evidence=evidence,
        )


def common_share(session: Session, finding: Finding) -> float | None:
    """Share of a pair that both sides play, %, from its pans and from how far the two are alike."""
    left, right = (session.song.track(track_id) for track_id in finding.tracks[:2])
    return pair_share(left.pan, right.pan, correlated(session, (left.id, right.id), MEASURED_SECONDS))


def pair_share(pan: float, other_pan: float, alike: float) -> float:
    """What is in the middle of two tracks of equal level, %."""
    (a, b), (c, d) = ((math.cos(angle), math.sin(angle)) for angle in ((p + 1) * math.pi / 4 for p in (pan, other_pan)))
    middle = (a + b) ** 2 + (c + d) ** 2 + 2 * alike * (a + b) * (c + d)
    sides = (a - b) ** 2 + (c - d) ** 2 + 2 * alike * (a - b) * (c - d)
    return 100 * middle / max(middle + sides, 1e-12)


def pair_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """One to each side."""
    left, right = (session.song.track(track_id) for track_id in finding.tracks[:2])
    moves = (
        Move(address=f"tracks/{left.id}/pan", before=left.pan, after=-1.0),
        Move(address=f"tracks/{right.id}/pan", before=right.pan, after=1.0),
    )
    forecast = pair_share(-1.0, 1.0, finding.evidence[1].before or 0.0)
    return (Answer(moves, forecast, "panning them left and right", 0.85, finding.evidence[1:]),)


def pair_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    return f"{finding.sentence}; {answer.deed} leaves {figure.after:.0f} % of them on both sides instead of all of it"


def crowded(session: Session) -> Iterator[Finding]:
    """Many tracks in the very centre, and nothing beside it."""
    tracks = spreadable(session)
    panned = [track for track in session.tracks if track.pan != 0 and not side_of(track)]
    if len(tracks) < FEWEST or panned or decibels(side_share(session, {})) > EMPTY_SIDES_DB:
        return
    below = below_middle_db(session)
    if below < -EMPTY_SIDES_DB:
        return
    listed = ", ".join(spoken_name(track) for track in tracks[:NAMED_LISTED])
    listed += " …" if len(tracks) > NAMED_LISTED else ""
    evidence = (
        Evidence(what="how far the sides of the mix are below its middle, 200 Hz to 8 kHz", unit="dB", before=below),
        Evidence(what="tracks in the very centre that could stand beside it", unit="tracks", before=float(len(tracks))),
    )
    length = max(session.hearing(track.id).seconds for track in tracks)
    yield Finding(
        id="crowded-centre",
        kind="crowded-centre",
        tracks=tuple(track.id for track in tracks),
        end_seconds=length,
        where=session.where(0.0, length),
        low_hz=MIDDLE_HZ[0],
        high_hz=MIDDLE_HZ[1],
        sentence=f"{len(tracks)} tracks that could stand elsewhere play in the very centre ({listed}), and the sides "
        f"are {'at least ' if below >= MOST_DB else ''}{below:.0f} dB below the middle",
        hint="listen on headphones: does anything come from the left or the right?",
        confidence=round(0.97 - 0.2 * math.exp(-(len(tracks) - FEWEST + 1) / 2), 2),
        evidence=evidence,
    )


def decibels(share: float) -> float:
    """A share of the sides against what is left for the middle, dB."""
    return 10 * math.log10(max(share, 1e-12) / max(1 - share, 1e-12))


def below_middle_db(session: Session) -> float:
    """How far the sides of the mix as it is played are below its middle between 200 Hz and 8 kHz, 0 to 40 dB."""
    heard = session.ears.main(session.song)
    hz = np.array(heard.band_hz)
    inside = (hz >= MIDDLE_HZ[0]) & (hz <= MIDDLE_HZ[1])
    total = float(heard.power[inside].sum(dtype=np.float64))
    sides = float(heard.side_power[inside].sum(dtype=np.float64))
    return min(MOST_DB, max(0.0, -decibels(sides / total))) if total > 0 else MOST_DB


def emptiness(session: Session, finding: Finding) -> float | None:
    return below_middle_db(session)


def crowded_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """All of them spread out at once."""
    tracks = [track for track in spreadable(session) if track.id in finding.tracks]
    if len(tracks) < 2:
        return ()
    opposite = [
        (group.track_ids[0], group.track_ids[1])
        for group in pairs(session)
        if group.kind in ("doubles", "left-right") and len(group.track_ids) == 2
    ]
    found = spread(session, tracks, opposite)
    moves = tuple(
        Move(address=f"tracks/{track_id}/pan", before=0.0, after=pan) for track_id, pan in found.pans.items() if pan
    )
    evidence = (
        *finding.evidence[1:],
        Evidence(what="most that left and right differ in an octave", unit="dB", predicted=found.imbalance_db),
        Evidence(what="most that mono takes off a track", unit="dB", predicted=found.mono_loss_db),
        Evidence(what="tracks that are spread out", unit="tracks", after=float(len(moves))),
    )
    forecast = min(MOST_DB, max(0.0, -decibels(side_share(session, found.pans))))
    return (Answer(moves, forecast, f"spreading {len(moves)} of them out", 0.9, evidence),)


def crowded_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name = spoken_name(session.song.track(answer.moves[0].address.split("/")[1]))
    return (
        f"the sides of the mix are {figure.before:.0f} dB below its middle; {answer.deed}, {name} among them, brings "
        f"that to {figure.after:.0f} dB"
    )


SIDES_OF_ONE = Family(
    ("crowded-centre",), "stereo", named_pairs, common_share, pair_answers, pair_because, LEAST_PAIR_PERCENT
)
CROWDED_CENTRE = Family(("crowded-centre",), "stereo", crowded, emptiness, crowded_answers, crowded_because, LEAST_DB)

PAN = (SIDES_OF_ONE, CROWDED_CENTRE)
"""Where tracks stand."""
