"""The composer: where a text is written; it names the account and what is answered, and loses nothing."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea

from tweetdesk.domain.commands import COMMANDS, Command, face
from tweetdesk.domain.drafting import BETWEEN
from tweetdesk.domain.outbox import Act, Attachment
from tweetdesk.ui.editor import EditorTrouble, written_in_editor
from tweetdesk.ui.keeping import SAVE_AFTER, Keeper
from tweetdesk.ui.widgets.audience import Audience
from tweetdesk.ui.widgets.foot import Foot
from tweetdesk.ui.widgets.letterhead import SMALL_SCREEN, Letterhead
from tweetdesk.ui.widgets.offers import Offers
from tweetdesk.ui.widgets.paper import Paper
from tweetdesk.ui.widgets.sheet import Sheet
from tweetdesk.ui.widgets.writing import Writing, typed

#: Lines of text: at least, at most, and at most on a screen of fewer than `SMALL_SCREEN` lines.
FEWEST_LINES, MOST_LINES, MOST_LINES_SMALL = 3, 8, 3
#: Texts longer than this are measured when typing pauses (seconds), not at every key.
LONG_TEXT, MEASURE_AFTER = 4000, 0.15

NO_CHOICES = "Here everybody sees it, and there are no content warnings."
ONE_ACCOUNT = "No other account of yours can do this."
NO_LANGUAGE = "Here a post does not say its language."
NO_THREAD = "This is one text: no other can follow it."
FIRST_PART = "This is the first post."


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
    }
    """

    class Send(Message):
        """The user wants this act sent, at a time or now; the composer stays until `close` or `refuse`."""

        def __init__(self, act: Act, at: datetime | None = None) -> None:
            super().__init__()
            self.act, self.at = act, at

    class Closed(Message):
        """The composer was left without sending; the draft is kept (unless `act` is empty)."""

        def __init__(self, act: Act) -> None:
            super().__init__()
            self.act = act

    class Ask(Message):
        """A command for which something has to be asked first: discard, choose_account, attach, language ..."""

        def __init__(self, command: str, act: Act) -> None:
            super().__init__()
            self.command, self.act = command, act

    def __init__(self, commands: Sequence[Command] = COMMANDS, *, save_after: float = SAVE_AFTER) -> None:
        """`commands` is the command table with the user's keys; `save_after` in seconds."""
        super().__init__()
        commands = [command for command in commands if command.place == "compose"]
        self._keys = {key: command.id for command in commands for key in command.keys}
        self._first_keys = {command.id: next(iter(command.keys), "") for command in commands}
        self._save_after = save_after
        self._sheet: Sheet | None = None
        self._keeper: Keeper[Act] | None = None
        self._sending = self._discarding = False
        self._cautions: tuple[str, ...] = ()
        self._last: Act | None = None
        self._thought_twice: tuple[Act, datetime | None] | None = None
        self._measuring: Timer | None = None
        self._focus_before: Widget | None = None
        self._head = Letterhead(self._first_keys.get("visibility", ""), self._first_keys.get("attach", ""))
        self._audience = Audience(self._press, self._chosen, self._back_to_text)
        self._writing = Writing(self._press)
        self._offers = Offers(self._writing)
        self._foot = Foot(commands)

    def compose(self) -> ComposeResult:
        """What stands above the text, who may see it, the text, what is offered, the keys."""
        yield self._head
        yield self._audience
        yield self._writing
        yield self._offers
        yield self._foot

    # -- for the owner -------------------------------------------------------------------------------------------
    @property
    def is_open(self) -> bool:
        """Whether something is being written."""
        return self._sheet is not None

    @property
    def act(self) -> Act | None:
        """The act being written, with everything as it is now; None when closed."""
        if self._sheet is None:
            return None
        self._sheet.write(self._writing.text)
        return self._sheet.act(self._audience.visibility, self._audience.warning)

    @property
    def media(self) -> tuple[Attachment, ...]:
        """The pictures of the post that is being written."""
        return self._sheet.part.media if self._sheet else ()

    def open(self, paper: Paper) -> None:
        """Show the composer for an act and give it the focus. What was being written before is saved first."""
        if self._keeper is not None and not self._sending:
            self._keeper.save_now()
        elif not self.is_open:
            self._focus_before = self.screen.focused
        self._sheet = None
        self._sending = self._discarding = False
        self._foot.trouble = self._foot.hint = ""
        self._cautions, self._thought_twice = paper.cautions, None
        self._audience.show(paper.form, paper.act.visibility, paper.act.warning)
        self._writing.find_spans = paper.spans
        self._writing.read_only = False
        self._offers.source = paper.offering
        sheet = Sheet(paper)
        self._writing.load_text(sheet.part.text)
        self._writing.move_cursor(self._writing.document.end)
        self._sheet = sheet
        self._last = self._kept()
        self._keeper = Keeper(paper.act, paper.save, self._show_trouble, self._save_after)
        self.add_class("-open")
        self._show_all()
        self._writing.focus()

    def close(self, keep: bool = True) -> AwaitComplete:
        """Hide the composer and give the focus back; may be awaited until the draft is saved.

        Nothing is saved after Send (the outbox has the text), after Discard, and with `keep=False`.
        """
        keeper, keep = self._keeper, keep and not (self._sending or self._discarding)
        self._sheet = self._keeper = None
        self._stop_measuring()
        self._writing.find_spans = lambda text: ()
        self._offers.source = None
        self._offers.hide()
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
        self._foot.hint = sentence
        self._show_foot()

    def caution(self, sentence: str) -> None:
        """Something to mind that was found out while one writes."""
        if sentence not in self._cautions:
            self._cautions = (*self._cautions, sentence)
            self._show_setting()

    def attach(self, media: Sequence[Attachment]) -> None:
        """The post that is being written has these pictures now."""
        if self._sheet is not None:
            self._sheet.attach(media)
            self._chosen()

    def set_language(self, language: str) -> None:
        """The posts are in this language (a BCP 47 tag; "" for the usual one)."""
        if self._sheet is not None:
            self._sheet.language = language
            self._chosen()

    def refuse(self, sentence: str) -> None:
        """After Send: it could not be sent, for this reason; go on writing."""
        self._sending = False
        self._writing.typed_after.clear()  # they were meant for the desk
        self._writing.read_only = False
        self._show_trouble(sentence)

    async def keep(self) -> bool:
        """Save the draft now, if there is one; whether the store has it."""
        return await self._keeper.flush() if self._keeper and not self._sending else True

    # -- typing --------------------------------------------------------------------------------------------------
    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep the draft, tell the length, and take the lines that the text needs."""
        event.stop()
        self._fit()
        self._changed()
        self._offers.look()

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        """The cursor is elsewhere: other words can be completed."""
        event.stop()
        self._offers.look()

    def _changed(self) -> None:
        """Text, pictures, visibility, warning or language changed."""
        if self._keeper is None:
            return
        kept = self._kept()
        self._keeper.changed(kept)
        if kept != self._last:
            self._last, self._foot.hint = kept, ""
        if self._keeper.saved:
            self._foot.trouble = ""
        self._stop_measuring()
        if len(self._writing.text) > LONG_TEXT:
            self._measuring = self.set_timer(MEASURE_AFTER, self._show_length)
        else:
            self._show_length()
        self._show_foot()

    def _kept(self) -> Act:
        """The draft: empty while nothing has been written."""
        act = self.act
        assert act is not None
        assert self._sheet is not None
        return self._sheet.kept(act)

    def _chosen(self) -> None:
        """Another visibility, picture or language, or a letter of the warning."""
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
        self._show_all()

    # -- keys ----------------------------------------------------------------------------------------------------
    def _press(self, key: str) -> bool:
        """Carry out a key of the composer; whether it was one."""
        self._discarding = False
        command, act, sheet = self._keys.get(key), self.act, self._sheet
        if act is None or sheet is None:
            return False
        if key == "ctrl+z" and sheet.join_again():
            self._show_part()
            return True
        match command:
            case None:
                return False
            case "send":
                self.send()
            case "keep_draft":
                if not self._offers.hide():
                    kept = self._kept()
                    self.close()
                    self.post_message(self.Closed(kept))
            case "editor":
                self.run_worker(self._edit(), group="editor", exclusive=True)
            case "visibility":
                self._choose_audience(sheet.paper)
            case "next_part":
                self._next_part(sheet, act)
            case "previous_part":
                self._show_part() if sheet.step(-1) else self.tell(FIRST_PART)
            case "complete":
                return self._offers.take()
            case "choose_account" if not sheet.paper.choosable:
                self.tell(ONE_ACCOUNT)
            case "language" if not sheet.paper.form.languages:
                self.tell(NO_LANGUAGE)
            case _:
                self._discarding = command == "discard"
                self.post_message(self.Ask(command, act))
        return True

    def _choose_audience(self, paper: Paper) -> None:
        if self._audience.is_open:
            self._back_to_text()
        elif paper.has_choices:
            self._audience.open()
            self._fit()
            self._show_setting()
            self._show_foot()
        else:
            self.tell(NO_CHOICES)

    def _next_part(self, sheet: Sheet, act: Act) -> None:
        """The next post of the thread; a new one after the last; and several posts of one that is too long."""
        why, said = "", ""
        if not sheet.paper.threads:
            why = NO_THREAD
        elif sheet.length(act.warning).left < 0:
            before = len(sheet.parts)
            why = sheet.split(act.warning)
            said = f"Split into {len(sheet.parts) - before + 1} posts · Ctrl+z puts them together again"
        elif not sheet.step(1):
            why = sheet.add()
        if not why:
            self._show_part()
        self.tell(why or said)

    def _show_part(self) -> None:
        """The post of the sheet that is being written, with the cursor at its end."""
        assert self._sheet is not None
        self._audience.close()
        self._writing.load_text(self._sheet.part.text)
        self._writing.move_cursor(self._writing.document.end)
        self._last = self._kept()
        self._show_all()
        self._writing.focus()

    def send(self, at: datetime | None = None) -> None:
        """Send it, now or at a time, unless there is a reason not to: then that is told."""
        act, sheet = self.act, self._sheet
        if act is None or sheet is None or self._sending:
            return
        here = sheet.at
        if why := sheet.refusal(act):
            if sheet.at != here:
                self._show_part()
            self._show_length()
            self.tell(why)
            return
        act = self._kept()
        act = replace(act, text=act.text or sheet.parts[0].text)
        if self._thought_twice is not None and self._thought_twice[0] == act:
            at = at or self._thought_twice[1]  # the time that was chosen before the second thought
        elif why := sheet.paper.second_thought(act):
            self._thought_twice = act, at
            self.tell(f"{why} {face(self._first_keys.get('send', ''))} again sends it all the same.")
            return
        if self._audience.is_open:
            self._back_to_text()
        self._offers.hide()
        self._sending = self._writing.read_only = True
        self.tell("" if sheet.paper.hold_seconds or sheet.paper.sends or at else "Sending …")
        self.run_worker(self._hand_over(act, at), group="send")

    async def _hand_over(self, act: Act, at: datetime | None) -> None:
        """No save may come after the outbox has deleted the draft: let the last one end first."""
        if self._keeper is not None:
            await self._keeper.flush()
        self.post_message(self.Send(act, at))

    async def _edit(self) -> None:
        """Write in the user's own editor; the posts of a thread with a line `---` between them."""
        act, sheet = self.act, self._sheet
        if act is None or sheet is None:
            return
        before = sheet.text_for_editor()
        await self.keep()
        try:
            text = typed(await written_in_editor(self.app, before, os.environ))
        except EditorTrouble as error:
            self.tell(str(error))
            return
        if sheet is not self._sheet or text == before:
            return
        if len(sheet.parts) > 1 or BETWEEN in text:
            sheet.take_edited(text)
            self._show_part()
            self._changed()
        else:  # can be undone in the text area
            self._writing.replace(text, (0, 0), self._writing.document.end)
            self._writing.move_cursor(self._writing.document.end)

    # -- showing -------------------------------------------------------------------------------------------------
    def _show_all(self) -> None:
        self._fit()
        self._show_setting()
        self._show_length()
        self._show_foot()

    def _fit(self) -> None:
        most = MOST_LINES_SMALL if self.app.size.height < SMALL_SCREEN else MOST_LINES
        lines = max(FEWEST_LINES, min(most, self._writing.wrapped_document.height))
        if self._audience.is_open and most == MOST_LINES_SMALL:
            lines = 1  # what is being chosen needs the room
        self._writing.take_lines(lines)

    def _show_length(self) -> None:
        act, sheet = self.act, self._sheet
        if act is None or sheet is None:
            return
        self._head.show_length(sheet, act.warning)
        if sheet.paper.threads and not self._foot.hint and sheet.length(act.warning).left < 0:
            key = face(self._first_keys.get("next_part", ""))
            self.tell(f"Too long for one post: {key} splits it into a thread.")

    def _show_setting(self) -> None:
        """Who may see it, the content warning, the pictures, what to mind; nothing where there is none."""
        act, sheet = self.act, self._sheet
        if act is not None and sheet is not None:
            choosing = self._audience.is_open
            self._head.show_setting(sheet, act.visibility, act.warning, self._cautions, choosing)

    def _show_trouble(self, sentence: str) -> None:
        self._foot.trouble = sentence
        self._show_foot()

    def _show_foot(self) -> None:
        if self._sheet is not None:
            self._foot.show(self._sheet.paper, self._audience.keys if self._audience.is_open else "")

    def _stop_measuring(self) -> None:
        if self._measuring is not None:
            self._measuring.stop()
            self._measuring = None

    def _give_focus_back(self) -> None:
        before, self._focus_before = self._focus_before, None
        if (focused := self.screen.focused) is not None and self in focused.ancestors:
            self.screen.set_focus(before if before is not None and before.is_attached else None)
