"""Too much of one range: a broad bump that is on everything a track holds, and the broad cut that takes it back.

What an instrument should have between 300 and 600 Hz no table knows: two good guitars differ there by more than a fault
would be (on 250 rendered stems, the spectrum usual for a role told a bump of 6 to 10 dB from none hardly better than
chance would: four times in five). So the instrument is not judged at all. What is judged is the floor
(``bandmate.stages.mix.tone_floor``): noise has no formants, and where even the noise in the rests is bent upwards by
as much, it was bent by a microphone, a room or an equalizer, and what is played with it. And it must matter: the track
has something there while it plays.

The gauge is the bump's height in the floor.

Not covered: instruments that are harsh or boxy by themselves; tracks without a floor, such as ones that were gated or
made of samples. There nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Band, Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding, FindingKind
from bandmate.sound.filters import response_db
from bandmate.stages.closeup import Closeup
from bandmate.stages.mix.family import Answer
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_bump import Bends, Bump, bell_db, bump_at
from bandmate.stages.mix.tone_floor import is_narrow, noise_floor, roughness
from bandmate.stages.mix.tone_levels import appended, free_id, playing_db
from bandmate.stages.mix.tone_words import hz_words, logistic
from bandmate.stages.words import spoken_name

Reals = npt.NDArray[np.float64]

FLOOR_BENDS = Bends(bend_db=2.0, octaves=1.2, point_db=0.8)
"""Floors of rooms and amplifiers bend by about so much without any fault."""

SPAN_OCTAVES = 2.5
HIGHEST_HZ = 17_000.0
LEAST_BANDS, LEAST_INSIDE, LEAST_BESIDE = 40, 8, 6
INSIDE_OCTAVES, OUTSIDE_OCTAVES = 0.35, 0.6
MOST_ROUGH_DB, MOST_ROUGH_ANYHOW_DB = 0.6, 1.6
"""Beside what the levels err by; and however much they do."""

MOST_ERROR_DB = 2.6
"""With so few rests that the levels err by more, nothing is said."""

LEAST_ERRORS = 3.0
"""A bump must be so many times its error."""

MOST_BUMP_DB = 16.0
"""A floor with more than this in one place is not noise with a colour but something else."""

LEAST_RAISED_DB = 3.0
"""What a bump raises by less is not worth a word."""

PLACES = 6


@dataclass(frozen=True, slots=True)
class Region:
    """A range in which too much has a name of its own; ``not_on`` are roles whose own ringing and rattling is there."""

    kind: FindingKind
    low_hz: float
    high_hz: float
    q: float
    least_db: float
    worth_db: float
    most_cut_db: float
    word: str
    hint: str
    not_on: tuple[str, ...]


def find_excess(closeup: Closeup, region: Region) -> Bump | None:
    """The bump of a track in a region; None where there is none, or where it cannot be told from the instrument."""
    places = np.geomspace(region.low_hz, region.high_hz, PLACES)
    found = [bump_of(closeup, float(hz), region.q, strictly=True) for hz in places]
    bumps = [bump for bump in found if bump is not None]
    if not bumps:
        return None
    best = max(bumps, key=lambda bump: bump.gain_db)
    is_sure = max(region.least_db, LEAST_ERRORS * best.error_db) <= best.gain_db <= MOST_BUMP_DB
    if not is_sure or not is_worth(closeup, best, region):
        return None
    return best


def bump_of(
    closeup: Closeup, freq_hz: float, q: float, response: Reals | float = 0.0, *, strictly: bool = False
) -> Bump | None:
    """The bump of a track's floor at one frequency, after a response in dB; None where no floor is seen.

    ``strictly``: nor where it is rougher than noise.
    """
    floor = noise_floor(closeup)
    if not floor.in_rests:
        return None
    away = np.log2(floor.hz / freq_hz)
    used = floor.trusted & (np.abs(away) < SPAN_OCTAVES) & (floor.hz < HIGHEST_HZ) & ~is_narrow(floor.level_db)
    inside = used & (np.abs(away) < INSIDE_OCTAVES)
    beside = [int((used & part).sum()) for part in (away < -OUTSIDE_OCTAVES, away > OUTSIDE_OCTAVES)]
    if used.sum() < LEAST_BANDS or inside.sum() < LEAST_INSIDE or min(beside) < LEAST_BESIDE:
        return None
    if strictly and not is_smooth(floor.level_db[used], float(np.median(floor.error_db[used]))):
        return None
    level_db = floor.level_db + response
    return bump_at(floor.hz[used], level_db[used], freq_hz, q, FLOOR_BENDS, floor.error_db[used])


def is_smooth(level_db: Reals, error_db: float) -> bool:
    """Whether levels that err by so much are no rougher than noise is."""
    return error_db <= MOST_ERROR_DB and roughness(level_db) <= min(MOST_ROUGH_ANYHOW_DB, MOST_ROUGH_DB + error_db)


def is_worth(closeup: Closeup, bump: Bump, region: Region) -> bool:
    """Whether something that the bump raises is strong enough, against the strongest 1/3 octave while it plays."""
    power = 10 ** (playing_db(closeup) / 10)
    thirds = np.convolve(power, np.ones(8), mode="same")
    raised = bell_db(np.array(closeup.fine_hz), bump.freq_hz, bump.gain_db, region.q) >= LEAST_RAISED_DB
    strongest = float(thirds.max())
    return strongest > 0 and float(thirds[raised].max(initial=0.0)) >= strongest * 10 ** (region.worth_db / 10)


def findings_of(session: Session, regions: Sequence[Region]) -> Iterable[Finding]:
    """What is too much on every track; of regions that overlap, the one with the higher bump."""
    for track in session.tracks:
        closeup = session.closeup(track.id)
        role = session.guess(track.id).role
        found = [(region, find_excess(closeup, region)) for region in regions if role not in region.not_on]
        bumps = [(region, bump) for region, bump in found if bump is not None]
        if bumps:
            region, bump = max(bumps, key=lambda pair: pair[1].gain_db)
            yield finding_of(session, track.id, region, bump)


def finding_of(session: Session, track_id: str, region: Region, bump: Bump) -> Finding:
    """A bump in words."""
    name, hz = spoken_name(session.song.track(track_id)), hz_words(bump.freq_hz)
    seconds = session.hearing(track_id).seconds
    width = 2 ** (0.7 / region.q)
    return Finding(
        id=f"{region.kind}-{track_id}",
        kind=region.kind,
        tracks=(track_id,),
        end_seconds=seconds,
        where=session.where(0.0, seconds),
        low_hz=bump.freq_hz / width,
        high_hz=bump.freq_hz * width,
        sentence=f"{name} is {region.word}: everything on it, even the noise in its rests, is raised by "
        f"{bump.gain_db:.0f} dB around {hz}",
        hint=f"{name}: {region.hint}",
        confidence=round(logistic(bump.gain_db, region.least_db - 0.5, 0.8, 0.96), 2),
        evidence=(
            Evidence(what=f"bump of the recording around {hz}", unit="dB", before=bump.gain_db),
            Evidence(what="frequency of the bump", unit="Hz", before=bump.freq_hz),
            Evidence(what="error of its height", unit="dB", before=bump.error_db),
        ),
    )


def gauge(session: Session, finding: Finding, q: float) -> float | None:
    """The height of the bump."""
    bump = bump_of(session.closeup(finding.tracks[0]), finding.evidence[1].before or 0.0, q)
    return None if bump is None else bump.gain_db


def broad_cut(session: Session, finding: Finding, region: Region) -> Sequence[Answer]:
    """A broad bell, a little less deep than the bump is high."""
    track = session.song.track(finding.tracks[0])
    closeup = session.closeup(track.id)
    height_db, freq_hz = finding.evidence[0].before or 0.0, finding.evidence[1].before or 0.0
    cut_db = round(min(region.most_cut_db, height_db - 1.0), 1)
    band = Band(id=region.kind, freq_hz=round(freq_hz), gain_db=-cut_db, q=region.q)
    response = response_db((band,), np.array(closeup.fine_hz), session.song.rate_hz)
    after = bump_of(closeup, freq_hz, region.q, response)
    if after is None:
        return ()
    device = Equalizer(id=free_id(track, region.kind), bands=(band,))
    facts = (finding.evidence[1], Evidence(what="cut of the equalizer", unit="dB", after=cut_db))
    deed = f"a broad cut of {cut_db:g} dB at {hz_words(freq_hz)}"
    return (Answer((appended(track, device),), after.gain_db, deed, 0.97, facts),)


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence, word: str) -> str:
    name, hz = spoken_name(session.song.track(finding.tracks[0])), hz_words(finding.evidence[1].before or 0.0)
    return (
        f"{name} is {word}: all of it, even the noise in its rests, is raised by {figure.before:.1f} dB around {hz}; "
        f"{answer.deed} leaves {figure.after:.1f} dB"
    )
