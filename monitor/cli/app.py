"""Finds the commands by name; each is imported only when it is asked for, so that a small one answers at once."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from monitor.cli.wording import in_our_words

# By name, in the order of the help: where the function or the group of commands is.
_COMMANDS = {
    "run": "monitor.cli.running:run",
    "demo": "monitor.cli.demo:demo",
    "simulate": "monitor.cli.running:simulate",
    "replay": "monitor.cli.looking:replay",
    "check": "monitor.cli.looking:check",
    "drivers": "monitor.cli.looking:drivers",
    "status": "monitor.cli.talking:status",
    "alerts": "monitor.cli.talking:alerts",
    "explain": "monitor.cli.explaining:explain",
    "ack": "monitor.cli.talking:ack",
    "mark": "monitor.cli.talking:mark",
    "database": "monitor.cli.database:app",
}

_PASSED_ON: dict[str, Any] = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
"""For `simulate`, whose options are the simulator's own."""

_SETTINGS: dict[str, dict[str, Any]] = {
    "simulate": _PASSED_ON,
    # The monitor's own alerts have ids such as "-a2".
    "ack": {"ignore_unknown_options": True},
}


class _Commands(TyperGroup):
    """The group that imports a command when it is used."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the library does not show its own type
        """Run the command that was asked for; a refused value is refused in our own words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as fault:
            fault.message = in_our_words(fault.message)
            raise

    def list_commands(self, ctx: object) -> list[str]:
        """Return all names."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Return one command, or None if there is none of that name."""
        del ctx
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            alone.command(cmd_name, context_settings=_SETTINGS.get(cmd_name))(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command if isinstance(command, TyperCommand | TyperGroup) else None


app = typer.Typer(
    name="pumpwatch",
    cls=_Commands,
    help="Knows how long a home infusion may have been interrupted, and tells people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(is_asked: bool) -> None:  # noqa: FBT001 - how options call back
    if not is_asked:
        return
    try:
        installed = version("pumpwatch")
    except PackageNotFoundError:
        installed = "of a source tree that is not installed"
    sys.stdout.write(f"pumpwatch {installed}\n")
    raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
]


@app.callback()
def _all(version: Version = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Watch infusion pumps; every command has a --help of its own."""
