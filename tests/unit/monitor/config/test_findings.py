"""What loads but will not serve people well is named by ``check``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.registry import Registry
from monitor.config.findings import Finding, Level, findings_in
from monitor.config.settings import Config

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""Apprise imports it on Python 3.11."""

DoubtsAbout = Callable[[str], list[str]]
Parse = Callable[[str], Config]
NOON_US = 1_795_348_800_000_000
SITE = '[site]\ntime_zone = "Europe/Berlin"\ncall_back_number = "+49 30 5550100"\n'
HOOKS = '[channels.webhook.a]\nurl = "https://a.example.org/"\n[channels.webhook.b]\nurl = "https://b.example.org/"\n'
PEOPLE = "".join(
    f'[[contacts]]\nid = "{role}-1"\nrole = "{role}"\nchannels = ["webhook:{hook}"]\n'
    for role, hook in [("patient", "a"), ("home-nurse", "b"), ("on-call-nurse", "a"), ("on-call-physician", "b")]
)
PUMP = '[[pumps]]\nid = "p"\ndriver = "acme"\noptions = { device = "/dev/a" }\norder = { rate_ml_per_h = 5 }\n'
GOOD = SITE + HOOKS + PEOPLE + PUMP


def about(doubts: list[str], words: str) -> list[str]:
    return [doubt for doubt in doubts if words in doubt]


def without_refused(doubts: list[str]) -> list[str]:
    return [doubt for doubt in doubts if "rusty" not in doubt]


def test_a_good_configuration_raises_no_doubt(doubts_about: DoubtsAbout) -> None:
    assert without_refused(doubts_about(GOOD)) == []


def test_a_refused_driver_is_told_with_its_reason(doubts_about: DoubtsAbout) -> None:
    assert about(doubts_about(GOOD), "the driver rusty of rusty-pump 1 was refused: Importing rusty failed.")


@pytest.mark.parametrize(("poll_s", "warnings"), [(5, 0), (5.5, 1), (300, 1)])
def test_a_pump_that_is_asked_too_seldom_for_its_therapy_is_told(
    doubts_about: DoubtsAbout, poll_s: float, warnings: int
) -> None:
    text = GOOD.replace('"/dev/a"', f'"/dev/a", poll_s = {poll_s}') + '[therapies.blinatumomab]\nsilence_max = "10s"\n'
    told = about(doubts_about(text), "pumps: p is asked every ")
    assert len(told) == warnings
    assert all("that is more than half of the 10s after which it is silent" in doubt for doubt in told)


@pytest.mark.parametrize(
    ("plan", "warnings"),
    [
        ("ends_at = 2026-11-21T09:00:00+01:00", 1),
        ("ends_at = 2026-11-22T12:00:00Z", 1),
        ("ends_at = 2026-11-22T12:00:01Z", 0),
        ("starts_at = 2026-11-01T12:00:01Z", 0),
    ],
)
def test_a_plan_that_is_over_is_told(doubts_about: DoubtsAbout, plan: str, warnings: int) -> None:
    told = about(doubts_about(GOOD + f"plan = {{ {plan} }}\n"), "the plan of p ended on")
    assert len(told) == warnings
    assert all(doubt.endswith("its course is taken to be complete, and nothing is watched") for doubt in told)


