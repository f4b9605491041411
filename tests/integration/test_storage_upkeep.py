"""A database can be checked, copied, shown and set aside from outside, while the daemon runs."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from monitor.errors import StorageError
from monitor.storage.evidence import ROWS_PER_PAGE, export, verify
from monitor.storage.opening import checked
from monitor.storage.tables import REVISION
from monitor.storage.unit_of_work import Store
from monitor.storage.upgrade import backup, check, quarantine
from monitor.storage.work import Work
from stored_rows import START_US, alert, facts, interruption, notice


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pumpwatch.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store.open(url, START_US)
    for number in range(1, 4):
        work = facts(number)
        work.alert(alert(number=number))
        work.interruption(interruption(number=number))
        work.notice(notice(interruption=number))
        work.reject(START_US, "line", "7", "not-json", "It is no JSON.", b"\xff", pump="p1")
        opened.commit(work)
    yield opened
    opened.close()


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(statement)
        other.commit()


@pytest.mark.usefixtures("store")
def test_a_sound_database_has_no_findings(url: str) -> None:
    assert check(url) == []


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM journal WHERE id = 2", "the journal has a hole before fact 3"),
        ("UPDATE journal SET at_us = 0 WHERE id = 2", "fact 2 of the journal is dated before the one that it follows"),
        (
            "UPDATE journal SET previous_id = 9 WHERE id = 2",
            "fact 2 of the journal names one before it that is not there",
        ),
        ("DELETE FROM pumps", "row 1 of alerts belongs to no pumps"),
        ("DROP INDEX ix_outbox_unfinished", "the tables are not as they should be"),
        ("ALTER TABLE alerts ADD COLUMN mood TEXT", "the tables are not as they should be"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer version"),
    ],
)
def test_each_fault_is_found_and_named(url: str, path: Path, statement: str, finding: str) -> None:
    change(path, statement)
    found = check(url)
    assert any(finding in sentence for sentence in found), found


def test_a_damaged_database_is_found_and_named(url: str, path: Path, store: Store) -> None:
    store.close()
    whole = bytearray(path.read_bytes())
    whole[5 * 4096 : 6 * 4096] = bytes(4096)
    path.write_bytes(whole)
    assert "is damaged" in check(url)[0]


def test_a_check_does_not_hold_up_the_daemon(url: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_meanwhile(connection: Connection, pragma: str, argument: str) -> list[str]:
        store.commit(facts(9))
        return checked(connection, pragma, argument)

    monkeypatch.setattr("monitor.storage.opening.checked", write_meanwhile)
    assert check(url) == []
    assert store.reader.last_journal_id() == 4


def test_a_missing_database_is_named_and_not_made(url: str, path: Path) -> None:
    assert "is not there yet" in check(url)[0]
    assert not path.exists()


def test_a_copy_taken_while_the_daemon_writes_is_whole(url: str, tmp_path: Path, store: Store) -> None:
    is_over = threading.Event()

    def read_back() -> None:
        while not is_over.is_set():
            store.commit(facts(9))

    writer = threading.Thread(target=read_back)
    writer.start()
    told: list[tuple[int, int]] = []
    try:
        backup(url, tmp_path / "copy.db", lambda left, total: told.append((left, total)))
    finally:
        is_over.set()
        writer.join()
    assert told
    assert told[-1][0] == 0
    copy = Store.open(f"sqlite:///{tmp_path / 'copy.db'}", START_US)
    assert 3 <= copy.reader.last_journal_id() <= store.reader.last_journal_id()
    assert copy.instance == store.instance
    copy.close()
    assert {found.name for found in tmp_path.glob("copy.db*")} == {"copy.db", "copy.db.lock"}
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("store")
def test_a_copy_never_replaces_a_file(url: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(StorageError, match="is there already"):
        backup(url, tmp_path / "copy.db")
    with pytest.raises(StorageError, match="is no directory"):
        backup(url, tmp_path / "nowhere" / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_a_copy_of_nothing_leaves_nothing(url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        backup(url, tmp_path / "copy.db")
    assert list(tmp_path.glob("copy*")) == []


@pytest.mark.usefixtures("store")
def test_the_journal_is_verified_and_the_missing_hash_chain_is_said(url: str, path: Path) -> None:
    assert verify(url) == (3, [], False)
    change(path, "DELETE FROM journal WHERE id = 2")
    assert verify(url).faults[0] == "the journal has a hole before fact 3"


def test_the_evidence_pack_holds_every_row_in_words_for_people(url: str, store: Store) -> None:
    work = Work()
    for number in range(ROWS_PER_PAGE + 5):
        work.journal(None, START_US + 5, "told", f'{{"number":{number}}}')
    store.commit(work)
    lines = [json.loads(line) for line in export(url)]
    assert lines[0]["table"] == "export"
    assert lines[0]["revision"] == REVISION
    assert lines[0]["meta"]["instance"] == store.instance
    counted = {name: sum(line["table"] == name for line in lines) for name in lines[0]["last_ids"]}
    assert counted == {"interruptions": 3, "alerts": 3, "outbox": 3, "rejects": 3, "journal": ROWS_PER_PAGE + 8}
    (first, *_) = (line for line in lines if line["table"] == "interruptions")
    assert first["pump"] == "p1"
    assert first["opened_at"] == "2023-11-14T22:13:20+00:00"
    assert first["as_of"] == "2023-11-14T22:13:20.000007+00:00"
    assert first["ended_at"] is None
    assert first["off_max_s"] == pytest.approx(7e-6)
    (fact, *_) = (line for line in lines if line["table"] == "journal")
    assert fact == {
        "table": "journal",
        "pump": "p1",
        "id": 1,
        "at": "2023-11-14T22:13:20.000001+00:00",
        "kind": "ticked",
        "body": {"number": 1},
    }


@pytest.mark.usefixtures("store")
def test_a_spoilt_fact_is_shown_as_it_is(url: str, path: Path) -> None:
    change(path, "UPDATE journal SET body = '{oops' WHERE id = 1")
    (fact, *_) = (line for line in map(json.loads, export(url)) if line["table"] == "journal")
    assert fact["body"] == "{oops"


def test_a_damaged_database_is_set_aside_with_its_log(url: str, path: Path) -> None:
    path.write_text("Dear diary, " * 500)
    log = path.with_name(path.name + "-wal")
    log.write_text("and its log")
    aside = quarantine(url, 1_700_000_000_000_000)
    assert aside.name == "pumpwatch.db.damaged-1700000000"
    assert aside.read_text().startswith("Dear diary")
    assert aside.with_name(aside.name + "-wal").read_text() == "and its log"
    store = Store.open(url, START_US)
    assert store.last_alive_us() is None
    store.close()


def test_a_database_in_use_is_not_set_aside(url: str, store: Store) -> None:
    with pytest.raises(StorageError, match="in use"):
        quarantine(url, START_US)
    store.commit(facts(9))
