"""Apps, logins and tokens of the sandbox's Mastodon face: OAuth 2 with PKCE, codes shown or sent back.

After docs.joinmastodon.org/methods/oauth and RFC 7636. Apps and tokens are signed by the world's seed and kept
nowhere, so they outlive a restart; a code works once and for ten minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .asgi import Answer
from .mastodon_calls import ApiError, Call, route
from .mastodon_ids import account_number
from .people import ADA

if TYPE_CHECKING:
    from .world import World

Json = dict[str, Any]
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
CODE_SECONDS = 600
_TOP = ("read", "write", "follow", "push", "profile")
_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in "
    "the authorization request, or was issued to another client."
)
_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or unsupported "
    "authentication method."
)


def fixed_token(world: World, key: str = ADA) -> str:
    """The token that works at once, for the person with a short name. Raises KeyError where there is nobody."""
    return f"sandbox-mastodon-{world.people.by_key[key].key}"


def who(world: World, token: str) -> tuple[str | None, frozenset[str]]:
    """The person (None: an app alone) and the scopes of a token. Raises ApiError 401 for one that is none."""
    if token in world.revoked:
        raise ApiError(401, "The access token was revoked")
    if token.startswith("sandbox-mastodon-"):
        person = world.people.by_key.get(token.removeprefix("sandbox-mastodon-"))
        if person is not None:
            return person.did, frozenset(("read", "write", "follow", "push"))
    claims = _read(world, "token", token)
    if claims is None or (claims["did"] is not None and claims["did"] not in world.people.by_did):
        raise ApiError(401, "The access token is invalid")
    return claims["did"], frozenset(claims["scope"].split())


def _sign(world: World, text: str) -> str:
    digest = hmac.new(f"mastodon {world.seed}".encode(), text.encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")


def _write(world: World, kind: str, claims: Json) -> str:
    raw = json.dumps({**claims, "kind": kind}, separators=(",", ":")).encode()
    body = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return f"{body}.{_sign(world, body)}"


def _read(world: World, kind: str, text: str) -> Json | None:
    """The content of what `_write` has made; None for anything else."""
    body, _, signature = text.rpartition(".")
    if not hmac.compare_digest(_sign(world, body).encode(), signature.encode("utf-8", "replace")):
        return None
    claims: Json = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims if claims["kind"] == kind else None


def _nonce(world: World) -> list[float]:
    """What makes a code or a token different from all others."""
    world.logins += 1
    return [world.clock().timestamp(), world.logins]


def _fits(scope: str, granted: str) -> bool:
    """Whether all of a list of scopes is part of another."""
    have = set(granted.split())
    return all(one in have or one.partition(":")[0] in have for one in scope.split())


# -- apps -------------------------------------------------------------------------------------------------


@route("POST", "/api/v1/apps")
def register(call: Call) -> Json:
    name, uris = call.text("client_name"), call.params.get("redirect_uris", "")
    if isinstance(uris, list) and call.gotosocial:  # recorded: a list is refused there
        raise ApiError(400, "Bad Request: redirect_uris must be a string")
    places = [str(one) for one in uris] if isinstance(uris, list) else str(uris).split()
    scope = call.text("scopes") or "read"
    if not name or not places:
        missing = "Application name" if not name else "Redirect URI"
        raise ApiError(422, f"Validation failed: {missing} can't be blank")
    if any(one.partition(":")[0] not in (*_TOP, "admin") for one in scope.split()):
        raise ApiError(422, "Validation failed: Scopes doesn't match configured on the server.")
    app = {"name": name, "uris": places, "scope": scope, "website": call.text("website") or None}
    client_id = _write(call.world, "app", app)
    view = _app(call.world, client_id)
    return view | {
        "client_id": client_id,
        "client_secret": _sign(call.world, "secret " + client_id),
        "client_secret_expires_at": 0,
    }


def _app(world: World, client_id: str) -> Json:
    app = _read(world, "app", client_id) or {"name": "tweetdesk", "website": None, "scope": "read", "uris": []}
    return {
        "id": account_number(client_id)[:6],
        "name": app["name"],
        "website": app["website"],
        "scopes": app["scope"].split(),
        "redirect_uris": app["uris"],
        "redirect_uri": "\n".join(app["uris"]),
        "vapid_key": "BNotAKey",
    }


@route("GET", "/api/v1/apps/verify_credentials", "read")
def verify_app(call: Call) -> Json:
    claims = _read(call.world, "token", call.token)
    return _app(call.world, claims["app"] if claims is not None else "")


# -- the page on which one agrees --------------------------------------------------------------------------


def _page(title: str, body: str, status: int = 200) -> Answer:
    text = (
        f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title></head><body>{body}</body></html>"
    )
    return Answer(status, raw=text.encode(), content_type="text/html; charset=utf-8")


def _request(call: Call) -> tuple[Json, Answer | None]:
    """The app of an authorization request, or the page that says what is wrong with it."""
    app = _read(call.world, "app", call.text("client_id"))
    if app is None:
        return {}, _page("Error", f"<h1>An error has occurred</h1><p>{_CLIENT}</p>", 401)
    if call.text("redirect_uri") not in app["uris"]:
        return {}, _page("Error", "<h1>Error</h1><p>The redirect URI included is not valid.</p>", 400)
    if call.text("response_type") != "code":
        return {}, _page("Error", "<h1>Error</h1><p>The server does not support this response type.</p>", 400)
    if not _fits(call.text("scope") or "read", app["scope"]):
        return {}, _page("Error", "<h1>Error</h1><p>The requested scope is invalid.</p>", 400)
    return app, None


@route("GET", "/oauth/authorize")
def authorize_page(call: Call) -> Answer:
    app, trouble = _request(call)
    if trouble is not None:
        return trouble
    names = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge")
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(call.text(name))}">'
        for name in (*names, "code_challenge_method")
    )
    asked = html.escape(call.text("scope") or "read")
    return _page(
        "Authorization required",
        f"<h1>{html.escape(app['name'])} would like to use the account ada</h1><p>It asks for: {asked}</p>"
        f'<form method="post" action="/oauth/authorize">{fields}<button type="submit">Authorize</button>'
        '<button type="submit" name="deny" value="1">Deny</button></form>',
    )


@route("POST", "/oauth/authorize")
def authorize(call: Call) -> Answer:
    """Somebody agrees (`person`: who, by short name; usually our own account) or does not (`deny`)."""
    _, trouble = _request(call)
    if trouble is not None:
        return trouble
    place, given = call.text("redirect_uri"), {}
    person = call.world.people.by_key[call.text("person") or ADA]
    if call.flag("deny"):
        given = {"error": "access_denied", "error_description": "The resource owner denied the request."}
    else:
        claims = {
            "app": call.text("client_id"),
            "uri": place,
            "scope": call.text("scope") or "read",
            "did": person.did,
            "challenge": call.text("code_challenge"),
            "method": call.text("code_challenge_method") or "plain",
            "until": call.world.clock().timestamp() + CODE_SECONDS,
            "n": _nonce(call.world),
        }
        given = {"code": _write(call.world, "code", claims)}
    if place == OUT_OF_BAND:
        shown = html.escape(given.get("code", given.get("error_description", "")))
        return _page("Authorization code", f"<p>Copy this code:</p><code class=oauth-code>{shown}</code>")
    if call.text("state"):
        given["state"] = call.text("state")
    joint = "&" if "?" in place else "?"
    return Answer(302, headers={"location": f"{place}{joint}{urlencode(given)}"})


# -- tokens -----------------------------------------------------------------------------------------------


def _oauth_error(status: int, error: str, text: str) -> ApiError:
    return ApiError(status, error, error_description=text)


def _client(call: Call) -> str:
    """The client id of a request whose secret is right. Raises 401 invalid_client."""
    client, secret = call.text("client_id"), call.text("client_secret")
    kind, _, given = call.request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        client, _, secret = base64.b64decode(given).decode("utf-8", "replace").partition(":")
    right = _sign(call.world, "secret " + client)
    if _read(call.world, "app", client) is None or not hmac.compare_digest(right.encode(), secret.encode()):
        raise _oauth_error(401, "invalid_client", _CLIENT)
    return client


@route("POST", "/oauth/token")
def make_token(call: Call) -> Json:
    kind = call.text("grant_type")
    if kind not in ("authorization_code", "client_credentials"):
        text = "The authorization grant type is not supported by the authorization server."
        raise _oauth_error(400, "unsupported_grant_type", text)
    client = _client(call)
    app = _read(call.world, "app", client) or {}
    did, scope = None, call.text("scope") or "read"
    if kind == "authorization_code":
        code = _code(call, client)
        did, scope = code["did"], code["scope"]
    elif not _fits(scope, app["scope"]):
        raise _oauth_error(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    now = int(call.world.clock().timestamp())
    claims = {"app": client, "did": did, "scope": scope, "n": _nonce(call.world)}
    return {
        "access_token": _write(call.world, "token", claims),
        "token_type": "Bearer",
        "scope": scope,
        "created_at": now,
    }


def _code(call: Call, client: str) -> Json:
    """The claims of an authorization code, used up by this. Raises 400 invalid_grant."""
    text = call.text("code")
    claims = _read(call.world, "code", text)
    if claims is None or text in call.world.revoked or claims["app"] != client:
        raise _oauth_error(400, "invalid_grant", _GRANT)
    late = claims["until"] <= call.world.clock().timestamp()
    if late or claims["uri"] != call.text("redirect_uri") or not _proven(claims, call.text("code_verifier")):
        raise _oauth_error(400, "invalid_grant", _GRANT)
    call.world.revoked.add(text)
    return claims


def _proven(claims: Json, verifier: str) -> bool:
    """Whether the verifier fits the challenge of the authorization request (RFC 7636)."""
    if not claims["challenge"]:
        return True
    if claims["method"] == "plain":
        return hmac.compare_digest(str(claims["challenge"]), verifier)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(str(claims["challenge"]), digest)


@route("POST", "/oauth/revoke")
def revoke(call: Call) -> Json:
    client, token = _client(call), call.text("token")
    claims = _read(call.world, "token", token)
    if claims is not None and claims["app"] != client:
        text = "You are not authorized to revoke this token"
        raise _oauth_error(403, "unauthorized_client", text)
    call.world.revoked.add(token)
    return {}
