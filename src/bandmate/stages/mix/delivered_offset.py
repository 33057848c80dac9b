"""Files that do not begin where the others begin: exported from their own start, or with silence before it.

Files of one delivery have one length. One that is longer by as much as it is silent at first is late by that; one that
is shorter and begins with sound at once, while nothing else does, was cut at its own first bar and is early. Whether
that is so is heard: what begins in the track must then meet more of what begins in the others. Where another track
heard the same source, the place is known to the frame.

Conventions: ``shift_seconds`` is by how much the track has to come later; negative, earlier.

Not covered: deliveries in which every file has a length of its own; drifting clocks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.clips import AudioClip
from bandmate.song.tracks import Track
from bandmate.sound.relation import relate
from bandmate.stages.mix.session import Session

Reals = npt.NDArray[np.float64]

LEAST_SECONDS, MOST_SECONDS = 0.05, 60.0
SAME_LENGTH_SECONDS = 0.02
AT_ONCE_SECONDS = 0.02
FEWEST_SAME, LEAST_SHARE = 3, 0.6
"""How many files must have one length, and which share of all, to call it that of the delivery."""

SOFTENED = (0.25, 0.5, 1.0, 0.5, 0.25)
"""Players meet each other within a few hundredths of a second."""

CLEARLY_WORSE = 0.2
TWIN_LIKENESS = 0.6
EXCERPT_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Offset:
    """A track that lies in the wrong place; ``meets_before`` and ``meets_after`` are how far its beginnings meet those
    of the others, -1 to 1; ``twin`` heard the same source, where one did."""

    track: Track
    shift_seconds: float
    meets_before: float
    meets_after: float
    twin: Track | None = None


def find_offsets(session: Session) -> tuple[Offset, ...]:
    """Every track that lies in the wrong place, in the order of the song."""
    tracks = [track for track in session.tracks if clip_of(track)]
    common = common_seconds([session.hearing(track.id).seconds for track in tracks])
    if common is None:
        return ()
    whole = [track for track in tracks if abs(session.hearing(track.id).seconds - common) <= SAME_LENGTH_SECONDS]
    found = []
    for track in tracks:
        shift = expected_shift(session, track, whole, common)
        if shift is not None:
            offset = heard_offset(session, track, whole, shift)
            if offset is not None:
                found.append(offset)
    return tuple(found)


def clip_of(track: Track) -> AudioClip | None:
    """The one recording of a track that plays one from its beginning and nothing else."""
    clip = track.clips[0] if len(track.clips) == 1 else None
    return clip if isinstance(clip, AudioClip) and clip.start_seconds == 0 and not clip.source_start_frame else None


def common_seconds(lengths: list[float]) -> float | None:
    """The length that most files have; None where too few have one."""
    if len(lengths) < FEWEST_SAME:
        return None
    same = Counter(round(seconds / SAME_LENGTH_SECONDS) for seconds in lengths)
    length, count = max(same.items(), key=lambda one: (one[1], one[0]))
    if count < FEWEST_SAME or count < LEAST_SHARE * len(lengths):
        return None
    near = [seconds for seconds in lengths if abs(seconds / SAME_LENGTH_SECONDS - length) <= 1.0]
    return float(np.median(near))


def expected_shift(session: Session, track: Track, whole: list[Track], common: float) -> float | None:
    """What the length and the beginning of a file say; None where they say nothing."""
    hearing = session.hearing(track.id)
    more, first = hearing.seconds - common, hearing.first_sound_seconds
    if first is None or not LEAST_SECONDS <= abs(more) <= MOST_SECONDS:
        return None
    if more > 0:
        return -more if first >= more - AT_ONCE_SECONDS else None
    starts = [session.hearing(other.id).first_sound_seconds for other in whole]
    is_alone = all(start is None or start > AT_ONCE_SECONDS for start in starts)
    return -more if first <= AT_ONCE_SECONDS and is_alone else None


def heard_offset(session: Session, track: Track, whole: list[Track], shift: float) -> Offset | None:
    """The offset as it is heard; None where the track fits better as it is."""
    before, after = meets(session, track, whole, 0.0), meets(session, track, whole, shift)
    if before - after > CLEARLY_WORSE:
        return None
    twin, exact = exact_shift(session, track, whole)
    return Offset(track, shift if exact is None else exact, before, after, twin)


def meets(session: Session, track: Track, others: list[Track], shift_seconds: float) -> float:
    """How far what begins in a track meets what begins in the others once it is shifted, -1 to 1."""
    own = shifted(beginnings(session, track), round(shift_seconds / session.closeup(track.id).onsets.hop_seconds))
    rest = sum_of([normalised(beginnings(session, other)) for other in others if other.id != track.id])
    columns = min(len(own), len(rest))
    own, rest = own[:columns] - own[:columns].mean() if columns else own, rest[:columns]
    rest = rest - rest.mean() if columns else rest
    power = float((own**2).sum() * (rest**2).sum())
    return float((own * rest).sum() / np.sqrt(power)) if power > 0 else 0.0


def beginnings(session: Session, track: Track) -> Reals:
    """What begins when, softened."""
    return np.convolve(session.closeup(track.id).onsets.strength.astype(np.float64), SOFTENED, mode="same")


def normalised(strength: Reals) -> Reals:
    power = float((strength**2).sum())
    return strength / np.sqrt(power) if power > 0 else strength


def shifted(strength: Reals, columns: int) -> Reals:
    """The same, later; earlier where it is negative."""
    return np.pad(strength, (columns, 0)) if columns >= 0 else strength[-columns:]


def sum_of(parts: list[Reals]) -> Reals:
    total = np.zeros(max((len(part) for part in parts), default=0))
    for part in parts:
        total[: len(part)] += part
    return total


def exact_shift(session: Session, track: Track, others: list[Track]) -> tuple[Track | None, float | None]:
    """The shift to the frame, from a track that heard the same source; nothing where none did."""
    own = normalised(beginnings(session, track))
    for other in others:
        if other.id == track.id:
            continue
        columns, likeness = best_shift(own, normalised(beginnings(session, other)))
        if likeness >= TWIN_LIKENESS:
            found = refined(session, track, other, columns * session.closeup(track.id).onsets.hop_seconds)
            if found is not None:
                return other, found
    return None, None


def best_shift(own: Reals, other: Reals) -> tuple[int, float]:
    """By how many columns the first must come later to meet the second best, and how well it does then."""
    size = 1 << (len(own) + len(other)).bit_length()
    curve = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(own, size)), size)
    at = int(curve.argmax())
    return (at if at < size // 2 else at - size), float(curve[at])


def refined(session: Session, track: Track, other: Track, shift_seconds: float) -> float | None:
    """The shift to the frame around a rough one; None where the two did not hear the same."""
    heard = session.hearing(track.id).power.sum(axis=0, dtype=np.float64)
    hop = session.hearing(track.id).hop_seconds
    loud = np.convolve(heard, np.ones(round(EXCERPT_SECONDS / hop)), mode="valid")
    first = max(0, round(-shift_seconds / hop) + 1)
    start = (first + int(loud[first:].argmax())) * hop if len(loud) > first else first * hop
    own = session.ears.excerpt(session.song, track.id, start, EXCERPT_SECONDS)
    its = session.ears.excerpt(session.song, other.id, max(0.0, start + shift_seconds), EXCERPT_SECONDS)
    found = relate(its, own, session.song.rate_hz)
    if not found.related or found.confidence < 0.3:
        return None
    return shift_seconds - found.delay_frames / session.song.rate_hz
