"""The user's own editor: which one it is, a text written in it through a private file, the desk aside."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App, SuspendNotSupported

_T = TypeVar("_T")
NO_EDITOR = "No editor is set: put the name of yours into $VISUAL or $EDITOR."


class EditorTrouble(Exception):
    """The text could not be edited; the message is a sentence for the user, and the text is as it was."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The editor's command and arguments, from $VISUAL or else $EDITOR. Raises EditorTrouble if there is none."""
    for name in ("VISUAL", "EDITOR"):
        if written := environment.get(name, "").strip():
            try:
                return shlex.split(written)
            except ValueError as error:
                raise EditorTrouble(f"${name} cannot be read as a command ({error}).") from None
    raise EditorTrouble(NO_EDITOR)


async def edit(text: str, command: list[str]) -> str:
    """The text as the editor left it, without the newline that editors put at the end.

    The file has mode 0600 in a folder of its own (0700), so that backup and swap files are private too; both are
    gone afterwards. Raises EditorTrouble when the editor does not start or ends with an error.
    """
    with tempfile.TemporaryDirectory(prefix="tweetdesk-") as folder:
        path = _private_file(folder, text)
        try:
            with interrupts_left_to_the_program():
                process = await asyncio.create_subprocess_exec(*command, os.fspath(path))
                status = await process.wait()
        except OSError as error:
            raise EditorTrouble(f"{command[0]} could not be started: {error.strerror}.") from None
        if status != 0:
            raise EditorTrouble(f"{command[0]} ended with status {status}; the text is as it was.")
        return _read(path)


def _private_file(folder: str, text: str) -> Path:
    path = Path(folder, "post.txt")
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8", errors="replace")
    return path


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace").removesuffix("\n")
    except OSError as error:
        raise EditorTrouble(f"The edited text could not be read: {error.strerror}.") from None


async def aside(app: App[Any], work: Callable[[], Awaitable[_T]]) -> _T:
    """The result of work that needs the terminal, with the desk out of its way; engine and network go on.

    Raises the work's OSError or EditorTrouble, and SuspendNotSupported.
    """
    trouble: OSError | EditorTrouble | None = None
    with app.batch_update(), app.suspend():
        # suspend() does not resume after an error: none may leave it.
        try:
            result = await work()
        except (OSError, EditorTrouble) as error:
            trouble = error
    if trouble is not None:
        raise trouble
    return result


async def written_in_editor(app: App[Any], text: str, environment: Mapping[str, str]) -> str:
    """The text as the user's own editor left it, with the desk aside. Raises EditorTrouble."""
    command = editor_command(environment)
    try:
        return await aside(app, lambda: edit(text, command))
    except SuspendNotSupported:
        raise EditorTrouble("The editor cannot be opened in this terminal.") from None


@contextmanager
def interrupts_left_to_the_program() -> Iterator[None]:
    """Ctrl+c typed in a program that we have started reaches the whole process group: it must not end tweetdesk.

    A handler that does nothing, not SIG_IGN: the latter would be inherited by the program.
    """
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
