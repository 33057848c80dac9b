"""The records of a DDP 2.00 file set: DDPID and map packets of 128 bytes, PQ packets of 64, as bytes and back.

Conventions: every record is ASCII in fields of fixed width, texts from the left, blanks where nothing is set, no line
ends. Times and lengths are decimal; times count from the first sector of the image, ``MMSSFF`` in 75ths of a second.

Choices, where writers differ (what cue2ddp, Sonoris and HOFA write is known, the standard itself is not public):

- lengths are padded with zeros, the start of the image is ``00000000`` and it is "not scrambled" (0), as Sonoris and
  HOFA have it; cue2ddp pads with blanks, leaves the start open and writes 1 for scrambled;
- storage mode 7 (whole sectors of 2352 bytes), as all three; one other writer has 0, which readers take as well;
- the CD-Text packet bears track 00, as cue2ddp and Sonoris; HOFA leaves it blank;
- an ISRC stands in the first packet of its track, the bar code in the DDPID and the first PQ packet; the lead-out
  packet is written twice; all as cue2ddp;
- the user text of the DDPID is left empty: writers put it at byte 95 or at 96, and nobody knows which is right.

Uncertain: the meaning of MSS, MSL, DSP, PRE1, PST, NEW, PRE1NXT, PAUSEADD and OFS, which all known writers leave blank
on an audio CD, and so do we; BK, where Sonoris writes O and the others nothing; SCR and SSM as said above.

Not covered: DDP 1.01, DVD, data tracks, several sessions, four channels, SCMS.

References: no text of DCA's was used. Layouts after the open description of the ddp-reverse-eng project (MIT,
``spec/ddp2.md``, made by running cue2ddp and ddpinfo of the DDP Mastering Tools 1.1, and by looking at sets of Sonoris
and HOFA, which are known here from that description only), held against two independent readers, XLD's
``XLDDDPParser.m`` and the Knurl DDP Player, and a writer, Audio Distillery's. The PQ and DDPID bytes agree with files
that cue2ddp wrote. No plant's software was at hand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bandmate.formats.disc import DiscTrack, clock, sector_of
from bandmate.formats.latin_text import latin_text
from bandmate.formats.red_book import PressableDisc
from bandmate.song.errors import MediaError

Fields = tuple[tuple[str, int], ...]
"""Names and widths of a record's fields, in order."""

ID_FIELDS: Fields = (
    *(("DDPID", 8), ("UPC", 13), ("MSS", 8), ("MSL", 8), ("MED", 1), ("MID", 48), ("BK", 1), ("TYPE", 2)),
    *(("NSIDE", 1), ("SIDE", 1), ("NLAYER", 1), ("LAYER", 1), ("SIZ", 2), ("TXT", 33)),
)
MAP_FIELDS: Fields = (
    *(("MPV", 4), ("DST", 2), ("DSP", 8), ("DSL", 8), ("DSS", 8), ("SUB", 8), ("CDM", 2), ("SSM", 1), ("SCR", 1)),
    *(("PRE1", 4), ("PRE2", 4), ("PST", 4), ("MED", 1), ("TRK", 2), ("IDX", 2), ("ISRC", 12), ("SIZ", 3), ("DSI", 17)),
    *(("NEW", 1), ("PRE1NXT", 4), ("PAUSEADD", 8), ("OFS", 9), ("PAD", 15)),
)
PQ_FIELDS: Fields = (
    *(("SPV", 4), ("TRK", 2), ("IDX", 2), ("HRS", 2), ("TIME", 6), ("CB1", 2), ("CB2", 2)),
    *(("ISRC", 12), ("UPC", 13), ("TXT", 19)),
)
ID_BYTES, MAP_BYTES, PQ_BYTES = (sum(width for _, width in each) for each in (ID_FIELDS, MAP_FIELDS, PQ_FIELDS))
LEVEL, MAP_MARK, PQ_MARK = "DDP 2.00", "VVVM", "VVVS"
MAIN_DATA, SUBCODE = "D0", "S0"
PQ_KIND, TEXT_KIND = "PQ DESCR", "CDTEXT"
LEAD_IN, LEAD_OUT = "00", "AA"
PRE_EMPHASIS_BIT, COPY_BIT = 1, 2
NAME_LETTERS = 17


@dataclass(frozen=True, slots=True)
class PqMark:
    """A PQ packet: where an index of a track begins. ``track`` is 00 for the lead-in, AA for the lead-out."""

    track: str
    index: int
    sector: int
    control: int = 0
    isrc: str = ""
    ean: str = ""
    is_protected: bool = False


def record(fields: Fields, values: Mapping[str, str]) -> bytes:
    """A record with the given fields filled and all others blank."""
    unknown = set(values) - {name for name, _ in fields}
    assert not unknown, unknown
    texts = [values.get(name, "") for name, _ in fields]
    assert all(len(text) <= width for text, (_, width) in zip(texts, fields, strict=True)), texts
    return "".join(text.ljust(width) for text, (_, width) in zip(texts, fields, strict=True)).encode("ascii")


