"""Commands for the database: migrations, integrity, backup, journal, evidence pack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from drivers.registry import discover
from monitor.cli.configured import configured
from monitor.clock import wall_us
from monitor.storage import upgrade as upkeep
from monitor.storage.evidence import export as evidence_pack
from monitor.storage.evidence import verify as verify_journal

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Migrations, integrity, backup, journal.",
)

ConfigFile = Annotated[Path, typer.Option("--config", help="Configuration file (TOML).", show_default=False)]


def _url(config: Path) -> str:
    return configured(config, discover()).storage_url


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
    done = upkeep.upgrade(_url(config), wall_us())
    what = "made" if done.before is None else f"brought from {done.before}"
    same = done.before == done.after
    sys.stdout.write(f"the database is at {done.after} already\n" if same else f"{what} to {done.after}\n")


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
    found = verify_journal(_url(config))
    chained = "" if found.is_chained else " (order and continuity; there is no hash chain yet)"
    _print(found.faults, f"the journal is whole: {found.facts} facts{chained}")


@app.command()
def export(config: ConfigFile) -> None:
    """Print the evidence pack: every stored fact as JSON lines."""
    for line in evidence_pack(_url(config)):
        sys.stdout.buffer.write(line + b"\n")
