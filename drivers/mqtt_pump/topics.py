"""Turns a topic template with ``{site}`` and ``{pump}`` into a subscription and reads topics back.

Pure. A placeholder stands for one whole level, because a subscription can leave open nothing smaller.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from drivers.contract import PUMP_ID_PATTERN

PUMP = "{pump}"
SITE = "{site}"

TOPIC_MAX_CHARS = 256
"""The longest template; MQTT itself would allow 65,535 bytes."""

_is_id = re.compile(PUMP_ID_PATTERN).fullmatch


class Origin(NamedTuple):
    """What a topic tells of where a message comes from."""

    site: str | None
    pump: str


class TopicTemplate:
    """One template, e.g. ``pumpwatch/1/{site}/{pump}/observation``."""

    __slots__ = ("_levels", "_pump_at", "_site_at", "text")

    def __init__(self, text: str, levels: tuple[str, ...]) -> None:
        self.text = text
        self._levels = levels
        self._pump_at = levels.index(PUMP)
        self._site_at = levels.index(SITE) if SITE in levels else -1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a template.

        Raises:
            ValueError: One sentence saying what is wrong with it.
        """
        check_topic(text, placeholders=True)
        levels = tuple(text.split("/"))
        for level in levels:
            if ("{" in level or "}" in level) and level not in (PUMP, SITE):
                raise ValueError(f"'{level}' is no level of a topic; only {PUMP} and {SITE} may stand for one.")
        if levels.count(PUMP) != 1 or levels.count(SITE) > 1:
            raise ValueError(f"must hold {PUMP} once, and {SITE} once or not at all.")
        return cls(text, levels)

    @property
    def has_site(self) -> bool:
        """Whether the topics name the site."""
        return self._site_at >= 0

    def subscription(self, site: str | None) -> str:
        """Return the topic filter that finds the pumps of ``site``, or of all sites for None."""
        wanted = {PUMP: "+", SITE: site or "+"}
        return "/".join(wanted.get(level, level) for level in self._levels)

    def read(self, topic: str) -> Origin | None:
        """Return site and pump of a topic, or None where it is not of this template.

        The ids are returned as they stand; whether they are well formed is for ``is_id`` to say.
        """
        levels = topic.split("/")
        if len(levels) != len(self._levels):
            return None
        for ours, theirs in zip(self._levels, levels, strict=True):
            if ours != theirs and ours not in (PUMP, SITE):
                return None
        return Origin(levels[self._site_at] if self._site_at >= 0 else None, levels[self._pump_at])

    def overlaps(self, other: TopicTemplate) -> bool:
        """Tell whether there is a topic that both templates read."""
        if len(self._levels) != len(other._levels):
            return False
        return all(
            ours == theirs or ours in (PUMP, SITE) or theirs in (PUMP, SITE)
            for ours, theirs in zip(self._levels, other._levels, strict=True)
        )


def is_id(text: str) -> bool:
    """Tell whether ``text`` is a well-formed pump or site id."""
    return _is_id(text) is not None


def check_topic(text: str, *, placeholders: bool = False) -> None:
    """Check a topic that is to be published or subscribed to literally.

    Args:
        text: The topic.
        placeholders: Whether braces are allowed; the caller checks them.

    Raises:
        ValueError: One sentence saying what is wrong with it.
    """
    if not text or len(text) > TOPIC_MAX_CHARS:
        raise ValueError(f"must be a topic of 1 to {TOPIC_MAX_CHARS} characters.")
    if text.startswith("$"):
        raise ValueError("must not begin with '$': such topics belong to the broker.")
    if not text.isprintable() or any(character in text for character in "+#"):
        raise ValueError("must not hold '+', '#' or characters that cannot be printed.")
    if not placeholders and ("{" in text or "}" in text):
        raise ValueError("must be a plain topic without placeholders.")
