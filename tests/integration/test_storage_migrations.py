"""The history of the tables has one end, leads to today's tables, and each step is all or nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import Connection

import migrations
from monitor.errors import StorageError
from monitor.storage import migrating
from monitor.storage.engine import Place, place_of, writer_engine
from monitor.storage.opening import make_if_empty, prepare_file
from monitor.storage.tables import APPLICATION_ID, REVISION, metadata
from monitor.storage.unit_of_work import Store
from monitor.storage.upgrade import Upgraded, check, upgrade
from monitor.storage.work import Work
from stored_rows import START_US, facts

SCRIPTS = Path(migrations.__file__).parent
SECOND = '''"""Revision 0002: notes of pumps."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.batch_alter_table("pumps") as pumps:
        pumps.add_column(sa.Column("note", sa.Text))
    {broken}


def downgrade():
    with op.batch_alter_table("pumps") as pumps:
        pumps.drop_column("note")
'''


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'pumpwatch.db'}"


@pytest.fixture
def empty(url: str) -> Iterator[Connection]:
    place = place_of(url)
    prepare_file(place)
    engine = writer_engine(place)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def tables_of(connection: Connection) -> set[str]:
    with connection.begin():
        return set(inspect(connection).get_table_names())


def test_the_history_has_one_end_and_the_monitor_knows_it() -> None:
    assert migrating.heads() == [REVISION]


def test_no_revision_imports_the_monitor() -> None:
    for path in (SCRIPTS / "versions").glob("*.py"):
        tree = ast.parse(path.read_text())
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not [name for name in imported if name and name.startswith("monitor")]
        assert not [
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for name in node.names
            if "monitor" in name.name
        ]


def test_an_empty_database_is_brought_to_the_end(empty: Connection) -> None:
    with empty.begin():
        migrating.migrate(empty)
    assert tables_of(empty) == {*metadata.tables, "alembic_version"}
    assert empty.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION_ID


def test_the_migrated_tables_are_those_of_this_version(empty: Connection) -> None:
    with empty.begin():
        migrating.migrate(empty)
        assert migrating.differences(empty) == []


def test_a_new_database_is_word_for_word_what_the_migrations_make(empty: Connection) -> None:
    def made(connection: Connection) -> tuple[set[str], list[str], int]:
        with connection.begin():
            words = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").all()
            revisions = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
            marked = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        return {" ".join(" ".join(str(word) for word in row).split()) for row in words}, list(revisions), marked

    with empty.begin():
        migrating.migrate(empty)
    memory = writer_engine(Place(None))
    with memory.connect() as connection:
        make_if_empty(connection, START_US)
        assert made(empty) == made(connection)
    memory.dispose()


def test_every_step_can_be_undone_and_done_again(empty: Connection) -> None:
    with empty.begin():
        migrating.migrate(empty)
    with empty.begin():
        migrating.migrate_back(empty, "base")
    assert tables_of(empty) == {"alembic_version"}
    with empty.begin():
        migrating.migrate(empty)
        assert migrating.differences(empty) == []


def test_a_crash_in_the_middle_of_making_the_tables_leaves_nothing(empty: Connection) -> None:
    def crash() -> None:
        with empty.begin():
            migrating.migrate(empty)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    assert tables_of(empty) == set()
    assert empty.exec_driver_sql("PRAGMA application_id").scalar() == 0


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the program a later version with one more revision, and return that revision's file."""
    package = tmp_path / "later_migrations"
    (package / "versions").mkdir(parents=True)
    for name in ("__init__.py", "env.py", "versions/0001_first.py"):
        (package / name).write_text((SCRIPTS / name).read_text())
    revision = package / "versions" / "0002_notes.py"
    revision.write_text(SECOND.format(broken=""))
    monkeypatch.syspath_prepend(tmp_path)

    def install() -> None:
        monkeypatch.setattr(migrating, "PACKAGE", "later_migrations")
        for module in ("opening", "upgrade"):
            monkeypatch.setattr(f"monitor.storage.{module}.REVISION", "0002")

    store = Store.open(f"sqlite:///{tmp_path / 'pumpwatch.db'}", START_US)
    work = facts(1, 2)
    work.state("p1", b"state", None, None)
    store.commit(work)
    store.close()
    install()
    yield revision
    sys.modules.pop("later_migrations", None)


@pytest.mark.usefixtures("next_version")
def test_a_database_with_data_is_never_changed_without_being_told(url: str) -> None:
    with pytest.raises(StorageError, match=r"older version .revision 0001, needed 0002.*pumpwatch database upgrade"):
        Store.open(url, START_US)


@pytest.mark.usefixtures("next_version")
def test_an_upgrade_keeps_what_was_stored(url: str) -> None:
    assert upgrade(url, START_US) == Upgraded("0001", "0002")
    store = Store.open(url, START_US)
    assert [stored.state for stored in store.load_states()] == [b"state"]
    assert store.reader.last_journal_id() == 2
    store.close()
    assert upgrade(url, START_US) == Upgraded("0002", "0002")


def test_an_upgrade_that_fails_half_way_changes_nothing(url: str, next_version: Path) -> None:
    next_version.write_text(SECOND.format(broken='op.execute("INSERT INTO nowhere VALUES (1)")'))
    with pytest.raises(StorageError, match="upgrading"):
        upgrade(url, START_US)
    with pytest.raises(StorageError, match="older version"):
        Store.open(url, START_US)
    next_version.write_text(SECOND.format(broken=""))
    assert upgrade(url, START_US) == Upgraded("0001", "0002")


def test_an_upgrade_makes_a_new_database(url: str) -> None:
    assert upgrade(url, START_US) == Upgraded(None, REVISION)
    assert check(url) == []


def test_an_upgrade_is_refused_while_the_daemon_runs(url: str) -> None:
    store = Store.open(url, START_US)
    with pytest.raises(StorageError, match="in use by another pumpwatch"):
        upgrade(url, START_US)
    assert store.commit(Work()).journal_ids == range(0)
    store.close()
