"""Installed models: what each one is, what it learned from and under which licences, when, and whether it is whole.

Conventions: a model is told by its manifest, ``NAME.manifest.json``, beside its file. Models come in the order of their
names. A model whose file is not the one that the manifest names by its hash is damaged, and said to be.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from bandmate.song.errors import ModelError

MANIFEST = ".manifest.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A corpus that a model learned from; ``works`` is None where the manifest does not count them apart."""

    corpus: str
    licence: str
    works: int | None = None


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on this machine; ``size_bytes`` is that of its file, 0 where it is missing."""

    name: str
    version: str
    date: str
    size_bytes: int
    sources: tuple[Source, ...]
    works: int | None
    is_whole: bool
    path: Path
    facts: dict[str, Any]
    """All that the manifest says."""

    @property
    def licences(self) -> tuple[str, ...]:
        """The licences of what it learned from, each once."""
        return tuple(dict.fromkeys(source.licence for source in self.sources))


def installed_models(folder: Path | str | None = None) -> tuple[InstalledModel, ...]:
    """The models that came with Bandmate, or those in a folder.

    Raises
    ------
    ModelError
        if a manifest cannot be read, or the folder has none.
    """
    if folder is not None:
        found = tuple(model_of(path) for path in sorted(Path(folder).glob(f"*{MANIFEST}")))
        if not found:
            raise ModelError(f'"{folder}" has no models; make one with: bandmate learn export')
        return found
    with as_file(files("bandmate") / "data" / "models") as own:
        return tuple(model_of(path) for path in sorted(own.glob(f"*{MANIFEST}")))


def model_of(path: Path) -> InstalledModel:
    """The model of a manifest."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        name = path.name.removesuffix(MANIFEST)
        sources = sources_of(facts.get("corpora", ()))
        wanted = str(facts["sha256"])
        date = str(facts.get("date", ""))
        works = facts.get("works")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as damage:
        raise ModelError(f'the manifest "{path.name}" is damaged ({damage}); install the model again') from damage
    file = next((one for one in (path.with_name(f"{name}.npz"), path.with_name(f"{name}.onnx")) if one.exists()), None)
    data = file.read_bytes() if file else b""
    counted = [source.works for source in sources if source.works is not None]
    return InstalledModel(
        name=name,
        version=str(facts.get("version") or f"{name} {date}".strip()),
        date=date,
        size_bytes=len(data),
        sources=sources,
        works=works if isinstance(works, int) else sum(counted) if counted else None,
        is_whole=hashlib.sha256(data).hexdigest() == wanted,
        path=file or path.with_name(f"{name}.npz"),
        facts=facts,
    )


def sources_of(corpora: Any) -> tuple[Source, ...]:
    """Corpora as a manifest lists them: rows with licence and works, or licences by name."""
    if isinstance(corpora, dict):
        return tuple(Source(name, str(licence)) for name, licence in corpora.items())
    return tuple(Source(str(row["corpus"]), str(row["licence"]), row.get("works")) for row in corpora)
