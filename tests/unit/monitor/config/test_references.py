"""Secrets come from files of their owner or from the environment, and never show in a message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.config.references import SECRET_BYTES_MAX, resolve_secret
from monitor.errors import ConfigurationError


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("hunter2\n")
    path.chmod(0o600)
    return path


def refusal(reference: str, base: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        resolve_secret(reference, base)
    (fault,) = refused.value.faults
    assert "hunter2" not in fault
    return fault


def test_a_relative_path_is_relative_to_the_configuration(secret_file: Path) -> None:
    assert resolve_secret("file:secret", secret_file.parent) == "hunter2"


def test_an_absolute_path_is_taken_as_it_is(secret_file: Path) -> None:
    assert resolve_secret(f"file:{secret_file}", Path("/nowhere")) == "hunter2"


def test_a_variable_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PUMPWATCH_SECRET", "hunter2")
    assert resolve_secret("env:PUMPWATCH_SECRET", tmp_path) == "hunter2"


def test_a_variable_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal("env:PUMPWATCH_NO_SUCH", tmp_path) == "the environment has no PUMPWATCH_NO_SUCH"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o601, 0o777])
def test_a_file_that_is_open_to_others_is_refused(secret_file: Path, mode: int) -> None:
    secret_file.chmod(mode)
    assert refusal("file:secret", secret_file.parent).endswith(
        f"is open to others (mode {mode:03o}); run: chmod 600 {secret_file}"
    )


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_of_its_owner_alone_is_read(secret_file: Path, mode: int) -> None:
    secret_file.chmod(mode)
    assert resolve_secret("file:secret", secret_file.parent) == "hunter2"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal("file:nowhere", tmp_path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in refusal(f"file:{tmp_path}", tmp_path)


def test_a_pipe_is_refused_and_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "no plain file" in refusal("file:pipe", tmp_path)


def test_an_empty_secret_is_refused(secret_file: Path) -> None:
    secret_file.write_text(" \n")
    assert refusal("file:secret", secret_file.parent) == "file:secret is empty"


def test_a_secret_that_is_too_long_is_refused(secret_file: Path) -> None:
    secret_file.write_text("x" * (SECRET_BYTES_MAX + 1))
    assert "longer than" in refusal("file:secret", secret_file.parent)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\x00b"])
def test_a_secret_of_bytes_that_are_no_text_is_refused(secret_file: Path, content: bytes) -> None:
    secret_file.write_bytes(content)
    assert "no text" in refusal("file:secret", secret_file.parent)


@pytest.mark.parametrize("value", ["hunter2", "", "file:", "env:", "env:A-B", "env:A B", "FILE:secret", "file:a\nb"])
def test_what_is_no_reference_is_refused_and_not_repeated(tmp_path: Path, value: str) -> None:
    assert refusal(value, tmp_path).startswith("must be a reference")
