"""What a clinician closed while a downtime had no bound keeps none in the record."""

from __future__ import annotations

from msgspec.structs import replace

from monitor.service.recording import body_of, interruption_row, stored_view
from told_stops import silent


def test_a_stored_interruption_keeps_that_its_most_is_not_known() -> None:
    pump = silent()
    for is_unbounded in (True, False):
        row = interruption_row(replace(pump.only, is_unbounded=is_unbounded), pump.policy, None)
        assert stored_view(row, body_of(row)).is_unbounded is is_unbounded


def test_an_older_record_says_nothing_of_it() -> None:
    pump = silent()
    row = interruption_row(pump.only, pump.policy, None)
    older = row._replace(body=row.body.replace(',"is_unbounded":false', ""))
    assert "is_unbounded" not in older.body
    assert not stored_view(older, body_of(older)).is_unbounded
