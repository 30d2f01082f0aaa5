"""Venue: an exchange that behaves like Binance USDⓈ-M futures, deterministic from a seed."""
