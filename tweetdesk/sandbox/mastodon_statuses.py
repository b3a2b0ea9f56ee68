"""Statuses of the Mastodon API: writing, reading and what one does with them.

After docs.joinmastodon.org/methods/statuses and /polls; errors as the recorded server words them.
"""

from __future__ import annotations

from datetime import timedelta

from .chat import Conversation, Message
from .ids import iso, parse_time
from .mastodon_calls import ApiError, Call, Json, forbidden, not_found, route, unfit
from .mastodon_ids import find_status, number
from .mastodon_media import attached, check_pictures
from .mastodon_text import count, facets_of, typed
from .records import LIKE, POST, REPOST, Record, parent_of
from .richtext import mentioned

VISIBILITIES = ("public", "unlisted", "private", "direct")
KEY_KEPT = timedelta(hours=1)
MOST = {False: (500, 23), True: (5000, 25)}
"""Characters a post may have, and how many of them a URL counts; True: GoToSocial."""


# -- writing ----------------------------------------------------------------------------------------------


@route("POST", "/api/v1/statuses", "write:statuses")
def create(call: Call) -> Json:
    key = call.request.headers.get("idempotency-key", "") if call.honour_keys else ""
    known = call.world.marks.keys.get((call.me, key))
    if key and known is not None and parse_time(known[1]) + KEY_KEPT > call.world.clock():
        return _show(call, known[0])
    text, visibility = call.text("status"), call.text("visibility") or "public"
    _check(call, text, visibility)
    parent = call.text("in_reply_to_id")
    if parent and call.message(parent) is None and not _seen(call, parent):
        raise ApiError(404, "The post you are trying to reply to does not appear to exist.")
    ops = _message(call, text, parent) if visibility == "direct" else _post(call, text, visibility, parent)
    ident = str(number(ops[-1]["id"] if visibility == "direct" else ops[-1]["rkey"]))
    if key:
        ops.append({"op": "key", "did": call.me, "key": key, "id": ident, "at": call.now()})
    call.world.commit(*ops)
    return _show(call, ident)


def _seen(call: Call, ident: str) -> bool:
    record = find_status(call.world, ident)
    return record is not None and call.views.visible(record)


def _check(call: Call, text: str, visibility: str) -> None:
    """Raises the server's errors for what cannot be posted."""
    most, per_url = MOST[call.gotosocial]
    if not text.strip() and not call.texts("media_ids"):
        raise unfit("Text can't be blank")
    if visibility not in VISIBILITIES:
        raise unfit("Visibility is not included in the list")
    if count(text, per_url) + len(call.text("spoiler_text")) > most:
        raise unfit(f"Text character limit of {most} exceeded")
    check_pictures(call)


def _post(call: Call, text: str, visibility: str, parent: str) -> list[Json]:
    """The change that brings a post."""
    world, now = call.world, call.world.clock()
    answered = find_status(world, parent) if parent else None
    if answered is not None and answered.collection == REPOST:
        answered = world.records.posts[answered.subject or ""]
    quoted = _quoted(call)
    marks: Json = {"visibility": visibility, "quote_policy": call.text("quote_approval_policy") or "public"}
    if call.text("spoiler_text") or call.flag("sensitive"):
        marks |= {"spoiler_text": call.text("spoiler_text"), "sensitive": True}
    poll = call.params.get("poll")
    if isinstance(poll, dict):
        marks["poll"] = _poll(call, poll)
    value = world.post_value(
        text,
        now,
        reply_to=answered.uri if answered is not None else None,
        quote=quoted.uri if quoted is not None else None,
        facets=facets_of(text, call.directory),
        embed=attached(call),
        langs=[call.text("language") or "en"],
    )
    value["mastodon"] = marks
    return [_put(call, POST, value)]


