"""Exporting: a trained network with its papers: weights for plain arrays and for ONNX, manifest, works, model card.

::

    FOLDER/NAME.npz            for `models.network.load_network`
           NAME.onnx           for other programs (`learn.onnx_graph`), where asked for
           NAME.manifest.json  hashes, date, seed, settings, corpora with licences, figures and their range
           NAME.works.csv      a row for every work: corpus, id, title, licence, sha256, fold
           NAME.card.md        what it is, what it learned from, how good it is, what it is not for

Conventions: the date is given, never taken from the clock, so that equal runs give equal files. Figures are those that
``bandmate learn evaluate`` found and kept in the run; without them the card says that nothing was measured. A trained
network's figures are stated with a range: training again must come to within `RANGE` of them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.learn.corpus import Corpus
from bandmate.learn.evaluating import Comparison, Judgement
from bandmate.learn.training import NETWORK, TrainingFacts, training_facts
from bandmate.models.network import load_network, network_bytes
from bandmate.song.errors import MediaError, RequestError

FIGURES = "figures.json"
RANGE = 0.03
"""Training again comes to figures that differ by no more than this share."""

FORMS = ("numpy", "onnx")
WORK_COLUMNS = ("corpus", "id", "title", "licence", "sha256", "fold")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Paper:
    """What goes into manifest and card."""

    name: str
    date: str
    facts: TrainingFacts
    corpus: Corpus
    figures: dict[str, Comparison]

    @property
    def corpora(self) -> list[dict[str, Any]]:
        """Corpora by name and licence, with how many works each has."""
        counts: dict[tuple[str, str], int] = {}
        for row in self.corpus.manifest():
            if not row.left_out:
                counts[row.corpus, row.licence] = counts.get((row.corpus, row.licence), 0) + 1
        return [
            {"corpus": corpus, "licence": licence, "works": count}
            for (corpus, licence), count in sorted(counts.items())
        ]


def keep_figures(run: Path, comparison: Comparison) -> None:
    """Keep what an evaluation found in the run's folder."""
    found = figures_in(run) | {comparison.fold: comparison}
    write_whole(run / FIGURES, msgspec.json.format(msgspec.json.encode(dict(sorted(found.items())))))


def figures_in(run: Path) -> dict[str, Comparison]:
    """What evaluations found, by fold; empty where there were none."""
    path = run / FIGURES
    if not path.exists():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Comparison])
    except (OSError, msgspec.DecodeError) as damage:
        raise MediaError(f'"{path}" is damaged: {damage}; delete it and evaluate again') from damage


def export(
    run: Path | str,
    corpus: Corpus,
    to: Path | str,
    *,
    name: str,
    date: str,
    forms: Sequence[str] = FORMS,
    half: bool = False,
) -> tuple[Path, ...]:
    """Write a network with its papers; the files in order.

    Raises
    ------
    RequestError
        for a name, date or form that cannot be, a corpus the run did not learn from, or onnx that is not installed.
    MediaError
        if the run has no network yet.
    """
    run, to = Path(run), Path(to)
    check_names(name, date, forms)
    facts = training_facts(run)
    if facts.corpus_made_of != corpus.facts.made_of:
        raise RequestError(
            f'"{run}" did not learn from "{corpus.folder}" as it is now; name the corpus it learned from'
        )
    network = load_network(run / NETWORK)
    paper = Paper(name, date, facts, corpus, figures_in(run))
    files: dict[str, bytes] = {}
    if "numpy" in forms:
        files[f"{name}.npz"] = network_bytes(network, half=half)
    if "onnx" in forms:
        from bandmate.learn.onnx_graph import onnx_bytes

        files[f"{name}.onnx"] = onnx_bytes(network)
    files[f"{name}.works.csv"] = works_bytes(corpus)
    files[f"{name}.manifest.json"] = manifest_bytes(paper, files)
    files[f"{name}.card.md"] = card_text(paper).encode()
    with disk_errors(to):
        to.mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        write_whole(to / file, data)
    return tuple(to / file for file in files)


def check_names(name: str, date: str, forms: Sequence[str]) -> None:
    """Refuse what cannot be the name of a model, a date, or a form."""
    if not NAME.fullmatch(name):
        raise RequestError(f'"{name}" cannot be the name of a model; use small letters, digits, - and _, 41 at most')
    if not DATE.fullmatch(date):
        raise RequestError(f'"{date}" is no date; write it as 2026-11-22')
    if unknown := [form for form in forms if form not in FORMS]:
        raise RequestError(f'there is no form "{unknown[0]}"; choose from: {", ".join(FORMS)}')


