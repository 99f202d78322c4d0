"""The manual is true: what README names is there, and what is there is described."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import yaml

from risicoatlas import catalogue as catalogues
from risicoatlas import settings
from risicoatlas.cli import COMMANDS, LazyGroup
from risicoatlas.settings import CHECKOUT, Settings
from tests.conftest import Server, Town
from tests.integration.conftest import ask

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
LAYERS_PAGE = (CHECKOUT / "config" / "layers" / "README.md").read_text(encoding="utf-8")
CLIENTS_PAGE = (CHECKOUT / "plugins" / "risicoatlas" / "CLIENTS.md").read_text(encoding="utf-8")
# What people are told to type, call and open, wherever it stands.
PAGES = README + LAYERS_PAGE + CLIENTS_PAGE
ARCHITECTURE = (CHECKOUT / "plugins" / "risicoatlas" / "README.md").read_text(encoding="utf-8")
LAYERS = tuple(catalogues.read(CHECKOUT / "config"))
PACKAGE = CHECKOUT / "plugins" / "risicoatlas"
REPORTING = ("sample", "load", "classify", "publish", "status", "check", "export", "backup", "key create", "key list")


def risicoatlas(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RISICOATLAS_")}
    return subprocess.run(
        [sys.executable, "-m", "risicoatlas", *arguments], env=clean | environ, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def commands() -> dict[str, click.Command]:
    """Every command by the words that call it."""
    group, context = LazyGroup("risicoatlas"), click.Context(click.Group("risicoatlas"))
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": item for inner, item in command.commands.items()}
    return found


def options(command: click.Command) -> set[str]:
    return {option for item in command.params for option in item.opts}


def typed() -> list[list[str]]:
    """Every command line of the program that README shows, without its comment."""
    lines = re.findall(r"\.venv/bin/risicoatlas ([^`\n]*)", PAGES)
    return [shlex.split(line, comments=True) for line in lines]


class TestCommands:
    def test_every_command_line_of_the_readme_exists(self):
        known = commands()
        assert len(typed()) > 5
        for words in typed():
            name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
            used = {word for word in words if word.startswith("--")}
            assert used <= options(known[name]), words

    def test_options_that_the_readme_names_beside_a_command_exist(self):
        known = set().union(*map(options, commands().values()))
        assert set(re.findall(r"--[a-z][a-z-]+", PAGES)) <= known

    def test_every_command_is_in_the_list_of_the_program(self):
        text = risicoatlas("--help").stdout
        for name, help_text in COMMANDS.items():
            assert re.search(rf"^  {name} +{re.escape(help_text[:30])}", text, re.MULTILINE), name

    @pytest.mark.parametrize("name", commands())
    def test_every_command_has_a_help_text_with_a_sentence_and_its_options(self, name):
        done = risicoatlas(*name.split(), "--help")
        assert done.returncode == 0
        assert re.search(r"^  [A-Z].{10,}", done.stdout, re.MULTILINE)
        for item in commands()[name].params:
            if isinstance(item, click.Option):
                assert item.opts[0] in done.stdout
                assert item.help, f"{name} {item.opts[0]} says nothing"

    @pytest.mark.parametrize("name", REPORTING)
    def test_what_reports_does_so_in_json(self, name):
        assert "--json" in options(commands()[name])

    @pytest.mark.parametrize("words", [["nonsense"], *([*name.split(), "--nonsense"] for name in commands())])
    def test_wrong_use_ends_with_2(self, words):
        done = risicoatlas(*words)
        assert done.returncode == 2
        assert "Usage:" in done.stderr

    def test_failure_ends_with_1_and_one_line(self, tmp_path: Path):
        for words, environ in ((["status"], {"RISICOATLAS_PORT": "x"}), (["check"], {"RISICOATLAS_CONFIG": "/none"})):
            done = risicoatlas(*words, **environ)
            assert done.returncode == 1
            assert len(done.stderr.splitlines()) == 1
            assert done.stderr.startswith(f"risicoatlas: {next(iter(environ))}")

    def test_success_ends_with_0(self, town: Town):
        environ = {"RISICOATLAS_DATABASE_URL": town.database.conninfo("loader")}
        done = risicoatlas("status", "--json", **environ)
        assert done.returncode == 0
        assert {layer["laag"] for layer in json.loads(done.stdout)["lagen"]} == {
            layer.name for layer in LAYERS if not layer.restricted
        }

    @pytest.mark.parametrize("flag", ["--port", "--home", "--data", "--no-serve"])
    def test_demo_has_the_options_that_are_promised(self, flag):
        assert flag in options(commands()["demo"])


class TestWhatIsThere:
    def test_every_path_of_the_readme_is_there(self):
        named = set(re.findall(r"`(?:\./)?((?:config|styles|plugins|tests|deploy)/[\w./-]*)`", PAGES))
        named |= set(re.findall(r"\]\((?!http)([^)#]+)\)", README))
        assert len(named) > 5
        assert not [name for name in named if not (CHECKOUT / name).exists()]

    def test_every_module_of_the_architecture_page_is_there(self):
        named = set(re.findall(r"`([\w/]+\.(?:py|sql|yaml|html))`", ARCHITECTURE))
        assert len(named) > 5
        assert not [name for name in named if not (PACKAGE / name).exists() and not list(CHECKOUT.glob(f"**/{name}"))]

    def test_every_address_of_the_readme_answers(self, server: Server):
        addresses = {urlsplit(found).path for found in re.findall(r"http://127\.0\.0\.1:8080[^`\s]*", PAGES)}
        assert len(addresses) > 4
        for path in addresses:
            question = "?SERVICE=WFS&REQUEST=GetCapabilities" if path == "/wfs" else ""
            question = "?SERVICE=WMS&REQUEST=GetCapabilities" if path == "/wms" else question
            assert ask(server.url + path + question).status == 200, path

    def test_readme_stays_short(self):
        assert len(README.splitlines()) < 120


class TestDescriptions:
    @pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
    def test_every_layer_and_field_is_described_in_both_languages(self, layer):
        for text in (layer.title, layer.description, *(field.title for field in layer.fields)):
            assert text.nl
            assert text.en
        assert layer.description.nl != layer.description.en
        assert len(layer.description.en) > 30

    @pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
    def test_every_layer_has_a_style_and_is_on_the_map(self, layer):
        assert (CHECKOUT / "styles" / layer.name / f"{layer.name}.sld").is_file()
        viewer = yaml.safe_load((CHECKOUT / "config" / "viewer.yaml").read_text(encoding="utf-8"))
        assert layer.name in [name for group in viewer["groups"] for name in group["layers"]]

    def test_every_setting_is_described(self):
        source = Path(settings.__file__).read_text(encoding="utf-8")
        names = set(re.findall(r'"(RISICOATLAS_[A-Z_]+)"', source))
        assert len(names) >= len(Settings.__dataclass_fields__) - 1
        described = set(re.findall(r"^\| `(RISICOATLAS_[A-Z_]+)` \| .{20,}", ARCHITECTURE, re.MULTILINE))
        assert described == names

    def test_every_source_that_can_be_loaded_is_described(self):
        choices = next(item for item in commands()["load"].params if item.name == "source").type.choices
        shown = [words[1] for words in typed() if words[0] == "load"]
        assert set(shown) <= set(choices)
        assert {"bag", "imev", "gemeenten", "lrk"} <= set(shown)
