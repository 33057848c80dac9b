"""The sound of tuning: colour, pitch and noise of shifted singing against its true twin, beside other programs; speed.

``python -m benchmarks.edit_tuning`` prints the tables and the goals; ``--no-peers`` measures speed only, because the
colour is judged in the peers' environment. Speeds are seconds of sound for one second of CPU, one thread. Songs of the
singer have seeds that nothing was tuned on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from msgspec.structs import replace

from bandmate.song.tuning import TunedNote, Tuning
from bandmate.sound.pitch import track_pitch
from bandmate.sound.pitch_curve import curve_from_data
from bandmate.sound.sung_notes import sung_notes
from bandmate.sound.tuned_voice import TunedVoice, play_tuning
from benchmarks.edit_singer import Samples, sing
from benchmarks.goals import reached
from benchmarks.peers import ONE_THREAD, environment

HERE = Path(__file__).parent
VOICES = {"male": 301, "female": 302}
SECONDS, RATE_HZ = 8.0, 44_100
SHIFTS = (3, -3, 5, -5)
PEERS = ("praat", "world", "libsonare")
LONG_SECONDS = 240.0


def all_shifted(samples: Samples, rate_hz: int, semitones: float) -> tuple[Samples, float]:
    """A recording that much higher through ``play_tuning``, and the CPU seconds of hearing and playing."""
    began = time.process_time()
    curve = track_pitch(samples, rate_hz)
    whole = TunedNote(
        id="all",
        start_seconds=0.0,
        end_seconds=samples.shape[1] / rate_hz,
        centre_pitch=60.0,
        target_pitch=60.0 + semitones,
        amount=1.0,
    )
    tuning = Tuning(id="t", hop_seconds=curve.hop_seconds, pitch_data=curve.to_data(), notes=(whole,))
    return play_tuning(samples, rate_hz, tuning), time.process_time() - began


def colour_jobs(folder: Path) -> tuple[list[dict[str, Any]], list[tuple[str, str, int] | None]]:
    """What the peers' environment has to do, and whose each answer is; ours is played here."""
    jobs: list[dict[str, Any]] = []
    owners: list[tuple[str, str, int] | None] = []
    for voice, seed in VOICES.items():
        plain = sing(seed, SECONDS, voice=voice, rate_hz=RATE_HZ)
        source = folder / f"{voice}.wav"
        soundfile.write(source, plain.samples[0], RATE_HZ, "FLOAT")
        for shift in SHIFTS:
            twin = sing(seed, SECONDS, voice=voice, rate_hz=RATE_HZ, shift_semitones=shift)
            name = folder / f"{voice}{shift:+d}"
            soundfile.write(f"{name}-twin.wav", twin.samples[0], RATE_HZ, "FLOAT")
            np.save(f"{name}.npy", twin.hz)
            soundfile.write(f"{name}-bandmate.wav", all_shifted(plain.samples, RATE_HZ, shift)[0][0], RATE_HZ, "FLOAT")
            for peer in PEERS:
                jobs.append({"shift": peer, "sound": str(source), "out": f"{name}-{peer}.wav", "semitones": shift})
                owners.append(None)
            for who in ("bandmate", *PEERS):
                jobs.append(
                    {
                        "judge": f"{name}-{who}.wav",
                        "against": f"{name}-twin.wav",
                        "hz": f"{name}.npy",
                        "before": str(source),
                    }
                )
                owners.append((who, voice, shift))
    return jobs, owners


