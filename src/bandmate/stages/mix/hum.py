"""Hum: the mains at 50 or 60 Hz with its overtones, and the notches that take it out.

Hum gives itself away by being there all the time at one level: at multiples of the mains frequency the soft moments of
a track are all alike, where noise varies and notes come and go. Three such lines make a hum, one of them among the
three lowest.

Notches that are narrow enough leave notes alone, except where an instrument lives on them: a bass or a drum keeps its
lows, and gets a gate for its rests instead, where it has any.

The gauge is the level of the lines in the soft moments, as far down as it matters.

Not covered: buzz without lines, whine of other frequencies, mains that drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.stages.closeup import Closeup
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.hum_notches import notch_bands, notched_db
from bandmate.stages.mix.noise_gate import GATE_CONFIDENCE, gate_for
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_floor import rests, sounding
from bandmate.stages.mix.tone_levels import appended, free_id, playing_db
from bandmate.stages.mix.tone_words import logistic
from bandmate.stages.words import spoken_name

Reals = npt.NDArray[np.float64]

MAINS_HZ = (50.0, 60.0)
NUMBERS = (1, 2, 3, 4, 5, 6, 7, 9)
LOWEST_NUMBERS = (1, 2, 3)
LEAST_LINES, LEAST_LINES_ON_LOWS = 3, 4
"""The second is for what may play the lowest of them itself."""

SOFT_MOMENTS = (0.05, 0.15, 0.30)
MOMENTS_OF_RESTS = (0.2, 0.5, 0.8)
LEAST_MOMENTS = 10
LEAST_STANDS_DB = 6.0
MOST_VARIES_DB = 4.5
LEAST_LEVEL_DB = -85.0
AUDIBLE_BELOW_TRACK_DB = -48.0
"""Softer than that, against the track while it plays, it is covered by what plays."""

LEAST_COUNTED_DB = -91.0
"""Lower than that a hum is not followed: none that is so soft matters, and notes that ring on in a notch are louder."""

LOBE_HZ = 8.0
NEAR_MAINS = 0.015
MOST_OFF, MOST_OFF_HZ = 0.009, 1.2
"""How far a line may seem to be from its place; a note of the scale is twice as far from all but a few of them."""

NEAR_BANDS, FAR_BANDS = 4, 12
MOST_NOTCHES = 8
KEEPS_LOWS = ("bass", "kick", "drums", "toms")
LINE = "line of the hum"
QUIET_SHARE = 0.12
"""A gate is worth its while where a track rests at least this share of the time."""


@dataclass(frozen=True, slots=True)
class Line:
    """One overtone of the mains: which, its level in dB and that of what is around it in the same bands."""

    number: int
    level_db: float
    floor_db: float


@dataclass(frozen=True, slots=True)
class Hum:
    """The lines of a hum, by number."""

    mains_hz: float
    lines: tuple[Line, ...]

    @property
    def level_db(self) -> float:
        """Of all lines together."""
        return summed_db([line.level_db for line in self.lines])


def summed_db(levels_db: Sequence[float]) -> float:
    return 10 * float(np.log10(max(sum(10 ** (level / 10) for level in levels_db), 1e-15)))


def find_hum(closeup: Closeup, role: str = "unknown") -> Hum | None:
    """The hum of a track; None where there is none that matters, and for silence."""
    least = LEAST_LINES_ON_LOWS if role in KEEPS_LOWS else LEAST_LINES
    hums = [Hum(mains_hz, steady_lines(closeup, mains_hz)) for mains_hz in MAINS_HZ]
    hum = max(hums, key=lambda one: (len(one.lines), one.level_db))
    if len(hum.lines) < least or not any(line.number in LOWEST_NUMBERS for line in hum.lines):
        return None
    track_db = summed_db(list(playing_db(closeup)))
    if hum.level_db < max(LEAST_LEVEL_DB, track_db + AUDIBLE_BELOW_TRACK_DB):
        return None
    return hum


def is_of_mains(closeup: Closeup, freq_hz: float) -> bool:
    """Whether a frequency is that of a mains line on a track that has several of them, however soft.

    subtle: high multiples are so close together that any frequency is near one; none of those is looked for.
    """
    for mains_hz in MAINS_HZ:
        number = round(freq_hz / mains_hz)
        is_near = number in NUMBERS and abs(freq_hz / (number * mains_hz) - 1) < NEAR_MAINS
        if is_near and len(steady_lines(closeup, mains_hz)) >= LEAST_LINES:
            return True
    return False


def soft_levels(closeup: Closeup) -> Reals | None:
    """Levels in the soft moments, dB, shape (moments, bands): of the rests where there are any; None for nothing."""
    return soft_of(sounding(closeup))


def soft_of(level_db: Reals) -> Reals | None:
    """As `soft_levels`, of snapshots."""
    resting = rests(level_db)
    if resting is not None:
        return np.asarray(np.quantile(resting, MOMENTS_OF_RESTS, axis=1))
    if level_db.shape[1] < LEAST_MOMENTS:
        return None
    return np.asarray(np.quantile(level_db, SOFT_MOMENTS, axis=1))


def steady_lines(closeup: Closeup, mains_hz: float) -> tuple[Line, ...]:
    """The multiples of a mains frequency at which something sounds all the time at one level."""
    soft, hz = soft_levels(closeup), np.array(closeup.fine_hz)
    if soft is None:
        return ()
    found = []
    for number in NUMBERS:
        at = band_of(hz, soft[1], number * mains_hz)
        if not is_at(hz, soft[1], number * mains_hz):
            continue
        stands_db = soft[1][at] - np.median(soft[1][beside(at, len(hz))])
        if stands_db > LEAST_STANDS_DB and soft[2][at] - soft[0][at] < MOST_VARIES_DB:
            found.append(line_at(soft[1], at, number))
    return tuple(found)


def band_of(hz: Reals, level_db: Reals, freq_hz: float) -> int:
    """The loudest band next to a frequency."""
    at = int(np.abs(np.log(hz / freq_hz)).argmin())
    first = max(0, at - 1)
    return first + int(level_db[first : at + 2].argmax())


def is_at(hz: Reals, level_db: Reals, freq_hz: float) -> bool:
    """Whether the line in a band and those beside it has that frequency, by its centre of gravity."""
    around = np.abs(hz - freq_hz) < max(LOBE_HZ, 0.045 * freq_hz)
    power = 10 ** (level_db[around] / 10)
    centre_hz = float((power * hz[around]).sum() / power.sum())
    return abs(centre_hz / freq_hz - 1) < max(MOST_OFF, MOST_OFF_HZ / freq_hz)


def beside(at: int, count: int) -> list[int]:
    """The bands near another that a line there does not reach."""
    return [k for k in range(at - FAR_BANDS, at + FAR_BANDS + 1) if abs(k - at) >= NEAR_BANDS and 0 <= k < count]


def line_at(level_db: Reals, at: int, number: int) -> Line:
    """A line with the bands that it spills into."""
    around = level_db[max(0, at - 1) : at + 2]
    floor_db = float(np.median(level_db[beside(at, len(level_db))])) + 10 * float(np.log10(len(around)))
    return Line(number, summed_db(list(around)), floor_db)


def level_of_lines(closeup: Closeup, mains_hz: float, numbers: Sequence[int]) -> float | None:
    """The level of these lines in the soft moments, whatever is there; None for nothing."""
    lines = lines_at(np.array(closeup.fine_hz), soft_levels(closeup), mains_hz, numbers)
    return counted_db(lines) if lines else None


def lines_at(hz: Reals, soft: Reals | None, mains_hz: float, numbers: Sequence[int]) -> list[Line]:
    """What is at these multiples of the mains in the soft moments; empty for nothing."""
    if soft is None:
        return []
    at = [int(np.abs(np.log(hz / (number * mains_hz))).argmin()) for number in numbers]
    return [line_at(soft[1], k, number) for k, number in zip(at, numbers, strict=True)]


def counted_db(lines: Sequence[Line]) -> float:
    """The level of lines together, as far down as it counts."""
    return max(LEAST_COUNTED_DB, summed_db([line.level_db for line in lines]))


def find(session: Session) -> Iterable[Finding]:
    """Every track that hums."""
    for track in session.tracks:
        hum = find_hum(session.closeup(track.id), session.guess(track.id).role)
        if hum is None:
            continue
        level_db = level_of_lines(session.closeup(track.id), hum.mains_hz, [line.number for line in hum.lines])
        if level_db is None:
            continue
        seconds, name = session.hearing(track.id).seconds, spoken_name(track)
        lines = len(hum.lines)
        yield Finding(
            id=f"hum-{track.id}",
            kind="hum",
            tracks=(track.id,),
            end_seconds=seconds,
            where=session.where(0.0, seconds),
            low_hz=hum.mains_hz * 0.9,
            high_hz=hum.mains_hz * hum.lines[-1].number * 1.1,
            sentence=f"{name} hums at {hum.mains_hz:.0f} Hz and its overtones, {level_db:.0f} dBFS in its soft moments",
            hint=f"{name}: listen for a low steady tone in its rests",
            confidence=round(logistic(lines, 2.5, 0.6, 0.95), 2),
            evidence=(
                Evidence(what="level of the hum in soft moments", unit="dBFS", before=level_db),
                Evidence(what="mains frequency", unit="Hz", before=hum.mains_hz),
                *(Evidence(what=LINE, unit="Hz", before=line.number * hum.mains_hz) for line in hum.lines),
            ),
        )


def gauge(session: Session, finding: Finding) -> float | None:
    """The level of the lines."""
    return level_of_lines(session.closeup(finding.tracks[0]), *lines_of(finding))


def lines_of(finding: Finding) -> tuple[float, tuple[int, ...]]:
    """Mains frequency, and which of its multiples were found."""
    mains_hz = finding.evidence[1].before or MAINS_HZ[0]
    return mains_hz, tuple(round((fact.before or 0.0) / mains_hz) for fact in finding.evidence if fact.what == LINE)


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """Notches at the loudest lines; for what lives on its lows, a gate."""
    track = session.song.track(finding.tracks[0])
    closeup, (mains_hz, numbers) = session.closeup(track.id), lines_of(finding)
    if session.guess(track.id).role in KEEPS_LOWS:
        return by_gate(session, finding)
    level_db, hz = sounding(closeup), np.array(closeup.fine_hz)
    soft = soft_of(level_db)
    lines = lines_at(hz, soft, mains_hz, numbers)
    if soft is None or not lines:
        return ()
    loudest = sorted(lines, key=lambda line: -line.level_db)[:MOST_NOTCHES]
    bands = notch_bands(mains_hz, sorted(line.number for line in loudest))
    after = soft_of(notched_db(hz, level_db, soft[1], bands, session.song.rate_hz))
    predicted = counted_db(lines_at(hz, after, mains_hz, numbers))
    device = Equalizer(id=free_id(track, "hum"), bands=bands)
    facts = (finding.evidence[1], Evidence(what="notches", unit="", after=len(bands)))
    deed = f"{len(bands)} narrow notches at multiples of {mains_hz:.0f} Hz"
    return (Answer((appended(track, device),), predicted, deed, 0.95, facts),)


def by_gate(session: Session, finding: Finding) -> Sequence[Answer]:
    """A gate that is shut in the rests, where there are enough."""
    found = gate_for(session, finding.tracks[0], least_share=QUIET_SHARE)
    if found is None:
        return ()
    predicted = (finding.evidence[0].before or 0.0) + found.device.range_db
    deed = f"a gate that turns the rests down by {-found.device.range_db:g} dB"
    return (Answer((found.move,), predicted, deed, GATE_CONFIDENCE, found.evidence),)


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name = spoken_name(session.song.track(finding.tracks[0]))
    most = "no more than " if (figure.after or 0.0) <= LEAST_COUNTED_DB else ""
    return (
        f"{name} hums at {finding.evidence[1].before:.0f} Hz and its overtones: {figure.before:.0f} dBFS in its soft "
        f"moments; {answer.deed} leave {most}{figure.after:.0f} dBFS"
    ).replace("dB leave", "dB leaves")


HUM = Family(("hum",), "noise", find, gauge, answers, because, least=6.0)
