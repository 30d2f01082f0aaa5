"""Adapters: the outside. Wires and files; they may block, translate, and decide nothing."""
