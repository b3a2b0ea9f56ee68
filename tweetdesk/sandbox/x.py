"""The sandbox's X face: an ASGI app that answers as the X API v2 does, prices and limits included.

Written after X's documentation (docs.x.com) and its OpenAPI documents 2.166 and 2.167.
"""

from __future__ import annotations

from typing import Any

from . import control, x_media, x_reads, x_timelines, x_writes
from .asgi import Answer, ASGIApp, Receive, Request, Scope, Send, json_object, lifespan, read, respond
from .faults import Fault, carried_out, strike
from .world import World
from .x_call import Call, XProblem, forbidden, invalid, plain, read_query, unauthorized, vocabulary
from .x_ids import user_id
from .x_login import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    OAUTH1,
    OAUTH1_TOKEN,
    OAUTH1_TOKEN_SECRET,
    authorize,
    revoke_endpoint,
    token_endpoint,
    who_calls,
)
from .x_routes import ROUTES, Route, find
from .x_state import STATIC, WINDOW, Grant, State, state_of

Json = dict[str, Any]
PREFIXES = ("/2/", "/i/oauth2/authorize")
"""The paths that this face answers, beside `/_sandbox/`."""
VERSION = "2.167"
SWITCHES = ("credits", "spend_cap", "words", "owner", "oauth1_access", "limits", "processing")
"""What POST /_sandbox/billing sets, each as `State` calls it."""
_GROUPS = (x_media, x_reads, x_timelines, x_writes)
_LOGIN = {"/2/oauth2/token": token_endpoint, "/2/oauth2/revoke": revoke_endpoint}


def face(world: World) -> ASGIApp:
    """The ASGI app of a world.

    It raises `tweetdesk.sandbox.faults.Dropped` where a fault breaks the connection. A fault's method is the name
    of an endpoint ("GET /2/users/:id/mentions", see `x_routes.ROUTES`; "POST /2/oauth2/token"), or "*".
    """
    return _Face(world)


def token(world: World, key: str = "ada") -> str:
    """A bearer token of a person (short name) that works at once, with all scopes, and never expires.

    Raises KeyError for somebody unknown.
    """
    return STATIC + world.people.by_key[key].key


def oauth1_token(world: World) -> str:
    """The OAuth 1.0a token of our account in the form that X gives it: the account's number comes first."""
    return f"{account_id(world)}-{OAUTH1_TOKEN}"


def account_id(world: World, key: str = "ada") -> str:
    """The number of a person (short name) on X. Raises KeyError for somebody unknown."""
    return user_id(world.people.by_key[key].did)


