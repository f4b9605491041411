"""Runs the migrations; the only place that knows Alembic."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import as_file, files

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.engine import Connection

from monitor.errors import StorageError
from monitor.storage.tables import metadata

PACKAGE = "migrations"
"""The package that holds the revisions, installed beside ``monitor``; found by name, never imported."""

_CONNECTION = "connection"


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the tables up to ``revision``, inside the transaction that is open on ``connection``.

    All or nothing: SQLite's changes of the schema are part of the transaction.

    Raises:
        StorageError: There is no way from the tables as they are to ``revision``.
    """
    _run(connection, command.upgrade, revision)


def migrate_back(connection: Connection, revision: str) -> None:
    """Bring the tables down to ``revision``, as ``migrate`` does."""
    _run(connection, command.downgrade, revision)


def heads() -> list[str]:
    """Return the names of all heads; a history that has not split has one."""
    with as_file(files(PACKAGE)) as scripts:
        return list(ScriptDirectory(str(scripts)).get_heads())


def _run(connection: Connection, change: Callable[[Config, str], None], revision: str) -> None:
    with as_file(files(PACKAGE)) as scripts:
        try:
            change(_config(str(scripts), connection), revision)
        except CommandError as error:
            raise StorageError(f"the tables cannot be brought to revision {revision}: {error}") from error


def differences(connection: Connection) -> list[str]:
    """Return one sentence per difference between the tables in the database and those of this version."""
    context = MigrationContext.configure(connection, opts={"include_object": _is_compared})
    return [f"the tables are not as they should be: {found}" for found in compare_metadata(context, metadata)]


def _is_compared(_item: object, name: str | None, kind: str, _reflected: object, _other: object) -> bool:
    return not (kind == "table" and name == "alembic_version")


def _config(scripts: str, connection: Connection) -> Config:
    config = Config(attributes={_CONNECTION: connection})
    # The configuration is an ini file's: it takes a lone percent sign for a placeholder.
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    return config
