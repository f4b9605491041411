"""The example configuration loads, names every key, and names no key that does not exist."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from drivers.mqtt_pump.options import KEYS as MQTT_KEYS
from drivers.registry import Registry, discover
from drivers.serial_pump.options import JSON_LINES_KEYS, ZYNO_KEYS
from monitor.config.faults import Faults
from monitor.config.loading import parse
from monitor.config.tables.file import FileTable
from monitor.config.therapies import BUILT_IN
from monitor.config.tightening import therapies_of
from monitor.escalation.rungs import BLINATUMOMAB
from monitor.feed.access import token_hash

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""Apprise imports it on Python 3.11."""

SETTING = re.compile(r"#(?=[^ \n])", re.MULTILINE)
"""What stands before a key that is not set: a "#" without a blank after it."""


@pytest.fixture(scope="module")
def shipped() -> str:
    return EXAMPLE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def everything(shipped: str) -> str:
    """The example with every key set."""
    return "".join(
        SETTING.sub("", line, count=1) if line.startswith("#") else line for line in shipped.splitlines(keepends=True)
    )


@pytest.fixture(scope="module")
def registry() -> Registry:
    return discover()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that the example speaks of."""
    (tmp_path / "fleet.csv").write_text("bed-100, SN800100\nbed-101  # no serial number yet\n")
    (tmp_path / "secrets").mkdir()
    digest = token_hash("not a secret")
    files = {
        "tokens.toml": f'[[tokens]]\nname = "anna"\nrole = "nurse"\nsha256 = "{digest}"\n',
        "secrets/mqtt-password": "not a secret",
        "secrets/bed-1-family": "json://192.0.2.1/",
        "secrets/pager-key": "not a secret, but long enough",
        "pager-ca.pem": "",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("PUMPWATCH_FAMILY", "json://192.0.2.2/")
    return tmp_path


def models(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every table that may stand in the file, with its path, ``*`` for any name or place."""
    yield path, model
    for name, field in model.model_fields.items():
        for kind, step in inner_models(field.annotation):
            yield from models(kind, f"{path}.{name}{step}".lstrip("."))


def inner_models(annotation: Any, step: str = "") -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, step
        return
    origin = typing.get_origin(annotation)
    for argument in typing.get_args(annotation):
        yield from inner_models(argument, step + (".*" if origin in {dict, list} else ""))


def written(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every key that stands in the file, with the path of its table."""
    for key, value in tree.items():
        yield path, key
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                step = ".*" if isinstance(value, list) else ""
                yield from written(inner, f"{path}.{key}{step}".lstrip("."))


def test_the_example_loads_as_it_is_shipped(shipped: str, folder: Path, registry: Registry) -> None:
    config = parse(shipped, folder, registry)
    assert [pump.pump for pump in config.pumps] == ["bed-1"]


def test_the_example_loads_with_every_key_set(everything: str, folder: Path, registry: Registry) -> None:
    config = parse(everything, folder, registry)
    assert [pump.pump for pump in config.pumps] == ["bed-1", "bed-2", "bed-3", "bed-100", "bed-101"]


def test_the_example_names_every_key_of_every_table(everything: str) -> None:
    named = re.compile(r"\b(blinatumomab|levodopa-gel|our-own|pager|rate-mismatch)\b")
    keys = {(named.sub("*", path), key) for path, key in written(tomllib.loads(everything))}
    tables = list(models(FileTable))
    # The keys of a table that may stand in two places, such as an order, are named in one of them at least.
    missing = {
        f"{path}.{key}"
        for path, model in tables
        for key in model.model_fields
        if not any((elsewhere, key) in keys for elsewhere, other in tables if other is model)
    }
    assert missing == set()


@pytest.mark.parametrize("keys", [ZYNO_KEYS, JSON_LINES_KEYS, MQTT_KEYS], ids=["zyno", "json-lines", "mqtt"])
def test_the_example_names_every_option_of_the_shipped_drivers(everything: str, keys: Any) -> None:
    tree = tomllib.loads(everything)
    options = [table["options"] for table in tree["pumps"] + tree["sources"] if "options" in table]
    assert any(set(table) == set(keys) for table in options)


def test_every_key_that_the_example_explains_has_its_default_said(shipped: str) -> None:
    """A comment right above a key says what holds without it, or that it cannot be left out."""
    comment = ""
    unexplained = []
    for line in shipped.splitlines():
        setting = re.match(r"#?([a-z_]+) = ", line)
        if line.startswith("# "):
            comment += line
            continue
        if setting and comment and not re.search(r"Default|Required|As (above|for)|Left out|Start and end", comment):
            unexplained.append(setting[1])
        comment = ""
    assert unexplained == []


def test_the_limits_and_the_ladder_of_the_example_are_the_built_in_ones(
    everything: str, folder: Path, registry: Registry
) -> None:
    config = parse(everything, folder, registry)
    assert (
        config.therapies["blinatumomab"]
        == therapies_of({}, Faults())["blinatumomab"]
        == BUILT_IN["blinatumomab"].therapy
    )
    ladder = config.ladders["blinatumomab"]
    assert [rung.rung for rung in ladder.rungs] == [rung.rung for rung in BLINATUMOMAB.rungs]
    for found, built_in in zip(ladder.rungs[:4], BLINATUMOMAB.rungs, strict=False):
        times = [name for name in built_in.__struct_fields__ if name.endswith("_us") or name.startswith("after")]
        assert {name: getattr(found, name) for name in times} == {name: getattr(built_in, name) for name in times}
