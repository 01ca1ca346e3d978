"""A kept file on its way out: under its own name (RFC 6266) and shut off from our pages."""

from urllib.parse import quote

from flask import Response, make_response

SEALED = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def sent_out(data: bytes, media_type: str, file_name: str, *, plain: str, inline: bool = False) -> Response:
    """The bytes as an answer; `plain` is an ASCII name, without its ending, for browsers that know no other."""
    answer = make_response(data)
    extension, name = file_name.rpartition(".")[2].lower(), quote(file_name, safe="")
    how = "inline" if inline else "attachment"
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Disposition"] = f"{how}; filename=\"{plain}.{extension}\"; filename*=UTF-8''{name}"
    answer.headers["Content-Security-Policy"] = SEALED
    return answer
