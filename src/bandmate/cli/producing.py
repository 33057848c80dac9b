"""Commands for the whole job: produce, demo, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bandmate.cli.options import AsJson
from bandmate.cli.output import number, out, print_json, progress_bar, say, table, text, write


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("produce")(produce)
    app.command("demo")(demo)
    app.command("doctor")(doctor)


def produce(
    stems: Annotated[list[Path], typer.Argument(help="Folder of stems, MIDI, or one mix.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("produced"),
    master: Annotated[str, typer.Option(help="Delivery profile of the master.")] = "spotify",
    title: Annotated[str, typer.Option(help="Title of the song.")] = "",
    json: AsJson = False,
) -> None:
    """Stems in; mix, master, DAW project, stems and a report out."""
    from bandmate.verbs.producing import produce as make

    with progress_bar() as progress:
        done = make(stems, to, master=master, title=title, progress=progress)
    if json:
        print_json(done.facts())
        return
    for line in done.summary():
        write(line)
    for line in done.remarks:
        say(line)
    for line in done.left_out:
        say(f"did not travel to the DAW project: {line}")


def demo(
    to: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("bandmate-demo"),
    json: AsJson = False,
) -> None:
    """Produce a short song with planted faults.

    Compares what was found with what was planted.
    """
    from bandmate.verbs.demo import run_demo

    with progress_bar() as progress:
        done = run_demo(to, progress=progress)
    if json:
        print_json(done.facts())
        return
    shown = table("", "planted", "found", "what was proposed")
    for one in done.findings:
        shown.add_row(text(one.planted.sentence), "yes" if one.found else "NO", text(one.proposed or "–"))
    out().print(shown)
    write("")
    write(
        f"{done.found} of {len(done.findings)} planted faults found; {done.others} other moves. "
        f"Master: {number(done.produced.master.hearing.integrated_lufs)} LUFS, "
        f"{number(done.produced.master.hearing.true_peak_16x_dbtp, 2)} dBTP. "
        f"{done.seconds:.0f} seconds."
    )
    write(f"report: {done.produced.report}")


def doctor(json: AsJson = False) -> None:
    """Check that everything Bandmate needs is here and works."""
    from bandmate.verbs.doctor import examine

    with progress_bar() as progress:
        checks = examine(progress=progress)
    if json:
        print_json([{"what": c.what, "ok": c.ok, "found": c.found, "advice": c.advice} for c in checks])
    else:
        shown = table("", " ", "what", "found", "advice")
        for check in checks:
            shown.add_row("ok" if check.ok else "!!", check.what, text(check.found), text(check.advice))
        out().print(shown)
    if not all(check.ok for check in checks):
        raise typer.Exit(5)
