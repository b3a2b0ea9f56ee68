"""Posts as the X API reads them: timelines, lists, bookmarks, search, by id."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from .records import BLOCK, LIST, LISTITEM, POST, Record, owner_of, parent_of
from .richtext import mentioned
from .x_call import Call, Param, invalid, plain, wrong
from .x_fields import repost_of
from .x_ids import id_at, post_id
from .x_routes import route
from .x_search import BadQuery, parse
from .x_views import Answer

Json = dict[str, Any]
ID = Param("id")
IDS = Param("list", required=True)
TIME = Param("time")
TOKEN = Param()
RECENT = timedelta(days=7)
READ = ("tweet.read", "users.read")
EXCLUDE = Param("list", among=("replies", "retweets"))
SPAN = {
    "pagination_token": TOKEN,
    "since_id": ID,
    "until_id": ID,
    "start_time": TIME,
    "end_time": TIME,
}
"""The parameters that bound a timeline."""


def did_of(call: Call, number: str) -> str | None:
    person = call.names.user(number)
    return person.did if person is not None else None


def did_in_path(call: Call) -> str:
    """The DID of the user in the path. Raises 404 where there is none."""
    did = did_of(call, call.arguments["id"])
    if did is None:
        raise plain(404, "Not Found", f"Could not find user with id: [{call.arguments['id']}].")
    return did


def list_of(call: Call) -> Record | None:
    for repo in call.world.records.repos.values():
        for record in repo.get(LIST, {}).values():
            if post_id(record.uri) == call.arguments["id"]:
                return record
    return None


def offset_page(call: Call, items: list[str]) -> tuple[list[str], Json]:
    start = read_token(call, "pagination_token") if call.params["pagination_token"] else 0
    page = items[start : start + call.params["max_results"]]
    meta: Json = {"result_count": len(page)}
    if len(items) > start + len(page):
        meta["next_token"] = write_token(start + len(page))
    return page, meta


def written(call: Call) -> list[tuple[int, Record]]:
    """Posts and reposts that the viewer may see, with their numbers, the newest first."""
    records = call.world.records
    blocking = set(records.received_by(BLOCK, call.viewer))
    found = []
    for _, _, record in records.timeline:
        original = repost_of(record)
        if record.did in blocking or (original is not None and original not in records.posts):
            continue
        found.append((int(post_id(record.uri)), record))
    found.sort(key=lambda pair: pair[0], reverse=True)
    return found


def within(call: Call, found: Iterable[tuple[int, Record]]) -> list[tuple[int, Record]]:
    """Those between since_id, until_id, start_time, end_time and after a page's token."""
    params = call.params
    low, high = 0, 1 << 64
    if params.get("since_id"):
        low = int(params["since_id"])
    if params.get("start_time"):
        low = max(low, id_at(params["start_time"]) - 1)
    if params.get("until_id"):
        high = int(params["until_id"])
    if params.get("end_time"):
        high = min(high, id_at(params["end_time"]))
    name = "next_token" if params.get("next_token") else "pagination_token"
    if params.get(name):
        high = min(high, read_token(call, name))
    return [(number, record) for number, record in found if low < number < high]


def read_token(call: Call, name: str) -> int:
    """The number that a page's token stands for. Raises 400 for a token that is none."""
    token = str(call.params[name])
    try:
        if not token.startswith("7140sandbox"):
            raise ValueError(token)
        return int(token.removeprefix("7140sandbox"), 16)
    except ValueError:
        raise wrong(name, token, "is not valid", call.words) from None


def write_token(number: int) -> str:
    """A page's token."""
    return f"7140sandbox{number:016x}"


def posts_page(
    call: Call, found: list[tuple[int, Record]], size: int, *, owned: bool = False, ends: bool = True
) -> Json:
    """A page of posts; `ends`: the meta tells newest_id and oldest_id."""
    answer = Answer(call)
    page = found[:size]
    data = answer.post_list([record for _, record in page], owned=owned and call.state.owner)
    meta: Json = {"result_count": len(data)}
    if data and ends:
        meta |= {"newest_id": data[0]["id"], "oldest_id": data[-1]["id"]}
    if len(found) > len(page):
        meta["next_token"] = write_token(page[-1][0])
    return answer.whole(data, meta)


def _timeline(call: Call, wanted: Callable[[Record], bool]) -> list[tuple[int, Record]]:
    excluded = call.params.get("exclude") or ()
    found = [(number, record) for number, record in written(call) if wanted(record)]
    if "replies" in excluded:
        found = [(number, record) for number, record in found if parent_of(record) is None]
    if "retweets" in excluded:
        found = [(number, record) for number, record in found if record.collection == POST]
    return within(call, found)


@route(
    "GET", "/2/users/:id/mentions", kind="tweet", limit=300, scopes=READ,
    params={"max_results": Param("int", low=5, default=10), **SPAN},
)  # fmt: skip
def mentions(call: Call) -> Json:
    person = did_in_path(call)

    def about(record: Record) -> bool:
        parent = parent_of(record)
        answered = parent is not None and owner_of(parent) == person
        return (
            record.collection == POST and record.did != person and (answered or person in mentioned(record.value))
        )

    found = _timeline(call, about)
    if person == call.viewer:
        found = [pair for pair in found if not call.world.records.blocked(person, pair[1].did)]
    return posts_page(call, found, call.params["max_results"], owned=person == call.viewer)


