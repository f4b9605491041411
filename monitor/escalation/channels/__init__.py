"""The ways out: one file each, with the same three names in each (a Settings, ``open_channel``, a Channel)."""

from monitor.escalation.channels.opening import open_channels

__all__ = ["open_channels"]
