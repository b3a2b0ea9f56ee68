"""Turns the description that the AT network of the tests prints into the file that TWEETDESK_LIVE names."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def servers(network: dict[str, object]) -> list[dict[str, object]]:
    """The list of servers for tests/live, from {"pds": url, "accounts": {name: {"handle", "password"}}}."""
    accounts = network["accounts"]
    assert isinstance(accounts, dict)
    given = [{"handle": one["handle"], "password": one["password"]} for one in accounts.values()]
    return [{"network": "bluesky", "url": network["pds"], "accounts": given}]


if __name__ == "__main__":
    print(json.dumps(servers(json.loads(Path(sys.argv[1]).read_text())), indent=2))
