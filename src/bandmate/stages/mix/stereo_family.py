"""The families of findings about the two sides of a track: the same, one missing, one turned over, a wide bass.

A delivery that is written in stereo throughout is not told so file by file, and where one file sounds on the left and
another on the right they were panned before they were delivered.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bandmate.song.address import ABSENT
from bandmate.song.devices import ChannelTrim, Width
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.checks import MOST_BALANCE_DB, is_recorded, one_finding, one_side, same_sides
from bandmate.stages.mix.family import Answer, Family, no_answers
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.stereo import (
    LOW_HZ,
    are_against,
    kept,
    loss_when_turned_db,
    loss_with_sides_db,
    low_share,
    low_sides_db,
    mono_loss_db,
)
from bandmate.stages.words import spoken_name

AGAINST, LOSS_DB = -0.2, 3.5
"""Channels that are against each other more than that, with such a loss in mono, are no ordinary width."""

TURNED_CORRELATION = 0.35
"""A stereo recording of which one channel was turned over has at least this once it is turned back."""

KEPT_LOSS_DB = 2.0
STEP = 0.05

WIDE_LOW_DB = -5.0
MATERIAL_SHARE, BASS_SHARE = 0.1, 0.02
"""Bass is too wide when its sides are so near to its middle, and worth a word when so much of the mix's bass is it;
less will do where a track is there for its bass."""

BASSES = ("kick", "bass")

CENTRED = ("kick", "snare", "bass", "lead-vox")
MOST_TRIM_DB = 24.0
MOST_NEWS = 2


def insert_first(track: Track, device: ChannelTrim | Width) -> Move:
    """The move that puts ``device`` before everything else on the track."""
    if not track.inserts:
        return Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device)
    return Move(address=f"tracks/{track.id}/inserts", before=track.inserts, after=(device, *track.inserts))


def files_without_sides(session: Session) -> Iterator[Finding]:
    """Stereo files that are really mono.

    Where nothing in a delivery is mono, the program that wrote it writes everything in stereo: then what belongs in the
    centre is no news, and neither is anything where many files are like that.
    """
    recorded = [track for track in session.tracks if is_recorded(track)]
    found = [finding for track in recorded for finding in same_sides(session.song, track, session.hearing(track.id))]
    if not any(session.hearing(track.id).channels == 1 for track in recorded):
        found = [finding for finding in found if session.guess(finding.tracks[0]).role not in CENTRED]
        if len(found) > MOST_NEWS:
            return
    yield from found


def sides_agree(session: Session, finding: Finding) -> float | None:
    """Correlation of the two sides."""
    return session.hearing(finding.tracks[0]).correlation


def files_with_one_side(session: Session) -> Iterator[Finding]:
    """Stereo files of which one side is missing; none where there is one on either side, for that is how they were
    panned."""
    found, sides = [], set()
    for track in session.tracks:
        hearing = session.hearing(track.id)
        for finding in one_side(session.song, track, hearing):
            found.append(finding)
            sides.add((hearing.balance_db or 0.0) > 0)
    if len(sides) == 1:
        yield from found


def balance_of(session: Session, finding: Finding) -> float | None:
    """What one side is louder than the other, dB, at most 60."""
    balance_db = session.hearing(finding.tracks[0]).balance_db
    return None if balance_db is None else min(abs(balance_db), MOST_BALANCE_DB)


def one_side_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """The soft side turned up where it has something to give; else the track in mono, first where it belongs in the
    centre anyway."""
    track = session.song.track(finding.tracks[0])
    hearing = session.hearing(track.id)
    balance_db = kept(hearing.balance_db or 0.0)
    mono = Answer((insert_first(track, Width(id="centred", side=0.0)),), 0.0, "making it mono", 0.75)
    raised = math.floor(abs(balance_db) * 2) / 2
    if raised > MOST_TRIM_DB or hearing.stereo_kind in ("left only", "right only"):
        return (mono,)
    right = balance_db < 0
    device = ChannelTrim(id="sides", right_db=raised if right else 0.0, left_db=0.0 if right else raised)
    figure = Evidence(what="what the soft side is turned up by", unit="dB", after=raised)
    deed = f"turning its {'right' if right else 'left'} side up by {raised:.1f} dB"
    trim = Answer((insert_first(track, device),), abs(balance_db) - raised, deed, 0.75, (figure,))
    return (mono, trim) if session.guess(track.id).role in CENTRED else (trim, mono)


def one_side_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name = spoken_name(session.song.track(finding.tracks[0]))
    return (
        f"one side of {name} is {figure.before:.0f} dB louder than the other; {answer.deed} brings that to "
        f"{figure.after:.1f} dB"
    )


def tracks_lost_in_mono(session: Session) -> Iterator[Finding]:
    """Channels that are against each other."""
    for track in session.tracks:
        hearing = session.hearing(track.id)
        correlation, loss = hearing.correlation, mono_loss_db(hearing)
        if correlation is None or correlation >= AGAINST or loss < LOSS_DB or not are_against(hearing):
            continue
        name = spoken_name(track)
        evidence = (
            Evidence(what=f"what {name} loses in mono", unit="dB", before=loss, where=track.id),
            Evidence(what="correlation of the two channels", unit="-1 to 1", before=correlation),
        )
        sentence = f"{name} loses {loss:.1f} dB in mono: its channels are against each other ({correlation:.2f})"
        hint = f"listen to {name} in mono: is it still there?"
        yield one_finding("mono-loss", track, sentence, hint, loss_confidence(correlation), evidence)


def loss_confidence(correlation: float) -> float:
    """0.6 at -0.2, 0.97 where one channel is the other upside down."""
    return min(0.97, 1 / (1 + math.exp(-5.0 * (-correlation - 0.12))))


def loss_of(session: Session, finding: Finding) -> float | None:
    """What a track loses in mono, dB."""
    hearing = session.hearing(finding.tracks[0])
    return None if hearing.mono_loss_db is None else mono_loss_db(hearing)


def loss_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """One channel turned over where that explains it; less of the sides."""
    track = session.song.track(finding.tracks[0])
    hearing = session.hearing(track.id)
    correlation = hearing.correlation or 0.0
    found = []
    if is_turned(hearing):
        device = ChannelTrim(id="turned-right", right_inverted=True)
        sure = 0.95 if correlation < -0.6 else 0.85
        moves = (insert_first(track, device),)
        found.append(
            Answer(moves, loss_when_turned_db(hearing), "turning its right channel over", sure, finding.evidence[1:])
        )
    side = sides_for(hearing)
    if side < 1.0:
        moves = (insert_first(track, Width(id="narrower", side=side)),)
        level = Evidence(what="level of the sides", unit="factor", before=1.0, after=side)
        deed = f"bringing its sides to {side:.2f} of what they are"
        found.append(Answer(moves, loss_with_sides_db(hearing, side), deed, 0.8, (level, *finding.evidence[1:])))
    return found


def is_turned(hearing: Hearing) -> bool:
    """Whether one channel upside down explains that the two are against each other, in the bass too."""
    correlation, low = hearing.correlation or 0.0, hearing.low_correlation
    return -correlation >= TURNED_CORRELATION and (low is None or low < 0.0)


def sides_for(hearing: Hearing) -> float:
    """The level of the sides at which mono loses what is usual, in steps of 0.05."""
    sides = 10 ** (kept(hearing.width_db or 0.0) / 10)
    wanted = math.sqrt((10 ** (KEPT_LOSS_DB / 10) - 1) / sides)
    return max(STEP, math.floor(wanted / STEP) * STEP)


def loss_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name = spoken_name(session.song.track(finding.tracks[0]))
    return (
        f"{name} loses {figure.before:.1f} dB in mono, for its channels are against each other; {answer.deed} leaves a "
        f"loss of {figure.after:.1f} dB"
    )


def tracks_with_wide_bass(session: Session) -> Iterator[Finding]:
    """Bass that is not the same on both sides, where much of the mix's bass comes from there."""
    for track in session.tracks:
        hearing = session.hearing(track.id)
        sides = low_sides_db(hearing) if hearing.channels == 2 else None
        if sides is None or sides < WIDE_LOW_DB or abs(kept(hearing.balance_db or 0.0)) > 6.0:
            continue
        if are_against(hearing):
            continue
        share, name = low_share(session, track.id), spoken_name(track)
        if share < (BASS_SHARE if session.guess(track.id).role in BASSES else MATERIAL_SHARE):
            continue
        evidence = (
            Evidence(
                what=f"sides of {name} against its middle, below the corner", unit="dB", before=sides, where=track.id
            ),
            Evidence(what="corner", unit="Hz", before=LOW_HZ),
            Evidence(what=f"share of the mix's bass that {name} has", unit="%", before=100 * share),
        )
        sentence = (
            f"below {LOW_HZ:.0f} Hz the sides of {name} are {spoken_level(sides)} its middle, "
            f"and {100 * share:.0f} % of the mix's bass is there"
        )
        hint = f"listen to the lows of {name} in mono: do they get thin?"
        yield one_finding("wide-low-end", track, sentence, hint, wide_confidence(sides, share), evidence)


