"""A list as a spreadsheet: what is on the screen, all pages of it."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import quote

from flask import Response, make_response

from matchmaker.exchange.tables import write_rows
from matchmaker.i18n import gettext as _

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sheet(name: str, rows: Sequence[Mapping[str, Any]]) -> Response:
    """An xlsx file named `name` to be downloaded; its columns are the keys of the rows; no text becomes a formula."""
    stream = BytesIO()
    write_rows(stream, ".xlsx", list(rows[0]) if rows else [_("没有符合条件的记录")], rows)
    return download(name, stream.getvalue())


def download(name: str, data: bytes) -> Response:
    """A workbook named `name` to be saved."""
    response = make_response(data)
    response.headers["Content-Type"] = MEDIA_TYPE
    response.headers["Content-Disposition"] = f"attachment; filename=\"list.xlsx\"; filename*=UTF-8''{quote(name)}.xlsx"
    return response