def _quoted(call: Call) -> Record | None:
    """The post that is quoted. Raises 404 where there is none, 403 where its author does not allow it."""
    ident = call.text("quoted_status_id")
    if not ident or call.gotosocial:
        return None
    record = find_status(call.world, ident)
    if record is None or record.collection != POST or not call.views.visible(record):
        raise ApiError(404, "The post you are trying to quote does not appear to exist.")
    if not call.views.quotable(record):
        raise forbidden()
    return record


def _poll(call: Call, poll: Json) -> Json:
    options = [str(one) for one in poll.get("options", [])]
    seconds = str(poll.get("expires_in", ""))
    if len(options) < 2:
        raise unfit("Options must have more than one item")
    if not seconds.isdigit() or int(seconds) < 300:
        raise unfit("Expires at is too soon")
    until = iso(call.world.clock() + timedelta(seconds=int(seconds)))
    multiple = str(poll.get("multiple", "")).lower() in ("true", "1")
    return {"options": [[title, 0] for title in options], "expires_at": until, "multiple": multiple}


def _put(call: Call, collection: str, value: Json) -> Json:
    rkey = call.world.next_tid(call.world.clock())
    place = {"op": "put", "did": call.me, "collection": collection, "rkey": rkey}
    return {**place, "value": value, "at": call.now()}


def _message(call: Call, text: str, parent: str) -> list[Json]:
    """The change that brings a direct message, to all who are mentioned in it."""
    facets = facets_of(text, call.directory)
    extra: Json = {"reply": parent or None, "language": call.text("language") or "en"}
    if facets:
        extra["facets"] = facets
    if call.text("spoiler_text"):
        extra["spoiler_text"] = call.text("spoiler_text")
    if embed := attached(call):
        extra["embed"] = embed
    others = [did for did in mentioned({"facets": facets}) if did != call.me]
    op = call.world.message_op(call.me, others[0] if others else call.me, text, call.world.clock(), extra)
    op["to"] = list(dict.fromkeys([call.me, *others]))
    return [op]


def _show(call: Call, ident: str) -> Json:
    """A status by its id, whatever it is. Raises 404."""
    message = call.message(ident)
    return call.views.direct(*message) if message is not None else call.views.status(call.status(ident))


@route("PUT", "/api/v1/statuses/:id", "write:statuses")
def edit(call: Call) -> Json:
    text, found = call.text("status"), call.message()
    if found is not None and found[1].did == call.me:
        return _rewrite(call, text, *found)
    record = _own(call)
    visibility = call.views.visibility(record)
    _check(call, text, visibility)
    warned = bool(call.text("spoiler_text")) or call.flag("sensitive")
    call.world.edit(
        record.uri,
        text,
        facets=facets_of(text, call.directory),
        visibility=visibility,
        spoiler_text=call.text("spoiler_text"),
        sensitive=warned,
    )
    return _show(call, call.path["id"])


def _rewrite(call: Call, text: str, convo: Conversation, message: Message) -> Json:
    """A direct status with another text; it stays in its conversation."""
    _check(call, text, "direct")
    extra = {**message.extra, "facets": facets_of(text, call.directory), "edited_at": call.now()}
    extra["spoiler_text"] = call.text("spoiler_text")
    place = {"op": "rewrite", "did": call.me, "convo": convo.id, "id": message.id, "at": call.now()}
    call.world.commit({**place, "text": text, "extra": extra})
    return _show(call, call.path["id"])


def _own(call: Call) -> Record:
    """The viewer's own post that the path names. Raises 404, also for posts of others."""
    record = call.status()
    if record.did != call.me or record.collection != POST:
        raise not_found()
    return record


@route("DELETE", "/api/v1/statuses/:id", "write:statuses")
def delete(call: Call) -> Json:
    """Answers the status as it was, with the text to write it anew."""
    found = call.message()
    if found is not None and found[1].did == call.me:
        convo, message = found
        view = {**call.views.direct(convo, message), "text": message.text}
        place = {"did": call.me, "convo": convo.id, "id": message.id}
        call.world.commit({"op": "unsend", **place, "at": call.now()})
        return view
    record = _own(call)
    view = {**call.views.status(record), "text": typed(record.value, call.directory)}
    call.world.delete(record.uri)
    return view


