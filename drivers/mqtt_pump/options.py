"""Reads the options of one broker and names every fault in them; opens nothing."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drivers.errors import OptionsError
from drivers.mqtt_pump.topics import TopicTemplate, check_topic, is_id

TOPIC = "pumpwatch/1/{site}/{pump}/observation"
LINK_TOPIC = "pumpwatch/1/{site}/{pump}/link"
MARKER_TOPIC = "pumpwatch/1/monitor/{client_id}/marker"

SECRET_KINDS = ("file:", "env:")

KEYS = (
    "host",
    "port",
    "tls",
    "username",
    "password",
    "client_id",
    "topic",
    "link_topic",
    "site",
    "keepalive_s",
    "session_expiry_s",
    "receive_maximum",
    "marker_topic",
)
TLS_KEYS = ("ca", "cert", "key")

_HOST_MAX_CHARS = 253
_TEXT_MAX_CHARS = 1024


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How the broker is recognised, and how we are; paths of PEM files.

    Attributes:
        ca: The authority that signed the broker's certificate; None trusts those of the system.
        cert: Our own certificate, for brokers that ask for one.
        key: Its private key, where it is not in the same file.
    """

    ca: str | None = None
    cert: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class MqttOptions:
    """One broker connection.

    Attributes:
        host: Name or address of the broker.
        port: Its port; 8883 with TLS and 1883 without, unless given.
        tls: None is plain text, which is refused beyond this machine.
        username: For brokers that ask for one.
        password: A reference to the password, never the password itself.
        client_id: Our name at the broker. Two monitors with one name push each other off.
        topic: Where observations are.
        link_topic: Where last wills are; None where there are none.
        site: The only site that is listened to; None listens to all.
        keepalive_s: After twice this time without an answer the line counts as dead.
        session_expiry_s: How long the broker keeps messages for us while we are away.
        receive_maximum: How many messages the broker may send ahead of our acknowledgements.
        marker_topic: Where the monitor writes to itself, to learn that the broker holds nothing back.
    """

    host: str
    port: int
    tls: TlsOptions | None
    username: str | None
    password: str | None
    client_id: str
    topic: TopicTemplate
    link_topic: TopicTemplate | None
    site: str | None
    keepalive_s: int
    session_expiry_s: int
    receive_maximum: int
    marker_topic: str

    @property
    def subscriptions(self) -> list[str]:
        """The topic filters: observations, markers and, if wanted, last wills, in this order."""
        filters = [self.topic.subscription(self.site), self.marker_topic]
        if self.link_topic is not None:
            filters.append(self.link_topic.subscription(self.site))
        return filters


def check(options: Mapping[str, Any]) -> list[str]:
    """Return one sentence per fault, each beginning with its key."""
    reader = _Reader(options)
    reader.read()
    return reader.faults


def parse(options: Mapping[str, Any]) -> MqttOptions:
    """Return the options.

    Raises:
        OptionsError: With all faults at once.
    """
    reader = _Reader(options)
    read = reader.read()
    if reader.faults or read is None:
        raise OptionsError(reader.faults)
    return read


