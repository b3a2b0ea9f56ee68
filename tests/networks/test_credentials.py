"""Where sessions are kept: files for their owner only, and a keyring that works, hangs, is locked or missing."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring import errors
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.credentials import (
    EnvironmentPlace,
    FilePlace,
    KeyringPlace,
    KeyringTrouble,
    MemoryPlace,
    Place,
    SecretTrouble,
    keyring_report,
    place_for,
)

ID = "bluesky:did:plc:abc"
SECRET = {"accessJwt": "a", "refreshJwt": "ü\n", "pds": "https://pds.example.com"}


class Shelf(KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise errors.PasswordDeleteError("not there")


class Waiting(Shelf):
    """A keyring that waits for ever, as one does whose window nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.release.wait()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.release.wait()


class Raising(Shelf):
    """A keyring that raises."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error


@pytest.fixture(autouse=True)
def _backend() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


async def _there_and_back(place: Place) -> None:
    await place.delete()
    assert await place.read() is None
    await place.write(SECRET)
    assert await place.read() == SECRET
    await place.write({**SECRET, "accessJwt": "b"})
    assert (await place.read() or {})["accessJwt"] == "b"
    await place.delete()
    await place.delete()
    assert await place.read() is None
    assert place.describe()


async def test_every_place_keeps_and_forgets(tmp_path: Path) -> None:
    shelf = Shelf()
    keyring.set_keyring(shelf)
    for place in (MemoryPlace(), FilePlace(ID, tmp_path / "new" / "folder"), KeyringPlace(ID)):
        await _there_and_back(place)
    await KeyringPlace(ID).write(SECRET)
    ((service, name), text) = next(iter(shelf.kept.items()))
    assert (service, name) == ("tweetdesk", ID)
    assert text.isascii()
    assert ", " not in text
    assert ": " not in text


def test_an_account_has_the_place_it_chose(tmp_path: Path) -> None:
    kinds = {"keyring": KeyringPlace, "file": FilePlace, "environment": EnvironmentPlace, "memory": MemoryPlace}
    for name, kind in kinds.items():
        account = Account("bluesky", "did:plc:abc", "a.example.com", "https://example.com", secrets=name)
        assert type(place_for(account, tmp_path, {})) is kind
    with pytest.raises(ValueError, match="drawer"):
        place_for(Account("bluesky", "x", "a", "b", secrets="drawer"), tmp_path, {})


# --- files -------------------------------------------------------------------------------------------------------


async def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    place = FilePlace(ID, folder)
    await place.write(SECRET)
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [place.path.name], "nothing half written is left"
    assert ":" not in place.path.name
    assert str(place.path) in place.describe()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
async def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    place = FilePlace(ID, tmp_path)
    await place.write(SECRET)
    place.path.chmod(mode)
    with pytest.raises(SecretTrouble, match="read by others"):
        await place.read()
    await place.write(SECRET)
    assert await place.read() == SECRET


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00"])
async def test_a_damaged_file_says_so(tmp_path: Path, text: str) -> None:
    place = FilePlace(ID, tmp_path)
    await place.write(SECRET)
    place.path.write_text(text)
    with pytest.raises(SecretTrouble, match="damaged"):
        await place.read()


async def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    place = FilePlace(ID, in_the_way / "folder")
    with pytest.raises(SecretTrouble, match="could not be saved"):
        await place.write(SECRET)


async def test_ids_cannot_leave_the_folder(tmp_path: Path) -> None:
    for name in ("../../x", "a/b", "..", "bluesky:did:web:example.com%3A80"):
        assert FilePlace(name, tmp_path).path.parent == tmp_path


# --- environment -------------------------------------------------------------------------------------------------


async def test_the_environment_gives_the_password_and_keeps_nothing() -> None:
    place = EnvironmentPlace(ID, {"TWEETDESK_BLUESKY_PASSWORD": "pw"}, "a.example.com")
    assert await place.read() == {"password": "pw"}
    await place.write(SECRET)
    assert await place.read() == {**SECRET, "password": "pw"}
    await place.delete()
    assert await place.read() == {"password": "pw"}
    assert "TWEETDESK_BLUESKY_PASSWORD (app password)" in place.describe()
    both = {"TWEETDESK_BLUESKY_PASSWORD": "pw", "TWEETDESK_BLUESKY_PASSWORD_A_B_EXAMPLE_COM": "own"}
    assert await EnvironmentPlace(ID, both, "a-b.example.com").read() == {"password": "own"}
    with pytest.raises(SecretTrouble, match="TWEETDESK_BLUESKY_PASSWORD"):
        await EnvironmentPlace(ID, {}).read()


async def test_the_environment_gives_a_token_to_mastodon_and_four_to_x() -> None:
    token = {"TWEETDESK_MASTODON_TOKEN": " abc\n"}
    assert await EnvironmentPlace("mastodon:1", token, "ada@example.com").read() == {"access_token": "abc"}
    with pytest.raises(SecretTrouble, match=r"access token of ada@example.com .* TWEETDESK_MASTODON_TOKEN"):
        await EnvironmentPlace("mastodon:1", {}, "ada@example.com").read()
    four = {"consumer_key": "a", "consumer_secret": "b", "token": "c", "token_secret": "d"}
    place = EnvironmentPlace("x:1", {"TWEETDESK_X_TOKENS_ADA": json.dumps(four)}, "ada")
    assert await place.read() == {"kind": "oauth1", **four}
    for wrong in ("abc", "[]", '"x"'):
        with pytest.raises(SecretTrouble, match="TWEETDESK_X_TOKENS does not hold a JSON object"):
            await EnvironmentPlace("x:1", {"TWEETDESK_X_TOKENS": wrong}).read()


async def test_a_session_that_changes_is_not_left_to_the_environment() -> None:
    place = EnvironmentPlace("x:1", {"TWEETDESK_X_TOKENS": "{}"}, "ada")
    with pytest.raises(SecretTrouble, match="cannot follow"):
        await place.write({"kind": "oauth2", "refresh_token": "r"})


# --- the keyring -------------------------------------------------------------------------------------------------


async def test_a_keyring_that_works_is_reported_as_working() -> None:
    shelf = Shelf()
    keyring.set_keyring(shelf)
    report = await keyring_report()
    assert (report.works, "Shelf" in report.backend, str(report)) == (True, True, report.sentence)
    assert shelf.kept == {}


async def test_a_keyring_that_hangs_is_given_up() -> None:
    waiting = Waiting()
    keyring.set_keyring(waiting)
    with pytest.raises(KeyringTrouble, match=r"Waiting\) does not answer within 0.05 seconds"):
        await KeyringPlace(ID, seconds=0.05).read()
    report = await keyring_report(seconds=0.05)
    assert (report.works, "Waiting" in report.backend) == (False, True)
    hanging = [thread for thread in threading.enumerate() if thread.name == "tweetdesk keyring"]
    assert hanging
    assert all(thread.daemon for thread in hanging)
    waiting.release.set()
    for thread in hanging:
        await asyncio.to_thread(thread.join, 5)


def test_a_hanging_keyring_does_not_keep_the_process_alive() -> None:
    script = """
