"""Making masters on the bench: which are wanted, each tried, written and kept as a draft until all are there.

Nothing is put into the project here, so that a run that is stopped leaves it as it was.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bandmate.verbs.master_files import fits, master_file, print_master
from bandmate.verbs.printing import Printed
from bandmate.verbs.progress import Progress, part
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.song.proposal import Proposal
    from bandmate.song.song import Song
    from bandmate.sound.audio import Samples
    from bandmate.stages.master.alternatives import Alternative
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.delivery import DeliveryProfile
    from bandmate.stages.master.finish import Mastered
    from bandmate.stages.master.medium_checks import CheckRow
    from bandmate.stages.master.study import Study
    from bandmate.verbs.codec_preview import CodecPreview
    from bandmate.verbs.mastering import MasterOptions

CODEC_ROOM_DB = 0.05
CODEC_ROUNDS = 4
"""Lowering the ceiling does not lower every decoded peak by as much, so it is looked at again, at most so often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A master that is written, and its proposal, which the project does not have yet.

    Attributes
    ----------
    is_untouched : bool
        whether the file has the piece sample for sample.
    reduction_db : tuple of float
        the limiter's lowest gain in each tenth of a second, 0 or less; empty without a limiter.
    coded : CodecPreview or None
        what codecs make of it, where that was looked at.
    medium : tuple of CheckRow
        what vinyl or a club asks for, where it goes there.
    """

    name: str
    sentence: str
    brief: MasterBrief
    profile: DeliveryProfile | None
    proposal: Proposal
    done: Mastered | None
    printed: Printed
    is_untouched: bool = False
    reduction_db: tuple[float, ...] = ()
    coded: CodecPreview | None = None
    medium: tuple[CheckRow, ...] = ()


def master_names(destination_ids: Sequence[str], direction: str) -> list[str]:
    """The name of every master: the destination, and the alternative where there are several."""
    from bandmate.stages.master.alternatives import alternatives
    from bandmate.stages.master.brief import MasterBrief

    first, *others = destination_ids
    named = [one.name for one in alternatives(MasterBrief(), direction, loudness_lufs=None)]
    return [f"master-{first}-{name}" if name else f"master-{first}" for name in named] + [
        f"master-{name}" for name in others
    ]


def planned(asked: MasterBrief, names: Sequence[str], direction: str) -> list[Alternative]:
    """What is tried: the alternatives for the first destination, and the other destinations as asked."""
    from bandmate.stages.master.alternatives import Alternative, alternatives
    from bandmate.stages.master.goal import goal_of
    from bandmate.stages.master.target import target_of

    first = replace(asked, profile=names[0])
    goal = goal_of(first, target_of(first.references))
    found = list(alternatives(first, direction, loudness_lufs=goal.loudness_lufs))
    return found + [Alternative("", "", replace(asked, profile=name)) for name in names[1:]]


def drafted(
    song: Song,
    study: Study,
    place: Path,
    asked: MasterBrief,
    names: Sequence[str],
    options: MasterOptions,
    progress: Progress,
) -> tuple[Draft, ...]:
    """All masters, tried on one bench and written into ``place``."""
    plan = planned(asked, names, options.alternatives)
    drafts = []
    for count, (name, one) in enumerate(zip(master_names(names, options.alternatives), plan, strict=True)):
        share = part(progress, count / len(plan), (count + 1) / len(plan))
        drafts.append(draft(song, study, place / f"{name}.wav", one, options, share))
    return tuple(drafts)


def draft(song: Song, study: Study, path: Path, one: Alternative, options: MasterOptions, progress: Progress) -> Draft:
    """One master, with a lower ceiling where a codec of the destination asks for it."""
    from bandmate.stages.master.brief import REFERENCE
    from bandmate.stages.master.delivery import delivery_profile
    from bandmate.stages.master.propose import proposal_for, tried

    profile = None if one.brief.profile == REFERENCE else delivery_profile(one.brief.profile)
    brief = one.brief
    coded: CodecPreview | None = None
    for count in range(CODEC_ROUNDS):
        share = part(progress, count / CODEC_ROUNDS, 1.0)
        share("trying a master", 0.0)
        done = tried(song, brief, study)
        share("writing the master", 0.6)
        printed, is_untouched = written(study, done, path, profile, song, options)
        coded = coded_for(printed, done, profile) if options.is_codec_safe else None
        ceiling_dbtp = codec_ceiling(coded, done)
        if ceiling_dbtp is None or count == CODEC_ROUNDS - 1:
            break
        brief = replace(brief, ceiling_dbtp=ceiling_dbtp)
    return Draft(
        name=path.stem,
        sentence=one.sentence,
        brief=brief,
        profile=profile,
        proposal=proposal_for(song, brief, study, done, version=__version__),
        done=done,
        printed=printed,
        is_untouched=is_untouched,
        reduction_db=reduction_db(study, done) if options.has_report or options.has_plots else (),
        coded=coded,
        medium=medium_checks(study, done, profile),
    )


def medium_checks(study: Study, done: Mastered | None, profile: DeliveryProfile | None) -> tuple[CheckRow, ...]:
    """The checks before a master is cut to vinyl or goes to a club; none for other destinations."""
    from bandmate.stages.master.medium_checks import VinylLimits, check_club, check_vinyl

    if done is None or profile is None:
        return ()

    def tape() -> Iterator[Samples]:
        return study.played(done.chain)

    if profile.side_lengths:
        limits = VinylLimits(sides=profile.side_lengths)
        return check_vinyl(done.after, tape, study.rate_hz, limits)
    if profile.mono_below_hz:
        return check_club(tape, study.rate_hz, mono_below_hz=profile.mono_below_hz)
    return ()


def written(
    study: Study, done: Mastered | None, path: Path, profile: DeliveryProfile | None, song: Song, options: MasterOptions
) -> tuple[Printed, bool]:
    """The file of a master, and whether it has the piece sample for sample.

    That is so where nothing is done to the sound and its samples fit the file as they are: then not even dither is
    added.
    """
    from bandmate.stages.master.nodes import LIMITER

    chain = done.chain if done else ()
    has_limiter = done is not None and done.node(LIMITER).state == "on"
    ceiling_dbtp = done.request.goal.ceiling_dbtp if done else 0.0
    file = master_file(profile, song, ceiling_dbtp=ceiling_dbtp, keeps_ceiling=has_limiter, tags=options.tags)
    is_untouched = not chain and file.rate_hz == study.rate_hz and fits(study.played(()), file.kind)
    file = dataclasses.replace(file, is_dithered=not is_untouched)
    heard = done.after if done else None
    return print_master(lambda _: study.played(chain), study.rate_hz, path, file, heard=heard), is_untouched


def coded_for(printed: Printed, done: Mastered | None, profile: DeliveryProfile | None) -> CodecPreview | None:
    """What the codecs of the destination make of a master; None where it has none, or no limiter could help."""
    from bandmate.stages.master.nodes import LIMITER
    from bandmate.verbs.codec_preview import preview_codecs

    if done is None or profile is None or not profile.lossy_codecs or done.node(LIMITER).state != "on":
        return None
    return preview_codecs(printed.path, profiles=[profile])


def codec_ceiling(coded: CodecPreview | None, done: Mastered | None) -> float | None:
    """A ceiling low enough for every codec to decode to at most 0 dBTP; None where all do already."""
    from bandmate.verbs.codec_preview import margin_for

    if coded is None or done is None:
        return None
    margin_db = margin_for(coded)
    return round(done.request.goal.ceiling_dbtp - margin_db - CODEC_ROOM_DB, 2) if margin_db > 0.0 else None


def reduction_db(study: Study, done: Mastered | None) -> tuple[float, ...]:
    """What the limiter of a master takes off, by tenths of a second, from one more run of it; empty without one."""
    from bandmate.sound.limiter import LimiterProcessor
    from bandmate.stages.master.nodes import LIMITER

    if done is None or done.node(LIMITER).state != "on":
        return ()
    place = next(n for n, device in enumerate(done.chain) if device.id == LIMITER)
    device = done.chain[place]
    processor = LimiterProcessor(device, rate_hz=study.rate_hz, channels=2)  # type: ignore[arg-type]
    for block in study.before_fader(done.chain[:place]):
        processor.process(block)
    return tuple(float(db) for db in processor.history_db)
