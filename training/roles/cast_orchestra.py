"""Strings, winds and voices: sections and single players."""

from __future__ import annotations

from dataclasses import replace

from training.roles import circuits, parts
from training.roles.damage import in_a_room, peak
from training.roles.job import Job, Take
from training.roles.models import modelled
from training.roles.players import bent, played
from training.roles.singer import choir, rapped, sung
from training.roles.works import Note


def strings_section(job: Job) -> Take:
    rng = job.rng
    if rng.random() < 0.5:
        made = parts.one_of(
            rng,
            lambda: parts.section(rng, job.use, job.seconds, 45, 84),
            lambda: parts.held_chords(rng, job.use, job.seconds, 45, 86),
            lambda: parts.tune(rng, job.use, job.seconds, 55, 88),
        )
        if job.model:
            copies = [
                modelled(
                    rng, "bow", [replace(n, start=n.start + float(rng.uniform(0, 0.04))) for n in made[1]], job.seconds
                )
                for _ in range(int(rng.integers(1, 4)))
            ]
            return Take(sum(copies), "model:bow", made[0])
        return job.play((48, 48, 49, 44), made)
    program, low, high = ((40, 55, 91), (41, 48, 79), (42, 36, 69), (43, 28, 52))[int(rng.choice([0, 0, 1, 2, 2, 3]))]
    made = parts.tune(rng, job.use, job.seconds, low, high, legato=float(rng.uniform(0.6, 1.0)))
    if job.model:
        return Take(modelled(rng, "bow", made[1], job.seconds), "model:bow", made[0])
    if rng.random() < 0.15 and program != 43:
        return job.play((45,), made)
    return with_vibrato(job, job.play((program,), made))


def with_vibrato(job: Job, take: Take) -> Take:
    """What a player's hand or breath adds to a single line."""
    if job.rng.random() < 0.5:
        sound = bent(
            job.rng, take.sound, vibrato_cents=float(job.rng.uniform(0, 30)), slides=int(job.rng.integers(0, 3))
        )
        take = take._replace(sound=sound)
    return take


def horn_section(job: Job) -> Take:
    """Two to four horns on one line, in octaves and close harmony, never quite together, in a room."""
    rng = job.rng
    made = parts.one_of(
        rng,
        lambda: parts.riff(rng, job.use, job.seconds, 55, 74, voices=1),
        lambda: parts.licks(rng, job.use, job.seconds, 53, 76),
        lambda: parts.tune(rng, job.use, job.seconds, 53, 76, legato=float(rng.uniform(0.4, 0.95))),
        lambda: parts.stabs(rng, job.use, job.seconds, 50, 77),
    )
    sound, step = 0.0, 0
    for k in range(int(rng.integers(2, 5))):
        late = float(rng.uniform(0, 0.025))
        notes = [replace(n, start=n.start + late, pitch=n.pitch + step) for n in made[1]]
        if rng.random() < 0.4:
            line = circuits.horns(rng, notes, job.seconds)
        else:
            program = int(rng.choice([56, 56, 57, 60, 61, 65, 66] if k else [56, 56, 57, 61]))
            line = played(rng, job.bank(), program, notes, job.seconds)
        sound = sound + float(rng.uniform(0.4, 1.0)) * peak(line)
        step = int(rng.choice([0, 0, -12, -5, -4, -3]))
    return Take(in_a_room(rng, sound, much=False) if rng.random() < 0.6 else sound, "own:horn-section", made[0])


