"""A sheet of paper for the Word templates: paragraphs and tables in the habits of official letters."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table

LEFT, CENTER, RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
BODY, HEADING = "仿宋", "黑体"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Sheet:
    """An A4 document in the habits of official letters: no style but what stands here."""

    def __init__(self, *, size: float = 14, margins: tuple[float, float] = (2.5, 2.6), spacing: float = 1.5) -> None:
        self.document: Doc = Document()
        self.spacing = spacing
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.top_margin = section.bottom_margin = Cm(margins[0])
        section.left_margin = section.right_margin = Cm(margins[1])
        normal = self.document.styles["Normal"]
        normal.font.name, normal.font.size = "Times New Roman", Pt(size)
        normal.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)
        properties = self.document.core_properties
        properties.author, properties.created, properties.modified = "", _EPOCH, _EPOCH
        properties.comments, properties.title = "", ""

    def line(
        self, text: str, *, align: WD_ALIGN_PARAGRAPH = LEFT, size: float = 0, font: str = "", indent: int = 0
    ) -> None:
        """One paragraph; `indent` is counted in characters of its first line."""
        paragraph = self.document.add_paragraph()
        paragraph.alignment = align
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.line_spacing = self.spacing
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(14 * indent)
        run = paragraph.add_run(text)
        if size:
            run.font.size = Pt(size)
        if font:
            run.font.name = font
            run._element.rPr.rFonts.set(qn("w:eastAsia"), font)  # noqa: SLF001 -- python-docx has no other way

    def body(self, *texts: str) -> None:
        """Paragraphs of running text."""
        for text in texts:
            self.line(text, indent=2)

    def control(self, statement: str) -> None:
        """A paragraph that leaves nothing behind: the beginning or end of a condition or a loop."""
        self.line(f"{{%p {statement} %}}")

    def rows(self, loop: str, columns: Sequence[tuple[str, str, float]]) -> None:
        """A table with a row for each turn of `loop`; columns: heading, what a cell shows, width in centimetres."""
        table: Table = self.document.add_table(rows=0, cols=len(columns))
        table.style = "Table Grid"
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for texts in (
            [heading for heading, _cell, _width in columns],
            [f"{{%tr for {loop} %}}"],
            [cell for _heading, cell, _width in columns],
            ["{%tr endfor %}"],
        ):
            cells = table.add_row().cells
            for cell, text, (_heading, _shown, width) in zip(
                cells, [*texts, *[""] * (len(columns) - len(texts))], columns, strict=True
            ):
                cell.width = Cm(width)
                cell.paragraphs[0].add_run(text).font.size = Pt(11)

    def data(self) -> bytes:
        """The file, the same bytes every time."""
        stream = BytesIO()
        self.document.save(stream)
        plain = BytesIO()
        with ZipFile(stream) as source, ZipFile(plain, "w", ZIP_DEFLATED) as target:
            for item in source.infolist():
                target.writestr(ZipInfo(item.filename), source.read(item), ZIP_DEFLATED)
        return plain.getvalue()
