"""app.bsky.feed: timelines, threads, posts and search."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .ids import micros, parse_time
from .records import BLOCK, LISTITEM, POST, Entry, Record, owner_of, parent_of, root_of
from .search import Query, parse_query
from .xrpc import CURSOR, LIMIT, Call, Json, Param, XrpcError, broken, invalid, method, offset_page


def post_uri(call: Call, uri: str) -> str:
    """A post's URI with the DID in place of a handle."""
    owner = owner_of(uri)
    person = call.world.people.find(owner)
    return uri.replace(owner, person.did, 1) if person is not None else uri


def _cursor(record: Record) -> str:
    return f"{micros(parse_time(record.sort_at)) // 1000}__{record.cid}"


def _after(entries: list[Entry], cursor: str | None) -> Iterator[Record]:
    """The entries, newest first, that come after the one of a cursor. Raises the 502 of a bad cursor."""
    if cursor is None:
        yield from (entry[2] for entry in reversed(entries))
        return
    millis, _, cid = cursor.partition("__")
    if not millis.isdigit() or not cid:
        raise broken()
    passed = False
    for entry in reversed(entries):
        record = entry[2]
        time = micros(parse_time(record.sort_at)) // 1000
        if time < int(millis) or (time == int(millis) and passed):
            yield record
        elif time == int(millis):
            passed = record.cid == cid


def _feed(call: Call, entries: list[Entry], wanted: Callable[[Record], bool]) -> Json:
    """A page of a feed: what is wanted, and shown to the viewer."""
    page: list[Record] = []
    answer: Json = {"feed": []}
    for record in _after(entries, call.params["cursor"]):
        if len(page) == call.params["limit"]:
            answer["cursor"] = _cursor(page[-1])
            break
        if wanted(record) and _shown(call, record):
            page.append(record)
    views = call.views
    answer["feed"] = [views.feed_item(record) for record in page]
    return answer


def _shown(call: Call, record: Record) -> bool:
    """Whether neither the post's author nor who reposted it is blocked, and the post is still there."""
    views = call.views
    if views.blocks(record.did):
        return False
    if record.collection == POST:
        return record.uri in call.world.records.posts
    post = call.world.records.posts.get(record.subject or "")
    return post is not None and not views.blocks(post.did)


@method("app.bsky.feed.getTimeline", algorithm=Param(), limit=LIMIT, cursor=CURSOR)
def get_timeline(call: Call) -> Json:
    """Posts and reposts of the viewer and of people they follow, without the muted."""
    authors = (call.world.follows(call.me) | {call.me}) - set(call.world.mutes[call.me])

    def wanted(record: Record) -> bool:
        if record.did not in authors:
            return False
        return record.collection == POST or owner_of(record.subject or "") not in call.world.mutes[call.me]

    return _feed(call, call.world.records.timeline, wanted)


@method(
    "app.bsky.feed.getAuthorFeed",
    auth="optional",
    actor=Param(required=True),
    limit=LIMIT,
    cursor=CURSOR,
    filter=Param(default="posts_with_replies"),
    includePins=Param("bool", default=False),
)
def get_author_feed(call: Call) -> Json:
    person = call.actor(call.params["actor"])
    if call.viewer is not None:
        for one, other, error, text in (
            (call.viewer, person.did, "BlockedActor", "Requester has blocked actor"),
            (person.did, call.viewer, "BlockedByActor", "Requester is blocked by actor"),
        ):
            if call.world.records.about(BLOCK, one, other) is not None:
                raise XrpcError(400, error, f"{text}: {person.did}")
    rule = _FILTERS.get(call.params["filter"], _anything)
    return _feed(
        call,
        call.world.records.timeline,
        lambda record: record.did == person.did and rule(record),
    )


def _anything(record: Record) -> bool:
    return True


