"""What every test may use: seeded randomness, test tones, and where the real recordings are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_folder(*parts: str) -> Path:
    """A folder of the recordings kept beside the repository, or a skip that says what is missing."""
    base = Path(os.environ.get("BANDMATE_SHARED", ROOT.parent / "shared"))
    folder = base.joinpath(*parts)
    if not folder.exists():
        pytest.skip(f"no {'/'.join(parts)} beside the repository; set BANDMATE_SHARED to the folder that has it")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_261_121)


@pytest.fixture
def stems_folder() -> Path:
    """Five human-played stems of one song (MP3, 83 s)."""
    return shared_folder("audio", "stems_cc0")
