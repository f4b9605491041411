"""A real server on a free loopback port over a hand-made monitor, with one account per role."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from fake_feed import FakeFeed
from monitor.feed import server as server_module
from monitor.feed.access import Access, Account, token_hash
from monitor.feed.server import FeedServer
from monitor.interruption.events import Role

WAIT_S = 60.0
STOP_WAIT_S = 15.0
"""Time for a loaded machine, and less than anything takes that could hold a stop up for good."""

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Never used, and made once: every client would load all certificates of the machine for nothing."""


@dataclass(frozen=True)
class Served:
    """One running feed."""

    url: str
    feed: FakeFeed
    server: FeedServer

    def token(self, role: Role) -> str:
        """Return the token of the account with that role."""
        return f"token-of-{role.value}"

    def client(self, role: Role | None = Role.ADMIN, **options: Any) -> httpx.Client:
        """Return a client that asks with a role's token, or without one."""
        headers = {} if role is None else {"Authorization": f"Bearer {self.token(role)}"}
        return httpx.Client(
            base_url=self.url, headers=headers, timeout=WAIT_S, trust_env=False, verify=NO_TLS, **options
        )


@contextmanager
def serving(feed: FakeFeed, anonymous_role: Role | None = None, **options: Any) -> Iterator[Served]:
    """Serve ``feed`` until the end of the block; it must then stop, however slow the machine is."""
    accounts = [
        Account(name=f"the-{role.value}", role=role, sha256=token_hash(f"token-of-{role.value}")) for role in Role
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server_module, "START_WAIT_S", WAIT_S)
        patch.setattr(server_module, "STOP_WAIT_S", STOP_WAIT_S)
        server = FeedServer(feed, Access(accounts, anonymous_role), **options)
        url = server.start()
        try:
            yield Served(url, feed, server)
        finally:
            has_stopped = server.stop()
        assert has_stopped


def eventually(is_so: Callable[[], bool], what: str) -> None:
    """Wait until ``is_so`` or fail with ``what``."""
    ends_s = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < ends_s, f"never came: {what}"
        time.sleep(0.02)
