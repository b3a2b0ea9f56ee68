"""The user's settings, in settings.toml: each with a default, mistakes named by line, comments kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tweetdesk.domain.layouts import Mistake
from tweetdesk.store.errors import as_trouble
from tweetdesk.store.toml_files import TomlText, read_toml, unknown_keys, write_whole

LONGEST_HOLD = 120
MOST_DOLLARS = 10_000

_KEYS = ("theme", "hold_seconds", "desk", "compose", "keys", "budget", "x")
#: The settings that the desk changes by itself.
_CHANGED_HERE = ("theme", "hold_seconds", "desk.read_only", "budget.dollars_a_day")
_HEAD = (
    "# Settings of tweetdesk: theme, hold_seconds (how long a public act can be taken back, 0 to 120),\n"
    "# [desk] with read_only (nothing leaves this machine), [keys] with other keys for commands,\n"
    '# [compose] with alt_text ("required" or "optional": words for those who cannot see a picture),\n'
    "# [budget] with dollars_a_day (what reading may cost), and [x].\n"
)
_MICROS = 1_000_000
#: Settings of single networks: for each key the values that it can have.
_OF_NETWORKS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "x": {"field_names": ("tweet", "post"), "owns_app": (True, False)},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """`theme` is a theme's name ("" for the first); `hold_seconds` is how long a public act is held, in seconds;
    `keys` has the keys of rebound commands, by the command's id. `budget_micros` is what reading may cost a day
    (UTC) on networks that cost money, in micro-dollars: with 0 nothing that costs is read by itself, and None
    ("none" in the file) is no limit. `read_only` lets nothing leave this machine; `alt_required` is whether every
    picture needs words for those who cannot see it. `networks` has what was set for single networks, by their
    names.
    """

    theme: str = ""
    hold_seconds: int = 10
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    budget_micros: int | None = _MICROS
    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    read_only: bool = False
    alt_required: bool = True


class SettingsFile:
    """The file settings.toml in the user's config folder."""

    def __init__(self, config: Path) -> None:
        self.path = config / "settings.toml"

    def load(self) -> tuple[Settings, list[Mistake]]:
        """The settings, and the mistakes; a setting with a mistake has its default."""
        read = read_toml(self.path)
        if read.mistake:
            return Settings(), [read.mistake]
        good, mistakes = _checked(read)
        return Settings(**good), [*unknown_keys(read, read.values, _KEYS), *mistakes]

    def set(self, key: str, value: str | int | float) -> Mistake | None:
        """Change one setting in the file, comments kept; in a table as "budget.dollars_a_day".

        Nothing is written where the file on the disk has a mistake, which is returned.
        """
        import tomlkit

        _, mistakes = self.load()
        if mistakes:
            return mistakes[0]
        read = read_toml(self.path)
        table, _, name = key.rpartition(".")
        wrong = _checked(TomlText(self.path.name, values={table: {name: value}} if table else {key: value}))[1]
        if wrong or key not in _CHANGED_HERE:
            return wrong[0] if wrong else read.wrong(f'"{key}" cannot be set')
        document: Any = tomlkit.parse(read.text or _HEAD)
        if table and table not in document:
            document[table] = tomlkit.table()
        (document[table] if table else document)[name] = value
        try:
            write_whole(self.path, tomlkit.dumps(document))
        except OSError as error:
            return Mistake(self.path.name, 1, str(as_trouble(error)))
        return None


def _checked(read: TomlText) -> tuple[dict[str, Any], list[Mistake]]:
    """The settings that are right, and the mistakes."""
    good: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    values = read.values
    theme = values.get("theme", "")
    if isinstance(theme, str):
        good["theme"] = theme
    else:
        mistakes.append(read.wrong('"theme" has to be a text in quotes', "theme"))
    hold = values.get("hold_seconds", Settings().hold_seconds)
    if isinstance(hold, bool) or not isinstance(hold, int) or not 0 <= hold <= LONGEST_HOLD:
        what = f'"hold_seconds" has to be a whole number from 0 to {LONGEST_HOLD}'
        mistakes.append(read.wrong(what, "hold_seconds"))
    else:
        good["hold_seconds"] = hold
    for part in (_desk(read), _compose(read), _keys(read), _budget(read), _networks(read)):
        good |= part[0]
        mistakes += part[1]
    return good, mistakes


