"""What the learned parts of Bandmate are made with; not part of the installed program."""
