"""Checks answers against X's OpenAPI documents: schemas closed, so that a field nobody documented is found."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from .lexicon import SHARED

FOLDER = SHARED / "x_openapi"
FILES = {"tweet": "openapi-2.166-tweet-names.json", "post": "openapi-2.167.json"}
"""The document of each vocabulary."""
SOURCE = "#/components/schemas/"
UNDOCUMENTED = {
    "tweet": {
        "DmEvent": ("entities",),
        "UsersRetweetsCreateResponse": ("*",),
        "TweetCreateResponse": ("*",),
    },
    "post": {"RepostPostResponseData": ("id",), "InvalidRequestProblem": ("errors",)},
}
"""What is answered although the document leaves it out: a field that its own list of fields names, both ids of a
repost (each document has another one), the edit history of a new post, what in detail is wrong with a request."""


@cache
def document(words: str) -> dict[str, Any]:
    """The OpenAPI document of a vocabulary, as it lies there."""
    found: dict[str, Any] = json.loads((FOLDER / FILES[words]).read_text(encoding="utf-8"))
    return found


@cache
def _closed(words: str) -> dict[str, Any]:
    """The components with nullable in the words of JSON schema, and no properties but those written down."""
    components = json.loads(json.dumps(document(words)["components"]))
    joined = set(re.findall(r'"allOf": \[(.*?)\]', json.dumps(components)))
    open_ones = {name for text in joined for name in re.findall(r'schemas/(\w+)"', text)}
    for name, schema in components["schemas"].items():
        _close(schema, shut=name not in open_ones, extra=UNDOCUMENTED[words].get(name, ()))
    return {"schemas": components["schemas"]}


def _close(schema: Any, *, shut: bool, extra: tuple[str, ...] = ()) -> None:
    if isinstance(schema, list):
        for item in schema:
            _close(item, shut=shut)
    if not isinstance(schema, dict):
        return
    schema.pop("discriminator", None)
    if schema.pop("nullable", False) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    if "allOf" in schema:
        _close(schema["allOf"], shut=False)
        schema["unevaluatedProperties"] = not shut
    elif shut and "properties" in schema and "additionalProperties" not in schema and extra != ("*",):
        schema["properties"] |= {key: {} for key in extra}
        schema["additionalProperties"] = False
        if "required" in schema:  # 2.166 requires properties of media that it does not have
            schema["required"] = [name for name in schema["required"] if name in schema["properties"]]
    for name, inner in schema.items():
        if name == "properties":
            for one in inner.values():
                _close(one, shut=extra != ("*",))
        elif name in ("items", "oneOf", "anyOf"):
            _close(inner, shut=True)


def template(path: str) -> str:
    """A path with its arguments without names."""
    return re.sub(r"\{\w+\}|:\w+", "{}", path)


@cache
def operation(words: str, verb: str, path: str) -> dict[str, Any] | None:
    """What a document says of an endpoint; None where it has none."""
    for name, verbs in document(words)["paths"].items():
        if template(name) == template(path) and verb.lower() in verbs:
            found: dict[str, Any] = verbs[verb.lower()]
            return found
    return None


def wrong_answer(words: str, verb: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer of an endpoint (its path as a template)."""
    said = operation(words, verb, path)
    if said is None:
        return [f"{verb} {path} is in no document"]
    if str(status) not in said["responses"]:
        return [f"{verb} {path} does not answer {status}"]
    schema = said["responses"][str(status)]["content"]["application/json"]["schema"]
    found = _wrong(words, schema, body)
    for problem in body.get("errors", ()):
        found += wrong_problem(words, problem)
    return found


def wrong_problem(words: str, body: dict[str, Any]) -> list[str]:
    """What is wrong with a problem, by the schema that its type names."""
    mapping = document(words)["components"]["schemas"]["Problem"]["discriminator"]["mapping"]
    if body["type"] not in mapping:
        return [f"no problem has the type {body['type']}"]
    return _wrong(words, {"$ref": mapping[body["type"]]}, body)


def _wrong(words: str, schema: dict[str, Any], body: Any) -> list[str]:
    whole = {**schema, "components": _closed(words)}
    return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(whole).iter_errors(body)]
