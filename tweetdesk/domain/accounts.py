"""Accounts: our own logins."""

from __future__ import annotations

from dataclasses import dataclass

from tweetdesk.domain.people import Identity


@dataclass(frozen=True, slots=True)
class Account:
    """One login of the user.

    `server` is the base URL that was logged in to; `secrets` names where the session is kept: "keyring",
    "file" or "environment".
    """

    network: str
    user_id: str
    handle: str
    server: str
    name: str = ""
    secrets: str = "keyring"

    @property
    def id(self) -> str:
        """The key of this account everywhere: network and permanent user id."""
        return f"{self.network}:{self.user_id}"

    @property
    def identity(self) -> Identity:
        """The account's own identity."""
        return Identity(self.network, self.user_id, self.handle, self.name)

    @property
    def network_name(self) -> str:
        """The network as people write it: "Bluesky", "X"."""
        return self.network.capitalize()
