"""Makes the pictures of README.md and docs/: the desk on the sandbox, at a fixed time, drawn without a terminal.

python docs/pictures.py            writes docs/pictures/*.svg
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from deskkit import Desk, sandbox_desk  # noqa: E402
from textual.pilot import Pilot  # noqa: E402

from tweetdesk.sandbox.faces import NETWORKS  # noqa: E402
from tweetdesk.ui.app import TweetdeskApp  # noqa: E402

Story = Callable[[Desk, "Pilot[int]"], Awaitable[None]]

#: The width of a cell, as Rich draws it.
CELL = 12.2
BLANK = "&#160;"
FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def alone(svg: str) -> str:
    """The picture without anything that it would fetch from elsewhere, in whatever monospaced font there is."""
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    svg = re.sub(r"font-family:\s*[^;]+;", f"font-family: {FONTS};", svg)
    svg = re.sub(r'font-family="[^"]*"', f'font-family="{FONTS}"', svg)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.S)
    svg = re.sub(r"terminal-\d+", "desk", svg)  # the number is made from all that is shown
    return re.sub(
        r'<text ([^>]*?)x="([\d.]+)"([^>]*?)textLength="([\d.]+)"([^>]*)>([^<]*)</text>\s*', _trimmed, svg
    )


def _trimmed(found: re.Match[str]) -> str:
    """A piece of text without the blanks at its ends, which not every viewer draws."""
    first, x, second, length, third, text = found.groups()
    bare = text.replace(BLANK, "\N{NO-BREAK SPACE}")
    words = bare.strip("\N{NO-BREAK SPACE}")
    if not words:
        return ""
    before = len(bare) - len(bare.lstrip("\N{NO-BREAK SPACE}"))
    x_after = float(x) + before * CELL
    length_after = float(length) - (len(bare) - len(words)) * CELL
    words = words.replace("\N{NO-BREAK SPACE}", BLANK)
    return f'<text {first}x="{x_after:g}"{second}textLength="{length_after:g}"{third}>{words}</text>\n'


async def quiet(desk: Desk, pilot: Pilot[int]) -> None:
    """Wait until nothing is fetched, sent or painted any more."""
    for _ in range(3):
        await desk.engine.idle()
        await pilot.pause()


async def press(desk: Desk, pilot: Pilot[int], *keys: str) -> None:
    """Press keys, each after the one before has had its effect."""
    for key in keys:
        await pilot.press(key)
        await quiet(desk, pilot)


async def only(desk: Desk, pilot: Pilot[int], words: str) -> None:
    """Filter the mentions for words, with the hand on the first that is left."""
    await press(desk, pilot, "g", "m", "slash")
    await pilot.press(*words)
    await press(desk, pilot, "enter")


async def the_desk(desk: Desk, pilot: Pilot[int]) -> None:
    """What one sees first, with the hand on the mentions."""
    await press(desk, pilot, "g", "m", "j")


async def the_conversation(desk: Desk, pilot: Pilot[int]) -> None:
    """A mention in its conversation."""
    await press(desk, pilot, "g", "m", "j", "j", "enter")


async def the_composer(desk: Desk, pilot: Pilot[int]) -> None:
    """An answer on X half written."""
    await only(desk, pilot, "gus")
    await press(desk, pilot, "r")
    await pilot.press(*"Thank you! My notes on that: https://example.com/notes")
    await quiet(desk, pilot)


async def the_person(desk: Desk, pilot: Pilot[int]) -> None:
    """The card of the author of a mention."""
    await press(desk, pilot, "g", "m", "j", "p")


async def the_menu(desk: Desk, pilot: Pilot[int]) -> None:
    """Every act on a mention on X, with the hand on the block."""
    await only(desk, pilot, "gus")
    await press(desk, pilot, "full_stop", *"j" * 17)


async def the_costs(desk: Desk, pilot: Pilot[int]) -> None:
    """What all accounts have used."""
    await press(desk, pilot, "g", "c")


async def the_audience(desk: Desk, pilot: Pilot[int]) -> None:
    """An answer on Mastodon, whose visibility and warning are being chosen."""
    await only(desk, pilot, "mug")
    await press(desk, pilot, "r")
    await pilot.press(*"Please thank her from me. Is the pan a WAL mode pan?")
    await press(desk, pilot, "ctrl+t", "tab")
    await pilot.press(*"databases, kitchens")
    await quiet(desk, pilot)


async def the_owed(desk: Desk, pilot: Pilot[int]) -> None:
    """What is due, after two things were put off."""
    await press(desk, pilot, "g", "m", "j", "b", "2", "j", "w", "2", "left_square_bracket")


async def the_thread(desk: Desk, pilot: Pilot[int]) -> None:
    """The second post of a thread, while a handle is offered."""
    await only(desk, pilot, "mug")
    await press(desk, pilot, "r")
    await pilot.press(*"It is a WAL mode pan: one cook writes, everybody else reads.")
    await press(desk, pilot, "ctrl+n")
    await pilot.press(*"And thank you, @han")
    await quiet(desk, pilot)


#: File name -> (size in cells, what is done before the picture is taken).
PICTURES: dict[str, tuple[tuple[int, int], Story]] = {
    "desk": ((180, 42), the_desk),
    "conversation": ((110, 36), the_conversation),
    "composer": ((140, 36), the_composer),
    "person": ((110, 36), the_person),
    "small": ((80, 24), the_desk),
    "menu": ((160, 26), the_menu),
    "costs": ((120, 46), the_costs),
    "audience": ((140, 36), the_audience),
    "owed": ((140, 36), the_owed),
    "thread": ((140, 36), the_thread),
}


async def picture(size: tuple[int, int], story: Story) -> str:
    """One picture, as SVG."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desk = await stack.enter_async_context(sandbox_desk(folder, started=False, networks=NETWORKS))
        app = TweetdeskApp(desk.session)
        pilot = await stack.enter_async_context(app.run_test(size=size))
        await quiet(desk, pilot)
        await story(desk, pilot)
        svg = alone(app.export_screenshot(title="tweetdesk", simplify=True))
        await quiet(desk, pilot)
        return svg


def main(names: list[str]) -> int:
    """Write the pictures that are named, or all."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for name in names or PICTURES:
        svg = asyncio.run(picture(*PICTURES[name]))
        (ROOT / "docs" / "pictures" / f"{name}.svg").write_text(svg, encoding="utf-8")
        print(f"docs/pictures/{name}.svg  {len(svg.encode()) // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
