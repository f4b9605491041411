"""The dashboard in a real browser: how it follows what happens, and how it admits that it is not live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from fake_feed import NOON_US, full_feed, notice, passed_view, snapshot
from look import STALE_MS, Look, busy_feed, row, running_browser
from monitor.feed.records import PumpSnapshot
from monitor.interruption.events import Role
from monitor.interruption.policy import MINUTE_US
from served_feed import serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    with ExitStack() as stack:
        yield Look(browser, stack)


def test_what_happens_appears_by_itself(look: Look) -> None:
    feed = full_feed()
    page = look.at(feed)
    expect(page.locator("#pumps tr")).to_have_count(6)
    feed.board = [snapshot("fine-1", interruption=passed_view("fine-1"), at_us=NOON_US + MINUTE_US)]
    feed.notice_records.append(notice(9, "Look at fine-1 now."))
    feed.add("interruption-amended", "fine-1", off_class="possible", off_min_us=0, off_max_us=90_000_000)
    expect(row(page, "fine-1")).to_contain_text("may have passed")
    expect(page.locator("#notices li").first).to_contain_text("Look at fine-1 now.")
    happened = page.locator("#events li").first
    expect(happened).to_contain_text("interruption amended: class possible, off at least 0 s, at most 2 min")
    expect(page.locator("#summary")).to_have_text("1 under watch, 1 with an open interruption, 0 silent.")


def test_a_notice_whose_state_changes_is_redrawn_in_its_place(look: Look) -> None:
    feed = full_feed()
    page = look.at(feed)
    first = page.locator('#notices li[data-key="key-1"]')
    expect(first).to_contain_text("queued")
    feed.notice_records = [notice(1, state="delivered"), notice(2, state="delivered")]
    expect(first).to_contain_text("delivered")
    expect(page.locator("#notices li")).to_have_count(2)


def test_a_frozen_server_time_is_not_live_even_if_everything_answers(look: Look) -> None:
    feed = busy_feed()
    page = look.at(feed, has_clock=True)
    expect(page.locator("#live")).to_have_text("LIVE")
    feed.tick_us = 0
    page.clock.fast_forward(STALE_MS)
    expect(page.locator("#live")).to_have_text("NOT LIVE")
    # The board may have told the last new instant a while after the stream: some times more, and both are old.
    for _ in range(100):
        page.clock.fast_forward(STALE_MS)
        page.wait_for_timeout(200)
        if "The board was last heard" in (page.locator("#banner").text_content() or ""):
            break
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("The board was last heard")
    expect(page.locator("#banner")).to_contain_text("call 555-0100")
    expect(page.locator("body")).to_have_class(re.compile("not-live"))
    feed.tick_us = 1_000
    expect(page.locator("#live")).to_have_text("LIVE")
    expect(page.locator("#banner")).to_be_hidden()


def test_a_lost_stream_alone_is_not_live(look: Look) -> None:
    page = look.at(busy_feed(), has_clock=True, heartbeat_s=1_000)
    expect(page.locator("#live")).to_have_text("LIVE")
    page.clock.fast_forward(STALE_MS)
    expect(page.locator("#live")).to_have_text("NOT LIVE")
    expect(page.locator("#banner")).to_contain_text("The event stream was last heard ")
    expect(page.locator("#banner")).not_to_contain_text("The board was")


def test_a_dead_server_is_not_live_and_one_that_comes_back_is(look: Look) -> None:
    feed = busy_feed()
    page = look.at(feed, has_clock=True)
    expect(page.locator("#pumps tr")).to_have_count(8)
    expect(page.locator("#live")).to_have_text("LIVE")
    assert look.served.server.stop()
    page.clock.fast_forward(STALE_MS)
    expect(page.locator("#live")).to_have_text("NOT LIVE")
    expect(page.locator("#banner")).to_contain_text("What stands below is as of")
    expect(page.locator("#pumps tr")).to_have_count(8)
    with serving(feed, Role.VIEWER, port=look.port, heartbeat_s=0.2):
        expect(page.locator("#live")).to_have_text("LIVE")
        page.goto("about:blank")


def test_another_database_in_the_old_one_s_place_is_taken_up_from_its_own_start(look: Look) -> None:
    feed = full_feed()
    for _ in range(5):
        feed.add("alert-raised")
    page = look.at(feed)
    expect(page.locator("#events li")).to_have_count(5)
    assert look.served.server.stop()
    fresh = full_feed()
    fresh.at_us = feed.at_us + MINUTE_US
    fresh.add("enrolled", "ward-1")
    with serving(fresh, Role.VIEWER, port=look.port, heartbeat_s=0.2):
        expect(page.locator("#events li")).to_have_count(1)
        expect(page.locator("#events li")).to_contain_text("enrolled")
        page.goto("about:blank")


def test_signing_in_takes_a_token_and_leaves_it_nowhere(look: Look) -> None:
    page = look.at(full_feed(), anonymous_role=None)
    served = look.served
    expect(page.locator("#way-in")).to_be_visible()
    expect(page.locator("#board")).to_be_hidden()
    expect(page.locator("#token")).to_be_focused()
    page.fill("#token", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#way-in-fault")).to_have_text("That token is not known here.")
    page.fill("#token", served.token(Role.NURSE))
    page.keyboard.press("Enter")
    expect(page.locator("#pumps tr")).to_have_count(6)
    expect(page.locator("#who")).to_have_text("the-nurse (nurse)")
    expect(page.locator("#way-in")).to_be_hidden()
    assert page.input_value("#token") == ""
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert served.token(Role.NURSE) not in page.url
    page.reload()
    expect(page.locator("#pumps tr")).to_have_count(6)
    page.click("#sign-out")
    expect(page.locator("#way-in")).to_be_visible()
    expect(page.locator("#board")).to_be_hidden()


def test_a_pump_that_gets_better_moves_down(look: Look) -> None:
    feed = full_feed()
    page = look.at(feed)
    expect(page.locator("#pumps tr").first).to_have_attribute("data-pump", "ward-2")
    better: list[PumpSnapshot] = [
        msgspec.structs.replace(one, interruption=None) if one.id == "ward-2" else one for one in feed.board
    ]
    feed.board = better
    feed.add()
    expect(page.locator("#pumps tr").first).to_have_attribute("data-pump", "ward-1")
