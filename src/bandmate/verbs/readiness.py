"""Getting ready once: the sound kernels are compiled on the first run on a machine and kept.

numba keeps what it compiled beside the source, or in the user's cache where the source cannot be written to. A marker
in the user's cache says for which versions this was done and for which copy of the source, so that the first long wait
has a line that explains it and later runs have none.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import platformdirs

from bandmate.verbs.progress import FIRST_RUN, Progress, silent

KERNEL_MODULES = (
    *("loudness", "truepeak", "levels", "level_track", "stereo", "spectrum", "adding"),
    *("filters", "dynamics", "dynamic_eq", "multiband", "ride", "space"),
    *("limiter", "saturate", "soft_clip", "dither"),
    *("limiter_forecast", "bright_track", "onsets", "pulse", "compression_forecast", "decay"),
    *("partial_loudness", "timbre"),
)
BESIDE = (
    *("limiter", "saturate", "soft_clip", "dither", "click_repair"),
    *("bandmate.stages.compose.steering", "bandmate.models.part_search"),
)
"""What takes the longest: compiled in a process of its own at the same time, for compiling uses one core."""

EDIT_KERNEL_MODULES = (
    *("click_repair", "declip", "hum_lines", "hum_removal", "noise_reduction", "room_decay", "room_reduction"),
    *("pitch_refine", "pitch_judge", "sung_steps", "tuned_voice"),
)
"""What only the edit stage needs: compiled when it is first asked, so that nobody else waits for it."""

COMPOSE_KERNEL_MODULES = (
    *("bandmate.models.mixing", "bandmate.models.melody", "bandmate.models.drum_patterns"),
    *("bandmate.models.chorale", "bandmate.models.chorale_rows", "bandmate.models.part_costs"),
    *("bandmate.models.part_search", "bandmate.stages.compose.harmony_surface"),
    "bandmate.stages.compose.steering",
)
"""What only the compose stage needs, and all that it needs: music can be written before any sound is made."""

Purpose = Literal["sound", "edit", "compose"]
MODULES: dict[Purpose, tuple[str, ...]] = {
    "sound": KERNEL_MODULES,
    "edit": EDIT_KERNEL_MODULES,
    "compose": COMPOSE_KERNEL_MODULES,
}

COMPILE = "import sys; from bandmate.verbs.readiness import compile_module as c; [c(name) for name in sys.argv[1:]]"


def cache_folder() -> Path:
    """The user's cache for Bandmate; ``BANDMATE_CACHE`` names another."""
    named = os.environ.get("BANDMATE_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("bandmate"))


def marker(purpose: Purpose = "sound") -> Path:
    """The file that says that the kernels of these versions, at this place, were compiled."""
    from bandmate.render.keys import sound_version

    # A second clone of the same versions has compiled nothing yet: what was compiled lies beside the source.
    place = f"{Path(__file__).parent} {os.environ.get('NUMBA_CACHE_DIR', '')}"
    digest = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:8]
    versions = f"{sound_version()}-numba-{version('numba')}-python-{platform.python_version()}"
    return cache_folder() / f"{'' if purpose == 'sound' else f'{purpose}-'}kernels-{versions}-{digest}"


def make_ready(progress: Progress = silent, purpose: Purpose = "sound") -> bool:
    """Compile the kernels for a purpose, and no others, if that was not done on this machine; True if it had to be."""
    done, names = marker(purpose), MODULES[purpose]
    with suppress(OSError):
        if done.exists():
            return False
    last = [name for name in names if name in BESIDE]
    first = [name for name in names if name not in BESIDE]
    with compiled_beside(last):
        for count, name in enumerate(first):
            progress(FIRST_RUN, count / len(names))
            compile_module(name)
    for name in last:
        compile_module(name)
    with suppress(OSError):
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()
    return True


def compile_module(name: str) -> None:
    """Compile the kernels of a module, or load what was compiled; a name without a dot is a module of ``sound``."""
    importlib.import_module(name if "." in name else f"bandmate.sound.{name}").compile_kernels()


@contextmanager
def compiled_beside(names: Sequence[str]) -> Iterator[None]:
    """Compile the kernels of some modules in another process while the block runs; both are done at its end.

    That is only a help: where no other process can be had, or it fails, this one compiles them afterwards.
    """
    command = [sys.executable, "-c", COMPILE, *names]
    child = None
    with suppress(OSError):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) if names else None
    try:
        yield
        if child is not None:
            child.wait()
    finally:
        if child is not None and child.poll() is None:
            child.terminate()
            child.wait()
