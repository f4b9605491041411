"""Reads the file of a story, bounded, and refuses one that tells nothing or that is asked to end where it cannot."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from monitor.errors import ConfigurationError
from monitor.feed.wire import rfc3339
from monitor.service.story import GAP_DAYS_MAX, GAP_US_MAX, RefusedLine, StoryItem, begins_us, read_story
from monitor.service.story_roles import RoleOf

FILE_BYTES_MAX = 256 * 1024 * 1024
"""Longest file; a year of one pump that speaks each minute is a third of it."""

STANDARD_INPUT = Path("-")
"""The name that reads what is piped in."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_story_file(path: Path, role_of: RoleOf) -> list[StoryItem]:
    """Return what the lines of a file say; "-" is standard input.

    Raises:
        ConfigurationError: It cannot be read, is too long, or not one of its lines is a line of a story.
    """
    is_piped = path == STANDARD_INPUT
    name = "standard input" if is_piped else path.name
    shown = name if is_piped else str(path)
    try:
        text = sys.stdin.buffer.read(FILE_BYTES_MAX + 1) if is_piped else _read(path)
    except OSError as fault:
        raise ConfigurationError([f"{shown} cannot be read: {fault.strerror}"]) from fault
    if len(text) > FILE_BYTES_MAX:
        raise ConfigurationError([f"{shown} is no story: it is longer than {FILE_BYTES_MAX} bytes"])
    story = list(read_story(text.removeprefix(_BYTE_ORDER_MARK).splitlines(), name, role_of))
    if story and all(isinstance(item, RefusedLine) and item.at_us is None for item in story):
        first = story[0].why if isinstance(story[0], RefusedLine) else ""
        why = f"not one of its {len(story)} lines can be read; {first.removeprefix(f'{name} ')}"
        raise ConfigurationError([f"{shown} is no story: {why}"])
    return story


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(FILE_BYTES_MAX + 1)


def story_until(story: Sequence[StoryItem], until_us: int) -> list[StoryItem]:
    """Return the story as far as ``until_us``, its lines of that very instant included.

    Raises:
        ConfigurationError: That is before its first line, or so long after its last that playing it takes for ever.
    """
    played = [item for item in story if not isinstance(item, RefusedLine)]
    if not played:
        return list(story)
    first_us, last_us = begins_us(played[0]), max(item.at_us for item in played)
    if until_us < first_us:
        raise ConfigurationError([f"--until lies before the story begins, which is at {rfc3339(first_us)}"])
    if until_us - last_us > GAP_US_MAX:
        limit = f"{GAP_DAYS_MAX} days after the story's last line, which is at {rfc3339(last_us)}"
        raise ConfigurationError([f"--until lies more than {limit}"])
    for place, item in enumerate(story):
        if not isinstance(item, RefusedLine) and item.at_us > until_us:
            return list(story[:place])
    return list(story)
