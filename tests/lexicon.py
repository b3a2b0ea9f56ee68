"""A small validator for AT Protocol lexicons: parameters, inputs, outputs and records against ../shared/data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import regex

DATA = Path(__file__).parents[1] / "../shared/data"
FOLDERS = (DATA / "bluesky_lexicons", DATA / "bluesky_chat_lexicons")
MISSING = "" if all(folder.is_dir() for folder in FOLDERS) else f"{FOLDERS[0].name} of ../shared/data is not there"

_FORMATS = {
    "did": r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]",
    "handle": r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?",
    "at-identifier": r"did:[a-z]+:[a-zA-Z0-9._:%-]+|[a-zA-Z0-9.-]+\.[a-zA-Z0-9-]+",
    "at-uri": r"at://[a-zA-Z0-9._:%-]+(/[a-zA-Z0-9.-]+(/[a-zA-Z0-9._:~-]+)?)?",
    "nsid": r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z0-9-]+)+\.[a-zA-Z][a-zA-Z0-9]*",
    "cid": r"[a-zA-Z0-9+]{8,}",
    "tid": r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}",
    "record-key": r"[a-zA-Z0-9._:~-]{1,512}",
    "language": r"[a-z]{2,3}(-[a-zA-Z0-9]+)*",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "uri": r"\w+:(//)?[^\s/][^\s]*",
}


class Wrong(AssertionError):
    """Something is not as its lexicon says."""


@cache
def _lexicon(nsid: str) -> dict[str, Any]:
    for folder in FOLDERS:
        path = folder / f"{nsid}.json"
        if path.exists():
            loaded: dict[str, Any] = json.loads(path.read_text())
            return loaded
    raise Wrong(f"there is no lexicon {nsid}")


def _definition(ref: str, here: str) -> tuple[dict[str, Any], str]:
    nsid, _, name = ref.partition("#")
    nsid = nsid or here
    return _lexicon(nsid)["defs"][name or "main"], nsid


def check_params(nsid: str, params: Iterable[tuple[str, str]]) -> None:
    """The query parameters of a method, as they stand in a URL. Raises Wrong."""
    rules = _definition(nsid, nsid)[0].get("parameters", {"properties": {}})
    given: dict[str, Any] = {}
    for name, text in params:
        rule = rules["properties"].get(name)
        if rule is None:
            raise Wrong(f"{nsid} has no parameter {name}")
        item = rule["items"] if rule["type"] == "array" else rule
        value: Any = (
            int(text) if item["type"] == "integer" else text == "true" if item["type"] == "boolean" else text
        )
        if rule["type"] == "array":
            given.setdefault(name, []).append(value)
        elif name in given:
            raise Wrong(f"{nsid}: {name} is given twice")
        else:
            given[name] = value
    _check({**rules, "type": "object"}, given, nsid, "params", strict=True)


def check_input(nsid: str, body: Any) -> None:
    """The body of a procedure; nothing may be in it that the lexicon does not name. Raises Wrong."""
    schema = _definition(nsid, nsid)[0].get("input", {}).get("schema")
    if schema is None:
        if body is not None:
            raise Wrong(f"{nsid} takes no body")
        return
    _check(schema, body, nsid, "body", strict=True)
    if isinstance(body, dict) and "record" in body:
        check_record(body["record"], strict=True)


def check_output(nsid: str, body: Any) -> None:
    """The body of an answer; more than the lexicon names is fine. Raises Wrong."""
    schema = _definition(nsid, nsid)[0].get("output", {}).get("schema")
    if schema is not None:
        _check(schema, body, nsid, "answer", strict=False)


def check_record(record: dict[str, Any], *, strict: bool = False) -> None:
    """A record by its `$type`. Raises Wrong."""
    definition, nsid = _definition(record["$type"], "")
    _check(definition["record"], record, nsid, "record", strict=strict)


def _check(rule: dict[str, Any], value: Any, here: str, at: str, *, strict: bool) -> None:
    kind = rule["type"]
    if kind == "ref":
        definition, nsid = _definition(rule["ref"], here)
        _check(definition, value, nsid, at, strict=strict)
    elif kind == "union":
        _check_union(rule, value, here, at, strict=strict)
    elif kind == "object":
        _check_object(rule, value, here, at, strict=strict)
    elif kind == "array":
        if not isinstance(value, list) or not rule.get("minLength", 0) <= len(value) <= rule.get(
            "maxLength", 10**6
        ):
            raise Wrong(f"{at}: not such a list: {value!r:.80}")
        for number, item in enumerate(value):
            _check(rule["items"], item, here, f"{at}[{number}]", strict=strict)
    elif kind == "string":
        _check_text(rule, value, at)
    elif kind == "integer":
        if not isinstance(value, int) or isinstance(value, bool):
            raise Wrong(f"{at}: not a whole number: {value!r:.80}")
        if not rule.get("minimum", value) <= value <= rule.get("maximum", value):
            raise Wrong(f"{at}: {value} is out of range")
    elif kind == "boolean":
        if not isinstance(value, bool):
            raise Wrong(f"{at}: neither true nor false: {value!r:.80}")
    elif kind not in ("unknown", "blob", "cid-link", "bytes", "token"):
        raise Wrong(f"{at}: a kind that is not known here: {kind}")


def _check_union(rule: dict[str, Any], value: Any, here: str, at: str, *, strict: bool) -> None:
    kind = value.get("$type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        raise Wrong(f"{at}: no $type")
    names = {f"{here}{ref}" if ref.startswith("#") else ref for ref in rule["refs"]}
    if kind in names or kind.removesuffix("#main") in names:
        definition, nsid = _definition(kind, here)
        _check(definition, value, nsid, at, strict=strict)
    elif strict or rule.get("closed"):
        raise Wrong(f"{at}: {kind} is none of {sorted(names)}")


def _check_object(rule: dict[str, Any], value: Any, here: str, at: str, *, strict: bool) -> None:
    if not isinstance(value, dict):
        raise Wrong(f"{at}: not an object: {value!r:.80}")
    properties = rule.get("properties", {})
    for name in rule.get("required", ()):
        if name not in value:
            raise Wrong(f"{at}: {name} is missing")
    for name, inside in value.items():
        if name == "$type":
            continue
        if name not in properties:
            if strict:
                raise Wrong(f"{at}: {name} is not in the lexicon")
            continue
        if inside is None and name in rule.get("nullable", ()):
            continue
        _check(properties[name], inside, here, f"{at}.{name}", strict=strict)


def _check_text(rule: dict[str, Any], value: Any, at: str) -> None:
    if not isinstance(value, str):
        raise Wrong(f"{at}: not a text: {value!r:.80}")
    size = len(value.encode())
    if not rule.get("minLength", 0) <= size <= rule.get("maxLength", 10**7):
        raise Wrong(f"{at}: {size} bytes")
    if "maxGraphemes" in rule and len(regex.findall(r"\X", value)) > rule["maxGraphemes"]:
        raise Wrong(f"{at}: too many characters")
    if "enum" in rule and value not in rule["enum"]:
        raise Wrong(f"{at}: {value!r} is none of {rule['enum']}")
    pattern = _FORMATS.get(rule.get("format", ""))
    if pattern and not regex.fullmatch(pattern, value):
        raise Wrong(f"{at}: {value!r} is not a {rule['format']}")
