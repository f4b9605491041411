"""The store gives back after a commit what was put into it, and numbers it without holes."""

from __future__ import annotations

import pytest

from monitor.errors import StorageError
from monitor.storage.memory import MEMORY_MAX_BYTES
from monitor.storage.rows import NoticeState, NoticeUpdate, StoredState
from monitor.storage.unit_of_work import Store
from monitor.storage.work import Work
from monitor.storage.writing import REJECTS_KEPT
from stored_rows import START_US, alert, facts, interruption, notice


def test_facts_are_numbered_from_one_without_a_hole(store: Store) -> None:
    assert store.commit(facts(1, 2, 3)).journal_ids == range(1, 4)
    assert store.commit(facts(4, 5)).journal_ids == range(4, 6)
    assert [row.id for row in store.reader.journal_after(0, 10)] == [1, 2, 3, 4, 5]


def test_nothing_to_store_takes_no_number(store: Store) -> None:
    store.commit(facts(1))
    result = store.commit(Work())
    assert (len(result.journal_ids), len(result.notice_ids)) == (0, 0)
    assert store.commit(facts(2)).journal_ids == range(2, 3)


def test_states_come_back_in_order_of_enrolment(store: Store) -> None:
    work = Work()
    work.state("b", b"one", None, 7)
    work.state("a", b"two", b"ladder", None)
    store.commit(work)
    work = Work()
    work.state("b", b"three", b"rung", 8)
    store.commit(work)
    assert sorted(store.load_states()) == [
        StoredState("a", b"two", b"ladder", None),
        StoredState("b", b"three", b"rung", 8),
    ]


def test_a_pump_without_a_state_is_not_loaded(store: Store) -> None:
    store.commit(facts(1))
    assert list(store.load_states()) == []


