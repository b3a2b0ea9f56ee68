"""Themes: small palettes in files, ours and the user's, made into Textual themes.

A theme file is TOML with a `name`, `dark = true` or `false`, and ten colours as "#rrggbb" (`Palette` says what
each is for). Files of base16 and base24 schemes (YAML or TOML, https://github.com/tinted-theming) are read too.
The name by which a theme is chosen is the name of its file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from textual.theme import Theme

from tweetdesk.domain.layouts import Mistake

#: The theme where none is chosen, and where the chosen one has a mistake.
DEFAULT = "harbour"
_SUFFIXES = (".toml", ".yaml", ".yml")
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")
_YAML_LINE = re.compile(
    r"""^\s*(base[01][0-9A-Fa-f]|scheme|name|variant)\s*:\s*["']?([^"'\s#][^"']*|\#\w+)["']?"""
)
#: What each of our colours is in a base16 scheme.
_BASE16 = {
    "ground": "base00", "raised": "base01", "line": "base02", "quiet": "base04", "text": "base05",
    "red": "base08", "amber": "base0A", "green": "base0B", "second": "base0C", "accent": "base0D",
}  # fmt: skip
#: The least contrast of anything that is read, by WCAG 2.2.
LEGIBLE = 4.5


class BadTheme(Exception):
    """A theme file that cannot be used: in which line, and what is wrong."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme, each as "#rrggbb"."""

    id: str
    name: str
    dark: bool
    ground: str  # behind everything
    raised: str  # behind the selected post and the status line
    text: str
    quiet: str  # handles, ages, reasons
    accent: str  # where you are
    second: str  # what can be followed: links, mentions, tags
    amber: str  # needs you, or is late
    red: str  # refused, destructive
    green: str  # just done
    line: str  # what parts columns

    def colours(self) -> dict[str, str]:
        """The ten colours by name."""
        return {name: getattr(self, name) for name in COLOURS}

    def theme(self) -> Theme:
        """The same for Textual; each colour is also a variable, `$desk-ground` and so on."""
        own = {f"desk-{name}": colour for name, colour in self.colours().items()}
        return Theme(
            name=self.id,
            dark=self.dark,
            primary=self.accent,
            secondary=self.second,
            accent=self.accent,
            warning=self.amber,
            error=self.red,
            success=self.green,
            foreground=self.text,
            background=self.ground,
            surface=self.ground,
            panel=self.raised,
            variables=own
            | {
                "text": self.text,
                "text-muted": self.quiet,
                "foreground-muted": self.quiet,
                "border": self.accent,
                "border-blurred": self.line,
                "block-cursor-background": self.raised,
                "block-cursor-foreground": self.text,
                "input-cursor-background": self.text,
                "input-cursor-foreground": self.ground,
                "input-selection-background": f"{self.accent} 35%",
                "scrollbar": self.line,
                "scrollbar-background": self.ground,
                "footer-key-foreground": self.accent,
            },
        )


COLOURS = tuple(field.name for field in fields(Palette) if field.name not in ("id", "name", "dark"))


