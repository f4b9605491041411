"""The oracle catches each wrong design that is built around the core, and finds nothing wrong with the right one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.proof.oracle_compare import RIGHT, Design
from tests.proof.oracle_counters import SLOW_ALONE_ON_GRID, Sums, compare_sums, lags_told_by
from tests.proof.oracle_lags import LagRule
from tests.proof.oracle_long import caught_at
from tests.proof.oracle_slow import SLOW_ALONE
from tests.proof.oracle_wrong import WRONG_DESIGNS, WRONG_LAGS


@pytest.mark.parametrize("design", WRONG_DESIGNS, ids=lambda design: str(design.name))
def test_a_wrong_design_is_caught(design: Design) -> None:
    assert caught_at(design) is not None


@pytest.mark.parametrize("design", [RIGHT, replace(RIGHT, taste=SLOW_ALONE)], ids=["all", "slow alone"])
def test_the_right_design_is_not_caught(design: Design) -> None:
    assert caught_at(design, within=30) is None


@pytest.mark.parametrize("rule", WRONG_LAGS.values(), ids=WRONG_LAGS.keys())
def test_a_wrong_rule_for_lags_is_told_from_what_the_core_shows(rule: LagRule) -> None:
    seed = next(seed for seed in range(100) if lags_told_by(rule, seed))
    sums = Sums()
    compare_sums(seed, SLOW_ALONE_ON_GRID, sums)
    assert sums.equal == 1
