"""Evidence files of the demonstration: real images and documents, marked DEMO, drawn from who was there."""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise

WHITE, GREY, BLACK = 255, 190, 40
QUICKLY = 1  # hundreds of pictures are drawn while somebody waits
_GLYPHS = {
    "0": "111101101101111",
    "1": "010110010010111",
    "2": "111001111100111",
    "3": "111001111001111",
    "4": "101101111001001",
    "5": "111100111001111",
    "6": "111100111101111",
    "7": "111001001001001",
    "8": "111101111101111",
    "9": "111101111001111",
    "-": "000000111000000",
    "D": "110101101101110",
    "E": "111100111100111",
    "M": "101111111101101",
    "O": "111101101101111",
}  # 3 × 5 dots, row by row


class Canvas:
    """A grey picture, eight bits a dot."""

    def __init__(self, width: int, height: int) -> None:
        """White all over."""
        self.width, self.height = width, height
        self._rows = [bytearray([WHITE]) * width for _ in range(height)]

    def fill(self, left: int, top: int, width: int, height: int, shade: int) -> None:
        """A filled rectangle, cut at the edges."""
        left, right = max(left, 0), min(left + width, self.width)
        for row in self._rows[max(top, 0) : max(top + height, 0)]:
            row[left:right] = bytes([shade]) * max(right - left, 0)

    def disc(self, x: int, y: int, radius: int, shade: int) -> None:
        """A filled circle around (x, y)."""
        for up in range(-radius, radius + 1):
            half = int((radius**2 - up**2) ** 0.5)
            self.fill(x - half, y + up, 2 * half + 1, 1, shade)

    def stroke(self, points: Sequence[tuple[int, int]], shade: int) -> None:
        """A pen's line from point to point, two dots wide."""
        for (x, y), (to_x, to_y) in pairwise(points):
            steps = max(abs(to_x - x), abs(to_y - y), 1)
            for step in range(0, steps + 1, 2):
                self.fill(x + (to_x - x) * step // steps, y + (to_y - y) * step // steps, 2, 2, shade)

    def text(self, left: int, top: int, text: str, *, dot: int, shade: int = BLACK) -> None:
        """Digits, dashes and the letters of DEMO; anything else is a space."""
        for place, char in enumerate(text):
            for at, mark in enumerate(_GLYPHS.get(char, "")):
                if mark == "1":
                    down, along = divmod(at, 3)
                    self.fill(left + (place * 4 + along) * dot, top + down * dot, dot, dot, shade)

    def png(self) -> bytes:
        """The picture as a PNG file (ISO/IEC 15948)."""
        size = struct.pack(">IIBBBBB", self.width, self.height, 8, 0, 0, 0, 0)
        dots = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), QUICKLY)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", size) + _chunk(b"IDAT", dots) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def sign_in_sheet(day: str, names: Sequence[str]) -> bytes:
    """A table with a number and a scrawl for everybody who signed, as PNG."""
    sheet = Canvas(360, 110 + 44 * len(names))
    sheet.text(24, 20, f"DEMO {day}", dot=4)
    for row, name in enumerate(names):
        top = 80 + 44 * row
        sheet.fill(24, top, 312, 1, GREY)
        sheet.text(32, top + 12, str(row + 1), dot=4)
        sheet.stroke(_scrawl(name, 110, top + 6), BLACK)
    sheet.fill(24, 80 + 44 * len(names), 312, 1, GREY)
    return sheet.png()


def _scrawl(name: str, left: int, top: int) -> list[tuple[int, int]]:
    """Ups and downs that are always the same for one name."""
    return [(left + 16 * at, top + byte % 32) for at, byte in enumerate(hashlib.sha256(name.encode()).digest()[:9])]


def group_photo(day: str, names: Sequence[str]) -> bytes:
    """As many figures at a table as were there, as PNG."""
    photo = Canvas(360, 225)
    for row in range(0, 150, 10):
        photo.fill(0, row, 360, 10, 250 - row // 3)
    width = 330 // max(len(names), 1)
    for place, name in enumerate(names):
        middle = 15 + width * place + width // 2
        shade = 60 + 12 * (hashlib.sha256(name.encode()).digest()[0] % 8)
        photo.disc(middle, 142, 25, shade)
        photo.disc(middle, 103, 13, shade + 30)
    photo.fill(0, 150, 360, 75, 120)
    photo.text(18, 187, f"DEMO {day}", dot=3, shade=WHITE)
    return photo.png()


def minutes_sheet(lines: Sequence[str]) -> bytes:
    """One page of text as PDF, in the Chinese font that every reader of PDF knows by name (ISO 32000-1, 9.7.5.2)."""
    wrapped = [line[start : start + 36] for line in lines for start in range(0, max(len(line), 1), 36)]
    shown = b" T*\n".join(b"<%s> Tj" % line.encode("utf-16-be").hex().encode() for line in wrapped)
    content = b"BT /F1 13 Tf 22 TL 60 780 Td\n" + shown + b"\nET"
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 7 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    )


def _pdf(*objects: bytes) -> bytes:
    """The objects, numbered from 1, with the table that says where each begins."""
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    places_table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return data + places_table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
