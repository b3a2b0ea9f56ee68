"""The command table: every key of the desk; bindings, footer, help, palette and documentation come from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

#: How a key is written for people, where Textual's name is not the key's own face.
FACES = {
    "space": "Space", "enter": "Enter", "escape": "Esc", "backspace": "Backspace", "tab": "Tab",
    "shift+tab": "Shift+Tab", "down": "Down", "up": "Up", "left": "Left", "right": "Right",
    "pagedown": "PgDn", "pageup": "PgUp", "home": "Home", "end": "End", "delete": "Del",
    "left_square_bracket": "[", "right_square_bracket": "]", "less_than_sign": "<",
    "greater_than_sign": ">", "minus": "-", "plus": "+", "equals_sign": "=", "slash": "/",
    "semicolon": ";", "colon": ":", "question_mark": "?", "full_stop": ".", "comma": ",",
    "number_sign": "#", "ampersand": "&", "exclamation_mark": "!", "asterisk": "*", "at": "@",
}  # fmt: skip


def face(key: str) -> str:
    """A key as people write it: "Ctrl+s", "[", "g m"."""
    if key.startswith("ctrl+"):
        return "Ctrl+" + key.removeprefix("ctrl+")
    return " ".join(FACES.get(part, part) for part in key.split(" "))


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a key does.

    `id` names it (the action of that name carries it out); `keys` are Textual's names of its keys, a chord with a
    space ("g m"), () where only the palette has it; `place` is where it applies: desk, compose, conversation, dialog; `needs` says what must be
    selected: "", item, post (not a direct message), column. `word` is its one word in the footer, "" for none.
    """

    id: str
    title: str
    help: str
    category: str
    keys: tuple[str, ...]
    place: str = "desk"
    needs: str = ""
    word: str = ""


def _desk(category: str, needs: str, *rows: tuple[str, str, str, str, str]) -> tuple[Command, ...]:
    return tuple(
        Command(name, title, text, category, tuple(filter(None, keys.split(", "))), "desk", needs, word)
        for keys, name, title, text, word in rows
    )


MOVE, TRIAGE, TRASH, PEOPLE, COLUMNS, APP, GO = (
    "Moving", "Triage", "Staying away from trash", "People", "Columns and layouts", "The desk", "Going to"
)  # fmt: skip
COMPOSE, CONVERSATION, DIALOG = "Writing", "Conversation", "Questions"

