"""What the feed reads comes in pages, newest first, and one pump's rows are found without a search."""

from __future__ import annotations

import pytest

from monitor.storage import loading, queries
from monitor.storage.reader import PAGE_MAX
from monitor.storage.unit_of_work import Store
from monitor.storage.work import Work
from stored_rows import START_US, alert, facts, interruption, notice


@pytest.fixture
def full(store: Store) -> Store:
    """Return a store with two pumps whose rows take turns."""
    for number in range(1, 7):
        pump = "p1" if number % 2 else "p2"
        work = facts(number, pump=pump)
        work.alert(alert(pump, number, resolved_at_us=None if number > 4 else START_US))
        work.interruption(interruption(pump, number, phase="open" if number > 4 else "ended"))
        work.notice(notice(pump, number, None, f"about stop {number}"))
        work.notice(notice(pump, None, number, f"about alert {number}"))
        store.commit(work)
    return store


def test_facts_follow_a_cursor_up_to_a_place(full: Store) -> None:
    assert [row.id for row in full.reader.journal_after(2, 2)] == [3, 4]
    assert [row.id for row in full.reader.journal_after(2, 9, up_to=3)] == [3]
    assert full.reader.last_journal_id() == 6
    row = full.reader.journal_after(0, 1)[0]
    assert row == (1, "p1", START_US + 1, "ticked", '{"number":1}')


def test_a_fact_about_the_site_names_no_pump(store: Store) -> None:
    store.commit(facts(1, pump=None))
    assert store.reader.journal_after(0, 1)[0].pump is None


def test_one_pumps_facts_are_read_backwards_page_by_page(full: Store) -> None:
    reader = full.reader
    assert [row.id for row in reader.journal_of("p1", 2)] == [5, 3]
    assert [row.id for row in reader.journal_of("p1", 2, before=3)] == [1]
    assert reader.journal_of("p1", 2, before=1) == []
    assert reader.journal_of("p1", 2, before=4) == []
    assert reader.journal_of("nobody", 2) == []


def test_a_pumps_chain_goes_on_after_a_restart_of_the_cache(full: Store) -> None:
    full._ends.heads.clear()
    full._ends.open_alerts.clear()
    work = facts(9)
    work.alert(alert("p1", 5, resolved_at_us=START_US))
    full.commit(work)
    assert [row.id for row in full.reader.journal_of("p1", 9)] == [7, 5, 3, 1]
    assert [row.number for _, row in full.reader.alerts(9, pump="p1")] == [5, 3, 1]
    assert [row.number for _, row in full.reader.alerts(9, open_only=True)] == [6]


def test_alerts_come_newest_first_page_by_page(full: Store) -> None:
    reader = full.reader
    assert [place for place, _ in reader.alerts(2)] == [6, 5]
    assert [place for place, _ in reader.alerts(9, before=2)] == [1]
    assert [row.number for _, row in reader.alerts(1, open_only=True)] == [6]
    assert [row.number for _, row in reader.alerts(9, open_only=True, before=6)] == [5]
    assert [row.number for _, row in reader.alerts(2, pump="p2")] == [6, 4]
    assert [row.number for _, row in reader.alerts(2, pump="p2", before=4)] == [2]
    assert [row.number for _, row in reader.alerts(9, pump="p2", open_only=True)] == [6]


def test_one_alert_is_found_whether_resolved_or_not(full: Store) -> None:
    for number in (1, 5):
        found = full.reader.alert("p1", number)
        assert found is not None
        assert found.number == number
    assert full.reader.alert("p1", 2) is None
    assert full.reader.alert("p1", 99) is None
    assert full.reader.alert("nobody", 1) is None


def test_interruptions_come_newest_first_page_by_page(full: Store) -> None:
    reader = full.reader
    assert [row.number for _, row in reader.interruptions(2)] == [6, 5]
    assert [row.number for _, row in reader.interruptions(9, before=3)] == [2, 1]
    assert [row.number for _, row in reader.interruptions(9, open_only=True)] == [6, 5]
    assert [row.number for _, row in reader.interruptions(9, pump="p1")] == [5, 3, 1]
    assert [row.number for _, row in reader.interruptions(9, pump="p1", open_only=True)] == [5]
    assert reader.interruption("p1", 3) == interruption("p1", 3, phase="ended")
    assert reader.interruption("p1", 2) is None


def test_what_waits_for_review_is_open(store: Store) -> None:
    work = Work()
    work.interruption(interruption(phase="awaiting-review"))
    work.interruption(interruption(number=2, phase="closed"))
    store.commit(work)
    assert [row.number for _, row in store.reader.interruptions(9, open_only=True)] == [1]


def test_messages_are_found_by_what_they_are_about(full: Store) -> None:
    reader = full.reader
    assert [row.text for row in reader.notices_of_interruption("p1", 3)] == ["about stop 3"]
    assert [row.text for row in reader.notices_of_alert("p2", 6)] == ["about alert 6"]
    assert reader.notices_of_interruption("p1", 2) == []
    assert [row.id for row in reader.notices(3)] == [12, 11, 10]
    assert [row.id for row in reader.notices(3, before=2)] == [1]


def test_a_page_is_never_longer_than_its_bound(store: Store) -> None:
    store.commit(facts(*range(PAGE_MAX + 5)))
    assert len(store.reader.journal_after(0, 10 * PAGE_MAX)) == PAGE_MAX
    assert len(store.reader.journal_of("p1", 10 * PAGE_MAX)) == PAGE_MAX
    assert store.reader.journal_after(0, -1) == []


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(queries.OPEN_ALERTS, id="open alerts"),
        pytest.param(queries.OPEN_INTERRUPTIONS, id="open interruptions"),
        pytest.param(queries.ALERTS, id="alerts"),
        pytest.param(queries.JOURNAL_AFTER, id="facts after a cursor"),
        pytest.param(queries.JOURNAL_OF.rows, id="facts of a pump"),
        pytest.param(queries.ALERTS_OF.rows, id="alerts of a pump"),
        pytest.param(queries.ALERT, id="one alert"),
        pytest.param(queries.INTERRUPTION, id="one interruption"),
        pytest.param(queries.INTERRUPTIONS_OF, id="interruptions of a pump"),
        pytest.param(queries.NOTICES_OF_INTERRUPTION, id="messages of an interruption"),
        pytest.param(queries.REJECTS, id="refused messages"),
    ],
)
def test_no_query_searches_a_table_that_grows(store: Store, query: queries.Query) -> None:
    # The chain itself is walked step by step, and the partial indexes hold only what is open.
    plan = plan_of(store, query)
    searches = [step for step in plan if step.startswith("SCAN") and step != "SCAN chain" and " ix_" not in step]
    assert not searches, "\n".join(plan)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        pytest.param(queries.OPEN_ALERTS, "ix_alerts_open", id="alerts"),
        pytest.param(queries.OPEN_INTERRUPTIONS, "ix_interruptions_open", id="interruptions"),
        pytest.param(loading.UNFINISHED_NOTICES, "ix_outbox_unfinished", id="messages"),
    ],
)
def test_what_is_open_is_found_among_what_is_open(store: Store, query: queries.Query, index: str) -> None:
    assert any(index in step for step in plan_of(store, query))


def plan_of(store: Store, query: queries.Query) -> list[str]:
    with store._session.engine.connect() as connection:
        compiled = query.compile(dialect=connection.dialect)
        wanted = tuple(1 for _ in compiled.positiontup or ())
        return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", wanted)]
