"""Reports of a mix to test with: one with everything, and its parts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from msgspec.structs import replace as changed_struct

from bandmate.report.data import MoveRow, Player
from bandmate.report.master_data import SectionRow, StereoField
from bandmate.report.mix_data import (
    AnswerRow,
    FaderRide,
    FindingRow,
    MapPart,
    MaskingMap,
    MixReport,
    MixState,
    PlayerGroup,
    RidePart,
    Spectra,
    SpectrumLine,
    StereoSums,
    TrackHistory,
    TrackRow,
    TrackState,
)
from bandmate.song.evidence import Evidence
from tests.report.samples import THIRDS_HZ, measured, move

SECONDS = 83.2
COLUMNS = 80
ERB_HZ = tuple(50.0 * 1.22**k for k in range(28))
PARTS = (("intro", 0.0), ("verse", 12.0), ("chorus", 32.0), ("verse", 52.0), ("chorus", 66.0))


def sections() -> tuple[SectionRow, ...]:
    ends = [start for _, start in PARTS[1:]] + [SECONDS]
    return tuple(
        SectionRow(name=name, start_seconds=start, end_seconds=end, was_lufs=-21.4 + i, now_lufs=-20.9 + i)
        for i, ((name, start), end) in enumerate(zip(PARTS, ends, strict=True))
    )


def shares(strength: float, band: float = 0.5) -> tuple[float | None, ...]:
    """Loud in the choruses, nothing at the end."""
    found: list[float | None] = []
    for column in range(COLUMNS):
        at = column / COLUMNS * SECONDS
        is_chorus = 32 <= at < 52 or at >= 66
        share = strength * (0.95 if is_chorus else 0.4) * (0.6 + 0.4 * math.sin(column)) * (0.3 + band)
        found.append(None if at > 80 or at < 4 else min(0.97, share))
    return tuple(found)


def masking(strength_now: float = 0.4, **changed: object) -> MaskingMap:
    def grid(strength: float) -> tuple[tuple[float | None, ...], ...]:
        return tuple(
            shares(strength, math.exp(-(((k - 16) / 5) ** 2))) if 5 < k < 25 else (None,) * COLUMNS
            for k in range(len(ERB_HZ))
        )

    facts: dict[str, Any] = {
        "victim": "Lead Vox",
        "masker": "Pad",
        "band_hz": ERB_HZ,
        "column_seconds": SECONDS / COLUMNS,
        "lost_was": grid(0.9),
        "lost_now": grid(strength_now),
        "low_hz": 820.0,
        "high_hz": 2350.0,
        "start_seconds": 32.0,
        "end_seconds": 52.0,
        "share_was": 0.613,
        "share_now": 0.284,
        "parts": tuple(
            MapPart(name=row.name, start_seconds=row.start_seconds, end_seconds=row.end_seconds, was=0.41, now=0.23)
            for row in sections()
        ),
    }
    return MaskingMap(**(facts | changed))


def masking_finding(number: int = 1) -> FindingRow:
    fact = Evidence(
        what="share of Lead Vox that Pad takes, 820 to 2350 Hz", unit="share", before=0.6134, predicted=0.27
    )
    loss = Evidence(what="share of Pad that another track loses", unit="%", before=71.3, after=70.2)
    done = (replace_evidence(fact, after=0.284), loss)
    dynamic = move(
        3,
        address="tracks/pad/inserts/room-for-lead-vox",
        place_in_words="Pad, room for lead vox",
        value_before_text="nothing",
        value_after_text="dynamic equalizer, −3.5 dB at 1.4 kHz while Lead Vox sounds",
        because="Pad takes 61 % of what could be heard of Lead Vox at 820 to 2350 Hz; then 28 %",
        evidence=done,
        state="open",
        confidence=0.71,
    )
    static = move(4, address="tracks/pad/inserts/eq", place_in_words="Pad, eq", because="", evidence=(), state="open")
    return FindingRow(
        number=number,
        id="masking-lead-vox-pad",
        kind="masking",
        tracks=("Lead Vox", "Pad"),
        where="bars 17–26",
        start_seconds=32.0,
        end_seconds=52.0,
        low_hz=820.0,
        high_hz=2350.0,
        sentence="Pad takes 61 % of what could be heard of Lead Vox at 820 to 2350 Hz in bars 17–26",
        hint="listen to Lead Vox in the first chorus: can every word be understood?",
        confidence=0.83,
        evidence=(fact, Evidence(what="Pad over Lead Vox there", unit="dB", before=2.14)),
        answers=(
            AnswerRow(number=1, moves=(dynamic,), stated=done[0]),
            AnswerRow(number=2, moves=(static,), stated=replace_evidence(fact, predicted=0.31, after=0.345)),
        ),
        measured=Evidence(what=fact.what, unit="share", before=0.6134, after=0.271),
        masking=masking(),
        spectra=spectra(),
    )


def replace_evidence(fact: Evidence, **changed: float) -> Evidence:
    return changed_struct(fact, **changed)


def spectra() -> Spectra:
    def line(middle: float, gain: float) -> tuple[float | None, ...]:
        return tuple(-38 + gain - abs(k - middle) * 1.4 + 2 * math.sin(k) for k in range(len(THIRDS_HZ)))

    return Spectra(
        band_hz=THIRDS_HZ,
        tracks=(
            SpectrumLine(track="Lead Vox", was_db=line(18, 0), now_db=line(18, 1.5)),
            SpectrumLine(track="Pad", was_db=line(15, 3), now_db=line(15, -1)),
        ),
        low_hz=820.0,
        high_hz=2350.0,
    )


def buried_finding(number: int = 2) -> FindingRow:
    fact = Evidence(
        what="distance from where a lead vocal usually sits", unit="LU", before=7.42, target=0.0, where="lead-vox"
    )
    fader = move(
        1,
        address="tracks/lead-vox/gain_db",
        place_in_words="Lead Vox, gain",
        value_before_text="-11.0 dB",
        value_after_text="-4.5 dB",
        because="Lead Vox plays 7.4 LU below where a lead vocal usually sits; then it is heard in 64 % instead of 23 %",
        evidence=(replace_evidence(fact, after=0.92, predicted=0.97),),
        state="accepted",
        strength=0.75,
        confidence=0.94,
    )
    seconds = tuple(3 + 0.5 * i for i in range(160))
    was = tuple(-31 + 4 * math.sin(t / 6) if 12 < t < 76 else -math.inf for t in seconds)
    return FindingRow(
        number=number,
        id="buried-lead-vox",
        kind="buried",
        tracks=("Lead Vox",),
        end_seconds=SECONDS,
        sentence="Lead Vox plays 7.4 LU below where a lead vocal usually sits against these tracks",
        hint="listen to Lead Vox against the others: can it be heard well enough?",
        confidence=0.94,
        evidence=(fact,),
        answers=(AnswerRow(number=1, moves=(fader,), stated=fader.evidence[0]),),
        measured=Evidence(what=fact.what, unit="LU", before=7.42, after=0.9),
        history=TrackHistory(track="Lead Vox", seconds=seconds, was_lufs=was, now_lufs=tuple(y + 6.5 for y in was)),
    )


def left_finding(number: int = 3) -> FindingRow:
    return FindingRow(
        number=number,
        id="clipping-snare",
        kind="clipping",
        tracks=("Snare",),
        where="0:12.4–0:12.5",
        start_seconds=12.4,
        end_seconds=12.5,
        sentence="Snare clips 17 times",
        confidence=0.99,
        evidence=(Evidence(what="clipped stretches", unit="", before=17.0),),
    )


def headroom() -> MoveRow:
    return move(
        2,
        address="main/inserts/headroom",
        place_in_words="main, headroom",
        value_before_text="nothing",
        value_after_text="trim, −3.2 dB",
        because="the tracks together leave 0.2 dB of room",
        evidence=(Evidence(what="true peak of the mix", unit="dBTP", before=-0.21, after=-3.41),),
        state="stale",
        why="there is a trim there already",
    )


def track(number: int, name: str, **changed: object) -> TrackRow:
    was = TrackState(
        loudness_lufs=-24.4 - number,
        true_peak_dbtp=-7.3 + 0.1 * number,
        crest_db=12.6 + number,
        range_lu=5.2,
        width_db=-9.4,
        heard_share=0.42,
        gain_db=-3.0,
        pan=-0.3,
        hidden=shares(1.1 / (number + 1)),
    )
    now = replace(was, loudness_lufs=-22.9 - number, heard_share=0.57, gain_db=-1.5, hidden=shares(0.6 / (number + 1)))
    facts: dict[str, Any] = {
        "id": name.lower(),
        "name": name,
        "role": "lead vocal",
        "role_confidence": 0.95,
        "channels": 2,
        "was": was,
        "now": now,
        "findings": (1, 2),
    }
    return TrackRow(**(facts | changed))


def tracks() -> tuple[TrackRow, ...]:
    kick = track(3, "Kick", role="kick", channels=1, findings=(), is_locked=True)
    kick = replace(kick, was=replace(kick.was, width_db=None), now=replace(kick.was, width_db=None))
    silent = TrackRow(
        id="spare", name="Spare take", role="unknown", was=TrackState(), now=TrackState(), remarks=("muted",)
    )
    return (track(0, "Lead Vox"), track(1, "Pad", role="pad", findings=(1,)), kick, silent)


def rides() -> tuple[FaderRide, ...]:
    seconds = (0.0, 31.0, 32.0, 51.0, 52.0, SECONDS)
    names = [row.name for row in sections()]
    lead = FaderRide(
        track="Lead Vox",
        seconds=seconds,
        was_db=(-11.0,) * 6,
        now_db=(-4.5, -4.5, -3.0, -3.0, -4.5, -4.5),
        parts=tuple(RidePart(section=name, was_db=-11.0, now_db=-4.5 + 1.4 * (name == "chorus")) for name in names),
    )
    pad = FaderRide(
        track="Pad",
        seconds=seconds,
        was_db=(2.0, 2.0, 1.0, 1.0, 2.0, 2.0),
        now_db=(-1.0, -1.0, -2.0, -2.0, -1.0, -1.0),
        parts=tuple(RidePart(section=name, was_db=2.0, now_db=-1.0) for name in names),
    )
    return lead, pad


def stereo() -> StereoField:
    def density(wide: float) -> tuple[tuple[int, ...], ...]:
        return tuple(
            tuple(int(900 * math.exp(-(((x - 23.5) / wide) ** 2) - ((y - 23.5) / 12) ** 2)) for x in range(48))
            for y in range(48)
        )

    return StereoField(
        band_hz=THIRDS_HZ,
        was_db=tuple(-24 + 0.6 * k for k in range(31)),
        now_db=tuple(-22 + 0.5 * k for k in range(31)),
        correlation_was=tuple(0.9 - 0.02 * k for k in range(31)),
        correlation_now=tuple(0.92 - 0.02 * k for k in range(31)),
        density_was=density(6),
        density_now=density(9),
    )


def group(title: str = "All moves", data: bytes = b"sound") -> PlayerGroup:
    return PlayerGroup(
        title=title,
        players=(
            Player(label="without", mime="audio/mpeg", data=data, gain_db=0.0, loudness_lufs=-19.6),
            Player(label="with", mime="audio/mpeg", data=data, gain_db=-1.2, loudness_lufs=-18.4),
        ),
        moves=(1, 3),
        start_seconds=30.0,
        end_seconds=50.0,
        difference_lu=0.02,
    )


def mix_report(**changed: object) -> MixReport:
    facts: dict[str, Any] = {
        "title": "Night bus",
        "made_with": "Bandmate 0.1.0",
        "proposal": "P1",
        "moves_made": (1, 3),
        "was": MixState(
            label="without the moves",
            measured=measured(-19.63, -3.12, SECONDS, seed=3),
            stereo=StereoSums(width_db=-11.42, correlation=0.83, low_correlation=0.99, mono_loss_db=0.41),
        ),
        "now": MixState(
            label="with the moves",
            measured=measured(-18.94, -3.4, SECONDS, seed=4),
            stereo=StereoSums(width_db=-10.13, correlation=0.8, low_correlation=0.99, mono_loss_db=0.52),
        ),
        "findings": (masking_finding(), buried_finding(), left_finding()),
        "other_moves": (headroom(),),
        "tracks": tracks(),
        "column_seconds": SECONDS / COLUMNS,
        "sections": sections(),
        "bar_seconds": tuple(2.0 * k for k in range(42)),
        "tempo_bpm": 120.04,
        "rides": rides(),
        "lead": masking(masker="", low_hz=None, high_hz=None, start_seconds=None, end_seconds=None),
        "stereo": stereo(),
        "locks": ("Kick",),
        "remarks": ("Bass: 3.1 LU off its usual place, maybe on purpose; left alone",),
        "notes": ("Move 2 is not in it: there is a trim there already.",),
        "how_to_review": ("bandmate accept P1 # take it", "bandmate ab P1 # two files, equally loud"),
    }
    return MixReport(**(facts | changed))


def empty_report() -> MixReport:
    return MixReport(title="x", made_with="y", proposal="P1", was=MixState(label="without"), now=MixState(label="with"))
