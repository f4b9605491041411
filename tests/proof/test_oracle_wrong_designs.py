"""The oracle catches each wrong design that is built around the core, and finds nothing wrong with the right one."""

from __future__ import annotations

import pytest

from tests.proof.oracle_compare import RIGHT, Design
from tests.proof.oracle_long import caught_at
from tests.proof.oracle_wrong import WRONG_DESIGNS


@pytest.mark.parametrize("design", WRONG_DESIGNS, ids=lambda design: str(design.name))
def test_a_wrong_design_is_caught(design: Design) -> None:
    assert caught_at(design) is not None


def test_the_right_design_is_not_caught() -> None:
    assert caught_at(RIGHT, within=30) is None