def brass(job: Job) -> Take:
    rng = job.rng
    if job.use == "teach" and rng.random() < 0.25:
        return horn_section(job)
    if rng.random() < 0.6:
        makers = [
            lambda: parts.stabs(rng, job.use, job.seconds, 46, 77),
            lambda: parts.stabs(rng, job.use, job.seconds, 46, 77),
            lambda: parts.section(rng, job.use, job.seconds, 46, 76),
        ]
        if job.use == "teach":  # came later; the judging set stays what it was
            makers.append(lambda: parts.held_chords(rng, job.use, job.seconds, 48, 79))
        made = parts.one_of(rng, *makers)
        if job.model:
            return Take(circuits.horns(rng, made[1], job.seconds), "own:horns", made[0])
        if rng.random() < 0.4:  # different horns together
            program = rng.choice([56, 57, 58, 60, 61, 65, 66], 3)
            takes = [
                played(rng, job.bank(), int(p), [n for k, n in enumerate(made[1]) if k % 3 == j], job.seconds)
                for j, p in enumerate(program)
            ]
            return Take(sum(takes), "several", made[0])
        return job.play((61, 61, 61, 60, 56, 57), made)
    program, low, high = ((56, 55, 82), (57, 41, 69), (58, 29, 55), (59, 55, 82), (60, 41, 74))[int(rng.integers(5))]
    made = parts.tune(rng, job.use, job.seconds, low, high, legato=float(rng.uniform(0.5, 1)))
    if job.model:
        return Take(circuits.horns(rng, made[1], job.seconds), "own:horns", made[0])
    return with_vibrato(job, job.play((program,), made))


def woodwind(job: Job) -> Take:
    rng = job.rng
    table = (
        (64, 56, 84),
        (65, 49, 79),
        (66, 44, 74),
        (67, 37, 67),
        (68, 58, 88),
        (69, 52, 80),
        (70, 36, 67),
        (71, 50, 86),
        (72, 74, 100),
        (73, 60, 93),
        (73, 60, 93),
        (74, 65, 95),
        (75, 60, 88),
        (79, 60, 90),
    )
    program, low, high = table[int(rng.integers(len(table)))]
    made = parts.tune(
        rng, job.use, job.seconds, low, high, legato=float(rng.uniform(0.5, 1)), quick=float(rng.choice([1, 1, 1.5]))
    )
    if job.model:
        kind = "flute" if program in (72, 73, 74, 75, 79) else "reed"
        return Take(modelled(rng, kind, made[1], job.seconds), f"model:{kind}", made[0])
    if rng.random() < 0.1:
        made = parts.stabs(rng, job.use, job.seconds, low, high)
    return with_vibrato(job, job.play((program,), made))


def lead_voice(job: Job) -> Take:
    rng = job.rng
    if rng.random() < 0.2:
        return Take(rapped(rng, job.use, job.seconds), "flite:speech", "words")
    low = int(rng.choice([43, 45, 48, 52, 55, 57]))
    made = parts.tune(rng, job.use, job.seconds, low, low + 19)
    return Take(sung(rng, job.use, made[1], job.seconds), "flite:sung", made[0])


def backing_voices(job: Job) -> Take:
    rng = job.rng
    if rng.random() < (0.4 if job.use == "teach" else 0.6):
        made = parts.one_of(
            rng,
            lambda: parts.held_chords(rng, job.use, job.seconds, 48, 79),
            lambda: parts.section(rng, job.use, job.seconds, 48, 77),
            lambda: parts.stabs(rng, job.use, job.seconds, 50, 76),
        )
        return job.play((52, 52, 53, 53, 54), made)
    if rng.random() < 0.5:  # one melody in thirds, or doubled
        made = parts.tune(rng, job.use, job.seconds, 50, 72)
        steps = rng.choice([0, 0, 3, 4, 7, -5, 12], int(rng.integers(2, 4)))
        lines = [[Note(n.start, n.length, n.pitch + int(s), n.velocity) for n in made[1]] for s in steps]
    else:
        made = parts.held_chords(rng, job.use, job.seconds, 48, 76)
        starts = sorted({n.start for n in made[1]})
        lines = (
            [parts.one_at_a_time([n for n in made[1] if True][k::3]) for k in range(3)]
            if len(starts) > 1
            else [made[1]]
        )
    return Take(choir(rng, job.use, [line for line in lines if line][:3], job.seconds), "flite:choir", made[0])
