"""How the compose stage's models were made, from openly licensed music."""
