"""Logins of the sandbox: app passwords, access and refresh tokens (JWTs signed by the world's seed)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from .xrpc import XrpcError

if TYPE_CHECKING:
    from .people import Person
    from .world import World

ACCESS = "com.atproto.access"
APP_PASSWORD = "com.atproto.appPass"
PRIVILEGED = "com.atproto.appPassPrivileged"
REFRESH = "com.atproto.refresh"


def log_in(world: World, identifier: str, password: str) -> tuple[Person, str]:
    """The person and the scope of a login. Raises XrpcError 401 for wrong ones."""
    from .world import NO_MESSAGES_PASSWORD

    person = world.people.find(identifier)
    if person is not None:
        if person.did == world.account.did:
            scopes = {world.account.password: PRIVILEGED, NO_MESSAGES_PASSWORD: APP_PASSWORD}
        else:
            scopes = {person.password: PRIVILEGED}
        if password in scopes:
            return person, scopes[password]
    raise XrpcError(401, "AuthenticationRequired", "Invalid identifier or password")


def issue(world: World, did: str, scope: str) -> tuple[str, str]:
    """An access and a refresh token."""
    now = int(world.clock().timestamp())
    claims = {"scope": scope, "aud": "did:web:sandbox.example.com", "sub": did, "iat": now}
    access = claims | {"exp": now + int(world.access_seconds)}
    world.logins += 1
    token_id = hashlib.sha256(f"{did}:{now}:{world.logins}".encode()).hexdigest()[:32]
    refresh = claims | {"scope": REFRESH, "jti": token_id, "for": scope, "exp": now + int(world.refresh_seconds)}
    return _token(world, "at+jwt", access), _token(world, "refresh+jwt", refresh)


def verify(world: World, token: str, *, refresh: bool) -> dict[str, Any]:
    """The claims of a token. Raises XrpcError 400 InvalidToken or ExpiredToken."""
    bad = XrpcError(400, "InvalidToken", "Token could not be verified")
    head, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(world, head).encode()):
        raise bad
    payload = head.partition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if (claims["scope"] == REFRESH) is not refresh or claims["sub"] not in world.people.by_did:
        raise bad
    if claims["exp"] <= world.clock().timestamp():
        raise XrpcError(400, "ExpiredToken", "Token has expired")
    if claims.get("jti") in world.revoked:
        raise XrpcError(400, "ExpiredToken", "Token has been revoked")
    return claims


def _token(world: World, kind: str, claims: dict[str, Any]) -> str:
    head = f"{_encode({'typ': kind, 'alg': 'HS256'})}.{_encode(claims)}"
    return f"{head}.{_sign(world, head)}"


def _encode(value: dict[str, Any]) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _sign(world: World, text: str) -> str:
    digest = hmac.new(f"sandbox {world.seed}".encode(), text.encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
