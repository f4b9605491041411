"""Gathers what is wrong with one file, as sentences of one line that begin with the path of a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from monitor.refusals import Location, cause_of, path_of


class Faults:
    """What is wrong with one file.

    Attributes:
        sentences: In the order in which it was found.
        dropped: Places that were left out for a fault, so that nobody complains that nothing is there.
    """

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.dropped: set[Location] = set()

    def add(self, location: Location, sentence: str) -> None:
        """Note one fault; the same one is noted once."""
        line = _one_line(f"{path_of(location)}: {sentence}")
        if line not in self.sentences:
            self.sentences.append(line)

    def add_invalid(self, model: type[BaseModel], detail: Mapping[str, Any]) -> None:
        """Note one thing that pydantic found in a file of ``model``."""
        location = tuple(part for part in detail["loc"] if part != "[key]")
        self.add(location, cause_of(detail, location, model))


def _one_line(sentence: str) -> str:
    """Return a sentence that cannot play tricks on a terminal, whatever stood in the file."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in sentence)
