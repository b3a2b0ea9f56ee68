"""Holds every request to X against its OpenAPI document: path, method, query parameters, body."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parents[1] / "../shared/data/x_openapi"
#: The document of each vocabulary.
FILES = {"tweet": "openapi-2.166-tweet-names.json", "post": "openapi-2.167.json"}


@cache
def document(words: str) -> dict[str, Any]:
    """The OpenAPI document of a vocabulary; the test is skipped where it is not there."""
    path = FOLDER / FILES[words]
    if not path.exists():
        pytest.skip(f"{path.name} of ../shared/data/x_openapi is not there")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def wrong_request(words: str, request: httpx.Request) -> list[str]:
    """What is wrong with a request by the document of a vocabulary."""
    path, verb = unquote(request.url.raw_path.decode().split("?")[0]), request.method
    if path == "/2/oauth2/token":  # in no document
        return []
    found = _operation(words, verb, path)
    if found is None:
        return [f"{verb} {path} is in no document"]
    operation, arguments = found
    wrong = _wrong_parameters(words, operation, arguments, request.url.params.multi_items())
    return [f"{verb} {path}: {one}" for one in (*wrong, *_wrong_body(words, operation, request.content))]


def _operation(words: str, verb: str, path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    """The operation for a path, the one with the fewest arguments first, and its arguments."""
    paths = document(words)["paths"]
    for template in sorted(paths, key=lambda one: one.count("{")):
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        match = re.fullmatch(pattern, path)
        if match and verb.lower() in paths[template]:
            return paths[template][verb.lower()], match.groupdict()
    return None


def _wrong_parameters(
    words: str, operation: dict[str, Any], arguments: dict[str, str], asked: list[tuple[str, str]]
) -> list[str]:
    known = {one["name"]: one for one in (_resolved(words, one) for one in operation.get("parameters", ()))}
    wrong = [f"{name} is sent twice" for name in {n for n, _ in asked} if sum(n == name for n, _ in asked) > 1]
    given = {**arguments, **dict(asked)}
    for name, value in given.items():
        if name not in known:
            wrong.append(f"there is no parameter {name}")
            continue
        schema = known[name]["schema"]
        wrong += [f"{name}: {one}" for one in _wrong(words, schema, _typed(words, schema, value))]
    required = {name for name, one in known.items() if one.get("required")}
    return wrong + [f"{name} is missing" for name in required - given.keys()]


def _typed(words: str, schema: dict[str, Any], value: str) -> Any:
    """The value of a parameter as its schema has it; lists are joined by commas (explode: false)."""
    if "$ref" in schema:
        schema = _component(words, schema["$ref"])
    if schema.get("type") == "array":
        return value.split(",")
    return int(value) if schema.get("type") == "integer" and value.isdigit() else value


def _wrong_body(words: str, operation: dict[str, Any], content: bytes) -> list[str]:
    wanted = operation.get("requestBody")
    if wanted is None:
        return ["a body is sent where there is none"] if content else []
    if not content:
        return ["the body is missing"] if wanted.get("required") else []
    schema = wanted["content"]["application/json"]["schema"]
    return _wrong(words, schema, json.loads(content))


def _wrong(words: str, schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": document(words)["components"]}
    return [error.message[:200] for error in Draft202012Validator(whole).iter_errors(value)]


def _resolved(words: str, one: dict[str, Any]) -> dict[str, Any]:
    return _component(words, one["$ref"]) if "$ref" in one else one


def _component(words: str, ref: str) -> dict[str, Any]:
    found: Any = document(words)
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return found  # type: ignore[no-any-return]


class Checked(httpx.AsyncBaseTransport):
    """A transport that lets only right requests through."""

    def __init__(self, inner: httpx.AsyncBaseTransport, words: str = "tweet") -> None:
        self.inner, self.words = inner, words
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request on, or fail the test."""
        await request.aread()
        self.asked.append(request)
        wrong = wrong_request(self.words, request)
        assert not wrong, wrong
        return await self.inner.handle_async_request(request)
