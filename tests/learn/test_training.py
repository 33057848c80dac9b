"""Training: stopped or not it comes to the same network, which says the same in torch, in arrays and in ONNX."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bandmate.learn.corpus import Corpus, build_corpus
from bandmate.learn.network import train_extra_missing
from bandmate.learn.training import CHECKPOINT, NETWORK, Settings, train, training_facts
from bandmate.learn.workers import Workers
from bandmate.models.network import HEADS, load_network, network_bytes
from bandmate.song.errors import MediaError, OutOfRange, RequestError
from bandmate.verbs.learning import (
    installed_models,
    learn_corpus,
    learn_evaluate,
    learn_export,
    learn_finetune,
    learn_train,
)
from tests.learn.tunes import folder_of

needs_extra = pytest.mark.skipif(bool(train_extra_missing()), reason=train_extra_missing() or "installed")
SMALL = Settings(width=32, layers=1, heads=2, epochs=3, places=256, rate=5e-3)
DATE = "2026-11-22"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    place = tmp_path_factory.mktemp("learning")
    return build_corpus([folder_of(place / "mine", range(40))], place / "corpus", workers=Workers(processes=1))


@pytest.fixture(scope="module")
def run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was finished at one go, and judged."""
    place = tmp_path_factory.mktemp("learning") / "run"
    learn_train(corpus.folder, place, SMALL)
    learn_evaluate(place)
    return place


def stop_at(step: int) -> Callable[[str, float], None]:
    """Ctrl-C after so many steps."""
    left = [step]

    def say(what: str, share: float) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    return say


def test_without_the_extra_it_says_what_to_install(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RequestError, match=r'training is not possible yet: .* pip install "bandmate\[train\]"'):
        train(corpus, tmp_path)
    with pytest.raises(RequestError, match="fine-tuning is not possible yet"):
        learn_finetune("n.npz", [tmp_path], tmp_path)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(OutOfRange, match="0 epochs are not possible; choose 1 to 10000"):
        Settings(epochs=0).checked()
    with pytest.raises(OutOfRange, match="a rate of 2 is not possible"):
        Settings(rate=2.0).checked()
    with pytest.raises(RequestError, match='parts "some" are not known'):
        Settings(parts="some").checked()


def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="has no trained network yet; make one with: bandmate learn train"):
        training_facts(tmp_path)


@needs_extra
def test_torch_and_arrays_say_the_same(corpus: Corpus, run: Path) -> None:
    from bandmate.learn.batches import joined, lines_in
    from bandmate.learn.network import Learner, taught_weights

    network = load_network(run / NETWORK)
    learner = Learner(network.shape, taught_weights(network))
    lines = list(lines_in(corpus.shards("teach"), "each"))[:6]
    for line in lines:
        torchs = learner.nats(joined([line]), learning=False).detach().numpy() / len(line)
        np.testing.assert_allclose(torchs, network.nats(line).sum(axis=0) / len(line), atol=1e-4)
    padded = learner.nats(joined(lines), learning=False).detach().numpy()
    alone = sum(network.nats(line).sum(axis=0) for line in lines)
    np.testing.assert_allclose(padded, alone, rtol=1e-4)


@needs_extra
def test_it_learns(run: Path) -> None:
    facts = training_facts(run)
    assert facts.finished and [epoch.number for epoch in facts.epochs] == [1, 2, 3]
    assert facts.epochs[-1].teach_nats < 0.8 * facts.epochs[0].teach_nats
    assert facts.best_epoch == 1 + int(np.argmin([epoch.tune_nats or 0.0 for epoch in facts.epochs]))


@needs_extra
def test_stopped_and_gone_on_it_comes_to_the_same_bytes(corpus: Corpus, run: Path, tmp_path: Path) -> None:
    for steps in (2, 9, 14):
        with pytest.raises(KeyboardInterrupt):
            train(corpus, tmp_path, SMALL, say=stop_at(steps))
        assert (tmp_path / CHECKPOINT).exists()
    again = train(corpus, tmp_path, SMALL)
    assert again.finished
    assert (tmp_path / NETWORK).read_bytes() == (run / NETWORK).read_bytes()
    assert train(corpus, tmp_path, SMALL).epochs == again.epochs


@needs_extra
def test_a_run_goes_on_only_as_it_was_begun(corpus: Corpus, run: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="was begun with seed 6, not 7; ask for the same"):
        train(corpus, run, msgspec.structs.replace(SMALL, seed=7))
    (tmp_path / CHECKPOINT).write_bytes((run / CHECKPOINT).read_bytes()[:1000])
    with pytest.raises(MediaError, match=r"checkpoint\.pt\" is damaged: .*; delete it to begin again"):
        train(corpus, tmp_path, SMALL)