# -- reading ----------------------------------------------------------------------------------------------


@route("GET", "/api/v1/statuses/:id", "read:statuses", public=True)
def get_status(call: Call) -> Json:
    return _show(call, call.path["id"])


@route("GET", "/api/v1/statuses", "read:statuses", public=True, only_mastodon=True)
def get_statuses(call: Call) -> list[Json]:
    """Those of the ids that there are."""
    views = []
    for ident in call.texts("id")[:20]:
        message, record = call.message(ident), find_status(call.world, ident)
        if message is not None:
            views.append(call.views.direct(*message))
        elif record is not None and call.views.visible(record):
            views.append(call.views.status(record))
    return views


@route("GET", "/api/v1/statuses/:id/context", "read:statuses", public=True)
def context(call: Call) -> Json:
    """What stands above and below a status, oldest first; of a direct one the rest of its conversation."""
    found = call.message()
    if found is not None:
        return _talk(call, *found)
    record = call.status()
    if record.collection == REPOST:
        record = call.world.records.posts[record.subject or ""]
    views = call.views
    above: list[Record] = []
    parent = call.world.records.posts.get(parent_of(record) or "")
    while parent is not None and len(above) < 60:
        above.append(parent)
        parent = call.world.records.posts.get(parent_of(parent) or "")
    below = [call.world.records.posts[uri] for uri in call.world.thread(record.uri)[1:]]
    shown = [one for one in (*above, *below) if views.visible(one) and not views.relations.blocks(one.did)]
    return {
        "ancestors": [views.status(one) for one in reversed(above) if one in shown],
        "descendants": [views.status(one) for one in below if one in shown],
    }


def _talk(call: Call, convo: Conversation, message: Message) -> Json:
    place = convo.messages.index(message)
    above = [call.views.direct(convo, one) for one in convo.messages[:place]]
    below = [call.views.direct(convo, one) for one in convo.messages[place + 1 :]]
    return {"ancestors": above, "descendants": below}


@route("GET", "/api/v1/statuses/:id/source", "read:statuses")
def source(call: Call) -> Json:
    found = call.message()
    if found is not None:
        return {"id": call.path["id"], "text": found[1].text, "spoiler_text": ""}
    record = call.status()
    spoiler = str(record.value.get("mastodon", {}).get("spoiler_text", ""))
    return {"id": call.path["id"], "text": typed(record.value, call.directory), "spoiler_text": spoiler}


@route("GET", "/api/v1/statuses/:id/history", "read:statuses", public=True)
def history(call: Call) -> list[Json]:
    """All versions of a status, the first one first."""
    record = call.status()
    former = [entry["value"] for entry in call.world.marks.versions[record.uri]]
    names = ("content", "spoiler_text", "sensitive", "account", "media_attachments", "emojis", "poll")
    views = []
    for value in (*former, record.value):
        at = value.get("mastodon", {}).get("edited_at") or value.get("createdAt") or record.at
        view = call.views.status(Record(record.did, record.collection, record.rkey, value, record.at))
        views.append({**{name: view[name] for name in names}, "created_at": at})
    return views


def _people(call: Call, collection: str) -> list[Json]:
    given = call.world.records.received_by(collection, call.status().uri)
    records = call.page([(number(record.rkey), record) for record in given.values()], 40, 80)
    return [call.views.account(record.did) for record in records]


@route("GET", "/api/v1/statuses/:id/favourited_by", "read:statuses", public=True)
def favourited_by(call: Call) -> list[Json]:
    return _people(call, LIKE)


@route("GET", "/api/v1/statuses/:id/reblogged_by", "read:statuses", public=True)
def reblogged_by(call: Call) -> list[Json]:
    return _people(call, REPOST)


# -- acts -------------------------------------------------------------------------------------------------


def _subject(call: Call) -> Record:
    """The post that an act is about: of a repost, what was reposted. Raises 404."""
    record = call.status()
    return record if record.collection == POST else call.world.records.posts[record.subject or ""]


