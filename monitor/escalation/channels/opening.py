"""Opens the channels that contacts name: ``log``, ``console``, ``webhook:NAME``, or a secret's reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from monitor.errors import ConfigurationError
from monitor.escalation.channel import Channel
from monitor.escalation.channels import apprise_channel, console, log, webhook

LOG = "log"
CONSOLE = "console"
WEBHOOK = "webhook:"


def open_channels(
    words: Iterable[str],
    webhooks: Mapping[str, webhook.WebhookSettings],
    secret: Callable[[str], str],
    now_us: Callable[[], int],
    write: Callable[[str], object] | None = None,
) -> dict[str, Channel]:
    """Return every channel that is named, by its word, and the log beside them; nothing is connected yet.

    Args:
        words: As contacts name them; doubles count once.
        webhooks: By the NAME of ``webhook:NAME``.
        secret: Turns a reference into its value; may raise ConfigurationError.
        now_us: Monitor time.
        write: Takes the console's lines; None is standard output.

    Raises:
        ConfigurationError: With all faults at once.
    """
    channels: dict[str, Channel] = {}
    faults: list[str] = []
    for word in dict.fromkeys([LOG, *words]):
        try:
            channels[word] = _open(word, webhooks, secret, now_us, write)
        except ConfigurationError as error:
            # Only a reference or a name gets here: what it stands for is in no text.
            faults += [f'channel "{word}": {fault}' for fault in error.faults]
    if faults:
        raise ConfigurationError(faults)
    return channels


def _open(
    word: str,
    webhooks: Mapping[str, webhook.WebhookSettings],
    secret: Callable[[str], str],
    now_us: Callable[[], int],
    write: Callable[[str], object] | None,
) -> Channel:
    if word == LOG:
        return log.open_channel(log.LogSettings())
    if word == CONSOLE:
        return console.open_channel(console.ConsoleSettings(write))
    if word.startswith(WEBHOOK):
        settings = webhooks.get(word.removeprefix(WEBHOOK))
        if settings is None:
            raise ConfigurationError(["there is no webhook of that name"])
        return webhook.open_channel(settings, secret, now_us)
    return apprise_channel.open_channel(apprise_channel.AppriseSettings(word), secret)