def colour() -> dict[tuple[str, str, int], dict[str, float]]:
    """(who, voice, shift) → envelope distance, cents, harmonics to noise."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs, owners = colour_jobs(folder)
        (folder / "jobs.json").write_text(json.dumps(jobs))
        script = [str(environment()), str(HERE / "edit_tuning_peer.py"), str(folder)]
        subprocess.run(script, check=True, env=os.environ | ONE_THREAD)
        answers = json.loads((folder / "answers.json").read_text())
    for job, answer in zip(jobs, answers, strict=True):
        if "refused" in answer:
            print(f"  {job.get('shift', 'judge')} refused: {answer['refused']}")
    return {owner: answer for owner, answer in zip(owners, answers, strict=True) if owner and "refused" not in answer}


def print_colour(figures: dict[tuple[str, str, int], dict[str, float]]) -> None:
    """Table and goals of colour."""
    rows: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    print("who        voice   shift  envelope dB  cents  p95 c  HNR change dB  HNR to twin dB")
    for (who, voice, shift), each in figures.items():
        rows[who, voice].append(each)
        print(
            f"{who:10s} {voice:6s} {shift:+6d} {each['envelope_db']:12.2f} {each['cents']:6.2f} "
            f"{each['cents_p95']:6.1f} {each['hnr_change_db']:14.2f} {each['hnr_to_twin_db']:15.2f}"
        )
    for voice in VOICES:
        ours, praats = rows["bandmate", voice], rows["praat", voice]
        theirs = float(np.mean([each["envelope_db"] for each in praats]))
        mean = float(np.mean([each["envelope_db"] for each in ours]))
        reached(f"tuning: formant error, {voice}, mean of ±3 and ±5", mean, "dB", at_most=round(theirs, 2))
        loss = -float(np.mean([each["hnr_to_twin_db"] for each in ours]))
        reached(f"tuning: harmonics to noise lost against the twin, {voice}", loss, "dB", at_most=1.0)
    worst = max(abs(each["cents"]) for voice in VOICES for each in rows["bandmate", voice])
    reached("tuning: residual detune", worst, "cents", at_most=2.0)


def long_take() -> tuple[Samples, Tuning, float]:
    """Four minutes of singing, each note moved to the nearest semitone, and the CPU seconds of hearing it."""
    samples = np.tile(sing(VOICES["female"], 60.0, voice="female", rate_hz=RATE_HZ).samples, 4)
    track_pitch(samples[:, : 4 * RATE_HZ], RATE_HZ)
    began = time.process_time()
    curve = track_pitch(samples, RATE_HZ)
    heard = sung_notes(curve, samples, RATE_HZ)
    seconds = time.process_time() - began
    notes = tuple(
        TunedNote(
            id=f"n{i}",
            start_seconds=note.start_seconds,
            end_seconds=note.end_seconds,
            centre_pitch=note.centre_pitch,
            target_pitch=float(round(note.centre_pitch)),
            amount=1.0,
        )
        for i, note in enumerate(heard)
    )
    tuning = Tuning(id="t", hop_seconds=curve.hop_seconds, pitch_data=curve.to_data(), notes=notes)
    return samples, tuning, seconds


def speed() -> None:
    """Hearing and playing four minutes, and one note of them."""
    samples, tuning, hearing = long_take()
    play_tuning(samples[:, : 4 * RATE_HZ], RATE_HZ, tuning)
    began = time.process_time()
    play_tuning(samples, RATE_HZ, tuning)
    playing = time.process_time() - began
    voice = TunedVoice(samples, RATE_HZ, curve_from_data(tuning.pitch_data, tuning.hop_seconds))
    voice.play(tuning)
    began = time.process_time()
    whole = voice.play(tuning)
    again = time.process_time() - began
    print(
        f"{LONG_SECONDS:.0f} s, {len(tuning.notes)} notes: hearing {LONG_SECONDS / hearing:.0f}x, marks and playing "
        f"{LONG_SECONDS / playing:.0f}x, playing with known marks {LONG_SECONDS / again:.0f}x"
    )
    reached("tuning: hearing and playing", LONG_SECONDS / (hearing + playing), "x real time", at_least=40.0)
    reached("tuning: playing with known marks", LONG_SECONDS / again, "x real time", at_least=100.0)
    times = []
    for note in tuning.notes[:: max(1, len(tuning.notes) // 60)]:
        edited = replace(note, target_pitch=note.target_pitch + 1.0)
        other = replace(tuning, notes=tuple(edited if each.id == note.id else each for each in tuning.notes))
        began = time.process_time()
        voice.play_around(other, note.id)
        times.append(1000 * (time.process_time() - began))
        first, part = voice.play_around(tuning, note.id)
        assert np.array_equal(part, whole[:, first : first + part.shape[1]])
    print(f"one note again: median {np.median(times):.1f} ms, longest {max(times):.1f} ms of {len(times)}")
    reached("tuning: one note played again", float(np.quantile(times, 0.95)), "ms", at_most=40.0)


def main() -> None:
    """All tables and goals."""
    speed()
    if "--no-peers" not in sys.argv:
        print_colour(colour())


if __name__ == "__main__":
    main()
