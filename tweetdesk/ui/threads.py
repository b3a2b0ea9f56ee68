"""Conversations in reading order: what the store knows and what the network tells, as one nested list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post
from tweetdesk.networks.base import ThreadPost

_LATE = datetime.max.replace(tzinfo=UTC)


def nested(cached: Iterable[Post], fresh: Sequence[ThreadPost] = ()) -> list[ThreadPost]:
    """Every post once, each answer below what it answers, the oldest first; depths are counted anew.

    `fresh` says also where posts are missing; a post whose parent is nowhere stands at the left.
    """
    entries, parents = _placed(fresh)
    for post in cached:
        entries.setdefault(str(post.ref), ThreadPost(0, post, post.ref))
    for name, entry in entries.items():
        answered = str(entry.post.reply_to) if entry.post and entry.post.reply_to else ""
        if answered in entries:
            parents[name] = answered
    children: dict[str, list[str]] = {name: [] for name in ["", *entries]}
    for name in entries:
        children[parents.get(name, "")].append(name)
    times = {name: _time(name, entries, children) for name in entries}
    found: list[ThreadPost] = []
    seen: set[str] = set()
    # A made-up circle of answers has no beginning: what was not reached from one is put at the end.
    for start in [*sorted(children[""], key=times.__getitem__), *entries]:
        waiting = [(start, 0)]
        while waiting:
            name, depth = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            entry = entries[name]
            found.append(ThreadPost(depth, entry.post, entry.ref, entry.missing))
            below = sorted(children[name], key=times.__getitem__, reverse=True)
            waiting += [(child, depth + 1) for child in below]
    return found


def _placed(fresh: Sequence[ThreadPost]) -> tuple[dict[str, ThreadPost], dict[str, str]]:
    """The network's posts by name, and for each the one it stands under."""
    entries: dict[str, ThreadPost] = {}
    parents: dict[str, str] = {}
    above: list[str] = []
    for number, entry in enumerate(fresh):
        ref = entry.post.ref if entry.post else entry.ref
        name = str(ref) if ref else f"missing {number}"
        if name in entries:
            continue
        entries[name] = entry
        del above[entry.depth :]
        if above:
            parents[name] = above[-1]
        above.append(name)
    return entries, parents


def _time(name: str, entries: dict[str, ThreadPost], children: dict[str, list[str]]) -> datetime:
    """When a post was written; of a missing one, when it was first answered."""
    post = entries[name].post
    if post is not None:
        return post.created_at
    answers = [entries[child].post for child in children[name]]
    return min((answer.created_at for answer in answers if answer), default=_LATE)


def who_is_in(posts: Iterable[Post], ours: frozenset[str]) -> str:
    """Who wrote in a conversation, in the order of their first posts, us last: "Ines, Tom and you"."""
    people: dict[str, Identity] = {}
    we = False
    for post in posts:
        if post.author.id in ours:
            we = True
        else:
            people.setdefault(post.author.id, post.author)
    names = [person.called for person in people.values()]
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    names += ["you"] if we else []
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
