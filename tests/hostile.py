"""Strings that attack whoever shows them, from collections that others made; empty where those are not there."""

from __future__ import annotations

import json
from pathlib import Path

import regex

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
FORBIDDEN = regex.compile(
    r"[[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C\uFEFF\u2060]--\n]", regex.V1
)


def hostile() -> list[str]:
    """Every string of the collections of hostile strings; empty where the folder is not there."""
    found: list[str] = []
    for path in sorted((REAL / "injection").glob("*.jsonl")):
        found += [json.loads(line)["text"] for line in path.read_text().splitlines() if line]
    naughty = REAL / "naughty_strings" / "blns.json"
    if naughty.exists():
        found += json.loads(naughty.read_text())
    return found


HOSTILE = hostile()
