"""What the composer is opened with, and the words in which it tells length, price and keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from textual.content import Content

from tweetdesk.domain.commands import Command, face
from tweetdesk.domain.outbox import Act
from tweetdesk.domain.posts import Span
from tweetdesk.networks.base import Form, Length, Price
from tweetdesk.ui.text import cells, one_line, shortened


@dataclass(frozen=True, slots=True)
class Paper:
    """An act that needs words, with all that the composer has to know of its network.

    `act` has the draft ("" for none) with its visibility and warning; `answered` is what is being answered, in one
    line; `measure` gets text and warning, `price` the text. `save` gets the act with everything as it is now, its
    text "" while there is nothing to keep; it may raise StoreTrouble, which is shown, and tried again at the next
    change. `sends` says what sending does where that is not sending ("opens x.com with this text"). `choosable` is
    whether another account could do it.
    """

    act: Act
    heading: str
    measure: Callable[[str, str], Length]
    save: Callable[[Act], Awaitable[None]]
    answered: str = ""
    form: Form = field(default_factory=Form)
    spans: Callable[[str], tuple[Span, ...]] = lambda text: ()
    price: Callable[[str], Price | None] = lambda text: None
    hold_seconds: float = 0.0
    sends: str = ""
    choosable: bool = False

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


def length_words(length: Length, price: Price | None) -> Content:
    """What is left of the length, and what it costs: "220 left · $0.015"."""
    words = f"{-length.left:,} too long" if length.left < 0 else f"{length.left:,} left"
    if length.why:
        words += f" · {length.why}"
    if price is None:
        return Content(words)
    cost = f"{money(price.micros)} {price.why}".rstrip()
    return Content.assemble(f"{words} · ", (cost, "$warning") if price.why else cost)


def setting_words(paper: Paper, visibility: str, key: str) -> str:
    """Who may see it, where there is a choice, and what the form has to say; "" for nothing."""
    parts = []
    shown = next((words for name, words in paper.form.visibilities if name == visibility), visibility)
    if paper.form.visibilities:
        parts.append(f"visible to: {one_line(shown)}")
    if paper.has_choices and key:
        parts.append(f"{face(key)} {'changes' if parts else 'content warning'}")
    if paper.form.note:
        parts.append(one_line(paper.form.note))
    return " · ".join(parts)


def key_words(paper: Paper, commands: Sequence[Command], width: int) -> str:
    """The composer's keys, as many as fit: "Ctrl+s send (held 10 s) · Esc keep the draft · Ctrl+o editor"."""
    absent = set() if paper.choosable else {"choose_account"}
    shown = [command for command in commands if command.word and command.id not in absent]
    parts = [f"{face(command.keys[0])} {command.word}" for command in shown]
    told = list(parts)
    for index, command in enumerate(shown):
        if command.id != "send":
            continue
        if paper.sends:
            parts[index] = told[index] = f"{face(command.keys[0])} {paper.sends}"
        elif paper.act.kind.public and paper.hold_seconds:
            told[index] += f" (held {paper.hold_seconds:.0f} s)"
    choices = [told, parts, told[:3], told[:2], parts[:2], parts[:1]]
    lines = [" · ".join(choice) for choice in choices]
    return next((line for line in lines if cells(line) <= width), shortened(lines[-1], width))
