"""The command that explains an interruption: which evidence set each number, from a running daemon or from a story."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any
from urllib.parse import quote

import typer

from monitor.cli.talking import DEFAULT_URL, AsJson, Token, Url, ask

Name = Annotated[str, typer.Argument(metavar="INTERRUPTION", help="Its id, such as `pump-1`.")]


def explain(
    interruption: Name,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Explain an interruption: the evidence behind each instant of each stop, the sums and the class."""
    found = ask("GET", url, f"/api/v1/interruptions/{quote(interruption, safe='')}", token)
    sys.stdout.write((json.dumps(found, indent=2, ensure_ascii=False) if as_json else _for_people(found)) + "\n")


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
