"""Physical models of bowed strings, reeds, flutes, and modulated keyboards and organs, played by Csound.

Csound is a program (LGPL); what it plays is nobody's. Each call is another instrument: pressures, vibratos and colours
are drawn from the generator. Without Csound there is no such material, and ``available`` says so.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from training.roles.works import Note

RATE_HZ = 48_000
Signal = np.ndarray
Rng = np.random.Generator
HEAD = "<CsoundSynthesizer>\n<CsInstruments>\nsr = 48000\nksmps = 32\nnchnls = 1\n0dbfs = 1\n"


def available() -> bool:
    return shutil.which("csound") is not None


def sounding(rng: Rng, kind: str) -> str:
    """The lines that make ``asig`` out of ``ihz`` and ``iamp``."""

    def drawn(low: float, high: float) -> str:
        return f"{rng.uniform(low, high):.4f}"

    depth = float(rng.uniform(0.0, 0.012))
    vibrato = f"{drawn(4.2, 6.5)}, kv*{depth * (1 if kind == 'bow' else 8):.4f}, giSine"
    tremolo = f"{drawn(0, 0.02)}, {drawn(3, 7)}, giSine, giSine, giSine"
    lines = {
        "bow": f"wgbow iamp, ihz, {drawn(1.6, 4.5)}, {drawn(0.05, 0.23)}, {vibrato}, 20",
        "reed": f"wgclar iamp, ihz, {drawn(-0.44, -0.18)}, {drawn(0.02, 0.12)}, 0.08, {drawn(0.02, 0.3)}, {vibrato}, 9",
        "flute": f"wgflute iamp, ihz, {drawn(0.08, 0.5)}, {drawn(0.03, 0.12)}, 0.08, {drawn(0.02, 0.25)}, {vibrato}, 9",
        "organ": f"fmb3 iamp, ihz, {drawn(0, 8)}, {drawn(0, 8)}, {tremolo}, giSine, giSine",
        "rhodes": f"fmrhode iamp, ihz, {drawn(1, 20)}, {drawn(0, 3)}, {tremolo}, giBlank, giSine",
        "wurlitzer": f"fmwurlie iamp, ihz, {drawn(1, 20)}, {drawn(0, 3)}, {tremolo}, giBlank, giSine",
    }
    return f"kv linseg 0, {drawn(0.05, 0.5)}, 1, 9, 1\nasig {lines[kind]}"


def modelled(rng: Rng, kind: str, notes: list[Note], seconds: float) -> Signal:
    """The notes on a new instrument of a kind, float32 (frames,), peak 1.

    Parameters
    ----------
    kind : str
        ``bow``, ``reed``, ``flute``, ``organ``, ``rhodes`` or ``wurlitzer``.
    """
    attack, release = rng.uniform(0.004, 0.06), rng.uniform(0.02, 0.12)
    spread = rng.uniform(0, 6)
    text = [
        HEAD,
        "giSine ftgen 0, 0, 4096, 10, 1\ngiBlank ftgen 0, 0, 256, 7, 0, 128, 0, 128, 1\n",
        f"instr 1\nihz = p4\niamp = p5 * 0.2\n{sounding(rng, kind)}\n",
        f"aenv linsegr 0, {attack:.4f}, 1, 0.01, 1, {release:.4f}, 0\nout asig * aenv\nendin\n",
        "</CsInstruments>\n<CsScore>\n",
    ]
    for note in notes:
        hz = 440 * 2 ** ((note.pitch - 69 + float(rng.normal(0, spread)) / 100) / 12)
        loud = (note.velocity / 127) ** 1.5
        text.append(f"i 1 {note.start:.4f} {max(0.05, note.length):.4f} {hz:.3f} {loud:.4f}\n")
    text.append(f"f 0 {seconds:.3f}\ne\n</CsScore>\n</CsoundSynthesizer>\n")
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "score.csd", Path(folder) / "sound.wav"
        score.write_text("".join(text), encoding="ascii")
        command = ["csound", "-d", "-m0", "-W", "-f", "-o", str(sound), str(score)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        found, _ = soundfile.read(sound, dtype="float32")
    found = np.nan_to_num(found)[: round(seconds * RATE_HZ)]
    out = np.zeros(round(seconds * RATE_HZ), np.float32)
    out[: len(found)] = np.clip(found, -30, 30)
    return out / max(1e-9, float(np.abs(out).max()))
