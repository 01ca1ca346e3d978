"""Writes: one module per noun. Every function takes a session and, where it changes something, who acts.

A service checks permission itself, writes the audit row in the same transaction and never commits.
"""