def works_bytes(corpus: Corpus) -> bytes:
    """A row for every work that was learned from or judged by."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(WORK_COLUMNS)
    for row in corpus.manifest():
        if not row.left_out:
            writer.writerow(getattr(row, column) for column in WORK_COLUMNS)
    return text.getvalue().encode("utf-8", "backslashreplace")


def manifest_bytes(paper: Paper, files: dict[str, bytes]) -> bytes:
    """The manifest of a model."""
    model = next(iter(files))
    facts = paper.facts
    whole = {
        "model": paper.name,
        "version": f"{paper.name} {paper.date}",
        "kind": "network",
        "date": paper.date,
        "seed": facts.settings.seed,
        "sha256": hashlib.sha256(files[model]).hexdigest(),
        "bytes": len(files[model]),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "settings": msgspec.to_builtins(facts.settings),
        "parameters": facts.parameters,
        "learners": facts.learners,
        "torch": facts.torch,
        "started_from": facts.started_from,
        "best_epoch": facts.best_epoch,
        **{fold: msgspec.to_builtins(one) for fold, one in paper.figures.items()},
        "range": RANGE,
        "corpora": paper.corpora,
        "works": f"{paper.name}.works.csv",
    }
    return msgspec.json.format(msgspec.json.encode(whole)) + b"\n"


def card_text(paper: Paper) -> str:
    """The model card."""
    facts, settings = paper.facts, paper.facts.settings
    begun = f" It was taught on from {facts.started_from}." if facts.started_from else ""
    corpora = "\n".join(f"| {row['corpus']} | {row['licence']} | {row['works']} |" for row in paper.corpora)
    return f"""# {paper.name} ({paper.date})

A network of {facts.parameters:,} parameters that guesses the next note of a line: when it begins, how long it is, its
pitch in the key, how loud. {settings.layers} layers of width {settings.width}.{begun}

## What it learned from

| corpus | licence | works |
|---|---|---|
{corpora}

Every work is listed in `{paper.name}.works.csv` with its hash and its fold: `teach` was learned from, `tune` chose the
best of {len(facts.epochs)} epochs (number {facts.best_epoch}), `held` is only judged by.

## How good it is

{figures_text(paper.figures)}

Training again with the same corpus and seed ({settings.seed}) comes to within {RANGE:.0%} of these figures.

## What it is not for

It knows pitched notes on a grid of twelve places to a quarter note; drums, microtiming, tempo and chord symbols are not
in it. It has learned what is usual in the corpora above and nothing else. What it writes can repeat what it learned;
the copy gate has to look at it before it is shown.
"""


def figures_text(figures: dict[str, Comparison]) -> str:
    """The figures of a card."""
    if not figures:
        return "Nothing was measured yet: run `bandmate learn evaluate` and export again."
    rows = ["| fold | works | notes | network | twin | nats saved | 95 % range |", "|---|---|---|---|---|---|---|"]
    for fold, one in figures.items():
        rows.append(
            f"| {fold} | {one.network.works} | {one.network.notes} | {one.network.nats:.4f} | {one.twin.nats:.4f} | "
            f"{one.gain:+.1%} | {one.least:+.1%} to {one.most:+.1%} |"
        )
    judged = figures.get("held") or next(iter(figures.values()))
    verdict = "reaches" if judged.is_worth_it else "does not reach"
    return (
        "Nats a note (lower is better), beside the statistical twin: context mixing taught with the same works.\n\n"
        + "\n".join(rows)
        + f"\n\nA network is used only where it saves {judged.floor:.0%} of its twin's nats; this one {verdict} that."
    )


def reproduced(stated: Path | str, found: Judgement, fold: str) -> tuple[bool, float]:
    """Whether a figure is within the stated range of a manifest, and by which share it differs.

    Raises
    ------
    MediaError
        if the manifest cannot be read or has no figures for the fold.
    """
    try:
        whole = msgspec.json.decode(Path(stated).read_bytes())
        nats, within = float(whole[fold]["network"]["nats"]), float(whole["range"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError) as damage:
        raise MediaError(f'"{stated}" states no figures for the fold "{fold}"; export after evaluating it') from damage
    differs = found.nats / nats - 1.0
    return abs(differs) <= within, differs
