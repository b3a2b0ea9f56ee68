"""Layout files: order, defaults, comments kept, every mistake by its line, broken files never overwritten."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.layouts import NARROWEST, WIDEST, Column, Layout
from tweetdesk.store.layout_text import rewritten
from tweetdesk.store.layouts import DEFAULTS, LayoutFolder

KINDS = ("helping", "home", "later", "mentions", "messages", "owed", "search")

COMMENTED = """\
# My morning. Do not lose this line.
name = "morning" # the first one

# people first
[[column]]
kind = "mentions" # who wrote to me
width = 50

# then the rest
# in two lines
[[column]]
kind = "search"
words = "async python"
title = "Async"
# a comment at the end
"""
MORNING = Layout("morning", (Column("mentions", width=50), Column("search", words="async python", title="Async")))


def folder(tmp_path: Path, **files: str) -> LayoutFolder:
    """A layout folder with these files (the name without .toml)."""
    found = LayoutFolder(tmp_path, kinds=KINDS)
    if files:
        found.folder.mkdir(parents=True)
    for name, text in files.items():
        (found.folder / f"{name}.toml").write_text(text)
    return found


def test_the_first_time_the_defaults_are_written(tmp_path: Path) -> None:
    layouts = folder(tmp_path)
    assert layouts.load_all() == (list(DEFAULTS), [])
    names = ["1-morning.toml", "2-listening.toml", "3-inbox.toml"]
    assert sorted(path.name for path in layouts.folder.iterdir()) == names
    assert layouts.folder.stat().st_mode & 0o777 == 0o700
    (layouts.folder / "2-listening.toml").unlink()
    assert [layout.name for layout in layouts.load_all()[0]] == ["morning", "inbox"]


def test_order_is_by_number_then_by_order_key_then_by_name(tmp_path: Path) -> None:
    layouts = folder(
        tmp_path,
        **{"10-ten": "", "2-two": "", "zebra": "", "apple": "", "last": "order = 1.5", "1-one": 'name = "first"'},
    )
    found, mistakes = layouts.load_all()
    assert [layout.name for layout in found] == ["first", "last", "two", "ten", "apple", "zebra"]
    assert mistakes == []


def test_comments_stay_and_go_along_with_their_column(tmp_path: Path) -> None:
    layouts = folder(tmp_path, morning=COMMENTED)
    assert layouts.load_all() == ([MORNING], [])
    changed = MORNING.moved(0, 1).resized(1, 4).with_column(1, Column("home"))
    assert layouts.save(changed) is None
    assert (
        (layouts.folder / "morning.toml").read_text()
        == """\
# My morning. Do not lose this line.
name = "morning" # the first one

# then the rest
# in two lines
[[column]]
kind = "search"
words = "async python"
title = "Async"
# a comment at the end

[[column]]
kind = "home"

