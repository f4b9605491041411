"""Takes alarms with paho, stores each with SQLite alone and posts it to a webhook: the floor of ``alertmanager``.

Started with the broker's port, site, a database and the receiver's port; prints "ready" when it is subscribed.
For each alarm it writes what the daemon writes (two facts, an alert, a message in the outbox, a state), and
when the post was answered what became of the message. It decides nothing and renders nothing.
"""

from __future__ import annotations

import http.client
import json
import queue
import signal
import sqlite3
import sys
import threading

from tests.benchmarks.bare_commit import BODY, STATE, BareCommitter

POSTED_AT_ONCE = 500
OUTBOX = """
CREATE TABLE outbox (id INTEGER PRIMARY KEY, pump INTEGER, body TEXT, state TEXT);
CREATE INDEX unfinished ON outbox (id) WHERE state = 'queued';
"""
DATA = json.dumps({"text": BODY * 2, "facts": BODY})


QUEUED_MAX = 1_000_000
"""More than one measurement holds."""


class BareAlerts(BareCommitter):
    """The bare loop with an outbox, and a thread that posts."""

    def __init__(self, port: int, site: str, database: str, receiver: int) -> None:
        super().__init__(port, site, database)
        self.database.executescript(OUTBOX)
        self._receiver = receiver
        self._queue: queue.Queue[int] = queue.Queue(QUEUED_MAX)
        self._posted: queue.Queue[list[int]] = queue.Queue(QUEUED_MAX)
        threading.Thread(target=self._post_on, daemon=True).start()

    def write(self, database: sqlite3.Connection, came: list[tuple[int, int]]) -> None:
        """Write five rows for each message, and what became of those that were posted meanwhile."""
        facts = [(2 * number + place, pump, BODY) for number, pump in came for place in (0, 1)]
        database.executemany("INSERT INTO journal VALUES (?, ?, ?)", facts)
        database.executemany("INSERT INTO alerts VALUES (?, ?, ?, NULL)", [(*one, BODY) for one in came])
        database.executemany("UPDATE states SET state = ? WHERE pump = ?", [(STATE, pump) for _, pump in came])
        messages = [(number, pump, DATA) for number, pump in came]
        database.executemany("INSERT INTO outbox VALUES (?, ?, ?, 'queued')", messages)
        while not self._posted.empty():
            done = [(number,) for number in self._posted.get()]
            database.executemany("UPDATE outbox SET state = 'accepted' WHERE id = ?", done)
        for number, _ in came:
            self._queue.put(number)

    def _post_on(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._receiver, timeout=30)
        while True:
            batch = [self._queue.get()]
            while len(batch) < POSTED_AT_ONCE and not self._queue.empty():
                batch.append(self._queue.get())
            body = json.dumps({"notices": [{"key": f"bare-{number}", "data": DATA} for number in batch]})
            line.request("POST", "/notices", body, {"Content-Type": "application/json"})
            line.getresponse().read()
            self._posted.put(batch)


if __name__ == "__main__":
    bare = BareAlerts(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
    signal.signal(signal.SIGTERM, bare.stop)
    bare.run()
