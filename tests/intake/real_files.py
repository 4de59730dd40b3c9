"""Files as they come from phones, and as they come from people who mean harm: made here, byte by byte."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def photo(*, size: tuple[int, int] = (640, 480)) -> bytes:
    """A JPEG as a phone writes it: turned, with the place it was taken at and a comment."""
    image = Image.new("RGB", size, (200, 120, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "SecretCamera"
    gps = exif.get_ifd(0x8825)
    gps.update({1: "N", 2: (41.0, 52.0, 41.0), 3: "W", 4: (87.0, 37.0, 23.0)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"PlantedComment")
    return out.getvalue()


def picture(*, mode: str = "RGBA", size: tuple[int, int] = (120, 80)) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    said.add_text("Author", "PlantedAuthor")
    out = io.BytesIO()
    Image.new(mode, size).save(out, "PNG", pnginfo=said)
    return out.getvalue()


def bomb(*, width: int = 8000, height: int = 5001) -> bytes:
    """A few kilobytes of PNG that unpack to more than 40 million pixels."""

    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = zlib.compress((b"\x00" + b"\x00" * ((width + 7) // 8)) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", lines) + part(b"IEND", b"")


def pdf(inside: bytes = b"", *, tail: bytes = b"") -> bytes:
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R" + inside + b">>endobj\n"
    body += b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    start = len(body)
    body += b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 3>>\n"
    return body + b"startxref\n%d\n%%%%EOF\n" % start + tail


PROGRAM = b"MZ\x90\x00" + b"\x00" * 60 + b"This program cannot be run in DOS mode."
PAGE = b"<!doctype html><script>alert(1)</script>"
