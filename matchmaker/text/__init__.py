"""Raw text → terms with offsets into the original.

`Segmenter` is the way in, `AnalysedText` what comes out; the latter is stored with a posting as
JSON and fed to `matchmaker.matching` any number of times without segmenting again.
"""

from matchmaker.text.analysed import AnalysedText, Link, Sentence, Term, term_of
from matchmaker.text.fold import fold, needle, search_terms, spans_of
from matchmaker.text.general import is_general
from matchmaker.text.lexicon import Lexicon
from matchmaker.text.normalise import Normalised, normalise, simplify
from matchmaker.text.segment import Segmenter, join_keywords

__all__ = [
    "AnalysedText",
    "Lexicon",
    "Link",
    "Normalised",
    "Segmenter",
    "Sentence",
    "Term",
    "fold",
    "is_general",
    "join_keywords",
    "needle",
    "normalise",
    "search_terms",
    "simplify",
    "spans_of",
    "term_of",
]
