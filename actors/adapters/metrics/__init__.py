"""Metrics: what an engine does, in figures for programs that watch it.

Figures are folded from the journal and from the answers to queries, beside the engine. Whoever
takes them (Prometheus, a Pushgateway, alerts, the API) may be slow, stuck or gone.
"""
