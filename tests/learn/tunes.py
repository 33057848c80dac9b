"""Tunes made up for tests: sixteen bars with repetitions, as ABC, MIDI and MusicXML, and folders of them."""

from __future__ import annotations

import random
from pathlib import Path

from bandmate.formats.abc import abc_from_bytes
from bandmate.formats.midi import write_midi
from bandmate.formats.musicxml_write import song_as_musicxml
from bandmate.song.song import Song

LETTERS = "CDEFGABcdefgab"
RHYTHMS = (("2", "2", "2", "2"), ("2", "1", "1", "2", "2"), ("1", "1", "2", "1", "1", "2"), ("4", "2", "2"))
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy\n"


def tune(seed: int, key: str = "C") -> str:
    """A tune in ABC: phrases A A B A of four bars each, a walk up and down the scale."""
    rng = random.Random(seed)

    def phrase() -> str:
        place, bars = rng.randrange(3, 9), []
        for _ in range(4):
            bar = ""
            for length in rng.choice(RHYTHMS):
                place = min(len(LETTERS) - 1, max(0, place + rng.choice((-2, -1, -1, 0, 1, 1, 2))))
                bar += LETTERS[place] + length
            bars.append(bar)
        return "|".join(bars) + "|"

    first, second = phrase(), phrase()
    return f"X:{seed}\nT:Tune {seed}\nM:4/4\nL:1/8\nQ:1/4=120\nK:{key}\n{first}\n{first}\n{second}\n{first}]\n"


def song(seed: int, key: str = "C") -> Song:
    return abc_from_bytes(tune(seed, key).encode(), f"{seed}.abc")[0].song


def folder_of(path: Path, seeds: range, *, licence: str = MIT) -> Path:
    """A folder with a licence file and one file a tune: ABC, MIDI and MusicXML in turn."""
    path.mkdir(parents=True)
    if licence:
        (path / "LICENSE").write_text(licence, encoding="utf-8")
    for seed in seeds:
        name = f"tune {seed:03d}"
        if seed % 3 == 0:
            (path / f"{name}.abc").write_text(tune(seed), encoding="utf-8")
        elif seed % 3 == 1:
            write_midi(song(seed), path / f"{name}.mid")
        else:
            (path / f"{name}.musicxml").write_bytes(song_as_musicxml(song(seed)))
    return path
