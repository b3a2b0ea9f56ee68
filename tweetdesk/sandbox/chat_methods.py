"""chat.bsky.convo: direct messages, behind the PDS's proxy header."""

from __future__ import annotations

from typing import Any

from .chat import Conversation, LogEntry, convo_id
from .richtext import graphemes
from .xrpc import CURSOR, LIMIT, Call, Json, Param, XrpcError, broken, invalid, method

_MESSAGE = {"$type": "chat.bsky.convo.defs#messageView"}


def _member(call: Call, did: str) -> Json:
    """chat.bsky.actor.defs#profileViewBasic"""
    view = call.views.person_basic(did)
    view["associated"] = {"chat": {"allowIncoming": "all"}}
    return view


def _view(call: Call, convo: Conversation) -> Json:
    """chat.bsky.convo.defs#convoView"""
    view: Json = {
        "id": convo.id,
        "rev": convo.rev,
        "members": [_member(call, did) for did in convo.members],
    }
    if convo.messages:
        view["lastMessage"] = _MESSAGE | convo.messages[-1].view()
    status = "accepted" if _accepted(call, convo) else "request"
    return view | {"muted": False, "status": status, "unreadCount": convo.unread(call.me)}


def _accepted(call: Call, convo: Conversation) -> bool:
    """A conversation is a request until one answers, or follows who began it."""
    others = [did for did in convo.members if did != call.me]
    return call.me in convo.accepted or bool(call.world.follows(call.me) & set(others))


def _convo(call: Call, name: Any) -> Conversation:
    convo = call.world.chat.conversations.get(str(name))
    if convo is None or call.me not in convo.members:
        raise XrpcError(400, "InvalidConvo", "Convo not found")
    return convo


@method(
    "chat.bsky.convo.listConvos",
    limit=LIMIT,
    cursor=CURSOR,
    readState=Param(),
    status=Param(),
    kind=Param(),
    lockStatus=Param(),
)
def list_convos(call: Call) -> Json:
    params = call.params
    convos = call.world.chat.of(call.me)
    if params["cursor"] is not None:
        convos = [convo for convo in convos if convo.rev < params["cursor"]]
    if params["readState"] == "unread":
        convos = [convo for convo in convos if convo.unread(call.me)]
    if params["status"] is not None:
        convos = [c for c in convos if _accepted(call, c) is (params["status"] == "accepted")]
    page = convos[: params["limit"]]
    answer: Json = {"convos": [_view(call, convo) for convo in page]}
    if len(convos) > len(page):
        answer["cursor"] = page[-1].rev
    return answer


@method("chat.bsky.convo.getConvo", convoId=Param(required=True))
def get_convo(call: Call) -> Json:
    return {"convo": _view(call, _convo(call, call.params["convoId"]))}


@method("chat.bsky.convo.getConvoForMembers", members=Param("list", required=True, high=10))
def get_convo_for_members(call: Call) -> Json:
    """The conversation with somebody; it begins here if there was none."""
    members = {call.me}
    for name in call.params["members"]:
        person = call.world.people.find(name)
        if person is None:
            raise XrpcError(400, "RecipientNotFound", "Recipient not found")
        members.add(person.did)
    if len(members) != 2:
        raise invalid("A direct convo has two members")
    for did in members - {call.me}:
        _refuse_blocked(call, did)
    name = convo_id(members)
    if name not in call.world.chat.conversations:
        rev = call.world.next_rev(call.world.clock())
        call.world.commit({"op": "begin", "to": sorted(members), "rev": rev})
    return {"convo": _view(call, _convo(call, name))}


def _refuse_blocked(call: Call, did: str) -> None:
    relation = call.views.relation(did)
    if "blocking" in relation:
        raise XrpcError(400, "BlockedSubject", "You have blocked this user")
    if relation["blockedBy"]:
        raise XrpcError(400, "BlockedActor", "You are blocked by this user")


@method("chat.bsky.convo.getMessages", convoId=Param(required=True), limit=LIMIT, cursor=CURSOR)
def get_messages(call: Call) -> Json:
    """Newest first."""
    convo = _convo(call, call.params["convoId"])
    messages = list(reversed(convo.messages))
    if call.params["cursor"] is not None:
        messages = [message for message in messages if message.rev < call.params["cursor"]]
    page = messages[: call.params["limit"]]
    answer: Json = {"messages": [_MESSAGE | message.view() for message in page]}
    if len(messages) > len(page):
        answer["cursor"] = page[-1].rev
    authors = dict.fromkeys(message.did for message in page)
    answer["relatedProfiles"] = [_member(call, did) for did in authors]
    return answer


@method("chat.bsky.convo.sendMessage", write=True)
def send_message(call: Call) -> Json:
    call.need("convoId", "message")
    convo, message = _convo(call, call.body["convoId"]), call.body["message"]
    text = message.get("text") if isinstance(message, dict) else None
    if not isinstance(text, str):
        raise invalid('Missing required key "text" at $.message')
    size, count = len(text.encode("utf-8", "surrogatepass")), graphemes(text)
    if size > 10000:
        raise invalid(f"string too big (maximum 10000, got {size}) at $.message.text")
    if count > 1000:
        raise invalid(f"grapheme too big (maximum 1000, got {count}) at $.message.text")
    other = next(did for did in convo.members if did != call.me)
    _refuse_blocked(call, other)
    extra = {"facets": message["facets"]} if message.get("facets") else {}
    op = call.world.message_op(call.me, other, text, call.world.clock(), extra)
    call.world.commit(op)
    return convo.messages[-1].view()


@method("chat.bsky.convo.updateRead", write=True)
def update_read(call: Call) -> Json:
    call.need("convoId")
    convo = _convo(call, call.body["convoId"])
    wanted = call.body.get("messageId")
    messages = [message for message in convo.messages if wanted in (None, message.id)]
    if wanted is not None and not messages:
        raise invalid("Message not found")
    if messages and messages[-1].rev > convo.read.get(call.me, ""):
        rev = call.world.next_rev(call.world.clock())
        op = {"op": "read", "convo": convo.id, "did": call.me, "up_to": messages[-1].rev, "rev": rev}
        call.world.commit(op)
    return {"convo": _view(call, convo)}


@method("chat.bsky.convo.getLog", cursor=CURSOR)
def get_log(call: Call) -> Json:
    """What happened after the cursor, oldest first; without one, the newest hundred events."""
    cursor = call.params["cursor"]
    if cursor is not None and not cursor.isalnum():
        raise broken()
    entries = call.world.chat.log_of(call.me)
    page = entries[-100:] if cursor is None else [entry for entry in entries if entry.rev > cursor][:100]
    answer: Json = {"logs": [_log_view(call, entry) for entry in page]}
    last = page[-1].rev if page else cursor
    return {"cursor": last, **answer} if last is not None else answer


def _log_view(call: Call, entry: LogEntry) -> Json:
    view: Json = {"$type": f"chat.bsky.convo.defs#{entry.kind}", "rev": entry.rev, "convoId": entry.convo}
    if entry.message is not None:
        view["message"] = _MESSAGE | entry.message.view()
    if entry.kind == "logCreateMessage" and entry.message is not None:
        view["relatedProfiles"] = [_member(call, entry.message.did)]
    return view
