"""Things that go wrong on order: what a network, a proxy or a bad day does to an answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from .asgi import Answer

KINDS = (
    "status",
    "html",
    "broken_json",
    "missing_fields",
    "hang",
    "drop_before",
    "drop_after",
    "expired",
    "rate_limit",
    "slow",
)


class Dropped(ConnectionError):
    """The connection broke: raised out of the ASGI app instead of an answer."""


@dataclass(slots=True)
class Fault:
    """One fault in waiting: for which method, how many times yet (below zero: for ever), what."""

    method: str
    times: int
    kind: str
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 1.0


class Faults:
    """The faults that wait for calls."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(
        self,
        method: str = "*",
        times: int = 1,
        kind: str = "status",
        *,
        status: int = 500,
        body: Any = None,
        headers: dict[str, str] | None = None,
        seconds: float = 1.0,
    ) -> None:
        """Lets the next `times` calls of a method ("*": any) go wrong.

        `status`, `body` (a JSON value; None: the usual error body) and `headers` belong to kind "status";
        `seconds` to "slow" and, as the waiting time that is told, to "rate_limit".
        Raises ValueError for an unknown kind.
        """
        if kind not in KINDS:
            raise ValueError(f"no fault is called {kind!r}; there are {', '.join(KINDS)}")
        self.waiting.append(Fault(method, times, kind, status, body, dict(headers or {}), seconds))

    def clear(self) -> None:
        """Forgets all faults."""
        self.waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault for a call that comes in now, used up by one; None where all is well."""
        for fault in self.waiting:
            if fault.times != 0 and fault.method in ("*", method):
                fault.times -= 1
                if fault.times == 0:
                    self.waiting.remove(fault)
                return fault
        return None


def without_fields(body: Any) -> Any:
    """The answer with the first item of each list stripped of all but its first field."""
    if isinstance(body, list) and body and isinstance(body[0], dict):
        return [dict(list(body[0].items())[:1]), *body[1:]]
    if not isinstance(body, dict):
        return body
    stripped: dict[str, Any] = {}
    for key, value in body.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            first = dict(list(value[0].items())[:1])
            for name, inner in value[0].items():
                if name == "post" and isinstance(inner, dict):
                    first = {"post": {"uri": inner.get("uri", "")}}
            stripped[key] = [first, *value[1:]]
        elif isinstance(value, dict) and "post" in value:
            stripped[key] = {**value, "post": {"uri": value["post"].get("uri", "")}}
        else:
            stripped[key] = value
    return stripped


async def strike(fault: Fault) -> None:
    """What a fault does before a call is read: breaks the connection, hangs, or takes its time."""
    if fault.kind == "drop_before":
        raise Dropped("the connection broke before the call was read")
    if fault.kind == "hang":
        await asyncio.Event().wait()
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)


def spoil(fault: Fault, answer: Answer) -> Answer:
    """What a fault does to an answer on its way back."""
    if fault.kind == "drop_after":
        raise Dropped("the connection broke before the answer arrived")
    if fault.kind == "html":
        page = b"<!doctype html><html><head><title>Welcome</title></head><body>Log in to the Wi-Fi</body></html>"
        return Answer(200, raw=page, content_type="text/html; charset=utf-8")
    if fault.kind == "broken_json":
        whole = answer.encoded()
        return Answer(answer.status, headers=answer.headers, raw=whole[: max(1, len(whole) // 2)])
    if fault.kind == "missing_fields":
        return Answer(answer.status, without_fields(answer.body), answer.headers)
    return answer
