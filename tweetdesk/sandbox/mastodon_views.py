"""People and posts as the Mastodon API shows them to somebody.

After the entities of docs.joinmastodon.org, as a server of version 4.6 fills them in.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from .ids import iso, parse_time
from .mastodon_ids import (
    HOST,
    Directory,
    account_number,
    number,
)
from .mastodon_text import content, link, tags, typed
from .records import FOLLOW, LIKE, POST, POSTGATE, PROFILE, REPOST, Record, owner_of, parent_of, quoted_by
from .richtext import mentioned
from .views import Views as Relations

if TYPE_CHECKING:
    from .world import World

Json = dict[str, Any]
PICTURES = "https://images.example.com"
PUBLIC = ("public", "unlisted")
REASONS = {"graphic-media": "graphic picture", "nudity": "nudity"}
"""Labels of the written posts as content warnings."""


class Views:
    """What one viewer (a DID; None: nobody is logged in) sees."""

    def __init__(
        self, world: World, directory: Directory, viewer: str | None, *, gotosocial: bool = False
    ) -> None:
        self.world = world
        self.records = world.records
        self.directory = directory
        self.viewer = viewer
        self.gotosocial = gotosocial
        self.relations = Relations(world, viewer)

    # -- people -------------------------------------------------------------------------------------------

    def account(self, did: str) -> Json:
        """The entity Account."""
        person, (name, host) = self.world.people.by_did[did], self.directory.place(did)
        profile = self.records.get(did, PROFILE, "self")
        posts = self.records.repos.get(did, {}).get(POST, {})
        born = profile.at[:10] if profile is not None else iso(self.world.epoch)[:10]
        picture = f"{PICTURES}/{name}@{host}"
        view: Json = {
            "id": account_number(did),
            "username": name,
            "acct": self.directory.acct(did),
            "display_name": person.name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "indexable": indexable(did),
            "group": False,
            "created_at": f"{born}T00:00:00.000Z",
            "note": content({"text": person.bio}, self.directory, before=[], links=[]),
            "url": self.directory.url(did),
            "uri": self.directory.uri(did),
            **dict.fromkeys(("avatar", "avatar_static"), f"{picture}/avatar.png"),
            "avatar_description": "",
            **dict.fromkeys(("header", "header_static"), f"{picture}/header.png"),
            "header_description": "",
            "followers_count": len(self.records.received_by(FOLLOW, did)),
            "following_count": len(self.records.given[FOLLOW].get(did, ())),
            "statuses_count": len(posts),
            "last_status_at": max((record.at[:10] for record in posts.values()), default=None),
            "emojis": [],
            "fields": [],
        }
        if self.gotosocial:
            for key in ("indexable", "uri"):
                del view[key]
            return view
        policy = {"automatic": ["public"], "manual": [], "current_user": "automatic"}
        view |= {"hide_collections": None, "noindex": False, "feature_approval": policy}
        view |= dict.fromkeys(("show_media", "show_media_replies", "show_featured"), True)
        return view | ({"roles": []} if host == HOST else {})

    def own_account(self, did: str) -> Json:
        """The entity CredentialAccount."""
        source = {
            "privacy": "public",
            "sensitive": False,
            "language": "en",
            "note": self.world.people.by_did[did].bio,
            "fields": [],
            "follow_requests_count": 0,
            "hide_collections": None,
            "discoverable": True,
            "indexable": indexable(did),
            "attribution_domains": [],
            "quote_policy": "public",
        }
        role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
        return {**self.account(did), "source": source, "role": role}

    def relationship(self, did: str) -> Json:
        """The entity Relationship."""
        state, viewer = self.relations.relation(did), self.viewer or ""
        following = self.records.about(FOLLOW, viewer, did) is not None
        view = {
            "id": account_number(did),
            "following": following,
            "showing_reblogs": following,
            "notifying": False,
            "followed_by": self.records.about(FOLLOW, did, viewer) is not None,
            "blocking": "blocking" in state,
            "blocked_by": bool(state.get("blockedBy")),
            "muting": bool(state.get("muted")),
            "muting_notifications": bool(state.get("muted")),
            "requested": False,
            "requested_by": False,
            "domain_blocking": False,
            "endorsed": False,
            "note": "",
        }
        until = self.world.marks.muted_until[viewer].get(did)
        return view if self.gotosocial else view | {"languages": None, "muting_expires_at": until}

    def mentions(self, dids: list[str]) -> list[Json]:
        """The entities Status::Mention."""
        return [
            {
                "id": account_number(did),
                "username": self.directory.place(did)[0],
                "url": self.directory.url(did),
                "acct": self.directory.acct(did),
            }
            for did in dids
        ]

    # -- posts --------------------------------------------------------------------------------------------

    def visibility(self, record: Record) -> str:
        """Who may see a post. Of those written elsewhere some answers are unlisted, as people do here."""
        if record.collection == REPOST:
            return "public"
        marks = record.value.get("mastodon")
        if marks is not None and "visibility" in marks:
            return str(marks["visibility"])
        quiet = "reply" in record.value and zlib.crc32(record.rkey.encode()) % 3 == 0
        return "unlisted" if quiet else "public"

    def visible(self, record: Record) -> bool:
        """Whether the viewer may see a post: private ones are for followers and the mentioned."""
        if record.collection == REPOST:
            post = self.records.posts.get(record.subject or "")
            return post is not None and self.visible(post)
        if self.viewer is not None and self.records.about("app.bsky.graph.block", record.did, self.viewer):
            return False
        if self.visibility(record) in PUBLIC or record.did == self.viewer:
            return True
        follows = self.viewer is not None and self.records.about(FOLLOW, self.viewer, record.did) is not None
        return follows or self.viewer in mentioned(record.value)

    def addressed(self, record: Record) -> list[str]:
        """Whom a post speaks to without naming them in its text: the author of what it answers.

        Posts that were written on another network do not name them; those written here do, or do not mean them.
        """
        parent = parent_of(record)
        if parent is None or "mastodon" in record.value:
            return []
        did = owner_of(parent)
        known = did in self.world.people.by_did
        return [did] if known and did != record.did and did not in mentioned(record.value) else []

    def status(self, record: Record, *, quote: bool = True) -> Json:
        """The entity Status, of a post or a repost."""
        if record.collection == REPOST:
            return self._reblog(record)
        marks, value, ident = record.value.get("mastodon", {}), record.value, str(number(record.rkey))
        parent = self._parent(record)
        before = self.addressed(record)
        quoted = self.records.posts.get(quoted_by(record) or "")
        card, pictures = self._card(value), self.pictures(record.value, number(record.rkey))
        html = content(value, self.directory, before=before, links=_card_links(value))
        if quoted is not None:
            html = self._quote_line(quoted) + html
        view = self._frame(ident, record.did, value.get("createdAt", record.at))
        view |= {
            "in_reply_to_id": parent[0] if parent else None,
            "in_reply_to_account_id": account_number(parent[1]) if parent else None,
            **self._warning(value),
            "visibility": self.visibility(record),
            "language": (value.get("langs") or [None])[0],
            "replies_count": len(self.records.replies.get(record.uri, ())),
            "reblogs_count": len(self.records.received_by(REPOST, record.uri)),
            "favourites_count": len(self.records.received_by(LIKE, record.uri)),
            "quotes_count": len(self.records.quotes.get(record.uri, ())),
            "edited_at": marks.get("edited_at"),
            "content": html,
            "media_attachments": pictures,
            "mentions": self.mentions([*before, *self._known(mentioned(value))]),
            "tags": [{"name": tag, "url": f"https://{HOST}/tags/{tag}"} for tag in tags(value)],
            "quote": self._quote(quoted) if quote else None,
            "card": card,
            "poll": self.poll(ident, marks.get("poll")),
            "quote_approval": self._approval(record),
        }
        view |= self._own_acts(record.did, record.uri, self.world.thread_root(record))
        return self._finished(view, record.did, value)

    def _known(self, dids: list[str]) -> list[str]:
        return [did for did in dids if did in self.world.people.by_did]

    def _frame(self, ident: str, did: str, at: str) -> Json:
        """The fields of every status, in the server's order."""
        uri = f"{self.directory.uri(did)}/statuses/{ident}"
        url = f"{self.directory.url(did)}/{ident}"
        view: Json = {"id": ident, "created_at": iso(parse_time(at))}
        view |= {"in_reply_to_id": None, "in_reply_to_account_id": None, "sensitive": False, "spoiler_text": ""}
        view |= {"visibility": "public", "language": None, "uri": uri, "url": url}
        view |= dict.fromkeys(("replies_count", "reblogs_count", "favourites_count", "quotes_count"), 0)
        view |= {"edited_at": None, "content": "", "filtered": [], "reblog": None, "account": self.account(did)}
        view |= {key: [] for key in ("media_attachments", "mentions", "tags", "emojis", "tagged_collections")}
        view |= {"quote": None, "card": None, "poll": None}
        view["quote_approval"] = {"automatic": [], "manual": [], "current_user": "denied"}
        if self.directory.place(did)[1] == HOST:
            view["application"] = {"name": "tweetdesk", "website": None}
        return view

    def _own_acts(self, did: str, uri: str, thread: str) -> Json:
        """What the viewer did with a post; nothing of it where nobody is logged in."""
        viewer = self.viewer
        if viewer is None:
            return {}
        acts: Json = {
            "favourited": self.records.about(LIKE, viewer, uri) is not None,
            "reblogged": self.records.about(REPOST, viewer, uri) is not None,
            "muted": thread in self.world.muted_threads[viewer],
            "bookmarked": uri in self.world.bookmarks[viewer],
        }
        return acts | ({"pinned": False} if did == viewer else {})

    def _finished(self, view: Json, did: str, value: Json) -> Json:
        """The status as the flavour of this server has it."""
        if self.viewer is None:
            view.pop("filtered")
        if not self.gotosocial:
            return view
        for key in ("quotes_count", "filtered", "tagged_collections", "quote", "quote_approval"):
            view.pop(key, None)
        view.setdefault("pinned", False)
        view |= {"text": typed(value, self.directory), "content_type": "text/plain"}
        return view | {"interaction_policy": _policy(view["visibility"])}

    def _reblog(self, record: Record) -> Json:
        post = self.records.posts[record.subject or ""]
        view = self._frame(str(number(record.rkey)), record.did, record.at)
        view["uri"] = view["url"] = view["uri"] + "/activity"
        view["reblog"] = self.status(post)
        view |= self._own_acts(record.did, post.uri, self.world.thread_root(post))
        return self._finished(view, record.did, {})

    def _parent(self, record: Record) -> tuple[str, str] | None:
        """Id and author of what a post answers."""
        parent = self.records.posts.get(parent_of(record) or "")
        return (str(number(parent.rkey)), parent.did) if parent is not None else None

    def _warning(self, value: Json) -> Json:
        marks = value.get("mastodon", {})
        labels = [entry["val"] for entry in (value.get("labels") or {}).get("values") or ()]
        spoiler = marks.get("spoiler_text") or ", ".join(REASONS.get(label, label) for label in labels)
        return {"sensitive": bool(spoiler or marks.get("sensitive")), "spoiler_text": spoiler}

    def pictures(self, value: Json, first: int) -> list[Json]:
        """The entities MediaAttachment of a post; those that have no id of their own are numbered from `first`."""
        embed = value.get("embed") or {}
        images = (embed.get("media") or embed).get("images") or ()
        found = []
        for place, image in enumerate(images):
            ident = image.get("id") or str(first + place)
            ratio = image.get("aspectRatio") or {"width": 1200, "height": 900}
            wide, high = ratio["width"], ratio["height"]
            size = {"width": wide, "height": high, "size": f"{wide}x{high}", "aspect": wide / high}
            found.append(
                {
                    "id": ident,
                    "type": "image",
                    "url": f"{PICTURES}/{ident}.jpeg",
                    "preview_url": f"{PICTURES}/{ident}/small.jpeg",
                    "remote_url": None,
                    "preview_remote_url": None,
                    "text_url": None,
                    "meta": {"original": size, "small": size},
                    "description": image.get("alt") or None,
                    "blurhash": "UGC~-#M{0JfkNFofR%M{IURj%Mt7E0oM%MR*",
                }
            )
        return found

    def _card(self, value: Json) -> Json | None:
        card = _external(value)
        if card is None:
            return None
        view = dict.fromkeys(("author_name", "author_url", "provider_name", "provider_url", "html"), "")
        view |= {"url": card["uri"], "title": card["title"], "description": card["description"]}
        return view | {
            "language": "en",
            "type": "link",
            "width": 0,
            "height": 0,
            "image": None,
            "image_description": "",
            "embed_url": "",
            "blurhash": None,
            "published_at": None,
            "missing_attribution": False,
            "authors": [],
        }

    def poll(self, ident: str, poll: Json | None) -> Json | None:
        """The entity Poll, of a status with this id."""
        if poll is None:
            return None
        votes = self.world.marks.votes[ident]
        own = votes.get(self.viewer or "")
        options = [
            {"title": title, "votes_count": given + sum(place in choices for choices in votes.values())}
            for place, (title, given) in enumerate(poll["options"])
        ]
        total = sum(option["votes_count"] for option in options)
        view: Json = {"id": ident, "expires_at": poll["expires_at"], "expired": poll["expires_at"] <= self._now()}
        view |= {"multiple": bool(poll.get("multiple")), "votes_count": total, "voters_count": total}
        if self.viewer is not None:
            view |= {"voted": own is not None, "own_votes": own or []}
        return view | {"options": options, "emojis": []}

    def _now(self) -> str:
        return iso(self.world.clock())

    # -- quotes -------------------------------------------------------------------------------------------

    def _quote_line(self, quoted: Record) -> str:
        url = f"{self.directory.url(quoted.did)}/{number(quoted.rkey)}"
        return f'<p class="quote-inline">RE: {link(url)}</p>'

    def _quote(self, quoted: Record | None) -> Json | None:
        """The entity Quote; within a quoted post a quote is not shown again."""
        if quoted is None:
            return None
        if not self.visible(quoted):
            return {"state": "unauthorized", "quoted_status": None}
        return {"state": "accepted", "quoted_status": self.status(quoted, quote=False)}

    def quotable(self, record: Record) -> bool:
        """Whether the viewer may quote a post."""
        if record.did == self.viewer:
            return True
        policy = str(record.value.get("mastodon", {}).get("quote_policy", "public"))
        gate = self.records.get(record.did, POSTGATE, record.rkey)
        if policy == "nobody" or gate is not None or self.visibility(record) not in PUBLIC:
            return False
        return policy == "public" or self.records.about(FOLLOW, self.viewer or "", record.did) is not None

    def _approval(self, record: Record) -> Json:
        policy = str(record.value.get("mastodon", {}).get("quote_policy", "public"))
        gate = self.records.get(record.did, POSTGATE, record.rkey)
        shut = gate is not None or policy == "nobody" or self.visibility(record) not in PUBLIC
        state = "automatic" if self.viewer is not None and self.quotable(record) else "denied"
        return {"automatic": [] if shut else [policy], "manual": [], "current_user": state}


def indexable(did: str) -> bool:
    """Whether somebody lets everybody search their public posts."""
    return zlib.crc32(did.encode()) % 3 == 0


def _policy(visibility: str) -> Json:
    """Who may do what with a post, as GoToSocial tells it."""
    who = ["public", "me"] if visibility in PUBLIC else ["author", "mentioned", "me"]
    rule = {"automatic_approval": who, "manual_approval": [], "always": who, "with_approval": []}
    return dict.fromkeys(("can_favourite", "can_reply", "can_reblog"), rule)


def _external(value: Json) -> Json | None:
    embed = value.get("embed") or {}
    card = (embed.get("media") or embed).get("external")
    return card if isinstance(card, dict) else None


def _card_links(value: Json) -> list[str]:
    """The address of a card, where the text does not hold it."""
    card = _external(value)
    return [card["uri"]] if card is not None and card["uri"] not in str(value.get("text", "")) else []
