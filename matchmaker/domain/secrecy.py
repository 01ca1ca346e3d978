"""The tripwire for state secrets 涉密: marks of classification in a text, after which nothing of it may be kept.

The marks are those that classified papers bear: 机密★10年, 密级：秘密, 绝密级, 【机密】, 内部资料 注意保存 and
their like. A text without a mark proves nothing; that is why people declare besides.
"""

import re
from collections.abc import Mapping

from matchmaker.i18n import gettext as _
from matchmaker.text import normalise

_GAP = r"[\s·・.\-_|/]{0,3}"  # people write 绝 密 and 绝·密
_TOP, _HIGH, _LOW = f"绝{_GAP}密", f"机{_GAP}密", f"秘{_GAP}密"
_LEVEL = f"(?:{_TOP}|{_HIGH}|{_LOW})"
# The firm's own secrets are its own affair.
_OWN = re.compile("(?<!商业)(?<!技术)(?<!公司)(?<!企业)(?<!客户)(?<!经营)(?<!核心)").pattern
# 压缩机密封, 隔绝密闭, 手机密码: there 密 begins the next word; 数据机密性, 机密计算 are terms of the trade.
_NEXT = re.compile(
    "(?!封|闭|度|实|集|排|布|切|炼|钥|码|云|胺|着|接|合|齿|纹|植|绕|栅|肋|织|堆|填|网|级配|炮|致|性|计算|不透)"
).pattern
_MARKS = (
    re.compile(rf"{_OWN}{_LEVEL}\s*[★☆✩✭⭐]"),
    re.compile(rf"密\s*级\s*[为是:=]?\s*{_LEVEL}"),
    re.compile(rf"[\[(【\u3014<《「『]\s*{_LEVEL}\s*[\])】\u3015>》」』]"),
    re.compile(rf"{_OWN}{_LEVEL}\s*(?:级(?!配)|文件|资料|材料)"),
    re.compile(rf"{_OWN}(?:{_TOP}|{_HIGH}){_NEXT}"),
    re.compile(
        r"内\s*部\s*(?:资料|文件|材料|参考|刊物)[\s,、。:;·\-]*(?:请\s*)?(?:注意|妥善|严禁|不得|禁止|切勿|请勿)\s*"
        r"(?:保存|保密|保管|外传|外泄|复制|翻印|公开)"
    ),
)
_HINT = re.compile("密|内\\s*部|內\\s*部")  # nearly every text has none of these, and is done with


def secrecy_mark(text: str) -> str:
    """The first mark of classification in `text` as it reads without disguise, "" for none.

    Full-width and Traditional characters, and invisible ones between others, change nothing. The firm's own secrets
    (保密协议, 商业秘密, 技术秘密) are no marks.
    """
    if not _HINT.search(text):
        return ""
    plain = normalise(text).text
    found = min(
        (match for mark in _MARKS if (match := mark.search(plain))), key=lambda match: match.start(), default=None
    )
    return " ".join(found[0].split()) if found else ""


def refused(texts: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Field → what is said of it, for each (what it is called, its text) that bears a mark."""
    found = {field: (called, secrecy_mark(text)) for field, (called, text) in texts.items()}
    return {field: refusal(called, mark) for field, (called, mark) in found.items() if mark}


def refusal(where: str, mark: str) -> str:
    """What is said of a text with a mark: where it is, and what to do. The text itself is never repeated."""
    return _(
        "%(where)s：含有涉密标记“%(mark)s”，没有保存。本系统不得处理涉密内容：请删去涉密内容；整条涉密的，请勿在此填报，"
        "改用保密渠道联系科技主管部门",
        where=where,
        mark=mark,
    )
