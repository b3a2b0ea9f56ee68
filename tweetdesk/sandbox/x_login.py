"""Logins of the X face: OAuth 2.0 with PKCE (codes, single-use refresh tokens) and OAuth 1.0a signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
from urllib.parse import parse_qsl, quote, unquote, urlencode

from .asgi import Answer, Request
from .x_call import unauthorized
from .x_ids import user_id
from .x_state import SCOPES, Code, Grant, State

CLIENT_ID = "sandbox-x-client"
CLIENT_SECRET = "sandbox-x-client-secret"
"""Of the app as a confidential client; a public client gives no secret."""
CONSUMER_KEY = "sandbox-x-consumer-key"
CONSUMER_SECRET = "sandbox-x-consumer-secret"
OAUTH1_TOKEN = "sandbox-x-oauth1-token"
OAUTH1_TOKEN_SECRET = "sandbox-x-oauth1-token-secret"
"""The four static tokens of the app's owner, who is our account; the token may also begin with their number."""
OAUTH1 = "oauth1"
"""The client of a grant that came by a signature."""
CODE_SECONDS = 30
SKEW_SECONDS = 300
"""How far the clock of a client that signs may be off."""
NAMES = ("https://api.x.com", "https://api.twitter.com")
"""The names of the real hosts: a client that is led here by a proxy signs for one of them."""
_REDIRECT = re.compile(r"http://127\.0\.0\.1(?::\d{1,5})?/\S*|https://\S+")
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>{body}</body></html>"""


def issue(state: State, did: str, scopes: tuple[str, ...], client: str) -> dict[str, object]:
    """A new pair of tokens, as the token endpoint answers."""
    state.issued += 1
    name = hashlib.sha256(f"{state.world.seed}:{did}:{state.issued}".encode()).hexdigest()
    access, refresh = f"access-{name[:40]}", f"refresh-{name[24:]}"
    expires = state.world.clock().timestamp() + state.world.access_seconds
    state.access[access] = Grant(did, scopes, client, expires)
    body: dict[str, object] = {"token_type": "bearer", "expires_in": int(state.world.access_seconds)}
    body |= {"access_token": access, "scope": " ".join(scopes)}
    if "offline.access" in scopes:
        state.refresh[refresh] = Grant(did, scopes, client)
        body["refresh_token"] = refresh
    return body


# -- OAuth 2.0 ------------------------------------------------------------------------------------------------


def authorize(state: State, request: Request) -> Answer:
    """The page that asks for permission (GET), and what the buttons on it do (POST)."""
    given = dict(request.query)
    if request.verb == "POST":
        given |= dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if not _asks_well(given):
        body = "<p>You weren't able to give access to the App. Go back and try logging in again.</p>"
        return _page(400, "Something went wrong", body)
    if request.verb == "GET":
        return _page(200, "Authorize app", _form(given))
    back = {"state": given["state"]}
    if given.get("approve") == "false":
        back["error"] = "access_denied"
    else:
        back["code"] = _code(state, given)
    joint = "&" if "?" in given["redirect_uri"] else "?"
    return Answer(302, headers={"location": given["redirect_uri"] + joint + urlencode(back)})


def _asks_well(given: dict[str, str]) -> bool:
    needed = ("state", "code_challenge", "redirect_uri", "scope")
    scopes = given.get("scope", "").split()
    return (
        all(given.get(name) for name in needed)
        and given.get("response_type") == "code"
        and given.get("client_id") == CLIENT_ID
        and given.get("code_challenge_method", "plain") in ("S256", "plain")
        and bool(scopes)
        and set(scopes) <= set(SCOPES)
        and _REDIRECT.fullmatch(given["redirect_uri"]) is not None
    )


def _form(given: dict[str, str]) -> str:
    names = (
        "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    )  # fmt: skip
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(given[name])}">'
        for name in names
        if name in given
    )
    scopes = "".join(f"<li>{html.escape(scope)}</li>" for scope in given["scope"].split())
    return (
        f'<p>The sandbox app wants to access your account.</p><ul>{scopes}</ul><form method="post">{fields}'
        '<button name="approve" value="true">Authorize app</button>'
        '<button name="approve" value="false">Cancel</button></form>'
    )


def _page(status: int, title: str, body: str) -> Answer:
    page = _PAGE.format(title=title, body=body).encode()
    return Answer(status, raw=page, content_type="text/html; charset=utf-8")


def _code(state: State, given: dict[str, str]) -> str:
    state.issued += 1
    code = "code-" + hashlib.sha256(f"{state.world.seed}:code:{state.issued}".encode()).hexdigest()[:48]
    who = (
        state.world.people.by_key.get(given.get("user", "")) or state.world.people.by_did[state.world.account.did]
    )
    state.codes[code] = Code(
        who.did,
        tuple(given["scope"].split()),
        given["client_id"],
        given["redirect_uri"],
        given["code_challenge"],
        given.get("code_challenge_method", "plain"),
        state.world.clock().timestamp() + CODE_SECONDS,
    )
    return code


def _refused(status: int, error: str, description: str) -> Answer:
    return Answer(status, {"error": error, "error_description": description})


def token_endpoint(state: State, request: Request) -> Answer:
    """POST /2/oauth2/token: a code or a refresh token for a pair of tokens."""
    given = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    client = _client(request, given)
    if client is None:
        return _refused(401, "unauthorized_client", "Missing valid authorization header")
    if given.get("grant_type") == "authorization_code":
        return _exchange(state, client, given)
    if given.get("grant_type") == "refresh_token":
        grant = state.refresh.pop(given.get("refresh_token", ""), None)
        if grant is None or grant.client != client:
            return _refused(400, "invalid_request", "Value passed for the token was invalid.")
        return Answer(200, issue(state, grant.did, grant.scopes, client))
    return _refused(400, "unsupported_grant_type", "Value passed for the grant type was invalid.")


def _client(request: Request, given: dict[str, str]) -> str | None:
    """The client of a request: by HTTP Basic (confidential) or by its id alone (public); None for another."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return None
        return CLIENT_ID if (unquote(name), unquote(secret)) == (CLIENT_ID, CLIENT_SECRET) else None
    return CLIENT_ID if given.get("client_id") == CLIENT_ID else None


