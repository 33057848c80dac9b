"""Clicks, clipping, breaths, pops, sibilants and rests: what is found of planted ones, what is mended, what is spared.

The recordings lie beside the repository (``BANDMATE_SHARED``): a singer, a cello, a piano and a speaker get 40 clicks
of 1 to 24 samples three times over; all recordings, drums among them, are looked through as they are, where next to
nothing may be found. libsonare declicks the same sounds. ``python -m benchmarks.edit_clicks``.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandmate.formats.audio_files import read_audio
from bandmate.sound.audio import Samples
from bandmate.sound.breath_spans import find_breaths
from bandmate.sound.click_repair import clicks_repaired, compile_kernels, find_clicks
from bandmate.sound.declip import compile_kernels as compile_declip
from bandmate.sound.declip import declipped, find_clipping
from bandmate.sound.pitch import track_pitch
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.plosives import corner_for, find_plosives, plosives_repaired
from bandmate.sound.rests import find_rests
from bandmate.sound.sibilant_spans import find_sibilants
from benchmarks.goals import reached
from benchmarks.peers import HERE, ONE_THREAD, environment

RATE_HZ = 44_100
SHARED = Path(os.environ.get("BANDMATE_SHARED", HERE.parent.parent / "shared")) / "audio"
SUNG, PLAYED, STEMS = SHARED / "sung_with_f0", SHARED / "voices_instruments", SHARED / "stems_cc0"
CLICKED = {
    "singer": (SUNG / "vocadito_1.wav", 8, 13),
    "cello": (PLAYED / "cello-phrase.wav", 0, 5),
    "piano": (PLAYED / "piano.wav", 0, 5),
    "speaker": (PLAYED / "speech-male.wav", 0, 5),
}
CLIPPED = {
    "singer": (SUNG / "vocadito_1.wav", 8, 18),
    "guitar": (STEMS / "leadguitar.mp3", 20, 30),
    "drums": (STEMS / "drums.mp3", 20, 30),
    "piano": (PLAYED / "piano.wav", 0, 5),
}
PERCUSSION = ("bendir", "mridangam", "vibraphone-C6", "drums")
NOT_VOICES = ("piano", "sax-phrase", "cello-phrase", "bendir", "mridangam", "drums", "bassguitar")
ROUNDS, CLICKS = 3, 40
OVERDRIVES_DB = (3, 6, 10)

Places = list[tuple[int, int]]


@dataclass(frozen=True)
class Repaired:
    """One sound with planted clicks, and what came of it, in dB of likeness to the clean sound."""

    name: str
    found: int
    planted: int
    false: int
    damaged_db: float
    ours_db: float
    told_db: float
    peer_db: float


def likeness_db(clean: Samples, other: Samples) -> float:
    """SI-SDR: the part of ``other`` that is the clean sound over the part that is not, at most 120 dB."""
    wanted = clean.astype(np.float64).ravel() - clean.mean(dtype=np.float64)
    had = other.astype(np.float64).ravel() - other.mean(dtype=np.float64)
    part = np.dot(wanted, had) / np.dot(wanted, wanted) * wanted
    return float(10 * np.log10(np.sum(part**2) / max(np.sum((had - part) ** 2), 1e-12 * np.sum(part**2))))


def cut(path: Path, start: float, end: float) -> Samples:
    """A part of a recording, mono as it is, its peak at 0.5."""
    audio = read_audio(path)
    samples = audio.samples[:, round(start * audio.rate_hz) : round(end * audio.rate_hz)]
    made: Samples = (samples / np.abs(samples).max() * 0.5).astype(np.float32)
    return made


def with_clicks(clean: Samples, seed: int) -> tuple[Samples, Places]:
    """40 clicks of 1 to 24 samples, of 0.05 to 0.5 of full scale, and where they are."""
    rng = np.random.default_rng(seed)
    starts = rng.choice(np.arange(4_000, clean.shape[1] - 4_000, 700), CLICKS, replace=False)
    damaged, places = clean.copy(), []
    for start in sorted(int(start) for start in starts):
        length = int(rng.integers(1, 25))
        size = rng.uniform(0.05, 0.5) * rng.choice([-1, 1])
        shape = np.hanning(length + 2)[1:-1] * rng.normal(1, 0.5, length)
        damaged[:, start : start + length] += (size * shape).astype(np.float32)
        places.append((start, length))
    return damaged, places


def declicked_by_peer(sounds: dict[str, Samples]) -> tuple[dict[str, Samples], float]:
    """What libsonare makes of the sounds, and its CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "sounds.npz", Path(folder) / "out.npz"
        np.savez(source, **{name: sound[0] for name, sound in sounds.items()})
        command = [str(environment()), str(HERE / "edit_clicks_peer.py"), str(source), str(out)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD)
        with np.load(out) as made:
            return {name: made[name][None] for name in made.files}, json.loads(done.stdout)["cpu_seconds"]


