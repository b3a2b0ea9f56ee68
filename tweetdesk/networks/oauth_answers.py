"""Answers of OAuth endpoints: objects read with care, and the names that errors have there (RFC 6749, 5.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tweetdesk.networks.http import Answer


def object_in(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; empty where there is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text_of(body: Mapping[str, Any], name: str) -> str:
    """A field that is a text, or a number written as one; "" where it is neither."""
    found = body.get(name)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) else ""


def token_in(body: Mapping[str, Any], name: str = "access_token") -> str:
    """A token that can stand in a header: printable ASCII without spaces, else ""."""
    found = text_of(body, name)
    return found if found.isascii() and found.isprintable() and " " not in found else ""
