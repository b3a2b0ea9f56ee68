"""A browser for logins, on the standard library alone: opens the page that asks for permission, presses a button.

As a program (`python consent.py ADDRESS`, for the variable BROWSER) it agrees, and follows where it is sent.
"""

from __future__ import annotations

import html
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from typing import Any


class _Form(HTMLParser):
    """The hidden fields of a page's form."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"] or ""] = given.get("value") or ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any) -> None:
        return None


def press(address: str, **pressed: str) -> str:
    """Open an address, press a button of its form; the code that is shown, or the address that one is sent to.

    Buttons: person="ada" (sandbox, Mastodon), username="alice" (mastodon-mock), deny="1", approve="false" (X).
    """
    with urllib.request.urlopen(address, timeout=10) as page:
        form = _Form()
        form.feed(page.read().decode())
    body = urllib.parse.urlencode({**form.fields, **pressed}).encode()
    try:
        with urllib.request.build_opener(_NoRedirect).open(address.partition("?")[0], body, 10) as answer:
            shown = answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            if error.code not in (302, 303):
                raise AssertionError(error.read().decode()) from None
            return str(error.headers["location"])
    found = re.search(r"oauth-code>([^<]+)<|code: (\S+?)<", shown)
    assert found is not None, shown
    return html.unescape(found[1] or found[2])


def visit(address: str) -> tuple[int, str]:
    """What a page answers: status and text."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


if __name__ == "__main__":
    visit(press(sys.argv[1]))
