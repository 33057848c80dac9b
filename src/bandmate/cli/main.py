"""The command line: ``bandmate VERB …``.

Every command takes ``--json``; data goes to stdout, progress and remarks to stderr. Exit codes are those of the error
tree: 0 done, 2 asked for something impossible, 3 a file, 4 a project, 5 a model, 6 a device, 130 stopped; 1 is a bug.

The commands are loaded inside ``outcome``, so that Ctrl-C is answered from the first moment on.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import traceback
from pathlib import Path

from bandmate.song.errors import BandmateError, ProjectError

STOPPED = 130
REFUSALS = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC))
"""What a system refuses to anybody: these are no bugs, wherever they come up."""


def run() -> None:
    """Entry point of the ``bandmate`` command: errors become one line on stderr and an exit code."""
    if sys.stdout is None:
        # subtle: so it is where a shell or a service has closed it before.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console or pipe of an old encoding must not turn an arrow or a file name into a crash.
            stream.reconfigure(errors="replace")
    code = outcome()
    # From here on the work is done, and a late Ctrl-C must not make it look undone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        sys.stdout.flush()
    except OSError:
        let_go_of_stdout()
    sys.exit(code)


def outcome() -> int:
    """Do what the arguments ask for; the exit code."""
    try:
        return called()
    except BandmateError as error:
        print_error(f"{error}", error.code)
        return error.exit_code
    except KeyboardInterrupt:
        print_error("stopped; what was finished before is kept, nothing is half-written", "cancelled")
        return STOPPED
    except SystemExit as end:
        # subtle: rich and typer leave with 1 when whoever read our output has gone; completion leaves with 0.
        if end.code:
            let_go_of_stdout()
        return 0
    except Exception as problem:  # noqa: BLE001 - the outermost frame: whatever else arrives here is a bug
        if isinstance(problem, OSError) and problem.errno in REFUSALS:
            print_error(refused(problem), ProjectError.code)
            return ProjectError.exit_code
        traceback.print_exc()
        print_error("this is a bug in Bandmate; please report it with the lines above", "bug")
        return 1


def refused(problem: OSError) -> str:
    """What the system did not allow, and where."""
    place = f'"{problem.filename}"' if problem.filename else "what is printed, or a file,"
    reason = (problem.strerror or "no permission").lower()
    return f"{place} cannot be read or written: {reason}; choose another place, or make room or permission there"


def called() -> int:
    """Load the commands and call the one that is meant; what typer has to say comes in our form."""
    import typer

    from bandmate.cli.app import app

    try:
        code: object = app(prog_name="bandmate", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        return usage_error(error)
    if code == STOPPED:
        # subtle: typer answers Ctrl-C with the exit code alone and says nothing
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def usage_error(error: object) -> int:
    """What is wrong with the arguments, in one line; for a command without any, its help."""
    context, code = getattr(error, "ctx", None), int(getattr(error, "exit_code", 2))
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        sys.stderr.write(f"{context.get_help()}\n")
        return code
    said = " ".join(str(getattr(error, "format_message", lambda: error)()).split())
    message = said[:1].lower() + said[1:].rstrip(".")
    command = context.command_path if context is not None else "bandmate"
    end = "" if message.endswith("?") else f"; see {command} --help"
    print_error(f"{message}{end}", "usage")
    return code


def print_error(message: str, code: str) -> None:
    sys.stderr.write(f"bandmate: {' '.join(message.splitlines())} [{code}]\n")


def let_go_of_stdout() -> None:
    """Whoever read our output has gone; nothing more is written to it, not even at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
