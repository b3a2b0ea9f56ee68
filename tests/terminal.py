"""A terminal for programs under test: a real process in a pseudo-terminal, and the screen that it draws.

    with Terminal(["tweetdesk", "demo"], columns=120, rows=40) as terminal:
        terminal.wait("Mentions")
        terminal.keys("j", "e")
        assert "followed up" in terminal.text()

A thread of its own reads what the program writes, so that the program never waits for the test, and answers the
queries that a program asks its terminal, as xterm does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

#: What a terminal sends for a key, by Textual's name of it, where that is not the character itself.
KEYS = {
    "enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "escape": "\x1b", "backspace": "\x7f", "space": " ",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "delete": "\x1b[3~",
    "left_square_bracket": "[", "right_square_bracket": "]", "less_than_sign": "<", "greater_than_sign": ">",
    "minus": "-", "plus": "+", "equals_sign": "=", "slash": "/", "semicolon": ";", "colon": ":",
    "question_mark": "?", "ampersand": "&",
}  # fmt: skip

#: Modes that a terminal has on from the start, or that leave no trace: line wrap, blinking and visible cursor.
_USUAL_MODES = {7, 12, 25}
#: Modes whose state xterm tells when asked (DECRQM); "synchronized output" (2026) among them.
_KNOWN_MODES = {1, 7, 25, 1000, 1002, 1003, 1004, 1006, 1049, 2004, 2026}

# One whole escape sequence: a string (DCS, OSC, SOS, PM, APC), a control sequence (CSI), or a short one.
_SEQUENCE = re.compile(
    rb"\x1b(?:(?P<opens>[P\]X^_])(?P<string>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    rb"|\[(?P<prefix>[<=>?]?)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    rb"|[ -/]*[0-OQ-WYZ\\`-~])"
)
_CUT_OFF = re.compile(rb"\x1b(?:[P\]X^_][^\x07\x1b]*\x1b?|\[[0-?]*[ -/]*|[ -/]*)\Z")


class NotSeen(AssertionError):
    """What was waited for did not happen in time; the message has the screen."""


class _Screen(pyte.Screen):
    """pyte's screen with the alternate screen starting empty, as terminals have it."""

    def set_mode(self, *modes: int, **given: bool) -> None:
        super().set_mode(*modes, **given)
        if given.get("private") and 1049 in modes:
            self.erase_in_display(2)