def parsed(fields: Fields, data: bytes) -> dict[str, str]:
    """The fields of one record, blanks around them taken away; what is no ASCII becomes ``?``."""
    text = data.decode("ascii", errors="replace").replace("\ufffd", "?")
    values, at = {}, 0
    for name, width in fields:
        values[name] = text[at : at + width].strip(" \0")
        at += width
    return values


def parsed_all(fields: Fields, data: bytes, mark: str, name: str) -> Iterator[dict[str, str]]:
    """The records of a stream.

    Raises
    ------
    MediaError
        if the length is no whole number of records, or one does not begin with ``mark``.
    """
    size = sum(width for _, width in fields)
    if not data or len(data) % size:
        raise MediaError(f'"{name}" has {len(data)} bytes, its records have {size} each; it was cut off')
    for at in range(0, len(data), size):
        values = parsed(fields, data[at : at + size])
        if next(iter(values.values())) != mark:
            raise MediaError(f'record {at // size + 1} of "{name}" does not begin with {mark}; this is no DDP file')
        yield values


def ddpid(pressed: PressableDisc) -> bytes:
    """The DDPID: level, bar code, and the catalogue number, or else the title, as master ID."""
    disc = pressed.disc
    master_id = ascii_text(disc.catalogue_number or disc.title)[:48].rstrip()
    return record(ID_FIELDS, {"DDPID": LEVEL, "UPC": disc.ean, "MID": master_id, "TYPE": "CD"})


def ascii_text(text: str) -> str:
    """A text in ASCII for the master ID, which only the plant reads: without marks, ``?`` for what is left."""
    parts = unicodedata.normalize("NFKD", latin_text(text))
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return bare.encode("ascii", errors="replace").decode("ascii")


def map_packet(kind: str, length: int, name: str, **values: str) -> bytes:
    """A packet of the map stream; ``length`` in sectors for the image, in bytes for others."""
    assert len(name) <= NAME_LETTERS, name
    fixed = {"MPV": MAP_MARK, "DST": kind, "DSL": f"{length:08d}", "SIZ": f"{NAME_LETTERS:03d}", "DSI": name}
    return record(MAP_FIELDS, fixed | values)


def text_map_packet(length: int, name: str) -> bytes:
    return map_packet(SUBCODE, length, name, SUB=TEXT_KIND, TRK="00")


def pq_map_packet(length: int, name: str) -> bytes:
    return map_packet(SUBCODE, length, name, SUB=PQ_KIND)


def image_map_packet(pressed: PressableDisc, name: str) -> bytes:
    """The image's packet; PRE2 says that the pause before track 1 is part of it."""
    pause = f"{pressed.layout.places[0].start_sector:4d}"
    values = {"DSS": f"{0:08d}", "CDM": "DA", "SSM": "7", "SCR": "0", "PRE2": pause}
    return map_packet(MAIN_DATA, pressed.layout.lead_out_sector, name, **values)


def pq_marks(pressed: PressableDisc) -> Iterator[PqMark]:
    """Lead-in, the indexes of all tracks, and the lead-out twice."""
    disc, layout = pressed.disc, pressed.layout
    yield PqMark(LEAD_IN, 0, 0, ean=disc.ean)
    for track, place in zip(disc.tracks, layout.places, strict=True):
        number, control, isrc = f"{place.number:02d}", control_bits(track), track.isrc
        if place.pause_sector != place.start_sector:
            yield PqMark(number, 0, place.pause_sector, control, isrc)
            isrc = ""
        yield PqMark(number, 1, place.start_sector, control, isrc)
    for _ in range(2):
        yield PqMark(LEAD_OUT, 1, layout.lead_out_sector)


def control_bits(track: DiscTrack) -> int:
    return PRE_EMPHASIS_BIT * track.has_pre_emphasis + COPY_BIT * track.is_copy_permitted


def pq_packet(mark: PqMark) -> bytes:
    """A PQ packet; the control nibble is followed by 1, the kind of Q subcode that tells times."""
    place = {"TRK": mark.track, "IDX": f"{mark.index:02d}", "TIME": clock(mark.sector).replace(":", "")}
    codes = {"CB1": f"{mark.control:X}1", "ISRC": mark.isrc, "UPC": mark.ean}
    return record(PQ_FIELDS, {"SPV": PQ_MARK} | place | codes)


def parsed_pq(values: Mapping[str, str], name: str) -> PqMark:
    """A PQ packet as a mark.

    Raises
    ------
    MediaError
        if index, time or control are no numbers, or the time is none.
    """
    index, time, control = values["IDX"], values["TIME"].rjust(6, "0"), values["CB1"].rjust(2, "0")
    is_time = time.isdigit() and int(time[2:4]) < 60 and int(time[4:]) < 75
    if not (index.isdigit() and is_time and control[0] in "0123456789ABCDEF" and control[1] in "1S"):
        raise MediaError(
            f'"{name}" has a packet for track {values["TRK"]} that makes no sense: index "{index}", time "{time}", '
            f'control "{control}"; ask for the disc image again'
        )
    sector = sector_of(int(time[:2]), int(time[2:4]), int(time[4:]))
    codes = {"isrc": values["ISRC"], "ean": values["UPC"]}
    return PqMark(values["TRK"], int(index), sector, int(control[0], 16), **codes, is_protected=control[1] == "S")
