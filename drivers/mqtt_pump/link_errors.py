"""Names each way in which the link to a broker fails.

    LinkError (drivers.errors)
    +-- BrokerError    try again, with back-off; ``cause`` tells them apart

The causes are few and stable, so that they can be counted and so that an alert can hang on one:

    unreachable           nobody answers at host and port, or the name is unknown
    tls                   the handshake failed: wrong authority, wrong name, no client certificate
    refused-by-broker     the broker answered, and does not want this connection
    not-authorised        wrong user name, password or certificate
    subscription-denied   connected, but the observations may not be read
    no-answer             connected, but the broker does not answer in time
    taken-over            another client with the same client id has taken this one's place
    connection-lost       the broker or the network cut the line
    keep-alive            the line is half open: nothing came back for two keep-alive periods
    protocol              the broker sent what MQTT 5 does not allow
    closed                ``read`` was called while the driver is closed
"""

from __future__ import annotations

from typing import Literal

from drivers.errors import LinkError

Cause = Literal[
    "unreachable",
    "tls",
    "refused-by-broker",
    "not-authorised",
    "subscription-denied",
    "no-answer",
    "taken-over",
    "connection-lost",
    "keep-alive",
    "protocol",
    "closed",
]


class BrokerError(LinkError):
    """The link to the broker failed; opening it anew may mend it.

    Attributes:
        cause: One of the words above. ``taken-over`` deserves an alert of its own: two monitors with one
            client id push each other off for ever, and each sees only half of the messages.
    """

    def __init__(self, cause: Cause, why: str) -> None:
        super().__init__(why)
        self.cause = cause
