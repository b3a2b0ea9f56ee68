"""The search of the Mastodon API: people, hashtags, and posts by their words.

After docs.joinmastodon.org/methods/search and /user/network (search operators). As on a server with full text
search, one finds one's own posts, those that mention one or that one kept, and public ones whose author lets
everybody search them; GoToSocial finds only one's own posts and the answers to them.
"""

from __future__ import annotations

import re

from .mastodon_accounts import people_like
from .mastodon_calls import ApiError, Call, Json, route
from .mastodon_ids import HOST, find_status, number
from .mastodon_text import tags
from .mastodon_views import PUBLIC, indexable
from .records import LIKE, REPOST, Record, owner_of, parent_of
from .richtext import mentioned
from .search import pattern, searchable

_TERM = re.compile(r'(?P<not>-)?(?:(?P<field>[a-z]+):(?P<value>\S+)|"(?P<phrase>[^"]*)"|(?P<word>\S+))')


@route("GET", "/api/v2/search", "read:search", public=True)
def search(call: Call) -> Json:
    words, kind, limit = call.text("q").strip(), call.text("type"), call.limit(20, 40)
    if not words:
        raise ApiError(400, "param is missing or the value is empty: q")
    if call.viewer is None and (call.flag("resolve") or call.text("offset")):
        raise ApiError(401, "Search queries pagination is not supported without authentication")
    start = int(call.text("offset") or 0) if call.text("offset").isdigit() else 0
    found: Json = {"accounts": [], "statuses": [], "hashtags": []}
    if kind in ("", "accounts"):
        people = people_like(call, words, following=call.flag("following"))
        found["accounts"] = [call.views.account(person.did) for person in people[start : start + limit]]
    if kind in ("", "hashtags"):
        found["hashtags"] = _hashtags(call, words)[start : start + limit]
    if kind in ("", "statuses"):
        records = _by_address(call, words) or (_statuses(call, words) if call.viewer is not None else [])
        found["statuses"] = [call.views.status(record) for record in records[start : start + limit]]
    return found


def _hashtags(call: Call, words: str) -> list[Json]:
    start = words.removeprefix("#").lower()
    known = {tag for record in call.world.records.posts.values() for tag in tags(record.value)}
    return [
        {"name": tag, "url": f"https://{HOST}/tags/{tag}", "history": [], "following": False}
        for tag in sorted(known)
        if tag.startswith(start)
    ]


def _by_address(call: Call, words: str) -> list[Record]:
    """The post with an address, as its page or its ActivityPub id writes it."""
    if not words.startswith("https://"):
        return []
    record = find_status(call.world, words.partition("?")[0].rstrip("/").rpartition("/")[2])
    return [record] if record is not None and call.views.visible(record) else []


def _statuses(call: Call, words: str) -> list[Record]:
    """Posts with all the words, newest first."""
    tests = [_Term(call, match) for match in _TERM.finditer(words)]
    found = [
        record
        for record in call.world.records.posts.values()
        if _findable(call, record) and all(test(record) for test in tests)
    ]
    found.sort(key=lambda record: number(record.rkey), reverse=True)
    highest, lowest = call.text("max_id"), call.text("min_id")
    if highest.isdigit():
        found = [record for record in found if number(record.rkey) < int(highest)]
    if lowest.isdigit():
        found = [record for record in found if number(record.rkey) > int(lowest)]
    return found


def _findable(call: Call, record: Record) -> bool:
    me, views, records = call.me, call.views, call.world.records
    if not views.visible(record) or views.relations.blocks(record.did):
        return False
    parent = parent_of(record)
    answers_me = parent is not None and owner_of(parent) == me
    if call.gotosocial:
        return record.did == me or answers_me
    mine = record.did == me or answers_me or me in mentioned(record.value)
    kept = record.uri in call.world.bookmarks[me]
    acted = any(records.about(kind, me, record.uri) is not None for kind in (LIKE, REPOST))
    return mine or kept or acted or (indexable(record.did) and views.visibility(record) in PUBLIC)


class _Term:
    """One term of a search as a test of a post."""

    def __init__(self, call: Call, match: re.Match[str]) -> None:
        self.call = call
        self.turned = match["not"] is not None
        self.field, self.value = match["field"], match["value"]
        self.words = pattern(match["phrase"] or match["word"] or match[0])

    def __call__(self, record: Record) -> bool:
        return self._fits(record) is not self.turned

    def _fits(self, record: Record) -> bool:
        call, name = self.call, self.field
        if name == "from":
            person = call.directory.by_acct(self.value or "")
            return record.did == (call.me if self.value == "me" else person.did if person is not None else None)
        if name == "language":
            return self.value in (record.value.get("langs") or ())
        if name == "is" and self.value == "reply":
            return "reply" in record.value
        if name == "has":
            return self._has(record)
        if name in ("before", "after", "during"):
            day = record.sort_at[:10]
            wanted = self.value or ""
            return day < wanted if name == "before" else day > wanted if name == "after" else day == wanted
        return name == "in" or self.words.search(searchable(record.value)) is not None

    def _has(self, record: Record) -> bool:
        embed = record.value.get("embed") or {}
        if self.value == "poll":
            return "poll" in record.value.get("mastodon", {})
        if self.value in ("media", "image"):
            return "images" in str(embed.get("$type", ""))
        return "external" in str(embed.get("$type", "")) or "https://" in str(record.value.get("text", ""))
