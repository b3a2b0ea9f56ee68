"""How X is read without paying twice: posts come lean, and only what this machine does not have is asked for.

Every resource that an answer holds is on the bill, those that it brings along too. Authors and posts that others
refer to are looked for in this run's memory and on the shelf before they are asked for.
Sources: docs.x.com, GET /2/users, GET /2/tweets; pricing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import UTC

import msgspec

from tweetdesk.domain.people import Profile
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.networks import spending
from tweetdesk.networks.http import Params
from tweetdesk.networks.json_values import Unreadable
from tweetdesk.networks.shelf import Shelf
from tweetdesk.networks.x_fields import Fields, joined
from tweetdesk.networks.x_prices import Bill
from tweetdesk.networks.x_records import Known, identity, post, profile
from tweetdesk.networks.x_session import Session
from tweetdesk.networks.x_wire import (
    NAME,
    Answer,
    Problem,
    WirePost,
    WireUser,
    all_of,
    answer_in,
    is_id,
)

#: People or posts that are asked for at once; posts and own ids that are remembered.
AT_ONCE, KEPT_POSTS, KEPT_IDS = 100, 2000, 1000
#: Keys of notes: our newest posts, and posts that X did not let us answer.
OWN_POSTS, REFUSED = "own posts", "refused replies"

_GONE = {"resource-not-found": "deleted", "not-authorized-for-resource": "protected"}
_NO_MONEY = "not loaded: today's budget is nearly used up"


class _Resource(msgspec.Struct):
    id: str = ""
    media_key: str = ""


class Reading:
    """What the parts of one account share: how to ask, what is known, what it costs. Raises NetworkError."""

    def __init__(self, session: Session, shelf: Shelf, bill: Bill, fields: Fields) -> None:
        self.session, self.shelf, self.bill, self.fields = session, shelf, bill, fields
        self.known = Known(session.own, {session.own: session.account.identity})
        self.met: dict[str, Profile] = {}
        self._fresh: list[Profile] = []
        self.own_posts: dict[str, None] = {}
        self.refused: dict[str, None] = {}
        self._seen_on: dict[str, str] = {}
        self._lock = asyncio.Lock()
        self._noted = False

    # --- asking --------------------------------------------------------------------------------------------------

    async def ask(
        self, path: str, params: Params, *, group: str, kind: str, scopes: str = "tweet.read users.read"
    ) -> Answer:
        """An answer with its resources (`kind`: see Bill.price) on the bill."""
        answer = answer_in(await self.session.get(path, params, group=group, scopes=scopes))
        await self._count(kind, answer.entries())
        brought = answer.includes
        await self._count("user", brought.users)
        await self._count("post", (*brought.tweets, *brought.posts))
        await self._count("media", (*brought.media, *brought.polls))
        self.known.take_attachments(brought)
        self._meet(brought.users)
        return answer

    async def _count(self, kind: str, raws: Iterable[msgspec.Raw]) -> None:
        found = all_of(raws, _Resource)[0]
        await self.bill.count(kind, [one.id or one.media_key for one in found])

    def _meet(self, raws: Iterable[msgspec.Raw]) -> list[Profile]:
        """Remember people."""
        found = []
        for user in all_of(raws, WireUser)[0]:
            try:
                seen = profile(user)
            except Unreadable:
                continue
            found.append(seen)
            self.known.people[user.id] = identity(user)
            self.met[user.id] = seen
            self._seen_on[user.id] = self._today()
        self._fresh += found
        return found

    def newly_met(self) -> tuple[Profile, ...]:
        """The people whom X has told of since this was last asked."""
        fresh, self._fresh = self._fresh, []
        return tuple(fresh)

    def _today(self) -> str:
        return self.session.clock().astimezone(UTC).date().isoformat()

    # --- people --------------------------------------------------------------------------------------------------

    async def people(self, ids: Iterable[str]) -> None:
        """Make people known, asking X for those of whom neither this run nor the shelf knows."""
        async with self._lock:
            await self._people(ids)

    async def _people(self, ids: Iterable[str]) -> None:
        wanted = [one for one in dict.fromkeys(ids) if is_id(one) and one not in self.known.people]
        if not wanted:
            return
        self.known.people.update(await self.shelf.people(NAME, wanted))
        wanted = [one for one in wanted if one not in self.known.people]
        for some in self._within(wanted, self.bill.price("user")):
            params = [("ids", joined(some)), *self.fields.people()]
            answer = await self.ask("/2/users", params, group="users", kind="user", scopes="users.read")
            self._meet(answer.entries())

    def _within(self, ids: list[str], each: int) -> list[list[str]]:
        """What can be asked for with the money that is left, in portions."""
        left = spending.money_left()
        some = ids if left is None else ids[: left // each]
        return [some[start : start + AT_ONCE] for start in range(0, len(some), AT_ONCE)]

    def seen_today(self, person: str) -> Profile | None:
        """A profile that X sent today in this run, by id or handle."""
        for identifier, seen in self.met.items():
            if person in (identifier, seen.identity.handle) and self._seen_on[identifier] == self._today():
                return seen
        return None

    async def one_person(self, path: str, params: Params) -> Profile | None:
        """The person whom X answers with; None where there is nobody."""
        self.bill.affordable(1, 1, self.bill.price("user"))
        answer = await self.ask(
            path, [*params, *self.fields.people()], group="users", kind="user", scopes="users.read"
        )
        return next(iter(self._meet(answer.entries())), None)

    # --- posts ---------------------------------------------------------------------------------------------------

    async def complete(
        self, wires: list[WirePost], answers: Iterable[Answer], *, parents: bool
    ) -> tuple[dict[str, Post], int, tuple[Post, ...]]:
        """Posts with their authors and what they quote and repost, with `parents` also what they answer.

        The posts by id, how many cannot be read, and those that X was asked for only because of the others.
        """
        async with self._lock:
            brought = [raw for answer in answers for raw in (*answer.includes.tweets, *answer.includes.posts)]
            others = all_of(brought, WirePost)[0]
            here = {wire.id for wire in (*wires, *others)}
            kinds = ("quoted", "retweeted", "replied_to") if parents else ("quoted", "retweeted")
            referred = [wire.reference(kind) for wire in wires for kind in kinds]
            others += await self._missing_posts([one for one in dict.fromkeys(referred) if one not in here])
            await self._people([wire.author_id for wire in (*others, *wires)])
            await self._from_shelf([wire.reference("replied_to") for wire in (*wires, *others)])
            context, _ = self.build([wire for wire in others if wire.id not in {one.id for one in wires}])
            made, broken = self.build(wires)
            return {one.ref.id: one for one in made}, broken, tuple(context)

    async def _missing_posts(self, ids: list[str]) -> list[WirePost]:
        """Posts that neither this run nor the shelf knows, as X sends them."""
        await self._from_shelf(ids)
        wanted = [one for one in ids if is_id(one) and one not in self.known.posts]
        wanted = [one for one in wanted if self.known.missing.get(one) not in _GONE.values()]
        wires: list[WirePost] = []
        asked: set[str] = set()
        for some in self._within(wanted, self.bill.price("post") + self.bill.price("user")):
            wires += await self.look_up(some)
            asked.update(some)
        for one in asked - {wire.id for wire in wires}:
            self.known.missing.setdefault(one, "deleted")
        for one in set(wanted) - asked:
            self.known.missing[one] = _NO_MONEY
        return wires

    async def _from_shelf(self, ids: Iterable[str]) -> None:
        wanted = [PostRef(NAME, one) for one in dict.fromkeys(ids) if is_id(one) and one not in self.known.posts]
        if wanted:
            self.keep((await self.shelf.posts(wanted)).values())

    async def shelved(self, identifier: str) -> Post | None:
        """A post that this run or the shelf knows; X is not asked."""
        await self._from_shelf([identifier])
        return self.known.posts.get(identifier)

    async def look_up(self, ids: list[str]) -> list[WirePost]:
        """Up to a hundred posts by id as they are now; why others are missing is remembered."""
        params = [("ids", joined(ids)), *self.fields.posts()]
        answer = await self.ask("/2/tweets", params, group="posts", kind="post")
        for problem in all_of(answer.errors, Problem)[0]:
            identifier = problem.resource_id or (problem.value if isinstance(problem.value, str) else "")
            if why := _GONE.get(problem.type.rpartition("/")[2]):
                self.known.missing[identifier] = why
        found = all_of(answer.entries(), WirePost)[0]
        found += all_of((*answer.includes.tweets, *answer.includes.posts), WirePost)[0]
        return [wire for wire in found if wire.id in ids] if not self.fields.includes_authors else found

    def build(self, wires: Iterable[WirePost]) -> tuple[list[Post], int]:
        """Posts of wires, the oldest first, so that each knows those before it; and how many cannot be read."""
        made, broken = [], 0
        for wire in sorted(wires, key=lambda one: int(one.id) if is_id(one.id) else 0):
            try:
                made.append(post(wire, self.known))
            except Unreadable:
                broken += 1
                continue
            self.keep(made[-1:])
        return made, broken

    def keep(self, posts: Iterable[Post]) -> None:
        """Remember posts, the newest of them only."""
        for one in posts:
            self.known.posts.pop(one.ref.id, None)
            self.known.posts[one.ref.id] = one
            self.known.people.setdefault(one.author.id, one.author)
            if one.author.id == self.session.own:
                self.own_posts.setdefault(one.ref.id)
        while len(self.known.posts) > KEPT_POSTS:
            del self.known.posts[next(iter(self.known.posts))]

    # --- what is remembered over restarts ------------------------------------------------------------------------

    async def remember(self) -> None:
        """Read the notes of earlier runs, once."""
        if self._noted:
            return
        self._noted = True
        for key, ids in ((OWN_POSTS, self.own_posts), (REFUSED, self.refused)):
            ids.update(dict.fromkeys(_ids(await self.shelf.note(key))))

    async def note_own(self, before: Mapping[str, None]) -> None:
        """Note our own posts if there are others than `before`."""
        if self.own_posts.keys() != before.keys():
            await self.shelf.set_note(OWN_POSTS, json.dumps(sorted(self.own_posts, key=int)[-KEPT_IDS:]))

    async def refuse(self, identifier: str) -> None:
        """Note that X does not let us answer a post."""
        self.refused[identifier] = None
        await self.shelf.set_note(REFUSED, json.dumps(list(self.refused)[-KEPT_IDS:]))


def _ids(note: str) -> list[str]:
    try:
        found = json.loads(note)
    except ValueError:
        return []
    return [one for one in found if isinstance(one, str) and is_id(one)] if isinstance(found, list) else []
