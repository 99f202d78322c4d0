"""The map's source: what it is built from is pinned, by content and not by address."""

import json

from risicoatlas.settings import CHECKOUT

SOURCE = CHECKOUT / "plugins" / "risicoatlas" / "web" / "viewer"


def test_every_package_is_pinned_by_its_hash_and_without_an_address() -> None:
    text = (SOURCE / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    del packages[""]
    assert [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_direct_dependencies_have_exact_versions() -> None:
    described = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    versions = described["dependencies"] | described["devDependencies"]
    assert {name: version for name, version in versions.items() if not version[0].isdecimal()} == {}
