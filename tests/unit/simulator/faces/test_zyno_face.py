"""The Zyno face answers with the published bytes, and does nothing else.

The frames are written by hand from the protocol description; neither the face nor a driver made them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.faces.zyno import ClockForm, ZynoFace
from simulator.faces.zyno_frames import FrameListener
from simulator.pump import SimulatedPump
from simulator.received import Verdict
from simulator.setup import PumpSetup
from simulator.units import US_PER_MIN

START_US = 1_767_600_000_000_000

GET_SERIAL = "02524E413003"
GET_INDICES = "025249394203"
GET_CLOCK = "025243393503"
GET_SENSORS = "025339384303"
GET_IDENTITY = "022A49444E3F343403"
GET_ENTRY_10 = "0252453030303030303041323803"
PRESS_OK = "024B453430463403"


def make_pump(**changed: Any) -> SimulatedPump:
    return SimulatedPump(PumpSetup(**{"lead_s": 0.0, "firmware_age_s": 0x3E8, **changed}), START_US)


def ask(request_hex: str, pump: SimulatedPump | None = None, face: ZynoFace | None = None) -> str:
    answers = (face or ZynoFace()).hear(bytes.fromhex(request_hex), pump or make_pump())
    return b"".join(answers).hex().upper()


def frame(payload: str) -> str:
    body = payload.encode()
    return f"02{body.hex()}{f'{sum(body) % 256:02X}'.encode().hex()}03".upper()


def payload(answer_hex: str) -> str:
    return bytes.fromhex(answer_hex)[1:-3].decode()


def test_the_serial_number_comes_in_the_published_frame() -> None:
    assert ask(GET_SERIAL) == "02524E534E383030303039373203"


def test_the_indices_come_in_the_published_frame() -> None:
    # Power on, four entries of the program, run: six entries, 0 to 5.
    assert ask(GET_INDICES) == "02524930303030303030303030303030303035413003"


def test_the_clock_counts_from_the_firmware_and_carries_its_flag() -> None:
    pump = make_pump()
    pump.advance(START_US + 92_000_000)
    # 0x3E8 + 92 s = 0x444 s.
    assert ask(GET_CLOCK, pump) == "0252434630303030343434333703"


def test_the_sensors_say_whether_the_motor_turns() -> None:
    pump = make_pump()
    # 20 counts on both sides, 3.20 V: C14 0 14 140, both motor bits set.
    assert ask(GET_SENSORS, pump) == "025339433134303134313430354503"
    pump.stop()
    assert payload(ask(GET_SENSORS, pump)) == "S9014014140"


def test_the_identity_is_text_in_the_same_frame() -> None:
    assert ask(GET_IDENTITY) == "025A594E4F204D45444943414C2C4D4956412C534E3830303030392C312E322E33443403"


def test_an_entry_that_was_never_written_is_all_ones() -> None:
    assert payload(ask(GET_ENTRY_10)) == "RE0000000A" + "F" * 32


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        ("RS", "RS1.2.3"),
        ("RL", "RLLIB1 0003           "),
        ("RM", "RM00"),
        ("R3", "R3007D"),
        ("R7", "R70140"),
        ("R9", "R900000708"),
        ("RA", "RA03E80140"),
        ("RD", "RD00140014"),
        ("Q0", "Q0CONT"),
        ("Q3", "Q300708"),
        ("Q4", "Q4ML/HR"),
        ("Q5", "Q504E2"),
        ("Q6", "Q65DC0"),
        ("Q7", "Q70"),
        ("QH", "QHERROR"),
        (":SERIAL?", "SN800009"),
        (":INFUSION:RUNNING?", "TRUE"),
        (":INFU:RATE?", "5.00"),
        (":infusion:vinf?", "12.50"),
        (":PROTOCOL:VTBI?", "240.00"),
        (":TOTAL:TIME?", "00000708"),
    ],
)
def test_readings_have_the_published_form(request_text: str, answer: str) -> None:
    pump = make_pump(infused_ml=10.0, battery_life_s=365 * 86_400.0)
    pump.advance(START_US + 30 * US_PER_MIN)
    assert payload(ask(frame(request_text), pump)) == answer


def test_log_entries_have_the_published_layout() -> None:
    pump = make_pump(firmware_age_s=1111.0 - 60, infused_ml=12.5 - 5 / 60)
    pump.advance(START_US + US_PER_MIN)
    pump.stop()
    assert payload(ask(frame("RE00000006"), pump)) == "RE00000006" + "02570400F00000414800000000000000"
    pump.run()
    assert payload(ask(frame("RE00000007"), pump)) == "RE00000007" + "01570400F00000000000000000000000"
    pump.detach_set()
    assert payload(ask(frame("RE00000008"), pump)) == "RE00000008" + "0E570400F00000000000000000000000"
    pump.power_off()
    # 3.20 V and 12.5 mL as big-endian floats.
    assert pump.log.head_index == 9
    pump.power_on()
    assert payload(ask(frame("RE00000009"), pump)) == "RE00000009" + "10570400F00000404CCCCD4148000000"


def test_an_occlusion_is_logged_with_its_side_and_its_end() -> None:
    pump = make_pump()
    pump.occlude_downstream()
    pump.advance(START_US + 20 * US_PER_MIN)
    pump.release()
    entries = [payload(ask(frame(f"RE{index:08X}"), pump))[10:] for index in (6, 7)]
    assert [(entry[:2], entry[10:14]) for entry in entries] == [("09", "0002"), ("09", "0004")]


def test_the_program_stands_in_the_log_before_the_first_run() -> None:
    entries = [payload(ask(frame(f"RE{index:08X}")))[10:] for index in range(6)]
    assert [entry[:2] for entry in entries] == ["18", "00", "00", "00", "00", "01"]
    assert (entries[1][10:12], entries[4][10:12]) == ("01", "02")
    # Daily 1, 5.0 mL/h, 240 mL, no starting dose; then no extra dose.
    assert entries[2] == "00000002" + "40A00000" + "43700000" + "00000000"
    assert entries[3] == "0" * 32


def test_the_ring_wraps_and_the_head_follows() -> None:
    pump = make_pump(log_first_index=43_262)
    assert payload(ask(GET_INDICES, pump)) == "RI0000A8FE00000003"
    assert payload(ask(frame("RE00000003"), pump))[10:12] == "01"


def test_the_absolute_form_packs_the_date() -> None:
    pump, face = make_pump(), ZynoFace(ClockForm.ABSOLUTE)
    assert payload(ask(GET_CLOCK, pump, face)) == "RC050126080000"
    # 26 years, month 1, day 5, 8 h 00 min 00 s in 6, 4, 5, 5, 6 and 6 bits.
    assert payload(ask(frame("RE00000005"), pump, face))[10:20] == "01684A8000"


@pytest.mark.parametrize("text", ["WT00", "WT02", "W01", "KE60", "KE41", "L1", ":PROTOCOL:RATE 20.0"])
def test_what_would_act_on_the_pump_is_refused_without_an_answer_and_recorded(text: str) -> None:
    pump, face = make_pump(), ZynoFace()
    before = (pump.delivery, pump.log.written)
    assert ask(frame(text), pump, face) == ""
    assert (pump.delivery, pump.log.written) == before
    assert [(each.raw.hex().upper(), each.verdict) for each in face.received.frames] == [(frame(text), Verdict.REFUSED)]


@pytest.mark.parametrize("text", ["Q1", "Q2", "XX", "RE0000", "RE000000 1", ":NOTHING?"])
def test_what_is_unknown_gets_no_answer(text: str) -> None:
    face = ZynoFace()
    assert ask(frame(text), face=face) == ""
    assert face.received.counts == {Verdict.UNKNOWN: 1}


def test_the_ok_key_quiets_a_reminder_and_starts_nothing() -> None:
    pump = make_pump()
    pump.stop()
    pump.advance(START_US + 6 * US_PER_MIN)
    assert pump.alarms
    assert ask(PRESS_OK, pump) == PRESS_OK
    assert not pump.alarms
    assert not pump.motor_turns


def test_a_spoilt_frame_gets_no_answer() -> None:
    face = ZynoFace()
    assert ask("02524E413103", face=face) == ""
    assert face.received.counts == {Verdict.SPOILT: 1}


def test_a_dead_pump_hears_nothing() -> None:
    pump, face = make_pump(), ZynoFace()
    pump.lose_power()
    assert ask(GET_SERIAL, pump, face) == ""
    assert face.received.counts == {Verdict.UNHEARD: 1}


@given(st.binary(max_size=400))
def test_noise_changes_nothing_and_fills_no_memory(noise: bytes) -> None:
    pump, face = make_pump(), ZynoFace()
    before = (pump.delivery, pump.log.written)
    face.hear(noise, pump)
    assert (pump.delivery, pump.log.written) == before
    assert face.received.bytes_heard == len(noise)
    assert payload(ask("03" + GET_SERIAL, pump, face)) == "RNSN800009"


@given(cuts=st.lists(st.integers(0, 18), max_size=6))
def test_a_request_may_come_in_any_pieces(cuts: list[int]) -> None:
    pump, face = make_pump(), ZynoFace()
    data = bytes.fromhex(GET_SERIAL + "0D0A" + GET_INDICES)
    places = [0, *sorted(cuts), len(data)]
    answers = [answer for start, end in pairwise(places) for answer in face.hear(data[start:end], pump)]
    assert [bytes(answer)[1:3] for answer in answers] == [b"RN", b"RI"]


def test_a_frame_without_an_end_is_given_up() -> None:
    listener = FrameListener()
    assert listener.hear(b"\x02" + b"A" * 1000) == []
    assert listener.stray == 1001
    assert [each.payload for each in listener.hear(bytes.fromhex(GET_SERIAL))] == ["RN"]
