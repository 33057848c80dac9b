"""A song as a DAWproject's ``project.xml`` and ``metadata.xml``.

Conventions: a flat arrangement in beats (quarter notes) from the start of the song; audio clips say where they begin in
their file, and their fades, in seconds. Faders are linear gain (0 to 2 and above), pan is 0 to 1 with the centre at
0.5. A bus that tracks play into is a ``submix``, one that is only sent to is an ``effect``. Volume automation moves in
straight lines of decibels, so it is written in steps of at most 1 dB, between which a straight line is near enough.
Sections become markers. The element order is the schema's.

Not covered: scenes, warps, nested clips, group tracks.

Reference: DAWproject 1.0, Project.xsd and MetaData.xsd.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bandmate.formats.dawproject_devices import Elements, add_device, text_of
from bandmate.formats.dawproject_values import (
    GAIN,
    SILENCE_DB,
    beats,
    first_of_each,
    linear_gain,
    pan_share,
    panned,
    stepped,
)
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.song import Song
from bandmate.song.time import meter_steps, tempo_steps
from bandmate.song.tracks import MAIN, Automation, Bus, Main, Send, Track

WIDEST_FADER = 2.0
DRUM_CHANNEL = 9
FASTEST_BPM, SLOWEST_BPM = 1_000.0, 3.0

METADATA = (
    "Title",
    "Artist",
    "Album",
    "OriginalArtist",
    "Composer",
    "Songwriter",
    "Producer",
    "Arranger",
    "Year",
    "Genre",
    "Copyright",
    "Website",
    "Comment",
)
COLOURS = {
    "#c0504d": ("kick", "snare", "hats", "toms", "cymbals", "drums", "percussion"),
    "#8064a2": ("bass",),
    "#4f9d5b": ("electric-guitar", "acoustic-guitar", "lead-guitar"),
    "#4f81bd": ("piano", "keys", "organ", "synth", "pad"),
    "#c9a227": ("strings", "brass", "woodwind"),
    "#e07b39": ("lead-vox", "backing-vox"),
}
COLOUR_OF_ROLE = {role: colour for colour, roles in COLOURS.items() for role in roles}

Strip = Track | Bus | Main


@dataclass(frozen=True, slots=True)
class PackedAudio:
    """A sound file as it lies in the zip."""

    path: str
    channels: int
    frames: int
    rate_hz: int

    @property
    def seconds(self) -> Fraction:
        return Fraction(self.frames, self.rate_hz)


class ProjectBuilder:
    """Builds the XML of one song.

    Parameters
    ----------
    song : Song
        with references that resolve.
    packed : callable
        from the hash of a recording to its file in the zip.
    printed : mapping
        from the id of a track, or of a bus that is only sent to, to its file: its sound before the fader.
    """

    def __init__(
        self, song: Song, packed: Callable[[str], PackedAudio], printed: Mapping[str, PackedAudio], version: str
    ) -> None:
        self._song, self._packed, self._printed, self._version = song, packed, printed, version
        self._elements = Elements()
        self._channels: dict[str, Any] = {}
        self._lanes: list[tuple[Strip, Any]] = []
        self._faders: dict[str, dict[str, str]] = {}

    def project(self) -> Any:
        """The ``Project`` element."""
        from lxml import etree

        root = etree.Element("Project", version="1.0")
        self._elements.child(root, "Application", name="Bandmate", version=self._version)
        tempo_id, meter_id = self._add_transport(root)
        self._add_structure(self._elements.child(root, "Structure"))
        arrangement = self._elements.named(root, "Arrangement")
        self._add_lanes(self._elements.named(arrangement, "Lanes", timeUnit="beats"))
        self._add_markers(arrangement)
        self._add_tempo_automation(arrangement, tempo_id, meter_id)
        return root

    def _add_transport(self, root: Any) -> tuple[str, str]:
        transport = self._elements.child(root, "Transport")
        limits = {"min": SLOWEST_BPM, "max": FASTEST_BPM}
        tempo = self._elements.real(transport, "Tempo", self._song.tempo.bpm_at(0), "bpm", **limits)
        first = meter_steps(self._song.meters)[0]
        meter = self._elements.named(
            transport, "TimeSignature", denominator=first.denominator, numerator=first.numerator
        )
        return tempo.get("id"), meter.get("id")

    def _add_structure(self, structure: Any) -> None:
        song = self._song
        for track in song.tracks:
            content = "notes" if any(isinstance(clip, NoteClip) for clip in track.clips) else "audio"
            if content == "notes" and any(isinstance(clip, AudioClip) for clip in track.clips):
                content = "audio notes"
            content = "audio" if track.id in self._printed else content
            self._add_strip(structure, track, content, role="regular")
        fed = {track.output for track in song.tracks} | {bus.output for bus in song.buses}
        for bus in song.buses:
            role = "regular" if self._is_printed(bus) else "submix" if bus.id in fed else "effect"
            self._add_strip(structure, bus, "audio", role=role)
        self._add_strip(structure, song.main, "audio", role="master")
        for strip, _ in self._lanes:
            self._connect(strip)

    def _add_strip(self, structure: Any, strip: Strip, content: str, *, role: str) -> None:
        """A track with its channel, without what points to other channels."""
        elements, key = self._elements, strip_key(strip)
        name = MAIN.capitalize() if isinstance(strip, Main) else strip.name or strip.id
        colour = COLOUR_OF_ROLE.get(strip.role) if isinstance(strip, Track) else None
        track = elements.named(structure, "Track", contentType=content, loaded=True, name=name, color=colour)
        channel = elements.named(track, "Channel", audioChannels=2, role=role, solo=False)
        devices = elements.child(channel, "Devices")
        for device in () if self._is_printed(strip) else strip.inserts:
            add_device(elements, devices, device)
        elements.named(channel, "Mute", value=getattr(strip, "mute", False), name="Mute")
        pan = elements.real(channel, "Pan", pan_share(getattr(strip, "pan", 0.0)), "normalized", min=0, max=1)
        if isinstance(strip, Track) and strip.sends:
            elements.child(channel, "Sends")
        moves = [
            point.value for one in first_of_each(strip.automation) for point in one.points if one.parameter == GAIN
        ]
        volume = self._fader(channel, strip.gain_db, highest_db=strip.gain_db + max(moves, default=0.0))
        self._channels[key] = channel
        self._faders[key] = {GAIN: volume.get("id"), "pan": pan.get("id")}
        self._lanes.append((strip, track))

    def _fader(self, parent: Any, gain_db: float, *, highest_db: float = SILENCE_DB) -> Any:
        highest = max(WIDEST_FADER, linear_gain(gain_db), linear_gain(highest_db))
        return self._elements.real(parent, "Volume", linear_gain(gain_db), "linear", min=0, max=highest)

    def _connect(self, strip: Strip) -> None:
        """Where a strip's sound goes. All channels must be there."""
        channel = self._channels[strip_key(strip)]
        if isinstance(strip, Main):
            return
        channel.set("destination", self._channels[bus_key(strip.output)].get("id"))
        if isinstance(strip, Track):
            for send in strip.sends:
                self._add_send(channel.find("Sends"), send)

    def _add_send(self, sends: Any, send: Send) -> None:
        if any(self._is_printed(bus) for bus in self._song.buses if bus.id == send.bus):
            return
        made = self._elements.named(
            sends,
            "Send",
            destination=self._channels[bus_key(send.bus)].get("id"),
            type="pre" if send.pre_fader else "post",
        )
        self._elements.named(made, "Enable", value=send.enabled)
        self._fader(made, send.gain_db)

    def _is_printed(self, strip: Strip) -> bool:
        return is_printed(self._song, strip, self._printed)

    def _add_lanes(self, lanes: Any) -> None:
        for strip, track in self._lanes:
            own = self._elements.named(lanes, "Lanes", track=track.get("id"))
            self._add_clips(own, strip)
            for automation in first_of_each(strip.automation):
                self._add_automation(own, strip, automation)

    def _add_clips(self, lanes: Any, strip: Strip) -> None:
        clips = self._elements.named(lanes, "Clips")
        if self._is_printed(strip) and not isinstance(strip, Main):
            audio = self._printed[strip.id]
            self._add_audio(clips, audio, (Fraction(0), Fraction(0), audio.seconds), name=strip.name or strip.id)
            return
        if not isinstance(strip, Track):
            return
        for clip in strip.clips:
            if isinstance(clip, NoteClip):
                self._add_notes(clips, clip)
            else:
                self._add_audio_clip(clips, clip)

    def _add_notes(self, clips: Any, clip: NoteClip) -> None:
        made = self._elements.child(
            clips,
            "Clip",
            time=beats(clip.start_ticks),
            duration=beats(clip.length_ticks),
            playStart=0,
            name=clip.name or clip.id,
            enable=not clip.mute,
        )
        notes = self._elements.named(made, "Notes")
        for note in clip.notes:
            if note.start_ticks < clip.length_ticks:
                self._elements.child(
                    notes,
                    "Note",
                    time=beats(note.start_ticks),
                    duration=beats(min(note.length_ticks, clip.length_ticks - note.start_ticks)),
                    channel=DRUM_CHANNEL if clip.instrument.is_drums else 0,
                    key=note.pitch,
                    vel=note.velocity / 127,
                )

    def _add_audio_clip(self, clips: Any, clip: AudioClip) -> None:
        """The window onto the recording, cut to what the recording has."""
        audio = self._packed(clip.audio)
        begin = Fraction(clip.source_start_frame, clip.source_rate_hz)
        length = min(Fraction(clip.source_frames, clip.source_rate_hz), audio.seconds - begin)
        if length <= 0:
            return
        made = self._add_audio(
            clips, audio, (Fraction(clip.start_seconds), begin, length), name=clip.name or clip.id, enable=not clip.mute
        )
        fade_in, fade_out = clip.fade_in_ms / 1_000, clip.fade_out_ms / 1_000
        share = min(1.0, float(length) / (fade_in + fade_out)) if fade_in + fade_out else 0.0
        if share:
            made.set("fadeTimeUnit", "seconds")
            made.set("fadeInTime", text_of(fade_in * share))
            made.set("fadeOutTime", text_of(fade_out * share))

    def _add_audio(
        self,
        clips: Any,
        audio: PackedAudio,
        place: tuple[Fraction, Fraction, Fraction],
        *,
        name: str,
        enable: bool = True,
    ) -> Any:
        """A clip of ``place``: start in the song, start in the file, length, all in seconds."""
        start, begin, length = place
        at = self._song.tempo.exact_ticks_at(start)
        end = self._song.tempo.exact_ticks_at(start + length)
        made = self._elements.child(
            clips,
            "Clip",
            time=beats(at),
            duration=beats(end - at),
            contentTimeUnit="seconds",
            playStart=float(begin),
            name=name,
            enable=enable,
        )
        content = self._elements.named(
            made,
            "Audio",
            channels=audio.channels,
            sampleRate=audio.rate_hz,
            duration=float(audio.seconds),
            timeUnit="seconds",
        )
        self._elements.child(content, "File", path=audio.path, external=False)
        return made

    def _add_automation(self, lanes: Any, strip: Strip, automation: Automation) -> None:
        is_gain = automation.parameter == GAIN
        unit = "linear" if is_gain else "normalized"
        points = self._elements.named(lanes, "Points", unit=unit, timeUnit="beats")
        self._elements.child(points, "Target", parameter=self._faders[strip_key(strip)][automation.parameter])
        values = stepped(automation.points, strip.gain_db) if is_gain else panned(automation.points)
        for at, value in values:
            self._elements.child(points, "RealPoint", time=beats(at), value=value, interpolation="linear")

    def _add_markers(self, arrangement: Any) -> None:
        song = self._song
        places = [(marker.at_ticks, marker.name) for marker in song.markers]
        places += [(song.meters.ticks_at_bar(section.start_bar), section.name) for section in song.sections]
        if not places:
            return
        markers = self._elements.named(arrangement, "Markers", timeUnit="beats")
        for at, name in sorted(places):
            self._elements.child(markers, "Marker", name=name, time=beats(at))

    def _add_tempo_automation(self, arrangement: Any, tempo_id: str, meter_id: str) -> None:
        starts, _, _ = tempo_steps(self._song.tempo)
        if len(starts) > 1:
            points = self._elements.named(arrangement, "TempoAutomation", unit="bpm", timeUnit="beats")
            self._elements.child(points, "Target", parameter=tempo_id)
            for at in starts:
                bpm = self._song.tempo.bpm_at(at)
                self._elements.child(points, "RealPoint", time=beats(at), value=bpm, interpolation="hold")
        steps = meter_steps(self._song.meters)
        if len(steps) > 1:
            points = self._elements.named(arrangement, "TimeSignatureAutomation", timeUnit="beats")
            self._elements.child(points, "Target", parameter=meter_id)
            for step in steps:
                self._elements.child(
                    points,
                    "TimeSignaturePoint",
                    time=beats(step.start_ticks),
                    numerator=step.numerator,
                    denominator=step.denominator,
                )


def metadata_element(song: Song, metadata: Mapping[str, str]) -> Any:
    """The ``MetaData`` element; names as the schema has them (Title, Artist, OriginalArtist …), in any case."""
    from lxml import etree

    root = etree.Element("MetaData")
    given = {name.replace("_", "").casefold(): text for name, text in metadata.items()}
    given.setdefault("title", song.title)
    for name in METADATA:
        if given.get(name.casefold()):
            etree.SubElement(root, name).text = text_of(given[name.casefold()])
    return root


def is_printed(song: Song, strip: Strip, printed: Container[str]) -> bool:
    """Whether a strip is among the printed ones; of a track and a bus with one id, the track is meant."""
    if isinstance(strip, Main) or strip.id not in printed:
        return False
    return isinstance(strip, Track) or all(track.id != strip.id for track in song.tracks)


def strip_key(strip: Strip) -> str:
    """A name for a strip that no other strip of the song has."""
    if isinstance(strip, Main):
        return bus_key(MAIN)
    return f"track {strip.id}" if isinstance(strip, Track) else bus_key(strip.id)


def bus_key(name: str) -> str:
    return f"bus {name}"
