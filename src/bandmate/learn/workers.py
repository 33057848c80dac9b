"""Workers: one function over many jobs, here, in several processes, or on a Ray cluster, with the same results.

Conventions: results come in the order of the jobs. Only a few jobs more than there are workers are under way, so that
neither jobs nor results pile up. The function and its jobs are plain values at the top of a module; what it gives
depends on its job alone. Where the caller stops, jobs under way are let go and no process stays.

Not covered: files that only one machine of a cluster can see; put the corpus where all of them can read it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from bandmate.song.errors import DeviceError, RequestError

Job = TypeVar("Job")
Result = TypeVar("Result")

LOCAL_RAY = "local"
AHEAD = 2
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work.

    ``processes`` 0 stands for one for each core; ``ray`` is the address of a cluster, ``local`` for one that is
    started on this machine for the time being, or empty for none.
    """

    processes: int = 0
    ray: str = ""

    @property
    def count(self) -> int:
        return self.processes or os.cpu_count() or 1


def mapped(work: Callable[[Job], Result], jobs: Iterable[Job], workers: Workers) -> Iterator[Result]:
    """``work`` of every job, in their order.

    Raises
    ------
    RequestError
        if fewer than no processes are asked for, or Ray is asked for and not installed.
    DeviceError
        if a worker process was killed, or the cluster cannot be reached.
    """
    if workers.processes < 0:
        raise RequestError(
            f"{workers.processes} processes are asked for; ask for 1 or more, or 0 for one for each core"
        )
    if workers.ray:
        return on_ray(work, jobs, workers)
    if workers.count == 1:
        return (work(job) for job in jobs)
    return in_processes(work, jobs, workers.count)


def in_processes(work: Callable[[Job], Result], jobs: Iterable[Job], count: int) -> Iterator[Result]:
    """``mapped`` in processes of this machine."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=leave_stopping_to_the_caller)
    under_way: deque[Future[Result]] = deque()
    try:
        for job in jobs:
            under_way.append(pool.submit(work, job))
            if len(under_way) >= AHEAD * count:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool as death:
        raise DeviceError(
            f"one of {count} worker processes was killed, most likely for want of memory; try again with fewer: what "
            "is finished stays"
        ) from death
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def leave_stopping_to_the_caller() -> None:
    """Ctrl-C reaches every process of a terminal; only the first one is to act on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def ray_extra_missing() -> str:
    """What to install for work on a cluster; empty where it is there."""
    from importlib.util import find_spec

    return "" if find_spec("ray") else 'Ray is not installed; pip install "bandmate[cluster]"'


def on_ray(work: Callable[[Job], Result], jobs: Iterable[Job], workers: Workers) -> Iterator[Result]:
    """``mapped`` on a Ray cluster."""
    if missing := ray_extra_missing():
        raise RequestError(f"--ray {workers.ray} cannot be used: {missing}")
    with ray_session(workers) as ray:
        task = ray.remote(work)
        most = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        under_way: deque[Any] = deque()
        for job in jobs:
            under_way.append(task.remote(job))
            if len(under_way) >= most:
                yield ray.get(under_way.popleft())
        while under_way:
            yield ray.get(under_way.popleft())


@contextmanager
def ray_session(workers: Workers) -> Iterator[Any]:
    """A connection to the cluster; one that is there already is used and left open."""
    import ray

    if ray.is_initialized():
        yield ray
        return
    where = {"num_cpus": workers.count} if workers.ray == LOCAL_RAY else {"address": workers.ray}
    knock(workers.ray)
    try:
        ray.init(**where, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as failure:
        raise DeviceError(
            f'no Ray cluster answers at "{workers.ray}": {failure}; start one with "ray start --head", or use '
            f"--ray {LOCAL_RAY}"
        ) from failure
    try:
        yield ray
    finally:
        with suppress(RuntimeError):
            ray.shutdown()


def knock(address: str) -> None:
    """Refuse an address behind which nothing listens; Ray itself would go on asking for many minutes."""
    import socket

    host, sign, port = address.removeprefix("ray://").rpartition(":")
    if not sign or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS).close()
    except (OSError, OverflowError) as failure:
        raise DeviceError(
            f'no Ray cluster answers at "{address}": {failure}; start one with "ray start --head", or use '
            f"--ray {LOCAL_RAY}"
        ) from failure
