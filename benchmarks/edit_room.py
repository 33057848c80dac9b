"""Rooms and bleed made around real voices, turned down, against the truth; dry and unrelated recordings left alone.

``python -m benchmarks.edit_room`` prints the tables and the goals. A room is the direct sound and a tail of noise that
fades faster in the highs; the truth is the voice with the room's first 50 ms. A bleed is a tenth of the drums, 3 ms
late, without lows and highs, once with a room of 0.3 s around it. Speech noise is measured where the extra is there.
"""

from __future__ import annotations

import time
from itertools import permutations

import numpy as np
import soundfile
from scipy import signal

from bandmate.sound.audio import Samples
from bandmate.sound.bleed_reduction import bleed_reduced, find_bleed
from bandmate.sound.room_decay import compile_kernels as compile_decay
from bandmate.sound.room_decay import find_room
from bandmate.sound.room_reduction import compile_kernels, room_reduced
from bandmate.sound.speech import clean_speech, is_speech, speech_extra_missing
from benchmarks.edit_cleaning import INSTRUMENTS, RATE_HZ, VOICES, noise, recording, recordings_folder, si_sdr_db
from benchmarks.edit_cleaning import with_noise as noisy
from benchmarks.goals import reached

DECAYS, DIRECT_DB = (0.4, 0.8, 1.5), (0, 6)
EARLY_FRAMES = round(0.05 * RATE_HZ)
STEMS = ("drums", "clav", "bassguitar", "horns", "leadguitar")
SECONDS = 20
BAND_DECAYS = ((60, 500, 1.1), (500, 2000, 1.0), (2000, 6000, 0.85), (6000, 18000, 0.6))


def sung(seconds: float = SECONDS) -> Samples:
    """The amateur singer, peak at 0.5, with rests."""
    samples, rate_hz = soundfile.read(recordings_folder() / "sung_with_f0" / "vocadito_1.wav", dtype="float32")
    assert rate_hz == RATE_HZ
    cut = samples[: int(seconds * RATE_HZ)]
    return np.asarray(cut / np.abs(cut).max() * 0.5, np.float32)


def stem(name: str, start_seconds: float, seconds: float) -> Samples:
    samples, _ = soundfile.read(recordings_folder() / "stems_cc0" / f"{name}.mp3", dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)[int(start_seconds * RATE_HZ) :][: int(seconds * RATE_HZ)]
    return np.asarray(mono / max(float(np.abs(mono).max()), 1e-6) * 0.5, np.float32)


def room(decay_seconds: float, direct_db: float) -> np.ndarray:
    """The direct sound and a tail that is ``direct_db`` softer, fading faster in the highs."""
    random = np.random.default_rng(2)
    at = np.arange(int(1.3 * decay_seconds * RATE_HZ)) / RATE_HZ
    tail = np.zeros(len(at))
    for low, high, share in BAND_DECAYS:
        sos = signal.butter(2, [low, high], "band", fs=RATE_HZ, output="sos")
        tail += signal.sosfilt(sos, random.normal(0, 1, len(at))) * 10 ** (-3 * at / (decay_seconds * share))
    tail[: int(0.004 * RATE_HZ)] = 0
    tail *= 10 ** (-direct_db / 20) / np.sqrt(np.square(tail).sum())
    tail[0] = 1
    return tail


def convolved(samples: Samples, response: np.ndarray) -> Samples:
    return np.asarray(signal.oaconvolve(samples, response)[: len(samples)], np.float32)


def rests_of(truth: Samples, below_db: float) -> np.ndarray:
    """Frames in which the truth is that far below its loudest 20 ms."""
    level = np.convolve(np.square(truth, dtype=np.float64), np.full(882, 1 / 882), "same")
    return np.asarray(level < level.max() * 10 ** (-below_db / 10))


def energy_db(sound: Samples) -> float:
    return 10 * float(np.log10(np.square(sound, dtype=np.float64).sum() + 1e-15))


def rooms() -> None:
    print(f"\n{'room':34}{'found':>8}{'SI-SDR':>8}{'6 dB':>8}{'12 dB':>8}{'rests 6':>9}{'rests 12':>9}")
    better: list[float] = []
    rests: list[float] = []
    errors: list[float] = []
    asked = 0
    for name, voice in (("vocadito_1", sung()), ("speech-male", recording("speech-male"))):
        for decay, direct_db in ((decay, direct_db) for decay in DECAYS for direct_db in DIRECT_DB):
            response = room(decay, direct_db)
            wet, early = convolved(voice, response), convolved(voice, response[:EARLY_FRAMES])
            found = find_room(wet[None], RATE_HZ)
            asked += 1
            errors += [] if found is None else [abs(found.decay_seconds / decay - 1)]
            made = [room_reduced(wet[None], RATE_HZ, decay, by_db)[0] for by_db in (6.0, 12.0)]
            gains = [si_sdr_db(early, one) - si_sdr_db(early, wet) for one in made]
            quiet = rests_of(early, 35)
            down = [energy_db(wet[quiet]) - energy_db(one[quiet]) for one in made]
            better, rests = [*better, gains[0]], [*rests, down[0]]
            told = f"{found.decay_seconds:.2f}" if found else "-"
            figures = (f"{si_sdr_db(early, wet):8.2f}", *(f"{gain:+8.2f}" for gain in gains))
            label = f"{name}, {decay} s, direct {direct_db:+} dB"
            print(f"{label:34}{told:>8}{''.join(figures)}{down[0]:9.1f}{down[1]:9.1f}")
    dry = {name: recording(name) for name in (*VOICES, *INSTRUMENTS)} | {"vocadito_1": sung()}
    false = [name for name, sound in dry.items() if find_room(sound[None], RATE_HZ) is not None]
    print("\ndry, 6 dB at 0.8 s though no room is found, SI-SDR dB:")
    kept = {name: si_sdr_db(sound, room_reduced(sound[None], RATE_HZ, 0.8, 6.0)[0]) for name, sound in dry.items()}
    print("  " + ", ".join(f"{name} {value:.0f}" for name, value in kept.items()))
    began = time.process_time()
    room_reduced(sung()[None], RATE_HZ, 0.8, 6.0)
    speed = SECONDS / (time.process_time() - began)
    reached("rooms found, share", len(errors) / asked, "", at_least=0.75)
    reached("decay time, median error", 100 * float(np.median(errors)), "%", at_most=25)
    reached("rooms found in dry recordings", len(false), "recordings", at_most=0)
    reached("room at 6 dB, mean improvement against the early part", float(np.mean(better)), "dB", at_least=0)
    reached("room at 6 dB, worst", min(better), "dB", at_least=-0.5)
    reached("room at 6 dB, tails in rests turned down, mean", float(np.mean(rests)), "dB", at_least=2.5)
    reached("dry speech through room reduction, worst", min(kept[n] for n in VOICES[:2]), "dB SI-SDR", at_least=30)
    reached("room reduction, speed", speed, "x real time", at_least=40)


