"""Logging in to Mastodon and X in a terminal: codes pasted and brought back, wrong codes, Ctrl+C."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from consent import press, visit
from program import PROGRAM, Profile, Sandbox
from terminal import Terminal

from tweetdesk.cli.accounts import login_command
from tweetdesk.domain.accounts import Account
from tweetdesk.store.accounts import AccountsFile

pytestmark = pytest.mark.journey
BROWSER = f"{sys.executable} {Path(__file__).parents[1] / 'consent.py'} %s"
ALLOW = r"http://\S+"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox on loopback for all logins."""
    served = Sandbox()
    yield served
    served.close()


@contextmanager
def _open(profile: Profile, *arguments: str, env: dict[str, str] | None = None) -> Iterator[Terminal]:
    """`tweetdesk login ...` in a terminal so wide that no address is broken."""
    terminal = profile.open("login", *arguments, columns=3000, rows=60, env=env)
    try:
        yield terminal
    finally:
        terminal.close()


def _address(terminal: Terminal, path: str = "/oauth/authorize") -> str:
    """The address that is shown for the browser."""
    found = re.search(rf"http://\S+{path}\S+", terminal.wait(re.escape(path)))
    assert found is not None
    return found[0]


def _secrets(profile: Profile) -> list[dict[str, Any]]:
    """What is kept in files, each for its owner only."""
    paths = sorted(profile.home.rglob("*%3A*.json"))
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in paths)
    return [json.loads(path.read_text()) for path in paths]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# --- Mastodon ----------------------------------------------------------------------------------------------------


def _mastodon(sandbox: Sandbox, *more: str) -> tuple[str, ...]:
    return ("mastodon", "--server", sandbox.url, "--store", "file", *more)


def test_a_code_is_pasted_a_wrong_one_first(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_mastodon(sandbox)) as terminal:
        code = press(_address(terminal))
        terminal.wait("paste it here")
        terminal.type("not-the-code")
        terminal.keys("enter")
        terminal.wait(r"does not take this code.*\(2 more tries; Ctrl\+C ends\)")
        assert _secrets(profile) == []
        terminal.keys("enter")
        terminal.wait(r"Nothing was pasted\. \(1 more try")
        terminal.type(code)
        terminal.keys("enter")
        shown = terminal.wait("is logged in; its session is kept in file")
        assert terminal.exit_status() == 0
    (secret,) = _secrets(profile)
    assert set(secret) == {"access_token", "client_id", "client_secret", "scope"}
    assert secret["access_token"] not in shown
    assert secret["client_secret"] not in shown
    handle = sandbox.networks["mastodon"]["handle"]
    assert f"@{handle} is logged in" in shown
    listed = profile.run("accounts").stdout
    assert f"@{handle}  mastodon  {sandbox.url}  session in file" in listed
    assert secret["access_token"] not in listed
    told = profile.run("doctor").stdout
    assert f"ok   account    @{handle} on mastodon at {sandbox.url} works; session in file" in told


def test_logging_in_again_keeps_all_but_the_secret_and_logging_out_takes_it_back(
    profile: Profile, sandbox: Sandbox
) -> None:
    for words in ("is logged in;", "is logged in again;"):
        with _open(
            profile, *_mastodon(sandbox)[:-2], *(("--store", "file") if "again" not in words else ())
        ) as one:
            code = press(_address(one))
            one.type(code)
            one.keys("enter")
            one.wait(words)
            assert one.exit_status() == 0
        (secret,) = _secrets(profile)
    accounts = next(profile.home.rglob("accounts.toml")).read_text()
    assert accounts.count("[[account]]") == 1
    assert 'secrets = "file"' in accounts
    assert secret["access_token"] not in accounts
    assert _verify(sandbox, secret["access_token"]) == 200
    done = profile.run("logout")
    assert done.returncode == 0, done.stderr
    assert "could not be taken back" not in done.stdout
    assert _secrets(profile) == []
    assert _verify(sandbox, secret["access_token"]) == 401
    assert "No account yet" in profile.run("accounts").stdout


