"""``python -m npfs``: the ``npfs`` command."""

from npfs.cli import main

main()
