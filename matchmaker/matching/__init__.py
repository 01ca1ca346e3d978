"""Terms → ranked matches with reasons. A library: no database, no web.

    from matchmaker.matching import Posting, Ranker
    from matchmaker.text import Segmenter

    segmenter = Segmenter()
    offers = [Posting("c1", segmenter.analyse(title="铝合金薄板激光焊接"), owner="王教授")]
    need = Posting("n1", segmenter.analyse(title="6061铝合金焊接变形大"))
    ranker = Ranker(by_owner=True).fit(offers, queries=[need])
    [matches] = ranker.rank([need], k=5)
    reasons = ranker.explain(need, matches)

`Ranker` is the estimator for files and measurements; `Index` the same ranking kept current in a
process, from both sides. `explain` gives reasons, `highlight` their places, `rate` the 0–100. For teams:
`terms = team_terms(index, need)`, then `form_teams(Roster([Person(key, known_terms(…)[key]), …], bundle([terms])))`.
"""

from matchmaker.matching.coverage import known_terms, need_terms, team_terms
from matchmaker.matching.explain import Reason, explain
from matchmaker.matching.gates import Barred, Facts, Gate, missing_keywords, shut_gates
from matchmaker.matching.ground import same_ground
from matchmaker.matching.index import Index, Match
from matchmaker.matching.phrases import Span, highlight
from matchmaker.matching.postings import Posting
from matchmaker.matching.ranker import Ranker
from matchmaker.matching.rating import Band, Rating, rate
from matchmaker.matching.roster import Person, Roster, TeamRule, TeamRules, bundle
from matchmaker.matching.team import Exchange, Proposal, Team, WhyNot, exchanges, form_teams, team_of, why_not
from matchmaker.matching.trips import Candidate, TripSuggestion, suggest_trips

__all__ = [
    "Band",
    "Barred",
    "Candidate",
    "Exchange",
    "Facts",
    "Gate",
    "Index",
    "Match",
    "Person",
    "Posting",
    "Proposal",
    "Ranker",
    "Rating",
    "Reason",
    "Roster",
    "Span",
    "Team",
    "TeamRule",
    "TeamRules",
    "TripSuggestion",
    "WhyNot",
    "bundle",
    "exchanges",
    "explain",
    "form_teams",
    "highlight",
    "known_terms",
    "missing_keywords",
    "need_terms",
    "rate",
    "same_ground",
    "shut_gates",
    "suggest_trips",
    "team_of",
    "team_terms",
    "why_not",
]
