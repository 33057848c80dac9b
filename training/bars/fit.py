"""Fitting the weights of the features of a reading, and writing them with the manifest of what they were fitted to.

``python -m training.bars.fit --date 2026-11-22 --out FILE`` writes ``FILE`` in the form of
``src/bandmate/data/bar_patterns.toml``, and ``FILE`` with the ending ``.manifest.json`` beside it. Of all readings of
an example the right ones together shall be likely; a quadratic penalty keeps weights small, and because what speaks
for a tempo is in part shared by all meters, weights differ between meters only as far as the examples ask for it.

A fifth of the examples is held out at first: how strong the penalty is and how sure the readings may be are chosen by
it, and the figures are measured on it. The weights that are written are then fitted to all examples in the same way.
The benchmark's works are not among them.

References: maximum marginal likelihood of a log-linear model, as in conditional random fields with hidden states.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import hashlib
import json
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.optimize

from bandmate.sound.bars import BEATS_IN_BAR, PLACES, ROWS
from bandmate.stages.counting import bar_patterns
from training.bars.features import ByBar, Row, rows
from training.bars.material import CORPORA, SEED, SHA256_OF, is_there
from training.bars.playing import PLAIN

PENALTIES = (0.003, 0.006, 0.012)
ROUNDS = 300
SHARE = {"openscore_lieder": 0.7}
"""How much an example of a kind counts; art song is less of what is brought to us than its number of works."""

LEAST_LIKELY = 1e-12
HEADER = """\
# Weights of the features of a reading (bandmate.sound.bars), by beats in a bar. `tempo`: recurrences of the four rows
# of accents at nine lags, then the tempo itself, how busy a beat is, and what its path earns over chance. `pattern`:
# for each row the accent at six places of every beat.
#
# Fitted by maximum likelihood with a quadratic penalty to {count} pieces whose bars are known, played as lists of
# onsets: drummers of the Groove MIDI Dataset (training part; CC BY 4.0, Google LLC), OpenScore Lieder (CC0), OpenEWLD
# (public domain), and forms of the McGill Billboard annotations (CC0) arranged for bass, chords and those drummers;
# some of the drummers with every fourth beat left out, for music in three; and plain drum patterns at 66 to 184 bpm.
# Made by training/bars; every work is in bar_patterns.manifest.json.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights of the features by beats in a bar, and what is added."""

    weights: ByBar
    bias: dict[int, float]

    def by(self, factor: float) -> Weights:
        return Weights(
            {bar: factor * each for bar, each in self.weights.items()},
            {bar: factor * each for bar, each in self.bias.items()},
        )

    def scores(self, row: Row) -> ByBar:
        return {bar: row.features[bar] @ self.weights[bar] + self.bias[bar] for bar in BEATS_IN_BAR}


