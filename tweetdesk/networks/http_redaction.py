"""Takes secrets out of what could be logged or shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

_T = TypeVar("_T")

#: What stands in the place of a secret.
HIDDEN = "[hidden]"

_SECRET_NAMES = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|jwt$|authorization|cookie|api[-_]?key|dpop|^code(_verifier)?$",
    re.IGNORECASE,
)
_PATTERNS = (
    re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){1,2}"),  # a JSON web token
    re.compile(r"(?i)\b(?:bearer|basic|dpop)\s+[\w.~+/=-]{6,}"),
    re.compile(r"\b[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}\b"),  # an app password of Bluesky
)
_NAMED = re.compile(
    r"(?i)(?P<name>[\"']?[\w-]*(?:password|passwd|secret|token|jwt|cookie|api[-_]?key)[\"']?\s*[:=]\s*)"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&}\"']+)"
)
_HEADER = re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*)[^\r\n,}]+")


def redacted(value: _T) -> _T:
    """The same text, mapping or sequence with tokens, passwords and Authorization headers hidden."""
    hidden: Any = value
    if isinstance(value, str):
        text = _HEADER.sub(rf"\1{HIDDEN}", value)
        text = _NAMED.sub(lambda found: f'{found["name"]}"{HIDDEN}"', text)
        for pattern in _PATTERNS:
            text = pattern.sub(HIDDEN, text)
        hidden = text
    elif isinstance(value, bytes):
        hidden = redacted(value.decode("utf-8", "replace")).encode()
    elif isinstance(value, Mapping):
        hidden = {
            name: HIDDEN if isinstance(name, str) and _SECRET_NAMES.search(name) else redacted(inner)
            for name, inner in value.items()
        }
    elif isinstance(value, (list, tuple)):
        hidden = type(value)(redacted(inner) for inner in value)
    return hidden  # type: ignore[no-any-return]
