"""What a schema cannot see in a DAWproject: whether it holds together.

Conventions: ``check_semantics`` gives problems in words and never stops at the first; an empty answer means that ids
resolve and point to the right kind of thing, numbers are numbers and in range, sound files are there with the rate,
channels and length that are claimed, clips lie inside their sound, and every channel reaches the one master. It reads
any DAWproject, also those of other programs; files it refers to outside the zip are not looked at.

Not covered: the schema itself (validate against Project.xsd as well), plug-in state, warps and nested clips' times.
"""

from __future__ import annotations

import math
import zipfile
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from bandmate.formats.containers import checked_file
from bandmate.song.errors import MediaError
from bandmate.song.time import TICKS_PER_QUARTER, TempoMap, TempoPoint

REFERENCES = {"destination": "Channel", "track": "Track", "parameter": "", "reference": ""}
"""Attributes that name another element, and what it must be (empty: anything)."""

NUMBERS = (
    "time",
    "duration",
    "playStart",
    "playStop",
    "loopStart",
    "loopEnd",
    "fadeInTime",
    "fadeOutTime",
    "contentTime",
)
UNIT_RANGES = {
    "hertz": (1e-3, 1e6),
    "seconds": (0.0, 1e6),
    "bpm": (1e-3, 1e4),
    "percent": (-1e4, 1e4),
    "normalized": (0.0, 1.0),
    "beats": (0.0, 1e9),
}
TAG_RANGES = {"Pan": (0.0, 1.0), "Volume": (0.0, 1e6), "Q": (1e-3, 1e6), "Ratio": (0.0, 1e6)}
NOTE_RANGES = {"key": (0, 127), "channel": (0, 15), "vel": (0, 1), "rel": (0, 1)}
SLACK_SECONDS = 1e-6


def check_semantics(path: Path | str) -> tuple[str, ...]:
    """The problems of a DAWproject, in words; none means that it holds together.

    Raises
    ------
    MediaError
        if the file cannot be read, is no zip, or has no ``project.xml`` that is XML.
    """
    from lxml import etree

    path = checked_file(Path(path))
    try:
        with zipfile.ZipFile(path) as archive:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            root = etree.fromstring(archive.read("project.xml"), parser)
            return tuple(Checker(root, archive).problems())
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as damage:
        raise MediaError(f'"{path.name}" is not a DAWproject: {damage}; export it again') from damage


