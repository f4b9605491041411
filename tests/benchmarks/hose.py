"""Publishes encoded MQTT messages as fast as they are handled, in a process of its own, and times the handling.

Started with its task as JSON in the argument; prints what it saw as JSON. It writes raw PUBLISH packets
of QoS 1, thousands in one system call, so that it costs its core little. It stays ahead of the measured
process by a bounded lead: the broker's queue is never empty, and no message is older than the lead.

Each ``slice`` messages it lets a sentinel pump speak: an alarm's start and end. Where the measured
process keeps a database, the sentinel's alert number there tells how far it has come; a bare client
writes its count to a file.
"""

from __future__ import annotations

import json
import mmap
import socket
import sqlite3
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypedDict

CHUNK = 500
UNACKNOWLEDGED_MAX = 5_000
SENTINEL = "sentinel"
STALLED_S = 60.0
_SEQ, _VOLUME = b"7777777", b"888.888"
_SENTINEL_BODIES = (
    '"kind":"status","delivery":"delivering","rate_ml_per_h":5.0',
    '"kind":"alarm","code":"prog-changed","phase":"start"',
    '"kind":"alarm","code":"prog-changed","phase":"end"',
)
SENTINEL_MESSAGES = len(_SENTINEL_BODIES)
COUNTED_EVERY = 100
"""A bare client writes its count this often."""


class Task(TypedDict):
    """What to do.

    Attributes:
        port, site: Where to publish.
        pumps: How many pumps take turns.
        bodies: What the pumps say, by the number of the round and the pump; texts of JSON members.
        first_round: Number of the first round; each pump speaks once in a round.
        messages: How many in all, a whole number of slices.
        slice: How many between two sentinels.
        lead: How many may be on their way at the most.
        pid: The measured process.
        database: Its database, or "".
        counter: The file with its count, where there is no database.
        marks_before: Sentinels that were handled before.
        watch: A file whose greatest size is wanted, or "".
    """

    port: int
    site: str
    pumps: int
    bodies: list[str]
    first_round: int
    messages: int
    slice: int
    lead: int
    pid: int
    database: str
    counter: str
    marks_before: int
    watch: str


class Seen(TypedDict):
    """What was seen.

    Attributes:
        samples: Messages handled, seconds, and processor seconds of the measured process; from the first slice on.
        lead_min: The least number of messages that were on their way while there were more to send.
        watched_max: Greatest size of the watched file.
    """

    samples: list[tuple[int, float, float]]
    lead_min: int
    watched_max: int


def publish_packet(topic: str, packet_id: int, payload: bytes) -> bytes:
    """Return one PUBLISH of QoS 1 without properties (MQTT 5, 3.3)."""
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">H", packet_id) + b"\x00" + payload
    return b"\x32" + _varint(len(body)) + body


def connected(port: int, name: str) -> socket.socket:
    """Return a line to the broker on which CONNECT was answered."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    who = name.encode()
    body = b"\x00\x04MQTT\x05\x02\x00\x00\x00" + struct.pack(">H", len(who)) + who
    line.sendall(b"\x10" + _varint(len(body)) + body)
    line.recv(4096)
    return line


class Chunks:
    """Encoded messages, a chunk at a time, for ever."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._made: dict[tuple[int, int], bytes] = {}

    def all(self) -> Iterator[bytes]:
        """Yield one chunk of ``CHUNK`` messages after the other; fixed-width fields are put in at once."""
        number = self._task["first_round"]
        per_round = self._task["pumps"] // CHUNK
        while True:
            seq, volume = b"%07d" % (1_000_000 + number), b"%07.3f" % (100 + number / 1_000)
            for chunk in range(per_round):
                yield self._chunk(chunk, number).replace(_SEQ, seq).replace(_VOLUME, volume)
            number += 1

    def sentinel(self, number: int) -> bytes:
        """Return the messages that mark the end of a slice."""
        packets = []
        for place, body in enumerate(_SENTINEL_BODIES):
            seq = len(_SENTINEL_BODIES) * number + place
            payload = f'{{"v":1,"seq":{seq},"boot":"s",{body}}}'
            topic = f"pumpwatch/1/{self._task['site']}/{SENTINEL}/observation"
            packets.append(publish_packet(topic, 60_001 + seq % 1_000, payload.encode()))
        return b"".join(packets)

    def _chunk(self, chunk: int, number: int) -> bytes:
        bodies = self._task["bodies"]
        key = (chunk, number % len(bodies))
        made = self._made.get(key)
        if made is None:
            pumps = range(chunk * CHUNK, (chunk + 1) * CHUNK)
            made = b"".join(self._packet(pump, bodies[(number + pump) % len(bodies)]) for pump in pumps)
            self._made[key] = made
        return made

    def _packet(self, pump: int, body: str) -> bytes:
        name = f"pump-{pump:05d}"
        seq, volume = _SEQ.decode(), _VOLUME.decode()
        payload = f'{{"v":1,"pump":"{name}","seq":{seq},"boot":"b1",{body.replace("VOLUME", volume)}}}'
        return publish_packet(
            f"pumpwatch/1/{self._task['site']}/{name}/observation", pump % 60_000 + 1, payload.encode()
        )


