"""The bodies of calls of the X API: JSON objects with known keys."""

from __future__ import annotations

from typing import Any

from .x_call import Call, invalid
from .x_ids import NUMBER

Json = dict[str, Any]


def read_body(call: Call, known: tuple[str, ...], ids: tuple[str, ...] = (), place: str = "$") -> Json:
    """The body of a call. Raises 400 for unknown keys, and where one of `ids` is missing or no id."""
    return checked(call.body, known, ids, place, call.words)


def checked(body: Any, known: tuple[str, ...], ids: tuple[str, ...], place: str, words: str) -> Json:
    """An object in a body, checked in the same way; `place` is where it stands."""
    if not isinstance(body, dict):
        raise invalid(f"{place}: {type(body).__name__} found, object expected", words=words)
    for key in body:
        if key not in known:
            why = "is not defined in the schema and the schema does not allow additional properties"
            raise invalid(f"{place}.{key}: {why}", words=words)
    for key in ids:
        if key not in body:
            raise invalid(f"{place}.{key}: is missing but it is required", words=words)
        if not isinstance(body[key], str) or NUMBER.fullmatch(body[key]) is None:
            raise invalid(f"{place}.{key}: does not match the regex pattern ^[0-9]{{1,19}}$", words=words)
    return body
