"""What X lets a private developer's app do (2026), what only its own pages do, and the addresses of those pages.

Sources: docs.x.com, changelog of 2026 (replies only to people who mentioned or quoted the account; no likes,
follows and quotes below Enterprise), web intents.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef
from tweetdesk.networks.base import Allowed, HandOff, No, Permission
from tweetdesk.networks.x_reading import Reading
from tweetdesk.networks.x_records import WEB

_BY_HAND = {
    ActKind.LIKE: "X lets apps like nothing: the page opens, and one click does it.",
    ActKind.UNLIKE: "X lets apps like nothing, nor take a like back: the post opens.",
    ActKind.QUOTE: "X lets apps quote nothing: the page opens with your text in it.",
    ActKind.FOLLOW: "X lets apps follow nobody: the page opens, and one click does it.",
    ActKind.UNFOLLOW: "X lets apps unfollow nobody: the profile opens.",
    ActKind.BLOCK: "X lets apps block nobody: a mute can be done here, the block on the profile that opens.",
    ActKind.UNBLOCK: "X lets apps unblock nobody: the profile opens.",
    ActKind.MUTE_THREAD: "X lets apps mute no conversation: the post opens, and its menu does it.",
    ActKind.UNMUTE_THREAD: "X lets apps unmute no conversation: the post opens, and its menu does it.",
    ActKind.REPORT: "X takes reports on its own pages only: the post opens, and its menu does it.",
}
_SUMMONED_ONLY = "X lets apps answer only people who mentioned or quoted you."
_ON_PEOPLE = (ActKind.FOLLOW, ActKind.UNFOLLOW, ActKind.BLOCK, ActKind.UNBLOCK, ActKind.MUTE, ActKind.UNMUTE)
_ON_POSTS = (ActKind.REPLY, ActKind.QUOTE, ActKind.REPOST, ActKind.UNREPOST, ActKind.LIKE, ActKind.UNLIKE,
             ActKind.BOOKMARK, ActKind.UNBOOKMARK, ActKind.HIDE_REPLY, ActKind.UNHIDE_REPLY, ActKind.MUTE_THREAD,
             ActKind.UNMUTE_THREAD, ActKind.DELETE)  # fmt: skip


def permission(reading: Reading, kind: ActKind, post: Post | None) -> Permission:
    """Whether an act can be done to a post, told from the post itself."""
    if post is None:
        return HandOff(WEB, _BY_HAND[kind]) if kind in _BY_HAND else Allowed()
    if refused := _cannot(reading, kind, post):
        return No(refused)
    url = page(Act(kind, "", target=post.ref, person=post.author))
    if kind in _BY_HAND:
        return HandOff(url, _BY_HAND[kind])
    if kind is ActKind.REPLY and not _may_answer(reading, post):
        return HandOff(url, _SUMMONED_ONLY)
    return Allowed()


def _cannot(reading: Reading, kind: ActKind, post: Post) -> str:
    """Why an act cannot be done at all, "" where it can."""
    ours = post.author.id == reading.session.own
    if post.kind is PostKind.MESSAGE and kind in _ON_POSTS:
        return f"A direct message has no {kind.value}." if kind is not ActKind.DELETE else "X keeps messages."
    if ours and kind in _ON_PEOPLE:
        return "This is your own post." if post.kind is PostKind.POST else "This is your own message."
    if ours and kind is ActKind.MESSAGE and post.kind is PostKind.POST:
        return "This is your own post."
    if kind is ActKind.DELETE and not ours:
        return "Only your own posts can be deleted."
    if kind is ActKind.REPLY and post.viewer.replies_closed:
        return "The author lets only those answer whom the post mentions."
    if kind in (ActKind.HIDE_REPLY, ActKind.UNHIDE_REPLY) and (ours or not _in_our_thread(reading, post)):
        return "Only other people's answers in a conversation that you began can be hidden."
    return ""


def _may_answer(reading: Reading, post: Post) -> bool:
    """X's rule: whoever mentioned, quoted or answered us may be answered, and our own conversations go on."""
    own = reading.session.own
    if post.ref.id in reading.refused:
        return False
    return post.author.id == own or _in_our_thread(reading, post) or engaged(own, post)


def engaged(own: str, post: Post) -> bool:
    """Whether somebody else mentioned, quoted or answered us in a post: an answer to it costs less."""
    near = [excerpt.author for excerpt in (post.parent, post.quote) if excerpt and excerpt.author]
    return post.author.id != own and own in {who.id for who in (*post.mentions, *near)}


def _in_our_thread(reading: Reading, post: Post) -> bool:
    """Whether a post stands in a conversation that we began."""
    if post.reply_to is None:
        return False
    if post.conversation in reading.own_posts:
        return True
    first = post.reply_to.id == post.conversation
    return first and bool(post.parent and post.parent.author and post.parent.author.id == reading.session.own)


# --- pages -------------------------------------------------------------------------------------------------------


def page(act: Act) -> str:
    """The page of x.com for an act, the text filled in; "" where there is none."""
    target, person = act.target.id if act.target else "", act.person
    match act.kind:
        case ActKind.POST:
            return _intent("post", {"text": act.text})
        case ActKind.REPLY:
            return _intent("post", {"in_reply_to": target, "text": act.text}) if target else ""
        case ActKind.QUOTE:
            return _intent("post", {"text": act.text, "url": status(act.target, person)}) if target else ""
        case ActKind.LIKE:
            return _intent("like", {"tweet_id": target}) if target else ""
        case ActKind.REPOST:
            return _intent("retweet", {"tweet_id": target}) if target else ""
        case ActKind.FOLLOW:
            return _intent("follow", {"screen_name": person.handle}) if person else ""
        case ActKind.UNFOLLOW | ActKind.BLOCK | ActKind.UNBLOCK | ActKind.MUTE | ActKind.UNMUTE:
            return f"{WEB}/{quote(person.handle, safe='')}" if person else ""
        case ActKind.MESSAGE:
            return f"{WEB}/messages/{quote(act.conversation, safe='')}" if act.conversation else f"{WEB}/messages"
        case _:
            return status(act.target, person) if target else ""


def status(target: PostRef | None, person: Identity | None) -> str:
    """The page of a post."""
    handle = person.handle if person and person.handle else "i"
    return f"{WEB}/{quote(handle, safe='')}/status/{quote(target.id, safe='')}" if target else ""


def _intent(name: str, params: dict[str, str]) -> str:
    """A web intent: what is empty is left out."""
    filled = urlencode({key: value for key, value in params.items() if value}, quote_via=quote)
    return f"{WEB}/intent/{name}" + (f"?{filled}" if filled else "")
