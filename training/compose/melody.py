"""Trains the melody model: rhythm and pitch of dance tunes and of the songs of lead sheets.

``python -m training.compose.melody --date 2026-11-22 --out src/bandmate/data/models`` writes ``melody.npz`` with its
manifest, works and card; ``--check`` trains again and says whether the stated figures come out.

Conventions: tunes with their repeats played out; of several parts the first, of notes at once the highest. A bar
before the first bar line is no bar of the phrase. The bars count of a group are all settings of one title.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bandmate.learn.folds import Fold, plain_name
from bandmate.learn.mixing import Pace, teach
from bandmate.models.melody import MelodyModel
from bandmate.models.melody_features import PITCH_NAMES, RHYTHM_NAMES, rows_of_melody
from bandmate.models.melody_log import NONE, Ground, Ints
from bandmate.models.melody_plans import BITS, LEAST, pitch_plan, rhythm_plan
from bandmate.models.melody_state import GroundBar, GroundChord, events_of, ground_of
from bandmate.models.mixing_counts import arrays_of, file_bytes, model_from
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Mode
from bandmate.song.song import Song
from training.compose.model_files import works_csv, write_or_check
from training.compose.works import LICENCES, Work, folk_tunes, scores

PACE = Pace(passes=2, first_rate=0.02, last_rate=0.002, seed=6, caution=100.0, once=True)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A melody as events, and what it stands on."""

    work: Work
    group: str
    ground: Ground
    first_ticks: int
    events: Ints

    @property
    def notes(self) -> int:
        return int(np.count_nonzero(self.events[:, 2] != NONE))


def bars_of_song(song: Song, notes: Sequence[tuple[int, int, int]]) -> list[GroundBar]:
    """The bars under the notes."""
    end = max(start + length for start, length, _ in notes)
    pickup = int(notes[0][0] > 0)
    bars: list[GroundBar] = []
    while not bars or bars[-1].start_ticks + bars[-1].ticks < end:
        number = len(bars) + 1
        start = song.meters.ticks_at_bar(number)
        meter = song.meters.step_at(start)
        key = song.key_at_bar(number)
        tonic, mode = (key.tonic, key.mode) if key else (0, "major")
        bars.append(GroundBar(start, meter.numerator, meter.denominator, tonic, mode, (number - 1 - pickup) % 8))
    return bars


