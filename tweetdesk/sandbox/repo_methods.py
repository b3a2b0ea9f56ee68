"""com.atproto.repo: writing and reading the records of a repository."""

from __future__ import annotations

import re
from typing import Any

from .blob_methods import attach
from .ids import cid_of, is_tid, parse_time
from .records import BLOCK, FOLLOW, LIKE, LIST, LISTITEM, POST, POSTGATE, PROFILE, REPOST, THREADGATE, Record
from .richtext import graphemes
from .xrpc import Call, Json, Param, XrpcError, invalid, method

_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")
_REQUIRED = {
    POST: ("text", "createdAt"),
    LIKE: ("subject", "createdAt"),
    REPOST: ("subject", "createdAt"),
    FOLLOW: ("subject", "createdAt"),
    BLOCK: ("subject", "createdAt"),
    THREADGATE: ("post", "createdAt"),
    POSTGATE: ("post", "createdAt"),
    LIST: ("name", "purpose", "createdAt"),
    LISTITEM: ("subject", "list", "createdAt"),
    PROFILE: (),
}
_TID_KEYS = {POST, LIKE, REPOST, FOLLOW, BLOCK, LIST, LISTITEM}
_MISSING = object()


def check_record(collection: str, record: Any) -> None:
    """Raises the network's error where a record does not fit its lexicon (the parts that matter here)."""
    if not isinstance(record, dict):
        raise _unfit(collection, "Expected object value type at $.record")
    for key in _REQUIRED.get(collection, ()):
        if key not in record:
            raise _unfit(collection, f'Missing required key "{key}" at $.record')
    if "createdAt" in record:
        _check_time(collection, record["createdAt"])
    if collection in (LIKE, REPOST):
        _check_ref(collection, record["subject"], "$.record.subject")
    if collection == POST:
        _check_post(record)


def _check_post(record: Json) -> None:
    text = record["text"]
    if not isinstance(text, str):
        raise _unfit(POST, "Expected string value type at $.record.text")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > 3000:
        raise _unfit(POST, f"string too big (maximum 3000, got {size}) at $.record.text")
    count = graphemes(text)
    if count > 300:
        raise _unfit(POST, f"grapheme too big (maximum 300, got {count}) at $.record.text")
    for place, facet in enumerate(record.get("facets") or ()):
        for key in ("index", "features"):
            if key not in facet:
                raise _unfit(POST, f'Missing required key "{key}" at $.record.facets[{place}]')
    reply = record.get("reply")
    if reply is not None:
        for key in ("root", "parent"):
            if not isinstance(reply, dict) or key not in reply:
                raise _unfit(POST, f'Missing required key "{key}" at $.record.reply')
            _check_ref(POST, reply[key], f"$.record.reply.{key}")
    if record.get("embed") is not None:
        _check_embed(record["embed"], "$.record.embed")


def _check_time(collection: str, value: Any) -> None:
    try:
        parse_time(value)
    except (AttributeError, ValueError):
        raise _unfit(collection, f'Invalid datetime (got "{value}") at $.record.createdAt') from None


def _check_ref(collection: str, ref: Any, place: str) -> None:
    """A com.atproto.repo.strongRef."""
    for key in ("uri", "cid"):
        if not isinstance(ref, dict) or not isinstance(ref.get(key), str):
            raise _unfit(collection, f'Missing required key "{key}" at {place}')


_EMBEDDED = {
    "app.bsky.embed.record": "record",
    "app.bsky.embed.recordWithMedia": "record",
    "app.bsky.embed.images": "images",
    "app.bsky.embed.external": "external",
}


def _check_embed(embed: Any, place: str) -> None:
    kind = embed.get("$type") if isinstance(embed, dict) else None
    if not isinstance(kind, str):
        raise _unfit(POST, f'Missing required key "$type" at {place}')
    key = _EMBEDDED.get(kind)
    if key is None:
        return
    if not isinstance(embed.get(key), list if key == "images" else dict):
        raise _unfit(POST, f'Missing required key "{key}" at {place}')
    if kind == "app.bsky.embed.record":
        _check_ref(POST, embed["record"], f"{place}.record")
    if kind == "app.bsky.embed.recordWithMedia":
        _check_embed({"$type": "app.bsky.embed.record", **embed["record"]}, f"{place}.record")
        _check_embed(embed.get("media"), f"{place}.media")
    if key == "images" and not all(isinstance(image, dict) for image in embed["images"]):
        raise _unfit(POST, f"Expected object value type at {place}.images")


def _unfit(collection: str, what: str) -> XrpcError:
    return invalid(f"Invalid {collection} record: {what}")


def _own_repo(call: Call) -> str:
    """The DID of the repository that is written to. Raises 401 where it is another's."""
    person = call.world.people.find(str(call.body["repo"]))
    if person is None or person.did != call.me:
        raise XrpcError(401, "AuthenticationRequired", "Authentication Required")
    return person.did