def _has_media(record: Record) -> bool:
    embed = record.value.get("embed") or {}
    return record.collection == POST and (
        embed.get("$type") == "app.bsky.embed.images"
        or (embed.get("media") or {}).get("$type") == "app.bsky.embed.images"
    )


def _own_thread(record: Record) -> bool:
    root, parent = root_of(record), parent_of(record)
    return root is None or (owner_of(root) == record.did and owner_of(parent or "") == record.did)


_FILTERS: dict[str, Callable[[Record], bool]] = {
    "posts_no_replies": lambda record: parent_of(record) is None,
    "posts_with_media": _has_media,
    "posts_with_video": lambda record: False,
    "posts_and_author_threads": _own_thread,
}


@method("app.bsky.feed.getListFeed", auth="optional", list=Param(required=True), limit=LIMIT, cursor=CURSOR)
def get_list_feed(call: Call) -> Json:
    uri = call.params["list"]
    if call.world.records.find(uri) is None:
        raise XrpcError(400, "UnknownList", f"Could not find list: {uri}")
    items = call.world.records.repos.get(owner_of(uri), {}).get(LISTITEM, {}).values()
    members = {item.value["subject"] for item in items if item.value["list"] == uri}
    return _feed(call, call.world.records.timeline, lambda record: record.did in members)


@method(
    "app.bsky.feed.getPostThread",
    auth="optional",
    uri=Param(required=True),
    depth=Param("int", low=0, high=1000, default=6),
    parentHeight=Param("int", low=0, high=1000, default=80),
)
def get_post_thread(call: Call) -> Json:
    uri = post_uri(call, call.params["uri"])
    record = call.world.records.posts.get(uri)
    if record is None:
        raise XrpcError(400, "NotFound", f"Post not found: {uri}")
    views = call.views
    answer: Json = {"thread": views.thread(uri, call.params["depth"], call.params["parentHeight"])}
    root = call.world.records.posts.get(call.world.thread_root(record))
    gate = views.gate(root) if root is not None else None
    if gate is not None:
        answer["threadgate"] = gate
    return answer


@method("app.bsky.feed.getPosts", auth="optional", uris=Param("list", required=True, high=25))
def get_posts(call: Call) -> Json:
    """The posts that exist and are not blocked, in the order in which they were asked for."""
    views = call.views
    found = [call.world.records.posts.get(post_uri(call, uri)) for uri in call.params["uris"]]
    return {"posts": [views.post(record) for record in found if record and not views.blocks(record.did)]}


@method(
    "app.bsky.feed.searchPosts",
    q=Param(required=True),
    sort=Param(default="latest"),
    since=Param(),
    until=Param(),
    mentions=Param(),
    author=Param(),
    lang=Param(),
    domain=Param(),
    url=Param(),
    tag=Param("list"),
    limit=Param("int", low=1, high=100, default=25),
    cursor=CURSOR,
)
def search_posts(call: Call) -> Json:
    params, views = call.params, call.views
    try:
        query = parse_query(params, call.world.people, call.viewer)
    except ValueError as error:
        raise invalid(f"Invalid app.bsky.feed.searchPosts params: {error}") from None
    if params["sort"] == "top":
        found = list(_matches(call, query, None))
        found.sort(key=lambda record: -sum(views.counts(record.uri).values()))
        page, cursor = offset_page(found, params["cursor"], params["limit"])
        return {"posts": [views.post(record) for record in page]} | ({"cursor": cursor} if cursor else {})
    page = []
    answer: Json = {}
    for record in _matches(call, query, params["cursor"]):
        if len(page) == params["limit"]:
            answer["cursor"] = _cursor(page[-1])
            break
        page.append(record)
    return {"posts": [views.post(record) for record in page]} | answer


def _matches(call: Call, query: Query, cursor: str | None) -> Iterator[Record]:
    views, posts = call.views, call.world.records.posts
    for record in _after(call.world.records.timeline, cursor):
        there = record.collection == POST and record.uri in posts and not views.blocks(record.did)
        if there and query.matches(record):
            yield record
