"""Where sessions are kept: the system's keyring, a file, the environment, or memory.

This is the only module that imports keyring: at first use, in a thread, with a time limit, because loading it
costs, and because a keyring can wait for a password that nobody sees (over ssh, for instance).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import LoginNeeded

#: The name under which entries stand in the keyring.
SERVICE = "tweetdesk"
#: How long a keyring may take (seconds).
KEYRING_SECONDS = 5.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Variable:
    """The environment variable that holds what one network's accounts log in with.

    `what` says that in words, `field` is its name in the secret; where `field` is "", the variable holds the whole
    secret as a JSON object, `fixed` added. With _HANDLE behind the name (EXAMPLE_COM) it is for that handle only.
    """

    name: str
    what: str
    field: str = ""
    fixed: tuple[tuple[str, str], ...] = ()


_VARIABLES = {
    "bluesky": Variable("TWEETDESK_BLUESKY_PASSWORD", "app password", "password"),
    "mastodon": Variable("TWEETDESK_MASTODON_TOKEN", "access token", "access_token"),
    "x": Variable("TWEETDESK_X_TOKENS", "four static tokens (a JSON object)", fixed=(("kind", "oauth1"),)),
}


def variable_of(network: str) -> Variable:
    """The environment variable of a network."""
    usual = Variable(f"TWEETDESK_{network.upper()}_TOKENS", "tokens (a JSON object)")
    return _VARIABLES.get(network, usual)


def _else(network: str) -> str:
    """What else there is when the keyring cannot do it."""
    variable = f"the environment variable {variable_of(network).name}" if network else "“--store environment”"
    return f"or choose another place: “--store file” or {variable}."


class SecretTrouble(LoginNeeded):
    """A session could not be read or kept, so nothing was asked of the network."""


class KeyringTrouble(SecretTrouble):
    """The keyring could not do it; the text names it, and says what can be done."""


class Place(Protocol):
    """Where one account's session is kept (base.SecretPlace, and what logging out and `accounts` need)."""

    async def read(self) -> Mapping[str, Any] | None:
        """The saved session, or None."""

    async def write(self, secret: Mapping[str, Any]) -> None:
        """Save a session in place of the one before."""

    async def delete(self) -> None:
        """Forget the session; no trouble if there is none."""

    def describe(self) -> str:
        """Where that is, for the user."""


def place_for(account: Account, folder: Path, environ: Mapping[str, str]) -> Place:
    """The place that an account has chosen (`account.secrets`); files stand in `folder`. Raises ValueError."""
    match account.secrets:
        case "keyring":
            return KeyringPlace(account.id)
        case "file":
            return FilePlace(account.id, folder)
        case "environment":
            return EnvironmentPlace(account.id, environ, account.handle)
        case "memory":
            return MemoryPlace()
        case _:
            raise ValueError(f"there is no place for secrets called {account.secrets!r}")


class MemoryPlace:
    """Keeps a session until the program ends: for the demo and for tests."""

    def __init__(self, secret: Mapping[str, Any] | None = None) -> None:
        self._secret = None if secret is None else dict(secret)

    async def read(self) -> Mapping[str, Any] | None:
        """The session that was written last."""
        return self._secret

    async def write(self, secret: Mapping[str, Any]) -> None:
        """Keep a session."""
        self._secret = dict(secret)

    async def delete(self) -> None:
        """Forget the session."""
        self._secret = None

    def describe(self) -> str:
        """Where that is."""
        return "memory only, gone when the program ends"


