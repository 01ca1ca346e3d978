"""Facts of counting recorded as people do it: through the pages."""

from matchmaker.domain.vocabulary import SpecialistKind
from tests import factories as make
from tests.support.person import Person


def file_specialist(city: Person, expert: str, kind: SpecialistKind, number: str, firm: str = "") -> str:
    """An expert put on file today; returns the address of the filing. `expert` may be `姓名（单位）`."""
    said = {"number": number, "kind": kind.value, "filed_on": make.TODAY.isoformat(), "institute": ""}
    answer = city.post("/specialists", said | {"expert": expert, "firm": firm, "place": ""})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def end_specialist(city: Person, address: str) -> None:
    """The same person taken off file."""
    answer = city.post(f"{address}/end", {"reason": "调离"})
    assert answer.status_code == 303, answer.text
