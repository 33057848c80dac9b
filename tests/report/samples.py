"""Reports to test with: one like a real song's, and its parts."""

from __future__ import annotations

import math
import random

from bandmate.report.data import (
    FileRow,
    GainReduction,
    Measured,
    MoveRow,
    Player,
    Profile,
    ProposalPart,
    ReportData,
    StemRow,
)
from bandmate.song.evidence import Evidence

THIRDS_HZ = tuple(1000 * 2 ** (k / 3) for k in range(-17, 14))
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def song_level(second: float, total: float) -> float:
    """Verse, chorus, verse, chorus, a quiet end; 0 to 1."""
    part = second / total
    base = 0.45 if part < 0.3 or 0.55 < part < 0.7 else 0.85
    return base * min(1.0, 4 * second + 0.05, max(0.02, (total - second) / 4))


def measured(lufs: float = -14.04, peak: float = -1.06, seconds: float = 83.2, *, seed: int = 1) -> Measured:
    dice = random.Random(seed)
    moments = tuple(round(0.1 * i, 1) for i in range(int(seconds * 10)))
    loud = [lufs + 1 + 20 * math.log10(song_level(t, seconds)) + dice.gauss(0, 0.5) for t in moments]
    scale = min(1.0, 10 ** (peak / 20))
    spans = []
    for i in range(1500):
        top = scale * song_level(i / 1500 * seconds, seconds) ** 0.5 * dice.betavariate(6, 2)
        spans.append((-top * dice.uniform(0.8, 1), top))
    return Measured(
        integrated_lufs=lufs,
        range_lu=6.34,
        max_short_term_lufs=lufs + 2.71,
        true_peak_dbtp=peak,
        true_peak_16x_dbtp=peak + 0.02,
        crest_db=13.26,
        seconds=seconds,
        rate_hz=44100,
        channels=2,
        band_hz=THIRDS_HZ,
        band_db=tuple(lufs - 10 - abs(k - 7) * 1.3 + dice.gauss(0, 1.2) for k in range(31)),
        loudness_seconds=moments,
        short_term_lufs=(None,) * 29 + tuple(loud[29:]),
        momentary_lufs=tuple(loud),
        envelope=tuple(spans),
    )


def move(number: int = 1, **changed: object) -> MoveRow:
    facts: dict[str, object] = {
        "number": number,
        "address": "tracks/lead-guitar/inserts/eq/bands/2/gain_db",
        "place_in_words": "Lead guitar, equalizer, band 2: gain",
        "value_before_text": "0.0 dB",
        "value_after_text": "−2.5 dB at 2.8 kHz",
        "because": "The clavinet masks the lead guitar at 2.8 kHz in bars 17 to 32.",
        "evidence": (
            Evidence(what="masked frames", where="bars 17-32", before=0.41, after=0.22, target=0.25, unit="share"),
            Evidence(what="lead over the rest, 2 to 4 kHz", before=-3.2, after=-0.9, unit="dB"),
        ),
        "confidence": 0.82,
        "strength": 1.0,
        "state": "accepted",
    }
    return MoveRow(**(facts | changed))  # type: ignore[arg-type]


def mix_proposal() -> ProposalPart:
    fader = {
        "address": "tracks/drums/gain_db",
        "place_in_words": "Drums: fader",
        "value_before_text": "0.0 dB",
        "value_after_text": "+3.4 dB",
        "because": "The drums are 3.4 LU under the usual place for drums against the bass.",
        "evidence": (Evidence(what="active loudness", before=-24.1, after=-20.7, target=-20.5, unit="LUFS"),),
        "confidence": 0.66,
    }
    rumble = {
        "address": "tracks/horns/inserts/rumble",
        "place_in_words": "Horns: new equalizer",
        "value_before_text": "none",
        "value_after_text": "high-pass at 70 Hz, 24 dB per octave",
        "because": "There is rumble below the lowest note: 11 % of the energy lies under 60 Hz.",
        "evidence": (Evidence(what="energy below 60 Hz", before=0.11, after=0.004, unit="share"),),
        "confidence": 0.93,
        "strength": 0.5,
    }
    refused = {"place_in_words": "Bass guitar: fader", "state": "refused", "confidence": 0.41, "evidence": ()}
    return ProposalPart(
        id="P1",
        stage="mix",
        title="A static balance for five stems",
        moves=(move(1), move(2, **fader), move(3, **rumble), move(4, **refused)),
        remarks=(
            "Polarity of bass guitar against drums: related by 0.08 only, so nothing was touched.",
            "Clavinet: 0.4 LU from its place, closer than the measurement is sure of.",
        ),
    )


