"""Width and density of the whole mix after a reference: what no single fader decides.

Width: how loud the sides are against the middle, in what is between 150 Hz and 8 kHz. Tracks that are panned go further
out or in, stereo tracks get wider or narrower, all by one factor, so that the picture keeps its order; low and central
tracks stay. Density: how far peaks stand above the loudness; one gentle compressor on the main bus, only where the mix
is clearly more peaky than the references. A denser mix is left alone, for nothing brings back what was squeezed.

Each is tried on the rendered mix, and goes only part of the way: a reference is a direction.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.address import ABSENT, ids_of
from bandmate.song.devices import Compressor, Width
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move, apply
from bandmate.song.tracks import Track
from bandmate.song.values import slug
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.reference import MixReference
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

Reals = npt.NDArray[np.float64]

WIDTH_ID, GLUE_ID = "reference-width", "reference-glue"
WIDTH_HZ = (150.0, 8_000.0)
CENTRAL_ROLES = frozenset(("kick", "snare", "bass", "lead-vox"))
LEAST_WIDTH_DB = 1.5
"""A difference below this is not heard as width."""

FACTORS = (0.6, 1.6)
WIDE_STEREO_DB = -25.0
"""Sides of a track below this against the side of the mix are not worth a device."""

LEAST_DENSITY_DB = 2.0
PART_OF_THE_WAY = 0.6
MOST_DENSITY_DB = 2.0
GLUE_RATIO = 2.0
THRESHOLDS_BELOW_PEAK_DB = (6.0, 8.0, 10.0, 12.0, 14.0)


def side_db(hearing: Hearing) -> float | None:
    """How loud the sides are against the middle, dB; None for mono and silence."""
    hz = np.array(hearing.band_hz)
    inside = (hz >= WIDTH_HZ[0]) & (hz <= WIDTH_HZ[1])
    side = float(hearing.side_power[inside].sum(dtype=np.float64))
    middle = float(hearing.power[inside].sum(dtype=np.float64)) - side
    return 10 * float(np.log10(side / middle)) if side > 0 and middle > 0 else None


def add_width(draft: Draft, references: Sequence[MixReference]) -> None:
    """Pans and widths that bring the sides of the mix part of the way to the references'."""
    wanted = [found for one in references if (found := side_db(one.hearing)) is not None]
    before = side_db(draft.ears.main(draft.song))
    if not wanted or before is None:
        draft.remarks.append("width: the mix or the reference has no sides to compare; left alone")
        return
    target = float(np.mean(wanted))
    if abs(target - before) < LEAST_WIDTH_DB:
        draft.remarks.append(f"width: sides at {before:.1f} dB against {target:.1f} in the reference; near enough")
        return
    factor = float(np.clip(10 ** (PART_OF_THE_WAY * (target - before) / 20), *FACTORS))
    moves = width_moves(draft, factor)
    if not moves:
        draft.remarks.append("width: no track that may be moved is at the sides; left alone")
        return
    after = side_db(draft.ears.main(apply(draft.song, moves)))
    if after is None or abs(target - after) >= abs(target - before):
        draft.remarks.append("width: moving pans and sides would bring the mix no nearer; left alone")
        return
    figure = Evidence(
        what="level of the sides against the middle of the mix, with all of these moves",
        unit="dB",
        before=before,
        after=after,
        target=target,
        predicted=before + 20 * float(np.log10(factor)),
    )
    because = (
        f"the sides of the mix are at {before:.1f} dB against its middle, in the reference at {target:.1f}; "
        f"with all of these moves at {after:.1f}"
    )
    keep(draft, "width", moves, because=because, evidence=(figure,))


