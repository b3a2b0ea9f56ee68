"""What X's refusals mean, in sentences.

X answers with problem documents (RFC 7807) or with the older `errors: [{code, message}]`; the last part of a
problem's `type` names it, but several (`about:blank`) are known by their detail only.
Source: docs.x.com, response codes and errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tweetdesk.networks.base import (
    LoginNeeded,
    NetworkError,
    NotPermitted,
    NotThere,
    OutOfMoney,
    RateLimited,
    Refused,
    ServerTrouble,
)
from tweetdesk.networks.http import Answer
from tweetdesk.networks.http_limits import moment_in, wait_in
from tweetdesk.networks.server_address import shown
from tweetdesk.networks.x_wire import Problem, all_of

LOG_IN = "Log in again with: tweetdesk login x"
CONSOLE = "the developer console (console.x.com)"
#: The codes of refusals that are acted upon elsewhere.
REPLY_RULE, DUPLICATE, DONE_ALREADY = "reply-rule", "duplicate", "done-already"
#: How long to wait after 429 where X does not say (seconds).
_USUAL_WAIT = 60

_NO_CREDITS = (
    f"X wants money first: the app has no credits left. Buy some in {CONSOLE}; X is asked nothing until then."
)
_CAPPED = (
    f"The spending limit that was set for the app at X is reached: raise it in {CONSOLE}, or wait for the next "
    "billing period. X is asked nothing until then."
)
_BY_HAND = "X lets apps answer only people who mentioned or quoted you: answer by hand, on x.com."
#: Problem types that mean that nothing more can be had for money.
_MONEY = {
    "credits-depleted": _NO_CREDITS,
    "CreditsDepleted": _NO_CREDITS,
    "spend-cap-reached": _CAPPED,
    "SpendCapReached": _CAPPED,
    "usage-capped": _CAPPED,
}
#: Problem types of apps that may not do what was asked.
_APP = ("client-forbidden", "oauth1-permissions", "unsupported-authentication", "client-not-enrolled")
#: Codes of the time before the problem documents.
_OLD = {
    32: "login", 89: "login", 215: "login", 34: "gone", 50: "gone", 144: "gone", 187: "duplicate", 327: "done",
    139: "done", 349: "messages", 150: "messages", 226: "robot", 433: "reply", 385: "hidden", 136: "blocked",
    88: "wait", 324: "media",
}  # fmt: skip
_REFUSED = {
    "messages": "This person takes no direct messages from you.",
    "robot": "X took this for something automated: write it on x.com, or try again later.",
}


def problem_in(answer: Answer) -> Problem | None:
    """What an answer that is not 2xx says; None for what X's API would not say."""
    try:
        body: Any = msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    inner = body.get("errors")
    first = next((one for one in inner if isinstance(one, Mapping)), {}) if isinstance(inner, list) else {}
    merged = {**{name: value for name, value in first.items() if value}, **{k: v for k, v in body.items() if v}}
    found, broken = all_of([msgspec.Raw(msgspec.json.encode(merged))], Problem)
    if broken or not (merged.keys() & {"type", "title", "detail", "errors", "message", "error"}):
        return None
    return found[0]


def refusal(answer: Answer, now: datetime, scopes: str = "", granted: str | None = None) -> NetworkError:
    """The error for an answer that is not 2xx.

    `scopes` are those that the request needs, `granted` those that the login has (None: not known).
    """
    if answer.status >= 500:
        return ServerTrouble(f"X is in trouble (error {answer.status}); it will be asked again later.")
    said = problem_in(answer)
    if said is None and answer.status not in (401, 402, 429):
        return ServerTrouble("X sent an answer that makes no sense; it will be asked again later.")
    said = said or Problem()
    kind = said.type.rpartition("/")[2] if said.type != "about:blank" else ""
    if answer.status == 402 or kind in _MONEY or said.title in _MONEY:
        return OutOfMoney(_MONEY.get(kind) or _MONEY.get(said.title) or _NO_CREDITS)
    if answer.status == 429 or _OLD.get(said.code or 0) == "wait":
        return RateLimited("X allows no more requests of this kind for now.", _until(answer, now))
    if answer.status == 401 or _OLD.get(said.code or 0) == "login":
        return LoginNeeded(f"X does not know this login any more. {LOG_IN}")
    return _no(answer.status, said, kind, _missing(scopes, granted))


def _no(status: int, said: Problem, kind: str, missing: str) -> NetworkError:
    """The error for what was understood and refused."""
    precise = said.message if kind == "invalid-request" else ""  # there the detail says the same of every mistake
    told = shown(precise or said.detail or said.message or said.title, 200)
    low, old = told.lower(), _OLD.get(said.code or 0, "")
    if (
        "mentioned or otherwise engaged" in low
        or "reply to this conversation is not allowed" in low
        or old == "reply"
    ):
        return Refused(_BY_HAND, REPLY_RULE)
    if "duplicate content" in low or old == "duplicate":
        return Refused("You have posted this very text before: change it, and send it again.", DUPLICATE)
    if "deleted or not visible" in low or old == "hidden":
        return NotThere("What you answer was deleted, or its author does not let you see it any more.", "hidden")
    if "have been blocked" in low or old == "blocked":
        return Refused("The author has blocked you.", "blocked")
    if status == 404 or kind == "resource-not-found" or old == "gone":
        return NotThere("It does not exist on X (any more).", kind or "not-found")
    if old == "done" or "already retweeted" in low or "already reposted" in low:
        return Refused("That is done already.", DONE_ALREADY)
    if "media ids are invalid" in low or old == "media":
        return Refused(
            "X does not have the pictures (any more), or does not take them: send it again, with smaller ones if "
            "that happens twice.",
            "media",
        )
    if "restricted who can reply" in low:
        return Refused("The author has restricted who may answer this.", "replies-closed")
    if "permission to dm" in low:
        old = "messages"
    if old in _REFUSED:
        return Refused(_REFUSED[old], old)
    if status == 403 and (kind in _APP or said.reason in _APP):
        return NotPermitted(
            f"X does not let this app do that (“{told}”). In {CONSOLE}, see that the app belongs to a project and "
            "that its user authentication settings say “Read and write and Direct message”. Then log in again "
            "with: tweetdesk login x",
            kind or said.reason,
        )
    if status == 403 and missing:
        return NotPermitted(
            f"X does not let this app do that: the permission {missing} was not given. See the user "
            f"authentication settings of the app in {CONSOLE}, then log in again with: tweetdesk login x",
            missing,
        )
    if kind == "not-authorized-for-resource":
        return Refused("This is protected: only people whom its author lets in can see it.", kind)
    return Refused(f"X says no: “{told}”." if told else f"X says no (error {status}).", kind or str(status))


def _missing(scopes: str, granted: str | None) -> str:
    """The permissions that a request needs and the login lacks."""
    if granted is None:
        return ""
    return ", ".join(scope for scope in scopes.split() if scope not in granted.split())


def _until(answer: Answer, now: datetime) -> datetime:
    """When X allows more: at the reset of the limit that is used up, of the quarter of an hour or of the day."""
    until = wait_in(answer.headers, now)
    for prefix in ("x-user-limit-24hour-", "x-app-limit-24hour-"):
        if answer.headers.get(f"{prefix}remaining", "").strip() == "0":
            daily = moment_in(answer.headers.get(f"{prefix}reset", ""), now)
            until = max(filter(None, (until, daily)), default=until)
    return max(until or now + timedelta(seconds=_USUAL_WAIT), now + timedelta(seconds=1)).astimezone(UTC)
