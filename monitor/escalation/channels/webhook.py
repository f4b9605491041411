"""Sends notices as signed JSON to one address of the clinic's own, many in one request.

A request is a POST with ``Content-Type: application/json`` and a body of the form
``{"v": 1, "notices": [{"key", "rung", "contact", "title", "text", "priority", "created_at_us", "data"}]}``.
``key`` is the idempotency key: the same notice may come twice (a retry, a crash) and has the same key.

Headers, where a secret is set:

- ``Pumpwatch-Timestamp``: seconds since 1970, when this attempt was signed. Refuse what is minutes old.
- ``Pumpwatch-Signature``: ``v1=`` and the HMAC-SHA256, in hex, of the timestamp, a full stop and the
  body's bytes, under the shared secret. Compare in constant time, before parsing the body.

Any 2xx answer takes all notices of the request. 400, 413 and 422 blame the content: the request is cut in
halves until the one notice is found that is refused. 408, 409, 425, 429 and 5xx ask for another try
(``Retry-After`` in seconds is kept to), and so do other answers, as configurations get mended. A redirect is
never followed. No answer after the request was sent is ``unknown``, and is tried again.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from collections.abc import Callable, Sequence

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.util import Timeout

from monitor.errors import ConfigurationError
from monitor.escalation.addresses import AddressRefused, LookUp, Network, Target, look_up, pick, target_of
from monitor.escalation.channel import ACCEPTED, Delivery, DeliveryState, Notice

BODY_BYTES_MAX = 1024 * 1024
ANSWER_BYTES_MAX = 16 * 1024
RETRY_AFTER_S_MAX = 300
SECRET_BYTES_MIN = 16

_OK = range(200, 300)
_REDIRECT = range(300, 400)
_BLAMES_CONTENT = {400, 413, 422}


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where to and how.

    Attributes:
        url: ``https://HOST[:PORT]/PATH``; ``http`` for loopback alone.
        secret: A reference to the shared secret, at least 16 bytes; None sends unsigned.
        allow_loopback: Whether this machine itself may be the target.
        networks: Networks that may be the target although they are not public.
        ca_file: Certificates to trust in place of the system's.
        connect_s_max, answer_s_max: Longest wait for the connection, and for the answer, in seconds.
        batch_max: Notices in one request.
    """

    url: str
    secret: str | None = None
    allow_loopback: bool = False
    networks: tuple[Network, ...] = ()
    ca_file: str | None = None
    connect_s_max: float = 5.0
    answer_s_max: float = 10.0
    batch_max: int = 500


class _Item(msgspec.Struct, frozen=True, gc=False):
    key: str
    rung: str
    contact: str
    title: str
    text: str
    priority: str
    created_at_us: int
    data: msgspec.Raw


class _Body(msgspec.Struct, frozen=True):
    notices: list[_Item]
    v: int = 1


def open_channel(
    settings: WebhookSettings, secret: Callable[[str], str], now_us: Callable[[], int], look: LookUp = look_up
) -> WebhookChannel:
    """Return the channel; nothing is looked up or connected yet.

    Args:
        settings: Where to and how.
        secret: Turns a reference into its value.
        now_us: Microseconds since 1970, for the signature's timestamp.
        look: Finds the addresses of a host.

    Raises:
        ConfigurationError: The address is of the wrong form, or the secret is too short.
    """
    target = target_of(settings.url, allow_loopback=settings.allow_loopback)
    key = None if settings.secret is None else secret(settings.secret).encode()
    if key is not None and len(key) < SECRET_BYTES_MIN:
        raise ConfigurationError([f"{settings.secret} is shorter than {SECRET_BYTES_MIN} bytes"])
    return WebhookChannel(settings, target, key, now_us, look)