def folk_pieces() -> Iterator[Piece]:
    """The dance tunes of all folds."""
    for work in folk_tunes():
        song: Song = work.content
        notes = sorted(
            (clip.start_ticks + note.start_ticks, note.length_ticks, note.pitch)
            for track in song.tracks[:1]
            for clip in track.clips
            if isinstance(clip, NoteClip)
            for note in clip.notes
        )
        if len(notes) < 2:
            continue
        events, first = events_of(notes, 0)
        yield Piece(work, plain_name(work.title), ground_of(bars_of_song(song, notes)), first, events)


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Rows and symbols of all events and of all notes of some pieces, and the number of the piece of each."""

    rhythm_rows: Ints
    rhythms: Ints
    rhythm_pieces: Ints
    pitch_rows: Ints
    intervals: Ints
    pitch_pieces: Ints


def steps_of(pieces: Sequence[Piece]) -> Steps:
    """What the model is taught by."""
    events, notes = sum(len(one.events) for one in pieces), sum(one.notes for one in pieces)
    rhythm_rows, pitch_rows = (
        np.zeros((events, len(RHYTHM_NAMES)), np.int64),
        np.zeros((notes, len(PITCH_NAMES)), np.int64),
    )
    intervals, at, note = np.zeros(notes, np.int64), 0, 0
    for one in pieces:
        stop, last = at + len(one.events), note + one.notes
        rows_of_melody(
            one.events, one.ground, one.first_ticks, rhythm_rows[at:stop], pitch_rows[note:last], intervals[note:last]
        )
        at, note = stop, last
    number = np.arange(len(pieces))
    return Steps(
        rhythm_rows,
        np.concatenate([one.events[:, 0] for one in pieces]),
        np.repeat(number, [len(one.events) for one in pieces]),
        pitch_rows,
        intervals,
        np.repeat(number, [one.notes for one in pieces]),
    )


def of_fold(pieces: Sequence[Piece], fold: Fold) -> list[Piece]:
    """The pieces of a fold, settings of one title together."""
    return sorted((one for one in pieces if one.work.fold == fold), key=lambda one: (one.group, one.work.id))


KINDS_OF_SHEETS = {"major": 0, "minor": 1, "dominant": 2, "diminished": 3, "half": 3}
OTHER_KIND = 4
SHORTEST_SONG = 16


def kind_of_sheet(name: str) -> int:
    """The place in ``KINDS`` of a MusicXML kind of chord; the first word tells."""
    return 1 if name in ("major-minor", "minor-major") else KINDS_OF_SHEETS.get(name.split("-")[0], OTHER_KIND)


def ticks(quarters: float) -> int:
    """Quarter notes in ticks, on the grid of 1/24 of a quarter."""
    return round(quarters * 24) * 40


def song_pieces() -> Iterator[Piece]:
    """The tunes of the lead sheets that keep one meter, with their chords."""
    for work in scores("openewld"):
        row: dict[str, Any] = work.content
        meters = {(int(sign[1]), int(sign[2])) for sign in row["timesig"]}
        notes = sorted((ticks(at), max(40, ticks(long)), pitch) for at, long, pitch in row["parts"][0]["notes"])
        if len(meters) != 1 or len(notes) < SHORTEST_SONG or len(row["measures"]) < 2:
            continue
        ground = ground_of(bars_of_sheet(row, *meters.pop()), chords_of_sheet(row), 1)
        events, first = events_of(notes, int(ground.bars[0, 0]))
        yield Piece(work, f"song {plain_name(work.title)}", ground, first, events)


def bars_of_sheet(row: dict[str, Any], numerator: int, denominator: int) -> list[GroundBar]:
    """The bars of a lead sheet; a first one that is too short is a pickup and ends where it should."""
    starts = [ticks(at) for at in row["measures"]]
    length = 3840 * numerator // denominator
    pickup = int(starts[1] - starts[0] < length)
    starts[0] = starts[1] - length if pickup else starts[0]
    fifths, name = (row["key"][0][1], row["key"][0][2]) if row["key"] else (0, "major")
    mode: Mode = "minor" if name == "minor" else "major"
    tonic = (fifths * 7 + (9 if mode == "minor" else 0)) % 12
    return [
        GroundBar(start, numerator, denominator, tonic, mode, (number - pickup) % 8)
        for number, start in enumerate(starts)
    ]


def chords_of_sheet(row: dict[str, Any]) -> list[GroundChord]:
    """The chords of a lead sheet, each until the next; of two at one place the later."""
    placed = {ticks(chord[0]): (chord[1], kind_of_sheet(chord[2])) for chord in row["chords"]}
    return [GroundChord(start, *placed[start]) for start in sorted(placed)]


def taught(pieces: Sequence[Piece]) -> MelodyModel:
    """A model of the pieces that teach."""
    teaching = of_fold(pieces, "teach")
    steps = steps_of(teaching)
    names = {name: number for number, name in enumerate(dict.fromkeys(one.group for one in teaching))}
    groups = np.array([names[one.group] for one in teaching])
    at, of = steps.rhythm_pieces, steps.pitch_pieces
    rhythm = teach(rhythm_plan(), steps.rhythm_rows, steps.rhythms, at, groups[at], PACE)
    pitch = teach(pitch_plan(), steps.pitch_rows, steps.intervals, of, groups[of], PACE)
    return MelodyModel(rhythm.model, pitch.model)


def figures(model: MelodyModel, pieces: Sequence[Piece]) -> dict[str, float]:
    """Nats a note of rhythm (rests included) and pitch."""
    rhythm = pitch = 0.0
    notes = sum(one.notes for one in pieces)
    for one in pieces:
        of_rhythm, of_pitch = model.nats_of_events(one.events, one.ground, one.first_ticks)
        rhythm, pitch = rhythm + float(of_rhythm.sum()), pitch + float(of_pitch.sum())
    return {
        "works": len(pieces),
        "notes": notes,
        "rhythm_nats": rhythm / notes,
        "pitch_nats": pitch / notes,
        "nats": (rhythm + pitch) / notes,
    }


CARD = """# Melody model

