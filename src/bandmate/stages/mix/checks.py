"""What an engineer would say on opening the stems: what is odd about one recording, as findings with their figures.

Conventions: what is heard is the track after its inserts; for stems as they came that is the file. A finding's first
evidence is the figure that it is judged by.

Not covered: what is odd between tracks (``delivered_offset``, ``delivered_duplicates``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from bandmate.song.clips import AudioClip
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding, FindingKind
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.hearing import Hearing
from bandmate.stages.words import place, spoken_name

DC_LIMIT = 0.005
"""Of full scale, -46 dB: what converters leave is far below, and less costs no headroom worth a word."""

SILENT_DBFS = -140.0
"""Below the last bit of 24: dither at most."""

NEARLY_MONO_DB = -50.0
"""Sides so far below the middle are what a lossy codec or a plug-in's noise leaves of nothing."""

ONE_SIDE_DB = 14.0
MOST_BALANCE_DB = 60.0
"""From where a stereo file sounds on one side only; beyond the second nothing is left on the other one."""


def track_findings(song: Song, track: Track, hearing: Hearing) -> tuple[Finding, ...]:
    """Everything that is odd about a track; of a silent one only that. Empty when nothing is."""
    if hearing.active_lufs is None:
        return (silent(track, hearing),)
    checks = (clipping, constant_offset, same_sides, one_side)
    return tuple(finding for check in checks for finding in check(song, track, hearing))


def remarks_on(song: Song, track: Track, hearing: Hearing) -> tuple[str, ...]:
    """One sentence for each thing that is odd about a track; empty when nothing is."""
    return tuple(finding.sentence for finding in track_findings(song, track, hearing))


def one_finding(
    kind: FindingKind, track: Track, sentence: str, hint: str, confidence: float, evidence: tuple[Evidence, ...]
) -> Finding:
    """A finding about the whole of one track."""
    return Finding(
        id=f"{kind}-{track.id}",
        kind=kind,
        tracks=(track.id,),
        sentence=sentence,
        hint=hint,
        confidence=round(confidence, 2),
        evidence=evidence,
    )


def silent(track: Track, hearing: Hearing) -> Finding:
    """Nothing to hear, or too little to measure."""
    name, peak = spoken_name(track), hearing.sample_peak_dbfs
    level = Evidence(what="share of the track that is silent", unit="%", before=100 * hearing.silent_share)
    if peak > SILENT_DBFS:
        sentence = f"{name}: too quiet or too short to measure, its peak is {peak:.0f} dBFS; left alone"
        evidence = (level, Evidence(what="sample peak", unit="dBFS", before=peak))
        return one_finding("silent", track, sentence, f"{name} is hardly there: is it the right file?", 0.9, evidence)
    hint = f"{name} has nothing in it: was it exported muted?"
    return one_finding("silent", track, f"{name}: silent; left alone", hint, 0.95, (level,))


def clipping(song: Song, track: Track, hearing: Hearing) -> Iterator[Finding]:
    """Flat tops at full scale."""
    if not hearing.clipped_runs:
        return
    name, at = spoken_name(track), hearing.clipped_at_seconds or 0.0
    times = "once" if hearing.clipped_runs == 1 else f"{hearing.clipped_runs} times"
    evidence = (
        Evidence(what="flat tops", unit="tops", before=float(hearing.clipped_runs)),
        Evidence(what="first flat top", unit="s", before=at, where=place(song, at)),
    )
    yield one_finding(
        "clipping",
        track,
        f"{name}: the recording clips {times}, first at {place(song, at)}; a fader cannot mend that",
        f"listen to the loudest moments of {name} alone: does it crackle?",
        0.98 - 0.4 * math.exp(-hearing.clipped_runs / 4),
        evidence,
    )


def constant_offset(song: Song, track: Track, hearing: Hearing) -> Iterator[Finding]:
    """DC."""
    if abs(hearing.dc) <= DC_LIMIT:
        return
    name = spoken_name(track)
    yield one_finding(
        "dc",
        track,
        f"{name}: a constant offset (DC) of {hearing.dc:+.3f} of full scale",
        f"look at the waveform of {name}: it does not lie on the line",
        0.97,
        (Evidence(what=f"constant offset of {name}", unit="of full scale", before=abs(hearing.dc), where=track.id),),
    )


def is_recorded(track: Track) -> bool:
    """Whether it plays a recording. What is played from notes is no file: how many channels the synthesizer writes is
    not the musician's doing."""
    return any(isinstance(clip, AudioClip) for clip in track.clips)


def same_sides(song: Song, track: Track, hearing: Hearing) -> Iterator[Finding]:
    """A stereo file that is really mono."""
    width_db = hearing.width_db
    if hearing.channels != 2 or width_db is None or width_db >= NEARLY_MONO_DB or not is_recorded(track):
        return
    name = spoken_name(track)
    same = "the same sound on both sides"
    evidence = [Evidence(what="correlation of the two sides", unit="-1 to 1", before=hearing.correlation)]
    if math.isfinite(width_db) and hearing.stereo_kind != "dual mono":
        same = f"nearly the same sound on both sides (they differ by {width_db:.0f} dB)"
        evidence.append(Evidence(what="sides against the middle", unit="dB", before=width_db))
    sentence = f"{name}: a stereo file with {same}; it could be mono"
    yield one_finding("dual-mono", track, sentence, f"is {name} stereo at all?", 0.95, tuple(evidence))


def one_side(song: Song, track: Track, hearing: Hearing) -> Iterator[Finding]:
    """A stereo file of which one side is missing, or nearly."""
    if hearing.channels != 2 or hearing.balance_db is None or not is_recorded(track):
        return
    balance = min(abs(hearing.balance_db), MOST_BALANCE_DB)
    if balance < ONE_SIDE_DB:
        return
    name = spoken_name(track)
    side, other = ("right", "left") if hearing.balance_db > 0 else ("left", "right")
    figure = Evidence(what="what one side is louder than the other", unit="dB", before=balance, where=track.id)
    how = f"a stereo file that sounds on the {side} side only"
    if balance < MOST_BALANCE_DB:
        how = f"a stereo file whose {other} side is {balance:.0f} dB softer than the {side}"
    is_copied = hearing.correlation is None or hearing.correlation > 0.98
    sure = 0.9 if hearing.stereo_kind in ("left only", "right only") else 0.75 if not is_copied else 0.6
    hint = f"listen to {name} alone on headphones: is one side missing?"
    yield one_finding("one-sided", track, f"{name}: {how}", hint, sure, (figure,))
