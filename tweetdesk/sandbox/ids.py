"""Identifiers of the AT Protocol as the sandbox makes them: DIDs, TIDs, CIDs and times."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

_TID_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_PAIRS = [high + low for high in _TID_LETTERS for low in _TID_LETTERS]
_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")


def did_for(seed: int, handle: str) -> str:
    """The did:plc of a person: stable for a seed and a handle."""
    digest = hashlib.sha256(f"{seed}:{handle}".encode()).digest()
    return "did:plc:" + base64.b32encode(digest).decode().lower()[:24]


def tid(microseconds: int, clock_id: int = 0) -> str:
    """A TID (13 letters, sorts by time): 53 bits of microseconds since 1970, 10 bits of clock id."""
    pairs = _PAIRS
    low = pairs[microseconds & 1023] + pairs[clock_id & 1023]
    middle = pairs[microseconds >> 30 & 1023] + pairs[microseconds >> 20 & 1023] + pairs[microseconds >> 10 & 1023]
    return _TID_LETTERS[microseconds >> 50 & 31] + pairs[microseconds >> 40 & 1023] + middle + low


def is_tid(text: str) -> bool:
    """Whether the text has the form of a TID."""
    return _TID.fullmatch(text) is not None


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime, without float rounding."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def iso(moment: datetime) -> str:
    """The form in which the network writes times: UTC, milliseconds, Z."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def parse_time(text: str) -> datetime:
    """An ISO time or date as aware UTC. Raises ValueError where it is none."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def cid_of(value: Any) -> str:
    """The CIDv1 (dag-cbor, sha2-256, base32) of a JSON value, as a repository computes it."""
    digest = hashlib.sha256(dag_cbor(value)).digest()
    return "b" + base64.b32encode(b"\x01\x71\x12\x20" + digest).decode().lower().rstrip("=")


def canonical(value: Any) -> str:
    """One JSON text for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([major << 5 | extra]) + number.to_bytes(size, "big")
    raise ValueError("number too large for CBOR")


def dag_cbor(value: Any) -> bytes:
    """DAG-CBOR of a JSON value: keys by length, then by bytes; {"$link": cid} becomes tag 42."""
    if isinstance(value, str):
        raw = value.encode("utf-8", "surrogatepass")
        return _head(3, len(raw)) + raw
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join(dag_cbor(item) for item in value)
    if isinstance(value, dict):
        if set(value) == {"$link"} and isinstance(value["$link"], str):
            return _link(value["$link"])
        pairs = sorted((len(key.encode()), key.encode(), item) for key, item in value.items())
        body = b"".join(_head(3, size) + key + dag_cbor(item) for size, key, item in pairs)
        return _head(5, len(pairs)) + body
    raise ValueError(f"not part of the data model: {type(value).__name__}")


def _link(cid: str) -> bytes:
    padded = cid[1:].upper() + "=" * (-len(cid[1:]) % 8)
    raw = b"\x00" + base64.b32decode(padded)
    return b"\xd8\x2a" + _head(2, len(raw)) + raw
