"""``python -m risicoatlas``."""

from risicoatlas.cli import main

main()
