"""Bodies of requests: a JSON value, a form, or a file that can be watched on its way out."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
#: A file leaves in pieces of so many bytes.
PIECE = 65_536
#: A line is expected to carry at least so many bytes a second.
SLOWEST = 20_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send: `told` hears how many bytes of it have left, from the first again where it is sent again.

    `mime` is the type of the whole body, `before` and `after` stand around the file in it.
    """

    content: bytes
    mime: str
    told: Callable[[int], None]
    before: bytes = b""
    after: bytes = b""

    @property
    def size(self) -> int:
        """Bytes of the whole body."""
        return len(self.before) + len(self.content) + len(self.after)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, piece by piece; each time anew."""
        if self.before:
            yield self.before
        for start in range(0, len(self.content), PIECE):
            yield self.content[start : start + PIECE]
            self.told(min(start + PIECE, len(self.content)))
        if self.after:
            yield self.after


def file_in_a_form(
    content: bytes, mime: str, told: Callable[[int], None], *, field: str, fields: Sequence[tuple[str, str]] = ()
) -> Upload:
    """A file as the field of a form, after other fields (RFC 7578)."""
    mark = "tweetdesk-" + hashlib.sha256(content).hexdigest()[:32]
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ]
    kind = mime.rpartition("/")[2]
    parts.append(
        f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="picture.{kind}"\r\n'
        f"Content-Type: {mime}\r\n\r\n"
    )
    before = "".join(parts).encode("utf-8", "replace")
    return Upload(content, f"multipart/form-data; boundary={mark}", told, before, f"\r\n--{mark}--\r\n".encode())


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: a JSON value, a form, or a file."""

    json: Any = None
    form: Sequence[tuple[str, str]] | None = None
    upload: Upload | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell what it is, where httpx does not know."""
        if self.upload is not None:
            return {"content-type": self.upload.mime, "content-length": str(self.upload.size)}
        return {} if self.form is None else {"content-type": FORM}

    @property
    def sent(self) -> dict[str, Any]:
        """As httpx takes it."""
        if self.upload is not None:
            return {"content": self.upload.pieces()}
        if self.form is not None:
            return {"content": urlencode(list(self.form)).encode()}
        return {"json": self.json}

    @property
    def seconds(self) -> float:
        """How long it may take on a slow line, beyond what any exchange may take."""
        return self.upload.size / SLOWEST if self.upload is not None else 0.0
