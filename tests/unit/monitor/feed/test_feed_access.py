"""Who is let in: the tokens file, tokens, sessions and the order of roles."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ConfigurationError
from monitor.feed.access import SESSION_MAX_S, SESSIONS_MAX, Access, may, new_token, token_hash
from monitor.interruption.events import Role


def write(path: Path, content: str, mode: int = 0o600) -> Path:
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


def entry(name: str, role: str, token: str) -> str:
    return f'[[tokens]]\nname = "{name}"\nrole = "{role}"\nsha256 = "{token_hash(token)}"\n'


def test_each_role_may_do_what_those_before_it_may() -> None:
    for index, role in enumerate(Role):
        assert [may(role, needed) for needed in Role] == [rank <= index for rank in range(len(Role))]


def test_a_token_from_the_file_is_known_and_no_other(tmp_path: Path) -> None:
    path = write(tmp_path / "tokens.toml", entry("ward", "nurse", "alpha") + entry("office", "viewer", "beta"))
    access = Access.from_file(path)
    found = access.principal_of_token("alpha")
    assert found is not None
    assert (found.name, found.role, found.is_session) == ("ward", Role.NURSE, False)
    for wrong in ("", "Alpha", "alpha ", token_hash("alpha"), "\udcff"):
        assert access.principal_of_token(wrong) is None


@pytest.mark.parametrize("mode", [0o604, 0o606, 0o620, 0o666, 0o601])
def test_a_tokens_file_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "tokens.toml", entry("ward", "nurse", "alpha"), mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        Access.from_file(path)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_a_tokens_file_of_its_owner_is_taken(tmp_path: Path, mode: int) -> None:
    access = Access.from_file(write(tmp_path / "tokens.toml", entry("ward", "nurse", "alpha"), mode))
    assert access.principal_of_token("alpha") is not None


def test_all_faults_of_a_tokens_file_are_told_at_once_and_no_secret_with_them(tmp_path: Path) -> None:
    faulty = (
        entry("a", "nurse", "one")
        + entry("b", "boss", "two")
        + '[[tokens]]\nname = "c"\nrole = "nurse"\nsha256 = "my-plain-secret"\n'
        + entry("a", "viewer", "three")
        + entry("d", "viewer", "one")
        + entry("e", "viewer", "four").replace("sha256", "hash")
    )
    with pytest.raises(ConfigurationError) as caught:
        Access.from_file(write(tmp_path / "tokens.toml", faulty))
    assert [fault.split(": ")[1] for fault in caught.value.faults] == [f"tokens[{n}]" for n in (1, 2, 3, 4, 5)]
    assert "my-plain-secret" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "tokens = 3", "tokens = []", "[[tokens]", "\x00"])
def test_a_file_without_tokens_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigurationError, match=r"feed\.tokens_file"):
        Access.from_file(write(tmp_path / "tokens.toml", content))


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        Access.from_file(tmp_path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Access.from_file(tmp_path / "absent")


def test_an_endless_tokens_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="longer"):
        Access.from_file(write(tmp_path / "tokens.toml", "#" * 300_000))


def test_a_generated_token_works_and_is_new_each_time() -> None:
    access, token = Access.generated(Role.NURSE)
    found = access.principal_of_token(token)
    assert found is not None
    assert found.role is Role.NURSE
    assert new_token() != new_token()


def test_without_a_token_nobody_gets_in_unless_that_is_asked_for() -> None:
    assert Access.generated(Role.ADMIN)[0].principal_without_token() is None
    anonymous = Access.generated(Role.ADMIN, Role.VIEWER)[0].principal_without_token()
    assert anonymous is not None
    assert anonymous.role is Role.VIEWER


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.VIEWER])
def test_nobody_without_a_token_is_more_than_a_viewer(role: Role) -> None:
    with pytest.raises(ConfigurationError):
        Access([], role)


def test_a_session_knows_its_person_until_it_ends() -> None:
    access, token = Access.generated(Role.NURSE)
    principal = access.principal_of_token(token)
    assert principal is not None
    secret = access.open_session(principal, 0.0)
    held = access.principal_of_session(secret, SESSION_MAX_S - 1)
    assert held is not None
    assert held.is_session
    assert access.principal_of_session(secret + "x", 0.0) is None
    assert access.principal_of_session(secret, SESSION_MAX_S) is None


def test_a_closed_session_is_closed() -> None:
    access, token = Access.generated(Role.NURSE)
    principal = access.principal_of_token(token)
    assert principal is not None
    secret = access.open_session(principal, 0.0)
    access.close_session(secret)
    access.close_session(secret)
    assert access.principal_of_session(secret, 1.0) is None


def test_sessions_are_bounded_and_the_oldest_goes_first() -> None:
    access, token = Access.generated(Role.NURSE)
    principal = access.principal_of_token(token)
    assert principal is not None
    secrets = [access.open_session(principal, float(at)) for at in range(SESSIONS_MAX + 2)]
    known = [access.principal_of_session(secret, 300.0) is not None for secret in secrets]
    assert known == [False, False] + [True] * SESSIONS_MAX
