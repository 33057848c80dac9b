"""Roman numerals: chords as steps of a key, and back, with applied dominants, borrowed chords and slash basses.

Conventions: capitals for a major third (or none), small letters for a minor one; ``°`` diminished, ``ø7`` half
diminished, ``+`` augmented. In keys with a minor third the plain steps are those of natural minor (``VI`` of C minor
is Ab), else those of the major scale; others get an accidental: ``bVII``, ``#IV``. Behind a slash a numeral is what
the chord leads to (``V7/V``, ``vii°7/ii``, ``subV7/I``), a number is the step of the key in the bass: ``I/3``.

Not covered: figured bass; a chord is written as an applied one only before the chord that it leads to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from bandmate.song.chord_tones import Symbol, chord_classes, is_known, tones_of
from bandmate.song.errors import RequestError
from bandmate.song.harmony import Chord, Key, Mode
from bandmate.song.scales import STEPS, is_minor_like, scale_of

NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
MAJOR_NAMES = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
MINOR_NAMES = ("I", "bII", "II", "III", "#III", "IV", "#IV", "V", "VI", "#VI", "VII", "#VII")
NUMERAL = re.compile(r"^(sub)?([#b♯♭]*)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)$")
BASS = re.compile(r"^([#b♯♭]*)([1-7])$")
WRITTEN = {"dim": "°", "dim7": "°7", "m7b5": "ø7", "aug": "+", "aug7": "+7", "m": "", "m(maj7)": "(maj7)"}
READ = {
    "°": "dim", "o": "dim", "dim": "dim", "°7": "dim7", "o7": "dim7", "dim7": "dim7", "ø": "m7b5", "ø7": "m7b5",
    "+": "aug", "aug": "aug", "+7": "aug7", "aug7": "aug7",
}  # fmt: skip
SMALL = {"": "m", "maj7": "m(maj7)", "(maj7)": "m(maj7)"}
NEAREST_MODES: tuple[Mode, ...] = ("minor", "major", "dorian", "mixolydian", "lydian", "phrygian", "locrian")


def roman(chord: Chord | Symbol, key: Key, following: Chord | Symbol | None = None) -> str:
    """A chord as a step of a key; ``following`` is what comes after it, for applied dominants.

    >>> from bandmate.song.chord_tones import symbol_from as s
    >>> c = Key(tonic=0)
    >>> [roman(s(one), c) for one in ("C", "Dm7", "Bb", "G7/B", "F#m7b5")]
    ['I', 'ii7', 'bVII', 'V7/7', '#ivø7']
    >>> roman(s("D7"), c, s("G")), roman(s("Db7"), c, s("C"))
    ('V7/V', 'subV7/I')
    """
    return applied(chord, key, following) or plain(chord, key) + bass_of(chord, key)


def romans(chords: Sequence[Chord | Symbol], key: Key) -> tuple[str, ...]:
    """A progression in a key, applied chords as such."""
    after = [*chords[1:], None]
    return tuple(roman(chord, key, following) for chord, following in zip(chords, after, strict=True))


def plain(chord: Chord | Symbol, key: Key) -> str:
    """Without what it leads to and without the bass."""
    names = MINOR_NAMES if is_minor_like(key) else MAJOR_NAMES
    return numeral(names[(chord.root - key.tonic) % 12], chord.quality)


def numeral(name: str, quality: str) -> str:
    """``name`` in the letters and with the suffix that a quality asks for."""
    is_small = 3 in tones_of(quality) and 4 not in tones_of(quality)
    if is_small:
        name = "".join(sign if sign in "#b" else sign.lower() for sign in name)
    if quality in WRITTEN:
        return name + WRITTEN[quality]
    if is_small and quality.startswith("m") and not quality.startswith("maj"):
        return name + quality[1:]
    # subtle: a suffix such as "7b3" has a minor third and no m; it is read back as it stands behind a dot.
    return f"{name}.{quality}" if is_small else name + quality


def bass_of(chord: Chord | Symbol, key: Key) -> str:
    """``/3`` for the third step of the key in the bass; nothing for the root."""
    if chord.bass is None:
        return ""
    names = MINOR_NAMES if is_minor_like(key) else MAJOR_NAMES
    name = names[(chord.bass - key.tonic) % 12]
    signs = name.rstrip("IV")
    return f"/{signs}{NUMERALS.index(name[len(signs) :]) + 1}"


def applied(chord: Chord | Symbol, key: Key, following: Chord | Symbol | None) -> str:
    """``V7/V`` and its like; nothing for a chord of the key, or one that leads elsewhere."""
    scale = scale_of(key)
    if following is None or following.root not in scale:
        return ""
    if all(one in scale for one in chord_classes(chord, with_bass=False)):
        return ""
    tones, up = tones_of(chord.quality), (following.root - chord.root) % 12
    is_dominant = 4 in tones and 11 not in tones and 9 not in tones
    target = numeral((MINOR_NAMES if is_minor_like(key) else MAJOR_NAMES)[(following.root - key.tonic) % 12], "")
    if (following.root + 3) % 12 in scale and (following.root - key.tonic) % 12 != 7:
        target = "".join(sign if sign in "#b" else sign.lower() for sign in target)
    bass = bass_of(chord, key)
    # subtle: a major triad of the scale's own steps in a minor mode, or a borrowed one (bVII, I before IV), is no
    # dominant by itself; with a seventh it is, but for blues chords, which go on to another seventh a fifth below.
    degree = (chord.root - key.tonic) % 12
    is_plain = 10 not in tones and degree not in ((2,) if is_minor_like(key) else (2, 4, 9, 11))
    is_blues = degree == 0 and 10 in tones_of(following.quality) and 4 in tones_of(following.quality)
    if is_dominant and up == 5 and following.root != key.tonic and not is_plain and not is_blues:
        return f"{numeral('V', chord.quality)}/{target}{bass}"
    if is_dominant and up == 11 and 10 in tones:
        return f"sub{numeral('V', chord.quality)}/{target}{bass}"
    if chord.quality in ("dim", "dim7", "m7b5") and up == 1 and following.root != key.tonic:
        return f"{numeral('VII', chord.quality)}/{target}{bass}"
    return ""


def from_roman(text: str, key: Key) -> Symbol:
    """The chord that a numeral stands for in a key: ``V7/V``, ``bVIImaj7``, ``I/3``, ``iiø7``.

    Raises
    ------
    RequestError
        if it is no numeral.
    """
    parts = text.strip().split("/")
    bass: int | None = None
    if len(parts) > 1 and (match := BASS.match(parts[-1])):
        bass = (key.tonic + step_of(match[1], int(match[2]) - 1, key)) % 12
        parts = parts[:-1]
    home = key
    for part in reversed(parts[1:]):
        home = key_of(part, home, text)
    root, quality, is_substitute = read_numeral(parts[0], home, text)
    return Symbol((root + 6 * is_substitute) % 12, quality, bass)


def key_of(part: str, home: Key, text: str) -> Key:
    """The key that a numeral behind a slash stands for: a major one, whose V and vii lead to either third."""
    return Key(tonic=read_numeral(part, home, text)[0])


def read_numeral(part: str, key: Key, text: str) -> tuple[int, str, bool]:
    """Root, quality, and whether it is a tritone substitute."""
    match = NUMERAL.match(part)
    if match is None:
        raise no_numeral(text)
    is_substitute, signs, letters, rest = match.groups()
    is_small = letters.islower()
    root = (key.tonic + step_of(signs, NUMERALS.index(letters.upper()), key)) % 12
    quality = rest[1:] if rest.startswith(".") else READ.get(rest)
    if quality is None:
        quality = SMALL.get(rest, f"m{rest}") if is_small else rest
    if not is_known(quality):
        raise no_numeral(text)
    return root, quality, bool(is_substitute)


def no_numeral(text: str) -> RequestError:
    return RequestError(f'"{text}" is no roman numeral; write a step and its kind, such as "ii7", "bVII" or "V7/V"')


def step_of(signs: str, degree: int, key: Key) -> int:
    """Half steps above the tonic of a step (0–6) with accidentals."""
    ups = signs.count("#") + signs.count("♯")
    return STEPS["minor" if is_minor_like(key) else "major"][degree] + ups - (len(signs) - ups)


def borrowed_from(chord: Chord | Symbol, key: Key) -> Mode | None:
    """The mode on the same tonic that a chord is taken from; None for a chord of the key, or of no mode.

    >>> borrowed_from(Symbol(5, "m", None), Key(tonic=0))
    'minor'
    """
    classes = chord_classes(chord, with_bass=False)
    if all(one in scale_of(key) for one in classes):
        return None
    for mode in NEAREST_MODES:
        if all(one in scale_of(Key(tonic=key.tonic, mode=mode)) for one in classes):
            return mode
    return None


assert set(NEAREST_MODES) == set(get_args(Mode))
