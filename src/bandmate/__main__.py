"""``python -m bandmate`` is the command line."""

from bandmate.cli.main import run

if __name__ == "__main__":
    run()