class Checker:
    """Looks through one project."""

    def __init__(self, root: Any, archive: zipfile.ZipFile) -> None:
        self._root, self._archive = root, archive
        self._by_id = {element.get("id"): element for element in root.iter() if element.get("id")}

    def problems(self) -> Iterator[str]:
        """Every problem found."""
        yield from self._id_problems()
        yield from self._number_problems()
        yield from self._routing_problems()
        yield from self._automation_problems()
        yield from self._note_problems()
        for audio in self._root.iter("Audio"):
            yield from self._audio_problems(audio)
        yield from self._clip_problems()

    def _id_problems(self) -> Iterator[str]:
        counts = Counter(element.get("id") for element in self._root.iter() if element.get("id"))
        yield from (f'{count} elements have the id "{name}"' for name, count in counts.items() if count > 1)
        for element in self._root.iter():
            for attribute, wanted in REFERENCES.items():
                name = element.get(attribute)
                if name is None:
                    continue
                found = self._by_id.get(name)
                if found is None:
                    yield f'{said(element)} refers to "{name}" as its {attribute}, and nothing has that id'
                elif wanted and found.tag != wanted:
                    yield f"{said(element)} has a {found.tag} as its {attribute}; it must be a {wanted}"

    def _number_problems(self) -> Iterator[str]:
        for element in self._root.iter():
            for attribute in NUMBERS:
                text = element.get(attribute)
                value = None if text is None else number(text)
                if text is not None and (value is None or value < 0):
                    yield f'{said(element)} has the {attribute} "{text}"; it must be a number from 0'
            if element.get("unit") and element.get("value") is not None:
                yield from value_problems(element, element.get("value"), element)

    def _routing_problems(self) -> Iterator[str]:
        channels = list(self._root.iter("Channel"))
        masters = [channel for channel in channels if channel.get("role") == "master"]
        if len(masters) != 1:
            yield f"there are {len(masters)} master channels; there must be one"
        for channel in channels:
            if channel.get("role") == "master":
                continue
            if channel.get("destination") is None:
                yield f"{said(channel)} goes nowhere; it needs a destination"
            elif self._runs_in_a_circle(channel):
                yield f"{said(channel)} never reaches the master: its way goes in a circle"

    def _runs_in_a_circle(self, channel: Any) -> bool:
        seen = set()
        at = channel
        while at is not None and at not in seen:
            seen.add(at)
            at = self._by_id.get(at.get("destination"))
        return at is not None

    def _automation_problems(self) -> Iterator[str]:
        for points in self._root.iter("Points", "TempoAutomation", "TimeSignatureAutomation"):
            target = points.find("Target")
            moved = self._by_id.get(target.get("parameter")) if target is not None else None
            last = -math.inf
            for point in points:
                time = number(point.get("time", ""))
                if time is not None and time < last:
                    yield f"{said(point)} of {said(points)} at {time:g} lies before the point that precedes it"
                last = last if time is None else time
                if point.tag == "RealPoint" and moved is not None:
                    yield from value_problems(point, point.get("value", ""), moved)

    def _note_problems(self) -> Iterator[str]:
        for note in self._root.iter("Note"):
            for attribute, (low, high) in NOTE_RANGES.items():
                text = note.get(attribute)
                value = None if text is None else number(text)
                if text is not None and (value is None or not low <= value <= high):
                    yield f'a note at {note.get("time")} has the {attribute} "{text}"; possible are {low} to {high}'
        for clip in self._root.iter("Clip"):
            length = number(clip.get("duration", ""))
            late = [n for n in clip.iterfind("Notes/Note") if length is not None and end_of(n) > length + SLACK_SECONDS]
            if late:
                yield f"{said(clip)} is {length:g} beats long and {len(late)} of its notes go beyond"

    def _audio_problems(self, audio: Any) -> Iterator[str]:
        """Claims of an Audio element against libsndfile's reading of the file."""
        import soundfile

        file = audio.find("File")
        if file is None or file.get("external") == "true":
            return
        name = file.get("path", "")
        if name not in self._archive.namelist():
            yield f'the sound file "{name}" is not in the project'
            return
        try:
            with self._archive.open(name) as data, soundfile.SoundFile(data) as sound:
                there = {"sampleRate": sound.samplerate, "channels": sound.channels}
                seconds = sound.frames / sound.samplerate
        except soundfile.LibsndfileError as failure:
            yield f'the sound file "{name}" cannot be read: {failure.error_string}'
            return
        for attribute, value in there.items():
            if number(audio.get(attribute, "")) != value:
                yield f'"{name}" has the {attribute} {value}, the project says {audio.get(attribute)}'
        claimed = number(audio.get("duration", ""))
        if claimed is None or abs(claimed - seconds) > 1 / there["sampleRate"]:
            yield f'"{name}" lasts {seconds:.6f} s, the project says {audio.get("duration")}'

    def _clip_problems(self) -> Iterator[str]:
        tempo = self._tempo()
        for clip in self._root.iter("Clip"):
            audio = clip.find("Audio")
            time, duration = number(clip.get("time", "")), number(clip.get("duration", ""))
            if audio is None or time is None or duration is None or clip.get("contentTimeUnit") != "seconds":
                continue
            ends = [tempo.seconds_at(Fraction(at) * TICKS_PER_QUARTER) for at in (time, time + duration)]
            last = (number(clip.get("playStart", "0")) or 0.0) + float(ends[1] - ends[0])
            there = number(audio.get("duration", ""))
            if there is not None and last > there + SLACK_SECONDS:
                yield f"{said(clip)} plays until {last:.6f} s of a sound that lasts {there:.6f} s"

    def _tempo(self) -> TempoMap:
        first = self._root.find("Transport/Tempo")
        places = {0: number(first.get("value", "")) if first is not None else None}
        for point in self._root.iterfind("Arrangement/TempoAutomation/RealPoint"):
            at = number(point.get("time", ""))
            if at is not None and at >= 0:
                places[round(at * TICKS_PER_QUARTER)] = number(point.get("value", ""))
        return TempoMap(
            points=tuple(
                TempoPoint(id=f"t{at}", at_ticks=at, bpm=min(1_000.0, max(3.0, bpm)))
                for at, bpm in places.items()
                if bpm is not None
            )
        )


def value_problems(element: Any, text: str, parameter: Any) -> Iterator[str]:
    """A value that is no number, or outside what its parameter allows."""
    value = number(text)
    if value is None:
        yield f'{said(element)} has the value "{text}"; it must be a number'
        return
    stated = [number(parameter.get(limit, "")) for limit in ("min", "max")]
    unit_range = UNIT_RANGES.get(parameter.get("unit"), (-math.inf, math.inf))
    tag_range = (
        TAG_RANGES.get(parameter.tag, (-math.inf, math.inf)) if parameter.get("unit") != "decibel" else unit_range
    )
    lows = [unit_range[0], tag_range[0], *([stated[0]] if stated[0] is not None else [])]
    highs = [unit_range[1], tag_range[1], *([stated[1]] if stated[1] is not None else [])]
    # Limits are written with nine places; the value may be the limit itself.
    if not max(lows) - SLACK_SECONDS * 1e-3 <= value <= min(highs) + SLACK_SECONDS * 1e-3:
        yield f"{said(element)} has the value {value:g}; possible are {max(lows):g} to {min(highs):g}"


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def end_of(note: Any) -> float:
    return (number(note.get("time", "")) or 0.0) + (number(note.get("duration", "")) or 0.0)


def said(element: Any) -> str:
    """An element for a message: its kind, and its name or that of the track it is in."""
    at = element
    while at is not None and not at.get("name"):
        at = at.getparent()
    if at is None:
        return str(element.tag)
    return f'{element.tag} "{at.get("name")}"' if at is element else f'{element.tag} in {at.tag} "{at.get("name")}"'