@route(
    "GET", "/2/users/:id/tweets", kind="tweet", limit=900, scopes=READ,
    params={"max_results": Param("int", low=5, default=10), "exclude": EXCLUDE, **SPAN},
)  # fmt: skip
def posts_of(call: Call) -> Json:
    person = did_in_path(call)
    found = _timeline(call, lambda record: record.did == person)
    return posts_page(call, found, call.params["max_results"], owned=person == call.viewer)


@route(
    "GET", "/2/users/:id/timelines/reverse_chronological", kind="tweet", limit=180, scopes=READ,
    params={"max_results": Param("int", default=100), "exclude": EXCLUDE, **SPAN},
)  # fmt: skip
def home(call: Call) -> Json:
    call.must_be_me()
    shown = call.world.follows(call.viewer) | {call.viewer}
    muted = set(call.world.mutes[call.viewer])

    def fits(record: Record) -> bool:
        original, parent = repost_of(record), parent_of(record)
        if record.did not in shown or record.did in muted or (original and owner_of(original) in muted):
            return False
        return parent is None or owner_of(parent) in shown

    return posts_page(call, _timeline(call, fits), call.params["max_results"])


@route(
    "GET", "/2/lists/:id/tweets", kind="tweet", limit=900, scopes=("list.read", *READ),
    params={"max_results": Param("int", default=100), "pagination_token": TOKEN},
)  # fmt: skip
def list_posts(call: Call) -> Json:
    record = list_of(call)
    if record is None:
        raise plain(404, "Not Found", f"Could not find list with id: [{call.arguments['id']}].")
    items = call.world.records.repos.get(record.did, {}).get(LISTITEM, {}).values()
    members = {item.value.get("subject") for item in items if item.value.get("list") == record.uri}
    found = _timeline(call, lambda post: post.did in members and parent_of(post) is None)
    return posts_page(call, found, call.params["max_results"], ends=False)


# -- posts ----------------------------------------------------------------------------------------------------


@route("GET", "/2/tweets", kind="tweet", limit=5000, scopes=READ, params={"ids": IDS})
def posts_by_id(call: Call) -> Json:
    answer = Answer(call)
    found = []
    for number in dict.fromkeys(call.params["ids"]):
        record = _find(answer, "ids", number)
        if record is not None:
            found.append(record)
    return answer.whole(answer.post_list(found))


@route("GET", "/2/tweets/:id", kind="tweet", limit=900, scopes=READ)
def post(call: Call) -> Json:
    answer = Answer(call)
    record = _find(answer, "id", call.arguments["id"])
    return answer.whole(answer.post_list([record])[0] if record is not None else None)


def _find(answer: Answer, name: str, number: str) -> Record | None:
    """The post or repost of a number; else what is wrong with it stands among the errors."""
    uri = answer.call.names.uri(number)
    record = answer.records.find(uri) if uri is not None else None
    if record is None:
        answer.errors.append(answer.call.not_found(name, number, "tweet"))
    elif answer.hidden(record):
        answer.errors.append(answer.call.not_authorized(name, number, "tweet"))
        record = None
    return record


@route(
    "GET", "/2/tweets/search/recent", kind="tweet", limit=300, scopes=READ,
    params={"query": Param(required=True), "max_results": Param("int", low=10, default=10),
            "next_token": TOKEN, "sort_order": Param(among=("recency", "relevancy")), **SPAN},
)  # fmt: skip
def search(call: Call) -> Json:
    query = call.params["query"]
    try:
        test = parse(query)
    except BadQuery as problem:
        message = f"There were errors processing your request: {problem}"
        raise invalid(message, {"query": [query]}, call.words) from None
    oldest = call.now - RECENT
    for name in ("since_id", "until_id"):
        given = call.params[name]
        if given is not None and int(given) < id_at(oldest):
            stamp = oldest.strftime("%Y-%m-%dT%H:%MZ")
            message = f"'{name}' must be a tweet id created after [{stamp}]. Please use a '{name}' that is larger"
            raise invalid(f"{message} than {id_at(oldest)}", {name: [given]}, call.words)
    newest = written(call)
    recent = newest[: bisect_left(newest, -id_at(oldest), key=lambda pair: -pair[0])]
    answer = Answer(call)
    found = [pair for pair in within(call, recent) if test(answer, pair[1])]
    return posts_page(call, found, call.params["max_results"])


@route(
    "GET", "/2/users/:id/bookmarks", kind="tweet", limit=180, scopes=("bookmark.read", *READ),
    params={"max_results": Param("int", default=100), "pagination_token": TOKEN},
)  # fmt: skip
def bookmarks(call: Call) -> Json:
    call.must_be_me()
    kept = call.world.bookmarks[call.viewer]
    uris = [
        uri for uri in sorted(kept, key=lambda one: kept[one], reverse=True) if uri in call.world.records.posts
    ]
    page, meta = offset_page(call, uris)
    answer = Answer(call)
    records = [call.world.records.posts[uri] for uri in page]
    return answer.whole(answer.post_list(records, owned=call.state.owner), meta)
