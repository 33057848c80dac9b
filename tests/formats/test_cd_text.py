"""CD-Text, against packs that other programs wrote."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.cd_text import (
    CODES,
    DISC_ID,
    MOST_PACKS,
    PACK_BYTES,
    PERFORMER,
    SIZES,
    TITLE,
    Texts,
    cd_text,
    inverted_crc,
    packed_texts,
    read_cd_text,
)
from bandmate.formats.disc import RATE_HZ, Disc, DiscTrack
from bandmate.song.errors import MediaError, OutOfRange

CUE2DDP_PACKS = base64.b64decode(
    "gAAAAERpc2MAVHJhY2sgT0gEgAEBB25lAFRyYWNrIFR3b1XJgAICCQBUcmFjayBUaHJlZeZvgAMDCwAAAAAAAAAAAAAAAF33gQAEAEFydGlz"
    "dABBcnRpc/0igQEFBXQAQXJ0aXN0AEFydIwlgQMGA2lzdAAAAAAAAAAAAGKsjwAHAAABAwAEAwAAAAAAAED7jwEIAAAAAAAAAAADCQAAANam"
    "jwIJAAAAAAAJAAAAAAAAAApO"
)
"""What cue2ddp 1.1 made of disc "Disc", three titles, one artist."""

SIX_KINDS: Texts = {
    0x80: ("Disc Title", "One", "Two"),
    0x81: ("Disc Performer", "", "Performer Two"),
    0x82: ("Disc Songwriter", "", ""),
    0x83: ("Disc Composer", "Composer One", "Composer Two"),
    0x84: ("Disc Arranger", "Arranger One", ""),
    0x85: ("Disc Message", "Message One", ""),
}
LONG: Texts = {
    0x80: (
        "A disc title that is quite a bit longer than fifteen characters",
        "Another long track title, over thirty chars",
    ),
    0x81: ("P", "Q"),
}


def disc(*titles: str, **more: str) -> Disc:
    tracks = tuple(DiscTrack(frames=5 * RATE_HZ, title=title) for title in titles)
    return Disc(tracks=tracks, **more)


@pytest.mark.parametrize(
    ("texts", "md5"),
    [
        ({0x80: ("Disc", "One", "Two")}, "665cfffec87796d5236091b226f63deb"),
        (LONG, "60149b1d73a8ea162f53227da034399e"),
        ({0x80: ("T", "A", "B"), 0x82: ("", "", "Writer Two")}, "9e722863db6c7287828f321a48caac99"),
        ({kind: SIX_KINDS[kind] for kind in (0x80, 0x81, 0x82)}, "ec0864c13b2b20206f534c9eff452675"),
        (SIX_KINDS, "e32d4f200b75c6951613106447b65a01"),
    ],
)
def test_packs_are_those_of_cue2ddp(texts: Texts, md5: str) -> None:
    """Checksums as recorded by the ddp-reverse-eng project (MIT) in its experiments 025, 024, 021, 091 and 092."""
    data = packed_texts(texts, len(texts[0x80]) - 1)
    assert hashlib.md5(data, usedforsecurity=False).hexdigest() == md5
    assert read_cd_text(data) == texts


def test_three_tracks_are_those_of_cue2ddp_bit_for_bit() -> None:
    made = cd_text(disc("Track One", "Track Two", "Track Three", title="Disc", artist="Artist"))
    assert made.data == CUE2DDP_PACKS and made.remarks == ()


def test_the_crc_is_the_known_one_inverted() -> None:
    # 0x31C3 is the published check value of this CRC (CRC-16/XMODEM) for "123456789".
    assert inverted_crc(b"123456789") ^ 0xFFFF == 0x31C3


def test_codes_and_catalogue_number_have_their_packs() -> None:
    tracks = (DiscTrack(frames=5 * RATE_HZ, isrc="GBAYE2600001"), DiscTrack(frames=5 * RATE_HZ))
    made = cd_text(Disc(tracks=tracks, ean="5012345678900", catalogue_number="BM-001"))
    assert read_cd_text(made.data) == {DISC_ID: ("BM-001",), CODES: ("5012345678900", "GBAYE2600001", "")}


def test_other_alphabets_are_rewritten_and_told() -> None:
    made = cd_text(disc("Ночь", "夜", title="Дорога", artist="Café"))
    texts = read_cd_text(made.data)
    assert texts[TITLE] == ("Doroga", "Noch", "")
    assert texts[PERFORMER] == ("Café", "Café", "Café")
    assert made.remarks == (
        'CD-Text title of the disc: "Дорога" is written as "Doroga", '
        "because ISO 8859-1 does not have all of its letters",
        'CD-Text title of track 1: "Ночь" is written as "Noch", because ISO 8859-1 does not have all of its letters',
        'CD-Text title of track 2: "夜" cannot be written in ISO 8859-1 and is left out; give it in Latin letters',
    )


def test_a_disc_without_texts_has_no_packs() -> None:
    assert cd_text(disc("", "")).data == b"" == cd_text(disc("夜")).data


def test_repeated_artists_are_shortened_where_room_runs_out() -> None:
    full = cd_text(disc(*[f"Track {n:02d}" + "x" * 14 for n in range(1, 91)], title="T", artist="A long artist's name"))
    assert len(full.data) <= MOST_PACKS * PACK_BYTES
    assert read_cd_text(full.data)[PERFORMER] == ("A long artist's name",) * 91


def test_codes_give_way_to_titles() -> None:
    tracks = tuple(
        DiscTrack(frames=5 * RATE_HZ, title=f"{n:02d}" + "x" * 25, isrc=f"GBAYE26{n:05d}") for n in range(90)
    )
    made = cd_text(Disc(tracks=tracks))
    assert CODES not in read_cd_text(made.data)
    assert made.remarks == ("the texts fill the CD-Text, so it has no bar code and ISRCs; the PQ codes have them",)


def test_too_many_letters_are_refused() -> None:
    with pytest.raises(OutOfRange, match=r"need \d{3} packs of CD-Text, a CD has 256 .*shorten titles"):
        cd_text(disc(*[f"{n}" + "x" * 40 for n in range(99)]))


latin = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, blacklist_categories=["Cc"]), max_size=40)


@settings(deadline=None)
@given(st.lists(st.tuples(latin, latin), min_size=1, max_size=9))
def test_any_texts_come_back(rows: list[tuple[str, str]]) -> None:
    texts = {kind: row for kind, row in zip((0x80, 0x85), zip(*rows, strict=True), strict=True) if any(row)}
    data = packed_texts(texts, len(rows) - 1)
    assert read_cd_text(data) == texts and read_cd_text(data + b"\0") == texts


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-5], r'"X" has 175 bytes, CD-Text comes in packs of 18'),
        (lambda data: b"", "has 0 bytes"),
        (lambda data: data[:7] + b"?" + data[8:], "the CRC of pack 1 is wrong"),
        (lambda data: data[18:], "pack 1 is numbered 1, 0 was expected"),
        (lambda data: data[:-18], "has no sizes at its end"),
    ],
)
def test_damage_is_seen(spoil: object, said: str) -> None:
    assert callable(spoil)
    with pytest.raises(MediaError, match=said):
        read_cd_text(spoil(CUE2DDP_PACKS), "X")


def test_sizes_that_do_not_fit_are_seen() -> None:
    packs = [bytearray(CUE2DDP_PACKS[at : at + 18]) for at in range(0, len(CUE2DDP_PACKS), 18)]
    sizes = next(pack for pack in packs if pack[0] == SIZES)
    sizes[8] += 1
    sizes[16:] = inverted_crc(bytes(sizes[:16])).to_bytes(2, "big")
    with pytest.raises(MediaError, match="has 4 packs of kind 80h, its sizes say 5"):
        read_cd_text(b"".join(packs))
