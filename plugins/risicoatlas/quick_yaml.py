"""YAML by libyaml where PyYAML was built with it: reading the configuration took half of a short command in Python."""

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """The value of a document; raises :class:`yaml.YAMLError`."""
    return yaml.load(text, LOADER)  # noqa: S506 - both are safe loaders
