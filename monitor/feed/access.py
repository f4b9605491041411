"""Decides who is asking: bearer tokens from a file, short sessions for browsers, and what a role may do.

Tokens are random and long, so a plain SHA-256 at rest is enough: there is nothing to guess that a slow hash
would protect. No token is ever taken from an address, and none is ever printed but a fresh one.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
import tomllib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Self

import msgspec

from monitor.errors import ConfigurationError
from monitor.interruption.events import Role

TOKENS_MAX = 1_000
"""Most accounts in one file."""

FILE_MAX_BYTES = 256 * 1024
"""Longest tokens file."""

SESSIONS_MAX = 256
"""Most browser sessions at once; one more ends the oldest."""

SESSION_MAX_S = 12 * 3600.0
"""A session ends after one long shift, in seconds of real time."""

_RANK = {role: rank for rank, role in enumerate(Role)}


def may(role: Role, needed: Role) -> bool:
    """Return whether ``role`` may do what ``needed`` may: each role may do what those before it may."""
    return _RANK[role] >= _RANK[needed]


def new_token() -> str:
    """Return a fresh random token."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what a tokens file holds instead of the token: its SHA-256 as hex."""
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the tokens file.

    Attributes:
        name: Who is named in the journal unless the request names a person.
        role: What it may do.
        sha256: The token's hash as 64 hex digits.
    """

    name: str
    role: Role
    sha256: str


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking.

    Attributes:
        is_session: True if a browser's cookie says so, which a foreign page could make it send.
    """

    name: str
    role: Role
    is_session: bool = False


class Access:
    """The accounts and sessions of one feed; used from the feed's event loop only.

    Args:
        accounts: Who has a token.
        anonymous_role: What someone without a token may do. Only ``viewer``, only for a demonstration.
    """

    def __init__(self, accounts: Sequence[Account], anonymous_role: Role | None = None) -> None:
        if anonymous_role not in {None, Role.VIEWER}:
            raise ConfigurationError(["feed: someone without a token may be a viewer at most"])
        self.anonymous_role = anonymous_role
        self._accounts = tuple((account, bytes.fromhex(account.sha256)) for account in accounts)
        self._sessions: dict[bytes, tuple[Principal, float]] = {}

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a tokens file: TOML with ``[[tokens]]`` of ``name``, ``role`` and ``sha256``.

        Raises:
            ConfigurationError: It cannot be read, others may read it, or entries are wrong; all at once.
        """
        return cls(_accounts_in(path, _read_private(path)))

    @classmethod
    def generated(cls, role: Role, anonymous_role: Role | None = None) -> tuple[Self, str]:
        """Return an access with one fresh token of ``role``, and that token, to be shown once."""
        token = new_token()
        account = Account(name=f"local-{role.value}", role=role, sha256=token_hash(token))
        return cls([account], anonymous_role), token

    def principal_of_token(self, token: str) -> Principal | None:
        """Return whose token this is, in a time that does not depend on how much of it is right."""
        presented = bytes.fromhex(token_hash(token))
        found = None
        for account, stored in self._accounts:
            # No early way out: the time must not tell which entry it was.
            if hmac.compare_digest(presented, stored):
                found = Principal(name=account.name, role=account.role)
        return found

    def principal_without_token(self) -> Principal | None:
        """Return who someone without any token is, if such a one is let in at all."""
        return None if self.anonymous_role is None else Principal(name="anonymous", role=self.anonymous_role)

    def open_session(self, principal: Principal, now_s: float) -> str:
        """Return the secret of a new session, good for ``SESSION_MAX_S``; only its hash is kept."""
        self._drop_expired(now_s)
        if len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        secret = new_token()
        held = Principal(name=principal.name, role=principal.role, is_session=True)
        self._sessions[_key(secret)] = (held, now_s + SESSION_MAX_S)
        return secret

    def principal_of_session(self, secret: str, now_s: float) -> Principal | None:
        """Return whose session this is, or None if it ended or never was."""
        self._drop_expired(now_s)
        # Found by the hash: how long the search takes tells nothing about the secret.
        held = self._sessions.get(_key(secret))
        return None if held is None else held[0]

    def close_session(self, secret: str) -> None:
        """End a session; harmless if there is none."""
        self._sessions.pop(_key(secret), None)

    def _drop_expired(self, now_s: float) -> None:
        # In order of their end, because they all live equally long.
        while self._sessions:
            oldest = next(iter(self._sessions))
            if self._sessions[oldest][1] > now_s:
                return
            del self._sessions[oldest]


def _key(secret: str) -> bytes:
    return bytes.fromhex(token_hash(secret))


def _read_private(path: Path) -> str:
    try:
        # Not blocking: a pipe in the file's place must not hold up the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            # Asked of the open file, so that nobody can swap it between the check and the reading.
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise ConfigurationError([f"feed.tokens_file: {path} is no plain file"])
            if found.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
                mode = stat.S_IMODE(found.st_mode)
                why = f"{path} is open to others (mode {mode:03o}); run: chmod 600 {path}"
                raise ConfigurationError([f"feed.tokens_file: {why}"])
            content = file.read(FILE_MAX_BYTES + 1)
    except OSError as fault:
        raise ConfigurationError([f"feed.tokens_file: {path} cannot be read: {fault.strerror}"]) from fault
    if len(content) > FILE_MAX_BYTES:
        raise ConfigurationError([f"feed.tokens_file: {path} is longer than {FILE_MAX_BYTES} bytes"])
    return content.decode("utf-8", "replace")


def _accounts_in(path: Path, content: str) -> list[Account]:
    try:
        entries = tomllib.loads(content).get("tokens")
    except tomllib.TOMLDecodeError as fault:
        raise ConfigurationError([f"feed.tokens_file: {path} is no TOML: {fault}"]) from fault
    if not isinstance(entries, list) or not 1 <= len(entries) <= TOKENS_MAX:
        raise ConfigurationError([f"feed.tokens_file: {path} needs 1 to {TOKENS_MAX} [[tokens]]"])
    accounts: list[Account] = []
    faults: list[str] = []
    for position, entry in enumerate(entries):
        try:
            accounts.append(_account(entry, accounts))
        except (msgspec.ValidationError, ValueError) as fault:
            faults.append(f"feed.tokens_file: tokens[{position}]: {fault}")
    if faults:
        raise ConfigurationError(faults)
    return accounts


def _account(entry: object, before: list[Account]) -> Account:
    account = msgspec.convert(entry, Account)
    digest = account.sha256.lower()
    if len(digest) != sha256().digest_size * 2 or set(digest) - set("0123456789abcdef"):
        # The value is not repeated: someone may have put the token itself there.
        raise ValueError("sha256 must be the token's SHA-256 as 64 hex digits, not the token")
    if not account.name or not account.name.isprintable():
        raise ValueError("name must be printable and not empty")
    if any(account.name == other.name for other in before):
        raise ValueError(f"name '{account.name}' stands there twice")
    if any(digest == other.sha256.lower() for other in before):
        raise ValueError(f"'{account.name}' has the same token as another one")
    return account