@needs_extra
def test_training_again_comes_to_the_stated_figures_within_their_range(
    corpus: Corpus, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bandmate.learn.exporting import reproduced

    learn_export(run, tmp_path, name="tiny", date=DATE)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    train(corpus, tmp_path / "again", SMALL)
    again = learn_evaluate(tmp_path / "again")
    is_met, differs = reproduced(tmp_path / "tiny.manifest.json", again.network, "held")
    assert is_met and abs(differs) < 0.03
    worse = msgspec.structs.replace(again.network, nats=1.1 * again.network.nats)
    assert not reproduced(tmp_path / "tiny.manifest.json", worse, "held")[0]


@needs_extra
def test_it_is_judged_beside_its_twin_and_says_whether_it_is_worth_it(run: Path) -> None:
    found = learn_evaluate(run)
    assert found.fold == "held" and found.network.notes == found.twin.notes and found.network.works == found.twin.works
    assert found.gain == pytest.approx(1 - found.network.nats / found.twin.nats)
    assert found.least <= found.gain <= found.most
    assert found.is_worth_it == (found.gain >= 0.05)
    assert found.network.nats == pytest.approx(sum(found.network.parts.values()))
    assert found == learn_evaluate(run)
    with pytest.raises(RequestError, match='no works in the fold "other"'):
        learn_evaluate(run, fold="other")


@needs_extra
def test_an_export_has_all_its_papers(corpus: Corpus, run: Path, tmp_path: Path) -> None:
    files = learn_export(run, tmp_path / "a", name="tiny", date=DATE, forms=("numpy", "onnx"))
    assert [path.name for path in files] == [
        *("tiny.npz", "tiny.onnx", "tiny.works.csv", "tiny.manifest.json", "tiny.card.md")
    ]
    again = learn_export(run, tmp_path / "b", name="tiny", date=DATE, forms=("numpy", "onnx"))
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]
    manifest = json.loads((tmp_path / "a" / "tiny.manifest.json").read_text(encoding="utf-8"))
    assert manifest["corpora"] == [{"corpus": "mine", "licence": "MIT", "works": corpus.facts.works}]
    assert len((tmp_path / "a" / "tiny.works.csv").read_text(encoding="utf-8").splitlines()) == 1 + corpus.facts.works
    card = (tmp_path / "a" / "tiny.card.md").read_text(encoding="utf-8")
    assert "| mine | MIT |" in card and f"{manifest['held']['network']['nats']:.4f}" in card
    (model,) = installed_models(tmp_path / "a")
    assert (model.name, model.date, model.works, model.is_whole) == ("tiny", DATE, corpus.facts.works, True)
    (tmp_path / "a" / "tiny.npz").write_bytes(b"other")
    assert not installed_models(tmp_path / "a")[0].is_whole
    with pytest.raises(RequestError, match='"Tiny!" cannot be the name of a model'):
        learn_export(run, tmp_path, name="Tiny!", date=DATE)
    with pytest.raises(RequestError, match='"today" is no date; write it as 2026-11-22'):
        learn_export(run, tmp_path, name="tiny", date="today")


@needs_extra
def test_onnx_says_what_the_arrays_say(corpus: Corpus, run: Path) -> None:
    import onnxruntime

    from bandmate.learn.batches import lines_in
    from bandmate.learn.onnx_graph import onnx_bytes

    network = load_network(run / NETWORK)
    session = onnxruntime.InferenceSession(onnx_bytes(network), providers=["CPUExecutionProvider"])
    for line in list(lines_in(corpus.shards("teach"), "each"))[:4]:
        said = session.run(list(HEADS), {"columns": line.columns, "symbols": line.symbols})
        for head, chances in zip(HEADS, said, strict=True):
            np.testing.assert_allclose(chances, network.log_chances(line)[head], atol=1e-4)


@needs_extra
def test_fine_tuning_learns_the_folder_and_leaves_the_model_alone(run: Path, tmp_path: Path) -> None:
    model = tmp_path / "base.npz"
    model.write_bytes((run / NETWORK).read_bytes())
    own = folder_of(tmp_path / "own", range(100, 130))
    for path in own.glob("*.abc"):  # a manner of its own: everything in threes, on few notes
        text = path.read_text(encoding="utf-8").replace("M:4/4", "M:3/4")
        head, _, _ = text.partition("K:C")
        path.write_text(head + "K:C\n" + "C2E2G2|c2G2E2|" * (6 + len(path.name) % 3) + "\n", encoding="utf-8")
    found = learn_finetune(model, [own], tmp_path / "run", processes=1)
    assert found.is_changed and found.before and found.after and found.after < found.before
    assert model.read_bytes() == (run / NETWORK).read_bytes()
    assert training_facts(tmp_path / "run").started_from == "base"
    learn_export(tmp_path / "run", tmp_path / "out", name="mine", date=DATE)
    assert "It was taught on from base." in (tmp_path / "out" / "mine.card.md").read_text(encoding="utf-8")


@needs_extra
def test_fine_tuning_that_does_not_help_keeps_the_model(run: Path, tmp_path: Path) -> None:
    from bandmate.learn import finetuning

    network = load_network(run / NETWORK)
    learn_corpus([folder_of(tmp_path / "own", range(40))], tmp_path / "corpus", processes=1)
    from bandmate.learn.corpus import open_corpus

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetuning, "RATE", 0.1)
        found = finetuning.fine_tune(run / NETWORK, open_corpus(tmp_path / "corpus"), tmp_path / "run", epochs=1)
    assert not found.is_changed and found.before == pytest.approx(found.after)
    assert (tmp_path / "run" / NETWORK).read_bytes() == network_bytes(network)
