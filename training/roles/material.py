"""Making the material: many short tracks of every role, each heard once or several times with different damage.

``python -m training.roles.material teach 4000`` writes rows of features to the cache; the same numbers give the same
rows. A row is known by its seed alone, so the work can be cut into shares: ``material teach 4000 --share 0/2``.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandmate.sound.audio import Audio
from bandmate.sound.timbre import measure_timbre
from training.roles.cast import MAKERS, banks_for
from training.roles.damage import damaged
from training.roles.job import ROLES, Job
from training.roles.players import RATE_HZ
from training.roles.sound_sets import CACHE, Use

SEED = {"teach": 20_000_000, "judge": 90_000_000}
LOOKS = {"teach": 3, "judge": 1}
"""How often each take is heard, each time damaged in another way."""
KEPT_OTHERS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One example."""

    features: np.ndarray
    role: str
    source: str
    work: str
    seed: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long takes are at most, and how often each is heard (None: as usual for its use)."""

    longest_seconds: float = 22.0
    looks: int | None = None


USUAL = Lengths()


def rows_of(use: Use, number: int, others: list[np.ndarray], lengths: Lengths = USUAL) -> list[Row]:
    """The rows of one take; also adds it to what may bleed into later ones."""
    seed = SEED[use] + number
    rng = np.random.default_rng(seed)
    role = ROLES[number % len(ROLES)]
    seconds = float(np.exp(rng.uniform(np.log(3), np.log(lengths.longest_seconds))))
    take = MAKERS[role](Job(rng, use, seconds, banks_for(use)))
    if not np.isfinite(take.sound).all() or float(np.abs(take.sound).max()) < 1e-4:
        return []
    found = []
    for _ in range(lengths.looks or LOOKS[use]):
        sound = excerpt(rng, damaged(rng, role, take.sound, others, hard=use == "teach"))
        timbre = measure_timbre(Audio(sound[None], RATE_HZ))
        if not timbre.is_silent:
            found.append(Row(timbre.features, role, take.source, take.work, seed))
    if role != "unknown":
        others.append(take.sound)
        del others[:-KEPT_OTHERS]
    return found


def excerpt(rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    """All of it, or a part of at least a second and a half that sounds."""
    if rng.random() < 0.5 or len(sound) < 3 * RATE_HZ:
        return sound
    length = round(float(rng.uniform(1.5 * RATE_HZ, len(sound))))
    start = int(rng.integers(0, len(sound) - length + 1))
    part = sound[start : start + length]
    return part if float(np.abs(part).max()) > 0.1 * float(np.abs(sound).max()) else sound


def make(
    use: Use,
    first: int,
    last: int,
    path: Path,
    *,
    share: tuple[int, int] = (0, 1),
    roles: tuple[str, ...] = ROLES,
    lengths: Lengths = USUAL,
) -> None:
    """Write the rows of the takes from ``first`` to ``last``; every so often what is there so far."""
    rows: list[Row] = []
    others: list[np.ndarray] = []
    began = time.process_time()
    numbers = [
        number
        for number in range(first, last)
        if number // len(ROLES) % share[1] == share[0] and ROLES[number % len(ROLES)] in roles
    ]
    for count, number in enumerate(numbers, 1):
        try:
            rows += rows_of(use, number, others, lengths)
        except (ValueError, IndexError) as problem:  # one odd draw must not end a night's work; it is left out
            print(f"left out {use} {number} ({ROLES[number % len(ROLES)]}): {problem}", flush=True)
        if count % 92 == 0 or count == len(numbers):
            save(path, rows)
            print(
                f"{use} {count} of {len(numbers)} takes, {len(rows)} rows, {time.process_time() - began:.0f} s",
                flush=True,
            )


def save(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        features=np.array([row.features for row in rows], np.float32),
        role=np.array([row.role for row in rows]),
        source=np.array([row.source for row in rows]),
        work=np.array([row.work for row in rows]),
        seed=np.array([row.seed for row in rows]),
    )
    part.replace(path)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("use", choices=("teach", "judge"))
    reader.add_argument("takes", type=int)
    reader.add_argument("--first", type=int, default=0)
    reader.add_argument("--share", default="0/1")
    reader.add_argument("--roles", default=",".join(ROLES))
    reader.add_argument("--longest", type=float, default=USUAL.longest_seconds, metavar="SECONDS")
    reader.add_argument("--looks", type=int)
    given = reader.parse_args()
    part, parts = (int(number) for number in given.share.split("/"))
    name = f"{given.use}-{given.first}-{given.takes}-{part}of{parts}.npz"
    make(
        given.use,
        given.first,
        given.takes,
        CACHE / "rows" / name,
        share=(part, parts),
        roles=tuple(given.roles.split(",")),
        lengths=Lengths(given.longest, given.looks),
    )


if __name__ == "__main__":
    main()
