"""What is read of files that people attach; the files are made here."""

import io
import zipfile
import zlib

import pytest
import xlsxwriter

from matchmaker.domain.secrecy import secrecy_mark
from matchmaker.exchange import plain_text as reading
from matchmaker.exchange.plain_text import plain_text

W = '<w:document xmlns:w="x"><w:body>{}</w:body></w:document>'


def docx(*runs: str, part: str = "word/document.xml") -> bytes:
    """A Word file whose one paragraph is made of these runs."""
    body = "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", W.format("<w:p/>"))
        if part != "word/document.xml":
            archive.writestr(part, W.format(body))
    if part == "word/document.xml":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(part, W.format(body))
    return stream.getvalue()


def xlsx(*cells: str) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    book.add_worksheet().write_column(0, 0, cells)
    book.close()
    return stream.getvalue()


def pdf(text: str, encoding: str, *, packed: bool) -> bytes:
    raw = text.encode(encoding)
    raw = b"\xfe\xff" + raw if encoding == "utf-16-be" else raw
    content = b"BT <" + raw.hex().encode() + b"> Tj ET"
    stream = zlib.compress(content) if packed else content
    return b"%PDF-1.4\n1 0 obj\n<< /Length 1 >>\nstream\n" + stream + b"\nendstream\nendobj\n%%EOF"


def test_a_word_split_over_runs_is_read_whole() -> None:
    assert "机密★10年" in plain_text("docx", docx("机", "密★", "10年"))


def test_headers_and_escapes_are_read() -> None:
    assert "【秘密】 & <" in plain_text("docx", docx("【秘密】 &amp; &lt;", part="word/header1.xml"))


def test_cells_are_read_apart() -> None:
    assert "机\n密封" in plain_text("xlsx", xlsx("压缩机", "密封"))
    assert secrecy_mark(plain_text("xlsx", xlsx("型号", "密级：机密")))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_pdf_that_holds_its_text_is_read(encoding: str, packed: bool) -> None:
    assert secrecy_mark(plain_text("pdf", pdf("机密★20年", encoding, packed=packed)))
    assert not secrecy_mark(plain_text("pdf", pdf("普通的技术说明", encoding, packed=packed)))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_a_text_file_is_read(encoding: str) -> None:
    assert plain_text("txt", "密级：机密".encode(encoding)) == "密级：机密"


@pytest.mark.parametrize("extension", ["docx", "xlsx", "pdf", "txt", "png"])
def test_broken_files_have_no_text(extension: str) -> None:
    assert plain_text(extension, b"PK\x03\x04 nothing").strip() == ""


def test_a_bomb_is_read_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    assert len(plain_text("docx", docx("密" * 100_000))) <= 1000