# people first
[[column]]
kind = "mentions" # who wrote to me
width = 54
"""
    )
    assert layouts.load_all() == ([changed], [])


def test_saving_what_is_there_changes_nothing(tmp_path: Path) -> None:
    layouts = folder(tmp_path, morning=COMMENTED)
    assert layouts.save(MORNING) is None
    assert (layouts.folder / "morning.toml").read_text() == COMMENTED


def test_a_new_layout_is_a_new_private_file(tmp_path: Path) -> None:
    layouts = folder(tmp_path, **{"3-old": 'name = "old"'})
    assert layouts.save(Layout("Für später/../x", (Column("home"),))) is None
    path = layouts.folder / "4-für-später-x.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [layout.name for layout in layouts.load_all()[0]] == ["old", "Für später/../x"]
    assert layouts.remove("old")
    assert not layouts.remove("old")


def test_columns_written_as_inline_tables_are_kept_right(tmp_path: Path) -> None:
    layouts = folder(tmp_path, inline='# mine\nname = "inline"\ncolumn = [{kind = "home"}, {kind = "mentions"}]\n')
    [layout], mistakes = layouts.load_all()
    assert mistakes == []
    assert layouts.save(layout.moved(0, 1).resized(0, 4)) is None
    assert layouts.load_all()[0] == [layout.moved(0, 1).resized(0, 4)]
    assert "# mine" in (layouts.folder / "inline.toml").read_text()


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    layouts = folder(tmp_path, x="")
    (layouts.folder / "x.toml").write_bytes(b"\xef\xbb\xbf" + COMMENTED.replace("\n", "\r\n").encode())
    assert layouts.load_all() == ([MORNING], [])
    assert layouts.save(MORNING.resized(0, 2)) is None
    assert layouts.load_all() == ([MORNING.resized(0, 2)], [])


BROKEN = [
    ('name = "x"\n[[column]\nkind = "home"\n', 2, "not TOML"),
    ('name = "x"\n[[column]]\nkind = "home\n', 3, "not TOML"),
    ('name = "x"\n[[column]]\nkind = [\n', 3, "not TOML"),
    ('name = "x"\nname = "y"\n', 2, "not TOML"),
    ('name = "x"\n\ncolour = "red"\n[[column]]\nkind = "home"\n', 3, 'unknown key "colour"'),
    ('name = "x"\n[[column]]\nkind = "home"\n[[column]]\nkind = "home"\nwidht = 40\n', 6, 'unknown key "widht"'),
    ('name = "x"\n[[column]]\nkind = "hom"\n', 3, 'unknown kind "hom"'),
    ('name = "x"\n[[column]]\nwidth = 40\n', 2, 'needs a "kind"'),
    ('name = "x"\n[[column]]\nkind = 7\n', 3, '"kind" has to be a text'),
    ('name = "x"\n[[column]]\nkind = "home"\naccount = ["a"]\n', 4, '"account" has to be a text'),
    ('name = "x"\n[[column]]\nkind = "home"\n"width" = "wide"\n', 4, "whole number"),
    ('name = "x"\n[[column]]\nkind = "home"\nwidth = true\n', 4, "whole number"),
    (f'name = "x"\n[[column]]\nwidth = {NARROWEST - 1}\nkind = "home"\n', 3, "not between"),
    (f'name = "x"\n[[column]]\nkind = "home"\nwidth = {WIDEST + 1}\n', 4, "not between"),
    ('name = "x"\n[[column]]\nkind = "search"\n', 2, 'needs "words"'),
    ('name = "x"\n[[column]]\nkind = "search"\nwords = "  "\n', 4, 'needs "words"'),
    ("name = 3\n", 1, '"name" has to be a text'),
    ('name = "x"\norder = "first"\n', 2, '"order" has to be a number'),
    ('name = "x"\n[column]\nkind = "home"\n', 2, "[[column]]"),
    ('name = "x"\ncolumn = 3\n', 2, "[[column]]"),
]


@pytest.mark.parametrize(("text", "line", "what"), BROKEN)
def test_every_mistake_is_named_by_its_line_and_the_file_is_left_alone(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    layouts = folder(tmp_path, x=text, good='name = "good"')
    found, mistakes = layouts.load_all()
    assert "good" in [layout.name for layout in found]
    [mistake] = mistakes
    assert (mistake.file, mistake.line) == ("x.toml", line)
    assert what in mistake.what
    for name in ("x", *(layout.name for layout in found if layout.name != "good")):
        assert layouts.save(Layout(name, (Column("home"),))) == mistake
    assert (layouts.folder / "x.toml").read_text() == text


def test_the_rest_of_a_file_with_a_mistake_opens(tmp_path: Path) -> None:
    layouts = folder(
        tmp_path,
        x='name = "x"\n[[column]]\nkind = "home"\n[[column]]\nkind = "nope"\n[[column]]\nkind = "mentions"\n',
    )
    [layout], [mistake] = layouts.load_all()
    assert [column.kind for column in layout.columns] == ["home", "mentions"]
    assert mistake.line == 5
    assert str(mistake).startswith("x.toml, line 5: ")


def test_a_file_that_is_not_text_and_a_second_layout_of_a_name(tmp_path: Path) -> None:
    layouts = folder(tmp_path, a='name = "one"', b='# no\nname = "one"')
    (layouts.folder / "z.toml").write_bytes(b'name = "z"\n# \xff\n')
    found, mistakes = layouts.load_all()
    assert [layout.name for layout in found] == ["one"]
    assert [(mistake.file, mistake.line) for mistake in mistakes] == [("b.toml", 2), ("z.toml", 2)]


def test_where_no_file_opens_the_defaults_stand_in(tmp_path: Path) -> None:
    layouts = folder(tmp_path, morning="[[[")
    found, mistakes = layouts.load_all()
    assert found == list(DEFAULTS)
    assert layouts.save(found[0].resized(0, 4)) == mistakes[0]
    assert (layouts.folder / "morning.toml").read_text() == "[[["


def test_a_link_to_a_file_elsewhere_stays_a_link(tmp_path: Path) -> None:
    layouts = folder(tmp_path, x="")
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text(COMMENTED)
    (layouts.folder / "x.toml").unlink()
    (layouts.folder / "x.toml").symlink_to(elsewhere)
    assert layouts.save(MORNING.without(0)) is None
    assert (layouts.folder / "x.toml").is_symlink()
    assert "people first" not in elsewhere.read_text()
    assert layouts.load_all()[0] == [MORNING.without(0)]


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
columns = st.builds(
    Column,
    kind=st.sampled_from(KINDS),
    account=texts,
    words=texts,
    width=st.integers(NARROWEST, WIDEST),
    title=texts,
)
decks = st.builds(Layout, name=texts.filter(bool), columns=st.lists(columns, max_size=5).map(tuple))


@given(first=decks, second=decks)
def test_any_layout_can_be_written_over_any_other(first: Layout, second: Layout) -> None:
    text = rewritten(rewritten("# head\n", first), second)
    values = tomllib.loads(text)
    assert Layout(values["name"], tuple(Column(**table) for table in values.get("column", []))) == second
    assert text.startswith("# head\n")
