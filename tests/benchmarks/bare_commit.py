"""Receives MQTT messages with paho and makes each durable with as little as SQLite allows: the daemon's floor.

Started with port, site, a database and a file for what was noted; prints "ready" when it is subscribed.
What has come is stored in one transaction: for each message a row at the end of two tables and of an index,
and another value in the middle of a fourth, as the daemon's journal, alerts and states do. Then it is
acknowledged. At the end the file gets a line for each message, as the one of ``timed_daemon`` does.
"""

from __future__ import annotations

import json
import selectors
import signal
import sqlite3
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

PUMPS = 2_000
STATES = 10_000
LOG_PAGES = 1_000
BODY = "x" * 150
STATE = bytes(range(256)) + bytes(64)

_TABLES = """
CREATE TABLE journal (id INTEGER PRIMARY KEY, pump INTEGER, body TEXT);
CREATE TABLE alerts (id INTEGER PRIMARY KEY, pump INTEGER, body TEXT, resolved INTEGER);
CREATE INDEX open_alerts ON alerts (id) WHERE resolved IS NULL;
CREATE TABLE states (pump INTEGER PRIMARY KEY, state BLOB);
"""


class BareCommitter:
    """One client and one connection that writes.

    Attributes:
        database: The connection.
        noted: By message: pump, number, and when it was durable.
    """

    def __init__(self, port: int, site: str, database: str) -> None:
        self.noted: list[tuple[str, int, int]] = []
        self._came: list[paho.MQTTMessage] = []
        self._last_id = 0
        self.database = opened(database)
        self._is_over = False
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id="bare", protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        self._client.on_message = self._take
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._topic = f"pumpwatch/1/{site}/+/observation"
        self._client.connect("127.0.0.1", port)

    def run(self) -> None:
        """Serve until SIGTERM."""
        selector = selectors.DefaultSelector()
        line = self._client.socket()
        assert line is not None
        selector.register(line, selectors.EVENT_READ)
        while not self._is_over:
            wait_s = 0.5
            while selector.select(wait_s):
                self._client.loop_read()
                wait_s = 0.0
            if self._client.want_write():
                self._client.loop_write()
            self._client.loop_misc()
            self._commit()

    def write(self, database: sqlite3.Connection, came: list[tuple[int, int]]) -> None:
        """Write the rows of messages, each a number that counts on and a pump; another job may need more of them."""
        rows = [(number, pump, BODY) for number, pump in came]
        database.executemany("INSERT INTO journal VALUES (?, ?, ?)", rows)
        database.executemany("INSERT INTO alerts VALUES (?, ?, ?, NULL)", rows)
        database.executemany("UPDATE states SET state = ? WHERE pump = ?", [(STATE, pump) for _, pump in came])

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """End the loop."""
        self._is_over = True

    def _connected(self, *_: Any) -> None:
        self._client.subscribe(self._topic, qos=1)

    @staticmethod
    def _subscribed(*_: Any) -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    def _take(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self._came.append(message)

    def _commit(self) -> None:
        came, self._came = self._came, []
        if not came:
            return
        pumps = [int(message.topic.split("/")[3].rpartition("-")[2]) for message in came]
        first = self._last_id + 1
        self._last_id += len(came)
        self.database.execute("BEGIN IMMEDIATE")
        self.write(self.database, list(enumerate(pumps, first)))
        self.database.execute("COMMIT")
        at_ns = time.monotonic_ns()
        for message in came:
            self._client.ack(message.mid, 1)
            self.noted.append((message.topic.split("/")[3], json.loads(message.payload)["seq"], at_ns))


def opened(path: str) -> sqlite3.Connection:
    """Make the tables and return the connection that writes."""
    database = sqlite3.connect(path, isolation_level=None)
    for name, value in (("journal_mode", "WAL"), ("synchronous", "FULL"), ("wal_autocheckpoint", LOG_PAGES)):
        database.execute(f"PRAGMA {name}={value}")
    database.executescript(_TABLES)
    database.execute("BEGIN")
    database.executemany("INSERT INTO states VALUES (?, ?)", [(pump, STATE[::-1]) for pump in range(STATES)])
    database.execute("COMMIT")
    return database


def main(port: int, site: str, database: str, noted: Path) -> None:
    """Serve, then write what was noted."""
    bare = BareCommitter(port, site, database)
    signal.signal(signal.SIGTERM, bare.stop)
    bare.run()
    with noted.open("w") as out:
        for pump, seq, at_ns in bare.noted:
            out.write(f"{pump} {seq} {at_ns}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
