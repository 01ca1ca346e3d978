from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from matchmaker.i18n import LOCALES, SOURCE_LOCALE
from tools.messages import problems, read_catalogue, template

CODE = '''"""文档不是消息。"""
from matchmaker.i18n import gettext, ngettext
gettext("已保存")
ngettext("%(num)s 项", "%(num)s 项", 2)
pgettext("several", "已保存")
NOT_ONE = "词典里的词"


class Gate(Word):
    FULL = "full", "已满"
'''
DOMAIN = '''"""文档不是消息。"""
import re
FIRM = "firm", "企业"
TITLE = About("名称", aliases=("标题",), synonyms={"公司": "firm"})
PATTERN = re.compile("第[一-九]条")
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "matchmaker" / "domain").mkdir(parents=True)
    (tmp_path / "templates" / "pages").mkdir(parents=True)
    (tmp_path / "matchmaker" / "pages.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "matchmaker" / "domain" / "words.py").write_text(DOMAIN, encoding="utf-8")
    (tmp_path / "templates" / "pages" / "home.html").write_text("<p>{{ _('首页') }}</p>", encoding="utf-8")
    return tmp_path


def test_template_holds_code_templates_and_labels(project: Path) -> None:
    found = template(project)
    assert {message.id for message in found if message.id and not message.context} == {
        "已保存",
        ("%(num)s 项", "%(num)s 项"),
        "已满",
        "首页",
        "企业",
        "名称",
    }
    assert [message.id for message in found if message.context == "several"] == ["已保存"]


def test_template_with_an_error_is_not_passed_over(project: Path) -> None:
    (project / "templates" / "pages" / "broken.html").write_text("{% if %}{{ _('丢失') }}", encoding="utf-8")
    with pytest.raises(Exception, match="Expected an expression"):
        template(project)


def test_each_kind_of_problem_is_named() -> None:
    used, catalogue = Catalog(), Catalog(locale="en")
    for message in ("完好", "缺失", "未译", "存疑", "还差 %(gap)s"):
        used.add(message)
    used.add("完好", context="several")
    catalogue.add("完好", "Fine")
    catalogue.add("未译", "")
    catalogue.add("存疑", "Perhaps", flags=["fuzzy"])
    catalogue.add("还差 %(gap)s", "%(gop)s to go")
    catalogue.add("无用", "Unused")
    assert [problem.partition(" (")[0] for problem in problems(catalogue, used)] == [
        "missing: '缺失'",
        "missing: '完好'",
        "untranslated: '未译'",
        "untranslated: '存疑'",
        "unknown parameters: '还差 %(gap)s'",
        "obsolete: '无用'",
    ]


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != SOURCE_LOCALE])
def test_catalogue_is_complete(locale: str) -> None:
    assert problems(read_catalogue(locale), template()) == []
