"""ISRCs and bar codes: what is taken, how it is spelt, and what a mistyped one is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.isrc import check_digit, normal_ean, normal_isrc, spelt_isrc
from bandmate.song.errors import RequestError

LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
isrcs = st.tuples(
    st.text(LETTERS, min_size=2, max_size=2),
    st.text(LETTERS + DIGITS, min_size=3, max_size=3),
    st.text(DIGITS, min_size=2, max_size=2),
    st.text(DIGITS, min_size=5, max_size=5),
)


@pytest.mark.parametrize(
    "typed", ["GBAYE2600001", "GB-AYE-26-00001", "gb-aye-26-00001", " ISRC GB-AYE-26-00001 ", "GB‑AYE‑26‑00001"]
)
def test_an_isrc_is_taken_however_it_is_typed(typed: str) -> None:
    assert normal_isrc(typed) == "GBAYE2600001"
    assert spelt_isrc(typed) == "GB-AYE-26-00001"


@settings(deadline=None)
@given(isrcs)
def test_every_isrc_comes_back_from_its_spelling(parts: tuple[str, ...]) -> None:
    code = "".join(parts)
    assert normal_isrc(spelt_isrc(code)) == normal_isrc(code.lower()) == code


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("GBAYE260001", r'"GBAYE260001" is no ISRC: it has 11 letters and digits, an ISRC has 12'),
        ("", "it has 0 letters and digits"),
        ("G1AYE2600001", r'its country is "G1", it must be two letters'),
        ("GBA/E2600001", r'its registrant is "A/E", it must be three letters or digits'),
        ("GBAYEX600001", r'its year is "X6", it must be two digits'),
        ("GBAYE26O0001", r'its number is "O0001", it must be five digits'),
        ("GBAYE2600٠01", "its number"),
        ("ÄBAYE2600001", "its country"),
    ],
)
def test_a_wrong_isrc_is_told_which_part_is_wrong(typed: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        normal_isrc(typed)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("4006381333931", "4006381333931"),  # an EAN-13 in the GS1 literature
        ("036000291452", "0036000291452"),  # a UPC-A in the GS1 literature
        ("0 36000 29145 2", "0036000291452"),
        ("978-0-306-40615-7", "9780306406157"),
    ],
)
def test_bar_codes_become_an_ean(typed: str, code: str) -> None:
    assert normal_ean(typed) == code


@settings(deadline=None)
@given(st.text(DIGITS, min_size=12, max_size=12))
def test_the_check_digit_finds_every_single_wrong_digit(digits: str) -> None:
    code = digits + check_digit(digits)
    assert normal_ean(code) == code
    for place in range(13):
        wrong = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]
        with pytest.raises(RequestError, match="the other digits ask for"):
            normal_ean(wrong)


@pytest.mark.parametrize("typed", ["", "12345", "40063813339312", "400638133393X", "٤٠٠٦٣٨١٣٣٣٩٣١"])
def test_what_is_no_bar_code_is_refused(typed: str) -> None:
    with pytest.raises(RequestError, match=r"an EAN-13 has 13 digits and a UPC-A 12, this has \d+ characters"):
        normal_ean(typed)


def test_a_wrong_check_digit_is_told_the_right_one() -> None:
    with pytest.raises(RequestError, match="its last digit is 2, the other digits ask for 1"):
        normal_ean("4006381333932")