def folder() -> Path:
    """Where the themes that come with the program are: in the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent / "themes"


def load_themes(own: Path | None = None) -> tuple[list[Theme], list[Mistake]]:
    """All themes, the default first, and what is wrong with files that were left out.

    `own` is the user's folder, which need not exist; a file there replaces ours of the same name.
    """
    palettes, mistakes = load_palettes(own)
    return [palette.theme() for palette in palettes], mistakes


def load_theme(name: str, own: Path | None = None) -> tuple[Theme, list[Mistake]]:
    """One theme by its name, without reading the others; the default where it is not there or has a mistake."""
    mistakes: list[Mistake] = []
    for place in (own, folder()):
        for path in (place / f"{name}{suffix}" for suffix in _SUFFIXES if place is not None and name):
            if path.is_file():
                try:
                    return read_palette(path).theme(), mistakes
                except BadTheme as error:
                    mistakes.append(Mistake(str(path), error.line, f"{error.what}; the usual theme is used"))
    if name and not mistakes:
        mistakes.append(Mistake("settings.toml", 0, f'there is no theme "{name}"; the usual one is used'))
    return read_palette(folder() / f"{DEFAULT}.toml").theme(), mistakes


def load_palettes(own: Path | None = None) -> tuple[list[Palette], list[Mistake]]:
    """All palettes, the default first, and what is wrong with files that were left out."""
    palettes: dict[str, Palette] = {}
    mistakes: list[Mistake] = []
    for place in (folder(), own):
        for path in sorted(place.iterdir()) if place is not None and place.is_dir() else ():
            if path.suffix not in _SUFFIXES:
                continue
            try:
                palettes[path.stem] = read_palette(path)
            except BadTheme as error:
                mistakes.append(Mistake(str(path), error.line, f"{error.what}; this theme is left out"))
    return sorted(palettes.values(), key=lambda palette: palette.id != DEFAULT), mistakes


def read_palette(path: Path) -> Palette:
    """The palette of one file. Raises BadTheme with the line of the mistake."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTheme(1, f"cannot be read ({error.__class__.__name__})") from error
    values = _toml(source) if path.suffix == ".toml" else _yaml(source)
    return _from_base16(path.stem, values, source) if "base00" in values else _from_own(path.stem, values, source)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours "#rrggbb", 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _toml(source: str) -> dict[str, object]:
    try:
        values = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else source.count("\n") + 1
        raise BadTheme(line, re.sub(r" \(at .*\)$", "", str(error))) from error
    palette = values.get("palette")
    return {**values, **palette} if isinstance(palette, dict) else values


def _yaml(source: str) -> dict[str, object]:
    """The few lines that a scheme has; base16 files are flat, or have their colours under `palette:`."""
    matches = (_YAML_LINE.match(line) for line in source.splitlines())
    return {match[1]: match[2].strip() for match in matches if match}


def _line_of(key: str, source: str) -> int:
    pattern = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*[=:]""")
    lines = source.splitlines()
    return next((number for number, line in enumerate(lines, 1) if pattern.match(line)), max(1, len(lines)))


def _hex(key: str, values: Mapping[str, object], source: str) -> str:
    value = values.get(key)
    if value is None:
        raise BadTheme(_line_of(key, source), f"{key} is missing")
    match = _HEX.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadTheme(_line_of(key, source), f'{key} is {value!r}, not a colour like "#1b242e"')
    return f"#{match[1].lower()}"


def _from_own(id: str, values: Mapping[str, object], source: str) -> Palette:
    for key in values:
        if key not in COLOURS and key not in ("name", "dark"):
            raise BadTheme(_line_of(key, source), f"there is no {key} in a theme; there is {', '.join(COLOURS)}")
    colours = {key: _hex(key, values, source) for key in COLOURS}
    dark = values.get("dark", _luminance(colours["ground"]) < _luminance(colours["text"]))
    if not isinstance(dark, bool):
        raise BadTheme(_line_of("dark", source), "dark is true or false")
    return Palette(id=id, name=str(values.get("name", id)), dark=dark, **colours)


def _from_base16(id: str, values: Mapping[str, object], source: str) -> Palette:
    """A base16 or base24 scheme; colours too faint to read on its ground are drawn towards its text."""
    colours = {ours: _hex(theirs, values, source) for ours, theirs in _BASE16.items()}
    ground, raised, text = colours["ground"], colours["raised"], colours["text"]
    for key in ("quiet", "accent", "second", "amber", "red", "green"):
        colours[key] = _legible(colours[key], text, (ground, raised))
    name = values.get("name") or values.get("scheme") or id
    return Palette(id=id, name=str(name), dark=_luminance(ground) < _luminance(text), **colours)


def _legible(colour: str, text: str, grounds: tuple[str, ...]) -> str:
    """The colour, or the first of its blends with the text that can be read on these grounds."""
    for share in range(11):
        blend = _blend(colour, text, share / 10)
        if all(contrast(blend, ground) >= LEGIBLE for ground in grounds):
            return blend
    return text


def _blend(one: str, other: str, share: float) -> str:
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
