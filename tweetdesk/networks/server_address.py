"""The address of a server as a person types or pastes it, made into a base URL, or refused with a sentence."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from tweetdesk.networks.errors import Refused
from tweetdesk.networks.http import ascii_host, is_loopback

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z")
_LOGIN_PART = re.compile(r"//[^/]*@")


def server_address(text: str, example: str, secret: str = "a password") -> str:
    """The base URL (scheme, host, port) for what was typed: with or without a scheme, in any case, with a path.

    A name in other letters becomes its ASCII form (IDNA). `example` and what would be sent (`secret`) are for the
    sentences. Raises Refused for what cannot be a server, and for http to anywhere but this machine.
    """
    typed = visible(text)
    if "://" not in typed:
        host = urlsplit(f"//{typed}").hostname or ""
        typed = f"{'http' if is_loopback(host) else 'https'}://{typed}"
    try:
        parts = urlsplit(typed)
        host, port = ascii_host((parts.hostname or "").rstrip(".")), parts.port
    except ValueError:
        host, port = "", None
    if (
        not (_NAME.match(host) or ":" in host)
        or parts.scheme not in ("http", "https")
        or parts.username is not None
        or any(char.isspace() for char in typed)
    ):
        told = shown(_LOGIN_PART.sub("//", text))
        raise Refused(f"“{told}” is not the address of a server: it looks like {example}.", "BadServer")
    if parts.scheme == "http" and not is_loopback(host):
        raise Refused(f"{host} is named with http: {secret} is sent by https only.", "NotSecure")
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}" + (f":{port}" if port else "")


def visible(text: str) -> str:
    """Without spaces around it, and without the invisible characters that come along when text is copied."""
    return "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cc", "Cs")).strip()


def shown(text: str, most: int = 80) -> str:
    """What was typed or sent, fit for a sentence: one line, no control characters, not too long."""
    plain = " ".join(visible(text.replace("\n", " ").replace("\t", " ")).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"