def _desk(read: TomlText) -> tuple[dict[str, Any], list[Mistake]]:
    desk = read.values.get("desk", {})
    if not isinstance(desk, dict):
        return {}, [read.wrong("the desk is set as [desk] with read_only below it", "desk")]
    mistakes = unknown_keys(read, desk, ("read_only",), "desk")
    if not isinstance(desk.get("read_only", False), bool):
        return {}, [*mistakes, read.wrong('"read_only" has to be true or false', "read_only", "desk")]
    return {"read_only": desk.get("read_only", False)}, mistakes


def _compose(read: TomlText) -> tuple[dict[str, Any], list[Mistake]]:
    compose = read.values.get("compose", {})
    if not isinstance(compose, dict):
        return {}, [read.wrong("the composer is set as [compose] with alt_text below it", "compose")]
    mistakes = unknown_keys(read, compose, ("alt_text",), "compose")
    alt_text = compose.get("alt_text", "required")
    if alt_text not in ("required", "optional"):
        return {}, [*mistakes, read.wrong('"alt_text" has to be "required" or "optional"', "alt_text", "compose")]
    return {"alt_required": alt_text == "required"}, mistakes


def _keys(read: TomlText) -> tuple[dict[str, Any], list[Mistake]]:
    keys = read.values.get("keys", {})
    if not isinstance(keys, dict):
        return {}, [read.wrong("keys are written as [keys] with one command a line", "keys")]
    mistakes: list[Mistake] = []
    bound: dict[str, tuple[str, ...]] = {}
    for command, wanted in keys.items():
        listed = [wanted] if isinstance(wanted, str) else wanted
        if isinstance(listed, list) and all(isinstance(key, str) and key for key in listed):
            bound[command] = tuple(listed)
        else:
            what = f'the keys of "{command}" have to be a text in quotes, or a list of such'
            mistakes.append(read.wrong(what, command, "keys"))
    return {"keys": bound}, mistakes


def _budget(read: TomlText) -> tuple[dict[str, Any], list[Mistake]]:
    budget = read.values.get("budget", {})
    if not isinstance(budget, dict):
        return {}, [read.wrong("the budget is written as [budget] with dollars_a_day below it", "budget")]
    mistakes = unknown_keys(read, budget, ("dollars_a_day",), "budget")
    if "dollars_a_day" not in budget:
        return {}, mistakes
    dollars = budget["dollars_a_day"]
    if dollars == "none":
        return {"budget_micros": None}, mistakes
    if isinstance(dollars, bool) or not isinstance(dollars, int | float) or not 0 <= dollars <= MOST_DOLLARS:
        what = f'"dollars_a_day" has to be a number from 0 to {MOST_DOLLARS}, or "none" for no limit'
        return {}, [*mistakes, read.wrong(what, "dollars_a_day", "budget")]
    return {"budget_micros": round(dollars * _MICROS)}, mistakes


def _networks(read: TomlText) -> tuple[dict[str, Any], list[Mistake]]:
    mistakes: list[Mistake] = []
    networks: dict[str, dict[str, Any]] = {}
    for name, known in _OF_NETWORKS.items():
        table = read.values.get(name, {})
        if not isinstance(table, dict):
            mistakes.append(
                read.wrong(f"what is set for {name} is written as [{name}] with its keys below it", name)
            )
            continue
        mistakes += unknown_keys(read, table, tuple(known), name)
        for key, value in table.items():
            if any(value is one or (value == one and isinstance(value, str)) for one in known.get(key, ())):
                networks.setdefault(name, {})[key] = value
            elif key in known:
                choices = " or ".join(_written(one) for one in known[key])
                mistakes.append(read.wrong(f'"{key}" has to be {choices}', key, name))
    return {"networks": networks}, mistakes


def _written(value: str | bool) -> str:
    """A value as the file has it."""
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
