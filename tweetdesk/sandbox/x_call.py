"""One call of the X API: its problems, its parameters, and which of the two vocabularies it speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .ids import parse_time
from .x_ids import NUMBER, Names, user_id
from .x_state import State

if TYPE_CHECKING:
    from .people import Person
    from .world import World

Json = dict[str, Any]
HOSTS = {"tweet": "https://api.twitter.com", "post": "https://api.x.com"}
"""Where the problem types of a vocabulary live: OpenAPI 2.166 and 2.167."""


class XProblem(Exception):
    """An answer that is a problem: status and body as X writes them."""

    def __init__(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body.get('detail', body)}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def plain(status: int, title: str, detail: str) -> XProblem:
    """A problem of type about:blank, which is known by its detail alone."""
    return XProblem(status, {"title": title, "detail": detail, "type": "about:blank", "status": status})


def forbidden(detail: str) -> XProblem:
    """403 about:blank"""
    return plain(403, "Forbidden", detail)


def unauthorized() -> XProblem:
    """401, as X answers whatever is wrong with a login"""
    return plain(401, "Unauthorized", "Unauthorized")


def invalid(message: str, parameters: dict[str, list[str]] | None = None, words: str = "tweet") -> XProblem:
    """400 invalid-request"""
    return XProblem(
        400,
        {
            "errors": [{"parameters": parameters or {}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{HOSTS[words]}/2/problems/invalid-request",
        },
    )


def wrong(name: str, value: str, why: str, words: str = "tweet") -> XProblem:
    """400 invalid-request about one parameter"""
    return invalid(f"The `{name}` query parameter value [{value}] {why}", {name: [value]}, words)


@dataclass(frozen=True, slots=True)
class Param:
    """A query parameter: "str", "int", "id", "time" or "list"; `high` bounds a list's length."""

    kind: str = "str"
    required: bool = False
    low: int = 1
    high: int = 100
    default: Any = None
    among: tuple[str, ...] = ()


@dataclass(slots=True)
class Call:
    """A call as its handler sees it."""

    world: World
    state: State
    viewer: str
    arguments: dict[str, str]
    params: Json
    body: Json
    words: str
    """The vocabulary: tweet or post."""
    wanted: dict[str, set[str]] = field(default_factory=dict)
    """Asked for, in tweet words: tweet, user, media, list and dm_event fields, and expansions."""

    @property
    def names(self) -> Names:
        return self.state.names

    @property
    def now(self) -> datetime:
        return self.world.clock()

    @property
    def me(self) -> str:
        """The number of the account that is logged in."""
        return user_id(self.viewer)

    def must_be_me(self, name: str = "id") -> None:
        """Raises 400 where the path names another account than the one that is logged in."""
        given = self.arguments[name]
        if given != self.me:
            why = f"must be the same as the authenticating user [{self.me}]"
            raise wrong(name, given, why, self.words)

    def not_found(self, parameter: str, value: str, kind: str) -> Json:
        """The problem object of a thing that does not exist."""
        kind = self.spoken(kind)
        return {
            "value": value,
            "detail": f"Could not find {kind} with {parameter}: [{value}].",
            "title": "Not Found Error",
            "resource_type": kind,
            "parameter": parameter,
            "resource_id": value,
            "type": f"{HOSTS[self.words]}/2/problems/resource-not-found",
        }

    def not_authorized(self, parameter: str, value: str, kind: str) -> Json:
        """The problem object of a thing that the account may not see."""
        kind = self.spoken(kind)
        return {
            "value": value,
            "detail": f"Sorry, you are not authorized to see the {kind.capitalize()} with {parameter}: [{value}].",
            "title": "Authorization Error",
            "resource_type": kind,
            "parameter": parameter,
            "resource_id": value,
            "section": "data",
            "type": f"{HOSTS[self.words]}/2/problems/not-authorized-for-resource",
        }

    def spoken(self, name: str) -> str:
        """A name of the tweet vocabulary in the words of this call."""
        return OF_POST.get(name, name) if self.words == "post" else name

    def person(self, number: str, name: str = "target_user_id") -> Person:
        """Somebody whom an act is about. Raises 400 for a number that nobody has."""
        person = self.names.user(number)
        if person is None:
            raise wrong(name, number, "is not the id of a user", self.words)
        return person


OF_POST = {
    "tweet": "post",
    "tweets": "posts",
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
    "referenced_tweets.id": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "pinned_tweet_id": "pinned_post_id",
    "most_recent_tweet_id": "most_recent_post_id",
    "retweet_count": "repost_count",
    "tweet_count": "post_count",
}
"""Names of the tweet vocabulary (2.166) that the post vocabulary (2.167) calls otherwise."""
OF_TWEET = {new: old for old, new in OF_POST.items() if old != "referenced_tweets.id"}
EXPANSIONS = {
    "tweet": {
        "tweet": (
            "article.cover_media", "article.media_entities", "attachments.media_keys",
            "attachments.media_source_tweet", "attachments.poll_ids", "author_id", "edit_history_tweet_ids",
            "entities.mentions.username", "entities.note.mentions.username", "geo.place_id", "in_reply_to_user_id",
            "referenced_tweets.id", "referenced_tweets.id.attachments.media_keys",
            "referenced_tweets.id.author_id",
        ),
        "user": ("affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"),
        "dm_event": ("attachments.media_keys", "participant_ids", "referenced_tweets.id", "sender_id"),
        "list": ("owner_id",),
    },
    "post": {
        "tweet": (
            "article.cover_media", "article.media_entities", "attachments.media_keys",
            "attachments.media_source_tweet", "attachments.poll_ids", "author_id", "edit_history_post_ids",
            "entities.mentions.username", "geo.place_id", "in_reply_to_user_id", "referenced_posts", "username",
        ),
        "user": ("affiliation", "most_recent_post_id", "pinned_post_id"),
        "dm_event": ("attachments.media_keys", "participant_ids", "referenced_posts", "sender_id"),
        "list": ("owner_id",),
    },
}  # fmt: skip
"""The expansions of a kind of answer, of OpenAPI 2.166 (tweet) and 2.167 (post)."""
ONLY_EXPANDED = frozenset(
    {"author_id", "in_reply_to_user_id", "referenced_posts", "edit_history_post_ids", "pinned_post_id"}
    | {"most_recent_post_id", "participant_ids", "sender_id", "owner_id"}
)
"""What 2.167 has no field name for: it comes with the expansion of the same name."""
FIELDS = ("tweet", "post", "user", "media", "poll", "place", "list", "dm_event")


