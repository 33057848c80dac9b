"""The structure that was heard, as moves: tempo, meter and sections for a song that has none.

How bar lines fall on the music although a song's bar 1 begins at 0 seconds::

    lead-in    |~|=====|=====|     bar 1 begins at 0; a first tempo holds for a sixteenth of a beat and is so slow that
               ^ 0   bar 2         beat 2 and all after it are in their places
    pick-up    |~.==|=====|=====|  bar 1 is a pick-up bar of as many whole beats as fit before the first whole bar
               ^ 0  bar 2

So recordings stay where they are, to the frame, and grid and music agree from the second beat on. The numbers of the
bars are those of ``bandmate.stages.structure``.

Conventions: a beat becomes a quarter note, also in music whose beats are dotted. Moves are made only for a song without
notes, automation, chords, words or markers, since those lie on ticks and would move with a new tempo.

Not covered: tempi that change. A song without a steady tempo gets no moves.
"""

from __future__ import annotations

from fractions import Fraction

from bandmate.song.address import ABSENT
from bandmate.song.clips import NoteClip
from bandmate.song.evidence import Evidence
from bandmate.song.harmony import Section
from bandmate.song.moves import Move
from bandmate.song.song import Song
from bandmate.song.time import DEFAULT_METER, TICKS_PER_QUARTER, MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.sound.pulse import STEADY_SECONDS
from bandmate.stages.structure import LEAD_BEATS, Structure

LEAD_TICKS = TICKS_PER_QUARTER // 16
EARLY_SHARE = 0.1
"""A pick-up may have a beat that is shorter by this share rather than one beat fewer."""

EXACT_SECONDS = 0.002
BPM_LIMITS = (3.0, 1000.0)
LEAST_TEMPO_CONFIDENCE = 0.8
LEAST_DOWNBEAT_CONFIDENCE = 0.5
SECTION_CONFIDENCE = 0.5


def structure_moves(song: Song, structure: Structure) -> tuple[Move, ...]:
    """Moves that give ``song`` the tempo, meter and sections that were heard; none where it is not sure enough.

    No moves for a song that has a tempo or anything on ticks already, for a tempo that is not steady, and for one that
    is less than 80 % sure. Bars that are less than half sure bring a tempo without a meter and without sections.
    """
    is_heard = structure.source == "audio" and structure.bpm is not None and len(structure.bar_seconds) > 1
    is_sure = structure.is_steady and structure.tempo_confidence >= LEAST_TEMPO_CONFIDENCE
    if not is_heard or not is_sure or has_ticks(song):
        return ()
    moves = [tempo_move(song, structure)]
    if structure.downbeat_confidence >= LEAST_DOWNBEAT_CONFIDENCE:
        moves += [*meter_moves(song, structure), *section_moves(song, structure)]
    return tuple(moves)


def why_not(song: Song, structure: Structure) -> str:
    """Why there are no moves, in one sentence."""
    if structure.source == "song" or has_ticks(song):
        return "the song has a tempo of its own, or something that lies on its ticks; it stays as it is"
    if structure.bpm is None:
        return "no pulse was heard that could be counted by"
    if not structure.is_steady:
        return f"the tempo, about {structure.bpm:.1f} bpm, is not steady to {1000 * STEADY_SECONDS:.0f} ms"
    return f"the tempo may be {structure.bpm:.2f} bpm, but that is only {structure.tempo_confidence:.0%} sure"


def has_ticks(song: Song) -> bool:
    """Whether anything of the song lies on ticks, and would move with a tempo."""
    has_notes = any(isinstance(clip, NoteClip) for track in song.tracks for clip in track.clips)
    automations = [track.automation for track in song.tracks] + [bus.automation for bus in song.buses]
    is_automated = any(automations) or bool(song.main.automation)
    return has_notes or is_automated or bool(song.tempo.points or song.chords or song.lyrics or song.markers)


