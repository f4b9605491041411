"""Stories C1 (its text), C8, C9 and G5, and of therapies other than the default one: what is said at the threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from monitor.errors import ConfigurationError
from storybook import Tale, Told

CARE = ("home-nurse", "on-call-nurse", "charge-nurse", "patient", "caregiver")
PREMEDICATION = ("dexamethasone", "prednisone", "premedication", "label")


def for_patient(group: str, indication: str, cycle: int) -> str:
    words = f'age_group = "{group}", indication = "{indication}", cycle = {cycle}'
    return f"order = {{ rate_ml_per_h = 5.0, {words} }}"


def stopped_for_five_hours(**fields: Any) -> Told:
    tale = Tale(**fields)
    tale.runs("08:00", "10:00")
    tale.stop("10:00")
    tale.stands("10:05", "15:00")
    return tale.play(until="15:00")


def texts(told: Told, rung: str, *contacts: str) -> list[str]:
    notices = [notice for notice in told.result["notices"] if notice["rung"] == rung]
    return [notice["text"] for notice in notices if notice["contact"] in contacts]


def test_c1_an_adult_in_relapse_has_the_labels_words_and_they_are_for_physicians_alone() -> None:
    told = stopped_for_five_hours(order=for_patient("adult", "relapsed-refractory", 2))
    words = "Label rule for this indication: dexamethasone 20 mg 1 h before restart, any cycle."
    read = texts(told, "restart-threshold", "oncologist", "pharmacist", "on-call-physician")
    assert read
    assert all(words in text and "do not restart" in text for text in read)
    others = texts(told, "restart-threshold", *CARE)
    assert others
    assert not any(word in text.lower() for text in others for word in PREMEDICATION)


@pytest.mark.parametrize(
    ("group", "indication", "names"),
    [("child", "consolidation", "cycle 1 only"), ("adult", "mrd-positive", "Prednisone 100 mg or equivalent")],
)
def test_c8_c9_where_the_label_is_silent_the_text_says_that_the_prescriber_decides(
    group: str, indication: str, names: str
) -> None:
    told = stopped_for_five_hours(order=for_patient(group, indication, 2))
    read = texts(told, "restart-threshold", "oncologist")
    assert read
    for text in read:
        assert "label does not name restart; prescriber decides" in text
        assert names in text
        assert "Label rule" not in text
    assert not any("prescriber" in text for text in texts(told, "restart-threshold", *CARE))


def test_below_the_threshold_nobody_reads_of_premedication() -> None:
    tale = Tale(order=for_patient("adult", "relapsed-refractory", 2))
    tale.runs("08:00", "10:00")
    tale.stop("10:00")
    told = tale.play(until="13:45")
    assert told.told("on-call-physician")
    assert not any(word in notice["text"].lower() for notice in told.result["notices"] for word in PREMEDICATION)


def test_an_order_that_does_not_say_for_whom_leaves_it_to_the_prescriber() -> None:
    told = stopped_for_five_hours()
    assert all("prescriber decides" in text for text in texts(told, "restart-threshold", "oncologist"))


WRONG_DRUG = 'order = { rate_ml_per_h = 5.0, drug = "epoprostenol" }'


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (WRONG_DRUG, 'epoprostenol is not given under the therapy blinatumomab; write therapy = "epoprostenol", or'),
        ("order = { rate_ml_per_h = 4.0 }", "4 mL/h is no rate of blinatumomab, which is given at 0.6, 1.8, 2.5,"),
        ("order = { rate_ml_per_h = 5.0, bag_hours = 168 }", "at 5 mL/h a bag of blinatumomab lasts at most 48 h"),
    ],
)
def test_g5_a_pump_enrolled_under_the_wrong_profile_is_refused(order: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Tale(order=order).play()
    (fault,) = refused.value.faults
    assert fault.startswith("pumps[0].order: ")
    assert words in fault
    assert 'two people may confirm it with forced_by = ["A", "B"]' in fault


@pytest.mark.parametrize("people", ['["A. Nurse"]', '["A. Nurse", "a. nurse"]', "[]"])
def test_g5_one_person_cannot_force_it(people: str) -> None:
    with pytest.raises(ConfigurationError, match="must name two different people"):
        Tale(order=f"{WRONG_DRUG}\nforced_by = {people}").play()


def test_g5_two_people_can_force_what_they_saw_and_nothing_else() -> None:
    tale = Tale(order=f'{WRONG_DRUG}\nforced_by = ["A. Nurse", "B. Pharmacist"]')
    tale.runs("08:00", "09:00")
    assert tale.play().codes() == []
    tale.say("09:00", order={"rate_ml_per_h": 5.0, "drug": "milrinone"}, by="oncologist")
    assert tale.play(until="09:10").codes() == ["wrong-profile"]


@pytest.mark.parametrize("order", [{"rate_ml_per_h": 5.0, "drug": "epoprostenol"}, {"rate_ml_per_h": 4.0}])
def test_g5_an_order_that_comes_later_is_told_at_once_until_it_is_put_right(order: dict[str, Any]) -> None:
    tale = Tale()
    tale.runs("08:00", "09:00")
    tale.say("09:00", order=order, by="oncologist")
    told = tale.play(until="09:10")
    (alert,) = [alert for alert in told.result["alerts"] if alert["code"] == "wrong-profile"]
    assert (alert["priority"], alert["resolved_at"]) == ("high", None)
    assert told.told("on-call-physician")[0] == told.told("on-call-nurse")[0] == "09:00"
    tale.say("09:15", order={"rate_ml_per_h": 5.0, "drug": "Blincyto"}, by="oncologist")
    (alert,) = [alert for alert in tale.play(until="09:20").result["alerts"] if alert["code"] == "wrong-profile"]
    assert alert["resolved_at"] == "2026-03-02T09:15:00Z"


def under(
    therapy: str, hours: str, *, order: str = "", every: float = 1, more: Callable[[Tale], None] | None = None
) -> Told:
    """Let a pump of another therapy stand still from ten o'clock to ``hours``."""
    tale = Tale(order=order or "order = {}")
    tale.runs("09:50", "10:00", every=every)
    tale.stop("10:00")
    tale.stands("10:01", hours, every=every)
    if more is not None:
        more(tale)
    config = f"""
        [site]
        call_back_number = "+1 555 0100"
        [[pumps]]
        id = "p1"
        therapy = "{therapy}"
        {tale.extra}
        """
    return tale.play(until=hours, config=config)


