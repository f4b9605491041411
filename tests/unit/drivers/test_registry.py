"""Loading drivers distrusts each step, and one bad driver never hurts another."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from drivers.contract import Driver, DriverContext, DriverPlugin
from drivers.registry import CAUSE_KEPT_CHARACTERS, GROUP, LoadedDriver, Registry, discover


@dataclass
class FakePackage:
    name: str = "acme-pump"
    version: str = "1.2"


@dataclass
class FakeClaim:
    load: Callable[[], object]
    name: str = "acme"
    value: str = "acme_pump:plugin"
    dist: Any = field(default_factory=FakePackage)


def no_faults(options: Mapping[str, Any]) -> list[str]:
    return []


def never_created(context: DriverContext) -> Driver:
    raise AssertionError


def plugin(**changes: Any) -> DriverPlugin:
    fields: dict[str, Any] = {"name": "acme", "summary": "ACME pumps", "check": no_faults, "create": never_created}
    return DriverPlugin(**(fields | changes))


def loaded(**changes: Any) -> LoadedDriver:
    return LoadedDriver(plugin(**changes), "acme-pump", "1.2")


def raising(error: BaseException) -> Callable[..., Any]:
    def load(*_arguments: object, **_named: object) -> NoReturn:
        raise error

    return load


def why_refused(registry: Registry) -> str:
    assert registry.loaded == {}
    (refused,) = registry.refused
    assert refused.why.endswith(".")
    assert "\n" not in refused.why
    return refused.why


def test_a_sound_driver_is_loaded_under_its_name_with_its_origin() -> None:
    registry = discover([FakeClaim(plugin)])
    assert registry.refused == []
    assert registry.loaded["acme"].plugin == plugin()
    assert registry.loaded["acme"].origin == "acme-pump 1.2"


@pytest.mark.parametrize(
    ("error", "named"),
    [
        pytest.param(ImportError("no module named serial"), "ImportError: no module named serial", id="import-error"),
        pytest.param(SyntaxError("bad"), "SyntaxError: bad", id="syntax-error"),
        pytest.param(SystemExit(1), "SystemExit: 1", id="system-exit"),
        pytest.param(GeneratorExit(), "GeneratorExit", id="no-exception-class"),
        pytest.param(RecursionError("deep"), "RecursionError: deep", id="recursion"),
    ],
)
def test_whatever_an_import_raises_is_one_sentence(error: BaseException, named: str) -> None:
    assert why_refused(discover([FakeClaim(raising(error))])) == f"Importing acme_pump:plugin failed with {named}."


def test_a_person_can_still_interrupt_the_loading() -> None:
    with pytest.raises(KeyboardInterrupt):
        discover([FakeClaim(raising(KeyboardInterrupt()))])


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        pytest.param(None, "a NoneType", id="nothing"),
        pytest.param(plugin, "a function", id="function-that-makes-one"),
        pytest.param(DriverPlugin, "a StructMeta", id="class-itself"),
        pytest.param({"name": "acme"}, "a dict", id="table"),
    ],
)
def test_what_is_not_a_plugin_is_refused_by_its_type(found: object, kind: str) -> None:
    assert kind in why_refused(discover([FakeClaim(lambda: found)]))


def test_a_plugin_that_calls_itself_otherwise_is_refused() -> None:
    why = why_refused(discover([FakeClaim(lambda: plugin(name="acne"))]))
    assert "'acme'" in why
    assert "'acne'" in why


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"name": 7}, "name", id="name-no-text"),
        pytest.param({"summary": ""}, "summary", id="no-summary"),
        pytest.param({"summary": "two\nlines"}, "summary", id="summary-two-lines"),
        pytest.param({"check": None}, "check", id="check-missing"),
        pytest.param({"create": "acme_pump.driver"}, "create", id="create-no-function"),
        pytest.param({"many_pumps": "yes"}, "many_pumps", id="many-pumps-no-boolean"),
        pytest.param({"simulated": 1}, "simulated", id="simulated-no-boolean"),
    ],
)
def test_each_field_of_a_plugin_is_checked(changes: dict[str, Any], named: str) -> None:
    assert f", {named} must be" in why_refused(discover([FakeClaim(lambda: plugin(**changes))]))


def test_an_attribute_that_raises_is_survived() -> None:
    class Trap(DriverPlugin, frozen=True):
        def __getattribute__(self, name: str) -> Any:
            if name == "summary":
                raise SystemExit(3)
            return super().__getattribute__(name)

    trap = Trap(name="acme", summary="", check=no_faults, create=never_created)
    assert "Looking at acme_pump:plugin failed with SystemExit: 3." in why_refused(discover([FakeClaim(lambda: trap)]))


def test_an_error_that_cannot_be_printed_is_named_by_its_type() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert why_refused(discover([FakeClaim(raising(MuteError()))])).endswith("failed with MuteError.")


def test_a_long_error_message_is_cut_and_kept_on_one_line() -> None:
    why = why_refused(discover([FakeClaim(raising(ImportError("x\n" * 10_000)))]))
    assert len(why) < CAUSE_KEPT_CHARACTERS + 100


def test_a_name_claimed_twice_is_given_to_neither_and_nothing_is_imported() -> None:
    imported: list[str] = []
    claims = [FakeClaim(lambda: imported.append("first")), FakeClaim(lambda: imported.append("second"))]
    claims[1].dist = FakePackage("other-pump", "3")
    registry = discover([*claims, FakeClaim(lambda: plugin(name="good"), name="good")])
    assert list(registry.loaded) == ["good"]
    assert imported == []
    assert [(refused.name, refused.origin) for refused in registry.refused] == [
        ("acme", "acme-pump 1.2"),
        ("acme", "other-pump 3"),
    ]
    assert all("acme-pump 1.2 and other-pump 3" in refused.why for refused in registry.refused)


@pytest.mark.parametrize("name", ["", " ", "two words", "x" * 65, "bell\a"], ids=repr)
def test_a_name_that_cannot_stand_in_a_configuration_is_refused(name: str) -> None:
    assert "A driver's name is" in why_refused(discover([FakeClaim(lambda: plugin(name=name), name=name)]))


def test_a_package_without_readable_metadata_is_said_to_be_unknown() -> None:
    class Unreadable:
        @property
        def name(self) -> NoReturn:
            raise OSError

    registry = discover([FakeClaim(plugin, dist=None), FakeClaim(plugin, name="b", dist=Unreadable())])
    assert registry.loaded["acme"].origin == "an unknown package of unknown version"
    assert registry.refused[0].origin == "an unknown package of unknown version"


def test_broken_metadata_of_the_whole_environment_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", raising(UnicodeError("bad byte")))
    assert why_refused(discover()) == "The list of installed drivers could not be read: UnicodeError: bad byte."


def test_a_real_entry_point_whose_module_exits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "exits_at_import.py").write_text("raise SystemExit('no licence key')\n")
    monkeypatch.syspath_prepend(tmp_path)
    claim = importlib.metadata.EntryPoint("acme", "exits_at_import:plugin", GROUP)
    assert "SystemExit: no licence key" in why_refused(discover([claim]))


def test_a_check_that_answers_properly_is_passed_on() -> None:
    assert loaded(check=lambda _options: ["device: is missing"]).faults({}) == ["device: is missing"]


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(2)], ids=["error", "exit"])
def test_a_check_that_raises_is_a_fault(error: BaseException) -> None:
    (fault,) = loaded(check=raising(error)).faults({})
    assert type(error).__name__ in fault


@pytest.mark.parametrize("answer", [None, "device: is missing", [1]], ids=["none", "text", "numbers"])
def test_a_check_that_answers_nonsense_is_a_fault(answer: object) -> None:
    (fault,) = loaded(check=lambda _options: answer).faults({})
    assert "not a list of sentences" in fault
