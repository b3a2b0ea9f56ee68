"""What an act on Bluesky is about: its post as it is now, with the versions that a record names.

A reply may be written to a post that is deleted, or whose author has blocked us; it is then shown to nobody. So a
post is looked at before it is answered or quoted.
Sources: lexicons app.bsky.feed.getPosts (leaves out what is deleted, and who blocks or is blocked),
app.bsky.feed.defs#viewerState, app.bsky.actor.defs#viewerState, searchActorsTypeahead; seen on a real AppView.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.networks.base import NotThere, Refused, ServerTrouble
from tweetdesk.networks.bluesky_feeds import posts_by_uri
from tweetdesk.networks.bluesky_records import (
    SERVER,
    Unreadable,
    decode,
    identity,
    inner,
    members,
    parts_of,
    profile,
    words,
)
from tweetdesk.networks.bluesky_session import Session
from tweetdesk.networks.bluesky_text import is_handle

#: People that are offered while a handle is written; longer words are no beginning of one.
_FEW, _LONGEST_WORDS = 8, 100


async def person(session: Session, who: str) -> Profile:
    """Somebody by DID or handle. Raises NotThere."""
    body = await session.get("app.bsky.actor.getProfile", [("actor", who)])
    try:
        return profile(decode(body, dict[str, Any]))
    except Unreadable:
        raise ServerTrouble("The server's answer about this person makes no sense; try again later.") from None


async def people(session: Session, written: str) -> tuple[Identity, ...]:
    """A few people whose handle or name begins so; whoever makes no sense is left out."""
    begun = written.strip().lstrip("@")
    if not begun or len(begun) > _LONGEST_WORDS:
        return ()
    params = [("q", begun), ("limit", str(_FEW))]
    body = await session.get("app.bsky.actor.searchActorsTypeahead", params)
    found: dict[str, Identity] = {}
    for view in members(decode(body, dict[str, Any]), "actors"):
        try:
            who = identity(view)
        except Unreadable:
            continue
        if is_handle(who.handle):
            found.setdefault(who.id, who)
    return tuple(found.values())[:_FEW]


async def answerable(session: Session, act: Act) -> Act:
    """The act with its versions, its target looked at. Raises Refused where nobody would see what is written.

    A post of our own is not looked at: the network may not show it yet.
    """
    target = _target(act)
    if target.id.startswith(f"at://{session.did}/"):
        return await with_versions(session, act)
    found = await _post(session, target)
    if found is None:
        raise await _why_gone(session, act.kind, target)
    if act.kind is ActKind.REPLY and found.viewer.replies_closed:
        raise Refused("The author has closed the replies to this post.", "ReplyDisabled")
    if act.kind is ActKind.QUOTE and found.viewer.quotes_closed:
        raise Refused("The author does not want this post to be quoted.", "EmbeddingDisabled")
    return await with_versions(session, act, found)


async def _why_gone(session: Session, kind: ActKind, target: PostRef) -> Refused:
    """Why a post cannot be answered, or quoted, that the network does not show."""
    done = "quoted" if kind is ActKind.QUOTE else "answered"
    gone = NotThere(f"The post does not exist (any more): it cannot be {done}.", "NotFound")
    try:
        author = await person(session, target.id.removeprefix("at://").partition("/")[0])
    except Refused:
        return gone
    who = f"@{author.identity.handle}"
    if author.blocks_us:
        return Refused(f"{who} has blocked you: the post cannot be {done}.", "BlockedByActor")
    if author.blocking:
        return Refused(f"You have blocked {who}: take that back first, and send it again.", "BlockedActor")
    return gone


async def with_versions(session: Session, act: Act, found: Post | None = None) -> Act:
    """The act with the versions (cid) of its target and root, asked for where they are not known."""
    target = _target(act)
    if not act.target_version:
        stands = await _standing(session, target, found)
        if stands is None:
            raise NotThere("This post does not exist (any more).", "NotFound")
        act = replace(act, target_version=stands.version)
        if act.root is None:
            act = replace(act, root=stands.root, root_version=stands.root_version)
    if act.root == act.target:
        return replace(act, root_version=act.target_version)
    if act.root is not None and not act.root_version:
        first = await _standing(session, act.root)
        if first is None:
            raise NotThere("The first post of this conversation does not exist (any more).", "NotFound")
        act = replace(act, root_version=first.version)
    return act


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a post stands: its version, and the first post of its thread with its version."""

    version: str
    root: PostRef | None
    root_version: str


async def _standing(session: Session, ref: PostRef, found: Post | None = None) -> _Standing | None:
    """How a post stands; one of our own by our repository, as the network may not show it yet."""
    if ref.id.startswith(f"at://{session.did}/"):
        return await _in_our_repository(session, ref)
    found = found or await _post(session, ref)
    return _Standing(found.version, found.reply_root, found.root_version) if found else None


async def _in_our_repository(session: Session, ref: PostRef) -> _Standing | None:
    try:
        owner, collection, key = parts_of(ref.id)
        params = [("repo", owner), ("collection", collection), ("rkey", key)]
        answer = decode(await session.get("com.atproto.repo.getRecord", params), dict[str, Any])
    except (Unreadable, NotThere):
        return None
    root = inner(answer, "value", "reply", "root")
    first = PostRef(SERVER, words(root, "uri")) if words(root, "uri") else None
    return _Standing(words(answer, "cid"), first, words(root, "cid"))


def strong(act: Act) -> dict[str, str]:
    """The target with its version (com.atproto.repo.strongRef)."""
    target = act.target or PostRef("", "")
    return {"uri": target.id, "cid": act.target_version}


async def _post(session: Session, ref: PostRef) -> Post | None:
    return (await posts_by_uri(session, [ref.id])).get(ref.id)


def _target(act: Act) -> PostRef:
    if act.target is None:
        raise Refused("There is no post to do this to.", "NoTarget")
    return act.target
