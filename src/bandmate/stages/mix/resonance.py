"""Resonance: one frequency that rings whatever is played, and the narrow cut that takes it back.

Many notes ring at their own pitch, and a note that is played often stands out of any long-term spectrum. A resonance is
there without the notes too: the floor of the track (``bandmate.stages.mix.tone_floor``) has a narrow hump. Hum and
whine, which are lines and not humps, are told apart by their width. Where no floor can be seen, the hump must stand
out in soft, middling and loud moments alike, with smooth surroundings, on something other than drums, whose shells ring
by nature.

The gauge is how far the hump stands out of its surroundings within a third of an octave.

Not covered: rings that come with one note only; that is a loud note.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Band, Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.sound.filters import response_db
from bandmate.stages.closeup import Closeup
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.hum import is_of_mains
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_bump import bell_db
from bandmate.stages.mix.tone_floor import Floor, noise_floor
from bandmate.stages.mix.tone_levels import appended, free_id, is_treated, playing, playing_db
from bandmate.stages.mix.tone_words import hz_words, logistic
from bandmate.stages.words import spoken_name

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RANGE_HZ = (110.0, 9_000.0)
NEAR_BANDS, FAR_BANDS = 3, 9
LEAST_DB = 5.5
LEAST_EVERYWHERE_DB = 9.0
LEAST_ON_DRUMS_DB = 8.5
LEAST_FLANK_DB, LEAST_FLANKS = 1.8, 0.55
"""What one of the bands beside the middle of a hump is raised by at least, and both together as a share of the middle;
a line raises them by nothing."""

BELOW_NOTES_DB = 25.0
"""Between notes, only what is so far below them is a floor."""

MOST_DB = 26.0
"""No ring stands higher; a note does."""

MOST_ROUGH_DB, ERRORS_IN_ROUGH = 1.3, 1.2
"""How rough the surroundings may be, beside what the levels err by."""

LEAST_ERRORS = 3.2
"""A hump must stand out by so many times what its level errs by."""

MOST_BETWEEN_NOTES = 3
"""More humps than that between notes are the overtones of something steady."""

LEAST_SEEN = 10
WORTH_DB = -42.0
"""A ring this far below the strongest band while the track plays is heard by nobody."""

MOMENTS = (0.25, 0.5, 0.75, 0.9)
MOST_APART_DB = 5.0
RINGS_BY_NATURE = ("kick", "snare", "hats", "toms", "cymbals", "drums", "percussion", "effects", "bass")
MOST_CUT_DB = 8.0
QS = (6.0, 9.0, 13.0, 18.0, 25.0, 32.0)
MOST_RINGS = 3
POINTS = np.linspace(-0.5, 0.5, 9) / 24
IN_FLOOR, IN_ALL = "in the noise under the notes", "in soft and loud moments alike"


@dataclass(frozen=True, slots=True)
class Ring:
    """A hump: where, how far it stands out, how narrow, and where that was seen."""

    freq_hz: float
    stands_db: float
    q: float
    seen: str


def find_rings(closeup: Closeup, role: str) -> list[Ring]:
    """The rings of a track, the strongest first; none for silence."""
    hz, levels = np.array(closeup.fine_hz), playing_db(closeup)
    floor = noise_floor(closeup)
    if role in RINGS_BY_NATURE and not floor.in_rests:
        return []
    rings = humps(floor, LEAST_ON_DRUMS_DB if role in RINGS_BY_NATURE else LEAST_DB, IN_FLOOR)
    if floor.in_rests and not floor.is_noise():
        return []
    if not floor.in_rests:
        rings = [ring for ring in rings if is_below(hz, levels - floor.level_db, ring.freq_hz)]
        if len(rings) > MOST_BETWEEN_NOTES:
            return []
    if not floor.trusted.any():
        rings = everywhere(hz, closeup)
    strongest = float(levels.max(initial=-150.0))
    heard = [ring for ring in rings if level_near(hz, levels, ring.freq_hz) > strongest + WORTH_DB]
    heard = [ring for ring in heard if not is_of_mains(closeup, ring.freq_hz)]
    return sorted(heard, key=lambda ring: -ring.stands_db)[:MOST_RINGS]


def humps(floor: Floor, least_db: float, seen: str) -> list[Ring]:
    """Narrow humps of a curve where it is smooth otherwise."""
    hz, (stands, rough) = floor.hz, contrast(floor.level_db, floor.trusted)
    is_hump = (stands >= np.maximum(least_db, LEAST_ERRORS * floor.error_db)) & (stands <= MOST_DB)
    is_smooth = rough < MOST_ROUGH_DB + ERRORS_IN_ROUGH * floor.error_db
    found = []
    for at in np.flatnonzero((hz > RANGE_HZ[0]) & (hz < RANGE_HZ[1]) & floor.trusted & is_hump & is_smooth):
        around = stands[max(0, at - FAR_BANDS) : at + FAR_BANDS + 1]
        flanks = (stands[at - 1], stands[at + 1])
        if stands[at] < around.max() or max(flanks) < LEAST_FLANK_DB or sum(flanks) < LEAST_FLANKS * stands[at]:
            continue
        freq_hz, gain_db, q = fitted(hz, stands, int(at))
        found.append(Ring(freq_hz, max(gain_db, float(stands[at])), q, seen))
    return found


def is_below(hz: Reals, above_db: Reals, freq_hz: float) -> bool:
    """Whether the floor around a frequency is far below what is played there."""
    around = np.abs(np.log2(hz / freq_hz)) < FAR_BANDS / 24
    return float(np.median(above_db[around])) > BELOW_NOTES_DB


def everywhere(hz: Reals, closeup: Closeup) -> list[Ring]:
    """Humps that are there in soft, middling and loud moments alike."""
    power = playing(closeup)
    if not power.shape[1]:
        return []
    level_db = 10 * np.log10(np.maximum(np.quantile(power, MOMENTS, axis=1), 1e-15))
    all_bands = np.ones(len(hz), np.bool_)
    measured = [contrast(levels, all_bands) for levels in level_db]
    stands, rough = (np.stack([one[part] for one in measured]) for part in (0, 1))
    alike = (np.ptp(stands, axis=0) < MOST_APART_DB) & (rough.max(axis=0) < 2 * MOST_ROUGH_DB)
    weakest = np.where(alike, stands.min(axis=0), -100.0)
    curve = Floor(hz, level_db.mean(axis=0), all_bands, np.zeros(len(hz)), in_rests=False)
    rings = humps(curve, LEAST_EVERYWHERE_DB, IN_ALL)
    return [ring for ring in rings if weakest[np.abs(np.log(hz / ring.freq_hz)).argmin()] >= LEAST_EVERYWHERE_DB]


def contrast(level_db: Reals, trusted: Flags) -> tuple[Reals, Reals]:
    """How far each band stands above the median of those near it, and how rough these are; -100 where few are seen."""
    count = len(level_db)
    away = [step for step in range(-FAR_BANDS, FAR_BANDS + 1) if abs(step) >= NEAR_BANDS]
    index = np.arange(count)[:, None] + np.array(away)[None, :]
    inside = (index >= 0) & (index < count)
    index = np.clip(index, 0, count - 1)
    near = np.where(inside & trusted[index], level_db[index], np.nan)
    seen = (~np.isnan(near)).sum(axis=1) >= LEAST_SEEN
    stands, rough = np.full(count, -100.0), np.full(count, 100.0)
    middle = np.nanmedian(near[seen], axis=1)
    stands[seen] = level_db[seen] - middle
    rough[seen] = 1.48 * np.nanmedian(np.abs(near[seen] - middle[:, None]), axis=1)
    return stands, rough


def fitted(hz: Reals, stands: Reals, at: int) -> tuple[float, float, float]:
    """Frequency, height in dB and Q of the bell that the hump around a band looks most like."""
    bands = slice(max(0, at - 3), at + 4)
    wanted, centres = stands[bands], hz[bands]
    points = centres[:, None] * 2.0 ** (np.array([-1.0, 0.0, 1.0]) / 72)
    best, found = np.inf, (float(hz[at]), float(stands[at]), QS[3])
    for freq_hz in hz[at] * 2.0 ** (np.arange(-3, 4) / 144):
        for q in QS:
            for gain_db in np.arange(stands[at] - 1, stands[at] + 6):
                made = 10 * np.log10((10 ** (bell_db(points, freq_hz, gain_db, q) / 10)).mean(axis=1))
                error = float(((made - wanted) ** 2).sum())
                if error < best:
                    best, found = error, (float(freq_hz), float(gain_db), q)
    return found


def level_near(hz: Reals, levels: Reals, freq_hz: float) -> float:
    """The highest level within a twelfth of an octave."""
    return float(levels[np.abs(np.log2(hz / freq_hz)) < 1 / 12].max())


def curve_of(closeup: Closeup, seen: str) -> tuple[Reals, Flags]:
    """The curve in which a ring was seen."""
    if seen == IN_FLOOR:
        floor = noise_floor(closeup)
        return floor.level_db, floor.trusted
    power = playing(closeup)
    level_db = 10 * np.log10(np.maximum(np.quantile(power, MOMENTS, axis=1), 1e-15))
    return level_db.mean(axis=0), np.ones(len(level_db[0]), np.bool_)


def stands_out(closeup: Closeup, freq_hz: float, seen: str, response: Reals | float = 0.0) -> float | None:
    """How far the band at a frequency stands above those near it, after a response in dB."""
    if closeup.fine_db.shape[1] == 0:
        return None
    level_db, trusted = curve_of(closeup, seen)
    at = int(np.abs(np.log(np.array(closeup.fine_hz) / freq_hz)).argmin())
    stands, _ = contrast(level_db + response, trusted)
    highest = float(stands[max(0, at - 1) : at + 2].max())
    return highest if highest > -100 else None


def find(session: Session) -> Iterable[Finding]:
    """The rings of every track."""
    for track in session.tracks:
        closeup, guess = session.closeup(track.id), session.guess(track.id)
        for number, ring in enumerate(find_rings(closeup, guess.role), 1):
            measured = stands_out(closeup, ring.freq_hz, ring.seen)
            if measured is None or measured < LEAST_DB or is_treated(track, ring.freq_hz):
                continue
            seconds = session.hearing(track.id).seconds
            where = session.where(0.0, seconds)
            name, hz = spoken_name(track), hz_words(ring.freq_hz)
            yield Finding(
                id=f"resonance-{track.id}" + (f"-{number}" if number > 1 else ""),
                kind="resonance",
                tracks=(track.id,),
                end_seconds=seconds,
                where=where,
                low_hz=ring.freq_hz * 2 ** (-1 / 6),
                high_hz=ring.freq_hz * 2 ** (1 / 6),
                sentence=f"{name} rings at {hz}, {measured:.0f} dB above what is beside it, whatever is played",
                hint=f"{name}: listen for one pitch that rings on under every note",
                confidence=round(logistic(measured, 5.0, 1.5, 0.97), 2),
                evidence=(
                    Evidence(what=f"how far {hz} stands out {ring.seen}", unit="dB", before=measured),
                    Evidence(what="frequency of the ring", unit="Hz", before=ring.freq_hz),
                    Evidence(what="how narrow the ring is (Q)", unit="", before=ring.q),
                ),
            )


def gauge(session: Session, finding: Finding) -> float | None:
    """How far the ring stands out."""
    freq_hz = finding.evidence[1].before or 0.0
    seen = IN_FLOOR if finding.evidence[0].what.endswith(IN_FLOOR) else IN_ALL
    return stands_out(session.closeup(finding.tracks[0]), freq_hz, seen)


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """A narrow cut, down to its surroundings but by no more than `MOST_CUT_DB`."""
    track = session.song.track(finding.tracks[0])
    closeup, rate_hz = session.closeup(track.id), session.song.rate_hz
    stands, freq_hz, q = (fact.before or 0.0 for fact in finding.evidence)
    seen = IN_FLOOR if finding.evidence[0].what.endswith(IN_FLOOR) else IN_ALL
    cut_db = round(min(MOST_CUT_DB, max(3.0, stands - 0.5)), 1)
    band = Band(id="ring", freq_hz=round(freq_hz, 1), gain_db=-cut_db, q=q)
    response = eased_db(np.array(closeup.fine_hz), band, stands, rate_hz)
    predicted = stands_out(closeup, freq_hz, seen, response)
    if predicted is None:
        return ()
    device = Equalizer(id=free_id(track, "resonance"), bands=(band,))
    hz = hz_words(freq_hz)
    cut = Evidence(what="cut of the equalizer", unit="dB", after=cut_db)
    facts = (finding.evidence[1], finding.evidence[2], cut)
    return (Answer((appended(track, device),), predicted, f"a narrow cut of {cut_db:g} dB at {hz}", 0.97, facts),)


def eased_db(hz: Reals, band: Band, stands_db: float, rate_hz: int) -> Reals:
    """What a cut does to each band of a curve with a ring where it cuts: most where most of a band's power is."""
    inside_hz = hz[:, None] * 2.0**POINTS
    ringing = 10 ** (bell_db(inside_hz, band.freq_hz, stands_db, band.q) / 10)
    kept = 10 ** (response_db((band,), inside_hz, rate_hz) / 10)
    found: Reals = 10 * np.log10((ringing * kept).sum(axis=1) / ringing.sum(axis=1))
    return found


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name, hz = spoken_name(session.song.track(finding.tracks[0])), hz_words(finding.evidence[1].before or 0.0)
    return (
        f"{name} rings at {hz} whatever is played: it stands {figure.before:.1f} dB above what is beside it; "
        f"{answer.deed} leaves {figure.after:.1f} dB"
    )


RESONANCE = Family(("resonance",), "tone", find, gauge, answers, because, least=2.0)