import asyncio, threading
import keyring
from keyring.backend import KeyringBackend
from tweetdesk.networks.credentials import KeyringPlace, KeyringTrouble

class Waiting(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        threading.Event().wait()
    set_password = delete_password = None

keyring.set_keyring(Waiting())
try:
    asyncio.run(KeyringPlace("x", seconds=0.05).read())
except KeyringTrouble as trouble:
    print(trouble)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert "does not answer" in done.stdout


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.KeyringLocked("x"), "is locked"),
        (errors.NoKeyringError("x"), "no keyring that can be used"),
        (errors.InitError("x"), "could not be opened"),
        (errors.PasswordSetError("x"), "did not take"),
        (OSError("secret text"), r"failed \(OSError\)"),
        (RuntimeError("secret text"), r"failed \(RuntimeError\)"),
    ],
)
async def test_each_failure_has_its_own_sentence_and_ways_out(error: Exception, words: str) -> None:
    keyring.set_keyring(Raising(error))
    with pytest.raises(KeyringTrouble, match=words) as told:
        await KeyringPlace(ID).write(SECRET)
    said = str(told.value)
    assert "Raising" in said
    assert "--store file" in said
    assert "TWEETDESK_BLUESKY_PASSWORD" in said
    assert "secret text" not in said
    reported = str(await keyring_report())
    assert reported.partition("“--store file”")[0] == said.partition("“--store file”")[0]
    assert "“--store environment”" in reported
    with pytest.raises(KeyringTrouble, match="TWEETDESK_MASTODON_TOKEN"):
        await KeyringPlace("mastodon:1").write(SECRET)


async def test_no_keyring_and_one_that_keeps_nothing() -> None:
    keyring.set_keyring(fail.Keyring())
    with pytest.raises(KeyringTrouble, match="no keyring that can be used"):
        await KeyringPlace(ID).read()
    keyring.set_keyring(null.Keyring())
    report = await keyring_report()
    assert not report.works
    assert "keeps nothing" in report.sentence


async def test_a_damaged_entry_says_so() -> None:
    shelf = Shelf()
    shelf.kept["tweetdesk", ID] = "{"
    keyring.set_keyring(shelf)
    with pytest.raises(SecretTrouble, match="damaged"):
        await KeyringPlace(ID).read()


# --- a real Secret Service ---------------------------------------------------------------------------------------

_NO_BUS = "no session bus: run under dbus-run-session with gnome-keyring-daemon"


@pytest.mark.keyring
@pytest.mark.skipif("DBUS_SESSION_BUS_ADDRESS" not in os.environ, reason=_NO_BUS)
async def test_a_real_secret_service() -> None:
    secret_service = pytest.importorskip("keyring.backends.SecretService")
    keyring.set_keyring(secret_service.Keyring())
    report = await keyring_report()
    assert report.works, report.sentence
    long = {**SECRET, "accessJwt": "j" * 3000}
    place = KeyringPlace(f"test:{os.getpid()}")
    try:
        await place.write(long)
        assert await place.read() == long
        script = f"import keyring; print(keyring.get_password('tweetdesk', 'test:{os.getpid()}'))"
        other = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=subprocess.PIPE)
        said, _ = await other.communicate()
        assert json.loads(said) == long
    finally:
        await place.delete()
    assert await place.read() is None
