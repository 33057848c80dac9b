"""The limiter: how loud it makes music, and what that costs, beside two limiters of other programs.

``python -m benchmarks.limiter [--quick]``. Half a minute of each of eight pieces (``benchmarks.music``; the shared
stems where that cannot be had) is driven to a loudness before limiting and limited at -1 dB by every style. Measured
are the loudness that is left, the true peak at 16x, CPU time, and two figures of distortion, both of what is left after
one gain has been allowed in each 46 ms, and both averaged over the pieces as power:

* *residual*: its power against that of the music;
* *noise to mask*: in each ERB band against what the music there would hide (14 dB under its level, spread to the bands
  beside it), in the worst 5 % of all frames. A plain figure of our own, good for ranking and no more.

Then THD+N of steady tones that are 4 dB above the ceiling. ``BANDMATE_PEERS_PYTHON`` names the Python of an environment
with libsonare and matchering (``benchmarks/requirements-peers.txt``); without it only our own figures are printed. The
picture of the curves goes to ``build/limiter.png``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.goals import reached
from benchmarks.shared_stems import RATE_HZ, stems

Samples = npt.NDArray[np.float32]

PEERS_PYTHON = "BANDMATE_PEERS_PYTHON"
STYLES = ("transparent", "balanced", "loud")
PEERS = ("libsonare", "matchering")
CEILING_DBTP = -1.0
DRIVES_LUFS = (-13.0, -11.0, -9.0, -7.0)
GOAL_DRIVE_LUFS = -9.0
PIECES = ("demo-mix", "wanderer", "battle", "coherence", "frantic", "digital-pursuit", "sixtyfour", "stairs")
SECONDS = 30
TONES_HZ = (50.0, 1_000.0, 5_000.0)
THD_GOAL_DB = -60.0
FRAME = 2_048
STRIDE = 4 * FRAME // 2
PICTURE = Path("build") / "limiter.png"
COLOURS = {
    "transparent": "#1b6ca8",
    "balanced": "#2a9d5c",
    "loud": "#c8553d",
    "libsonare": "#777777",
    "matchering": "#000000",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What one limiter made of one piece at one drive."""

    loudness_lufs: float
    peak_dbtp: float
    residual_db: float
    noise_to_mask_db: float
    speed: float


def music() -> dict[str, Samples]:
    """Half a minute of each piece, (2, frames) at 44.1 kHz."""
    import soundfile

    from benchmarks.music import pairs

    try:
        paths = {path.stem: path for pair in pairs() for path in (pair.target, pair.reference)}
    except SystemExit as refusal:
        print(f"  no music: {refusal}\n  the stems instead")
        whole = stems().values()
        frames = min(sound.shape[1] for sound in whole)
        return {"stems": np.sum([sound[:, :frames] for sound in whole], axis=0)[:, : SECONDS * RATE_HZ]}
    chosen = [name for name in PIECES if name in paths] or sorted(paths)[:8]
    found = {}
    for name in chosen:
        sound, rate_hz = soundfile.read(paths[name], dtype="float32", always_2d=True)
        assert rate_hz == RATE_HZ, f"{name} has {rate_hz} Hz; this benchmark is for {RATE_HZ} Hz"
        first = min(30 * RATE_HZ, max(0, len(sound) - SECONDS * RATE_HZ))
        found[name] = np.ascontiguousarray(sound[first : first + SECONDS * RATE_HZ].T)
    return found


def loudness(sound: Samples) -> float:
    from bandmate.sound.audio import Audio
    from bandmate.sound.loudness import measure_loudness

    return measure_loudness(Audio(np.ascontiguousarray(sound), RATE_HZ)).integrated_lufs or -120.0


def inputs(pieces: dict[str, Samples]) -> dict[str, Samples]:
    """Everything that is limited, by name: pieces at their drives, and tones."""
    made = {}
    for name, sound in pieces.items():
        lufs = loudness(sound)
        for drive in DRIVES_LUFS:
            made[f"{name}@{drive:g}"] = sound * np.float32(10.0 ** ((drive - lufs) / 20.0))
    clock = np.arange(4 * RATE_HZ) / RATE_HZ
    for freq_hz in TONES_HZ:
        tone = 10.0 ** ((CEILING_DBTP + 4.0) / 20.0) * np.sin(2 * np.pi * freq_hz * clock)
        made[f"tone@{freq_hz:g}"] = np.stack([tone, tone]).astype(np.float32)
    return made


