"""Checks JSON values against AT Protocol lexicons: as much of the language as answers use."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
FOLDERS = (SHARED / "bluesky_lexicons", SHARED / "bluesky_chat_lexicons")

_FORMATS = {
    "did": r"did:[a-z]+:[A-Za-z0-9._:%-]+",
    "handle": r"([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]*[a-zA-Z0-9])?",
    "at-uri": r"at://did:[a-z]+:[A-Za-z0-9._:%-]+/[a-zA-Z.]+/[A-Za-z0-9._:~-]+",
    "cid": r"bafyrei[a-z2-7]{52}",
    "uri": r"[a-z]+:\S+",
    "tid": r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}",
}


@cache
def lexicon(nsid: str) -> dict[str, Any]:
    """The definitions of a lexicon. Raises FileNotFoundError where it is not there."""
    for folder in FOLDERS:
        path = folder / f"{nsid}.json"
        if path.exists():
            defs: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["defs"]
            return defs
    raise FileNotFoundError(f"{nsid}.json in {FOLDERS[0]}")


def wrong_output(nsid: str, value: Any) -> list[str]:
    """What is wrong with the answer of a method."""
    main = lexicon(nsid)["main"]
    output = main.get("output")
    if output is None:
        return [] if value in ("", None) else [f"{nsid}: an answer where there is none"]
    return list(_wrong(value, output["schema"], nsid, "$"))


def _find(ref: str, home: str) -> tuple[dict[str, Any], str]:
    nsid, _, name = ref.partition("#")
    nsid = nsid or home
    return lexicon(nsid)[name or "main"], nsid


def _wrong(value: Any, schema: dict[str, Any], home: str, place: str) -> list[str]:
    kind = schema["type"]
    if kind == "ref":
        inner, nsid = _find(schema["ref"], home)
        return _wrong(value, inner, nsid, place)
    if kind == "union":
        return _wrong_union(value, schema, home, place)
    if kind == "record":
        return _wrong(value, schema["record"], home, place)
    if kind == "object":
        return _wrong_object(value, schema, home, place)
    if kind == "array":
        if not isinstance(value, list):
            return [f"{place}: no array"]
        if len(value) > schema.get("maxLength", len(value)):
            return [f"{place}: too long"]
        return [w for i, item in enumerate(value) for w in _wrong(item, schema["items"], home, f"{place}[{i}]")]
    if kind == "string":
        return _wrong_string(value, schema, place)
    types = {"integer": int, "boolean": bool, "unknown": dict}
    fits = isinstance(value, types.get(kind, object)) and not (kind == "integer" and isinstance(value, bool))
    return [] if fits else [f"{place}: no {kind}"]


def _wrong_union(value: Any, schema: dict[str, Any], home: str, place: str) -> list[str]:
    name = value.get("$type") if isinstance(value, dict) else None
    if name is None:
        return [f"{place}: a union without $type"]
    known = {ref if not ref.startswith("#") else home + ref for ref in schema["refs"]}
    if name not in known and name + "#main" not in known:
        return [f"{place}: {name} is not among {sorted(known)}"]
    inner, nsid = _find(name, home)
    return _wrong(value, inner, nsid, place)


def _wrong_object(value: Any, schema: dict[str, Any], home: str, place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place}: no object"]
    properties = schema.get("properties", {})
    found = [f"{place}: {key} is missing" for key in schema.get("required", ()) if key not in value]
    for key, item in value.items():
        if key in properties:
            found += _wrong(item, properties[key], home, f"{place}.{key}")
        elif key != "$type":
            found.append(f"{place}: {key} is not known")
    return found


def _wrong_string(value: Any, schema: dict[str, Any], place: str) -> list[str]:
    if not isinstance(value, str):
        return [f"{place}: no string"]
    if len(value.encode()) > schema.get("maxLength", 10**9):
        return [f"{place}: too long"]
    form = schema.get("format")
    if form == "datetime":
        try:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return [f"{place}: no datetime ({value})"]
    pattern = _FORMATS.get(form or "")
    if pattern and not re.fullmatch(pattern, value):
        return [f"{place}: no {form} ({value})"]
    return []
