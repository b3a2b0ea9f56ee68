"""What stands above the text in the composer: who writes to whom, the length, what is answered, what to mind."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tweetdesk.ui.text import cells, content, one_line
from tweetdesk.ui.widgets.paper import length_words, picture_words, setting_words
from tweetdesk.ui.widgets.sheet import Sheet

#: The length left turns amber from here on.
NEAR_THE_END = 20
#: On a screen of fewer lines than this there is little room above the text.
SMALL_SCREEN, TINY_SCREEN = 30, 16
#: On a narrower screen the place in a thread is "2/3".
NARROW = 70


class Letterhead(Widget):
    """Lines that show a sheet; each is hidden while it has nothing to say."""

    DEFAULT_CSS = """
    Letterhead {
        height: auto;
        & > Horizontal { height: auto; }
        & #composer-heading { width: 1fr; height: auto; max-height: 2; padding: 0 1; color: $accent; }
        & #composer-length { width: auto; padding: 0 1; color: $text-muted; }
        & #composer-length.-near { color: $warning; }
        & #composer-length.-over { color: $error; text-style: bold; }
        & #composer-answered { height: 1; padding: 0 1; color: $text-muted; }
        & #composer-cautions { height: auto; max-height: 4; padding: 0 1; color: $warning; }
        & #composer-setting { height: auto; max-height: 2; padding: 0 1; color: $text-muted; }
        & #composer-warning { height: auto; max-height: 2; padding: 0 1; color: $warning; }
        & #composer-pictures { height: auto; max-height: 2; padding: 0 1; color: $secondary; }
    }
    """

    def __init__(self, visibility_key: str, picture_key: str) -> None:
        """The keys that change who may see it, and the pictures."""
        super().__init__()
        self._visibility_key, self._picture_key = visibility_key, picture_key
        self._heading = Static(id="composer-heading")
        self._length = Static(id="composer-length")
        self._lines = {
            name: Static(id=f"composer-{name}")
            for name in ("answered", "cautions", "setting", "warning", "pictures")
        }

    def compose(self) -> ComposeResult:
        """Heading and length, then the lines."""
        with Horizontal():
            yield self._heading
            yield self._length
        yield from self._lines.values()

    def show_length(self, sheet: Sheet, warning: str) -> None:
        """How long the post is that is being written, and what all of it costs; the heading has what is left."""
        length, count = sheet.length(warning), len(sheet.parts)
        narrow = self.app.size.width < NARROW
        place = f"{sheet.at + 1}/{count}" if narrow else f"post {sheet.at + 1} of {count}"
        price = sheet.price()
        if narrow and price is not None:  # no room for the reason
            price = replace(price, why="")
        words = length_words(length, price, place if count > 1 else "")
        over, near = length.left < 0, length.left <= NEAR_THE_END
        self._length.update(words)
        self._length.set_class(over, "-over")
        self._length.set_class(near and not over, "-near")
        room = self.app.size.width - cells(words.plain) - 4
        # A line is broken between words: on two lines some cells stay empty.
        self._heading.update(content(sheet.paper.heading.fit(room * 2 - 8), newlines=False))

    def show_setting(
        self, sheet: Sheet, visibility: str, warning: str, cautions: tuple[str, ...], choosing: bool
    ) -> None:
        """Everything else; while one chooses who may see it, that is told by the choices themselves."""
        paper, height = sheet.paper, self.app.size.height
        setting = setting_words(paper, visibility, sheet.language, self._visibility_key)
        pictures = picture_words(sheet.part.media, paper.form.pictures, self._picture_key)
        crowded = (height < SMALL_SCREEN and choosing) or (height < TINY_SCREEN and bool(cautions))
        self._show("answered", "" if crowded else one_line(paper.answered))
        self._show("cautions", "\n".join(one_line(one) for one in cautions[: 1 if height < TINY_SCREEN else 4]))
        self._show("setting", "" if choosing else setting)
        self._show("warning", f"content warning: {one_line(warning)}" if warning and not choosing else "")
        self._show("pictures", "" if choosing else pictures)

    def _show(self, name: str, words: str) -> None:
        """`words` are clean already."""
        self._lines[name].update(Content(words))
        self._lines[name].display = bool(words)
