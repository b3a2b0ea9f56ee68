"""Timelines, notifications and conversations of the Mastodon API.

After docs.joinmastodon.org/methods/timelines, /lists, /notifications, /conversations and /markers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .mastodon_calls import Call, Json, not_found, route
from .mastodon_ids import HOST, account_number, conversation_number, find_message, number
from .mastodon_text import tags
from .records import LIST, LISTITEM, POST, REPOST, Record, owner_of, parent_of


def _timeline(call: Call, wanted: Callable[[Record], bool]) -> list[Json]:
    """A page of posts and reposts of people who are neither muted nor blocked."""
    views, records = call.views, call.world.records

    def shown(record: Record) -> bool:
        authors = [record.did, *([owner_of(record.subject or "")] if record.collection == REPOST else [])]
        if any(views.relations.blocks(did) or views.relations.mutes(did) for did in authors):
            return False
        return wanted(record) and views.visible(record)

    page = call.page((number(record.rkey), record) for _, _, record in records.timeline if shown(record))
    return [views.status(record) for record in page]


def at_home(call: Call, record: Record, friends: set[str]) -> bool:
    """Whether a post belongs on the viewer's home timeline: by a friend, and no answer to a stranger."""
    if record.did not in friends:
        return False
    parent = parent_of(record)
    return record.did == call.viewer or parent is None or owner_of(parent) in friends


@route("GET", "/api/v1/timelines/home", "read:statuses")
def home(call: Call) -> list[Json]:
    friends = call.world.follows(call.me) | {call.me}
    return _timeline(call, lambda record: at_home(call, record, friends))


def _open(call: Call, record: Record) -> bool:
    """Whether a post is public, and of the servers that are asked for."""
    local = call.directory.place(record.did)[1] == HOST
    if (call.flag("local") and not local) or (call.flag("remote") and local):
        return False
    return record.collection == POST and call.views.visibility(record) == "public"


@route("GET", "/api/v1/timelines/public", "read:statuses", public=True)
def public(call: Call) -> list[Json]:
    return _timeline(call, lambda record: "reply" not in record.value and _open(call, record))


@route("GET", "/api/v1/timelines/tag/:tag", "read:statuses", public=True)
def tag(call: Call) -> list[Json]:
    """Posts with the hashtag of the path or `any` of others, with `all` and `none`."""
    some = {word.lower() for word in (call.path["tag"], *call.texts("any"))}
    every = {word.lower() for word in call.texts("all")}
    never = {word.lower() for word in call.texts("none")}

    def wanted(record: Record) -> bool:
        if not _open(call, record):
            return False
        have = set(tags(record.value))
        return bool(have & some) and every <= have and not have & never

    return _timeline(call, wanted)


# -- lists ------------------------------------------------------------------------------------------------


def _list(record: Record) -> Json:
    ident = str(number(record.rkey))
    return {"id": ident, "title": record.value["name"], "replies_policy": "list", "exclusive": False}


def _lists(call: Call) -> Iterable[Record]:
    return call.world.records.repos.get(call.me, {}).get(LIST, {}).values()


def _members(call: Call) -> set[str]:
    """The people of the list that the path names. Raises 404."""
    record = next((one for one in _lists(call) if str(number(one.rkey)) == call.path["id"]), None)
    if record is None:
        raise not_found()
    items = call.world.records.repos.get(call.me, {}).get(LISTITEM, {}).values()
    return {item.value["subject"] for item in items if item.value["list"] == record.uri}


@route("GET", "/api/v1/lists", "read:lists")
def lists(call: Call) -> list[Json]:
    return [_list(record) for record in _lists(call)]


@route("GET", "/api/v1/lists/:id", "read:lists")
def one_list(call: Call) -> Json:
    found = next((record for record in _lists(call) if str(number(record.rkey)) == call.path["id"]), None)
    if found is None:
        raise not_found()
    return _list(found)


@route("GET", "/api/v1/lists/:id/accounts", "read:lists")
def list_accounts(call: Call) -> list[Json]:
    return [call.views.account(did) for did in sorted(_members(call))]


@route("GET", "/api/v1/timelines/list/:id", "read:lists")
def list_timeline(call: Call) -> list[Json]:
    people = _members(call)

    def wanted(record: Record) -> bool:
        parent = parent_of(record)
        return record.did in people and (parent is None or owner_of(parent) in people | {call.me})

    return _timeline(call, wanted)


# -- what one has kept --------------------------------------------------------------------------------------


@route("GET", "/api/v1/bookmarks", "read:bookmarks")
def bookmarks(call: Call) -> list[Json]:
    kept = []
    for place, uri in enumerate(call.world.bookmarks[call.me]):
        record, message = call.world.records.posts.get(uri), find_message(call.world, uri)
        if record is not None:
            kept.append((place, call.views.status(record)))
        elif message is not None:
            kept.append((place, call.views.direct(*message)))
    return call.page(kept)


