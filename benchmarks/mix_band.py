"""Who plays in the songs that mixing is measured with: kinds of parts, and the bands of several genres."""

from __future__ import annotations

from dataclasses import dataclass

ALWAYS, CHORUSES = 0.0, 0.9


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of part.

    ``style`` names the pattern that it plays; ``least_energy`` is the quietest section it plays in, ``only`` the
    sections where that is not the question. ``names`` are what studios call it. ``room_db`` is how far its room is
    below it.
    """

    role: str
    style: str
    programs: tuple[int, ...]
    names: tuple[str, ...]
    centre: int = 60
    least_energy: float = ALWAYS
    only: tuple[str, ...] = ()
    is_stereo: bool = False
    pan: float = 0.0
    room_db: float = -22.0
    drums: tuple[int, ...] = ()
    is_needed: bool = False

    def plays_in(self, name: str, energy: float) -> bool:
        """Whether it has something to play in a section."""
        return name in self.only if self.only else energy >= self.least_energy


@dataclass(frozen=True, slots=True)
class Genre:
    """A band: its tempo, how its drummer plays, the kits, and who plays."""

    bpm: tuple[float, float]
    grooves: tuple[str, ...]
    kits: tuple[int, ...]
    parts: tuple[str, ...]


KIT = ("kick", "snare", "hats", "toms", "overheads")
SOLOS = ("solo", "instrumental", "intro", "interlude", "trans", "outro")

KINDS = {
    "kick": Kind("kick", "groove", (0,), ("Kick", "Kick In", "BD"), drums=(35, 36), room_db=-34),
    "snare": Kind("snare", "groove", (0,), ("Snare", "Snare Top", "SN"), drums=(37, 38, 39, 40), room_db=-22),
    "hats": Kind("hats", "groove", (0,), ("Hats", "HiHat", "HH"), drums=(42, 44, 46), pan=0.25, room_db=-28),
    "toms": Kind(
        "toms", "groove", (0,), ("Toms", "Tom Mics", "Toms"), drums=(41, 43, 45, 47, 48, 50), is_stereo=True
    ),
    "overheads": Kind(
        "cymbals", "groove", (0,), ("Overheads", "OH", "Cymbals"), drums=(49, 51, 52, 53, 55, 57, 59), is_stereo=True
    ),
    "bass": Kind("bass", "bassline", (33, 34), ("Bass", "Bass DI", "E-Bass"), 36, room_db=-40, is_needed=True),
    "upright": Kind(
        "bass", "bassline", (32,), ("Upright Bass", "Double Bass", "Bass"), 36, room_db=-28, is_needed=True,
    ),
    "synth-bass": Kind(
        "bass", "bassline", (38, 39), ("Synth Bass", "Sub Bass", "Bass"), 36, room_db=-60, is_needed=True,
    ),
    "lead-vox": Kind(
        "lead-vox", "voice", (-1,), ("Lead Vox", "Vocal", "LD VOX"), 60,
        only=("verse", "chorus", "pre-chorus", "bridge"), room_db=-26, is_needed=True,
    ),
    "sax-lead": Kind(
        "woodwind", "line", (65, 66), ("Sax", "Tenor Sax", "Sax Lead"), 62,
        only=("verse", "chorus", "solo", "bridge"), room_db=-20, is_needed=True,
    ),
    "backing-l": Kind("backing-vox", "harmony", (-2,), ("BGV L", "Backing Vox 1", "BV 1"), 64, CHORUSES, pan=-0.6),
    "backing-r": Kind("backing-vox", "harmony", (-3,), ("BGV R", "Backing Vox 2", "BV 2"), 67, CHORUSES, pan=0.6),
    "guitar-l": Kind("electric-guitar", "power", (29, 30), ("Gtr L", "Guitar Left", "EGTR 1"), 45, 0.6, pan=-0.65),
    "guitar-r": Kind("electric-guitar", "power", (29, 30), ("Gtr R", "Guitar Right", "EGTR 2"), 45, 0.6, pan=0.65),
    "clean-guitar": Kind(
        "electric-guitar", "comp", (26, 27), ("Clean Gtr", "Gtr Clean", "EGTR Clean"), 59, pan=-0.45,
    ),
    "muted-guitar": Kind("electric-guitar", "offbeat", (28, 27), ("Gtr Chop", "Rhythm Gtr", "Wah Gtr"), 62, pan=0.5),
    "lead-guitar": Kind(
        "lead-guitar", "line", (27, 29, 30), ("Lead Gtr", "Solo Guitar", "Gtr Solo"), 67, only=SOLOS, pan=0.2,
    ),
    "acoustic-l": Kind("acoustic-guitar", "strum", (24, 25), ("Ac Gtr L", "Acoustic 1", "AGTR 1"), 52, pan=-0.6),
    "acoustic-r": Kind("acoustic-guitar", "strum", (25, 24), ("Ac Gtr R", "Acoustic 2", "AGTR 2"), 52, 0.6, pan=0.6),
    "piano": Kind("piano", "comp", (0, 1, 2), ("Piano", "Grand Piano", "Pno"), 60, is_stereo=True, room_db=-20),
    "keys": Kind("keys", "comp", (4, 5), ("Rhodes", "E-Piano", "Keys"), 60, is_stereo=True),
    "clav": Kind("keys", "offbeat", (7,), ("Clav", "Clavinet", "Keys Clav"), 55, pan=-0.4),
    "organ": Kind("organ", "hold", (16, 17, 18), ("Organ", "Hammond", "B3"), 60, 0.6, is_stereo=True),
    "synth": Kind("synth", "arpeggio", (80, 81, 87), ("Synth Arp", "Arp", "Synth Pluck"), 67, 0.6, is_stereo=True),
    "synth-lead": Kind("synth", "line", (80, 81, 84), ("Synth Lead", "Lead Synth", "Synth 2"), 72, only=SOLOS),
    "pad": Kind("pad", "hold", (88, 89, 91, 94, 95), ("Pad", "Warm Pad", "Synth Pad"), 62, 0.6, is_stereo=True),
    "strings": Kind("strings", "hold", (48, 49, 50), ("Strings", "String Section", "STR"), 67, 0.7, is_stereo=True),
    "fiddle": Kind("strings", "line", (40,), ("Fiddle", "Violin", "Vln"), 72, only=SOLOS, pan=0.35),
    "cello": Kind("strings", "hold", (42,), ("Cello", "Vc", "Celli"), 48, 0.6, pan=0.3),
    "trumpet": Kind("brass", "stab", (56,), ("Trumpet", "Trp 1", "TPT"), 67, 0.7, pan=-0.35),
    "trombone": Kind("brass", "stab", (57,), ("Trombone", "Tbn", "TRB"), 53, 0.7, pan=0.4),
    "brass": Kind("brass", "stab", (61, 62), ("Horns", "Brass", "Horn Section"), 62, 0.7, is_stereo=True),
    "sax": Kind("woodwind", "stab", (65, 66), ("Alto Sax", "Sax", "Tenor Sax"), 60, 0.7, pan=0.15),
    "flute": Kind("woodwind", "line", (73, 71), ("Flute", "Clarinet", "Woodwind"), 76, only=SOLOS, pan=-0.3),
    "shaker": Kind(
        "percussion", "shake", (0,), ("Shaker", "Perc", "Shaker"), drums=(70, 69), least_energy=0.6, pan=0.5,
    ),
    "tambourine": Kind(
        "percussion", "backbeat", (0,), ("Tambourine", "Tamb", "Perc 2"), drums=(54,), least_energy=CHORUSES, pan=-0.5
    ),
    "congas": Kind(
        "percussion", "congas", (0,), ("Congas", "Perc", "Conga"), drums=(62, 63, 64), least_energy=0.6, is_stereo=True
    ),
    "riser": Kind("effects", "rise", (-9,), ("FX Riser", "SFX", "Noise FX"), is_stereo=True),
}  # fmt: skip

GENRES = {
    "rock": Genre(
        (105, 150), ("rock", "rock/indie"), (0, 8, 16),
        ("bass", "lead-vox", "guitar-l", "guitar-r", "lead-guitar", "organ", "backing-l", "backing-r", "piano",
         "tambourine", "clean-guitar"),
    ),
    "pop": Genre(
        (90, 125), ("pop", "dance"), (0, 8, 25),
        ("synth-bass", "lead-vox", "keys", "pad", "synth", "clean-guitar", "backing-l", "backing-r", "strings",
         "shaker", "riser"),
    ),
    "ballad": Genre(
        (62, 84), ("pop/soft", "soul", "rock"), (0, 8, 40),
        ("bass", "lead-vox", "piano", "strings", "pad", "acoustic-l", "backing-l", "backing-r", "cello", "lead-guitar"),
    ),
    "funk": Genre(
        (92, 116), ("funk",), (0, 8, 16),
        ("bass", "lead-vox", "muted-guitar", "clav", "trumpet", "sax", "trombone", "organ", "congas", "backing-l",
         "backing-r"),
    ),
    "country": Genre(
        (88, 140), ("country", "rock"), (0, 8),
        ("bass", "lead-vox", "acoustic-l", "acoustic-r", "lead-guitar", "fiddle", "piano", "backing-l", "backing-r",
         "shaker"),
    ),
    "latin": Genre(
        (95, 130), ("latin", "afrocuban"), (0, 8),
        ("upright", "lead-vox", "piano", "congas", "brass", "flute", "acoustic-l", "shaker", "strings", "backing-l"),
    ),
    "jazz": Genre(
        (100, 160), ("jazz",), (32, 40, 0),
        ("upright", "sax-lead", "piano", "clean-guitar", "trumpet", "trombone", "organ", "congas"),
    ),
    "electronic": Genre(
        (112, 130), ("dance", "hiphop"), (24, 25),
        ("synth-bass", "lead-vox", "synth", "synth-lead", "pad", "strings", "riser", "shaker", "keys", "backing-l",
         "tambourine"),
    ),
    "soul": Genre(
        (76, 110), ("soul", "gospel", "funk"), (0, 8),
        ("bass", "lead-vox", "keys", "organ", "brass", "strings", "muted-guitar", "backing-l", "backing-r",
         "tambourine", "sax"),
    ),
    "folk": Genre(
        (80, 118), ("pop/soft", "country", "rock"), (0, 40),
        ("upright", "lead-vox", "acoustic-l", "acoustic-r", "piano", "flute", "cello", "backing-l", "shaker"),
    ),
}  # fmt: skip
