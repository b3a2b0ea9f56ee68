"""What the composer asks for: paths as terminals paste them, languages as people write them, pictures that fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tweetdesk.domain.outbox import Attachment
from tweetdesk.networks.base import Pictures
from tweetdesk.ui.choosing import completed, language_tag, picked_path, unfit


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/tmp/a b.png ", "/tmp/a b.png"),
        ("'/tmp/a b.png'", "/tmp/a b.png"),
        ('"/tmp/a b.png"', "/tmp/a b.png"),
        ("'/tmp/it'\\''s.png'", "/tmp/it's.png"),
        ("/tmp/a\\ b\\(1\\).png", "/tmp/a b(1).png"),
        ("file:///tmp/a%20b%23.png", "/tmp/a b#.png"),
        ("file:///tmp/what?.png", "/tmp/what?.png"),
        ("~nobody-of-that-name/x.png", "~nobody-of-that-name/x.png"),
        ("x\0y", "x\0y"),
    ],
)
def test_a_path_as_it_is_pasted(written: str, meant: str) -> None:
    assert picked_path(written) == Path(meant)


def test_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ines")
    assert picked_path("~/cat.png") == Path("/home/ines/cat.png")
    assert completed("~") == ("~/", ())


def test_names_are_completed_as_far_as_they_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cat one.png", "cat two.png", ".hidden", "bad\x1bname.png"):
        (tmp_path / name).touch()
    (tmp_path / "dogs").mkdir()
    assert completed(f"{tmp_path}/c") == (f"{tmp_path}/cat ", ("cat one.png", "cat two.png"))
    assert completed(f"{tmp_path}/cat o") == (f"{tmp_path}/cat one.png", ())
    assert completed(f"'{tmp_path}/cat o'") == (f"{tmp_path}/cat one.png", ())
    assert completed(f'"{tmp_path}/cat o') == (f"{tmp_path}/cat one.png", ())
    assert completed(f"{tmp_path}/d") == (f"{tmp_path}/dogs/", ())
    assert completed(f"{tmp_path}/") == (f"{tmp_path}/", ("cat one.png", "cat two.png", "dogs/"))
    assert completed(f"{tmp_path}/none") == (f"{tmp_path}/none", ())
    assert completed(f"{tmp_path}/no/where") == (f"{tmp_path}/no/where", ())
    assert completed("x\0/y") == ("x\0/y", ())
    monkeypatch.chdir(tmp_path)
    assert completed("cat t") == ("cat two.png", ())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert completed("~/cat t") == ("~/cat two.png", ())


@pytest.mark.parametrize(
    ("written", "tag"),
    [("de", "de"), ("PT_br", "pt-BR"), ("zh-hant", "zh-Hant"), (" german ", "de"), ("sr-latn-rs", "sr-Latn-RS")],
)
def test_a_language(written: str, tag: str) -> None:
    assert language_tag(written) == tag


@pytest.mark.parametrize("written", ["", "klingon!", "d", "de--at", "1234", "de-"])
def test_no_language(written: str) -> None:
    with pytest.raises(ValueError, match="written as"):
        language_tag(written)


def test_pictures_that_do_not_go_with_a_post() -> None:
    takes = Pictures(4, ("image/png", "image/jpeg"), 2_000_000, 1000)
    assert unfit(Attachment("a.png", "", "image/png", 2_000_000), takes) == ""
    assert unfit(Attachment("a.gif", "", "image/gif", 20), takes) == (
        "GIF pictures do not go with a post here, but PNG, JPEG do."
    )
    assert "3.5 MB, and at most 2.0 MB" in unfit(Attachment("a.png", "", "image/png", 3_500_000), takes)
