"""Accounts of the Mastodon API: who people are and how they stand to each other.

After docs.joinmastodon.org/methods/accounts, /mutes, /blocks and /reports.
"""

from __future__ import annotations

from datetime import timedelta

from .ids import iso
from .mastodon_calls import ApiError, Call, Json, not_found, route
from .mastodon_ids import find_status, number
from .mastodon_text import tags
from .people import Person
from .records import BLOCK, FOLLOW, POST, REPOST, Record, owner_of, parent_of


@route("GET", "/api/v1/accounts/verify_credentials", "read:accounts")
def verify(call: Call) -> Json:
    return call.views.own_account(call.me)


@route("GET", "/api/v1/accounts/lookup", public=True)
def lookup(call: Call) -> Json:
    person = call.directory.by_acct(call.text("acct"))
    if person is None:
        raise not_found()
    return call.views.account(person.did)


@route("GET", "/api/v1/accounts/search", "read:accounts")
def search(call: Call) -> list[Json]:
    people = people_like(call, call.text("q"), following=call.flag("following"))
    return [call.views.account(person.did) for person in people[: call.limit(40, 80)]]


def people_like(call: Call, words: str, *, following: bool = False) -> list[Person]:
    """People whose address, page, name or user name begins with or holds what is looked for."""
    query = words.strip().lower()
    exact = call.directory.by_acct(query)
    if exact is None and query.startswith("https://"):
        host, _, name = query.removeprefix("https://").partition("/@")
        exact = call.directory.by_acct(f"{name}@{host}")
    found = [] if exact is None else [exact]
    bare = query.removeprefix("@")
    for person in call.world.people.by_did.values():
        name, acct = person.name.lower(), call.directory.acct(person.did)
        hit = bare and (acct.startswith(bare) or any(part.startswith(bare) for part in (name, *name.split())))
        if hit and person is not exact:
            found.append(person)
    friends = call.world.follows(call.me) if following else set()
    return [person for person in found if not following or person.did in friends]


@route("GET", "/api/v1/accounts/relationships", "read:follows")
def relationships(call: Call) -> list[Json]:
    people = [call.directory.by_number(ident) for ident in call.texts("id")]
    return [call.views.relationship(person.did) for person in people if person is not None]


@route("GET", "/api/v1/accounts/:id", public=True)
def account(call: Call) -> Json:
    return call.views.account(call.account().did)


@route("GET", "/api/v1/accounts", public=True, only_mastodon=True)
def accounts(call: Call) -> list[Json]:
    people = [call.directory.by_number(ident) for ident in call.texts("id")]
    return [call.views.account(person.did) for person in people if person is not None]


@route("GET", "/api/v1/accounts/:id/statuses", "read:statuses", public=True)
def statuses(call: Call) -> list[Json]:
    did, world, views = call.account().did, call.world, call.views
    if call.flag("pinned"):
        return []
    repo, tag = world.records.repos.get(did, {}), call.text("tagged").lower()

    def wanted(record: Record) -> bool:
        parent = parent_of(record)
        answers = parent is not None and owner_of(parent) != did
        picture = "images" in str((record.value.get("embed") or {}).get("$type", ""))
        return not (
            (call.flag("exclude_replies") and answers)
            or (call.flag("only_media") and not picture)
            or (tag and tag not in tags(record.value))
            or not views.visible(record)
        )

    records = [record for record in repo.get(POST, {}).values() if record.uri in world.records.posts]
    if not call.flag("exclude_reblogs"):
        records += repo.get(REPOST, {}).values()
    page = call.page([(number(record.rkey), record) for record in records if wanted(record)])
    return [views.status(record) for record in page]


def _ties(call: Call, ties: dict[str, Record]) -> list[Json]:
    known = [(number(record.rkey), did) for did, record in ties.items() if did in call.world.people.by_did]
    return [call.views.account(did) for did in call.page(known, 40, 80)]


@route("GET", "/api/v1/accounts/:id/followers", "read:accounts", public=True)
def followers(call: Call) -> list[Json]:
    return _ties(call, call.world.records.received_by(FOLLOW, call.account().did))


@route("GET", "/api/v1/accounts/:id/following", "read:accounts", public=True)
def following(call: Call) -> list[Json]:
    return _ties(call, call.world.records.given[FOLLOW].get(call.account().did, {}))


@route("GET", "/api/v1/blocks", "read:blocks")
def blocks(call: Call) -> list[Json]:
    return _ties(call, call.world.records.given[BLOCK].get(call.me, {}))


