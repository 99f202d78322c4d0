"""One module per command of the CLI; each has a ``command``."""
