"""Items in memory for the tests and measurements of the column widget, and an app that shows columns of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from tweetdesk.domain.items import Item, Rows, conversation_item
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Card, Excerpt, Media, Post, PostKind, PostRef, Span, SpanKind
from tweetdesk.domain.triage import TriageState
from tweetdesk.ui.themes import load_themes
from tweetdesk.ui.widgets.column import ColumnView

NOW = datetime(2026, 5, 5, 14, 2, tzinfo=UTC)
US = Identity("bluesky", "did:plc:ada", "ada.example.com", "Ada")
OURS = frozenset({US.id})
ACCOUNT = "bluesky/ada"


def person(name: str, handle: str = "") -> Identity:
    """Somebody of a Bluesky network, by name."""
    handle = handle or name.split()[0].casefold() + ".example.com"
    return Identity("bluesky", f"did:plc:{handle}", handle, name)


def spans_of(text: str) -> tuple[Span, ...]:
    """Mentions, tags and links of a text, found word by word."""
    spans, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        bare = word.rstrip(".,!?")
        kind = SpanKind.MENTION if word[0] == "@" else SpanKind.TAG if word[0] == "#" else None
        if "/" in word and "." in word:
            kind = SpanKind.LINK
        if kind is not None:
            target = f"https://{bare}" if kind is SpanKind.LINK else bare[1:]
            spans.append(Span(at, at + len(bare), kind, target))
        at += len(word)
    return tuple(spans)


def post(number: int, who: Identity, text: str, *, minutes: float = 0, **more: object) -> Post:
    """A post, so many minutes before NOW."""
    at = NOW - timedelta(minutes=minutes)
    made = Post(PostRef("bluesky", f"at://{who.id}/{number}"), who, text, at, spans=spans_of(text))
    return replace(made, **more)  # type: ignore[arg-type]


def item(key: int, made: Post, **more: object) -> Item:
    """The item of a post."""
    return replace(Item(key, str(made.ref), ACCOUNT, made, made.created_at), **more)  # type: ignore[arg-type]


class Shelf:
    """An ItemReader over a list."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.held: dict[tuple[str, str], Item] = {}
        self.reads = 0
        self.put(*items)

    def put(self, *items: Item) -> None:
        """Add items, or replace those of the same id."""
        for one in items:
            self.held[one.account, one.id] = one

    def drop(self, *ids: str) -> None:
        """Take items away."""
        for ref in [ref for ref in self.held if ref[1] in ids]:
            del self.held[ref]

    async def rows(self, near: int | None = None) -> Rows:
        keys = sorted((one.key, one.id, one.account) for one in self.held.values())
        return Rows(keys, {ref: one.members for ref, one in self.held.items() if one.members})

    async def items(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        self.reads += 1
        return {ref: self.held[ref] for ref in ids if ref in self.held}


def mentions() -> list[Item]:
    """A column of everything that a post can be."""
    ines, sam, priya = person("Ines Marín"), person("Sam Ito"), person("Priya N.")
    lena, tom, mei = person("Lena Brandt"), person("Tom Okafor"), person("梅 Mei", "mei.example.org")
    parent = Excerpt(PostRef("bluesky", "at://parent"), tom, "Which database for a program on one machine?\nAny.")
    long = "\n".join(f"{line}. A post may be long, and this one is: it goes on and on." for line in range(1, 13))
    return [
        item(
            10,
            post(
                10,
                ines,
                "@ada.example.com do you still have the notes from the SQLite talk? I'd love to "
                "pass them on to my students.",
                minutes=6,
            ),
            why=("asks you", "you owe since Tuesday"),
        ),
        item(
            20,
            post(
                20,
                sam,
                "SQLite, always. Notes: sqlite.example.com/talks/2026/why-one-file-is-enough#part-2 #databases",
                minutes=70,
                parent=parent,
                reply_to=PostRef("bluesky", "at://parent"),
            ),
        ),
        item(
            30,
            post(
                30,
                priya,
                "Is there a good way to cancel a TaskGroup from the outside? Docs are silent.",
                minutes=180,
                media=(
                    Media(
                        "image",
                        "a traceback of eleven lines that ends in CancelledError, in green "
                        "on black, photographed from a screen with a thumb in the picture",
                    ),
                    Media("image"),
                ),
            ),
            why=("asks", "nobody answered"),
        ),
        item(
            40,
            post(
                40, mei, "来週の勉強会で発表します。とても楽しみです！資料はこちら 🎉👩‍👩‍👧 #勉強会", minutes=1500
            ),
            reposted_by=ines,
        ),
        item(
            50, post(50, lena, "The whole ending, and who did it.", minutes=3000, warning="spoilers for the film")
        ),
        item(
            60,
            post(
                60,
                tom,
                "What she said.",
                minutes=4000,
                quote=Excerpt(
                    PostRef("bluesky", "at://q"),
                    lena,
                    "Looking for two testers for our screen-reader build, any platform. Boosts welcome, and thank "
                    "you to everybody who helped last time, you know who you are, all nine of you.",
                ),
            ),
            state=TriageState.WAITING,
            until=NOW + timedelta(days=2),
        ),
        item(
            70,
            post(
                70,
                sam,
                "Read this first: example.org/a",
                minutes=9000,
                card=Card("https://www.example.org/a", "How to answer a letter in one minute"),
            ),
            pending="answer held",
        ),
        item(80, post(80, ines, long, minutes=60_000), state=TriageState.DONE, how="followed up"),
    ]


def conversation(key: int, who: Identity, texts: Sequence[tuple[bool, str]], **more: object) -> Item:
    """A conversation: (whether it is ours, text), oldest first."""
    messages = tuple(
        post(key * 100 + at, US if ours else who, text, minutes=60 * (len(texts) - at), kind=PostKind.MESSAGE)
        for at, (ours, text) in enumerate(texts)
    )
    made = item(key, messages[-1], messages=messages)
    return replace(made, id=conversation_item(f"c{key}"), **more)  # type: ignore[arg-type]


VOCABULARY = """
answer keyboard terminal notes talk students deadline question thanks garden release Postgres backup train
library children evening welcome feedback reader layout python colour window letter write help friend
screen-reader over under with and the a of to in is it that for on be this have you not but
"""
WORDS = VOCABULARY.split()


CROWD = [person(f"{WORDS[n % 31].title()} {WORDS[n % 37].title()}", f"p{n}.example.com") for n in range(40)]


def crowd_item(number: int, count: int, seed: int = 1) -> Item:
    """One of `count` varied items, the same for the same seed."""
    dice = random.Random(seed * 1_000_003 + number)
    words = [dice.choice(WORDS) for _ in range(dice.randint(4, 45))]
    if number % 5 == 0:
        words.insert(0, "@ada.example.com")
    if number % 7 == 0:
        words.append(f"host{number % 90}.example.org/a/long/path/to/{number}/somewhere")
    if number % 9 == 0:
        words += ["🎉", "日本語のテキスト", "#tag"]
    made = post(number, dice.choice(CROWD), " ".join(words).capitalize() + ".", minutes=count - number)
    if number % 4 == 0:
        made = replace(made, reply_to=made.ref, parent=Excerpt(made.ref, dice.choice(CROWD), "words before"))
    if number % 11 == 0:
        made = replace(made, media=(Media("image", "a picture of " + " ".join(words[:9])),))
    return item(number + 1, made, why=("asks you",) if number % 3 == 0 else ())


def crowd(count: int, seed: int = 1) -> list[Item]:
    """So many varied items, the same for the same seed."""
    return [crowd_item(number, count, seed) for number in range(count)]


class Columns(App[None]):
    """Columns side by side, with a few keys."""

    CSS = "Screen { background: $background; } Vertical { width: 44; }"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "go('move', 1)"),
        Binding("k", "go('move', -1)"),
        Binding("space", "go('page', 1)"),
        Binding("pageup", "go('page', -1)"),
        Binding("d", "go('half_page', 1)"),
        Binding("u", "go('half_page', -1)"),
        Binding("g", "go('first')"),
        Binding("G", "go('last')"),
        Binding("e", "leave"),
        Binding("q", "quit"),
        Binding("l", "beside(1)"),
        Binding("h", "beside(-1)"),
    ]

    def __init__(
        self, shelves: Sequence[Shelf], *, width: int = 44, theme: str = "harbour", ansi_color: bool | None = None
    ) -> None:
        super().__init__(ansi_color=ansi_color)
        self.shelves = list(shelves)
        self.wide, self.wanted = width, theme
        self.views = [ColumnView(clock=lambda: NOW, ours=OURS, empty_text="Nothing here yet.") for _ in shelves]

    @property
    def view(self) -> ColumnView:
        """The first column."""
        return self.views[0]

    def compose(self) -> ComposeResult:
        with Horizontal():
            for view in self.views:
                with Vertical() as column:
                    column.styles.width = self.wide
                    yield view.head
                    yield view

    async def on_mount(self) -> None:
        """Dress, and fill the columns."""
        for theme in load_themes()[0]:
            self.register_theme(theme)
        self.theme = self.wanted
        self.views[0].focus()
        for number, (view, shelf) in enumerate(zip(self.views, self.shelves, strict=True)):
            title = ("Mentions", "Messages", "Search", "People to help")[number % 4]
            count = f"{len(shelf.held)} open"
            trouble = number == 2
            state = "X allows more at 14:32 · R asks again" if trouble else "up to date 14:02"
            view.head.show(title=title, detail="@ada.example.com", count=count, state=state, trouble=trouble)
            await view.load(shelf)
        self.loaded()

    def loaded(self) -> None:
        """Everything is there; for who wants to know."""

    def _current(self) -> ColumnView:
        return next((view for view in self.views if view.has_focus), self.views[0])

    def action_go(self, method: str, *args: int) -> None:
        getattr(self._current(), method)(*args)

    def action_beside(self, by: int) -> None:
        self.views[(self.views.index(self._current()) + by) % len(self.views)].focus()

    def action_leave(self) -> None:
        if (chosen := self._current().selected) is not None:
            self._current().leave({(chosen.account, chosen.id)}, "followed up · z undo")
