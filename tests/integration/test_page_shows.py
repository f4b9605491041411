"""The dashboard in a real browser: what it shows, for whom it can be read, and what it refuses to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from fake_feed import NOON_US, FakeFeed, alert, full_feed, notice, passed_view, snapshot, view
from look import STALE_MS, Look, busy_feed, row, running_browser
from monitor.feed.records import Site
from monitor.interruption.state import Hold

HOSTILE = "<img src=x onerror=alert(1)></td></table><script>alert(2)</script>\u202e\x1b[31m"

ROW_STYLES = """() => Object.fromEntries(
  [...document.querySelectorAll("#pumps tr")].map((node) => {
    const style = getComputedStyle(node);
    return [node.dataset.pump, [style.opacity, style.backgroundColor]];
  })
)"""


def pumps_shown(page: Page) -> list[str | None]:
    # All at one instant, for the rows are drawn anew every now and then.
    return list(page.evaluate("[...document.querySelectorAll('#pumps tr')].map((row) => row.dataset.pump)"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    with ExitStack() as stack:
        yield Look(browser, stack)


def test_the_rows_stand_by_worst_case_time_left(look: Look) -> None:
    page = look.at(busy_feed())
    expect(page.locator("#pumps tr")).to_have_count(8)
    order = ["worst-1", "ward-2", "ward-1", "never-1", "quiet-1", "fine-1", "planned-1", "done-1"]
    assert pumps_shown(page) == order
    expect(page.locator("#live")).to_have_text("LIVE")
    expect(page.locator("#banner")).to_be_hidden()


def test_a_row_shows_both_bounds_the_deadline_and_who_took_note(look: Look) -> None:
    page = look.at(busy_feed())
    interrupted = row(page, "ward-1")
    for text in (
        "at least 30 min",
        "at most 45 min",
        "below the restart threshold",
        "3 h 15 min",
        "until 16:15:00 CET (15:15:00 UTC)",
        "5 s ago",
        "HIGH",
        "occl-down (pump: OCCLUSION)",
        "not acknowledged [ward-1-a1]",
    ):
        expect(interrupted).to_contain_text(text)
    expect(row(page, "ward-2")).to_contain_text("passed 10 min ago")
    expect(row(page, "ward-2")).to_contain_text("may have passed the restart threshold")
    expect(row(page, "worst-1")).to_contain_text("waits for a clinician's review")
    expect(row(page, "worst-1")).to_contain_text("found late")
    expect(row(page, "planned-1")).to_contain_text("planned: bag-change by Ana, quiet until 13:20:00 CET")
    expect(row(page, "planned-1")).to_contain_text("held by Dr. Sol: CRS grade 3")
    expect(row(page, "planned-1")).to_contain_text("acknowledged by Ana")
    expect(row(page, "fine-1")).to_contain_text("no interruption")


def test_while_a_downtime_has_no_bound_a_row_shows_none(look: Look) -> None:
    feed = full_feed()
    feed.board = [snapshot("ward-1", interruption=replace(passed_view("ward-1"), is_unbounded=True))]
    shown = row(look.at(feed), "ward-1")
    expect(shown).to_contain_text("at least 3 h 50 min")
    expect(shown).to_contain_text("how long at most is not known until the clock is set")
    expect(shown).to_contain_text("since when is not known")
    for text in ("at most 4 h", "passed 10 min", "at the earliest", "since 12:"):
        expect(shown).not_to_contain_text(text)


def test_a_silent_pump_is_loud_and_never_greyed_out(look: Look) -> None:
    page = look.at(busy_feed())
    # Until the stream is heard every row is struck out alike, whatever it says.
    expect(page.locator("#live")).to_have_text("LIVE")
    expect(row(page, "quiet-1")).to_contain_text("SILENT, 14 min ago")
    expect(row(page, "never-1")).to_contain_text("SILENT, never")
    look_of = page.evaluate(ROW_STYLES)
    for pump in ("quiet-1", "never-1"):
        opacity, background = look_of[pump]
        assert opacity == "1"
        assert background != look_of["fine-1"][1]


def test_text_from_pumps_and_people_is_shown_and_never_run(look: Look) -> None:
    feed = full_feed()
    hostile = alert("ward-1", 1, code=HOSTILE, raw_code=HOSTILE, acknowledged_by=HOSTILE)
    feed.board = [
        snapshot(
            "ward-1",
            therapy=HOSTILE,
            interruption=view("ward-1", alarm_codes=(HOSTILE,)),
            alerts=(hostile,),
            hold=Hold(reason=HOSTILE, by=HOSTILE, at_us=NOON_US, until_us=None),
        )
    ]
    feed.notice_records = [notice(1, HOSTILE, contact=HOSTILE, channel=HOSTILE, rung=HOSTILE)]
    feed.add(HOSTILE, HOSTILE, why=HOSTILE, code=HOSTILE)
    page = look.at(feed)
    visible = "<img src=x onerror=alert(1)></td></table><script>alert(2)</script>\ufffd\ufffd[31m"
    expect(row(page, "ward-1")).to_contain_text(visible)
    expect(page.locator("#notices li")).to_contain_text(visible)
    expect(page.locator("#events li")).to_contain_text(visible)
    assert page.locator("main img, main script, main table table").count() == 0


def test_a_hostile_site_name_is_escaped_by_the_server(look: Look) -> None:
    page = look.at(FakeFeed(site=Site(id='"><script>alert(1)</script>', time_zone='x" onload="alert(1)')))
    assert page.locator("body").get_attribute("onload") is None
    expect(page.locator("h1")).to_contain_text('"><script>alert(1)</script>')
    expect(page.locator("#live")).to_have_text("LIVE")
    # A zone that nobody knows is UTC, and says so.
    expect(page.locator("#clock")).to_contain_text("12:00:00 UTC")


def test_the_page_asks_nobody_but_its_own_server(look: Look) -> None:
    page = look.at(busy_feed())
    expect(page.locator("#live")).to_have_text("LIVE")
    foreign = [url for url in look.requests if not url.startswith((look.served.url, "data:"))]
    assert foreign == []


def test_a_script_that_was_smuggled_into_the_page_does_not_run(look: Look) -> None:
    page = look.at(full_feed())
    expect(page.locator("#live")).to_have_text("LIVE")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.smuggled = true";
          document.body.append(script);
          document.querySelector("h1").setAttribute("onclick", "window.smuggled = true");
          document.querySelector("h1").click();
        }"""
    )
    assert page.evaluate("window.smuggled === undefined")


