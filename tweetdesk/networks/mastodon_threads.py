"""What posts of Mastodon belong to, which the API does not tell: the thread's first post, and what they answer.

What this machine knows already decides first, so that a post keeps the thread that it was given when it came.
Sources: Mastodon documentation, methods statuses (context, index), entity Context.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from tweetdesk.domain.posts import Excerpt, Post, PostKind, PostRef
from tweetdesk.networks.base import NotThere, Refused, ServerTrouble, Thread, ThreadPost
from tweetdesk.networks.json_values import Json, Unreadable, decode, entry
from tweetdesk.networks.mastodon_records import in_path, post
from tweetdesk.networks.mastodon_session import Session

#: Posts asked for in one request (the server's own limit); threads remembered; how deep a thread is indented.
AT_ONCE, REMEMBERED, DEEPEST = 20, 5000, 100
#: Posts that are only an addition are asked for one by one up to so many.
MOST_ALONE = 8


class _Found(msgspec.Struct):
    statuses: list[msgspec.Raw] = []


class _Context(msgspec.Struct):
    ancestors: list[msgspec.Raw] = []
    descendants: list[msgspec.Raw] = []


class Threads:
    """The threads of one account, and its posts by id. Every method that asks raises NetworkError."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._threads: dict[str, tuple[PostKind, str]] = {}  # a post's id -> its kind and conversation
        self._answered: dict[PostRef, Post] = {}  # what posts of the last answers answer
        self._at_once = True  # whether many posts can be asked for in one request

    # --- what posts belong to ------------------------------------------------------------------------------------

    def remember(self, made: Post) -> None:
        """Keep the conversation of a post for those that answer it."""
        self._threads.pop(made.ref.id, None)
        self._threads[made.ref.id] = (made.kind, made.conversation)
        while len(self._threads) > REMEMBERED:
            del self._threads[next(iter(self._threads))]

    async def placed(self, posts: Iterable[Post]) -> dict[PostRef, Post]:
        """These posts, each with its conversation and what it answers.

        A direct post becomes a message of the conversation that it is known to belong to.
        """
        wanted = {made.ref: made for made in posts}
        refs = {*wanted, *(made.reply_to for made in wanted.values() if made.reply_to)}
        known = dict(await self._session.shelf.posts(sorted(refs)))
        near = self._answered | wanted | known
        placed: dict[PostRef, Post] = {}
        for made in sorted(wanted.values(), key=lambda one: one.created_at):
            before = known.get(made.ref)
            above = placed.get(made.reply_to) or near.get(made.reply_to) if made.reply_to else None
            if made.visibility == "direct":
                made = replace(made, kind=PostKind.MESSAGE)
            made = replace(made, conversation=self._conversation(made, before, above))
            if made.reply_to is not None and made.kind is PostKind.POST and made.conversation:
                made = replace(made, reply_root=PostRef(made.ref.server, made.conversation))
            if before is not None:  # a date in the future is shown as the time of its first arrival
                made = replace(made, created_at=before.created_at)
            placed[made.ref] = made = replace(made, parent=_parent(made, before, above))
            self.remember(made)
        return placed

    def _conversation(self, made: Post, before: Post | None, above: Post | None) -> str:
        if before is not None and before.conversation and before.kind is made.kind:
            return before.conversation
        if (kept := self._threads.get(made.ref.id)) and kept[0] is made.kind and kept[1]:
            return kept[1]
        if made.reply_to is None:
            return made.ref.id
        if above is not None and above.conversation and above.kind is made.kind:
            return above.conversation
        kind, conversation = self._threads.get(made.reply_to.id, (made.kind, ""))
        return conversation if conversation and kind is made.kind else made.reply_to.id

    # --- posts by id ---------------------------------------------------------------------------------------------

    def read(self, raws: Iterable[msgspec.Raw]) -> Iterator[Post | None]:
        """Statuses as posts; None for one that makes no sense."""
        for raw in raws:
            try:
                yield self.read_one(entry(raw))
            except Unreadable:
                yield None

    def read_one(self, view: Json) -> Post:
        """A status as a post. Raises Unreadable."""
        return post(view, self._session.place, self._session.clock())

    async def by_id(self, ids: Sequence[str], most_alone: int | None = None) -> dict[str, Post]:
        """Posts as they are now, not placed; those that are gone or unreadable are left out.

        What the server does not give together is asked for one by one, the first `most_alone` of it.
        """
        wanted = list(dict.fromkeys(ids))
        found = await self._together(wanted)
        alone = {}
        for one in [one for one in wanted if one not in found][:most_alone]:
            try:
                made = self.read_one(entry((await self._session.get(f"/api/v1/statuses/{in_path(one)}")).body))
            except (NotThere, Unreadable):
                continue
            alone[made.ref.id] = made
        if alone and not found:
            self._at_once = False  # it answers, but not what was asked for
        return found | alone

    async def _together(self, wanted: Sequence[str]) -> dict[str, Post]:
        """Those of these posts that the server gives together. One that is missing may be there all the same."""
        found: dict[str, Post] = {}
        for start in range(0, len(wanted), AT_ONCE):
            if not self._at_once:
                break
            part = wanted[start : start + AT_ONCE]
            try:
                answer = await self._session.get("/api/v1/statuses", [("id[]", one) for one in part])
                raws = decode(answer.body, list[msgspec.Raw])
            except Refused:
                self._at_once = False  # not every server has this
                break
            found |= {made.ref.id: made for made in self.read(raws) if made is not None and made.ref.id in part}
        return found

    async def search(self, words: str, limit: int, *, resolve: bool = False) -> list[msgspec.Raw]:
        """Statuses that the server finds for words, or by an address that it may `resolve` elsewhere."""
        params = [("q", words), ("type", "statuses"), ("limit", str(limit))]
        params += [("resolve", "true")] if resolve else []
        answer = await self._session.get("/api/v2/search", params, scope="read:search")
        return decode(answer.body, _Found).statuses

    async def fetch_answered(self, refs: Sequence[PostRef]) -> None:
        """Fetch posts that others answer, the most wanted first, so that `placed` knows them."""
        found = await self.by_id([ref.id for ref in refs], MOST_ALONE)
        self._answered = {made.ref: made for made in found.values()}

    # --- a whole thread ------------------------------------------------------------------------------------------

    async def context(self, identifier: str) -> tuple[list[Post | None], list[Post | None]]:
        """What is above and below a post, not placed. Raises NotThere."""
        answer = await self._session.get(f"/api/v1/statuses/{in_path(identifier)}/context")
        found = decode(answer.body, _Context)
        return list(self.read(found.ancestors)), list(self.read(found.descendants))

    async def thread(self, ref: PostRef) -> Thread:
        """The conversation around a post. Raises NotThere."""
        path = f"/api/v1/statuses/{in_path(ref.id)}"
        try:
            focus = self.read_one(entry((await self._session.get(path)).body))
        except Unreadable:
            raise ServerTrouble("The server's answer about this post makes no sense; try again later.") from None
        above, below = await self.context(ref.id)
        readable = [made for made in (*above, focus, *below) if made is not None]
        first = next((made for made in above if made is not None), focus)
        if first.reply_to is None:
            for made in readable:
                if made.ref.id not in self._threads and made.visibility != "direct":
                    self._threads[made.ref.id] = (PostKind.POST, first.ref.id)
        placed = await self.placed(readable)
        return Thread(tuple(_in_order(above, focus, below, placed)))


