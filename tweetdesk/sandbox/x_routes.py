"""The endpoints of the X face: path, scopes, rate limit and parameters of each, and who answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .x_call import Call, Param

Json = dict[str, Any]
Handler = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; `name` ("GET /2/users/:id/mentions") is what faults and limits call it."""

    name: str
    verb: str
    pattern: re.Pattern[str]
    handler: Handler
    kind: str
    """Whose fields and expansions it takes: tweet, user, list, dm_event; empty: none."""
    limit: int
    """Requests of a user in 15 minutes (docs.x.com, rate limits)."""
    scopes: tuple[str, ...]
    status: int
    params: dict[str, Param]


ROUTES: dict[str, Route] = {}


def route(
    verb: str,
    path: str,
    *,
    kind: str = "",
    limit: int = 50,
    scopes: tuple[str, ...] = (),
    status: int = 200,
    params: dict[str, Param] | None = None,
) -> Callable[[Handler], Handler]:
    """Registers the function that answers an endpoint; `:name` in the path is an argument."""
    whole = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", path)

    def register(handler: Handler) -> Handler:
        name = f"{verb} {path}"
        pattern = re.compile(whole)
        ROUTES[name] = Route(name, verb, pattern, handler, kind, limit, scopes, status, params or {})
        return handler

    return register


def find(verb: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The endpoint of a request and the arguments in its path; fixed paths go before those with arguments."""
    found = None
    for one in ROUTES.values():
        match = one.pattern.fullmatch(path) if one.verb == verb else None
        if match is not None:
            arguments = match.groupdict()
            if not arguments:
                return one, arguments
            found = found or (one, arguments)
    return found