def _exchange(state: State, client: str, given: dict[str, str]) -> Answer:
    code = state.codes.pop(given.get("code", ""), None)
    now = state.world.clock().timestamp()
    if code is None or code.expires < now or code.client != client:
        return _refused(400, "invalid_request", "Value passed for the authorization code was invalid.")
    if given.get("redirect_uri") != code.redirect:
        return _refused(400, "invalid_request", "Value passed for the redirect uri did not match the code's.")
    if not _proves(given.get("code_verifier", ""), code):
        return _refused(400, "invalid_request", "Value passed for the code verifier did not match the code.")
    return Answer(200, issue(state, code.did, code.scopes, client))


def _proves(verifier: str, code: Code) -> bool:
    if code.method == "plain":
        return hmac.compare_digest(verifier.encode(), code.challenge.encode())
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(made.encode(), code.challenge.encode())


def revoke_endpoint(state: State, request: Request) -> Answer:
    """POST /2/oauth2/revoke: a token that works no more."""
    given = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if _client(request, given) is None:
        return _refused(401, "unauthorized_client", "Missing valid authorization header")
    token = given.get("token", "")
    if not token:
        return _refused(400, "invalid_request", "Missing required parameter [token].")
    state.revoked.add(token)
    state.access.pop(token, None)
    state.refresh.pop(token, None)
    return Answer(200, {"revoked": True})


# -- who calls ------------------------------------------------------------------------------------------------


def who_calls(state: State, request: Request) -> Grant:
    """The account and the scopes of a request. Raises the 401 that X gives for whatever is wrong with it."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    grant = None
    if kind.lower() == "bearer":
        grant = state.grant(value.strip())
    elif kind.lower() == "oauth":
        grant = _signed(state, request, value)
    if grant is None:
        raise unauthorized()
    return grant


def _signed(state: State, request: Request, header: str) -> Grant | None:
    """Checks an OAuth 1.0a request (RFC 5849): keys, timestamp, HMAC-SHA1 signature."""
    given = {unquote(name): unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
    signature = given.pop("oauth_signature", "")
    given.pop("realm", None)
    token = given.get("oauth_token", "").removeprefix(f"{user_id(state.world.account.did)}-")
    keys = (given.get("oauth_consumer_key"), token, given.get("oauth_signature_method"))
    stamp = given.get("oauth_timestamp", "")
    now = state.world.clock().timestamp()
    if keys != (CONSUMER_KEY, OAUTH1_TOKEN, "HMAC-SHA1") or OAUTH1_TOKEN in state.revoked:
        return None
    if not stamp.isdigit() or abs(int(stamp) - now) > SKEW_SECONDS or not given.get("oauth_nonce"):
        return None
    pairs = [*request.query, *given.items()]
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        pairs += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    expected = (oauth1_signature(request.verb, base + request.path, pairs) for base in (request.base_url, *NAMES))
    if not any(hmac.compare_digest(one.encode(), signature.encode()) for one in expected):
        return None
    return Grant(state.world.account.did, _scopes_of_oauth1(state), OAUTH1)


def _scopes_of_oauth1(state: State) -> tuple[str, ...]:
    kept: tuple[str, ...] = SCOPES
    if state.oauth1_access == "read":
        kept = tuple(scope for scope in kept if scope.endswith(".read"))
    if state.oauth1_access != "read-write-directmessages":
        kept = tuple(scope for scope in kept if not scope.startswith("dm."))
    return kept


def oauth1_signature(verb: str, url: str, pairs: list[tuple[str, str]]) -> str:
    """The HMAC-SHA1 signature of a request with our two secrets (RFC 5849, section 3.4)."""
    encoded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    text = "&".join(quote(part, safe="~") for part in (verb.upper(), url, joined))
    key = f"{quote(CONSUMER_SECRET, safe='~')}&{quote(OAUTH1_TOKEN_SECRET, safe='~')}"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
