"""Which files may be kept as evidence, and whether one is what its name says."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _

MAX_BYTES = 20 * 1024 * 1024
LONGEST_NAME = 200


@dataclass(frozen=True)
class FileKind:
    """A kind of file: its media type and how its content is recognised."""

    media_type: str
    recognises: Callable[[bytes], bool]


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signatures)


def _zipped(part: str) -> Callable[[bytes], bool]:
    """Whether the data are an Office file, by the part that only its kind has; nothing is unpacked."""

    def recognises(data: bytes) -> bool:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return part in archive.namelist()
        except zipfile.BadZipFile:
            return False

    return recognises


_ENCODINGS = ("utf-8-sig", "gb18030")  # in which Chinese text files are saved; the second one is the national standard
_CONTROLS = frozenset(chr(code) for code in range(32)) - frozenset("\t\n\f\r")


def text_in(data: bytes) -> str | None:
    """What a text file says; None for anything else."""
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if _CONTROLS.isdisjoint(text) else None
    return None


def _is_text(data: bytes) -> bool:
    """Whether the data are text; a PDF may be readable from end to end too."""
    return text_in(data) is not None and not KINDS["pdf"].recognises(data)


_OFFICE = "application/vnd.openxmlformats-officedocument"
_JPEG = FileKind("image/jpeg", _begins(b"\xff\xd8\xff"))
KINDS: dict[str, FileKind] = {
    "pdf": FileKind("application/pdf", _begins(b"%PDF-")),
    "png": FileKind("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "docx": FileKind(f"{_OFFICE}.wordprocessingml.document", _zipped("word/document.xml")),
    "xlsx": FileKind(f"{_OFFICE}.spreadsheetml.sheet", _zipped("xl/workbook.xml")),
    "txt": FileKind("text/plain", _is_text),
}
NAMES = "、".join(KINDS)
PICTURES = frozenset({"image/png", "image/jpeg"})  # what may be shown, not only saved


@dataclass(frozen=True)
class Upload:
    """A file as it was sent: its name without folders, and its bytes."""

    file_name: str
    data: bytes

    @property
    def extension(self) -> str:
        """The name's ending in lower case, without the dot."""
        return PurePosixPath(self.file_name).suffix.lstrip(".").lower()

    def media_type(self) -> str:
        """The media type. Raises `Invalid` for a file too large, empty, of another kind, or not what its name says."""
        kind = KINDS.get(self.extension)
        if not self.data:
            raise Invalid({"file": _("文件是空的，请重新选择")})
        if len(self.data) > MAX_BYTES:
            raise Invalid({"file": too_large()})
        if kind is None:
            raise Invalid({"file": _("只接受 %(kinds)s 文件", kinds=NAMES)})
        if not kind.recognises(self.data):
            raise Invalid({"file": _("文件内容不是 %(kind)s，请勿改扩展名，另存后再上传", kind=self.extension)})
        return kind.media_type


def too_large() -> str:
    """What is said of a file above `MAX_BYTES`."""
    return _("文件超过 20 MB，请压缩后再上传")


def upload(file_name: str, data: bytes) -> Upload:
    """An upload under the last part of the sent name, cut to what is kept; the ending survives the cut."""
    name = "".join(char for char in file_name.replace("\\", "/").rsplit("/", 1)[-1] if char.isprintable()).strip()
    path = PurePosixPath(name or "file")
    return Upload(path.stem[: LONGEST_NAME - len(path.suffix)] + path.suffix, data)