def width_moves(draft: Draft, factor: float) -> list[Move]:
    """Every pan times ``factor``, and the sides of wide stereo tracks."""
    session, found = draft.session, list[Move]()
    sides = {track.id: side_level(session, track) for track in session.tracks}
    loudest = max(sides.values(), default=0.0)
    for track in session.tracks:
        if session.guess(track.id).role in CENTRAL_ROLES:
            continue
        move: Move | None = None
        if track.pan:
            pan = float(np.clip(round(track.pan * factor, 2), -1.0, 1.0))
            move = Move(address=f"tracks/{track.id}/pan", before=track.pan, after=pan)
        elif sides[track.id] > loudest * 10 ** (WIDE_STEREO_DB / 10) and sides[track.id] > 0:
            device = Width(id=slug(WIDTH_ID, frozenset(ids_of(track.inserts))), side=round(factor, 2))
            move = Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device)
        if move is not None and move.before != move.after and draft.may_move(move.address):
            found.append(move)
    return found


def side_level(session: Session, track: Track) -> float:
    """The power of a track's own sides behind its fader."""
    hearing = session.hearing(track.id)
    ridden = session.fader_power(track.id, hearing.hops, hearing.hop_seconds)
    return float((hearing.side_power.sum(axis=0, dtype=np.float64) * ridden).sum())


def density_db(hearing: Hearing) -> float | None:
    """How far the peaks stand above the loudness (PLR); None for silence."""
    return None if hearing.integrated_lufs is None else hearing.true_peak_dbtp - hearing.integrated_lufs


def add_density(draft: Draft, references: Sequence[MixReference]) -> None:
    """A gentle compressor on the main bus where the mix is clearly more peaky than the references."""
    wanted = [found for one in references if (found := density_db(one.hearing)) is not None]
    heard = draft.ears.main(draft.song)
    before = density_db(heard)
    if not wanted or before is None:
        return
    target = float(np.mean(wanted))
    if before - target < LEAST_DENSITY_DB:
        draft.remarks.append(
            f"dynamics: peaks {before:.1f} dB above the loudness, {target:.1f} in the reference; left alone"
        )
        return
    aim = max(before - MOST_DENSITY_DB, before - PART_OF_THE_WAY * (before - target))
    trials = [glued(draft, heard, below) for below in THRESHOLDS_BELOW_PEAK_DB]
    known = [(abs(after - aim), after, move) for move, after in trials if after is not None and after < before - 0.3]
    if not known or not draft.may_move(known[0][2].address):
        draft.remarks.append("dynamics: a gentle compressor would not bring the mix nearer; left alone")
        return
    _, after, move = min(known, key=lambda one: one[0])
    figure = Evidence(
        what="peaks of the mix above its loudness", unit="dB", before=before, after=after, target=target, predicted=aim
    )
    because = (
        f"the peaks of the mix stand {before:.1f} dB above its loudness, in the reference {target:.1f}; "
        f"a gentle compressor on everything brings them to {after:.1f}"
    )
    keep(draft, "dynamics", [move], because=because, evidence=(figure,))


def glued(draft: Draft, heard: Hearing, below_peak_db: float) -> tuple[Move, float | None]:
    """A compressor with its threshold so far below the peaks, and what the mix then measures."""
    inserts = draft.song.main.inserts
    device = Compressor(
        id=slug(GLUE_ID, frozenset(ids_of(inserts))),
        threshold_dbfs=round(heard.sample_peak_dbfs - below_peak_db, 1),
        ratio=GLUE_RATIO,
        knee_db=6.0,
        attack_ms=10.0,
        release_ms=150.0,
    )
    move = Move(address=f"main/inserts/{device.id}", before=ABSENT, after=device)
    return move, density_db(draft.ears.main(apply(draft.song, move)))


def keep(draft: Draft, what: str, moves: Sequence[Move], *, because: str, evidence: tuple[Evidence, ...]) -> None:
    """Take the moves into the proposal, with the finding that they answer."""
    finding = Finding(
        id=f"reference-{what}",
        kind="reference",
        tracks=tuple(move.address.split("/")[1] for move in moves if move.address.startswith("tracks/")),
        sentence=because,
        hint=f"compare the {what} of the mix with the reference",
        confidence=0.6,
        evidence=evidence,
    )
    draft.findings.append(finding)
    for move in moves:
        steps = move.address.split("/")
        name = f"{spoken_name(draft.song.track(steps[1]))}: " if steps[0] == "tracks" else ""
        draft.make(replace(move, because=name + because, evidence=evidence, confidence=0.6, finding=finding.id))
