"""Pitch and notes against the truth: real singing with human labels, the synthetic singer, and what is not one voice.

``python -m benchmarks.edit_pitch`` prints the tables and the goals; ``--no-peers`` leaves the other trackers out.
Everything runs with one thread, and speeds are seconds of sound for one second of CPU. Songs of the singer have seeds
that nothing was tuned on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from bandmate.sound.one_voice import is_one_voice
from bandmate.sound.pitch import network, track_pitch
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.pitch_judge import judge_pitch
from bandmate.sound.sung_notes import sung_notes
from benchmarks.edit_singer import pink_noise, sing, with_noise
from benchmarks.goals import reached
from benchmarks.peers import ONE_THREAD, environment
from benchmarks.shared_stems import stem_files

Reals = npt.NDArray[np.float64]
Samples = npt.NDArray[np.float32]
Notes = Sequence[tuple[float, float]]
"""Beginning in seconds and MIDI pitch of each note."""

HERE = Path(__file__).parent
SEEDS, SECONDS = (101, 102, 103), 20.0
NOISES_DB: tuple[float | None, ...] = (None, 10.0)
GROUPS = ("real singing", "singer, male", "singer, female")
NEAR_CENTS = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A recording and its true pitch at certain moments, 0 where nothing is sung."""

    group: str
    samples: Samples
    rate_hz: int
    seconds: Reals
    hz: Reals


@dataclass(frozen=True, slots=True)
class Figures:
    """How near a tracker is: shares in percent, errors in cents, speed in times real time."""

    accuracy: float
    false_alarm: float
    octave: float
    median_cents: float
    speed: float


def shared(*parts: str) -> Path:
    """A file of the shared recordings."""
    return Path(os.environ.get("BANDMATE_SHARED", HERE.parents[1] / "shared")).joinpath("audio", *parts)


def read(path: Path) -> tuple[Samples, int]:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.T), int(rate_hz)


def material() -> list[Labelled]:
    """Real singing with human labels, where it is, and the singer."""
    found = []
    for name, labels in (("vocadito_1", "vocadito_1_f0"), ("dcs_A2", "dcs_A2"), ("dcs_B2", "dcs_B2")):
        path = shared("sung_with_f0", f"{name}.wav")
        if path.exists():
            samples, rate_hz = read(path)
            table = np.loadtxt(path.with_name(f"{labels}.csv"), delimiter=",")
            found.append(Labelled(GROUPS[0], samples, rate_hz, table[:, 0], table[:, 1]))
    for voice in ("male", "female"):
        for seed in SEEDS:
            song = sing(seed, SECONDS, voice=voice)
            at = np.arange(0.0, SECONDS, 0.005)
            index = np.minimum(np.round(at * song.rate_hz).astype(int), len(song.hz) - 1)
            found.append(Labelled(f"singer, {voice}", song.samples, song.rate_hz, at, song.hz[index]))
    return found


def swift_alone(samples: Samples, rate_hz: int) -> PitchCurve:
    """The network as it is used by itself: 16 ms apart, its own threshold."""
    found = network().detect(samples.mean(axis=0), rate_hz, 65.0, 1_100.0)
    hz = np.where(found.confidence >= 0.5, found.pitch_hz, 0.0)
    return PitchCurve(0.016, hz.astype(np.float64), np.asarray(found.confidence, np.float64))


