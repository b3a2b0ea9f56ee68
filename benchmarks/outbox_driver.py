"""An engine without a screen that can be killed at any moment, made anew in a hundredth of a second.

A process that has imported everything waits for lines of JSON on its standard input, and forks one engine for each
"start". The engine puts acts into the outbox and lives until the outbox is empty, or until it is killed. The
answers: {"pid": ...} to "start", {"status": ...} (negative: the signal) to "kill" and "wait", which end it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind, OutboxState, Part
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.engine import poller, sender
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.session import Session, open_session
from tweetdesk.networks import bluesky, bluesky_chat, mastodon, mastodon_writes, x, x_text
from tweetdesk.store.folders import Folders

#: Loaded before the fork, so that an engine need not do it.
LOADED = (bluesky, mastodon, x, x_text)
#: How long a request may still be on its way, and the pauses after a failure: shorter than for people.
IN_FLIGHT = timedelta(seconds=0.5)
PAUSES = (0.2, 0.3, 0.5, 0.5, 0.5, 0.5)

Json = dict[str, Any]


def hurry() -> None:
    """What would be waited for minutes is waited for in less than a second."""
    bluesky_chat.IN_FLIGHT = mastodon_writes.IN_FLIGHT = IN_FLIGHT  # type: ignore[misc]
    sender.BACKOFF = poller.BACKOFF = PAUSES  # type: ignore[assignment]


async def live(job: Json) -> None:
    """Put what is to be done into the outbox, and stay until nothing is left in it."""
    session = await open_session(Folders.usual(os.environ))
    try:
        await session.engine.start()
        for choice in job.get("say", ()):
            await _end_doubts(session, choice)
        if job.get("put"):
            await _put(session, job["put"])
        while await session.store.outbox.pending_count():
            for account in session.accounts:
                session.engine.resume(account.id)
            await asyncio.sleep(0.01)
    finally:
        await session.close()


async def _end_doubts(session: Session, choice: str) -> None:
    """The user has looked at the network: what is unsure was "sent", or is "queued" again."""
    for row in await session.store.outbox.rows():
        if row.state is OutboxState.UNSURE:
            await session.engine.acts.end_doubt(row, OutboxState(choice))


async def _put(session: Session, wanted: Json) -> None:
    """One act on the item of a post or conversation; or a new post."""
    kind = ActKind(wanted["kind"])
    account = session.accounts[0].id
    media = [
        await session.store.attachments.take_in(Path(path), "a red square") for path in wanted.get("pictures", ())
    ]
    more = tuple(Part(text) for text in wanted.get("more", ()))
    text = wanted.get("text", "")
    if kind is ActKind.POST:
        act = Act(kind, account, text=text, media=tuple(media), more=more)
        await session.engine.acts.send(act, None)
        return
    item = await _item(session, Source(account, wanted["source"]), wanted["shows"])
    act = replace(act_on(kind, item, text=text), media=tuple(media), more=more)
    await session.engine.acts.send(act, item)


async def _item(session: Session, source: Source, shows: str) -> Item:
    """The item of a source whose post has these words, fetched until it is there."""
    selection = Selection((source,), by_conversation=source.kind == "messages")
    session.engine.watch([source], listen=False)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        await session.engine.idle()
        keys = await session.store.posts.item_keys(selection)
        found = await session.store.posts.items(selection, [(account, item) for _, item, account in keys[-3:]])
        for item in found.values():
            if shows in item.post.text:
                return item
        await asyncio.sleep(0.05)
        session.engine.fetch_now([source])
    raise SystemExit(f"nothing with {shows!r} came")


def fork(job: Json) -> int:
    """The process id of a new engine."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.environ.update(job["env"])
        asyncio.run(live(job))
        os._exit(0)
    finally:  # whatever it was: the child must not go on as its parent
        traceback.print_exc()
        os._exit(1)


def main() -> None:
    """Serve until the input ends."""
    hurry()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "start":
            answer = {"pid": fork(asked)}
        else:
            if asked["do"] == "kill":
                os.kill(asked["pid"], signal.SIGKILL)
            answer = {"status": os.waitstatus_to_exitcode(os.waitpid(asked["pid"], 0)[1])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
