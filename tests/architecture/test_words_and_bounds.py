"""Numbers carry their unit in their name, queues have a bound, and an excuse has a reason beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from source_tree import ROOT, Source, files, settings, sources

BARE = {"timeout", "delay", "interval", "rate", "volume"}
QUEUES = {"Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"}
IGNORED_RULES_MAX = 9
EXCUSE = re.compile(r"#\s*(?P<kind>noqa|type:\s*ignore|pragma:\s*no cover)(?P<rest>.*)")
REASON = re.compile(r"\s[-#]\s*\w.*\w{3}")


def names_given(source: Source) -> Iterator[tuple[int, str]]:
    """Yield line and name of every parameter and every field that a class declares."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.arguments):
            yield from (
                (argument.lineno, argument.arg) for argument in [*node.posonlyargs, *node.args, *node.kwonlyargs]
            )
        elif isinstance(node, ast.ClassDef):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield field.lineno, field.target.id


def test_no_parameter_or_field_leaves_its_unit_to_be_guessed() -> None:
    bare = [
        source.at(line, f"{name!r} says no unit; name it {name}_s, {name}_ml_per_h or alike")
        for source in sources()
        for line, name in names_given(source)
        if name in BARE
    ]
    assert not bare, "\n".join(bare)


def test_every_queue_has_a_bound() -> None:
    endless = [
        source.at(node.lineno, f"{ast.unparse(node)} has no bound")
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and called(node) in QUEUES and not is_bounded(node)
    ]
    assert not endless, "\n".join(endless)


def called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Subscript):  # Queue[int](...)
        function = function.value
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def is_bounded(call: ast.Call) -> bool:
    sizes = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "maxsize")]
    return any(not (isinstance(size, ast.Constant) and size.value in {0, None}) for size in sizes)


def test_every_excuse_has_its_reason_beside_it() -> None:
    bare = [
        source.at(number, f"{match['kind']} without a reason: {line.strip()}")
        for source in sources()
        for number, line in enumerate(source.text.splitlines(), start=1)
        if (match := EXCUSE.search(line)) and not REASON.search(match["rest"]) and not is_quoted(line, match.start())
    ]
    assert not bare, "\n".join(bare)


def is_quoted(line: str, position: int) -> bool:
    return line[:position].count('"') % 2 == 1


def test_few_rules_of_the_linter_are_ignored_and_each_says_why() -> None:
    ignored = settings()["tool"]["ruff"]["lint"]["ignore"]
    assert len(ignored) <= IGNORED_RULES_MAX
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    without_reason = [
        f"pyproject.toml:{number}: {line.strip()}"
        for number, line in enumerate(lines, start=1)
        if re.match(r'\s*"[A-Z]+\d*",', line) and not re.search(r"#\s*\w+\W+\w+", line)
    ]
    assert not without_reason, "\n".join(without_reason)


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    # Put together here, so that this file does not name them either.
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "deb." + "debian.org"]
    folders = ["work", "root", "home", "opt/pypi", "opt/wheels"]
    folder = re.compile(rf"(?<![\w.-])/({'|'.join(folders)})/")
    found = []
    for path in files():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, start=1):
            named = [word for word in hosts if word in line] + folder.findall(line)
            if named:
                found.append(f"{path.relative_to(ROOT)}:{number}: names {', '.join(named)}")
    assert not found, "\n".join(found)


def test_lock_files_pin_every_package_by_hash_and_name_no_address() -> None:
    locks = [path for path in files() if path.suffix == ".lock"]
    assert {path.name for path in locks} >= {"requirements.lock", "requirements-dev.lock", "requirements-build.lock"}
    for path in locks:
        text = path.read_text()
        assert "://" not in text, f"{path.name} names an address"
        assert not re.search(r"^\s*--(?!hash=sha256:)", text, re.MULTILINE), (
            f"{path.name} holds an option of the installer"
        )
        packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        loose = [package.split()[0] for package in packages if "--hash=sha256:" not in package]
        assert not loose, f"{path.name}: without a hash: {loose}"
