"""The sandbox's Mastodon face: an ASGI app that answers as a Mastodon server, or as GoToSocial, does."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from . import (
    control,
    mastodon_accounts,
    mastodon_extras,
    mastodon_media,
    mastodon_oauth,
    mastodon_search,
    mastodon_server,
    mastodon_statuses,
    mastodon_timelines,
)
from .asgi import Answer, ASGIApp, Receive, Request, Scope, Send, lifespan, read, respond
from .faults import Fault, carried_out, strike
from .mastodon_calls import ApiError, Call, Json, Route, allowed, answer, find_route, read_params
from .mastodon_ids import HOST, Directory, account_number, find_status, number
from .mastodon_streams import PATHS, Streams, socket_token
from .people import ADA
from .world import World

WINDOW = 300
"""Seconds in which the rate limit counts."""
FLAVOURS = ("mastodon", "gotosocial")
_GROUPS = (
    mastodon_accounts,
    mastodon_media,
    mastodon_oauth,
    mastodon_search,
    mastodon_server,
    mastodon_statuses,
    mastodon_timelines,
)


def face(world: World, *, honour_keys: bool = True, streaming: bool = True, flavour: str = "mastodon") -> ASGIApp:
    """The ASGI app of a world.

    `honour_keys` off: Idempotency-Key is ignored, as GoToSocial does; `streaming` off: neither SSE nor WebSocket;
    `flavour` "gotosocial": what that server lacks is not there, and its errors are worded as there.
    It raises `tweetdesk.sandbox.faults.Dropped` where a fault breaks the connection; a fault's method is the verb
    and the path's template ("GET /api/v1/timelines/home"). The limit is a tenth of `world.rate_limit`.
    Raises ValueError for an unknown flavour.
    """
    if flavour not in FLAVOURS:
        raise ValueError(f"no flavour is called {flavour!r}; there are {', '.join(FLAVOURS)}")
    mastodon_extras.write(world)
    gotosocial = flavour == "gotosocial"
    return _Face(world, honour_keys=honour_keys and not gotosocial, streaming=streaming, gotosocial=gotosocial)


def token(world: World, key: str = ADA) -> str:
    """A token that works at once for the person with a short name. Raises KeyError where there is nobody."""
    return mastodon_oauth.fixed_token(world, key)


def account_id(world: World, key: str = ADA) -> str:
    """The id of the account of the person with a short name. Raises KeyError where there is nobody."""
    return account_number(world.people.by_key[key].did)


def status_id(uri: str) -> str:
    """The id here of a post of the world, by its at-uri."""
    return str(number(uri.rpartition("/")[2]))


def status_uri(world: World, ident: str) -> str:
    """The at-uri of the post with an id. Raises KeyError where there is none."""
    record = find_status(world, ident)
    if record is None:
        raise KeyError(ident)
    return record.uri


class _Face:
    def __init__(self, world: World, *, honour_keys: bool, streaming: bool, gotosocial: bool) -> None:
        self.world = world
        self.honour_keys = honour_keys
        self.streaming = streaming
        self.gotosocial = gotosocial
        self.directory = Directory(world)
        self.streams = Streams(world)
        self.used: dict[tuple[str, int], int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            request = await read(scope, receive)
            request.path = request.path.rstrip("/") or "/"
            try:
                found = await self.answer(request, receive, send)
            except ApiError as error:
                found = self._error(error)
            if found is not None:
                await respond(found, request, send)

    # -- HTTP ---------------------------------------------------------------------------------------------

    async def answer(self, request: Request, receive: Receive, send: Send) -> Answer | None:
        """The answer to a request; None where it was a stream and is over."""
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        self.world.advance()
        streams = self.streaming and not self.gotosocial and request.verb == "GET"
        found = find_route(request.verb, request.path)
        name = found[0].name if found is not None else f"{request.verb} {request.path}"
        fault = self.world.faults.take(name)
        if fault is not None:
            early = await self._before(fault)
            if early is not None:
                return early
        if streams and request.path in PATHS:
            call = self._authenticated(request, None, {})
            await self.streams.serve_lines(call, PATHS[request.path], receive, send)
            return None
        if found is None or (found[0].only_mastodon and self.gotosocial):
            raise ApiError(404, "Not Found")
        rules, path = found
        if fault is None:
            return self._call(request, rules, path)
        return carried_out(fault, lambda: self._call(request, rules, path), _trouble)

    def _call(self, request: Request, rules: Route, path: dict[str, str]) -> Answer:
        call = self._authenticated(request, rules, path)
        limits = self._limit(call.token)
        if call.viewer is not None:
            mastodon_accounts.end_mutes_in_time(call)
        try:
            made = answer(call, rules.handler(call))
        except ApiError as error:
            error.headers |= limits
            raise
        made.headers |= limits
        return made

    def _authenticated(self, request: Request, rules: Route | None, path: dict[str, str]) -> Call:
        """The call with who calls. Raises 401 for a missing or bad token, 403 for one without the permission."""
        params = read_params(request)
        call = Call(self.world, self.directory, request, self.gotosocial, params, path)
        call.honour_keys = self.honour_keys
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = bearer.strip() if kind.lower() == "bearer" else str(params.get("access_token", ""))
        scope = rules.scope if rules is not None else "read:statuses"
        if given:
            call.viewer, call.scopes = mastodon_oauth.who(self.world, given)
            call.token = given
        elif scope and (rules is None or not rules.public):
            raise ApiError(401, "The access token is invalid")
        if given and scope and not allowed(scope, call.scopes):
            raise ApiError(403, "This action is outside the authorized scopes")
        return call

    def _limit(self, token: str) -> dict[str, str]:
        """Counts a call of a token. Raises 429 where its window is used up; else the headers with what is left."""
        now = int(self.world.clock().timestamp())
        start, most = now - now % WINDOW, max(1, self.world.rate_limit // 10)
        used = self.used[token, start] = self.used.get((token, start), 0) + 1
        headers = _limit_headers(most, most - used, start + WINDOW)
        if used > most:
            error = ApiError(429, "Too many requests")
            error.headers = headers
            raise error
        return headers

    async def _before(self, fault: Fault) -> Answer | None:
        """What a fault does to a call before it is executed."""
        await strike(fault)
        if fault.kind == "status":
            return _trouble(fault)
        if fault.kind == "expired":
            raise ApiError(401, "The access token is invalid")
        if fault.kind == "rate_limit":
            error = ApiError(429, "Too many requests")
            most = max(1, self.world.rate_limit // 10)
            error.headers = _limit_headers(most, 0, self.world.clock().timestamp() + fault.seconds)
            raise error
        return None

    def _error(self, error: ApiError) -> Answer:
        body, status = dict(error.body), error.status
        if self.gotosocial and "error_description" not in body:
            if status == 422:
                status, body["error"] = 400, "Bad Request: " + body["error"].removeprefix("Validation failed: ")
            elif status == 401:
                body["error"] = "Unauthorized: token not supplied"
            elif status == 404 and body["error"] != "Not Found":
                body["error"] = "Not Found: target status not found"
            elif status == 403:
                body["error"] = "Forbidden: " + body["error"]
        return Answer(status, body, error.headers)

    def _control(self, request: Request) -> Answer:
        """The sandbox's own endpoints; posts may be named by their id here too, and streams be ended."""
        body: Json = read_params(request) if request.verb == "POST" else {}
        if (request.verb, request.path) == ("POST", "/_sandbox/streams/end"):
            return Answer(200, {"ended": self.streams.hang_up()})
        record = find_status(self.world, str(body.get("id", "")))
        if record is not None:
            body["uri"] = record.uri
        status, made = control.answer(self.world, request.verb, request.path, body)
        return Answer(status, made)

    # -- WebSocket ----------------------------------------------------------------------------------------

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        self.world.advance()
        given, protocol = socket_token(scope)
        query = scope.get("query_string", b"").decode("latin-1")
        try:
            if scope["path"].rstrip("/") != "/api/v1/streaming" or not self.streaming:
                raise ApiError(404, "Not Found")
            call = self._socket_call(given, query)
        except ApiError as error:
            await _refuse(error, scope, send)
            return
        await self.streams.serve_socket(call, receive, send, protocol)

    def _socket_call(self, token: str, query: str) -> Call:
        """The call of a WebSocket. Raises 401 for a missing or bad token."""
        from urllib.parse import parse_qsl

        headers = {"authorization": f"Bearer {token}"} if token else {}
        request = Request("GET", "/api/v1/streaming", parse_qsl(query), headers, b"", f"https://{HOST}")
        return self._authenticated(request, None, {})


def _trouble(fault: Fault) -> Answer:
    """The answer of a server in trouble."""
    body = {"error": "Something went wrong on our end"} if fault.body is None else fault.body
    return Answer(fault.status, body, dict(fault.headers))


async def _refuse(error: ApiError, scope: Scope, send: Send) -> None:
    """Answers a WebSocket's opening with an error (the ASGI extension, where the server has it; else 403)."""
    if "websocket.http.response" in (scope.get("extensions") or {}):
        headers = [(b"content-type", b"application/json")]
        start = {"type": "websocket.http.response.start", "status": error.status, "headers": headers}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": json.dumps(error.body).encode()})
    else:
        await send({"type": "websocket.close", "code": 1008})


def _limit_headers(limit: int, remaining: int, reset: float) -> dict[str, str]:
    """The X-RateLimit-* headers; the reset as an ISO time, as Mastodon writes it."""
    until = datetime.fromtimestamp(reset, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(max(0, remaining)),
        "x-ratelimit-reset": until,
    }


__all__ = ["HOST", "account_id", "face", "status_id", "status_uri", "token"]
