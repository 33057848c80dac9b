"""The families of findings about files as they were delivered: silent, twice, misplaced, clipped, off the line.

Most of them are for the one who exported the files, and have no answer on a desk. A duplicate is muted, a misplaced
clip moved, a constant offset filtered away.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bandmate.song.devices import Band, Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.stages.mix.checks import clipping, constant_offset, one_finding, silent
from bandmate.stages.mix.delivered_clipping import flat_tops
from bandmate.stages.mix.delivered_duplicates import Duplicate, find_duplicates
from bandmate.stages.mix.delivered_offset import Offset, clip_of, find_offsets, meets
from bandmate.stages.mix.family import Answer, Family, no_answers
from bandmate.stages.mix.phase_sum import correlated
from bandmate.stages.mix.rumble import insert_first
from bandmate.stages.mix.session import Session, plays
from bandmate.stages.words import place, spoken_name

DC_FILTER_ID = "dc-filter"
DC_FILTER_HZ = 10.0
"""An octave under the lowest note of anything."""

MEASURED_SECONDS = 20.0
LEAST_OF_SCALE = 0.002
LEAST_SHARE_PERCENT = 50.0
LEAST_MEETING_PERCENT = 3.0


def silent_tracks(session: Session) -> Iterator[Finding]:
    for track in session.song.tracks:
        if plays(track) and session.hearing(track.id).active_lufs is None:
            yield silent(track, session.hearing(track.id))


def silence_of(session: Session, finding: Finding) -> float | None:
    """Share of the track that is silent, %."""
    return 100 * session.hearing(finding.tracks[0]).silent_share


def clipped_tracks(session: Session) -> Iterator[Finding]:
    """Clipped at full scale, or before somebody turned it down."""
    for track in session.tracks:
        hearing = session.hearing(track.id)
        hard = tuple(clipping(session.song, track, hearing))
        tops = None if hard else flat_tops(session, track)
        if tops is None:
            yield from hard
            continue
        name, at = spoken_name(track), tops.first_seconds
        evidence = (
            Evidence(what="flat tops", unit="tops", before=float(tops.count)),
            Evidence(what="first flat top", unit="s", before=at, where=place(session.song, at)),
            Evidence(what="level at which they break off", unit="dBFS", before=tops.level_dbfs),
        )
        sentence = (
            f"{name}: clipped and turned down afterwards: {tops.count} tops break off at {tops.level_dbfs:.1f} dBFS, "
            f"first at {place(session.song, at)}; a fader cannot mend that"
        )
        hint = f"listen to the loudest moments of {name} alone: does it crackle?"
        yield one_finding("clipping", track, sentence, hint, 0.95 - 0.3 * math.exp(-tops.count / 8), evidence)


def flat_tops_of(session: Session, finding: Finding) -> float | None:
    track = session.song.track(finding.tracks[0])
    tops = flat_tops(session, track)
    return float(session.hearing(track.id).clipped_runs or (tops.count if tops else 0))


def offset_tracks(session: Session) -> Iterator[Finding]:
    for track in session.tracks:
        yield from constant_offset(session.song, track, session.hearing(track.id))


def offset_of(session: Session, finding: Finding) -> float | None:
    """DC, full scale 1."""
    return abs(session.hearing(finding.tracks[0]).dc)


def dc_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """A filter so low that nobody hears it."""
    track = session.song.track(finding.tracks[0])
    band = Band(id="1", kind="high-pass", freq_hz=DC_FILTER_HZ, slope_db=12)
    corner = Evidence(what="corner of the filter", unit="Hz", after=DC_FILTER_HZ)
    move = insert_first(track, Equalizer(id=DC_FILTER_ID, bands=(band,)))
    return (Answer((move,), 0.0, f"a filter at {DC_FILTER_HZ:.0f} Hz", 0.95, (corner,)),)


def dc_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name = spoken_name(session.song.track(finding.tracks[0]))
    return (
        f"{name} has a constant offset of {figure.before:.3f} of full scale, which costs headroom and clicks at every "
        f"cut; {answer.deed} leaves {figure.after:.3f}"
    )


def duplicate_tracks(session: Session) -> Iterator[Finding]:
    """The same recording twice."""
    for found in find_duplicates(session):
        name, original = spoken_name(found.track), spoken_name(found.original)
        share = 100 * found.correlation**2
        evidence = (
            Evidence(what=f"share of {name} that {original} plays too", unit="%", before=share, where=found.track.id),
            Evidence(what="correlation of the two", unit="-1 to 1", before=found.correlation),
        )
        same = "are the very same recording" if found.is_exact else "play the same recording"
        yield Finding(
            id=f"duplicate-{found.track.id}-{found.original.id}",
            kind="duplicate",
            tracks=(found.track.id, found.original.id),
            sentence=f"{name} and {original} {same}: {share:.1f} % of {name} is in {original} too",
            hint=f"mute {name}: is anything missing?",
            confidence=duplicate_confidence(found),
            evidence=evidence,
        )


def duplicate_confidence(found: Duplicate) -> float:
    if found.is_exact:
        return 0.97
    return 0.93 if found.correlation >= 0.9998 else 0.85 if found.correlation >= 0.999 else 0.7


def shared_of(session: Session, finding: Finding) -> float | None:
    """Share of the one that the other plays as well, %; 0 where only one of them plays."""
    ids = (finding.tracks[0], finding.tracks[1])
    if any(session.song.track(track_id).mute for track_id in ids):
        return 0.0
    measured = 100 * correlated(session, ids, MEASURED_SECONDS) ** 2
    return max(measured, finding.evidence[0].before or 0.0)


def duplicate_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """Mute the softer one."""
    track = session.song.track(finding.tracks[0])
    move = Move(address=f"tracks/{track.id}/mute", before=track.mute, after=True)
    return (Answer((move,), 0.0, f"muting {spoken_name(track)}", 0.9, finding.evidence[1:]),)


def duplicate_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    track, original = (spoken_name(session.song.track(track_id)) for track_id in finding.tracks[:2])
    return f"{figure.before:.1f} % of {track} is in {original} too; {answer.deed} leaves it playing once"


def misplaced_tracks(session: Session) -> Iterator[Finding]:
    """Files that begin elsewhere than the others."""
    for found in find_offsets(session):
        name, shift = spoken_name(found.track), found.shift_seconds
        length = session.hearing(found.track.id).seconds
        order = "earlier" if shift > 0 else "later"
        evidence = (
            Evidence(
                what=f"share of what begins in {name} that meets nothing in the others",
                unit="%",
                before=100 * (1 - found.meets_before),
                where=found.track.id,
            ),
            Evidence(what=f"how much {order} than the others {name} begins", unit="s", before=abs(shift)),
            Evidence(what=f"length of {name}", unit="s", before=length),
        )
        why = "is shorter than the others and begins at once" if shift > 0 else "is longer and begins with silence"
        heard = f", as {spoken_name(found.twin)} shows" if found.twin else ""
        yield Finding(
            id=f"offset-{found.track.id}",
            kind="offset",
            tracks=(found.track.id, *([found.twin.id] if found.twin else [])),
            end_seconds=length,
            where=session.where(0.0, length),
            sentence=f"{name} {why}: everything in it is {abs(shift):.3f} s {order} than it should be{heard}",
            hint=f"listen to {name} with the drums: is it in time from the first bar on?",
            confidence=offset_confidence(found),
            evidence=evidence,
        )


def offset_confidence(found: Offset) -> float:
    """Sure where another track shows it, and where what begins in it then meets the others."""
    if found.twin is not None:
        return 0.97
    return round(0.6 + 0.35 / (1 + math.exp(-15 * (found.meets_after - found.meets_before - 0.1))), 2)


def missed_of(session: Session, finding: Finding) -> float | None:
    """Share of what begins in the track that meets nothing in the others, %."""
    track = session.song.track(finding.tracks[0])
    others = [other for other in session.tracks if other.id != track.id]
    if track.id not in {other.id for other in session.tracks} or not others:
        return None
    return 100 * (1 - meets(session, track, others, 0.0))


def offset_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """The clip, moved or cut at its beginning; nothing where the track was cut since."""
    track = session.song.track(finding.tracks[0])
    clip, by = clip_of(track), finding.evidence[1]
    if clip is None or by.before is None:
        return ()
    address, shift = f"tracks/{track.id}/clips/{clip.id}", by.before
    if "earlier" in by.what:
        moves = [Move(address=f"{address}/start_seconds", before=clip.start_seconds, after=shift)]
        deed = f"moving it {shift:.3f} s later"
    else:
        frames, shift = round(shift * clip.source_rate_hz), -shift
        moves = [
            Move(address=f"{address}/source_start_frame", before=0, after=frames),
            Move(address=f"{address}/source_frames", before=clip.source_frames, after=clip.source_frames - frames),
        ]
        deed = f"leaving its first {-shift:.3f} s out"
    others = [other for other in session.tracks if other.id != track.id]
    forecast = 100 * (1 - meets(session, track, others, shift))
    return (Answer(tuple(moves), forecast, deed, 0.95, finding.evidence[1:]),)


def offset_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    fault = finding.sentence.partition(": everything")[0]
    return (
        f"{fault}; {answer.deed} brings the share of what begins in it and meets nothing in the others from "
        f"{figure.before:.0f} to {figure.after:.0f} %"
    )


def plain_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """For what has no answers."""
    return finding.sentence


SILENT = Family(("silent",), "noise", silent_tracks, silence_of, no_answers, plain_because, 1.0)
CLIPPING = Family(("clipping",), "noise", clipped_tracks, flat_tops_of, no_answers, plain_because, 1.0)
DC = Family(("dc",), "noise", offset_tracks, offset_of, dc_answers, dc_because, LEAST_OF_SCALE)
DUPLICATES = Family(
    ("duplicate",), "phase", duplicate_tracks, shared_of, duplicate_answers, duplicate_because, LEAST_SHARE_PERCENT
)
OFFSETS = Family(
    ("offset",), "phase", misplaced_tracks, missed_of, offset_answers, offset_because, LEAST_MEETING_PERCENT, 1.0
)

DELIVERED = (SILENT, DUPLICATES, OFFSETS, CLIPPING, DC)
"""What is wrong with single files, in the order of the work."""
