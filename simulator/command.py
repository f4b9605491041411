"""The command line of the simulator: ``python -m simulator``.

Exit codes: 0 done, 1 failed at work, 2 wrong usage, story or configuration.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from simulator.acts import ACTS
from simulator.fleet import members
from simulator.group import Group, group_of, groups_of
from simulator.simulation import RunOptions, run_simulation
from simulator.stories import load_story, story_names
from simulator.table_reader import FileError
from simulator.terminal import LineError
from simulator.units import us_of
from simulator.virtual import VIRTUAL_EPOCH_US, play

FAILED, WRONG_USAGE = 1, 2

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def simulate(  # noqa: PLR0913 - Typer reads one parameter per option
    *,
    story: Annotated[list[str] | None, typer.Option(help="Name or .toml file; give it again for another pump.")] = None,
    face: Annotated[str | None, typer.Option(help="zyno, json-lines or mqtt.")] = None,
    link: Annotated[str | None, typer.Option(help="Where the pseudo-terminal appears, as a symbolic link.")] = None,
    speed: Annotated[float | None, typer.Option(help="Story seconds per real second.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same simulation.")] = None,
    pumps: Annotated[
        int | None, typer.Option(help="How many, from one for each story on; then numbered from 1.")
    ] = None,
    pump: Annotated[str | None, typer.Option(help="Id of the pump, or what a fleet's ids begin with.")] = None,
    report: Annotated[str | None, typer.Option(help="How often pumps that speak by themselves do, as in 10s.")] = None,
    mqtt_host: Annotated[str | None, typer.Option(help="The broker; more about it only in a --config file.")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="Its port.")] = None,
    topic: Annotated[str | None, typer.Option(help="Where observations go, with {site} and {pump}.")] = None,
    site: Annotated[str | None, typer.Option(help="The site in the topic.")] = None,
    epoch: Annotated[float | None, typer.Option(help="When stories begin, in real seconds since 1970.")] = None,
    wait_until_opened: Annotated[bool | None, typer.Option("--wait-until-opened", help="A reader begins it.")] = None,
    until_over: Annotated[bool, typer.Option("--until-over", help="End when all stories have been told.")] = False,
    while_stdin: Annotated[bool, typer.Option("--while-stdin", help="End when standard input closes.")] = False,
    truth: Annotated[Path | None, typer.Option(help="File for what really flowed, written at the end.")] = None,
    received: Annotated[Path | None, typer.Option(help="File for every frame heard, written at the end.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with [[simulated]] tables, instead of these.")] = None,
    virtual: Annotated[bool, typer.Option("--virtual", help="Play at once; print what would be received.")] = False,
    list_stories: Annotated[bool, typer.Option("--list", help="List the stories.")] = False,
    list_acts: Annotated[bool, typer.Option("--acts", help="List what can happen in a story.")] = False,
    describe: Annotated[str | None, typer.Option(help="Print a story's length, pump and marks as JSON.")] = None,
) -> None:
    """Simulate infusion pumps, each telling a story, on pseudo-terminals or an MQTT broker."""
    given = {
        "story": story, "face": face, "link": link, "speed": speed, "seed": seed, "pumps": pumps, "pump": pump,
        "report": report, "mqtt_host": mqtt_host, "mqtt_port": mqtt_port, "topic": topic, "site": site,
        "epoch": epoch, "wait_until_opened": wait_until_opened,
    }  # fmt: skip
    table = {key: value for key, value in given.items() if value is not None}
    options = RunOptions(until_over=until_over, while_stdin=while_stdin, truth_file=truth, received_file=received)
    if list_stories or list_acts:
        _print_lists(with_stories=list_stories, with_acts=list_acts)
    elif describe is not None:
        typer.echo(json.dumps(load_story(describe).as_record()))
    elif virtual:
        _print_transcripts(group_of({"face": "mqtt", **table}, "--virtual"))
    else:
        run_simulation(_groups(table, config), options)


def main() -> None:
    """Run the command line; what goes wrong is said in sentences, one per line, without a traceback."""
    try:
        app()
    except FileError as error:
        _give_up(error.faults, WRONG_USAGE)
    except (LineError, OSError) as error:
        _give_up([str(error)], FAILED)


def _groups(table: dict[str, Any], config: Path | None) -> list[Group]:
    if config is None:
        return [group_of(table, "command line")]
    if table:
        raise FileError([f"--config {config}: stands alone; move {', '.join(table)} into the file"])
    try:
        text = config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError([f"{config}: cannot be read: {error}"]) from error
    return groups_of(text, str(config))


def _print_lists(*, with_stories: bool, with_acts: bool) -> None:
    rows = [(name, load_story(name).description) for name in story_names()] if with_stories else []
    if with_acts:
        rows += [
            (" ".join([name, *act.needs, *(f"[{key}]" for key in act.may_have)]), act.summary)
            for name, act in ACTS.items()
        ]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        typer.echo(f"{name.ljust(width)}  {text}")


def _print_transcripts(group: Group) -> None:
    """Print every pump's transcript, merged in order of receipt."""
    stories = [load_story(name) for name in group.stories]
    start_us = VIRTUAL_EPOCH_US if group.epoch_s is None else us_of(group.epoch_s)
    fleet = members(stories, group.pump, group.pumps, group.seed, group.report_us)
    lines = [line for member in fleet for line in play(member, group.report_us, start_us).lines]
    for line in sorted(lines, key=lambda each: str(each["at"])):
        typer.echo(json.dumps(line))


def _give_up(lines: list[str], code: int) -> NoReturn:
    sys.stderr.writelines(f"{line}\n" for line in lines)
    sys.exit(code)
