"""Too little room: a mix of bone-dry tracks without any reverb, answered by one room for all, or an echo on the lead.

Nothing is said unless it is certain that there is no room at all: no device that makes one, and a lead and other tracks
that stop dead. A mix with a little room on its recordings is a matter of taste.

Not covered: how much room a style wants; rooms that change from section to section.
"""

from __future__ import annotations

from collections.abc import Sequence

from bandmate.song.devices import Delay, Reverb
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.tracks import Role
from bandmate.stages.mix.dynamics import sure_ones
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.roles import SURE_ENOUGH
from bandmate.stages.mix.room_design import Room, echo_for, room_for, tempo_of
from bandmate.stages.mix.room_return import NOTHING_DB, has_own_rooms, room_below_mix_db
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.space_tails import deeper_fall_seconds
from bandmate.stages.words import spoken_name

FEWEST_TRACKS, FEWEST_DRY = 4, 2
DRY_SECONDS = 0.02
"""A sound that loses its second 20 dB within this stops dead: even a small room takes longer."""

LEADS: tuple[Role, ...] = ("lead-vox", "woodwind", "lead-guitar", "brass")
STOPPING: tuple[Role, ...] = (*LEADS, "backing-vox", "organ", "synth")
SURENESS, SURER_BY_TRACK, MOST_SURE = 0.75, 0.05, 0.9
ROOM_SURENESS, ECHO_SURENESS = 0.8, 0.7
LEAST_DB = 6.0


def find(session: Session) -> list[Finding]:
    """One finding where everything that could have room on it has none; else nothing."""
    if len(session.tracks) < FEWEST_TRACKS or has_own_rooms(session.song):
        return []
    guesses = session.guesses()
    stopping = [i for i, g in guesses.items() if g.role in STOPPING and g.confidence >= SURE_ENOUGH]
    falls = {i: seconds for i in stopping if (seconds := deeper_fall_seconds(session, i)) is not None}
    leads = [i for role in LEADS for i in falls if guesses[i].role == role]
    if not leads or len(falls) < FEWEST_DRY or max(falls.values()) > DRY_SECONDS:
        return []
    sure = min(MOST_SURE, SURENESS + SURER_BY_TRACK * (len(falls) - FEWEST_DRY)) * guesses[leads[0]].confidence
    return [finding_of(session, leads[0], max(falls.values()), sure)] if sure >= SURE_ENOUGH else []


def finding_of(session: Session, lead_id: str, longest_seconds: float, sure: float) -> Finding:
    end = max(session.hearing(track.id).seconds for track in session.tracks)
    lead = spoken_name(session.song.track(lead_id))
    return Finding(
        id="too-little-room",
        kind="too-little-room",
        tracks=(lead_id,),
        end_seconds=end,
        where=session.where(0.0, end),
        sentence=f"the mix is bone dry: {lead} and all else that stops is gone within {1000 * longest_seconds:.0f} ms, "
        "and nothing in the song makes a room",
        hint=f"listen to how {lead} ends: is there a room in which they all play?",
        confidence=round(sure, 2),
        evidence=(
            Evidence(what="how far room and echo are below the mix", unit="dB", before=NOTHING_DB),
            Evidence(
                what="the longest that a stopping track takes to be gone", unit="ms", before=1000 * longest_seconds
            ),
        ),
    )


def gauge(session: Session, finding: Finding) -> float | None:
    """How far rooms and echoes are below the mix, in dB."""
    return room_below_mix_db(session)


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """One room for all; or an echo on the lead."""
    room, echo = room_for(session), echo_for(session, finding.tracks[0])
    return sure_ones(
        finding,
        (
            None if room is None else room_answer(session, room),
            None if echo is None else echo_answer(session, finding, echo),
        ),
    )


def room_answer(session: Session, room: Room) -> Answer:
    device = room.bus.inserts[0]
    assert isinstance(device, Reverb)
    return Answer(
        moves=room.moves(),
        predicted=room.below_mix_db,
        deed=f"a room of {device.decay_seconds:.2f} s on a bus, in time at {tempo_of(session):.0f} beats a minute, "
        f"with sends from {len(room.sends)} tracks",
        confidence=ROOM_SURENESS,
        evidence=(
            Evidence(what="decay of the room", unit="s", after=device.decay_seconds),
            Evidence(what="tempo", unit="beats a minute", before=tempo_of(session)),
            Evidence(what="tracks that go into the room", unit="tracks", after=len(room.sends)),
        ),
    )


def echo_answer(session: Session, finding: Finding, echo: Room) -> Answer:
    device = echo.bus.inserts[0]
    assert isinstance(device, Delay)
    lead = spoken_name(session.song.track(finding.tracks[0]))
    return Answer(
        moves=echo.moves(),
        predicted=echo.below_mix_db,
        deed=f"an echo of {lead} on a bus, a dotted eighth late at {tempo_of(session):.0f} beats a minute",
        confidence=ECHO_SURENESS,
        evidence=(Evidence(what="tempo", unit="beats a minute", before=tempo_of(session)),),
    )


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """The reason in one sentence."""
    return f"the mix has no room at all; {answer.deed} comes back {figure.after:.1f} dB below the mix"


TOO_LITTLE_ROOM = Family(("too-little-room",), "space", find, gauge, answers, because, LEAST_DB)
