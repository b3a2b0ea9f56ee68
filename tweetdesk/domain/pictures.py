"""Pictures by their bytes: their type, their size in pixels, and the same without the place where they were taken.

Sources: PNG (W3C, 3rd edition, section 5), JPEG (ITU T.81, annex B), Exif 2.32 (section 4), GIF89a, WebP container
(RFC 9649).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: What a file that is no such picture may be, by its first bytes: shown to the user.
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"BM", "a BMP picture: save it as PNG first"),
    (b"II*\0", "a TIFF picture: save it as PNG or JPEG first"),
    (b"MM\0*", "a TIFF picture: save it as PNG or JPEG first"),
    (b"\x7fELF", "a program"),
    (b"ID3", "music"),
    (b"OggS", "sound or video"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_ORIENTATION = 0x0112
#: An Exif block that holds nothing but the orientation (its last-but-one byte pair, little-endian).
_ONLY_ORIENTATION = (
    _EXIF + b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x12\x01" + b"\x03\0" + b"\x01\0\0\0" + b"%c\0\0\0" + b"\0\0\0\0"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture's own header says: "image/png" and the like, and its size in pixels."""

    mime: str
    width: int
    height: int


def look(data: bytes) -> Seen | None:
    """What picture these bytes are; None for anything else, and for one whose header makes no sense."""
    seen = None
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        seen = Seen("image/png", _big(data[16:20]), _big(data[20:24]))
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        seen = Seen("image/gif", _little(data[6:8]), _little(data[8:10]))
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        seen = _webp(data)
    elif data.startswith(b"\xff\xd8"):
        seen = _jpeg(data)
    return seen if seen and seen.width and seen.height else None


def looks_like(data: bytes) -> str:
    """What a file that is no picture of ours seems to be, in words."""
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        if brand in (b"heic", b"heix", b"mif1", b"hevc"):
            return "a HEIC picture: save it as JPEG first"
        return "an AVIF picture: save it as PNG or JPEG first" if brand == b"avif" else "a video"
    for start, words in _OTHERS:
        if data.startswith(start):
            return words
    if data.startswith((b"\x89PNG", b"GIF8", b"\xff\xd8", b"RIFF")):
        return "a damaged picture, or a kind of it that is not known"
    head = data[:512].lstrip().lower()
    if b"<svg" in head:
        return "an SVG drawing: save it as PNG first"
    if head.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return "something that is not known" if b"\0" in data[:512] else "text"


def without_place(data: bytes) -> bytes:
    """A JPEG without Exif, XMP and IPTC, where cameras write place, owner and device; how it is turned stays.

    Other bytes, and a JPEG that cannot be followed to its picture, come back as they are.
    """
    if not data.startswith(b"\xff\xd8"):
        return data
    kept, end = [b"\xff\xd8"], 2
    for marker, start, end in _segments(data):
        body = data[start + 4 : end]
        if marker == 0xDA:
            return b"".join(kept) + data[start:]
        if marker == 0xE1 and body.startswith(_EXIF):
            if (turned := _orientation(body[len(_EXIF) :])) > 1:
                only = _ONLY_ORIENTATION % turned
                kept.append(b"\xff\xe1" + (len(only) + 2).to_bytes(2, "big") + only)
        elif marker != 0xED and not (marker == 0xE1 and body.startswith(_XMP)):
            kept.append(data[start:end])
    return data


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The segments of a JPEG up to its picture data: marker, where it starts and ends."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
            continue
        end = place + 2 + _big(data[place + 2 : place + 4])
        if end < place + 4 or end > len(data):
            return
        yield marker, place, end
        if marker == 0xDA:
            return
        place = end


def _jpeg(data: bytes) -> Seen | None:
    for marker, start, _ in _segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header, not a table
            return Seen("image/jpeg", _big(data[start + 7 : start + 9]), _big(data[start + 5 : start + 7]))
    return None


def _webp(data: bytes) -> Seen | None:
    match data[12:16]:
        case b"VP8X":
            return Seen("image/webp", _little(data[24:27]) + 1, _little(data[27:30]) + 1)
        case b"VP8L":
            bits = _little(data[21:25])
            return Seen("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8 ":
            return Seen("image/webp", _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF)
    return None


def _orientation(tiff: bytes) -> int:
    """How a picture is to be turned (1 to 8) by the first directory of its Exif block; 1 if that says nothing."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(tiff[:4])
    if order is None:
        return 1
    read = _little if order == "little" else _big
    first = read(tiff[4:8])
    for index in range(min(read(tiff[first : first + 2]), 200)):
        entry = tiff[first + 2 + 12 * index : first + 14 + 12 * index]
        if read(entry[:2]) == _ORIENTATION:
            turned = read(entry[8:10])
            return turned if 1 <= turned <= 8 else 1
    return 1


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
