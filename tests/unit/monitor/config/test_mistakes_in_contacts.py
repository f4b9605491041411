"""Slips in contacts and their channels; what may be a secret is never repeated."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest

from monitor.config.settings import Config
from monitor.escalation.channels.webhook import WebhookSettings

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""Apprise imports it on Python 3.11."""

FaultsOf = Callable[[str], list[str]]
Parse = Callable[[str], Config]
PUMP = '[[pumps]]\nid = "p"\n'
NURSE = '[[contacts]]\nid = "anna"\nrole = "home-nurse"\n'
PAGER = '[channels.webhook.pager]\nurl = "https://pager.example.org/"\n'


def secret(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    (tmp_path / name).chmod(0o600)


def test_a_file_without_contacts_tells_every_role_over_the_log(parsed: Parse) -> None:
    config = parsed(PUMP)
    assert {contact.id: contact.channels for contact in config.roster.contacts} == {
        name: ("log",) for rung in config.ladders["blinatumomab"].rungs for name in rung.contacts
    }
    assert config.roster_for("p") is config.common_roster
    assert config.channels == ("log",)


def test_the_same_contact_twice_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP + NURSE * 2) == ["contacts[1].id: anna is there already"]


def test_hours_that_cannot_be_read_are_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(PUMP + NURSE + 'hours = "9 to 5"')
    assert fault.startswith('contacts[0].hours: hours "9 to 5" are not of the form')


def test_a_contact_of_a_pump_that_is_not_enrolled_is_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of('[[pumps]]\nid = "bed-1"\n' + NURSE + 'pumps = ["bed-2"]')
    assert fault == "contacts[0].pumps[0]: bed-2 is not enrolled; did you mean bed-1?"


@pytest.mark.parametrize("value", ["mailto://me:hunter2@example.org", "hunter2", "lgo", "FILE:secret", "webhook"])
def test_an_address_in_place_of_a_reference_is_refused_and_not_repeated(faults_of: FaultsOf, value: str) -> None:
    (fault,) = faults_of(PUMP + NURSE + f'channels = ["{value}"]')
    assert fault.startswith('contacts[0].channels[0]: must be "log", "console" or "webhook:NAME", or "file:PATH"')
    assert "hunter2" not in fault


def test_an_unknown_webhook_is_refused_with_the_nearest_one(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(PUMP + NURSE + 'channels = ["webhook:pagr"]\n' + PAGER)
    assert fault == "contacts[0].channels[0]: there is no [channels.webhook.pagr]; did you mean pager?"


def test_a_reference_to_an_address_that_is_not_there_is_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(PUMP + NURSE + 'channels = ["log", "env:PUMPWATCH_NO_SUCH"]')
    assert fault == "contacts[0].channels[1]: the environment has no PUMPWATCH_NO_SUCH"


def test_an_address_that_no_service_knows_is_refused_and_not_repeated(faults_of: FaultsOf, tmp_path: Path) -> None:
    secret(tmp_path, "anna", "hunter2://somewhere")
    (fault,) = faults_of(PUMP + NURSE + 'channels = ["file:anna"]')
    assert fault == "contacts[0].channels[0]: file:anna holds no address that Apprise knows"


def test_an_address_stays_a_reference(parsed: Parse, tmp_path: Path) -> None:
    secret(tmp_path, "anna", "json://me:hunter2@192.0.2.1/")
    config = parsed(PUMP + NURSE + 'channels = ["file:anna", "log", "log"]')
    assert config.channels == ("file:anna", "log")
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    "url", ["http://pager.example.org/", "https://me:hunter2@pager.example.org/", "ftp://pager", "pager", "https://"]
)
def test_a_webhook_address_of_the_wrong_form_is_refused_and_not_repeated(faults_of: FaultsOf, url: str) -> None:
    (fault,) = faults_of(PUMP + f'[channels.webhook.pager]\nurl = "{url}"\n')
    assert fault.startswith("channels.webhook.pager.url: a webhook's address must be of the form https://HOST/PATH")
    assert "hunter2" not in fault


def test_a_webhook_secret_in_the_file_is_refused_and_not_repeated(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(PUMP + PAGER + 'secret = "hunter2"')
    assert fault.startswith("channels.webhook.pager.secret: must be a reference")
    assert "hunter2" not in fault


def test_a_webhook_secret_that_is_too_short_is_refused(faults_of: FaultsOf, tmp_path: Path) -> None:
    secret(tmp_path, "key", "hunter2")
    assert faults_of(PUMP + PAGER + 'secret = "file:key"') == [
        "channels.webhook.pager.secret: file:key is shorter than 16 bytes"
    ]


@pytest.mark.parametrize("written", ["10.1.2.3/24", "everything", "10.0.0.0/64"])
def test_a_webhook_network_that_is_none_is_refused(faults_of: FaultsOf, written: str) -> None:
    (fault,) = faults_of(PUMP + PAGER + f'networks = ["{written}"]')
    assert fault.startswith("channels.webhook.pager.networks[0]")


def test_a_webhook_certificate_that_is_not_there_is_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(PUMP + PAGER + 'ca_file = "ca.pem"')
    assert fault.startswith("channels.webhook.pager.ca_file: ")


def test_a_webhook_is_handed_on_with_its_limits(parsed: Parse) -> None:
    config = parsed(PUMP + PAGER + 'networks = ["10.1.2.0/24"]\nanswer_max = "3s"\nbatch_max = 7')
    assert config.webhooks["pager"] == WebhookSettings(
        url="https://pager.example.org/", networks=(ip_network("10.1.2.0/24"),), answer_s_max=3.0, batch_max=7
    )


def test_people_of_one_pump_are_told_of_that_pump_alone(parsed: Parse) -> None:
    text = (
        '[[pumps]]\nid = "p"\n[[pumps]]\nid = "q"\n'
        '[[contacts]]\nid = "family-p"\nrole = "patient"\npumps = ["p"]\n'
        '[[contacts]]\nid = "nurse"\nrole = "home-nurse"\n'
        '[[contacts]]\nid = "physician"\nrole = "on-call-physician"\n'
        '[[contacts]]\nid = "family-q"\nrole = "patient"\npumps = ["q"]\n'
    )
    config = parsed(text)
    assert [contact.id for contact in config.roster_for("p").contacts] == ["family-p", "nurse", "physician"]
    assert [contact.id for contact in config.roster_for("q").contacts] == ["nurse", "physician", "family-q"]
    assert [contact.id for contact in config.common_roster.contacts] == ["nurse", "physician"]


def test_a_pump_of_which_nobody_is_told_is_refused(faults_of: FaultsOf) -> None:
    text = '[[pumps]]\nid = "p"\n[[pumps]]\nid = "q"\n' + NURSE + 'pumps = ["p"]'
    assert any("nobody is on rung" in fault for fault in faults_of(text))
