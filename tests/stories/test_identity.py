"""Stories of section G: which pump, which person."""

from __future__ import annotations

from storybook import HOME, Tale


def test_g1_a_planned_pump_swap_continues_one_interruption() -> None:
    tale = Tale()
    tale.runs("07:00", "08:59", volume_ml=100, serial="OLD00001")
    tale.mark("08:59", "maintenance", "nurse", minutes=60)
    tale.say("09:00", v=1, kind="event", event="delivery-stop", serial="OLD00001")
    tale.say("09:22", swap={"serial": "NEW00002"}, by="nurse")
    tale.say("09:22", v=1, kind="event", event="delivery-start", serial="NEW00002")
    tale.status("09:22", serial="NEW00002", volume_delivered_ml=0.1)
    tale.runs("09:23", "10:00", volume_ml=0.2, serial="NEW00002")
    told = tale.play()
    assert told.off() == (22, 22)
    assert told.only["state"] == "ended"
    assert "pump-changed" not in told.codes()


def test_g2_an_unknown_pump_is_quarantined_and_reported() -> None:
    tale = Tale()
    tale.runs("08:00", "09:00")
    tale.say("08:30", pump="stranger", v=1, kind="status", delivery="not-delivering")
    told = tale.play()
    assert told.interruptions == []
    assert told.codes() == ["unknown-pump"]
    assert told.rungs() == ["home-nurse"]
    assert told.result["rejected"] != []


def test_g2_an_unconfirmed_serial_number_moves_nothing() -> None:
    tale = Tale()
    tale.runs("08:00", "09:00", serial="OURS0001")
    tale.runs("09:05", "09:30", serial="ALIEN002")
    told = tale.play()
    assert "pump-changed" in told.codes()
    assert told.off() == (0, 30)


NURSES = (
    HOME
    + """
[[contacts]]
id = "ann"
role = "on-call-nurse"
channels = ["log"]

[[contacts]]
id = "bea"
role = "on-call-nurse"
channels = ["log"]

[[contacts]]
id = "charge"
role = "charge-nurse"
channels = ["log"]

[[contacts]]
id = "doctor"
role = "on-call-physician"
channels = ["log"]

[[contacts]]
id = "patient"
role = "patient"
channels = ["log"]

[[contacts]]
id = "desk"
role = "home-nurse"
channels = ["log"]
"""
)


def test_g3_nobody_answers_and_the_page_goes_on_from_person_to_person() -> None:
    tale = Tale()
    tale.runs("00:00", "01:59")
    tale.alarm("02:00", "fault")
    tale.acknowledge("02:51", "on-call-nurse", by="doctor")
    told = tale.play(until="03:05", config=NURSES.format(zone="UTC", extra=tale.extra))
    assert told.told("patient")[0] == "02:00"
    assert told.told("home-nurse")[0] == "02:05"
    assert told.contacts("on-call-nurse") == [
        ("02:20", "ann"),
        ("02:25", "ann"),
        ("02:30", "bea"),
        ("02:35", "bea"),
        ("02:40", "charge"),
        ("02:45", "charge"),
        ("02:50", "doctor"),
    ]
