"""Basses, guitars, keyboards and synthesizers: what they are played on, what they play, through which amplifier."""

from __future__ import annotations

import numpy as np

from training.roles import circuits, parts, strings
from training.roles.damage import amplified, chorused, wah
from training.roles.drummers import recording
from training.roles.job import Job, Take
from training.roles.models import available, modelled
from training.roles.players import RATE_HZ, bent
from training.roles.sound_sets import folder_of
from training.roles.works import Note


def bass(job: Job) -> Take:
    rng = job.rng
    made = parts.bass_line(rng, job.use, job.seconds)
    if rng.random() < 0.12:
        made = parts.tune(rng, job.use, job.seconds, 28, 50)
    if job.own:
        if rng.random() < 0.7:
            found = strings.instrument(rng, "bass")
            sound, source = (
                strings.plucked(rng, found, made[1], job.seconds, muted=float(rng.choice([0, 0, 0.3, 0.8]))),
                "own:bass",
            )
        else:
            sound, source = circuits.synth(rng, made[1], job.seconds, kind="bass"), "own:synth-bass"
        take = Take(sound, source, made[0])
    else:
        take = job.play((32, 33, 33, 34, 34, 35, 36, 37, 38, 39), made)
    if rng.random() < 0.35:
        take = take._replace(sound=amplified(rng, take.sound, float(rng.uniform(-3, 22))))
    return take


def electric(job: Job) -> Take:
    rng = job.rng
    style = int(rng.integers(5))
    if style == 0:
        made = parts.strums(rng, job.use, job.seconds, power=True)
    elif style == 1:
        made = parts.strums(rng, job.use, job.seconds, power=True, muted=True)
    elif style == 2:
        made = parts.strums(rng, job.use, job.seconds, muted=bool(rng.random() < 0.4))
    elif style == 3:
        made = parts.picking(rng, job.use, job.seconds, 45, 74)
    else:
        made = parts.riff(rng, job.use, job.seconds, 40, 64)
    heavy = style < 2 or rng.random() < 0.2
    drive = float(rng.uniform(14, 42)) if heavy else float(rng.uniform(-12, 14))
    return guitar(job, made, drive, lead=False, muted=0.7 if style == 1 else 0.1)


def lead_guitar(job: Job) -> Take:
    rng = job.rng
    made = parts.one_of(
        rng,
        lambda: parts.licks(rng, job.use, job.seconds, 52, 82),
        lambda: parts.licks(rng, job.use, job.seconds, 52, 82),
        lambda: parts.tune(rng, job.use, job.seconds, 52, 82),
    )
    chops = rng.random() < 0.12
    if chops:  # short muted figures high up, as in funk
        made = parts.riff(rng, job.use, job.seconds, 55, 76)
    elif rng.random() < 0.25:  # double stops
        made = (
            made[0],
            sorted(
                [
                    *made[1],
                    *(
                        Note(n.start, n.length, n.pitch - int(rng.choice([3, 4, 5])), n.velocity - 10)
                        for n in made[1]
                        if rng.random() < 0.5
                    ),
                ]
            ),
        )
    drive = float(rng.uniform(12, 40)) if rng.random() < 0.75 else float(rng.uniform(-6, 12))
    return guitar(job, made, drive, lead=True, muted=0.6 if chops else 0.05)


def guitar(job: Job, made: parts.Part, drive: float, *, lead: bool, muted: float) -> Take:
    rng = job.rng
    if job.own or (job.use == "teach" and rng.random() < 0.25):
        sound = strings.plucked(rng, strings.instrument(rng, "electric"), made[1], job.seconds, muted=muted)
        take = Take(sound, "own:electric", made[0])
    else:
        take = job.play((26, 27, 27, 28) if muted > 0.5 else (26, 27, 27), made)
        if drive > 10 and rng.random() < 0.35:
            take = job.play((29, 30), made)
            drive = float(rng.uniform(-6, 14))
    sound = take.sound
    if lead:
        sound = bent(
            rng, sound, vibrato_cents=float(rng.uniform(0, 45)), slides=int(rng.integers(0, 1 + int(job.seconds / 2)))
        )
    if rng.random() < 0.12:
        sound = wah(rng, sound)
    if rng.random() < 0.85:
        sound = amplified(rng, sound, drive)
    if rng.random() < 0.15:
        sound = chorused(rng, sound)
    return take._replace(sound=sound)


def acoustic(job: Job) -> Take:
    rng = job.rng
    if job.use == "teach" and rng.random() < 0.06:
        return strummed_recordings(job)
    made = parts.one_of(
        rng,
        lambda: parts.strums(rng, job.use, job.seconds),
        lambda: parts.strums(rng, job.use, job.seconds),
        lambda: parts.picking(rng, job.use, job.seconds, 40, 72),
        lambda: parts.picking(rng, job.use, job.seconds, 40, 72),
        lambda: parts.tune(rng, job.use, job.seconds, 48, 76),
    )
    if job.own:
        kind = str(rng.choice(["acoustic", "acoustic", "nylon"]))
        return Take(strings.plucked(rng, strings.instrument(rng, kind), made[1], job.seconds), f"own:{kind}", made[0])
    return job.play((24, 25, 25), made)