def bleeds() -> None:
    voice, drums = sung(), stem("drums", 10, SECONDS)
    sos = signal.butter(2, [150, 5000], "band", fs=RATE_HZ, output="sos")
    plain = np.concatenate([np.zeros(132), 0.1 * signal.sosfilt(sos, drums)])[: len(voice)].astype(np.float32)
    wide = plain + convolved(plain, 0.7 * room(0.3, 0))
    late = np.concatenate([np.zeros(132, np.float32), 0.1 * stem("clav", 10, SECONDS)])[: len(voice)]
    print(f"\n{'bleed':24}{'delay ms':>9}{'level':>8}{'true':>8}{'SI-SDR':>8}{'after':>8}{'rests':>8}")
    for name, source, bleed in (
        *(("drums, filtered", drums, plain), ("drums, in a room", drums, wide)),
        ("clavinet", stem("clav", 10, SECONDS), late),
    ):
        own = voice + bleed
        found = find_bleed(own[None], source[None], RATE_HZ)
        began = time.process_time()
        got = bleed_reduced(own[None], source[None], RATE_HZ)[0]
        speed = SECONDS / (time.process_time() - began)
        quiet = rests_of(voice, 50)
        down_db = energy_db(bleed[quiet]) - energy_db((got - voice)[quiet])
        before, after = si_sdr_db(voice, own), si_sdr_db(voice, got)
        said = (f"{found.delay_seconds * 1000:9.2f}", f"{found.level_db:8.1f}") if found else ("        -", "       -")
        true_db = energy_db(bleed) - 10 * np.log10(len(bleed))
        print(f"{name:24}{''.join(said)}{true_db:8.1f}{before:8.1f}{after:8.1f}{down_db:8.1f}")
        reached(f"bleed of {name}, down in the voice's rests", down_db, "dB", at_least=10)
        reached(f"bleed of {name}, own voice better", after - before, "dB", at_least=6)
    reached("bleed reduction, speed", speed, "x real time", at_least=40)
    unrelated()


def unrelated() -> None:
    """Stems of one song that were recorded one by one: no bleed is there."""
    kept, false, count = [], 0, 0
    for start in (0, 10, 30):
        sounds = {name: stem(name, start, 12) for name in STEMS}
        for own, other in permutations(STEMS, 2):
            count += 1
            false += find_bleed(sounds[own][None], sounds[other][None], RATE_HZ) is not None
            got = bleed_reduced(sounds[own][None], sounds[other][None], RATE_HZ)[0]
            kept.append(si_sdr_db(sounds[own], got) if sounds[own].any() else 150.0)
    reached(f"bleed found between {count} pairs that have none", false, "pairs", at_most=0)
    reached("recordings without bleed through bleed reduction, worst", min(kept), "dB SI-SDR", at_least=35)


def speech() -> None:
    if speech_extra_missing():
        print(f"\nspeech noise not measured: {speech_extra_missing()}")
        return
    kept, better = [], []
    for name in (*VOICES[2:], *INSTRUMENTS):
        sound = recording(name)
        kept.append(si_sdr_db(sound, clean_speech(sound[None], RATE_HZ)[0]))
    for name in VOICES[:2]:
        clean = recording(name)
        passed = si_sdr_db(clean, clean_speech(clean[None], RATE_HZ)[0])
        print(f"\n{name}, clean through the model: {passed:.1f} dB SI-SDR")
        for kind in ("white", "pink", "room", "fan"):
            given = noisy(clean, noise(kind, len(clean)), 10)
            got = clean_speech(given[None], RATE_HZ)[0]
            better.append(si_sdr_db(clean, got) - si_sdr_db(clean, given))
            is_open = is_speech(given[None], RATE_HZ)[0]
            print(f"{name}, {kind}: {better[-1]:+.1f} dB, guards {'open' if is_open else 'shut'}")
    reached("speech cleaning on instruments and singing, worst", min(kept), "dB SI-SDR", at_least=35)
    reached("speech in noise at 10 dB, mean improvement", float(np.mean(better)), "dB", at_least=4)


def main() -> None:
    """Print the tables and how the goals were met."""
    compile_kernels()
    compile_decay()
    rooms()
    bleeds()
    speech()


if __name__ == "__main__":
    main()
