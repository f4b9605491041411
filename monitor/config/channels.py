"""Checks every way out that the file names, as far as that goes without sending anything."""

from __future__ import annotations

from pathlib import Path

from monitor.config.faults import Faults
from monitor.config.fields import is_reference
from monitor.config.references import resolve_secret
from monitor.config.tables.file import FileTable
from monitor.config.tables.people import WebhookTable
from monitor.errors import ConfigurationError
from monitor.escalation.addresses import target_of
from monitor.escalation.channels import apprise_channel
from monitor.escalation.channels.opening import CONSOLE, LOG, WEBHOOK
from monitor.escalation.channels.webhook import SECRET_BYTES_MIN, WebhookSettings
from monitor.refusals import Location, suggestion

US_PER_S = 1_000_000


def webhooks_of(file: FileTable, base: Path, faults: Faults) -> dict[str, WebhookSettings]:
    """Return the settings of every webhook, by its name; certificates are relative to ``base``."""
    webhooks = {}
    for name, table in file.channels.webhook.items():
        where: Location = ("channels", "webhook", name)
        _check_webhook(where, table, base, faults)
        ca_file = None if table.ca_file is None else base / table.ca_file
        if ca_file is not None and not ca_file.is_file():
            faults.add((*where, "ca_file"), f"{ca_file} is no file")
        webhooks[name] = WebhookSettings(
            url=table.url,
            secret=table.secret,
            allow_loopback=table.allow_loopback,
            networks=tuple(table.networks),
            ca_file=None if ca_file is None else str(ca_file),
            connect_s_max=table.connect_max / US_PER_S,
            answer_s_max=table.answer_max / US_PER_S,
            batch_max=table.batch_max,
        )
    return webhooks


def _check_webhook(where: Location, table: WebhookTable, base: Path, faults: Faults) -> None:
    try:
        target_of(table.url, allow_loopback=table.allow_loopback)
    except ConfigurationError as error:
        _add((*where, "url"), error, faults)
    if table.secret is None:
        return
    try:
        if len(resolve_secret(table.secret, base).encode()) < SECRET_BYTES_MIN:
            faults.add((*where, "secret"), f"{table.secret} is shorter than {SECRET_BYTES_MIN} bytes")
    except ConfigurationError as error:
        _add((*where, "secret"), error, faults)


def check_channels(file: FileTable, base: Path, faults: Faults) -> None:
    """Note every channel of a contact that cannot be opened."""
    for place, contact in file.contacts.items():
        for number, channel in enumerate(contact.channels):
            _check_channel(("contacts", place, "channels", number), channel, file, base, faults)


def _check_channel(where: Location, channel: str, file: FileTable, base: Path, faults: Faults) -> None:
    if channel in {LOG, CONSOLE}:
        return
    if channel.startswith(WEBHOOK):
        name, known = channel.removeprefix(WEBHOOK), file.channels.webhook
        if name not in known and ("channels", "webhook", name) not in faults.dropped:
            faults.add(where, f"there is no [channels.webhook.{name}]; {suggestion(name, known)}")
        return
    if not is_reference(channel):
        # The value is not repeated: it may be an address with a password in it.
        words = f'"{LOG}", "{CONSOLE}" or "{WEBHOOK}NAME"'
        faults.add(where, f'must be {words}, or "file:PATH" or "env:NAME" that holds an address; addresses are secrets')
        return
    try:
        settings = apprise_channel.AppriseSettings(channel)
        apprise_channel.open_channel(settings, lambda reference: resolve_secret(reference, base)).close()
    except ConfigurationError as error:
        _add(where, error, faults)


def _add(where: Location, error: ConfigurationError, faults: Faults) -> None:
    for sentence in error.faults:
        faults.add(where, sentence)
