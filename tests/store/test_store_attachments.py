"""Attachments: real files, taken in or refused with a sentence."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tweetdesk.domain.pictures import look, without_place
from tweetdesk.store.attachments import LARGEST, Attachments, AttachmentTrouble
from tweetdesk.store.errors import FULL_DISK, StoreTrouble


def png(width: int = 3, height: int = 2, grey: int = 7) -> bytes:
    """A whole PNG of one grey."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = b"".join(b"\0" + bytes([grey]) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int, order: str) -> bytes:
    """An Exif block with an orientation and a GPS directory."""
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    entries = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0) + struct.pack(
        f"{order}HHII", 0x8825, 4, 1, 38
    )
    return (
        b"Exif\0\0"
        + mark
        + struct.pack(f"{order}I", 8)
        + struct.pack(f"{order}H", 2)
        + entries
        + b"GPS 48.2N 16.3E"
    )


def jpeg(*blocks: bytes) -> bytes:
    """The segments of a JPEG of 640 x 480 around these; its picture data is a stub."""
    frame = segment(0xC2, b"\x08" + struct.pack(">HH", 480, 640) + b"\x01\x11\x00\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\x34\xff\x00\xff\xd9"
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x02") + b"".join(blocks) + frame + scan


GIF = b"GIF89a" + struct.pack("<HH", 5, 4) + b"\0\0\0;"
WEBP_LOSSY = b"RIFF\x1e\0\0\0WEBPVP8 \x12\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 70, 50) + b"\0\0"
WEBP_LOSSLESS = b"RIFF\x1a\0\0\0WEBPVP8L" + b"\x0d\0\0\0\x2f" + struct.pack("<I", 69 | 49 << 14) + b"\0\0\0\0"
WEBP_EXTENDED = b"RIFF\x1a\0\0\0WEBPVP8X" + b"\x0a\0\0\0" + b"\0\0\0\0" + b"\x45\0\0" + b"\x31\0\0"


@pytest.fixture
def attachments(tmp_path: Path) -> Attachments:
    return Attachments(tmp_path / "data" / "attachments")


@pytest.mark.parametrize(
    ("data", "mime", "size"),
    [
        (png(3, 2), "image/png", (3, 2)),
        (jpeg(), "image/jpeg", (640, 480)),
        (GIF, "image/gif", (5, 4)),
        (WEBP_LOSSY, "image/webp", (70, 50)),
        (WEBP_LOSSLESS, "image/webp", (70, 50)),
        (WEBP_EXTENDED, "image/webp", (70, 50)),
    ],
)
async def test_a_picture_is_copied_and_known_by_its_bytes(
    tmp_path: Path, attachments: Attachments, data: bytes, mime: str, size: tuple[int, int]
) -> None:
    path = tmp_path / "picture without a suffix"
    path.write_bytes(data)
    taken = await attachments.take_in(path, "a grey square")
    assert (taken.mime, taken.width, taken.height, taken.size) == (mime, *size, len(data))
    assert taken.alt == "a grey square"
    path.unlink()
    assert await attachments.read(taken.file) == data
    kept = tmp_path / "data" / "attachments" / taken.file
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


async def test_the_same_picture_twice_is_one_file(tmp_path: Path, attachments: Attachments) -> None:
    for name in ("one.png", "two.png"):
        (tmp_path / name).write_bytes(png())
    one, two = [await attachments.take_in(str(tmp_path / name)) for name in ("one.png", "two.png")]
    assert one == two
    assert [path.name for path in (tmp_path / "data" / "attachments").iterdir()] == [one.file]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 6])
async def test_the_place_where_a_photo_was_taken_is_not_sent(
    tmp_path: Path, attachments: Attachments, order: str, orientation: int
) -> None:
    path = tmp_path / "photo.jpg"
    icc = segment(0xE2, b"ICC_PROFILE\0 colours")
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0 GPSLatitude")
    path.write_bytes(
        jpeg(segment(0xE1, exif(orientation, order)), xmp, icc, segment(0xED, b"Photoshop 3.0\0Vienna"))
    )
    taken = await attachments.take_in(path)
    data = await attachments.read(taken.file)
    assert taken.size == len(data)
    assert not any(word in data for word in (b"GPS", b"Vienna", b"\x25\x88", b"\x88\x25"))
    assert icc in data
    assert look(data) == look(path.read_bytes())
    if orientation == 1:
        assert data == jpeg(icc)
    else:
        assert data == without_place(data) == jpeg(segment(0xE1, exif_of_only(6)), icc)


def exif_of_only(orientation: int) -> bytes:
    directory = struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory


