"""Service: what stands around an engine for people and programs, and decides nothing.

The faces run beside the engine, in a process of their own or in its own, and reach it by a link and
its data directory alone. Losing any of them, or all, never stops trading.
"""
