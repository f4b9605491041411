"""Makes the database of a fleet that is mid-interruption: by the daemon's own engine for some, copied for the rest."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from drivers.contract import Batch, DeliveryStatus, NotDeliveringReason, StatusObserved
from drivers.registry import discover
from monitor.clock import ManualClock
from monitor.config.loading import load
from monitor.escalation.channel import Notice
from monitor.escalation.dispatcher import NoticeOutcome, NoticeState
from monitor.service.engine import Engine
from monitor.service.intake import BatchArrived, NoticesReported, Rang
from monitor.storage.unit_of_work import Store

SECOND_US = 1_000_000
FIRST_RUNG_US = 120 * SECOND_US
"""After this long the built-in ladder tells of a stop for the first time; the next rung comes at ten minutes."""

DUE = 1_000
STOPPED = 1_980
BATCH = 1_000
STEPS = 20
"""The stops of those that are due are spread over one second in so many steps."""

_RUNS = StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=5.0)
_STANDS = StatusObserved(
    delivery=DeliveryStatus.NOT_DELIVERING, reason=NotDeliveringReason.STOPPED_BY_USER, rate_ml_per_h=0.0
)
_TABLES = ("pumps", "pump_state", "journal", "alerts", "outbox", "interruptions")


@dataclass(frozen=True)
class Dues:
    """The deadlines that were laid into one second.

    Attributes:
        first_us, last_us: The earliest and the latest of them.
        outbox_id: The last notice before them.
    """

    first_us: int
    last_us: int
    outbox_id: int


@dataclass
class Desk:
    """An engine over the database in virtual time; what is to be told counts as told."""

    clock: ManualClock
    engine: Engine
    accepted: list[NoticeOutcome] = field(default_factory=list)

    def say(self, pumps: Sequence[str], word: StatusObserved) -> None:
        """Let each of ``pumps`` say the same now."""
        for start in range(0, len(pumps), BATCH):
            items = [(pump, word) for pump in pumps[start : start + BATCH]]
            self.engine.intake.submit(BatchArrived("prepared", Batch(items=list(items))))

    def ring(self) -> None:
        """Take up everything that is due."""
        before = -1
        while len(self.accepted) != before:
            before = len(self.accepted)
            self.engine.intake.submit(Rang())
        for start in range(0, before, BATCH):
            self.engine.intake.submit(NoticesReported(self.accepted[start : start + BATCH]))


@contextmanager
def desk(config: Path, database: Path, now_us: int) -> Iterator[Desk]:
    """Open an engine; what it knows is flushed at the end."""
    clock = ManualClock(now_us)
    accepted: list[NoticeOutcome] = []

    def offer(notices: Sequence[Notice]) -> list[Notice]:
        accepted.extend(
            NoticeOutcome(outbox_id=one.outbox_id, state=NoticeState.ACCEPTED, attempts=1) for one in notices
        )
        return []

    store = Store.open(f"sqlite:///{database}", now_us)
    try:
        engine = Engine(load(config, discover()), store, clock, offer)
        engine.load()
        yield Desk(clock, engine, accepted)
        engine.intake.submit(Rang(is_housekeeping=True))
    finally:
        store.close()


def prepare(small: Path, large: Path, database: Path, pumps: Sequence[str], in_s: float) -> Dues:
    """Let all but the first ``DUE`` of ``pumps`` stand, their first rung told, and let those be due in about ``in_s``.

    No other deadline comes within the next four minutes.

    Args:
        small: A configuration with the first ``DUE + STOPPED`` pumps.
        large: The one with all of them.
        database: Does not exist yet.
        pumps: All ids.
        in_s: How soon.
    """
    begun_us = time.time_ns() // 1_000
    due, stopped = pumps[:DUE], pumps[DUE : DUE + STOPPED]
    with desk(small, database, begun_us - 420 * SECOND_US) as at:
        at.say(due, _RUNS)
        at.say(stopped, _RUNS)
        at.clock.move_to(begun_us - 300 * SECOND_US)
        at.say(stopped, _STANDS)
        at.clock.move_to(begun_us - 300 * SECOND_US + FIRST_RUNG_US)
        at.ring()
    outbox_id = copy(database, stopped[0], (len(pumps) - DUE) // STOPPED - 1)
    with desk(large, database, begun_us - FIRST_RUNG_US - 10 * SECOND_US) as at:
        at.say(due, _RUNS)
        at.clock.move_to(time.time_ns() // 1_000 - FIRST_RUNG_US)
        first_us = at.clock.now_us() + int(in_s * SECOND_US)
        for step in range(STEPS):
            at.clock.move_to(first_us + step * SECOND_US // STEPS)
            at.say(due[step::STEPS], _STANDS)
        last_us = at.clock.now_us()
    return Dues(first_us + FIRST_RUNG_US, last_us + FIRST_RUNG_US, outbox_id)


def copy(database: Path, first: str, copies: int) -> int:
    """Copy the ``STOPPED`` pumps from ``first`` on ``copies`` times, with all their rows; return the last notice."""
    line = sqlite3.connect(database)
    line.execute("PRAGMA synchronous = OFF")
    try:
        (least,) = line.execute("SELECT key FROM pumps WHERE pump_id = ?", (first,)).fetchone()
        (most,) = line.execute(
            "SELECT max(key) FROM pumps WHERE pump_id BETWEEN ? AND 'pump-99999'", (first,)
        ).fetchone()
        ends = {
            table: line.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0]  # noqa: S608 - our tables
            for table, key in zip(_TABLES, ("key", "pump_key", "id", "id", "id", "id"), strict=True)
        }
        for number in range(1, copies + 1):
            steps = {table: end * number for table, end in ends.items()}
            steps |= {"keys": steps["pumps"], "pumps": STOPPED * number}
            for table in _TABLES:
                _copy(line, table, (least, most), steps)
        _copy_orders(line)
        line.commit()
        last: int = line.execute("SELECT coalesce(max(id), 0) FROM outbox").fetchone()[0]
    finally:
        line.close()
    return last


def _copy_orders(line: sqlite3.Connection) -> None:
    """Note that the copies' orders are those of the file as well, so that no start takes them for new ones."""
    row = line.execute("SELECT value FROM meta WHERE name = 'configured-orders'").fetchone()
    if row is not None:
        order = next(iter(json.loads(row[0]).values()))
        orders = {pump: order for (pump,) in line.execute("SELECT pump_id FROM pumps")}
        line.execute("UPDATE meta SET value = ? WHERE name = 'configured-orders'", (json.dumps(orders),))


def _copy(line: sqlite3.Connection, table: str, span: tuple[int, int], steps: dict[str, int]) -> None:
    """Copy the rows of some pumps with their numbers moved on, and the chains among them."""
    of = {"last_journal_id": "journal", "last_alert_id": "alerts", "last_notice_id": "outbox", "previous_id": table}
    chains = {name: f"CASE {name} WHEN 0 THEN 0 ELSE {name} + :{end} END" for name, end in of.items()}
    columns = [row[1] for row in line.execute(f"PRAGMA table_info({table})")]
    moved = {"id": f"id + :{table}", "pump_key": "pump_key + :keys", "key": "key + :keys"} | chains
    moved["pump_id"] = "printf('pump-%05d', substr(pump_id, 6) + :pumps)"
    values = ", ".join(moved.get(column, column) for column in columns)
    where = "key" if table == "pumps" else "pump_key"
    line.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}"  # noqa: S608 - our own tables
        f" WHERE {where} BETWEEN :least AND :most",
        steps | {"least": span[0], "most": span[1]},
    )
