"""Opens a page in the user's browser, where there is one on a screen."""

from __future__ import annotations

import sys
import threading
import webbrowser
from collections.abc import Mapping


def has_browser(environ: Mapping[str, str]) -> bool:
    """Whether a page can be opened on the screen in front of the user.

    Not over ssh (the browser would open far away), and not without a display (a browser of the terminal would draw
    over our questions); the variable BROWSER says that there is one in any case.
    """
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    return sys.platform == "darwin" or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_page(address: str) -> None:
    """Open an address, without waiting: a browser may take its time, or stay until it is closed."""
    threading.Thread(target=webbrowser.open, args=(address,), name="tweetdesk browser", daemon=True).start()
