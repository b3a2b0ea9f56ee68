"""Our own logins, in accounts.toml: which ones there are and where their secrets are kept, never the secrets."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Mistake
from tweetdesk.store.errors import StoreTrouble, as_trouble
from tweetdesk.store.toml_files import TomlText, read_toml, unknown_keys, write_whole

_KEYS = ("network", "user_id", "handle", "server", "name", "secrets")
_NEEDED = ("network", "user_id", "handle", "server")
_SECRETS = ("keyring", "file", "environment")
_HEAD = "# The accounts of tweetdesk. `tweetdesk login` and `tweetdesk logout` change this file.\n"


class AccountsFile:
    """The file accounts.toml in the user's config folder."""

    def __init__(self, config: Path) -> None:
        self.path = config / "accounts.toml"

    def load(self) -> tuple[tuple[Account, ...], list[Mistake]]:
        """The accounts in the order of logging in, and the mistakes; an account with a mistake is left out."""
        read = read_toml(self.path)
        if read.mistake:
            return (), [read.mistake]
        mistakes = unknown_keys(read, read.values, ("account",))
        tables = read.values.get("account", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            return (), [*mistakes, read.wrong("accounts are written as [[account]]", "account")]
        accounts: dict[str, Account] = {}
        for index, table in enumerate(tables):
            wrong = _wrong(read, table, index)
            mistakes += wrong
            if wrong:
                continue
            account = Account(**table)
            if account.id in accounts:
                mistakes.append(read.wrong("this account stands here twice", "user_id", "account", index))
            accounts.setdefault(account.id, account)
        return tuple(accounts.values()), mistakes

    def save(self, account: Account) -> None:
        """Add an account, or bring it up to date. Raises StoreTrouble, the file untouched, if it has a mistake."""
        document = self._document()
        table = _table(document, account.id)
        if table is None:
            import tomlkit

            table = tomlkit.table()
            document["account"].append(table)
        for key, value in asdict(account).items():
            if table.get(key) != value:
                table[key] = value
        self._write(document)

    def remove(self, account: Account) -> None:
        """Take an account away. Raises StoreTrouble, the file untouched, if it has a mistake."""
        document = self._document()
        table = _table(document, account.id)
        if table is not None:
            document["account"].remove(table)
            self._write(document)

    def _document(self) -> Any:
        import tomlkit

        _, mistakes = self.load()
        if mistakes:
            raise StoreTrouble(f"{mistakes[0]}. The file was not changed; mend that line first.")
        document = tomlkit.parse(read_toml(self.path).text or _HEAD)
        if "account" not in document or not document["account"]:
            document.pop("account", None)
            document["account"] = tomlkit.aot()
        return document

    def _write(self, document: Any) -> None:
        import tomlkit

        try:
            write_whole(self.path, tomlkit.dumps(document))
        except OSError as error:
            raise (as_trouble(error) or error) from error


def _table(document: Any, account_id: str) -> Any:
    for table in document["account"]:
        if f"{table['network']}:{table['user_id']}" == account_id:
            return table
    return None


def _wrong(read: TomlText, table: dict[str, Any], index: int) -> list[Mistake]:
    def at(key: str, what: str) -> Mistake:
        return read.wrong(what, key, "account", index)

    mistakes = unknown_keys(read, table, _KEYS, "account", index)
    for key in _KEYS:
        if key in table and not isinstance(table[key], str):
            mistakes.append(at(key, f'"{key}" has to be a text in quotes'))
        elif key in _NEEDED and not table.get(key):
            mistakes.append(at(key, f'an account needs "{key}"'))
    secrets = table.get("secrets", "keyring")
    if isinstance(secrets, str) and secrets not in _SECRETS:
        mistakes.append(at("secrets", f'"secrets" has to be one of {", ".join(_SECRETS)}'))
    return mistakes
