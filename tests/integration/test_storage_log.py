"""The write-ahead log stays short, whoever reads meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StorageError
from monitor.storage.engine import LOG_KEPT_BYTES, LOG_RESET_PAGES
from monitor.storage.log import COMMITS_PER_MOVE, LogKeeper
from monitor.storage.unit_of_work import Store
from monitor.storage.upgrade import check
from stored_rows import START_US, facts

BOUND_BYTES = 128 * 1024 * 1024
STATE_BYTES = 256 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pumpwatch.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{path}", START_US)
    yield opened
    opened.close()


def write(store: Store, commits: int) -> int:
    """Commit 2 MiB at a time, and return the longest log seen."""
    longest = 0
    for number in range(commits):
        work = facts(number)
        # Another value each time: SQLite does not write pages that stay as they are.
        state = bytes([number % 251]) * STATE_BYTES
        for pump in range(8):
            work.state(f"p{pump}", state, None, None)
        store.commit(work)
        longest = max(longest, store.log_bytes())
    return longest


def test_the_log_stays_short_while_the_feed_reads_all_the_time(store: Store) -> None:
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            store.reader.journal_after(0, 1_000)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        assert write(store, 150) < BOUND_BYTES
    finally:
        is_over.set()
        for reader in readers:
            reader.join()


def test_the_log_is_cut_when_a_long_read_is_over(store: Store, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM journal").fetchone()
        # While somebody reads the state of an hour ago, nothing can be taken from the log.
        assert write(store, 70) > BOUND_BYTES
        (found,) = check(f"sqlite:///{path}")
        assert found.startswith(
            f"the log of {path} has grown to {store.log_bytes() >> 20} MiB: a program keeps reading"
        )
        other.execute("ROLLBACK")
    write(store, 8)
    assert store.log_bytes() <= LOG_KEPT_BYTES


def test_small_commits_write_over_the_same_short_log(store: Store) -> None:
    sizes = []
    for number in range(3 * COMMITS_PER_MOVE):
        store.commit(facts(number))
        store.tidy()
        sizes.append(store.log_bytes())
    assert sizes[COMMITS_PER_MOVE] == sizes[-1] < LOG_RESET_PAGES * 4096 / 2


def test_a_disk_that_fails_while_the_log_is_moved_fails_no_commit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_log: LogKeeper, _connection: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    for number in range(COMMITS_PER_MOVE):
        store.commit(facts(number))
    with monkeypatch.context() as broken:
        broken.setattr(LogKeeper, "move", fail)
        store.tidy()
    with pytest.raises(StorageError, match="disk I/O error"):
        store.checkpoint()
    assert store.commit(facts(1)).journal_ids == range(COMMITS_PER_MOVE + 1, COMMITS_PER_MOVE + 2)
    store.tidy()
    store.checkpoint()
    assert store.log_bytes() == 0


def test_a_quiet_moment_empties_the_log(store: Store) -> None:
    write(store, 2)
    assert store.log_bytes() > 0
    store.checkpoint()
    assert store.log_bytes() == 0
