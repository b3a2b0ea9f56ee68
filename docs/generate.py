"""Writes what is made from the program: docs/keys.md and triage.md, tables in README.md and networks.md.

python docs/generate.py            writes them
python docs/generate.py --check    says which are out of date; exit status 1 if any is
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

import network_tables
import triage_table

from tweetdesk.domain.commands import COMMANDS, Command, by_id, face

ROOT = Path(__file__).resolve().parent.parent

_HEAD = """# Keys

This page is made from the command table (`tweetdesk/domain/commands.py`) by `make docs`; the footer, the help
(`?`) and the palette (`;`) of the desk come from the same table.

One key has one meaning in every column. What is public is never on Enter. Acts that cannot be taken back by `z`
ask first. Two keys with a space between them (`g m`) are pressed one after the other.
"""

_PLACES = {
    "desk": "On the desk",
    "compose": "While writing",
    "conversation": "In a conversation",
    "dialog": "When the desk asks something",
}

#: The keys that the README shows, by command.
_README_KEYS = (
    ("next_item", "previous_item"),
    ("column_left", "column_right"),
    ("open_conversation",),
    ("reply", "reply_all"),
    ("repost",),
    ("followed_up",),
    ("snooze",),
    ("waiting",),
    ("select", "select_to"),
    ("reopen",),
    ("undo",),
    ("history",),
    ("block", "mute"),
    ("person",),
    ("help_list",),
    ("previous_layout", "next_layout"),
    ("add_column", "close_column"),
    ("fetch_now",),
    ("show_done",),
    ("palette",),
    ("help",),
    ("quit",),
)

#: The parts of other pages that are made here, by the name in their marks.
_PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"keys": lambda: readme_table(), "networks": network_tables.short_table},
    "docs/networks.md": {
        "acts": network_tables.acts_table,
        "reasons": network_tables.reasons_list,
        "lengths": network_tables.lengths_table,
        "polls": network_tables.polls_table,
        "prices": network_tables.prices_table,
    },
}


def code(key: str) -> str:
    """A key as it stands in a Markdown table."""
    shown = face(key).replace("|", "\\|")
    return f"`{shown}`"


def table(commands: Iterable[Command]) -> str:
    """A Markdown table of commands."""
    rows = ["| key | what | |", "|---|---|---|"]
    rows += [f"| {' '.join(map(code, one.keys))} | {one.title} | {one.help} |" for one in commands]
    return "\n".join(rows)


def keys_page(commands: Iterable[Command] = COMMANDS) -> str:
    """The page of keys."""
    parts = [_HEAD]
    commands = tuple(commands)
    for place in dict.fromkeys(one.place for one in commands):
        parts.append(f"## {_PLACES[place]}\n")
        here = [one for one in commands if one.place == place]
        several = len({one.category for one in here}) > 1
        order = list(dict.fromkeys(one.category for one in here))
        here.sort(key=lambda one: order.index(one.category))
        for category, group in groupby(here, key=lambda one: one.category):
            title = f"### {category}\n\n" if several else ""
            parts.append(f"{title}{table(group)}\n")
    return "\n".join(parts)


def readme_table(commands: Iterable[Command] = COMMANDS) -> str:
    """The short table of the README; commands that are not in the table of commands are left out."""
    known = by_id(commands)
    rows = ["| key | what |", "|---|---|"]
    for names in _README_KEYS:
        here = [known[name] for name in names if name in known]
        if here:
            keys = " ".join(code(one.keys[0]) for one in here)
            what = f"{here[0].title}: {here[0].help}" if len(here) == 1 else ", ".join(one.title for one in here)
            rows.append(f"| {keys} | {what} |")
    return "\n".join(rows)


def with_part(page: str, name: str, part: str) -> str:
    """A page with the part between its marks as it is now. Raises ValueError if the marks are missing."""
    begin, end = f"<!-- {name}: made by docs/generate.py -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"the page lacks the marks {begin} and {end}")
    return f"{before}{begin}\n{part}\n{end}{after}"


def pages() -> dict[Path, str]:
    """Every generated file with what it should contain."""
    found = {ROOT / "docs" / "keys.md": keys_page(), ROOT / "docs" / "triage.md": triage_table.triage_page()}
    for name, parts in _PARTS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for part, made in parts.items():
            text = with_part(text, part, made())
        found[ROOT / name] = text
    return found


def stale() -> list[Path]:
    """The generated files that are not what they should be."""
    found = pages().items()
    return [path for path, text in found if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str]) -> int:
    """Write, or check; the exit status."""
    if "--check" in arguments:
        for path in stale():
            print(f"{path.relative_to(ROOT)} is out of date: run make docs")
        return 1 if stale() else 0
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
