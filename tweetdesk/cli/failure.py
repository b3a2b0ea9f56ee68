"""Failure: what an error is to the user, and the crash file for those that are mistakes of ours."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime

from tweetdesk.networks.errors import NetworkError
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.folders import Folders


def explain(error: BaseException) -> str:
    """A sentence for an error. A mistake of ours is written to a crash file, which holds code lines and no text of
    posts, messages or secrets: only where it happened and the kind of each error.
    """
    if isinstance(error, NetworkError | StoreTrouble):
        return str(error)
    if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        return explain(error.exceptions[0])
    try:
        path = _crash_file(error)
    except OSError as trouble:
        return f"this is a mistake in tweetdesk ({type(error).__name__}); no crash file: {trouble.strerror}"
    return f"this is a mistake in tweetdesk ({type(error).__name__}); what happened is in {path}"


def _crash_file(error: BaseException) -> str:
    folders = Folders.usual(os.environ)
    folders.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folders.state / f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt"
    lines = [f"{type(error).__module__}.{type(error).__name__}\n"]
    frames = traceback.extract_tb(error.__traceback__)
    lines += [f"{frame.filename}:{frame.lineno} {frame.name}: {frame.line}\n" for frame in frames]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return str(path)
