"""Rate limits as servers tell them in the headers of their answers, and the many ways to write a moment there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tweetdesk.networks.base import Limits


def limits_in(headers: Mapping[str, str], now: datetime, before: Limits) -> Limits:
    """The rate limit that an answer tells (`ratelimit-*` or `x-ratelimit-*`), else what was told before."""
    for prefix in ("ratelimit-", "x-ratelimit-", "x-rate-limit-"):
        left, limit = _whole(headers.get(prefix + "remaining")), _whole(headers.get(prefix + "limit"))
        until = moment_in(headers.get(prefix + "reset", ""), now)
        if left is not None or limit is not None or until is not None:
            return Limits(left, limit, until)
    if "retry-after" in headers:
        return replace(before, left=0, until=moment_in(headers["retry-after"], now))
    return before


def wait_in(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when an answer asks us to wait: `retry-after`, else the reset of the rate limit."""
    return moment_in(headers.get("retry-after", ""), now) or limits_in(headers, now, Limits()).until


def moment_in(text: str, now: datetime) -> datetime | None:
    """A moment as servers write it: epoch seconds, seconds from now, ISO, or an HTTP date; else None."""
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        return _dated(text)
    try:
        if seconds > 1_000_000_000:
            return datetime.fromtimestamp(seconds, UTC)
        return now + timedelta(seconds=max(0.0, seconds))
    except (OverflowError, ValueError, OSError):
        return None


def _dated(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _whole(text: str | None) -> int | None:
    """The first whole number of a header ("100, 100;w=60" happens)."""
    digits = (text or "").strip().split(",")[0].split(";")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else None
