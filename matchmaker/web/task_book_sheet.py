"""A version of a task book as the Word template takes it."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db.models import TaskBook, Team
from matchmaker.domain.task_books import OUTPUTS, day_text
from matchmaker.domain.vocabulary import MemberRole
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import installation
from matchmaker.queries import team_life as queries
from matchmaker.web.filters import MISSING, day_year, label


def values_of(session: Session, team: Team, book: TaskBook, today: date) -> dict[str, Any]:
    """What `templates/docx/task_book.docx` shows, in the reader's language."""
    lead = queries.lead_of(team)
    outputs = [f"{_(text)} {book.outputs[name]}" for name, text in OUTPUTS.items() if book.outputs.get(name)]
    return {
        "name": team.name,
        "version": book.number,
        "level": label(team.level),
        "bureau": installation.site(session).bureau_named,
        "parties": book.parties,
        "hosts": joined(queries.host_name(host) for host in queries.hosts_on(team, today)) or MISSING,
        "lead_institute": lead.institute.name if lead else MISSING,
        "term": f"{day_year(book.starts_on)} – {day_year(book.ends_on)}",
        "members": [
            {
                "name": one.expert.name,
                "role": _("团长") if one.role is MemberRole.LEAD else _("成员"),
                "title": one.expert.title,
                "institute": one.expert.institute.name,
            }
            for one in queries.members_on(team, today)
        ],
        "problems": [{name: row.get(name, "") for name in ("firm", "problem", "indicator")} for row in book.problems],
        "milestones": [{"due": row["due"], "title": row["title"]} for row in book.milestones],
        "days": day_text(book.target_half_days) or MISSING,
        "times": str(book.target_times or MISSING),
        "outputs": joined(outputs) or MISSING,
        "funds": book.funds or MISSING,
        "property_terms": book.property_terms,
        "confidentiality": book.confidentiality,
        "sides": [side.name for side in queries.sides(team, book, today)],
    }