def _rkey(call: Call, collection: str) -> str:
    rkey = call.body.get("rkey")
    if rkey is None:
        return "self" if collection == PROFILE else call.world.next_tid(call.world.clock())
    if not isinstance(rkey, str) or not _RKEY.fullmatch(rkey):
        raise invalid(f'Invalid record key (got "{rkey}") at $.rkey')
    if collection in _TID_KEYS and not is_tid(rkey):
        raise invalid(f'Invalid record key for {collection}: Invalid TID string (got "{rkey}") at $')
    return rkey


def _prepare(call: Call) -> tuple[str, str, str, Json]:
    """Repository, collection, key and value of a write; all checked."""
    call.need("repo", "collection", "record")
    did, collection, value = _own_repo(call), str(call.body["collection"]), call.body["record"]
    rkey = _rkey(call, collection)
    check_record(collection, value)
    if "$type" not in value:
        value = {"$type": collection, **value}
    return did, collection, rkey, value


def _store(call: Call, did: str, collection: str, rkey: str, value: Json) -> Json:
    attach(call, collection, value)
    op = {"op": "put", "did": did, "collection": collection, "rkey": rkey, "value": value, "at": call.now()}
    call.world.commit(op)
    return _written(call, Record(did, collection, rkey, value, ""), commit=True)


def _written(call: Call, record: Record, *, commit: bool) -> Json:
    answer: Json = {"uri": record.uri, "cid": record.cid}
    if commit:
        answer["commit"] = _commit(call, record.did)
    answer["validationStatus"] = "valid" if record.collection in _REQUIRED else "unknown"
    return answer


def _commit(call: Call, did: str) -> Json:
    rev = call.world.next_tid(call.world.clock())
    return {"cid": cid_of({"did": did, "rev": rev}), "rev": rev}


@method("com.atproto.repo.createRecord", write=True)
def create_record(call: Call) -> Json:
    did, collection, rkey, value = _prepare(call)
    if call.world.records.get(did, collection, rkey) is not None:
        raise XrpcError(500, "InternalServerError", "Internal Server Error")
    return _store(call, did, collection, rkey, value)


@method("com.atproto.repo.putRecord", write=True)
def put_record(call: Call) -> Json:
    """The same record again changes nothing; swapRecord (null: there must be none) guards the rest."""
    call.need("rkey")
    did, collection, rkey, value = _prepare(call)
    former = call.world.records.get(did, collection, rkey)
    if former is not None and former.cid == cid_of(value):
        return _written(call, former, commit=False)
    swap = call.body.get("swapRecord", _MISSING)
    if swap is not _MISSING and swap != (former.cid if former is not None else None):
        raise XrpcError(400, "InvalidSwap", f"Record was at {former.cid if former is not None else 'null'}")
    return _store(call, did, collection, rkey, value)


@method("com.atproto.repo.deleteRecord", write=True)
def delete_record(call: Call) -> Json:
    call.need("repo", "collection", "rkey")
    did, collection, rkey = _own_repo(call), str(call.body["collection"]), str(call.body["rkey"])
    if call.world.records.get(did, collection, rkey) is None:
        return {}
    call.world.commit({"op": "delete", "did": did, "collection": collection, "rkey": rkey, "at": call.now()})
    return {"commit": _commit(call, did)}


@method(
    "com.atproto.repo.getRecord",
    auth="none",
    repo=Param(required=True),
    collection=Param(required=True),
    rkey=Param(required=True),
    cid=Param(),
)
def get_record(call: Call) -> Json:
    name, collection, rkey = call.params["repo"], call.params["collection"], call.params["rkey"]
    person = call.world.people.find(name)
    record = call.world.records.get(person.did, collection, rkey) if person is not None else None
    if record is None or call.params["cid"] not in (None, record.cid):
        place = person.did if person is not None else name
        raise XrpcError(400, "RecordNotFound", f"Could not locate record: at://{place}/{collection}/{rkey}")
    return {"uri": record.uri, "cid": record.cid, "value": record.value}


@method(
    "com.atproto.repo.listRecords",
    auth="none",
    repo=Param(required=True),
    collection=Param(required=True),
    limit=Param("int", low=1, high=100, default=50),
    cursor=Param(),
    reverse=Param("bool", default=False),
)
def list_records(call: Call) -> Json:
    """Newest record key first, or the other way round with `reverse`."""
    params = call.params
    person = call.world.people.find(params["repo"])
    if person is None:
        raise invalid(f"Could not find repo: {params['repo']}")
    kept = call.world.records.repos.get(person.did, {}).get(params["collection"], {})
    keys = sorted(kept, reverse=not params["reverse"])
    if params["cursor"] is not None:
        keys = [key for key in keys if (key > params["cursor"]) is params["reverse"] and key != params["cursor"]]
    page = keys[: params["limit"]]
    records = [kept[key] for key in page]
    answer: Json = {"records": [{"uri": r.uri, "cid": r.cid, "value": r.value} for r in records]}
    if page:
        answer["cursor"] = page[-1]
    return answer
