"""Odd input from a shell: every refusal is one sentence in our own words, with the contract's exit code."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import pytest

from shell import Done, run_command

Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("PUMPWATCH_URL", "PUMPWATCH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: run_command(monkeypatch, capsys, *arguments)


def test_the_version_is_that_of_the_installed_package(run: Run) -> None:
    assert run("--version") == Done(0, f"pumpwatch {version('pumpwatch')}\n", "")


@pytest.mark.parametrize(
    "url",
    ["junk", "http://", "ftp://host", "http://[::1", "http://host:99999", "http://host:abc", "127.0.0.1:8620", "a b"],
)
def test_an_address_that_is_none_is_refused_before_anybody_is_asked(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PUMPWATCH_URL", url)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = run("status")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"pumpwatch: --url or PUMPWATCH_URL: '{url}' is no address of a feed; ")
    assert done.err.count("\n") == 1


def test_where_nobody_listens_the_system_s_own_words_are_shown(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = run("alerts", "--url", f"http://127.0.0.1:{port}")
    assert done == Done(1, "", f"pumpwatch: no daemon answers at http://127.0.0.1:{port}: Connection refused\n")


@pytest.mark.parametrize("token", ["two words", "broken\nline", "schlüssel"])
def test_a_token_that_is_none_is_refused_and_not_repeated(run: Run, token: str) -> None:
    done = run("status", "--token", token)
    assert done.code == 2
    assert "--token or PUMPWATCH_TOKEN: " in done.err
    assert token not in done.err


class Stranger(BaseHTTPRequestHandler):
    """Answers like a server that is none of ours."""

    def do_GET(self) -> None:
        """Answer with a page, or with JSON that says something else."""
        said = b"<html></html>" if self.path.startswith("/page") else b'{"status": "ok"}'
        self.send_response(404 if self.path.startswith("/page/none") else 200)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library calls it
        """Say nothing."""


@pytest.mark.parametrize("place", ["/page", "/page/none", ""])
@pytest.mark.parametrize(
    "command", [("status",), ("status", "p"), ("status", "p", "--handover"), ("explain", "p-1"), ("alerts",)]
)
def test_a_server_that_is_none_of_ours_is_told_apart(run: Run, place: str, command: tuple[str, ...]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}{place}"
        done = run(*command, "--url", url)
        server.shutdown()
    assert (done.code, done.out) == (1, "")
    assert done.err == f"pumpwatch: what answers at {url} is no feed of pumpwatch; is the address right?\n"


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (("mark", "p", "bagchange", "--by", "A"), "'bagchange' is not one of 'bag-change', 'maintenance', "),
        (("mark", "p", "bag-change", "--by", "A", "--minutes", "few"), "'--minutes': must be a number"),
        (("demo", "--speed", "fast"), "'--speed': must be a number"),
        (("demo", "--port", "1.5"), "'--port': must be a whole number"),
        (("demo", "--port", "70000"), "'--port': must be less than or equal to 65535"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_in_our_own_words(run: Run, command: tuple[str, ...], fault: str) -> None:
    done = run(*command)
    assert done.code == 2
    assert fault in done.err
    assert "Input" not in done.err
    assert "Value error" not in done.err


@pytest.mark.parametrize("command", [("check",), ("replay", "told.jsonl"), ("database", "check")])
def test_every_fault_of_a_configuration_names_its_file(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    path = tmp_path / "home.toml"
    path.write_text('[[pumps]]\nid = "a b"\n[therapies.blinatumomab]\nthresholds = []\n', encoding="utf-8")
    done = run(*command, "--config", str(path))
    assert (done.code, done.out) == (2, "")
    first, second = done.err.splitlines()
    assert first.startswith(f"pumpwatch: {path}: therapies.blinatumomab.thresholds: must have at least 1 entry")
    assert second.startswith(f"pumpwatch: {path}: pumps[0].id: 'a b' must be 1 to 64 of the characters")


def test_a_configuration_that_is_not_there_is_named_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "home.toml"
    done = run("check", "--config", str(path))
    assert done == Done(2, "", f"pumpwatch: {path} cannot be read: No such file or directory\n")