class EnvironmentPlace:
    """What the account logs in with comes from the environment; what is made of it is kept in memory only."""

    def __init__(self, account_id: str, environ: Mapping[str, str], handle: str = "") -> None:
        self._what = variable_of(account_id.partition(":")[0])
        own = f"{self._what.name}_{re.sub(r'[^A-Z0-9]', '_', handle.upper())}" if handle else ""
        self._variable = own if own and environ.get(own) else self._what.name
        self._value = environ.get(self._variable, "").strip()
        self._who = handle or account_id
        self._session: dict[str, Any] = {}

    async def read(self) -> Mapping[str, Any] | None:
        """What the variable holds, with this start's session if there is one. Raises SecretTrouble without it."""
        if not self._value:
            raise SecretTrouble(f"The {self._what.what} of {self._who} is not there: set {self._variable}.")
        if self._what.field:
            return {**self._session, self._what.field: self._value}
        given = _unpacked(self._value.encode(), f"{self._variable} does not hold a JSON object: set it anew.")
        return {**self._session, **given, **dict(self._what.fixed)}

    async def write(self, secret: Mapping[str, Any]) -> None:
        """Keep the session for this start. Raises SecretTrouble for one that would be lost with it for good."""
        if secret.get("refresh_token"):
            raise SecretTrouble(
                f"The session of {self._who} changes while it is used, and an environment variable cannot follow: "
                "log in with “--store keyring” or “--store file”."
            )
        self._session = {name: value for name, value in secret.items() if name != self._what.field}

    async def delete(self) -> None:
        """Forget the session; the variable is the user's own."""
        self._session = {}

    def describe(self) -> str:
        """Where that is."""
        return f"environment variable {self._variable} ({self._what.what}), read at each start"


# --- a file ------------------------------------------------------------------------------------------------------


class FilePlace:
    """A JSON file that only its owner may read (0600, its folder 0700), written whole or not at all."""

    def __init__(self, account_id: str, folder: Path) -> None:
        self.path = folder / f"{quote(account_id, safe='')}.json"

    async def read(self) -> Mapping[str, Any] | None:
        """The session in the file. Raises SecretTrouble if others may read it, or if it is damaged."""
        return await asyncio.to_thread(self._read)

    async def write(self, secret: Mapping[str, Any]) -> None:
        """Replace the file. Raises SecretTrouble if that cannot be done."""
        await asyncio.to_thread(self._write, _packed(secret))

    async def delete(self) -> None:
        """Remove the file."""
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    def describe(self) -> str:
        """Where that is."""
        return f"file {self.path}, not encrypted"

    def _read(self) -> Mapping[str, Any] | None:
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise SecretTrouble(f"{self.path} can be read by others: “chmod 600” it, and log in anew.")
                return _unpacked(file.read(), f"{self.path} is damaged: log in anew with “--store file”.")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SecretTrouble(f"{self.path} cannot be read: {error.strerror}.") from error

    def _write(self, text: str) -> None:
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
            handle, name = tempfile.mkstemp(dir=folder, prefix=".session-")  # 0600 from the start
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self.path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            _sync(folder)
        except OSError as error:
            raise SecretTrouble(f"The session could not be saved in {self.path}: {error.strerror}.") from error


def _sync(folder: Path) -> None:
    """Make sure that a renamed file is on the disk under its new name."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- the keyring -------------------------------------------------------------------------------------------------


class KeyringPlace:
    """An entry in the system's keyring. Raises KeyringTrouble."""

    def __init__(self, account_id: str, seconds: float = KEYRING_SECONDS) -> None:
        self._account_id, self._seconds = account_id, seconds

    async def read(self) -> Mapping[str, Any] | None:
        """The session in the keyring."""
        text = await self._ask(lambda ring: ring.get_password(SERVICE, self._account_id))
        if text is None:
            return None
        return _unpacked(str(text).encode(), "The session in the keyring is damaged: log in anew.")

    async def write(self, secret: Mapping[str, Any]) -> None:
        """Save the session, as one short text: some keyrings take about a thousand characters only."""
        text = _packed(secret)
        await self._ask(lambda ring: ring.set_password(SERVICE, self._account_id, text))

    async def delete(self) -> None:
        """Remove the entry."""

        def remove(ring: Any) -> None:
            if ring.get_password(SERVICE, self._account_id) is not None:
                ring.delete_password(SERVICE, self._account_id)

        await self._ask(remove)

    def describe(self) -> str:
        """Where that is."""
        return f"the system's keyring (service “{SERVICE}”)"

    async def _ask(self, work: Callable[[Any], _T]) -> _T:
        return await _ask(work, self._seconds, self._account_id.partition(":")[0])


