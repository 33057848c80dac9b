"""SoundFonts: cut a bank down to one preset, with its samples unpacked.

Conventions: reads SoundFont 2.04 and the common "SF3" dialect, whose samples are Ogg Vorbis streams (sample type bit
0x10, start and end in bytes, loop relative to the start). Writes plain 16-bit SoundFont 2. Zones are written flat: what
a global zone says is copied into each zone of its preset or instrument; sends to reverb and chorus are left out. A
preset's generators are *added* to those of its instruments, which lets a caller shift pitch, times and level of
everything at once.

Not covered: modulators (the synthesizer ignores them), 24-bit samples, stereo links (the zones' pan places the sides).

References: SoundFont technical specification 2.04, sections 4 to 8.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from bandmate.song.errors import MediaError

KEY_RANGE, VELOCITY_RANGE = 43, 44
INSTRUMENT, SAMPLE = 41, 53
REVERB_SEND, CHORUS_SEND = 16, 15
GUARD_FRAMES = 46
PACKED = 0x10
MONO = 1

PRESET = struct.Struct("<20sHHHIII")
NAMED_BAG = struct.Struct("<20sH")
BAG = struct.Struct("<HH")
GENERATOR = struct.Struct("<Hh")
MODULATOR_BYTES = 10
HEADER = struct.Struct("<20sIIIIIBbHH")

Zone = dict[int, int]
"""Generator → amount."""


class SampleHeader(NamedTuple):
    """One record of the sample list."""

    name: bytes
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate_hz: int
    pitch: int
    correction: int
    link: int
    kind: int


class SoundFont:
    """A bank in memory.

    Parameters
    ----------
    data : bytes
        the whole file.

    Raises
    ------
    MediaError
        if it is no SoundFont.
    """

    def __init__(self, data: bytes) -> None:
        if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
            raise MediaError("the sound set is no SoundFont; install Bandmate again")
        self._data = memoryview(data)
        lists = {bytes(self._data[at : at + 4]): (at + 4, end) for _, at, end in chunks(self._data, 12, len(data))}
        self._samples_at = next(at for name, at, _ in chunks(self._data, *lists[b"sdta"]) if name == b"smpl")
        self._tables = {name: self._data[at:end] for name, at, end in chunks(self._data, *lists[b"pdta"])}
        records = list(PRESET.iter_unpack(self._tables[b"phdr"]))[:-1]
        self.presets = {(bank, program): index for index, (_, program, bank, *_) in enumerate(records)}

    def cut(self, bank: int, program: int, added: Mapping[int, int], least: Mapping[int, int]) -> bytes:
        """A bank with one preset only.

        Parameters
        ----------
        bank, program : int
            must be in ``presets``.
        added : mapping
            generator → amount that is added to the whole preset.
        least : mapping
            generator → the smallest amount that an instrument's zone may have (what it does not say counts as less).

        Returns
        -------
        bytes
            a SoundFont 2 file.
        """
        zones = [dry(zone) for zone in self._preset_zones(self.presets[bank, program])]
        instruments = list(dict.fromkeys(zone[INSTRUMENT] for zone in zones))
        instrument_zones = [[raised(zone, least) for zone in self._instrument_zones(i)] for i in instruments]
        headers = list(dict.fromkeys(zone[SAMPLE] for each in instrument_zones for zone in each))
        for zone in zones:
            zone[INSTRUMENT] = instruments.index(zone[INSTRUMENT])
            for generator, amount in added.items():
                zone[generator] = zone.get(generator, 0) + amount
        for each in instrument_zones:
            for zone in each:
                zone[SAMPLE] = headers.index(zone[SAMPLE])
        return self._written((bank, program), zones, instrument_zones, headers)

    def _written(
        self, place: tuple[int, int], zones: list[Zone], instruments: list[list[Zone]], headers: list[int]
    ) -> bytes:
        wave, records = self._unpacked(headers)
        preset_bags, preset_generators = zone_tables(zones, INSTRUMENT)
        flat = [zone for each in instruments for zone in each]
        bags, generators = zone_tables(flat, SAMPLE)
        firsts = np.cumsum([0, *(len(each) for each in instruments)])
        named = b"".join(NAMED_BAG.pack(b"instrument", int(first)) for first in firsts[:-1])
        bank, program = place
        presets = PRESET.pack(b"preset", program, bank, 0, 0, 0, 0) + PRESET.pack(b"EOP", 0, 0, len(zones), 0, 0, 0)
        pdta = [
            chunk(b"phdr", presets),
            chunk(b"pbag", preset_bags),
            chunk(b"pmod", bytes(MODULATOR_BYTES)),
            chunk(b"pgen", preset_generators),
            chunk(b"inst", named + NAMED_BAG.pack(b"EOI", len(flat))),
            chunk(b"ibag", bags),
            chunk(b"imod", bytes(MODULATOR_BYTES)),
            chunk(b"igen", generators),
            chunk(b"shdr", records),
        ]
        info = chunk(b"ifil", struct.pack("<HH", 2, 1)) + chunk(b"INAM", b"Bandmate\0\0")
        lists = [b"INFO" + info, b"sdta" + chunk(b"smpl", wave), b"pdta" + b"".join(pdta)]
        return chunk(b"RIFF", b"sfbk" + b"".join(chunk(b"LIST", each) for each in lists))

    def _preset_zones(self, index: int) -> list[Zone]:
        records = list(PRESET.iter_unpack(self._tables[b"phdr"]))
        return self._zones(records[index][3], records[index + 1][3], b"pbag", b"pgen", last=INSTRUMENT)

    def _instrument_zones(self, index: int) -> list[Zone]:
        table = self._tables[b"inst"]
        first = NAMED_BAG.unpack_from(table, NAMED_BAG.size * index)[1]
        after = NAMED_BAG.unpack_from(table, NAMED_BAG.size * (index + 1))[1]
        return self._zones(first, after, b"ibag", b"igen", last=SAMPLE)

    def _zones(self, first: int, after: int, bags: bytes, generators: bytes, *, last: int) -> list[Zone]:
        """The zones from bag ``first`` on, flat; ``last`` is the generator that every zone but a global one has."""
        found: list[Zone] = []
        shared: Zone = {}
        for bag in range(first, after):
            low = BAG.unpack_from(self._tables[bags], BAG.size * bag)[0]
            high = BAG.unpack_from(self._tables[bags], BAG.size * (bag + 1))[0]
            table = self._tables[generators][GENERATOR.size * low : GENERATOR.size * high]
            zone = dict(GENERATOR.iter_unpack(table))
            if last in zone:
                found.append({**shared, **zone})
            elif bag == first:
                shared = zone
        return found

    def _unpacked(self, headers: list[int]) -> tuple[bytes, bytes]:
        """The samples one after the other, and their headers."""
        pieces, records, position = [], [], 0
        for index in headers:
            header = SampleHeader(*HEADER.unpack_from(self._tables[b"shdr"], HEADER.size * index))
            wave = self._wave(header)
            offset = position - (0 if header.kind & PACKED else header.start)
            loop = [min(position + len(wave), at + offset) for at in (header.loop_start, header.loop_end)]
            pieces += [wave.tobytes(), bytes(2 * GUARD_FRAMES)]
            records.append(
                HEADER.pack(
                    header.name, position, position + len(wave), *loop,
                    header.rate_hz, header.pitch, header.correction, 0, MONO,
                )
            )  # fmt: skip
            position += len(wave) + GUARD_FRAMES
        records.append(HEADER.pack(b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0))
        return b"".join(pieces), b"".join(records)

    def _wave(self, header: SampleHeader) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        if not header.kind & PACKED:
            raw = self._data[self._samples_at + 2 * header.start : self._samples_at + 2 * header.end]
            return np.frombuffer(raw, "<i2")
        import soundfile

        packed = bytes(self._data[self._samples_at + header.start : self._samples_at + header.end])
        wave, _ = soundfile.read(io.BytesIO(packed), dtype="int16", always_2d=True)
        first: np.ndarray[tuple[int], np.dtype[np.int16]] = np.ascontiguousarray(wave[:, 0], "<i2")
        return first


def dry(zone: Zone) -> Zone:
    """The zone without its sends to reverb and chorus."""
    return {kind: amount for kind, amount in zone.items() if kind not in (REVERB_SEND, CHORUS_SEND)}


def raised(zone: Zone, least: Mapping[int, int]) -> Zone:
    """The zone, dry, with no amount below its least."""
    plain = dry(zone)
    return plain | {kind: max(low, plain.get(kind, low)) for kind, low in least.items()}


def chunks(data: memoryview, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each RIFF chunk between two places."""
    while start + 8 <= end:
        size = struct.unpack_from("<I", data, start + 4)[0]
        yield bytes(data[start : start + 4]), start + 8, start + 8 + size
        start += 8 + size + (size & 1)


def chunk(name: bytes, body: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)


def zone_tables(zones: list[Zone], last: int) -> tuple[bytes, bytes]:
    """The bag and the generator table of some zones, each with its terminal record."""
    bags, generators, count = [], [], 0
    for zone in zones:
        bags.append(BAG.pack(count, 0))
        order = [kind for kind in (KEY_RANGE, VELOCITY_RANGE) if kind in zone]
        order += [kind for kind in zone if kind not in (KEY_RANGE, VELOCITY_RANGE, last)]
        generators += [GENERATOR.pack(kind, zone[kind]) for kind in [*order, last]]
        count += len(zone)
    bags.append(BAG.pack(count, 0))
    return b"".join(bags), b"".join(generators) + GENERATOR.pack(0, 0)
