"""app.bsky.actor, app.bsky.graph and app.bsky.notification: people, and what one hears of them."""

from __future__ import annotations

from .people import Person
from .records import BLOCK, FOLLOW, Notice
from .xrpc import CURSOR, LIMIT, Call, Json, Param, check_time_cursor, invalid, method, offset_page

_WORDS = Param(default="")
_TEN = Param("int", low=1, high=100, default=10)
_ACTORS = Param("list", required=True, high=25)


@method("app.bsky.actor.getProfile", auth="optional", actor=Param(required=True))
def get_profile(call: Call) -> Json:
    return call.views.person_detailed(call.actor(call.params["actor"]))


@method("app.bsky.actor.getProfiles", auth="optional", actors=_ACTORS)
def get_profiles(call: Call) -> Json:
    people = [call.world.people.find(actor) for actor in call.params["actors"]]
    return {"profiles": [call.views.person_detailed(person) for person in people if person is not None]}


def _found(call: Call) -> list[Person]:
    """People whose handle or name begins with the words that are asked for, followed ones first."""
    words = (call.params["q"] or call.params["term"]).lower().removeprefix("@")
    if not words:
        return []
    follows = call.world.follows(call.viewer) if call.viewer else set()
    found = [
        person
        for person in call.world.people.by_did.values()
        if person.handle.startswith(words)
        or any(part.startswith(words) for part in [person.name.lower(), *person.name.lower().split()])
    ]
    found = [person for person in found if not call.views.blocks(person.did)]
    return sorted(found, key=lambda person: (person.did not in follows, person.handle))


@method("app.bsky.actor.searchActorsTypeahead", auth="optional", limit=_TEN, q=_WORDS, term=_WORDS)
def search_actors_typeahead(call: Call) -> Json:
    return {"actors": [call.views.person_basic(p.did) for p in _found(call)[: call.params["limit"]]]}


@method(
    "app.bsky.actor.searchActors",
    auth="optional",
    limit=Param("int", low=1, high=100, default=25),
    cursor=CURSOR,
    q=_WORDS,
    term=_WORDS,
)
def search_actors(call: Call) -> Json:
    page, cursor = offset_page(_found(call), call.params["cursor"], call.params["limit"])
    return {"actors": [call.views.person(p.did) for p in page]} | ({"cursor": cursor} if cursor else {})


@method("app.bsky.actor.getPreferences")
def get_preferences(call: Call) -> Json:
    return {"preferences": call.world.preferences.get(call.me, [])}


@method("app.bsky.actor.putPreferences", write=True)
def put_preferences(call: Call) -> None:
    call.need("preferences")
    call.world.commit({"op": "preferences", "did": call.me, "value": call.body["preferences"]})


# -- graph ------------------------------------------------------------------------------------------------


def _mute(call: Call, op: str) -> None:
    call.need("actor")
    subject = call.actor(str(call.body["actor"])).did
    if subject == call.me:
        raise invalid("Cannot mute oneself")
    call.world.commit({"op": op, "did": call.me, "subject": subject, "at": call.now()})


@method("app.bsky.graph.muteActor", write=True)
def mute_actor(call: Call) -> None:
    _mute(call, "mute")


@method("app.bsky.graph.unmuteActor", write=True)
def unmute_actor(call: Call) -> None:
    _mute(call, "unmute")


@method("app.bsky.graph.muteThread", write=True)
def mute_thread(call: Call) -> None:
    call.need("root")
    call.world.commit({"op": "mute_thread", "did": call.me, "root": str(call.body["root"])})


@method("app.bsky.graph.unmuteThread", write=True)
def unmute_thread(call: Call) -> None:
    call.need("root")
    call.world.commit({"op": "unmute_thread", "did": call.me, "root": str(call.body["root"])})


def _people_page(call: Call, key: str, dids: list[str]) -> Json:
    page, cursor = offset_page(dids, call.params["cursor"], call.params["limit"])
    views = call.views
    return {key: [views.person(did) for did in page]} | ({"cursor": cursor} if cursor else {})


@method("app.bsky.graph.getMutes", limit=LIMIT, cursor=CURSOR)
def get_mutes(call: Call) -> Json:
    return _people_page(call, "mutes", list(reversed(call.world.mutes[call.me])))


