"""Themes can be read by everybody, and a file with a mistake says where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from columnworld import Columns, Shelf, mentions

from tweetdesk.ui.themes import COLOURS, DEFAULT, LEGIBLE, Palette, contrast, load_palettes, load_themes

OURS = load_palettes()[0]
BASE16 = {"base00": "#181818", "base01": "#282828", "base05": "#d8d8d8"} | {
    f"base0{n:X}": f"#5{n:X}4{n:X}6{n:X}" for n in (2, 3, 4, *range(6, 16))
}


def test_there_are_dark_and_light_ones_the_default_first() -> None:
    assert OURS[0].id == DEFAULT
    assert {palette.dark for palette in OURS} == {True, False}
    assert len(OURS) >= 6
    assert not load_palettes()[1]


def test_contrast_is_the_one_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", OURS, ids=lambda palette: palette.id)
def test_everything_can_be_read(palette: Palette) -> None:
    for ground in (palette.ground, palette.raised):
        assert contrast(palette.text, ground) >= 7
        for name in ("quiet", "accent", "second", "amber", "red", "green"):
            assert contrast(palette.colours()[name], ground) >= LEGIBLE, (name, ground)
    assert contrast(palette.line, palette.ground) >= 1.3
    assert palette.dark == (contrast(palette.ground, "#000000") < contrast(palette.ground, "#ffffff"))


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ('name = "x"\ndark = true\nground = "blue"\n', 3, "ground is 'blue'"),
        ('name = "x"\nground = "#000000\n', 2, "Illegal character"),
        ('name = "x"\ncolour = "#000000"\n', 2, "there is no colour"),
        ("".join(f'{name} = "#808080"\n' for name in COLOURS) + 'dark = "yes"\n', 11, "dark is true or false"),
        ("", 1, "ground is missing"),
        ("ground = 3\n", 1, "ground is 3"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(tmp_path: Path, source: str, line: int, what: str) -> None:
    (tmp_path / "mine.toml").write_text(source)
    themes, mistakes = load_themes(tmp_path)
    assert themes[0].name == DEFAULT
    assert "mine" not in {theme.name for theme in themes}
    (mistake,) = mistakes
    assert mistake.file == str(tmp_path / "mine.toml")
    assert mistake.line == line
    assert what in mistake.what


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "other.txt").write_text("not a theme")
    (mistake,) = load_themes(tmp_path)[1]
    assert "cannot be read" in mistake.what


def test_a_theme_of_the_user_replaces_ours(tmp_path: Path) -> None:
    (tmp_path / f"{DEFAULT}.toml").write_text(
        "".join(f'{name} = "#80{n}0{n}0"\n' for n, name in enumerate(COLOURS))
    )
    assert load_palettes(tmp_path)[0][0].ground == "#800000"


def test_base16_is_read_and_made_legible(tmp_path: Path) -> None:
    colours = "".join(f'  {name}: "{colour.removeprefix("#")}"  # so\n' for name, colour in BASE16.items())
    (tmp_path / "evening.yaml").write_text(f'system: "base16"\nname: "Evening"\npalette:\n{colours}')
    colours = "".join(f'{name} = "{colour}"\n' for name, colour in BASE16.items())
    (tmp_path / "same.toml").write_text(f'scheme = "Same"\n[palette]\n{colours}')
    palettes, mistakes = load_palettes(tmp_path)
    assert not mistakes
    evening = next(palette for palette in palettes if palette.id == "evening")
    same = next(palette for palette in palettes if palette.id == "same")
    assert evening.name == "Evening"
    assert evening.dark
    assert evening.ground == "#181818"
    assert evening.raised == "#282828"
    assert all(contrast(evening.colours()[name], evening.raised) >= 4.5 for name in ("quiet", "red", "amber"))
    assert same.colours() == evening.colours()


def test_user_folder_need_not_exist(tmp_path: Path) -> None:
    assert load_themes(tmp_path / "none")[1] == []


async def test_a_change_of_theme_colours_the_columns_anew() -> None:
    app = Columns([Shelf(mentions())])
    async with app.run_test(size=(60, 30), notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        for palette in OURS:
            app.theme = palette.id
            await pilot.pause()
            strip = app.view.render_lines(app.view.size.region)[0]
            grounds = {segment.style.bgcolor.name for segment in strip if segment.style and segment.style.bgcolor}
            assert palette.raised in grounds


async def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Columns([Shelf(mentions())])
    async with app.run_test(size=(60, 30), notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        for strip in [
            *app.view.render_lines(app.view.size.region),
            *app.view.head.render_lines(app.view.head.region),
        ]:
            for segment in strip:
                for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    if colour is not None and colour.triplet is not None:
                        assert max(colour.triplet) - min(colour.triplet) <= 1


async def test_no_color_can_mean_no_colour_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Columns([Shelf(mentions())], ansi_color=True)
    async with app.run_test(size=(60, 30), notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        segments = [one for strip in app.view.render_lines(app.view.size.region) for one in strip]
        styles = [segment.style for segment in segments if segment.style]
        assert all(
            colour is None or colour.is_default for style in styles for colour in (style.color, style.bgcolor)
        )
        assert any(style.bold for style in styles)
        assert any(style.dim for style in styles)
        assert segments[0].text == "▌"
