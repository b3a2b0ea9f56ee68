"""Leaving a screen: once, however often and fast the key for it is pressed."""

from __future__ import annotations

from typing import Any

from textual.await_complete import AwaitComplete
from textual.screen import Screen


class LeftOnce(Screen[Any]):
    """A screen that can be dismissed only while it is on top: Textual's own takes away whatever is on top."""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Leave with a result; nothing happens if it has been left already."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
