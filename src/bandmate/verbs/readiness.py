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
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import platformdirs

from bandmate.verbs.progress import FIRST_RUN, Progress, silent

KERNEL_MODULES = (
    *("loudness", "truepeak", "levels", "level_track", "stereo", "spectrum", "adding", "processors"),
    *("limiter_forecast", "bright_track", "onsets", "pulse", "compression_forecast", "decay"),
    *("partial_loudness", "timbre"),
)
EDIT_KERNEL_MODULES = (
    *("click_repair", "declip", "hum_lines", "hum_removal", "noise_reduction", "room_decay", "room_reduction"),
    *("pitch_refine", "pitch_judge", "sung_steps", "tuned_voice"),
)
"""What only the edit stage needs: compiled when it is first asked, so that nobody else waits for it."""


def cache_folder() -> Path:
    """The user's cache for Bandmate; ``BANDMATE_CACHE`` names another."""
    named = os.environ.get("BANDMATE_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("bandmate"))


def marker(*, for_edits: bool = False) -> Path:
    """The file that says that the kernels of these versions, at this place, were compiled."""
    from bandmate.render.keys import sound_version

    # A second clone of the same versions has compiled nothing yet: what was compiled lies beside the source.
    place = f"{Path(__file__).parent} {os.environ.get('NUMBA_CACHE_DIR', '')}"
    digest = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:8]
    versions = f"{sound_version()}-numba-{version('numba')}-python-{platform.python_version()}"
    return cache_folder() / f"{'edit-' if for_edits else ''}kernels-{versions}-{digest}"


def make_ready(progress: Progress = silent, *, for_edits: bool = False) -> bool:
    """Compile the sound kernels if that was not done on this machine; True if it had to be.

    ``for_edits``: those of the edit stage, and no others.
    """
    done, names = marker(for_edits=for_edits), EDIT_KERNEL_MODULES if for_edits else KERNEL_MODULES
    with suppress(OSError):
        if done.exists():
            return False
    for count, name in enumerate(names):
        progress(FIRST_RUN, count / len(names))
        importlib.import_module(f"bandmate.sound.{name}").compile_kernels()
    with suppress(OSError):
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()
    return True
