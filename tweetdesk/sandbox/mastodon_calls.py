"""Calls of the Mastodon API as a server sees them: routes, scopes, parameters, errors, pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from .asgi import Answer, Request
from .ids import iso
from .mastodon_ids import Directory, find_message, find_status

if TYPE_CHECKING:
    from .chat import Conversation, Message
    from .mastodon_inbox import Inbox
    from .people import Person
    from .records import Record
    from .world import World

Json = dict[str, Any]
T = TypeVar("T")
PAGING = ("max_id", "since_id", "min_id")


class ApiError(Exception):
    """An answer that is an error: status and the body's fields."""

    def __init__(self, status: int, error: str, **more: Any) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.body = {"error": error, **more}
        self.headers: dict[str, str] = {}


def not_found() -> ApiError:
    return ApiError(404, "Record not found")


def forbidden() -> ApiError:
    return ApiError(403, "This action is not allowed")


def unfit(what: str) -> ApiError:
    return ApiError(422, f"Validation failed: {what}")


@dataclass(slots=True)
class Call:
    """One call as its method sees it."""

    world: World
    directory: Directory
    request: Request
    gotosocial: bool
    params: Json
    path: dict[str, str] = field(default_factory=dict)
    viewer: str | None = None
    scopes: frozenset[str] = frozenset()
    token: str = ""
    honour_keys: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer."""

    @property
    def me(self) -> str:
        """The DID that is logged in; only for methods that ask for a login."""
        if self.viewer is None:
            raise ApiError(422, "This method requires an authenticated user")
        return self.viewer

    @property
    def views(self) -> Inbox:
        from .mastodon_inbox import Inbox

        return Inbox(self.world, self.directory, self.viewer, gotosocial=self.gotosocial)

    def now(self) -> str:
        return iso(self.world.clock())

    def flag(self, name: str) -> bool:
        """A parameter that is true or false."""
        return str(self.params.get(name, "")).lower() in ("true", "1", "on", "t")

    def text(self, name: str) -> str:
        value = self.params.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def texts(self, name: str) -> list[str]:
        """A parameter that is a list."""
        value = self.params.get(name)
        if value is None:
            return []
        return [str(one) for one in value] if isinstance(value, list) else [str(value)]

    def limit(self, default: int, most: int) -> int:
        text = self.text("limit")
        return min(int(text), most) if text.isdigit() and int(text) > 0 else default

    def account(self) -> Person:
        """The person whom the path names. Raises 404."""
        person = self.directory.by_number(self.path["id"])
        if person is None:
            raise not_found()
        return person

    def status(self, text: str | None = None) -> Record:
        """The post or repost that the path (or a text) names, if the viewer may see it. Raises 404."""
        record = find_status(self.world, text if text is not None else self.path["id"])
        if record is None or not self.views.visible(record):
            raise not_found()
        return record

    def message(self, text: str | None = None) -> tuple[Conversation, Message] | None:
        """The direct message that the path (or a text) names, if the viewer takes part."""
        found = find_message(self.world, text if text is not None else self.path["id"])
        return found if found is not None and self.viewer in found[0].members else None

    def page(self, items: Iterable[tuple[int, T]], default: int = 20, most: int = 40) -> list[T]:
        """A page of items by max_id, since_id and min_id, newest first; writes the Link header."""
        limit = self.limit(default, most)
        highest, since, lowest = (_bound(self.text(name)) for name in PAGING)
        found = sorted(items, key=lambda item: item[0], reverse=True)
        if highest is not None:
            found = [item for item in found if item[0] < highest]
        floor = max((bound for bound in (since, lowest) if bound is not None), default=None)
        if floor is not None:
            found = [item for item in found if item[0] > floor]
        page = found[-limit:] if lowest is not None else found[:limit]
        if page:
            self._link(page[0][0], page[-1][0], full=len(page) == limit)
        return [item for _, item in page]

    def _link(self, first: int, last: int, *, full: bool) -> None:
        """Some servers leave the lists out of the links (recorded of GoToSocial: types[])."""
        kept = [(key, value) for key, value in self.request.query if key not in PAGING]
        if self.gotosocial:
            kept = [(key, value) for key, value in kept if not key.endswith("[]")]
        place = f"{self.request.base_url}{self.request.path}"
        links = [f'<{place}?{urlencode([*kept, ("max_id", last)])}>; rel="next"'] if full else []
        links.append(f'<{place}?{urlencode([*kept, ("min_id", first)])}>; rel="prev"')
        self.headers["link"] = ", ".join(links)


def _bound(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


Handler = Callable[[Call], Any]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Route:
    """One method: `scope` is what the token needs ("": no token); `public`: works without one too."""

    verb: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    scope: str
    public: bool
    only_mastodon: bool

    @property
    def name(self) -> str:
        return f"{self.verb} {self.template}"


ROUTES: list[Route] = []


def route(
    verb: str, template: str, scope: str = "", *, public: bool = False, only_mastodon: bool = False
) -> Callable[[H], H]:
    """Registers the function that answers a method; fixed paths go before those with a name in them."""
    pattern = re.compile(re.sub(r":(\w+)", r"(?P<\1>[^/]+)", re.escape(template).replace(r"\:", ":")))

    def register(handler: H) -> H:
        ROUTES.append(Route(verb, template, pattern, handler, scope, public, only_mastodon))
        ROUTES.sort(key=lambda one: one.template.count(":"))
        return handler

    return register


def find_route(verb: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a call and the values that its path holds."""
    for one in ROUTES:
        match = one.pattern.fullmatch(path)
        if match is not None and one.verb == verb:
            return one, match.groupdict()
    return None