def _verify(sandbox: Sandbox, token: str) -> int:
    return visit(f"{sandbox.url}/api/v1/accounts/verify_credentials?access_token={token}")[0]


def test_logging_out_works_without_the_server(profile: Profile) -> None:
    served = Sandbox()
    try:
        with _open(profile, *_mastodon(served)) as terminal:
            terminal.type(press(_address(terminal)))
            terminal.keys("enter")
            assert terminal.exit_status() == 0
    finally:
        served.close()
    done = profile.run("logout")
    assert done.returncode == 0, done.stderr
    assert "could not be taken back" in done.stdout
    assert _secrets(profile) == []


def test_the_browser_opens_and_brings_the_code_back(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_mastodon(sandbox, "--loopback"), env={"BROWSER": BROWSER}) as terminal:
        assert "127.0.0.1" in _address(terminal).partition("redirect_uri=")[2]
        terminal.wait("is logged in; its session is kept in file")
        assert terminal.exit_status() == 0
    assert len(_secrets(profile)) == 1


def test_an_answer_with_another_state_is_refused_and_the_right_one_taken(
    profile: Profile, sandbox: Sandbox
) -> None:
    with _open(profile, *_mastodon(sandbox, "--loopback"), env={"BROWSER": ""}) as terminal:
        back = press(_address(terminal))
        status, page = visit(re.sub(r"state=[^&]+", "state=evil", back))
        assert (status, "does not belong to the login" in page) == (400, True)
        terminal.wait("does not belong to this login")
        terminal.type(re.sub(r"state=[^&]+", "state=evil", back))
        terminal.keys("enter")
        terminal.wait(r"does not belong to this login.*\(2 more tries")
        assert _secrets(profile) == []
        assert visit(back)[0] == 200
        terminal.wait("is logged in")
        assert terminal.exit_status() == 0


def test_a_refusal_in_the_browser_saves_nothing(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_mastodon(sandbox, "--loopback")) as terminal:
        assert "refused" in visit(press(_address(terminal), deny="1"))[1]
        terminal.wait("The login was refused in the browser: nothing was saved")
        assert terminal.exit_status() == 1
    assert "No account yet" in profile.run("accounts").stdout


def test_three_wrong_codes_end_it(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_mastodon(sandbox)) as terminal:
        for tries in ("2 more tries", "1 more try", "Open the address again"):
            terminal.wait("paste it here")
            terminal.type("wrong")
            terminal.keys("enter")
            terminal.wait(tries)
        assert terminal.exit_status() == 1
    assert _secrets(profile) == []


def test_ctrl_c_ends_it_at_once(profile: Profile, sandbox: Sandbox) -> None:
    for more in ((), ("--loopback",)):
        with _open(profile, *_mastodon(sandbox, *more)) as terminal:
            terminal.wait("paste")
            terminal.keys("ctrl+c")
            assert terminal.exit_status() == 130
            assert "Traceback" not in terminal.text()
    assert _secrets(profile) == []


def test_the_wrong_account_is_refused(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_mastodon(sandbox, "--handle", "@bea@example.com")) as terminal:
        terminal.type(press(_address(terminal)))
        terminal.keys("enter")
        terminal.wait(r"logged in as @ada@\S+, not as @bea@example.com")
        assert terminal.exit_status() == 1
    assert "No account yet" in profile.run("accounts").stdout