def peer_curves(jobs: dict[str, tuple[Samples, int]], python: Path) -> dict[str, dict[str, tuple[PitchCurve, float]]]:
    """What each peer hears in each recording, and the CPU seconds it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, (samples, rate_hz) in jobs.items():
            soundfile.write(folder / file, samples.mean(axis=0), rate_hz, subtype="FLOAT")
        (folder / "jobs.json").write_text(json.dumps(list(jobs)))
        script = [str(python), str(HERE / "edit_pitch_peer.py"), name]
        subprocess.run(script, check=True, env=os.environ | ONE_THREAD)
        answers = json.loads((folder / "answers.json").read_text())
    return {
        peer: {
            file: (PitchCurve(0.005, np.array(found["hz"]), np.ones(len(found["hz"]))), found["cpu_seconds"])
            for file, found in files.items()
        }
        for peer, files in answers.items()
    }


def heard_at(curve: PitchCurve, seconds: Reals) -> Reals:
    index = np.clip(np.round(seconds / curve.hop_seconds).astype(int), 0, max(len(curve.hz) - 1, 0))
    return curve.hz[index] if len(curve.hz) else np.zeros(len(seconds))


def figures(heard: Sequence[tuple[Labelled, PitchCurve, float]]) -> Figures:
    """Over all moments of several recordings; moments the tracker leaves out count as wrong."""
    hz = np.concatenate([truth.hz for truth, _, _ in heard])
    found = np.concatenate([heard_at(curve, truth.seconds) for truth, curve, _ in heard])
    sung, voiced = hz > 0, found > 0
    both = sung & voiced
    cents = np.full(len(hz), np.inf)
    cents[both] = 1200 * np.abs(np.log2(found[both] / hz[both]))
    lasted = sum(truth.samples.shape[1] / truth.rate_hz for truth, _, _ in heard)
    return Figures(
        accuracy=100 * float(np.mean(cents[sung] < NEAR_CENTS)),
        false_alarm=100 * float(np.mean(voiced[~sung])),
        octave=100 * float(np.mean(np.abs(cents[sung] - 1200) < NEAR_CENTS)),
        median_cents=float(np.median(cents[both])),
        speed=lasted / max(sum(seconds for _, _, seconds in heard), 1e-9),
    )


def timed(tracker: Callable[[Samples, int], PitchCurve], samples: Samples, rate_hz: int) -> tuple[PitchCurve, float]:
    begun = time.process_time()
    curve = tracker(samples, rate_hz)
    return curve, time.process_time() - begun


def pitch_table(python: Path | None) -> dict[tuple[str, str, float | None], Figures]:
    """Every tracker on every group, clean and in noise; peers where there is a Python that has them."""
    own = {"bandmate": track_pitch, "bandmate's judge": judge_pitch, "swift-f0": swift_alone}
    for tracker in own.values():
        tracker(pink_noise(16_000, 1)[None, :].astype(np.float32), 16_000)
    truths = material()
    results = {}
    for noise_db in NOISES_DB:
        noisy = [t.samples if noise_db is None else with_noise(t.samples, noise_db) for t in truths]
        jobs = {f"{i}.wav": (samples, truths[i].rate_hz) for i, samples in enumerate(noisy)}
        curves = {name: [timed(tracker, *job) for job in jobs.values()] for name, tracker in own.items()}
        if python is not None:
            curves |= {name: list(files.values()) for name, files in peer_curves(jobs, python).items()}
        for name, heard in curves.items():
            for group in GROUPS:
                mine = [(t, *pair) for t, pair in zip(truths, heard, strict=True) if t.group == group]
                if mine:
                    results[name, group, noise_db] = figures(mine)
    return results


def found_share(truth: Notes, found: Notes, within_seconds: float) -> float:
    """F measure: beginnings within so much, and pitches within half a semitone, one to one."""
    near = np.array(
        [[abs(a[0] - b[0]) <= within_seconds and abs(a[1] - b[1]) <= 0.5 for b in found] for a in truth], dtype=int
    ).reshape(len(truth), len(found))
    pairs = int((maximum_bipartite_matching(csr_matrix(near), perm_type="column") >= 0).sum())
    return 2 * pairs / max(len(truth) + len(found), 1)


def heard_notes(samples: Samples, rate_hz: int) -> Notes:
    curve = track_pitch(samples, rate_hz)
    return [(note.start_seconds, note.centre_pitch) for note in sung_notes(curve, samples, rate_hz)]


def labelled_notes(path: Path) -> Notes:
    return [(start, 69 + 12 * np.log2(hz / 440)) for start, hz, _ in np.loadtxt(path, delimiter=",")]


def notes_table() -> dict[str, tuple[float, float]]:
    """F within 100 and 50 ms: against both annotators, theirs against each other, and against the singer's truth."""
    results = {}
    path = shared("sung_with_f0", "vocadito_1.wav")
    if path.exists():
        found = heard_notes(*read(path))
        first, second = (labelled_notes(path.with_name(f"vocadito_1_notes{who}.csv")) for who in ("A1", "A2"))
        for name, pair in (("A1", (first, found)), ("A2", (second, found)), ("A1 against A2", (first, second))):
            results[f"vocadito_1, {name}"] = (found_share(*pair, 0.1), found_share(*pair, 0.05))
    for voice in ("male", "female"):
        shares = []
        for seed in SEEDS:
            song = sing(seed, SECONDS, voice=voice)
            truth = [(note.start_seconds, note.pitch) for note in song.notes]
            found = heard_notes(song.samples, song.rate_hz)
            shares.append((found_share(truth, found, 0.1), found_share(truth, found, 0.05)))
        results[f"singer, {voice}"] = (float(np.mean([s[0] for s in shares])), float(np.mean([s[1] for s in shares])))
    return results


