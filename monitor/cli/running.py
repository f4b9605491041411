"""Commands that go on until they are stopped: the daemon, and simulated pumps."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from drivers.registry import discover
from monitor.cli.configured import configured
from monitor.clock import SystemClock, wall_us
from monitor.config.settings import Config
from monitor.feed.access import Access
from monitor.interruption.events import Role
from monitor.service.daemon import Daemon
from monitor.service.logs import set_up_logs
from monitor.service.timekeeping import AXIS
from monitor.service.ways_out import channels_of
from monitor.storage.unit_of_work import Store

SWITCH_S = 0.001
"""How long a thread may go on before another gets its turn, in seconds; Python's own default is five times that."""

ConfigFile = Annotated[Path, typer.Option("--config", help="Configuration file (TOML).", show_default=False)]


def run(config: ConfigFile) -> None:
    """Watch the pumps of a configuration, in the foreground, until SIGTERM or SIGINT."""
    set_up_logs()
    # A writer that comes back from the disk waits no longer than this for a thread that is at work.
    sys.setswitchinterval(SWITCH_S)
    # A pipe, and no event or queue: the handler runs inside whatever the main thread is doing, and must not
    # wait for a lock that the main thread itself holds.
    wait_end, stop_end = os.pipe()
    is_opening = True

    def stop(*_: object) -> None:
        os.write(stop_end, b"!")
        if is_opening:
            # Nothing runs yet; what is half open is closed on the way out.
            raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    daemon, token = _daemon(config)
    is_opening = False
    daemon.start()
    shown = f" token {token}" if token is not None else ""
    sys.stdout.write(f"ready {daemon.address}{shown}\n")
    sys.stdout.flush()
    os.read(wait_end, 1)
    daemon.stop()


def _daemon(config: Path) -> tuple[Daemon, str | None]:
    """Put the daemon together; the settings are not kept beside what was made of them."""
    registry = discover()
    settings = configured(config, registry)
    access, token = _access(settings)
    store = Store.open(settings.storage_url, wall_us())
    clock = SystemClock(store.last_alive_us(), axis=store.meta(AXIS))
    daemon = Daemon(
        config=settings,
        registry=registry,
        store=store,
        clock=clock,
        channels=channels_of(settings, clock),
        access=access,
        is_downtime_known=clock.is_downtime_known,
    )
    return daemon, token


def _access(settings: Config) -> tuple[Access, str | None]:
    if settings.feed.tokens_file is not None:
        return Access.from_file(settings.feed.tokens_file), None
    return Access.generated(Role.CLINICIAN)


def simulate(context: typer.Context) -> None:
    """Run simulated pumps only; `pumpwatch simulate --help` lists the options."""
    # The simulator is another program on purpose: the monitor must not know its inside. It takes the place of this
    # process, and is no child: whatever ends this one, kill -9 included, leaves no pump behind that goes on speaking.
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "simulator", *context.args])  # noqa: S606 - our own, no shell
