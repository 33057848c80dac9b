"""Who plays what: for each role the maker of its material; drums, effects, and what no role names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soundfile

from training.roles import circuits, drummers, parts
from training.roles.cast_orchestra import backing_voices, brass, lead_voice, strings_section, woodwind
from training.roles.cast_rhythm import acoustic, bass, electric, keys, lead_guitar, organ, pad, piano, synth
from training.roles.damage import compressed, in_a_room, peak
from training.roles.drummers import recording
from training.roles.job import ROLES, Job, Take
from training.roles.players import RATE_HZ
from training.roles.sound_sets import BANKS, Use, folder_of


def drums(kind: str) -> Callable[[Job], Take]:
    def make(job: Job) -> Take:
        rng = job.rng
        choices = drummers.sources(job.use)
        source = str(rng.choice(choices)) if rng.random() < 0.5 else job.bank()
        if kind in ("drums", "percussion") and job.use == "teach" and rng.random() < 0.08:
            return loop(job, kind)
        name, sound = drummers.drummed(rng, job.use, kind, job.seconds, source)
        if kind == "drums" and job.use == "teach" and rng.random() < 0.5:
            sound = with_room_microphones(rng, sound)
        return Take(sound, source, name)

    return make


def with_room_microphones(rng: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    """A kit and its room, which is compressed much more than the kit."""
    room = in_a_room(rng, sound, much=True)
    for _ in range(int(rng.integers(1, 3))):
        room = compressed(rng, room)
    share = float(rng.uniform(0.15, 0.7))
    return ((1 - share) * peak(sound) + share * room).astype(np.float32)


LOOPS = {
    "drums": ("loop_amen", "loop_amen_full", "loop_breakbeat", "loop_compus", "loop_mehackit1", "loop_mehackit2"),
    "percussion": ("loop_tabla", "loop_perc1", "loop_perc2", "loop_safari"),
}


def loop(job: Job, kind: str) -> Take:
    """A recorded loop, at some other speed."""
    rng, name = job.rng, str(job.rng.choice(LOOPS[kind]))
    sound, rate_hz = soundfile.read(folder_of("sonic") / f"{name}.flac", dtype="float32", always_2d=True)
    speed = float(rng.uniform(0.85, 1.2)) * rate_hz / RATE_HZ
    place = (np.arange(round(job.seconds * RATE_HZ)) * speed) % (len(sound) - 1)
    return Take(np.interp(place, np.arange(len(sound)), sound.mean(axis=1)).astype(np.float32), "hits:sonic", name)


def effects(job: Job) -> Take:
    rng = job.rng
    if rng.random() < 0.3:
        made = parts.held_chords(rng, job.use, job.seconds, 40, 80)
        notes = [n for k, n in enumerate(made[1]) if k % 4 == 0]
        return job.play((119, 120, 121, 122, 123, 124, 125, 126, 127), (made[0], notes or made[1][:1]))
    if job.use == "teach" and rng.random() < 0.25:
        names = (
            "ambi_dark_woosh",
            "ambi_swoosh",
            "ambi_lunar_land",
            "ambi_sauna",
            "perc_swoosh",
            "perc_swash",
            "misc_cineboom",
            "vinyl_backspin",
            "vinyl_hiss",
            "vinyl_rewind",
            "vinyl_scratch",
            "glitch_robot1",
            "perc_impact1",
            "perc_impact2",
            "loop_3d_printer",
            "mehackit_robot3",
        )
        sound = recording(folder_of("sonic") / f"{rng.choice(names)}.flac")
        out = np.zeros(round(job.seconds * RATE_HZ), np.float32)
        at = 0
        while at < len(out):
            count = min(len(sound), len(out) - at)
            out[at : at + count] += sound[:count]
            at += len(sound) + round(float(rng.uniform(0.2, 3)) * RATE_HZ)
        return Take(out, "hits:sonic", "pattern")
    return Take(circuits.effect(rng, job.seconds), "own:effect", "pattern")


def others(job: Job) -> Take:
    """What no role names: mallets, harps, folk instruments, and several tracks in one."""
    rng = job.rng
    if rng.random() < 0.4:
        chosen = rng.choice([role for role in ROLES if role not in ("unknown", "effects", "drums")], 2, replace=False)
        takes = [MAKERS[str(role)](job) for role in chosen]
        count = min(len(take.sound) for take in takes)
        first, second = (take.sound[:count] / max(1e-9, float(np.std(take.sound))) for take in takes)
        return Take((first + second).astype(np.float32), "mixed", takes[0].work)
    made = parts.one_of(
        rng,
        lambda: parts.tune(rng, job.use, job.seconds, 55, 90),
        lambda: parts.picking(rng, job.use, job.seconds, 50, 84),
        lambda: parts.comping(rng, job.use, job.seconds),
    )
    return job.play((8, 9, 10, 11, 12, 13, 14, 15, 46, 21, 22, 104, 105, 106, 107, 108, 109, 114), made)


MAKERS: dict[str, Callable[[Job], Take]] = {
    **{kind: drums(kind) for kind in ("kick", "snare", "hats", "toms", "cymbals", "drums", "percussion")},
    "bass": bass,
    "electric-guitar": electric,
    "acoustic-guitar": acoustic,
    "lead-guitar": lead_guitar,
    "piano": piano,
    "keys": keys,
    "organ": organ,
    "synth": synth,
    "pad": pad,
    "strings": strings_section,
    "brass": brass,
    "woodwind": woodwind,
    "lead-vox": lead_voice,
    "backing-vox": backing_voices,
    "effects": effects,
    "unknown": others,
}


def banks_for(use: Use) -> tuple[str, ...]:
    return tuple(each.name for each in BANKS if each.use == use)
