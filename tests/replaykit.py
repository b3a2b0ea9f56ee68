"""What the servers that say what they are told have in common: the clock, and how an answer is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

NOW = datetime(2026, 11, 22, 18, 40, tzinfo=UTC)


class Clock:
    """A clock that moves only when it is told to, or when somebody sleeps by it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once; others have their turn."""
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def in_turn(answer: Any) -> Any:
    """The next of a list of answers, the last one for ever; anything but a list is itself."""
    if isinstance(answer, list):
        return answer.pop(0) if len(answer) > 1 else answer[0]
    return answer


def response(answer: Any, asked: object) -> httpx.Response:
    """An answer as it is sent; bytes are sent as they are. Raises an answer that is an exception.

    It is a value, (status, value), (status, value, headers), a response, or a function of what was asked that
    gives one of these.
    """
    if isinstance(answer, Callable):  # type: ignore[arg-type]
        answer = answer(asked)
    if isinstance(answer, httpx.Response):
        return answer
    if isinstance(answer, Exception):
        raise answer
    status, body, *headers = answer if isinstance(answer, tuple) else (200, answer)
    kept = headers[0] if headers else {}
    if isinstance(body, bytes):
        return httpx.Response(status, content=body, headers=kept)
    return httpx.Response(status, json=body, headers=kept)
