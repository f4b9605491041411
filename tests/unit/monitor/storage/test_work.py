"""What one transaction is to store is collected in order, and bounded where strangers fill it."""

from __future__ import annotations

from monitor.storage.rows import NoticeUpdate
from monitor.storage.work import RAW_KEPT_BYTES, REJECTS_PER_COMMIT, Work
from stored_rows import alert, interruption, notice


def test_nothing_collected_is_falsy_and_anything_is_not() -> None:
    work = Work()
    assert not work
    work.alive(1)
    assert len(work) == 1


def test_every_kind_of_row_counts() -> None:
    work = Work()
    work.journal("p1", 1, "ticked", "{}")
    work.state("p1", b"state", None, None)
    work.interruption(interruption())
    work.alert(alert())
    work.notice(notice())
    work.notice_update(NoticeUpdate(1, "delivered", 1, 5))
    work.reject(1, "line", "1", "not-json", "It is no JSON.", b"x")
    work.bookmark("line", b"7")
    work.meta("site", "home")
    work.alive(1)
    assert len(work) == 10


def test_the_last_state_of_a_pump_counts() -> None:
    work = Work()
    work.state("p1", b"old", None, 1)
    work.state("p1", b"new", b"ladder", 2)
    assert work.states == {"p1": (b"new", b"ladder", 2)}


def test_the_last_row_of_an_alert_and_of_an_interruption_counts() -> None:
    work = Work()
    work.alert(alert())
    work.alert(alert(resolved_at_us=5))
    work.interruption(interruption())
    work.interruption(interruption(phase="ended"))
    assert [row.resolved_at_us for row in work.alerts.values()] == [5]
    assert [row.phase for row in work.interruptions.values()] == ["ended"]


def test_a_fact_given_as_bytes_is_kept_as_text() -> None:
    work = Work()
    work.journal(None, 1, "told", '{"who":"Zoë"}'.encode())
    assert work.journals == [(None, 1, "told", '{"who":"Zoë"}')]


def test_a_notice_says_its_place_among_the_ids_to_come() -> None:
    work = Work()
    assert [work.notice(notice()), work.notice(notice())] == [0, 1]


def test_refused_bytes_are_cut_and_escaped_to_one_line_of_ascii() -> None:
    work = Work()
    work.reject(1, "line", "1", "not-json", "It is no JSON.", b"\x00\n\x1b[31m\xff\\" + b"x" * 999)
    raw = work.rejects[0][-1]
    assert raw.startswith(r"\x00\n\x1b[31m\xff\\xxx")
    assert raw.isascii()
    assert raw.isprintable()
    assert raw.count("x") <= RAW_KEPT_BYTES


def test_a_flood_of_refused_messages_keeps_the_newest() -> None:
    work = Work()
    for number in range(REJECTS_PER_COMMIT + 5):
        work.reject(number, "line", str(number), "not-json", "It is no JSON.", b"")
    assert len(work.rejects) == REJECTS_PER_COMMIT
    assert work.rejects[0][1] == 5
