"""What the sandbox's Mastodon server tells of itself, as Mastodon 4.6 or as GoToSocial 0.20 does.

After docs.joinmastodon.org/methods/instance, nodeinfo.diaspora.software and RFC 8414.
"""

from __future__ import annotations

from .asgi import Answer
from .mastodon_calls import Call, Json, route
from .mastodon_ids import HOST
from .mastodon_media import LARGEST, LONGEST_ALT, MOST_PICTURES, PICTURE_KINDS
from .mastodon_statuses import MOST

VERSION = {False: "4.6.4", True: "0.20.0-local"}
TITLE = "The sandbox"
ABOUT = "A small offline world for trying things out."
SCOPES = ["read", "profile", "write", "follow", "push", "read:statuses", "write:statuses"]


def _limits(call: Call) -> Json:
    """The part `configuration` that all versions share."""
    most, per_url = MOST[call.gotosocial]
    return {
        "accounts": {"max_featured_tags": 10},
        "statuses": {
            "max_characters": most,
            "max_media_attachments": MOST_PICTURES,
            "characters_reserved_per_url": per_url,
        },
        "media_attachments": {
            "description_limit": LONGEST_ALT,
            "supported_mime_types": PICTURE_KINDS,
            "image_size_limit": LARGEST,
            "image_matrix_limit": 33177600,
            "video_size_limit": 103809024,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8294400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2629746,
        },
    }


def _streaming(call: Call) -> str:
    return call.request.base_url.replace("http", "ws", 1)


@route("GET", "/api/v2/instance", public=True)
def instance(call: Call) -> Json:
    view: Json = {
        "domain": HOST,
        "title": TITLE,
        "version": VERSION[call.gotosocial],
        "source_url": "https://github.com/mastodon/mastodon",
        "description": ABOUT,
        "usage": {"users": {"active_month": len(call.world.people.by_did)}},
        "thumbnail": {"url": f"https://{HOST}/thumbnail.png"},
        "languages": ["en"],
        "configuration": _limits(call),
        "registrations": {"enabled": False, "approval_required": False, "reason_required": False, "message": None},
        "contact": {"email": "", "account": None},
        "rules": [],
    }
    urls = {"streaming": _streaming(call), "about": f"https://{HOST}/about", "privacy_policy": None}
    more: Json = {"urls": {**urls, "terms_of_service": None}, "translation": {"enabled": False}}
    more["vapid"] = {"public_key": "BNotAKey"}
    if call.gotosocial:
        view["account_domain"] = HOST
        view["contact"] = {"email": ""}
        view["registrations"]["min_age"] = None
        more["emojis"] = {"emoji_size_limit": 51200}
    else:
        feeds = dict.fromkeys(("live_feeds", "hashtag_feeds", "trending_link_feeds"))
        more["timelines_access"] = {name: {"local": "public", "remote": "public"} for name in feeds}
        more["limited_federation"] = False
        more["urls"]["status"] = None
        view |= {"icon": [], "api_versions": {"mastodon": 11}, "wrapstodon": None}
        view["registrations"] |= {"min_age": None, "url": None}
        view["thumbnail"]["description"] = ""
    view["configuration"] |= more
    return view


@route("GET", "/api/v1/instance", public=True)
def instance_v1(call: Call) -> Json:
    world = call.world
    view: Json = {
        "uri": HOST,
        "title": TITLE,
        "short_description": ABOUT,
        "description": ABOUT,
        "email": "",
        "version": VERSION[call.gotosocial],
        "urls": {"streaming_api": _streaming(call)},
        "stats": {
            "user_count": len(world.people.by_did),
            "status_count": len(world.records.posts),
            "domain_count": 5,
        },
        "thumbnail": f"https://{HOST}/thumbnail.png",
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": _limits(call),
        "rules": [],
    }
    if call.gotosocial:
        return view | {"account_domain": HOST, "max_toot_chars": MOST[True][0]}
    return view | {"contact_account": None}


@route("GET", "/api/v1/custom_emojis", public=True)
def emojis(call: Call) -> list[Json]:
    return []


@route("GET", "/api/v1/preferences", "read:accounts")
def preferences(call: Call) -> Json:
    view: Json = {
        "posting:default:visibility": "public",
        "posting:default:sensitive": False,
        "posting:default:language": "en",
        "posting:default:quote_policy": "public",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }
    if call.gotosocial:
        del view["posting:default:quote_policy"]
    return view


@route("GET", "/health", public=True)
def health(call: Call) -> Answer:
    return Answer(200, raw=b"OK", content_type="text/plain")


@route("GET", "/api/v1/streaming/health", public=True, only_mastodon=True)
def streaming_health(call: Call) -> Answer:
    return Answer(200, raw=b"OK", content_type="text/plain")


@route("GET", "/.well-known/nodeinfo", public=True)
def nodeinfo_places(call: Call) -> Json:
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    return {"links": [{"rel": rel, "href": f"{call.request.base_url}/nodeinfo/2.0"}]}


@route("GET", "/nodeinfo/2.0", public=True)
def nodeinfo(call: Call) -> Json:
    people = len(call.world.people.by_did)
    return {
        "version": "2.0",
        "software": {"name": "gotosocial" if call.gotosocial else "mastodon", "version": VERSION[call.gotosocial]},
        "protocols": ["activitypub"],
        "services": {"outbound": [], "inbound": []},
        "usage": {
            "users": {"total": people, "activeMonth": people, "activeHalfyear": people},
            "localPosts": len(call.world.records.posts),
        },
        "openRegistrations": False,
        "metadata": {"nodeName": TITLE, "nodeDescription": ABOUT},
    }


@route("GET", "/.well-known/oauth-authorization-server", public=True, only_mastodon=True)
def oauth_server(call: Call) -> Json:
    base = call.request.base_url
    return {
        "issuer": f"{base}/",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "app_registration_endpoint": f"{base}/api/v1/apps",
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }
