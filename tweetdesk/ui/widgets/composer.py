"""The composer: where a text is written; it names the account and what is answered, and loses nothing."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.widget import Widget
from textual.widgets import TextArea

from tweetdesk.domain.commands import COMMANDS, Command, face
from tweetdesk.domain.drafting import BETWEEN
from tweetdesk.domain.outbox import Act, Attachment
from tweetdesk.ui.editor import EditorTrouble, written_in_editor
from tweetdesk.ui.keeping import SAVE_AFTER, Keeper
from tweetdesk.ui.widgets.paper import Paper
from tweetdesk.ui.widgets.sheet import Sheet
from tweetdesk.ui.widgets.writing import typed
from tweetdesk.ui.widgets.writing_desk import WritingDesk

NO_CHOICES = "Here everybody sees it, and there are no content warnings."
ONE_ACCOUNT = "No other account of yours can do this."
NO_LANGUAGE = "Here a post does not say its language."
NO_THREAD = "This is one text: no other can follow it."
FIRST_PART = "This is the first post."


class Composer(WritingDesk):
    """Hidden until `open`; then three to eight lines to write in, over the whole width.

    The draft is saved shortly after each change, when the focus leaves, and when the composer closes, except
    after a successful send and after the draft was thrown away.
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
        super().__init__([command for command in commands if command.place == "compose"])
        self._save_after = save_after
        self._keeper: Keeper[Act] | None = None
        self._sending = self._discarding = False
        self._last: Act | None = None
        self._thought_twice: tuple[Act, datetime | None] | None = None
        self._focus_before: Widget | None = None

    # -- for the owner -------------------------------------------------------------------------------------------
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
        self._show_length_soon()
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

    def on_descendant_blur(self) -> None:
        """Whatever takes the focus away: the text is safe."""
        if self._keeper is not None and not (self._sending or self._discarding):
            self._keeper.save_now()

    async def on_unmount(self) -> None:
        """The screen goes away: the text is safe."""
        self._stop_measuring()
        if not self._discarding:
            await self.keep()

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

    def _give_focus_back(self) -> None:
        before, self._focus_before = self._focus_before, None
        if (focused := self.screen.focused) is not None and self in focused.ancestors:
            self.screen.set_focus(before if before is not None and before.is_attached else None)
