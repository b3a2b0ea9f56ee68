"""What the X API writes: posts, reposts, mutes, direct messages, bookmarks; and the acts that it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .ids import iso
from .records import BLOCK, POST, REPOST, THREADGATE, Record, owner_of, parent_of, quoted_by
from .richtext import mentioned
from .x_body import checked, read_body
from .x_call import HOSTS, Call, XProblem, forbidden, invalid, plain
from .x_fields import reply_settings
from .x_ids import conversation_id, message_id, post_id, user_id
from .x_media import embed_of
from .x_routes import route
from .x_text import LIMIT, links, typed_facets, weigh
from .x_views import Answer

Json = dict[str, Any]
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the "
    "author of the post you are replying to."
)
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
TOO_LONG = (
    "Your Tweet text is too long. For more information on how Twitter determines text length see "
    "https://github.com/twitter/twitter-text."
)
DUPLICATES = timedelta(hours=24)
"""How long the same text is refused."""
MESSAGE_LENGTH = 10_000
WRITE = ("tweet.read", "tweet.write", "users.read")
POST_KEYS = (
    "card_uri", "community_id", "direct_message_deep_link", "edit_options", "for_super_followers_only", "geo",
    "made_with_ai", "media", "nullcast", "paid_partnership", "poll", "quote_tweet_id", "reply", "reply_settings",
    "share_with_followers", "text",
)  # fmt: skip
SETTINGS = {"following": "followingRule", "mentionedUsers": "mentionRule"}


# -- posts ----------------------------------------------------------------------------------------------------


@route("POST", "/2/tweets", limit=100, scopes=WRITE, status=201)
def create(call: Call) -> Json:
    """A post or an answer. Raises 400 and 403 as X does; the order of the checks is ours."""
    body = read_body(call, POST_KEYS)
    if body.get("quote_tweet_id") is not None:
        raise forbidden("You are not permitted to perform this action.")
    text, parent = _text(call, body), _parent(call, body)
    value = call.world.post_value(
        text,
        call.now,
        reply_to=parent.uri if parent else None,
        facets=typed_facets(text, call.names.did),
        embed=embed_of(call, body.get("media")),
    )
    if parent is not None and (others := _others(call, parent, body["reply"], value)):
        value["xNames"] = others
    settings = body.get("reply_settings")
    if settings in ("subscribers", "verified"):
        value["xReplySettings"] = settings
    elif settings is not None and settings not in SETTINGS:
        raise invalid(f"$.reply_settings: {settings} does not have a value in the enumeration", words=call.words)
    answer = Answer(call)
    record = Record(call.viewer, POST, call.world.next_tid(call.now), value, iso(call.now))
    shown = answer.shown(record).text
    _refuse_duplicate(call, answer, record, shown)
    ops = [_put(record)]
    if settings in SETTINGS:
        rules = [{"$type": f"{THREADGATE}#{SETTINGS[settings]}"}]
        gate = {"$type": THREADGATE, "post": record.uri, "allow": rules, "createdAt": iso(call.now)}
        ops.append(_put(Record(call.viewer, THREADGATE, record.rkey, gate, record.at)))
    call.world.commit(*ops)
    summoned = parent is not None and parent.did != call.viewer and _engaged(parent, call)
    call.state.ledger.write("post with a link" if links(text) else "summoned reply" if summoned else "post")
    number = post_id(record.uri)
    return {"data": {"id": number, "text": shown, call.spoken("edit_history_tweet_ids"): [number]}}


def _put(record: Record) -> Json:
    place = {"op": "put", "did": record.did, "collection": record.collection, "rkey": record.rkey}
    return {**place, "value": record.value, "at": record.at}


def _others(call: Call, parent: Record, reply: Json, value: Json) -> list[str]:
    """Whom X names in an answer beside the author: all whom the answered post names and nobody has left out."""
    without = reply.get("exclude_reply_user_ids") or []
    if not isinstance(without, list) or not all(isinstance(one, str) for one in without):
        raise invalid("$.reply.exclude_reply_user_ids: array of strings expected", words=call.words)
    apart = {call.viewer, parent.did, *mentioned(value)}
    people = dict.fromkeys([*mentioned(parent.value), *parent.value.get("xNames", ())])
    return [did for did in people if did not in apart and user_id(did) not in without]


def _text(call: Call, body: Json) -> str:
    text = body.get("text", "")
    if not isinstance(text, str):
        raise invalid("$.text: must be a string", words=call.words)
    if not text.strip() and body.get("media") is None:
        raise invalid("Requires at least one of the following parameters: text, media", words=call.words)
    if weigh(text, reply=body.get("reply") is not None) > LIMIT:
        raise invalid(TOO_LONG, words=call.words)
    return text.strip()


def _parent(call: Call, body: Json) -> Record | None:
    """The answered post. Raises 403 where it is gone, closed, or its author did not summon the account."""
    if body.get("reply") is None:
        return None
    known = ("in_reply_to_tweet_id", "exclude_reply_user_ids", "auto_populate_reply_metadata")
    reply = checked(body["reply"], known, ("in_reply_to_tweet_id",), "$.reply", call.words)
    parent = call.world.records.posts.get(call.names.uri(reply["in_reply_to_tweet_id"]) or "")
    if parent is None or call.world.records.blocked(parent.did, call.viewer):
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    root = call.world.thread_root(parent)
    if call.world.records.reply_closed(root, call.viewer):
        raise forbidden("The original Tweet author restricted who can reply to this Tweet.")
    own = call.viewer in (parent.did, owner_of(root))
    if not own and not _engaged(parent, call):
        raise forbidden(NOT_SUMMONED)
    first = call.world.records.posts.get(root)
    settings = reply_settings(Answer(call), first) if first is not None else "everyone"
    if settings in ("verified", "subscribers") and owner_of(root) != call.viewer:
        raise forbidden("The original Tweet author restricted who can reply to this Tweet.")
    return parent


def _engaged(parent: Record, call: Call) -> bool:
    """Whether the author of a post has mentioned, answered or quoted the account in it."""
    above = [uri for uri in (parent_of(parent), quoted_by(parent)) if uri is not None]
    return call.viewer in mentioned(parent.value) or any(owner_of(uri) == call.viewer for uri in above)


def _refuse_duplicate(call: Call, answer: Answer, new: Record, shown: str) -> None:
    oldest, text = iso(call.now - DUPLICATES), new.value["text"]
    for record in call.world.records.repos.get(call.viewer, {}).get(POST, {}).values():
        said = record.value["text"]
        alike = record.at >= oldest and (said.endswith(text) or text.endswith(said))
        if alike and answer.shown(record).text == shown:
            raise forbidden(DUPLICATE)


@route("DELETE", "/2/tweets/:id", scopes=WRITE)
def delete(call: Call) -> Json:
    """Deletes a post of one's own; one that is gone already counts as deleted."""
    uri = call.names.uri(call.arguments["id"])
    if uri is not None:
        if owner_of(uri) != call.viewer:
            raise forbidden("You are not authorized to delete this Tweet.")
        _, collection, rkey = uri.removeprefix("at://").split("/")
        call.world.commit({"op": "delete", "did": call.viewer, "collection": collection, "rkey": rkey})
        call.state.ledger.write("interaction deleted")
    return {"data": {"deleted": True}}


