"""XRPC as a server speaks it: calls, errors, parameters checked as the lexicons say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .ids import parse_time
from .views import Views

if TYPE_CHECKING:
    from .people import Person
    from .world import World

Json = dict[str, Any]


class XrpcError(Exception):
    """An answer that is an error: status, name and message as the network writes them."""

    def __init__(self, status: int, error: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {error}: {message}")
        self.status = status
        self.error = error
        self.message = message
        self.headers = headers or {}


def invalid(message: str) -> XrpcError:
    """400 InvalidRequest"""
    return XrpcError(400, "InvalidRequest", message)


def broken() -> XrpcError:
    """502, as the PDS answers when the AppView could not make sense of a cursor."""
    return XrpcError(502, "InternalServerError", "Internal Server Error")


@dataclass(frozen=True, slots=True)
class Param:
    """One query parameter: "str", "int", "bool" or "list"; for a list, `high` bounds the length."""

    kind: str = "str"
    required: bool = False
    low: int | None = None
    high: int | None = None
    default: Any = None


LIMIT = Param("int", low=1, high=100, default=50)
CURSOR = Param()


@dataclass(slots=True)
class Call:
    """One call as its method sees it."""

    world: World
    params: Json
    body: Json
    base_url: str
    viewer: str | None = None
    scope: str = ""
    token: Json = field(default_factory=dict)
    raw: bytes = b""
    mime: str = ""
    """What was sent, and as what, where that is no JSON."""

    @property
    def views(self) -> Views:
        return Views(self.world, self.viewer)

    @property
    def me(self) -> str:
        """The DID that is logged in; only for methods that ask for a login."""
        if self.viewer is None:
            raise XrpcError(401, "AuthMissing", "Authentication Required")
        return self.viewer

    def now(self) -> str:
        from .ids import iso

        return iso(self.world.clock())

    def actor(self, name: str, key: str = "actor", missing: str = "Profile not found") -> Person:
        """The person that a parameter names."""
        person = self.world.people.find(name)
        if person is None:
            raise invalid(missing)
        return person

    def need(self, *keys: str) -> None:
        """Raises the network's error where the body lacks a key."""
        for key in keys:
            if key not in self.body:
                raise invalid(f'Missing required key "{key}" at $')


@dataclass(frozen=True, slots=True)
class Method:
    """One XRPC method. `auth`: none, optional, access, refresh; `chat`: behind the chat proxy; `raw`: of bytes."""

    nsid: str
    handler: Callable[[Call], Json | None]
    params: dict[str, Param]
    write: bool
    auth: str
    chat: bool
    raw: bool

    @property
    def verb(self) -> str:
        return "POST" if self.write else "GET"


METHODS: dict[str, Method] = {}


def method(
    nsid: str, *, write: bool = False, auth: str = "access", raw: bool = False, **params: Param
) -> Callable[[Callable[[Call], Json | None]], Callable[[Call], Json | None]]:
    """Registers the function that answers a method."""

    def register(handler: Callable[[Call], Json | None]) -> Callable[[Call], Json | None]:
        METHODS[nsid] = Method(nsid, handler, params, write, auth, nsid.startswith("chat.bsky."), raw)
        return handler

    return register


def read_params(rules: Method, pairs: list[tuple[str, str]]) -> Json:
    """The parameters of a query by the method's rules. Raises XrpcError 400."""
    given: dict[str, list[str]] = {}
    for key, value in pairs:
        given.setdefault(key, []).append(value)
    params: Json = {}
    for name, rule in rules.params.items():
        values = given.get(name) or given.get(name + "[]")
        if not values:
            if rule.required:
                raise _wrong(rules, f'Missing required key "{name}"')
            params[name] = [] if rule.kind == "list" else rule.default
        else:
            params[name] = _value(rules, rule, values)
    return params


def _value(rules: Method, rule: Param, values: list[str]) -> Any:
    if rule.kind == "list":
        if rule.high is not None and len(values) > rule.high:
            raise _wrong(rules, f"array too big (maximum {rule.high}, got {len(values)})")
        return values
    text = values[-1]
    if rule.kind == "bool":
        return text == "true"
    if rule.kind == "int":
        try:
            number = int(text)
        except ValueError:
            raise _wrong(rules, f'Expected integer value type (got "{text}")') from None
        if rule.high is not None and number > rule.high:
            raise _wrong(rules, f"integer too big (maximum {rule.high}, got {number})")
        if rule.low is not None and number < rule.low:
            raise _wrong(rules, f"integer too small (minimum {rule.low}, got {number})")
        return number
    return text


def _wrong(rules: Method, what: str) -> XrpcError:
    return invalid(f"Invalid {rules.nsid} params: {what}")


def check_time_cursor(cursor: str | None) -> str | None:
    """A cursor that is an ISO time, unchanged. Raises the 502 of a bad one."""
    if cursor is None:
        return None
    try:
        parse_time(cursor)
    except ValueError:
        raise broken() from None
    return cursor


def offset_page(items: list[Any], cursor: str | None, limit: int) -> tuple[list[Any], str | None]:
    """A page of a list by an offset cursor, and the cursor of the next one."""
    if cursor is not None and not cursor.isdigit():
        raise broken()
    start = int(cursor or 0)
    after = start + limit
    return items[start:after], str(after) if after < len(items) else None
