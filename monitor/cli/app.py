"""Puts the commands together; each lives in a file of its own and imports what it needs when it runs."""

from __future__ import annotations

import typer

from monitor.cli import database, demo, looking, running, talking

app = typer.Typer(
    name="pumpwatch",
    help="Knows how long a home infusion may have been interrupted, and tells people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(running.run)
app.command()(demo.demo)
app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)(
    running.simulate
)
app.command()(looking.replay)
app.command()(looking.check)
app.command()(looking.drivers)
app.command()(talking.status)
app.command()(talking.alerts)
app.command()(talking.ack)
app.command()(talking.mark)
app.add_typer(database.app, name="database", help="Migrations, integrity, backup, journal.")