def test_plans_of_one_end_are_told_once_for_all_their_pumps(doubts_about: DoubtsAbout, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("\n".join(f"f{number}" for number in range(9)), encoding="utf-8")
    fleet = '[[fleets]]\nids_file = "ids"\nplan = { ends_at = 2026-11-20T23:30:00Z }\n'
    (told,) = about(doubts_about(GOOD + fleet), "ended on")
    assert told.startswith("pumps: the plan of f0, f1, f2, f3, f4 and 4 more ended on 2026-11-21:"), "the local day"


def test_a_missing_call_back_number_is_told(doubts_about: DoubtsAbout) -> None:
    assert about(doubts_about(PUMP), "site.call_back_number: is missing")


@pytest.mark.parametrize("zone", ["UTC", "EST"])
def test_a_zone_that_no_wall_clock_shows_is_told(doubts_about: DoubtsAbout, zone: str) -> None:
    assert about(doubts_about(GOOD.replace("Europe/Berlin", zone)), f"site.time_zone: {'is ' * (zone == 'UTC')}{zone}")


def test_a_pump_that_nothing_reads_is_told(doubts_about: DoubtsAbout) -> None:
    assert about(doubts_about('[[pumps]]\nid = "p"'), "pumps: nothing reads p: there is neither a driver nor a source")


def test_contacts_over_the_log_alone_are_told(doubts_about: DoubtsAbout) -> None:
    assert about(doubts_about(PUMP), "contacts: no contact has a channel that reaches a person")


def test_a_contact_without_a_channel_is_told(doubts_about: DoubtsAbout) -> None:
    more = '[[contacts]]\nid = "anna"\nrole = "home-nurse"\n'
    assert about(doubts_about(GOOD + more), "contacts[4].channels: anna has no channel that reaches a person")


def test_a_single_contact_and_a_single_channel_are_told(doubts_about: DoubtsAbout) -> None:
    one = '[[contacts]]\nid = "anna"\nrole = "on-call-physician"\nchannels = ["webhook:a"]\n'
    doubts = doubts_about(SITE + HOOKS + one + PUMP)
    assert about(doubts, "there is no second contact: if anna does not answer")
    assert about(doubts, "there is one channel")


def test_a_rung_with_nobody_on_it_is_told_with_who_is_told_instead(doubts_about: DoubtsAbout) -> None:
    text = GOOD.replace('role = "on-call-nurse"', 'role = "charge-nurses"')
    assert about(doubts_about(text), '"charge-nurses"') == []
    assert about(doubts_about(text), "on-call-nurse-1 is on no rung of any ladder; did you mean charge-nurse?")
    text = text.replace('role = "patient"', 'role = "home-nurse"')
    assert about(doubts_about(text), 'rungs[0].contacts: nobody is on rung "patient": "home-nurse" is told instead')


def test_hours_in_which_nobody_is_on_duty_are_told(doubts_about: DoubtsAbout) -> None:
    text = GOOD.replace('role = "patient"', 'role = "patient"\nhours = "08:00-20:00"')
    assert about(doubts_about(text), 'nobody on rung "patient" is on duty on Monday at 00:00 (Europe/Berlin)')


def test_a_rung_that_comes_after_the_threshold_is_told(doubts_about: DoubtsAbout) -> None:
    rungs = (
        '[[ladders.blinatumomab.rungs]]\nrung = "nurse"\ncontacts = ["home-nurse"]\nafter_detection = "5min"\n'
        '[[ladders.blinatumomab.rungs]]\nrung = "late"\ncontacts = ["patient"]\nafter_detection = "5h"\n'
    )
    assert about(doubts_about(GOOD + rungs), 'rungs[1]: rung "late" is not due before the restart threshold')


def test_calls_in_turn_that_reach_the_last_person_too_late_are_told(doubts_about: DoubtsAbout) -> None:
    rungs = (
        '[[ladders.blinatumomab.rungs]]\nrung = "page"\ncontacts = ["home-nurse", "on-call-nurse"]\n'
        'after_detection = "60min"\nin_turn = true\ntries = 10\nrepeat = "20min"\n'
    )
    assert about(doubts_about(GOOD + rungs), "calls the last of its 2 contacts 260 min after the stop")


def test_an_occlusion_that_is_noticed_after_the_threshold_is_told(doubts_about: DoubtsAbout) -> None:
    text = GOOD.replace("rate_ml_per_h = 5", "rate_ml_per_h = 0.6") + "[therapies.blinatumomab]\nthresholds = ['2h']"
    assert about(doubts_about(text), "an occlusion at 0.6 mL/h may be noticed after 2h4min, not before")


def test_a_threshold_that_may_be_in_the_wrong_unit_is_told(doubts_about: DoubtsAbout) -> None:
    text = GOOD + "[therapies.blinatumomab]\nthresholds = ['4min']"
    assert about(doubts_about(text), ">= 4min is far below the >= 4h of the profile; is the unit right?")


def test_a_latency_that_rests_on_a_test_report_alone_is_told(doubts_about: DoubtsAbout) -> None:
    lines = "latency = { '5' = '5min' }\nlatency_source = 'IEC 60601-2-24 report 4711 of the maker'\n"
    doubts = doubts_about(GOOD + f"[therapies.blinatumomab]\n{lines}")
    assert about(doubts, "therapies.blinatumomab.latency: at 0.3 mL/h 1h23min20s is shorter than the profile's 4h8min")


OWN = GOOD.replace('driver = "acme"', 'driver = "acme"\ntherapy = "own"') + (
    '[therapies.own]\nsource = "us"\nthresholds = ["1h"]\n'
)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('merge_run = "10min"', "merge_run: 10min is shorter than the built-in 30min"),
        ("min_rate_fraction = 0.5", "min_rate_fraction: is below the built-in 0.9"),
        ("max_rate_fraction = 1.5", "max_rate_fraction: is above the built-in 1.1"),
        ("kvo_counts = true", "kvo_counts: keep-vein-open counts as therapy here"),
        ('drugs = ["nothing"]', "latency: is missing"),
        ('schedule = { starts = "08:00", ends = "20:00" }', "schedule: stops in 12 hours of every day are planned"),
    ],
)
def test_a_limit_of_an_own_therapy_that_is_looser_than_ours_is_told(
    doubts_about: DoubtsAbout, line: str, key: str
) -> None:
    assert about(doubts_about(OWN + line), f"therapies.own.{key}")


