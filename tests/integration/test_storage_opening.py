"""A database that is not safe to use is refused with a sentence that says what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StorageError
from monitor.storage.engine import LOG_KEPT_BYTES, LOG_RESET_PAGES, Place, set_pragma
from monitor.storage.unit_of_work import Store
from monitor.storage.work import Work
from small_disk import remount_read_only, small_disk
from stored_rows import START_US, alert, facts, notice

HOLD = """
import sys
from monitor.storage.unit_of_work import Store
store = Store.open(sys.argv[1], 1)
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pump watch %41.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def filled(url: str) -> None:
    store = Store.open(url, START_US)
    work = facts(*range(200))
    for number in range(50):
        work.state(f"p{number}", b"s" * 600, None, None)
        work.alert(alert(f"p{number}"))
        work.notice(notice(f"p{number}"))
    store.commit(work)
    store.close()


def refusal(url: str) -> str:
    with pytest.raises(StorageError) as raised:
        Store.open(url, START_US)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_new_file_is_made_readable_by_nobody_else(url: str, path: Path) -> None:
    Store.open(url, START_US).close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_bytes().startswith(b"SQLite format 3")


def test_an_empty_file_is_a_new_database(url: str, path: Path) -> None:
    path.touch()
    store = Store.open(url, START_US)
    assert store.last_alive_us() is None
    store.close()


def test_what_was_stored_is_there_after_reopening(url: str) -> None:
    store = Store.open(url, START_US)
    work = facts(1)
    work.alive(START_US + 3)
    store.commit(work)
    instance = store.instance
    store.close()
    store = Store.open(url, START_US + 9)
    assert (store.reader.last_journal_id(), store.last_alive_us(), store.instance) == (1, START_US + 3, instance)
    store.close()


def test_every_setting_holds_on_the_connection_that_writes(url: str) -> None:
    store = Store.open(url, START_US)
    with store._session._turn_of("looking") as connection:
        raw = connection.connection.cursor()
        found = {
            name: raw.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "journal_size_limit")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "wal_autocheckpoint": LOG_RESET_PAGES,
        "journal_size_limit": LOG_KEPT_BYTES,
    }
    store.close()


def test_the_feeds_connections_cannot_write(url: str) -> None:
    store = Store.open(url, START_US)
    with store.reader._engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM journal")
    store.close()


def test_a_setting_that_does_not_hold_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(StorageError, match="local disk"):
        # A database in memory has no write-ahead log: as a network share, it says so only when asked.
        set_pragma(connection, Place(path), "journal_mode", "WAL", "wal")


def test_a_second_daemon_is_refused(url: str) -> None:
    first = Store.open(url, START_US)
    assert refusal(url).endswith(f"is in use by another pumpwatch (process {os.getpid()}); stop that one first")
    first.close()
    Store.open(url, START_US).close()


def test_a_daemon_in_another_process_is_refused_until_it_is_gone(url: str) -> None:
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        assert f"process {other.pid}" in refusal(url)
        other.kill()
        other.wait()
        Store.open(url, START_US).close()


def test_another_programs_database_is_refused_and_left_as_it_is(url: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE meta (name TEXT, value TEXT)")
        other.commit()
    before = path.read_bytes()
    assert "is another program's database" in refusal(url)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(url: str, path: Path) -> None:
    path.write_text("Dear diary, " * 500)
    assert "is no SQLite database or is damaged" in refusal(url)
    assert path.read_text().startswith("Dear diary")


@pytest.mark.parametrize("size", [1, 99])
def test_a_file_too_short_for_a_database_is_refused_and_left_as_it_is(url: str, path: Path, size: int) -> None:
    path.write_text("x" * size)
    assert "is no database; move it away" in refusal(url)
    assert path.read_text() == "x" * size


@pytest.mark.parametrize(("revision", "says"), [("0000", "older version"), ("9999", "newer version")])
def test_another_version_is_refused(url: str, path: Path, revision: str, says: str) -> None:
    filled(url)
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        other.commit()
    assert says in refusal(url)


def test_a_database_without_a_version_is_refused(url: str, path: Path) -> None:
    filled(url)
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE alembic_version")
        other.commit()
    assert "is not whole" in refusal(url)


def test_a_page_that_was_wiped_is_found_wherever_it_is(url: str, path: Path) -> None:
    filled(url)
    whole = path.read_bytes()
    pages = len(whole) // 4096
    assert pages > 20
    for page in range(pages):
        path.write_bytes(whole[: page * 4096] + bytes(4096) + whole[(page + 1) * 4096 :])
        assert any(word in refusal(url) for word in ("damaged", "no SQLite database")), page
    path.write_bytes(whole)
    Store.open(url, START_US).close()


def test_a_file_that_was_cut_short_is_refused(url: str, path: Path) -> None:
    filled(url)
    os.truncate(path, path.stat().st_size - 8192)
    assert "damaged" in refusal(url)


def test_a_log_that_has_lost_its_database_is_kept(url: str, path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    log.write_bytes(b"the last that is known")
    assert "is missing or empty, but its log" in refusal(url)
    assert log.read_bytes() == b"the last that is known"


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path}/nowhere/pumpwatch.db").startswith(f"{tmp_path}/nowhere is no directory")


def test_a_directory_in_place_of_the_file_is_refused(url: str, path: Path) -> None:
    path.mkdir()
    assert "cannot be written" in refusal(url)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """Yield a directory that holds a database and cannot be written."""
    place = tmp_path / "card"
    place.mkdir()
    if os.geteuid() != 0:
        filled(f"sqlite:///{place}/pumpwatch.db")
        for found in (*place.iterdir(), place):
            found.chmod(0o500)
        yield place
        place.chmod(0o700)
        return
    with small_disk(place, "8m"):
        filled(f"sqlite:///{place}/pumpwatch.db")
        remount_read_only(place)
        yield place


def test_a_card_that_went_read_only_is_refused(read_only: Path) -> None:
    said = refusal(f"sqlite:///{read_only}/pumpwatch.db")
    assert "cannot be" in said
    assert "Read-only" in said or "Permission" in said


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://host/pumps",
        "sqlite://host/pumps.db",
        "sqlite:///pumps.db?mode=ro",
        "sqlite:///file:pumps.db",
        "pumps.db",
    ],
)
def test_a_url_of_another_kind_is_refused_with_the_right_one(url: str) -> None:
    assert refusal(url).endswith("write sqlite:///PATH")


def test_a_database_in_memory_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite://", "sqlite:///:memory:"):
        store = Store.open(url, START_US)
        work = Work()
        work.state("p1", b"state", None, None)
        store.commit(work)
        assert len(list(store.load_states())) == 1
        store.close()
    assert list(tmp_path.iterdir()) == []


def test_a_big_database_is_checked_where_it_decides(url: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(url)
    with closing(sqlite3.connect(path)) as other:
        (root,) = other.execute("SELECT rootpage FROM sqlite_master WHERE name = 'pump_state'").fetchone()
    whole = path.read_bytes()
    path.write_bytes(whole[: (root - 1) * 4096] + bytes(4096) + whole[root * 4096 :])
    monkeypatch.setattr("monitor.storage.opening.QUICK_CHECK_MAX_BYTES", 0)
    assert "damaged" in refusal(url)
