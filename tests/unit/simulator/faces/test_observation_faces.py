"""The observation faces say what the format's description demands, to the letter."""

from __future__ import annotations

import binascii
import json
from typing import Any

import pytest

from simulator.faces.json_lines import JsonLinesFace, crc_of, line_of
from simulator.faces.observation import Reporter
from simulator.pump import SimulatedPump
from simulator.setup import PumpSetup, StartsAs
from simulator.units import US_PER_MIN, US_PER_S

START_US = 1_767_600_000_000_000
PERIOD_US = 10 * US_PER_S


def make_pump(**changed: Any) -> SimulatedPump:
    return SimulatedPump(PumpSetup(**changed), START_US)


def told(reporter: Reporter, pump: SimulatedPump, minutes: float) -> list[dict[str, Any]]:
    pump.advance(START_US + round(minutes * US_PER_MIN))
    return reporter.report(pump)


def brief(messages: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (each["kind"], each.get("event") or each.get("code") or each["delivery"], each.get("phase"), each.get("age_s"))
        for each in messages
    ]


def test_a_status_has_the_fields_of_the_format() -> None:
    pump = make_pump(lead_s=3600.0, infused_ml=95.0)
    status = Reporter(PERIOD_US, "pump-1").report(pump)[-1]
    assert status == {
        "v": 1,
        "kind": "status",
        "seq": 3,
        "boot": "SN800009-1",
        "pump": "pump-1",
        "device_at": "2026-01-05T08:00:00.000Z",
        "serial": "SN800009",
        "delivery": "delivering",
        "rate_ml_per_h": 5.0,
        "volume_delivered_ml": 100.0,
        "volume_remaining_ml": 140.0,
        "battery_percent": 100.0,
        "alarms": [],
    }


def test_the_log_is_told_first_with_the_age_of_each_entry() -> None:
    assert brief(Reporter(PERIOD_US).report(make_pump())) == [
        ("event", "power-on", None, 600.0),
        ("event", "delivery-start", None, 600.0),
        ("status", "delivering", None, None),
    ]


def test_a_state_is_told_once_a_period_and_at_once_when_something_happens() -> None:
    reporter, pump = Reporter(PERIOD_US), make_pump()
    told(reporter, pump, 0)
    assert reporter.next_due_us() == START_US + PERIOD_US
    assert told(reporter, pump, 0.1) == []
    assert brief(told(reporter, pump, 0.17)) == [("status", "delivering", None, None)]
    pump.stop()
    messages = reporter.report(pump)
    assert brief(messages) == [("event", "delivery-stop", None, 0.0), ("status", "not-delivering", None, None)]
    assert messages[-1]["reason"] == "stopped-by-user"


def test_alarms_have_code_and_phase() -> None:
    reporter, pump = Reporter(PERIOD_US), make_pump()
    told(reporter, pump, 0)
    pump.occlude_downstream()
    messages = told(reporter, pump, 20)
    assert brief(messages)[0][:3] == ("alarm", "occl-down", "start")
    assert messages[0]["age_s"] == pytest.approx((20 - 14.88) * 60, abs=0.001)
    assert messages[-1]["alarms"] == ["occl-down"]
    assert messages[-1]["reason"] == "alarming"
    pump.release()
    assert brief(reporter.report(pump))[0] == ("alarm", "occl-down", "end", 0.0)


def test_an_orderly_switch_off_is_the_last_word() -> None:
    reporter, pump = Reporter(PERIOD_US), make_pump()
    told(reporter, pump, 0)
    pump.power_off()
    messages = reporter.report(pump)
    assert brief(messages) == [("event", "power-off", None, 0.0), ("status", "not-delivering", None, None)]
    assert messages[-1]["reason"] == "powered-off"
    assert told(reporter, pump, 60) == []


def test_a_pump_that_lost_its_power_says_nothing_more() -> None:
    reporter, pump = Reporter(PERIOD_US), make_pump()
    told(reporter, pump, 0)
    pump.lose_power()
    assert told(reporter, pump, 60) == []


def test_counters_begin_anew_with_each_start_of_the_pump() -> None:
    reporter, pump = Reporter(PERIOD_US), make_pump()
    assert [each["seq"] for each in told(reporter, pump, 0)] == [1, 2, 3]
    pump.power_off()
    pump.power_on()
    messages = reporter.report(pump)
    assert {each["boot"] for each in messages} == {"SN800009-2"}
    assert [each["seq"] for each in messages] == list(range(1, len(messages) + 1))


def test_the_run_is_in_the_boot_id_so_that_no_two_runs_share_one() -> None:
    boots = {Reporter(PERIOD_US, run=run).report(make_pump())[0]["boot"] for run in ("a1", "a2", "")}
    assert boots == {"SN800009-a1-1", "SN800009-a2-1", "SN800009-1"}


def test_a_pump_that_was_taken_away_and_comes_back_starts_anew() -> None:
    reporter = Reporter(PERIOD_US)
    pumps = [make_pump(serial=serial) for serial in ("SN800009", "SN800010", "SN800009")]
    boots = [{each["boot"] for each in reporter.report(pump)} for pump in pumps]
    assert boots == [{"SN800009-1"}, {"SN800010-2"}, {"SN800009-3"}]


def test_a_clock_that_was_set_back_makes_nothing_younger_than_now() -> None:
    reporter, pump = Reporter(PERIOD_US), make_pump()
    pump.set_clock_ahead(-7200)
    assert [each["age_s"] for each in reporter.report(pump) if each["kind"] != "status"] == [0, 0, 0]


def test_a_pump_that_starts_off_says_nothing() -> None:
    assert Reporter(PERIOD_US).report(make_pump(starts=StartsAs.OFF)) == []


def test_a_line_carries_object_checksum_and_line_feed() -> None:
    assert crc_of(b"123456789") == 0x29B1, "the check value that is published for this sum"
    assert crc_of(b'{"v":1}') == binascii.crc_hqx(b'{"v":1}', 0xFFFF)
    assert line_of({"v": 1}, has_crc=True) == b'{"v":1} *1117\n'
    assert line_of({"v": 1}, has_crc=False) == b'{"v":1}\n'


def test_every_line_is_one_object() -> None:
    face, pump = JsonLinesFace(Reporter(PERIOD_US), has_crc=False), make_pump()
    lines = face.speak(pump)
    assert len(lines) == 3
    assert all(json.loads(line)["v"] == 1 and line.endswith(b"}\n") for line in lines)
    assert face.hear(b"anything", pump) == []
    assert face.received.bytes_heard == 8
