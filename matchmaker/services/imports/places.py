"""Where an organisation of a sheet is present."""

from typing import Any

from matchmaker.db.models import Site, Unit
from matchmaker.domain.drafts import OrganisationRow, comparable
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import directory
from matchmaker.queries.choices import named
from matchmaker.services.imports.plan import Desk, RefusedError
from matchmaker.services.organisations import MAIN_SITE


class Places:
    """Units and regions by what people write for them, and the place a row stands for."""

    def __init__(self, desk: Desk) -> None:
        self._units = directory.units(desk.session)
        self._regions = directory.regions(desk.session)

    def unit(self, text: str) -> Unit:
        """The responsible unit with this name or code."""
        found = self._units.find(text)
        if len(found) != 1:
            known = joined(named(unit) for unit in self._units.every())
            raise RefusedError("unit", _("没有责任单位“%(value)s”，请改为以下之一：%(known)s", value=text, known=known))
        return found[0]

    def region(self, text: str) -> str:
        """The code of a region; a code that is not in the table passes when its province is."""
        try:
            return directory.region_code(self._regions, text)
        except Invalid as refusal:
            raise RefusedError("region", str(refusal)) from refusal

    def describe(self, row: OrganisationRow, site: Site | None) -> dict[str, Any]:
        """Column → value of the place, {} when the row names none; a firm is where its unit is unless it says more."""
        unit = self.unit(row.unit) if row.unit else None
        code = self.region(row.region) if row.region else (unit.region_code if unit else None)
        if code is None:
            return {}
        place: dict[str, Any] = {"name": site.name if site else row.site or MAIN_SITE}
        if row.region or site is None:
            place["region_code"] = code
        if row.address or site is None:
            place["address"] = row.address
        local = unit or directory.unit_of_region(self._units, code)
        return place | ({"unit_id": local.id} if local else {})


def site_named(sites: dict[str, Site | None], row: OrganisationRow) -> Site | None:
    """The place on file that a row stands for: by its name, or the first one when the row names none."""
    if comparable(row.site or MAIN_SITE) in sites:
        return sites[comparable(row.site or MAIN_SITE)]
    return next((site for site in sites.values() if site), None) if not row.site else None