class Fit:
    """A fit to rows; parameters are weights of features brought to one size.

    They are, one after another: tempo weights shared by all meters, then those of each meter added to them, the
    pattern of each, and the bias of each meter but the first.
    """

    def __init__(self, taught: list[Row], penalty: float) -> None:
        self.rows = [row for row in taught if any(row.right(bar).any() for bar in BEATS_IN_BAR)]
        self.penalty = penalty
        self.tempo = taught[0].features[4].shape[-1] - 4 * len(ROWS) * len(PLACES)
        self.size = {bar: spread(row.features[bar] for row in taught) for bar in BEATS_IN_BAR}
        for bar in BEATS_IN_BAR[1:]:
            self.size[bar][: self.tempo] = self.size[BEATS_IN_BAR[0]][: self.tempo]
        self.inputs = [{bar: row.features[bar] / self.size[bar] for bar in BEATS_IN_BAR} for row in self.rows]
        self.right = [{bar: row.right(bar) for bar in BEATS_IN_BAR} for row in self.rows]
        self.counts = [SHARE.get(row.kind, 1.0) for row in self.rows]

    def parts(self, parameters: np.ndarray) -> tuple[ByBar, dict[int, float]]:
        """Weights of the inputs and biases, by beats in a bar."""
        shared, at = parameters[: self.tempo], self.tempo
        weights, bias = {}, dict.fromkeys(BEATS_IN_BAR, 0.0)
        for bar in BEATS_IN_BAR:
            own = parameters[at : at + len(self.size[bar])].copy()
            own[: self.tempo] += shared
            weights[bar] = own
            at += len(own)
        bias.update(zip(BEATS_IN_BAR[1:], map(float, parameters[at:]), strict=True))
        return weights, bias

    def loss(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the mean logarithm of how likely the right readings are, with the penalty; and its slope."""
        weights, bias = self.parts(parameters)
        slope = {bar: np.zeros(len(self.size[bar])) for bar in BEATS_IN_BAR}
        lean, total = dict.fromkeys(BEATS_IN_BAR, 0.0), 0.0
        for inputs, right, count in zip(self.inputs, self.right, self.counts, strict=True):
            every = likelihoods({bar: inputs[bar] @ weights[bar] + bias[bar] for bar in BEATS_IN_BAR})
            share = sum(float(every[bar][right[bar]].sum()) for bar in BEATS_IN_BAR)
            likely = share + LEAST_LIKELY
            total -= count * np.log(likely)
            for bar in BEATS_IN_BAR:
                pull = count * every[bar] * (share - right[bar]) / likely
                slope[bar] += np.tensordot(pull, inputs[bar], 2)
                lean[bar] += float(pull.sum())
        whole = sum(self.counts)
        shared = sum(slope[bar][: self.tempo] for bar in BEATS_IN_BAR)
        down = np.concatenate([shared, *(slope[bar] for bar in BEATS_IN_BAR), [lean[b] for b in BEATS_IN_BAR[1:]]])
        held = np.full(len(parameters), self.penalty)
        held[-len(BEATS_IN_BAR) + 1 :] = 0.0
        return total / whole + 0.5 * float(held @ parameters**2), down / whole + held * parameters

    def fitted(self) -> Weights:
        count = self.tempo + sum(map(len, self.size.values())) + len(BEATS_IN_BAR) - 1
        how = {"maxiter": ROUNDS}
        found = scipy.optimize.minimize(self.loss, np.zeros(count), jac=True, method="L-BFGS-B", options=how)
        print(f"{len(self.rows)} examples, loss {found.fun:.4f} after {found.nit} rounds", flush=True)
        weights, bias = self.parts(found.x)
        return Weights({bar: weights[bar] / self.size[bar] for bar in BEATS_IN_BAR}, bias)


def spread(features: Any) -> np.ndarray:
    whole = np.concatenate([each.reshape(-1, each.shape[-1]) for each in features])
    return np.asarray(whole.std(axis=0) + 1e-6)


def likelihoods(scores: ByBar) -> ByBar:
    """How likely each reading is, all together 1."""
    most = max(float(values.max()) for values in scores.values())
    raised = {bar: np.exp(values - most) for bar, values in scores.items()}
    whole = sum(float(values.sum()) for values in raised.values())
    return {bar: values / whole for bar, values in raised.items()}


def cooling(found: Weights, judges: list[Row]) -> float:
    """The factor by which weights make what is right of the held-out examples likeliest."""
    best = scipy.optimize.minimize_scalar(
        lambda factor: surprise(found.by(factor), judges), bounds=(0.3, 1.5), method="bounded"
    )
    return float(best.x)


def chosen(taught: list[Row], judges: list[Row]) -> tuple[float, float, Weights]:
    """The penalty and the factor that the held-out examples ask for, and the weights that were judged by them."""
    best: tuple[float, float, Weights] | None = None
    for penalty in PENALTIES:
        found = Fit(taught, penalty).fitted()
        factor = cooling(found, judges)
        found = found.by(factor)
        print(f"penalty {penalty}: factor {factor:.3f}, held out {surprise(found, judges):.4f}", flush=True)
        if best is None or surprise(found, judges) < surprise(best[2], judges):
            best = penalty, factor, found
    assert best is not None
    return best


def surprise(found: Weights, judges: list[Row]) -> float:
    """Minus the mean logarithm of how likely the right readings are, of examples that have any."""
    values = []
    for row in judges:
        likely = likelihoods(found.scores(row))
        right = sum(float(likely[bar][row.right(bar)].sum()) for bar in BEATS_IN_BAR)
        if any(row.right(bar).any() for bar in BEATS_IN_BAR):
            values.append(-np.log(right + LEAST_LIKELY))
    return float(np.mean(values))


def figures(found: Weights, judges: list[Row]) -> dict[str, Any]:
    """What the likeliest readings are worth, by kind of music and of all."""
    said: dict[str, Any] = {}
    for kind in [*dict.fromkeys(row.kind for row in judges), "all"]:
        group = [row for row in judges if kind in (row.kind, "all")]
        values = np.array([judged(found, row) for row in group])
        names = ("beats F-measure", "bars F-measure", "bars right", "meter right")
        said[kind] = {"examples": len(group)} | dict(zip(names, values.mean(axis=0).round(3).tolist(), strict=True))
    return said


def judged(found: Weights, row: Row) -> tuple[float, float, float, float]:
    """F-measures of the beats and bars that would be chosen, and whether bars and meter are right."""
    likely = likelihoods(found.scores(row))
    tempo = int(sum(likely[bar].sum(axis=1) for bar in BEATS_IN_BAR).argmax())
    bar = max(BEATS_IN_BAR, key=lambda each: float(likely[each][tempo].max()))
    shift = int(likely[bar][tempo].argmax())
    beats_f, bars_f = float(row.beats_f[bar][tempo, shift]), float(row.bars_f[bar][tempo, shift])
    is_meter = bar == row.beats_per_bar or (bar, row.beats_per_bar) == (4, 2)
    return beats_f, bars_f, float(row.right(bar)[tempo, shift]), float(is_meter)


def written(found: Weights, tempo: int, count: int) -> str:
    """The text of the file of weights."""
    lines = [HEADER.format(count=count)]
    for bar in BEATS_IN_BAR:
        values = found.weights[bar]
        lines.append(f"[[bar]]\nbeats = {bar}\nbias = {found.bias[bar]:.4g}")
        lines.append(wrapped(f"tempo = {listed(values[:tempo])}"))
        lines.append(wrapped(f"pattern = {listed(values[tempo:])}") + "\n")
    return "\n".join(lines).rstrip("\n") + "\n"


def listed(values: np.ndarray) -> str:
    return f"[{', '.join(f'{value:.4g}' for value in values)}]"


def wrapped(line: str) -> str:
    return "\n".join(textwrap.wrap(line, 118, subsequent_indent="    ", break_long_words=False))


def manifest(text: str, date: str, every: list[Row], found: dict[str, Any]) -> str:
    """Every work, with what was measured; one row of the list of works a line."""
    works = sorted(
        {work for row in every for work in row.works}, key=lambda work: (work.source, work.name, work.sha256)
    )
    lines = [
        json.dumps(
            {"source": work.source, "name": work.name, "licence": work.licence, "sha256": work.sha256},
            ensure_ascii=False,
        )
        for work in works
    ]
    head = {
        "model": "bar_patterns.toml",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "bytes": len(text.encode()),
        "date": date,
        "seed": SEED,
        "settings": {"penalties": PENALTIES, "rounds at most": ROUNDS, "share": SHARE},
        "examples": dict(Counter(row.kind for row in every)),
        "held out at first": sum(row.is_held_out for row in every),
        "own material": f"{PLAIN} plain drum patterns",
        "corpora": {source: CORPORA[source] for source in SHA256_OF},
        "sha256 of": SHA256_OF,
        "figures": found,
    }
    start = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    return start + ',\n "works": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--date", required=True)
    reader.add_argument("--out", type=Path, required=True, metavar="FILE")
    reader.add_argument("--anew", action="store_true", help="do not take features from the cache")
    given = reader.parse_args()
    if not is_there():
        print("the corpora are not there; set BANDMATE_SHARED to the folder that has them")
        return 1
    every = rows(anew=given.anew)
    taught = [row for row in every if not row.is_held_out]
    judges = [row for row in every if row.is_held_out]
    penalty, factor, partial = chosen(taught, judges)
    said = {"surprise": round(surprise(partial, judges), 4), **figures(partial, judges)}
    before = Weights(*bar_patterns())
    print("held out:", json.dumps(said, indent=1))
    print("present file:", json.dumps({"surprise": surprise(before, judges), **figures(before, judges)}, indent=1))
    fit = Fit(every, penalty)
    found = fit.fitted().by(factor)
    for bar in BEATS_IN_BAR:
        alike = np.corrcoef(found.weights[bar] * fit.size[bar], before.weights[bar] * fit.size[bar])[0, 1]
        print(f"{bar} beats: weights correlate with those of the present file {alike:.3f}")
    text = written(found, fit.tempo, len(fit.rows))
    given.out.write_text(text, encoding="utf-8", newline="\n")
    given.out.with_suffix(".manifest.json").write_text(
        manifest(text, given.date, every, {"penalty": penalty, "factor": round(factor, 4), "held out": said}),
        encoding="utf-8",
        newline="\n",
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
