"""Pitch shifting by other programs, and the judging of anybody's, inside the peers' environment.

``python edit_tuning_peer.py FOLDER`` reads ``jobs.json`` in the folder and writes ``answers.json``. A job is

* ``{"shift": "praat" | "world" | "libsonare", "sound": FILE, "out": FILE, "semitones": S}``: the sound that much higher
  with its formants where they were, as each program's own documentation does it; answered with CPU seconds;
* ``{"judge": FILE, "against": FILE, "hz": FILE, "before": FILE}``: the distance of the spectral envelopes (CheapTrick
  on the true pitch, 150 to 8000 Hz, level taken out, dB, median), the error of the pitch (praat's against the true one,
  cents, median with sign and 95 of 100) and the harmonics to noise of both (praat, dB), over voiced moments.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import soundfile

LOWEST_HZ, HIGHEST_HZ = 65.0, 1000.0
HOP_SECONDS = 0.005


def read(path):
    sound, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    return sound[:, 0], rate_hz


def praat_shift(sound, rate_hz, semitones):
    import parselmouth
    from parselmouth.praat import call

    manipulation = call(parselmouth.Sound(sound, rate_hz), "To Manipulation", 0.01, LOWEST_HZ, HIGHEST_HZ)
    tier = call(manipulation, "Extract pitch tier")
    call(tier, "Multiply frequencies", 0, len(sound) / rate_hz, 2 ** (semitones / 12))
    call([tier, manipulation], "Replace pitch tier")
    return call(manipulation, "Get resynthesis (overlap-add)").values[0]


def world_shift(sound, rate_hz, semitones):
    import pyworld

    hz, at = pyworld.harvest(sound, rate_hz, f0_floor=LOWEST_HZ, f0_ceil=HIGHEST_HZ)
    envelope = pyworld.cheaptrick(sound, hz, at, rate_hz)
    noise = pyworld.d4c(sound, hz, at, rate_hz)
    return pyworld.synthesize(hz * 2 ** (semitones / 12), envelope, noise, rate_hz)


def sonare_shift(sound, rate_hz, semitones):
    """Its vocal editor: every note it finds is transposed, formants preserved."""
    from dataclasses import replace

    import libsonare

    with libsonare.create_vocal_edit_session(sound.astype(np.float32), rate_hz) as session:
        with session.begin_edit() as draft:
            for note in draft.notes()[0]:
                edit = replace(note.edit, transpose_semitones=float(semitones))
                draft.apply([libsonare.VocalSetNoteEdit(note.id, edit)], draft.token().generation)
            draft.commit()
        result = session.render()
    samples = np.asarray(result.samples, np.float64)
    return np.pad(samples, (0, max(0, len(sound) - len(samples))))


SHIFTS = {"praat": praat_shift, "world": world_shift, "libsonare": sonare_shift}


def shift(job):
    sound, rate_hz = read(job["sound"])
    began = time.process_time()
    made = SHIFTS[job["shift"]](sound, rate_hz, job["semitones"])
    seconds = time.process_time() - began
    soundfile.write(job["out"], made[: len(sound)], rate_hz, "FLOAT")
    return {"cpu_seconds": seconds}


def judge(job):
    import parselmouth
    import pyworld

    sound, rate_hz = read(job["judge"])
    other, _ = read(job["against"])
    frames = min(len(sound), len(other))
    truth = np.load(job["hz"])
    at = np.arange(0, frames / rate_hz - HOP_SECONDS, HOP_SECONDS)
    # Voiced for 20 ms to both sides, so that windows see nothing but voice.
    voiced = np.convolve(truth > 0, np.ones(int(0.04 * rate_hz)), "same") > 0.04 * rate_hz - 2
    places = np.minimum((at * rate_hz).astype(int), len(truth) - 1)
    hz = np.where(voiced[places], truth[places], 0.0)
    inner = hz > 0
    envelopes = [
        10 * np.log10(pyworld.cheaptrick(each[:frames].copy(), hz, at, rate_hz) + 1e-14) for each in (sound, other)
    ]
    bins = np.arange(envelopes[0].shape[1]) * rate_hz / 2 / (envelopes[0].shape[1] - 1)
    apart = (envelopes[0] - envelopes[1])[inner][:, (bins > 150) & (bins < 8000)]
    levels = np.median(apart, axis=1, keepdims=True)
    pitch = parselmouth.Sound(sound, rate_hz).to_pitch_ac(HOP_SECONDS, LOWEST_HZ, pitch_ceiling=HIGHEST_HZ * 1.4)
    heard = np.array([pitch.get_value_at_time(t) for t in at])
    both = inner & (heard > 0)
    cents = 1200 * np.log2(heard[both] / hz[both])
    hnr = [harmonicity(each, rate_hz, at[inner]) for each in (sound, other, read(job["before"])[0])]
    return {
        "envelope_db": float(np.median(np.sqrt(np.mean((apart - levels) ** 2, axis=1)))),
        "cents": float(np.median(cents)),
        "cents_p95": float(np.percentile(np.abs(cents), 95)),
        "hnr_change_db": hnr[0] - hnr[2],
        "hnr_to_twin_db": hnr[0] - hnr[1],
    }


def harmonicity(sound, rate_hz, moments):
    import parselmouth

    found = parselmouth.Sound(sound, rate_hz).to_harmonicity_cc(0.01, LOWEST_HZ, 0.1, 3.0)
    values = np.interp(moments, found.xs(), found.values[0])
    return float(np.median(values[values > -50]))


def main():
    folder = Path(sys.argv[1])
    jobs = json.loads((folder / "jobs.json").read_text())
    answers = []
    for job in jobs:
        try:
            answers.append(shift(job) if "shift" in job else judge(job))
        except Exception as failure:  # noqa: BLE001 - whatever it refuses is a result
            answers.append({"refused": f"{type(failure).__name__}: {failure}"})
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