def allowed(scope: str, granted: frozenset[str]) -> bool:
    """Whether a token's scopes cover one: `read` covers `read:statuses`, `follow` the ties between people."""
    top, _, rest = scope.partition(":")
    ties = rest in ("follows", "blocks", "mutes")
    return scope in granted or top in granted or (ties and "follow" in granted)


def read_params(request: Request) -> Json:
    """Query and body as one object: `a[]` becomes a list, `a[b]` an object. Raises 400 for broken JSON."""
    kind = request.headers.get("content-type", "")
    given: Json = {}
    pairs = list(request.query)
    if kind.startswith("application/json") and request.body:
        try:
            body = json.loads(request.body)
        except ValueError:
            raise ApiError(400, "Error occurred while parsing request parameters") from None
        given = body if isinstance(body, dict) else {}
    elif kind.startswith("multipart/form-data"):
        pairs += _multipart(kind, request.body)
    elif request.body:
        pairs += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    for key, value in pairs:
        _put(given, key, value)
    return given


def _put(given: Json, key: str, value: str) -> None:
    name, _, rest = key.partition("[")
    if not rest:
        given[name] = value
    elif rest == "]" or rest.rstrip("]").isdigit():
        kept = given.setdefault(name, [])
        if isinstance(kept, list):
            kept.append(value)
    else:
        inner = given.setdefault(name, {})
        if isinstance(inner, dict):
            first, _, tail = rest.partition("]")
            _put(inner, first + tail, value)


def _multipart(kind: str, body: bytes) -> list[tuple[str, str]]:
    """The fields of a form that are no files."""
    return [(name, raw.decode("utf-8", "replace")) for name, _, file, raw in _parts(kind, body) if not file]


def sent_file(request: Request, name: str) -> tuple[str, bytes] | None:
    """A file of a form: its type and its bytes."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return None
    found = [(mime, raw) for field, mime, file, raw in _parts(kind, request.body) if file and field == name]
    return found[0] if found else None


def _parts(kind: str, body: bytes) -> Iterator[tuple[str, str, bool, bytes]]:
    """The parts of a form: name, type, whether it is a file, and bytes."""
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + body)
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        raw = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(raw, bytes):
            yield name, part.get_content_type(), part.get_filename() is not None, raw


def answer(call: Call, result: Any) -> Answer:
    """A handler's result as an HTTP answer."""
    made = result if isinstance(result, Answer) else Answer(200, result)
    made.headers |= call.headers
    return made
