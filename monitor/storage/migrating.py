"""Runs the migrations; the only place that knows Alembic."""

from __future__ import annotations

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

PACKAGE = "migrations"
"""The package that holds the revisions, installed beside ``monitor``; found by name, never imported."""

_CONNECTION = "connection"


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the tables up to ``revision``, inside the transaction that is open on ``connection``.

    All or nothing: SQLite's changes of the schema are part of the transaction.
    """
    with as_file(files(PACKAGE)) as scripts:
        command.upgrade(_config(str(scripts), connection), revision)


def migrate_back(connection: Connection, revision: str) -> None:
    """Bring the tables down to ``revision``, as ``migrate`` does."""
    with as_file(files(PACKAGE)) as scripts:
        command.downgrade(_config(str(scripts), connection), revision)


def _config(scripts: str, connection: Connection) -> Config:
    config = Config(attributes={_CONNECTION: connection})
    # The configuration is an ini file's: it takes a lone percent sign for a placeholder.
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    return config
