"""Questions in the terminal: other things go on while an answer is typed, hidden input is never echoed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import termios
from collections.abc import Iterator

#: No line that a terminal gives in one go is longer (bytes).
_LONGEST_LINE = 65_536


def can_ask() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def tell(sentence: str) -> None:
    """A sentence about what went wrong, while the login goes on."""
    print(f"tweetdesk: {sentence}", file=sys.stderr, flush=True)


async def ask(question: str, *, hidden: bool = False) -> str:
    """What was typed, without spaces around it; "" for nothing, for the end of input, and where nobody is there.

    Can be cancelled (by Ctrl+C as well): the terminal is then as it was.
    """
    if not can_ask():
        return ""
    with _echo_off() if hidden else contextlib.nullcontext():
        print(question, end="", flush=True)
        try:
            line = await _line(sys.stdin.fileno())
        except asyncio.CancelledError:
            print(flush=True)
            raise
    if hidden or not line.endswith(b"\n"):
        print(flush=True)
    return line.decode("utf-8", "replace").strip()


async def _line(terminal: int) -> bytes:
    """The next line of a terminal, which gives whole lines."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(terminal, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(terminal)
    return os.read(terminal, _LONGEST_LINE)


@contextlib.contextmanager
def _echo_off() -> Iterator[None]:
    """The terminal shows nothing of what is typed."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
