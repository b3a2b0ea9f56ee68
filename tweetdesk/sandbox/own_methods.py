"""What somebody has for themselves: lists of people, bookmarks, and reports to the moderators."""

from __future__ import annotations

from .records import LIST, LISTITEM, Record
from .xrpc import CURSOR, LIMIT, Call, Json, Param, XrpcError, invalid, method, offset_page

POSTS = "/app.bsky.feed.post/"
PURPOSE = "app.bsky.graph.defs#"


@method(
    "app.bsky.graph.getLists",
    auth="optional",
    actor=Param(required=True),
    limit=LIMIT,
    cursor=CURSOR,
    purposes=Param("list"),
)
def get_lists(call: Call) -> Json:
    """The lists that a person has made, newest first."""
    person = call.actor(call.params["actor"])
    purposes = {PURPOSE + purpose for purpose in call.params["purposes"]}
    made = call.world.records.repos.get(person.did, {}).get(LIST, {})
    found = [record for _, record in sorted(made.items(), reverse=True)]
    if purposes:
        found = [record for record in found if record.value["purpose"] in purposes]
    page, cursor = offset_page(found, call.params["cursor"], call.params["limit"])
    return {"lists": [_list_view(call, record) for record in page]} | ({"cursor": cursor} if cursor else {})


def _list_view(call: Call, record: Record) -> Json:
    """app.bsky.graph.defs#listView"""
    items = call.world.records.repos.get(record.did, {}).get(LISTITEM, {}).values()
    view: Json = {
        "uri": record.uri,
        "cid": record.cid,
        "creator": call.views.person(record.did),
        "name": record.value["name"],
        "purpose": record.value["purpose"],
        "listItemCount": sum(item.value["list"] == record.uri for item in items),
        "labels": [],
        "indexedAt": record.at,
    }
    if record.value.get("description"):
        view["description"] = record.value["description"]
    return view


def _bookmarked(call: Call) -> str:
    """The post that is to be bookmarked. Raises the network's errors."""
    call.need("uri")
    uri = str(call.body["uri"])
    if POSTS not in uri:
        raise XrpcError(400, "UnsupportedCollection", "The collection of this URI is not supported")
    return uri


@method("app.bsky.bookmark.createBookmark", write=True)
def create_bookmark(call: Call) -> None:
    """Keeps a post for the viewer; once more changes nothing."""
    call.need("cid")
    uri = _bookmarked(call)
    if uri not in call.world.bookmarks[call.me]:
        call.world.commit({"op": "bookmark", "did": call.me, "uri": uri, "at": call.now()})


@method("app.bsky.bookmark.deleteBookmark", write=True)
def delete_bookmark(call: Call) -> None:
    """Lets go of a post; one that is not kept changes nothing."""
    uri = _bookmarked(call)
    if uri in call.world.bookmarks[call.me]:
        call.world.commit({"op": "unbookmark", "did": call.me, "uri": uri})


@method("com.atproto.moderation.createReport", write=True)
def create_report(call: Call) -> Json:
    """Takes a report of a person (repoRef) or a post (strongRef)."""
    call.need("reasonType", "subject")
    subject = call.body["subject"]
    kinds = {"com.atproto.admin.defs#repoRef": ("did",), "com.atproto.repo.strongRef": ("uri", "cid")}
    keys = kinds.get(str(subject.get("$type"))) if isinstance(subject, dict) else None
    if keys is None or not all(isinstance(subject.get(key), str) for key in keys):
        raise invalid("Invalid subject at $.subject")
    report: Json = {"reasonType": str(call.body["reasonType"]), "subject": subject}
    if call.body.get("reason"):
        report["reason"] = str(call.body["reason"])
    at = call.now()
    call.world.commit({"op": "report", "did": call.me, "report": report, "at": at})
    return {"id": len(call.world.reports), **report, "reportedBy": call.me, "createdAt": at}
