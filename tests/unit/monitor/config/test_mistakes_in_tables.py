"""Slips in keys, types and brackets are refused with the path of the key and what may have been meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.registry import Registry
from monitor.config.faults import Faults
from monitor.config.loading import load
from monitor.errors import ConfigurationError

FaultsOf = Callable[[str], list[str]]
PUMP = '[[pumps]]\nid = "p"\n'


def test_what_is_no_toml_is_refused_with_its_line(faults_of: FaultsOf) -> None:
    assert "line 2" in faults_of("[site]\nid = \n")[0]


def test_an_empty_file_enrols_no_pump(faults_of: FaultsOf) -> None:
    assert faults_of("") == ["pumps: no pump is enrolled; write at least one [[pumps]] with an id"]


def test_brackets_without_end_are_refused(faults_of: FaultsOf) -> None:
    assert "no TOML" in faults_of("a = " + "[" * 100_000)[0]


def test_a_number_without_end_is_refused(faults_of: FaultsOf) -> None:
    assert "no TOML" in faults_of("a = " + "9" * 10_000)[0]


def test_a_file_that_is_too_long_is_refused(faults_of: FaultsOf) -> None:
    assert "longer than" in faults_of("#" * 9_000_000)[0]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml cannot be read: No such file"):
        load(tmp_path / "nowhere.toml", registry)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "config.toml").write_text("\ufeff" + PUMP, encoding="utf-8")
    assert load(tmp_path / "config.toml", registry).base == tmp_path


def test_a_file_without_end_is_refused(registry: Registry) -> None:
    with pytest.raises(ConfigurationError, match="longer than"):
        load(Path("/dev/zero"), registry)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "latin.toml").write_bytes(b'[site]\nid = "\xe9"')
    with pytest.raises(ConfigurationError, match="not UTF-8 at byte 13"):
        load(tmp_path / "latin.toml", registry)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[sites]", "sites: is no key here; did you mean site?"),
        ("[[pump]]", "pump: is no key here; did you mean pumps?"),
        ('[site]\ntimezone = "UTC"', "site.timezone: is no key here; did you mean time_zone?"),
        (PUMP + "order = { rate_ml_h = 5 }", "pumps[0].order.rate_ml_h: is no key here; did you mean rate_ml_per_h?"),
        ('[therapies.blinatumomab]\nsilence = "5min"', "silence: is no key here; did you mean silence_max?"),
        ('[[contacts]]\nid = "a"\nchanels = []', "contacts[0].chanels: is no key here; did you mean channels?"),
        ('[[ladders.blinatumomab.rungs]]\nrungg = ""', "rungs[0].rungg: is no key here; did you mean rung?"),
        ("[storage]\nxyz = 1", "storage.xyz: is no key here; there are url"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(faults_of: FaultsOf, text: str, fault: str) -> None:
    assert any(found.endswith(fault) for found in faults_of(text))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[pumps]", "pumps: must be written in double brackets: [[pumps]]"),
        ("[[site]]", "site: must be written in single brackets: [site]"),
        ("site = 3", "site: must be a table"),
        ("pumps = [3]", "pumps[0]: must be a table"),
        ("[[pumps]]", "pumps[0].id: is missing"),
        ("allow_simulated = 1", "allow_simulated: must be true or false, without quotes"),
        ('[feed]\nport = "80"', "feed.port: must be a whole number, without quotes"),
        ("[feed]\nport = 80.5", "feed.port: must be a whole number, not 80.5"),
        ("[feed]\nport = 80.0", "feed.port: must be a whole number, without a decimal point"),
        ("[feed]\nport = 65536", "feed.port: must be less than or equal to 65535, not 65536"),
        ("[feed]\nport = -1", "feed.port: must be greater than or equal to 0, not -1"),
        ("[feed]\nhost = 1", "feed.host: must be text in quotes, on one line, 1 to 200 characters long"),
        (PUMP + "options = 3", "pumps[0].options: must be a table"),
        ("[therapies.blinatumomab]\nkvo_counts = 0", "kvo_counts: must be true or false, without quotes"),
        ('[[contacts]]\nid = "a"\nchannels = "log"', "contacts[0].channels: must be a list, in square brackets"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(faults_of: FaultsOf, text: str, fault: str) -> None:
    assert any(found.endswith(fault) for found in faults_of(text))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[therapies.blinatumomab]\nthresholds = []", "thresholds: must have at least 1 entry, and has none"),
        (f"[therapies.blinatumomab]\ndo_not = {['a'] * 11}", "do_not: must have at most 10 entries, and has 11"),
        (
            '[[ladders.blinatumomab.rungs]]\nrung = "a"\ncontacts = []\nplanned_delay = "soon"',
            "rungs[0].planned_delay: must be one of quiet, window, none",
        ),
        (
            f'[[therapies.own.restart_texts]]\nindication = "x"\nage_group = "adult"\ntext = "{"x" * 91}"',
            "restart_texts[0].text: must be at most 90 characters long, not 91",
        ),
    ],
)
def test_a_value_of_the_wrong_length_or_word_is_refused_with_what_is_accepted(
    faults_of: FaultsOf, text: str, fault: str
) -> None:
    assert any(found.endswith(fault) for found in faults_of(text))


def test_all_faults_are_named_at_once_wherever_they_are(faults_of: FaultsOf) -> None:
    faults = faults_of(
        """
        alow_simulated = true
        [site]
        time_zone = "Europe/Berln"
        [feed]
        host = "0.0.0.0"
        port = 99999
        [therapies.blinatumomab]
        thresholds = ["40h"]
        silence_max = 15
        [[pumps]]
        id = "a b"
        driver = "acme"
        [[pumps]]
        id = "p"
        driver = "acmee"
        order = { rate_ml_per_h = -5 }
        [[sources]]
        driver = "acme"
        [[contacts]]
        id = "c"
        channels = ["mailto://me:secret@example.org"]
        hours = "always"
        [[ladders.blinatumomab.rungs]]
        rung = "patient"
        contacts = ["nobody"]
        """
    )
    assert {fault.partition(": ")[0] for fault in faults} == {
        "alow_simulated",
        "site.time_zone",
        "feed.port",
        "feed.tokens_file",
        "therapies.blinatumomab.thresholds",
        "therapies.blinatumomab.silence_max",
        "pumps[0].id",
        "pumps[0].options.device",
        "pumps[1].driver",
        "pumps[1].order.rate_ml_per_h",
        "sources[0].driver",
        "contacts[0].channels[0]",
        "contacts[0].hours",
        "ladders.blinatumomab.rungs[0].contacts[0]",
        "ladders.blinatumomab.rungs[0]",
    }


def test_a_fault_is_named_once_and_draws_no_others_after_it(faults_of: FaultsOf) -> None:
    # The therapy that the pump names is there; only its limits are wrong.
    text = '[[pumps]]\nid = "p"\ntherapy = "own"\n[therapies.own]\nsource = "us"\nthresholds = [4]\n'
    (fault,) = faults_of(text)
    assert fault.startswith("therapies.own.thresholds[0]: 4 has no unit")


def test_a_fault_in_one_pump_does_not_change_the_numbers_of_the_others(faults_of: FaultsOf) -> None:
    faults = faults_of('[[pumps]]\n[[pumps]]\nid = "p"\n[[pumps]]\nid = "q"\ntherapy = "nothing-like-it"\n')
    assert [fault.partition(": ")[0] for fault in faults] == ["pumps[0].id", "pumps[2].therapy"]


def test_a_table_with_two_faults_takes_none_of_its_neighbours_with_it(faults_of: FaultsOf) -> None:
    text = (
        '[[pumps]]\nid = "p"\ntherapy = "own"\n'
        "[therapies.Own]\nsilence_max = 15\n"
        '[therapies.own]\nsource = "us"\nthresholds = ["2h"]\n'
    )
    assert [fault.partition(": ")[0] for fault in faults_of(text)] == ["therapies.Own", "therapies.Own.silence_max"]


def test_what_stands_in_the_file_plays_no_tricks_on_a_terminal(faults_of: FaultsOf) -> None:
    faults = faults_of('"\\u001b[2J" = 1\n' + '"' + "x" * 10_000 + '" = 1\n' + PUMP)
    assert all(fault.isprintable() and len(fault) < 300 for fault in faults)


def test_the_same_fault_is_noted_once() -> None:
    faults = Faults()
    for _ in range(2):
        faults.add(("pumps", 0, "id"), "is missing")
    assert faults.sentences == ["pumps[0].id: is missing"]