class WebhookChannel:
    """One address, one connection that is kept open."""

    def __init__(
        self, settings: WebhookSettings, target: Target, key: bytes | None, now_us: Callable[[], int], look: LookUp
    ) -> None:
        self.batch_max = settings.batch_max
        self._settings = settings
        self._target = target
        self._key = key
        self._now_us = now_us
        self._look = look
        self._encoder = msgspec.json.Encoder()
        self._pool: urllib3.HTTPConnectionPool | None = None

    def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
        """Send all notices in one request, or in more if they are too large or one is refused."""
        if not notices:
            return []
        body = self._encoder.encode(_Body([_item(notice) for notice in notices]))
        if len(body) > BODY_BYTES_MAX and len(notices) > 1:
            return self._halves(notices)
        delivery, blames_content = self._post(body)
        if blames_content and len(notices) > 1:
            return self._halves(notices)
        return [delivery] * len(notices)

    def close(self) -> None:
        """Let go of the connection."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _halves(self, notices: Sequence[Notice]) -> list[Delivery]:
        middle = len(notices) // 2
        return self.send_many(notices[:middle]) + self.send_many(notices[middle:])

    def _post(self, body: bytes) -> tuple[Delivery, bool]:
        """Send one request; return what became of it and whether its content was to blame."""
        try:
            pool = self._pool or self._open_pool()
            self._pool = pool
            answer = pool.request(
                "POST",
                self._target.path,
                body=body,
                headers=self._headers(body),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
        except AddressRefused as fault:
            return Delivery(DeliveryState.FAILED, why=f"the webhook's address may not be used: {fault}"), False
        except (OSError, NewConnectionError, ConnectTimeoutError, SSLError) as fault:
            self.close()
            return Delivery(DeliveryState.FAILED, why=f"no connection to the webhook: {type(fault).__name__}"), False
        except HTTPError as fault:
            self.close()
            return Delivery(DeliveryState.UNKNOWN, why=f"no answer from the webhook: {type(fault).__name__}"), False
        self._drain(answer)
        return _delivery_of(answer), answer.status in _BLAMES_CONTENT

    def _headers(self, body: bytes) -> dict[str, str]:
        default = 443 if self._target.scheme == "https" else 80
        host = f"[{self._target.host}]" if ":" in self._target.host else self._target.host
        headers = {
            "Host": host if self._target.port == default else f"{host}:{self._target.port}",
            "Content-Type": "application/json",
            "User-Agent": "pumpwatch",
        }
        if self._key is not None:
            timestamp = str(self._now_us() // 1_000_000)
            signature = hmac.new(self._key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
            headers |= {"Pumpwatch-Timestamp": timestamp, "Pumpwatch-Signature": f"v1={signature}"}
        return headers

    def _open_pool(self) -> urllib3.HTTPConnectionPool:
        """Look the host up and make a pool of one connection to the address that was checked."""
        settings, target = self._settings, self._target
        address = pick(target, self._look, allow_loopback=settings.allow_loopback, networks=settings.networks)
        limits = Timeout(connect=settings.connect_s_max, read=settings.answer_s_max)
        if target.scheme == "http":
            return urllib3.HTTPConnectionPool(address, target.port, timeout=limits, maxsize=1)
        context = ssl.create_default_context(cafile=settings.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return urllib3.HTTPSConnectionPool(
            address,
            target.port,
            timeout=limits,
            maxsize=1,
            ssl_context=context,
            server_hostname=target.host,
            assert_hostname=target.host,
        )

    @staticmethod
    def _drain(answer: urllib3.BaseHTTPResponse) -> None:
        """Read a short answer so that the connection can be used again; drop the connection on a long one."""
        length = answer.headers.get("Content-Length", "")
        if not (length.isdecimal() and float(length) <= ANSWER_BYTES_MAX):
            answer.close()
            return
        try:
            answer.read(ANSWER_BYTES_MAX)
            answer.release_conn()
        except (HTTPError, OSError):
            # The status line is the answer; what was to follow it does not matter.
            answer.close()


def _item(notice: Notice) -> _Item:
    return _Item(
        notice.key,
        notice.rung,
        notice.contact,
        notice.title,
        notice.text,
        notice.priority.value,
        notice.created_at_us,
        msgspec.Raw(notice.data),
    )


def _delivery_of(answer: urllib3.BaseHTTPResponse) -> Delivery:
    if answer.status in _OK:
        return ACCEPTED
    if answer.status in _REDIRECT:
        return Delivery(DeliveryState.FAILED, why="the webhook redirects, which is not followed")
    wait = answer.headers.get("Retry-After", "")
    retry_after_s = min(float(wait), RETRY_AFTER_S_MAX) if wait.isdecimal() else None
    can_retry = answer.status not in _BLAMES_CONTENT
    return Delivery(DeliveryState.FAILED, can_retry, f"the webhook answered {answer.status}", retry_after_s)
