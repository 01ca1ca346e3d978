import io
import zipfile

import pytest

from matchmaker.domain.files import MAX_BYTES, upload
from matchmaker.errors import Invalid


def zipped(part: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(part, "x")
    return buffer.getvalue()


GOOD = {
    "签到表.pdf": b"%PDF-1.7 ...",
    "现场.PNG": b"\x89PNG\r\n\x1a\n...",
    "a.jpg": b"\xff\xd8\xff\xe0...",
    "a.jpeg": b"\xff\xd8\xff\xe1...",
    "纪要.docx": zipped("word/document.xml"),
    "名单.xlsx": zipped("xl/workbook.xml"),
    "说明.txt": "一、裂纹率 ≤ 0.5%\r\n".encode(),
    "记事本.TXT": b"\xef\xbb\xbf" + "带有标记".encode(),
    "老系统.txt": "另存为 ANSI 的说明\t㐀".encode("gb18030"),
}


@pytest.mark.parametrize(("name", "data"), GOOD.items())
def test_files_that_are_what_they_say(name: str, data: bytes) -> None:
    assert "/" in upload(name, data).media_type()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", b""),
        ("a.pdf", b"MZ..."),
        ("a.png", GOOD["a.jpg"]),
        ("a.docx", GOOD["名单.xlsx"]),
        ("a.docx", b"PK\x03\x04 cut off"),
        ("a.exe", b"MZ"),
        ("a.txt", b"MZ\x90\x00"),
        ("a.txt", "说明".encode("utf-16")),
        ("a.txt", GOOD["a.jpg"]),
        ("a.txt", GOOD["纪要.docx"]),
        ("a.txt", b"%PDF-1.4\n%%EOF"),
        ("a.txt", "拖断".encode("gb18030")[:-1] + b"\xff"),
        ("a.html", b"<html>"),
        ("pdf", b"%PDF-"),
        ("a.pdf", b"%PDF-" + bytes(MAX_BYTES)),
    ],
)
def test_files_that_are_not(name: str, data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        upload(name, data).media_type()
    assert set(refused.value.errors) == {"file"}


def test_names_lose_folders_and_control_characters_but_not_their_ending() -> None:
    assert upload("..\\..\\C:/x/签\r\n到\u202e表.pdf", b"%PDF-").file_name == "签到表.pdf"
    long = upload("长" * 500 + ".pdf", b"%PDF-").file_name
    assert len(long) == 200
    assert long.endswith(".pdf")
