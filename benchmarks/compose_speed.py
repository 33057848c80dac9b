"""How fast music is written: loading, eight bars with three alternatives of every part and verb, one step, a sketch.

Kernels are compiled and models loaded before anything but the loading is timed. Times are processor time of one core,
the best of five, because other work on the machine would be counted otherwise; the sketch is wall time on two cores.
Peer: none of the named ones can be run offline; the goals are those of the project.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks.goals import reached

ROUNDS = 5
LOADING = """
import time
from bandmate.stages.compose.toolbox import Toolbox
import bandmate.stages.compose.propose
began = time.process_time()
tools = Toolbox()
for name in ("melody", "chords", "chorale", "drums", "form", "originality"):
    getattr(tools, name)
tools.originality.indices["pitches"].order
print(time.process_time() - began)
"""
JOBS: dict[str, dict[str, Any]] = {
    "chords": {"part": "chords"},
    "melody": {"part": "melody", "track": "lead"},
    "bass": {"part": "bass", "track": "bass"},
    "keys": {"part": "keys", "track": "keys"},
    "drums": {"part": "drums", "track": "drums"},
    "second voice": {"part": "harmony", "track": "lead"},
    "counter-melody": {"part": "counter", "track": "lead"},
    "continue": {"verb": "continue", "track": "lead"},
    "vary": {"verb": "vary", "track": "lead"},
    "infill": {"verb": "infill", "track": "lead"},
    "groove": {"verb": "groove", "track": "drums"},
    "drumify": {"verb": "drumify", "track": "lead"},
    "four parts": {"verb": "harmonise", "track": "lead"},
    "reharmonise": {"verb": "reharmonise"},
}


def best_ms(work: Callable[[], object]) -> float:
    """Least processor time of some rounds, in milliseconds; the first round warms up and is not counted."""
    work()
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return 1000 * min(times)


def loading() -> None:
    """Size of all model files, and the time to load them."""
    folder = Path(str(files("bandmate"))) / "data" / "models"
    models = sum(path.stat().st_size for path in folder.glob("*.npz")) / 1e6
    papers = sum(path.stat().st_size for path in folder.iterdir() if path.suffix != ".npz") / 1e6
    reached("all model files", models, "MB", at_most=12.0)
    print(f"  their papers (manifests, cards, a row for every work): {papers:.1f} MB")
    times = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True)
        times.append(float(done.stdout))
    reached("loading all models", min(times), "s", at_most=1.0)


def parts() -> None:
    """Eight bars, three alternatives."""
    from bandmate.stages.compose.brief import ComposeBrief
    from bandmate.stages.compose.propose import propose_composition
    from bandmate.stages.compose.toolbox import Toolbox
    from tests.stages.compose.band_song import band_song

    song, tools = band_song(), Toolbox()
    for name, fields in JOBS.items():
        brief = ComposeBrief(first_bar=9, last_bar=16, **fields)
        spent = best_ms(lambda brief=brief: propose_composition(song, brief, tools=tools))  # type: ignore[misc]
        reached(f"8 bars × 3, {name}, from the song to the proposal", spent, "ms", at_most=300.0)


def steps() -> None:
    """One prediction of each model that can be played along with."""
    from bandmate.models.chord_steps import Place
    from bandmate.models.chords import load_chord_model
    from bandmate.models.melody import ground_from, load_melody_model
    from bandmate.song.harmony import Key
    from bandmate.song.song import Song
    from bandmate.stages.compose.passage import bars_of

    song = load_chord_model().song()
    for at in range(8):
        song.add((0, 70, 91, 50)[at % 4], Place(0, at, 0, at == 0))
    count = 200

    def foretell() -> None:
        for at in range(count):
            song.rows.clear()
            song.next(Place(0, 8 + at % 2, 0))

    reached("one step of the chord model", best_ms(foretell) / count, "ms", at_most=5.0)
    melody = load_melody_model()
    state = melody.start(ground_from(bars_of(Song(key=Key(tonic=0)), 8)))
    for at in range(16):
        state = melody.after(state, 480, 60 + (0, 2, 4, 5, 7, 5, 4, 2)[at % 8])

    def next_note() -> None:
        for _ in range(20):
            melody.after(state, 480, 60 + int(melody.pitches(state, int(melody.rhythms(state).argmax())).argmax()))

    reached("one step of the melody model, a note taken", best_ms(next_note) / 20, "ms", at_most=5.0)


def sketching() -> None:
    """Three minutes with the whole band: notes, mix, master and files."""
    from bandmate.stages.compose.sketch_brief import SketchBrief
    from bandmate.verbs.readiness import make_ready
    from bandmate.verbs.sketching import sketch

    make_ready()
    make_ready(purpose="compose")
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        brief = SketchBrief(genre="pop", seconds=180.0, alternatives=1)
        done = sketch("", Path(folder) / "out", brief)
        spent = time.monotonic() - began
        assert len(done.sketches) == 1
    reached("a sketch of three minutes, mixed and mastered", spent, "s", at_most=60.0)


def main() -> None:
    """All of it."""
    loading()
    parts()
    steps()
    sketching()


if __name__ == "__main__":
    main()
