"""Reading a QR code as a phone does: from the picture."""

import re
import struct
import zlib

import numpy as np
import zxingcpp

CHANNELS = {0: 1, 2: 3, 6: 4}  # PNG's colour types: grey, RGB, RGBA
Picture = np.ndarray


def text_in(picture: Picture) -> str:
    """What the one code in a grey picture says."""
    found = [str(code.text) for code in zxingcpp.read_barcodes(picture)]
    assert len(found) == 1, found
    return found[0]


def drawn(svg: str) -> Picture:
    """The picture that a code's path draws, ten dots for a module."""
    size = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])
    path = re.search(r'stroke="#000" d="([^"]+)"', svg)[1]
    dots, x, y = np.full((size, size), 255, np.uint8), 0.0, 0.5
    for step, along, down in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", path):
        if step == "h":
            dots[int(y), int(x) : int(x) + int(along)] = 0
            x += float(along)
        else:
            x, y = (float(along), float(down)) if step == "M" else (x + float(along), y + float(down))
    return np.kron(dots, np.ones((10, 10), np.uint8))


def grey(png: bytes) -> Picture:
    """A browser's screenshot (PNG, 8 bits, not interlaced; ISO/IEC 15948) as a grey picture."""
    width, height, depth, colours, *_ = struct.unpack(">IIBBBBB", png[16:29])
    assert depth == 8, "a screenshot has 8 bits for each channel"
    channels = CHANNELS[colours]
    data = zlib.decompress(b"".join(body for kind, body in _chunks(png) if kind == b"IDAT"))
    rows = np.frombuffer(data, np.uint8).reshape(height, 1 + width * channels)
    before = bytes(width * channels)
    lines = []
    for row in rows:
        before = _unfiltered(int(row[0]), row[1:].tobytes(), before, channels)
        lines.append(before)
    picture = np.frombuffer(b"".join(lines), np.uint8).reshape(height, width, channels)
    return np.ascontiguousarray(picture[:, :, :3].mean(axis=2).astype(np.uint8))


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(png):
        [length] = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    out = bytearray(row)
    for at in range(len(out)):
        left = out[at - step] if at >= step else 0
        up, corner = above[at], above[at - step] if at >= step else 0
        out[at] = (out[at] + _guess(kind, left, up, corner)) % 256
    return bytes(out)


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        near = left + up - corner
        return min((left, up, corner), key=lambda value: abs(near - value))
    return (0, left, up, (left + up) // 2)[kind]
