"""Training of the model that names a track's role from its sound; not part of the installed program."""