def master_proposal() -> ProposalPart:
    limiter = {
        "address": "main/inserts/limiter",
        "place_in_words": "Main: limiter",
        "value_before_text": "none",
        "value_after_text": "+9.3 dB into a ceiling of −1.0 dBTP",
        "because": "Spotify plays at −14.0 LUFS; the mix is at −23.3 LUFS.",
        "evidence": (
            Evidence(what="integrated loudness", before=-23.34, after=-14.04, target=-14.0, unit="LUFS"),
            Evidence(what="true peak at 16x", before=-6.81, after=-1.04, target=-1.0, unit="dBTP"),
        ),
        "confidence": 0.97,
    }
    remarks = ("Tone: within 1.5 dB of pink from 60 Hz to 12 kHz; no trim.",)
    return ProposalPart(
        id="P2", stage="master", title="Master for Spotify", moves=(move(1, **limiter),), remarks=remarks
    )


def stem(number: int, name: str = "", role: str = "horns", **changed: object) -> StemRow:
    heard = measured(-20.0 - number, -6.0 - number / 3, seed=number)
    facts = {"name": name or f"stem {number}", "file": f"{name or number}.mp3", "role": role, "role_confidence": 0.9}
    return StemRow(**(facts | {"measured": heard} | changed))  # type: ignore[arg-type]


def report(**changed: object) -> ReportData:
    before, after = measured(-23.34, -6.83, seed=3), measured()
    roles = ("drums", "bass guitar", "clavinet", "horns", "lead guitar")
    dip = tuple(-max(0.0, 5 * song_level(t / 10, 83.2) - 2.6 + math.sin(t * 1.7)) for t in range(832))
    facts: dict[str, object] = {
        "title": "Night bus",
        "made_with": "Bandmate 0.1.0",
        "created_at": "21 November 2026, 22:40",
        "before": before,
        "after": after,
        "before_label": "the stems as they came",
        "after_label": "master.wav",
        "profile": Profile(
            name="Spotify", loudness_lufs=-14.0, ceiling_dbtp=-1.0, origin="support.spotify.com, read 2026-11-21"
        ),
        "stems": tuple(stem(i, role, role, role_confidence=0.97 - i / 20) for i, role in enumerate(roles, 1)),
        "proposals": (mix_proposal(), master_proposal()),
        "files": (
            FileRow(name="mix.wav", what="the mix", kind="WAV", bits=24, measured=before, sha256=SHA),
            FileRow(name="master.wav", what="the master", kind="WAV", bits=24, measured=after, sha256=SHA[::-1]),
            FileRow(name="song.dawproject", what="the session for your DAW", kind="DAWproject", sha256=SHA[3:] + "abc"),
            FileRow(name="report.html", what="this page", kind="HTML", note="not hashed: it would have to know itself"),
        ),
        "gain_reduction": GainReduction(seconds=tuple(t / 10 for t in range(832)), reduction_db=dip),
        "how_to_review": (
            "bandmate show P1 # every move with its reason",
            "bandmate refuse P1 --moves 3 # take one move back out",
            "bandmate strength P2 --moves 1=50 # half of it",
            "bandmate undo # take back the last step",
        ),
        "left_out": ("The fade of the horns at 1:12 is written as volume automation.",),
    }
    return ReportData(**(facts | changed))  # type: ignore[arg-type]


def players(first: bytes = b"before", second: bytes = b"after", mime: str = "audio/mpeg") -> tuple[Player, Player]:
    return (
        Player(label="before", mime=mime, data=first, gain_db=0.0, loudness_lufs=-23.34),
        Player(label="after", mime=mime, data=second, gain_db=-9.3, loudness_lufs=-14.04),
    )
