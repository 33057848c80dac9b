"""Moves towards a reference: only the chosen aspects, every one bounded, tried and measured on the rendered mix.

Each move's first figure is how far mix and reference are apart with the other moves, without it and with it. All moves
together are then rendered once, and two more things are measured: the same distance on the sound, and one that
was not fitted, how unrestful each band is. Where the rendered mix is not nearer, or the second has grown, nothing is
proposed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from bandmate.song.address import ABSENT
from bandmate.song.devices import Band, Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move, apply
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.values import slug
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.reference import MixReference, aligned
from bandmate.stages.mix.reference_fit import Problem, distance_db, residual_db
from bandmate.stages.mix.reference_plan import FITTED, Plan, Reals, other_song_cells, plan_for, same_song_cells
from bandmate.stages.mix.session import Session, summed
from bandmate.stages.words import spoken_name

DEVICE_ID = "reference-tone"
LEAST_GAIN_DB, LEAST_TONE_DB = 0.5, 0.5
"""Less is not heard."""

LEAST_NEARER_DB = 0.004
"""What a move must bring mix and reference nearer by."""

UNREST_MAY_GROW_DB = 0.5
HIGHEST_GAIN_DB = 24.0


def add_reference(draft: Draft, references: Sequence[MixReference]) -> None:
    """Faders and broad equalizers towards the references, in the aspects that the brief allows."""
    aspects = [aspect for aspect in draft.brief.aspects if aspect in FITTED]
    plan = plan_for(draft.session, references, aspects)
    if plan is None:
        return
    wanted = [move for move in bare_moves(draft.session, plan) if draft.may_move(move.address)]
    finding = finding_of(plan, references, draft.session)
    if not wanted:
        draft.remarks.append(f"{finding.sentence}; no fader is far enough off to be moved")
        return
    made, session = needed_moves(draft.session, wanted, plan, references, finding)
    if not made:
        draft.remarks.append(f"{finding.sentence}; no single move brings it nearer")
        return
    predicted_db = distance_of(session, plan, references)
    checked = checked_on_sound(draft, session.song, references, predicted_db)
    if isinstance(checked, str):
        draft.remarks.append(f"{finding.sentence}; {checked}")
        return
    draft.findings.append(finding)
    for move in made:
        draft.make(replace(move, evidence=(*move.evidence, *checked)))


def needed_moves(
    session: Session, wanted: Sequence[Move], plan: Plan, references: Sequence[MixReference], finding: Finding
) -> tuple[list[Move], Session]:
    """Those without which all the others would leave the mix further off, with their reasons; and the song after them.

    subtle: each is judged with all others made. Judged one after the other, a soft track would not count while a loud
    one still covers it.
    """
    made, left = list(wanted), list(wanted)
    for move in reversed(wanted):
        others = [one for one in left if one is not move]
        apart = [distance_of(session.with_song(apply(session.song, some)), plan, references) for some in (others, left)]
        if apart[0] - apart[1] < LEAST_NEARER_DB:
            left, made = others, [one for one in made if one.address != move.address]
        else:
            reasoned = with_reason(move, finding, session, (apart[0], apart[1]), plan)
            made = [reasoned if one.address == move.address else one for one in made]
    return made, session.with_song(apply(session.song, left))


def bare_moves(session: Session, plan: Plan) -> list[Move]:
    """The settings of the fit as moves, the largest first."""
    found: list[tuple[float, Move]] = []
    for row, track_id in enumerate(plan.track_ids):
        track = session.song.track(track_id)
        gain_db = round(float(plan.fit.gain_db[row]), 1)
        if abs(gain_db) >= LEAST_GAIN_DB:
            wanted = min(track.gain_db + gain_db, HIGHEST_GAIN_DB)
            found.append((abs(gain_db), Move(address=f"tracks/{track_id}/gain_db", before=track.gain_db, after=wanted)))
        tone = plan.fit.tone_db[row]
        bands = tuple(
            replace(band, gain_db=round(float(db), 1))
            for band, db in zip(plan.bands, tone, strict=True)
            if abs(db) >= LEAST_TONE_DB
        )
        if bands:
            found.append((float(np.abs(tone).max()), equalizer_move(track, bands)))
    return [move for _, move in sorted(found, key=lambda one: -one[0])]


def equalizer_move(track: Track, bands: tuple[Band, ...]) -> Move:
    """An equalizer behind all that is on the track."""
    device = Equalizer(id=slug(DEVICE_ID, frozenset(one.id for one in track.inserts)), bands=bands)
    return Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device)


def distance_of(session: Session, plan: Plan, references: Sequence[MixReference]) -> float:
    """How far mix and reference are apart on that state of the song, dB; by the powers of its tracks."""
    whole = summed([session.power(track.id) for track in session.tracks])
    return apart_db(whole.astype(np.float64), references, session.hearing(plan.track_ids[0]).band_hz)


def apart_db(power: Reals, references: Sequence[MixReference], band_hz: tuple[float, ...]) -> float:
    """The mean distance of a mix from the references, its level aside: by moments over the same song, else by parts."""
    how = [(one, aligned(power.astype(np.float32), one.hearing)) for one in references]
    same = [(one, lying) for one, lying in how if lying is not None]
    shared = min(power.shape[0], *(len(one.hearing.band_hz) for one in references))
    cut = power[None, :shared]
    if same:
        cells = same_song_cells(cut, *max(same, key=lambda one: one[1].likeness))
    else:
        cells = other_song_cells(cut, references, band_hz[:shared])
    problem = Problem(*cells, np.zeros((0, shared)), 1.0, 0.0, 1.0, 0.0, np.zeros(1, np.bool_))
    residual, _ = residual_db(problem, np.zeros((1, 1)))
    return distance_db(problem, residual)


def unrest_db(hearing: Hearing) -> Reals:
    """How far the loud moments of each band are above its middle ones, dB; of the bands that sound."""
    level = 10 * np.log10(hearing.power.astype(np.float64) + 1e-12)
    if not level.size:
        return np.zeros(0)
    high, middle = np.quantile(level, 0.95, axis=1), np.quantile(level, 0.5, axis=1)
    found: Reals = np.clip(high - middle, 0.0, 40.0)
    return found


def unlike_unrest_db(hearing: Hearing, references: Sequence[MixReference]) -> float:
    """How much the unrest of a mix's bands differs from that of the references, mean over the bands."""
    own = unrest_db(hearing)
    others = [unrest_db(one.hearing) for one in references]
    shared = min(len(own), *(len(other) for other in others))
    target = np.mean([other[:shared] for other in others], axis=0)
    return float(np.abs(own[:shared] - target).mean())