def strummed_recordings(job: Job) -> Take:
    """Recorded chords, one after the other."""
    rng = job.rng
    files = sorted(path for path in folder_of("strums").iterdir() if path.suffix in (".flac", ".wav"))
    chosen = [recording(files[int(k)]) for k in rng.integers(0, len(files), 3)]
    out = np.zeros(round(job.seconds * RATE_HZ), np.float32)
    step = round(float(rng.uniform(0.25, 1.2)) * RATE_HZ)
    for k, start in enumerate(range(0, len(out), step)):
        hit = chosen[(k // 4) % 3][: step + 2000]
        count = min(len(hit), len(out) - start)
        out[start : start + count] += hit[:count] * float(rng.uniform(0.6, 1))
    return Take(out, "hits:strums", "pattern")


def piano(job: Job) -> Take:
    rng = job.rng
    made = parts.one_of(
        rng,
        lambda: parts.pianist(rng, job.use, job.seconds),
        lambda: parts.pianist(rng, job.use, job.seconds),
        lambda: parts.comping(rng, job.use, job.seconds),
        lambda: parts.picking(rng, job.use, job.seconds, 45, 84),
        lambda: parts.tune(rng, job.use, job.seconds, 55, 88),
    )
    return job.play((0, 0, 1, 2, 3), made)


def keys(job: Job) -> Take:
    rng = job.rng
    made = parts.one_of(
        rng,
        lambda: parts.comping(rng, job.use, job.seconds),
        lambda: parts.comping(rng, job.use, job.seconds),
        lambda: parts.riff(rng, job.use, job.seconds, 40, 72),
        lambda: parts.riff(rng, job.use, job.seconds, 36, 72, voices=3),
        lambda: parts.picking(rng, job.use, job.seconds, 48, 80),
        lambda: parts.pianist(rng, job.use, job.seconds),
    )
    if job.own:
        if rng.random() < 0.5:
            made = parts.riff(rng, job.use, job.seconds, 36, 72, voices=3) if rng.random() < 0.7 else made
            sound = strings.plucked(rng, strings.instrument(rng, "clav"), made[1], job.seconds)
            sound = wah(rng, sound) if rng.random() < 0.35 else sound
            take = Take(sound, "own:clav", made[0])
        elif rng.random() < 0.5 and available():
            kind = str(rng.choice(["rhodes", "wurlitzer"]))
            take = Take(modelled(rng, kind, made[1], job.seconds), f"model:{kind}", made[0])
        else:
            take = Take(circuits.electric_piano(rng, made[1], job.seconds), "own:electric-piano", made[0])
    else:
        take = job.play((4, 4, 5, 5, 6, 7, 7), made)
        if job.use == "teach" and take.source.endswith(":7") and rng.random() < 0.3:
            take = take._replace(sound=wah(rng, take.sound))
    if rng.random() < 0.2:
        take = take._replace(sound=amplified(rng, take.sound, float(rng.uniform(-6, 14))))
    elif rng.random() < 0.15:
        take = take._replace(sound=(wah if rng.random() < 0.5 else chorused)(rng, take.sound))
    return take


def organ(job: Job) -> Take:
    rng = job.rng
    made = parts.one_of(
        rng,
        lambda: parts.held_chords(rng, job.use, job.seconds),
        lambda: parts.comping(rng, job.use, job.seconds),
        lambda: parts.section(rng, job.use, job.seconds, 48, 79),
        lambda: parts.tune(rng, job.use, job.seconds, 55, 84),
    )
    if job.use == "teach" and rng.random() < 0.15 and available():
        return Take(modelled(rng, "organ", made[1], job.seconds), "model:organ", made[0])
    if job.own:
        return Take(circuits.organ(rng, made[1], job.seconds), "own:organ", made[0])
    take = job.play((16, 16, 17, 18, 18, 19, 20), made)
    if rng.random() < 0.25:
        take = take._replace(sound=amplified(rng, take.sound, float(rng.uniform(-6, 14))))
    return take


def synth(job: Job) -> Take:
    rng = job.rng
    kind = str(rng.choice(["lead", "pluck", "stab"]))
    made = {
        "lead": lambda: parts.tune(rng, job.use, job.seconds, 55, 88),
        "pluck": lambda: parts.picking(rng, job.use, job.seconds, 48, 84, ring=0.9, step=0.25),
        "stab": lambda: parts.one_of(
            rng,
            lambda: parts.comping(rng, job.use, job.seconds, short=0.4),
            lambda: parts.riff(rng, job.use, job.seconds, 45, 76),
        ),
    }[kind]()
    if job.own or (job.use == "teach" and rng.random() < 0.4):
        return Take(circuits.synth(rng, made[1], job.seconds, kind=kind), f"own:synth-{kind}", made[0])
    return job.play((80, 81, 81, 84, 87, 62, 63, 38) if kind == "lead" else (80, 81, 62, 63, 84, 87, 90), made)


def pad(job: Job) -> Take:
    rng = job.rng
    made = parts.held_chords(rng, job.use, job.seconds)
    if job.own:
        return Take(circuits.synth(rng, made[1], job.seconds, kind="pad"), "own:pad", made[0])
    return job.play((88, 89, 89, 90, 91, 92, 93, 94, 95, 50, 51), made)