def _act(call: Call, collection: str, post: Record) -> Record:
    """The viewer's like or repost of a post, made now if there was none."""
    former = call.world.records.about(collection, call.me, post.uri)
    if former is None:
        subject = {"cid": post.cid, "uri": post.uri}
        call.world.commit(
            _put(call, collection, {"$type": collection, "subject": subject, "createdAt": call.now()})
        )
    return call.world.records.given[collection][call.me][post.uri]


def _undo(call: Call, collection: str) -> Json:
    post = _subject(call)
    former = call.world.records.about(collection, call.me, post.uri)
    if former is not None:
        call.world.delete(former.uri)
    return call.views.status(post)


@route("POST", "/api/v1/statuses/:id/favourite", "write:favourites")
def favourite(call: Call) -> Json:
    if call.message() is not None:
        return _show(call, call.path["id"])
    post = _subject(call)
    _act(call, LIKE, post)
    return call.views.status(post)


@route("POST", "/api/v1/statuses/:id/unfavourite", "write:favourites")
def unfavourite(call: Call) -> Json:
    return _undo(call, LIKE)


@route("POST", "/api/v1/statuses/:id/reblog", "write:statuses")
def reblog(call: Call) -> Json:
    """Answers the repost; a direct or (of somebody else) private post cannot be passed on."""
    if call.message() is not None:
        raise forbidden()
    post = _subject(call)
    if call.views.visibility(post) == "private" and post.did != call.me:
        raise forbidden()
    return call.views.status(_act(call, REPOST, post))


@route("POST", "/api/v1/statuses/:id/unreblog", "write:statuses")
def unreblog(call: Call) -> Json:
    return _undo(call, REPOST)


def _mark(call: Call, kind: str) -> Json:
    """Keeps or drops a bookmark; a direct message has its id in place of an address."""
    uri = call.path["id"] if call.message() is not None else _subject(call).uri
    call.world.commit({"op": kind, "did": call.me, "uri": uri, "at": call.now()})
    return _show(call, call.path["id"])


@route("POST", "/api/v1/statuses/:id/bookmark", "write:bookmarks")
def bookmark(call: Call) -> Json:
    return _mark(call, "bookmark")


@route("POST", "/api/v1/statuses/:id/unbookmark", "write:bookmarks")
def unbookmark(call: Call) -> Json:
    return _mark(call, "unbookmark")


def _mute(call: Call, kind: str) -> Json:
    root = call.world.thread_root(_subject(call))
    call.world.commit({"op": kind, "did": call.me, "root": root, "at": call.now()})
    return _show(call, call.path["id"])


@route("POST", "/api/v1/statuses/:id/mute", "write:mutes")
def mute_thread(call: Call) -> Json:
    return _mute(call, "mute_thread")


@route("POST", "/api/v1/statuses/:id/unmute", "write:mutes")
def unmute_thread(call: Call) -> Json:
    return _mute(call, "unmute_thread")


@route("GET", "/api/v1/polls/:id", "read:statuses", public=True)
def get_poll(call: Call) -> Json:
    poll = call.views.poll(call.path["id"], call.status().value.get("mastodon", {}).get("poll"))
    if poll is None:
        raise not_found()
    return poll


@route("POST", "/api/v1/polls/:id/votes", "write:statuses")
def vote(call: Call) -> Json:
    ident, poll = call.path["id"], get_poll(call)
    choices = [int(choice) for choice in call.texts("choices") if choice.isdigit()]
    if poll["voted"]:
        raise unfit("You have already voted on this poll")
    if poll["expired"]:
        raise unfit("The poll has already ended")
    if not choices or max(choices) >= len(poll["options"]) or (len(choices) > 1 and not poll["multiple"]):
        raise unfit("Choices are not part of this poll")
    call.world.commit({"op": "vote", "did": call.me, "poll": ident, "choices": choices, "at": call.now()})
    return get_poll(call)
