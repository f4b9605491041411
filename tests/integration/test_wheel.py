"""What is shipped is what was tested: the wheel, installed where no checkout is on the path, works."""

from __future__ import annotations

import os
import site
import sqlite3
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from source_tree import ROOT, files

PACKAGES = ("monitor", "drivers", "simulator", "migrations")
COMMAND_S_MAX = 60
BUILD_S_MAX = 300

SHORTEST_CONFIGURATION = """
[storage]
url = "sqlite:///{database}"

[[pumps]]
id = "pump-1"
driver = "serial-json-lines"

[pumps.options]
device = "/dev/ttyUSB0"
"""


class Installed:
    """The wheel in a virtual environment of its own; its dependencies are borrowed from the one that runs the tests."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        self.bin = folder / "venv" / "bin"
        venv.create(folder / "venv", with_pip=False)
        pip = (sys.executable, "-m", "pip", "--python", str(self.bin / "python"))
        run = self.run(*pip, "install", "-qq", "--no-deps", "--no-index", str(wheel))
        assert run.returncode == 0, run.stderr
        # Folders named in a .pth file are searched last, and .pth files inside them (our editable install) are
        # not read.
        (self.site,) = (folder / "venv" / "lib").glob("python3*/site-packages")
        (self.site / "borrowed.pth").write_text("\n".join(site.getsitepackages()) + "\n")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_S_MAX,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def pumpwatch(self, *arguments: str) -> str:
        run = self.run(str(self.bin / "pumpwatch"), *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    run = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S_MAX, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (built,) = folder.glob("pumpwatch-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def test_the_wheel_carries_every_file_of_its_packages_and_nothing_else(wheel: Path) -> None:
    expected = {str(path.relative_to(ROOT)) for path in files() if path.relative_to(ROOT).parts[0] in PACKAGES}
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert expected - carried == set(), "these files are missing in the wheel"
    assert carried - expected == set(), "these files should not be in the wheel"


@pytest.mark.parametrize(
    "pattern",
    [
        "migrations/versions/*.py",
        "migrations/script.py.mako",
        "simulator/scenarios/*.toml",
        "monitor/feed/dashboard/*",
        "monitor/config/profiles/*.toml",
    ],
)
def test_the_wheel_carries_its_data(wheel: Path, pattern: str) -> None:
    assert [name for name in zipfile.ZipFile(wheel).namelist() if Path(name).match(pattern)]


def test_the_code_that_runs_is_the_installed_one(installed: Installed) -> None:
    where = "import drivers, monitor, simulator; print(drivers.__file__, monitor.__file__, simulator.__file__)"
    run = installed.run(str(installed.bin / "python"), "-c", where)
    assert run.returncode == 0, run.stderr
    assert all(path.startswith(str(installed.site)) for path in run.stdout.split()), run.stdout


def test_the_command_helps(installed: Installed) -> None:
    assert "Usage" in installed.pumpwatch("--help")


def test_the_drivers_are_found_with_their_origin(installed: Installed) -> None:
    listed = installed.pumpwatch("drivers")
    for name in ("mqtt", "serial-zyno", "serial-json-lines"):
        assert name in listed


def test_the_packaged_stories_are_listed(installed: Installed) -> None:
    listed = installed.pumpwatch("simulate", "--list")
    for story in (ROOT / "simulator" / "scenarios").glob("*.toml"):
        assert story.stem in listed


def test_the_migrations_make_a_new_database(installed: Installed) -> None:
    database = installed.folder / "new.db"
    configuration = installed.folder / "config.toml"
    configuration.write_text(SHORTEST_CONFIGURATION.format(database=database))
    installed.pumpwatch("database", "upgrade", "--config", str(configuration))
    with sqlite3.connect(database) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert "alembic_version" in tables
    assert len(tables) > 1
