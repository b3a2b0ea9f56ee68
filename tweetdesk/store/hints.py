"""Hints: what is known here that helps while one writes: people, tags, earlier answers, what was sent lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tweetdesk.domain.cautions import Sent
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import PostRef
from tweetdesk.store.codec import decode_act, marks, moment, storable, when
from tweetdesk.store.database import Database

#: So many of the newest posts with a word that begins so are looked through for tags.
_NEWEST = 300
#: What has gone out, or will.
_OUT = "state IN ('held', 'queued', 'sending', 'sent', 'unsure')"


class Hints:
    """Only reads; each question takes a few milliseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def people(self, network: str, word: str, limit: int = 6) -> list[Identity]:
        """People whose handle or name begins so; those first with whom there was most to do."""
        begins = _like(word)
        if not begins:
            return []
        rows = await self._database.read(
            "SELECT network, id, handle, name FROM identities i WHERE network = ? AND handle <> '' AND "
            "(handle LIKE ? || '%' ESCAPE '\\' OR name LIKE ? || '%' ESCAPE '\\' "
            "OR name LIKE '% ' || ? || '%' ESCAPE '\\') "
            "ORDER BY (SELECT count(*) FROM touches t WHERE t.network = i.network AND t.person = i.id) DESC, "
            "length(handle), handle LIMIT ?",
            (network, begins, begins, begins, limit),
        )
        return [Identity(*row) for row in rows]

    async def tags(self, word: str, limit: int = 6) -> list[str]:
        """Tags in posts that are here, as they are mostly written, without the sign; the most used first."""
        quoted = storable(word).replace('"', '""').replace("\0", "")
        rows = await self._database.read(
            "SELECT tag FROM (SELECT substr(json_extract(p.body, '$.text'), json_extract(s.value, '$.start') + 1, "
            "json_extract(s.value, '$.end') - json_extract(s.value, '$.start')) AS tag FROM "
            "(SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?) f "
            "JOIN posts p ON p.key = f.rowid JOIN json_each(p.body, '$.spans') s "
            "WHERE json_extract(s.value, '$.kind') = 'tag') WHERE tag LIKE '_' || ? || '%' ESCAPE '\\' "
            "GROUP BY lower(tag) ORDER BY count(*) DESC, tag LIMIT ?",
            (f'"{quoted}"*', _NEWEST, _like(word), limit),
        )
        return [str(row[0]).lstrip("#＃") for row in rows]

    async def answered(
        self, accounts: Sequence[tuple[str, str]], target: PostRef, conversation: str
    ) -> datetime | None:
        """When one of our accounts (account id, person id) last answered a post, from here or elsewhere."""
        ids, people = [one[0] for one in accounts], [one[1] for one in accounts]
        rows = await self._database.read(
            f"SELECT created_at FROM outbox WHERE account IN ({marks(len(ids))}) AND target = ? "
            f"AND kind = 'reply' AND {_OUT}",
            (*ids, storable(str(target))),
        )
        times = [when(row[0]) for row in rows]
        if conversation:
            rows = await self._database.read(
                f"SELECT json_extract(body, '$.created_at') FROM posts WHERE conversation = ? "
                f"AND author IN ({marks(len(people))}) AND json_extract(body, '$.reply_to.server') = ? "
                "AND json_extract(body, '$.reply_to.id') = ?",
                (storable(conversation), *people, target.server, storable(target.id)),
            )
            times += [datetime.fromisoformat(row[0]) for row in rows]
        return max(times, default=None)

    async def sent_since(self, since: datetime) -> list[Sent]:
        """The texts that went to single people since a time, the newest first."""
        rows = await self._database.read(
            f"SELECT act FROM outbox WHERE kind IN ('reply', 'message', 'quote') AND created_at >= ? AND {_OUT} "
            "ORDER BY id DESC LIMIT 200",
            (moment(since),),
        )
        acts = [decode_act(row[0]) for row in rows]
        return [Sent(act.person.id, act.person.called, act.text) for act in acts if act.person]

    async def there(self, post: PostRef) -> bool:
        """Whether a post is still here: it is not where its network told that it was deleted."""
        found = await self._database.read_row(
            "SELECT 1 FROM posts WHERE server = ? AND id = ?", (post.server, storable(post.id))
        )
        return found is not None


def _like(word: str) -> str:
    """A word as it may stand in a LIKE pattern."""
    escaped = storable(word).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("\0", "")
