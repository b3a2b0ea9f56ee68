"""`tweetdesk where`: the folders that tweetdesk uses."""

from __future__ import annotations

import os

from tweetdesk.store.folders import Folders


def where() -> int:
    """Print each folder with what is in it."""
    folders = Folders.usual(os.environ)
    print(f"layouts, settings, accounts   {folders.config}")
    print(f"posts, decisions, drafts      {folders.data}")
    print(f"logs and crash files          {folders.state}")
    print(f"the demo's own                {folders.profile('demo').data}")
    return 0