def tempo_move(song: Song, structure: Structure) -> Move:
    """The tempo, as one move: its points make sense only together."""
    assert structure.bpm is not None
    start = first_whole_bar(structure)
    return Move(
        address="tempo",
        before=song.tempo,
        after=TempoMap(points=tempo_points(structure)),
        because=(
            f"one tempo of {structure.bpm:.2f} bpm explains all beats to {1000 * STEADY_SECONDS:.0f} ms; "
            f"the first whole bar begins at {start:.3f} s"
        ),
        evidence=(
            Evidence(what="tempo", unit="bpm", after=round(structure.bpm, 2)),
            Evidence(what="most that a beat may be off one tempo", unit="ms", after=1000 * STEADY_SECONDS),
            Evidence(what="first whole bar begins", unit="s", after=round(start, 3)),
        ),
        confidence=round(structure.tempo_confidence, 2),
    )


def first_whole_bar(structure: Structure) -> float:
    """Seconds at which the first bar begins that is as long as a bar."""
    lines, beats = structure.bar_seconds, structure.beats_per_bar
    second = 60 / structure.bpm if structure.bpm else 0.0
    lead = lines[1] - beats * second
    return lead if 0 <= lead < LEAD_BEATS * second else lines[1]


def pick_up_beats(structure: Structure) -> int:
    """Beats of bar 1; fewer than a whole bar has where it is a pick-up bar."""
    assert structure.bpm is not None
    beats = structure.bar_seconds[1] * structure.bpm / 60
    return max(1, min(structure.beats_per_bar, int(beats + EARLY_SHARE)))


def tempo_points(structure: Structure) -> tuple[TempoPoint, ...]:
    """One tempo, with a short stretch of another in front where the first beat is not at 0 seconds."""
    assert structure.bpm is not None
    bpm, beats = structure.bpm, pick_up_beats(structure)
    lead = structure.bar_seconds[1] - beats * 60 / bpm
    if abs(lead) < EXACT_SECONDS:
        return (TempoPoint(id="heard", at_ticks=0, bpm=bpm),)
    ticks = LEAD_TICKS if lead > 0 else beats * TICKS_PER_QUARTER
    seconds = lead + ticks / TICKS_PER_QUARTER * 60 / bpm
    first = float(Fraction(ticks, TICKS_PER_QUARTER) * 60) / seconds
    first = min(max(first, BPM_LIMITS[0]), BPM_LIMITS[1])
    return (
        TempoPoint(id="lead-in", at_ticks=0, bpm=first),
        TempoPoint(id="heard", at_ticks=ticks, bpm=bpm),
    )


def meter_moves(song: Song, structure: Structure) -> list[Move]:
    """The meter and that of a pick-up bar, as one move; none where the song has meters, or it is 4/4 throughout."""
    if song.meters.points:
        return []
    whole, first = structure.beats_per_bar, pick_up_beats(structure)
    points = [MeterPoint(id="heard", at_bar=1 if first == whole else 2, numerator=whole, denominator=4)]
    if first != whole:
        points.insert(0, MeterPoint(id="pick-up", at_bar=1, numerator=first, denominator=4))
    elif (whole, 4) == DEFAULT_METER:
        return []
    return [
        Move(
            address="meters",
            before=song.meters,
            after=MeterMap(points=tuple(points)),
            because=f"accents come again every {whole} beats",
            evidence=(Evidence(what="beats in a bar", unit="beats", after=float(whole)),),
            confidence=round(structure.downbeat_confidence, 2),
        )
    ]


def section_moves(song: Song, structure: Structure) -> list[Move]:
    """The sections, named by their letters where no name is known; none for a song of one section."""
    if song.sections or len(structure.sections) < 2:
        return []
    moves = []
    for number, section in enumerate(structure.sections, 1):
        name = section.name.rstrip("?") or section.letter
        level = section.loudness_db
        said = "" if level is None else f" at {level:.1f} dB"
        moves.append(
            Move(
                address=f"sections/heard-{number}",
                before=ABSENT,
                after=Section(id=f"heard-{number}", name=name, start_bar=section.start_bar, bars=section.bars),
                because=f"what plays changes at bar {section.start_bar}; {section.bars} bars sound alike{said}",
                evidence=(
                    Evidence(what="section begins", unit="bar", after=float(section.start_bar)),
                    Evidence(what="length", unit="bars", after=float(section.bars)),
                    *(() if level is None else (Evidence(what="level", unit="dB", after=round(level, 1)),)),
                ),
                confidence=SECTION_CONFIDENCE,
            )
        )
    return moves