def ours(sounds: dict[str, Samples]) -> dict[str, tuple[Samples, float]]:
    """Each input through each style, in time with it, and the CPU seconds."""
    from bandmate.song.devices import Limiter
    from bandmate.sound.audio import Audio
    from bandmate.sound.processors import process_audio

    done = {}
    for style in STYLES:
        device = Limiter(id="limiter", ceiling_dbtp=CEILING_DBTP, style=style)
        process_audio(Audio(np.full((2, RATE_HZ), 0.5, np.float32), RATE_HZ), device)
        for name, sound in sounds.items():
            began = time.process_time()
            out = process_audio(Audio(sound, RATE_HZ), device).samples
            done[f"{name}.{style}"] = (out, time.process_time() - began)
    return done


def theirs(sounds: dict[str, Samples]) -> dict[str, tuple[Samples, float]]:
    """The same through the peers; nothing where there is no environment for them."""
    python = os.environ.get(PEERS_PYTHON)
    if not python:
        print(f"  {PEERS_PYTHON} is not set: no peers")
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key, sound in sounds.items():
            np.save(folder / f"{key}.in.npy", sound)
        command = [python, str(Path(__file__).with_name("limiter_peers.py")), name, str(RATE_HZ)]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        seconds = json.loads(said.splitlines()[-1])
        return {key: (np.load(folder / f"{key}.npy"), cpu) for key, cpu in seconds.items()}


def spectra(sound: Samples) -> npt.NDArray[np.complex128]:
    """Windowed spectra of the mid, one every 93 ms."""
    frames = np.lib.stride_tricks.sliding_window_view(sound.mean(axis=0, dtype=np.float64), FRAME)[::STRIDE]
    found: npt.NDArray[np.complex128] = np.fft.rfft(frames * np.hanning(FRAME), axis=1)
    return found


def erb_bands() -> npt.NDArray[np.float64]:
    """Which bin belongs to which ERB band, (bins, bands)."""
    freqs_hz = np.fft.rfftfreq(FRAME, 1 / RATE_HZ)
    numbers = (21.4 * np.log10(1 + 0.00437 * freqs_hz)).astype(int)
    return np.eye(numbers.max() + 1)[numbers]


def distortion(sound: Samples, limited: Samples) -> tuple[float, float]:
    """Residual and noise to mask in dB, as the module says."""
    before, after = spectra(sound), spectra(limited)
    power = np.sum(np.abs(before) ** 2, axis=1)
    is_heard = power > 1e-3
    before, after, power = before[is_heard], after[is_heard], power[is_heard]
    gains = np.sum((before.conj() * after).real, axis=1) / power
    left = np.abs(after - gains[:, None] * before) ** 2
    residual_db = 10 * np.log10(left.sum() / np.sum(np.abs(after) ** 2) + 1e-20)
    bands = erb_bands()
    mask, noise = (np.abs(after) ** 2) @ bands, left @ bands
    for band in range(1, mask.shape[1]):
        mask[:, band] = np.maximum(mask[:, band], mask[:, band - 1] * 10**-1.0)
    for band in range(mask.shape[1] - 2, -1, -1):
        mask[:, band] = np.maximum(mask[:, band], mask[:, band + 1] * 10**-2.5)
    ratio = np.mean(noise / (mask * 10**-1.4 + 1e-9), axis=1)
    return float(residual_db), float(np.percentile(10 * np.log10(ratio + 1e-9), 95))


def thd_n_db(limited: Samples, freq_hz: float) -> float:
    """Everything but the tone, against the tone, in the third second."""
    out = limited[0, 2 * RATE_HZ : 3 * RATE_HZ].astype(np.float64)
    angle = 2.0 * np.pi * freq_hz / RATE_HZ * np.arange(RATE_HZ)
    basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    tone = basis @ np.linalg.lstsq(basis, out, rcond=None)[0]
    return float(10.0 * np.log10(np.mean((out - tone) ** 2) / np.mean(tone**2)))


def measured(sound: Samples, limited: Samples, cpu_seconds: float) -> Measured:
    from bandmate.sound.audio import Audio
    from bandmate.sound.truepeak import measure_true_peak

    residual_db, noise_to_mask_db = distortion(sound, limited)
    return Measured(
        loudness_lufs=loudness(limited),
        peak_dbtp=measure_true_peak(Audio(limited, RATE_HZ), oversample=16).dbtp,
        residual_db=residual_db,
        noise_to_mask_db=noise_to_mask_db,
        speed=sound.shape[1] / RATE_HZ / cpu_seconds,
    )


Results = dict[tuple[str, float, str], Measured]
"""By piece, drive and limiter."""


def power_mean_db(values_db: list[float]) -> float:
    return float(10.0 * np.log10(np.mean(10.0 ** (np.array(values_db) / 10.0))))


def curve(results: Results, limiter: str) -> list[dict[str, float]]:
    """The means over the pieces for each drive, and the highest peak."""
    points = []
    for drive in DRIVES_LUFS:
        found = [m for (_, at, by), m in results.items() if at == drive and by == limiter]
        points.append(
            {
                "drive": drive,
                "loudness": float(np.mean([m.loudness_lufs for m in found])),
                "peak": max(m.peak_dbtp for m in found),
                "residual": power_mean_db([m.residual_db for m in found]),
                "mask": power_mean_db([m.noise_to_mask_db for m in found]),
                "speed": float(np.mean([m.speed for m in found])),
            }
        )
    return points