COMMANDS: tuple[Command, ...] = (
    *_desk(
        MOVE, "",
        ("j, down", "next_item", "Next item", "to the next item; a long one is read to its end first", ""),
        ("k, up", "previous_item", "Previous item", "to the item before", ""),
        ("h, left, shift+tab", "column_left", "Column left", "to the column at the left", ""),
        ("l, right, tab", "column_right", "Column right", "to the column at the right", ""),
        ("space, pagedown", "page_down", "Page down", "a screenful on", ""),
        ("pageup", "page_up", "Page up", "a screenful back", ""),
        ("ctrl+d", "half_page_down", "Half page down", "half a screenful on", ""),
        ("ctrl+u", "half_page_up", "Half page up", "half a screenful back", ""),
        ("g g, home", "first_item", "First item", "to the oldest item", ""),
        ("G, end", "last_item", "Newest item", "to the newest item; what waits behind the \"new\" mark is shown", ""),
        ("1, 2, 3, 4, 5, 6, 7, 8, 9", "column_number", "Column by number", "to the column of that number", ""),
        ("0", "last_column", "Last column", "to the last column", ""),
        ("enter", "open_conversation", "Open conversation", "the whole conversation with this post in its place", ""),
        ("escape, backspace", "back", "Back", "close what is open, end a filter", ""),
    ),
    *_desk(
        TRIAGE, "item",
        ("r", "reply", "Reply", "answer the author; the text is held ten seconds, z takes it back", "reply"),
        ("R", "reply_all", "Reply to all", "answer everybody who is named in the post", ""),
        ("e", "followed_up", "Followed up", "done with it; on to the next", "followed up"),
        ("b", "snooze", "Snooze", "out of sight until later: asks until when", "later"),
        ("w", "waiting", "Waiting", "out of sight, and back if they stay silent: asks for how long", ""),
        ("x", "select", "Select", "mark it; e, b, w and u then act on all that is marked; again unmarks it", ""),
        ("X", "select_to", "Select down to here", "mark everything from the last marked one to here", ""),
        ("u", "reopen", "Back to open", "it waits for you again", ""),
        ("y", "yank_link", "Copy the link", "the address of the post to the clipboard", ""),
        ("Y", "yank_text", "Copy the text", "the text of the post to the clipboard", ""),
        ("full_stop", "act_menu", "Every act", "all acts on this item, each with what the network allows and its price", ""),
        ("o", "open_links", "Open its links", "the links of the post in the browser; only http and https", ""),
        ("v", "view_in_browser", "View in the browser", "the post on its network's own page", ""),
        ("d", "message", "Direct message", "write to the author privately", ""),
    ),
    *_desk(
        TRIAGE, "post",
        ("t", "repost", "Repost", "show it to those who follow you; again takes it back", "repost"),
        ("T", "quote", "Quote", "repost it with words of your own", ""),
        ("f", "like", "Like", "tell the author that you like it", ""),
        ("asterisk", "bookmark", "Bookmark", "keep it among your bookmarks, where nobody sees it; again takes it out", ""),
    ),
    *_desk(
        TRIAGE, "",
        ("z", "undo", "Undo", "take the last act back: also a text that is still held", ""),
        ("Z", "history", "History", "every decision, what became of it, and the way to its post", ""),
        ("E", "followed_up_column", "Followed up: all", "done with everything loaded in the column: asks, with the count", ""),
        ("H", "done_there", "Done there", "what was handed off to the network's own page is done there", ""),
    ),
    *_desk(
        TRASH, "item",
        ("B", "block", "Block", "block the author: asks first; z unblocks", "block"),
        ("M", "mute", "Mute", "mute the author: asks first, and for how long where one can choose; z unmutes", ""),
        ("exclamation_mark", "trash", "Away with it", "a list: mute, mute the conversation, mute words, block, report", ""),
    ),
    *_desk(
        TRASH, "post",
        ("ampersand", "mute_thread", "Mute the conversation", "no more notifications from this conversation", ""),
        ("delete", "delete_post", "Delete", "delete a post of your own: asks, and cannot be undone", ""),
    ),
    *_desk(
        PEOPLE, "item",
        ("p", "person", "Person card", "who this is, and your history with them", "person"),
        ("F", "follow", "Follow or unfollow", "follow the author, or stop (asks)", ""),
        ("i", "note", "Note", "a private note on the author; only you see it", ""),
        ("P", "help_list", "Help list on or off", "put the author on your list of people to help, or take them off", ""),
    ),
    *_desk(
        COLUMNS, "",
        ("left_square_bracket", "previous_layout", "Previous layout", "to the layout before", ""),
        ("right_square_bracket", "next_layout", "Next layout", "to the next layout", ""),
        ("a", "add_column", "Add a column", "asks for its kind, account and words", ""),
        ("W", "close_column", "Close the column", "z brings it back", ""),
        ("less_than_sign", "column_earlier", "Move the column left", "the column changes place", ""),
        ("greater_than_sign", "column_later", "Move the column right", "the column changes place", ""),
        ("minus", "narrower", "Narrower", "the column four cells narrower", ""),
        ("plus", "wider", "Wider", "the column four cells wider", ""),
        ("equals_sign", "equal_widths", "Equal widths", "all columns of the usual width", ""),
        ("slash", "filter", "Filter the column", "only items with these words; Esc ends it", ""),
        ("s", "search", "Search", "asks for words and makes a column of them", ""),
        ("number_sign", "hashtags", "Hashtags", "a column of a hashtag of this post", ""),
        ("D", "show_done", "Show or hide what is done", "decided items come back into the column, quietly", ""),
        ("ctrl+r", "fetch_now", "Fetch now", "asks the network at once for this column", ""),
    ),
    *_desk(
        APP, "",
        ("n, c", "new_post", "New post", "write something of your own", ""),
        ("L", "log_in", "Log in again", "a fresh login for an account that is paused", ""),
        ("A", "act_as", "Act as another account", "the next act on this item comes from another account of its network", ""),
        ("semicolon, colon", "palette", "Command palette", "every command by name", ""),
        ("comma", "settings", "Settings", "theme, how long public acts can be taken back, read-only, muted words", ""),
        ("", "read_only", "Read-only on or off", "nothing leaves this machine while it is on; decisions of your own go on", ""),
        ("question_mark", "help", "Help", "the keys of this place", ""),
        ("ctrl+l", "redraw", "Redraw", "paint the screen again", ""),
        ("q", "quit", "Close, quit", "close what is open, or leave tweetdesk", ""),
    ),
    *_desk(
        GO, "",
        ("g m", "go_mentions", "Mentions", "to the mentions column", ""),
        ("g d", "go_messages", "Direct messages", "to the messages column", ""),
        ("g h", "go_home", "Home", "to the home column", ""),
        ("g s", "go_search", "Searches", "to the next search column", ""),
        ("g p", "go_helping", "People to help", "to the column of people to help", ""),
        ("g w", "go_owed", "You owe", "to the column of what is due: who waits for you, and what you put off until now", ""),
        ("g b", "go_later", "Later", "to the column of what you put off, and of those for whom you wait", ""),
        ("g o", "go_outbox", "Outbox and drafts", "what is on its way, what was refused, what is half written", ""),
        ("g l", "go_layouts", "Layouts", "choose a layout", ""),
        ("g a", "go_accounts", "Accounts", "your accounts and how they are doing", ""),
        ("g c", "go_costs", "Costs and limits", "requests left, what was read, and what it costs on X", ""),
    ),
    Command("send", "Send", "send it (held for ten seconds)", COMPOSE, ("ctrl+s",), "compose", "", "send"),
    Command("keep_draft", "Keep the draft", "leave; the text is kept", COMPOSE, ("escape",), "compose", "", "keep the draft"),
    Command("editor", "Edit in $EDITOR", "write in your own editor", COMPOSE, ("ctrl+o",), "compose", "", "editor"),
    Command("choose_account", "Another account", "write it from another of your accounts that can", COMPOSE, ("ctrl+g",), "compose", "", "account"),
    Command("visibility", "Visibility and content warning", "who may see it, and a warning in front of it, where the network has them", COMPOSE, ("ctrl+t",), "compose"),
    Command("next_part", "Next post of a thread", "the next post, or a new one below the last; splits one that is too long; they are sent in order", COMPOSE, ("ctrl+n",), "compose", "", "thread"),
    Command("previous_part", "Previous post of a thread", "back to the post above this one", COMPOSE, ("ctrl+p",), "compose"),
    Command("attach", "Attach a picture", "asks for the file, and for words for those who cannot see it", COMPOSE, ("ctrl+r",), "compose", "", "picture"),
    Command("send_later", "Send later", "asks when", COMPOSE, ("ctrl+b",), "compose"),
    Command("language", "Language", "the language that the post is in", COMPOSE, ("ctrl+l",), "compose"),
    Command("complete", "Complete", "take the handle or tag that is offered", COMPOSE, ("tab",), "compose"),
    Command("discard", "Throw the draft away", "asks; the text is gone then", COMPOSE, ("ctrl+x",), "compose"),
    Command("yes", "Yes", "do it", DIALOG, ("y",), "dialog"),
    Command("no", "No", "leave it", DIALOG, ("n", "escape"), "dialog"),
)  # fmt: skip


