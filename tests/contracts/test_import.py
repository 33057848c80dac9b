"""Importing is silent and cheap: nothing written, no network, nothing heavy loaded."""

from __future__ import annotations

import json
import subprocess
import sys

GUARDED = """
import sys, json, socket, builtins, os, io

def refuse(*args, **kwargs):
    raise AssertionError("importing must not do this: %r" % (args,))

socket.socket.connect = refuse
sys.dont_write_bytecode = True
plain_open = builtins.open

def read_only_open(file, mode="r", *args, **kwargs):
    if set(mode) & set("wax+"):
        refuse(file, mode)
    return plain_open(file, mode, *args, **kwargs)

builtins.open = io.open = read_only_open
os.mkdir = os.makedirs = refuse
{statement}
print(json.dumps(sorted(sys.modules)))
"""

HEAVY = ("numpy", "numba", "scipy", "soxr", "soundfile", "av", "matplotlib", "lxml", "jinja2", "mido", "midirenderer")


def modules_after(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", GUARDED.format(statement=statement)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return set(json.loads(done.stdout))


def test_importing_bandmate_is_silent_and_loads_nothing_heavy() -> None:
    loaded = modules_after("import bandmate")
    assert not [name for name in HEAVY if name in loaded]


def test_song_and_project_load_nothing_heavy() -> None:
    loaded = modules_after("import bandmate.song.moves, bandmate.song.wire, bandmate.project.folder")
    assert not [name for name in HEAVY if name in loaded]


def test_the_command_line_loads_nothing_heavy() -> None:
    loaded = modules_after("import bandmate.cli.main")
    assert not [name for name in HEAVY if name in loaded]