def show(results: Results, limiters: list[str], tones: dict[str, list[float]]) -> None:
    """The table."""
    print(f"{'':14}{'drive':>7}{'LUFS':>9}{'dBTP 16x':>10}{'residual':>10}{'to mask':>9}{'x real time':>13}")
    for limiter in limiters:
        for p in curve(results, limiter):
            print(
                f"{limiter:14}{p['drive']:7.0f}{p['loudness']:9.2f}{p['peak']:10.2f}{p['residual']:10.1f}"
                f"{p['mask']:9.1f}{p['speed']:13.0f}"
            )
    print(f"\nTHD+N, 4 dB above the ceiling{'':5}" + "".join(f"{freq_hz:>9g} Hz" for freq_hz in TONES_HZ))
    for limiter in limiters:
        print(f"{limiter:34}" + "".join(f"{db:>9.1f} dB" for db in tones[limiter]))


def draw(results: Results, limiters: list[str]) -> None:
    """Loudness against both figures of distortion, a line for each limiter."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panes = pyplot.subplots(1, 2, figsize=(12, 5.2), layout="constrained")
    for pane, key, label in zip(
        panes, ("residual", "mask"), ("residual, dB", "noise to mask, worst 5 %, dB"), strict=True
    ):
        for limiter in limiters:
            points = curve(results, limiter)
            style = "--" if limiter in PEERS else "-"
            loud, bad = [p["loudness"] for p in points], [p[key] for p in points]
            pane.plot(loud, bad, style, marker="o", color=COLOURS[limiter], label=limiter)
            for p in points:
                if p["peak"] > CEILING_DBTP:
                    pane.annotate(
                        f"{p['peak']:+.1f} dBTP",
                        (p["loudness"], p[key]),
                        fontsize=7,
                        xytext=(4, -9),
                        textcoords="offset points",
                    )
        pane.set_xlabel("loudness after the limiter, LUFS (mean of the pieces)")
        pane.set_ylabel(label)
        pane.grid(alpha=0.3)
        pane.margins(x=0.12)
    panes[0].legend(
        title=f"drives {DRIVES_LUFS[0]:g} to {DRIVES_LUFS[-1]:g} LUFS; labelled: over the ceiling",
        fontsize=8,
        title_fontsize=8,
    )
    figure.suptitle("Loudness against distortion; right and low is better")
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    pyplot.close(figure)
    print(f"  {PICTURE}")


def judge(results: Results, tones: dict[str, list[float]], limiters: list[str]) -> bool:
    """Whether the goals are met."""
    met = []
    at_goal = {limiter: curve(results, limiter)[DRIVES_LUFS.index(GOAL_DRIVE_LUFS)] for limiter in limiters}
    for style in STYLES:
        highest = max(p["peak"] for p in curve(results, style))
        met.append(reached(f"{style}: true peak at 16x, highest", highest, "dBTP", at_most=CEILING_DBTP))
        met.append(reached(f"{style}: THD+N at 50 Hz, 4 dB reduction", tones[style][0], "dB", at_most=THD_GOAL_DB))
    met.append(reached("transparent: speed", at_goal["transparent"]["speed"], "x real time", at_least=210.0))
    for style, peer in (("balanced", "libsonare"), ("loud", "matchering")):
        if peer in at_goal:
            louder = at_goal[style]["loudness"] - at_goal[peer]["loudness"]
            met.append(reached(f"{style}: louder than {peer} at the same drive", louder, "LU", at_least=0.0))
    return all(met)


def main() -> int:
    """Measure, print, draw; 1 if a goal is missed."""
    pieces = music()
    if "--quick" in sys.argv[1:]:
        pieces = dict(list(pieces.items())[:2])
    sounds = inputs(pieces)
    done = ours(sounds) | theirs(sounds)
    limiters = [name for name in (*STYLES, *PEERS) if f"tone@50.{name}" in done]
    results: Results = {}
    for key, sound in sounds.items():
        name, at = key.rsplit("@", 1)
        if name != "tone":
            for limiter in limiters:
                results[name, float(at), limiter] = measured(sound, *done[f"{key}.{limiter}"])
    tones = {by: [thd_n_db(done[f"tone@{freq_hz:g}.{by}"][0], freq_hz) for freq_hz in TONES_HZ] for by in limiters}
    show(results, limiters, tones)
    draw(results, limiters)
    return 0 if judge(results, tones, limiters) else 1


if __name__ == "__main__":
    sys.exit(main())
