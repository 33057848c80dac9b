"""The sound sets that material is rendered with: where each comes from, under which licence, and what for.

Sets that are fetched come from Debian's archive with ``apt-get download`` and ``dpkg-deb -x``; nothing is installed.
``teach`` is used for training, ``judge`` only for measuring: a judging set is never trained on.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from bandmate.render.soundfont import SoundFont

CACHE = Path(os.environ.get("BANDMATE_TRAINING_CACHE", Path(tempfile.gettempdir()) / "bandmate-training"))
Use = Literal["teach", "judge"]


@dataclass(frozen=True, slots=True)
class SoundSet:
    """A bank or a folder of single hits."""

    name: str
    package: str
    place: str
    licence: str
    use: Use


BANKS = (
    SoundSet("fluid", "", "FluidR3Mono_GM.sf3", "MIT (Frank Wen and others)", "teach"),
    SoundSet(
        "musescore",
        "musescore-general-soundfont-small",
        "usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
        "MIT, parts public domain or CC0 (S. Christian Collins, Frank Wen and others)",
        "teach",
    ),
    SoundSet("csound", "csound-soundfont", "usr/share/sounds/sf2/sf_GMbank.sf2", "public domain", "teach"),
    SoundSet(
        "tim", "timgm6mb-soundfont", "usr/share/sounds/sf2/TimGM6mb.sf2", "GPL-2 (Tim Brechbill), judging only", "judge"
    ),
)
KITS_AT = "usr/share/hydrogen/data/drumkits"
HITS = (
    SoundSet("rumpf", "hydrogen-drumkits", f"{KITS_AT}/rumpf_kit_z01_h2", "CC BY 3.0 (Emanuel Rumpf)", "teach"),
    SoundSet("audiophob", "hydrogen-drumkits", f"{KITS_AT}/Audiophob", "CC0 (audiophobdubstep)", "teach"),
    SoundSet(
        "sonic",
        "sonic-pi-samples",
        "usr/share/sonic-pi/samples",
        "CC0 (freesound.org, see its copyright file)",
        "teach",
    ),
    SoundSet(
        "strums",
        "hydrogen-drumkits-effects",
        f"{KITS_AT}/belofilms_GuitarStrums",
        "CC BY 3.0 (Gabriel Verdugo Soto)",
        "teach",
    ),
    SoundSet(
        "forzee",
        "hydrogen-drumkits",
        f"{KITS_AT}/ForzeeStereo",
        "GPL-2 (V. Sadovnikov, A. Belokurov), judging only",
        "judge",
    ),
    SoundSet(
        "electric-empire",
        "hydrogen-drumkits",
        f"{KITS_AT}/ElectricEmpireKit",
        "GPL-2+ (Artemiy Pavlov), judging only",
        "judge",
    ),
    SoundSet(
        "colombo",
        "hydrogen-drumkits",
        f"{KITS_AT}/ColomboAcousticDrumkit",
        "GPL-2+ with exception (M. Guglielmetti), judging only",
        "judge",
    ),
    SoundSet(
        "gimme-a-hand",
        "hydrogen-drumkits",
        f"{KITS_AT}/Gimme A Hand 1.0",
        "GPL-2 (Glen MacArthur), judging only",
        "judge",
    ),
)
ALL = BANKS + HITS


def named(name: str) -> SoundSet:
    return next(each for each in ALL if each.name == name)


@cache
def folder_of(name: str) -> Path:
    """Where a set lies; fetched on the first call."""
    found = named(name)
    if not found.package:
        import bandmate

        return Path(bandmate.__file__).parent / "data" / found.place
    unpacked = CACHE / "packages" / found.package
    if not unpacked.exists():
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=unpacked.parent) as place:
            subprocess.run(["apt-get", "download", found.package], cwd=place, check=True, capture_output=True)
            archive = next(Path(place).glob("*.deb"))
            subprocess.run(["dpkg-deb", "-x", str(archive), str(Path(place) / "whole")], check=True)
            (Path(place) / "whole").replace(unpacked)
    return unpacked / found.place


@cache
def bank(name: str) -> SoundFont:
    """A bank, open."""
    return SoundFont(padded(folder_of(name).read_bytes()))


def padded(data: bytes) -> bytes:
    """A bank whose odd sample chunk lacks its pad byte, with it."""
    at = data.rfind(b"LIST", 0, data.find(b"pdta") + 1) if b"pdta" in data else -1
    return data[:at] + b"\0" + data[at:] if at % 2 else data


@lru_cache(maxsize=64)
def cut(name: str, bank_number: int, program: int, coarse: int, cutoff_cents: int, release_cents: int) -> bytes:
    """One preset, with its pitch, filters and releases shifted."""
    added = {key: value for key, value in ((51, coarse), (8, cutoff_cents), (38, release_cents)) if value}
    return bank(name).cut(bank_number, program, added, {})


def digest(name: str) -> str:
    """The sha256 of a set: of its file, or of all its files in order of their names."""
    place, whole = folder_of(name), hashlib.sha256()
    for path in [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file()):
        whole.update(path.read_bytes())
    return whole.hexdigest()
