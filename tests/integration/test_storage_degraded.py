"""A write that fails stores nothing, says why, and can be tried again; nothing is told twice for it."""

from __future__ import annotations

import contextlib
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StorageDegraded
from monitor.storage.unit_of_work import Store
from monitor.storage.work import Work
from small_disk import small_disk
from stored_rows import START_US, alert, facts, notice

MEBIBYTE = 1024 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pumpwatch.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{path}", START_US)
    yield opened
    opened.close()


def refusal(store: Store, work: Work) -> str:
    size = len(work)
    with pytest.raises(StorageDegraded) as raised:
        store.commit(work)
    assert len(work) == size
    return str(raised.value)


def big(number: int) -> Work:
    work = facts(number)
    work.state("p1", bytes(2 * MEBIBYTE), None, None)
    work.alert(alert(number=number))
    work.notice(notice(text=f"message {number}"))
    return work


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


def texts(store: Store) -> list[str]:
    return [row.text for row in reversed(store.reader.notices(100))]


def test_a_full_disk_is_named_and_the_work_goes_in_when_there_is_room(tmp_path: Path) -> None:
    place = tmp_path / "card"
    place.mkdir()
    with small_disk(place, "4m"):
        store = Store.open(f"sqlite:///{place}/pumpwatch.db", START_US)
        store.commit(facts(1))
        filler = place / "filler"
        fill(filler)
        work = big(2)
        assert "the disk is full: free some space" in refusal(store, work)
        assert "the disk is full" in refusal(store, work)
        assert store.reader.last_journal_id() == 1
        filler.unlink()
        work.journal("p1", START_US + 3, "ticked", "{}")
        work.states["p1"] = (b"small", None, None)
        assert store.commit(work).journal_ids == range(2, 4)
        assert texts(store) == ["message 2"]
        store.close()


def test_a_database_that_may_not_grow_refuses_and_recovers(store: Store) -> None:
    store.commit(facts(1))
    with store._session._turn_of("limiting") as connection:
        connection.connection.cursor().execute("PRAGMA max_page_count = 40")
    assert "the disk is full" in refusal(store, big(2))
    assert store.commit(big(2)).journal_ids == range(2, 3)


def test_a_lock_by_another_program_is_named_and_waited_out(store: Store, path: Path) -> None:
    store.commit(facts(1))
    with store._session._turn_of("hurrying") as connection:
        connection.connection.cursor().execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "another program holds" in refusal(store, facts(2))
        other.execute("ROLLBACK")
    assert store.commit(facts(2)).journal_ids == range(2, 3)


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_was_taken_away_is_noticed_before_anything_is_lost(
    store: Store, path: Path, *, is_replaced: bool
) -> None:
    store.commit(facts(1))
    aside = path.with_name("aside.db")
    path.rename(aside)
    if is_replaced:
        shutil.copy(aside, path)
    assert "was removed or replaced while pumpwatch was running" in refusal(store, facts(2))
    path.unlink(missing_ok=True)
    aside.rename(path)
    assert store.commit(facts(2)).journal_ids == range(2, 3)


def test_a_driver_is_told_that_its_memory_was_not_stored(store: Store, path: Path) -> None:
    path.rename(path.with_name("aside.db"))
    with pytest.raises(StorageDegraded, match="was removed or replaced"):
        store.memory("line").save(b"1")
    with pytest.raises(StorageDegraded, match="was removed or replaced"):
        store.memory("line").load()


def lose_the_answer(store: Store, work: Work) -> None:
    """Commit ``work`` so that the caller cannot know of it, as when the disk's last answer is lost."""
    ends = store._ends
    store.commit(work)
    store._ends, store._is_uncertain = ends, True


def test_what_became_durable_all_the_same_is_not_stored_twice(store: Store) -> None:
    store.commit(big(1))
    work = big(2)
    work.journal(None, START_US + 3, "told", "{}")
    work.reject(1, "line", "1", "not-json", "It is no JSON.", b"x")
    lose_the_answer(store, work)
    work.journal("p1", START_US + 4, "ticked", "{}")
    work.notice(notice(text="message 3"))
    work.alert(alert(number=2, resolved_at_us=START_US))
    result = store.commit(work)
    assert (result.journal_ids, result.notice_ids) == (range(2, 5), range(2, 4))
    assert [row.at_us - START_US for row in store.reader.journal_after(0, 9)] == [1, 2, 3, 4]
    assert [row.id for row in store.reader.journal_of("p1", 9)] == [4, 2, 1]
    assert texts(store) == ["message 1", "message 2", "message 3"]
    assert [row.number for _, row in store.reader.alerts(9, open_only=True)] == [1]
    assert store.commit(facts(5)).journal_ids == range(5, 6)


def test_other_work_after_a_lost_answer_is_stored_whole(store: Store) -> None:
    lose_the_answer(store, big(1))
    result = store.commit(big(2))
    assert (result.journal_ids, result.notice_ids) == (range(2, 3), range(2, 3))
    assert texts(store) == ["message 1", "message 2"]


LIMITED = """
import resource, sys
from monitor.errors import StorageDegraded
from monitor.storage.unit_of_work import Store
from monitor.storage.upgrade import check
from stored_rows import facts
store = Store.open(sys.argv[1], 1)
failures, number = 0, 0
for limit in range(0, 600_000, 20_000):
    number += 1
    work = facts(number)
    work.state(f"p{number}", bytes(9_000), None, None)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        result = store.commit(work)
    except StorageDegraded as error:
        failures += 1
        assert "failed" in str(error), error
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        result = store.commit(work)
    assert result.journal_ids == range(number, number + 1), (result, number)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.close()
assert failures > 3, failures
found = check(sys.argv[1])
assert found == [], found
"""


def test_writes_that_the_system_refuses_anywhere_lose_and_repeat_nothing(path: Path) -> None:
    assert resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, f"sqlite:///{path}"],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    store = Store.open(f"sqlite:///{path}", START_US)
    assert [row.body for row in store.reader.journal_after(0, 99)] == [f'{{"number":{n}}}' for n in range(1, 31)]
    assert len(list(store.load_states())) == 30
    store.close()