def vocabulary(query: list[tuple[str, str]], otherwise: str = "tweet") -> str:
    """Which vocabulary a query speaks: `otherwise` where nothing tells. Raises 400 for a mixture."""
    spoken: dict[str, str] = {}
    for name, value in query:
        if name in ("tweet.fields", "post.fields"):
            spoken[name.partition(".")[0]] = name
        elif name == "expansions" or name.endswith(".fields"):
            for item in value.split(","):
                if "tweet" in item and item != "attachments.media_source_tweet":
                    spoken["tweet"] = item
                elif "_post" in item:
                    spoken["post"] = item
    if len(spoken) > 1:
        message = f"[{spoken['tweet']}] and [{spoken['post']}] are of two vocabularies; use one of them"
        raise invalid(message, {"fields": list(spoken.values())})
    return next(iter(spoken), otherwise)


def read_query(call: Call, kind: str, rules: dict[str, Param], query: list[tuple[str, str]]) -> None:
    """Fills in the parameters and the wanted fields of a call. Raises 400 as X does."""
    given: dict[str, list[str]] = {}
    for name, value in query:
        given.setdefault(name, []).append(value)
    known = {*rules, "expansions", *(f"{name}.fields" for name in FIELDS)} if kind else set(rules)
    for name in given:
        if name not in known:
            among = ",".join(sorted(known))
            raise invalid(f"The query parameter [{name}] is not one of [{among}]", {name: given[name]}, call.words)
    for name, rule in rules.items():
        if name not in given:
            if rule.required:
                message = f"The `{name}` query parameter can not be empty"
                raise invalid(message, {name: [""]}, call.words)
            call.params[name] = rule.default
        else:
            call.params[name] = _value(name, rule, ",".join(given[name]), call.words)
    _wanted(call, kind, given)


def _wanted(call: Call, kind: str, given: dict[str, list[str]]) -> None:
    for name in FIELDS:
        items = _items(given.get(f"{name}.fields", []))
        if call.words == "post":
            items = {OF_TWEET.get(item, item) for item in items if item not in ONLY_EXPANDED | OF_POST.keys()}
        call.wanted.setdefault("tweet" if name == "post" else name, set()).update(items)
    expansions = _items(given.get("expansions", []))
    if kind:
        among = EXPANSIONS[call.words][kind]
        for item in sorted(expansions):
            if item not in among:
                raise wrong("expansions", item, f"is not one of [{','.join(among)}]", call.words)
    if call.words == "post":
        expansions = {OF_TWEET.get(item, item) for item in expansions}
        expansions = {f"{item}.id" if item == "referenced_tweets" else item for item in expansions}
    call.wanted["expansions"] = expansions


def _items(values: list[str]) -> set[str]:
    return {item.strip() for value in values for item in value.split(",") if item.strip()}


def _value(name: str, rule: Param, text: str, words: str) -> Any:
    if rule.kind in _READERS:
        return _READERS[rule.kind](name, rule, text, words)
    if rule.required and not text:
        raise invalid(f"The `{name}` query parameter can not be empty", {name: [text]}, words)
    if rule.among and text not in rule.among:
        raise wrong(name, text, f"is not one of [{','.join(rule.among)}]", words)
    return text


def _int(name: str, rule: Param, text: str, words: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise wrong(name, text, "is not a number", words)
    if not rule.low <= int(text) <= rule.high:
        raise wrong(name, text, f"is not between {rule.low} and {rule.high}", words)
    return int(text)


def _id(name: str, rule: Param, text: str, words: str) -> str:
    if NUMBER.fullmatch(text) is None:
        raise wrong(name, text, "is not valid", words)
    return text


def _time(name: str, rule: Param, text: str, words: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError:
        raise wrong(name, text, "is not a valid RFC3339 timestamp", words) from None


def _list(name: str, rule: Param, text: str, words: str) -> list[str]:
    items = [item for item in text.split(",") if item]
    if not items:
        raise invalid(f"The `{name}` query parameter can not be empty", {name: [text]}, words)
    if len(items) > rule.high:
        why = f"size of `{name}` query parameter is not between 1 and {rule.high}"
        raise invalid(
            f"The number of values in the `{name}` query parameter list [{text}]: {why}", {name: items}, words
        )
    for item in items:
        if rule.among and item not in rule.among:
            raise wrong(name, item, f"is not one of [{','.join(rule.among)}]", words)
        if name == "ids" and NUMBER.fullmatch(item) is None:
            raise wrong(name, item, "is not valid", words)
    return items


_READERS: dict[str, Callable[[str, Param, str, str], Any]] = {
    "int": _int,
    "id": _id,
    "time": _time,
    "list": _list,
}