def checked_on_sound(
    draft: Draft, after: Song, references: Sequence[MixReference], predicted_db: float
) -> tuple[Evidence, ...] | str:
    """Two figures of the rendered mix before and after; or why nothing is proposed."""
    pair = [draft.ears.main(song) for song in (draft.song, after)]
    far = [apart_db(one.power.astype(np.float64), references, one.band_hz) for one in pair]
    unrest = [unlike_unrest_db(one, references) for one in pair]
    if far[1] >= far[0]:
        return f"rendered, the mix would be no nearer ({far[0]:.2f} to {far[1]:.2f} dB)"
    if unrest[1] > unrest[0] + UNREST_MAY_GROW_DB:
        return f"what was not fitted would go away from it ({unrest[0]:.2f} to {unrest[1]:.2f} dB)"
    return (
        Evidence(
            what="distance of the rendered mix from the reference, with all of these moves",
            unit="dB",
            before=far[0],
            after=far[1],
            predicted=predicted_db,
        ),
        Evidence(
            what="not fitted: difference in how unrestful the bands are",
            unit="dB",
            before=unrest[0],
            after=unrest[1],
        ),
    )


def finding_of(plan: Plan, references: Sequence[MixReference], session: Session) -> Finding:
    names = ", ".join(one.name for one in references)
    kind = "an earlier mix of this song" if plan.is_same_song else "another song"
    distance = Evidence(
        what=f"distance of the mix from {names}", unit="dB", before=plan.fit.before_db, predicted=plan.fit.after_db
    )
    return Finding(
        id="reference",
        kind="reference",
        tracks=(),
        sentence=f"against {names} ({kind}) the mix is {plan.fit.before_db:.1f} dB off on average, its level aside",
        hint=f"compare the mix with {names}",
        confidence=0.9 if plan.is_same_song else 0.6,
        evidence=(distance,),
    )


def with_reason(move: Move, finding: Finding, session: Session, apart: tuple[float, float], plan: Plan) -> Move:
    track = session.song.track(move.address.split("/")[1])
    row = plan.track_ids.index(track.id)
    name = spoken_name(track)
    figure = Evidence(
        what="distance of the mix from the reference", unit="dB", before=apart[0], after=apart[1], where=track.id
    )
    if isinstance(move.after, Equalizer):
        reason = (
            f"{name}: without this equalizer the other moves would leave the mix {apart[0]:.2f} dB off the reference, "
            f"with it {apart[1]:.2f}"
        )
        return replace(move, because=reason, evidence=(figure,), confidence=finding.confidence, finding=finding.id)
    change = Evidence(what=f"{name}, against the reference", unit="dB", before=-float(plan.fit.gain_db[row]), after=0.0)
    side = "softer" if plan.fit.gain_db[row] > 0 else "louder"
    because = (
        f"{name} is {abs(plan.fit.gain_db[row]):.1f} dB {side} than in the reference; without this fader the others "
        f"would leave the mix {apart[0]:.2f} dB off it, with it {apart[1]:.2f}"
    )
    return replace(move, because=because, evidence=(figure, change), confidence=finding.confidence, finding=finding.id)