class Terminal:
    """A program in a pseudo-terminal.

    It gets this process's environment with `env` and less the names in `without`.
    `seen` takes the place of the screen (`text` and `wait` must not be used then): it is called with the moment of
    each read (time.perf_counter) and the bytes that a screen would be given. That is for measuring, where the time
    that the emulation takes would count.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        without: Collection[str] = (),
        seen: Callable[[float, bytes], None] | None = None,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.modes: set[int] = set()
        #: Every string sequence that the program sent (OSC and its like: titles, the clipboard, links).
        self.strings: list[bytes] = []
        self.started = 0.0
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._seen, self._moment = seen, 0.0
        self._news = threading.Condition()
        self._rest = b""
        self._ended = False
        self._outer, inner = pty.openpty()
        self._set_size()
        whole = {key: value for key, value in os.environ.items() if key not in {*_LEFT_OUT, *without}}
        whole |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **(env or {})}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=inner, stdout=inner, stderr=inner, env=whole, cwd=cwd,
            start_new_session=True, preexec_fn=_take_the_terminal,
        )  # fmt: skip
        os.close(inner)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what is on the screen -----------------------------------------------------------------------------------

    def text(self) -> str:
        """The screen as lines of text, without the blanks at their ends."""
        with self._news:
            return self._text()

    def _text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def colours(self) -> set[str]:
        """The colours in which the screen is drawn, letters and grounds; "default" is the terminal's own."""
        self.text()
        rows = (self._screen.buffer[row] for row in range(self._screen.lines))
        return {colour for row in rows for cell in row.values() for colour in (cell.fg, cell.bg)}

    def wait(self, pattern: str, seconds: float = 20.0) -> str:
        """The screen's text, once it matches the regular expression. Raises NotSeen."""
        return self._wait(lambda text: re.search(pattern, text, re.M) is not None, f"{pattern!r}", seconds)

    def wait_gone(self, pattern: str, seconds: float = 20.0) -> str:
        """The screen's text, once it no longer matches. Raises NotSeen."""
        return self._wait(lambda text: re.search(pattern, text, re.M) is None, f"the end of {pattern!r}", seconds)

    def shows(self, pattern: str, seconds: float) -> bool:
        """Whether the screen matches within this time."""
        try:
            self.wait(pattern, seconds)
        except NotSeen:
            return False
        return True

    def _wait(self, holds: Callable[[str], bool], what: str, seconds: float) -> str:
        end = time.monotonic() + seconds
        with self._news:
            while True:
                text = self._text()
                if holds(text):
                    return text
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    why = "the program ended" if self._ended else f"not within {seconds} s"
                    raise NotSeen(f"waited for {what}: {why}. The screen:\n{text}")
                self._news.wait(left)

    def settle(self, quiet: float = 0.3, seconds: float = 10.0) -> str:
        """The screen's text, once the program has written nothing for `quiet` seconds (or time is up)."""
        end = time.monotonic() + seconds
        with self._news:
            while not self._ended and time.monotonic() < end and self._news.wait(quiet):
                pass
            return self._text()

    # --- what is typed -------------------------------------------------------------------------------------------

    def keys(self, *names: str) -> None:
        """Press keys one after another: "j", "enter", "ctrl+s", "alt+x"."""
        for name in names:
            self.send(_bytes_of(name))

    def type(self, text: str) -> None:
        """Type a text, character by character."""
        for character in text:
            self.send(character.encode())

    def paste(self, text: str) -> None:
        """Paste a text as terminals do when a program has asked for bracketed paste."""
        self.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def send(self, data: bytes) -> None:
        """Send bytes as they are; a program that has ended does not hear them."""
        with contextlib.suppress(OSError):
            os.write(self._outer, data)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal; the program is told (SIGWINCH)."""
        with self._news:
            self.columns, self.rows = columns, rows
            self._screen.resize(rows, columns)
            self._set_size()

    # --- ending --------------------------------------------------------------------------------------------------

    def kill9(self) -> None:
        """End the program as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def exit_status(self, seconds: float = 15.0) -> int:
        """The exit status, once the program has ended (negative: the signal). Raises NotSeen."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise NotSeen(f"still running after {seconds} s. The screen:\n{self.text()}") from None
        self._reader.join(5)
        return status

    @property
    def modes_left_on(self) -> set[int]:
        """The private modes that the program has switched on and not off again (ask after its end)."""
        return self.modes - _USUAL_MODES

    @property
    def cursor_hidden(self) -> bool:
        """Whether the program has hidden the cursor and not shown it again."""
        return bool(self._screen.cursor.hidden)

    def close(self) -> None:
        """End the program, first politely, and let go of the pseudo-terminal."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.kill9()
        self._reader.join(5)
        if self._outer >= 0:
            os.close(self._outer)
            self._outer = -1

    # --- the other side of the line ------------------------------------------------------------------------------

    def _set_size(self) -> None:
        fcntl.ioctl(self._outer, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))

    def _read(self) -> None:
        while True:
            try:
                ready, _, _ = select.select([self._outer], [], [], 0.5)
                if not ready:
                    if self.process.poll() is not None:
                        break
                    continue
                data = os.read(self._outer, 65536)
            except OSError:
                break
            if not data:
                break
            self._moment = time.perf_counter()
            with self._news:
                self._take(data)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _take(self, data: bytes) -> None:
        data, self._rest = self._rest + data, b""
        cut = _CUT_OFF.search(data)
        if cut:
            data, self._rest = data[: cut.start()], data[cut.start() :]
        at = 0
        for found in _SEQUENCE.finditer(data):
            self._feed(data[at : found.start()])
            at = found.end()
            if self._is_for_the_screen(found):
                self._feed(found.group())
        self._feed(data[at:])

    def _feed(self, data: bytes) -> None:
        if data and self._seen is None:
            self._stream.feed(data)
        elif data and self._seen is not None:
            self._seen(self._moment, data)

    def _is_for_the_screen(self, found: re.Match[bytes]) -> bool:
        """Answers a query, notes a mode; True for what the emulation should be given."""
        if found["opens"]:
            self.strings.append(found["string"])
            if found["opens"] == b"]" and (asked := re.match(rb"(1[01]);\?", found["string"])):
                colour = b"ffff/ffff/ffff" if asked[1] == b"10" else b"1010/1010/1010"
                self.send(b"\x1b]" + asked[1] + b";rgb:" + colour + b"\x1b\\")
            return False
        prefix, numbers, final = found["prefix"], found["numbers"], found["final"]
        if final is None:
            return found.group()[1:2] not in b"=>"
        if found["between"]:
            if final == b"p" and prefix == b"?" and numbers.isdigit():
                state = (1 if int(numbers) in self.modes else 2) if int(numbers) in _KNOWN_MODES else 0
                self.send(b"\x1b[?%s;%d$y" % (numbers, state))
            return False
        if final == b"c":
            self.send(b"\x1b[>41;380;0c" if prefix == b">" else b"\x1b[?64;22c")
            return False
        if final == b"n":
            self.send(b"\x1b[0n" if numbers == b"5" else self._place())
            return False
        if prefix == b"?" and final in b"hl":
            modes = {int(number) for number in numbers.split(b";") if number}
            self.modes = self.modes | modes if final == b"h" else self.modes - modes
            return True
        return not prefix

    def _place(self) -> bytes:
        return b"\x1b[%d;%dR" % (self._screen.cursor.y + 1, self._screen.cursor.x + 1)


#: What the program must not learn of the terminal that the tests run in.
_LEFT_OUT = {"COLORTERM", "TERM_PROGRAM", "LINES", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "TMUX"}


def _take_the_terminal() -> None:
    """In the new process: make the pseudo-terminal the controlling one, for Ctrl+c, SIGWINCH and /dev/tty.

    Ctrl+c counts there, also where the tests themselves run in the background of a shell, which ignores it.
    """
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _bytes_of(name: str) -> bytes:
    """What a terminal sends for a key of this name."""
    if name.startswith("ctrl+") and len(name) == 6:
        return bytes([ord(name[-1].upper()) & 31])
    if name.startswith("alt+"):
        return b"\x1b" + _bytes_of(name.removeprefix("alt+"))
    return KEYS.get(name, name).encode()
