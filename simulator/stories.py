"""Finds stories: those shipped beside this module, and those in files of the user."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from simulator.scenario import Scenario, parse_scenario
from simulator.table_reader import FileError, suggestion

STORY_BYTES_MAX = 1_000_000
"""The longest story that is read."""

DEFAULT_STORY = "demo-day"


def story_names() -> list[str]:
    """Return the names of the shipped stories, in order."""
    entries = files("simulator").joinpath("scenarios").iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))


def load_story(name: str) -> Scenario:
    """Return a shipped story by its name, or one in a file by its path (anything that ends in ``.toml``).

    Raises:
        FileError: There is no such story, or it is wrong; all faults at once.
    """
    if name.endswith(".toml"):
        return parse_scenario(_read_file(Path(name)), Path(name).stem, name)
    names = story_names()
    if name not in names:
        hint = suggestion(name, names) or f"; there are {', '.join(names)}"
        raise FileError([f"{name!r} is no story{hint}"])
    text = files("simulator").joinpath("scenarios", f"{name}.toml").read_text(encoding="utf-8")
    return parse_scenario(text, name, f"{name}.toml")


def _read_file(path: Path) -> str:
    try:
        if path.stat().st_size > STORY_BYTES_MAX:
            raise FileError([f"{path}: longer than {STORY_BYTES_MAX} bytes"])
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError([f"{path}: cannot be read: {error}"]) from error