class _Face:
    def __init__(self, world: World) -> None:
        self.world = world
        self.state = state_of(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        request = await read(scope, receive)
        try:
            answer = await self.answer(request)
        except XProblem as problem:
            answer = _problem(problem)
        answer.headers.setdefault("api-version", VERSION)
        await respond(answer, request, send)

    async def answer(self, request: Request) -> Answer:
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        self.world.advance()
        name, route, arguments = self._endpoint(request)
        fault = self.world.faults.take(name)
        if fault is not None:
            early = await self._before(fault)
            if early is not None:
                return early

        def call() -> Answer:
            return self._login(request) if route is None else self._call(route, arguments, request)

        return call() if fault is None else carried_out(fault, call, _trouble)

    def _endpoint(self, request: Request) -> tuple[str, Route | None, dict[str, str]]:
        """The name of what is asked for. Raises 404 where there is nothing."""
        if request.path == "/i/oauth2/authorize" or (request.verb == "POST" and request.path in _LOGIN):
            return f"{request.verb} {request.path}", None, {}
        found = find(request.verb, request.path)
        if found is None:
            raise plain(404, "Not Found", "Not Found")
        return found[0].name, found[0], found[1]

    def _login(self, request: Request) -> Answer:
        if request.path in _LOGIN:
            return _LOGIN[request.path](self.state, request)
        return authorize(self.state, request)

    def _control(self, request: Request) -> Answer:
        """The world's control, and /_sandbox/billing: the ledger (GET) and its switches (POST)."""
        body = _json(request.body) if request.verb == "POST" else {}
        if request.path == "/_sandbox/billing":
            for name, value in body.items():
                if name not in SWITCHES:
                    return Answer(
                        400, {"error": "KeyError", "message": f"{name} is none of {', '.join(SWITCHES)}"}
                    )
                setattr(self.state, name, value)
            return Answer(200, self.state.billing())
        status, answer = control.answer(self.world, request.verb, request.path, body)
        return Answer(status, answer)

    def _call(self, route: Route, arguments: dict[str, str], request: Request) -> Answer:
        grant = who_calls(self.state, request)
        _permit(route, grant)
        headers = self._limit(route, grant)
        try:
            self._pay()
            words = vocabulary(request.query, self.state.words)
            call = Call(self.world, self.state, grant.did, arguments, {}, {}, words)
            _check_path(call)
            read_query(call, route.kind, route.params, request.query)
            if request.verb in ("POST", "PUT"):
                call.body = _json(request.body)
            body = route.handler(call)
        except XProblem as problem:
            problem.headers = {**headers, **problem.headers}
            raise
        headers["x-access-level"] = self.state.oauth1_access
        return Answer(route.status, body, headers)

    def _limit(self, route: Route, grant: Grant) -> dict[str, str]:
        """Counts the call. Raises 429 where the window is used up; else the headers that say what is left."""
        left, reset = self.state.count(grant.did, route.name, route.limit)
        headers = limit_headers(self.state.limits.get(route.name, route.limit), left, reset)
        if left < 0:
            raise _too_many(headers)
        return headers

    def _pay(self) -> None:
        """Raises 402 where the credits are spent, and 403 where the month's cap is reached."""
        state = self.state
        if state.credits is not None and state.ledger.micros >= state.credits:
            body = {"title": "Payment Required", "detail": "credits depleted", "status": 402}
            raise XProblem(402, {**body, "type": "https://api.x.com/2/problems/credits-depleted"})
        month = self.world.clock().strftime("%Y-%m")
        spent = sum(day.micros for name, day in state.ledger.days.items() if name.startswith(month))
        if state.spend_cap is not None and spent >= state.spend_cap:
            body = {"title": "Forbidden", "detail": "Your monthly spend cap has been reached.", "status": 403}
            raise XProblem(403, {**body, "type": "https://api.x.com/2/problems/spend-cap-reached"})

    async def _before(self, fault: Fault) -> Answer | None:
        """What a fault does to a call before it is executed."""
        await strike(fault)
        if fault.kind == "status":
            return _trouble(fault)
        if fault.kind == "expired":
            raise unauthorized()
        if fault.kind == "rate_limit":
            raise _too_many(limit_headers(75, 0, int(self.world.clock().timestamp() + fault.seconds)))
        return None


def _trouble(fault: Fault) -> Answer:
    """The answer of a server in trouble."""
    title = {503: "Service Unavailable"}.get(fault.status, "Internal Server Error")
    usual = {"title": title, "detail": title, "type": "about:blank", "status": fault.status}
    return Answer(fault.status, usual if fault.body is None else fault.body, dict(fault.headers))


def _permit(route: Route, grant: Grant) -> None:
    """Raises 403 where the token lacks a scope (OAuth 2.0) or a permission (1.0a) that the endpoint needs."""
    if set(route.scopes) <= set(grant.scopes):
        return
    if grant.client == OAUTH1:
        detail = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
        kind = "https://api.twitter.com/2/problems/oauth1-permissions"
        raise XProblem(403, {"title": "Forbidden", "detail": detail, "type": kind, "status": 403})
    raise forbidden("You are not permitted to perform this action.")


def _check_path(call: Call) -> None:
    """Raises 400 for an argument of the path that is none: a number, or a username."""
    for name, value in call.arguments.items():
        if name == "username":
            fits = 1 <= len(value) <= 15 and value.isascii() and value.replace("_", "a").isalnum()
        else:
            fits = 1 <= len(value) <= 19 and value.isascii() and value.isdigit()
        if not fits:
            pattern = "^[A-Za-z0-9_]{1,15}$" if name == "username" else "^[0-9]{1,19}$"
            message = f"The `{name}` query parameter value [{value}] does not match {pattern}"
            raise invalid(message, {name: [value]}, call.words)


def limit_headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    """The x-rate-limit-* headers; `reset` in seconds since 1970."""
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(max(0, remaining)),
        "x-rate-limit-reset": str(reset),
    }


def _too_many(headers: dict[str, str]) -> XProblem:
    problem = plain(429, "Too Many Requests", "Too Many Requests")
    problem.headers = headers
    return problem


def _json(raw: bytes) -> Json:
    """The JSON object of a body; an empty body is an empty object. Raises 400 for anything else."""
    return json_object(
        raw, broken=invalid("The request body could not be parsed as JSON"), other=invalid("$: object expected")
    )


def _problem(problem: XProblem) -> Answer:
    return Answer(problem.status, problem.body, problem.headers, content_type="application/problem+json")


__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "CONSUMER_KEY",
    "CONSUMER_SECRET",
    "OAUTH1_TOKEN",
    "OAUTH1_TOKEN_SECRET",
    "PREFIXES",
    "ROUTES",
    "WINDOW",
    "State",
    "account_id",
    "face",
    "oauth1_token",
    "state_of",
    "token",
]
