"""What calls itself pure is held pure by the import contract, and its tests need no mock."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from source_tree import Source, calls_itself_pure, is_pure, pure_modules, sources

MOCKS = ("unittest.mock", "pytest_mock", "mock")


def test_every_module_that_calls_itself_pure_is_in_the_contract() -> None:
    loose = [
        source.at(1, "calls itself pure and is not in the contract of pyproject.toml")
        for source in sources()
        if not source.module.startswith("tests.") and calls_itself_pure(source) and not is_pure(source.module)
    ]
    assert not loose, "\n".join(loose)


def test_every_module_of_the_contract_exists() -> None:
    modules = {source.module for source in sources()}
    missing = [pure for pure in pure_modules() if not any(fnmatchcase(module, pure) for module in modules)]
    assert not missing, f"pyproject.toml: these pure modules do not exist: {missing}"


def imports_pure(source: Source) -> bool:
    return any(is_pure(name) or is_pure(name.rpartition(".")[0]) for _, name in source.imports())


def test_no_test_of_a_pure_module_uses_a_mock() -> None:
    mocked = []
    for source in sources():
        if not source.module.startswith("tests.unit.") or not imports_pure(source):
            continue
        mocked += [
            source.at(line, f"imports {name} in a test of a pure module")
            for line, name in source.imports()
            if name.startswith(MOCKS)
        ]
        mocked += [
            source.at(function.lineno, f"{function.name} asks for a mock in a test of a pure module")
            for function in source.functions()
            if any(argument.arg == "mocker" for argument in function.args.args)
        ]
    assert not mocked, "\n".join(mocked)


@pytest.mark.parametrize("module", ["monitor.interruption", "drivers.contract", "drivers.observation_json"])
def test_the_heart_is_pure(module: str) -> None:
    assert is_pure(module)