def _parent(made: Post, before: Post | None, above: Post | None) -> Excerpt | None:
    """What a post answers, as fully as it is known."""
    if made.reply_to is None:
        return None
    if above is not None:
        return Excerpt(above.ref, above.author, above.text)
    if before is not None and before.parent is not None and before.parent.text:
        return before.parent
    return made.parent


def _in_order(
    above: Sequence[Post | None], focus: Post, below: Sequence[Post | None], placed: Mapping[PostRef, Post]
) -> Iterator[ThreadPost]:
    """What is above, the post, and the answers below it, oldest first, each followed by its own."""
    depth = 0
    for made in (*above, focus):
        if made is None:
            yield ThreadPost(depth, missing="cannot be shown")
        else:
            yield ThreadPost(depth, placed[made.ref], made.ref)
        depth += 1
    answers: dict[PostRef, list[Post]] = {}
    ids = {focus.ref, *(made.ref for made in below if made is not None)}
    for made in sorted((one for one in below if one is not None), key=lambda one: one.created_at):
        parent = made.reply_to if made.reply_to in ids and made.reply_to is not None else focus.ref
        answers.setdefault(parent, []).append(made)
    shown: set[PostRef] = {focus.ref}
    waiting = [(made, depth) for made in reversed(answers.pop(focus.ref, []))]
    while waiting:
        made, level = waiting.pop()
        if made.ref in shown:
            continue
        shown.add(made.ref)
        yield ThreadPost(min(level, DEEPEST), placed[made.ref], made.ref)
        waiting += [(one, level + 1) for one in reversed(answers.pop(made.ref, []))]
        if not waiting and answers:  # posts that answer each other in a circle
            waiting = [(one, depth) for one in answers.pop(next(iter(answers)))]
    for _ in (one for one in below if one is None):
        yield ThreadPost(depth, missing="cannot be shown")
