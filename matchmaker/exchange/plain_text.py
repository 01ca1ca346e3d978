"""What can be read of a file's text at small cost: enough to look for words in it, not to show it.

Word and Excel files are unpacked part by part; of a PDF what it says about itself and the text that stands in it as
such. Most Chinese PDFs name glyphs instead of characters, and pictures hold no text: of those nothing can be read.
"""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator

from matchmaker.domain.files import text_in

MOST_BYTES = 20 * 1024 * 1024  # unpacked, of one file
_PARTS = {
    "docx": re.compile(r"word/(?:document|header\d*|footer\d*|comments|footnotes)\.xml|docProps/core\.xml"),
    "xlsx": re.compile(r"xl/(?:sharedStrings|workbook|worksheets/sheet\d+|comments\d*)\.xml|docProps/core\.xml"),
}
_PARAGRAPH = re.compile(r"</(?:w:p|row|si|c|dc:[a-z]+)>")
_TAG = re.compile(r"<[^>]*>")
_STREAM = re.compile(rb"stream\r?\n")
_LITERAL = re.compile(rb"\(((?:[^()\\]|\\.){1,4000})\)")
_HEX = re.compile(rb"<((?:[0-9A-Fa-f]{2}\s*){2,4000})>")
_ESCAPED = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


def plain_text(extension: str, data: bytes) -> str:
    """The text of a `docx`, `xlsx`, `pdf` or `txt` file as far as it can be read; "" for other and broken files."""
    readers: dict[str, Callable[[bytes], str]] = {"docx": _docx, "xlsx": _xlsx, "pdf": _pdf, "txt": _txt}
    reader = readers.get(extension)
    return reader(data) if reader else ""


def _txt(data: bytes) -> str:
    return text_in(data) or ""


def _docx(data: bytes) -> str:
    return _office(data, "docx")


def _xlsx(data: bytes) -> str:
    return _office(data, "xlsx")


def _office(data: bytes, kind: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(_xml_text(part) for part in _parts(archive, _PARTS[kind]))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error):
        return ""


def _parts(archive: zipfile.ZipFile, wanted: re.Pattern[str]) -> Iterator[bytes]:
    """The parts with text, together no more than `MOST_BYTES`, whatever the archive says of their sizes."""
    left = MOST_BYTES
    for name in archive.namelist():
        if wanted.fullmatch(name) and left > 0:
            with archive.open(name) as part:
                content = part.read(left)
            left -= len(content)
            yield content


def _xml_text(part: bytes) -> str:
    """Runs of one paragraph stay together: a word may be split over several of them."""
    marked = _PARAGRAPH.sub("\n", part.decode("utf-8", "replace"))
    return html.unescape(_TAG.sub("", marked))


def _pdf(data: bytes) -> str:
    return "\n".join(_strings(piece) for piece in (_outside(data), *_unpacked(data)))


def _outside(data: bytes) -> bytes:
    return data[:MOST_BYTES]


def _unpacked(data: bytes) -> Iterator[bytes]:
    left = MOST_BYTES
    for start in _STREAM.finditer(data):
        if left <= 0:
            return
        try:
            content = zlib.decompressobj().decompress(data[start.end() :], left)
        except zlib.error:  # a picture, or packed in another way
            continue
        left -= len(content)
        yield content


def _strings(piece: bytes) -> str:
    found = [_ESCAPED.sub(_unescape, match[1]) for match in _LITERAL.finditer(piece)]
    found += [bytes.fromhex(match[1].decode("ascii")) for match in _HEX.finditer(piece)]
    return "\n".join(text for raw in found for text in _readings(raw))


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) & 0xFF]) if code.isdigit() and len(code) == 3 else code


def _readings(raw: bytes) -> Iterator[str]:
    """A string as the encodings in which PDF writers keep Chinese would read it."""
    if raw.startswith(b"\xfe\xff"):
        yield raw[2:].decode("utf-16-be", "ignore")
        return
    yield raw.decode("utf-8", "ignore")
    yield raw.decode("gb18030", "ignore")
    yield raw.decode("utf-16-be", "ignore")
