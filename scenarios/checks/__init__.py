"""Checks: one class per invariant of a whole engine; `scenarios/invariants.py` runs them."""
