"""Tells Alembic which database to change: the one that the caller handed over, already in a transaction.

``monitor.storage`` calls this. To write a new revision: change ``monitor/storage/tables.py``, copy the last
file in ``versions/``, and run the tests in ``tests/integration/test_storage_migrations.py``, which
compare the two.
"""

from __future__ import annotations

from alembic import context


def run() -> None:
    """Run the revisions over the connection that the caller handed over."""
    connection = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("run `pumpwatch database upgrade`; the alembic command alone knows no database")
    # SQLite cannot change a table in place: batches copy it. Its changes of the schema can be rolled
    # back, although Alembic does not count on it.
    context.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


run()
