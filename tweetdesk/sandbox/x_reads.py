"""What else the X API reads: people, mutes, lists, direct messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from .chat import Message
from .ids import parse_time
from .records import LIST
from .x_call import Call, Param
from .x_ids import message_id
from .x_routes import route
from .x_timelines import IDS, READ, TOKEN, did_in_path, did_of, list_of, offset_page, read_token, write_token
from .x_views import Answer

Json = dict[str, Any]
OLD_MESSAGES = timedelta(days=30)


# -- people ---------------------------------------------------------------------------------------------------


@route("GET", "/2/users/me", kind="user", limit=75, scopes=READ)
def me(call: Call) -> Json:
    answer = Answer(call)
    return answer.whole(answer.user_list([call.viewer])[0])


@route("GET", "/2/users", kind="user", limit=900, scopes=READ, params={"ids": IDS})
def users(call: Call) -> Json:
    return _users(call, "ids", call.params["ids"], lambda number: did_of(call, number))


@route("GET", "/2/users/by", kind="user", limit=900, scopes=READ, params={"usernames": IDS})
def users_by(call: Call) -> Json:
    return _users(call, "usernames", call.params["usernames"], call.names.did)


@route("GET", "/2/users/by/username/:username", kind="user", limit=900, scopes=READ)
def user_by(call: Call) -> Json:
    return _one_user(call, "username", call.names.did)


@route("GET", "/2/users/:id", kind="user", limit=900, scopes=READ)
def user(call: Call) -> Json:
    return _one_user(call, "id", lambda number: did_of(call, number))


def _users(call: Call, name: str, given: list[str], find: Callable[[str], str | None]) -> Json:
    answer = Answer(call)
    found = [(value, find(value)) for value in dict.fromkeys(given)]
    answer.errors = [call.not_found(name, value, "user") for value, did in found if did is None]
    return answer.whole(answer.user_list([did for _, did in found if did is not None]))


def _one_user(call: Call, name: str, find: Callable[[str], str | None]) -> Json:
    answer, value = Answer(call), call.arguments[name]
    did = find(value)
    if did is None:
        answer.errors.append(call.not_found(name, value, "user"))
        return answer.whole(None)
    return answer.whole(answer.user_list([did])[0])


@route(
    "GET", "/2/users/:id/muting", kind="user", limit=15, scopes=("mute.read", *READ),
    params={"max_results": Param("int", high=1000, default=100), "pagination_token": TOKEN},
)  # fmt: skip
def muting(call: Call) -> Json:
    call.must_be_me()
    muted = call.world.mutes[call.viewer]
    newest = sorted(muted, key=lambda did: muted[did], reverse=True)
    answer = Answer(call)
    page, meta = offset_page(call, newest)
    return answer.whole(answer.user_list(page, owned=call.state.owner), meta)


# -- lists ----------------------------------------------------------------------------------------------------


@route(
    "GET", "/2/users/:id/owned_lists", kind="list", limit=15, scopes=("list.read", *READ),
    params={"max_results": Param("int", default=100), "pagination_token": TOKEN},
)  # fmt: skip
def owned_lists(call: Call) -> Json:
    person = did_in_path(call)
    made = call.world.records.repos.get(person, {}).get(LIST, {})
    page, meta = offset_page(call, sorted(made, reverse=True))
    answer = Answer(call)
    owned = person == call.viewer and call.state.owner
    return answer.whole([answer.list_view(made[key], owned=owned) for key in page], meta)


@route("GET", "/2/lists/:id", kind="list", limit=75, scopes=("list.read", *READ))
def one_list(call: Call) -> Json:
    answer, record = Answer(call), list_of(call)
    if record is None:
        answer.errors.append(call.not_found("id", call.arguments["id"], "list"))
        return answer.whole(None)
    return answer.whole(answer.list_view(record))


# -- direct messages ------------------------------------------------------------------------------------------

EVENTS = Param("list", among=("MessageCreate", "ParticipantsJoin", "ParticipantsLeave"))
MESSAGES = {"max_results": Param("int", default=100), "pagination_token": TOKEN, "event_types": EVENTS}


@route("GET", "/2/dm_events", kind="dm_event", limit=15, scopes=("dm.read", *READ), params=MESSAGES)
def dm_events(call: Call) -> Json:
    return _events(call, None)


@route(
    "GET", "/2/dm_conversations/with/:participant_id/dm_events", kind="dm_event", limit=15,
    scopes=("dm.read", *READ), params=MESSAGES,
)  # fmt: skip
def dm_events_with(call: Call) -> Json:
    return _events(call, call.person(call.arguments["participant_id"], "participant_id").did)


def _events(call: Call, other: str | None) -> Json:
    """The unencrypted messages of the last 30 days, the newest first."""
    closed = call.world.closed_messages[call.viewer]
    oldest = call.now - OLD_MESSAGES
    found: list[tuple[int, Message, str]] = []
    for convo in call.world.chat.of(call.viewer):
        partner = next((did for did in convo.members if did != call.viewer), call.viewer)
        if other is not None and partner != other:
            continue
        for message in convo.messages:
            refused = message.did in closed and message.at > closed[message.did]
            if parse_time(message.at) >= oldest and not refused:
                found.append((int(message_id(message.id, message.at)), message, partner))
    found.sort(key=lambda event: event[0], reverse=True)
    if call.params["pagination_token"]:
        before = read_token(call, "pagination_token")
        found = [event for event in found if event[0] < before]
    if "MessageCreate" not in (call.params["event_types"] or ("MessageCreate",)):
        found = []
    page = found[: call.params["max_results"]]
    answer = Answer(call)
    data = answer.message_list((message, partner) for _, message, partner in page)
    meta: Json = {"result_count": len(data)}
    if len(found) > len(page):
        meta["next_token"] = write_token(page[-1][0])
    return answer.whole(data, meta)
