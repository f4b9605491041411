"""Gives each test a database in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.storage.unit_of_work import Store
from stored_rows import START_US


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store.open("sqlite://", START_US)
    yield opened
    opened.close()