ONE = (
    *("singing-female", "soprano-E4", "vignesh", "speech-female", "speech-male", "flute-A4", "oboe-A4"),
    *("trumpet-A4", "violin-B3", "sax-phrase", "sax-phrase-short", "cello-phrase"),
)
SEVERAL = ("cello-double", "cello-double-2", "orchestra", "bendir", "mridangam", "rain", "ocean", "multiSines")
SEVERAL_STEMS = ("drums", "clav", "horns")


def voices_table() -> list[tuple[str, bool, bool, str]]:
    """Name, whether it is one voice, whether it was taken for one, and what it was said to lack."""
    cases: list[tuple[str, bool, Samples, int]] = []
    for names, is_one in ((ONE, True), (SEVERAL, False)):
        for name in names:
            path = shared("voices_instruments", f"{name}.wav")
            if path.exists():
                cases.append((name, is_one, *read(path)))
    for path in stem_files():
        if path.stem in SEVERAL_STEMS:
            samples, rate_hz = read(path)
            cases.append((path.name, False, samples[:, 20 * rate_hz : 40 * rate_hz], rate_hz))
    low, high = (sing(seed, 10.0, voice=voice).samples for seed, voice in ((104, "male"), (105, "female")))
    cases.append(("two singers", False, low + high, 44_100))
    cases.append(("a singer in noise at 10 dB", True, with_noise(low, 10.0), 44_100))
    cases.append(("noise", False, 0.1 * pink_noise(220_500, 3)[None, :].astype(np.float32), 44_100))
    cases.append(("silence", False, np.zeros((1, 44_100), np.float32), 44_100))
    table = []
    for name, is_one, samples, rate_hz in cases:
        taken, why = is_one_voice(track_pitch(samples, rate_hz), samples, rate_hz, judge_pitch(samples, rate_hz))
        table.append((name, is_one, taken, why.lacks))
    return table


def main() -> None:
    """Print the tables and the goals."""
    results = pitch_table(None if "--no-peers" in sys.argv else environment())
    print(f"{'tracker':18}{'material':16}{'noise':>7}{'50 c':>7}{'false':>7}{'octave':>8}{'cents':>7}{'speed':>7}")
    for (name, group, noise_db), found in results.items():
        noise = "clean" if noise_db is None else f"{noise_db:g} dB"
        shares = f"{found.accuracy:7.1f}{found.false_alarm:7.1f}{found.octave:8.1f}"
        print(f"{name:18}{group:16}{noise:>7}{shares}{found.median_cents:7.1f}{found.speed:7.0f}")
    for (name, group, noise_db), found in results.items():
        if name == "bandmate":
            where = f"{group}, {'clean' if noise_db is None else f'{noise_db:g} dB noise'}"
            reached(f"pitch within 50 c, {where}", found.accuracy, "%", at_least=97 if noise_db is None else 92)
            reached(f"voicing false alarm, {where}", found.false_alarm, "%", at_most=5)
            reached(f"median pitch error, {where}", found.median_cents, "cents", at_most=3)
            reached(f"speed of pitch, {where}", found.speed, "x real time", at_least=60)
    for name, (wide, narrow) in notes_table().items():
        print(f"notes, {name:28} F within 100 ms {wide:.3f}, within 50 ms {narrow:.3f}")
        if "against" not in name:
            reached(f"notes, {name}: onset (100 ms) and pitch", wide, "F", at_least=0.9)
    voices = voices_table()
    for name, is_one, taken, lacks in voices:
        print(
            f"{'' if is_one == taken else 'WRONG '}{name}: {'one voice' if taken else f'not one voice, lacks {lacks}'}"
        )
    right = sum(is_one == taken for _, is_one, taken, _ in voices)
    reached("told one voice from anything else", 100 * right / len(voices), "%", at_least=95)


if __name__ == "__main__":
    main()
