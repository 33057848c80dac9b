"""Reports of masters to test with: one like a real song's with two targets, three alternatives, an album."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from functools import cache

from bandmate.report.data import FileRow, GainReduction, Measured, ProposalPart
from bandmate.report.master_data import (
    AlbumPart,
    AlbumTrack,
    CodecRow,
    Density,
    HardestMoment,
    LimiterWork,
    LoudnessHistory,
    MasterPart,
    MasterReport,
    ProfileRow,
    ReferenceRow,
    SectionRow,
    ServiceResult,
    ServiceRow,
    StageRow,
    StereoField,
    ToneCurves,
    ToneSide,
    TranslationRow,
)
from bandmate.song.evidence import Evidence
from tests.report.samples import SHA, THIRDS_HZ, measured, move, song_level

SECONDS = 83.2
SPOTIFY = ProfileRow(
    name="Spotify",
    loudness_lufs=-14.0,
    ceiling_dbtp=-1.0,
    origin="support.spotify.com (official, read 2026-11-21)",
    rate_hz=44100,
    bits=24,
    is_official=True,
    read_on="2026-11-21",
)
LOUD = ProfileRow(name="competitive", loudness_lufs=-9.0, ceiling_dbtp=-1.0, origin="the musician's own numbers")


@cache
def heard(lufs: float, peak: float, seconds: float = SECONDS, *, seed: int = 1) -> Measured:
    return measured(lufs, peak, seconds, seed=seed)


def tone_side(lift_db: float = 0.0, *, seed: int = 5, has_target: bool = True) -> ToneSide:
    dice = random.Random(seed)
    target = tuple(lift_db - 20 - abs(k - 8) * 0.9 for k in range(31))
    was = tuple(t + dice.gauss(0, 2.6) + (3 if 11 < k < 16 else 0) for k, t in enumerate(target))
    now = tuple(t + 0.3 * (w - t) for t, w in zip(target, was, strict=True))
    hz = tuple(20 * 1000 ** (i / 199) for i in range(200))
    bell = tuple(-2.4 * math.exp(-((math.log2(f / 280) / 0.8) ** 2)) + 1.3 / (1 + (9000 / f) ** 4) for f in hz)
    return ToneSide(
        band_hz=THIRDS_HZ,
        was_db=was,
        now_db=now,
        target_db=target if has_target else (),
        tolerance_low_db=tuple(t - 2 for t in target) if has_target else (),
        tolerance_high_db=tuple(t + 2 for t in target) if has_target else (),
        response_hz=hz,
        response_db=tuple(0.5 * db for db in bell) if lift_db else bell,
    )


@cache
def density(spread: float, *, seed: int = 9) -> Density:
    dice = random.Random(seed)
    grid = [[0] * 48 for _ in range(48)]
    for _ in range(9000):
        mid, side = dice.gauss(0, 0.28), dice.gauss(0, spread)
        row, column = int((1 - mid) * 24), int((1 - side) * 24)
        grid[min(47, max(0, row))][min(47, max(0, column))] += 1
    return tuple(tuple(row) for row in grid)


def stereo() -> StereoField:
    dice = random.Random(4)
    was = tuple(-24 + 0.7 * k + dice.gauss(0, 1) for k in range(31))
    return StereoField(
        band_hz=THIRDS_HZ,
        was_db=was,
        target_db=tuple(-30 + 0.95 * k for k in range(31)),
        now_db=tuple(-math.inf if hz < 100 else y + 1.2 for hz, y in zip(THIRDS_HZ, was, strict=True)),
        correlation_was=tuple(0.9 - 0.02 * k + dice.gauss(0, 0.05) for k in range(31)),
        correlation_now=tuple(1.0 if hz < 100 else 0.86 - 0.02 * k for k, hz in enumerate(THIRDS_HZ)),
        density_was=density(0.09),
        density_now=density(0.14),
        mono_below_hz=100.0,
    )


def history() -> LoudnessHistory:
    names = ("verse", "chorus", "verse", "chorus", "end")
    starts = (0.0, 25.0, 45.8, 58.2, 79.0, SECONDS)
    rides = (0.6, -0.4, 0.6, -0.4, 0.0)
    rows = tuple(
        SectionRow(
            name=name,
            start_seconds=starts[i],
            end_seconds=starts[i + 1],
            was_lufs=-24.1 + 4.2 * (i % 2),
            now_lufs=-15.2 + 3.1 * (i % 2),
            ride_gain_db=rides[i],
            transition_seconds=1.92 if i else None,
        )
        for i, name in enumerate(names)
    )
    corners = [(t + d, g) for i, t in enumerate(starts[1:5]) for d, g in ((-0.96, rides[i]), (0.96, rides[i + 1]))]
    return LoudnessHistory(
        sections=rows, ride_seconds=tuple(t for t, _ in corners), ride_db=tuple(g for _, g in corners)
    )


def limiter() -> LimiterWork:
    dip = tuple(-max(0.0, 5 * song_level(t / 10, SECONDS) - 2.6 + math.sin(t * 1.7)) for t in range(832))
    return LimiterWork(
        history=GainReduction(seconds=tuple(t / 10 for t in range(832)), reduction_db=dip),
        hardest=(
            HardestMoment(seconds=62.31, reduction_db=-7.4, place="bar 33"),
            HardestMoment(seconds=63.9, reduction_db=-6.8, place="bar 34"),
            HardestMoment(seconds=31.04, reduction_db=-5.93, place="bar 17"),
        ),
        active_share=0.38,
    )


def stages(target_lufs: float = -14.0, now_lufs: float = -14.04) -> tuple[StageRow, ...]:
    return (
        StageRow(
            name="repair",
            state="on",
            strength_percent=100.0,
            measures="constant offset of the left channel",
            target=0.0,
            was=0.0041,
            now=0.0,
            unit="% of full scale",
            sentence="A constant offset was taken out of the left channel; nothing is clipped or out of phase.",
            settings=("left: offset −0.0041 % of full scale",),
            evidence=(Evidence(what="clipped runs", unit="", before=0.0, after=0.0),),
        ),
        StageRow(
            name="tone",
            state="on",
            strength_percent=60.0,
            measures="mean distance from the target curve, mid, 63 Hz to 12.5 kHz",
            target_text="inside the tolerance, at most",
            target=1.2,
            was=2.31,
            now=0.94,
            unit="dB",
            sentence="The low mids stood 3.1 dB over the references and the air 1.4 dB under them.",
            settings=("band 1: −2.4 dB at 280 Hz, Q 0.9, mid", "band 2: shelf +1.3 dB from 9 kHz, mid and side"),
            evidence=(
                Evidence(what="200 to 400 Hz", where="loud parts", unit="dB", before=3.12, after=0.66, target=0.0),
                Evidence(what="above 9 kHz", where="loud parts", unit="dB", before=-1.43, after=-0.2, target=0.0),
            ),
        ),
        StageRow(
            name="multiband dynamics",
            state="not needed",
            strength_percent=40.0,
            measures="spread of the low band over 3 seconds",
            target_text="at most",
            target=4.5,
            was=3.18,
            now=3.2,
            unit="dB",
            sentence="The low band moves by 3.2 dB, as far as in the references; no band was compressed.",
        ),
        StageRow(
            name="ride",
            state="on",
            strength_percent=40.0,
            measures="verse under chorus",
            target=3.4,
            was=4.2,
            now=3.2,
            unit="LU",
            sentence="The verses go up by 0.6 dB and the choruses down by 0.4 dB.",
        ),
        StageRow(
            name="width",
            state="off by request",
            strength_percent=0.0,
            measures="side over mid",
            was=-11.62,
            now=-11.62,
            unit="dB",
            sentence="Width was asked to be left as it is.",
        ),
        StageRow(name="soft clip", state="locked", sentence="main/inserts/master-clip is locked."),
        StageRow(
            name="loudness and limiter",
            state="on",
            strength_percent=100.0,
            measures="integrated loudness",
            target=target_lufs,
            was=-23.34,
            now=now_lufs,
            unit="LUFS",
            sentence="9.31 dB of gain into a ceiling of −1.00 dBTP.",
            settings=("style balanced, +9.31 dB, ceiling −1.00 dBTP, release 120 ms",),
            evidence=(Evidence(what="true peak at 16x", unit="dBTP", before=-6.81, after=-1.04, target=-1.0),),
        ),
        StageRow(
            name="delivery",
            state="on",
            measures="true peak at 16x in the file",
            target_text="at most",
            target=-1.0,
            was=-1.04,
            now=-1.04,
            unit="dBTP",
            sentence="44.1 kHz, 24 bit, dithered once; read back and measured again.",
        ),
    )


def proposal(name: str = "M1") -> ProposalPart:
    tone = {
        "address": "main/inserts/master-tone/bands/1/gain_db",
        "place_in_words": "Main: equalizer, band 1",
        "value_before_text": "none",
        "value_after_text": "−2.4 dB at 280 Hz, Q 0.9",
        "because": "200 to 400 Hz stands 3.12 dB over the references.",
        "evidence": (Evidence(what="200 to 400 Hz", unit="dB", before=3.12, after=0.66, target=0.0),),
        "confidence": 0.82,
        "strength": 0.6,
        "state": "accepted",
    }
    return ProposalPart(
        id=name,
        stage="master",
        title="Master for Spotify",
        moves=(move(1, **tone),),
        remarks=("Phase: nothing found.",),
    )


def file_row(name: str, after: Measured) -> FileRow:
    return FileRow(name=name, what="the master", kind="WAV", bits=24, measured=after, sha256=SHA)


def master(name: str = "Spotify", lufs: float = -14.04, **changed: object) -> MasterPart:
    after = heard(lufs, -1.06, seed=int(-lufs))
    facts: dict[str, object] = {
        "name": name,
        "profile": SPOTIFY,
        "after": after,
        "stages": stages(now_lufs=lufs),
        "tone": ToneCurves(mid=tone_side(), side=tone_side(-9.0, seed=6), target_label="the two references"),
        "stereo": stereo(),
        "history": history(),
        "limiter": limiter(),
        "proposal": proposal(f"M-{name}"),
        "files": (file_row(f"{name}.wav", after),),
        "remarks": ("The sameness guard of 70 % held the tone back by 0.4 dB.",),
    }
    return MasterPart(**(facts | changed))  # type: ignore[arg-type]


def verdict(gain_db: float, encoded_dbtp: float) -> str:
    if encoded_dbtp > 0:
        return "The decoder clips by 0.31 dB."
    return "Turned down; nothing clips." if gain_db < 0 else "Played as it is; nothing clips."


def service(name: str, target_lufs: float | None, masters: tuple[tuple[str, float], ...]) -> ServiceRow:
    results = []
    for label, lufs in masters:
        gain = 0.0 if target_lufs is None else round(min(target_lufs - lufs, 0.0), 2)
        encoded = round(-0.62 - lufs / 40, 2) if lufs < -10 else 0.31
        played = round(encoded + gain, 2)
        results.append(
            ServiceResult(
                master=label,
                gain_db=gain,
                loudness_lufs=lufs + gain,
                encoded_peak_dbtp=encoded,
                played_peak_dbtp=played,
                headroom_db=-played,
                is_clean=encoded <= 0,
                verdict=verdict(gain, encoded),
            )
        )
    return ServiceRow(
        service=name,
        loudness_lufs=target_lufs,
        codec="AAC 256 kbit/s",
        origin="support page (read 2026-11-21)",
        is_official=name != "Deezer",
        results=tuple(results),
    )


def codec(label: str, name: str, kbps: float | None, rise_db: float) -> CodecRow:
    noise = tuple(-74 + 1.3 * k + (9 if k > 26 and kbps and kbps < 200 else 0) for k in range(31))
    return CodecRow(
        master=label,
        codec=name,
        kbps=kbps,
        loudness_lufs=-14.06,
        true_peak_dbtp=-1.04 + rise_db,
        loudness_change_lu=-0.02,
        peak_change_db=rise_db,
        band_hz=THIRDS_HZ,
        noise_db=noise,
        is_clean=rise_db <= 1.04,
        sentence="" if rise_db <= 1.04 else "A ceiling of −1.30 dBTP would keep it clean.",
    )


def translation(label: str) -> tuple[TranslationRow, ...]:
    return (
        TranslationRow(
            place="mono",
            master=label,
            facts=(
                Evidence(what="loudness against stereo", unit="LU", before=-0.92, after=-1.1),
                Evidence(what="lowest band correlation", where="8 kHz", unit="", before=0.21, after=0.18, target=0.0),
            ),
            sentence="Nothing is lost but 0.2 LU of the sides.",
            files=(f"{label} mono.wav",),
        ),
        TranslationRow(
            place="phone speaker",
            master=label,
            facts=(Evidence(what="loudness above 400 Hz against the whole", unit="LU", before=-6.2, after=-4.9),),
            sentence="The bass line is heard by its overtones only.",
        ),
    )


def reference(name: str, tone: float, seed: int) -> ReferenceRow:
    return ReferenceRow(
        name=name,
        file=f"{name}.flac",
        tone_percent=tone,
        dynamics_percent=40.0,
        width_percent=0.0,
        loudness_percent=100.0 - tone,
        measured=heard(-9.4 - seed / 10, -0.12, 211.4, seed=seed),
        loud_share=0.31,
        loud_lufs=-8.2,
    )


def album() -> AlbumPart:
    titles = ("Night bus", "Clay", "Six in the morning")
    tracks = tuple(
        AlbumTrack(
            order=i,
            title=title,
            file=f"{i:02d} {title}.wav",
            seconds=180.0 + 17 * i,
            was_lufs=-20.0 - i,
            now_lufs=-12.6 - i,
            true_peak_dbtp=-1.0 - i / 10,
            gain_db=7.4,
            tone_drift_db=0.4 * i,
            gap_after_seconds=2.0 if i < 3 else None,
            isrc=f"GBAYE260000{i}",
        )
        for i, title in enumerate(titles, 1)
    )
    return AlbumPart(
        title="Last stop",
        was_lufs=-21.8,
        now_lufs=-14.4,
        gain_db=7.4,
        drift_limit_db=1.5,
        sentence="The tracks keep their loudness against one another.",
        tracks=tracks,
    )


def master_report(**changed: object) -> MasterReport:
    """A song for two targets, with everything but an album."""
    before = heard(-23.34, -6.83, seed=3)
    pair = (("Spotify", -14.04), ("competitive", -9.02))
    facts: dict[str, object] = {
        "title": "Night bus",
        "made_with": "Bandmate 0.1.0",
        "source": FileRow(name="night bus mix.wav", what="the mix as it came", kind="WAV", bits=24, sha256=SHA[::-1]),
        "before": before,
        "before_label": "night bus mix.wav",
        "masters": (
            master(),
            master("competitive", -9.02, profile=LOUD, stages=stages(-9.0, -9.02), remarks=()),
        ),
        "references": (reference("Harbour", 60.0, 12), reference("North quay", 40.0, 14)),
        "services": (
            service("Spotify", -14.0, pair),
            service("Apple Music", -16.0, pair),
            service("Deezer", -15.0, pair),
            service("Bandcamp", None, pair),
        ),
        "codecs": (
            codec("Spotify", "AAC", 256.0, 0.21),
            codec("Spotify", "Vorbis q5", None, 0.4),
            codec("competitive", "AAC", 128.0, 1.28),
        ),
        "translation": translation("Spotify") + translation("competitive"),
        "files": (FileRow(name="report.html", what="this page", kind="HTML"),),
        "how_to_review": ("bandmate show M1 # every move with its reason", "bandmate undo # take back the last step"),
    }
    return MasterReport(**(facts | changed))  # type: ignore[arg-type]


def alternatives() -> MasterReport:
    """Three masters of one song that differ in a stated direction."""
    directions = {
        "open": "Wider and less dense: 2 LU quieter, dynamics at half the strength.",
        "dense": "Denser: 2 LU louder, with more soft clipping.",
        "dark": "Darker: the tone tilts by 1 dB from low to high.",
    }
    masters = tuple(
        master(name, -14.0 + i, direction=words, profile=replace(SPOTIFY, loudness_lufs=-14.0 + i))
        for i, (name, words) in enumerate(directions.items(), -1)
    )
    return master_report(masters=masters, services=(), codecs=(), translation=())


def lone_master() -> MasterReport:
    """One master of a mono file without a reference: only faults were looked for."""
    plain = master(
        tone=ToneCurves(mid=replace(tone_side(has_target=False), response_hz=(), response_db=())),
        stereo=None,
        history=None,
        remarks=(),
        proposal=None,
    )
    return master_report(
        masters=(plain,),
        references=(),
        services=(),
        codecs=(),
        translation=(),
        remarks=("No reference was given: only measured faults were looked for.",),
    )
