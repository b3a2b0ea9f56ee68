"""The part of the composer where one chooses who may see a post, and writes its content warning."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tweetdesk.networks.base import Form
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.prompts import PromptInput
from tweetdesk.ui.widgets.writing import typed

_STEPS = {"left": -1, "up": -1, "right": 1, "down": 1}


class Visibilities(Static, can_focus=True):
    """The choices on one line; every key ends here: who writes on chooses nothing, but begins the warning."""

    def __init__(self, press: Callable[[str], bool], write: Callable[[str], None]) -> None:
        super().__init__(id="audience-visible")
        self._press, self._write = press, write

    def on_key(self, event: events.Key) -> None:
        """An answer, a key of the composer, or text."""
        event.stop()
        event.prevent_default()
        if not self._press(event.key) and event.is_printable and event.character:
            self._write(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """A paste is text."""
        event.stop()
        event.prevent_default()
        self._write(event.text)


class Audience(Widget):
    """Hidden until `open`; each change is told at once, so that there is nothing to confirm."""

    DEFAULT_CSS = """
    Audience {
        display: none;
        height: auto;
        padding: 0 1;
        background: $background;
        &.-open { display: block; }
        & #audience-visible { height: auto; max-height: 3; color: $text-muted; }
        & Horizontal { height: 1; }
        & #audience-label { width: auto; color: $warning; }
    }
    """

    def __init__(
        self, press: Callable[[str], bool], changed: Callable[[], None], left: Callable[[], None]
    ) -> None:
        """`press` carries out a key of the composer; `left` is called when one goes back to the text."""
        super().__init__()
        self._outer, self._changed, self._left = press, changed, left
        self._form = Form()
        self.visibility = ""
        self._row = Visibilities(self._press, self._write)
        self._field = PromptInput(self._press)
        self._line = Horizontal(Static(Content("content warning: "), id="audience-label"), self._field)

    def compose(self) -> ComposeResult:
        """Who may see it, and the warning."""
        yield self._row
        yield self._line

    @property
    def is_open(self) -> bool:
        """Whether something is being chosen."""
        return self.has_class("-open")

    @property
    def keys(self) -> str:
        """The keys, for the composer's foot."""
        form = self._form
        keys = ["1 2 … or arrows choose"] if form.visibilities else []
        keys += ["Tab to the warning"] if form.visibilities and form.warns else []
        return " · ".join([*keys, "Esc back to the text"])

    @property
    def warning(self) -> str:
        """The content warning as it is now."""
        return " ".join(typed(self._field.value).split())

    def show(self, form: Form, visibility: str, warning: str) -> None:
        """Begin with these."""
        self.remove_class("-open")
        self._form, self.visibility = form, visibility
        with self.prevent(Input.Changed):
            self._field.value = " ".join(typed(warning).split())
        self._field.cursor_position = len(self._field.value)
        self._row.display, self._line.display = bool(form.visibilities), form.warns
        self._show_row()

    def open(self) -> None:
        """Show the choices and take the keys."""
        self.add_class("-open")
        (self._row if self._form.visibilities else self._field).focus()

    def close(self) -> None:
        """Hide; what was chosen stays."""
        self.remove_class("-open")

    def on_input_changed(self, event: Input.Changed) -> None:
        """The warning is part of the length."""
        event.stop()
        self._changed()

    def _press(self, key: str) -> bool:
        form, writing = self._form, self._field.has_focus
        if key == "escape" or (key == "enter" and (writing or not form.warns)):
            self._left()
        elif key in ("tab", "shift+tab", "enter") or (writing and key in ("up", "down")):
            other: Widget = self._row if writing else self._field
            if other.display and (form.warns if other is self._field else form.visibilities):
                other.focus()
        elif not writing and key in _STEPS:
            self._choose(self._place + _STEPS[key])
        elif not writing and key.isascii() and key.isdigit() and 0 < int(key) <= len(form.visibilities):
            self._choose(int(key) - 1)
        else:
            return self._outer(key)
        return True

    def _write(self, text: str) -> None:
        """Text that was typed at the choices."""
        if self._form.warns:
            self._field.focus()
            self._field.insert_text_at_cursor(" ".join(typed(text).split()) or " ")

    @property
    def _place(self) -> int:
        names = [name for name, _ in self._form.visibilities]
        return names.index(self.visibility) if self.visibility in names else 0

    def _choose(self, place: int) -> None:
        self.visibility = self._form.visibilities[place % len(self._form.visibilities)][0]
        self._show_row()
        self._changed()

    def _show_row(self) -> None:
        parts: list[str | tuple[str, str]] = ["visible to:"]
        for index, (name, words) in enumerate(self._form.visibilities):
            text = f"{index + 1} {clean(words, newlines=False)}"
            parts += ["  ", (f"▸{text}", "bold $accent") if name == self.visibility else f" {text}"]
        self._row.update(Content.assemble(*parts))
