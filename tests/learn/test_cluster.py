"""Two local workers: Ray gives what processes give, two learners under torch's launcher what one gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bandmate.learn.cluster import Hours, Throughput, hours_for, launch
from bandmate.learn.network import train_extra_missing
from bandmate.learn.training import NETWORK, Settings, training_facts
from bandmate.learn.workers import ray_extra_missing
from bandmate.song.errors import DeviceError, RequestError
from bandmate.verbs.learning import learn_corpus, learn_evaluate, learn_train
from tests.learn.test_corpus import tree
from tests.learn.tunes import folder_of

needs_ray = pytest.mark.skipif(bool(ray_extra_missing()), reason=ray_extra_missing() or "installed")
needs_torch = pytest.mark.skipif(bool(train_extra_missing()), reason=train_extra_missing() or "installed")
ignores_ray_noise = pytest.mark.filterwarnings("ignore")
"""Ray warns of its own future."""

SMALL = Settings(width=32, layers=1, heads=2, epochs=2, places=512, rate=5e-3, dropout=0.0)
OPTIONS = ("--width", "32", "--layers", "1", "--heads", "2", "--epochs", "2", "--batch", "256", "--rate", "0.005")


def test_hours_are_arithmetic_from_what_a_core_does() -> None:
    measured = Throughput(100.0, 150.0, 10_000.0, 5_000.0)
    one = hours_for(measured, 1_000_000, 1, 1)
    assert one == Hours(1e6 / 100 / 3600, 1.5e8 / 5000 / 3600, 0.1 * 1.5e8 / 10_000 / 3600)
    many = hours_for(Throughput(100.0, 150.0, 10_000.0, 5_000.0, share_kept=0.5), 1_000_000, 4, 8)
    assert many.learn == pytest.approx(one.learn / 16)


def test_a_number_of_learners_that_cannot_be_is_refused() -> None:
    with pytest.raises(RequestError, match="1 processes cannot learn together; ask for 2 to 256"):
        launch(["learn", "train"], 1)


@needs_ray
@ignores_ray_noise
def test_ray_makes_the_same_corpus_and_the_same_figures(tmp_path: Path) -> None:
    import ray

    music = folder_of(tmp_path / "mine", range(40))
    here = learn_corpus([music], tmp_path / "here", processes=1)
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    try:
        there = learn_corpus([music], tmp_path / "there", ray="auto")
        assert tree(tmp_path / "here") == tree(tmp_path / "there")
        assert there.facts == here.facts
        if train_extra_missing():
            return
        learn_train(there.folder, tmp_path / "run", SMALL)
        assert learn_evaluate(tmp_path / "run", ray="auto") == learn_evaluate(tmp_path / "run", processes=1)
        # a fault in a worker comes back as it is
        (tmp_path / "run" / NETWORK).write_bytes(b"no network")
        with pytest.raises(Exception, match="cannot be read"):
            learn_evaluate(tmp_path / "run", ray="auto")
    finally:
        ray.shutdown()


@needs_ray
@ignores_ray_noise
def test_ray_starts_two_workers_of_its_own(tmp_path: Path) -> None:
    music = folder_of(tmp_path / "mine", range(6))
    learn_corpus([music], tmp_path / "here", processes=1)
    learn_corpus([music], tmp_path / "there", processes=2, ray="local")
    assert tree(tmp_path / "here") == tree(tmp_path / "there")


@needs_ray
@ignores_ray_noise
def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r'no Ray cluster answers at "127\.0\.0\.1:1"'):
        learn_corpus([folder_of(tmp_path / "mine", range(2))], tmp_path / "corpus", ray="127.0.0.1:1")


@needs_torch
def test_two_learners_learn_what_one_learns_with_batches_twice_as_large(tmp_path: Path) -> None:
    corpus = learn_corpus([folder_of(tmp_path / "mine", range(60))], tmp_path / "corpus", processes=1)
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")
    command = (*launcher, "bandmate", "learn", "train", str(corpus.folder), "--out", str(tmp_path / "two"), *OPTIONS)
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("parameters") == 1  # only the first learner speaks
    two = training_facts(tmp_path / "two")
    learn_train(corpus.folder, tmp_path / "one", SMALL)
    one = training_facts(tmp_path / "one")
    assert two.learners == 2 and two.finished and two.parameters == one.parameters
    assert two.epochs[-1].tune_nats == pytest.approx(one.epochs[-1].tune_nats, rel=0.1)
    assert two.epochs[-1].teach_nats < 0.9 * two.epochs[0].teach_nats


@needs_torch
def test_summed_gradients_are_those_of_all_notes(tmp_path: Path) -> None:
    script = tmp_path / "learner.py"
    script.write_text(
        "import torch\n"
        "from bandmate.learn.cluster import team\n"
        "with team() as crew:\n"
        "    weights = [torch.ones(3, requires_grad=True), torch.ones(2, requires_grad=True)]\n"
        "    (weights[0].sum() * (crew.rank + 1)).backward()\n"
        "    lost, notes = crew.summed_gradients(weights, 10.0 * (crew.rank + 1), 1 + crew.rank)\n"
        "    assert (crew.count, lost, notes) == (2, 30.0, 3), (crew, lost, notes)\n"
        "    assert weights[0].grad.tolist() == [1.0] * 3 and weights[1].grad.tolist() == [0.0] * 2\n",
        encoding="utf-8",
    )
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = subprocess.run((*launcher, str(script)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
