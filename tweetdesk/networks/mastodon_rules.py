"""What an account may do on Mastodon, to which post, and what the composer begins with."""

from __future__ import annotations

from dataclasses import replace

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import Post, PostKind
from tweetdesk.networks.base import Allowed, Form, No, Permission
from tweetdesk.networks.mastodon_instance import Instance
from tweetdesk.networks.mastodon_records import VISIBILITIES, Place

#: The network's words for who may see a post, and ours.
VISIBLE_TO = (
    ("public", "everybody"),
    ("unlisted", "everybody, not in public timelines"),
    ("private", "followers only"),
    ("direct", "only who is mentioned"),
)
#: For how long a mute can last: words, seconds.
DURATIONS = (("one hour", 3_600), ("one day", 86_400), ("one week", 604_800), ("until I take it back", 0))

_REVIEWED = "The author has to agree to it before others see it there."
_ON_OTHERS = (ActKind.FOLLOW, ActKind.BLOCK, ActKind.MUTE, ActKind.MESSAGE, ActKind.REPORT)


def permission(kind: ActKind, post: Post | None, place: Place, instance: Instance) -> Permission:
    """Whether an account may do this to this post, or to its author."""
    if kind in (ActKind.HIDE_REPLY, ActKind.UNHIDE_REPLY):
        return No("Mastodon has no way to hide a reply.")
    if post is None:
        return Allowed()
    ours = post.author.id == place.user_id
    direct = post.kind is PostKind.MESSAGE or post.visibility == "direct"
    if kind is ActKind.REPOST:
        if direct:
            return No("A direct message cannot be boosted.")
        if post.visibility == "private" and not ours:
            return No("This post is for its author's followers only: it cannot be boosted.")
        if post.viewer.reposts_closed:
            return No("The author does not allow this post to be boosted.")
    if kind is ActKind.QUOTE:
        return _quote(post, ours, direct, instance)
    if kind is ActKind.REPLY and post.viewer.replies_closed:
        return No("The author has closed the replies to this post.")
    if kind is ActKind.LIKE and post.viewer.likes_closed:
        return No("The author does not allow this post to be marked as a favourite.")
    if kind is ActKind.DELETE and not ours:
        return No("Only your own posts can be deleted.")
    if kind in _ON_OTHERS and ours and not (kind is ActKind.MESSAGE and post.kind is PostKind.MESSAGE):
        return No("This is your own post.")
    return Allowed()


def _quote(post: Post, ours: bool, direct: bool, instance: Instance) -> Permission:
    if direct:
        return No("A direct message cannot be quoted.")
    if post.visibility == "private" and not ours:
        return No("This post is for its author's followers only: it cannot be quoted.")
    if instance.quotes and post.viewer.quotes_closed:
        return No("The author does not allow this post to be quoted.")
    return Allowed()


def form(kind: ActKind, post: Post | None, place: Place, instance: Instance, everyone: bool = False) -> Form:
    """What the composer, or a question, begins with."""
    made = _form(kind, post, place, instance, everyone)
    return replace(made, languages=True, pictures=instance.pictures) if kind.writes_text else made


def _form(kind: ActKind, post: Post | None, place: Place, instance: Instance, everyone: bool) -> Form:
    usual = instance.visibility or "public"
    match kind:
        case ActKind.POST:
            return Form(visibility=usual, visibilities=VISIBLE_TO, warns=True)
        case ActKind.REPLY:
            seen = post.visibility if post and post.visibility else "public"
            choices = VISIBLE_TO[-1:] if seen == "direct" else VISIBLE_TO
            if seen not in VISIBILITIES:  # a server's own word for some circle: nobody else is told
                seen = "direct"
            visibility = max(seen, usual, key=VISIBILITIES.index)
            note = _REVIEWED if post and post.viewer.replies_reviewed else ""
            warning = post.warning if post else ""
            named = addressed(post, place, everyone or seen == "direct")
            return Form(named, visibility, choices, True, warning, note=note)
        case ActKind.QUOTE:
            note = _REVIEWED if post and post.viewer.quotes_reviewed else ""
            if not instance.quotes:
                note = f"{place.host} has no quotes: the post gets the other's address."
            return Form(visibility=usual, visibilities=VISIBLE_TO, warns=True, note=note)
        case ActKind.MESSAGE:
            warning = post.warning if post else ""
            return Form(addressed(post, place, True), "direct", VISIBLE_TO[-1:], True, warning)
        case ActKind.MUTE:
            return Form(durations=DURATIONS)
        case ActKind.REPORT:
            return Form(note=f"The report goes to the moderators of {place.host}, with your comment.")
        case _:
            return Form()


def addressed(post: Post | None, place: Place, everyone: bool) -> str:
    """The @handles that an answer has to hold: the author's, or also of all who were mentioned; but not ours.

    An answer to ourselves goes on talking to those who were mentioned.
    """
    if post is None:
        return ""
    handles: list[str] = []
    all_of_them = everyone or post.author.id == place.user_id
    for who in (post.author, *(post.mentions if all_of_them else ())):
        handle = who.handle.removesuffix(f"@{place.domain}")
        if who.id != place.user_id and handle not in handles:
            handles.append(handle)
    return "".join(f"@{handle} " for handle in handles)