What it is: counts of which note follows in dance tunes and in the tunes of lead sheets, and weights that mix them with
what the piece itself has played so far. It foretells rhythm, then pitch. {bytes} bytes, {date}.

Learned from: {folk} dance tunes (O'Neill, Ryan, Aird: public-domain music, encodings distributed with permission) and
{songs} lead sheets of OpenEWLD (public-domain works, free redistribution as stated). Every work is in
`melody.works.csv`; settings were chosen on the tunes of "tune", the figures below are of "held", where nothing was
chosen.

| held back | notes | rhythm | pitch | nats a note |
|---|---|---|---|---|
| dance tunes, repeats played out | {folk_notes} | {folk_rhythm:.4f} | {folk_pitch:.4f} | {folk_nats:.4f} |
| songs with chords | {song_notes} | {song_rhythm:.4f} | {song_pitch:.4f} | {song_nats:.4f} |

Not in it: several voices, loudness, where a melody ends, music that is not yet free. Tunes that go by two names may
lie on both sides of the split; the same holds for whatever it is compared with.
"""


def build(date: str) -> dict[str, bytes]:
    """All files by name."""
    folk, songs = list(folk_pieces()), list(song_pieces())
    model = taught([*folk, *songs])
    version = f"melody {date}"
    arrays = {**arrays_of("rhythm", model.rhythm), **arrays_of("pitch", model.pitch)}
    data = file_bytes({**arrays, "version": np.frombuffer(version.encode(), np.uint8)})
    # subtle: judged as it is read back, for the file keeps weights in half precision.
    stored = {name: model_from(name, arrays) for name in ("rhythm", "pitch")}
    model = MelodyModel(**stored, version=version)
    judged = {
        fold: {"folk": figures(model, of_fold(folk, fold)), "songs": figures(model, of_fold(songs, fold))}
        for fold in ("tune", "held")
    }
    works = [one.work for one in (*folk, *songs)]
    manifest = {
        "model": "melody",
        "version": version,
        "date": date,
        "seed": PACE.seed,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "settings": {"pace": asdict(PACE), "least": LEAST, "bits": BITS},
        **{fold: {kind: rounded(of) for kind, of in kinds.items()} for fold, kinds in judged.items()},
        "corpora": [
            {"corpus": name, "licence": LICENCES[name], "works": sum(work.corpus == name for work in works)}
            for name in ("folk_abc", "openewld")
        ],
        "works": "melody.works.csv",
    }
    return {
        "melody.npz": data,
        "melody.manifest.json": (json.dumps(manifest, indent=2) + "\n").encode(),
        "melody.works.csv": works_csv(works).encode(),
        "melody.card.md": card(date, len(data), judged["held"], (folk, songs)).encode(),
    }


def rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def card(
    date: str, size: int, held: dict[str, dict[str, float]], pieces: tuple[Sequence[Piece], Sequence[Piece]]
) -> str:
    """The model card."""
    folk, songs = (len(of_fold(part, "teach")) for part in pieces)
    told = {
        f"{short}_{name}": held[kind][key]
        for short, kind in (("folk", "folk"), ("song", "songs"))
        for name, key in (("notes", "notes"), ("rhythm", "rhythm_nats"), ("pitch", "pitch_nats"), ("nats", "nats"))
    }
    return CARD.format(bytes=size, date=date, folk=folk, songs=songs, **told)


if __name__ == "__main__":
    write_or_check("melody", __doc__, build)
