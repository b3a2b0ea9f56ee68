"""Posts of the kinds that only Mastodon has: polls, content warnings, posts for followers, awkward text."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .history import expand
from .ids import iso, micros, tid
from .people import written
from .records import POST, Record

if TYPE_CHECKING:
    from .world import World


def write(world: World) -> None:
    """Puts them into a world that has none of them yet.

    Their keys depend on the world's epoch alone: they are the same after a restart, whatever happened before.
    """
    for place, entry in enumerate(written("mastodon")):
        moment = world.epoch - timedelta(days=entry["ago"])
        person, rkey = world.people.by_key[entry["by"]], tid(micros(moment), 1000 + place)
        if world.records.get(person.did, POST, rkey) is not None:
            continue
        value = world.post_value(expand(entry["text"], world), moment, langs=entry.get("langs", ("en",)))
        marks: dict[str, Any] = {"visibility": entry.get("visibility", "public")}
        if "warning" in entry:
            marks |= {"spoiler_text": entry["warning"], "sensitive": True}
        if "poll" in entry:
            until = world.epoch + timedelta(days=entry["poll"]["days"])
            marks["poll"] = {**entry["poll"], "expires_at": iso(until)}
        value["mastodon"] = marks
        world.records.put(Record(person.did, POST, rkey, value, iso(moment)))
