"""The commands about models: models, and learn corpus, train, evaluate, export, finetune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.options import AsJson
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text, write

if TYPE_CHECKING:
    from bandmate.learn.evaluating import Comparison
    from bandmate.learn.training import TrainingFacts

Folders = Annotated[list[Path], typer.Argument(help="Folders with MIDI, MusicXML or ABC files.", show_default=False)]
CorpusFolder = Annotated[Path, typer.Argument(help="Corpus, made by: bandmate learn corpus.", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(help="Folder of a run, made by: bandmate learn train.", show_default=False)]
CorpusOption = Annotated[Path | None, typer.Option("--corpus", help="Corpus; by default the one it learned from.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for what is made.", show_default=False)]
Processes = Annotated[int, typer.Option("--processes", help="Processes; 0 for one for each core.")]
Ray = Annotated[str, typer.Option("--ray", help="Address of a Ray cluster; local for one on this machine.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same network.")]
LicenceFile = Annotated[Path | None, typer.Option("--licence-file", help="The licence of all the files.")]


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    learn = typer.Typer(no_args_is_help=True, help="Learn from your own music: corpus, network, export.")
    for command in (corpus, train, evaluate, export, finetune):
        learn.command(command.__name__)(command)
    app.add_typer(learn, name="learn")
    app.command("models")(models)


def corpus(
    folders: Folders,
    to: Out,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", help="CSV with the columns path and licence, and title if you like.")
    ] = None,
    licence_file: LicenceFile = None,
    processes: Processes = 0,
    ray: Ray = "",
    json: AsJson = False,
) -> None:
    """Read folders of scores into a corpus.

    Repetitions are left out, works are split into those that teach and those that judge, and every work has a row with
    its licence.
    """
    from bandmate.verbs.learning import learn_corpus

    with progress_bar() as progress:
        made = learn_corpus(
            folders,
            to,
            manifest=manifest,
            licence_file=licence_file,
            processes=processes,
            ray=ray,
            progress=progress,
        )
    facts = made.facts
    if json:
        print_json({"corpus": str(made.folder), **{name: getattr(facts, name) for name in FACTS}})
        return
    folds = ", ".join(f"{count} {name}" for name, count in facts.folds.items())
    write(f"{facts.works} works with {facts.notes} notes ({folds}); {facts.left_out} left out")
    for licence, count in facts.licences.items():
        write(f"{count} under: {licence}", indent=2)
    for reason, count in reasons(made.manifest()):
        write(f"{count} left out: {reason}", indent=2)
    say(f'every work has its row in "{made.folder / "manifest.csv"}"')


FACTS = ("works", "left_out", "notes", "folds", "licences", "sources")


def reasons(rows: object) -> list[tuple[str, int]]:
    """Why works were left out, the most frequent first; names and numbers taken out."""
    import re
    from collections import Counter

    said = (re.sub(r'".*', "another", re.sub(r"\d+", "…", row.left_out, count=1)) for row in rows if row.left_out)  # type: ignore[attr-defined]
    return Counter(said).most_common(6)


def train(
    corpus: CorpusFolder,
    run: Out,
    epochs: Annotated[int, typer.Option("--epochs", help="How often every work is learned from.")] = 10,
    width: Annotated[int, typer.Option("--width", help="Width of the network.")] = 192,
    layers: Annotated[int, typer.Option("--layers", help="Layers of the network.")] = 3,
    heads: Annotated[int, typer.Option("--heads", help="Parts that attention is split into.")] = 3,
    batch: Annotated[int, typer.Option("--batch", help="Notes in a batch.")] = 4096,
    rate: Annotated[float, typer.Option("--rate", help="Rate of learning at its highest.")] = 2e-3,
    parts: Annotated[str, typer.Option("--parts", help="each: a line for each part; all: one line for all.")] = "each",
    seed: Seed = 6,
    processes: Annotated[int, typer.Option("--processes", help="Learners on this machine, started by torch.")] = 1,
    json: AsJson = False,
) -> None:
    """Teach a network with a corpus.

    Stopped at any time, the same command goes on. Needs the extra "train".
    """
    import sys

    from bandmate.learn.cluster import is_first, is_launched, launch
    from bandmate.learn.training import Settings
    from bandmate.verbs.learning import learn_train

    if processes > 1 and not is_launched():
        from bandmate.learn.network import need_torch

        need_torch("training")
        launch(sys.argv[1:], processes)
        return
    settings = Settings(
        epochs=epochs,
        width=width,
        layers=layers,
        heads=heads,
        places=batch,
        rate=rate,
        parts=parts,
        seed=seed,
    )
    with progress_bar() as progress:
        facts = learn_train(corpus, run, settings, progress=progress)
    if json and is_first():
        print_json(facts)
    if json or not is_first():
        return
    print_epochs(facts)
    say(f'judge it with: bandmate learn evaluate "{run}"')


def print_epochs(facts: TrainingFacts) -> None:
    """A table of what each epoch came to."""
    from bandmate.learn.training import notes_a_cpu_second

    shown = table("nats a note", ">epoch", ">learning", ">tuning", ">seconds")
    for one in facts.epochs:
        tuned = "–" if one.tune_nats is None else f"{one.tune_nats:.4f}"
        shown.add_row(str(one.number), f"{one.teach_nats:.4f}", tuned, number(one.seconds, 0))
    out().print(shown)
    write(
        f"{facts.parameters} parameters; epoch {facts.best_epoch} is the best; "
        f"{notes_a_cpu_second(facts):.0f} notes in a second of one core"
    )


def evaluate(
    run: RunFolder,
    corpus: CorpusOption = None,
    fold: Annotated[str, typer.Option("--fold", help="Works to judge by: held, tune or teach.")] = "held",
    stated: Annotated[
        Path | None, typer.Option("--stated", help="Manifest of a model: say whether its figures are met again.")
    ] = None,
    processes: Processes = 1,
    ray: Ray = "",
    json: AsJson = False,
) -> None:
    """Judge a network beside its statistical twin.

    Both are judged by works that neither has seen; the figures are kept for the model card.
    """
    from bandmate.learn.exporting import reproduced
    from bandmate.verbs.learning import learn_evaluate

    with progress_bar() as progress:
        found = learn_evaluate(run, corpus, fold=fold, processes=processes, ray=ray, progress=progress)
    again = reproduced(stated, found.network, fold) if stated else None
    if json:
        print_json({"comparison": found, "reproduces": again and again[0], "differs": again and again[1]})
        return
    print_comparison(found)
    if again:
        write(f"the stated figure is {'met' if again[0] else 'NOT met'} again: {again[1]:+.2%}")


def print_comparison(found: Comparison) -> None:
    """A table of network and twin, and the verdict."""
    names = list(found.network.parts)
    shown = table(f"nats a note, {found.network.works} works, {found.network.notes} notes", "", ">all", *(
        f">{name}" for name in names
    ))  # fmt: skip
    for row in (found.network, found.twin):
        shown.add_row(text(row.model), f"{row.nats:.4f}", *(f"{row.parts[name]:.4f}" for name in names))
    out().print(shown)
    verdict = "worth using" if found.is_worth_it else "not worth using: keep the statistics"
    write(
        f"it saves {found.gain:+.1%} of the twin's nats (95 % chance: {found.least:+.1%} to {found.most:+.1%}); from "
        f"{found.floor:.0%} on a network is used: {verdict}"
    )


def export(
    run: RunFolder,
    to: Out,
    name: Annotated[str, typer.Option("--name", help="Name of the model.", show_default=False)],
    date: Annotated[str, typer.Option("--date", help="Date for manifest and card, as 2026-11-22.", show_default=False)],
    corpus: CorpusOption = None,
    form: Annotated[list[str] | None, typer.Option("--form", help="numpy, onnx; numpy by default.")] = None,
    half: Annotated[bool, typer.Option("--half", help="Two bytes for a weight, in the numpy file.")] = False,
    json: AsJson = False,
) -> None:
    """Write a network with its papers: manifest, works, card."""
    from bandmate.verbs.learning import learn_export

    files = learn_export(run, to, name=name, date=date, corpus=corpus, forms=form or ("numpy",), half=half)
    if json:
        print_json({"files": [str(path) for path in files]})
        return
    for path in files:
        write(str(path))


def finetune(
    model: Annotated[Path, typer.Argument(help="Network to begin with (.npz).", show_default=False)],
    folders: Folders,
    run: Out,
    licence_file: LicenceFile = None,
    epochs: Annotated[int, typer.Option("--epochs", help="How often every work is learned from.")] = 8,
    seed: Seed = 6,
    processes: Processes = 0,
    json: AsJson = False,
) -> None:
    """Teach a network on with your own folders.

    What it was worth is measured on works that are held back. Needs the extra "train".
    """
    from bandmate.verbs.learning import learn_finetune

    with progress_bar() as progress:
        found = learn_finetune(
            model,
            folders,
            run,
            licence_file=licence_file,
            epochs=epochs,
            seed=seed,
            processes=processes,
            progress=progress,
        )
    if json:
        print_json(found)
        return
    write(f"{found.works} works, {found.notes} notes, {found.seconds:.0f} s")
    if found.before is None or found.after is None:
        write("too few works to keep any back: nobody can say how much it helped")
    else:
        saved = 1.0 - found.after / found.before
        fold = "that were held back" if found.judged == "held" else "that were for tuning"
        write(f"on works {fold}: {found.before:.4f} nats a note before, {found.after:.4f} after ({saved:+.1%} saved)")
    if not found.is_changed:
        say("it did not get better on works for tuning, so the network stays as it was")
    say(f'write it with: bandmate learn export "{run}" -o FOLDER --name NAME --date DATE --corpus "{run / "corpus"}"')


def models(
    folder: Annotated[Path | None, typer.Option("--folder", help="Models in a folder, not those installed.")] = None,
    json: AsJson = False,
) -> None:
    """List the models: size, date, data, licences."""
    from bandmate.verbs.learning import installed_models

    found = installed_models(folder)
    if json:
        print_json([{**model.facts, "name": model.name, "is_whole": model.is_whole} for model in found])
        return
    shown = table("", "model", "date", ">size\nkB", ">works", "data", "licence")
    for model in found:
        works = "–" if model.works is None else str(model.works)
        state = model.name if model.is_whole else f"{model.name} (damaged)"
        for row, source in enumerate(model.sources or (None,)):
            first = (text(state), model.date, f"{model.size_bytes / 1000:.0f}", works) if row == 0 else ("", "", "", "")
            shown.add_row(*first, text(source.corpus if source else ""), text(source.licence if source else ""))
    out().print(shown)
    total = sum(model.size_bytes for model in found)
    write(f"{len(found)} models, {total / 1e6:.1f} MB")
