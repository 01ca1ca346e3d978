from matchmaker.matching.index import Index, Match
from matchmaker.matching.postings import Posting

__all__ = ["Index", "Match", "Posting"]
