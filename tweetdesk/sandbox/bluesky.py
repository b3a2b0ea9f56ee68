"""The sandbox's Bluesky face: an ASGI app that answers as a PDS with its AppView and chat service does."""

from __future__ import annotations

from . import (
    actor_methods,
    blob_methods,
    chat_methods,
    control,
    feed_methods,
    own_methods,
    repo_methods,
    server_methods,
    sessions,
)
from .asgi import Answer, ASGIApp, Receive, Request, Scope, Send, json_object, lifespan, read, respond
from .faults import Fault, carried_out, strike
from .server_methods import refuse_chat
from .world import World
from .xrpc import METHODS, Call, Json, Method, XrpcError, invalid, read_params

CHAT_PROXY = "did:web:api.bsky.chat#bsky_chat"
WINDOW = 300
"""Seconds in which the rate limit counts."""

_GROUPS = (server_methods, repo_methods, feed_methods, actor_methods, own_methods, chat_methods, blob_methods)


def face(world: World) -> ASGIApp:
    """The ASGI app of a world.

    It raises `tweetdesk.sandbox.faults.Dropped` where a fault breaks the connection.
    """
    return _Face(world)


class _Face:
    def __init__(self, world: World) -> None:
        self.world = world
        self.window = 0
        self.used = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        request = await read(scope, receive)
        try:
            answer = await self.answer(request)
        except XrpcError as error:
            answer = _error(error)
        await respond(answer, request, send)

    async def answer(self, request: Request) -> Answer:
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        nsid = request.path.removeprefix("/xrpc/")
        if not request.path.startswith("/xrpc/"):
            return Answer(404, {"error": "NotFound", "message": "Not Found"})
        if nsid == "_health":
            return Answer(200, {"version": "sandbox"})
        self.world.advance()
        fault = self.world.faults.take(nsid)
        if fault is not None:
            early = await self._before(fault)
            if early is not None:
                return early
        if fault is None:
            return self._call(nsid, request)
        return carried_out(fault, lambda: self._call(nsid, request), _trouble)

    def _control(self, request: Request) -> Answer:
        body = _json(request.body) if request.verb == "POST" else {}
        status, answer = control.answer(self.world, request.verb, request.path, body)
        return Answer(status, answer)

    def _call(self, nsid: str, request: Request) -> Answer:
        rules = METHODS.get(nsid)
        if rules is None or (rules.chat and request.headers.get("atproto-proxy") != CHAT_PROXY):
            raise XrpcError(501, "MethodNotImplemented", "Method Not Implemented")
        if request.verb != rules.verb:
            raise invalid(f"Incorrect HTTP method ({request.verb}) expected {rules.verb}")
        headers = self._limit()
        params = read_params(rules, request.query)
        body = _json(request.body) if rules.write and not rules.raw else {}
        call = Call(self.world, params, body, request.base_url)
        call.raw, call.mime = request.body, request.headers.get("content-type", "")
        _authenticate(rules, request, call)
        if rules.chat:
            refuse_chat(call)
        result = rules.handler(call)
        return Answer(200, result, headers)

    def _limit(self) -> dict[str, str]:
        """Counts the call. Raises 429 where the window is used up; else the headers that say what is left."""
        now = int(self.world.clock().timestamp())
        if now - now % WINDOW != self.window:
            self.window, self.used = now - now % WINDOW, 0
        self.used += 1
        headers = limit_headers(self.world.rate_limit, self.world.rate_limit - self.used, self.window + WINDOW)
        if self.used > self.world.rate_limit:
            wait = str(self.window + WINDOW - now)
            raise XrpcError(429, "RateLimitExceeded", "Rate Limit Exceeded", {**headers, "retry-after": wait})
        return headers

    async def _before(self, fault: Fault) -> Answer | None:
        """What a fault does to a call before it is executed."""
        await strike(fault)
        if fault.kind == "status":
            return _trouble(fault)
        if fault.kind == "expired":
            raise XrpcError(400, "ExpiredToken", "Token has expired")
        if fault.kind == "rate_limit":
            reset = int(self.world.clock().timestamp() + fault.seconds)
            headers = limit_headers(self.world.rate_limit, 0, reset)
            headers["retry-after"] = str(int(fault.seconds))
            raise XrpcError(429, "RateLimitExceeded", "Rate Limit Exceeded", headers)
        return None


def _trouble(fault: Fault) -> Answer:
    """The answer of a server in trouble."""
    usual = {"error": "InternalServerError", "message": "Internal Server Error"}
    return Answer(fault.status, usual if fault.body is None else fault.body, dict(fault.headers))


def limit_headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    """The ratelimit-* headers; `reset` in seconds since 1970."""
    return {
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(max(0, remaining)),
        "ratelimit-reset": str(reset),
        "ratelimit-policy": f"{limit};w={WINDOW}",
    }


def _authenticate(rules: Method, request: Request, call: Call) -> None:
    """Fills in who calls. Raises the network's errors for a missing, bad or expired token."""
    if rules.auth == "none":
        return
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        if rules.auth == "optional":
            return
        raise XrpcError(401, "AuthMissing", "Authentication Required")
    claims = sessions.verify(call.world, token.strip(), refresh=rules.auth == "refresh")
    call.viewer, call.scope, call.token = claims["sub"], claims["scope"], claims


def _json(raw: bytes) -> Json:
    """The JSON object of a body; an empty body is an empty object. Raises 400 for anything else."""
    return json_object(
        raw, broken=invalid("Unable to parse JSON body"), other=invalid("Expected object value type at $")
    )


def _error(error: XrpcError) -> Answer:
    return Answer(error.status, {"error": error.error, "message": error.message}, error.headers)