@pytest.mark.parametrize("cut", [3, 20, 40, 60])
def test_a_jpeg_cut_short_is_left_as_it_is(cut: int) -> None:
    data = jpeg(segment(0xE1, exif(6, "<")))[:cut]
    assert without_place(data) == data
    assert look(data) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "note.png is empty."),
        (b"Dear all,\n", "it is text."),
        (b"%PDF-1.7\n%\xe2\xe3", "it is a PDF."),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "it is a HEIC picture: save it as JPEG first."),
        (b'<?xml version="1.0"?><svg>', "it is an SVG drawing: save it as PNG first."),
        (b"<!DOCTYPE html><p>404", "it is a web page."),
        (b"PK\x03\x04rest", "it is a zip archive or an office document."),
        (b"\x00\x01\x02", "it is something that is not known."),
        (b"\x89PNG\r\n\x1a\nshort", "it is a damaged picture, or a kind of it that is not known."),
        (png(0, 0), "it is a damaged picture, or a kind of it that is not known."),
        (b"\xff\xd8\xff", "it is a damaged picture, or a kind of it that is not known."),
    ],
)
async def test_what_is_no_picture_is_refused_with_what_it_is(
    tmp_path: Path, attachments: Attachments, data: bytes, words: str
) -> None:
    path = tmp_path / "note.png"
    path.write_bytes(data)
    with pytest.raises(AttachmentTrouble) as told:
        await attachments.take_in(path)
    assert str(told.value).endswith(words)
    assert not (tmp_path / "data").exists()


async def test_files_that_cannot_be_read_are_sentences(tmp_path: Path, attachments: Attachments) -> None:
    async def told(path: str | Path) -> str:
        with pytest.raises(AttachmentTrouble) as trouble:
            await attachments.take_in(path)
        return str(trouble.value)

    assert await told(tmp_path / "none.png") == f"There is no file {tmp_path / 'none.png'}."
    assert await told("x\0y") == "There is no file x\0y."
    assert await told(tmp_path) == f"{tmp_path.name} is a folder: choose a picture in it."
    assert (await told("n" * 5000)).endswith("cannot be read (File name too long).")
    os.mkfifo(tmp_path / "pipe")
    assert await told(tmp_path / "pipe") == "pipe is not a file that can be read to its end."
    huge = tmp_path / "huge.png"
    with huge.open("wb") as file:
        file.truncate(LARGEST + 1_000_000)
    assert await told(huge) == "huge.png has 51 MB: no network takes more than 50 MB."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, attachments: Attachments, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.png"
    path.write_bytes(png())
    (tmp_path / "data" / "attachments").mkdir(parents=True)
    made: list[str] = []

    def always_full(dir: Path, prefix: str) -> tuple[int, str]:
        made.append(str(dir / f"{prefix}x"))
        Path(made[0]).touch()
        return os.open("/dev/full", os.O_WRONLY), made[0]

    monkeypatch.setattr("tempfile.mkstemp", always_full)
    with pytest.raises(StoreTrouble, match="disk is full") as told:
        await attachments.take_in(path)
    assert str(told.value) == FULL_DISK
    assert list((tmp_path / "data" / "attachments").iterdir()) == []


async def test_a_picture_that_is_gone_and_a_name_that_is_none_of_ours(attachments: Attachments) -> None:
    with pytest.raises(AttachmentTrouble, match="gone from the store"):
        await attachments.read("0" * 32 + ".png")
    with pytest.raises(AttachmentTrouble, match="none of ours"):
        await attachments.read("../tweetdesk.db")


async def test_tidying_leaves_what_is_needed_and_what_is_new(tmp_path: Path, attachments: Attachments) -> None:
    now = datetime.now(UTC)
    assert await attachments.tidy((), now) == 0
    taken = []
    for grey in range(3):
        (tmp_path / "one.png").write_bytes(png(grey=grey))
        taken.append(await attachments.take_in(tmp_path / "one.png"))
    folder = tmp_path / "data" / "attachments"
    (folder / "coming-x").touch()
    (folder / "notes.txt").touch()
    for path in [folder / taken[0].file, folder / taken[1].file, folder / "coming-x", folder / "notes.txt"]:
        os.utime(path, (0, 0))
    assert await attachments.tidy({taken[0].file}, now - timedelta(days=1)) == 2
    assert {path.name for path in folder.iterdir()} == {taken[0].file, taken[2].file, "notes.txt"}
    (tmp_path / "one.png").write_bytes(png(grey=0))
    await attachments.take_in(tmp_path / "one.png")
    assert await attachments.tidy((), now - timedelta(days=1)) == 0
