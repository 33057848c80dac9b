"""References: records to compare with, from sound files, folders of them, and target curves that were kept.

A reference is written as its path; weights in percent may follow behind an ``@``: ``song.wav@tone=100,loudness=0``.
What is not named counts in full.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.song.errors import MediaError, RequestError
from bandmate.verbs.importing import SOUND_ENDINGS
from bandmate.verbs.progress import Progress, part, silent

if TYPE_CHECKING:
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.master.portrait import Portrait
    from bandmate.stages.master.target import Reference

TARGET_ENDING = ".target.json"
WEIGHT_WORDS = "tone, dynamics, width and loudness, such as song.wav@tone=100,loudness=0"


class Memory(Protocol):
    """Where hearings are kept; a project has one."""

    def recall(self, content_hash: str, analyser: str, version: str) -> bytes | None: ...

    def remember(self, content_hash: str, analyser: str, version: str, answer: bytes) -> None: ...


def read_references(
    items: Sequence[Path | str], *, memory: Memory | None = None, progress: Progress = silent
) -> tuple[Reference, ...]:
    """The references that are meant, measured; each file of a folder is one of its own with the folder's weights.

    Parameters
    ----------
    items : sequence of path or str
        sound files, folders, kept targets (``….target.json``), each with weights or without.
    memory : optional
        where what was heard is kept, so that no file is measured twice.

    Raises
    ------
    RequestError
        if a file or folder is not there, a folder has no sound in it, or weights cannot be read.
    MediaError
        if a file cannot be decoded.
    OutOfRange
        if a weight is not from 0 to 100 %.
    """
    from bandmate.stages.master.target import Reference

    wanted = [(path, weights) for item in items for path, weights in files_of(item)]
    found: list[Reference] = []
    for count, (path, weights) in enumerate(wanted):
        progress(f"listening to {path.name}", count / len(wanted))
        for portrait in portraits_in(path, memory):
            found.append(Reference(portrait=portrait, **weights))
    return tuple(found)


def files_of(item: Path | str) -> list[tuple[Path, dict[str, float]]]:
    """The files that an item stands for, with its weights as shares."""
    path, weights = item_parts(item)
    if not path.is_dir():
        return [(path, weights)]
    with disk_errors(path):
        files = sorted(one for one in path.iterdir() if one.suffix.lower() in SOUND_ENDINGS and one.is_file())
    if not files:
        raise RequestError(f'the reference folder "{path}" has no sound file in it; put some records there')
    return [(one, weights) for one in files]


def item_parts(item: Path | str) -> tuple[Path, dict[str, float]]:
    """Path and weights. A file whose name has an ``@`` in it is found as it is."""
    if isinstance(item, Path) or Path(item).exists():
        return existing(Path(item)), {}
    name, sign, words = item.rpartition("@")
    if not sign:
        return existing(Path(item)), {}
    return existing(Path(name)), weights_in(words)


def existing(path: Path) -> Path:
    if not path.exists():
        raise RequestError(f'there is no reference "{path}"; name a sound file, a folder of them, or a kept target')
    return path


def weights_in(words: str) -> dict[str, float]:
    """``tone=100,loudness=0`` as shares."""
    from bandmate.stages.master.target import ASPECTS

    found: dict[str, float] = {}
    for word in words.split(","):
        name, sign, percent = (piece.strip() for piece in word.partition("="))
        try:
            share = float(percent.removesuffix("%")) / 100.0
        except ValueError:
            sign, share = "", 0.0
        if not sign or name not in ASPECTS:
            raise RequestError(f'"{word.strip()}" is no weight of a reference; weights are {WEIGHT_WORDS}')
        found[name] = share
    return found


def portraits_in(path: Path, memory: Memory | None = None) -> tuple[Portrait, ...]:
    """The portrait of a sound file, or those that a kept target holds."""
    if path.name.endswith(".json"):
        return read_target(path)
    from bandmate.stages.master.portrait import portrait_of

    hearing, digest = heard_file(path, memory)
    return (portrait_of(hearing, path.name, sound=digest),)


def heard_file(path: Path, memory: Memory | None = None) -> tuple[Hearing, str]:
    """What a file sounds like, and the sha256 of its bytes; from memory where that has it."""
    from bandmate.formats.audio_files import decode_blocks, probe
    from bandmate.stages.hearing import ANALYSER, ANALYSER_VERSION, hear, hearing_from_bytes, hearing_to_bytes

    rate_hz = probe(path).rate_hz
    with disk_errors(path), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    key = f"file {digest}"
    known = memory.recall(key, ANALYSER, ANALYSER_VERSION) if memory else None
    if known is not None:
        return hearing_from_bytes(known), digest
    hearing = hear(decode_blocks(path), rate_hz)
    if memory:
        memory.remember(key, ANALYSER, ANALYSER_VERSION, hearing_to_bytes(hearing))
    return hearing, digest


def keep_target(items: Sequence[Path | str], path: Path | str, *, progress: Progress = silent) -> Path:
    """Measure references and keep their portraits as a small JSON file, to compare with later or to share.

    The file holds a few hundred numbers of each record and nothing of its sound.

    Raises
    ------
    RequestError
        if the name does not end in ``.target.json``, or as ``read_references``.
    """
    import msgspec

    from bandmate.stages.master.portrait import KeptTarget

    place = Path(path)
    if not place.name.endswith(TARGET_ENDING):
        raise RequestError(f'a kept target has a name that ends in {TARGET_ENDING}; "{place.name}" does not')
    references = read_references(items, progress=part(progress, 0.0, 1.0))
    kept = KeptTarget(portraits=tuple(reference.portrait for reference in references))
    write_whole(place, msgspec.json.format(msgspec.json.encode(kept)))
    return place


def read_target(path: Path) -> tuple[Portrait, ...]:
    """The portraits in a kept target.

    Raises
    ------
    MediaError
        if it is no such file.
    """
    import msgspec

    from bandmate.stages.master.portrait import KeptTarget

    with disk_errors(path):
        data = path.read_bytes()
    try:
        return msgspec.json.decode(data, type=KeptTarget).portraits
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise MediaError(
            f'"{path.name}" is no kept target: {problem}; make one with: bandmate target FOLDER --out my{TARGET_ENDING}'
        ) from problem
