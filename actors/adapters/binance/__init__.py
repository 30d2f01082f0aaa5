"""Binance: the exchange's real wires; sessions, clients and streams on python-binance."""
