"""Slips in what the monitor is, where it keeps things and where it listens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config.settings import Config
from monitor.feed.access import token_hash

FaultsOf = Callable[[str], list[str]]
Parse = Callable[[str], Config]
PUMP = '[[pumps]]\nid = "p"\n'


def test_an_unknown_time_zone_is_refused_with_the_nearest_one(faults_of: FaultsOf) -> None:
    assert faults_of('[site]\ntime_zone = "Europe/Berln"' + PUMP.join("\n\n")) == [
        "site.time_zone: 'Europe/Berln' is no time zone that this machine knows; did you mean \"Europe/Berlin\"?"
    ]


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "GMT+25", "Europe"])
def test_a_time_zone_that_is_a_path_is_refused(faults_of: FaultsOf, zone: str) -> None:
    assert "is no time zone" in faults_of(f'[site]\ntime_zone = "{zone}"')[0]


def test_a_call_back_number_without_digits_is_refused(faults_of: FaultsOf) -> None:
    assert "no telephone number" in faults_of('[site]\ncall_back_number = "the ward"')[0]


def test_a_site_id_that_fits_no_topic_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of('[site]\nid = "ward/3"')[0].startswith("site.id: 'ward/3' must be 1 to 64")


def test_a_storage_that_no_daemon_would_open_is_told_with_all_other_faults(faults_of: FaultsOf) -> None:
    for url in ("postgresql://db/pumps", "postgresql+psycopg://me:hunter2@db/pumps"):
        faults = faults_of(f'[storage]\nurl = "{url}"\n' + PUMP + "order = { rate_ml_per_h = -5 }\n")
        assert [fault.partition(":")[0] for fault in faults] == ["storage.url", "pumps[0].order.rate_ml_per_h"]
        assert (
            faults[0] == "storage.url: names a database in postgresql, which is not offered yet; write sqlite:///PATH"
        )


@pytest.mark.parametrize("url", ["sqlite://pumps.db", "sqlite:///p.db?mode=ro", "sqlite:///file:p.db"])
def test_an_address_that_names_no_database_file_is_refused(faults_of: FaultsOf, url: str) -> None:
    (fault,) = faults_of(f'[storage]\nurl = "{url}"\n' + PUMP)
    assert fault == "storage.url: does not name a database file; write sqlite:///PATH"


@pytest.mark.parametrize("value", ["postgresql://me:hunter2@db/pumps", "sqlite:///hunter2?"])
def test_a_reference_to_a_storage_that_no_daemon_would_open_is_refused_without_its_value(
    faults_of: FaultsOf, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PUMPWATCH_DATABASE", value)
    (fault,) = faults_of('[storage]\nurl = "env:PUMPWATCH_DATABASE"\n' + PUMP)
    assert fault.startswith("storage.url: env:PUMPWATCH_DATABASE: ")
    assert fault.endswith("; write sqlite:///PATH")
    assert "hunter2" not in fault


def test_a_password_in_the_database_address_is_refused_and_not_repeated(faults_of: FaultsOf) -> None:
    for url in ("sqlite://me:hunter2@/pumps.db", "sqlite:///pumps.db?user=me&password=hunter2"):
        (fault,) = faults_of(f'[storage]\nurl = "{url}"\n' + PUMP)
        assert fault.startswith("storage.url: holds a password")
        assert "hunter2" not in fault


@pytest.mark.parametrize("url", ["mysql://db/pumps", "pumpwatch.db", "http://[", "postgresql//db"])
def test_an_address_of_no_known_database_is_refused(faults_of: FaultsOf, url: str) -> None:
    assert faults_of(f'[storage]\nurl = "{url}"\n')[0].startswith("storage.url: ")


def test_a_reference_to_a_database_address_that_is_not_there_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of('[storage]\nurl = "file:database"\n' + PUMP)[0].endswith(
        "cannot be read: No such file or directory"
    )


def test_a_reference_to_a_database_address_that_is_none_is_refused_without_its_value(
    faults_of: FaultsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUMPWATCH_DATABASE", "hunter2")
    (fault,) = faults_of('[storage]\nurl = "env:PUMPWATCH_DATABASE"\n' + PUMP)
    assert fault.startswith("storage.url: env:PUMPWATCH_DATABASE: must begin with")
    assert "hunter2" not in fault


def test_a_feed_beyond_this_machine_needs_tokens(faults_of: FaultsOf) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "pumps.example.org"):  # noqa: S104 - it is what is refused
        (fault,) = faults_of(f'[feed]\nhost = "{host}"\n' + PUMP)
        assert fault == f"feed.tokens_file: is missing: {host} can be reached by others, so they need tokens"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_a_feed_on_this_machine_needs_none(parsed: Parse, host: str) -> None:
    assert parsed(f'[feed]\nhost = "{host}"\n' + PUMP).feed.tokens_file is None


def test_a_tokens_file_that_others_may_read_is_refused(faults_of: FaultsOf, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.toml"
    tokens.write_text(f'[[tokens]]\nname = "anna"\nrole = "nurse"\nsha256 = "{token_hash("x")}"\n')
    tokens.chmod(0o644)
    (fault,) = faults_of('[feed]\ntokens_file = "tokens.toml"\n' + PUMP)
    assert "open to others" in fault


def test_a_relative_database_file_lies_beside_the_configuration(parsed: Parse, tmp_path: Path) -> None:
    assert parsed(PUMP).storage_url == f"sqlite:///{tmp_path}/pumpwatch.db"
    assert parsed('[storage]\nurl = "sqlite:///data/p.db"\n' + PUMP).storage_url == f"sqlite:///{tmp_path}/data/p.db"


@pytest.mark.parametrize("url", ["sqlite:////var/lib/p.db", "sqlite://", "sqlite:///:memory:"])
def test_any_other_database_address_stays_as_it_is(parsed: Parse, url: str) -> None:
    config = parsed(f'[storage]\nurl = "{url}"\n' + PUMP)
    assert config.storage == config.storage_url == url


def test_a_database_address_that_is_referred_to_stays_a_reference(
    parsed: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUMPWATCH_DATABASE", "sqlite:////hunter2/pumps.db")
    config = parsed('[storage]\nurl = "env:PUMPWATCH_DATABASE"\n' + PUMP)
    assert config.storage == "env:PUMPWATCH_DATABASE"
    assert config.storage_url == "sqlite:////hunter2/pumps.db"
    assert "hunter2" not in repr(config)
