"""The composer: where a text is written; it names the account and what is answered, and loses nothing."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

from textual.app import ComposeResult, SuspendNotSupported
from textual.await_complete import AwaitComplete
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static, TextArea

from tweetdesk.domain.commands import COMMANDS, Command
from tweetdesk.domain.outbox import Act
from tweetdesk.ui.editor import EditorTrouble, aside, edit, editor_command
from tweetdesk.ui.keeping import SAVE_AFTER, Keeper
from tweetdesk.ui.text import content, one_line
from tweetdesk.ui.widgets.audience import Audience
from tweetdesk.ui.widgets.paper import Paper, key_words, length_words, setting_words
from tweetdesk.ui.widgets.writing import Writing, typed

#: Lines of text: at least, at most, and at most on a screen of fewer than `SMALL_SCREEN` lines.
FEWEST_LINES, MOST_LINES, MOST_LINES_SMALL, SMALL_SCREEN = 3, 8, 3, 30
#: The length left turns amber from here on.
NEAR_THE_END = 20
#: Texts longer than this are measured when typing pauses (seconds), not at every key.
LONG_TEXT, MEASURE_AFTER = 4000, 0.15

EMPTY = "There is nothing to send yet."
NO_CHOICES = "Here everybody sees it, and there are no content warnings."
ONE_ACCOUNT = "No other account of yours can do this."


class Composer(Widget):
    """Hidden until `open`; then three to eight lines to write in, over the whole width.

    The draft is saved shortly after each change, when the focus leaves, and when the composer closes, except
    after a successful send and after the draft was thrown away.
    """

    DEFAULT_CSS = """
    Composer {
        display: none;
        height: auto;
        border-top: solid $secondary 40%;
        background: $background;
        &.-open { display: block; }
        & > Horizontal { height: auto; }
        & #composer-heading { width: 1fr; height: auto; max-height: 2; padding: 0 1; color: $accent; }
        & #composer-length { width: auto; padding: 0 1; color: $text-muted; }
        & #composer-length.-near { color: $warning; }
        & #composer-length.-over { color: $error; text-style: bold; }
        & #composer-answered { height: 1; padding: 0 1; color: $text-muted; }
        & #composer-setting { height: auto; max-height: 2; padding: 0 1; color: $text-muted; }
        & #composer-warning { height: auto; max-height: 2; padding: 0 1; color: $warning; }
        & #composer-foot { height: auto; max-height: 2; padding: 0 1; color: $text-muted; text-align: right; }
        & #composer-foot.-trouble { color: $error; text-align: left; }
        & #composer-foot.-hint { color: $warning; text-align: left; }
    }
    """

    class Send(Message):
        """The user wants this act sent; the composer stays until `close` or `refuse`."""

        def __init__(self, act: Act) -> None:
            super().__init__()
            self.act = act

    class Closed(Message):
        """The composer was left without sending; the draft is kept (unless `text` is blank)."""

        def __init__(self, act: Act, text: str) -> None:
            super().__init__()
            self.act, self.text = act, text

    class Discard(Message):
        """The user wants the draft thrown away: ask, delete it, and `close`."""

        def __init__(self, act: Act) -> None:
            super().__init__()
            self.act = act

    class ChooseAccount(Message):
        """The user wants another account for this act: ask, and `close` and `open` with it."""

        def __init__(self, act: Act) -> None:
            super().__init__()
            self.act = act

    def __init__(self, commands: Sequence[Command] = COMMANDS, *, save_after: float = SAVE_AFTER) -> None:
        """`commands` is the command table with the user's keys; `save_after` in seconds."""
        super().__init__()
        self._commands = [command for command in commands if command.place == "compose"]
        self._keys = {key: command.id for command in self._commands for key in command.keys}
        self._save_after = save_after
        self._paper: Paper | None = None
        self._keeper: Keeper[Act] | None = None
        self._sending = self._discarding = False
        self._trouble = self._hint = ""
        self._measuring: Timer | None = None
        self._focus_before: Widget | None = None
        self._heading = Static(id="composer-heading")
        self._length = Static(id="composer-length")
        self._answered = Static(id="composer-answered")
        self._setting = Static(id="composer-setting")
        self._audience = Audience(self._press, self._chosen, self._back_to_text)
        self._warning = Static(id="composer-warning")
        self._writing = Writing(self._press)
        self._foot = Static(id="composer-foot")

    def compose(self) -> ComposeResult:
        """Heading and length, what is answered, who may see it, the warning, the text, the keys."""
        with Horizontal():
            yield self._heading
            yield self._length
        yield self._answered
        yield self._setting
        yield self._audience
        yield self._warning
        yield self._writing
        yield self._foot

    # -- for the owner -------------------------------------------------------------------------------------------
    @property
    def is_open(self) -> bool:
        """Whether something is being written."""
        return self._paper is not None

    @property
    def act(self) -> Act | None:
        """The act being written, with text, visibility and warning as they are now; None when closed."""
        if self._paper is None:
            return None
        chosen = self._audience
        return replace(
            self._paper.act, text=self._writing.text, visibility=chosen.visibility, warning=chosen.warning
        )

    def open(self, paper: Paper) -> None:
        """Show the composer for an act and give it the focus. What was being written before is saved first."""
        if self._keeper is not None and not self._sending:
            self._keeper.save_now()
        elif not self.is_open:
            self._focus_before = self.screen.focused
        self._paper = None
        self._sending = self._discarding = False
        self._trouble = self._hint = ""
        self._heading.update(content(paper.heading, newlines=False))
        self._answered.update(content(one_line(paper.answered)))
        self._audience.show(paper.form, paper.act.visibility, paper.act.warning)
        self._writing.find_spans = paper.spans
        self._writing.read_only = False
        self._writing.load_text(typed(paper.act.text or paper.form.text))
        self._writing.move_cursor(self._writing.document.end)
        self._paper = paper
        self._keeper = Keeper(paper.act, paper.save, self._show_trouble, self._save_after)
        self.add_class("-open")
        self._show_setting()
        self._show_length()
        self._fit()
        self._writing.focus()

    def close(self, keep: bool = True) -> AwaitComplete:
        """Hide the composer and give the focus back; may be awaited until the draft is saved.

        Nothing is saved after Send (the outbox has the text), after Discard, and with `keep=False`.
        """
        keeper, keep = self._keeper, keep and not (self._sending or self._discarding)
        self._paper = self._keeper = None
        self._stop_measuring()
        self._writing.find_spans = lambda text: ()
        self._give_focus_back()
        self._audience.close()
        self.remove_class("-open")
        self._writing.load_text("")
        self._writing.hand_on()
        ending: Coroutine[Any, Any, Any] | None = None
        if keeper is not None:
            ending = keeper.flush() if keep else keeper.stop()
        return AwaitComplete(*([ending] if ending else []))

    def tell(self, sentence: str) -> None:
        """A sentence about what is being written, until the next key."""
        self._show_hint(sentence)

    def refuse(self, sentence: str) -> None:
        """After Send: it could not be sent, for this reason; go on writing."""
        self._sending = False
        self._writing.typed_after.clear()  # they were meant for the desk
        self._writing.read_only = False
        self._show_trouble(sentence)

    async def keep(self) -> bool:
        """Save the draft now, if there is one; whether the store has it."""
        return await self._keeper.flush() if self._keeper and not self._sending else True

    async def unsaved(self) -> bool:
        """Save the draft now; True if that failed, so that it would be lost by leaving."""
        return not await self.keep()

    # -- typing --------------------------------------------------------------------------------------------------
    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep the draft, tell the length, and take the lines that the text needs."""
        event.stop()
        self._fit()
        self._changed()

    def _changed(self) -> None:
        """Text, visibility or warning changed."""
        if self._keeper is None:
            return
        self._keeper.changed(self._kept())
        self._hint = ""
        if self._keeper.saved:
            self._trouble = ""
        self._stop_measuring()
        if len(self._writing.text) > LONG_TEXT:
            self._measuring = self.set_timer(MEASURE_AFTER, self._show_length)
        else:
            self._show_length()
        self._show_foot()

    def _kept(self) -> Act:
        """The draft: without a text while nothing has been written."""
        act, paper = self.act, self._paper
        assert act is not None
        assert paper is not None
        return replace(act, text="") if paper.blank(act.text) else act

    def _chosen(self) -> None:
        """Another visibility, or a letter of the warning."""
        self._show_setting()
        self._changed()

    def _back_to_text(self) -> None:
        self._audience.close()
        self._fit()
        self._show_setting()
        self._show_foot()
        self._writing.focus()

    def on_descendant_blur(self) -> None:
        """Whatever takes the focus away: the text is safe."""
        if self._keeper is not None and not (self._sending or self._discarding):
            self._keeper.save_now()

    async def on_unmount(self) -> None:
        """The screen goes away: the text is safe."""
        self._stop_measuring()
        if not self._discarding:
            await self.keep()

    def on_resize(self) -> None:
        """Fewer lines on a small screen; the keys that fit."""
        self._fit()
        self._show_foot()

    # -- keys ----------------------------------------------------------------------------------------------------
    def _press(self, key: str) -> bool:
        """Carry out a key of the composer; whether it was one."""
        self._discarding = False
        command = self._keys.get(key)
        act = self.act
        if command is None or act is None:
            return False
        match command:
            case "send":
                self._send(act)
            case "keep_draft":
                text = self._kept().text
                self.close()
                self.post_message(self.Closed(act, text))
            case "discard":
                self._discarding = True
                self.post_message(self.Discard(act))
            case "editor":
                self.run_worker(self._edit(), group="editor", exclusive=True)
            case "visibility":
                self._choose_audience()
            case "choose_account":
                self._choose_account(act)
        return True

    def _choose_audience(self) -> None:
        assert self._paper is not None
        if self._audience.is_open:
            self._back_to_text()
        elif self._paper.has_choices:
            self._audience.open()
            self._fit()
            self._show_setting()
            self._show_foot()
        else:
            self._show_hint(NO_CHOICES)

    def _choose_account(self, act: Act) -> None:
        assert self._paper is not None
        if self._paper.choosable:
            self.post_message(self.ChooseAccount(act))
        else:
            self._show_hint(ONE_ACCOUNT)

    def _send(self, act: Act) -> None:
        assert self._paper is not None
        if self._paper.blank(act.text):
            self._show_hint(EMPTY)
            return
        length = self._paper.measure(act.text, act.warning)
        if length.left < 0:
            self._show_length()
            self._show_hint(f"This is {-length.left} too long to be sent.")
            return
        if self._audience.is_open:
            self._back_to_text()
        self._sending = self._writing.read_only = True
        self._show_hint("" if self._paper.hold_seconds or self._paper.sends else "Sending …")
        self.run_worker(self._hand_over(act), group="send")

    async def _hand_over(self, act: Act) -> None:
        """No save may come after the outbox has deleted the draft: let the last one end first."""
        if self._keeper is not None:
            await self._keeper.flush()
        self.post_message(self.Send(act))

    async def _edit(self) -> None:
        """Write in the user's own editor."""
        try:
            command = editor_command(os.environ)
            await self.keep()
            text = await aside(self.app, lambda: edit(self._writing.text, command))
        except SuspendNotSupported:
            self._show_hint("The editor cannot be opened in this terminal.")
        except EditorTrouble as error:
            self._show_hint(str(error))
        else:
            if typed(text) != self._writing.text:
                self._writing.replace(typed(text), (0, 0), self._writing.document.end)
                self._writing.move_cursor(self._writing.document.end)

    # -- showing -------------------------------------------------------------------------------------------------
    def _fit(self) -> None:
        most = MOST_LINES_SMALL if self.app.size.height < SMALL_SCREEN else MOST_LINES
        lines = max(FEWEST_LINES, min(most, self._writing.wrapped_document.height))
        if self._audience.is_open and most == MOST_LINES_SMALL:
            lines = 1  # what is being chosen needs the room
        if self._writing.styles.height is None or self._writing.styles.height.value != lines:
            self._writing.styles.height = lines

    def _show_length(self) -> None:
        act, paper = self.act, self._paper
        if act is None or paper is None:
            return
        length = paper.measure(act.text, act.warning)
        over, near = length.left < 0, length.left <= NEAR_THE_END
        self._length.update(length_words(length, paper.price(act.text)))
        self._length.set_class(over, "-over")
        self._length.set_class(near and not over, "-near")

    def _show_setting(self) -> None:
        """Who may see it, and the content warning above the text; nothing where the network has neither."""
        act, paper, choosing = self.act, self._paper, self._audience.is_open
        if act is None or paper is None:
            return
        keys = next((command.keys for command in self._commands if command.id == "visibility"), ("",))
        words = setting_words(paper, act.visibility, keys[0])
        self._setting.update(Content(words))
        self._setting.display = bool(words) and not choosing
        self._warning.update(content(f"content warning: {act.warning}", newlines=False))
        self._warning.display = bool(act.warning) and not choosing
        small = self.app.size.height < SMALL_SCREEN
        self._answered.display = bool(paper.answered) and not (choosing and small)

    def _show_trouble(self, sentence: str) -> None:
        self._trouble = sentence
        self._show_foot()

    def _show_hint(self, sentence: str) -> None:
        self._hint = sentence
        self._show_foot()

    def _show_foot(self) -> None:
        if not self.is_open:
            return
        self._foot.set_class(bool(self._trouble), "-trouble")
        self._foot.set_class(bool(self._hint) and not self._trouble, "-hint")
        assert self._paper is not None
        words = self._trouble or self._hint
        keys = key_words(self._paper, self._commands, self.size.width - 2)
        if self._audience.is_open:
            keys = self._audience.keys
        self._foot.update(content(words) if words else Content(keys))

    def _stop_measuring(self) -> None:
        if self._measuring is not None:
            self._measuring.stop()
            self._measuring = None

    def _give_focus_back(self) -> None:
        before, self._focus_before = self._focus_before, None
        if (focused := self.screen.focused) is not None and self in focused.ancestors:
            self.screen.set_focus(before if before is not None and before.is_attached else None)
