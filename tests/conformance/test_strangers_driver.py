"""A stranger who follows drivers/README.md to the letter gets a driver that is found and keeps the contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "drivers" / "README.md"
NAMED_BLOCK = re.compile(r"^`(?P<path>[\w./]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

LIST_DRIVERS = """
from drivers.registry import discover
registry = discover()
print(*(refusal.why for refusal in registry.refused if refusal.name == "acme"), sep="\\n")
print(registry.loaded["acme"].origin, "|", registry.loaded["acme"].plugin.summary)
"""


@dataclass(frozen=True)
class Stranger:
    """The stranger's folder and the place where the package is installed."""

    folder: Path
    site: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(self.site)}
        command = [sys.executable, "-P", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )


def named_blocks() -> dict[str, str]:
    return {match["path"]: match["text"] for match in NAMED_BLOCK.finditer(PAGE.read_text())}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    folder = tmp_path_factory.mktemp("acme")
    for path, text in named_blocks().items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    stranger = Stranger(folder, folder / "site")
    install = ("install", "-qq", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(stranger.site), ".")
    run = stranger.run("-m", "pip", *install)
    assert run.returncode == 0, run.stderr
    return stranger


def test_the_page_holds_the_whole_package() -> None:
    assert list(named_blocks()) == [
        "pyproject.toml",
        "acme_pump/options.py",
        "acme_pump/codec.py",
        "acme_pump/driver.py",
        "acme_pump/__init__.py",
        "tests/test_acme.py",
    ]


def test_the_installed_driver_is_found_with_its_origin(stranger: Stranger) -> None:
    run = stranger.run("-c", LIST_DRIVERS)
    assert run.stdout.strip() == "acme-pump 1.0 | ACME pumps on a serial line", run.stdout + run.stderr


def test_the_driver_passes_the_kit(stranger: Stranger) -> None:
    run = stranger.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "tests")
    closing = run.stdout.strip().splitlines()[-1]
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.fullmatch(r"\d\d passed, \d skipped in .*", closing), closing


def test_a_stranger_who_forgets_the_check_sum_is_told(stranger: Stranger) -> None:
    codec = stranger.site / "acme_pump" / "codec.py"
    sound = codec.read_text()
    condition = 'if not star or check != b"%02X" % (sum(body) % 256):'
    assert condition in sound
    codec.write_text(sound.replace(condition, "if not star:"))
    try:
        run = stranger.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", "-k", "test_a_corrupted_message")
    finally:
        codec.write_text(sound)
    assert run.returncode == 1, run.stdout
    assert run.stdout.strip().splitlines()[-1].startswith("1 failed"), run.stdout
