"""The commands without a screen: what they print, and that they never load what draws the desk."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from plain_bluesky import call
from program import Profile, Sandbox

from tweetdesk import __version__

pytestmark = pytest.mark.journey


def test_version(profile: Profile) -> None:
    done = profile.run("--version")
    assert (done.returncode, done.stdout) == (0, f"tweetdesk {__version__}\n")


def test_where_names_folders_below_the_home(profile: Profile) -> None:
    done = profile.run("where")
    assert done.returncode == 0
    folders = [Path(line.split("  ")[-1].strip()) for line in done.stdout.splitlines()]
    assert len(folders) >= 3
    assert all(folder.is_relative_to(profile.home) for folder in folders)


def test_without_an_account_it_explains_how_to_begin(profile: Profile) -> None:
    done = profile.run()
    assert done.returncode != 0
    assert "tweetdesk login bluesky" in done.stdout
    assert "tweetdesk demo" in done.stdout
    assert profile.run("sync", "--once").returncode != 0
    assert "No account" in profile.run("accounts").stdout


def test_the_desk_without_a_terminal_says_so(profile: Profile) -> None:
    done = profile.run("demo")
    assert done.returncode != 0
    assert "needs a terminal" in done.stderr


def test_doctor_tells_each_part(profile: Profile) -> None:
    done = profile.run("doctor")
    for part in ("terminal", "files", "database", "keyring", "accounts"):
        assert part in done.stdout
    assert "Traceback" not in done.stderr


def test_login_sync_accounts_and_logout(profile: Profile, sandbox: Sandbox) -> None:
    done = profile.log_in(sandbox.url, sandbox.handle, sandbox.password)
    assert done.returncode == 0, done.stderr
    assert sandbox.handle in done.stdout
    assert sandbox.password not in done.stdout + done.stderr
    (path,) = profile.sessions()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700

    listed = profile.run("accounts")
    assert sandbox.handle in listed.stdout
    assert str(path) in listed.stdout

    done = profile.run("sync", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"@{sandbox.handle}")
    assert "up to date" in line

    assert f"@{sandbox.handle}" in profile.run("doctor").stdout

    done = profile.run("logout")
    assert done.returncode == 0, done.stderr
    assert not profile.sessions()


def test_without_a_keyring_login_says_what_can_be_done(profile: Profile, sandbox: Sandbox) -> None:
    env = {
        "TWEETDESK_BLUESKY_PASSWORD": sandbox.password,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "DBUS_SESSION_BUS_ADDRESS": "",
    }
    arguments = ("login", "bluesky", "--server", sandbox.url, "--handle", sandbox.handle)
    done = profile.run(*arguments, env=env)
    assert done.returncode != 0
    for words in ("keyring", "fail.Keyring", "--store file", "--store environment"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "No account" in profile.run("accounts").stdout

    done = profile.run(*arguments, "--store", "environment", env=env)
    assert done.returncode == 0, done.stderr
    assert not profile.sessions()
    assert profile.run("sync", "--once", env=env).returncode == 0
    without = profile.run("sync", "--once")
    assert without.returncode != 0
    assert "TWEETDESK_BLUESKY_PASSWORD" in without.stdout + without.stderr


@pytest.mark.keyring
def test_a_session_in_a_real_keyring(profile: Profile, sandbox: Sandbox) -> None:
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        pytest.skip("no session bus: docs/testing.md says how to run this under dbus")
    done = profile.run(
        "login", "bluesky", "--server", sandbox.url, "--handle", sandbox.handle,
        env={"TWEETDESK_BLUESKY_PASSWORD": sandbox.password},
    )  # fmt: skip
    if done.returncode != 0 and "no keyring" in done.stderr:
        pytest.skip("there is no Secret Service on the session bus")
    assert done.returncode == 0, done.stderr
    assert not profile.sessions()
    assert "keyring" in profile.run("accounts").stdout
    assert profile.run("sync", "--once").returncode == 0
    assert re.search("^ok +keyring", profile.run("doctor").stdout, re.M)
    assert profile.run("logout").returncode == 0
    assert "No account" in profile.run("accounts").stdout


def test_a_wrong_password_is_one_sentence(profile: Profile, sandbox: Sandbox) -> None:
    done = profile.log_in(sandbox.url, sandbox.handle, "wrong")
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert not profile.sessions()


def test_the_password_is_not_shown_while_it_is_typed(profile: Profile, sandbox: Sandbox) -> None:
    with profile.open("login", "bluesky", "--server", sandbox.url, "--store", "file") as terminal:
        terminal.wait("Handle")
        terminal.type(sandbox.handle)
        terminal.keys("enter")
        terminal.wait("password")
        terminal.settle()
        terminal.type(sandbox.password)
        terminal.keys("enter")
        assert terminal.exit_status() == 0, terminal.text()
        assert "is logged in" in terminal.text()
        assert sandbox.password not in terminal.text()


def test_sync_tells_of_a_server_that_is_in_trouble(profile: Profile, sandbox: Sandbox) -> None:
    assert profile.log_in(sandbox.url, sandbox.handle, sandbox.password).returncode == 0
    sandbox.ask("faults", method="app.bsky.notification.listNotifications", times=50, kind="broken_json")
    done = profile.run("sync", "--once", seconds=130)
    assert done.returncode != 0
    assert sandbox.handle in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "command", [["--version"], ["--help"], ["where"], ["accounts"], ["sync", "--once"], ["doctor"]]
)
def test_commands_without_a_screen_never_load_textual(profile: Profile, command: list[str]) -> None:
    code = (
        "import sys\nfrom tweetdesk.cli import main\n"
        f"try:\n    main({command!r})\nexcept SystemExit:\n    pass\n"
        "print('LOADED', sorted(n for n in sys.modules if n.split('.')[0] in ('textual', 'rich')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=profile.environment(), capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_the_sandbox_can_be_asked_by_any_client(sandbox: Sandbox) -> None:
    session = call(
        sandbox.url, "POST", "com.atproto.server.createSession",
        {"identifier": sandbox.handle, "password": sandbox.password},
    )  # fmt: skip
    assert session["handle"] == sandbox.handle
