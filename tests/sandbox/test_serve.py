"""The sandbox in a process of its own: the ready line, a broken connection, kill -9 with a journal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("uvicorn")


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A served sandbox and what it says when it is ready."""
    command = [sys.executable, "-m", "tweetdesk.sandbox", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def log_in(ready: dict[str, Any]) -> dict[str, str]:
    account = ready["account"]
    body = {"identifier": account["handle"], "password": account["password"]}
    answer = httpx.post(f"{ready['url']}/xrpc/com.atproto.server.createSession", json=body)
    assert answer.json()["didDoc"]["service"][0]["serviceEndpoint"] == ready["url"]
    return {"authorization": f"Bearer {answer.json()['accessJwt']}"}


def test_posts_survive_kill_9(tmp_path: Path) -> None:
    journal = str(tmp_path / "world.jsonl")
    uris = []
    with serving("--journal", journal, "--seed", "8") as (process, ready):
        headers = log_in(ready)
        for number in range(5):
            record = {"text": f"post {number}", "createdAt": "2026-11-02T09:30:00.000Z"}
            body = {"repo": ready["account"]["did"], "collection": "app.bsky.feed.post", "record": record}
            url = f"{ready['url']}/xrpc/com.atproto.repo.createRecord"
            uris.append(httpx.post(url, json=body, headers=headers).json()["uri"])
        process.send_signal(signal.SIGKILL)
        process.wait()
    with serving("--journal", journal) as (_, ready):
        assert ready["seed"] == 8
        url = f"{ready['url']}/xrpc/app.bsky.feed.getPosts"
        posts = httpx.get(url, params={"uris": uris}, headers=headers).json()["posts"]
        assert [post["record"]["text"] for post in posts] == [f"post {number}" for number in range(5)]


def test_three_networks_behind_one_address_each_with_its_journal(tmp_path: Path) -> None:
    posted = {"status": "kept over a kill"}
    with serving("--journal", str(tmp_path / "worlds"), "--live-seconds", "0") as (process, ready):
        networks = ready["networks"]
        headers = {name: {"authorization": f"Bearer {networks[name]['token']}"} for name in ("mastodon", "x")}
        me = httpx.get(f"{ready['url']}/api/v1/accounts/verify_credentials", headers=headers["mastodon"]).json()
        assert me["id"] == networks["mastodon"]["id"]
        assert f"{me['acct']}@social.example.com" == networks["mastodon"]["handle"]
        other = httpx.get(f"{ready['url']}/2/users/me", headers=headers["x"]).json()["data"]
        assert (other["id"], other["username"]) == (networks["x"]["id"], networks["x"]["handle"])
        made = httpx.post(f"{ready['url']}/api/v1/statuses", json=posted, headers=headers["mastodon"]).json()
        worlds = [httpx.get(f"{ready['url']}/_sandbox/{name}/world").json() for name in networks]
        assert len({world["posts"] for world in worlds}) > 1
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert {path.name for path in (tmp_path / "worlds").iterdir()} == {f"{name}.jsonl" for name in networks}
    with serving("--journal", str(tmp_path / "worlds")) as (_, ready):
        url = f"{ready['url']}/api/v1/statuses/{made['id']}"
        assert httpx.get(url, headers=headers["mastodon"]).json()["content"] == "<p>kept over a kill</p>"


def test_the_command_line_serves_it_too() -> None:
    command = [sys.executable, "-m", "tweetdesk", "sandbox", "serve", "--port", "0", "--seed", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert ready["seed"] == 3
            assert httpx.get(f"{ready['url']}/nodeinfo/2.0").json()["software"]["name"] == "mastodon"
        finally:
            process.kill()


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with serving("--live-seconds", "0") as (_, ready):
        port = ready["url"].rpartition(":")[2]
        command = [sys.executable, "-m", "tweetdesk.sandbox", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith("The sandbox cannot start: ")
        assert "in use" in done.stderr


def test_a_dropped_answer_is_a_broken_connection() -> None:
    with serving("--live-seconds", "0") as (_, ready):
        fault = {"method": "com.atproto.server.describeServer", "kind": "drop_before"}
        httpx.post(f"{ready['url']}/_sandbox/faults", json=fault).raise_for_status()
        url = f"{ready['url']}/xrpc/com.atproto.server.describeServer"
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url)
        assert httpx.get(url).status_code == 200


def test_a_damaged_journal_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "world.jsonl"
    path.write_text("nonsense\n{}\n", encoding="utf-8")
    command = [sys.executable, "-m", "tweetdesk.sandbox", "--journal", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The sandbox cannot start: ")
    assert "line 1 is damaged" in done.stderr


def test_without_uvicorn_there_is_a_clear_sentence() -> None:
    code = (
        "import sys, importlib.util as u; find = u.find_spec;"
        "u.find_spec = lambda name, *rest: None if name == 'uvicorn' else find(name, *rest);"
        "from tweetdesk.sandbox.__main__ import main; sys.exit(main(['--port', '0']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "needs uvicorn" in done.stderr
    assert "pip install" in done.stderr


def test_a_world_is_quick_and_imports_little() -> None:
    code = (
        "import sys, time; start = time.process_time();"
        "from tweetdesk.sandbox.bluesky import face; from tweetdesk.sandbox.world import World;"
        "face(World(1)); print(time.process_time() - start);"
        "print(','.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in "123"
    ]
    outputs = [run.stdout.splitlines() for run in runs]
    assert min(float(seconds) for seconds, _ in outputs) < 0.4
    loaded = set(outputs[0][1].split(","))
    assert not loaded & {"httpx", "msgspec", "starlette", "textual", "rich", "uvicorn", "regex", "aiosqlite"}
