"""The command line: ``bandmate VERB …``.

Every command takes ``--json``; data goes to stdout, progress and remarks to stderr. Exit codes are those of the error
tree: 0 done, 2 asked for something impossible, 3 a file, 4 a project, 5 a model, 6 a device, 130 stopped; 1 is a bug.
"""

from __future__ import annotations

import sys
import traceback

import typer

from bandmate.cli import deciding, history, listening, making, producing
from bandmate.song.errors import BandmateError

app = typer.Typer(
    name="bandmate",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="An assistant for making records: it listens and proposes moves with reasons and evidence; you decide.",
)
for group in (producing, making, listening, deciding, history):
    group.add_commands(app)


def run() -> None:
    """Entry point of the ``bandmate`` command: errors become one line on stderr and an exit code."""
    sys.exit(outcome())


def outcome() -> int:
    try:
        code: object = app(standalone_mode=False)
        return code if isinstance(code, int) else 0
    except BandmateError as error:
        print_error(f"{error}", error.code)
        return error.exit_code
    except typer.TyperException as error:
        if hasattr(error, "show"):
            error.show()
        else:
            print_error(str(error), "usage")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print_error("stopped; everything that was finished is kept", "cancelled")
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception:  # noqa: BLE001 - the outermost frame: whatever arrives here is a bug
        traceback.print_exc()
        print_error("this is a bug in Bandmate; please report it with the lines above", "bug")
        return 1


def print_error(message: str, code: str) -> None:
    sys.stderr.write(f"bandmate: {message} [{code}]\n")