def test_a_demonstration_says_that_its_time_is_simulated(look: Look) -> None:
    page = look.at(FakeFeed(site=Site(id="demo", speed=240.0)))
    expect(page.locator(".speed")).to_have_text("Simulated time, 240 times as fast as real time")


def test_a_long_board_says_what_it_leaves_out(look: Look) -> None:
    feed = FakeFeed()
    feed.board = [snapshot(f"pump-{number:03}") for number in range(503)]
    feed.board.append(snapshot("pump-999", interruption=view("pump-999")))
    page = look.at(feed)
    expect(page.locator("#pumps tr")).to_have_count(500)
    expect(page.locator("#pumps tr").first).to_have_attribute("data-pump", "pump-999")
    expect(page.locator("#summary")).to_contain_text("504 under watch")
    expect(page.locator("#summary")).to_contain_text("Shown are the 500 with the least time left.")


def test_the_page_has_landmarks_names_and_labels(look: Look) -> None:
    page = look.at(busy_feed())
    expect(page.locator("#pumps tr")).to_have_count(8)
    assert page.locator("html").get_attribute("lang") == "en"
    for landmark in ("header", "main", "footer", "h1", "caption"):
        assert page.locator(landmark).count() == 1
    assert page.get_by_role("columnheader").count() == 6
    assert page.get_by_role("rowheader").count() == 8
    assert page.get_by_role("region", name="Pumps").count() == 1
    assert page.get_by_role("log", name="Notices").get_attribute("aria-live") == "polite"
    assert page.locator("#banner").get_attribute("role") == "alert"
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()


CONTRAST = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.tagName === "NOSCRIPT") continue;
    const [ink, paper] = [light(numbers(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) poor.push([walker.currentNode.textContent.trim(), ratio]);
  }
  return poor;
}"""


@pytest.mark.parametrize("width", [1280, 400])
def test_all_text_can_be_read_and_nothing_hangs_out_of_the_page(look: Look, width: int) -> None:
    feed = busy_feed()
    page = look.at(feed, has_clock=True, width=width)
    expect(page.locator("#live")).to_have_text("LIVE")
    expect(page.locator("#pumps tr")).to_have_count(8)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    feed.tick_us = 0
    page.clock.fast_forward(STALE_MS)
    expect(page.locator("#live")).to_have_text("NOT LIVE")
    assert page.evaluate(CONTRAST) == []


def test_every_state_of_a_row_has_a_word_and_a_sign_of_its_own(look: Look) -> None:
    page = look.at(busy_feed())
    expect(page.locator("#pumps tr")).to_have_count(8)
    signs = {
        pump: row(page, pump).locator(".sign").text_content() for pump in ("worst-1", "ward-2", "ward-1", "quiet-1")
    }
    assert len(set(signs.values()) | {row(page, "fine-1").locator(".sign").text_content()}) == 5
