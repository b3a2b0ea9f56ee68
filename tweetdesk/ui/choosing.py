"""Choosing: what the composer asks for in the line at the bottom: pictures, a language, a time to send."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tweetdesk.domain.outbox import Act, Attachment
from tweetdesk.networks.base import Pictures
from tweetdesk.store.attachments import AttachmentTrouble
from tweetdesk.ui.text import one_line
from tweetdesk.ui.widgets.choice import Choice
from tweetdesk.ui.widgets.paper import Paper

if TYPE_CHECKING:
    from tweetdesk.ui.screens.stage import StageScreen
    from tweetdesk.ui.widgets.composer import Composer

NO_PICTURES = "No pictures can go with this here."
NOT_LATER = "This is done on the network's own page, at once: only what is sent from here can wait."
#: The languages that are offered; any other tag can be typed.
LANGUAGES = (
    ("en", "English"), ("de", "German"), ("es", "Spanish"), ("fr", "French"), ("it", "Italian"),
    ("ja", "Japanese"), ("nl", "Dutch"), ("pl", "Polish"), ("pt", "Portuguese"), ("ru", "Russian"),
    ("tr", "Turkish"), ("uk", "Ukrainian"), ("zh", "Chinese"),
)  # fmt: skip
#: BCP 47, loosely: a language of two or three letters, then script, region and variants.
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{5,8})*")
_MOST_NAMES = 8


def language_tag(text: str) -> str:
    """A BCP 47 tag in its usual spelling ("de", "pt-BR", "zh-Hant"). Raises ValueError with a sentence."""
    written = text.strip().replace("_", "-")
    for tag, name in LANGUAGES:
        if written.casefold() == name.casefold():
            return tag
    if not _TAG.fullmatch(written):
        raise ValueError('A language is written as "de", "pt-BR" or "zh-Hant".')
    first, *rest = written.split("-")
    spelled = {2: str.upper, 4: str.title}
    return "-".join([first.lower(), *(spelled.get(len(part), str.lower)(part) for part in rest)])


def picked_path(text: str) -> Path:
    """The file that is meant: with ~, quoted, with escaped spaces or as file:// (as a dropped file is pasted)."""
    written = text.strip()
    if len(written) > 1 and written[0] == written[-1] and written[0] in "'\"":
        written = written[1:-1].replace("'\\''", "'")
    elif written[:1] in ("'", '"'):  # not closed yet
        written = written[1:]
    elif written.startswith("file://"):
        written = unquote(urlsplit(written.replace("#", "%23").replace("?", "%3F")).path)
    elif "\\" in written and not Path(written).exists():
        written = re.sub(r"\\(.)", r"\1", written)
    try:
        return Path(written).expanduser()
    except RuntimeError:  # "~nobody": nobody has that name
        return Path(written)


def completed(text: str) -> tuple[str, Sequence[str]]:
    """A path with as much added as all files that begin so have in common, and the names of those files."""
    path = picked_path(text)
    written = str(path) if text[:1] in ("'", '"') or text.startswith("file:") else text
    if written == "~":
        return "~/", ()
    whole = not written or written.endswith("/")
    folder, start = (path, "") if whole else (path.parent, path.name)
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry in entries
                if entry.name.startswith(start) and entry.name.isprintable() and (start or entry.name[0] != ".")
            )
    except (OSError, ValueError):  # no such folder, or not ours to look into: there is nothing to add
        return text, ()
    first, last = (names[0], names[-1]) if names else ("", "")  # sorted: what these share, all share
    shared = next((place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), None)
    added = first[:shared][len(start) :] if shared is not None else min(first, last, key=len)[len(start) :]
    return written + added, tuple(names[:_MOST_NAMES]) if len(names) > 1 else ()


