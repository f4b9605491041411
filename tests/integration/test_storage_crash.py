"""Whatever was acknowledged before a kill is there after it, whole, and nothing is half there."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.storage.evidence import verify
from monitor.storage.unit_of_work import Store
from monitor.storage.upgrade import check
from stored_rows import START_US

KILLS = 24
NURSERY = """
import os, sys
from monitor.storage.rows import NoticeUpdate
from monitor.storage.evidence import verify
from monitor.storage.unit_of_work import Store
from stored_rows import START_US, alert, facts, notice

def write(url):
    store = Store.open(url, START_US)
    number = store.reader.last_journal_id()
    while True:
        number += 1
        work = facts(number)
        work.state("p1", f"{number}".encode().ljust(9_000), None, number)
        work.alert(alert(number=number))
        work.notice(notice(text=f"message {number}"))
        work.alive(START_US + number)
        if number > 1:
            work.notice_update(NoticeUpdate(number - 1, "delivered", 1, START_US))
        assert store.commit(work).journal_ids == range(number, number + 1)
        print(number, flush=True)

# Each writer is a process of its own; only the imports are shared, because they are slow.
for _ in sys.stdin:
    writer = os.fork()
    if not writer:
        write(sys.argv[1])
    print("writer", writer, flush=True)
    os.waitpid(writer, 0)
    print("dead", flush=True)
"""
FAILING_SYNC = """
import sys
from monitor.errors import StorageDegraded
from monitor.storage.evidence import verify
from monitor.storage.unit_of_work import Store
from stored_rows import START_US, facts, notice
store = Store.open(sys.argv[1], START_US)
failures = 0
for number in range(1, 31):
    work = facts(number)
    work.notice(notice(text=f"message {number}"))
    for _ in range(5):
        try:
            result = store.commit(work)
            break
        except StorageDegraded as error:
            failures += 1
            assert "SQLITE_IOERR_FSYNC" in str(error), error
    assert result.journal_ids == range(number, number + 1), result
print(failures)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'pumpwatch.db'}"


def started(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )


def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(url: str) -> None:
    chance = random.Random(20261122)  # noqa: S311 - any moments will do
    acknowledged = 0
    with started(sys.executable, "-c", NURSERY, url) as nursery:
        for _ in range(KILLS):
            acknowledged = write_and_kill(nursery, acknowledged, chance.randrange(1, 60))
            acknowledged = whole(url, acknowledged)
        assert nursery.stdin is not None
        nursery.stdin.close()
    assert check(url) == []


def write_and_kill(nursery: subprocess.Popen[str], acknowledged: int, commits: int) -> int:
    """Let a writer commit some more, kill it in the middle of the next, and return the last one acknowledged."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write("go\n")
    nursery.stdin.flush()
    writer, wanted = 0, acknowledged + commits
    for line in nursery.stdout:
        match line.split():
            case ["dead"]:
                break
            case ["writer", number]:
                writer = int(number)
            case [number]:
                acknowledged = int(number)
            case _:
                pytest.fail(line)
        if acknowledged >= wanted and writer:
            os.kill(writer, signal.SIGKILL)
            writer = 0  # once: what it wrote before may be read when its number is free again
    assert acknowledged >= wanted
    return acknowledged


def whole(url: str, acknowledged: int) -> int:
    """Check the database after a kill and return the number of its last commit."""
    assert verify(url).faults == []
    store = Store.open(url, START_US)
    last = store.reader.last_journal_id()
    assert acknowledged <= last <= acknowledged + 1
    (stored,) = store.load_states()
    assert (int(stored.state), stored.deadline_at_us, store.last_alive_us()) == (last, last, START_US + last)
    assert store.reader.notices(1)[0].text == f"message {last}"
    assert [notice.id for notice in store.load_outbox()] == [last]
    assert store.reader.alerts(1)[0][1].number == last
    store.close()
    return last


def test_a_failed_sync_is_tried_again_and_nothing_is_stored_twice(url: str, tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    Store.open(url, START_US).close()
    # Every seventh wait for the disk fails, as on a card that is wearing out.
    spoil = [strace, "-f", "-o", str(tmp_path / "trace"), "-e", "trace=fdatasync,fsync"]
    spoil += ["-e", "inject=fdatasync,fsync:error=EIO:when=7+7"]
    with started(*spoil, sys.executable, "-c", FAILING_SYNC, url) as writer:
        said, wrong = writer.communicate()
    if "ptrace" in wrong:
        pytest.skip("processes cannot be traced here")
    assert writer.returncode == 0, wrong
    assert int(said) >= 3
    assert check(url) == []
    store = Store.open(url, START_US)
    assert [row.text for row in reversed(store.reader.notices(99))] == [f"message {n}" for n in range(1, 31)]
    store.close()
