"""The sandbox's own endpoints, `/_sandbox/...`: for tests that talk to it from another process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .ids import parse_time

if TYPE_CHECKING:
    from .world import World

Json = dict[str, Any]


def answer(world: World, verb: str, path: str, body: Json) -> tuple[int, Json]:
    """The status and body for a call. Mistakes answer 400 with {"error": ..., "message": ...}."""
    world.advance()
    try:
        return _answer(world, verb, path.removeprefix("/_sandbox/"), body)
    except (KeyError, TypeError, ValueError) as error:
        return 400, {"error": type(error).__name__, "message": str(error)}


def _answer(world: World, verb: str, what: str, body: Json) -> tuple[int, Json]:
    if (verb, what) == ("GET", "world"):
        return 200, world.describe()
    if (verb, what) == ("POST", "faults"):
        if body.get("clear"):
            world.faults.clear()
        else:
            world.faults.add(**body)
        return 200, {"waiting": len(world.faults.waiting)}
    if (verb, what) == ("POST", "limit"):
        world.rate_limit = int(body["requests"])
        return 200, {"requests": world.rate_limit}
    if (verb, what) == ("POST", "post"):
        given = dict(body)
        if "at" in given:
            given["at"] = parse_time(given["at"])
        return 200, {"uri": world.post(given.pop("handle"), given.pop("text"), **given)}
    if (verb, what) == ("POST", "edit"):
        world.edit(body["uri"], body["text"])
        return 200, {"uri": body["uri"]}
    if (verb, what) == ("POST", "delete"):
        world.delete(body["uri"])
        return 200, {"uri": body["uri"]}
    if (verb, what) == ("POST", "message"):
        return 200, {"id": world.message(body["handle"], body["text"], to=body.get("to"))}
    if (verb, what) == ("POST", "person"):
        return 200, {"did": world.person_add(body["handle"], body["name"], body.get("bio", ""))}
    return 404, {"error": "NotFound", "message": f"{verb} {what} is not known here"}