@route("GET", "/api/v1/mutes", "read:mutes")
def mutes(call: Call) -> list[Json]:
    until = call.world.marks.muted_until[call.me]
    muted = list(enumerate(call.world.mutes[call.me]))
    return [{**call.views.account(did), "mute_expires_at": until.get(did)} for did in call.page(muted, 40, 80)]


# -- acts -------------------------------------------------------------------------------------------------


def _tie(call: Call, collection: str) -> Json:
    person = call.account()
    if person.did == call.me:
        raise ApiError(403, "This action is not allowed")
    if call.world.records.about(collection, call.me, person.did) is None:
        rkey, now = call.world.next_tid(call.world.clock()), call.now()
        value = {"$type": collection, "subject": person.did, "createdAt": now}
        place = {"op": "put", "did": call.me, "collection": collection, "rkey": rkey}
        call.world.commit({**place, "value": value, "at": now})
    return call.views.relationship(person.did)


def _untie(call: Call, collection: str, one: str, other: str) -> None:
    tie = call.world.records.about(collection, one, other)
    if tie is not None:
        call.world.delete(tie.uri)


@route("POST", "/api/v1/accounts/:id/follow", "write:follows")
def follow(call: Call) -> Json:
    if call.world.records.blocked(call.me, call.account().did):
        raise ApiError(403, "This action is not allowed")
    return _tie(call, FOLLOW)


@route("POST", "/api/v1/accounts/:id/unfollow", "write:follows")
def unfollow(call: Call) -> Json:
    did = call.account().did
    _untie(call, FOLLOW, call.me, did)
    return call.views.relationship(did)


@route("POST", "/api/v1/accounts/:id/block", "write:blocks")
def block(call: Call) -> Json:
    """A block ends following both ways."""
    did = call.account().did
    _tie(call, BLOCK)
    _untie(call, FOLLOW, call.me, did)
    _untie(call, FOLLOW, did, call.me)
    return call.views.relationship(did)


@route("POST", "/api/v1/accounts/:id/unblock", "write:blocks")
def unblock(call: Call) -> Json:
    did = call.account().did
    _untie(call, BLOCK, call.me, did)
    return call.views.relationship(did)


@route("POST", "/api/v1/accounts/:id/mute", "write:mutes")
def mute(call: Call) -> Json:
    """`duration` in seconds; 0: without end."""
    did, seconds = call.account().did, call.text("duration")
    if did == call.me:
        raise ApiError(403, "This action is not allowed")
    lasts = int(seconds) if seconds.isdigit() else 0
    until = iso(call.world.clock() + timedelta(seconds=lasts)) if lasts else None
    place = {"did": call.me, "subject": did, "at": call.now()}
    call.world.commit({"op": "mute", **place}, {"op": "mute_until", **place, "until": until})
    return call.views.relationship(did)


@route("POST", "/api/v1/accounts/:id/unmute", "write:mutes")
def unmute(call: Call) -> Json:
    did = call.account().did
    end_mute(call, did)
    return call.views.relationship(did)


def end_mute(call: Call, did: str) -> None:
    place = {"did": call.me, "subject": did, "at": call.now()}
    call.world.commit({"op": "unmute", **place}, {"op": "mute_until", **place, "until": None})


def end_mutes_in_time(call: Call) -> None:
    """Ends the viewer's mutes whose time is over."""
    over = [did for did, until in call.world.marks.muted_until[call.me].items() if until <= call.now()]
    for did in over:
        end_mute(call, did)


@route("POST", "/api/v1/reports", "write:reports")
def report(call: Call) -> Json:
    person = call.directory.by_number(call.text("account_id"))
    if person is None:
        raise not_found()
    idents = call.texts("status_ids")
    records = [find_status(call.world, ident) for ident in idents]
    subject = {"did": person.did, "uris": [record.uri for record in records if record is not None]}
    category = call.text("category") or "other"
    made = {"subject": subject, "reasonType": category, "reason": call.text("comment")}
    call.world.commit({"op": "report", "did": call.me, "report": made, "at": call.now()})
    return {
        "id": str(len(call.world.reports)),
        "action_taken": False,
        "action_taken_at": None,
        "category": category,
        "comment": call.text("comment"),
        "forwarded": call.flag("forward"),
        "created_at": call.now(),
        "status_ids": idents,
        "rule_ids": call.texts("rule_ids") or None,
        "collection_ids": [],
        "target_account": call.views.account(person.did),
    }
