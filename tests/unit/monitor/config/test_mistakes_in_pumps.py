"""Slips in enrolments: ids, serial numbers, orders, plans and files of ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config.enrolment import LINE_FAULTS_MAX
from monitor.config.settings import Config
from monitor.interruption.events import FreeInterval, Order

FaultsOf = Callable[[str], list[str]]
Parse = Callable[[str], Config]
PUMP = '[[pumps]]\nid = "p"\n'
NOON_US = 1_772_452_800_000_000
"""2026-03-02T12:00:00Z."""


def test_one_pump_with_an_id_is_a_whole_configuration(parsed: Parse) -> None:
    config = parsed(PUMP)
    (pump,) = config.pumps
    assert (pump.pump, pump.therapy.name, pump.serial, pump.order, pump.driver) == (
        "p",
        "blinatumomab",
        None,
        None,
        None,
    )
    assert config.site.time_zone == "UTC"


@pytest.mark.parametrize("pump_id", ["", "a b", "a/b", "a+", "ü", "x" * 65, "p\\n"])
def test_an_id_that_fits_no_topic_is_refused(faults_of: FaultsOf, pump_id: str) -> None:
    assert "must be 1 to 64 of the characters" in faults_of(f'[[pumps]]\nid = "{pump_id}"')[0]


def test_the_same_id_twice_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP * 2) == ["pumps[1].id: p is enrolled already, by pumps[0]"]


def test_the_same_serial_number_twice_is_refused(faults_of: FaultsOf) -> None:
    text = '[[pumps]]\nid = "p"\nserial = "SN1"\n[[pumps]]\nid = "q"\nserial = "SN1"\n'
    assert faults_of(text) == ["pumps[1].serial: SN1 is enrolled already, by pumps[0]"]


def test_an_unknown_therapy_is_refused_with_the_nearest_one(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(PUMP + 'therapy = "blinatumumab"')
    assert fault == "pumps[0].therapy: blinatumumab is neither built in nor configured; did you mean blinatumomab?"


@pytest.mark.parametrize("written", ["0", "-5", "nan", "inf", "2001", '"5"', "true"])
def test_a_rate_that_no_pump_delivers_is_refused(faults_of: FaultsOf, written: str) -> None:
    (fault,) = faults_of(PUMP + f"order = {{ rate_ml_per_h = {written} }}")
    assert fault.startswith("pumps[0].order.rate_ml_per_h: must be ")


@pytest.mark.parametrize("hours", ["0", "-1", "745", "nan", '"48h"'])
def test_hours_that_no_bag_lasts_are_refused(faults_of: FaultsOf, hours: str) -> None:
    assert faults_of(PUMP + f"order = {{ bag_hours = {hours} }}")[0].startswith("pumps[0].order.bag_hours: must be ")


@pytest.mark.parametrize(
    "instant",
    ["2026-03-02T12:00:00Z", '"2026-03-02T12:00:00Z"', "2026-03-02T06:00:00-06:00", "2026-03-02 13:00:00+01:00"],
)
def test_an_instant_is_read_with_its_offset(parsed: Parse, instant: str) -> None:
    (pump,) = parsed(PUMP + f"order = {{ starts_at = {instant} }}").pumps
    assert pump.order == Order(starts_at_us=NOON_US)


@pytest.mark.parametrize(
    ("instant", "hint"),
    [
        ("2026-03-02T14:00:00", "has no offset from UTC; write for example 2026-03-02T14:00:00+01:00"),
        ("2026-03-02", "is no instant"),
        ("14:00:00", "is no instant"),
        ('"2 March, 14:00"', "is no instant"),
        ('"2026-03-02T14:00:00"', "is no instant"),
        ("1772452800", "must be an instant"),
        ("1026-03-02T14:00:00Z", "outside the years 2000 to 2099"),
        ('"2026-02-30T14:00:00Z"', "day is out of range"),
    ],
)
def test_an_instant_without_offset_or_sense_is_refused(faults_of: FaultsOf, instant: str, hint: str) -> None:
    (fault,) = faults_of(PUMP + f"order = {{ starts_at = {instant} }}")
    assert fault.startswith("pumps[0].order.starts_at: ")
    assert hint in fault


def test_a_plan_is_merged_with_the_order(parsed: Parse) -> None:
    text = (
        PUMP
        + "order = { rate_ml_per_h = 5, starts_at = 2026-03-02T12:00:00Z }\nplan = { ends_at = 2026-03-02T13:00:00Z }"
    )
    (pump,) = parsed(text).pumps
    assert pump.order == Order(rate_ml_per_h=5, starts_at_us=NOON_US, ends_at_us=NOON_US + 3_600_000_000)


def test_the_same_instant_in_order_and_in_plan_is_refused(faults_of: FaultsOf) -> None:
    both = "order = { ends_at = 2026-03-02T12:00:00Z }\nplan = { ends_at = 2026-03-02T12:00:00Z }"
    assert faults_of(PUMP + both) == ["pumps[0]: ends_at stands both in order and in plan; keep one of them"]


@pytest.mark.parametrize("second", ["order", "plan"])
def test_an_end_before_the_start_is_refused(faults_of: FaultsOf, second: str) -> None:
    first = "order = { starts_at = 2026-03-02T12:00:00Z }\nplan = { ends_at = 2026-03-02T12:00:00Z }"
    if second == "order":
        first = "order = { starts_at = 2026-03-02T12:00:00Z, ends_at = 2026-03-01T12:00:00Z }"
    (fault,) = faults_of(PUMP + first)
    assert fault.endswith("ends_at must be later than starts_at")


def fleet(tmp_path: Path, content: str) -> str:
    (tmp_path / "ids").write_text(content)
    return '[[fleets]]\nids_file = "ids"\norder = { rate_ml_per_h = 5 }\n'


def test_a_fleet_enrols_every_line_of_its_file(parsed: Parse, tmp_path: Path) -> None:
    pumps = parsed(fleet(tmp_path, "# the ward\nbed-1, SN1\n\nbed-2 # new\r\n")).pumps
    assert [(pump.pump, pump.serial, pump.driver) for pump in pumps] == [("bed-1", "SN1", None), ("bed-2", None, None)]


def test_the_pumps_of_a_fleet_share_their_objects(parsed: Parse, tmp_path: Path) -> None:
    pumps = parsed(fleet(tmp_path, "".join(f"bed-{number}\n" for number in range(10_000)))).pumps
    assert len(pumps) == 10_000
    assert len({(id(pump.therapy), id(pump.order), id(pump.options)) for pump in pumps}) == 1


def test_a_file_of_ids_that_is_not_there_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of('[[fleets]]\nids_file = "nowhere"')[0].endswith(
        "nowhere cannot be read: No such file or directory"
    )


def test_a_file_of_ids_without_any_is_refused(faults_of: FaultsOf, tmp_path: Path) -> None:
    assert "names no pump" in faults_of(fleet(tmp_path, "# nothing yet\n"))[0]


def test_a_file_of_ids_that_is_no_text_is_refused(faults_of: FaultsOf, tmp_path: Path) -> None:
    text = fleet(tmp_path, "")
    (tmp_path / "ids").write_bytes(b"a\n\xff\xfe\x00")
    assert faults_of(text)[0].endswith("ids cannot be read: it is not UTF-8 at byte 2")


def test_a_heading_in_a_file_of_ids_is_no_pump(faults_of: FaultsOf, tmp_path: Path) -> None:
    (fault,) = faults_of(fleet(tmp_path, "Id, Serial\nbed-1, SN1\n"))
    assert fault.endswith("'Id' looks like a heading and not like a pump; leave it out")


def test_a_file_of_ids_may_begin_with_a_byte_order_mark(parsed: Parse, tmp_path: Path) -> None:
    assert [pump.pump for pump in parsed(fleet(tmp_path, "\ufeffbed-1\n")).pumps] == ["bed-1"]


def test_faulty_lines_of_a_file_of_ids_are_named_with_their_numbers(faults_of: FaultsOf, tmp_path: Path) -> None:
    faults = faults_of(fleet(tmp_path, "bed 1\nbed-2\nbed-2\nbed-3,SN\nbed-4,SN\n"))
    assert [fault.partition(": ")[2].split(" of ")[0] for fault in faults] == ["line 1", "line 3", "line 5"]


def test_a_file_full_of_faults_names_the_first_and_counts_the_rest(faults_of: FaultsOf, tmp_path: Path) -> None:
    faults = faults_of(fleet(tmp_path, "bad id\n" * 500))
    assert len(faults) == LINE_FAULTS_MAX + 1
    assert f"{500 - LINE_FAULTS_MAX} more faulty lines" in faults[-1]


def test_a_pump_of_a_fleet_that_is_enrolled_by_itself_too_is_refused(faults_of: FaultsOf, tmp_path: Path) -> None:
    (fault,) = faults_of(PUMP + fleet(tmp_path, "p\n"))
    assert fault.endswith("p is enrolled already, by pumps[0]")


def test_an_order_says_for_whom_and_for_how_long_it_is(parsed: Parse) -> None:
    words = 'drug = "Blincyto", indication = "mrd-positive", age_group = "child", cycle = 1, infusion_days = 28'
    stretch = "free = [{ from = 2026-03-02T12:00:00Z, until = 2026-03-03T12:00:00Z }]"
    (pump,) = parsed(PUMP + f"order = {{ {words}, bag_expires_at = 2026-03-02T12:00:00Z, {stretch} }}").pumps
    assert pump.order == Order(
        drug="Blincyto",
        indication="mrd-positive",
        age_group="child",
        cycle=1,
        infusion_days=28.0,
        bag_expires_at_us=NOON_US,
        free=(FreeInterval(NOON_US, NOON_US + 24 * 3_600_000_000),),
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('drug = ""', "order.drug: must be a name"),
        ('indication = "MRD"', "order.indication: must be a word"),
        (
            'indication = "mdr-positive"',
            "order.indication: mdr-positive is no indication of blinatumomab; did you mean",
        ),
        ('age_group = "infant"', "order.age_group: must be adult or child"),
        ("cycle = 0", "order.cycle: must be"),
        ("infusion_days = 0", "order.infusion_days: must be"),
        ("bag_expires_at = 2026-03-02T12:00:00", "order.bag_expires_at: "),
        ("free = [{ from = 2026-03-02T12:00:00Z }]", "order.free[0]: must be a table of two instants"),
        (
            "free = [{ from = 2026-03-02T12:00:00Z, until = 2026-03-02T12:00:00Z }]",
            "order.free[0]: until must be later than from",
        ),
        (
            'drug = "insulin"',
            'order: the drug insulin is not given under the therapy blinatumomab; write therapy = "in',
        ),
        (
            'drug = "milrinone"',
            "order: the drug milrinone is not given under the therapy blinatumomab; write a therapy",
        ),
        (
            "rate_ml_per_h = 50",
            "order: 50 mL/h is no rate of blinatumomab, which is given at 0.6, 1.8, 2.5, 3.3, 5, 10",
        ),
    ],
)
def test_an_order_that_says_it_wrongly_is_refused(faults_of: FaultsOf, line: str, fault: str) -> None:
    (found,) = faults_of(PUMP + f"order = {{ {line} }}")
    assert found.startswith(f"pumps[0].{fault}")


def test_the_drug_of_an_own_therapy_is_named_there(faults_of: FaultsOf, parsed: Parse) -> None:
    own = '[therapies.own]\nthresholds = ["1h"]\nsource = "us"\n'
    pump = '[[pumps]]\nid = "p"\ntherapy = "own"\norder = { drug = "Milrinone" }\n'
    (fault,) = faults_of(own + pump)
    assert "add it to drugs in [therapies.own], or two people may confirm it with forced_by" in fault
    assert parsed(own + 'drugs = ["milrinone"]\n' + pump).pumps[0].forced_misfit is None


@pytest.mark.parametrize("people", ['["A"]', '["A", "a"]', "[]", '["A", ""]', '"A, B"'])
def test_it_takes_two_people_to_force_an_order(faults_of: FaultsOf, people: str) -> None:
    assert "forced_by" in faults_of(PUMP + f'order = {{ drug = "insulin" }}\nforced_by = {people}')[0]


def test_what_two_people_force_is_kept_with_their_names(parsed: Parse) -> None:
    (pump,) = parsed(PUMP + 'order = { drug = "insulin" }\nforced_by = ["A. Nurse", "B. Pharmacist"]').pumps
    assert pump.forced_by == ("A. Nurse", "B. Pharmacist")
    assert pump.forced_misfit == "the drug insulin is not given under the therapy blinatumomab"
