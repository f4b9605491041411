"""Commands that only look: replay a story, check a configuration, list the drivers."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from drivers.registry import discover
from monitor.cli.configured import configured
from monitor.cli.wording import counted
from monitor.clock import wall_us
from monitor.config.findings import findings
from monitor.errors import ConfigurationError
from monitor.service.logs import set_up_logs
from monitor.service.people import roles_of
from monitor.service.replay import Replay
from monitor.service.story_file import read_story_file, story_until
from monitor.service.story_orders import read_instant

ConfigFile = Annotated[Path, typer.Option("--config", help="Configuration file (TOML).", show_default=False)]


def replay(
    config: ConfigFile,
    story: Annotated[Path, typer.Argument(help="Story: JSON lines in order of `at`; - reads standard input.")],
    until: Annotated[str | None, typer.Option(help="Let time run on, or stop, at this instant (RFC 3339).")] = None,
) -> None:
    """Play a story in virtual time and print what came of it as JSON."""
    result = played(config, story, until)
    sys.stdout.write(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


def played(config: Path, story: Path, until: str | None, *, explains: bool = False) -> dict[str, Any]:
    """Return what came of a story, or its interruptions by id, explained."""
    # What is logged must not come between the lines of the answer.
    set_up_logs(logging.WARNING)
    settings = configured(config, discover())
    until_us = None if until is None else _instant(until)
    items = read_story_file(story, roles_of(settings))
    if until_us is not None:
        whole, items = len(items), story_until(items, until_us)
        left = whole - len(items)
        if left:
            said = "1 of its lines was" if left == 1 else f"{left} of its lines were"
            sys.stderr.write(f"pumpwatch: the story goes on after --until; {said} not played\n")
    return Replay(settings, explains=explains).run(items, until_us)


def _instant(text: str) -> int:
    try:
        return read_instant(text, "--until")
    except ValueError as fault:
        raise ConfigurationError([str(fault)]) from None


def check(config: ConfigFile) -> None:
    """Read the configuration, drivers' options, ladder and roster; print all faults and warnings."""
    registry = discover()
    settings = configured(config, registry)
    found = findings(settings, registry, wall_us())
    for finding in found:
        sys.stdout.write(f"{finding.level}: {finding.path}: {finding.text}\n")
    counts = f"{counted(len(found), 'warning')}, {counted(len(settings.pumps), 'pump')}"
    sys.stdout.write(f"{config}: no fault, {counts}\n")


def drivers() -> None:
    """List the drivers that are installed, and why a driver was refused."""
    registry = discover()
    for name, loaded in sorted(registry.loaded.items()):
        sys.stdout.write(f"{name:<20} {loaded.version:<10} {loaded.origin}: {loaded.plugin.summary}\n")
    for refused in registry.refused:
        sys.stdout.write(f"{refused.name:<20} refused    {refused.why}\n")
