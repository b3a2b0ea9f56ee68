"""Fixtures of the store's tests: real files in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from storekit import START

from tweetdesk.store.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An open, empty store."""
    opened = await Store.open(tmp_path / "data", clock=lambda: START)
    try:
        yield opened
    finally:
        await opened.close()
