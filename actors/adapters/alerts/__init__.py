"""Alerts: rules that watch an engine, what fires and ends, and how people are told of it."""
