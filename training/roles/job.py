"""What a maker of material is given, and what it gives back."""

from __future__ import annotations

from typing import NamedTuple, get_args

import numpy as np

from bandmate.song.tracks import Role
from training.roles import parts
from training.roles.damage import peak
from training.roles.models import available
from training.roles.players import played
from training.roles.sound_sets import Use

Rng = np.random.Generator
Signal = np.ndarray

ROLES: tuple[Role, ...] = get_args(Role)
"""In the order of ``song.tracks``; the last is ``unknown``."""


LAYERED = 0.25
"""How often what a bank plays for teaching is doubled by an instrument of the same kind from any bank."""


class Take(NamedTuple):
    """One dry recording: the sound, what made it, and the work."""

    sound: Signal
    source: str
    work: str


class Job(NamedTuple):
    """What a maker needs."""

    rng: Rng
    use: Use
    seconds: float
    banks: tuple[str, ...]

    @property
    def own(self) -> bool:
        """Whether an instrument of our own shall play; only for teaching."""
        return self.use == "teach" and bool(self.rng.random() < 0.4)

    @property
    def model(self) -> bool:
        """Whether a physical model shall play; only for teaching."""
        return self.use == "teach" and bool(self.rng.random() < 0.35) and available()

    def bank(self) -> str:
        return str(self.rng.choice(self.banks))

    def play(self, programs: tuple[int, ...], made: parts.Part) -> Take:
        name, program = self.bank(), int(self.rng.choice(programs))
        sound = played(self.rng, name, program, made[1], self.seconds)
        if self.use == "teach" and self.rng.random() < LAYERED:  # two banks' instruments make a third
            other = played(self.rng, self.bank(), int(self.rng.choice(programs)), made[1], self.seconds)
            share = float(self.rng.uniform(0.15, 0.85))
            return Take((1 - share) * peak(sound) + share * peak(other), f"{name}:{program}", made[0])
        return Take(sound, f"{name}:{program}", made[0])
