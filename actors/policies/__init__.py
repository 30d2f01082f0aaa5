"""Policies: pure decisions. No clock, no thread, no I/O; given what they need, they answer."""
