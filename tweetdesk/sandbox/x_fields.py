"""The fields of posts and users on X: each with the function that works it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .ids import iso, parse_time
from .records import FOLLOW, LIKE, LISTITEM, POST, PROFILE, REPOST, THREADGATE, Record, owner_of, parent_of
from .x_ids import made_at, post_id, user_id
from .x_text import Shown

if TYPE_CHECKING:
    from .x_views import Answer

Json = dict[str, Any]
IMAGES = "https://images.example.com"
"""Where the pictures would be: nowhere."""


def repost_of(record: Record) -> str | None:
    """The URI of the post that a repost repeats; None for a post."""
    return record.subject if record.collection == REPOST else None


def reply_settings(answer: Answer, record: Record) -> str:
    """Who may answer a post."""
    gate = answer.records.get(record.did, THREADGATE, record.rkey)
    if gate is None or "allow" not in gate.value:
        return str(record.value.get("xReplySettings", "everyone"))
    rules = {str(rule.get("$type", "")).rpartition("#")[2] for rule in gate.value["allow"]}
    return "following" if "followingRule" in rules else "mentionedUsers"


def _conversation(answer: Answer, record: Record, shown: Shown) -> str:
    return post_id(answer.call.world.thread_root(record))


def _lang(answer: Answer, record: Record, shown: Shown) -> str:
    said = answer.records.posts.get(repost_of(record) or "", record)
    return str(next(iter(said.value.get("langs") or ()), "und"))


def _metrics(answer: Answer, record: Record, shown: Shown) -> Json:
    uri = repost_of(record) or record.uri
    records = answer.records
    own = record.collection == POST
    return {
        answer.call.spoken("retweet_count"): len(records.received_by(REPOST, uri)),
        "reply_count": len(records.replies.get(uri, ())) if own else 0,
        "like_count": len(records.received_by(LIKE, uri)) if own else 0,
        "quote_count": len(records.quotes.get(uri, ())) if own else 0,
        "bookmark_count": sum(uri in kept for kept in answer.call.world.bookmarks.values()) if own else 0,
        "impression_count": 40 * len(records.received_by(LIKE, uri)) + 7,
    }


def _referenced(answer: Answer, record: Record, shown: Shown) -> list[Json] | None:
    references = answer.references(record)
    return [{"type": one["type"], "id": post_id(one["uri"])} for one in references] or None


def _in_reply_to(answer: Answer, record: Record, shown: Shown) -> str | None:
    parent = parent_of(record)
    return user_id(owner_of(parent)) if parent is not None else None


def _attachments(answer: Answer, record: Record, shown: Shown) -> Json | None:
    keys = [medium["media_key"] for medium in answer.media_of(record)]
    return {"media_keys": keys} if keys else None


def _display_range(answer: Answer, record: Record, shown: Shown) -> list[int]:
    parent = parent_of(record)
    start = 0
    if parent is not None and shown.spans:
        names = len(record.value.get("xNames", ())) + answer.answers_with_name(record, owner_of(parent))
        start = shown.spans[names - 1].end + 1 if names else 0
    return [start, len(shown.text)]


def _user_metrics(answer: Answer, did: str) -> Json:
    records = answer.records
    repos = records.repos.get(did, {})
    lists = [item for repo in records.repos.values() for item in repo.get(LISTITEM, {}).values()]
    return {
        "followers_count": len(records.received_by(FOLLOW, did)),
        "following_count": len(records.given[FOLLOW].get(did, ())),
        answer.call.spoken("tweet_count"): len(repos.get(POST, ())) + len(repos.get(REPOST, ())),
        "listed_count": sum(item.subject == did for item in lists),
        "like_count": len(records.given[LIKE].get(did, ())),
    }


def _joined(answer: Answer, did: str) -> str:
    profile = answer.records.get(did, PROFILE, "self")
    created = profile.value.get("createdAt") if profile is not None else None
    return iso(parse_time(created)) if isinstance(created, str) else iso(answer.call.world.epoch)


POST_FIELDS: dict[str, Callable[[Answer, Record, Shown], Any]] = {
    "author_id": lambda answer, record, shown: user_id(record.did),
    "created_at": lambda answer, record, shown: iso(made_at(post_id(record.uri))),
    "conversation_id": _conversation,
    "in_reply_to_user_id": _in_reply_to,
    "referenced_tweets": _referenced,
    "entities": lambda answer, record, shown: shown.entities() or None,
    "public_metrics": _metrics,
    "reply_settings": lambda answer, record, shown: reply_settings(answer, record),
    "lang": _lang,
    "possibly_sensitive": lambda answer, record, shown: bool(record.value.get("labels")),
    "attachments": _attachments,
    "display_text_range": _display_range,
    "source": lambda answer, record, shown: "X Web App",
}
USER_FIELDS: dict[str, Callable[[Answer, str], Any]] = {
    "created_at": _joined,
    "description": lambda answer, did: answer.call.world.people.by_did[did].bio,
    "connection_status": lambda answer, did: answer.connections(did),
    "public_metrics": _user_metrics,
    "protected": lambda answer, did: False,
    "verified": lambda answer, did: False,
    "verified_type": lambda answer, did: "none",
    "location": lambda answer, did: "",
    "url": lambda answer, did: "",
    "profile_image_url": lambda answer, did: f"{IMAGES}/people/{user_id(did)}.png",
    "receives_your_dm": lambda answer, did: not answer.records.blocked(did, answer.call.viewer),
}