def spoken_level(level_db: float) -> str:
    """``2.0 dB below`` or ``1.0 dB above``."""
    return f"{abs(level_db):.1f} dB {'below' if level_db < 0 else 'above'}"


def wide_confidence(sides_db: float, share: float) -> float:
    certain = 1 / (1 + math.exp(-0.8 * (sides_db - WIDE_LOW_DB + 0.5)))
    return certain * (0.8 + 0.2 * min(1.0, 2 * share))


def low_sides_of(session: Session, finding: Finding) -> float | None:
    return low_sides_db(session.hearing(finding.tracks[0]))


def wide_answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """One bass for both sides."""
    track = session.song.track(finding.tracks[0])
    forecast = low_sides_db(session.hearing(track.id), LOW_HZ)
    if forecast is None:
        return ()
    move = insert_first(track, Width(id="mono-bass", mono_below_hz=LOW_HZ))
    deed = f"making it mono below {LOW_HZ:.0f} Hz"
    return (Answer((move,), forecast, deed, 0.9, finding.evidence[1:]),)


def wide_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name = spoken_name(session.song.track(finding.tracks[0]))
    before, after = spoken_level(figure.before or 0.0), spoken_level(figure.after or 0.0)
    return f"the bass of {name} is wide, its sides {before} its middle; {answer.deed} leaves them {after} it"


def plain_because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """For what has no answers."""
    return finding.sentence


DUAL_MONO = Family(("dual-mono",), "stereo", files_without_sides, sides_agree, no_answers, plain_because, 0.1)
ONE_SIDED = Family(
    ("one-sided",), "stereo", files_with_one_side, balance_of, one_side_answers, one_side_because, 3.0, 0.2
)
MONO_LOSS = Family(("mono-loss",), "stereo", tracks_lost_in_mono, loss_of, loss_answers, loss_because, 1.0)
WIDE_LOW_END = Family(("wide-low-end",), "stereo", tracks_with_wide_bass, low_sides_of, wide_answers, wide_because, 3.0)

STEREO = (DUAL_MONO, ONE_SIDED, WIDE_LOW_END, MONO_LOSS)
"""What is wrong with the sides of a track, in the order of the work."""
