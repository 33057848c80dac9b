"""What a master's report looks at beyond the tries themselves: other places, the stereo picture, excerpts to be heard.

Worked out while the piece is on the bench, two sounds at a time. What costs more than its worth in every report is left
to be asked for: of four minutes, each codec takes 5 to 14 s of one core, and all other places together 4 s. So codecs
are looked at when they are asked for, and other places for the first master, for the rest with their files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.verbs.master_players import EXCERPT_SECONDS, HeardReference, excerpt_players
from bandmate.verbs.progress import Progress
from bandmate.verbs.references import files_of, heard_file

if TYPE_CHECKING:
    from bandmate.report.data import Player
    from bandmate.sound.audio import Samples
    from bandmate.sound.stereo_picture import StereoPicture
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.master.study import Study
    from bandmate.stages.master.translated import TranslationRow
    from bandmate.verbs.master_extras import Extras
    from bandmate.verbs.master_making import Draft
    from bandmate.verbs.mastering import Order
    from bandmate.verbs.references import Memory

    Tape = Callable[[], Iterable[Samples]]

PICTURE_ROOM_DB = 12.0
"""The edge of the stereo picture lies so far above the sound's own RMS."""

SILENT_DBFS = -100.0


@dataclass(frozen=True, slots=True)
class Look:
    """One sound in other places, and its picture beside that of the piece as it came; None for silence."""

    places: tuple[TranslationRow, ...]
    picture: StereoPicture | None
    before: StereoPicture | None = None


@dataclass(frozen=True, slots=True)
class Looks:
    """Everything that was looked at: ``masters`` go with the drafts, ``references`` are those that are files."""

    before: Look
    masters: tuple[Look, ...]
    references: tuple[HeardReference, ...]
    players: tuple[Player, ...]
    excerpt_at_seconds: float
    excerpt_seconds: float
    extras: Extras


def looked_at(
    study: Study, drafts: Sequence[Draft], order: Order, extras: Extras, memory: Memory, progress: Progress
) -> Looks | None:
    """Everything that the report needs and nobody has measured yet; None where no report is wanted."""
    from bandmate.formats.audio_files import decode_blocks

    if not (order.options.has_report or order.options.has_plots):
        return None
    progress("looking at the masters", 0.0)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(look, study.before, lambda: study.played(()))
        others = []
        for count, (one, translation) in enumerate(zip(drafts, extras.translations, strict=True)):
            known = translation.rows if translation else None if count == 0 else ()
            tape = partial(decode_blocks, one.printed.path)
            others.append(pool.submit(look, one.printed.hearing, tape, known))
        looks = [task.result() for task in (first, *others)]
    progress("making the excerpts", 0.7)
    references = heard_references(order.references, memory)
    players, start = excerpt_players(study, drafts, references)
    before, *masters = looks
    return Looks(
        before=before,
        masters=tuple(replace(one, before=before.picture) for one in masters),
        references=references,
        players=players,
        excerpt_at_seconds=start,
        excerpt_seconds=min(EXCERPT_SECONDS, study.before.seconds),
        extras=extras,
    )


def look(heard: Hearing, tape: Tape, places: tuple[TranslationRow, ...] | None = None) -> Look:
    """One sound; ``places`` where the other places are known already."""
    from bandmate.stages.master.translation import translate

    if places is None:
        places = translate(tape, heard.rate_hz)
    return Look(places, picture_of(heard, tape))


def picture_of(heard: Hearing, tape: Tape) -> StereoPicture | None:
    """The stereo picture, its edge 12 dB above the sound's RMS; None for silence."""
    from bandmate.sound.stereo_picture import PictureMeter

    if heard.sample_peak_dbfs < SILENT_DBFS:
        return None
    edge_dbfs = heard.sample_peak_dbfs - heard.crest_db + PICTURE_ROOM_DB
    meter = PictureMeter(heard.rate_hz, heard.channels, edge_dbfs=edge_dbfs)
    for block in tape():
        meter.feed(block)
    return meter.result()


def heard_references(items: Sequence[Path | str], memory: Memory) -> tuple[HeardReference, ...]:
    """The references that are files, as they were heard already."""
    found = []
    for item in items:
        for path, _ in files_of(item):
            if not path.name.endswith(".json"):
                hearing, digest = heard_file(path, memory)
                found.append(HeardReference(path.name, path, hearing, digest))
    return tuple(found)
