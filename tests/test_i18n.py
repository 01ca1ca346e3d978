import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path

import jinja2
import pytest

from matchmaker import i18n
from matchmaker.i18n import (
    current_locale,
    gettext,
    lazy_gettext,
    lazy_pgettext,
    ngettext,
    pgettext,
    set_locale,
    use_locale,
)

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "需求"
msgstr "Need"

msgctxt "several"
msgid "需求"
msgstr "Needs"

msgid "还差 %(gap)s 场"
msgstr "%(gap)s to go"

msgid "%(num)s 家企业"
msgid_plural "%(num)s 家企业"
msgstr[0] "%(num)s firm"
msgstr[1] "%(num)s firms"

#, fuzzy
msgid "专家"
msgstr "perhaps"

msgid "院所"
msgstr ""
"""


class Noun(StrEnum):
    NEED = "need"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {Noun.NEED: lazy_gettext("需求")}


@pytest.fixture(autouse=True)
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    path = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    i18n._catalogue.cache_clear()
    yield
    i18n._catalogue.cache_clear()


def test_chinese_is_the_source() -> None:
    assert current_locale() == "zh_CN"
    assert gettext("需求") == "需求"
    assert gettext("还差 %(gap)s 场", gap=3) == "还差 3 场"
    assert ngettext("%(num)s 家企业", "%(num)s 家企业", 2) == "2 家企业"


def test_english_is_read_from_the_catalogue() -> None:
    with use_locale("en"):
        assert gettext("需求") == "Need"
        assert gettext("还差 %(gap)s 场", gap=3) == "3 to go"
        assert ngettext("%(num)s 家企业", "%(num)s 家企业", 1) == "1 firm"
        assert ngettext("%(num)s 家企业", "%(num)s 家企业", 0) == "0 firms"
    assert current_locale() == "zh_CN"


def test_a_context_has_its_own_translation() -> None:
    label = lazy_pgettext("several", "需求")
    assert (pgettext("several", "需求"), str(label)) == ("需求", "需求")
    with use_locale("en"):
        assert (pgettext("several", "需求"), str(label)) == ("Needs", "Needs")
        assert pgettext("verb", "需求") == "需求"


@pytest.mark.parametrize("message", ["专家", "院所", "不在目录里", ""])
def test_what_is_not_translated_stays_chinese(message: str) -> None:
    with use_locale("en"):
        assert gettext(message) == message


def test_percent_sign_without_parameters_is_kept() -> None:
    assert gettext("完成 50%") == "完成 50%"


def test_unknown_locale_is_refused() -> None:
    with pytest.raises(ValueError, match="fr"):
        set_locale("fr")


def test_locale_belongs_to_its_context() -> None:
    def english() -> str:
        set_locale("en")
        return gettext("需求")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(english).result() == "Need"
    assert gettext("需求") == "需求"


def test_lazy_label_is_translated_when_shown() -> None:
    label = Noun.NEED.label
    assert (str(label), f"{label}", label + "1", "1" + label) == ("需求", "需求", "需求1", "1需求")
    with use_locale("en"):
        assert (str(label), f"{label:>6}", label + "1", "1" + label) == ("Need", "  Need", "Need1", "1Need")


def test_lazy_label_is_its_source_as_value_and_in_json() -> None:
    with use_locale("en"):
        assert Noun.NEED.label == "需求"
        assert json.dumps({"label": Noun.NEED.label}, ensure_ascii=False) == '{"label": "需求"}'
        assert json.dumps({"label": str(Noun.NEED.label)}) == '{"label": "Need"}'


def test_templates_translate_and_escape() -> None:
    environment = jinja2.Environment(autoescape=True)
    environment.globals["_"] = gettext
    template = environment.from_string("{{ label }}|{{ _('还差 %(gap)s 场', gap=gap) }}")
    with use_locale("en"):
        assert template.render(label=Noun.NEED.label, gap="<3>") == "Need|&lt;3&gt; to go"
