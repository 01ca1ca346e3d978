"""Reads: who sees which rows, counts, one module per noun. Nothing here writes."""
