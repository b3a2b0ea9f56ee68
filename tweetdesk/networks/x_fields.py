"""The two vocabularies of X's API, of which one is sent and both are understood.

Version 2.166 of the specification says tweet.fields, referenced_tweets, note_tweet; 2.167 says post.fields,
referenced_posts, note_post, and gives author and references only where they are expanded.
Source: the OpenAPI documents of both versions (api.x.com/2/openapi.json).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tweetdesk.networks.http import Params

_SHARED = ("created_at", "conversation_id", "entities", "public_metrics", "reply_settings", "lang", "attachments",
           "possibly_sensitive")  # fmt: skip
_USER = "name,username,verified,connection_status,description,created_at"
_MEDIA = ("attachments.media_keys", "attachments.poll_ids")


@dataclass(frozen=True, slots=True)
class Fields:
    """What is asked for with posts, people and messages, in one vocabulary.

    `media`: pictures with their descriptions and polls are asked for too; each is paid for like a post.
    """

    name: str
    parameter: str
    of_posts: tuple[str, ...]
    expanded: tuple[str, ...]
    of_messages: tuple[str, ...]
    expanded_in_messages: tuple[str, ...]
    media: bool = False

    @property
    def includes_authors(self) -> bool:
        """Whether answers bring their authors (and what they refer to) along."""
        return bool(self.expanded)

    def posts(self) -> Params:
        """The parameters of every request whose answer is posts."""
        expanded = (*self.expanded, *(_MEDIA if self.media else ()))
        found = [(self.parameter, ",".join(self.of_posts))]
        if expanded:
            found.append(("expansions", ",".join(expanded)))
        if self.includes_authors:
            found.append(("user.fields", _USER))
        if self.media:
            found += [
                ("media.fields", "alt_text,type,url,preview_image_url"),
                ("poll.fields", "options,end_datetime,voting_status"),
            ]
        return found

    def people(self) -> Params:
        """The parameters of every request whose answer is people."""
        return [("user.fields", _USER)]

    def messages(self) -> Params:
        """The parameters of every request whose answer is direct messages."""
        found = [("dm_event.fields", ",".join(self.of_messages)), ("event_types", "MessageCreate")]
        if self.expanded_in_messages:
            found += [("expansions", ",".join(self.expanded_in_messages)), ("user.fields", _USER)]
        return found


_VOCABULARIES: Mapping[str, Fields] = {
    "tweet": Fields(
        "tweet",
        "tweet.fields",
        (*_SHARED, "author_id", "in_reply_to_user_id", "referenced_tweets", "note_tweet"),
        (),
        ("id", "text", "event_type", "created_at", "dm_conversation_id", "sender_id", "attachments",
         "referenced_tweets", "entities"),
        (),
    ),
    "post": Fields(
        "post",
        "post.fields",
        (*_SHARED, "note_post"),
        ("author_id", "referenced_posts"),
        ("id", "text", "event_type", "created_at", "dm_conversation_id", "attachments", "entities"),
        ("sender_id",),
    ),
}  # fmt: skip


def fields(name: str, *, media: bool = False) -> Fields:
    """The vocabulary of a name (options["field_names"]). Raises ValueError for one that there is not."""
    try:
        found = _VOCABULARIES[name]
    except KeyError:
        raise ValueError(f'X\'s field names are "tweet" or "post", not {name!r}') from None
    return Fields(
        found.name,
        found.parameter,
        found.of_posts,
        found.expanded,
        found.of_messages,
        found.expanded_in_messages,
        media,
    )


def joined(ids: Iterable[str]) -> str:
    """Several ids as one value of a parameter."""
    return ",".join(ids)
