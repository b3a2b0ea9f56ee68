"""OAuth for every network that has it: proof of possession and state of a login (2.0), signed requests (1.0a).

Sources: RFC 7636 (PKCE), RFC 6749 section 10.12 and RFC 9700 (state), RFC 5849 (OAuth 1.0).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

#: The ports that are left out of the address in a signature (RFC 5849, section 3.4.1.2).
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proof:
    """What one login proves itself by: the PKCE verifier (sent with the code only), and the state."""

    verifier: str = field(repr=False)
    state: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """What goes into the authorisation address, with code_challenge_method S256 (RFC 7636, section 4.2)."""
        return _base64url(hashlib.sha256(self.verifier.encode("ascii")).digest())

    def matches(self, state: str) -> bool:
        """Whether a state that came back is ours, compared in constant time."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "surrogatepass"))


def fresh_proof() -> Proof:
    """A proof for one login: 86 characters of verifier (43 to 128 are allowed), 256 bits of state."""
    return Proof(secrets.token_urlsafe(64), secrets.token_urlsafe(32))


def authorization_address(page: str, client_id: str, redirect: str, scope: str, proof: Proof) -> str:
    """Where a person allows an app to act for them; the code comes to `redirect` (RFC 6749, section 4.1.1)."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": scope,
        "state": proof.state,
        "code_challenge": proof.challenge,
        "code_challenge_method": "S256",
    }
    return f"{page}?{urlencode(asked, quote_via=quote)}"


def sign(
    method: str,
    url: str,
    params: Sequence[tuple[str, str]],
    *,
    consumer_key: str,
    consumer_secret: str,
    token: str,
    token_secret: str,
    nonce: str,
    timestamp: int,
) -> str:
    """The Authorization header of an OAuth 1.0a request (HMAC-SHA1).

    `params` are those of the query and of a form body, not encoded; parameters that stand in `url` count as well,
    a JSON body does not. `nonce` must not repeat for one `timestamp` (epoch seconds).
    """
    protocol = [
        ("oauth_consumer_key", consumer_key),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", str(timestamp)),
        ("oauth_token", token),
        ("oauth_version", "1.0"),
    ]
    signed = signature(method, url, [*params, *protocol], consumer_secret, token_secret)
    header = [*protocol, ("oauth_signature", signed)]
    return "OAuth " + ", ".join(f'{name}="{_percent(value)}"' for name, value in header)


def signature(
    method: str, url: str, params: Sequence[tuple[str, str]], consumer_secret: str, token_secret: str
) -> str:
    """The HMAC-SHA1 signature of a request, `params` with the protocol's own (RFC 5849, section 3.4.2)."""
    key = f"{_percent(consumer_secret)}&{_percent(token_secret)}"
    digest = hmac.digest(key.encode(), base_string(method, url, params).encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


def base_string(method: str, url: str, params: Sequence[tuple[str, str]]) -> str:
    """What is signed (RFC 5849, section 3.4.1): the method, the address, and all parameters in order."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.port is not None and parts.port != _USUAL_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    address = f"{parts.scheme}://{host}{parts.path or '/'}"
    everything = [*parse_qsl(parts.query, keep_blank_values=True), *params]
    pairs = sorted((_percent(name), _percent(value)) for name, value in everything)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join(_percent(part) for part in (method.upper(), address, joined))


def _percent(text: str) -> str:
    """As RFC 5849, section 3.6 wants it: UTF-8, and only letters, digits and -._~ stay as they are."""
    return quote(text, safe="-._~", errors="surrogatepass")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
