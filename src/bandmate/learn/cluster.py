"""Learning on several processes or machines: torch's own launcher for training, and how long a large corpus takes.

Reading a corpus and judging a model run on Ray through `learn.workers`. Training runs under torch's launcher, with the
same command on each machine::

    torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29400 \
        -m bandmate learn train CORPUS -o RUN

Conventions: every process is one learner with its own share of the batches; their gradients are summed before each
step (gloo), so that all have the same weights. Corpus and run lie where all machines see them; the first learner
writes. Without the launcher there is one learner, and nothing of this is loaded.

Not covered: models too large for one machine; machines that come and go during a run (it is begun again and goes on
from its checkpoint).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bandmate.song.errors import DeviceError, RequestError

BACKEND = "gloo"
MOST_PROCESSES = 256


@dataclass(frozen=True, slots=True)
class Team:
    """Who learns together: this learner's number, and how many there are."""

    rank: int = 0
    count: int = 1

    def summed_gradients(self, weights: Sequence[Any], lost: float, notes: int) -> tuple[float, int]:
        """Make every learner's gradients those of all notes together, for each note; the loss and notes of all."""
        import torch
        from torch import distributed

        gradients = [values.grad if values.grad is not None else torch.zeros_like(values) for values in weights]
        if self.count > 1:
            flat = torch.cat([values.flatten() for values in gradients])
            distributed.all_reduce(flat)
            parts = flat.split([values.numel() for values in gradients])
            gradients = [part.view_as(values) for part, values in zip(parts, gradients, strict=True)]
            lost, notes = self.summed(lost, notes)
        for values, gradient in zip(weights, gradients, strict=True):
            values.grad = gradient.div_(notes)
        return lost, notes

    def summed(self, lost: float, notes: int) -> tuple[float, int]:
        """Loss and notes of all learners."""
        if self.count == 1:
            return lost, notes
        import torch
        from torch import distributed

        both = torch.tensor([lost, notes], dtype=torch.float64)
        distributed.all_reduce(both)
        return float(both[0]), int(both[1])


@contextmanager
def team() -> Iterator[Team]:
    """The team that the launcher put this process into, or a team of one; threads are shared out.

    Raises
    ------
    DeviceError
        if the other learners do not answer.
    """
    import torch
    from torch import distributed

    count, beside = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    threads = torch.get_num_threads()
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    torch.set_num_threads(int(wanted) if wanted.isdigit() else max(1, (os.cpu_count() or 1) // max(1, beside)))
    try:
        if count == 1:
            yield Team()
            return
        try:
            distributed.init_process_group(BACKEND)
        except (RuntimeError, ValueError) as failure:
            raise DeviceError(
                f"the {count} learners do not find each other: {str(failure).splitlines()[0]}; start all of them with "
                "torchrun"
            ) from failure
        try:
            yield Team(distributed.get_rank(), count)
        finally:
            distributed.destroy_process_group()
    finally:
        torch.set_num_threads(threads)


def is_first() -> bool:
    """Whether this process is the one that speaks."""
    return os.environ.get("RANK", "0") == "0"


def is_launched() -> bool:
    """Whether torch's launcher started this process."""
    return "WORLD_SIZE" in os.environ


def launch(arguments: Sequence[str], processes: int) -> None:
    """Run ``bandmate`` with these arguments in several processes of this machine under torch's launcher.

    Raises
    ------
    RequestError
        if the number of processes makes no sense.
    DeviceError
        if one of them failed; what it said was printed.
    """
    if not 2 <= processes <= MOST_PROCESSES:
        raise RequestError(f"{processes} processes cannot learn together; ask for 2 to {MOST_PROCESSES}")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    code = subprocess.run([*command, "-m", "bandmate", *arguments], check=False).returncode
    if code:
        raise DeviceError(f"one of {processes} learners stopped with code {code}; begin again to go on from there")


@dataclass(frozen=True, slots=True)
class Throughput:
    """What one core was measured to do.

    ``works_a_second`` read into a corpus, ``judged_notes_a_second`` judged, ``learned_notes_a_second`` learned from;
    ``share_kept`` is how much of a core's speed is kept where several work together.
    """

    works_a_second: float
    notes_a_work: float
    judged_notes_a_second: float
    learned_notes_a_second: float
    share_kept: float = 1.0


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours on a cluster: to read a corpus, to learn for one epoch, and to judge a tenth of it once."""

    read: float
    learn: float
    judge: float


def hours_for(measured: Throughput, works: int, nodes: int, cores_a_node: int) -> Hours:
    """How long a corpus takes on a cluster, by arithmetic from what one core does."""
    cores = nodes * cores_a_node * measured.share_kept * 3600
    notes = works * measured.notes_a_work
    return Hours(
        works / (measured.works_a_second * cores),
        notes / (measured.learned_notes_a_second * cores),
        0.1 * notes / (measured.judged_notes_a_second * cores),
    )