@route("PUT", "/2/tweets/:tweet_id/hidden", scopes=("tweet.read", "tweet.moderate.write", "users.read"))
def hide(call: Call) -> Json:
    """Hides an answer in a thread of one's own, or shows it again."""
    hidden = read_body(call, ("hidden",)).get("hidden")
    if not isinstance(hidden, bool):
        raise invalid("$.hidden: is missing but it is required", words=call.words)
    record = _existing(call, call.arguments["tweet_id"])
    if parent_of(record) is None or owner_of(call.world.thread_root(record)) != call.viewer:
        raise forbidden("You are not allowed to hide this reply: the conversation is not yours.")
    call.world.commit({"op": "hide_reply" if hidden else "unhide_reply", "did": call.viewer, "uri": record.uri})
    call.state.ledger.write("content managed")
    return {"data": {"hidden": hidden}}


def _existing(call: Call, number: str) -> Record:
    """The post that an act is about; of a repost, the original. Raises 404."""
    uri = call.names.uri(number)
    found = call.world.records.find(uri) if uri is not None else None
    if found is not None and found.collection == REPOST:
        found = call.world.records.posts.get(found.subject or "")
    if found is None or call.world.records.about(BLOCK, found.did, call.viewer) is not None:
        raise plain(404, "Not Found", f"Could not find tweet with id: [{number}].")
    return found


@route("POST", "/2/users/:id/retweets", scopes=WRITE)
def repost(call: Call) -> Json:
    """Reposts; once more changes nothing."""
    call.must_be_me()
    record = _existing(call, read_body(call, ("tweet_id",), ("tweet_id",))["tweet_id"])
    made = call.world.records.about(REPOST, call.viewer, record.uri)
    if made is None:
        subject = {"cid": record.cid, "uri": record.uri}
        value = {"$type": REPOST, "subject": subject, "createdAt": iso(call.now)}
        made = Record(call.viewer, REPOST, call.world.next_tid(call.now), value, iso(call.now))
        call.world.commit(_put(made))
        call.state.ledger.write("interaction")
    number = post_id(made.uri)
    return {"data": {"id": number, "rest_id": number, "retweeted": True}}


@route("DELETE", "/2/users/:id/retweets/:source_tweet_id", scopes=WRITE)
def undo_repost(call: Call) -> Json:
    """Takes a repost back; where there is none, nothing changes."""
    call.must_be_me()
    uri = call.names.uri(call.arguments["source_tweet_id"])
    made = call.world.records.about(REPOST, call.viewer, uri or "")
    if made is not None:
        call.world.commit({"op": "delete", "did": call.viewer, "collection": REPOST, "rkey": made.rkey})
        call.state.ledger.write("interaction deleted")
    return {"data": {"retweeted": False}}


BOOKMARK = ("bookmark.write", "tweet.read", "users.read")


