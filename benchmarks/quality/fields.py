"""Whether a text is told its field: abstracts of 67 disciplines, the labelled ones vote."""

import json
from typing import Any

from benchmarks.quality.sets import DATA
from matchmaker.matching import Index, Posting
from matchmaker.matching.likeness import nearest_classes
from matchmaker.text import Segmenter

ASKED = 500
SET = DATA / "csl"


def accuracy() -> tuple[int, int, int, float, float]:
    """Labelled texts, texts asked, disciplines; the share whose own is the first told, and among the first three."""
    analyse = Segmenter().analyse
    labelled = _rows("fewclue_csldcp_train_few_all.jsonl")
    label_of = {row["id"]: row["label"] for row in labelled}
    postings = [Posting(row["id"], analyse(body=row["text"])) for row in labelled]
    index = Index.fit(postings, postings)
    said = {row["text"] for row in labelled}
    asked = [row for row in _rows("fewclue_csldcp_dev_few_all.jsonl") if row["text"] not in said][:ASKED]
    found = [
        [each.label for each in nearest_classes(index, analyse(body=row["text"]), label_of, words=0)][:3]
        for row in asked
    ]
    first = sum(labels[:1] == [row["label"]] for labels, row in zip(found, asked, strict=True))
    third = sum(row["label"] in labels for labels, row in zip(found, asked, strict=True))
    return len(labelled), len(asked), len(set(label_of.values())), first / len(asked), third / len(asked)


def report() -> None:
    if not SET.exists():
        print("fields left out: no real data (csl); set MATCHMAKER_TEST_DATA")
        return
    labelled, asked, disciplines, first, third = accuracy()
    print(f"\nField of {asked} texts by {labelled} labelled ones of {disciplines} disciplines: ", end="")
    print(f"first {first:.1%}, among the first three {third:.1%}.", flush=True)


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SET / name).read_text(encoding="utf-8").splitlines() if line.strip()]