def test_more_than_an_hour_is_a_new_set_and_more_than_three_is_a_loading_dose() -> None:
    first = texts(under("foslevodopa", "11:30"), "restart-threshold", "oncologist")[-1]
    assert "Over 60 min: Label rule: new infusion set and new site." in first
    assert "loading dose" not in first
    told = under("foslevodopa", "13:30")
    second = texts(told, "restart-threshold", "oncologist")[-1]
    assert "Over 3 h 00 min: Label rule: loading dose, or oral immediate-release levodopa." in second
    assert not any("loading" in text for text in texts(told, "restart-threshold", "patient"))


def test_a_later_threshold_is_told_at_its_minute_although_somebody_took_note_of_the_first() -> None:
    def acknowledged(tale: Tale) -> None:
        tale.acknowledge("12:55", "restart-threshold", by="oncologist")

    told = under("foslevodopa", "13:04", more=acknowledged)
    assert [at for at in told.told("restart-threshold") if at > "12:55"] == ["13:00"]
    (read,) = [text for text in texts(told, "restart-threshold", "oncologist") if "loading dose" in text]
    assert "Over 3 h 00 min" in read


def test_exactly_an_hour_is_not_more_than_an_hour() -> None:
    assert under("foslevodopa", "11:00").only["class"] == "below"
    assert under("foslevodopa", "11:01").only["class"] == "possible"


def test_nobody_is_told_not_to_restart_what_must_not_stop() -> None:
    told = under("epoprostenol", "10:05", every=0.5)
    read = [notice["text"] for notice in told.result["notices"]]
    assert read
    assert not any("do not restart" in text or "must not be started" in text for text in read)
    assert all("do not flush" in text for text in read)
    (first, *_) = texts(told, "restart-threshold", "patient")
    assert "From 3 min: call the emergency number; it must go on at once at the same rate." in first
    assert told.told("on-call-nurse")[0] == "10:00:31"


def test_a_tenth_of_a_46_hour_dose_is_missing_after_4_hours_36_minutes() -> None:
    order = "order = { bag_hours = 46 }"
    assert under("fluorouracil", "14:36", order=order).only["class"] == "below"
    told = under("fluorouracil", "14:37", order=order)
    assert told.only["class"] == "possible"
    read = texts(told, "restart-threshold", "oncologist")[0]
    assert "Over 4 h 36 min: tell the prescriber: more than a tenth of the dose is missing." in read
    assert under("fluorouracil", "11:00").only["class"] == "possible"
