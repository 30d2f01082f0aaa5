"""Scenarios: what may happen. The simulated venue, virtual time, faults and invariants."""
