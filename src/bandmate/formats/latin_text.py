"""Any text in the letters of ISO 8859-1, with a word on every change.

Conventions: what ISO 8859-1 has stays as it is. Other Latin letters lose their marks (``ő`` becomes ``o``), typographic
signs become plain ones, Cyrillic and Greek are written in Latin letters letter by letter, as a reader of English would
expect them. What is left, such as Chinese, becomes ``?``; a text of which nothing readable is left becomes empty.

Choices: Cyrillic follows the common passport spelling (ICAO Doc 9303), with the soft and the hard sign left out; Greek
follows ELOT 743 letter by letter, without its rules for pairs. It is for reading, not for going back.

Not covered: Arabic, Hebrew, Chinese, Japanese and Korean readings, which cannot be told from single letters.
"""

from __future__ import annotations

import unicodedata

SIGNS = {
    **dict.fromkeys("‘’‚‛ʼ′", "'"),
    **dict.fromkeys("“”„‟″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u2002\u2003\u2009\u200a\u202f\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", ""),
}


def table(pairs: str) -> dict[str, str]:
    """``"а=a ж=zh"`` as a table; nothing after the sign means that the letter is left out."""
    return dict(pair.split("=") for pair in pairs.split())


SIGNS |= table(
    "‹=< ›=> …=... •=· œ=oe Œ=OE €=EUR ™=(TM) №=No. ♯=# ♭=b Ł=L ł=l Đ=D đ=d ı=i Ŧ=T ŧ=t Ŋ=N ŋ=n Ħ=H ħ=h ẞ=SS Ə=A ə=a"
)

CYRILLIC = table(
    "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh "
    "щ=shch ъ= ы=y ь= э=e ю=iu я=ia і=i ї=i є=ie ґ=g ў=u ђ=dj ј=j љ=lj њ=nj ћ=c џ=dz ѓ=g ќ=k ѕ=dz қ=k ғ=g ү=u ұ=u "
    "ө=o ң=n ә=a һ=h җ=j ҳ=h ҷ=j ӣ=i ӯ=u ѣ=e ѳ=f ѵ=i"
)

GREEK = table("α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o")

LETTERS = CYRILLIC | GREEK
UNKNOWN = "?"


def latin_text(text: str) -> str:
    """The text in ISO 8859-1's letters; unchanged where it fits, empty where nothing of it can be read.

    >>> latin_text("Дорога домой"), latin_text("Café – Łódź"), latin_text("夜")
    ('Doroga domoi', 'Café - Lódz', '')
    """
    if fits_latin(text):
        return text
    composed = unicodedata.normalize("NFC", text)
    written = "".join(latin_letter(letter) for letter in composed)
    # A word in capitals stays one: "ЖАР" is "ZHAR", not "ZhAR".
    if composed.isupper():
        written = written.upper() if fits_latin(written.upper()) else written
    return written if any(letter.isalnum() for letter in written) else ""


def latin_letter(letter: str) -> str:
    """What stands for one letter."""
    if fits_latin(letter):
        return letter
    if letter in SIGNS:
        return SIGNS[letter]
    small = letter.lower()
    if small in LETTERS:
        return LETTERS[small] if small == letter else LETTERS[small].capitalize()
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    if bare and bare != letter:
        return "".join(latin_letter(part) for part in bare)
    return "" if unicodedata.combining(letter) else UNKNOWN


def fits_latin(text: str) -> bool:
    """Whether ISO 8859-1 has every letter, control characters left out."""
    return all(" " <= letter <= "~" or "\xa0" <= letter <= "\xff" for letter in text)


def change_remark(where: str, text: str, written: str) -> str:
    """One sentence on what became of a text that ISO 8859-1 cannot hold."""
    if not written:
        return f'{where} "{text}" cannot be written in ISO 8859-1 and is left out; give it in Latin letters'
    return f'{where} "{text}" is written as "{written}", because ISO 8859-1 does not have all of its letters'
