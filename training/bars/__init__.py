"""Training of the weights with which bars are found; not part of the installed program."""