def overlapping(one: tuple[int, int], others: Places) -> bool:
    """Whether a place lies on any of the others."""
    return any(start < one[0] + one[1] and start + length > one[0] for start, length in others)


def clicks() -> None:
    """Planted clicks: what is found and mended; clean sounds: what is spared."""
    clean = {name: cut(*part) for name, part in CLICKED.items()}
    damaged = {f"{name} {seed}": with_clicks(sound, seed) for name, sound in clean.items() for seed in range(ROUNDS)}
    sounds = {name: sound for name, (sound, _) in damaged.items()} | clean
    peer, peer_seconds = declicked_by_peer(sounds)
    rows, spent = [], 0.0
    for name, (sound, places) in damaged.items():
        wanted = clean[name.split()[0]]
        started = time.process_time()
        spans = list(find_clicks(sound, RATE_HZ).spans)
        ours = clicks_repaired(sound, RATE_HZ, spans)
        spent += time.process_time() - started
        told = clicks_repaired(sound, RATE_HZ, places)
        likenesses = [likeness_db(wanted, each) for each in (sound, ours, told, peer[name])]
        found, false = sum(overlapping(p, spans) for p in places), sum(not overlapping(s, places) for s in spans)
        rows.append(Repaired(name, found, len(places), false, *likenesses))
    print("sound        found  false   damaged   ours   told where   libsonare (dB)")
    for row in rows:
        print(
            f"{row.name:12s} {row.found}/{row.planted} {row.false:6d} {row.damaged_db:9.1f} {row.ours_db:6.1f} "
            f"{row.told_db:12.1f} {row.peer_db:11.1f}"
        )
    passed = {
        name: likeness_db(s, clicks_repaired(s, RATE_HZ, find_clicks(s, RATE_HZ).spans)) for name, s in clean.items()
    }
    for name, value in passed.items():
        print(f"clean {name:8s} passes at {value:.0f} dB, libsonare {likeness_db(clean[name], peer[name]):.1f} dB")
    seconds = sum(sound.shape[1] for sound in sounds.values()) / RATE_HZ
    print(f"libsonare {seconds / peer_seconds:.0f}x real time")
    share = 100 * sum(row.found for row in rows) / sum(row.planted for row in rows)
    reached("planted clicks found", share, "%", at_least=98)
    reached("least gain by declicking", min(row.ours_db - row.damaged_db for row in rows), "dB", at_least=10)
    reached("clean sounds through declicking", min(passed.values()), "dB", at_least=45)
    speed = sum(sound.shape[1] for sound, _ in damaged.values()) / RATE_HZ / spent
    reached("declicking, finding and drawing", speed, "x real time", at_least=40)


def clean_material() -> None:
    """Everything there is, as it is: clicks, clipping, breaths, pops, sibilants and rests that are found."""
    paths = [*sorted(PLAYED.glob("*.wav")), SUNG / "vocadito_1.wav", *sorted(STEMS.glob("*.mp3"))]
    found: dict[str, dict[str, int]] = {}
    spent = dict.fromkeys(("clicks", "clipping", "breaths", "pops", "sibilants", "rests"), 0.0)
    seconds = 0.0
    for path in (path for path in paths if not path.stem.startswith(("sine", "multi", "saw", "chirp", "impulse"))):
        audio = read_audio(path)
        samples, rate_hz = audio.samples, audio.rate_hz
        heard = track_pitch(samples, rate_hz)
        finders: dict[str, Callable[[], int]] = {
            "clicks": lambda s=samples, r=rate_hz, h=heard: len(find_clicks(s, r, heard=h).clicks),
            "clipping": lambda s=samples, r=rate_hz: find_clipping(s, r).tops,
            "breaths": lambda s=samples, r=rate_hz, h=heard: len(find_breaths(s, r, h)),
            "pops": lambda s=samples, r=rate_hz, h=heard: len(find_plosives(s, r, h)),
            "sibilants": lambda s=samples, r=rate_hz: len(find_sibilants(s, r)),
            "rests": lambda s=samples, r=rate_hz: len(find_rests(s, r)),
        }
        seconds += audio.seconds
        found[path.stem] = {}
        for name, finder in finders.items():
            started = time.process_time()
            found[path.stem][name] = finder()
            spent[name] += time.process_time() - started
        if any(found[path.stem].values()):
            print(f"{path.stem:16s} " + ", ".join(f"{n} {name}" for name, n in found[path.stem].items() if n))
    print(", ".join(f"{name} {seconds / value:.0f}x" for name, value in spent.items()) + " real time")
    reached("clicks in clean percussion", sum(found[name]["clicks"] for name in PERCUSSION), "", at_most=1)
    reached("clicks in all clean recordings", sum(row["clicks"] for row in found.values()), "", at_most=3)
    reached("clipping in clean recordings", sum(row["clipping"] for row in found.values()), "tops", at_most=0)
    false = sum(found[name][kind] for name in NOT_VOICES for kind in ("breaths", "pops", "sibilants"))
    reached("breaths, pops and sibilants in instruments", false, "", at_most=0)
    reached("breaths of the singer, of 9", found["vocadito_1"]["breaths"], "", at_least=8, at_most=10)
    reached("slowest finder", seconds / max(spent.values()), "x real time", at_least=40)


