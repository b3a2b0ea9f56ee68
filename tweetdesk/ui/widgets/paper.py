"""What the composer is opened with, and the words in which it tells length, price and keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from textual.content import Content

from tweetdesk.domain.commands import Command, face
from tweetdesk.domain.outbox import Act, Attachment
from tweetdesk.domain.posts import Span
from tweetdesk.networks.base import Form, Length, Pictures, Price
from tweetdesk.ui.text import cells, one_line, shortened


@dataclass(frozen=True, slots=True)
class Heading:
    """What is written, as whom, to whom: in little room `me` is cut, and never to whom it goes."""

    text: str
    me: str = ""

    def fit(self, room: int) -> str:
        """The heading in so many cells, as far as cutting `me` helps."""
        over = cells(self.text) - room
        if over <= 0 or not self.me:
            return self.text
        return self.text.replace(self.me, shortened(self.me, max(2, cells(self.me) - over)), 1)


@dataclass(frozen=True, slots=True)
class Offer:
    """A handle or tag that can be taken: the text that goes in ("@ines.example.com"), and whose it is."""

    text: str
    called: str = ""


class Offering(Protocol):
    """Where handles and tags to offer come from; `sign` is "@" or "#", `word` what was typed after it."""

    async def near(self, sign: str, word: str) -> Sequence[Offer]:
        """What is known here, the best first."""

    async def far(self, sign: str, word: str) -> Sequence[Offer]:
        """What the network knows besides; nothing where asking costs money or fails."""


@dataclass(frozen=True, slots=True)
class Paper:
    """An act that needs words, with all that the composer has to know of its network.

    `act` has the draft ("" for none) with its visibility and warning; `answered` is what is being answered, in one
    line; `measure` gets text and warning, `price` the text and its place in the thread (from 0). `save` gets the
    act with everything as it is now, empty while there is nothing to keep; it may raise StoreTrouble, which is
    shown, and tried again at the next change. `sends` says what sending does where that is not sending ("opens
    x.com with this text"). `choosable` is whether another account could do it, `threads` whether further posts can
    follow, `alt_required` whether every picture needs words. `cautions` are sentences to show from the start;
    `second_thought` gives one that has to be confirmed by sending again, "" for none. `offering` completes handles
    and tags. `note` is said beside what the form says.
    """

    act: Act
    heading: Heading
    measure: Callable[[str, str], Length]
    save: Callable[[Act], Awaitable[None]]
    answered: str = ""
    form: Form = field(default_factory=Form)
    spans: Callable[[str], tuple[Span, ...]] = lambda text: ()
    price: Callable[[str, int], Price | None] = lambda text, place: None
    hold_seconds: float = 0.0
    sends: str = ""
    choosable: bool = False
    threads: bool = False
    alt_required: bool = True
    cautions: tuple[str, ...] = ()
    second_thought: Callable[[Act], str] = lambda act: ""
    offering: Offering | None = None
    note: str = ""

    def blank(self, text: str) -> bool:
        """Whether nothing has been written yet: only what the form begins with."""
        return text.strip() in ("", self.form.text.strip())

    @property
    def has_choices(self) -> bool:
        """Whether there is a choice of who sees it, or of a content warning."""
        return self.form.warns or bool(self.form.visibilities)


def money(micros: int) -> str:
    """Micro-dollars as people write them: "$0.20", "$0.015"."""
    whole, _, part = f"{micros / 1_000_000:.6f}".partition(".")
    return f"${int(whole):,}.{part.rstrip('0'):0<2}"


def length_words(length: Length, price: Price | None, place: str = "") -> Content:
    """Which post of a thread, what is left of its length, what it costs: "post 2 of 3 · 220 left · $0.015"."""
    words = f"{-length.left:,} too long" if length.left < 0 else f"{length.left:,} left"
    words = " · ".join(part for part in (place, words, length.why) if part)
    if price is None:
        return Content(words)
    cost = f"{money(price.micros)} {price.why}".rstrip()
    return Content.assemble(f"{words} · ", (cost, "$warning") if price.why else cost)


def setting_words(paper: Paper, visibility: str, language: str, key: str) -> str:
    """Who may see it, where there is a choice, its language, and what the form has to say; "" for nothing."""
    parts = []
    shown = next((words for name, words in paper.form.visibilities if name == visibility), visibility)
    if paper.form.visibilities:
        parts.append(f"visible to: {one_line(shown)}")
    if language and paper.form.languages:
        parts.append(f"in {one_line(language)}")
    if paper.has_choices and key:
        parts.append(f"{face(key)} {'changes' if paper.form.visibilities else 'content warning'}")
    parts += [one_line(note) for note in (paper.form.note, paper.note) if note]
    return " · ".join(parts)


def picture_words(media: Sequence[Attachment], pictures: Pictures | None, key: str) -> str:
    """The pictures by their alt texts, and how many can be: "picture: a cat on a chair (1 of 4)"; "" for none."""
    if not media:
        return ""
    names = " · ".join(one_line(one.alt) or "without words" for one in media)
    most = f" ({len(media)} of {pictures.most})" if pictures else ""
    return f"{'pictures' if len(media) > 1 else 'picture'}{most}: {names} · {face(key)} changes"


def key_words(paper: Paper, commands: Sequence[Command], width: int) -> str:
    """The composer's keys, as many as fit: "Ctrl+s send (held 10 s) · Esc keep the draft · Ctrl+o editor"."""
    there = {"choose_account": paper.choosable, "next_part": paper.threads, "attach": bool(paper.form.pictures)}
    shown = [command for command in commands if command.word and there.get(command.id, True)]
    parts = [f"{face(command.keys[0])} {command.word}" for command in shown]
    told = list(parts)
    for index, command in enumerate(shown):
        if command.id != "send":
            continue
        if paper.sends:
            parts[index] = told[index] = f"{face(command.keys[0])} {paper.sends}"
        elif paper.act.kind.public and paper.hold_seconds:
            told[index] += f" (held {paper.hold_seconds:.0f} s)"
    choices = [
        told,
        *(parts[:count] for count in range(len(parts), 3, -1)),
        told[:3],
        told[:2],
        parts[:2],
        parts[:1],
    ]
    lines = [" · ".join(choice) for choice in choices]
    return next((line for line in lines if cells(line) <= width), shortened(lines[-1], width))
