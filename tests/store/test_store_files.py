"""Accounts, settings and folders."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from storekit import ACCOUNT, SECOND

from tweetdesk.store.accounts import AccountsFile
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.folders import Folders
from tweetdesk.store.settings import Settings, SettingsFile
from tweetdesk.store.toml_files import write_whole


def test_accounts_come_and_go_and_comments_stay(tmp_path: Path) -> None:
    file = AccountsFile(tmp_path / "config")
    assert file.load() == ((), [])
    file.save(ACCOUNT)
    file.path.write_text(file.path.read_text().replace("[[account]]", "# mine\n[[account]] # this one"))
    file.save(replace(SECOND, secrets="file", name='Name "quoted" 🎉'))
    file.save(replace(ACCOUNT, handle="new.example.com"))
    assert file.load() == (
        (replace(ACCOUNT, handle="new.example.com"), replace(SECOND, secrets="file", name='Name "quoted" 🎉')),
        [],
    )
    assert "# mine" in file.path.read_text()
    assert "# this one" in file.path.read_text()
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.remove(ACCOUNT)
    file.remove(ACCOUNT)
    assert [account.id for account in file.load()[0]] == [SECOND.id]
    file.remove(SECOND)
    assert file.load() == ((), [])
    file.save(ACCOUNT)
    assert file.load() == ((ACCOUNT,), [])


NEEDED = 'network = "bluesky"\nuser_id = "u"\nhandle = "h"\nserver = "s"\n'


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("[[account]\n", 1, "not TOML"),
        ("colour = 1\n", 1, 'unknown key "colour"'),
        (f"[[account]]\n{NEEDED}password = 'x'\n", 6, 'unknown key "password"'),
        ('[[account]]\nnetwork = "bluesky"\nuser_id = "u"\nserver = "s"\n', 1, 'needs "handle"'),
        (f"# one\n\n[[account]]\n{NEEDED}secrets = 'somewhere'\n", 8, "has to be one of"),
        (f"[[account]]\n{NEEDED}name = 3\n", 6, "text in quotes"),
        (f"[[account]]\n{NEEDED}[[account]]\n{NEEDED}", 8, "twice"),
        ("account = 3\n", 1, "[[account]]"),
    ],
)
def test_a_mistake_in_the_accounts_is_named_and_nothing_is_written(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    file = AccountsFile(tmp_path)
    file.path.write_text(text)
    [mistake] = file.load()[1]
    assert (mistake.file, mistake.line) == ("accounts.toml", line)
    assert what in mistake.what
    for change in (file.save, file.remove):
        with pytest.raises(StoreTrouble, match=rf"line {line}"):
            change(ACCOUNT)
    assert file.path.read_text() == text


def test_settings_have_defaults_and_keep_comments(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path)
    assert file.load() == (Settings("", 10, {}), [])
    file.path.write_text('# mine\nhold_seconds = 30 # long\n[keys]\nreply = "R"\nundo = ["z", "ctrl+z"]\n')
    assert file.load() == (Settings("", 30, {"reply": ("R",), "undo": ("z", "ctrl+z")}), [])
    assert file.set("theme", "dark") is None
    assert file.set("hold_seconds", 0) is None
    assert file.load() == (Settings("dark", 0, {"reply": ("R",), "undo": ("z", "ctrl+z")}), [])
    assert "# mine" in file.path.read_text()
    assert "# long" in file.path.read_text()


@pytest.mark.parametrize(
    ("dollars", "micros"),
    [("1.00", 1_000_000), ("0", 0), ("0.0", 0), ("2", 2_000_000), ("0.015", 15_000), ('"none"', None)],
)
def test_a_budget_is_kept_in_micro_dollars(tmp_path: Path, dollars: str, micros: int | None) -> None:
    file = SettingsFile(tmp_path)
    assert file.load()[0].budget_micros == 1_000_000
    file.path.write_text(f"[budget] # mine\ndollars_a_day = {dollars} # a day\n")
    found, mistakes = file.load()
    assert (found.budget_micros, mistakes) == (micros, [])
    assert file.set("theme", "dark") is None
    assert file.load()[0].budget_micros == micros
    assert "# a day" in file.path.read_text()


def test_settings_of_single_networks(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path)
    assert file.load()[0].networks == {}
    file.path.write_text('[x]\nfield_names = "post"\nowns_app = false\n')
    found, mistakes = file.load()
    assert (found.networks, mistakes) == ({"x": {"field_names": "post", "owns_app": False}}, [])


def test_whether_pictures_need_words(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path)
    assert file.load()[0].alt_required
    file.path.write_text('[compose]\nalt_text = "optional"\n')
    assert file.load() == (Settings(alt_required=False), [])
    for wrong in (
        '[compose]\nalt_text = "never"\n',
        "compose = 1\n",
        '[compose]\nalt_text = "required"\nalt = 1\n',
    ):
        file.path.write_text(wrong)
        found, mistakes = file.load()
        assert found.alt_required
        assert len(mistakes) == 1


def test_the_first_setting_makes_the_file(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "config")
    assert file.set("theme", "light") is None
    assert file.load()[0].theme == "light"
    assert file.set("hold_seconds", 121) is not None
    assert file.set("keys", "x") is not None


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("theme = dark\n", 1, "not TOML"),
        ("\ntheme = 3\n", 2, "text in quotes"),
        ("hold_seconds = 121\n", 1, "0 to 120"),
        ("hold_seconds = -1\n", 1, "0 to 120"),
        ("hold_seconds = true\n", 1, "0 to 120"),
        ("hold_second = 3\n", 1, 'unknown key "hold_second"'),
        ("[keys]\n\nreply = 3\n", 3, 'the keys of "reply"'),
        ('keys = "x"\n', 1, "[keys]"),
        ('[colours]\nred = "x"\n', 1, 'unknown key "colours"'),
        ("budget = 3\n", 1, "[budget]"),
        ("[budget]\ndollars_a_day = -1\n", 2, "0 to 10000"),
        ("[budget]\ndollars_a_day = true\n", 2, "0 to 10000"),
        ("[budget]\ndollars_a_day = nan\n", 2, "0 to 10000"),
        ("[budget]\ndollars_a_day = inf\n", 2, "0 to 10000"),
        ('[budget]\ndollars_a_day = "much"\n', 2, '"none"'),
        ("[budget]\n\ndollars_a_week = 1\n", 3, 'unknown key "dollars_a_week"'),
        ("x = 1\n", 1, "[x]"),
        ('[x]\nfield_names = "posts"\n', 2, '"tweet" or "post"'),
        ("[x]\nowns_app = 1\n", 2, "true or false"),
        ('[x]\n# mine\nowns_app = "true"\n', 3, "true or false"),
        ('[x]\nowner = "x"\n', 2, 'unknown key "owner"'),
    ],
)
def test_a_mistake_in_the_settings_is_named_and_the_rest_is_used(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    file = SettingsFile(tmp_path)
    file.path.write_text(text)
    found, [mistake] = file.load()
    assert found == Settings()
    assert (mistake.file, mistake.line) == ("settings.toml", line)
    assert what in mistake.what
    assert file.set("theme", "x") == mistake
    assert file.path.read_text() == text


def test_folders_in_one_place_and_a_profile_apart(tmp_path: Path) -> None:
    folders = Folders.usual({"TWEETDESK_HOME": str(tmp_path)})
    assert folders == Folders(tmp_path / "config", tmp_path / "data", tmp_path / "state")
    demo = folders.profile("demo")
    assert len({*(folders.config, folders.data), *(demo.config, demo.data)}) == 4
    usual = Folders.usual({})
    assert all(part.name == "tweetdesk" for part in (usual.config, usual.data, usual.state))


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["settings.toml"]
