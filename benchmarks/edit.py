"""The edit stage in one run: pitch, notes, tuning, its colour and speed, noise, hum, clicks; then whole takes.

``python -m benchmarks.edit`` measures everything, peers included (an environment of their own is made for them);
``--no-peers`` leaves them out; ``python -m benchmarks.edit pitch takes`` does some of it. The parts are programs of
their own, ``benchmarks.edit_pitch`` and so on. *Takes* is what a musician sees: real singing tuned and judged through
the gate, and clean recordings that must stay as they are.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.edit_cleaning import recordings_folder
from benchmarks.goals import reached

PARTS = ("pitch", "tuning", "noise", "hum", "clicks", "room", "takes")
SUNG = ("sung_with_f0/vocadito_1.wav",)


def takes() -> None:
    """Real singing through the whole chain, and clean recordings through all repairs."""
    singing()
    clean()


def singing() -> None:
    """Tuned as anybody would, and judged by the other tracker, note by note."""
    from bandmate.stages.ears import Forgetful
    from bandmate.stages.edit.brief import EditBrief
    from bandmate.stages.edit.gate_tuning import in_note
    from bandmate.stages.edit.take import Take
    from bandmate.stages.edit.tuning import tuned

    for name in SUNG:
        samples, rate_hz = read(name)
        tuned(Take(samples, rate_hz, Forgetful()), EditBrief())  # kernels and networks are loaded
        began = time.process_time()
        take = Take(samples, rate_hz, Forgetful())
        result = tuned(take, EditBrief())
        seconds = time.process_time() - began
        if result.tuning is None or result.reading is None or result.after is None:
            print(f"  {name}: not tuned: {result.remarks}")
            continue
        judged = (take.judged, result.after.judged)
        shift = 12.0 * float(np.log2(result.tuning.reference_hz / 440.0))
        pairs = [in_note(judged, note, shift) for note in result.tuning.notes if note.is_touched]
        off = np.abs(np.array([pair.off for pair in pairs if pair is not None]))
        before, after = (float(value) for value in np.median(off, axis=0))
        r = result.reading
        speed = samples.shape[1] / rate_hz / seconds
        print(f"  {name}: {len(off)} notes, median {before:.1f} to {after:.1f} cents, gate and judge at {speed:.0f}x")
        reached(f"note error, {name}, median", after, "cents", at_most=4.0)
        if r.vibrato_ratio is not None:
            reached("depth of the vibrato", r.vibrato_ratio, "times", at_least=0.95)
            reached("depth of the vibrato", r.vibrato_ratio, "times", at_most=1.05)
        reached("how far movement strays", r.contour_cents or 0.0, "cents", at_most=3.0)
        reached("samples changed outside", r.changed_outside, "", at_most=0)


def clean() -> None:
    """Nothing is to be found in recordings without faults; each file with what is."""
    from bandmate.stages.ears import Forgetful
    from bandmate.stages.edit.brief import EditBrief
    from bandmate.stages.edit.cleaning import cleaned
    from bandmate.stages.edit.repairs import REPAIRS
    from bandmate.stages.edit.take import Take

    least, changed, files = np.inf, 0, 0
    for path in sorted((recordings_folder() / "voices_instruments").glob("*.wav")):
        samples, rate_hz = read(f"voices_instruments/{path.name}")
        take = Take(samples, rate_hz, Forgetful())
        made, _ = cleaned(take, REPAIRS, EditBrief(), no_other)
        files += 1
        if made:
            after = made[-1].after.samples
            error = float(np.vdot(samples - after, samples - after))
            passed = 10 * float(np.log10(float(np.vdot(samples, samples)) / max(error, 1e-20)))
            least, changed = min(least, passed), changed + 1
            print(f"  {path.name}: {', '.join(one.found.sentence for one in made)}; {passed:.1f} dB above what went")
    print(f"  {files} recordings, {changed} changed")


def no_other(name: str) -> np.ndarray:
    """Lone recordings have no others beside them."""
    raise KeyError(name)


def read(name: str) -> tuple[np.ndarray, int]:
    """A shared recording, float32 (channels, frames), and its rate."""
    from bandmate.formats.audio_files import read_audio

    audio = read_audio(recordings_folder() / name)
    return audio.samples, audio.rate_hz


def part_named(name: str) -> Callable[[], None]:
    """The program of a part."""
    if name == "takes":
        return takes
    import importlib

    found: Callable[[], None] = importlib.import_module(f"benchmarks.edit_{name}").main
    return found


def main() -> None:
    """The parts that were asked for, each under its name."""
    asked = [name for name in sys.argv[1:] if not name.startswith("-")] or list(PARTS)
    if unknown := set(asked) - set(PARTS):
        raise SystemExit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name in asked:
        print(f"\n== {name}", flush=True)
        part_named(name)()


if __name__ == "__main__":
    main()
