"""How good the ranking is on judgements of people; `python -m benchmarks.quality` prints the tables."""