class KeyConflict(ValueError):
    """Two commands of one place want the same key; the text names both."""


def bind(commands: Iterable[Command], rebound: Mapping[str, Iterable[str]] | None = None) -> tuple[Command, ...]:
    """The commands with the user's keys (command id -> keys) in place of the default ones.

    Raises KeyConflict for a key that has two commands in one place, for a chord whose first key is bound alone,
    and for an id that is not a command.
    """
    rebound = dict(rebound or {})
    table = tuple(
        replace(command, keys=tuple(rebound.pop(command.id))) if command.id in rebound else command
        for command in commands
    )
    for unknown in rebound:
        raise KeyConflict(f'there is no command "{unknown}"')
    taken: dict[tuple[str, str], Command] = {}
    for command in table:
        for key in command.keys:
            other = taken.setdefault((command.place, key), command)
            if other is not command:
                raise KeyConflict(f'{face(key)} is bound to both "{other.title}" and "{command.title}"')
    for place, key in taken:
        first, space, _ = key.partition(" ")
        if space and (place, first) in taken:
            raise KeyConflict(f'{face(first)} begins a chord and is also bound to "{taken[place, first].title}"')
    return table


def by_id(commands: Iterable[Command]) -> dict[str, Command]:
    """The commands by their ids."""
    return {command.id: command for command in commands}