def clipping() -> None:
    """Overdriven sounds: likeness on the clipped samples before and after, and the new peak."""
    gains, spent, seconds = [], 0.0, 0.0
    for name, part in CLIPPED.items():
        clean = cut(*part)
        for gain_db in OVERDRIVES_DB:
            wanted = (clean * 1.8 * 10 ** (gain_db / 20)).astype(np.float32)
            damaged = np.clip(wanted, -0.9, 0.9)
            started = time.process_time()
            found = find_clipping(damaged, RATE_HZ)
            ours = declipped(damaged, RATE_HZ, found.ceiling, found.spans)
            spent, seconds = spent + time.process_time() - started, seconds + clean.shape[1] / RATE_HZ
            top = np.abs(damaged) >= 0.8999
            power = np.sum(wanted[top].astype(np.float64) ** 2)
            before, after = (10 * np.log10(power / np.sum((wanted - each)[top] ** 2.0)) for each in (damaged, ours))
            gains.append(after - before)
            print(
                f"{name:8s} {gain_db:2d} dB over: {100 * top.mean():.2f} % clipped, on these {before:.1f} -> "
                f"{after:.1f} dB, peak {np.abs(ours).max():.2f} for {np.abs(wanted).max():.2f}"
            )
    reached("gain on clipped samples, median", float(np.median(gains)), "dB", at_least=8)
    reached("gain on clipped samples, least", min(gains), "dB", at_least=0)
    reached("declipping", seconds / spent, "x real time", at_least=40)


def pops() -> None:
    """Pops planted before the singer's notes: found, and what is left of them."""
    clean = read_audio(SUNG / "vocadito_1.wav").samples
    heard = track_pitch(clean, RATE_HZ)
    corner = corner_for(heard)
    # The singer's own pops go first, so that what is planted is all there is.
    calm = plosives_repaired(clean, RATE_HZ, corner, spans_of_pops(clean, heard))
    starts = np.flatnonzero(heard.voiced[1:] & ~heard.voiced[:-1]) * heard.hop_seconds
    rng = np.random.default_rng(1)
    chosen = np.sort(rng.choice(starts[starts > 1], 14, replace=False))
    chosen = chosen[np.diff(chosen, prepend=0) > 0.4]
    t = np.arange(round(0.15 * RATE_HZ)) / RATE_HZ
    popped, planted = calm.copy(), np.zeros(calm.shape[1], bool)
    places = [(round((at - 0.05) * RATE_HZ), len(t)) for at in chosen]
    for start, length in places:
        puff = 0.12 * np.sin(2 * np.pi * rng.uniform(30, 80) * t) * np.exp(-t / 0.03)
        popped[:, start : start + length] += puff.astype(np.float32)
        planted[start : start + length] = True
    spans = spans_of_pops(popped, heard)
    mended = plosives_repaired(popped, RATE_HZ, corner, spans)
    hit = sum(overlapping(place, [(start, length) for start, length, _ in spans]) for place in places)
    left = 10 * np.log10(np.sum((popped - calm)[:, planted] ** 2.0) / np.sum((mended - calm)[:, planted] ** 2.0))
    reached("planted pops found", 100 * hit / len(places), "%", at_least=90)
    reached("planted pops lowered", float(left), "dB", at_least=8)


def spans_of_pops(samples: Samples, heard: PitchCurve) -> list[tuple[int, int, float]]:
    """The pops of a sound as the repair takes them."""
    return [(pop.start_frame, pop.frames, pop.gain_db) for pop in find_plosives(samples, RATE_HZ, heard)]


def main() -> None:
    """Measure all of it."""
    compile_kernels()
    compile_declip()
    noise = np.random.default_rng(0).standard_normal((1, RATE_HZ)).astype(np.float32) * np.float32(0.1)
    find_clicks(noise, RATE_HZ)
    print("clicks")
    clicks()
    print("clipping")
    clipping()
    print("pops")
    pops()
    print("recordings as they are")
    clean_material()


if __name__ == "__main__":
    main()