def test_an_own_therapy_without_a_drug_in_the_order_is_told(doubts_about: DoubtsAbout) -> None:
    assert about(doubts_about(OWN), "pumps: p is ordered no drug by name")


def test_a_bag_that_is_much_shorter_than_usual_at_its_rate_is_told(doubts_about: DoubtsAbout) -> None:
    text = GOOD.replace("rate_ml_per_h = 5", "rate_ml_per_h = 0.6, bag_hours = 48")
    assert about(doubts_about(text), "pumps: p is ordered bags of 48 h; a bag of blinatumomab lasts 168 h at 0.6 mL/h")


def test_a_therapy_by_day_without_a_schedule_is_told(doubts_about: DoubtsAbout) -> None:
    text = GOOD.replace('driver = "acme"', 'driver = "acme"\ntherapy = "levodopa-gel"')
    assert about(doubts_about(text), "therapies.levodopa-gel.schedule: is missing")
    schedule = '[therapies.levodopa-gel]\nschedule = { starts = "06:00", ends = "22:00" }\n'
    assert about(doubts_about(text + schedule), "stops in 8 hours of every day are planned and nobody is told of them")


def test_what_two_people_took_upon_themselves_is_told(doubts_about: DoubtsAbout) -> None:
    forced = 'forced_by = ["A. Nurse", "B. Pharmacist"]\norder = { rate_ml_per_h = '
    text = GOOD.replace("order = { rate_ml_per_h = ", forced)
    assert about(doubts_about(text), "pumps: p: A. Nurse and B. Pharmacist confirmed an order that fits")
    wrong = doubts_about(text.replace("rate_ml_per_h = 5", "rate_ml_per_h = 50"))
    assert about(wrong, "pumps: p: 50 mL/h is no rate of blinatumomab")
    assert about(wrong, "which A. Nurse and B. Pharmacist confirmed; its deadline may be wrong")


def test_a_patient_who_is_told_of_the_pumps_of_others_is_told(doubts_about: DoubtsAbout) -> None:
    doubts = doubts_about(GOOD + '[[pumps]]\nid = "q"\ndriver = "acme"\noptions = { device = "/dev/b" }\n')
    assert about(doubts, 'contacts: patient-1 is told of all 2 pumps; write pumps = ["ID"]')


def test_a_simulated_pump_is_told(doubts_about: DoubtsAbout) -> None:
    toy = "allow_simulated = true\n" + GOOD.replace('driver = "acme"', 'driver = "toy"')
    assert about(doubts_about(toy), "pumps: p: the driver talks to no real pump")


def test_a_feed_beyond_this_machine_is_told_to_be_plain(doubts_about: DoubtsAbout, tmp_path: Path) -> None:
    (tmp_path / "tokens.toml").write_text('[[tokens]]\nname = "a"\nrole = "nurse"\nsha256 = "' + "0" * 64 + '"')
    (tmp_path / "tokens.toml").chmod(0o600)
    text = '[feed]\nhost = "192.0.2.1"\ntokens_file = "tokens.toml"\n' + GOOD
    assert about(doubts_about(text), "feed.host: the feed speaks plain HTTP")


def test_a_file_that_does_not_load_gives_its_faults_as_errors(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "config.toml").write_text('[[pumps]]\nid = "a b"\n')
    (error,) = findings_in(tmp_path / "config.toml", registry, NOON_US)
    assert (error.level, error.path) == (Level.ERROR, "pumps[0].id")
    assert findings_in(tmp_path / "nowhere.toml", registry, NOON_US)[0].path == ""


def test_a_file_that_loads_gives_warnings_alone(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "config.toml").write_text(GOOD)
    found = findings_in(tmp_path / "config.toml", registry, NOON_US)
    refused = "the driver rusty of rusty-pump 1 was refused: Importing rusty failed."
    assert found == [Finding(Level.WARNING, "drivers", refused)]