@method("app.bsky.graph.getBlocks", limit=LIMIT, cursor=CURSOR)
def get_blocks(call: Call) -> Json:
    return _people_page(call, "blocks", list(reversed(call.world.records.given[BLOCK].get(call.me, {}))))


def _edges(call: Call, key: str, dids: list[str]) -> Json:
    person = call.actor(call.params["actor"], missing=f"Actor not found: {call.params['actor']}")
    shown = [did for did in reversed(dids) if not call.views.blocks(did)]
    return {"subject": call.views.person(person.did), **_people_page(call, key, shown)}


@method("app.bsky.graph.getFollows", auth="optional", actor=Param(required=True), limit=LIMIT, cursor=CURSOR)
def get_follows(call: Call) -> Json:
    person = call.world.people.find(call.params["actor"])
    return _edges(call, "follows", list(call.world.records.given[FOLLOW].get(person.did, {})) if person else [])


@method("app.bsky.graph.getFollowers", auth="optional", actor=Param(required=True), limit=LIMIT, cursor=CURSOR)
def get_followers(call: Call) -> Json:
    person = call.world.people.find(call.params["actor"])
    return _edges(call, "followers", list(call.world.records.received_by(FOLLOW, person.did)) if person else [])


@method(
    "app.bsky.graph.getRelationships", auth="optional", actor=Param(required=True), others=Param("list", high=30)
)
def get_relationships(call: Call) -> Json:
    one = call.actor(call.params["actor"], missing="Actor not found")
    relationships: list[Json] = []
    for name in call.params["others"]:
        other = call.world.people.find(name)
        if other is None:
            missing = {"actor": name, "notFound": True, "$type": "app.bsky.graph.defs#notFoundActor"}
            relationships.append(missing)
            continue
        relation: Json = {"did": other.did}
        for key, author, subject, collection in (
            ("following", one.did, other.did, FOLLOW),
            ("followedBy", other.did, one.did, FOLLOW),
            ("blocking", one.did, other.did, BLOCK),
            ("blockedBy", other.did, one.did, BLOCK),
        ):
            record = call.world.records.about(collection, author, subject)
            if record is not None:
                relation[key] = record.uri
        relationships.append(relation | {"$type": "app.bsky.graph.defs#relationship"})
    return {"actor": one.did, "relationships": relationships}


# -- notifications ----------------------------------------------------------------------------------------


def _notices(call: Call) -> list[tuple[str, Notice]]:
    """What the viewer is told, newest first."""
    views = call.views
    entries = reversed(call.world.records.notices.get(call.me, []))
    return [(at, notice) for at, _, notice in entries if views.shows(notice)]


@method(
    "app.bsky.notification.listNotifications",
    reasons=Param("list"),
    limit=LIMIT,
    priority=Param("bool", default=False),
    cursor=CURSOR,
    seenAt=Param(),
)
def list_notifications(call: Call) -> Json:
    reasons, limit = set(call.params["reasons"]), call.params["limit"]
    cursor = check_time_cursor(call.params["cursor"])
    found = [(at, n) for at, n in _notices(call) if not reasons or n.reason in reasons]
    below = [(at, n) for at, n in found if cursor is None or at < cursor]
    page = below[:limit]
    seen = call.world.seen.get(call.me, "")
    views = call.views
    answer: Json = {"notifications": [views.notice(notice, seen) for _, notice in page]}
    if len(below) > limit:
        answer["cursor"] = page[-1][0]
    answer["priority"] = False
    if seen:
        answer["seenAt"] = seen
    return answer


@method("app.bsky.notification.getUnreadCount", priority=Param("bool"), seenAt=Param())
def get_unread_count(call: Call) -> Json:
    seen = call.params["seenAt"] or call.world.seen.get(call.me, "")
    return {"count": sum(1 for at, _ in _notices(call) if at > seen)}


@method("app.bsky.notification.updateSeen", write=True)
def update_seen(call: Call) -> None:
    call.need("seenAt")
    call.world.commit({"op": "seen", "did": call.me, "at": str(call.body["seenAt"])})