@route("GET", "/api/v1/favourites", "read:favourites")
def favourites(call: Call) -> list[Json]:
    given = call.world.records.given["app.bsky.feed.like"].get(call.me, {})
    liked = [(number(like.rkey), uri) for uri, like in given.items() if uri in call.world.records.posts]
    return [call.views.status(call.world.records.posts[uri]) for uri in call.page(liked)]


@route("GET", "/api/v1/markers", "read:statuses")
def markers(call: Call) -> Json:
    kept = call.world.marks.markers[call.me]
    return {name: kept[name] for name in call.texts("timeline") if name in kept}


@route("POST", "/api/v1/markers", "write:statuses")
def mark(call: Call) -> Json:
    for name in ("home", "notifications"):
        given = call.params.get(name)
        if isinstance(given, dict) and "last_read_id" in given:
            place = {"did": call.me, "timeline": name, "id": str(given["last_read_id"]), "at": call.now()}
            call.world.commit({"op": "marker", **place})
    kept = call.world.marks.markers[call.me]
    return {name: kept[name] for name in ("home", "notifications") if name in kept and name in call.params}


# -- notifications ----------------------------------------------------------------------------------------


def _notices(call: Call, default: int = 40, most: int = 80) -> list[Json]:
    """A page of notifications, of the types and the person that are asked for."""
    only, never, account = set(call.texts("types")), set(call.texts("exclude_types")), call.text("account_id")
    wanted = [
        (ident, make)
        for ident, kind, did, make in call.views.notifications()
        if (not only or kind in only) and kind not in never and account in ("", account_number(did))
    ]
    made = [make() for make in call.page(wanted, default, most)]
    return [view for view in made if view is not None]


@route("GET", "/api/v1/notifications", "read:notifications")
def notifications(call: Call) -> list[Json]:
    return _notices(call)


@route("GET", "/api/v1/notifications/unread_count", "read:notifications", only_mastodon=True)
def unread(call: Call) -> Json:
    marker = call.world.marks.markers[call.me].get("notifications", {}).get("last_read_id", "0")
    return {"count": min(100, sum(ident > int(marker) for ident, *_ in call.views.notifications()))}


@route("GET", "/api/v1/notifications/:id", "read:notifications")
def notification(call: Call) -> Json:
    for ident, _, _, make in call.views.notifications():
        view = make() if str(ident) == call.path["id"] else None
        if view is not None:
            return view
    raise not_found()


@route("GET", "/api/v2/notifications", "read:notifications", only_mastodon=True)
def grouped(call: Call) -> Json:
    """docs.joinmastodon.org/methods/grouped_notifications: people and posts once each, notifications by key."""
    groups: dict[str, Json] = {}
    people: dict[str, Json] = {}
    posts: dict[str, Json] = {}
    for view in _notices(call):
        key, ident, did = view["group_key"], view["id"], view["account"]["id"]
        people[did] = view["account"]
        group = groups.setdefault(
            key,
            {
                "group_key": key,
                "notifications_count": 0,
                "type": view["type"],
                "most_recent_notification_id": ident,
                "page_max_id": ident,
                "latest_page_notification_at": view["created_at"],
                "sample_account_ids": [],
            },
        )
        group["notifications_count"] += 1
        group["page_min_id"] = ident
        group["sample_account_ids"].append(did)
        if "status" in view:
            posts[view["status"]["id"]] = view["status"]
            group["status_id"] = view["status"]["id"]
    return {
        "accounts": list(people.values()),
        "statuses": list(posts.values()),
        "notification_groups": list(groups.values()),
    }


# -- conversations ----------------------------------------------------------------------------------------


@route("GET", "/api/v1/conversations", "read:statuses")
def conversations(call: Call) -> list[Json]:
    """Paged by the id of the last status, as the server does it."""
    mine = [convo for convo in call.world.chat.of(call.me) if convo.messages]
    page = call.page([(number(convo.messages[-1].id), convo) for convo in mine])
    return [call.views.conversation(convo) for convo in page]


@route("POST", "/api/v1/conversations/:id/read", "write:conversations")
def read(call: Call) -> Json:
    for convo in call.world.chat.of(call.me):
        if conversation_number(convo.id) == call.path["id"]:
            rev = call.world.next_rev(call.world.clock())
            place = {"convo": convo.id, "did": call.me, "up_to": convo.messages[-1].rev, "rev": rev}
            call.world.commit({"op": "read", **place, "at": call.now()})
            return call.views.conversation(convo)
    raise not_found()
