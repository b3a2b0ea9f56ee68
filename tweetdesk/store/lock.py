"""One writer a profile: a lock on a file, which the operating system lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path


class ProfileLock:
    """The right to write in a folder. `flock` belongs to the open file: a dead holder never blocks anybody."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether we are the one who writes."""
        return self._file is not None

    def take(self) -> bool:
        """Try to become the one who writes; False where another living process is."""
        if self._file is not None:
            return True
        with ExitStack() as undo:
            file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            undo.callback(os.close, file)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
            self._file = file
            undo.pop_all()
        return True

    def release(self) -> None:
        """Let another process write. The file stays: taking it away would let two hold two locks of one name."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
