"""Codes of recordings and releases: ISRC, and EAN-13 or UPC-A bar codes, checked and spelt one way.

Conventions: inside Bandmate an ISRC is 12 letters and digits without hyphens, and a bar code is an EAN-13, so a UPC-A
has a 0 put before it. Hyphens, spaces and small letters are taken as typed and put right.

Not covered: whether a code was ever given out, or to whom.

References: ISO 3901:2019 (ISRC), the IFPI's ISRC Handbook §3.5, GS1 General Specifications §7.9 (check digit).
"""

from __future__ import annotations

from bandmate.song.errors import RequestError

ISRC_CHARACTERS = 12
EAN_DIGITS = 13
UPC_DIGITS = 12
ISRC_EXAMPLE = "GB-AYE-26-00001"

ISRC_PARTS = (
    ("country", 0, 2, "two letters"),
    ("registrant", 2, 5, "three letters or digits"),
    ("year", 5, 7, "two digits"),
    ("number", 7, 12, "five digits"),
)
"""The parts of an ISRC: what, from, to, and what it is made of. Since 2019 country and registrant are one prefix."""


def normal_isrc(text: str) -> str:
    """An ISRC as 12 capital letters and digits.

    Parameters
    ----------
    text : str
        With or without hyphens, spaces and the word ISRC before it.

    Raises
    ------
    RequestError
        naming the part that is wrong and what belongs there.
    """
    code = without_signs(text)
    if len(code) == ISRC_CHARACTERS + 4 and code.startswith("ISRC"):
        code = code[4:]
    if len(code) != ISRC_CHARACTERS:
        raise RequestError(
            f'"{text}" is no ISRC: it has {len(code)} letters and digits, an ISRC has {ISRC_CHARACTERS}, '
            f"like {ISRC_EXAMPLE}"
        )
    for part, start, end, made_of in ISRC_PARTS:
        found = code[start:end]
        fits = {"two letters": is_letters, "three letters or digits": is_plain}.get(made_of, is_digits)
        if not fits(found):
            raise RequestError(f'"{text}" is no ISRC: its {part} is "{found}", it must be {made_of}')
    return code


def spelt_isrc(code: str) -> str:
    """An ISRC for reading: ``GBAYE2600001`` as ``GB-AYE-26-00001``; errors as ``normal_isrc``."""
    code = normal_isrc(code)
    return "-".join(code[start:end] for _, start, end, _ in ISRC_PARTS)


def normal_ean(text: str) -> str:
    """A bar code as the 13 digits of an EAN-13; a UPC-A of 12 digits gets its leading 0.

    Raises
    ------
    RequestError
        if there are not 12 or 13 digits, or the check digit is wrong; it names the right one.
    """
    code = without_signs(text)
    if not is_digits(code) or len(code) not in (UPC_DIGITS, EAN_DIGITS):
        raise RequestError(
            f'"{text}" is no bar code: an EAN-13 has {EAN_DIGITS} digits and a UPC-A {UPC_DIGITS}, '
            f"this has {len(code)} characters; copy it from the distributor or the label"
        )
    code = code.rjust(EAN_DIGITS, "0")
    right = check_digit(code[:-1])
    if code[-1] != right:
        raise RequestError(
            f'"{text}" is no bar code: its last digit is {code[-1]}, the other digits ask for {right}; '
            "a digit was mistyped or two were swapped"
        )
    return code


def check_digit(digits: str) -> str:
    """The digit that closes an EAN-13 (12 digits given) or a UPC-A (11 given): weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def without_signs(text: str) -> str:
    """The text in capitals, without hyphens, dots, colons and spaces."""
    return "".join(letter for letter in text.upper() if not (letter.isspace() or letter in "-‐‑–—.:_"))


# subtle: str.isdigit and str.isalpha also say yes to digits and letters of other scripts.
def is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def is_letters(text: str) -> bool:
    return text.isascii() and text.isalpha()


def is_plain(text: str) -> bool:
    return text.isascii() and text.isalnum()
