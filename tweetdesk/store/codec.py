"""How values become columns of the database and back: times, JSON bodies, and text that must be storable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from tweetdesk.domain.outbox import Act
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, Viewer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)

#: How far the milliseconds of a key are shifted: below them is room for a million posts of one millisecond.
SEQUENCE_BITS = 20
SEQUENCE_MASK = (1 << SEQUENCE_BITS) - 1
_LATEST = (1 << 62) >> SEQUENCE_BITS

#: What stands in the outbox and wants something done, in the very words of the index `outbox_unsettled`.
IN_OUTBOX = "state IN ('held', 'queued', 'sending', 'unsure', 'handed off')"

T = TypeVar("T")
_encoder = msgspec.json.Encoder()
_posts = msgspec.json.Decoder(Post)
_viewers = msgspec.json.Decoder(Viewer)
_identities = msgspec.json.Decoder(Identity)
_profiles = msgspec.json.Decoder(Profile)
_acts = msgspec.json.Decoder(Act)
_words = msgspec.json.Decoder(tuple[str, ...])


def moment(time: datetime) -> int:
    """Microseconds since 1970 of an aware time. Raises ValueError for a naive one."""
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return (time - _EPOCH) // _MICROSECOND


def when(microseconds: int) -> datetime:
    """The aware UTC time that `moment` wrote."""
    return _EPOCH + timedelta(microseconds=microseconds)


def perhaps_moment(time: datetime | None) -> int | None:
    """`moment`, or None for None."""
    return None if time is None else moment(time)


def perhaps_when(microseconds: int | None) -> datetime | None:
    """`when`, or None for None."""
    return None if microseconds is None else when(microseconds)


def first_key(time: datetime) -> int:
    """The lowest key of a millisecond: keys order by time. Times that no 63 bits can hold become the nearest."""
    return max(0, min(_LATEST - 1, (time - _EPOCH) // _MILLISECOND)) << SEQUENCE_BITS


def key_time(key: int) -> datetime:
    """The time, to the millisecond, in a key."""
    return _EPOCH + timedelta(milliseconds=key >> SEQUENCE_BITS)


def storable(text: str) -> str:
    """Text with every unpaired surrogate, which UTF-8 cannot hold, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _deeply(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): _deeply(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_deeply(inner) for inner in value]
    return value


def clean(value: T) -> T:
    """The same value with storable text everywhere inside it."""
    try:
        _encoder.encode(value)
    except UnicodeEncodeError:
        return msgspec.convert(_deeply(msgspec.to_builtins(value)), type(value))
    return value


def encoded(value: Any) -> str:
    """A value as JSON text. The value must be clean."""
    return _encoder.encode(value).decode()


def decode_post(body: str, viewer: str | None = None) -> Post:
    """The post of a body, with what one account has done to it."""
    post = _posts.decode(body)
    if viewer:
        return replace(post, viewer=_viewers.decode(viewer))
    return post


def decode_identity(text: str) -> Identity | None:
    """An identity, or None for ""."""
    return _identities.decode(text) if text else None


def decode_profile(text: str) -> Profile:
    """A profile."""
    return _profiles.decode(text)


def decode_act(text: str) -> Act:
    """An act."""
    return _acts.decode(text)


def encode_words(words: Sequence[str]) -> str:
    """A list of sentences as one column, "" for none."""
    return encoded([storable(word) for word in words]) if words else ""


def decode_words(text: str) -> tuple[str, ...]:
    """The sentences that `encode_words` wrote."""
    return _words.decode(text) if text else ()


def findable(parts: Iterable[str]) -> str:
    """What search and a column's filter look through: the parts in folded case, without NULs."""
    return " ".join(part for part in parts if part).replace("\0", " ").casefold()


def marks(count: int) -> str:
    """So many placeholders for one value each."""
    return ",".join("?" * count)


def pairs(count: int) -> str:
    """So many placeholders for rows of two values, to stand after VALUES."""
    return ",".join(["(?,?)"] * count)
