"""Starts a real Mosquitto on a free port of this machine, and kills, stops or freezes it on demand."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

START_WAIT_S = 30.0
STOP_WAIT_S = 30.0
START_TRIES = 3


def mosquitto_path() -> str | None:
    """Return where Mosquitto is installed; Debian keeps it where only root looks."""
    return shutil.which("mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def free_port() -> int:
    """Return a port of this machine that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """One Mosquitto; a context manager that stops it.

    Attributes:
        port: Where it listens; stays the same over restarts.
        is_persistent: Whether it writes its sessions to disk, after every change.
    """

    def __init__(
        self,
        folder: Path,
        *,
        persistent: bool = False,
        server_certificate: tuple[Path, Path] | None = None,
        client_authority: Path | None = None,
        users: dict[str, str] | None = None,
        access_rules: str | None = None,
        settings: str = "",
    ) -> None:
        """Prepare a broker; nothing runs yet.

        Args:
            folder: Where its files go.
            persistent: Keep sessions on disk.
            server_certificate: Certificate and key; speaks TLS then.
            client_authority: Who must have signed the certificate that every client must show.
            users: Passwords by user name; without them everybody is let in.
            access_rules: The text of an access control list.
            settings: More lines for its configuration.
        """
        self.port = 0
        self.is_persistent = persistent
        self._folder = folder
        self._server_certificate = server_certificate
        self._client_authority = client_authority
        self._users = users
        self._access_rules = access_rules
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """Return what it wrote so far."""
        path = self._folder / "mosquitto.log"
        return path.read_text() if path.exists() else ""

    def start(self) -> None:
        """Start it and wait until it listens. A free port may be taken by somebody else meanwhile: then try anew."""
        for _ in range(START_TRIES):
            was_given_port = self.port != 0
            if not was_given_port:
                self.port = free_port()
            if self._start_once():
                return
            if not was_given_port:
                self.port = 0
        raise AssertionError(f"Mosquitto does not start:\n{self.log}")

    def kill(self) -> None:
        """Kill it as a power cut would: no goodbye, nothing flushed. Harmless when repeated."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it in an orderly way; it saves its sessions, where it keeps them."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Let it hang: connections stay open, nothing is read and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> None:
        assert self._process is not None, "the broker does not run"
        self._process.send_signal(what)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        # A frozen process takes note of a gentle signal only when it is thawed.
        process.send_signal(signal.SIGCONT)
        process.wait(STOP_WAIT_S)

    def _start_once(self) -> bool:
        program = mosquitto_path()
        assert program is not None, "mosquitto is not installed"
        configuration = self._folder / "mosquitto.conf"
        configuration.write_text(self._configuration())
        configuration.chmod(0o600)
        with (self._folder / "mosquitto.log").open("ab") as log:
            process = subprocess.Popen([program, "-c", configuration], stdout=log, stderr=log)
        deadline_s = time.monotonic() + START_WAIT_S
        while process.poll() is None and time.monotonic() < deadline_s:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except OSError:
                time.sleep(0.01)
            else:
                self._process = process
                return True
        process.kill()
        process.wait(STOP_WAIT_S)
        return False

    def _configuration(self) -> str:
        lines = [f"listener {self.port} 127.0.0.1", "max_queued_messages 100000", "log_type all"]
        if os.geteuid() == 0:
            lines.insert(0, "user root")  # else it would give up the right to read the files below
        if self.is_persistent:
            # After every change: the default of half an hour forgets what was acknowledged before a power cut.
            lines += ["persistence true", f"persistence_location {self._folder}/"]
            lines += ["autosave_on_changes true", "autosave_interval 1"]
        if self._server_certificate is not None:
            certificate, key = self._server_certificate
            lines += [f"certfile {certificate}", f"keyfile {key}"]
        if self._client_authority is not None:
            lines += [f"cafile {self._client_authority}", "require_certificate true"]
        if self._users is None:
            lines.append("allow_anonymous true")
        else:
            passwords = self._folder / "passwords"
            passwords.write_text("".join(f"{name}:{_hashed(word)}\n" for name, word in self._users.items()))
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        if self._access_rules is not None:
            rules = self._folder / "access"
            rules.write_text(self._access_rules)
            lines.append(f"acl_file {rules}")
        lines.append(self._settings)
        return "\n".join(lines) + "\n"


def _hashed(password: str) -> str:
    """Return a password as Mosquitto 2 stores it: PBKDF2 with SHA-512."""
    salt, rounds = b"0123456789ab", 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    return f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
