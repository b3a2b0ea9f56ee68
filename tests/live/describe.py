"""Writes the file that TWEETDESK_LIVE names, for the servers that CI has started; prints JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def bluesky(network: dict[str, object]) -> dict[str, object]:
    """A server of the list, from {"pds": url, "accounts": {name: {"handle", "password"}}}."""
    accounts = network["accounts"]
    assert isinstance(accounts, dict)
    given = [{"handle": one["handle"], "password": one["password"]} for one in accounts.values()]
    return {"network": "bluesky", "url": network["pds"], "accounts": given}


def mastodon(url: str) -> dict[str, object]:
    """A server of the list that gives out accounts by itself."""
    return {"network": "mastodon", "url": url, "accounts": []}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bluesky", type=Path, help="what the AT network printed when it started")
    parser.add_argument("--mastodon", metavar="URL", help="where a mastodon-mock listens")
    given = parser.parse_args()
    servers = [bluesky(json.loads(given.bluesky.read_text()))] if given.bluesky else []
    servers += [mastodon(given.mastodon)] if given.mastodon else []
    print(json.dumps(servers, indent=2))
