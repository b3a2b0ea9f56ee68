"""The Mastodon face's answers have the keys and the types of those of real servers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from mastodon_replay import DATA, cassettes, objects

from tweetdesk.sandbox.world import World

from .fediverse import fediverse

GOTOSOCIAL = DATA / "mastodon_gotosocial"
Json = dict[str, Any]
Kinds = dict[str, set[str]]

IS: dict[str, Callable[[Json], bool]] = {
    "status": lambda o: {"content", "visibility", "in_reply_to_id"} <= set(o),
    "account": lambda o: {"acct", "display_name", "statuses_count"} <= set(o) and "source" not in o,
    "own account": lambda o: {"acct", "display_name", "source", "statuses_count"} <= set(o),
    "notification": lambda o: {"type", "account", "created_at"} <= set(o) and "content" not in o,
    "conversation": lambda o: {"unread", "accounts", "last_status"} <= set(o),
    "relationship": lambda o: {"following", "followed_by", "muting"} <= set(o),
    "poll": lambda o: {"options", "expires_at", "voters_count"} <= set(o) and "multiple" in o,
    "mention": lambda o: set(o) == {"id", "username", "url", "acct"},
    "picture": lambda o: {"preview_url", "type", "meta", "description"} <= set(o),
    "card": lambda o: {"provider_name", "html", "title"} <= set(o),
    "instance": lambda o: {"domain", "configuration", "version"} <= set(o),
    "instance 1": lambda o: {"uri", "stats", "version"} <= set(o),
    "quote": lambda o: set(o) >= {"state", "quoted_status"},
    "list": lambda o: {"replies_policy", "title"} <= set(o),
    "report": lambda o: {"target_account", "action_taken"} <= set(o),
    "source": lambda o: set(o) >= {"id", "text", "spoiler_text"} and len(o) <= 4,
}
SOMETIMES = {
    # what depends on whose it is, or on the token of who asks
    "status": {"pinned", "application", "filtered", "text", "favourited", "reblogged", "muted", "bookmarked"},
    "account": {"roles", "role", "mute_expires_at", "moved", "noindex"},
    "notification": {"status", "report", "event", "collection", "fallback"},
    "poll": {"voted", "own_votes"},
}
NOT_SHOWN = {
    # what only a moderator's or a server's own settings bring into a recorded answer
    "own account": {"roles", "moved", "mute_expires_at"},
    "source": {"content_type"},
    "instance": {"thumbnail", "icon"},
}


def sort(value: Any) -> str:
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def learn(answers: Iterator[Any]) -> dict[str, tuple[Kinds, int]]:
    """Per kind of object: for each key its types, and how many keys all of them have in common."""
    known: dict[str, Kinds] = defaultdict(lambda: defaultdict(set))
    always: dict[str, set[str]] = {}
    for answer in answers:
        for found in objects(answer):
            for name, test in IS.items():
                if test(found):
                    always[name] = always.get(name, set(found)) & set(found)
                    for key, value in found.items():
                        known[name][key].add(sort(value))
    return {name: (dict(kinds), always[name]) for name, kinds in known.items()}


@cache
def recorded(flavour: str) -> dict[str, tuple[Kinds, Any]]:
    if flavour == "mastodon":
        own = [
            line for line in cassettes() if not line["file"].startswith("test_entity_")
        ]  # those are of other servers
        return learn(line["json"] for line in own if line["status"] == 200 and "/admin/" not in line["path"])
    if not GOTOSOCIAL.exists():
        pytest.skip("../shared/data/mastodon_gotosocial is not there")
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(GOTOSOCIAL.glob("*.json"))]
    return learn(one["body"] for one in files if isinstance(one, dict) and one["status"] == 200)


async def told(world: World, flavour: str) -> dict[str, tuple[Kinds, Any]]:
    """What the sandbox answers to many calls."""
    calls = [
        "/api/v2/instance", "/api/v1/instance", "/api/v1/accounts/verify_credentials", "/api/v1/conversations",
        "/api/v1/timelines/home?limit=40", "/api/v1/timelines/public?limit=40", "/api/v1/notifications?limit=80",
        "/api/v1/timelines/tag/help", "/api/v1/lists", "/api/v2/search?q=tom",
    ]  # fmt: skip
    async with fediverse(world, flavour=flavour) as http:
        answers = [(await http.get(path)).json() for path in calls]
        tom = (await http.get("/api/v1/accounts/lookup?acct=tom@photos.example.net")).json()
        answers.append((await http.get(f"/api/v1/accounts/relationships?id[]={tom['id']}")).json())
        answers.append((await http.post(f"/api/v1/accounts/{tom['id']}/mute", json={"duration": 60})).json())
        report = {"account_id": tom["id"], "comment": "no"}
        answers.append((await http.post("/api/v1/reports", json=report)).json())
        posted = (await http.post("/api/v1/statuses", json={"status": "Words. https://example.org/"})).json()
        answers += [posted, (await http.get(f"/api/v1/statuses/{posted['id']}/source")).json()]
        answers.append((await http.post(f"/api/v1/statuses/{posted['id']}/reblog")).json())
        if flavour == "mastodon":
            body = {"status": "Quoting.", "quoted_status_id": posted["id"]}
            answers.append((await http.post("/api/v1/statuses", json=body)).json())
    async with fediverse(world, "tom", flavour=flavour) as http:
        answers.append((await http.get("/api/v1/timelines/home?limit=40")).json())
    return learn(iter(answers))


@pytest.mark.parametrize("flavour", ["mastodon", "gotosocial"])
async def test_keys_and_types_are_those_of_a_real_server(world: World, flavour: str) -> None:
    real, ours = recorded(flavour), await told(world, flavour)
    assert set(ours) == set(IS) - ({"quote"} if flavour == "gotosocial" else set())
    wrong = []
    for name, (kinds, _) in ours.items():
        if name not in real:
            continue
        theirs, always = real[name]
        free = SOMETIMES.get(name, set()) | NOT_SHOWN.get(name, set())
        wrong += [f"{name}: {key} is not there" for key in sorted(always - set(kinds) - free)]
        wrong += [f"{name}: {key} is not known" for key in sorted(set(kinds) - set(theirs) - free)]
        for key in sorted(set(kinds) & set(theirs)):
            odd = kinds[key] - theirs[key]
            if odd and theirs[key] != {"NoneType"}:
                wrong.append(f"{name}: {key} is {sorted(odd)}, not {sorted(theirs[key])}")
    assert wrong == [], "\n".join(wrong)
