"""Guests: actors that are not ours in our simulation: drawn messages, trouble, invariants."""
