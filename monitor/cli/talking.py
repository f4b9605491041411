"""Commands that talk to a running daemon over its feed: status, alerts, ack, mark."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console

from monitor.cli.asking import DEFAULT_URL, ask, ask_for
from monitor.cli.boards import alert_table, pump_table
from monitor.cli.site_time import SiteTime
from monitor.interruption.events import MarkKind

Url = Annotated[str, typer.Option(envvar="PUMPWATCH_URL", help="The daemon's feed.")]
Token = Annotated[str, typer.Option(envvar="PUMPWATCH_TOKEN", help="Bearer token.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Handover = Annotated[bool, typer.Option("--handover", help="The sheet for whoever takes the patient over.")]
By = Annotated[str, typer.Option(help="Your name, for the record.")]


def status(
    pump: Annotated[str | None, typer.Argument(help="One pump; all of them if left out.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
    handover: Handover = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Show the pumps: delivery, off-time as a pair, deadline, link; or one pump's hand-over sheet."""
    if handover:
        _handover(pump, url, token, as_json=as_json)
        return
    if pump is not None:
        shown = [ask_for(url, f"/api/v1/pumps/{quote(pump, safe='')}", token, "id")]
    else:
        shown = _all(url, "/api/v1/pumps", token)
    if as_json:
        sys.stdout.write(json.dumps(shown if pump is None else shown[0], indent=2) + "\n")
        return
    Console().print(pump_table(shown, SiteTime(url, token)))


def _handover(pump: str | None, url: str, token: str, *, as_json: bool) -> None:
    if pump is None:
        message = "a hand-over sheet is about one pump: name it"
        raise typer.BadParameter(message, param_hint="PUMP")
    sheet = ask_for(url, f"/api/v1/pumps/{quote(pump, safe='')}/handover", token, "lines")
    text = json.dumps(sheet, indent=2, ensure_ascii=False) if as_json else "\n".join(sheet["lines"])
    sys.stdout.write(text + "\n")


def alerts(
    url: Url = DEFAULT_URL,
    token: Token = "",
    all_of_them: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,  # noqa: FBT002 - a flag
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Show the alert conditions that are open, the highest priority first."""
    shown = _all(url, "/api/v1/alerts" if all_of_them else "/api/v1/alerts?open=true", token)
    if as_json:
        sys.stdout.write(json.dumps(shown, indent=2) + "\n")
        return
    if not shown:
        sys.stdout.write("no alert is on record\n" if all_of_them else "no alert is open\n")
        return
    Console().print(alert_table(shown, SiteTime(url, token)))


def ack(
    alert: Annotated[str, typer.Argument(help="Id of the alert, as `pumpwatch alerts` shows it.")],
    by: By,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Take note of an alert: it pauses repeats for a while and changes nothing else."""
    path = f"/api/v1/alerts/{quote(alert, safe='')}"
    before = ask_for(url, path, token, "code")
    first, done = before.get("acknowledged_by"), f"{alert} acknowledged by {by}"
    if first is not None:
        at = SiteTime(url, token).shown(before.get("acknowledged_at"))
        done = f"{alert} was acknowledged by {first} first, at {at}; that {by} did too is on record"
    ask("POST", url, f"{path}/acknowledge", token, {"by": by})
    sys.stdout.write(f"{done}\n")


def mark(
    pump: Annotated[str, typer.Argument(help="Pump id.")],
    kind: Annotated[MarkKind, typer.Argument(help="What is planned or was seen.")],
    by: By,
    minutes: Annotated[float | None, typer.Option(help="A longer window that a nurse sets.")] = None,
    note: Annotated[str | None, typer.Option(help="What else was seen or done, as a flushed line.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Mark something planned or seen on a pump."""
    body: dict[str, Any] = {"kind": kind.value, "by": by}
    if minutes is not None:
        body["minutes"] = minutes
    if note is not None:
        body["note"] = note
    ask("POST", url, f"/api/v1/pumps/{quote(pump, safe='')}/marks", token, body)
    sys.stdout.write(f"{pump}: {kind.value} marked by {by}\n")


def _all(url: str, path: str, token: str) -> list[dict[str, Any]]:
    """Return a whole list, page by page; bounded by the daemon's own paging."""
    items: list[dict[str, Any]] = []
    joiner = "&" if "?" in path else "?"
    after: str | None = None
    while True:
        page = ask_for(url, path if after is None else f"{path}{joiner}after={quote(after)}", token, "items")
        items.extend(page["items"])
        after = page.get("next")
        if after is None:
            return items