def run(task: Task) -> Seen:
    """Publish everything and wait until it is handled."""
    line = connected(task["port"], f"hose-{task['site']}")
    handled = _progress(task)
    clock = (~task["pid"] << 3) | 2
    watched = Path(task["watch"]) if task["watch"] else None
    seen: Seen = {"samples": [], "lead_min": task["messages"], "watched_max": 0}
    chunks = Chunks(task)
    source = chunks.all()
    per_slice = task["slice"] + SENTINEL_MESSAGES
    total = task["messages"] // task["slice"] * per_slice
    sent = since_mark = acknowledged = marks = last = 0
    moved_at_s = time.perf_counter()
    slack = 0 if task["database"] else 2 * COUNTED_EVERY
    while last < total - slack:
        now = handled()
        if now != last:
            moved_at_s = time.perf_counter()
            last = now
            # Before the first slice is through, the lead is being built up.
            if last >= per_slice:
                seen["samples"].append((now, moved_at_s, time.clock_gettime(clock)))
                if sent < total:
                    seen["lead_min"] = min(seen["lead_min"], sent - last)
            if watched is not None and watched.exists():
                seen["watched_max"] = max(seen["watched_max"], watched.stat().st_size)
        elif time.perf_counter() - moved_at_s > STALLED_S:
            raise TimeoutError(f"nothing was handled for {STALLED_S} s after {last} of {total}, {sent} sent")
        if sent >= total or sent - last > task["lead"] - CHUNK or sent - acknowledged > UNACKNOWLEDGED_MAX:
            acknowledged += _acknowledgements(line, 0.005)
            continue
        line.sendall(next(source))
        sent += CHUNK
        since_mark += CHUNK
        if since_mark >= task["slice"]:
            line.sendall(chunks.sentinel(task["marks_before"] + marks))
            marks, since_mark, sent = marks + 1, 0, sent + SENTINEL_MESSAGES
        acknowledged += _acknowledgements(line, 0)
    line.close()
    return seen


def _acknowledgements(line: socket.socket, wait_s: float) -> int:
    """Return how many PUBACK packets came; each has 4 bytes, 5 or 6 where it gives a reason."""
    line.settimeout(wait_s or 1e-9)
    try:
        return len(line.recv(1 << 18)) // 4
    except (TimeoutError, BlockingIOError):
        return 0
    finally:
        line.settimeout(None)


def _progress(task: Task) -> Callable[[], int]:
    if not task["database"]:
        with Path(task["counter"]).open("r+b") as file:
            shared = mmap.mmap(file.fileno(), 8)
        begun = int.from_bytes(shared[:8], "little")
        return lambda: int.from_bytes(shared[:8], "little") - begun
    database = sqlite3.connect(f"file:{task['database']}?mode=ro", uri=True, isolation_level=None)
    (key,) = database.execute("SELECT key FROM pumps WHERE pump_id=?", (SENTINEL,)).fetchone()

    def marks() -> int:
        row = database.execute("SELECT last_alert_number FROM pump_state WHERE pump_key=?", (key,)).fetchone()
        return int(row[0] - task["marks_before"]) * (task["slice"] + SENTINEL_MESSAGES)

    return marks


def _varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(json.loads(sys.argv[1]))))
