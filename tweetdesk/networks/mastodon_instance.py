"""What a Mastodon-API server can do, by its own description; decided by capability, hardly ever by version.

Sources: Mastodon documentation, entities Instance, V1::Instance (configuration, api_versions), Preferences.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from tweetdesk.networks.base import Pictures
from tweetdesk.networks.json_values import Json, inner, members, whole, words
from tweetdesk.networks.mastodon_records import VISIBILITIES
from tweetdesk.networks.picture_rules import TYPES

#: The API version (api_versions.mastodon) from which on posts can be quoted: Mastodon 4.5.
QUOTES_SINCE = 7

#: Mastodon's own version number; others say whom they are compatible with, or begin with 0.
_MASTODON_VERSION = re.compile(r"[2-9]\.\d+\.\d+(?![^(]*\(compatible)")


@dataclass(frozen=True, slots=True)
class Instance:
    """A server's limits and abilities; what stands here is what is supposed where it tells nothing.

    `mastodon` is whether it is a Mastodon (or a fork that counts and keeps keys as Mastodon does); `api` is its
    API version, 0 where it tells none; `visibility` is what the account's new posts have by default;
    `picture_types` are those that the desk can send, with spaces between.
    """

    max_characters: int = 500
    characters_per_url: int = 23
    streaming: str = ""
    api: int = 0
    mastodon: bool = True
    visibility: str = ""
    most_pictures: int = 4
    picture_types: str = " ".join(TYPES)
    picture_bytes: int = 16_777_216
    picture_alt: int = 1500

    @property
    def pictures(self) -> Pictures | None:
        """What pictures go with a post; None where the server takes none."""
        types = tuple(self.picture_types.split())
        if not types or not self.most_pictures:
            return None
        return Pictures(self.most_pictures, types, self.picture_bytes, self.picture_alt)

    @property
    def quotes(self) -> bool:
        """Whether posts can be quoted."""
        return self.api >= QUOTES_SINCE

    @classmethod
    def from_note(cls, note: Json) -> Instance | None:
        """What was remembered of one (`asdict`); None for anything else."""
        usual = asdict(cls())
        if any(type(note.get(name)) is not type(value) for name, value in usual.items()):
            return None
        return cls(**{name: note[name] for name in usual})


def instance_in(view: Json, preferences: Json) -> Instance:
    """What the answer of /api/v2/instance, or of /api/v1/instance, tells, and the account's preferences."""
    usual = Instance()
    statuses, media = (inner(view, "configuration", name) for name in ("statuses", "media_attachments"))
    types = [kind for kind in members(media, "supported_mime_types") if isinstance(kind, str)] or list(TYPES)
    most = whole(statuses, "max_media_attachments")
    longest = whole(statuses, "max_characters") or whole(view, "max_toot_chars")
    api = whole(inner(view, "api_versions"), "mastodon") or 0
    streaming = words(inner(view, "configuration", "urls"), "streaming") or words(
        inner(view, "urls"), "streaming_api"
    )
    visibility = words(preferences, "posting:default:visibility")
    return Instance(
        max_characters=longest or usual.max_characters,
        characters_per_url=whole(statuses, "characters_reserved_per_url") or usual.characters_per_url,
        streaming=streaming,
        api=api,
        mastodon=api > 0 or _MASTODON_VERSION.match(words(view, "version")) is not None,
        visibility=visibility if visibility in VISIBILITIES else "",
        most_pictures=usual.most_pictures if most is None else most,
        picture_types=" ".join(kind for kind in TYPES if kind in types),
        picture_bytes=whole(media, "image_size_limit") or usual.picture_bytes,
        picture_alt=whole(media, "description_limit") or usual.picture_alt,
    )