@dataclass(frozen=True, slots=True)
class KeyringReport:
    """Which keyring would be used, whether a trial entry could be written, read and deleted, and that in words."""

    backend: str
    works: bool
    sentence: str

    def __str__(self) -> str:
        return self.sentence


async def keyring_report(seconds: float = KEYRING_SECONDS) -> KeyringReport:
    """Try the keyring with an entry of our own that is removed again. Raises nothing."""
    name, value = f"trial-{os.getpid()}", "works"

    def trial(ring: Any) -> tuple[str, str | None]:
        ring.set_password(SERVICE, name, value)
        found = ring.get_password(SERVICE, name)
        if found is not None:
            ring.delete_password(SERVICE, name)
        return _called(ring), found

    try:
        backend, found = await _ask(trial, seconds)
    except KeyringTrouble as trouble:
        return KeyringReport(_last_backend, False, str(trouble))
    if found != value:
        return KeyringReport(backend, False, f"The keyring ({backend}) keeps nothing: choose another, {_else('')}")
    return KeyringReport(backend, True, f"The keyring works ({backend}).")


#: What the keyring that was asked last calls itself; told when it hangs or fails.
_last_backend = "not known"


async def _ask(work: Callable[[Any], _T], seconds: float, network: str = "") -> _T:
    """Let the keyring do something, in a daemon thread of its own: one that hangs is left behind."""
    global _last_backend
    _last_backend = "not known"

    def job() -> _T:
        global _last_backend
        import keyring

        ring = keyring.get_keyring()
        _last_backend = _called(ring)
        return work(ring)

    from tweetdesk.networks.daemon_thread import Failed, in_daemon_thread

    try:
        return await in_daemon_thread(job, seconds, "tweetdesk keyring")
    except TimeoutError as error:
        raise KeyringTrouble(
            f"The keyring ({_last_backend}) does not answer within {seconds:g} seconds; it may be waiting for its "
            f"password in a window that is not here. Unlock it, {_else(network)}"
        ) from error
    except Failed as failed:
        raise _told(failed.__cause__, _last_backend, _else(network)) from failed.__cause__


def _called(ring: Any) -> str:
    """A keyring's own name; that of its module where it is one of those that keep nothing."""
    kind = type(ring)
    return f"{kind.__module__}.{kind.__name__}".removeprefix("keyring.backends.")


def _told(error: BaseException | None, backend: str, otherwise: str) -> KeyringTrouble:
    """The sentence for what a keyring raised."""
    from keyring import errors

    if isinstance(error, errors.KeyringLocked):
        return KeyringTrouble(f"The keyring ({backend}) is locked: unlock it and try again, {otherwise}")
    if isinstance(error, errors.NoKeyringError):
        return KeyringTrouble(f"This system has no keyring that can be used ({backend}): start one, {otherwise}")
    if isinstance(error, errors.InitError):
        return KeyringTrouble(f"The keyring ({backend}) could not be opened: start or unlock it, {otherwise}")
    if isinstance(error, errors.PasswordSetError):
        return KeyringTrouble(f"The keyring ({backend}) did not take the session: unlock it, {otherwise}")
    return KeyringTrouble(f"The keyring ({backend}) failed ({type(error).__name__}): mend it, {otherwise}")


def _packed(secret: Mapping[str, Any]) -> str:
    return json.dumps(dict(secret), ensure_ascii=True, separators=(",", ":"))


def _unpacked(text: bytes, otherwise: str) -> Mapping[str, Any]:
    """The mapping that `_packed` wrote. Raises SecretTrouble with the given sentence for anything else."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SecretTrouble(otherwise) from error
    if not isinstance(found, dict):
        raise SecretTrouble(otherwise)
    return found
