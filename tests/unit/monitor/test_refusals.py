"""Why a value was refused is said in our own words, whatever pydantic found."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel, Field
from pydantic_core.core_schema import ErrorType

from monitor.refusals import cause_of, path_of

LIBRARY = "Input should be in the library's words"
CONTEXT = {
    "gt": 1, "ge": 1, "lt": 1, "le": 1, "multiple_of": 2, "min_length": 2, "max_length": 0,
    "expected": "'a' or 'b'", "pattern": "^a$", "error": ValueError("must be after 'from'"),
}  # fmt: skip


class Inner(BaseModel):
    """A table in a table."""

    until_at: int = Field(alias="until")


class Outer(BaseModel):
    """A table."""

    name: str
    inner: list[Inner] | None = None


def said(kind: str, found: object = "something", **context: Any) -> str:
    return cause_of({"type": kind, "input": found, "ctx": context}, ("key",), Outer)


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_no_sentence_of_the_library_reaches_a_person(kind: str) -> None:
    sentence = cause_of({"type": kind, "input": "x", "msg": LIBRARY, "ctx": CONTEXT}, ("key",), Outer)
    assert sentence
    assert LIBRARY not in sentence


def test_a_code_that_nobody_knows_yet_is_at_least_named() -> None:
    assert cause_of({"type": "moon_phase", "input": 5, "msg": "Wrong moon"}, ("key",), None) == (
        "is not what belongs here (moon_phase)"
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (-3, "must be greater than 0, not -3"),
        (-0.5, "must be greater than 0, not -0.5"),
        ("-3", "must be greater than 0"),
        (False, "must be greater than 0"),
        (-(10**40), "must be greater than 0"),
    ],
)
def test_only_a_number_of_bearable_length_is_repeated(found: object, expected: str) -> None:
    assert said("greater_than", found, gt=0) == expected


@pytest.mark.parametrize(
    ("kind", "found", "expected"),
    [
        ("int_type", "5", "must be a whole number, without quotes"),
        ("int_type", True, "must be a whole number, without quotes"),
        ("int_type", 5.0, "must be a whole number, without a decimal point"),
        ("int_type", 5.5, "must be a whole number, not 5.5"),
        ("float_type", "5", "must be a number, without quotes"),
        ("float_type", True, "must be a number, without quotes"),
        ("float_type", 10**400, "must be a number of fewer digits"),
    ],
)
def test_a_number_of_another_kind_is_not_told_of_quotes(kind: str, found: object, expected: str) -> None:
    assert said(kind, found) == expected


@pytest.mark.parametrize(
    ("kind", "found", "context", "expected"),
    [
        ("string_too_short", "", {"min_length": 1}, "must be at least 1 character long, not 0"),
        ("string_too_short", "a", {"min_length": 2}, "must be at least 2 characters long, not 1"),
        (
            "string_too_short",
            "  \t ",
            {"min_length": 1},
            "must be at least 1 character long, not 0 without the blanks around it",
        ),
        ("string_too_long", "abc", {"max_length": 2}, "must be at most 2 characters long, not 3"),
        ("string_too_long", b"abc", {"max_length": 2}, "must be at most 2 characters long"),
        ("too_short", [], {"min_length": 1}, "must have at least 1 entry, and has none"),
        ("too_long", [1, 2], {"max_length": 1}, "must have at most 1 entry, and has 2"),
        ("too_long", iter([1, 2]), {"max_length": 1}, "must have at most 1 entry"),
    ],
)
def test_a_length_is_said_with_its_bound_and_what_was_found(
    kind: str, found: object, context: dict[str, int], expected: str
) -> None:
    assert said(kind, found, **context) == expected


@pytest.mark.parametrize(
    ("location", "model", "expected"),
    [
        (("nam",), Outer, "is no key here; did you mean name?"),
        (("zzz",), Outer, "is no key here; there are inner, name"),
        (("inner", 0, "till"), Outer, "is no key here; did you mean until?"),
        (("zzz",), None, "is no key here"),
    ],
)
def test_a_strange_key_is_answered_with_those_that_there_are(
    location: tuple[str | int, ...], model: type[BaseModel] | None, expected: str
) -> None:
    assert cause_of({"type": "extra_forbidden", "input": 1}, location, model) == expected


def test_a_table_is_called_what_it_is_called_where_it_stands() -> None:
    detail = {"type": "model_attributes_type", "input": 1}
    assert cause_of(detail, (), Outer) == "must be a table"
    assert cause_of(detail, (), Outer, table="an object") == "must be an object"


def test_a_place_is_written_as_people_write_it() -> None:
    assert path_of(("pumps", 2, "options", "de vice")) == 'pumps[2].options."de vice"'
    assert path_of(("k" * 65,)) == f'"{"k" * 64}..."'