class Choosing:
    """Asks, and tells the composer what was chosen; Esc leaves everything as it is."""

    def __init__(self, stage: StageScreen, composer: Composer) -> None:
        self._stage, self._session, self._composer = stage, stage.session, composer

    async def language(self, act: Act) -> None:
        """Which language the posts are in."""
        choices = [Choice("as usual", "what the network takes by itself"), Choice("another …", 'like "pt-BR"')]
        choices[1:1] = [Choice(name, tag) for tag, name in LANGUAGES]
        tags = ["", *(tag for tag, _ in LANGUAGES)]
        here = tags.index(act.language) if act.language in tags else len(tags)
        prompt = await self._stage.asked()
        chosen = await prompt.choose("In which language is it?", choices, here)
        if chosen is None:
            return
        if chosen < len(tags):
            self._composer.set_language(tags[chosen])
            return
        written = await prompt.line("Language", act.language, check=lambda text: language_tag(text))
        if written:
            self._composer.set_language(language_tag(written))

    async def time(self, paper: Paper) -> datetime | None:
        """When to send it; None for not at all."""
        if paper.sends:
            self._composer.tell(NOT_LATER)
            return None
        from tweetdesk.ui.actions.times import SNOOZES, asked_time

        when = await asked_time(self._stage, "Send it when?", SNOOZES)
        return when.at if when else None

    # -- pictures ------------------------------------------------------------------------------------------------
    async def pictures(self, act: Act, paper: Paper) -> None:
        """Add a picture, take one off, or change its words."""
        takes, media = paper.form.pictures, self._composer.media
        if (takes is None or paper.sends) and not media:
            self._composer.tell(NO_PICTURES)
            return
        if media:
            wanted = await self._what(media, takes)
            if wanted is None:
                return
            what, place = wanted
            if what == "off":
                self._composer.attach([one for index, one in enumerate(media) if index != place])
                return
            if what == "words":
                words = await self._words(media[place], takes, paper)
                if words is not None:
                    changed = replace(media[place], alt=words)
                    self._composer.attach([*media[:place], changed, *media[place + 1 :]])
                return
        if takes is not None and len(media) >= takes.most:
            self._composer.tell(f"{takes.most} pictures can go with a post here, and there are as many.")
        elif takes is not None:
            await self._add(takes, paper)

    async def _what(self, media: Sequence[Attachment], takes: Pictures | None) -> tuple[str, int] | None:
        wanted: list[tuple[str, int]] = []
        choices: list[Choice] = []
        if takes is not None and len(media) < takes.most:
            wanted.append(("add", 0))
            choices.append(Choice("add another picture", f"{len(media)} of {takes.most}"))
        for place, one in enumerate(media):
            name = one_line(one.alt)[:40] or "without words"
            wanted += [("words", place), ("off", place)] if takes is not None else [("off", place)]
            choices += [Choice("change the words", name)] if takes is not None else []
            choices.append(Choice("take it off", name))
        chosen = await (await self._stage.asked()).choose("Which picture?", choices)
        return None if chosen is None else wanted[chosen]

    async def _add(self, takes: Pictures, paper: Paper) -> None:
        """Ask for the file, look at it, ask for its words."""
        prompt, hints, value = await self._stage.asked(), ["Tab completes the name; Esc leaves it"], ""
        while True:
            written = await prompt.line(
                "Picture file", value, hints, complete=lambda text: asyncio.to_thread(completed, text)
            )
            if not written:
                return
            try:
                taken = await self._session.store.attachments.take_in(picked_path(written))
                break
            except AttachmentTrouble as trouble:
                hints, value = [str(trouble)], written
        if why := unfit(taken, takes):
            self._composer.tell(why)
            return
        words = await self._words(taken, takes, paper)
        if words is not None:
            self._composer.attach([*self._composer.media, replace(taken, alt=words)])

    async def _words(self, one: Attachment, takes: Pictures | None, paper: Paper) -> str | None:
        """The words for those who cannot see it; None for not at all."""
        most = takes.alt if takes else 1000

        def check(text: str) -> str:
            if len(text) > most:
                raise ValueError(f"That is {len(text) - most:,} characters too long.")
            if paper.alt_required and not text:
                raise ValueError("Say in a few words what is to be seen, for those who cannot see it.")
            return f"{most - len(text):,} left"

        return await (await self._stage.asked()).line("What is to be seen in it", one.alt, check=check)


def unfit(one: Attachment, takes: Pictures) -> str:
    """Why a picture cannot go with a post here, "" if it can."""
    if one.mime not in takes.types:
        kinds = ", ".join(kind.removeprefix("image/").upper() for kind in takes.types)
        return f"{one.mime.removeprefix('image/').upper()} pictures do not go with a post here, but {kinds} do."
    if one.size > takes.bytes:
        have, most = one.size / 1_000_000, takes.bytes / 1_000_000
        return f"The picture has {have:,.1f} MB, and at most {most:,.1f} MB go with a post here: make it smaller."
    return ""
