"""Whose installation this is: the city, its product's name, and whether what it holds is invented."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import City, Setting
from matchmaker.i18n import current_locale

DEMO_SETTING = "demo"


@dataclass(frozen=True)
class Site:
    """What every page says about itself, in Chinese and English."""

    name: str = "matchmaker"
    name_en: str = "matchmaker"
    city: str = ""
    city_en: str = ""
    bureau: str = ""
    bureau_en: str = ""
    demo: bool = False

    @property
    def bureau_named(self) -> str:
        """The bureau's name in the reader's language."""
        return (current_locale() == "en" and self.bureau_en) or self.bureau


def site(session: Session) -> Site:
    """The site as the loaded profile describes it; plain names before a profile is loaded."""
    city = session.scalars(select(City)).first()
    if city is None:
        return Site()
    return Site(
        name=city.product_name,
        name_en=city.product_name_en,
        city=city.name,
        city_en=city.name_en,
        bureau=city.bureau,
        bureau_en=city.bureau_en,
        demo=session.get(Setting, DEMO_SETTING) is not None,
    )