@contextmanager
def _website() -> Iterator[str]:
    """A web server that is no Mastodon server."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Shop</title>")

        def log_message(self, *given: Any) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)


def test_a_host_that_is_no_mastodon_server(profile: Profile) -> None:
    with _website() as address, _open(profile, "mastodon", "--store", "file") as terminal:
        terminal.wait("Server")
        terminal.type(address)
        terminal.keys("enter")
        terminal.wait("answers, but not as a Mastodon server does: check the address")
        assert terminal.exit_status() == 1


def test_without_a_terminal_the_login_says_so(profile: Profile, sandbox: Sandbox) -> None:
    done = profile.run("login", *_mastodon(sandbox))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "no terminal" in done.stderr
    done = profile.run("login", "mastodon", "--store", "file")
    assert "No server was given" in done.stderr


def test_a_mastodon_token_in_the_environment(profile: Profile, sandbox: Sandbox) -> None:
    arguments = ("login", "mastodon", "--server", sandbox.url, "--store", "environment")
    done = profile.run(*arguments)
    assert done.returncode == 1
    assert "set TWEETDESK_MASTODON_TOKEN" in done.stderr
    assert "write:statuses" in done.stderr
    wrong = profile.run(*arguments, env={"TWEETDESK_MASTODON_TOKEN": "wrong-token-here"})
    assert (wrong.returncode, "does not take this access token" in wrong.stderr) == (1, True)
    assert "wrong-token-here" not in wrong.stderr
    token = {"TWEETDESK_MASTODON_TOKEN": sandbox.networks["mastodon"]["token"]}
    done = profile.run(*arguments, env=token)
    assert done.returncode == 0, done.stderr
    assert "environment variable TWEETDESK_MASTODON_TOKEN" in done.stdout
    assert _secrets(profile) == []
    assert "works" in profile.run("doctor", env=token).stdout
    assert "set TWEETDESK_MASTODON_TOKEN" in profile.run("doctor").stdout


def test_a_keyring_that_is_missing_is_told_before_the_browser(profile: Profile, sandbox: Sandbox) -> None:
    env = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "DBUS_SESSION_BUS_ADDRESS": ""}
    done = profile.run("login", "mastodon", "--server", sandbox.url, env=env)
    assert done.returncode == 1
    assert "TWEETDESK_MASTODON_TOKEN" in done.stderr
    assert "tweetdesk login mastodon --store file" in done.stderr
    assert "/oauth/authorize" not in done.stdout


@pytest.mark.keyring
def test_a_token_in_a_real_keyring_and_then_in_a_file(profile: Profile, sandbox: Sandbox) -> None:
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        pytest.skip("no session bus: docs/testing.md says how to run this under dbus")
    for more, place in (((), "the system's keyring"), (("--store", "file"), "file")):
        with _open(profile, "mastodon", "--server", sandbox.url, *more) as terminal:
            if "has no keyring" in terminal.wait("/oauth/authorize|has no keyring"):
                pytest.skip("there is no Secret Service on the session bus")
            terminal.type(press(_address(terminal)))
            terminal.keys("enter")
            terminal.wait(f"its session is kept in {place}")
            assert terminal.exit_status() == 0
        assert len(_secrets(profile)) == len(more) // 2
    (account,), _ = AccountsFile(profile.folder("layouts")).load()
    # In a process of its own: other tests define keyrings, and the library takes up all that there are.
    asked = [sys.executable, "-m", "keyring", "get", "tweetdesk", account.id]
    kept = subprocess.run(
        asked, env=profile.environment(), capture_output=True, text=True, timeout=30, check=False
    )
    assert (kept.returncode, kept.stdout) == (1, ""), "what was kept before is forgotten"
    assert profile.run("logout").returncode == 0


# --- X -----------------------------------------------------------------------------------------------------------


def _x(sandbox: Sandbox, port: int, *more: str) -> tuple[str, ...]:
    return ("x", "--server", sandbox.url, "--store", "file", "--port", str(port), *more)


def _give_client(terminal: Terminal, sandbox: Sandbox, secret: str = "") -> None:
    terminal.wait("client id[ :]")
    terminal.type(sandbox.networks["x"]["app"]["client_id"])
    terminal.keys("enter")
    terminal.wait("Client secret")
    terminal.type(secret)
    terminal.keys("enter")


def test_the_guide_for_x_and_the_browser_that_comes_back(profile: Profile, sandbox: Sandbox) -> None:
    port = _free_port()
    with _open(profile, *_x(sandbox, port), env={"BROWSER": BROWSER}) as terminal:
        guide = terminal.wait("client id:")
        for words in (f"http://127.0.0.1:{port}/callback", "Native App", "not localhost", "offline.access"):
            assert words in guide
        _give_client(terminal, sandbox)
        shown = terminal.wait("@ada is logged in; its session is kept in file")
        assert "within 30 seconds" in shown
        assert terminal.exit_status() == 0
    (secret,) = _secrets(profile)
    assert (secret["kind"], secret["client_secret"]) == ("oauth2", "")
    assert secret["access_token"] not in shown
    assert secret["refresh_token"] not in shown
    assert f"@ada  x  {sandbox.url}" in profile.run("accounts").stdout
    assert f"@ada on x at {sandbox.url} works" in profile.run("doctor").stdout

    (account,), _ = AccountsFile(next(profile.home.rglob("accounts.toml")).parent).load()
    command = login_command(account)
    assert command[:4] == [*PROGRAM, "login"]
    with _open(profile, *command[4:], env={"BROWSER": BROWSER}) as terminal:
        terminal.wait("Enter: the one of your last login")
        terminal.keys("enter")
        terminal.wait("@ada is logged in again")
        assert terminal.exit_status() == 0
    (again,) = _secrets(profile)
    assert again["access_token"] != secret["access_token"]
    done = profile.run("logout", "x:ada")
    assert (done.returncode, "could not be taken back" in done.stdout) == (0, False), done.stderr
    assert _secrets(profile) == []


def test_the_address_where_the_browser_stopped_is_pasted(profile: Profile, sandbox: Sandbox) -> None:
    secret = sandbox.networks["x"]["app"]["client_secret"]
    port = _free_port()
    with _open(profile, *_x(sandbox, port), env={"SSH_CONNECTION": "1", "DISPLAY": ":0"}) as terminal:
        _give_client(terminal, sandbox, secret)
        back = press(_address(terminal, "/i/oauth2/authorize"), approve="true")
        assert back.startswith(f"http://127.0.0.1:{port}/callback?")
        terminal.wait("Waiting for the browser")
        terminal.type(back.replace("code=", "code=x"))
        terminal.keys("enter")
        terminal.wait(r"older than 30 seconds.*\(2 more tries")
        terminal.type(back)
        terminal.keys("enter")
        shown = terminal.wait("@ada is logged in")
        assert terminal.exit_status() == 0
        assert secret not in shown
    assert _secrets(profile)[0]["client_secret"] == secret


def test_a_port_that_is_taken_leaves_pasting(profile: Profile, sandbox: Sandbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with _open(profile, *_x(sandbox, port)) as terminal:
            _give_client(terminal, sandbox)
            terminal.wait(rf"Port {port} of this machine cannot be used.*paste the address")
            terminal.type(press(_address(terminal, "/i/oauth2/authorize"), approve="true"))
            terminal.keys("enter")
            terminal.wait("@ada is logged in")
            assert terminal.exit_status() == 0


def test_x_refused_in_the_browser_and_a_wrong_client(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_x(sandbox, _free_port())) as terminal:
        _give_client(terminal, sandbox)
        visit(press(_address(terminal, "/i/oauth2/authorize"), approve="false"))
        terminal.wait("refused in the browser: nothing was saved")
        assert terminal.exit_status() == 1
    with _open(profile, *_x(sandbox, _free_port())) as terminal:
        _give_client(terminal, sandbox, "not-the-secret")
        visit(press(_address(terminal, "/i/oauth2/authorize"), approve="true"))
        shown = terminal.wait("does not know this client id with this client secret")
        assert "not-the-secret" not in shown
        assert terminal.exit_status() == 1
    assert _secrets(profile) == []


def test_four_static_tokens_are_typed_and_never_shown(profile: Profile, sandbox: Sandbox) -> None:
    own = sandbox.networks["x"]["own"]
    questions = {
        "consumer_key": "API key", "consumer_secret": "API key secret",
        "token": "Access token", "token_secret": "Access token secret",
    }  # fmt: skip
    for wrong in (True, False):
        with _open(profile, "x", "--server", sandbox.url, "--store", "file", "--oauth1") as terminal:
            for name, question in questions.items():
                terminal.wait(rf"^{question} \(not shown\)")
                terminal.type("wrong" if wrong and name == "token_secret" else own[name])
                terminal.keys("enter")
            words = "does not take these tokens" if wrong else "@ada is logged in"
            shown = terminal.wait(words)
            assert terminal.exit_status() == int(wrong)
            assert not [name for name in questions if own[name] in shown]
        assert len(_secrets(profile)) == int(not wrong)
    assert _secrets(profile) == [{key: own[key] for key in ("kind", *questions)}]


def test_ctrl_c_at_a_hidden_question_gives_the_terminal_back(profile: Profile, sandbox: Sandbox) -> None:
    script = (
        f"{' '.join(PROGRAM)} login x --server {sandbox.url} --store file --oauth1; echo status $?; stty -a; cat"
    )
    terminal = Terminal(
        ["bash", "-ic", script], columns=200, rows=60, env=profile.env, cwd=profile.home
    )  # fmt: skip
    try:
        terminal.wait(r"^API key \(not shown\)")
        terminal.keys("ctrl+c")
        terminal.wait("status 130")
        assert re.search(r"(?<!-)\becho\b", terminal.wait("echoe"))
    finally:
        terminal.close()


def test_x_with_the_wrong_account_or_without_a_terminal(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_x(sandbox, _free_port(), "--handle", "@bea"), env={"BROWSER": BROWSER}) as terminal:
        _give_client(terminal, sandbox)
        terminal.wait("logged in as @ada, not as @bea")
        assert terminal.exit_status() == 1
    for more in ((), ("--oauth1",)):
        done = profile.run("login", *_x(sandbox, 8742, *more))
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "no terminal here for the questions" in done.stderr
    with _open(profile, *_x(sandbox, _free_port())) as terminal:
        terminal.wait("client id")
        terminal.type("two words")
        terminal.keys("enter")
        terminal.wait("No client id was given, so nothing was done")
        assert terminal.exit_status() == 1
    assert "No account yet" in profile.run("accounts").stdout


def test_x_in_the_environment(profile: Profile, sandbox: Sandbox) -> None:
    arguments = ("login", "x", "--store", "environment")
    env = {"TWEETDESK_X_URL": sandbox.url}
    done = profile.run(*arguments, env=env)
    assert done.returncode == 1
    assert "an environment variable cannot follow" in done.stderr
    own = {key: value for key, value in sandbox.networks["x"]["own"].items() if key != "kind"}
    tokens = {**env, "TWEETDESK_X_TOKENS": json.dumps(own)}
    done = profile.run(*arguments, env=tokens)
    assert done.returncode == 0, done.stderr
    assert _secrets(profile) == []
    assert "works" in profile.run("doctor", env=tokens).stdout
    broken = profile.run(*arguments, env={**env, "TWEETDESK_X_TOKENS": "{"})
    assert "does not hold a JSON object" in broken.stderr


def test_only_this_machine_can_stand_in_for_x(profile: Profile) -> None:
    done = profile.run("login", "x", "--store", "file", env={"TWEETDESK_X_URL": "https://x.example.com"})
    assert done.returncode == 1
    assert "X has one server" in done.stderr


# --- all of them ------------------------------------------------------------------------------------------------


def test_logins_and_the_doctor_start_without_the_screen(profile: Profile, sandbox: Sandbox) -> None:
    env = {"PYTHONPROFILEIMPORTTIME": "1", "TWEETDESK_MASTODON_TOKEN": sandbox.networks["mastodon"]["token"]}
    for arguments in (
        ("login", "mastodon", "--server", sandbox.url, "--store", "environment"),
        ("doctor",),
        ("accounts",),
        ("logout",),
    ):
        done = profile.run(*arguments, env=env)
        assert "tweetdesk.networks.base" in done.stderr
        assert not re.search(r"\| +(textual|rich)\b", done.stderr), arguments


def test_the_command_of_a_fresh_login_names_the_account_and_its_place() -> None:
    account = Account("mastodon", "1", "ada@example.com", "https://social.example.com", secrets="file")
    assert login_command(account)[3:] == [
        "login", "mastodon", "--server", "https://social.example.com", "--handle", "ada@example.com",
        "--store", "file",
    ]  # fmt: skip
    assert login_command(Account("x", "1", "ada", "http://localhost", secrets="sandbox")) == []


def test_the_desk_steps_aside_for_a_login_and_goes_on_with_it(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_mastodon(sandbox)) as terminal:
        terminal.type(press(_address(terminal)))
        terminal.keys("enter")
        assert terminal.exit_status() == 0
    (before,) = _secrets(profile)
    with profile.open(columns=1500, rows=40) as desk:
        desk.wait("Mentions")
        desk.keys("L")
        desk.wait("Accounts")
        desk.keys("L")
        code = press(_address(desk))
        desk.wait("paste it here")
        desk.type(code)
        desk.keys("enter")
        desk.wait("is logged in again; its session is kept in file")
        desk.wait("Enter goes back to the desk")
        desk.keys("enter")
        desk.wait("Accounts")
        desk.wait_gone("Enter goes back")
        desk.keys("escape")
        desk.wait("Mentions")
        desk.keys("q")
        assert desk.exit_status() == 0
    (after,) = _secrets(profile)
    assert before["access_token"] != after["access_token"]


def test_a_network_that_was_left_out_stops_nothing_else(profile: Profile, sandbox: Sandbox) -> None:
    folder = profile.folder("layouts")
    AccountsFile(folder).save(Account("left", "1", "ada", "https://left.example.com", secrets="file"))
    with _open(profile, *_mastodon(sandbox)) as terminal:
        terminal.type(press(_address(terminal)))
        terminal.keys("enter")
        assert terminal.exit_status() == 0
    listed = profile.run("accounts")
    assert "no such network" in listed.stdout.splitlines()[0]
    told = profile.run("doctor").stdout
    assert re.search(r"^BAD  account +@ada on left .* no such network", told, re.M)
    assert re.search(r"^ok   account +@ada@\S+ on mastodon", told, re.M)
    synced = profile.run("sync", "--once")
    assert "@ada rests: this tweetdesk has no network “left”" in synced.stderr
    assert "up to date" in synced.stdout
    which = profile.run("logout")
    assert (which.returncode, "left:ada, mastodon:ada@" in which.stderr) == (2, True)
    assert profile.run("logout", "left:ada").returncode == 0
    assert "left.example.com" not in profile.run("accounts").stdout


def test_a_mistake_in_the_accounts_is_told_before_anything_is_asked(profile: Profile, sandbox: Sandbox) -> None:
    folder = profile.folder("layouts")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "accounts.toml").write_text("[[account]]\nnetwork = 1\n")
    with _open(profile, *_mastodon(sandbox)) as terminal:
        terminal.wait("Mend that line first; nothing was done")
        assert terminal.exit_status() == 1
        assert "/oauth/authorize" not in terminal.text()


def test_a_session_that_cannot_be_kept_is_ended_and_nothing_is_saved(profile: Profile, sandbox: Sandbox) -> None:
    with _open(profile, *_mastodon(sandbox)) as terminal:
        code = press(_address(terminal))
        profile.folder("layouts").write_text("in the way")
        terminal.type(code)
        terminal.keys("enter")
        terminal.wait("the login is right, but the session cannot be kept: .*could not be saved in")
        assert terminal.exit_status() == 1
    profile.folder("layouts").unlink()
    assert "No account yet" in profile.run("accounts").stdout


def test_ctrl_c_at_the_password_of_bluesky(profile: Profile, sandbox: Sandbox) -> None:
    arguments = ("bluesky", "--server", sandbox.url, "--handle", sandbox.handle, "--store", "file")
    with _open(profile, *arguments) as terminal:
        terminal.wait("App password")
        terminal.type("half-a-pass")
        terminal.keys("ctrl+c")
        assert terminal.exit_status() == 130
        assert "half-a-pass" not in terminal.text()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "８０"])
def test_a_port_that_is_none_is_refused(profile: Profile, port: str) -> None:
    done = profile.run("login", "x", f"--port={port}")
    assert done.returncode == 2
    assert "is not a port" in done.stderr