class _Reader:
    """Reads one table and gathers its faults."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.faults: list[str] = []
        self._options = options

    def read(self) -> MqttOptions | None:
        self._refuse_unknown_keys()
        host = self._text("host", required=True, length_max=_HOST_MAX_CHARS)
        if host is not None and not all(character.isalnum() or character in ".-_:" for character in host):
            self._fault("host", "must be the name or the address of a broker, without scheme, port or spaces.")
        tls = self._tls(host)
        client_id = self._id("client_id", required=True)
        password = self._text("password")
        if password is not None and not password.startswith(SECRET_KINDS):
            self._fault("password", "must be a reference, 'file:PATH' or 'env:NAME', never the password itself.")
        username = self._text("username")
        if password is not None and username is None:
            self._fault("username", "is missing: a password is given.")
        read = MqttOptions(
            host=host or "",
            port=self._whole("port", 8883 if tls else 1883, 1, 65535),
            tls=tls,
            username=username,
            password=password,
            client_id=client_id or "",
            topic=self._template("topic", TOPIC),
            link_topic=None if self._options.get("link_topic") == "" else self._template("link_topic", LINK_TOPIC),
            site=self._id("site"),
            keepalive_s=self._whole("keepalive_s", 15, 5, 300),
            session_expiry_s=self._whole("session_expiry_s", 7 * 86_400, 60, 2**32 - 2),
            receive_maximum=self._whole("receive_maximum", 2_000, 10, 65_535),
            marker_topic=self._marker_topic(client_id),
        )
        self._refuse_overlaps(read)
        return None if self.faults else read

    def _fault(self, key: str, sentence: str) -> None:
        self.faults.append(f"{key} {sentence}")

    def _refuse_unknown_keys(self) -> None:
        for key in self._options:
            if key not in KEYS:
                self._fault(str(key), f"is no option of the driver mqtt{_suggestion(str(key), KEYS)}.")

    def _text(self, key: str, *, required: bool = False, length_max: int = _TEXT_MAX_CHARS) -> str | None:
        value = self._options.get(key)
        if value is None:
            if required:
                self._fault(key, "is missing.")
            return None
        if not isinstance(value, str) or not 0 < len(value) <= length_max or not value.isprintable():
            self._fault(key, f"must be a text of 1 to {length_max} printable characters.")
            return None
        return value

    def _id(self, key: str, *, required: bool = False) -> str | None:
        value = self._text(key, required=required)
        if value is not None and not is_id(value):
            self._fault(key, "must have 1 to 64 letters, digits, '.', '_' or '-'.")
            return None
        return value

    def _whole(self, key: str, default: int, lowest: int, highest: int) -> int:
        value = self._options.get(key, default)
        if type(value) is not int or not lowest <= value <= highest:
            self._fault(key, f"must be a whole number from {lowest} to {highest}.")
            return default
        return value

    def _template(self, key: str, default: str) -> TopicTemplate:
        text = self._text(key) if key in self._options else default
        try:
            return TopicTemplate.parse(text if text is not None else default)
        except ValueError as error:
            self._fault(key, str(error))
            return TopicTemplate.parse(default)

    def _marker_topic(self, client_id: str | None) -> str:
        if "marker_topic" not in self._options:
            return MARKER_TOPIC.replace("{client_id}", client_id or "")
        text = self._text("marker_topic")
        if text is None:
            return ""
        try:
            check_topic(text)
        except ValueError as error:
            self._fault("marker_topic", str(error))
        return text

    def _refuse_overlaps(self, read: MqttOptions) -> None:
        """Refuse topics of which one message could belong to two, and a site that no topic names."""
        if read.site is not None and not read.topic.has_site:
            self._fault("site", "has no effect: topic has no level {site}.")
        if read.topic.read(read.marker_topic) is not None:
            self._fault("marker_topic", "is also found by topic; markers would be read as observations.")
        if read.link_topic is None:
            return
        if read.link_topic.read(read.marker_topic) is not None:
            self._fault("marker_topic", "is also found by link_topic; markers would be read as last wills.")
        if read.link_topic.overlaps(read.topic):
            self._fault("link_topic", "finds what topic finds too; they must differ in a level.")

    def _tls(self, host: str | None) -> TlsOptions | None:
        value = self._options.get("tls", host is not None and not _is_loopback(host))
        if value is False:
            if host is not None and not _is_loopback(host):
                self._fault("tls", "must not be false: plain text is for a broker on this machine only.")
            return None
        if value is True:
            return TlsOptions()
        if not isinstance(value, Mapping):
            self._fault("tls", "must be true, false, or a table with ca, cert and key.")
            return None
        return self._tls_table(value)

    def _tls_table(self, table: Mapping[str, Any]) -> TlsOptions:
        paths: dict[str, str] = {}
        for key, value in table.items():
            if key not in TLS_KEYS:
                self._fault(f"tls.{key}", f"is no option of tls{_suggestion(str(key), TLS_KEYS)}.")
            elif not isinstance(value, str) or not value:
                self._fault(f"tls.{key}", "must be the path of a PEM file.")
            else:
                paths[key] = value
        if "key" in paths and "cert" not in paths:
            self._fault("tls.cert", "is missing: a key is given.")
        return TlsOptions(**paths)


def _is_loopback(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _suggestion(key: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
