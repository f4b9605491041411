"""One page over one hand-made feed in a real headless Chromium, with nothing in it that would call home."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from fake_feed import NOON_US, FakeFeed, alert, full_feed, snapshot, view
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import MarkKind, Role
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.state import Hold, Mark, OffClass, Phase
from served_feed import Served, serving

STALE_MS = 31_000
"""A little more than the page waits for server time."""

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 60_000


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run the distribution's Chromium; without one the test fails, because ``make test`` installs it."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("Chromium is not installed; `make test` installs it.")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=WAIT_MS)
        try:
            yield browser
        finally:
            browser.close()


class Look:
    """One page over one feed; closed with ``stack``, where nothing may have gone wrong in the page.

    Attributes:
        requests: Every address that the page asked.
    """

    def __init__(self, browser: Browser, stack: ExitStack) -> None:
        self._browser = browser
        self._stack = stack
        self._faults: list[str] = []
        self.page: Page
        self.served: Served
        self.requests: list[str] = []

    def at(
        self,
        feed: FakeFeed,
        *,
        has_clock: bool = False,
        width: int = 1280,
        anonymous_role: Role | None = Role.VIEWER,
        **options: Any,
    ) -> Page:
        """Serve ``feed`` to everybody and open its page; ``has_clock`` lets the test move the page's time."""
        self.served = self._stack.enter_context(serving(feed, anonymous_role, **{"heartbeat_s": 0.2} | options))
        context = self._browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
        self._stack.callback(self._close, context.close)
        self.page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("pageerror", lambda fault: self._faults.append(str(fault)))
        self.page.on("dialog", lambda dialog: self._faults.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        if has_clock:
            self.page.clock.install()
        self.page.goto(self.served.url)
        return self.page

    @property
    def port(self) -> int:
        """The port on which the feed is, or was."""
        return int(self.served.url.rsplit(":", 1)[1])

    def _close(self, close: Any) -> None:
        close()
        assert self._faults == []


def row(page: Page, pump: str) -> Locator:
    """Return a pump's row."""
    return page.locator(f'tr[data-pump="{pump}"]')


def busy_feed() -> FakeFeed:
    """Return a feed that shows everything a row can show."""
    feed = full_feed()
    reached = view(
        "worst-1",
        off_min_us=260 * MINUTE_US,
        off_max_us=270 * MINUTE_US,
        off_class=OffClass.REACHED,
        phase=Phase.AWAITING_REVIEW,
        deadline_at_us=None,
        threshold_met_at_us=NOON_US - 30 * MINUTE_US,
        found_late=True,
    )
    mark = Mark(
        kind=MarkKind.BAG_CHANGE,
        by="Ana",
        at_us=NOON_US,
        quiet_until_us=NOON_US + 20 * MINUTE_US,
        window_until_us=NOON_US + 30 * MINUTE_US,
    )
    hold = Hold(reason="CRS grade 3", by="Dr. Sol", at_us=NOON_US, until_us=None)
    medium = alert("planned-1", 4, code="silent", priority=AlertPriority.MEDIUM, acknowledged_by="Ana")
    feed.board += [
        snapshot("worst-1", interruption=reached),
        snapshot("planned-1", mark=mark, hold=hold, alerts=(medium,)),
    ]
    return feed
