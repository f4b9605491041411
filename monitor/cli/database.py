"""Commands for the database: migrations, integrity, backup, journal, evidence pack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from drivers.registry import discover
from monitor.config.loading import load
from monitor.storage import upkeep

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

ConfigFile = Annotated[Path, typer.Option("--config", help="Configuration file (TOML).", show_default=False)]


def _url(config: Path) -> str:
    return load(config, discover()).storage_url


def _print(findings: list[str], good: str) -> None:
    """Print findings; with none, the good news; exit code 1 if there are any."""
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    if findings:
        raise typer.Exit(1)
    sys.stdout.write(f"{good}\n")


@app.command()
def upgrade(config: ConfigFile) -> None:
    """Make the database, or bring an older one to this version."""
    sys.stdout.write(f"{upkeep.upgrade(_url(config))}\n")


@app.command()
def check(config: ConfigFile) -> None:
    """Check integrity, pragmas, version and tables."""
    _print(upkeep.check(_url(config)), "the database is sound")


@app.command()
def backup(config: ConfigFile, path: Annotated[Path, typer.Argument(help="Where the copy goes.")]) -> None:
    """Copy the database while the daemon runs."""
    upkeep.backup(_url(config), path)
    sys.stdout.write(f"copied to {path}\n")


@app.command()
def verify(config: ConfigFile) -> None:
    """Check that the journal is whole."""
    _print(upkeep.verify(_url(config)), "the journal is whole")


@app.command()
def export(config: ConfigFile) -> None:
    """Print the evidence pack: every stored fact as JSON lines."""
    for line in upkeep.export(_url(config)):
        sys.stdout.write(line + "\n")
