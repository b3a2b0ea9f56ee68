"""JSON values: what a server sent, whatever is missing or of another shape, and what this program wrote down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from tweetdesk.networks.base import Refused, ServerTrouble


class Unreadable(ValueError):
    """An entry lacks something without which it cannot be shown."""


Json = Mapping[str, Any]
_T = TypeVar("_T")


def decode(body: bytes, kind: type[_T]) -> _T:
    """A whole answer as a Struct or another type. Raises ServerTrouble for anything else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ServerTrouble(
            "The server sent an answer that makes no sense; it will be asked again later."
        ) from error


def entry(raw: msgspec.Raw | bytes) -> Json:
    """One entry of a page. Raises Unreadable for anything but a JSON object."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("not an object")
    return found


def noted(text: str) -> Json:
    """The JSON object in a text that this program wrote down; empty for anything else."""
    try:
        return entry(text.encode())
    except (Unreadable, UnicodeEncodeError):
        return {}


def packed(material: Json) -> str:
    """The material of an act as the outbox keeps it; `unpacked` reads it."""
    return json.dumps(material, ensure_ascii=False, separators=(",", ":"))


def unpacked(material: str, made_here: Callable[[Json], bool]) -> dict[str, Any]:
    """The material of an act. Raises Refused for what `begin` did not write, as `made_here` can tell."""
    fixed = noted(material)
    if not made_here(fixed):
        raise Refused("What was kept of this act is damaged: write it again.", "BadMaterial")
    return dict(fixed)


def inner(value: object, *names: str) -> Json:
    """The object inside objects by its path of names; empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def words(value: object, name: str) -> str:
    """A text of an object, "" where there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""


def members(value: object, name: str) -> list[Any]:
    """A list of an object, empty where there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []


def whole(value: object, name: str) -> int | None:
    """A whole number of an object that is not below zero; None where there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