def test_a_commit_may_come_between_two_pages_of_states(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.storage.loading.STATES_PER_PAGE", 2)
    work = Work()
    for number in range(5):
        work.state(f"p{number}", b"state", None, None)
    store.commit(work)
    seen = []
    for stored in store.load_states():
        seen.append(stored.pump)
        store.commit(facts(1, pump=stored.pump))
    assert seen == [f"p{number}" for number in range(5)]


def test_many_pumps_are_entered_at_once(store: Store) -> None:
    work = Work()
    for number in range(1_203):
        work.state(f"p{number}", b"state", None, None)
    store.commit(work)
    store.commit(work)
    assert len(list(store.load_states())) == 1_203


def test_an_interruption_is_stored_again_in_place(store: Store) -> None:
    for row in (interruption(), interruption(phase="ended", ended_at_us=START_US, found_late=True)):
        work = Work()
        work.interruption(row)
        store.commit(work)
    assert store.reader.interruption("p1", 1) == row
    assert len(store.reader.interruptions(10)) == 1


def test_an_alert_lives_from_raised_to_resolved_in_one_row(store: Store) -> None:
    rows = [
        alert(),
        alert(acknowledged_by="nurse", acknowledged_at_us=START_US),
        alert(acknowledged_by="nurse", acknowledged_at_us=START_US, resolved_at_us=START_US + 9),
    ]
    for row in rows:
        work = Work()
        work.alert(row)
        store.commit(work)
    assert [found for _, found in store.reader.alerts(10)] == [rows[-1]]
    assert store.reader.alerts(10, open_only=True) == []


def test_an_alert_may_change_after_it_was_resolved(store: Store) -> None:
    for row in (alert(resolved_at_us=START_US), alert(number=2), alert(resolved_at_us=START_US, detail="amended")):
        work = Work()
        work.alert(row)
        store.commit(work)
    found = store.reader.alert("p1", 1)
    assert found is not None
    assert found.detail == "amended"
    assert len(store.reader.alerts(10)) == 2


def test_alerts_that_come_out_of_order_are_all_kept(store: Store) -> None:
    work = Work()
    for number in (3, 1, 2):
        work.alert(alert(number=number))
    store.commit(work)
    work = Work()
    work.alert(alert(number=1, resolved_at_us=START_US))
    store.commit(work)
    assert sorted(row.number for _, row in store.reader.alerts(10)) == [1, 2, 3]
    assert sorted(row.number for _, row in store.reader.alerts(10, open_only=True)) == [2, 3]
    assert store.reader.alert("p1", 2) is not None


def test_messages_are_queued_in_order_and_leave_when_they_are_finished(store: Store) -> None:
    work = Work()
    work.notice(notice(text="first"))
    work.notice(notice(text="second"))
    assert store.commit(work).notice_ids == range(1, 3)
    assert [(row.id, row.text, row.state) for row in store.load_outbox()] == [
        (1, "first", NoticeState.QUEUED),
        (2, "second", NoticeState.QUEUED),
    ]
    work = Work()
    work.notice_update(NoticeUpdate(1, NoticeState.DELIVERED, 1, 50, provider_ref="r"))
    work.notice_update(
        NoticeUpdate(2, NoticeState.OFFERED, 1, 51, lease_until_us=99, next_try_at_us=60, last_error="busy")
    )
    store.commit(work)
    (left,) = store.load_outbox()
    assert (left.id, left.attempts, left.lease_until_us, left.next_try_at_us) == (2, 1, 99, 60)
    assert (left.last_error, left.updated_at_us) == ("busy", 51)
    assert store.load_outbox(after=2) == []
    assert store.load_outbox(limit=0) == []


def test_refused_messages_are_kept_up_to_a_bound(store: Store) -> None:
    for first in range(0, REJECTS_KEPT + 2_000, 1_000):
        work = Work()
        for number in range(first, first + 1_000):
            work.reject(number, "line", str(number), "not-json", "It is no JSON.", b"x", pump="p1")
        store.commit(work)
    newest = store.reader.rejects(1)[0]
    assert newest.position == str(REJECTS_KEPT + 1_999)
    assert newest.pump == "p1"
    assert len(store.reader.rejects(1_000, before=newest.id - REJECTS_KEPT + 500)) == 499


def test_bookmarks_site_values_and_the_sign_of_life_come_back(store: Store) -> None:
    assert store.last_alive_us() is None
    assert (store.bookmark("line"), store.meta("site")) == (None, None)
    work = Work()
    work.bookmark("line", b"\x00here")
    work.meta("site", "home")
    work.alive(START_US)
    store.commit(work)
    assert (store.bookmark("line"), store.meta("site"), store.last_alive_us()) == (b"\x00here", "home", START_US)


def test_a_link_remembers_up_to_its_bound(store: Store) -> None:
    memory = store.memory("line")
    assert memory.load() is None
    memory.save(b"x" * MEMORY_MAX_BYTES)
    assert memory.load() == b"x" * MEMORY_MAX_BYTES
    with pytest.raises(StorageError, match="line: 4097 bytes to remember, at most 4096"):
        memory.save(b"x" * (MEMORY_MAX_BYTES + 1))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda work: work.state("p1", "text", object(), None), id="a type that no column takes"),
        pytest.param(lambda work: work.state("p1", b"", None, 2**70), id="a number of more than 64 bits"),
        pytest.param(lambda work: work.journal("p1", 1, "\ud800", "{}"), id="half a character"),
        pytest.param(lambda work: work.journal("p1", None, "told", "{}"), id="a fact without an instant"),
    ],
)
def test_work_that_cannot_be_stored_is_refused_whole_and_hurts_nothing_else(store: Store, spoil: object) -> None:
    store.commit(facts(1))
    work = facts(2)
    work.alert(alert())
    work.state("p2", b"new here", None, None)
    spoil(work)  # type: ignore[operator] # one of the functions above
    with pytest.raises(StorageError, match="a fault of pumpwatch itself"):
        store.commit(work)
    work = facts(3)
    work.alert(alert())
    assert store.commit(work).journal_ids == range(2, 3)
    assert [row.id for row in store.reader.journal_of("p1", 9)] == [2, 1]
    assert store.reader.alert("p1", 1) == alert()
    assert list(store.load_states()) == []


def test_each_new_database_has_a_name_of_its_own(store: Store) -> None:
    other = Store.open("sqlite://", START_US)
    assert store.instance != other.instance
    other.close()


def test_closing_twice_is_harmless() -> None:
    store = Store.open("sqlite://", START_US)
    store.close()
    store.close()
