"""Words in a public text that look like somebody's contact: strangers read needs, contacts wait for both sides' yes."""

import re
import unicodedata

_PLAIN = re.IGNORECASE | re.ASCII
_MARKS = (
    re.compile(r"(?<![\d.])(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?![\d.]\d|\d)"),
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII),
    re.compile(
        r"(?<![a-z])(?:微信|weixin|wechat|v信|薇信|wx|vx)\s*(?:号码?|id)?\s*[:=为是]\s*[a-z\d][\w-]{4,19}", _PLAIN
    ),
    re.compile(r"(?:微信|weixin|wechat|薇信)\s*(?:号码?|id)?\s*(?=[\w-]*\d)[a-z][\w-]{5,19}", _PLAIN),
    re.compile(r"(?<![a-z\d])wxid_\w{6,}", _PLAIN),
)


def contact_marks(*texts: str) -> list[str]:
    """What in `texts` looks like a mobile number, an e-mail address or a WeChat name, as written there, each once.

    A warning for people, not a proof: a part number of eleven digits looks the same.
    """
    found: dict[str, None] = {}
    for text in texts:
        unified = unicodedata.normalize("NFKC", text)
        for mark in _MARKS:
            found |= dict.fromkeys(match[0].strip() for match in mark.finditer(unified))
    return list(found)
