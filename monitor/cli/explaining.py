"""The command that explains an interruption: which evidence set each number, from a running daemon or from a story."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from monitor.cli.asking import DEFAULT_URL, ask_for
from monitor.cli.talking import AsJson, Token, Url
from monitor.errors import MonitorError

Name = Annotated[str, typer.Argument(metavar="INTERRUPTION", help="Its id, such as `pump-1`.")]
Config = Annotated[Path | None, typer.Option("--config", help="With --story: its configuration (TOML).")]
Story = Annotated[
    Path | None, typer.Option("--story", help="Explain an interruption of this story, as `replay` names it.")
]
Until = Annotated[str | None, typer.Option(help="With --story: let time run on, or stop, at this instant (RFC 3339).")]


def explain(
    interruption: Name,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
    config: Config = None,
    story: Story = None,
    until: Until = None,
) -> None:
    """Explain an interruption: the evidence behind each instant of each stop, the sums and the class."""
    if story is None and config is None:
        if until is not None:
            message = "is for a story; what is stored is explained as it stands"
            raise typer.BadParameter(message, param_hint="--until")
        found = ask_for(url, f"/api/v1/interruptions/{quote(interruption, safe='')}", token, "explanation")
    elif story is None or config is None:
        message = "a story needs its configuration: give both --config and --story"
        raise typer.BadParameter(message)
    else:
        found = _of_story(interruption, config, story, until)
    sys.stdout.write((json.dumps(found, indent=2, ensure_ascii=False) if as_json else _for_people(found)) + "\n")


def _of_story(interruption: str, config: Path, story: Path, until: str | None) -> dict[str, Any]:
    # Only now: what plays a story takes longer to import than all the rest of this command.
    looking = import_module("monitor.cli.looking")
    suggestion = import_module("monitor.refusals").suggestion
    found: dict[str, Any] = looking.played(config, story, until, explains=True)
    if interruption not in found:
        message = f"the story has no interruption {interruption!r}; {suggestion(interruption, found)}"
        raise MonitorError(message)
    answer: dict[str, Any] = found[interruption]
    return answer


def _for_people(found: dict[str, Any]) -> str:
    """Return the sentences, one a line, with a free line between the stops."""
    lines: list[str] = []
    subject = ""
    for sentence in found["explanation"]:
        head, colon, rest = sentence.partition(": ")
        about = head if colon and head.startswith("Stop ") else ""
        if about != subject:
            lines.append("")
            if about:
                lines.append(f"{about}:")
            subject = about
        lines.append(f"  {rest[0].upper()}{rest[1:]}" if about else sentence)
    return "\n".join(lines)
