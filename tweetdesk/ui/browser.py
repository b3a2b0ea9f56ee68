"""The browser: whether there is one to open pages in; none without a display (over ssh, on a bare console).

Imports nothing of Textual: the command line asks here too.
"""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import Mapping

#: A browser that has not answered after so many seconds is taken not to be there.
LONGEST_WAIT = 10.0
#: The displays that ssh brings along have this number or a higher one (sshd_config(5), X11DisplayOffset).
_FORWARDED = 10


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser that opens here would be seen by who presses the keys; BROWSER says so in any case.

    Over ssh only a display that ssh brings along is in front of them, not the far machine's own.
    """
    if environment.get("BROWSER") or platform in ("darwin", "win32"):
        return True
    display = environment.get("DISPLAY", "")
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        number = display.rpartition(":")[2].partition(".")[0]
        return number.isdecimal() and int(number) >= _FORWARDED
    return bool(display or environment.get("WAYLAND_DISPLAY"))


async def open_in_browser(address: str) -> bool:
    """Open an address outside; False where there is no browser. Only http and https are opened."""
    if not address.startswith(("https://", "http://")) or not has_display(os.environ, sys.platform):
        return False
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            return await asyncio.to_thread(_open, address)
    except (webbrowser.Error, OSError, TimeoutError):
        return False


def _open(address: str) -> bool:
    """Not with a browser that would take over this terminal, unless the user named it in BROWSER."""
    found = webbrowser.get()
    if type(found) is webbrowser.GenericBrowser and not os.environ.get("BROWSER"):
        return False
    return found.open(address)
