"""A client of the sandbox's Mastodon face, for the tests."""

from __future__ import annotations

from typing import Any

import httpx

from tweetdesk.sandbox.mastodon import HOST, face, token
from tweetdesk.sandbox.world import World


def fediverse(world: World, key: str = "ada", *, bearer: str | None = None, **switches: Any) -> httpx.AsyncClient:
    """A client of the Mastodon face, as somebody (by short name) or with a token of one's own ("": none)."""
    given = token(world, key) if bearer is None else bearer
    headers = {"authorization": f"Bearer {given}"} if given else {}
    transport = httpx.ASGITransport(face(world, **switches))
    return httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}", headers=headers)


async def get(http: httpx.AsyncClient, path: str, **params: Any) -> Any:
    """The body of a call that must succeed."""
    answer = await http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(http: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
    answer = await http.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def write(http: httpx.AsyncClient, text: str, key: str = "", **more: Any) -> Any:
    headers = {"idempotency-key": key} if key else None
    return await post(http, "/api/v1/statuses", headers, status=text, **more)


async def pages(http: httpx.AsyncClient, path: str, rel: str = "next") -> list[list[Any]]:
    """All pages of a list, by its Link headers."""
    found = []
    url: str | None = path
    while url is not None:
        answer = await http.get(url)
        assert answer.status_code == 200, answer.text
        if answer.json():
            found.append(answer.json())
        url = answer.links.get(rel, {}).get("url")
    return found


def ids(items: list[Any]) -> list[int]:
    return [int(item["id"]) for item in items]
