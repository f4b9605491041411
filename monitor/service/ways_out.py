"""Opens every channel that somebody in the roster is told over."""

from __future__ import annotations

from monitor.clock import Clock
from monitor.config.references import resolve_secret
from monitor.config.settings import Config
from monitor.escalation.channel import Channel
from monitor.escalation.channels.opening import open_channels


def channels_of(config: Config, clock: Clock) -> dict[str, Channel]:
    """Return the channels by the names that contacts use; nothing is connected yet.

    Raises:
        ConfigurationError: With all faults at once.
    """
    words = [channel for contact in config.roster.contacts for channel in contact.channels]
    return open_channels(words, config.webhooks, lambda reference: resolve_secret(reference, config.base), clock.now_us)