@route("POST", "/2/users/:id/bookmarks", scopes=BOOKMARK)
def bookmark(call: Call) -> Json:
    call.must_be_me()
    record = _existing(call, read_body(call, ("tweet_id", "folder_id"), ("tweet_id",))["tweet_id"])
    if record.uri not in call.world.bookmarks[call.viewer]:
        call.world.commit({"op": "bookmark", "did": call.viewer, "uri": record.uri, "at": iso(call.now)})
    call.state.ledger.write("bookmark")
    return {"data": {"bookmarked": True}}


@route("DELETE", "/2/users/:id/bookmarks/:tweet_id", scopes=BOOKMARK)
def remove_bookmark(call: Call) -> Json:
    call.must_be_me()
    uri = call.names.uri(call.arguments["tweet_id"])
    if uri is not None and uri in call.world.bookmarks[call.viewer]:
        call.world.commit({"op": "unbookmark", "did": call.viewer, "uri": uri})
    call.state.ledger.write("interaction deleted")
    return {"data": {"bookmarked": False}}


# -- people ---------------------------------------------------------------------------------------------------

MUTE = ("mute.write", "tweet.read", "users.read")


@route("POST", "/2/users/:id/muting", scopes=MUTE)
def mute(call: Call) -> Json:
    call.must_be_me()
    person = call.person(read_body(call, ("target_user_id",), ("target_user_id",))["target_user_id"])
    call.world.commit({"op": "mute", "did": call.viewer, "subject": person.did, "at": iso(call.now)})
    call.state.ledger.write("interaction")
    return {"data": {"muting": True}}


@route("DELETE", "/2/users/:source_user_id/muting/:target_user_id", scopes=MUTE)
def unmute(call: Call) -> Json:
    call.must_be_me("source_user_id")
    person = call.person(call.arguments["target_user_id"])
    call.world.commit({"op": "unmute", "did": call.viewer, "subject": person.did})
    call.state.ledger.write("mute deleted")
    return {"data": {"muting": False}}


MESSAGE = ("dm.write", "tweet.read", "users.read")


@route("POST", "/2/users/:id/dm/block", limit=15, scopes=MESSAGE)
def close_messages(call: Call) -> Json:
    """Takes no more direct messages of somebody; the path names them."""
    person = call.person(call.arguments["id"], "id")
    op = {"op": "close_messages", "did": call.viewer, "subject": person.did, "at": iso(call.now)}
    call.world.commit(op)
    call.state.ledger.write("privacy updated")
    return {"data": {"blocked": True}}


@route("POST", "/2/users/:id/dm/unblock", limit=15, scopes=MESSAGE)
def open_messages(call: Call) -> Json:
    person = call.person(call.arguments["id"], "id")
    call.world.commit({"op": "open_messages", "did": call.viewer, "subject": person.did})
    call.state.ledger.write("privacy updated")
    return {"data": {"blocked": False}}


@route("POST", "/2/dm_conversations/with/:participant_id/messages", limit=15, scopes=MESSAGE, status=201)
def send_message(call: Call) -> Json:
    """A direct message, unencrypted; it becomes a message of the world."""
    body = read_body(call, ("text", "attachments"))
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise invalid("Requires at least one of the following parameters: text, attachments", words=call.words)
    if len(text) > MESSAGE_LENGTH:
        raise invalid(f"$.text: must be at most {MESSAGE_LENGTH} characters long", words=call.words)
    person = call.person(call.arguments["participant_id"], "participant_id")
    closed = person.did in call.world.closed_messages[call.viewer] or person.did == call.viewer
    if closed or call.world.records.blocked(person.did, call.viewer):
        raise forbidden("You do not have permission to DM one or more of the recipients.")
    extra: Json = {}
    facets = typed_facets(text, call.names.did)
    if facets:
        extra["facets"] = facets
    op = call.world.message_op(call.viewer, person.did, text, call.now, extra)
    call.world.commit(op)
    call.state.ledger.write("dm")
    number = message_id(str(op["id"]), str(op["at"]))
    return {"data": {"dm_conversation_id": conversation_id(call.viewer, person.did), "dm_event_id": number}}


# -- what a private app may not -------------------------------------------------------------------------------


def _refused(call: Call) -> Json:
    """Likes, follows and blocks are for apps of enterprise accounts alone (docs.x.com, changelog of 2026)."""
    raise XProblem(
        403,
        {
            "client_id": "sandbox",
            "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens "
            "from a Twitter developer App that is attached to a Project with the access level of this endpoint.",
            "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
            "title": "Client Forbidden",
            "required_enrollment": "Appropriate Level of API Access",
            "reason": "client-not-enrolled",
            "type": f"{HOSTS[call.words]}/2/problems/client-forbidden",
            "status": 403,
        },
    )


for _verb, _path in (
    ("POST", "/2/users/:id/likes"),
    ("DELETE", "/2/users/:id/likes/:tweet_id"),
    ("POST", "/2/users/:id/following"),
    ("DELETE", "/2/users/:source_user_id/following/:target_user_id"),
    ("POST", "/2/users/:id/blocking"),
    ("DELETE", "/2/users/:source_user_id/blocking/:target_user_id"),
):
    route(_verb, _path)(_refused)
