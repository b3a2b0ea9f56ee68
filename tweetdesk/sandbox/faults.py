"""Things that go wrong on order: what a network, a proxy or a bad day does to a call and to its answer.

What each kind does; the same for every face:

    status          answers `status` with `body` and `headers`; the call is not carried out
    status_after    the same, but the call has been carried out: a 5xx after success
    twice           the call arrives twice, as from a proxy that repeats it; the answer is that to the second one
    drop_before     the connection breaks before the call is read
    drop_after      the call is carried out, and the connection breaks before the answer: a lost answer
    hang            no answer ever comes; the call is not carried out
    slow            the call is carried out after `seconds`
    expired         the token counts as expired, as the network says it; a fresh one works once this has been told
    rate_limit      429, with the wait of `seconds` as the network tells it
    html            200 with a page in place of the answer: a hotel's Wi-Fi
    broken_json     the answer breaks off in the middle
    missing_fields  the answer lacks fields

A fault is ordered for one method (an NSID, "POST /api/v1/statuses", X's name of an endpoint) or for all ("*"), for
the next `times` calls of it after `after` calls that go well: `after=1, kind="expired"` lets the token expire
between the first and the second post of a thread. In a test by `world.faults.add(...)`; from another process by
POST /_sandbox/faults with the same names as a JSON object, {"clear": true} forgets them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .asgi import Answer

KINDS = (
    "status",
    "status_after",
    "twice",
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
    """One fault in waiting: for which method, how many times yet (below zero: for ever), what.

    So many calls as `after` says still go well before it begins.
    """

    method: str
    times: int
    kind: str
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    after: int = 0


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
        after: int = 0,
    ) -> None:
        """Lets the next `times` calls of a method ("*": any) go wrong, once `after` of them went well.

        `status`, `body` (a JSON value; None: the usual error body) and `headers` belong to the kinds "status" and
        "status_after"; `seconds` to "slow" and, as the waiting time that is told, to "rate_limit".
        Raises ValueError for an unknown kind.
        """
        if kind not in KINDS:
            raise ValueError(f"no fault is called {kind!r}; there are {', '.join(KINDS)}")
        self.waiting.append(Fault(method, times, kind, status, body, dict(headers or {}), seconds, after))

    def clear(self) -> None:
        """Forgets all faults."""
        self.waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault for a call that comes in now, used up by one; None where all is well."""
        for fault in self.waiting:
            if fault.times != 0 and fault.method in ("*", method):
                if fault.after > 0:
                    fault.after -= 1
                    continue
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


def carried_out(fault: Fault, call: Callable[[], Answer], trouble: Callable[[Fault], Answer]) -> Answer:
    """The answer to a call that is carried out, whatever goes wrong then.

    `trouble` gives the answer that a face has for the kinds "status" and "status_after".
    """
    answer = call()
    if fault.kind == "twice":
        answer = call()
    if fault.kind == "status_after":
        return trouble(fault)
    return _spoilt(fault, answer)


def _spoilt(fault: Fault, answer: Answer) -> Answer:
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
