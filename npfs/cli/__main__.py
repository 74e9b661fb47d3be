"""``python -m npfs.cli``: the ``npfs`` command."""

from npfs.cli import main

main()
