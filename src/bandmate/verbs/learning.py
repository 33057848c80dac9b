"""Learning: corpora from a musician's folders, networks taught by them, judged, exported and taught on.

What is shipped runs without torch; training needs the extra ``train``, a Ray cluster the extra ``cluster``. The other
models that came with Bandmate are re-made by the scripts in ``training/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.verbs.progress import Progress, part, silent

if TYPE_CHECKING:
    from bandmate.learn.corpus import Corpus
    from bandmate.learn.evaluating import Comparison
    from bandmate.learn.finetuning import FineTuned
    from bandmate.learn.training import Settings, TrainingFacts
    from bandmate.models.installed import InstalledModel


def learn_corpus(
    folders: Sequence[Path | str],
    to: Path | str,
    *,
    manifest: Path | None = None,
    licence_file: Path | None = None,
    processes: int = 0,
    ray: str = "",
    progress: Progress = silent,
) -> Corpus:
    """Read the MIDI, MusicXML and ABC files of some folders into a corpus; the same again goes on where it stopped.

    Parameters
    ----------
    manifest
        CSV with the columns ``path`` and ``licence`` (and ``title``); without it the licence file in the folder of a
        file, or above it, counts, or ``licence_file`` for all.
    processes
        worker processes, 0 for one for each core.
    ray
        address of a Ray cluster, ``local`` for one on this machine, empty for none.

    Raises
    ------
    RequestError
        if a file has no licence, a folder is missing or has no music, or Ray is not installed.
    MediaError, ProjectError, DeviceError
        if a manifest cannot be read, the corpus cannot be written, or the cluster does not answer.
    """
    from bandmate.learn.corpus import build_corpus
    from bandmate.learn.workers import Workers

    return build_corpus(
        folders,
        to,
        manifest=manifest,
        licence_file=licence_file,
        workers=Workers(processes, ray),
        progress=progress,
    )


def learn_train(
    corpus: Path | str, run: Path | str, settings: Settings | None = None, *, progress: Progress = silent
) -> TrainingFacts:
    """Teach a network with a corpus; a run that was stopped goes on, a finished one is given back.

    Raises
    ------
    RequestError
        if torch is not installed, the settings make no sense, or the run was begun with others.
    MediaError, ModelError, ProjectError
        if the corpus or a checkpoint cannot be read, the loss is no number any more, or the disk is full.
    """
    from bandmate.learn.corpus import open_corpus
    from bandmate.learn.training import Settings, train

    return train(open_corpus(corpus), run, settings or Settings(), say=progress)


def learn_evaluate(
    run: Path | str,
    corpus: Path | str | None = None,
    *,
    fold: str = "held",
    processes: int = 1,
    ray: str = "",
    progress: Progress = silent,
) -> Comparison:
    """Judge a run's network beside its statistical twin on works of a fold, and keep the figures in the run.

    The twin is taught on the first call and kept in the corpus.

    Raises
    ------
    RequestError
        if the fold has no works.
    MediaError, ModelError
        if the run has no network, or a file is damaged.
    """
    from bandmate.learn.corpus import open_corpus
    from bandmate.learn.evaluating import compared, scores_of
    from bandmate.learn.exporting import keep_figures
    from bandmate.learn.training import NETWORK, training_facts
    from bandmate.learn.twin import WORTH, twin_of
    from bandmate.learn.workers import Workers

    facts = training_facts(run)
    place = open_corpus(corpus or facts.corpus)
    parts, workers = facts.settings.parts, Workers(processes, ray)
    network = scores_of(place, fold, ("network", Path(run) / NETWORK), parts, workers, say=part(progress, 0.0, 0.3))
    progress("teaching the statistical twin", 0.3)
    path = twin_of(place, parts)
    twin = scores_of(place, fold, ("twin", path), parts, workers, say=part(progress, 0.6, 1.0))
    found = compared(fold, network, twin, (Path(run).name, "statistical twin"), WORTH)
    keep_figures(Path(run), found)
    return found


def learn_export(
    run: Path | str,
    to: Path | str,
    *,
    name: str,
    date: str,
    corpus: Path | str | None = None,
    forms: Sequence[str] = ("numpy",),
    half: bool = False,
) -> tuple[Path, ...]:
    """Write a run's network with manifest, list of works and model card; the files.

    Parameters
    ----------
    date
        as 2026-11-22, for manifest and card.
    forms
        ``numpy`` and ``onnx``.
    half
        weights of two bytes each in the numpy file, which is then half as large and a little less exact.

    Raises
    ------
    RequestError
        for a name, date or form that cannot be.
    MediaError, ProjectError
        if the run has no network, or the folder cannot be written.
    """
    from bandmate.learn.corpus import open_corpus
    from bandmate.learn.exporting import export
    from bandmate.learn.training import training_facts

    place = open_corpus(corpus or training_facts(run).corpus)
    return export(run, place, to, name=name, date=date, forms=forms, half=half)


def learn_finetune(
    model: Path | str,
    folders: Sequence[Path | str],
    run: Path | str,
    *,
    licence_file: Path | None = None,
    epochs: int = 8,
    seed: int = 6,
    processes: int = 0,
    progress: Progress = silent,
) -> FineTuned:
    """Teach a network on with a musician's own folders; the run has corpus and network, and can be exported.

    Raises
    ------
    RequestError
        if a file has no licence, or torch is not installed.
    MediaError, ModelError, ProjectError
        if the model cannot be read, or the folder cannot be written.
    """
    from bandmate.learn.finetuning import fine_tune
    from bandmate.learn.network import need_torch
    from bandmate.models.network import load_network

    need_torch("fine-tuning")
    load_network(model)
    corpus = learn_corpus(
        folders,
        Path(run) / "corpus",
        licence_file=licence_file,
        processes=processes,
        progress=part(progress, 0.0, 0.2),
    )
    return fine_tune(model, corpus, run, epochs=epochs, seed=seed, say=part(progress, 0.2, 1.0))


def installed_models(folder: Path | str | None = None) -> tuple[InstalledModel, ...]:
    """The models that came with Bandmate, or those in a folder: licences, size, data, date, and whether they are whole.

    Raises
    ------
    ModelError
        if a manifest cannot be read, or the folder has none.
    """
    from bandmate.models.installed import installed_models as models_in

    return models_in(folder)
