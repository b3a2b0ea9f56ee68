"""People: who they are, what a network told of them, the help list, the history with them, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tweetdesk.domain.people import Identity, Profile, Touch
from tweetdesk.store.codec import clean, decode_profile, encoded, marks, moment, storable, when
from tweetdesk.store.database import Database, Writer


class People:
    """All that is known of people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def identity(self, network: str, person: str) -> Identity | None:
        """Who has this permanent id."""
        row = await self._database.read_row(
            "SELECT network, id, handle, name FROM identities WHERE network = ? AND id = ?", (network, person)
        )
        return Identity(*row) if row else None

    async def by_handle(self, network: str, handle: str) -> Identity | None:
        """Who was last seen under this handle."""
        row = await self._database.read_row(
            "SELECT network, id, handle, name FROM identities WHERE network = ? AND lower(handle) = lower(?)",
            (network, handle.lstrip("@")),
        )
        return Identity(*row) if row else None

    async def identities(self, network: str, people: Sequence[str]) -> dict[str, Identity]:
        """Those of these people (by permanent id) that are known."""
        found: dict[str, Identity] = {}
        for start in range(0, len(people), 400):
            part = [storable(person) for person in people[start : start + 400]]
            rows = await self._database.read(
                "SELECT network, id, handle, name FROM identities "
                f"WHERE network = ? AND id IN ({marks(len(part))})",
                (network, *part),
            )
            found.update((row[1], Identity(*row)) for row in rows)
        return found

    async def seen(self, account: str, network: str, who: str) -> tuple[Profile, datetime] | None:
        """What the network last told this account of a person, by id or handle, and when."""
        for person in (who, named.id if (named := await self.by_handle(network, who)) else ""):
            row = await self._database.read_row(
                "SELECT body, at FROM profiles WHERE account = ? AND network = ? AND id = ?",
                (account, network, storable(person)),
            )
            if row:
                return decode_profile(row[0]), when(row[1])
        return None

    async def profile(self, account: str, network: str, person: str) -> Profile | None:
        """What the network last told this account of a person."""
        row = await self._database.read_row(
            "SELECT body FROM profiles WHERE account = ? AND network = ? AND id = ?", (account, network, person)
        )
        return decode_profile(row[0]) if row else None

    async def save_profile(self, account: str, profile: Profile, now: datetime) -> None:
        """Keep what the network told this account of a person."""
        async with self._database.write() as writer:
            await keep_profiles(writer, account, [profile], now)

    async def helped(self, account: str) -> tuple[Identity, ...]:
        """The help list of an account, in the order of joining it."""
        rows = await self._database.read(
            "SELECT h.network, h.id, coalesce(i.handle, ''), coalesce(i.name, '') FROM helped h "
            "LEFT JOIN identities i ON i.network = h.network AND i.id = h.id "
            "WHERE h.account = ? ORDER BY h.since, h.rowid",
            (account,),
        )
        return tuple(Identity(*row) for row in rows)

    async def set_helped(self, account: str, identity: Identity, on: bool, now: datetime | None = None) -> None:
        """Put a person on the help list of an account, or take them off."""
        async with self._database.write(durable=True) as writer:
            if on:
                await keep_identities(writer, [identity])
                await writer.run(
                    "INSERT OR IGNORE INTO helped (account, network, id, since) VALUES (?, ?, ?, ?)",
                    (account, identity.network, storable(identity.id), moment(now) if now else 0),
                )
            else:
                await writer.run(
                    "DELETE FROM helped WHERE account = ? AND network = ? AND id = ?",
                    (account, identity.network, storable(identity.id)),
                )

    async def touches(self, network: str, person: str, limit: int = 20) -> list[Touch]:
        """The newest moments with a person, newest first."""
        rows = await self._database.read(
            "SELECT at, direction, kind, post, text FROM touches WHERE network = ? AND person = ? "
            "ORDER BY at DESC, id DESC LIMIT ?",
            (network, person, limit),
        )
        return [Touch(when(row[0]), *row[1:]) for row in rows]

    async def add_touch(self, account: str, network: str, person: str, touch: Touch) -> None:
        """Remember a moment with a person; the same kind on the same post counts once."""
        async with self._database.write() as writer:
            await keep_touches(writer, account, [(network, person, touch)])

    async def last_touches(self, network: str, people: Sequence[str]) -> dict[str, dict[str, datetime]]:
        """When we last did something for each person and they for us: {person: {"ours" or "theirs": time}}."""
        rows = await self._database.read(
            "SELECT person, direction, max(at) FROM touches "
            f"WHERE network = ? AND person IN ({marks(len(people))}) GROUP BY person, direction",
            (network, *people),
        )
        found: dict[str, dict[str, datetime]] = {}
        for person, direction, at in rows:
            found.setdefault(person, {})[direction] = when(at)
        return found

    async def note(self, network: str, person: str) -> str:
        """What the user wrote about a person, "" for nothing."""
        row = await self._database.read_row(
            "SELECT text FROM notes WHERE network = ? AND id = ?", (network, person)
        )
        return str(row[0]) if row else ""

    async def set_note(self, network: str, person: str, text: str, now: datetime) -> None:
        """Keep a note about a person; "" takes it away."""
        async with self._database.write(durable=True) as writer:
            if text.strip():
                await writer.run(
                    "INSERT INTO notes (network, id, text, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO "
                    "UPDATE SET text = excluded.text, changed_at = excluded.changed_at",
                    (network, person, storable(text), moment(now)),
                )
            else:
                await writer.run("DELETE FROM notes WHERE network = ? AND id = ?", (network, person))


async def keep_identities(writer: Writer, identities: Iterable[Identity]) -> None:
    """Keep what people are called now; an unknown handle or name never replaces a known one."""
    rows = {
        (one.network, storable(one.id)): (storable(one.handle), storable(one.name)) for one in identities if one.id
    }
    await writer.many(
        "INSERT INTO identities (network, id, handle, name) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "handle = CASE excluded.handle WHEN '' THEN handle ELSE excluded.handle END, "
        "name = CASE excluded.name WHEN '' THEN name ELSE excluded.name END "
        "WHERE excluded.handle NOT IN ('', handle) OR excluded.name NOT IN ('', name)",
        ((*key, *called) for key, called in rows.items()),
    )


async def keep_profiles(writer: Writer, account: str, profiles: Iterable[Profile], now: datetime) -> None:
    """Keep what the network told this account of people."""
    cleaned = [clean(profile) for profile in profiles]
    await keep_identities(writer, (profile.identity for profile in cleaned))
    await writer.many(
        "INSERT INTO profiles (account, network, id, body, at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET body = excluded.body, at = excluded.at",
        (
            (account, profile.identity.network, profile.identity.id, encoded(profile), moment(now))
            for profile in cleaned
        ),
    )


async def keep_touches(writer: Writer, account: str, touches: Iterable[tuple[str, str, Touch]]) -> None:
    """Remember moments, each with the network and the person; the same kind on the same post counts once."""
    await writer.many(
        "INSERT OR IGNORE INTO touches (account, network, person, at, direction, kind, post, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (account, network, storable(person), moment(touch.at), touch.direction, touch.kind,
             storable(touch.post), storable(touch.text))
            for network, person, touch in touches
        ),
    )  # fmt: skip
