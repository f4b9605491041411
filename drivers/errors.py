"""Errors of the drivers, split by what the caller should do.

    DriverError
    +-- OptionsError   stop: a person must mend the configuration
    +-- LinkError      try again, with back-off: opening the line anew may mend it

Bytes that make no sense are no exception at all: they become ``Refused`` in a batch, because
a noisy line must not look like a dead one.
"""


class DriverError(Exception):
    """Anything that a driver raises on purpose."""


class OptionsError(DriverError):
    """The options of a driver are wrong; nothing was opened.

    Attributes:
        faults: One sentence per fault, each beginning with the key it is about.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class LinkError(DriverError):
    """The line failed or was lost. Calling ``open`` again may mend it."""
