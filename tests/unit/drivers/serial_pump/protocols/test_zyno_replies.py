"""Replies of the Zyno protocol: each is checked for echo, length and sense before it is believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.serial_pump.protocols.zyno_frames import Frame, FrameBuffer, Query
from drivers.serial_pump.protocols.zyno_replies import (
    Clock,
    Entry,
    Indices,
    Reply,
    ReplyError,
    Sensors,
    Serial,
    Text,
    Unavailable,
    Volume,
    read_reply,
)
from drivers.serial_pump.protocols.zyno_time import ClockForm, PumpTime

RECORDING = Path(__file__).parents[4] / "data" / "zyno" / "client-recording.jsonl"
ENTRY = "09060400F00002000000000000000000"
SINCE_2000_S = 848_965_445
"""2026-11-25 23:44:05, in seconds since the start of 2000."""

GOOD: list[tuple[str, str, Reply]] = [
    ("RN", "RNSN800009", Serial("SN800009")),
    ("RI", "RI0000000000000003", Indices(0, 3)),
    ("RI", "RI000000010000A8FF", Indices(1, 43_263)),
    ("RC", "RCF000044C", Clock(PumpTime(ClockForm.COUNTER, 1100))),
    ("RC", "RC190B1A172C05", Clock(PumpTime(ClockForm.CALENDAR, SINCE_2000_S))),
    ("RC", "RC251126234405", Clock(PumpTime(ClockForm.CALENDAR, SINCE_2000_S))),
    ("RE00000002", "RE00000002" + ENTRY, Entry(2, bytes.fromhex(ENTRY))),
    ("S9", "S9413445138", Sensors(motor_turns=True)),
    ("S9", "S9813445138", Sensors(motor_turns=False)),
    ("S9", "S9C13445138", Sensors(motor_turns=True)),
    ("Q5", "Q504D2", Volume(12.34, 0.01)),
    ("Q5", "Q50", Volume(0.0, 0.01)),
    ("R3", "R304D2", Volume(123.4, 0.1)),
    ("Q4", "Q4mL/hr", Text("mL/hr")),
    ("RS", "RS1.2.3", Text("1.2.3")),
    ("Q5", "Q5ERROR", Unavailable()),
]

BAD = [
    ("RN", "RISN800009", "wrong-echo"),
    ("RN", "RN", "wrong-length"),
    ("RN", "RNSN80000", "wrong-length"),
    ("RN", "RNSN8000 9", "wrong-length"),
    ("RI", "RI000000000000000", "wrong-length"),
    ("RI", "RI000000000000000G", "not-hex"),
    ("RI", "RI000000000000A900", "out-of-range"),
    ("RC", "RC1000044C", "bad-clock"),
    ("RC", "RC200B1A172C05", "bad-clock"),
    ("RC", "RCF00004", "wrong-length"),
    ("RE00000002", "RE00000003" + ENTRY, "wrong-echo"),
    ("RE00000002", "RE00000002" + ENTRY[:-2], "wrong-length"),
    ("RE00000002", "RE00000002", "wrong-length"),
    ("S9", "S9", "wrong-length"),
    ("S9", "S941344513", "wrong-length"),
    ("S9", "S9 13445138", "not-hex"),
    ("Q5", "Q5", "wrong-length"),
    ("Q5", "Q5-4D2", "not-hex"),
    ("Q5", "Q5123456789", "wrong-length"),
    ("R3", "R304D", "wrong-length"),
]


@pytest.mark.parametrize(("query", "payload", "reply"), GOOD, ids=[payload for _, payload, _ in GOOD])
def test_a_good_reply_is_read(query: str, payload: str, reply: Reply) -> None:
    assert read_reply(Query(query), payload) == reply


@pytest.mark.parametrize(("query", "payload", "cause"), BAD, ids=[payload for _, payload, _ in BAD])
def test_a_reply_that_is_not_what_was_asked_for_is_refused(query: str, payload: str, cause: str) -> None:
    with pytest.raises(ReplyError) as caught:
        read_reply(Query(query), payload)
    assert caught.value.cause == cause


def recorded() -> list[tuple[str, str, object]]:
    """Return what the maker's client made of a reply, for the queries that this driver sends."""
    rows = [json.loads(line) for line in RECORDING.read_text().splitlines()]
    return [
        (sent, reply, row["result"])
        for row in rows
        if len(row["sent"]) == 1
        for sent, reply in [(row["sent"][0], row["simulated_reply"][0])]
    ]


def test_the_makers_client_reads_the_same_out_of_the_same_replies() -> None:
    same = {
        "RN": lambda reply, result: reply == Serial(result),
        "RI": lambda reply, result: reply == Indices(int(result["tail"], 16), int(result["head"], 16)),
        "RS": lambda reply, result: reply == Text(result),
        "S9": lambda reply, result: reply == Sensors(motor_turns=bool(result["motor_running"])),
        "Q0": lambda reply, result: reply == Text(result),
        "Q5": lambda reply, result: reply == Volume(result, 0.01),
    }
    compared = 0
    for sent, said, result in recorded():
        (request,) = FrameBuffer().feed(bytes.fromhex(sent))
        (frame,) = FrameBuffer().feed(bytes.fromhex(said))
        assert isinstance(request, Frame)
        assert isinstance(frame, Frame)
        if request.payload in same:
            assert Query(request.payload).frame() == bytes.fromhex(sent)
            assert same[request.payload](read_reply(Query(request.payload), frame.payload), result)
            compared += 1
    assert compared == len(same)
